// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where kernel code has pages of guest memory that it maps: a page is an alias of the
 * VMM's, or of guest_memfd's, at an address of its own between two guard pages: the same
 * memory, so that guest and VMM see what the kernel writes when it writes it.  That takes
 * shared memory, which the VMM's is made when it gives it to a slot (base/share.c).  Where it
 * could not be, the mapping is the VMM's own address: then it is counted, but accesses out
 * of its bounds, or after it is gone, are not seen.
 *
 * An alias costs as much as many thousand instructions, so it is kept when the page is
 * unmapped, out of reach, for the next time that the page is mapped.  A page that is mapped
 * twice at once is so at one address.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/base.h"
#include "memory.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#endif

/* Each has a guard page before its page, the last one behind it, too. */
#define NR_WINDOWS	1024U
#define WINDOW		(2 * PAGE_SIZE)
#define BUCKETS		1024U
#define NONE		NR_WINDOWS

struct window {
	void *page;			/* NULL: never used */
	bool alias;			/* the page is there; else it has changed meanwhile */
	bool open;			/* in reach */
	bool writable;			/* as far as is known: has been made so */
	bool guard_open;		/* the guard page before it was let in */
	unsigned int maps;
	unsigned int next;		/* in its bucket */
	unsigned int older, newer;	/* of those that are not mapped */
	const void *by, *gone_by;
};

static char *windows;
static struct window window[NR_WINDOWS + 1];
static unsigned int buckets[BUCKETS];
static unsigned int nr_used;
static unsigned int oldest = NONE, newest = NONE;

static char *window_page(unsigned int n)
{
	return windows + n * WINDOW + PAGE_SIZE;
}

static bool window_number(const void *at, unsigned int *n)
{
	if ((const char *)at < windows ||
	    (const char *)at >= windows + NR_WINDOWS * WINDOW + PAGE_SIZE)
		return false;
	*n = ((const char *)at - windows) / WINDOW;
	return true;
}

static unsigned int *bucket(const void *page)
{
	uintptr_t n = (uintptr_t)page / PAGE_SIZE;

	return &buckets[(n ^ n >> 10) % BUCKETS];
}

static unsigned int find(const void *page)
{
	unsigned int n = *bucket(page);

	while (n != NONE && window[n].page != page)
		n = window[n].next;
	return n;
}

static void unhash(unsigned int n)
{
	unsigned int *link = bucket(window[n].page);

	while (*link != n)
		link = &window[*link].next;
	*link = window[n].next;
}

/* ---- those that are not mapped, by age ---- */

static void age_add(unsigned int n)
{
	window[n].newer = NONE;
	window[n].older = newest;
	if (newest != NONE)
		window[newest].newer = n;
	else
		oldest = n;
	newest = n;
}

static void age_del(unsigned int n)
{
	struct window *w = &window[n];

	if (w->older != NONE)
		window[w->older].newer = w->newer;
	else
		oldest = w->newer;
	if (w->newer != NONE)
		window[w->newer].older = w->older;
	else
		newest = w->older;
}

/* ---- in and out of reach ---- */

static bool set_open(unsigned int n, bool open)
{
	if (window[n].open == open)
		return true;
	if (mprotect(window_page(n), PAGE_SIZE, open ? PROT_READ | PROT_WRITE : PROT_NONE))
		return false;
	window[n].open = open;
	return true;
}

