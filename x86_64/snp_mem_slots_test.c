// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots with a guest_memfd, at the ends of what can be, changed, without memory, and while
 * their file ends.  A slot that was made is seen to be whole by a launch of all its pages.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
/* Of the file: a slot over its middle needs more than one node of a tree that has 64 each. */
#define FILE_PAGES	72ull
#define FIRST_PAGE	60ull
#define SLOT_BYTES	(RAW_VM_PAGES * PAGE)

#define MEM_REQS	REQ_KERNEL_MEM_FREED, REQ_KERNEL_MEM_LEAK

static int slot_ioctl(struct raw_snp *snp, struct kvm_userspace_memory_region2 slot)
{
	return raw_errno(ioctl(snp->raw.vm, KVM_SET_USER_MEMORY_REGION2, &slot));
}

static int set_private(struct raw_snp *snp, uint64_t gfn, uint64_t pages)
{
	struct kvm_memory_attributes attrs = {
		.address = gfn * PAGE, .size = pages * PAGE,
		.attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE,
	};

	return raw_errno(ioctl(snp->raw.vm, KVM_SET_MEMORY_ATTRIBUTES, &attrs));
}

static struct kvm_userspace_memory_region2 whole_slot(const struct raw_snp *snp)
{
	return (struct kvm_userspace_memory_region2){
		.flags = KVM_MEM_GUEST_MEMFD, .memory_size = SLOT_BYTES,
		.userspace_addr = (uint64_t)snp->raw.mem,
		.guest_memfd = snp->raw.gmem, .guest_memfd_offset = FIRST_PAGE * PAGE,
	};
}

static int make_file(struct raw_snp *snp)
{
	struct kvm_create_guest_memfd gmem = { .size = FILE_PAGES * PAGE };

	snp->raw.gmem = ioctl(snp->raw.vm, KVM_CREATE_GUEST_MEMFD, &gmem);
	return raw_errno(snp->raw.gmem);
}

/* A VM with a file, before its slot. */
static bool begin(struct raw_snp *snp)
{
	raw_snp_open(snp);
	return EXPECT_REQ_EQ(check_main_req(), "a VM and a guest_memfd", 0,
			     raw_snp_go(snp, RAW_SNP_NOTHING, RAW_SNP_INITED) ?: make_file(snp),
			     &names_errno);
}

static bool begin_with_slot(struct raw_snp *snp)
{
	return begin(snp) && EXPECT_REQ_EQ(check_main_req(), "a slot", 0,
					   slot_ioctl(snp, whole_slot(snp)), &names_errno);
}

/* Slot 0 is there, and all of it can be launched. */
static void expect_whole(struct raw_snp *snp)
{
	const enum requirement_nr req = check_main_req();
	char what[64];
	uint64_t gfn;

	if (!EXPECT_REQ_EQ(req, "KVM_SET_MEMORY_ATTRIBUTES", 0, set_private(snp, 0, RAW_VM_PAGES),
			   &names_errno) ||
	    !EXPECT_REQ_EQ(req, "KVM_SEV_SNP_LAUNCH_START", 0,
			   raw_snp_start(snp, RAW_SNP_POLICY, 0), &names_errno))
		return;
	for (gfn = 0; gfn < RAW_VM_PAGES; gfn++) {
		snprintf(what, sizeof(what), "a launch of the slot's page %lu", gfn);
		EXPECT_REQ_EQ(req, what, 0, raw_snp_update(snp, gfn, snp->raw.mem, 1), &names_errno);
	}
}

/* ---- what a new slot names ---- */

enum whose { OWN, NONE, OTHER_VM, NO_FILE };

COCO_FIXTURE(bind);
FIXTURE_VARIANT(bind)
{
	struct check_row row;
	uint64_t offset, size;
	uint32_t flags;
	enum whose whose;
	bool taken;
};

#define BIND(name, offset_, size_, ...)							\
	FIXTURE_VARIANT_ADD(bind, name)							\
	{										\
		COCO_ROW(NULL, REQ_GMEM_BIND, MEM_REQS), .offset = offset_, .size = size_,	\
		__VA_ARGS__								\
	}

