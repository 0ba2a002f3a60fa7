// SPDX-License-Identifier: GPL-2.0-only
/*
 * What encrypted VMs share and are limited by: ASIDs, which a VM gives back at its end, the
 * policies that the platform offers, and that a VM is initialized once.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "snp/raw_sev.h"
#include "snp/sev_attr.h"
#include "snp/snp_vm.h"

/* ---- ASIDs ---- */

/* More than the CPU of an in-process KVM has; of hardware it may be a part. */
#define VMS	80

COCO_FIXTURE(asids);
FIXTURE_VARIANT(asids)
{
	struct check_row row;
	unsigned long type;
	bool started;			/* firmware has had the ASID activated */
};

#define ASIDS(name, type_, started_)							\
	FIXTURE_VARIANT_ADD(asids, name)						\
	{										\
		COCO_ROW(NULL, REQ_SEV_ASIDS), .type = type_, .started = started_	\
	}

ASIDS(one_after_the_other, KVM_X86_SNP_VM, false);
ASIDS(of_snp_guests, KVM_X86_SNP_VM, true);
ASIDS(of_sev_guests, KVM_X86_SEV_VM, true);

COCO_TEST_F(asids, given_back)
{
	struct raw_snp snp;
	unsigned int i;
	char what[48];

	for (i = 0; i < VMS && !check_failed(); i++) {
		raw_snp_open(&snp);
		snprintf(what, sizeof(what), "KVM_SEV_INIT2 of VM %u", i);
		if (EXPECT_REQ_EQ(REQ_SEV_ASIDS, what, 0, raw_sev_create(&snp, variant->type),
				  &names_errno) && variant->started) {
			snprintf(what, sizeof(what), "LAUNCH_START of VM %u", i);
			EXPECT_REQ_EQ(REQ_SEV_ASIDS, what, 0, variant->type == KVM_X86_SNP_VM ?
				      raw_snp_start(&snp, RAW_SNP_POLICY, 0) :
				      raw_sev_start(&snp, 0), &names_errno);
		}
		raw_snp_close(&snp);
	}
}

/* All that there are, at once: of the CPU by CPUID, of which others may have a part on hardware. */
COCO_FIXTURE(at_once);
FIXTURE_VARIANT(at_once)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(at_once, sev)
{
	COCO_ROW(NULL, REQ_SEV_ASIDS),
};

COCO_TEST_F(at_once, given)
{
	const struct kvm_cpuid_entry2 *e = get_cpuid_entry(kvm_get_supported_cpuid(), 0x8000001f, 0);
	/* The largest ASID, and the least that is not of SEV-ES guests */
	const unsigned int nr = e->ecx - e->edx + 1;
	struct raw_snp sev[VMS];
	unsigned int i;
	char what[48];

	(void)variant;
	if (!control() || !e->edx || nr >= VMS) {
		check_skip("needs an in-process KVM, whose ASIDs nobody else has");
		return;
	}
	for (i = 0; i <= nr; i++) {
		raw_snp_open(&sev[i]);
		snprintf(what, sizeof(what), "SEV VM %u of %u", i + 1, nr);
		EXPECT_REQ_EQ(REQ_SEV_ASIDS, what, i < nr ? 0 : EBUSY,
			      raw_sev_create(&sev[i], KVM_X86_SEV_VM), &names_errno);
	}
	/* Each alone is given again when its VM has ended. */
	for (i = 0; i < nr && !check_failed(); i++) {
		raw_snp_close(&sev[i]);
		raw_snp_open(&sev[i]);
		snprintf(what, sizeof(what), "SEV VM %u of %u once more", i + 1, nr);
		EXPECT_REQ_EQ(REQ_SEV_ASIDS, what, 0, raw_sev_create(&sev[i], KVM_X86_SEV_VM),
			      &names_errno);
	}
	for (i = 0; i <= nr; i++)
		raw_snp_close(&sev[i]);
}

/* ---- policies ---- */

COCO_FIXTURE(policy);
FIXTURE_VARIANT(policy)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(policy, each_bit)
{
	COCO_ROW(NULL, REQ_SNP_POLICY_BITS),
};

COCO_TEST_F(policy, as_offered)
{
	enum requirement_nr req = REQ_SNP_POLICY_BITS;
	uint64_t offered = 0;
	struct raw_snp snp;
	unsigned int bit;
	char what[64];

	(void)variant;
	if (sev_attr(SEV_ATTR_POLICY_BITS, &offered)) {
		check_skip("this KVM does not tell which bits a policy can have");
		return;
	}
	EXPECT_REQ_EQ(req, "bits that each policy of ours has", RAW_SNP_POLICY,
		      offered & RAW_SNP_POLICY, &names_value);
	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(req, "the launch before its start", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_INITED), &names_errno))
		return;
	/* What is refused leaves the VM as it was; what firmware takes is firmware's affair. */
	for (bit = 0; bit < 64; bit++) {
		if (offered & 1ull << bit)
			continue;
		snprintf(what, sizeof(what), "KVM_SEV_SNP_LAUNCH_START with policy bit %u", bit);
		EXPECT_REQ_EQ(req, what, EINVAL,
			      raw_snp_start(&snp, RAW_SNP_POLICY | 1ull << bit, 0), &names_errno);
	}
	EXPECT_REQ_EQ(req, "KVM_SEV_SNP_LAUNCH_START with what is offered", 0,
		      raw_snp_start(&snp, RAW_SNP_POLICY, 0), &names_errno);
	raw_snp_close(&snp);
}

