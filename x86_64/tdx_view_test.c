// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs whose VMM does as MapGPA's exits say: the guest accepts what has become private, and
 * uses its pages in the view that it asked for.
 *
 * Not ABI, so not checked: what the host finds in the shared memory of a page that is
 * private, as long as it is not what the guest wrote there.  This VMM keeps it.
 */
#include "harness.h"

#include <pthread.h>

#include "kvm_util.h"

#include "td_view_vm.h"

#define PAGE		4096ull
#define CHUNK_PAGES	512u		/* what one exit of MapGPA is for, at most */

/* What is written to page number n, each in a view: the number in the low bits. */
#define HOST_SHARED	0x484f535400000000ull
#define GUEST_SHARED	0x5348415200000000ull
#define GUEST_PRIVATE	0x5052495600000000ull
#define GUEST_BACK	0x4241434b00000000ull

/* Pages that are looked at, of a range of any size: its ends, and where pieces meet. */
#define MAX_PROBES	8

struct probes {
	unsigned int nr, page[MAX_PROBES];
};

static void add_probe(struct probes *p, unsigned int page)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		if (p->page[i] == page)
			return;
	p->page[p->nr++] = page;
}

static struct probes probe(unsigned int first, unsigned int nr)
{
	struct probes p = {};
	unsigned int at;

	add_probe(&p, first);
	for (at = first + CHUNK_PAGES; at < first + nr; at += CHUNK_PAGES) {
		add_probe(&p, at - 1);
		add_probe(&p, at);
	}
	add_probe(&p, first + nr - 1);
	return p;
}

static bool start(struct tdvmcall_vm *v, struct tdvmcall_vm_options options)
{
	const char *missing = td_vm_gpaw_missing(options.gpaw ? options.gpaw : TD_GPAW_48);

	if (missing) {
		check_skip("%s", missing);
		return false;
	}
	options.map_gpa = true;
	tdvmcall_vm_create_with(v, &options);
	return true;
}

/* ---- what guest and host do with the pages ---- */

static void host_writes(struct tdvmcall_vm *v, const struct probes *p, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		*td_view_host(&v->view, p->page[i]) = value | p->page[i];
}

/* The host finds there what it or the guest wrote in the shared view. */
static void host_has(enum requirement_nr req, struct tdvmcall_vm *v, const struct probes *p,
		     uint64_t value)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		EXPECT_REQ_EQ(req, "the shared page as the host reads it", value | p->page[i],
			      *td_view_host(&v->view, p->page[i]), &names_value);
}

static bool guest_writes(enum requirement_nr req, struct tdvmcall_vm *v, const struct probes *p,
			 bool shared, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		if (!td_view_write(req, v, p->page[i], shared, value | p->page[i]))
			return false;
	return true;
}

static bool guest_reads(enum requirement_nr req, struct tdvmcall_vm *v, const struct probes *p,
			bool shared, uint64_t wanted)
{
	const enum requirement_nr use = req == REQ_TDX_VIEW_ZERO ? REQ_TDX_VIEW : req;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < p->nr; i++) {
		if (!td_view_read(use, v, p->page[i], shared, &value))
			return false;
		EXPECT_REQ_EQ(req, shared ? "the shared page as the guest reads it" :
					    "the private page as the guest reads it",
			      wanted ? wanted | p->page[i] : 0, value, &names_value);
	}
	return true;
}

static bool guest_accepts(struct tdvmcall_vm *v, const struct probes *p)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		if (!td_view_accept(REQ_TDX_ACCEPT, v, p->page[i], TDX_SUCCESS))
			return false;
	return true;
}

/* Pages that have just become private: accepted, zero, and the guest's own. */
static bool use_private(struct tdvmcall_vm *v, const struct probes *p, uint64_t value)
{
	return guest_accepts(v, p) && guest_reads(REQ_TDX_VIEW_ZERO, v, p, false, 0) &&
	       guest_writes(REQ_TDX_VIEW, v, p, false, value) &&
	       guest_reads(REQ_TDX_VIEW, v, p, false, value);
}

