// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of guest memory that kernel code holds, and what it holds on to
 * without one: pinned pages, files.
 *
 * A mapped page is an alias of the VMM's, or of guest_memfd's, at an address of
 * its own: the same memory, so that guest and VMM see what the kernel writes
 * when it writes it.  That takes shared memory, which the VMM's is made when it
 * gives it to a slot (../share.c).  Where it could not be, the mapping is the VMM's
 * own address: then it is counted, but accesses out of its bounds, or after it
 * is gone, are not seen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../inproc.h"
#include "memory.h"

/* Each has a guard page before its page, the last one behind it, too. */
#define NR_WINDOWS	(1UL << 16)
#define WINDOW		(2 * MEM_PAGE)
/* At once; of all kinds. */
#define MAX_HELD	4096

struct held {
	enum image_map how;
	bool used;
	struct inproc_vm *vm;
	unsigned long thread;		/* of those that end on return */
	void *page;			/* the memory itself */
	const void *at;			/* where the kernel has it */
	unsigned long long gfn;
	const void *by;
};

/* What a window showed last. */
struct window {
	bool mapped;
	void *page;
	unsigned long long gfn;
	const void *by, *gone_by;
};

static struct held held[MAX_HELD];
static unsigned int nr_held;		/* no used one is behind it */
static char *windows;
static struct window *window_of;
static unsigned long next_window;

static __thread char this_thread;	/* its address is the thread's name */
/* Of this thread and its KMAP and FILE entries. */
static __thread unsigned int nr_on_return;

static const char *const verb[] = {
	[IMAGE_MAP_VCPU] = "mapped", [IMAGE_MAP_KMAP] = "mapped", [IMAGE_MAP_PIN] = "pinned",
	[IMAGE_MAP_FILE] = "referred to",
};

static bool ends_on_return(enum image_map how)
{
	return how == IMAGE_MAP_KMAP || how == IMAGE_MAP_FILE;
}

static char *window_page(unsigned long n)
{
	return windows + n * WINDOW + MEM_PAGE;
}

/* An alias of @page in the next window, or @page itself. */
static void *alias(void *page, unsigned long long gfn, const void *caller)
{
	unsigned long tries, n;
	void *at;

	for (tries = 0; tries < NR_WINDOWS; tries++) {
		n = next_window++ % NR_WINDOWS;
		if (window_of[n].mapped)
			continue;
		at = mremap(page, 0, MEM_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, window_page(n));
		if (at == MAP_FAILED)
			return page;
		window_of[n] = (struct window){ true, page, gfn, caller, NULL };
		return at;
	}
	return page;
}

static bool window_number(const void *at, unsigned long *n)
{
	if ((const char *)at < windows || (const char *)at >= windows + NR_WINDOWS * WINDOW)
		return false;
	*n = ((const char *)at - windows) / WINDOW;
	return true;
}

