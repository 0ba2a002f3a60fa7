// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CAP_VM_TYPES against KVM_CREATE_VM, and vCPUs that were just made, of each type.
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

/* ---- a vCPU's local APIC ---- */

#define VCPUS		3
/* Delivery mode INIT, asserted: no local APIC can be so set that it does not take it. */
#define MSI_INIT	(5u << 8 | 1u << 14)

COCO_FIXTURE(msi);
FIXTURE_VARIANT(msi)
{
	struct check_row row;
	unsigned long type;
};

#define MSI_ROW(name, type_)								\
	FIXTURE_VARIANT_ADD(msi, name) { COCO_ROW(NULL, REQ_SNP_MSI), .type = type_ };

MSI_ROW(ordinary, KVM_X86_DEFAULT_VM)
MSI_ROW(sev, KVM_X86_SEV_VM)
MSI_ROW(es, KVM_X86_SEV_ES_VM)
MSI_ROW(snp, KVM_X86_SNP_VM)

/* The number of local APICs that take an MSI for the one of @vcpu. */
static int send(const struct raw_snp *vm, unsigned int vcpu)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000u | vcpu << 12, .data = MSI_INIT };

	return ioctl(vm->raw.vm, KVM_SIGNAL_MSI, &msi);
}

COCO_TEST_F(msi, taken)
{
	int fd[VCPUS] = { -1, -1, -1 };
	struct raw_snp vm;
	unsigned int i, to;
	char what[64];

	raw_snp_open(&vm);
	if (!EXPECT_REQ_EQ(REQ_SNP_MSI, "KVM_CREATE_VM", 0, raw_vm_create(&vm.raw, variant->type),
			   &names_errno) ||
	    !EXPECT_REQ_EQ(REQ_SNP_MSI, "KVM_CREATE_IRQCHIP", 0,
			   raw_errno(ioctl(vm.raw.vm, KVM_CREATE_IRQCHIP, 0)), &names_errno) ||
	    (variant->type != KVM_X86_DEFAULT_VM &&
	     !EXPECT_REQ_EQ(REQ_SNP_MSI, "KVM_SEV_INIT2", 0, raw_snp_init2(&vm, 0, 0),
			    &names_errno)))
		goto out;
	for (i = 0; i < VCPUS; i++) {
		fd[i] = ioctl(vm.raw.vm, KVM_CREATE_VCPU, (unsigned long)i);
		if (!EXPECT_REQ_TRUE(REQ_SNP_MSI, "KVM_CREATE_VCPU", fd[i] >= 0))
			break;
		for (to = 0; to <= i; to++) {
			snprintf(what, sizeof(what), "vCPUs that take an MSI to vCPU %u of %u", to,
				 i + 1);
			EXPECT_REQ_EQ(REQ_SNP_MSI, what, 1, send(&vm, to), &names_count);
		}
	}
	for (i = 0; i < VCPUS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
out:
	raw_snp_close(&vm);
}

COCO_MAIN(snp_vm_missing)
