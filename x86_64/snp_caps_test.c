// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_ENABLE_CAP of a VM: flags and arguments that a capability does not have.  What is refused
 * is not enabled: the right argument is taken after it.  And what no such VM has.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <linux/kvm_para.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "snp/raw_sev.h"
#include "snp/snp_vm.h"

#define MAX_BAD		3

COCO_FIXTURE(cap);
FIXTURE_VARIANT(cap)
{
	struct check_row row;
	uint32_t cap;
	const char *title;
	uint64_t good;
	uint64_t bad[MAX_BAD];		/* ended by 0 */
};

#define CAP_ROW(name, cap_, good_, ...)							\
	FIXTURE_VARIANT_ADD(cap, name)							\
	{										\
		COCO_ROW(NULL, REQ_CAP_ARGS), .cap = KVM_CAP_##cap_,			\
		.title = "KVM_CAP_" #cap_, .good = good_,				\
		.bad = { __VA_ARGS__ },							\
	}
/* A bit that no kernel has given a meaning, and the last of 64. */
#define UNKNOWN		1ull << 31, 1ull << 63

CAP_ROW(exit_hypercall, EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE,
	1ull << (KVM_HC_MAP_GPA_RANGE - 1), UNKNOWN);
CAP_ROW(user_space_msr, X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_FILTER, UNKNOWN);
CAP_ROW(x2apic_api, X2APIC_API, KVM_X2APIC_API_USE_32BIT_IDS, UNKNOWN);
CAP_ROW(disable_exits, X86_DISABLE_EXITS, KVM_X86_DISABLE_EXITS_PAUSE, UNKNOWN);
CAP_ROW(bus_lock_exit, X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_OFF, 3, UNKNOWN);
CAP_ROW(exit_on_emulation_failure, EXIT_ON_EMULATION_FAILURE, 1, 2, UNKNOWN);
CAP_ROW(pmu_capability, PMU_CAPABILITY, KVM_PMU_CAP_DISABLE, 2, UNKNOWN);
CAP_ROW(max_vcpu_id, MAX_VCPU_ID, 16, UNKNOWN);

static int enable(const struct raw_snp *snp, uint32_t cap, uint32_t flags, uint64_t arg)
{
	struct kvm_enable_cap enable = { .cap = cap, .flags = flags, .args = { arg } };

	return raw_errno(ioctl(snp->raw.vm, KVM_ENABLE_CAP, &enable));
}

COCO_TEST_F(cap, refused)
{
	const enum requirement_nr req = REQ_CAP_ARGS;
	struct raw_snp snp;
	char what[80];
	unsigned int i;

	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(req, "a VM", 0, raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_INITED),
			   &names_errno))
		goto out;
	if (ioctl(snp.raw.vm, KVM_CHECK_EXTENSION, variant->cap) <= 0) {
		check_skip("this VM has no %s", variant->title);
		goto out;
	}
	for (i = 0; i < MAX_BAD && variant->bad[i]; i++) {
		snprintf(what, sizeof(what), "%s, argument 0x%lx", variant->title, variant->bad[i]);
		EXPECT_REQ_EQ(req, what, EINVAL, enable(&snp, variant->cap, 0, variant->bad[i]),
			      &names_errno);
	}
	EXPECT_REQ_EQ(req, "flag 0", EINVAL, enable(&snp, variant->cap, 1, variant->good),
		      &names_errno);
	EXPECT_REQ_EQ(req, "flag 31", EINVAL, enable(&snp, variant->cap, 1u << 31, variant->good),
		      &names_errno);
	EXPECT_REQ_EQ(req, "the right argument", 0, enable(&snp, variant->cap, 0, variant->good),
		      &names_errno);
out:
	raw_snp_close(&snp);
}

/* ---- capabilities that encrypted VMs do not have ---- */

COCO_FIXTURE(smm);
FIXTURE_VARIANT(smm)
{
	struct check_row row;
	unsigned long type;		/* or an ordinary one, which becomes an SEV-ES VM */
};

FIXTURE_VARIANT_ADD(smm, sev_es)
{
	COCO_ROW(NULL, REQ_CAP_SMM), .type = KVM_X86_SEV_ES_VM,
};
FIXTURE_VARIANT_ADD(smm, snp)
{
	COCO_ROW(NULL, REQ_CAP_SMM), .type = KVM_X86_SNP_VM,
};
FIXTURE_VARIANT_ADD(smm, old_sev_es)
{
	COCO_ROW(NULL, REQ_CAP_SMM), .type = KVM_X86_DEFAULT_VM,
};

COCO_TEST_F(smm, none)
{
	struct raw_snp snp;

	raw_snp_open(&snp);
	if (EXPECT_REQ_EQ(REQ_CAP_SMM, "a VM", 0, raw_sev_create(&snp, variant->type) ?:
			  (variant->type == KVM_X86_DEFAULT_VM ?
			   raw_snp_cmd(&snp, KVM_SEV_ES_INIT, NULL) : 0), &names_errno))
		EXPECT_REQ_EQ(REQ_CAP_SMM, "KVM_CHECK_EXTENSION of KVM_CAP_X86_SMM", 0,
			      ioctl(snp.raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM), &names_count);
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