/* Pages that have just become shared: what one side writes the other reads. */
static bool use_shared(struct tdvmcall_vm *v, const struct probes *p)
{
	host_writes(v, p, HOST_SHARED);
	if (!guest_reads(REQ_TDX_VIEW, v, p, true, HOST_SHARED) ||
	    !guest_writes(REQ_TDX_VIEW, v, p, true, GUEST_BACK))
		return false;
	host_has(REQ_TDX_VIEW, v, p, GUEST_BACK);
	return true;
}

/* ---- there and back, and there again ---- */

COCO_FIXTURE(view);
FIXTURE_VARIANT(view)
{
	struct check_row row;
	unsigned int gpaw, first, pages;
	bool private;			/* when the TD starts */
	bool punch_hole;
};

#define VIEW_ROW(name, gpaw_, first_, pages_, private_, punch_hole_)			\
	FIXTURE_VARIANT_ADD(view, name)							\
	{										\
		COCO_ROW(NULL, REQ_TDX_VIEW, REQ_TDX_VIEW_APART, REQ_TDX_VIEW_ZERO,	\
			 REQ_TDX_ACCEPT),						\
		.gpaw = gpaw_, .first = first_, .pages = pages_, .private = private_,	\
		.punch_hole = punch_hole_,						\
	};

VIEW_ROW(page, TD_GPAW_48, 1, 1, false, false)
VIEW_ROW(page_hole, TD_GPAW_48, 1, 1, false, true)
VIEW_ROW(page_private, TD_GPAW_48, 1, 1, true, false)
VIEW_ROW(page_private_hole, TD_GPAW_48, 1, 1, true, true)
VIEW_ROW(pages, TD_GPAW_48, 3, 4, false, false)
VIEW_ROW(across_2_mib, TD_GPAW_48, CHUNK_PAGES - 1, 2, false, true)
VIEW_ROW(is_2_mib, TD_GPAW_48, 0, CHUNK_PAGES, false, false)
VIEW_ROW(is_5_mib, TD_GPAW_48, 1, 2 * CHUNK_PAGES + CHUNK_PAGES / 2, false, true)
VIEW_ROW(gpaw_52_page, TD_GPAW_52, 1, 1, false, false)
VIEW_ROW(gpaw_52_5_mib, TD_GPAW_52, 1, 2 * CHUNK_PAGES + CHUNK_PAGES / 2, false, true)

/* The guest's private pages become shared; what it had there is gone, and shows nowhere. */
static bool give_up(struct tdvmcall_vm *v, const struct td_view_range *range,
		    const struct probes *p)
{
	host_writes(v, p, HOST_SHARED);
	return td_view_map(v, range, true, GHCI_SUCCESS) &&
	       guest_reads(REQ_TDX_VIEW_APART, v, p, true, HOST_SHARED) && use_shared(v, p);
}

COCO_TEST_F(view, converted)
{
	const struct probes p = probe(variant->first, variant->pages);
	const unsigned int pages = variant->first + variant->pages;
	const struct td_view_range range = {
		.first = variant->first, .pages = variant->pages,
		.punch_hole = variant->punch_hole,
	};
	struct tdvmcall_vm v;

	if (!start(&v, (struct tdvmcall_vm_options){
			.gpaw = variant->gpaw, .view_pages = pages,
			.view_private = variant->private ? pages : 0 }))
		return;
	if (variant->private) {
		if (!guest_writes(REQ_TDX_VIEW, &v, &p, false, GUEST_PRIVATE) ||
		    !guest_reads(REQ_TDX_VIEW, &v, &p, false, GUEST_PRIVATE) ||
		    !give_up(&v, &range, &p))
			return;
	}

	if (!guest_writes(REQ_TDX_VIEW, &v, &p, true, GUEST_SHARED) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS) ||
	    !use_private(&v, &p, GUEST_PRIVATE))
		return;
	host_has(REQ_TDX_VIEW_APART, &v, &p, GUEST_SHARED);
	host_writes(&v, &p, HOST_SHARED);
	if (!guest_reads(REQ_TDX_VIEW_APART, &v, &p, false, GUEST_PRIVATE) ||
	    !give_up(&v, &range, &p))
		return;

	/* Once more: it has to be accepted again, and nothing of the last time is left. */
	if (!td_view_map(&v, &range, false, GHCI_SUCCESS) ||
	    !use_private(&v, &p, GUEST_PRIVATE))
		return;
	host_has(REQ_TDX_VIEW_APART, &v, &p, GUEST_BACK);
	tdvmcall_vm_free(&v);
}