static void close_guard(unsigned int n)
{
	if (!window[n].guard_open)
		return;
	mmap(windows + n * WINDOW, PAGE_SIZE, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	window[n].guard_open = false;
}

/* The page is at @n anew. */
static bool set_alias(unsigned int n)
{
	struct window *w = &window[n];

	w->alias = mremap(w->page, 0, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			  window_page(n)) != MAP_FAILED;
	w->open = w->alias;
	w->writable = false;
	/* It is going to be accessed, and a fault takes longer; where that fails it comes then. */
	if (w->alias)
		madvise(window_page(n), PAGE_SIZE, MADV_POPULATE_READ);
	return w->alias;
}

/* A window for @page, which has none; the one that was not used for longest. */
static unsigned int take(void *page)
{
	unsigned int n;

	if (nr_used < NR_WINDOWS) {
		n = nr_used++;
	} else {
		n = oldest;
		if (n == NONE)
			return NONE;
		age_del(n);
		unhash(n);
	}
	window[n] = (struct window){ .page = page, .guard_open = window[n].guard_open };
	if (set_alias(n)) {
		window[n].next = *bucket(page);
		*bucket(page) = n;
		return n;
	}
	/* Left as one that nobody looks for. */
	window[n].page = NULL;
	window[n].next = *bucket(NULL);
	*bucket(NULL) = n;
	age_add(n);
	return NONE;
}

void *window_map(void *page, const void *caller)
{
	unsigned int n = find(page);

	if (n == NONE) {
		n = take(page);
	} else if (!window[n].maps) {
		age_del(n);
		if (window[n].alias ? !set_open(n, true) : !set_alias(n)) {
			age_add(n);
			n = NONE;
		}
	}
	if (n == NONE)
		return page;
	window[n].by = caller;
	window[n].maps++;
	return window_page(n);
}

void window_unmap(const void *at, const void *caller)
{
	unsigned int n;

	if (!window_number(at, &n) || !window[n].maps || --window[n].maps)
		return;
	window[n].gone_by = caller;
	set_open(n, false);
	close_guard(n);
	close_guard(n + 1);
	age_add(n);
}

const void *window_of_page(const void *page)
{
	unsigned int n = find(page);

	return n == NONE ? page : window_page(n);
}

void window_changed(uintptr_t start, uintptr_t end)
{
	for (unsigned int n = 0; n < nr_used; n++)
		if ((uintptr_t)window[n].page >= start && (uintptr_t)window[n].page < end)
			window[n].alias = false;
}

bool memory_map_fault(uintptr_t addr, bool write, uintptr_t ip)
{
	const char *did = write ? "wrote" : "read";
	unsigned long offset;
	struct window *w;
	unsigned int n;

	if (!window_number((const void *)addr, &n))
		return false;
	offset = addr - (uintptr_t)windows - n * WINDOW;
	if (offset >= PAGE_SIZE) {
		w = &window[n];
		/* The alias is as the VMM has the page, maybe read-only. */
		if (w->open && !w->writable) {
			w->writable = true;
			return !mprotect(window_page(n), PAGE_SIZE, PROT_READ | PROT_WRITE) ||
			       !mprotect(window_page(n), PAGE_SIZE, PROT_READ);
		}
		/* Else another thread was let in meanwhile: go on. */
		if (w->open || !w->page)
			return w->open;
		memory_report(CONTROL_MEM_MAP_GONE,
			      "%s %s byte 0x%lx of the guest page at %p, which %s mapped and %s unmapped",
			      memory_accessor(ip), did, offset - PAGE_SIZE, w->page,
			      memory_site(w->by), memory_site(w->gone_by));
		return set_open(n, true);
	}
	/* The guard page between this window and the one before: whose it is the nearer to. */
	w = n && (offset < PAGE_SIZE / 2 || n == NR_WINDOWS || !window[n].page) ?
	    &window[n - 1] : &window[n];
	if (window[n].guard_open || !w->page)
		return window[n].guard_open;
	memory_report(CONTROL_MEM_BOUNDS, "%s %s %s the guest page at %p, which %s mapped",
		      memory_accessor(ip), did, w == &window[n] ? "before" : "past the end of",
		      w->page, memory_site(w->by));
	window[n].guard_open = !mprotect(windows + n * WINDOW, PAGE_SIZE, PROT_READ | PROT_WRITE);
	return window[n].guard_open;
}

int memory_map_init(void)
{
	windows = mmap(NULL, NR_WINDOWS * WINDOW + PAGE_SIZE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (windows == MAP_FAILED) {
		inproc_diag("cannot reserve addresses for mappings of guest memory: %s",
			    strerror(errno));
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < BUCKETS; i++)
		buckets[i] = NONE;
	return 0;
}