BIND(first, 0, SLOT_BYTES, .taken = true);
BIND(last, (FILE_PAGES - 8) * PAGE, SLOT_BYTES, .taken = true);
BIND(page, (FILE_PAGES - 1) * PAGE, PAGE, .taken = true);
BIND(past_by_1, (FILE_PAGES - 7) * PAGE, SLOT_BYTES);
BIND(at_the_end, FILE_PAGES * PAGE, PAGE);
BIND(past_the_end, (FILE_PAGES + 1) * PAGE, PAGE);
BIND(unaligned, 1, SLOT_BYTES);
BIND(half_a_page, PAGE / 2, SLOT_BYTES);
/* Sums that are negative, or wrap */
BIND(largest_page, -PAGE, PAGE);
BIND(largest_page_and_more, -PAGE, SLOT_BYTES);
BIND(negative, 1ull << 63, SLOT_BYTES);
BIND(sum_negative, (1ull << 63) - SLOT_BYTES, SLOT_BYTES);
BIND(sum_becomes_negative, (1ull << 63) - PAGE, SLOT_BYTES);
BIND(int_pages, PAGE << 31, PAGE);
BIND(int_pages_wrapped, PAGE << 32, PAGE);
BIND(read_only, 0, SLOT_BYTES, .flags = KVM_MEM_READONLY);
BIND(dirty_log, 0, SLOT_BYTES, .flags = KVM_MEM_LOG_DIRTY_PAGES);
BIND(no_descriptor, 0, SLOT_BYTES, .whose = NONE);
BIND(other_vm, 0, SLOT_BYTES, .whose = OTHER_VM);
BIND(no_guest_memfd, 0, SLOT_BYTES, .whose = NO_FILE);

COCO_TEST_F(bind, slot)
{
	struct kvm_userspace_memory_region2 slot;
	struct raw_snp snp, other;

	if (!begin(&snp))
		goto out;
	slot = whole_slot(&snp);
	slot.flags |= variant->flags;
	slot.memory_size = variant->size;
	slot.guest_memfd_offset = variant->offset;
	if (variant->whose == OTHER_VM && begin(&other))
		slot.guest_memfd = other.raw.gmem;
	else if (variant->whose != OWN)
		slot.guest_memfd = variant->whose == NONE ? -1 : snp.raw.kvm;
	EXPECT_REQ_EQ(REQ_GMEM_BIND, "KVM_SET_USER_MEMORY_REGION2 is taken", variant->taken,
		      !slot_ioctl(&snp, slot), &names_bool);
	if (!variant->taken) {
		/* None of it is bound, nor is there a slot. */
		EXPECT_REQ_EQ(REQ_GMEM_BIND, "the slot that can be", 0,
			      slot_ioctl(&snp, whole_slot(&snp)), &names_errno);
		expect_whole(&snp);
	}
	if (variant->whose == OTHER_VM)
		raw_snp_close(&other);
out:
	raw_snp_close(&snp);
}

/* ---- a second slot ---- */

COCO_FIXTURE(overlap);
FIXTURE_VARIANT(overlap)
{
	struct check_row row;
	int64_t before;			/* pages that it begins before the first slot */
	uint64_t pages;
	bool overlaps;
};

#define OVERLAP(name, before_, pages_, overlaps_)					\
	FIXTURE_VARIANT_ADD(overlap, name)						\
	{										\
		COCO_ROW(NULL, REQ_GMEM_OVERLAP, MEM_REQS), .before = before_,		\
		.pages = pages_, .overlaps = overlaps_					\
	}

OVERLAP(just_before, 4, 4, false);
OVERLAP(one_page, 4, 5, true);
OVERLAP(same, 0, 8, true);
OVERLAP(within, -2, 2, true);
OVERLAP(last_page, -7, 1, true);
OVERLAP(just_behind, -8, 4, false);

