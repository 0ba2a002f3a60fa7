// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs whose VMM does as MapGPA's exits say: the guest accepts what has become private, and
 * uses its pages in the view that it asked for.
 *
 * Not ABI, so not checked: what the host finds in the shared memory of a page that is
 * private, as long as it is not what the guest wrote there.  This VMM keeps it.
 */
#include "check/harness.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "tdx/td_view_check.h"
#include "tdx/td_view_use.h"

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
VIEW_ROW(page_private_hole, TD_GPAW_48, 1, 1, true, true)
VIEW_ROW(pages, TD_GPAW_48, 3, 4, false, false)
VIEW_ROW(across_2_mib, TD_GPAW_48, TD_CHUNK_PAGES - 1, 2, false, true)
VIEW_ROW(is_5_mib, TD_GPAW_48, 1, 2 * TD_CHUNK_PAGES + TD_CHUNK_PAGES / 2, false, true)
VIEW_ROW(gpaw_52_page, TD_GPAW_52, 1, 1, false, false)
VIEW_ROW(gpaw_52_5_mib, TD_GPAW_52, 1, 2 * TD_CHUNK_PAGES + TD_CHUNK_PAGES / 2, false, true)

/* The guest's private pages become shared; what it had there is gone, and shows nowhere. */
static bool give_up(struct tdvmcall_vm *v, const struct td_view_range *range,
		    const struct td_probes *p)
{
	td_host_writes(v, p, TD_HOST_SHARED);
	return td_view_map(v, range, true, GHCI_SUCCESS) &&
	       td_guest_reads(REQ_TDX_VIEW_APART, v, p, true, TD_HOST_SHARED) &&
	       td_use_shared(v, p);
}

COCO_TEST_F(view, converted)
{
	const struct td_probes p = td_probe(variant->first, variant->pages);
	const unsigned int pages = variant->first + variant->pages;
	const struct td_view_range range = {
		.first = variant->first, .pages = variant->pages,
		.punch_hole = variant->punch_hole,
	};
	struct tdvmcall_vm v;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){
			.gpaw = variant->gpaw, .view_pages = pages,
			.view_private = variant->private ? pages : 0 }))
		return;
	if (variant->private) {
		if (!td_guest_writes(REQ_TDX_VIEW, &v, &p, false, TD_GUEST_PRIVATE) ||
		    !td_guest_reads(REQ_TDX_VIEW, &v, &p, false, TD_GUEST_PRIVATE) ||
		    !give_up(&v, &range, &p))
			return;
	}

	if (!td_guest_writes(REQ_TDX_VIEW, &v, &p, true, TD_GUEST_SHARED) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS) ||
	    !td_use_private(&v, &p, TD_GUEST_PRIVATE))
		return;
	td_host_has(REQ_TDX_VIEW_APART, &v, &p, TD_GUEST_SHARED);
	td_host_writes(&v, &p, TD_HOST_SHARED);
	if (!td_guest_reads(REQ_TDX_VIEW_APART, &v, &p, false, TD_GUEST_PRIVATE) ||
	    !give_up(&v, &range, &p))
		return;

	/* Once more: it has to be accepted again, and nothing of the last time is left. */
	if (!td_view_map(&v, &range, false, GHCI_SUCCESS) ||
	    !td_use_private(&v, &p, TD_GUEST_PRIVATE))
		return;
	td_host_has(REQ_TDX_VIEW_APART, &v, &p, TD_GUEST_BACK);
	tdvmcall_vm_free(&v);
}

/* ---- the VMM stops in the middle, or an interrupt does ---- */

#define MSI_VECTOR	0x40

