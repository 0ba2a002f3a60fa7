// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of SEV that are sent and received on a machine without SNP, where firmware may write to
 * any page: with SNP no kernel so far receives one.  That the machine is one is a case of its own.
 */
#define SEND_MAIN	COCO_MAIN_ON("-sev_snp", es_vm_missing)

#include "sev_send_test.c"

#define TYPE_SEV_ES	(1u << 3)
#define TYPE_SNP	(1u << 4)

COCO_FIXTURE(machine);
FIXTURE_VARIANT(machine) { struct check_row row; };
FIXTURE_VARIANT_ADD(machine, without_snp) { COCO_ROW(NULL, REQ_MACHINE_TYPES) };

COCO_TEST_F(machine, has_no_snp)
{
	const unsigned int types = kvm_check_cap(KVM_CAP_VM_TYPES);

	(void)variant;
	if (!control()) {
		check_skip("a machine's CPU has what it has");
		return;
	}
	EXPECT_REQ_EQ(REQ_MACHINE_TYPES, "KVM_CAP_VM_TYPES, SEV-ES and SNP", TYPE_SEV_ES,
		      types & (TYPE_SEV_ES | TYPE_SNP), &names_value);
}
