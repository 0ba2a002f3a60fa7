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
	while (i--)
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

/* ---- once ---- */

COCO_FIXTURE(init);
FIXTURE_VARIANT(init)
{
	struct check_row row;
	unsigned long type;
};

#define INIT_ROW(name, type_)								\
	FIXTURE_VARIANT_ADD(init, name)							\
	{										\
		COCO_ROW(NULL, REQ_SEV_INIT_ONCE), .type = type_,			\
	};

INIT_ROW(sev, KVM_X86_SEV_VM)
INIT_ROW(es, KVM_X86_SEV_ES_VM)
INIT_ROW(snp, KVM_X86_SNP_VM)

COCO_TEST_F(init, twice)
{
	struct raw_snp snp;

	raw_snp_open(&snp);
	if (EXPECT_REQ_EQ(REQ_SEV_INIT_ONCE, "KVM_CREATE_VM", 0,
			  raw_vm_create(&snp.raw, variant->type), &names_errno) &&
	    EXPECT_REQ_EQ(REQ_SEV_INIT_ONCE, "KVM_SEV_INIT2", 0, raw_snp_init2(&snp, 0, 0),
			  &names_errno))
		EXPECT_REQ_TRUE(REQ_SEV_INIT_ONCE, "a second KVM_SEV_INIT2 fails",
				raw_snp_init2(&snp, 0, 0));
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
