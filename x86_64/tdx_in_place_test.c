// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_memfd that is the memory of both views: a VMM answers a TD's conversions by
 * KVM_SET_MEMORY_ATTRIBUTES2 on the file.  Proposed, and in no released kernel.
 *
 * Not ABI, so not checked: what a page holds that became shared, as long as it is not what the
 * guest wrote.
 */
#include "check/harness.h"

#include <linux/kvm_para.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "gmem_uapi.h"
#include "tdx/td_view_check.h"
#include "tdx/tdx_check.h"

#define REVISION	"proposed-in-place"
#define SET_ATTRIBUTES	"KVM_SET_MEMORY_ATTRIBUTES2"

#define SLOT		9
/* The first ones have their contents by the launch, and are private; the others start shared. */
#define LAUNCHED	2
#define PAGES		6
#define SIZE		(PAGES * PAGE_SIZE)

/* What pages hold: with their number */
#define BY_LAUNCH	0x4c41554e43480000ull
#define BY_HOST		0x484f535400000000ull
#define BY_GUEST	0x5348415200000000ull
#define SECRET		0x5052495600000000ull

/* One process runs one case. */
static int gmem = -1;
static const char *missing;

static int set_attributes(const struct gmem_attributes *a)
{
	int err = ioctl(gmem, GMEM_SET_ATTRIBUTES, a) ? errno : 0;

	errno = 0;
	return err;
}

static int convert(unsigned int page, unsigned int pages, bool private)
{
	struct gmem_attributes a = {
		.offset = page * PAGE_SIZE, .size = pages * PAGE_SIZE,
		.attributes = private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
	};

	return set_attributes(&a);
}

/* Can the VMM touch the page? */
static bool reachable(struct tdvmcall_vm *v, unsigned int page)
{
	int fds[2];
	bool ok;

	TEST_ASSERT(!pipe(fds), "no pipe");
	ok = write(fds[1], (char *)v->view.hva + page * PAGE_SIZE, 1) == 1;
	close(fds[0]);
	close(fds[1]);
	errno = 0;
	return ok;
}

/* A file that starts shared and converts, or says what is missing. */
static bool create_file(struct tdvmcall_vm *v)
{
	struct kvm_create_guest_memfd create = {
		.size = SIZE, .flags = GMEM_FLAG_MMAP | GMEM_FLAG_INIT_SHARED,
	};

	gmem = ioctl(v->td->vm->fd, KVM_CREATE_GUEST_MEMFD, &create);
	if (gmem < 0)
		missing = "a TD's guest_memfd does not start shared";
	else if (convert(0, 0, false) == ENOTTY)
		missing = "a guest_memfd has no attributes";
	errno = 0;
	return !missing;
}

static void add_file(struct tdvmcall_vm *v)
{
	const enum requirement_nr req = REQ_TDX_PLACE_SOURCE;
	struct kvm_userspace_memory_region2 slot = {
		.slot = SLOT, .flags = KVM_MEM_GUEST_MEMFD, .guest_phys_addr = TD_VIEW_GPA,
		.memory_size = SIZE,
	};
	struct kvm_userspace_memory_region2 none = { .slot = SLOT };
	struct tdx_mem_region region = { .gpa = TD_VIEW_GPA, .nr_pages = LAUNCHED };
	struct kvm_vm *vm = v->td->vm;
	unsigned int page;
	void *hva;

	if (!create_file(v))
		return;
	/* libkvm has to know of memory there to map it. */
	vm_mem_add(vm, VM_MEM_SRC_ANONYMOUS, TD_VIEW_GPA, SLOT, PAGES, 0, -1, 0);
	TEST_ASSERT(!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION2, &none), "libkvm's slot stays");
	hva = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, gmem, 0);
	TEST_ASSERT(hva != MAP_FAILED, "guest_memfd is not mapped");
	slot.userspace_addr = (uint64_t)hva;
	slot.guest_memfd = gmem;
	TEST_ASSERT(!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION2, &slot), "no slot");
	td_view_add_memory(v->td, &v->view, PAGES, hva);
	for (page = 0; page < LAUNCHED; page++)
		*td_view_host(&v->view, page) = BY_LAUNCH | page;
	if (EXPECT_REQ_EQ(req, SET_ATTRIBUTES " before the launch", 0, convert(0, LAUNCHED, true),
			  &names_errno))
		EXPECT_REQ_EQ(req, "KVM_TDX_INIT_MEM_REGION without a source", 0,
			      td_vcpu_cmd(v->td->vcpu[0], TDX_CMD_INIT_MEM_REGION, 0,
					  (uint64_t)&region), &names_errno);
}