static void send_interrupt(struct tdvmcall_vm *v)
{
	td_vm_send_interrupt(v->td, 0, MSI_VECTOR);
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
static bool have_stayed(struct tdvmcall_vm *v, const struct td_probes *p, bool was_shared)
{
	if (was_shared)
		td_host_has(REQ_TDX_VIEW_STAYS, v, p, TD_GUEST_SHARED);
	return td_guest_reads(REQ_TDX_VIEW_STAYS, v, p, was_shared,
			   was_shared ? TD_GUEST_SHARED : TD_GUEST_PRIVATE);
}

COCO_TEST_F(stopped, go_on)
{
	const struct td_probes all = td_probe(0, 2 * TD_CHUNK_PAGES);
	struct td_probes done, left;
	unsigned int done_pages;
	struct td_view_range range = {
		.pages = 2 * TD_CHUNK_PAGES, .stop = true, .stop_at = variant->at,
		.stop_ret = variant->interrupt ? 0 : EINVAL,
		.stop_hook = variant->interrupt ? send_interrupt : NULL,
		.done = &done_pages,
	};
	struct tdvmcall_vm v;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){ .view_pages = range.pages }))
		return;
	if (variant->interrupt)
		tdvmcall_enable_apic(&v);
	if (variant->shared) {
		const struct td_view_range whole = { .pages = range.pages };

		if (!td_view_map(&v, &whole, false, GHCI_SUCCESS) ||
		    !td_use_private(&v, &all, TD_GUEST_PRIVATE))
			return;
	} else if (!td_guest_writes(REQ_TDX_VIEW, &v, &all, true, TD_GUEST_SHARED)) {
		return;
	}

	if (!td_view_map(&v, &range, variant->shared,
			 variant->interrupt ? GHCI_RETRY : GHCI_INVALID_OPERAND))
		return;
	if (done_pages) {
		done = td_probe(0, done_pages);
		if (!(variant->shared ? td_use_shared(&v, &done) :
					td_use_private(&v, &done, TD_GUEST_PRIVATE)))
			return;
	}
	left = td_probe(done_pages, range.pages - done_pages);
	if (!have_stayed(&v, &left, !variant->shared))
		return;

	/* From R11 on. */
	range = (struct td_view_range){ .first = done_pages, .pages = range.pages - done_pages };
	if (!td_view_map(&v, &range, variant->shared, GHCI_SUCCESS))
		return;
	if (variant->shared ? td_use_shared(&v, &left) :
			      td_use_private(&v, &left, TD_GUEST_PRIVATE))
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
	const struct td_probes p = td_probe(0, range.pages);
	struct tdvmcall_vm v;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){
			.view_pages = range.pages,
			.view_private = variant->shared ? 0 : range.pages }) ||
	    !td_guest_writes(REQ_TDX_VIEW_STAYS, &v, &p, variant->shared,
			  variant->shared ? TD_GUEST_SHARED : TD_GUEST_PRIVATE) ||
	    !td_view_map(&v, &range, variant->shared, GHCI_SUCCESS) ||
	    !have_stayed(&v, &p, variant->shared))
		return;
	if (variant->shared ||
	    td_view_accept(REQ_TDX_ACCEPT_AGAIN, &v, 0, TDX_PAGE_ALREADY_ACCEPTED))
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
	const struct td_probes p = td_probe(0, range.pages);
	struct tdvmcall_vm v;

	(void)variant;
	if (!td_view_start(&v, (struct tdvmcall_vm_options){
			.view_pages = range.pages, .nr_vcpus = 2 }) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS) ||
	    !td_use_private(&v, &p, TD_GUEST_PRIVATE))
		return;
	tdvmcall_vm_select(&v, 1);
	if (!td_guest_reads(REQ_TDX_VIEW, &v, &p, false, TD_GUEST_PRIVATE) ||
	    !td_view_accept(REQ_TDX_ACCEPT_AGAIN, &v, 0, TDX_PAGE_ALREADY_ACCEPTED) ||
	    !td_view_map(&v, &range, true, GHCI_SUCCESS) ||
	    !td_use_shared(&v, &p) ||
	    !td_view_map(&v, &range, false, GHCI_SUCCESS))
		return;
	tdvmcall_vm_select(&v, 0);
	if (td_use_private(&v, &p, TD_GUEST_PRIVATE))
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
	const struct td_probes p = td_probe(c->page, 1);
	unsigned int i;

	for (i = 0; i < NR_ROUNDS; i++)
		if (!td_view_map(&c->v, &range, false, GHCI_SUCCESS) ||
		    !td_use_private(&c->v, &p, TD_GUEST_PRIVATE) ||
		    !td_view_map(&c->v, &range, true, GHCI_SUCCESS) ||
		    !td_use_shared(&c->v, &p))
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
	if (!td_view_start(&v, (struct tdvmcall_vm_options){
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

/* ---- other memory in the slot's place ---- */

COCO_FIXTURE(backing);
FIXTURE_VARIANT(backing)
{
	struct check_row row;
	enum { ANEW_SLOT, ANEW_MMAP, ANEW_MADVISE } how;
};

#define BACKING_ROW	COCO_ROW(NULL, REQ_SLOT_BACKING, REQ_TDX_VIEW)

FIXTURE_VARIANT_ADD(backing, slot)
{
	COCO_ROW(NULL, REQ_SLOT_BACKING, REQ_TDX_VIEW, REQ_TDX_ACCEPT, REQ_TDX_VIEW_ZERO),
	.how = ANEW_SLOT,
};

FIXTURE_VARIANT_ADD(backing, mmap) { BACKING_ROW, .how = ANEW_MMAP };
FIXTURE_VARIANT_ADD(backing, madvise) { BACKING_ROW, .how = ANEW_MADVISE };

static void *map_anew(void *at, size_t size)
{
	void *new = mmap(at, size, PROT_READ | PROT_WRITE,
			 (at ? MAP_FIXED : 0) | MAP_ANONYMOUS | MAP_SHARED, -1, 0);

	TEST_ASSERT(new != MAP_FAILED, "no memory");
	return new;
}

/* The slot is deleted and made again, of other memory; libkvm takes it for the one it made. */
static void make_slot_anew(struct tdvmcall_vm *v)
{
	const struct userspace_mem_region *made = memslot2region(v->td->vm, TD_VIEW_SLOT);
	struct kvm_userspace_memory_region2 slot = made->region;

	v->view.hva = map_anew(NULL, slot.memory_size);
	vm_set_user_memory_region2(v->td->vm, TD_VIEW_SLOT, slot.flags, slot.guest_phys_addr, 0,
				   NULL, slot.guest_memfd, slot.guest_memfd_offset);
	vm_set_user_memory_region2(v->td->vm, TD_VIEW_SLOT, slot.flags, slot.guest_phys_addr,
				   slot.memory_size, v->view.hva, slot.guest_memfd,
				   slot.guest_memfd_offset);
}

/* Of all pages, or of pages 0 and 1. */
static void change_backing(struct tdvmcall_vm *v, int how)
{
	if (how == ANEW_SLOT)
		make_slot_anew(v);
	else if (how == ANEW_MMAP)
		map_anew(v->view.hva, 2 * 4096);
	else
		TEST_ASSERT(!madvise(v->view.hva, 2 * 4096, MADV_DONTNEED), "no MADV_DONTNEED");
}

COCO_TEST_F(backing, seen)
{
	const struct td_probes private = td_probe(0, 1), changes = td_probe(1, 1);
	const struct td_probes other = td_probe(3, 1);
	const enum requirement_nr req = REQ_SLOT_BACKING;
	const bool whole = variant->how == ANEW_SLOT;
	volatile uint64_t *was;
	struct tdvmcall_vm v;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){
			.view_pages = 4, .view_private = 1 }) ||
	    !td_guest_writes(REQ_TDX_VIEW, &v, &private, false, TD_GUEST_PRIVATE))
		return;
	was = td_view_host(&v.view, 1);
	td_host_writes(&v, &changes, TD_HOST_SHARED);
	td_host_writes(&v, &other, TD_HOST_SHARED);
	if (!td_guest_reads(req, &v, &changes, true, TD_HOST_SHARED) ||
	    !td_guest_reads(req, &v, &other, true, TD_HOST_SHARED))
		return;
	change_backing(&v, variant->how);
	if (!td_guest_reads(req, &v, &changes, true, 0) ||
	    !td_guest_reads(req, &v, &other, true, whole ? 0 : TD_HOST_SHARED))
		return;
	td_host_writes(&v, &changes, TD_GUEST_BACK);
	if (!td_guest_reads(req, &v, &changes, true, TD_GUEST_BACK) ||
	    !td_guest_writes(req, &v, &changes, true, TD_GUEST_SHARED))
		return;
	td_host_has(req, &v, &changes, TD_GUEST_SHARED);
	if (whole)
		EXPECT_REQ_EQ(req, "the page that was the slot's", TD_HOST_SHARED | 1, *was,
			      &names_value);
	/* The TD's private memory goes with its slot, not with what the VMM has in its place. */
	if (whole ? td_use_private(&v, &private, TD_GUEST_BACK) :
		    td_guest_reads(req, &v, &private, false, TD_GUEST_PRIVATE))
		tdvmcall_vm_free(&v);
}