/* ---- the VMM stops in the middle, or an interrupt does ---- */

#define MSI_VECTOR	0x40
#define MSI_ADDRESS	0xfee00000

static void send_interrupt(struct tdvmcall_vm *v)
{
	struct kvm_msi msi = { .address_lo = MSI_ADDRESS, .data = MSI_VECTOR };
	int ret = __vm_ioctl(v->td->vm, KVM_SIGNAL_MSI, &msi);

	TEST_ASSERT(ret > 0, "KVM_SIGNAL_MSI gives %d, errno %s", ret, strerror(errno));
}

COCO_FIXTURE(stopped);
FIXTURE_VARIANT(stopped)
{
	struct check_row row;
	bool shared;			/* what the guest asks for */
	bool interrupt;			/* else the VMM refuses */
	unsigned int at;		/* the exit, from 0 */
};

#define STOPPED_ROW(name, req, shared_, interrupt_, at_)				\
	FIXTURE_VARIANT_ADD(stopped, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_VIEW_STAYS, req, REQ_TDX_VIEW, REQ_TDX_ACCEPT),	\
		.shared = shared_, .interrupt = interrupt_, .at = at_,			\
	};

STOPPED_ROW(refused_first, REQ_TDX_MAP_STOPPED, false, false, 0)
STOPPED_ROW(refused_second, REQ_TDX_MAP_STOPPED, false, false, 1)
STOPPED_ROW(refused_second_shared, REQ_TDX_MAP_STOPPED, true, false, 1)
STOPPED_ROW(interrupted, REQ_TDX_MAP_RETRY, false, true, 0)
STOPPED_ROW(interrupted_shared, REQ_TDX_MAP_RETRY, true, true, 0)

/* Pages that were not converted still have their view, and what the guest wrote there. */
static bool have_stayed(struct tdvmcall_vm *v, const struct probes *p, bool was_shared)
{
	if (was_shared)
		host_has(REQ_TDX_VIEW_STAYS, v, p, GUEST_SHARED);
	return guest_reads(REQ_TDX_VIEW_STAYS, v, p, was_shared,
			   was_shared ? GUEST_SHARED : GUEST_PRIVATE);
}

COCO_TEST_F(stopped, go_on)
{
	const struct probes all = probe(0, 2 * CHUNK_PAGES);
	struct probes done, left;
	unsigned int done_pages;
	struct td_view_range range = {
		.pages = 2 * CHUNK_PAGES, .stop = true, .stop_at = variant->at,
		.stop_ret = variant->interrupt ? 0 : EINVAL,
		.stop_hook = variant->interrupt ? send_interrupt : NULL,
		.done = &done_pages,
	};
	struct tdvmcall_vm v;

	if (!start(&v, (struct tdvmcall_vm_options){ .view_pages = range.pages }))
		return;
	if (variant->shared) {
		const struct td_view_range whole = { .pages = range.pages };

		if (!td_view_map(&v, &whole, false, GHCI_SUCCESS) ||
		    !use_private(&v, &all, GUEST_PRIVATE))
			return;
	} else if (!guest_writes(REQ_TDX_VIEW, &v, &all, true, GUEST_SHARED)) {
		return;
	}

	if (!td_view_map(&v, &range, variant->shared,
			 variant->interrupt ? GHCI_RETRY : GHCI_INVALID_OPERAND))
		return;
	if (done_pages) {
		done = probe(0, done_pages);
		if (!(variant->shared ? use_shared(&v, &done) :
					use_private(&v, &done, GUEST_PRIVATE)))
			return;
	}
	left = probe(done_pages, range.pages - done_pages);
	if (!have_stayed(&v, &left, !variant->shared))
		return;

	/* From R11 on. */
	range = (struct td_view_range){ .first = done_pages, .pages = range.pages - done_pages };
	if (!td_view_map(&v, &range, variant->shared, GHCI_SUCCESS))
		return;
	if (variant->shared ? use_shared(&v, &left) : use_private(&v, &left, GUEST_PRIVATE))
		tdvmcall_vm_free(&v);
}