static bool start(struct tdvmcall_vm *v)
{
	const struct tdvmcall_vm_options options = { .map_gpa = true, .before_launch = add_file };

	tdvmcall_vm_create_with(v, &options);
	if (missing)
		check_skip("this KVM does not speak " REVISION ": %s", missing);
	return !missing && !check_failed();
}

static void end(struct tdvmcall_vm *v)
{
	tdvmcall_vm_free(v);
	close(gmem);
}

/* The guest finds @value in @page. */
static bool guest_has(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page,
		      bool shared, uint64_t value)
{
	uint64_t got;

	return td_view_read(req, v, page, shared, &got) &&
	       EXPECT_REQ_EQ(req, shared ? "the shared page as the guest reads it" :
					   "the private page as the guest reads it", value, got,
			     &names_value);
}

/* What one side writes to @page, which is shared, the other reads. */
static bool use_shared(struct tdvmcall_vm *v, unsigned int page)
{
	const enum requirement_nr req = REQ_TDX_PLACE_SHARED;

	*td_view_host(&v->view, page) = BY_HOST | page;
	return guest_has(req, v, page, true, BY_HOST | page) &&
	       td_view_write(req, v, page, true, BY_GUEST | page) &&
	       EXPECT_REQ_EQ(req, "the shared page as the VMM reads it", BY_GUEST | page,
			     *td_view_host(&v->view, page), &names_value);
}

static bool is_shared(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page)
{
	return EXPECT_REQ_TRUE(req, "the VMM reaches the shared page", reachable(v, page));
}

static bool is_private(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page,
		       uint64_t value)
{
	return EXPECT_REQ_TRUE(req, "the VMM does not reach the private page",
			       !reachable(v, page)) &&
	       guest_has(req, v, page, false, value);
}

/* ---- contents that are there before the launch ---- */

COCO_FIXTURE(launched);
FIXTURE_VARIANT(launched)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(launched, pages)
{
	COCO_ROW(REVISION, REQ_TDX_PLACE_SOURCE, REQ_TDX_PLACE_PRIVATE, REQ_TDX_PLACE_SHARED),
};

COCO_TEST_F(launched, in_place)
{
	struct tdvmcall_vm v;
	unsigned int page;
	bool ok = start(&v);

	(void)variant;
	for (page = 0; ok && page < LAUNCHED; page++)
		ok = guest_has(REQ_TDX_PLACE_SOURCE, &v, page, false, BY_LAUNCH | page) &&
		     is_private(REQ_TDX_PLACE_PRIVATE, &v, page, BY_LAUNCH | page);
	if (ok && is_shared(REQ_TDX_PLACE_SHARED, &v, LAUNCHED) && use_shared(&v, LAUNCHED))
		end(&v);
}

/* ---- there and back ---- */

COCO_FIXTURE(converted);
FIXTURE_VARIANT(converted)
{
	struct check_row row;
	unsigned int first, pages;
	bool fault;			/* the guest does not ask, but uses it */
	/* The VMM converts the page before, too, which is already what it becomes. */
	bool wider_there, wider_back;
};

#define CONVERTED_ROW(name, first_, pages_, ...)					\
	FIXTURE_VARIANT_ADD(converted, name)						\
	{										\
		COCO_ROW(REVISION, REQ_TDX_PLACE_PRIVATE, REQ_TDX_PLACE_SHARED,		\
			 REQ_TDX_PLACE_SECRET, REQ_TDX_PLACE_STAYS),			\
		.first = first_, .pages = pages_, __VA_ARGS__				\
	};

CONVERTED_ROW(page, LAUNCHED, 1)
CONVERTED_ROW(pages, LAUNCHED, 3)
CONVERTED_ROW(last, PAGES - 1, 1)
CONVERTED_ROW(by_fault, LAUNCHED + 1, 1, .fault = true)
CONVERTED_ROW(wider_there, LAUNCHED, 2, .wider_there = true)
CONVERTED_ROW(wider_back, LAUNCHED + 1, 2, .wider_back = true)
CONVERTED_ROW(by_fault_wider_there, LAUNCHED, 1, .fault = true, .wider_there = true)
CONVERTED_ROW(by_fault_wider_back, LAUNCHED + 1, 1, .fault = true, .wider_back = true)

