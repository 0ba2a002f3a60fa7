// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP VMs on CPUs that have more than the others: secure TSC, a TSC of the guest's own, of which
 * firmware and the CPU are told at its launch; and a say of KVM's in what SEV_FEATURES a VMSA may
 * have (AMD APM 2, "Secure TSC", "Allowed SEV Features").
 */
#include "check/harness.h"

#include <linux/kvm.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "control.h"
#include "snp/ap_vm.h"
#include "snp/raw_sev.h"
#include "snp/sev_attr.h"
#include "vm/mp_state.h"

static int init2(struct raw_snp *snp, unsigned long type, uint64_t features)
{
	struct kvm_sev_init init = { .vmsa_features = features };

	return raw_vm_create(&snp->raw, type) ?: raw_snp_cmd(snp, KVM_SEV_INIT2, &init);
}

/* ---- the frequency that firmware is asked for ---- */

COCO_FIXTURE(frequency);
FIXTURE_VARIANT(frequency)
{
	struct check_row row;
	uint64_t features;
	unsigned long khz;		/* KVM_SET_TSC_KHZ; 0: the machine's */
};

FIXTURE_VARIANT_ADD(frequency, of_the_machine)
{
	COCO_ROW(NULL, REQ_SNP_TSC_FREQ), .features = SEV_FEATURE_SECURE_TSC,
};
FIXTURE_VARIANT_ADD(frequency, of_the_vmm)
{
	COCO_ROW(NULL, REQ_SNP_TSC_FREQ), .features = SEV_FEATURE_SECURE_TSC, .khz = 1234567,
};
FIXTURE_VARIANT_ADD(frequency, of_the_vmm_without)
{
	COCO_ROW(NULL, REQ_SNP_TSC_FREQ), .khz = 1234567,
};

COCO_TEST_F(frequency, firmware_gets)
{
	const enum requirement_nr req = REQ_SNP_TSC_FREQ;
	struct raw_snp snp;
	long khz;

	if (!control()) {
		check_skip("no control of the kernel here: what firmware gets is not seen");
		return;
	}
	if (!sev_features_offered(SEV_FEATURE_SECURE_TSC))
		return;
	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(req, "KVM_SEV_INIT2", 0, init2(&snp, KVM_X86_SNP_VM, variant->features),
			   &names_errno) ||
	    (variant->khz && !EXPECT_REQ_EQ(req, "KVM_SET_TSC_KHZ of the VM", 0,
			raw_errno(ioctl(snp.raw.vm, KVM_SET_TSC_KHZ, variant->khz)), &names_errno)))
		goto out;
	khz = ioctl(snp.raw.vm, KVM_GET_TSC_KHZ, 0);
	EXPECT_REQ_TRUE(req, "KVM_GET_TSC_KHZ of the VM gives what was set, or some",
			khz > 0 && (!variant->khz || (unsigned long)khz == variant->khz));
	control()->fw_measure(1);
	if (EXPECT_REQ_EQ(req, "KVM_SEV_SNP_LAUNCH_START", 0,
			  raw_snp_start(&snp, RAW_SNP_POLICY, 0), &names_errno) &&
	    EXPECT_REQ_TRUE(req, "firmware knows of the launch", control()->fw_launch()))
		EXPECT_REQ_EQ(req, "DESIRED_TSC_FREQ", variant->features ? khz : 0,
			      control()->fw_launch()->tsc_khz, &names_value);
out:
	raw_snp_close(&snp);
}

/* ---- whose feature it is ---- */

COCO_FIXTURE(type);
FIXTURE_VARIANT(type)
{
	struct check_row row;
	unsigned long type;
};

FIXTURE_VARIANT_ADD(type, sev)
{
	COCO_ROW(NULL, REQ_SEV_FEATURES_ES), .type = KVM_X86_SEV_VM,
};
FIXTURE_VARIANT_ADD(type, sev_es)
{
	COCO_ROW(NULL, REQ_SEV_FEATURES_ES), .type = KVM_X86_SEV_ES_VM,
};

COCO_TEST_F(type, refused)
{
	struct raw_snp snp;

	if (!sev_features_offered(SEV_FEATURE_SECURE_TSC))
		return;
	raw_snp_open(&snp);
	EXPECT_REQ_EQ(REQ_SEV_FEATURES_ES, "KVM_SEV_INIT2 with secure TSC", EINVAL,
		      init2(&snp, variant->type, SEV_FEATURE_SECURE_TSC), &names_errno);
	raw_snp_close(&snp);
}

/* ---- a guest that has it ---- */

COCO_FIXTURE(guest);
FIXTURE_VARIANT(guest)
{
	struct check_row row;
	uint64_t features;
};

FIXTURE_VARIANT_ADD(guest, with_secure_tsc)
{
	COCO_ROW(NULL, REQ_SNP_TSC_VMM, REQ_SNP_TSC_OWN, REQ_SEV_INTERCEPT, REQ_KERNEL_SEV_LOCK),
	.features = SEV_FEATURE_SECURE_TSC,
};
FIXTURE_VARIANT_ADD(guest, without)
{
	COCO_ROW(NULL, REQ_SNP_TSC_VMM, REQ_SNP_TSC_OWN, REQ_SEV_INTERCEPT),
};

/* Of kernels that ask whose feature it is without the VM's lock. */
#define LOCK_SPLAT	"in sev_snp_guest"

#define MSR_TSC		0x10
#define MSR_TSC_ADJUST	0x3b
#define TSC_LATER	(1ull << 40)
#define WRITES		1u		/* SW_EXITINFO1 of an MSR event */

