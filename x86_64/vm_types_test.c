// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CAP_VM_TYPES against KVM_CREATE_VM.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "snp/raw_sev.h"
#include "snp/snp_vm.h"

COCO_FIXTURE(types);
FIXTURE_VARIANT(types) { struct check_row row; };
FIXTURE_VARIANT_ADD(types, each) { COCO_ROW(NULL, REQ_SEV_TYPES) };

COCO_TEST_F(types, creates)
{
	struct raw_snp vm;
	unsigned int type;
	char what[64];
	long types;
	int ret;

	(void)variant;
	for (type = 0; type < 32; type++) {
		raw_snp_open(&vm);
		types = ioctl(vm.raw.kvm, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);
		ret = raw_vm_create(&vm.raw, type);
		snprintf(what, sizeof(what), "KVM_CREATE_VM makes VMs of type %u", type);
		EXPECT_REQ_EQ(REQ_SEV_TYPES, what, types >> type & 1, !ret, &names_bool);
		snprintf(what, sizeof(what), "KVM_SEV_INIT2 of a VM of type %u", type);
		if (!ret && type >= KVM_X86_SEV_VM && type <= KVM_X86_SNP_VM)
			EXPECT_REQ_EQ(REQ_SEV_TYPES, what, 0, raw_snp_init2(&vm, 0, 0),
				      &names_errno);
		raw_snp_close(&vm);
	}
	/* Bits that are no type, and the types' numbers with more above them */
	raw_snp_open(&vm);
	EXPECT_REQ_TRUE(REQ_SEV_TYPES, "type 32 is refused", raw_vm_create(&vm.raw, 32));
	EXPECT_REQ_TRUE(REQ_SEV_TYPES, "type 0x100000000 is refused",
			raw_vm_create(&vm.raw, 1ul << 32));
	EXPECT_REQ_TRUE(REQ_SEV_TYPES, "the largest type is refused", raw_vm_create(&vm.raw, -1ul));
	raw_snp_close(&vm);
}

COCO_MAIN(snp_vm_missing)
