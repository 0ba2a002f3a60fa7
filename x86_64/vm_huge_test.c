// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM_PRE_FAULT_MEMORY maps of huge pages, and that none of them is mapped over memory whose
 * attributes differ: of a VM with private memory that is not encrypted (KVM_X86_SW_PROTECTED_VM),
 * whose KVM is everybody's.  What is mapped the VM's statistics tell.
 *
 * Not ABI, so not checked: how much is mapped besides what was asked for.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "control.h"
#include "vm/raw_vm.h"
#include "vm/vm_type.h"

/* In pages of 4 KiB, as all that follows */
#define M2		512u
#define G1		(512u * M2)
#define PAGE		4096ull
#define ALIGNMENT	(G1 * PAGE)
#define GPA		(4 * ALIGNMENT)

struct range {
	unsigned int first, nr;
};

/* Attributes of a range, one after the other. */
struct change {
	struct range range;
	bool private;
};

#define MAX_CHANGES	3

COCO_FIXTURE(huge);
FIXTURE_VARIANT(huge)
{
	struct check_row row;
	unsigned int size;		/* of the slot */
	struct change change[MAX_CHANGES];	/* up to the first of no pages */
	struct range asked;
	/* Wanted: mapped pages of each size. */
	unsigned int nr_4k, nr_2m, nr_1g;
};

#define WHOLE(name, size_, first, nr, ...)						\
	FIXTURE_VARIANT_ADD(huge, name)							\
	{										\
		COCO_ROW(NULL, REQ_PREFAULT_WHOLE), .size = size_,			\
		.asked = { first, nr }, __VA_ARGS__					\
	};

WHOLE(all, 3 * M2, 0, 3 * M2, .nr_2m = 3)
WHOLE(one_page, 3 * M2, 100, 1, .nr_2m = 1)
WHOLE(to_the_end, 3 * M2, M2 / 2, M2 / 2, .nr_2m = 1)
WHOLE(over_the_end, 3 * M2, M2 - 1, 2, .nr_2m = 2)
WHOLE(from_midst_to_midst, 3 * M2, M2 / 2, M2, .nr_2m = 2)
WHOLE(over_all, 3 * M2, M2 - 1, M2 + 2, .nr_2m = 3)
WHOLE(behind_the_last, 3 * M2 + 8, 3 * M2 - 1, 3, .nr_2m = 1, .nr_4k = 2)
WHOLE(all_1g, 2 * G1, 0, 2 * G1, .nr_1g = 2)
WHOLE(one_page_1g, 2 * G1, 100, 1, .nr_1g = 1)
WHOLE(over_the_end_1g, 2 * G1, G1 - 1, 2, .nr_1g = 2)
WHOLE(behind_the_last_1g, G1 + M2, G1 - 1, 2, .nr_1g = 1, .nr_2m = 1)

#define LEVEL(name, page, ...)								\
	FIXTURE_VARIANT_ADD(huge, name)							\
	{										\
		COCO_ROW(NULL, REQ_ATTRS_LEVEL), .size = 2 * G1,			\
		.asked = { page, 1 }, __VA_ARGS__					\
	};
#define PRIVATE(first, nr)	{ { first, nr }, true }
#define SHARED(first, nr)	{ { first, nr }, false }

/* The page at 600 is in the second 2 MiB. */
LEVEL(beside_private, 5, .change = { PRIVATE(600, 1) }, .nr_2m = 1)
LEVEL(near_private, 601, .change = { PRIVATE(600, 1) }, .nr_4k = 1)
LEVEL(behind_private, G1 + 5, .change = { PRIVATE(0, G1) }, .nr_1g = 1)
LEVEL(last_is_private, 5, .change = { PRIVATE(G1 - 1, 1) }, .nr_2m = 1)
LEVEL(before_last_2m, G1 - M2 - 1, .change = { PRIVATE(G1 - 1, 1) }, .nr_2m = 1)
LEVEL(over_the_end_first, 5, .change = { PRIVATE(G1 - 1, 2) }, .nr_2m = 1)
LEVEL(over_the_end_second, G1 + M2, .change = { PRIVATE(G1 - 1, 2) }, .nr_2m = 1)
LEVEL(whole_2m_private, 5, .change = { PRIVATE(M2, M2) }, .nr_2m = 1)
LEVEL(shared_again, 5, .change = { PRIVATE(600, 1), SHARED(600, 1) }, .nr_1g = 1)
LEVEL(shared_again_with_all, 5, .change = { PRIVATE(600, 1), SHARED(0, G1) }, .nr_1g = 1)
LEVEL(shared_again_in_part, 5, .change = { PRIVATE(600, 2), SHARED(600, 1) }, .nr_2m = 1)
/* What is set once more, and was so, changes nothing for its neighbours. */
LEVEL(first_2m_set_again, 5, .change = { PRIVATE(600, 1), SHARED(0, M2) }, .nr_2m = 1)
LEVEL(first_page_set_again, 5, .change = { PRIVATE(600, 1), SHARED(0, 1) }, .nr_2m = 1)
LEVEL(third_2m_set_again, 5, .change = { PRIVATE(600, 1), SHARED(2 * M2, M2) }, .nr_2m = 1)
LEVEL(last_2m_set_again, 5, .change = { PRIVATE(600, 1), SHARED(G1 - M2, M2) }, .nr_2m = 1)