/* ---- memory that is punched out of a file, beside what a slot has of it ---- */

#define OTHER_SLOT	30

COCO_FIXTURE(hole);
FIXTURE_VARIANT(hole)
{
	struct check_row row;
	bool first;			/* the hole is over the end of what the first slot has */
};

#define HOLE_ROW	COCO_ROW(NULL, REQ_GMEM_HOLE, REQ_TDX_VIEW, REQ_TDX_ACCEPT, \
				 REQ_TDX_VIEW_ZERO)

FIXTURE_VARIANT_ADD(hole, over_end) { HOLE_ROW, .first = true };
FIXTURE_VARIANT_ADD(hole, over_start) { HOLE_ROW };

/* Pages 0 and 1 are of the first slot and its file, 2 and 3 of another, which begin in the midst. */
static int split_slot(struct tdvmcall_vm *v, int *other, uint64_t *from)
{
	const struct kvm_userspace_memory_region2 slot =
		memslot2region(v->td->vm, TD_VIEW_SLOT)->region;
	const uint64_t half = slot.memory_size / 2;
	struct kvm_vm *vm = v->td->vm;

	*other = vm_create_guest_memfd(vm, 2 * slot.memory_size, 0);
	*from = slot.guest_memfd_offset + half / 2;
	vm_set_user_memory_region2(vm, TD_VIEW_SLOT, slot.flags, slot.guest_phys_addr, 0, NULL,
				   slot.guest_memfd, slot.guest_memfd_offset);
	vm_set_user_memory_region2(vm, TD_VIEW_SLOT, slot.flags, slot.guest_phys_addr, half,
				   v->view.hva, slot.guest_memfd, slot.guest_memfd_offset);
	vm_set_user_memory_region2(vm, OTHER_SLOT, slot.flags, slot.guest_phys_addr + half, half,
				   (char *)v->view.hva + half, *other, half);
	return slot.guest_memfd;
}

COCO_TEST_F(hole, kept)
{
	const struct td_probes pages = td_probe(1, 2), gone = td_probe(variant->first ? 1 : 2, 1);
	const struct td_probes kept = td_probe(variant->first ? 2 : 1, 1);
	struct tdvmcall_vm v;
	int file, other;
	uint64_t from;

	if (!td_view_start(&v, (struct tdvmcall_vm_options){ .view_pages = 4 }))
		return;
	file = split_slot(&v, &other, &from);
	td_view_convert(v.td, v.view.gpa, 4 * 4096, true, false);
	if (!td_use_private(&v, &pages, TD_GUEST_PRIVATE))
		return;
	/* Of the first file from page 1 to the end, or of the other up to page 2. */
	TEST_ASSERT(!fallocate(variant->first ? file : other,
			       FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       variant->first ? from : 0, 3 * 4096), "no hole");
	if (!td_guest_reads(REQ_GMEM_HOLE, &v, &kept, false, TD_GUEST_PRIVATE) ||
	    !td_use_private(&v, &gone, TD_GUEST_BACK) ||
	    !td_guest_reads(REQ_GMEM_HOLE, &v, &kept, false, TD_GUEST_PRIVATE))
		return;
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