/* ---- the view that the pages have ---- */

COCO_FIXTURE(same);
FIXTURE_VARIANT(same)
{
	struct check_row row;
	bool shared;
};

FIXTURE_VARIANT_ADD(same, private)
{
	COCO_ROW(NULL, REQ_TDX_VIEW_STAYS, REQ_TDX_ACCEPT_AGAIN),
};

FIXTURE_VARIANT_ADD(same, shared)
{
	COCO_ROW(NULL, REQ_TDX_VIEW_STAYS), .shared = true,
};

COCO_TEST_F(same, kept)
{
	const struct td_view_range range = { .pages = 4 };
	const struct probes p = probe(0, range.pages);
	struct tdvmcall_vm v;

	if (!start(&v, (struct tdvmcall_vm_options){
			.view_pages = range.pages,
			.view_private = variant->shared ? 0 : range.pages }) ||
	    !guest_writes(REQ_TDX_VIEW_STAYS, &v, &p, variant->shared,
			  variant->shared ? GUEST_SHARED : GUEST_PRIVATE) ||
	    !td_view_map(&v, &range, variant->shared, GHCI_SUCCESS) ||
	    !have_stayed(&v, &p, variant->shared))
		return;
	if (variant->shared ||
	    td_view_accept(REQ_TDX_ACCEPT_AGAIN, &v, 0, TDX_PAGE_ALREADY_ACCEPTED))
		tdvmcall_vm_free(&v);
}

/* ---- the guest uses the other view ---- */

enum how {
	READ,
	WRITE,
	ACCEPT,
};

COCO_FIXTURE(fault);
FIXTURE_VARIANT(fault)
{
	struct check_row row;
	enum how how;
	bool shared;			/* the view that the guest uses, and the page has not */
	bool had;			/* but had before the guest's MapGPA */
	unsigned int gpaw;
};

#define FAULT_ROW(name, req, how_, shared_, ...)					\
	FIXTURE_VARIANT_ADD(fault, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_TDX_FAULT_EXIT, REQ_TDX_FAULT_FLAGS,		\
			 REQ_TDX_FAULT_GPA),						\
		.how = how_, .shared = shared_, __VA_ARGS__					\
	};

FAULT_ROW(shared_read, REQ_TDX_FAULT_GOES_ON, READ, true)
FAULT_ROW(shared_write, REQ_TDX_FAULT_GOES_ON, WRITE, true)
FAULT_ROW(private_read, REQ_TDX_ACCEPT_MISSING, READ, false)
FAULT_ROW(private_write, REQ_TDX_ACCEPT_MISSING, WRITE, false)
FAULT_ROW(accept, REQ_TDX_ACCEPT_FAULT, ACCEPT, false)
FAULT_ROW(had_shared_read, REQ_TDX_FAULT_GOES_ON, READ, true, .had = true)
FAULT_ROW(had_shared_write, REQ_TDX_FAULT_GOES_ON, WRITE, true, .had = true)
FAULT_ROW(had_private_read, REQ_TDX_ACCEPT_MISSING, READ, false, .had = true)
FAULT_ROW(had_accept, REQ_TDX_ACCEPT_FAULT, ACCEPT, false, .had = true)
FAULT_ROW(gpaw_52_shared_read, REQ_TDX_FAULT_GOES_ON, READ, true, .gpaw = TD_GPAW_52)
FAULT_ROW(gpaw_52_accept, REQ_TDX_ACCEPT_FAULT, ACCEPT, false, .gpaw = TD_GPAW_52)