/* A number of the VM's statistics, or -1. */
static int64_t statistic(int vm, const char *name)
{
	const int fd = ioctl(vm, KVM_GET_STATS_FD, NULL);
	struct kvm_stats_desc *all, *desc;
	struct kvm_stats_header head;
	uint64_t value = -1;
	unsigned int i;

	if (fd < 0)
		return -1;
	read_stats_header(fd, &head);
	all = read_stats_descriptors(fd, &head);
	for (i = 0; i < head.num_desc; i++) {
		desc = get_stats_descriptor(all, i, &head);
		if (!strcmp(desc->name, name))
			read_stat_data(fd, &head, desc, &value, 1);
	}
	free(all);
	close(fd);
	return value;
}

/* The VM with its slot and a vCPU, the attributes as they shall be; 0 or an errno. */
static int make(struct raw_vm *vm, void *mem, unsigned int size, const struct change *change)
{
	struct kvm_userspace_memory_region2 slot = {
		.slot = 1, .guest_phys_addr = GPA, .memory_size = size * PAGE,
		.userspace_addr = (uint64_t)mem,
	};
	unsigned int i;
	int err;

	err = raw_vm_create(vm, KVM_X86_SW_PROTECTED_VM) ?:
	      raw_errno(ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION2, &slot)) ?: raw_vm_add_vcpu(vm) ?:
	      raw_errno(madvise(mem, size * PAGE, MADV_HUGEPAGE));
	for (i = 0; !err && i < MAX_CHANGES && change[i].range.nr; i++) {
		struct kvm_memory_attributes attrs = {
			.address = GPA + change[i].range.first * PAGE,
			.size = change[i].range.nr * PAGE,
			.attributes = change[i].private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
		};

		err = raw_errno(ioctl(vm->vm, KVM_SET_MEMORY_ATTRIBUTES, &attrs));
	}
	return err;
}

COCO_TEST_F(huge, mapped)
{
	const enum requirement_nr req = check_main_req();
	const size_t length = variant->size * PAGE + ALIGNMENT;
	struct kvm_pre_fault_memory range = {
		.gpa = GPA + variant->asked.first * PAGE, .size = variant->asked.nr * PAGE,
	};
	struct raw_vm vm;
	char *mem, *slot;

	if (!control()) {
		check_skip("of which sizes its pages are is the machine's affair");
		return;
	}
	raw_vm_open(&vm);
	if (ioctl(vm.kvm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) <= 0) {
		check_skip("this KVM has no KVM_PRE_FAULT_MEMORY");
		return;
	}
	mem = mmap(NULL, length, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	TEST_ASSERT(mem != MAP_FAILED, "mmap(): %s", strerror(errno));
	slot = (char *)(((uintptr_t)mem + ALIGNMENT - 1) & ~(ALIGNMENT - 1));
	if (EXPECT_REQ_EQ(req, "a VM with a vCPU", 0,
			  make(&vm, slot, variant->size, variant->change), &names_errno) &&
	    EXPECT_REQ_EQ(req, "KVM_PRE_FAULT_MEMORY", 0,
			  raw_errno(ioctl(vm.vcpu, KVM_PRE_FAULT_MEMORY, &range)), &names_errno) &&
	    EXPECT_REQ_EQ(req, "size after it", 0, range.size, &names_value)) {
		EXPECT_REQ_EQ(req, "pages of 4 KiB that are mapped", variant->nr_4k,
			      statistic(vm.vm, "pages_4k"), &names_count);
		EXPECT_REQ_EQ(req, "pages of 2 MiB that are mapped", variant->nr_2m,
			      statistic(vm.vm, "pages_2m"), &names_count);
		EXPECT_REQ_EQ(req, "pages of 1 GiB that are mapped", variant->nr_1g,
			      statistic(vm.vm, "pages_1g"), &names_count);
	}
	raw_vm_close(&vm);
	munmap(mem, length);
}

static const char *missing(void)
{
	return vm_type_missing(KVM_X86_SW_PROTECTED_VM, "VMs with private memory that is plain");
}

COCO_MAIN(missing)
