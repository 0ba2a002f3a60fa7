// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arguments of calls about a VM's private memory: guest_memfd, memory attributes, and what is
 * mapped beforehand.  What is refused changes nothing.
 */
#include "check/harness.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"

#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
/* The last page that is launched, and one behind it that is private. */
#define LAUNCHED	((RAW_SNP_PAGES - 1) * PAGE)
#define NOT_LAUNCHED	(RAW_SNP_PAGES * PAGE)
#define PUNCH		(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

enum call { CREATE_FILE, FALLOCATE, SET_ATTRIBUTES, PRE_FAULT };

COCO_FIXTURE(args);
FIXTURE_VARIANT(args)
{
	struct check_row row;
	enum call call;
	uint64_t start, size, flags;	/* start: GPA, or offset */
	uint64_t attributes, mode;
	int err;
};

#define ROW(name, req, call_, err_, size_, ...)						\
	FIXTURE_VARIANT_ADD(args, name)							\
	{										\
		COCO_ROW(NULL, req), .call = call_, .err = err_, .size = size_, __VA_ARGS__	\
	}
#define FILE_ROW(name, err_, size_, ...)						\
	ROW(file_##name, REQ_GMEM_ARGS, CREATE_FILE, err_, size_, __VA_ARGS__)
#define FALLOC_ROW(name, err_, start_, size_, mode_)					\
	ROW(fallocate_##name, REQ_GMEM_ARGS, FALLOCATE, err_, size_, .start = start_, .mode = mode_)
#define ATTRS_ROW(name, start_, size_, ...)						\
	ROW(attributes_##name, REQ_ATTRS_ARGS, SET_ATTRIBUTES, EINVAL, size_, .start = start_,	\
	    __VA_ARGS__)
#define FAULT_ROW(name, err_, start_, size_, ...)					\
	ROW(pre_fault_##name, REQ_PREFAULT_ARGS, PRE_FAULT, err_, size_, .start = start_, __VA_ARGS__)

FILE_ROW(empty, EINVAL, 0);
FILE_ROW(half_a_page, EINVAL, PAGE / 2);
FILE_ROW(page_and_byte, EINVAL, PAGE + 1);
FILE_ROW(negative, EINVAL, 1ull << 63);
FILE_ROW(largest, EINVAL, -PAGE);
FILE_ROW(flag_63, EINVAL, PAGE, .flags = 1ull << 63);
FILE_ROW(flag_32, EINVAL, PAGE, .flags = 1ull << 32);

FALLOC_ROW(without_keep_size, EOPNOTSUPP, LAUNCHED, PAGE, FALLOC_FL_PUNCH_HOLE);
FALLOC_ROW(growing, EOPNOTSUPP, RAW_VM_PAGES * PAGE, PAGE, 0);
FALLOC_ROW(zero_range, EOPNOTSUPP, LAUNCHED, PAGE,
	   FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE);
FALLOC_ROW(unaligned, EINVAL, LAUNCHED + 1, PAGE, PUNCH);
FALLOC_ROW(half_a_page, EINVAL, LAUNCHED, PAGE / 2, PUNCH);
FALLOC_ROW(unaligned_within, EINVAL, LAUNCHED + 8, PAGE - 8, PUNCH);
FALLOC_ROW(past_the_end, EINVAL, RAW_VM_PAGES * PAGE, PAGE, FALLOC_FL_KEEP_SIZE);

ATTRS_ROW(empty, NOT_LAUNCHED, 0);
ATTRS_ROW(unaligned, NOT_LAUNCHED + 8, PAGE);
ATTRS_ROW(half_a_page, NOT_LAUNCHED, PAGE / 2);
ATTRS_ROW(page_and_byte, NOT_LAUNCHED, PAGE + 1);
ATTRS_ROW(wraps_to_0, NOT_LAUNCHED, -NOT_LAUNCHED);
ATTRS_ROW(wraps, NOT_LAUNCHED, -PAGE);
ATTRS_ROW(wraps_from_the_end, -PAGE, 2 * PAGE);
ATTRS_ROW(flag_0, NOT_LAUNCHED, PAGE, .flags = 1);
ATTRS_ROW(flag_63, NOT_LAUNCHED, PAGE, .flags = 1ull << 63);
ATTRS_ROW(readable, NOT_LAUNCHED, PAGE, .attributes = 1);
ATTRS_ROW(executable, NOT_LAUNCHED, PAGE, .attributes = 4);
ATTRS_ROW(unknown, NOT_LAUNCHED, PAGE, .attributes = 1ull << 63);

FAULT_ROW(empty, EINVAL, NOT_LAUNCHED, 0);
FAULT_ROW(unaligned, EINVAL, NOT_LAUNCHED + 8, PAGE);
FAULT_ROW(half_a_page, EINVAL, NOT_LAUNCHED, PAGE / 2);
FAULT_ROW(wraps, EINVAL, NOT_LAUNCHED, -PAGE);
FAULT_ROW(wraps_to_0, EINVAL, -PAGE, PAGE);
FAULT_ROW(flag_0, EINVAL, NOT_LAUNCHED, PAGE, .flags = 1);
FAULT_ROW(flag_63, EINVAL, NOT_LAUNCHED, PAGE, .flags = 1ull << 63);
FAULT_ROW(nowhere, ENOENT, RAW_SNP_NOWHERE, PAGE);

static int fallocate_memory(struct raw_snp *snp, uint64_t mode, uint64_t offset, uint64_t size)
{
	return raw_errno(fallocate(snp->raw.gmem, mode, offset, size));
}

static int set_attributes(struct raw_snp *snp, struct kvm_memory_attributes attrs)
{
	return raw_errno(ioctl(snp->raw.vm, KVM_SET_MEMORY_ATTRIBUTES, &attrs));
}

static int pre_fault(struct raw_snp *snp, struct kvm_pre_fault_memory range)
{
	return raw_errno(ioctl(snp->raw.vcpu, KVM_PRE_FAULT_MEMORY, &range));
}

static int create_file(struct raw_snp *snp, struct kvm_create_guest_memfd file)
{
	const int fd = ioctl(snp->raw.vm, KVM_CREATE_GUEST_MEMFD, &file);

	if (fd >= 0)
		close(fd);
	return raw_errno(fd);
}

static int call(struct raw_snp *snp, const FIXTURE_VARIANT(args) *v)
{
	switch (v->call) {
	case CREATE_FILE:
		return create_file(snp, (struct kvm_create_guest_memfd){
			.size = v->size, .flags = v->flags });
	case FALLOCATE:
		return fallocate_memory(snp, v->mode, v->start, v->size);
	case SET_ATTRIBUTES:
		return set_attributes(snp, (struct kvm_memory_attributes){
			.address = v->start, .size = v->size, .flags = v->flags,
			.attributes = v->attributes });
	case PRE_FAULT:
		return pre_fault(snp, (struct kvm_pre_fault_memory){
			.gpa = v->start, .size = v->size, .flags = v->flags });
	}
	return 0;
}

/*
 * The page that was launched is there, or it could be launched anew; and the one behind it is still
 * private, or it could not be launched.
 */
static void expect_kept(struct raw_snp *snp)
{
	EXPECT_REQ_TRUE(check_main_req(), "the page is launched: it cannot be once more",
			raw_snp_update(snp, LAUNCHED / PAGE, snp->raw.mem, 1));
	EXPECT_REQ_EQ(check_main_req(), "a launch of the page behind it", 0,
		      raw_snp_update(snp, NOT_LAUNCHED / PAGE, snp->raw.mem, 1), &names_errno);
	EXPECT_REQ_EQ(check_main_req(), "KVM_SEV_SNP_LAUNCH_FINISH", 0, raw_snp_finish(snp),
		      &names_errno);
}

COCO_TEST_F(args, refused)
{
	const bool faults = variant->call == PRE_FAULT;
	struct raw_snp snp;

	raw_snp_open(&snp);
	if (faults && ioctl(snp.raw.kvm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) <= 0) {
		check_skip("this KVM has no KVM_PRE_FAULT_MEMORY");
		return;
	}
	if (!EXPECT_REQ_EQ(check_main_req(), "the launch", 0,
			   raw_snp_go(&snp, RAW_SNP_NOTHING,
				      faults ? RAW_SNP_FINISHED : RAW_SNP_UPDATED), &names_errno))
		goto out;
	EXPECT_REQ_EQ(check_main_req(), "the call", variant->err, call(&snp, variant),
		      &names_errno);
	if (!faults)
		expect_kept(&snp);
	else
		EXPECT_REQ_EQ(check_main_req(), "a page that is there", 0,
			      pre_fault(&snp, (struct kvm_pre_fault_memory){
				      .gpa = NOT_LAUNCHED, .size = PAGE }), &names_errno);
out:
	raw_snp_close(&snp);
}

/* ---- what is taken ---- */

COCO_FIXTURE(taken);
FIXTURE_VARIANT(taken)
{
	struct check_row row;
	uint64_t mode, offset, size;
};

#define TAKEN_ROW(name, mode_, offset_, size_)						\
	FIXTURE_VARIANT_ADD(taken, name)						\
	{										\
		COCO_ROW(NULL, REQ_GMEM_ALLOC), .mode = mode_, .offset = offset_, .size = size_	\
	}

TAKEN_ROW(all, FALLOC_FL_KEEP_SIZE, 0, RAW_VM_PAGES * PAGE);
TAKEN_ROW(first, FALLOC_FL_KEEP_SIZE, 0, PAGE);
TAKEN_ROW(last, FALLOC_FL_KEEP_SIZE, (RAW_VM_PAGES - 1) * PAGE, PAGE);
TAKEN_ROW(again, FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE);
TAKEN_ROW(all_punched, PUNCH, 0, RAW_VM_PAGES * PAGE);
TAKEN_ROW(last_punched, PUNCH, (RAW_VM_PAGES - 1) * PAGE, PAGE);

COCO_TEST_F(taken, twice)
{
	struct raw_snp snp;

	raw_snp_open(&snp);
	if (EXPECT_REQ_EQ(REQ_GMEM_ALLOC, "a VM with memory", 0,
			  raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_MEMORY), &names_errno) &&
	    EXPECT_REQ_EQ(REQ_GMEM_ALLOC, "fallocate()", 0,
			  fallocate_memory(&snp, variant->mode, variant->offset, variant->size),
			  &names_errno))
		EXPECT_REQ_EQ(REQ_GMEM_ALLOC, "fallocate(), the same", 0,
			      fallocate_memory(&snp, variant->mode, variant->offset,
					       variant->size), &names_errno);
	raw_snp_close(&snp);
}

COCO_MAIN(snp_vm_missing)
