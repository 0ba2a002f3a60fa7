// SPDX-License-Identifier: GPL-2.0-only
/*
 * What guest_memfd and KVM_PRE_FAULT_MEMORY do for a VM with private memory that is not encrypted
 * (KVM_X86_SW_PROTECTED_VM), whose KVM is everybody's.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "vm/raw_vm.h"
#include "vm/vm_type.h"

#define PAGE		RAW_VM_PAGE
#define SIZE		(RAW_VM_PAGES * PAGE)

/* ---- slots that are read-only ---- */

COCO_FIXTURE(readonly);
FIXTURE_VARIANT(readonly) { struct check_row row; uint32_t flags; int err; };

#define READONLY(name, flags_, err_)							\
	FIXTURE_VARIANT_ADD(readonly, name)						\
	{										\
		COCO_ROW(NULL, REQ_GMEM_READONLY), .flags = flags_, .err = err_		\
	}

READONLY(private, KVM_MEM_READONLY | KVM_MEM_GUEST_MEMFD, EINVAL);
READONLY(shared, KVM_MEM_READONLY, 0);
READONLY(not, KVM_MEM_GUEST_MEMFD, 0);

COCO_TEST_F(readonly, slot)
{
	struct kvm_create_guest_memfd gmem = { .size = SIZE };
	struct kvm_userspace_memory_region2 slot = {
		.slot = 1, .flags = variant->flags, .guest_phys_addr = 1ull << 32,
		.memory_size = SIZE,
	};
	struct raw_vm vm;

	raw_vm_open(&vm);
	slot.userspace_addr = (uint64_t)vm.mem;
	if (EXPECT_REQ_EQ(REQ_GMEM_READONLY, "KVM_CREATE_VM", 0,
			  raw_vm_create(&vm, KVM_X86_SW_PROTECTED_VM), &names_errno)) {
		vm.gmem = ioctl(vm.vm, KVM_CREATE_GUEST_MEMFD, &gmem);
		slot.guest_memfd = vm.gmem;
		EXPECT_REQ_EQ(REQ_GMEM_READONLY, "KVM_SET_USER_MEMORY_REGION2", variant->err,
			      raw_errno(ioctl(vm.vm, KVM_SET_USER_MEMORY_REGION2, &slot)),
			      &names_errno);
	}
	raw_vm_close(&vm);
}

/* ---- what is mapped beforehand ---- */

COCO_FIXTURE(prefault);
FIXTURE_VARIANT(prefault)
{
	struct check_row row;
	uint64_t first, nr;		/* pages; the first ones of slot 0 are private */
	uint64_t done;
	int err;
};

#define PREFAULT(name, first_, nr_, done_, err_)					\
	FIXTURE_VARIANT_ADD(prefault, name)						\
	{										\
		COCO_ROW(NULL, REQ_PREFAULT_PART), .first = first_, .nr = nr_,		\
		.done = done_, .err = err_						\
	}

PREFAULT(private, 0, 1, 1, 0);
PREFAULT(shared, RAW_VM_PAGES - 1, 1, 1, 0);
PREFAULT(all, 0, RAW_VM_PAGES, RAW_VM_PAGES, 0);
PREFAULT(from_private_to_shared, RAW_VM_PRIVATE_PAGES - 1, 2, 2, 0);
PREFAULT(all_and_more, 0, RAW_VM_PAGES + 3, RAW_VM_PAGES, 0);
PREFAULT(last_and_more, RAW_VM_PAGES - 1, 2, 1, 0);
PREFAULT(no_slot, RAW_VM_PAGES, 2, 0, ENOENT);

COCO_TEST_F(prefault, part)
{
	struct kvm_pre_fault_memory range = {
		.gpa = variant->first * PAGE, .size = variant->nr * PAGE,
	};
	struct raw_vm vm;

	raw_vm_open(&vm);
	if (ioctl(vm.kvm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) <= 0) {
		check_skip("this KVM has no KVM_PRE_FAULT_MEMORY");
		return;
	}
	if (EXPECT_REQ_EQ(REQ_PREFAULT_PART, "a VM with a vCPU", 0,
			  raw_vm_create(&vm, KVM_X86_SW_PROTECTED_VM) ?:
			  raw_vm_add_memory(&vm, 0, 0) ?: raw_vm_add_vcpu(&vm), &names_errno)) {
		EXPECT_REQ_EQ(REQ_PREFAULT_PART, "KVM_PRE_FAULT_MEMORY", variant->err,
			      raw_errno(ioctl(vm.vcpu, KVM_PRE_FAULT_MEMORY, &range)),
			      &names_errno);
		EXPECT_REQ_EQ(REQ_PREFAULT_PART, "gpa after it",
			      (variant->first + variant->done) * PAGE, range.gpa, &names_gpa);
		EXPECT_REQ_EQ(REQ_PREFAULT_PART, "size after it",
			      (variant->nr - variant->done) * PAGE, range.size, &names_value);
	}
	raw_vm_close(&vm);
}

static const char *missing(void)
{
	return vm_type_missing(KVM_X86_SW_PROTECTED_VM, "VMs with private memory that is plain");
}

COCO_MAIN(missing)
