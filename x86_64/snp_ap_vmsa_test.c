// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP vCPUs without a VMSA, with one that cannot be used, or whose VMSA is taken away: AP
 * destruction, creation on INIT, and what the VMM does to the page.  Events that are refused
 * are in snp_ap_create_test.c.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "control.h"
#include "snp/ap_vm.h"
#include "snp/ghcb_check.h"
#include "vm/mp_state.h"

#define AGAIN		3

/* In us: how long the AP's CPU takes to leave the guest. */
#define LEAVE_DELAY	3000

#define ROW_END		REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY

/* Another VMSA, which the AP then runs from. */
static void expect_again(struct ap_vm *v, enum requirement_nr req)
{
	ap_make_vmsa(v, &ap_add(v, AP_CREATE, 1)->before, 1);
	if (EXPECT_AP_DONE(req, v) && EXPECT_AP_STARTS(req, v, 1) && EXPECT_AP_GOES_ON(req, v))
		snp_vm_free(v->g.snp);
}

/* The AP runs from a VMSA of the guest's, 0. */
static bool start_created(struct ap_vm *v, enum requirement_nr req)
{
	if (!ap_vm_start(v))
		return false;
	ap_make_vmsa(v, &ap_add(v, AP_CREATE, 0)->before, 0);
	return EXPECT_AP_DONE(req, v) && EXPECT_AP_STARTS(req, v, 0);
}

/* ---- DESTROY ---- */

enum when { NEVER_RUN, EXITED, IN_GUEST };

COCO_FIXTURE(destroy);
FIXTURE_VARIANT(destroy)
{
	struct check_row row;
	bool created;			/* from KVM's VMSA otherwise */
	enum when when;
};

#define DESTROY_ROW(name, req, created_, when_)						\
	FIXTURE_VARIANT_ADD(destroy, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_SNP_AP_DESTROY, REQ_SNP_AP_NO_VMSA, REQ_SNP_AP_AGAIN,	\
			 ROW_END),							\
		.created = created_, .when = when_,					\
	};

DESTROY_ROW(never_run, REQ_SNP_AP_DESTROY, false, NEVER_RUN)
DESTROY_ROW(exited, REQ_SNP_AP_DESTROY, false, EXITED)
DESTROY_ROW(created, REQ_SNP_AP_DESTROY, true, EXITED)
DESTROY_ROW(in_guest, REQ_SNP_AP_DESTROY, false, IN_GUEST)
DESTROY_ROW(created_in_guest, REQ_SNP_AP_LEFT, true, IN_GUEST)

COCO_TEST_F(destroy, waits)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	uint64_t turns;
	struct ap_vm v;

	if (variant->created ? !start_created(&v, req) :
			       !ap_vm_start(&v) ||
			       (variant->when != NEVER_RUN && !ap_vm_start_ap(&v, req)))
		return;
	if (variant->when == IN_GUEST) {
		ap_thread_start(&v);
		if (control())
			control()->leave_delay(LEAVE_DELAY);
	}
	step = ap_add(&v, AP_DESTROY, 0);
	/* No SEV_FEATURES are asked for, nor is a VMSA. */
	memset(step->in.valid_bitmap + GHCB_VALID_BIT(rax) / 8, 0, 1);
	step->in.sw_exit_info_2 = 1;
	if (variant->created)
		ap_drop_vmsa(&v, &step->after, 0);
	if (!EXPECT_AP_DONE(req, &v))
		return;
	turns = v.seen->turns;
	if (variant->when == IN_GUEST) {
		usleep(1000);
		EXPECT_REQ_EQ(REQ_SNP_AP_DESTROY, "turns of the AP since the event", 0,
			      v.seen->turns - turns, &names_value);
		EXPECT_REQ_EQ(REQ_SNP_AP_DESTROY, "KVM_RUN", EINTR, ap_thread_stop(&v),
			      &names_errno);
	}
	if (!EXPECT_REQ_STAYS(REQ_SNP_AP_DESTROY, v.ap, KVM_MP_STATE_HALTED, AGAIN))
		return;
	mp_state_set(v.ap, KVM_MP_STATE_RUNNABLE);
	if (EXPECT_AP_NOT_RUN(REQ_SNP_AP_NO_VMSA, &v) &&
	    EXPECT_AP_NOT_RUN(REQ_SNP_AP_NO_VMSA, &v))
		expect_again(&v, REQ_SNP_AP_AGAIN);
}

