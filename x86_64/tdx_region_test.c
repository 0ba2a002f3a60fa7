// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_TDX_INIT_MEM_REGION: pages of the VMM's become a TD's first private memory.  In each
 * case all is right but what its name says, and the guest looks at what was added.
 */
#include "check/harness.h"

#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"

#include "tdx/td_view_check.h"

/* The slot's pages, of which so many are private. */
#define SLOT_PAGES	8u
#define PRIVATE_PAGES	6u

/* A number of pages whose size in bytes has no room in 64 bits: what is left of it is 0. */
#define NR_OVERFLOW	(1ull << 52)

#define VALUE		0x524547494f4e0000ull

COCO_FIXTURE(region);
FIXTURE_VARIANT(region)
{
	struct check_row row;
	uint64_t source;		/* bytes, from the source's start on */
	uint64_t gpa;			/* bytes, from the slot's start on */
	uint64_t nr_pages;
	uint32_t flags;
	unsigned int vcpu;
	unsigned int added;		/* before, from the slot's start on */
	unsigned int private_pages;	/* 0: PRIVATE_PAGES */
	bool late;			/* after the launch */
	unsigned int done;		/* pages that are added */
	int err, err2;			/* one of two, or the first */
};

#define REGION_ROW(name, req, ...)						\
	FIXTURE_VARIANT_ADD(region, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_REGION_DONE), __VA_ARGS__		\
	};

#define GPA_OF(page)	((page) * PAGE_SIZE)

/* What the others are compared with. */
REGION_ROW(page, REQ_TDX_REGION_DATA, .nr_pages = 1, .done = 1)
REGION_ROW(pages, REQ_TDX_REGION_DATA, .gpa = GPA_OF(1), .nr_pages = 5, .done = 5)
REGION_ROW(measured, REQ_TDX_REGION_DATA, .nr_pages = 2, .done = 2,
	   .flags = TDX_MEASURE_MEMORY_REGION)
REGION_ROW(vcpu_1, REQ_TDX_REGION_DATA, .nr_pages = 2, .done = 2, .vcpu = 1)
REGION_ROW(next_to_added, REQ_TDX_REGION_DATA, .gpa = GPA_OF(2), .nr_pages = 2, .added = 2,
	   .done = 2)

REGION_ROW(source_unaligned, REQ_TDX_CMD_REGION, .source = 8, .nr_pages = 2, .err = EINVAL)
REGION_ROW(gpa_unaligned, REQ_TDX_CMD_REGION, .gpa = 8, .nr_pages = 2, .err = EINVAL)
REGION_ROW(empty, REQ_TDX_CMD_REGION, .err = EINVAL)
REGION_ROW(flags, REQ_TDX_CMD_FLAGS, .nr_pages = 2, .flags = 2, .err = EINVAL)
/* gpa is the shared bit's and the slot's, see region(). */
REGION_ROW(shared, REQ_TDX_CMD_REGION, .gpa = 1ull << 47, .nr_pages = 2, .err = EINVAL)
REGION_ROW(into_shared, REQ_TDX_CMD_REGION,
	   .nr_pages = ((1ull << 47) - TD_VIEW_GPA) / PAGE_SIZE + 1, .err = EINVAL)
/* Private to its end, and for the most part without memory. */
REGION_ROW(up_to_shared, REQ_TDX_CMD_REGION,
	   .nr_pages = ((1ull << 47) - TD_VIEW_GPA) / PAGE_SIZE, .done = PRIVATE_PAGES,
	   .err = EINVAL)
/* Its end lies below its start, and neither has the shared bit. */
REGION_ROW(wraps, REQ_TDX_CMD_REGION, .gpa = GPA_OF(3), .nr_pages = NR_OVERFLOW - 2,
	   .err = EINVAL)
REGION_ROW(wraps_to_none, REQ_TDX_CMD_REGION, .nr_pages = NR_OVERFLOW, .err = EINVAL)
REGION_ROW(overflows, REQ_TDX_REGION_SIZE, .nr_pages = NR_OVERFLOW + 2, .err = EINVAL)
REGION_ROW(overflows_bit_63, REQ_TDX_REGION_SIZE, .nr_pages = (1ull << 63) + 2, .err = EINVAL)
REGION_ROW(late, REQ_TDX_CMD_ORDER, .nr_pages = 2, .late = true, .err = EINVAL)

REGION_ROW(no_source, REQ_TDX_REGION_SOURCE, .source = GPA_OF(16), .nr_pages = 2, .err = EFAULT)
REGION_ROW(source_ends, REQ_TDX_REGION_SOURCE, .source = GPA_OF(14), .nr_pages = 5, .done = 2,
	   .err = EFAULT)
REGION_ROW(not_private, REQ_TDX_CMD_REGION, .gpa = GPA_OF(PRIVATE_PAGES), .nr_pages = 2,
	   .err = EINVAL)
REGION_ROW(then_not_private, REQ_TDX_CMD_REGION, .gpa = GPA_OF(PRIVATE_PAGES - 2),
	   .nr_pages = 4, .done = 2, .err = EINVAL)