/* That slot 0 goes leaves all of the second one's pages bound. */
static void expect_still_bound(struct raw_snp *snp,
			       const struct kvm_userspace_memory_region2 *second)
{
	struct kvm_userspace_memory_region2 slot = whole_slot(snp);

	slot.memory_size = 0;
	EXPECT_REQ_EQ(REQ_GMEM_OVERLAP, "slot 0 deleted", 0, slot_ioctl(snp, slot), &names_errno);
	slot = *second;
	slot.slot = 2;
	slot.guest_phys_addr = 2ull << 30;
	slot.memory_size = PAGE;
	EXPECT_REQ_EQ(REQ_GMEM_OVERLAP, "a third slot of the second one's first page", EEXIST,
		      slot_ioctl(snp, slot), &names_errno);
	slot.slot = 3;
	slot.guest_memfd_offset += second->memory_size - PAGE;
	EXPECT_REQ_EQ(REQ_GMEM_OVERLAP, "a third slot of the second one's last page", EEXIST,
		      slot_ioctl(snp, slot), &names_errno);
}

COCO_TEST_F(overlap, slot)
{
	struct kvm_userspace_memory_region2 slot;
	struct raw_snp snp;

	if (begin_with_slot(&snp)) {
		slot = whole_slot(&snp);
		slot.slot = 1;
		slot.guest_phys_addr = 1ull << 30;
		slot.memory_size = variant->pages * PAGE;
		slot.guest_memfd_offset -= variant->before * PAGE;
		EXPECT_REQ_EQ(REQ_GMEM_OVERLAP, "the second slot", variant->overlaps ? EEXIST : 0,
			      slot_ioctl(&snp, slot), &names_errno);
		expect_whole(&snp);
		if (!variant->overlaps)
			expect_still_bound(&snp, &slot);
	}
	raw_snp_close(&snp);
}

/* ---- a slot that is changed ---- */

COCO_FIXTURE(change);
FIXTURE_VARIANT(change)
{
	struct check_row row;
	bool plain;			/* the slot has no guest_memfd, and gets one */
	void (*to)(struct kvm_userspace_memory_region2 *slot);
};

static void to_plain(struct kvm_userspace_memory_region2 *slot)
{
	slot->flags = 0;
}

static void to_plain_moved(struct kvm_userspace_memory_region2 *slot)
{
	slot->flags = 0;
	slot->guest_phys_addr = 1ull << 30;
}

static void to_dirty_log(struct kvm_userspace_memory_region2 *slot)
{
	slot->flags = KVM_MEM_LOG_DIRTY_PAGES;
}

static void to_gmem(struct kvm_userspace_memory_region2 *slot)
{
	slot->flags = KVM_MEM_GUEST_MEMFD;
}

static void to_gmem_moved(struct kvm_userspace_memory_region2 *slot)
{
	slot->flags = KVM_MEM_GUEST_MEMFD;
	slot->guest_phys_addr = 1ull << 30;
}

static void to_other_offset(struct kvm_userspace_memory_region2 *slot)
{
	slot->guest_memfd_offset = 0;
}

static void to_same(struct kvm_userspace_memory_region2 *slot)
{
	(void)slot;
}

#define CHANGE(name, to_, ...)								\
	FIXTURE_VARIANT_ADD(change, name)						\
	{										\
		COCO_ROW(NULL, REQ_GMEM_IMMUTABLE, MEM_REQS), .to = to_, __VA_ARGS__	\
	}

CHANGE(flag_off, to_plain);
CHANGE(flag_off_moved, to_plain_moved);
CHANGE(dirty_log, to_dirty_log);
CHANGE(moved, to_gmem_moved);
CHANGE(other_offset, to_other_offset);
CHANGE(same, to_same);
CHANGE(flag_on, to_gmem, .plain = true);
CHANGE(flag_on_moved, to_gmem_moved, .plain = true);