static void drop_alias(const void *at, const void *caller)
{
	unsigned long n;

	if (!window_number(at, &n))
		return;
	mmap(window_page(n) - MEM_PAGE, WINDOW, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	window_of[n].mapped = false;
	window_of[n].gone_by = caller;
}

static struct held *new_held(void)
{
	for (unsigned int i = 0; i < MAX_HELD; i++) {
		if (held[i].used)
			continue;
		if (i >= nr_held)
			nr_held = i + 1;
		return &held[i];
	}
	return NULL;
}

static void drop_held(struct held *h)
{
	h->used = false;
	while (nr_held && !held[nr_held - 1].used)
		nr_held--;
}

IMAGE_CALL void *memory_map(enum image_map how, void *page, unsigned long long gfn,
			    const void *caller)
{
	void *at = NULL;
	struct held *h;

	memory_lock();
	h = new_held();
	if (h) {
		at = how == IMAGE_MAP_VCPU || how == IMAGE_MAP_KMAP ?
		     alias(page, gfn, caller) : page;
		*h = (struct held){
			.how = how, .used = true, .vm = memory_owner(), .page = page, .at = at,
			.gfn = gfn, .by = caller, .thread = (unsigned long)&this_thread,
		};
		nr_on_return += ends_on_return(how);
	} else {
		inproc_diag("more than %d mappings of guest memory at once", MAX_HELD);
	}
	memory_unlock();
	return at;
}

IMAGE_CALL void memory_unmap(enum image_map how, const void *at, const void *caller)
{
	struct held *h = NULL;

	memory_lock();
	/* The newest first: kmaps nest. */
	for (unsigned int i = nr_held; i-- && !h;)
		if (held[i].used && held[i].how == how && held[i].at == at)
			h = &held[i];
	if (h) {
		nr_on_return -= ends_on_return(how);
		drop_alias(at, caller);
		drop_held(h);
	} else {
		memory_report(IMAGE_MEM_MAP_GONE, "%s gave back address %p, which is not %s",
			      memory_site(caller), at, verb[how]);
	}
	memory_unlock();
}

bool memory_map_fault(uintptr_t addr, bool write, uintptr_t ip)
{
	const char *did = write ? "wrote" : "read";
	struct window *w;
	unsigned long n, offset;

	if (!window_number((const void *)addr, &n))
		return false;
	offset = addr - (uintptr_t)windows - n * WINDOW;
	if (offset >= MEM_PAGE) {
		w = &window_of[n];
		if (w->mapped || !w->page)
			return w->mapped;
		memory_report(IMAGE_MEM_MAP_GONE,
			      "%s %s byte 0x%lx of guest page 0x%llx, which %s mapped and %s unmapped",
			      memory_accessor(ip), did, offset - MEM_PAGE, w->gfn, memory_site(w->by),
			      memory_site(w->gone_by));
		return mremap(w->page, 0, MEM_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			      window_page(n)) != MAP_FAILED;
	}
	/* The guard page between this window and the one before: whose it is the nearer to. */
	w = n && (offset < MEM_PAGE / 2 || !window_of[n].page) ? &window_of[n - 1] : &window_of[n];
	if (!w->page)
		return false;
	memory_report(IMAGE_MEM_BOUNDS, "%s %s %s guest page 0x%llx, which %s mapped",
		      memory_accessor(ip), did, w == &window_of[n] ? "before" : "past the end of",
		      w->gfn, memory_site(w->by));
	return !mprotect(windows + n * WINDOW, MEM_PAGE, PROT_READ | PROT_WRITE);
}

static void report_left(const struct held *h, enum image_mem_bug what, const char *when)
{
	if (h->how == IMAGE_MAP_FILE)
		memory_report(what, "a file that %s referred to is not put %s", memory_site(h->by),
			      when);
	else if (h->how == IMAGE_MAP_KMAP)
		memory_report(what, "a page that %s mapped for a moment is still mapped %s",
			      memory_site(h->by), when);
	else if (h->how == IMAGE_MAP_PIN)
		memory_report(what, "the VMM's page at %p, which %s pinned, is still pinned %s",
			      h->page, memory_site(h->by), when);
	else
		memory_report(what, "guest page 0x%llx, which %s mapped, is still mapped %s", h->gfn,
			      memory_site(h->by), when);
}

void memory_map_leave(void)
{
	if (!nr_on_return)
		return;
	memory_lock();
	for (unsigned int i = 0; i < MAX_HELD && nr_on_return; i++) {
		struct held *h = &held[i];

		if (!h->used || !ends_on_return(h->how) ||
		    h->thread != (unsigned long)&this_thread)
			continue;
		report_left(h, IMAGE_MEM_KMAP_LEFT, "on return to the VMM");
		drop_alias(h->at, h->by);
		drop_held(h);
		nr_on_return--;
	}
	memory_unlock();
}

void memory_map_vm_destroyed(struct inproc_vm *vm)
{
	for (unsigned int i = 0; i < nr_held; i++) {
		struct held *h = &held[i];

		if (!h->used || h->vm != vm || ends_on_return(h->how))
			continue;
		report_left(h, IMAGE_MEM_MAP_LEFT, "after its VM is destroyed");
		drop_alias(h->at, h->by);
		h->used = false;
	}
	while (nr_held && !held[nr_held - 1].used)
		nr_held--;
}

int memory_map_init(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	window_of = mmap(NULL, NR_WINDOWS * sizeof(*window_of), PROT_READ | PROT_WRITE, flags,
			 -1, 0);
	windows = mmap(NULL, NR_WINDOWS * WINDOW + MEM_PAGE, PROT_NONE, flags, -1, 0);
	if (window_of == MAP_FAILED || windows == MAP_FAILED) {
		inproc_diag("cannot reserve addresses for mappings of guest memory: %s",
			    strerror(errno));
		return -ENOMEM;
	}
	return 0;
}