REGION_ROW(no_slot, REQ_TDX_CMD_REGION, .gpa = GPA_OF(SLOT_PAGES), .nr_pages = 2,
	   .private_pages = SLOT_PAGES + 4, .err = EINVAL)
REGION_ROW(then_no_slot, REQ_TDX_CMD_REGION, .gpa = GPA_OF(5), .nr_pages = 5, .done = 3,
	   .private_pages = SLOT_PAGES + 4, .err = EINVAL)
REGION_ROW(again, REQ_TDX_REGION_AGAIN, .nr_pages = 2, .added = 2, .err = EEXIST, .err2 = EIO)

/* Each of the source's pages begins with a number of its own. */
#define SOURCE_PAGES	16u

static char *make_source(void)
{
	char *source = mmap(NULL, 2 * SOURCE_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	TEST_ASSERT(source != MAP_FAILED, "no memory for a source");
	TEST_ASSERT(!mprotect(source + SOURCE_PAGES * PAGE_SIZE, SOURCE_PAGES * PAGE_SIZE,
			      PROT_NONE),
		    "mprotect() failed");
	for (i = 0; i < SOURCE_PAGES; i++) {
		memset(source + i * PAGE_SIZE, 0x40 + i, PAGE_SIZE);
		*(uint64_t *)(source + i * PAGE_SIZE) = VALUE | i;
	}
	return source;
}

static const FIXTURE_VARIANT(region) *row;
static char *source;

static void region(struct tdvmcall_vm *v)
{
	const struct tdx_mem_region before = {
		.source_addr = (uint64_t)source + row->source,
		.gpa = TD_VIEW_GPA + row->gpa,
		.nr_pages = row->nr_pages,
	};
	/* Where nothing may be added, that is a part of the error. */
	const enum requirement_nr req = row->done ? REQ_TDX_REGION_DONE : check_main_req();
	struct tdx_mem_region region = before;
	int err = td_vcpu_cmd(v->td->vcpu[row->vcpu], TDX_CMD_INIT_MEM_REGION, row->flags,
			      (uint64_t)&region);

	if (row->err2)
		EXPECT_REQ_EITHER(check_main_req(), "the command", row->err, row->err2, err,
				  &names_errno);
	else
		EXPECT_REQ_EQ(check_main_req(), "the command", row->err, err, &names_errno);
	if (!EXPECT_REQ_EQ(req, "pages that were added", row->done,
			   before.nr_pages - region.nr_pages, &names_count))
		return;
	EXPECT_REQ_EQ(req, "gpa, the next page", before.gpa + row->done * PAGE_SIZE,
		      region.gpa, &names_gpa);
	EXPECT_REQ_EQ(req, "source_addr, from its start on",
		      row->source + row->done * PAGE_SIZE, region.source_addr - (uint64_t)source,
		      &names_value);
}

/* Pages of the source's from its end on, so that they can be told from the others. */
static uint64_t added_value(unsigned int page)
{
	return VALUE | (SOURCE_PAGES - 1 - page);
}

static void before_launch(struct tdvmcall_vm *v)
{
	const unsigned int pages = row->private_pages ? row->private_pages : PRIVATE_PAGES;
	unsigned int i;

	vm_set_memory_attributes(v->td->vm, TD_VIEW_GPA, pages * PAGE_SIZE,
				 KVM_MEMORY_ATTRIBUTE_PRIVATE);
	for (i = 0; i < row->added; i++) {
		struct tdx_mem_region one = {
			.source_addr = (uint64_t)source + (SOURCE_PAGES - 1 - i) * PAGE_SIZE,
			.gpa = TD_VIEW_GPA + i * PAGE_SIZE, .nr_pages = 1,
		};

		EXPECT_REQ_EQ(REQ_TDX_REGION_DATA, "the command for one page", 0,
			      td_vcpu_cmd(v->td->vcpu[0], TDX_CMD_INIT_MEM_REGION, 0,
					  (uint64_t)&one), &names_errno);
	}
	if (!row->late)
		region(v);
}

static void expect_page(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page,
			uint64_t wanted)
{
	uint64_t value;

	if (td_view_read(req, v, page, false, &value))
		EXPECT_REQ_EQ(req, "the page as the guest reads it", wanted, value, &names_value);
}

COCO_TEST_F(region, added)
{
	const struct tdvmcall_vm_options options = {
		.nr_vcpus = 2, .view_pages = SLOT_PAGES, .before_launch = before_launch,
	};
	struct tdvmcall_vm v;
	unsigned int i;

	row = variant;
	source = make_source();
	tdvmcall_vm_create_with(&v, &options);
	if (row->late)
		region(&v);
	if (check_failed())
		return;
	for (i = 0; i < row->added; i++)
		expect_page(REQ_TDX_REGION_AGAIN, &v, i, added_value(i));
	for (i = 0; i < row->done; i++)
		expect_page(REQ_TDX_REGION_DATA, &v, row->gpa / PAGE_SIZE + i,
			    VALUE | (row->source / PAGE_SIZE + i));
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