/* The VMM converts pages from @first on, and @wider one before. */
static bool expect_converted(unsigned int first, unsigned int pages, bool private, bool wider)
{
	return EXPECT_REQ_EQ(private ? REQ_TDX_PLACE_PRIVATE : REQ_TDX_PLACE_SHARED,
			     SET_ATTRIBUTES, 0, convert(first - wider, pages + wider, private),
			     &names_errno);
}

/* MapGPA, which the VMM answers as it is asked. */
static bool map(struct tdvmcall_vm *v, unsigned int first, unsigned int pages, bool private,
		bool wider)
{
	const enum requirement_nr req = private ? REQ_TDX_PLACE_PRIVATE : REQ_TDX_PLACE_SHARED;
	struct kvm_run *run = v->vcpu->run;
	const uint64_t gpa = v->view.gpa + first * PAGE_SIZE;

	tdvmcall_prepare(v, GHCI_MAP_GPA, private ? gpa : gpa | v->td->shared_bit,
			 pages * PAGE_SIZE, 0, 0);
	if (!EXPECT_REQ_EXIT(req, v->vcpu, KVM_EXIT_HYPERCALL) ||
	    !EXPECT_REQ_EQ(req, "args[0]", gpa, run->hypercall.args[0], &names_gpa) ||
	    !EXPECT_REQ_EQ(req, "args[1]", pages, run->hypercall.args[1], &names_value) ||
	    !expect_converted(first, pages, private, wider))
		return false;
	run->hypercall.ret = 0;
	return expect_tdvmcall_answer(req, v, GHCI_SUCCESS);
}

/* The guest accepts a page that it has not asked for, or writes one in the shared view. */
static bool fault(struct tdvmcall_vm *v, unsigned int page, bool private, bool wider)
{
	const enum requirement_nr req = private ? REQ_TDX_PLACE_PRIVATE : REQ_TDX_PLACE_SHARED;

	if (private)
		td_view_prepare_accept(v, v->view.gpa + page * PAGE_SIZE);
	else
		td_view_prepare_access(v, page, true, true, BY_GUEST);
	return expect_memory_fault(req, v, page, !private) &&
	       expect_converted(page, 1, private, wider) &&
	       EXPECT_REQ_SYNC(req, v->vcpu, TD_STAGE_ANSWERED) &&
	       (!private || expect_accept(req, v, TDX_SUCCESS));
}

COCO_TEST_F(converted, and_back)
{
	const unsigned int first = variant->first, last = first + variant->pages;
	const unsigned int before = first - 1;
	struct tdvmcall_vm v;
	unsigned int page;
	bool ok;

	if (!start(&v))
		return;
	if (before >= LAUNCHED)
		*td_view_host(&v.view, before) = BY_HOST | before;
	ok = variant->fault ? fault(&v, first, true, variant->wider_there) :
			      map(&v, first, variant->pages, true, variant->wider_there);
	for (page = first; ok && page < last; page++)
		ok = (variant->fault ||
		      td_view_accept(REQ_TDX_PLACE_PRIVATE, &v, page, TDX_SUCCESS)) &&
		     td_view_write(REQ_TDX_PLACE_PRIVATE, &v, page, false, SECRET | page);
	for (page = first; ok && page < last; page++)
		ok = is_private(REQ_TDX_PLACE_PRIVATE, &v, page, SECRET | page);
	ok = ok && (variant->fault ? fault(&v, first, false, variant->wider_back) :
				     map(&v, first, variant->pages, false, variant->wider_back));
	for (page = first; ok && page < last; page++)
		ok = is_shared(REQ_TDX_PLACE_SHARED, &v, page) &&
		     EXPECT_REQ_TRUE(REQ_TDX_PLACE_SECRET,
				     "the VMM does not find what the guest wrote",
				     *td_view_host(&v.view, page) != (SECRET | page)) &&
		     use_shared(&v, page);
	for (page = 0; ok && page < LAUNCHED; page++)
		ok = is_private(REQ_TDX_PLACE_STAYS, &v, page, BY_LAUNCH | page);
	if (ok && before >= LAUNCHED)
		ok = is_shared(REQ_TDX_PLACE_STAYS, &v, before) &&
		     guest_has(REQ_TDX_PLACE_STAYS, &v, before, true, BY_HOST | before);
	if (ok)
		end(&v);
}