/* ---- CREATE of a vCPU that is in the guest ---- */

COCO_FIXTURE(replace);
FIXTURE_VARIANT(replace)
{
	struct check_row row;
	unsigned int vmsa;
};

FIXTURE_VARIANT_ADD(replace, by_another)
{
	COCO_ROW(NULL, REQ_SNP_AP_LEFT, REQ_SNP_AP_CREATE, REQ_SNP_AP_STATE, ROW_END),
	.vmsa = 1,
};

COCO_TEST_F(replace, starts)
{
	struct ghcb_step *step;
	uint64_t starts;
	struct ap_vm v;

	if (!start_created(&v, REQ_SNP_AP_LEFT))
		return;
	starts = v.seen->starts;
	ap_thread_start(&v);
	if (control())
		control()->leave_delay(LEAVE_DELAY);
	step = ap_add(&v, AP_CREATE, variant->vmsa);
	ap_make_vmsa(&v, &step->before, variant->vmsa);
	ap_drop_vmsa(&v, &step->after, 0);
	if (!EXPECT_AP_DONE(REQ_SNP_AP_LEFT, &v))
		return;
	if (EXPECT_REQ_EQ(REQ_SNP_AP_CREATE, "KVM_RUN", 0, ap_thread_end(&v), &names_errno) &&
	    EXPECT_REQ_EQ(REQ_SNP_AP_CREATE, "starts of the AP since the event", 1,
			  v.seen->starts - starts, &names_value) &&
	    EXPECT_REQ_EQ(REQ_SNP_AP_STATE, "CR2 of the AP's start", AP_CR2(variant->vmsa),
			  v.seen->cr2, &names_value) &&
	    EXPECT_AP_GOES_ON(REQ_SNP_AP_CREATE, &v))
		snp_vm_free(v.g.snp);
}

/* ---- a vCPU's event for itself ---- */

COCO_FIXTURE(self);
FIXTURE_VARIANT(self)
{
	struct check_row row;
	uint64_t request;
};

FIXTURE_VARIANT_ADD(self, create)
{
	COCO_ROW(NULL, REQ_SNP_AP_CREATE, REQ_SNP_AP_STATE, ROW_END),
	.request = AP_CREATE,
};

FIXTURE_VARIANT_ADD(self, destroy)
{
	COCO_ROW(NULL, REQ_SNP_AP_DESTROY, REQ_SNP_AP_NO_VMSA, ROW_END),
	.request = AP_DESTROY,
};

COCO_TEST_F(self, effect)
{
	struct ghcb_step *step;
	struct ap_vm v;

	if (!ap_vm_start(&v))
		return;
	step = ap_add(&v, variant->request, 0);
	step->in.sw_exit_info_1 = AP_INFO_1(variant->request, 0);
	ap_make_vmsa(&v, &step->before, 0);
	v.ap = v.g.cpu[0].vcpu;
	if (variant->request == AP_CREATE) {
		if (!EXPECT_AP_STARTS(REQ_SNP_AP_CREATE, &v, 0))
			return;
	} else {
		if (!EXPECT_REQ_STAYS(REQ_SNP_AP_DESTROY, v.ap, KVM_MP_STATE_HALTED, AGAIN))
			return;
		mp_state_set(v.ap, KVM_MP_STATE_RUNNABLE);
		if (!EXPECT_AP_NOT_RUN(REQ_SNP_AP_NO_VMSA, &v))
			return;
	}
	snp_vm_free(v.g.snp);
}

/* ---- CREATE_ON_INIT and INIT ---- */

COCO_FIXTURE(init);
FIXTURE_VARIANT(init)
{
	struct check_row row;
	bool created;			/* it has had one before */
	bool destroyed;			/* the AP, before INIT */
};

