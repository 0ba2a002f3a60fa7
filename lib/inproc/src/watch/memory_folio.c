// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of files, as guest_memfd has them: memory of their own that is shared, so that the
 * engine and the VMM can have aliases of a page (mremap() makes them of shared mappings
 * only).  A child of fork() has none of its parent's pages but empty ones in their place.
 *
 * A page is out of reach before it is first used, give or take some neighbours that come
 * with it, and after it is freed; there is no guard between the pages of a file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/base.h"
#include "memory.h"
#include "watch.h"

#define NR_PAGES		(1UL << 22)
#define AREA_PAGES		(IMAGE_AREA_SIZE / PAGE_SIZE)
#define NR_AREAS		(NR_PAGES / AREA_PAGES)
#define BYTES			(NR_PAGES * PAGE_SIZE)
/* So many come into reach at once: mprotect() costs as much as writing to a few pages. */
#define BATCH			16

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define POISON_NEW		0x5a
#define POISON_FREED		0x6b

enum state { FRESH, LIVING, FREED };

struct folio {
	enum state state;
	bool open;			/* in reach */
	struct src_vm *owner;
	const void *by, *freed_by;
	unsigned int prev, next;	/* of the living, as numbers plus one; 0: none */
};

struct area {
	bool used;
	bool orphan;			/* given back, but some of its pages are living yet */
	unsigned int living;
};

static char *folios;			/* NULL until the first area is wanted */
static struct folio *folio_of;
static struct area areas[NR_AREAS];
static unsigned int first_living;

static char *address_of(unsigned long n)
{
	return folios + n * PAGE_SIZE;
}

static bool number_of(const void *p, unsigned long *n)
{
	if (!folios || (const char *)p < folios || (const char *)p >= folios + BYTES)
		return false;
	*n = ((const char *)p - folios) / PAGE_SIZE;
	return true;
}

bool memory_is_folio(const void *p)
{
	unsigned long n;

	return number_of(p, &n);
}

static int protect(unsigned long n, unsigned long nr, int prot)
{
	return mprotect(address_of(n), nr * PAGE_SIZE, prot) ? -errno : 0;
}

static bool map_anew(void *at)
{
	const int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0);
	/* Aligned to the size of an area. */
	const size_t more = at ? 0 : IMAGE_AREA_SIZE;
	char *p = mmap(at, BYTES + more, PROT_NONE, flags, -1, 0);

	if (p == MAP_FAILED) {
		inproc_diag("cannot reserve addresses for pages of files: %s", strerror(errno));
		return false;
	}
	folios = (char *)(((uintptr_t)p + more) & ~(IMAGE_AREA_SIZE - 1));
	/* A child would write into its parent's. */
	madvise(folios, BYTES, MADV_DONTFORK);
	return true;
}

static bool init(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	if (folios)
		return true;
	folio_of = mmap(NULL, NR_PAGES * sizeof(folio_of[0]), PROT_READ | PROT_WRITE, flags, -1, 0);
	return folio_of != MAP_FAILED && map_anew(NULL);
}

static void list_add(unsigned long n)
{
	struct folio *f = &folio_of[n];

	f->prev = 0;
	f->next = first_living;
	if (f->next)
		folio_of[f->next - 1].prev = n + 1;
	first_living = n + 1;
	areas[n / AREA_PAGES].living++;
}

static void list_del(unsigned long n)
{
	struct folio *f = &folio_of[n];

	if (f->prev)
		folio_of[f->prev - 1].next = f->next;
	else
		first_living = f->next;
	if (f->next)
		folio_of[f->next - 1].prev = f->prev;
	areas[n / AREA_PAGES].living--;
}

IMAGE_CALL void *memory_area_get(void)
{
	char *p = NULL;
	unsigned long i;

	memory_lock();
	for (i = 0; init() && i < NR_AREAS && !p; i++) {
		if (areas[i].used)
			continue;
		areas[i].used = true;
		p = address_of(i * AREA_PAGES);
	}
	memory_unlock();
	return p;
}

static void release(unsigned long i)
{
	madvise(address_of(i * AREA_PAGES), IMAGE_AREA_SIZE, MADV_REMOVE);
	protect(i * AREA_PAGES, AREA_PAGES, PROT_NONE);
	memset(&folio_of[i * AREA_PAGES], 0, AREA_PAGES * sizeof(folio_of[0]));
	areas[i] = (struct area){};
}

IMAGE_CALL void memory_area_put(void *p)
{
	unsigned long n;

	memory_lock();
	if (number_of(p, &n)) {
		areas[n / AREA_PAGES].orphan = true;
		if (!areas[n / AREA_PAGES].living)
			release(n / AREA_PAGES);
	}
	memory_unlock();
}

