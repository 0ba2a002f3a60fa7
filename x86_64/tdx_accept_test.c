// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.MEM.PAGE.ACCEPT, and a TD's accesses to pages that it does not have: shared where the
 * VMM has made them private or the other way round, or not accepted.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"

#include "tdx/td_view_check.h"
#include "tdx/td_view_use.h"

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
FAULT_ROW(had_shared_write, REQ_TDX_FAULT_GOES_ON, WRITE, true, .had = true)
FAULT_ROW(had_private_read, REQ_TDX_ACCEPT_MISSING, READ, false, .had = true)
FAULT_ROW(had_accept, REQ_TDX_ACCEPT_FAULT, ACCEPT, false, .had = true)
FAULT_ROW(gpaw_52_shared_read, REQ_TDX_FAULT_GOES_ON, READ, true, .gpaw = TD_GPAW_52)
FAULT_ROW(gpaw_52_accept, REQ_TDX_ACCEPT_FAULT, ACCEPT, false, .gpaw = TD_GPAW_52)

static void prepare(struct tdvmcall_vm *v, enum how how, unsigned int page, bool shared)
{
	if (how == ACCEPT)
		td_view_prepare_accept(v, v->view.gpa + page * PAGE_SIZE);
	else
		td_view_prepare_access(v, page, shared, how == WRITE, TD_GUEST_BACK | page);
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
	const struct td_probes p = td_probe(2, 1);
	const unsigned int page = p.page[0];
	struct tdvmcall_vm v;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){
			.gpaw = variant->gpaw, .view_pages = range.pages,
			.view_private = variant->shared != variant->had ? range.pages : 0 }))
		return;
	if (variant->had &&
	    (!td_guest_writes(REQ_TDX_VIEW, &v, &p, variant->shared, TD_GUEST_SHARED) ||
	     !td_view_map(&v, &range, !variant->shared, GHCI_SUCCESS)))
		return;
	*td_view_host(&v.view, page) = TD_HOST_SHARED | page;
	prepare(&v, variant->how, page, variant->shared);
	/* A VMM that does nothing about it hears of it again. */
	if (!expect_memory_fault(REQ_TDX_FAULT_EXIT, &v, page, variant->shared) ||
	    !expect_memory_fault(req, &v, page, variant->shared))
		return;

	td_view_convert(v.td, v.view.gpa + page * PAGE_SIZE, PAGE_SIZE, !variant->shared, false);
	if (req == REQ_TDX_ACCEPT_MISSING) {
		expect_dead(&v);
		return;
	}
	if (!EXPECT_REQ_SYNC(req, v.vcpu, TD_STAGE_ANSWERED))
		return;
	switch (variant->how) {
	case READ:
		EXPECT_REQ_EQ(req, "the shared page as the guest reads it", TD_HOST_SHARED | page,
			      v.req->access_value, &names_value);
		break;
	case WRITE:
		EXPECT_REQ_EQ(req, "the shared page as the host reads it", TD_GUEST_BACK | page,
			      *td_view_host(&v.view, page), &names_value);
		break;
	case ACCEPT:
		expect_accept(req, &v, TDX_SUCCESS);
		if (td_view_write(req, &v, page, false, TD_GUEST_PRIVATE))
			EXPECT_REQ_EQ(REQ_TDX_VIEW_APART, "the shared page as the host reads it",
				      TD_HOST_SHARED | page, *td_view_host(&v.view, page),
				      &names_value);
		break;
	}
	tdvmcall_vm_free(&v);
}

/*
 * A private GPA without memory: the VMM hears of that, too, and of its view.
 * So it does of a page whose file the VMM has closed meanwhile.
 */
COCO_FIXTURE(no_memory);
FIXTURE_VARIANT(no_memory)
{
	struct check_row row;
	unsigned int pages;		/* 1: the access is past them; 2: their file is closed */
};

FIXTURE_VARIANT_ADD(no_memory, accept)
{
	COCO_ROW(NULL, REQ_TDX_FAULT_EXIT, REQ_TDX_FAULT_FLAGS, REQ_TDX_FAULT_GPA),
	.pages = 1,
};

FIXTURE_VARIANT_ADD(no_memory, file_is_closed)
{
	COCO_ROW(NULL, REQ_TDX_FAULT_EXIT, REQ_TDX_FAULT_FLAGS, REQ_TDX_FAULT_GPA),
	.pages = 2,
};