#define INIT_ROW(name, ...)								\
	FIXTURE_VARIANT_ADD(init, name)							\
	{										\
		COCO_ROW(NULL, REQ_SNP_AP_ON_INIT, REQ_SNP_AP_INIT, REQ_SNP_AP_DESTROY, ROW_END), \
		__VA_ARGS__								\
	};

INIT_ROW(from_kvms)
INIT_ROW(from_guests, .created = true)
INIT_ROW(destroyed, .created = true, .destroyed = true)

static bool init_and_sipi(struct ap_vm *v, enum requirement_nr req)
{
	ap_add_init(v);
	ap_add_sipi(v);
	return EXPECT_AP_DONE(req, v);
}

COCO_TEST_F(init, starts)
{
	struct ap_vm v;

	if (variant->created ? !start_created(&v, REQ_SNP_AP_ON_INIT) :
			       !ap_vm_start(&v) || !ap_vm_start_ap(&v, REQ_SNP_AP_ON_INIT))
		return;
	/* Without an event INIT and SIPI leave an SNP vCPU where it was. */
	if (!init_and_sipi(&v, REQ_SNP_AP_INIT) || !EXPECT_AP_GOES_ON(REQ_SNP_AP_INIT, &v))
		return;
	ap_make_vmsa(&v, &ap_add(&v, AP_CREATE_ON_INIT, 1)->before, 1);
	if (!EXPECT_AP_DONE(REQ_SNP_AP_ON_INIT, &v) ||
	    !EXPECT_AP_GOES_ON(REQ_SNP_AP_ON_INIT, &v))
		return;
	if (variant->destroyed) {
		ap_add(&v, AP_DESTROY, 1);
		if (!EXPECT_AP_DONE(REQ_SNP_AP_DESTROY, &v) ||
		    !init_and_sipi(&v, REQ_SNP_AP_DESTROY))
			return;
		mp_state_set(v.ap, KVM_MP_STATE_RUNNABLE);
		if (EXPECT_AP_NOT_RUN(REQ_SNP_AP_DESTROY, &v))
			snp_vm_free(v.g.snp);
		return;
	}
	if (!init_and_sipi(&v, REQ_SNP_AP_ON_INIT) ||
	    !EXPECT_AP_STARTS(REQ_SNP_AP_ON_INIT, &v, 1))
		return;
	/* Once. */
	if (init_and_sipi(&v, REQ_SNP_AP_INIT) && EXPECT_AP_GOES_ON(REQ_SNP_AP_INIT, &v))
		snp_vm_free(v.g.snp);
}

/* ---- VMSAs that cannot be used ---- */

COCO_FIXTURE(unusable);
FIXTURE_VARIANT(unusable)
{
	struct check_row row;
	uint64_t gpa;			/* 0: VMSA 0's page, not made one */
	bool shared;			/* it is shared memory */
	bool fills;			/* but looks like one */
	bool on_init;
	bool created;			/* there was a good one before */
};

#define UNUSABLE_ROW(name, req, ...)							\
	FIXTURE_VARIANT_ADD(unusable, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_SNP_AP_ANSWER, REQ_SNP_AP_AGAIN, ROW_END),	\
		__VA_ARGS__								\
	};

/* Above the slot, and far above it. */
UNUSABLE_ROW(no_slot, REQ_SNP_AP_NO_PAGE, .gpa = 0x7ffff000)
UNUSABLE_ROW(no_slot_above, REQ_SNP_AP_NO_PAGE, .gpa = 0x12345001000)
UNUSABLE_ROW(no_slot_on_init, REQ_SNP_AP_NO_PAGE, .gpa = 0x7ffff000, .on_init = true)
UNUSABLE_ROW(no_slot_after_one, REQ_SNP_AP_NO_PAGE, .gpa = 0x7ffff000, .created = true)
UNUSABLE_ROW(not_vmsa, REQ_SNP_AP_NOT_VMSA, .fills = true)
UNUSABLE_ROW(not_vmsa_zero, REQ_SNP_AP_NOT_VMSA)
UNUSABLE_ROW(not_vmsa_after_one, REQ_SNP_AP_NOT_VMSA, .fills = true, .created = true)
UNUSABLE_ROW(shared, REQ_SNP_AP_NOT_VMSA, .shared = true)

