// SPDX-License-Identifier: GPL-2.0-only
/*
 * AP reset hold: a vCPU that waits for its SIPI, by the GHCB MSR protocol (request 0x006) or
 * with NAE event 0x80000004.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"
#include "vm/mp_state.h"

/* The AP: KVM's local APIC takes vCPU 0 for the one that needs no SIPI. */
#define AP	1

enum end {
	BY_SIPI,		/* KVM_MP_STATE_SIPI_RECEIVED */
	BY_VMM,			/* KVM_MP_STATE_RUNNABLE, without one */
	BY_INIT,		/* as another vCPU starts it: interrupts INIT and SIPI */
};

COCO_FIXTURE(hold);
FIXTURE_VARIANT(hold)
{
	struct check_row row;
	bool event;			/* NAE event, else by the MSR protocol */
	enum end end;
	uint64_t data;			/* of the MSR, which the request has no use for */
};

#define HOLD_ROW(name, req, event_, end_, ...)						\
	FIXTURE_VARIANT_ADD(hold, name)							\
	{										\
		COCO_ROW(NULL, req, REQ_GHCB_AP_HOLD, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		.event = event_, .end = end_, __VA_ARGS__				\
	};

HOLD_ROW(msr_and_sipi, REQ_GHCB_AP_HOLD_SIPI, false, BY_SIPI)
HOLD_ROW(event_and_sipi, REQ_GHCB_AP_HOLD_SIPI, true, BY_SIPI)
HOLD_ROW(msr_and_no_sipi, REQ_GHCB_AP_HOLD_NO_SIPI, false, BY_VMM)
HOLD_ROW(event_and_no_sipi, REQ_GHCB_AP_HOLD_NO_SIPI, true, BY_VMM)
HOLD_ROW(msr_and_init, REQ_GHCB_AP_HOLD_INIT, false, BY_INIT)
HOLD_ROW(event_and_init, REQ_GHCB_AP_HOLD_INIT, true, BY_INIT)
HOLD_ROW(msr_data_and_no_sipi, REQ_GHCB_AP_HOLD_NO_SIPI, false, BY_VMM, .data = ~0ull)

/* KVM_RUNs that find the vCPU held, and leave it so. */
#define AGAIN	5

static void expect_result(enum requirement_nr req, const struct ghcb_step *step, bool event,
			  bool sipi)
{
	const uint64_t msr = step->answer.msr;

	if (event) {
		if (sipi)
			EXPECT_REQ_TRUE(req, "SW_EXITINFO2 is not 0",
					step->answer.page.sw_exit_info_2);
		else
			EXPECT_REQ_EQ(req, "SW_EXITINFO2", 0, step->answer.page.sw_exit_info_2,
				      &names_value);
		EXPECT_GHCB_KEPT(step, 0, 0);
		return;
	}
	EXPECT_REQ_EQ(req, "answer in the GHCB MSR, bits 11:0", GHCB_MSR_AP_HOLD_RESP,
		      GHCB_MSR_INFO(msr), &names_ghcb_msr);
	if (sipi)
		EXPECT_REQ_TRUE(req, "bits 63:12 are not 0", GHCB_MSR_DATA(msr));
	else
		EXPECT_REQ_EQ(req, "bits 63:12", 0, GHCB_MSR_DATA(msr), &names_value);
}

/* The AP, which the first SIPI starts; false after a failure. */
static bool start_ap(struct ghcb_vm *v)
{
	ghcb_vm_create(v, 2, guest_ghcb_loop);
	snp_vm_launch(v->snp);
	mp_state_set(v->cpu[AP].vcpu, KVM_MP_STATE_SIPI_RECEIVED);
	return EXPECT_REQ_SYNC(REQ_GHCB_AP_HOLD, v->cpu[AP].vcpu, GHCB_STAGE_READY);
}

static struct ghcb_step *add_hold(struct ghcb_vm *v, bool event, uint64_t data)
{
	return event ? ghcb_add_event(v, AP, GHCB_NAE_AP_RESET_HOLD, 0, 0) :
		       ghcb_add_msr(v, AP, GHCB_MSR(GHCB_MSR_AP_HOLD_REQ, data));
}

/* Delivery modes of the local APIC */
#define MSI_INIT	(5u << 8 | 1u << 14)
#define MSI_SIPI	(6u << 8)

static void signal_ap(const struct ghcb_vm *v, uint32_t data)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000u | AP << 12, .data = data };

	/* How many have got it. */
	TEST_ASSERT(__vm_ioctl(v->snp->vm, KVM_SIGNAL_MSI, &msi) == 1, "KVM_SIGNAL_MSI: %s",
		    strerror(errno));
}