COCO_TEST_F(change, slot)
{
	struct kvm_userspace_memory_region2 slot;
	struct raw_snp snp;

	if (!begin(&snp))
		goto out;
	slot = whole_slot(&snp);
	if (variant->plain)
		slot.flags = 0;
	if (!EXPECT_REQ_EQ(REQ_GMEM_IMMUTABLE, "a slot", 0, slot_ioctl(&snp, slot), &names_errno))
		goto out;
	variant->to(&slot);
	EXPECT_REQ_TRUE(REQ_GMEM_IMMUTABLE, "the change is refused", slot_ioctl(&snp, slot));
	if (variant->plain) {
		slot = whole_slot(&snp);
		slot.memory_size = 0;
		EXPECT_REQ_EQ(REQ_GMEM_IMMUTABLE, "the slot's deletion", 0, slot_ioctl(&snp, slot),
			      &names_errno);
		EXPECT_REQ_EQ(REQ_GMEM_IMMUTABLE, "the slot with a guest_memfd", 0,
			      slot_ioctl(&snp, whole_slot(&snp)), &names_errno);
	}
	expect_whole(&snp);
out:
	raw_snp_close(&snp);
}

/* ---- a file that ends ---- */

COCO_FIXTURE(dying);
FIXTURE_VARIANT(dying) { struct check_row row; bool again; };
FIXTURE_VARIANT_ADD(dying, deleted) { COCO_ROW(NULL, REQ_GMEM_DYING) };
FIXTURE_VARIANT_ADD(dying, made_again)
{
	COCO_ROW(NULL, REQ_GMEM_DYING), .again = true
};

COCO_TEST_F(dying, file)
{
	struct kvm_userspace_memory_region2 slot;
	struct raw_snp snp;

	if (!control()) {
		check_skip("no control of the kernel here: files end when they like");
		return;
	}
	if (!begin_with_slot(&snp))
		goto out;
	/* What the file refers to when it ends at last */
	check_attribute_to(REQ_KERNEL_MEM_FREED, REQ_GMEM_DYING);
	slot = whole_slot(&snp);
	slot.memory_size = 0;
	control()->hold_ends(true);
	close(snp.raw.gmem);
	snp.raw.gmem = -1;
	EXPECT_REQ_EQ(REQ_GMEM_DYING, "the slot's deletion", 0, slot_ioctl(&snp, slot),
		      &names_errno);
	if (variant->again &&
	    EXPECT_REQ_EQ(REQ_GMEM_DYING, "another guest_memfd", 0, make_file(&snp), &names_errno))
		EXPECT_REQ_EQ(REQ_GMEM_DYING, "the slot with it", 0,
			      slot_ioctl(&snp, whole_slot(&snp)), &names_errno);
	control()->hold_ends(false);
	if (variant->again)
		expect_whole(&snp);
out:
	raw_snp_close(&snp);
}

/* ---- no memory ---- */

COCO_FIXTURE(no_memory);
FIXTURE_VARIANT(no_memory) { struct check_row row; unsigned int times; };
FIXTURE_VARIANT_ADD(no_memory, once)
{
	COCO_ROW(NULL, REQ_GMEM_NO_MEMORY), .times = 1
};
/* XArrays allocate once without waiting, and once more. */
FIXTURE_VARIANT_ADD(no_memory, twice)
{
	COCO_ROW(NULL, REQ_GMEM_NO_MEMORY), .times = 2
};

#define MAX_STEPS	64