/* Its answer tells less than the offset that it leaves. */
static void guest_writes_msr(uint32_t msr, uint64_t value)
{
	const struct guest_vcpu *self = guest_this_vcpu();
	struct ghcb *ghcb = self->ghcb;

	ghcb_clear(ghcb);
	ghcb_set(ghcb, sw_exit_code, GHCB_NAE_MSR);
	ghcb_set(ghcb, sw_exit_info_1, WRITES);
	ghcb_set(ghcb, sw_exit_info_2, 0);
	ghcb_set(ghcb, rcx, msr);
	ghcb_set(ghcb, rax, (uint32_t)value);
	ghcb_set(ghcb, rdx, value >> 32);
	ghcb_exit(self->ghcb_gpa);
}

static void guest_syncs(void)
{
	ghcb_register();
	GUEST_SYNC(1);
	guest_writes_msr(MSR_TSC_ADJUST, TSC_LATER);
	GUEST_SYNC(2);
	guest_writes_msr(MSR_TSC, 0);
	GUEST_SYNC(3);
}

static int64_t tsc_offset(struct kvm_vcpu *vcpu)
{
	int64_t offset = -1;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET, .addr = (uint64_t)&offset,
	};

	EXPECT_REQ_EQ(REQ_SNP_TSC_OWN, "KVM_GET_DEVICE_ATTR", 0,
		      raw_errno(ioctl(vcpu->fd, KVM_GET_DEVICE_ATTR, &attr)), &names_errno);
	return offset;
}

/* Who has a TSC of his own cannot have it moved, nor can anybody else. */
static void expect_moves(struct kvm_vcpu *vcpu, bool secure)
{
	const int64_t first = tsc_offset(vcpu);
	int64_t set = first + 4096;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET, .addr = (uint64_t)&set,
	};

	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, vcpu, 2))
		return;
	EXPECT_REQ_EQ(REQ_SNP_TSC_OWN, "KVM_VCPU_TSC_OFFSET after a write of IA32_TSC_ADJUST",
		      first + (secure ? 0 : TSC_LATER), tsc_offset(vcpu), &names_value);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, vcpu, 3))
		return;
	if (secure)
		EXPECT_REQ_EQ(REQ_SNP_TSC_OWN, "KVM_VCPU_TSC_OFFSET after a write of IA32_TSC",
			      first, tsc_offset(vcpu), &names_value);
	else
		EXPECT_REQ_TRUE(REQ_SNP_TSC_OWN, "a write of 0 to IA32_TSC takes back 2^40",
				tsc_offset(vcpu) < first + (int64_t)TSC_LATER / 2);
	ioctl(vcpu->fd, KVM_SET_DEVICE_ATTR, &attr);
	EXPECT_REQ_EQ(REQ_SNP_TSC_OWN, "KVM_VCPU_TSC_OFFSET after KVM_SET_DEVICE_ATTR",
		      secure ? first : set, tsc_offset(vcpu), &names_value);
}

COCO_TEST_F(guest, runs)
{
	struct kvm_vcpu *vcpu;
	struct snp_vm *snp;

	if (!sev_features_offered(SEV_FEATURE_SECURE_TSC))
		return;
	if (variant->features)
		check_expect_splat(LOCK_SPLAT);
	snp = snp_vm_create_bare(variant->features);
	snp_vm_add_vcpus(snp, 1, guest_syncs);
	if (variant->features)
		EXPECT_REQ_QUIET(REQ_KERNEL_SEV_LOCK, "WARNs of a vCPU's creation", LOCK_SPLAT);
	snp_vm_launch(snp);
	vcpu = snp->cpu[0].vcpu;
	if (EXPECT_REQ_SYNC(REQ_GUEST_UCALL, vcpu, 1) &&
	    EXPECT_REQ_EQ(REQ_SNP_TSC_VMM, "KVM_SET_TSC_KHZ of the vCPU",
			  variant->features ? EINVAL : 0,
			  raw_errno(ioctl(vcpu->fd, KVM_SET_TSC_KHZ, 0)), &names_errno)) {
		expect_moves(vcpu, variant->features);
		snp_vm_free(snp);
	}
}

/* ---- a VMSA that has more than the VM ---- */

COCO_FIXTURE(vmsa);
FIXTURE_VARIANT(vmsa)
{
	struct check_row row;
	uint64_t features;
};

#define VMSA(name, features_)								\
	FIXTURE_VARIANT_ADD(vmsa, name)							\
	{										\
		COCO_ROW(NULL, REQ_SNP_AP_ALLOWED, REQ_SNP_AP_ANSWER,			\
			 REQ_KERNEL_HOST_STATE), .features = features_			\
	}

VMSA(debug_swap, SEV_FEATURE_DEBUG_SWAP);
VMSA(secure_tsc, SEV_FEATURE_SECURE_TSC);
VMSA(both, SEV_FEATURE_DEBUG_SWAP | SEV_FEATURE_SECURE_TSC);

COCO_TEST_F(vmsa, not_run)
{
	struct ap_vm v;

	if (!control()) {
		check_skip("needs an in-process KVM, whose CPU has allowed SEV features");
		return;
	}
	if (!ap_vm_start(&v))
		return;
	mp_state_set(v.ap, KVM_MP_STATE_RUNNABLE);
	ap_make_vmsa(&v, &ap_add(&v, AP_CREATE, 0)->before, 0);
	v.vmsa[0].hva->sev_features |= variant->features;
	if (EXPECT_AP_DONE(REQ_SNP_AP_ANSWER, &v) && EXPECT_AP_NOT_RUN(REQ_SNP_AP_ALLOWED, &v))
		snp_vm_free(v.g.snp);
}

COCO_MAIN_FIRST(setenv("COCO_PARAMS", "kvm_amd.avic=1", 1),
		"secure_tsc,allowed_sev_features,avic", snp_vm_missing)