COCO_TEST_F(unusable, fails)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct ap_vm v;

	if (variant->created ? !start_created(&v, req) :
			       !ap_vm_start(&v) || !ap_vm_start_ap(&v, req))
		return;
	/* VMSA 1 is for later. */
	step = ap_add(&v, variant->on_init ? AP_CREATE_ON_INIT : AP_CREATE, 0);
	if (variant->gpa)
		step->in.sw_exit_info_2 = variant->gpa;
	else if (variant->shared)
		step->in.sw_exit_info_2 = v.g.other.gpa;
	if (variant->fills)
		ap_make_vmsa(&v, &step->before, 0);
	step->before.attrs = RMPADJUST_NO_VMSA;
	if (!EXPECT_AP_DONE(REQ_SNP_AP_ANSWER, &v))
		return;
	if (variant->on_init && !init_and_sipi(&v, req))
		return;
	if (EXPECT_AP_NOT_RUN(req, &v) &&
	    EXPECT_REQ_EQ(req, "the AP's state", KVM_MP_STATE_RUNNABLE, mp_state(v.ap),
			  &names_mp_state))
		expect_again(&v, REQ_SNP_AP_AGAIN);
}

/* ---- the VMM takes the page away ---- */

COCO_FIXTURE(zapped);
FIXTURE_VARIANT(zapped)
{
	struct check_row row;
	bool in_guest;
	bool converted;			/* to shared memory */
	bool punched;			/* out of guest_memfd */
	bool deleted;			/* its slot */
	bool kvms;			/* the AP has KVM's VMSA: the page is nothing to it */
};

#define ZAPPED_ROW(name, ...)								\
	FIXTURE_VARIANT_ADD(zapped, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_AP_ZAPPED, REQ_SNP_AP_AGAIN, ROW_END), \
		__VA_ARGS__								\
	};

ZAPPED_ROW(punched, .punched = true)
ZAPPED_ROW(punched_in_guest, .punched = true, .in_guest = true)
ZAPPED_ROW(converted, .converted = true)
ZAPPED_ROW(converted_in_guest, .converted = true, .in_guest = true)
ZAPPED_ROW(converted_and_punched, .converted = true, .punched = true)
ZAPPED_ROW(converted_and_punched_in_guest, .converted = true, .punched = true, .in_guest = true)
ZAPPED_ROW(slot_deleted, .deleted = true)
ZAPPED_ROW(slot_deleted_in_guest, .deleted = true, .in_guest = true)
ZAPPED_ROW(another_punched, .punched = true, .kvms = true)
ZAPPED_ROW(another_punched_in_guest, .punched = true, .kvms = true, .in_guest = true)

static void expect_zapped(struct ap_vm *v, const FIXTURE_VARIANT(zapped) *variant)
{
	int err = 0;

	if (variant->kvms || !(variant->punched || variant->deleted)) {
		if (variant->in_guest)
			EXPECT_REQ_EQ(REQ_SNP_AP_ZAPPED, "KVM_RUN", EINTR, ap_thread_stop(v),
				      &names_errno);
		EXPECT_AP_GOES_ON(REQ_SNP_AP_ZAPPED, v);
		return;
	}
	if (variant->in_guest)
		err = ap_thread_end(v);
	if (err)
		EXPECT_REQ_EQ(REQ_SNP_AP_ZAPPED, "KVM_RUN", EINVAL, err, &names_errno);
	else if (variant->in_guest)
		EXPECT_REQ_EQ(REQ_SNP_AP_ZAPPED, "exit reason", KVM_EXIT_FAIL_ENTRY,
			      v->ap->run->exit_reason, &names_exit_reason);
	EXPECT_AP_NOT_RUN(REQ_SNP_AP_ZAPPED, v);
}