COCO_TEST_F(no_memory, bound_or_not)
{
	struct kvm_userspace_memory_region2 slot;
	unsigned int nth, steps = 0;
	struct raw_snp snp;
	int ret;

	if (!control()) {
		check_skip("no control of the kernel here: nothing can be made to fail");
		return;
	}
	/* Slots that are freed and bound all the same */
	check_attribute_to(REQ_KERNEL_MEM_FREED, REQ_GMEM_NO_MEMORY);
	for (nth = 1; nth < MAX_STEPS && steps + 1 >= nth; nth++) {
		if (begin(&snp)) {
			control()->fail_steps(CONTROL_STEP_ALLOC, nth, variant->times);
			ret = slot_ioctl(&snp, whole_slot(&snp));
			steps = control()->steps(CONTROL_STEP_ALLOC);
			control()->fail_step(CONTROL_STEP_ALLOC, 0);
			if (ret)
				EXPECT_REQ_EQ(REQ_GMEM_NO_MEMORY, "the slot, once more", 0,
					      slot_ioctl(&snp, whole_slot(&snp)), &names_errno);
			expect_whole(&snp);
			/* While its file is there: of one with holes the end of the file does not know. */
			slot = whole_slot(&snp);
			slot.memory_size = 0;
			EXPECT_REQ_EQ(REQ_GMEM_NO_MEMORY, "the slot's deletion", 0,
				      slot_ioctl(&snp, slot), &names_errno);
		} else {
			steps = 0;
		}
		raw_snp_close(&snp);
	}
	EXPECT_REQ_TRUE(REQ_GMEM_NO_MEMORY, "there was something to fail", nth > 2);
}

COCO_FIXTURE(attributes);
FIXTURE_VARIANT(attributes) { struct check_row row; };
FIXTURE_VARIANT_ADD(attributes, no_memory) { COCO_ROW(NULL, REQ_GMEM_ATTRS, MEM_REQS) };

/*
 * Places for attributes are reserved first, as those for vCPUs are: it is the same step.
 */
#define ATTR_GFN	(FIRST_PAGE + (1ull << 18))

static void expect_shared(struct raw_snp *snp)
{
	char what[64];
	uint64_t gfn;

	for (gfn = ATTR_GFN; gfn < ATTR_GFN + RAW_VM_PAGES; gfn++) {
		snprintf(what, sizeof(what), "GFN 0x%lx is shared: it cannot be launched", gfn);
		EXPECT_REQ_TRUE(REQ_GMEM_ATTRS, what, raw_snp_update(snp, gfn, snp->raw.mem, 1));
	}
}

COCO_TEST_F(attributes, none_set)
{
	struct kvm_userspace_memory_region2 slot;
	unsigned int nth, steps = 0;
	struct raw_snp snp;

	(void)variant;
	if (!control()) {
		check_skip("no control of the kernel here: nothing can be made to fail");
		return;
	}
	for (nth = 1; nth < MAX_STEPS && steps + 1 >= nth; nth++) {
		steps = 0;
		if (!begin(&snp))
			goto next;
		slot = whole_slot(&snp);
		slot.guest_phys_addr = ATTR_GFN * PAGE;
		if (!EXPECT_REQ_EQ(REQ_GMEM_ATTRS, "a slot", 0, slot_ioctl(&snp, slot),
				   &names_errno) ||
		    !EXPECT_REQ_EQ(REQ_GMEM_ATTRS, "KVM_SEV_SNP_LAUNCH_START", 0,
				   raw_snp_start(&snp, RAW_SNP_POLICY, 0), &names_errno))
			goto next;
		control()->fail_step(CONTROL_STEP_VCPU, nth);
		if (set_private(&snp, ATTR_GFN, RAW_VM_PAGES)) {
			steps = control()->steps(CONTROL_STEP_VCPU);
			control()->fail_step(CONTROL_STEP_VCPU, 0);
			expect_shared(&snp);
			EXPECT_REQ_EQ(REQ_GMEM_ATTRS, "KVM_SET_MEMORY_ATTRIBUTES, once more", 0,
				      set_private(&snp, ATTR_GFN, RAW_VM_PAGES), &names_errno);
		}
		control()->fail_step(CONTROL_STEP_VCPU, 0);
		EXPECT_REQ_EQ(REQ_GMEM_ATTRS, "a launch of all pages", 0,
			      raw_snp_update(&snp, ATTR_GFN, snp.raw.mem, RAW_VM_PAGES),
			      &names_errno);
next:
		raw_snp_close(&snp);
	}
	EXPECT_REQ_TRUE(REQ_GMEM_ATTRS, "there was something to fail", nth > 2);
}

COCO_MAIN(snp_vm_missing)