/* ---- KVM_SEV_INIT2 ---- */

enum before { NOTHING, INITED, WITH_VCPU };

COCO_FIXTURE(init);
FIXTURE_VARIANT(init)
{
	struct check_row row;
	unsigned long type;
	enum before before;
	struct kvm_sev_init init;
	int err;
};

#define INIT_ROW(name, req, type_, before_, err_, ...)					\
	FIXTURE_VARIANT_ADD(init, name)							\
	{										\
		COCO_ROW(NULL, req), .type = type_, .before = before_, .err = err_,	\
		.init = { __VA_ARGS__ },						\
	}
#define ONCE(name, type, before, err)							\
	INIT_ROW(name, REQ_SEV_INIT_ONCE, type, before, err, .flags = 0)
#define ARGS(name, type, err, ...)							\
	INIT_ROW(name, REQ_SEV_INIT_ARGS, type, NOTHING, err, __VA_ARGS__)

ONCE(sev_twice, KVM_X86_SEV_VM, INITED, EINVAL);
ONCE(es_twice, KVM_X86_SEV_ES_VM, INITED, EINVAL);
ONCE(snp_twice, KVM_X86_SNP_VM, INITED, EPERM);
ONCE(sev_with_vcpu, KVM_X86_SEV_VM, WITH_VCPU, EINVAL);
ONCE(es_with_vcpu, KVM_X86_SEV_ES_VM, WITH_VCPU, EINVAL);
ONCE(snp_with_vcpu, KVM_X86_SNP_VM, WITH_VCPU, EINVAL);

ARGS(sev_version_0, KVM_X86_SEV_VM, 0, .ghcb_version = 0);
ARGS(sev_version_1, KVM_X86_SEV_VM, EINVAL, .ghcb_version = 1);
ARGS(sev_version_2, KVM_X86_SEV_VM, EINVAL, .ghcb_version = 2);
ARGS(es_version_0, KVM_X86_SEV_ES_VM, 0, .ghcb_version = 0);
ARGS(es_version_1, KVM_X86_SEV_ES_VM, 0, .ghcb_version = 1);
ARGS(es_version_2, KVM_X86_SEV_ES_VM, 0, .ghcb_version = 2);
ARGS(es_version_3, KVM_X86_SEV_ES_VM, EINVAL, .ghcb_version = 3);
ARGS(sev_debug_swap, KVM_X86_SEV_VM, EINVAL, .vmsa_features = SEV_FEATURE_DEBUG_SWAP);
ARGS(sev_feature_63, KVM_X86_SEV_VM, EINVAL, .vmsa_features = 1ull << 63);
ARGS(es_snp_active, KVM_X86_SEV_ES_VM, EINVAL, .vmsa_features = 1);
ARGS(es_feature_63, KVM_X86_SEV_ES_VM, EINVAL, .vmsa_features = 1ull << 63);
ARGS(sev_flag_0, KVM_X86_SEV_VM, EINVAL, .flags = 1);
ARGS(es_flag_31, KVM_X86_SEV_ES_VM, EINVAL, .flags = 1u << 31);

/* What is refused can be given again, as it should be. */
COCO_TEST_F(init, command)
{
	const enum requirement_nr req = check_main_req();
	struct kvm_sev_init init = variant->init, again = {};
	struct raw_snp snp;

	raw_snp_open(&snp);
	if (!EXPECT_REQ_EQ(req, "KVM_CREATE_VM", 0, raw_vm_create(&snp.raw, variant->type),
			   &names_errno))
		goto out;
	if (variant->before == INITED)
		EXPECT_REQ_EQ(req, "the first KVM_SEV_INIT2", 0, raw_snp_init2(&snp, 0, 0),
			      &names_errno);
	if (variant->before == WITH_VCPU)
		EXPECT_REQ_TRUE(req, "KVM_CREATE_VCPU",
				ioctl(snp.raw.vm, KVM_CREATE_VCPU, 0) >= 0);
	EXPECT_REQ_EQ(req, "KVM_SEV_INIT2", variant->err, raw_snp_cmd(&snp, KVM_SEV_INIT2, &init),
		      &names_errno);
	if (variant->err && variant->before == NOTHING)
		EXPECT_REQ_EQ(req, "KVM_SEV_INIT2 without any of that", 0,
			      raw_snp_cmd(&snp, KVM_SEV_INIT2, &again), &names_errno);
out:
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