COCO_TEST_F(zapped, ends)
{
	struct kvm_vm *vm;
	struct ap_vm v;

	if (variant->kvms ? !ap_vm_start(&v) || !ap_vm_start_ap(&v, REQ_SNP_AP_ZAPPED) :
			    !start_created(&v, REQ_SNP_AP_ZAPPED))
		return;
	vm = v.g.snp->vm;
	if (variant->in_guest) {
		ap_thread_start(&v);
		if (control())
			control()->leave_delay(LEAVE_DELAY);
	}
	if (variant->converted)
		vm_mem_set_shared(vm, v.vmsa[0].gpa, vm->page_size);
	if (variant->punched)
		vm_guest_mem_punch_hole(vm, v.vmsa[0].gpa, vm->page_size);
	if (variant->deleted)
		vm_mem_region_delete(vm, AP_VMSA_SLOT);
	expect_zapped(&v, variant);
	if (!check_failed())
		expect_again(&v, REQ_SNP_AP_AGAIN);
}

/* ---- two vCPUs with one VMSA, which takes turns ---- */

COCO_FIXTURE(both);
FIXTURE_VARIANT(both)
{
	struct check_row row;
	unsigned int first;		/* who runs first then, and takes a new page */
};

#define BOTH_ROW	COCO_ROW(NULL, REQ_SNP_AP_ZAPPED, REQ_SNP_AP_ANSWER, ROW_END)

FIXTURE_VARIANT_ADD(both, punched) { BOTH_ROW };
FIXTURE_VARIANT_ADD(both, punched_other_first) { BOTH_ROW, .first = 1 };

static struct kvm_vcpu *add_ap(struct kvm_vm *vm, uint32_t id)
{
	struct kvm_vcpu *vcpu = __vm_vcpu_add(vm, id);

	vcpu_init_cpuid(vcpu, kvm_get_supported_cpuid());
	mp_state_set(vcpu, KVM_MP_STATE_RUNNABLE);
	return vcpu;
}

COCO_TEST_F(both, end)
{
	struct kvm_vcpu *aps[2];
	struct ap_vm v;
	unsigned int i;
	int fd;

	if (!start_created(&v, REQ_SNP_AP_ZAPPED))
		return;
	fd = __vm_ioctl(v.g.snp->vm, KVM_CREATE_VCPU, (void *)2ul);
	if (fd < 0) {
		check_skip("this KVM makes no vCPU after the launch");
		return;
	}
	close(fd);
	aps[0] = v.ap;
	aps[1] = v.ap = add_ap(v.g.snp->vm, 3);
	ap_add(&v, AP_CREATE, 0);
	check_attribute_to(REQ_SEV_LBR, REQ_NONE);
	if (!EXPECT_AP_DONE(REQ_SNP_AP_ANSWER, &v) || !EXPECT_AP_STARTS(REQ_SNP_AP_ZAPPED, &v, 0))
		return;
	vm_guest_mem_punch_hole(v.g.snp->vm, v.vmsa[0].gpa, v.g.snp->vm->page_size);
	for (i = 0; i < 2; i++) {
		v.ap = aps[i ^ variant->first];
		EXPECT_AP_NOT_RUN(REQ_SNP_AP_ZAPPED, &v);
	}
	snp_vm_free(v.g.snp);
}

/* ---- a vCPU that is made after the launch ---- */

COCO_FIXTURE(late);
FIXTURE_VARIANT(late)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(late, vcpu)
{
	COCO_ROW(NULL, REQ_SNP_AP_LATE, REQ_SNP_AP_NO_VMSA, REQ_SEV_LBR, ROW_END),
};

COCO_TEST_F(late, runs)
{
	struct ap_vm v;
	int fd;

	(void)variant;
	if (!ap_vm_start(&v))
		return;
	fd = __vm_ioctl(v.g.snp->vm, KVM_CREATE_VCPU, (void *)2ul);
	if (fd >= 0) {
		close(fd);
		v.ap = add_ap(v.g.snp->vm, 3);
		if (!EXPECT_AP_NOT_RUN(REQ_SNP_AP_LATE, &v))
			return;
		expect_again(&v, REQ_SNP_AP_LATE);
		return;
	}
	check_note("KVM_CREATE_VCPU: %s", strerror(errno));
	errno = 0;
	snp_vm_free(v.g.snp);
}

COCO_MAIN(snp_vm_missing)