static void prepare(struct tdvmcall_vm *v, enum how how, unsigned int page, bool shared)
{
	if (how == ACCEPT)
		td_view_prepare_accept(v, v->view.gpa + page * PAGE);
	else
		td_view_prepare_access(v, page, shared, how == WRITE, GUEST_BACK | page);
}

/* An access to what was given but not accepted is the TD's end. */
static void expect_dead(struct tdvmcall_vm *v)
{
	EXPECT_REQ_RUN_ERRNO(REQ_TDX_ACCEPT_MISSING, v->vcpu, EIO);
	EXPECT_REQ_RUN_ERRNO(REQ_TDX_ACCEPT_MISSING, v->vcpu, EIO);
}

COCO_TEST_F(fault, exit)
{
	const enum requirement_nr req = check_main_req();
	const struct td_view_range range = { .pages = 4 };
	const struct probes p = probe(2, 1);
	const unsigned int page = p.page[0];
	struct tdvmcall_vm v;

	if (!start(&v, (struct tdvmcall_vm_options){
			.gpaw = variant->gpaw, .view_pages = range.pages,
			.view_private = variant->shared != variant->had ? range.pages : 0 }))
		return;
	if (variant->had &&
	    (!guest_writes(REQ_TDX_VIEW, &v, &p, variant->shared, GUEST_SHARED) ||
	     !td_view_map(&v, &range, !variant->shared, GHCI_SUCCESS)))
		return;
	*td_view_host(&v.view, page) = HOST_SHARED | page;
	prepare(&v, variant->how, page, variant->shared);
	/* A VMM that does nothing about it hears of it again. */
	if (!expect_memory_fault(REQ_TDX_FAULT_EXIT, &v, page, variant->shared) ||
	    !expect_memory_fault(req, &v, page, variant->shared))
		return;

	td_view_convert(v.td, v.view.gpa + page * PAGE, PAGE, !variant->shared, false);
	if (req == REQ_TDX_ACCEPT_MISSING) {
		expect_dead(&v);
		return;
	}
	if (!EXPECT_REQ_SYNC(req, v.vcpu, TD_STAGE_ANSWERED))
		return;
	switch (variant->how) {
	case READ:
		EXPECT_REQ_EQ(req, "the shared page as the guest reads it", HOST_SHARED | page,
			      v.req->access_value, &names_value);
		break;
	case WRITE:
		EXPECT_REQ_EQ(req, "the shared page as the host reads it", GUEST_BACK | page,
			      *td_view_host(&v.view, page), &names_value);
		break;
	case ACCEPT:
		expect_accept(req, &v, TDX_SUCCESS);
		if (td_view_write(req, &v, page, false, GUEST_PRIVATE))
			EXPECT_REQ_EQ(REQ_TDX_VIEW_APART, "the shared page as the host reads it",
				      HOST_SHARED | page, *td_view_host(&v.view, page),
				      &names_value);
		break;
	}
	tdvmcall_vm_free(&v);
}

/* A private GPA without memory: the VMM hears of that, too, and of its view. */
COCO_FIXTURE(no_memory);
FIXTURE_VARIANT(no_memory)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(no_memory, accept)
{
	COCO_ROW(NULL, REQ_TDX_FAULT_EXIT, REQ_TDX_FAULT_FLAGS, REQ_TDX_FAULT_GPA),
};

COCO_TEST_F(no_memory, exit)
{
	struct tdvmcall_vm v;

	(void)variant;
	if (!start(&v, (struct tdvmcall_vm_options){ .view_pages = 1 }))
		return;
	prepare(&v, ACCEPT, 1, false);
	if (expect_memory_fault(REQ_TDX_FAULT_EXIT, &v, 1, false))
		tdvmcall_vm_free(&v);
}

/* ---- a page that was converted, and is used without having been accepted ---- */

COCO_FIXTURE(not_accepted);
FIXTURE_VARIANT(not_accepted)
{
	struct check_row row;
	enum how how;
};

FIXTURE_VARIANT_ADD(not_accepted, read)
{
	COCO_ROW(NULL, REQ_TDX_ACCEPT_MISSING), .how = READ,
};