static void end_hold(const struct ghcb_vm *v, enum end end)
{
	struct kvm_lapic_state lapic;

	switch (end) {
	case BY_SIPI:
		mp_state_set(v->cpu[AP].vcpu, KVM_MP_STATE_SIPI_RECEIVED);
		break;
	case BY_VMM:
		mp_state_set(v->cpu[AP].vcpu, KVM_MP_STATE_RUNNABLE);
		break;
	case BY_INIT:
		/* KVM looks for local APICs anew when a VMM has set one, not when it makes a vCPU. */
		vcpu_ioctl(v->cpu[AP].vcpu, KVM_GET_LAPIC, &lapic);
		vcpu_ioctl(v->cpu[AP].vcpu, KVM_SET_LAPIC, &lapic);
		signal_ap(v, MSI_INIT);
		signal_ap(v, MSI_SIPI);
		break;
	}
}

COCO_TEST_F(hold, and_answer)
{
	struct ghcb_step *step, *next;
	struct kvm_vcpu *vcpu;
	struct ghcb_vm v;
	unsigned int i;

	if (variant->end == BY_INIT && !kvm_has_cap(KVM_CAP_SIGNAL_MSI)) {
		check_skip("this KVM has no local APICs");
		return;
	}
	if (!start_ap(&v))
		return;
	vcpu = v.cpu[AP].vcpu;
	/* Twice: the second hold is not ended by the first SIPI. */
	for (i = 0; i < 2; i++) {
		ghcb_script_reset(&v, AP);
		step = add_hold(&v, variant->event, variant->data);
		next = ghcb_add_event(&v, AP, GHCB_NAE_WBINVD, 0, 0);
		if (!EXPECT_REQ_STAYS(REQ_GHCB_AP_HOLD, vcpu, KVM_MP_STATE_AP_RESET_HOLD, AGAIN))
			return;
		end_hold(&v, variant->end);
		if (!EXPECT_REQ_SYNC(check_main_req(), vcpu, GHCB_STAGE_ANSWERED))
			return;
		expect_result(check_main_req(), step, variant->event, variant->end != BY_VMM);
		if (variant->event)
			EXPECT_REQ_EQ(check_main_req(), "the GHCB MSR after it", v.cpu[AP].ghcb.gpa,
				      step->answer.msr, &names_value);
		EXPECT_GHCB_ANSWER(check_main_req(), next, GHCB_INFO1_OK, 0);
	}
	snp_vm_free(v.snp);
}

/* ---- a hold that is over ---- */

#define PORT		0x4321
#define IN_DATA		0x11223344u

COCO_FIXTURE(over);
FIXTURE_VARIANT(over)
{
	struct check_row row;
	bool event;
};

#define OVER_ROW(name, event_)								\
	FIXTURE_VARIANT_ADD(over, name)							\
	{										\
		COCO_ROW(NULL, REQ_GHCB_AP_HOLD_OVER, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		.event = event_,							\
	};

OVER_ROW(msr, false)
OVER_ROW(event, true)

COCO_TEST_F(over, then_sipi)
{
	enum requirement_nr req = REQ_GHCB_AP_HOLD_OVER;
	struct ghcb_step *in, *msr;
	struct kvm_vcpu *vcpu;
	struct ghcb_vm v;

	if (!start_ap(&v))
		return;
	vcpu = v.cpu[AP].vcpu;
	add_hold(&v, variant->event, 0);
	in = ghcb_add_event(&v, AP, GHCB_NAE_IOIO, GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 |
			    GHCB_IOIO_SIZE(4) | GHCB_IOIO_IN, 0);
	ghcb_set(&in->in, rax, 0);
	msr = ghcb_add_msr(&v, AP, GHCB_MSR_HV_FEATURES_REQ);
	if (!EXPECT_REQ_STAYS(REQ_GHCB_AP_HOLD, vcpu, KVM_MP_STATE_AP_RESET_HOLD, 1))
		return;
	mp_state_set(vcpu, KVM_MP_STATE_RUNNABLE);
	if (!EXPECT_REQ_EXIT(req, vcpu, KVM_EXIT_IO))
		return;
	memcpy((char *)vcpu->run + vcpu->run->io.data_offset, &(uint32_t){ IN_DATA },
	       sizeof(uint32_t));
	mp_state_set(vcpu, KVM_MP_STATE_SIPI_RECEIVED);
	if (!EXPECT_REQ_SYNC(req, vcpu, GHCB_STAGE_ANSWERED))
		return;
	EXPECT_GHCB_ANSWER(req, in, GHCB_INFO1_OK, 0);
	EXPECT_REQ_EQ(req, "RAX of the IN", IN_DATA, in->answer.page.rax, &names_value);
	EXPECT_REQ_EQ(req, "the GHCB MSR after the IN", v.cpu[AP].ghcb.gpa, in->answer.msr,
		      &names_value);
	EXPECT_REQ_EQ(req, "the next answer in the GHCB MSR, bits 11:0", GHCB_MSR_HV_FEATURES_RESP,
		      GHCB_MSR_INFO(msr->answer.msr), &names_ghcb_msr);
	EXPECT_GHCB_KEPT(in, 0, 0);
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