/* Page @n comes into reach, and with it those around it that were never used. */
static bool open_pages(unsigned long n)
{
	unsigned long first = n & ~(BATCH - 1UL), nr = BATCH, i;

	for (i = 0; i < BATCH; i++) {
		if (folio_of[first + i].state == FREED) {
			first = n;
			nr = 1;
			break;
		}
	}
	if (protect(first, nr, PROT_READ | PROT_WRITE))
		return false;
	/* A fault for each of them takes longer; where there is no such call they come by faults. */
	madvise(address_of(first), nr * PAGE_SIZE, MADV_POPULATE_WRITE);
	for (i = 0; i < nr; i++)
		folio_of[first + i].open = true;
	return true;
}

IMAGE_CALL int memory_area_alloc(void *page, int zero, const void *caller)
{
	struct src_vm *owner = memory_owner();
	unsigned long n;
	struct folio *f;
	bool ok;

	if (owner && src_step_fails(CONTROL_STEP_ALLOC))
		return 0;
	memory_lock();
	ok = number_of(page, &n) && folio_of[n].state != LIVING &&
	     (folio_of[n].open || open_pages(n));
	if (ok) {
		f = &folio_of[n];
		/* What was never used is zeroed. */
		if (!zero || f->state == FREED)
			memset(page, zero ? 0 : POISON_NEW, PAGE_SIZE);
		*f = (struct folio){ .state = LIVING, .open = true, .owner = owner, .by = caller };
		list_add(n);
	}
	memory_unlock();
	return ok;
}

bool memory_folio_free(const void *p, const void *caller)
{
	struct folio *f;
	unsigned long n;

	if (!number_of(p, &n))
		return false;
	f = &folio_of[n];
	if (f->state != LIVING) {
		memory_report(CONTROL_MEM_FREED,
			      "%s freed a file's page at %p, which is not in use",
			      memory_site(caller), p);
		return true;
	}
	memset(address_of(n), POISON_FREED, PAGE_SIZE);
	list_del(n);
	f->state = FREED;
	f->freed_by = caller;
	f->open = false;
	protect(n, 1, PROT_NONE);
	if (areas[n / AREA_PAGES].orphan && !areas[n / AREA_PAGES].living)
		release(n / AREA_PAGES);
	return true;
}

bool memory_folio_fault(uintptr_t addr, bool write, uintptr_t ip, bool *handled)
{
	const char *did = write ? "wrote" : "read";
	struct folio *f;
	unsigned long n;

	if (!number_of((void *)addr, &n))
		return false;
	f = &folio_of[n];
	/* Else another thread was let in meanwhile: go on. */
	*handled = f->open;
	if (f->open)
		return true;
	if (f->state == FREED)
		memory_report(CONTROL_MEM_FREED,
			      "%s %s byte %lu of a file's page that %s allocated and %s had freed",
			      memory_accessor(ip), did, addr % PAGE_SIZE, memory_site(f->by),
			      memory_site(f->freed_by));
	else
		memory_report(CONTROL_MEM_BOUNDS, "%s %s a page that a file does not have",
			      memory_accessor(ip), did);
	*handled = !protect(n, 1, PROT_READ | PROT_WRITE);
	f->open = *handled;
	return true;
}

unsigned long memory_folio_held(void)
{
	unsigned long nr = 0;
	unsigned int at;

	for (at = first_living; at; at = folio_of[at - 1].next)
		nr += !!folio_of[at - 1].owner;
	return nr;
}

void memory_folio_vm_destroyed(struct src_vm *vm)
{
	unsigned long nr = 0;
	const void *by = NULL;
	unsigned int at;

	for (at = first_living; at; at = folio_of[at - 1].next) {
		struct folio *f = &folio_of[at - 1];

		if (f->owner != vm)
			continue;
		f->owner = NULL;
		by = f->by;
		nr++;
	}
	if (nr)
		memory_report(CONTROL_MEM_LEAK,
			      "%lu pages of files, one of which %s allocated, are not freed with their VM",
			      nr, memory_site(by));
}

void memory_folio_forked(void)
{
	unsigned int at;

	if (!folios)
		return;
	if (!map_anew(folios))
		abort();
	for (unsigned long n = 0; n < NR_AREAS; n++)
		for (unsigned long i = 0; areas[n].used && i < AREA_PAGES; i++)
			folio_of[n * AREA_PAGES + i].open = false;
	for (at = first_living; at; at = folio_of[at - 1].next)
		folio_of[at - 1].open = !protect(at - 1, 1, PROT_READ | PROT_WRITE);
}