FIXTURE_VARIANT_ADD(not_accepted, write)
{
	COCO_ROW(NULL, REQ_TDX_ACCEPT_MISSING), .how = WRITE,
};

COCO_TEST_F(not_accepted, end)
{
	const struct td_view_range range = { .pages = 2 };
	struct tdvmcall_vm v;

	if (!start(&v, (struct tdvmcall_vm_options){ .view_pages = range.pages, .nr_vcpus = 2 }) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS) ||
	    !td_view_accept(REQ_TDX_ACCEPT, &v, 0, TDX_SUCCESS))
		return;
	prepare(&v, variant->how, 1, false);
	expect_dead(&v);
	/* Of all of it. */
	tdvmcall_vm_select(&v, 1);
	td_view_prepare_accept(&v, v.view.gpa + PAGE);
	EXPECT_REQ_RUN_ERRNO(REQ_TDX_ACCEPT_MISSING, v.vcpu, EIO);
}

/* ---- TDG.MEM.PAGE.ACCEPT's own answers, of a page that is private and accepted ---- */

COCO_FIXTURE(accept);
FIXTURE_VARIANT(accept)
{
	struct check_row row;
	uint64_t rcx, status;		/* rcx: from the view's GPA on */
	bool shared_bit;
};

#define ACCEPT_ROW(name, req, rcx_, shared_bit_, status_)			\
	FIXTURE_VARIANT_ADD(accept, name)					\
	{									\
		COCO_ROW(NULL, req), .rcx = rcx_, .shared_bit = shared_bit_,	\
		.status = status_,						\
	};

#define BAD_RCX		(TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX)

ACCEPT_ROW(again, REQ_TDX_ACCEPT_AGAIN, 0, false, TDX_PAGE_ALREADY_ACCEPTED)
ACCEPT_ROW(is_2_mib, REQ_TDX_ACCEPT_SIZE, 1, false, TDX_PAGE_SIZE_MISMATCH)
ACCEPT_ROW(unaligned_2_mib, REQ_TDX_ACCEPT_ARGS, PAGE | 1, false, BAD_RCX)
ACCEPT_ROW(level_3, REQ_TDX_ACCEPT_ARGS, 3, false, BAD_RCX)
ACCEPT_ROW(level_7, REQ_TDX_ACCEPT_ARGS, 7, false, BAD_RCX)
ACCEPT_ROW(bit_3, REQ_TDX_ACCEPT_ARGS, 1 << 3, false, BAD_RCX)
ACCEPT_ROW(bit_11, REQ_TDX_ACCEPT_ARGS, 1 << 11, false, BAD_RCX)
ACCEPT_ROW(bit_62, REQ_TDX_ACCEPT_ARGS, 1ull << 62, false, BAD_RCX)
ACCEPT_ROW(shared, REQ_TDX_ACCEPT_ARGS, 0, true, BAD_RCX)

COCO_TEST_F(accept, answer)
{
	const enum requirement_nr req = check_main_req();
	const struct probes p = probe(0, 1);
	struct tdvmcall_vm v;

	if (!start(&v, (struct tdvmcall_vm_options){ .view_pages = 2, .view_private = 2 }) ||
	    !guest_writes(req, &v, &p, false, GUEST_PRIVATE))
		return;
	td_view_prepare_accept(&v, (v.view.gpa | (variant->shared_bit ? v.td->shared_bit : 0)) +
				   variant->rcx);
	if (!EXPECT_REQ_SYNC(req, v.vcpu, TD_STAGE_ANSWERED))
		return;
	expect_accept(req, &v, variant->status);
	if (guest_reads(req, &v, &p, false, GUEST_PRIVATE))
		tdvmcall_vm_free(&v);
}

/* A page of 2 MiB where the VMM has made all private, and KVM gives 4 KiB pages. */
COCO_FIXTURE(large);
FIXTURE_VARIANT(large)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(large, accept)
{
	COCO_ROW(NULL, REQ_TDX_ACCEPT_SIZE, REQ_TDX_ACCEPT),
};