/* ---- what is refused, and what is as it was asked for ---- */

COCO_FIXTURE(stays);
FIXTURE_VARIANT(stays)
{
	struct check_row row;
	struct gmem_attributes attributes;
	bool unreadable;
	int err;
};

#define STAYS_ROW(name, req, err_, ...)							\
	FIXTURE_VARIANT_ADD(stays, name)						\
	{										\
		COCO_ROW(REVISION, req, REQ_TDX_PLACE_STAYS), .err = err_,		\
		__VA_ARGS__								\
	};

#define ARGS_ROW(name, ...)								\
	STAYS_ROW(name, REQ_TDX_PLACE_ARGS, EINVAL, .attributes = { __VA_ARGS__ })

#define PRIVATE		.attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE
#define AT(at, bytes)	.offset = at, .size = bytes
#define A_PRIVATE	AT(0, PAGE_SIZE)
#define SHARED		(LAUNCHED * PAGE_SIZE)
#define A_SHARED	AT(SHARED, PAGE_SIZE)

/* Each would make the first shared page private, or the first private one shared. */
ARGS_ROW(offset_plus_1, AT(SHARED + 1, PAGE_SIZE), PRIVATE)
ARGS_ROW(offset_plus_2048, AT(SHARED + 2048, PAGE_SIZE), PRIVATE)
ARGS_ROW(size_1, AT(SHARED, 1), PRIVATE)
ARGS_ROW(size_4097, AT(SHARED, PAGE_SIZE + 1), PRIVATE)
ARGS_ROW(size_0, AT(0, 0))
ARGS_ROW(wraps, AT(SHARED, -SHARED), PRIVATE)
ARGS_ROW(wraps_past_0, AT(SHARED, -SHARED + PAGE_SIZE), PRIVATE)
ARGS_ROW(past_the_end, AT(SHARED, SIZE), PRIVATE)
ARGS_ROW(from_the_end, AT(SIZE, PAGE_SIZE), PRIVATE)
ARGS_ROW(attribute_bit_0, A_SHARED, PRIVATE | 1)
ARGS_ROW(attribute_bit_63, A_SHARED, PRIVATE | 1ull << 63)
ARGS_ROW(flag_bit_0, A_SHARED, PRIVATE, .flags = 1)
ARGS_ROW(flag_bit_1, A_PRIVATE, .flags = 2)
ARGS_ROW(flag_bit_63, A_SHARED, PRIVATE, .flags = 1ull << 63)
ARGS_ROW(reserved_first, A_SHARED, PRIVATE, .reserved = { 1 })
ARGS_ROW(reserved_last, A_SHARED, PRIVATE, .reserved = { [10] = 1ull << 63 })
STAYS_ROW(unreadable, REQ_TDX_PLACE_ARGS, EFAULT, .unreadable = true)
STAYS_ROW(private_again, REQ_TDX_PLACE_STAYS, 0, .attributes = { A_PRIVATE, PRIVATE })
STAYS_ROW(shared_again, REQ_TDX_PLACE_STAYS, 0, .attributes = { A_SHARED })

COCO_TEST_F(stays, as_it_was)
{
	const enum requirement_nr req = REQ_TDX_PLACE_STAYS;
	struct tdvmcall_vm v;

	if (!start(&v))
		return;
	*td_view_host(&v.view, LAUNCHED) = BY_HOST;
	if (EXPECT_REQ_EQ(check_main_req(), SET_ATTRIBUTES, variant->err,
			  set_attributes(variant->unreadable ? NULL : &variant->attributes),
			  &names_errno) &&
	    is_shared(req, &v, LAUNCHED) && guest_has(req, &v, LAUNCHED, true, BY_HOST) &&
	    is_private(req, &v, 0, BY_LAUNCH) && is_private(req, &v, 1, BY_LAUNCH | 1))
		end(&v);
}

COCO_MAIN(td_vm_missing)