COCO_TEST_F(no_memory, exit)
{
	struct tdvmcall_vm v;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){ .view_pages = variant->pages }))
		return;
	if (variant->pages > 1) {
		td_view_convert(v.td, v.view.gpa + PAGE_SIZE, PAGE_SIZE, true, false);
		td_view_close_file(v.td);
	}
	prepare(&v, ACCEPT, 1, false);
	if (expect_memory_fault(REQ_TDX_FAULT_EXIT, &v, 1, false) && variant->pages == 1)
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

	if (!td_view_start(&v, (struct tdvmcall_vm_options){
			.view_pages = range.pages, .nr_vcpus = 2 }) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS) ||
	    !td_view_accept(REQ_TDX_ACCEPT, &v, 0, TDX_SUCCESS))
		return;
	prepare(&v, variant->how, 1, false);
	expect_dead(&v);
	/* Of all of it. */
	tdvmcall_vm_select(&v, 1);
	td_view_prepare_accept(&v, v.view.gpa + PAGE_SIZE);
	EXPECT_REQ_RUN_ERRNO(REQ_TDX_ACCEPT_MISSING, v.vcpu, EIO);
}

/* ---- the VMM takes memory back without a word ---- */

COCO_FIXTURE(punched);
FIXTURE_VARIANT(punched)
{
	struct check_row row;
	bool accepts;			/* the guest, once more */
};

FIXTURE_VARIANT_ADD(punched, read)
{
	COCO_ROW(NULL, REQ_TDX_ACCEPT_MISSING),
};

FIXTURE_VARIANT_ADD(punched, accept)
{
	COCO_ROW(NULL, REQ_TDX_VIEW_ZERO, REQ_TDX_ACCEPT), .accepts = true,
};

/* A hole in guest_memfd: what the guest has there is gone, and it does not find zeroes. */
COCO_TEST_F(punched, lost)
{
	const struct td_probes lost = td_probe(1, 1), kept = td_probe(2, 1);
	struct tdvmcall_vm v;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){
			.view_pages = 4, .view_private = 4 }) ||
	    !td_guest_writes(REQ_TDX_VIEW, &v, &lost, false, TD_GUEST_PRIVATE) ||
	    !td_guest_writes(REQ_TDX_VIEW, &v, &kept, false, TD_GUEST_PRIVATE))
		return;
	vm_guest_mem_punch_hole(v.td->vm, v.view.gpa + PAGE_SIZE, PAGE_SIZE);
	if (!td_guest_reads(REQ_TDX_VIEW_STAYS, &v, &kept, false, TD_GUEST_PRIVATE))
		return;
	if (variant->accepts) {
		if (td_use_private(&v, &lost, TD_GUEST_PRIVATE))
			tdvmcall_vm_free(&v);
		return;
	}
	prepare(&v, READ, 1, false);
	expect_dead(&v);
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
ACCEPT_ROW(unaligned_2_mib, REQ_TDX_ACCEPT_ARGS, PAGE_SIZE | 1, false, BAD_RCX)
ACCEPT_ROW(level_3, REQ_TDX_ACCEPT_ARGS, 3, false, BAD_RCX)
ACCEPT_ROW(bit_11, REQ_TDX_ACCEPT_ARGS, 1 << 11, false, BAD_RCX)
ACCEPT_ROW(bit_62, REQ_TDX_ACCEPT_ARGS, 1ull << 62, false, BAD_RCX)
ACCEPT_ROW(shared, REQ_TDX_ACCEPT_ARGS, 0, true, BAD_RCX)

COCO_TEST_F(accept, answer)
{
	const enum requirement_nr req = check_main_req();
	const struct td_probes p = td_probe(0, 1);
	struct tdvmcall_vm v;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){
			.view_pages = 2, .view_private = 2 }) ||
	    !td_guest_writes(req, &v, &p, false, TD_GUEST_PRIVATE))
		return;
	td_view_prepare_accept(&v, (v.view.gpa | (variant->shared_bit ? v.td->shared_bit : 0)) +
				   variant->rcx);
	if (!EXPECT_REQ_SYNC(req, v.vcpu, TD_STAGE_ANSWERED))
		return;
	expect_accept(req, &v, variant->status);
	if (td_guest_reads(req, &v, &p, false, TD_GUEST_PRIVATE))
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
	const struct td_view_range range = { .pages = TD_CHUNK_PAGES };
	const struct td_probes p = td_probe(0, range.pages);
	struct tdvmcall_vm v;

	(void)variant;
	if (!td_view_start(&v, (struct tdvmcall_vm_options){ .view_pages = range.pages }) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS))
		return;
	td_view_prepare_accept(&v, v.view.gpa | 1);
	if (!EXPECT_REQ_SYNC(REQ_TDX_ACCEPT_SIZE, v.vcpu, TD_STAGE_ANSWERED) ||
	    !expect_accept(REQ_TDX_ACCEPT_SIZE, &v, TDX_PAGE_SIZE_MISMATCH))
		return;
	if (td_use_private(&v, &p, TD_GUEST_PRIVATE))
		tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