COCO_TEST_F(large, then_small)
{
	const struct td_view_range range = { .pages = CHUNK_PAGES };
	const struct probes p = probe(0, range.pages);
	struct tdvmcall_vm v;

	(void)variant;
	if (!start(&v, (struct tdvmcall_vm_options){ .view_pages = range.pages }) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS))
		return;
	td_view_prepare_accept(&v, v.view.gpa | 1);
	if (!EXPECT_REQ_SYNC(REQ_TDX_ACCEPT_SIZE, v.vcpu, TD_STAGE_ANSWERED) ||
	    !expect_accept(REQ_TDX_ACCEPT_SIZE, &v, TDX_PAGE_SIZE_MISMATCH))
		return;
	if (use_private(&v, &p, GUEST_PRIVATE))
		tdvmcall_vm_free(&v);
}

/* ---- several vCPUs ---- */

COCO_FIXTURE(vcpus);
FIXTURE_VARIANT(vcpus)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(vcpus, two)
{
	COCO_ROW(NULL, REQ_TDX_VIEW, REQ_TDX_ACCEPT, REQ_TDX_ACCEPT_AGAIN, REQ_TDX_VIEW_ZERO),
};

/* What one vCPU accepts is the other's, too. */
COCO_TEST_F(vcpus, same_page)
{
	const struct td_view_range range = { .pages = 2 };
	const struct probes p = probe(0, range.pages);
	struct tdvmcall_vm v;

	(void)variant;
	if (!start(&v, (struct tdvmcall_vm_options){ .view_pages = range.pages, .nr_vcpus = 2 }) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS) ||
	    !use_private(&v, &p, GUEST_PRIVATE))
		return;
	tdvmcall_vm_select(&v, 1);
	if (!guest_reads(REQ_TDX_VIEW, &v, &p, false, GUEST_PRIVATE) ||
	    !td_view_accept(REQ_TDX_ACCEPT_AGAIN, &v, 0, TDX_PAGE_ALREADY_ACCEPTED) ||
	    !td_view_map(&v, &range, true, GHCI_SUCCESS) ||
	    !use_shared(&v, &p) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS))
		return;
	tdvmcall_vm_select(&v, 0);
	if (use_private(&v, &p, GUEST_PRIVATE))
		tdvmcall_vm_free(&v);
}

#define NR_THREADS	4
#define NR_ROUNDS	3

struct converter {
	struct tdvmcall_vm v;
	unsigned int page;
	pthread_t thread;
};

static void *convert(void *arg)
{
	struct converter *c = arg;
	const struct td_view_range range = { .first = c->page, .pages = 1 };
	const struct probes p = probe(c->page, 1);
	unsigned int i;

	for (i = 0; i < NR_ROUNDS; i++)
		if (!td_view_map(&c->v, &range, false, GHCI_SUCCESS) ||
		    !use_private(&c->v, &p, GUEST_PRIVATE) ||
		    !td_view_map(&c->v, &range, true, GHCI_SUCCESS) ||
		    !use_shared(&c->v, &p))
			break;
	return NULL;
}

COCO_FIXTURE(threads);
FIXTURE_VARIANT(threads)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(threads, four)
{
	COCO_ROW(NULL, REQ_TDX_VIEW, REQ_TDX_ACCEPT, REQ_TDX_VIEW_ZERO),
};

/* Neighbouring pages, so that what one converts is next to what another one uses. */
COCO_TEST_F(threads, own_pages)
{
	struct converter converters[NR_THREADS];
	struct tdvmcall_vm v;
	unsigned int id;

	(void)variant;
	if (!start(&v, (struct tdvmcall_vm_options){
			.view_pages = NR_THREADS, .nr_vcpus = NR_THREADS }))
		return;
	for (id = 0; id < NR_THREADS; id++) {
		converters[id] = (struct converter){ .v = v, .page = id };
		tdvmcall_vm_select(&converters[id].v, id);
		TEST_ASSERT(!pthread_create(&converters[id].thread, NULL, convert,
					    &converters[id]), "no thread");
	}
	for (id = 0; id < NR_THREADS; id++)
		pthread_join(converters[id].thread, NULL);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
