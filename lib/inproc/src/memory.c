// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations of the kernel's: see memory.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../inproc.h"
#include "memory.h"
#include "src.h"

/* Reserved, not used: addresses come again only after all others have. */
#define ARENA_PAGES		(1UL << 22)
/* What is freed keeps its addresses, and its pattern, until so much follows. */
#define QUARANTINE_PAGES	2048

/* As SLUB's: not yet written, around an allocation, freed. */
#define POISON_NEW		0x5a
#define POISON_SLACK		0xbb
#define POISON_FREED		0x6b

struct mem {
	enum image_alloc how;
	unsigned long bytes;
	uintptr_t start;		/* where the bytes are, in @nr_pages from @first */
	unsigned long first, nr_pages;
	struct inproc_vm *owner;
	const void *by, *freed_by;
	struct mem *prev, *next;	/* of the living, or of the quarantine */
	bool freed;
	bool guarded;			/* the page behind it is its guard page */
};

struct list {
	struct mem *head, *tail;
};

static const char *const family[] = {
	[IMAGE_KMALLOC] = "kmalloc()", [IMAGE_VMALLOC] = "vmalloc()",
	[IMAGE_KVMALLOC] = "kvmalloc()", [IMAGE_CACHE] = "kmem_cache_alloc()",
	[IMAGE_PAGES] = "alloc_pages()", [IMAGE_GLUE] = "the suite",
};

static const char *const free_function[] = {
	[IMAGE_KMALLOC] = "kfree()", [IMAGE_VMALLOC] = "vfree()", [IMAGE_KVMALLOC] = "kvfree()",
	[IMAGE_CACHE] = "kmem_cache_free()", [IMAGE_PAGES] = "__free_pages()",
	[IMAGE_GLUE] = "the suite",
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *arena;
static struct mem **mem_of;		/* by page of the arena; NULL for guard pages */
static unsigned long next_page = 1;	/* the first page is a guard */
static struct list living, quarantine;
static unsigned long quarantined;	/* pages */

static __thread struct inproc_vm *owner;

void memory_lock(void)
{
	pthread_mutex_lock(&lock);
}

void memory_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static void list_add(struct list *list, struct mem *m)
{
	m->next = NULL;
	m->prev = list->tail;
	if (list->tail)
		list->tail->next = m;
	else
		list->head = m;
	list->tail = m;
}

static void list_del(struct list *list, struct mem *m)
{
	if (m->prev)
		m->prev->next = m->next;
	else
		list->head = m->next;
	if (m->next)
		m->next->prev = m->prev;
	else
		list->tail = m->prev;
}

static char *page_address(unsigned long page)
{
	return arena + page * MEM_PAGE;
}

/* Fresh, out of reach: an allocation's pages and the guard page behind them. */
static int protect_anew(const struct mem *m)
{
	const size_t len = (m->nr_pages + m->guarded) * MEM_PAGE;

	return mmap(page_address(m->first), len, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED ?
	       -errno : 0;
}

/* Forget the oldest that was freed. */
static void release_oldest(void)
{
	struct mem *m = quarantine.head;

	list_del(&quarantine, m);
	quarantined -= m->nr_pages;
	if (protect_anew(m))
		return;		/* its addresses are lost, no more */
	memset(&mem_of[m->first], 0, m->nr_pages * sizeof(mem_of[0]));
	free(m);
}

/* The first of @nr pages with a guard page on both sides, aligned to @align pages; or 0. */
static unsigned long find_pages(unsigned long nr, unsigned long align)
{
	unsigned long at, i;
	bool again = false;

	for (at = next_page;; at = at + i + 2) {
		at = (at + align - 1) & ~(align - 1);
		if (at + nr + 1 > ARENA_PAGES) {
			if (again || nr + align + 2 > ARENA_PAGES)
				return 0;
			again = true;
			at = align;
		}
		for (i = 0; i <= nr + 1 && !mem_of[at - 1 + i]; i++)
			;
		if (i > nr + 1)
			return at;
	}
}

static void fill_slack(const struct mem *m)
{
	char *first = page_address(m->first), *end = page_address(m->first + m->nr_pages);
	char *start = (char *)m->start;

	memset(first, POISON_SLACK, start - first);
	memset(start + m->bytes, POISON_SLACK, end - (start + m->bytes));
}

IMAGE_CALL void *memory_alloc(enum image_alloc how, unsigned long bytes, unsigned long align,
			      int zero, const void *caller)
{
	struct mem *m = NULL;
	uintptr_t end;

	if (bytes > ARENA_PAGES * MEM_PAGE ||
	    (how != IMAGE_GLUE && owner && src_step_fails(IMAGE_STEP_ALLOC)))
		return NULL;
	memory_lock();
	m = calloc(1, sizeof(*m));
	if (!m)
		goto out;
	m->how = how;
	m->bytes = bytes;
	m->by = caller;
	m->owner = how == IMAGE_GLUE ? NULL : owner;
	m->guarded = true;
	m->nr_pages = bytes ? (bytes + MEM_PAGE - 1) / MEM_PAGE : 1;
	m->first = find_pages(m->nr_pages, align > MEM_PAGE ? align / MEM_PAGE : 1);
	if (!m->first || mprotect(page_address(m->first), m->nr_pages * MEM_PAGE,
				  PROT_READ | PROT_WRITE)) {
		free(m);
		m = NULL;
		goto out;
	}
	next_page = m->first + m->nr_pages + 1;
	for (unsigned long i = 0; i < m->nr_pages; i++)
		mem_of[m->first + i] = m;
	end = (uintptr_t)page_address(m->first + m->nr_pages);
	m->start = (end - bytes) & ~(align - 1);
	fill_slack(m);
	/* Pages are fresh: zeroed. */
	if (!zero)
		memset((void *)m->start, POISON_NEW, bytes);
	list_add(&living, m);
out:
	memory_unlock();
	return m ? (void *)m->start : NULL;
}

/* The first byte in [@from, @to) that is not the pattern, or NULL. */
static const unsigned char *overwritten(uintptr_t from, uintptr_t to)
{
	for (const unsigned char *p = (void *)from; p < (const unsigned char *)to; p++)
		if (*p != POISON_SLACK)
			return p;
	return NULL;
}

static void check_slack(const struct mem *m)
{
	uintptr_t first = (uintptr_t)page_address(m->first);
	uintptr_t end = m->start + m->bytes;
	const unsigned char *p;

	p = overwritten(end, first + m->nr_pages * MEM_PAGE);
	if (p)
		memory_report(IMAGE_MEM_BOUNDS, "something wrote %s past the %s that %s allocated",
			      memory_bytes((uintptr_t)p - end + 1), memory_bytes(m->bytes),
			      memory_site(m->by));
	p = overwritten(first, m->start);
	if (p)
		memory_report(IMAGE_MEM_BOUNDS,
			      "something wrote %s before the %s that %s allocated",
			      memory_bytes(m->start - (uintptr_t)p), memory_bytes(m->bytes),
			      memory_site(m->by));
	if (p || overwritten(end, first + m->nr_pages * MEM_PAGE))
		fill_slack(m);
}

static struct mem *find_mem(uintptr_t addr)
{
	uintptr_t base = (uintptr_t)arena;

	if (!arena || addr < base || addr >= base + ARENA_PAGES * MEM_PAGE)
		return NULL;
	return mem_of[(addr - base) / MEM_PAGE];
}

static bool may_free(enum image_alloc how, enum image_alloc with)
{
	if (how == with)
		return true;
	if (with == IMAGE_KVMALLOC)
		return how == IMAGE_KMALLOC || how == IMAGE_VMALLOC;
	return with == IMAGE_KMALLOC && how == IMAGE_CACHE;
}

static void set_free(struct mem *m, const void *caller)
{
	check_slack(m);
	memset((void *)m->start, POISON_FREED, m->bytes);
	list_del(&living, m);
	m->freed = true;
	m->freed_by = caller;
	list_add(&quarantine, m);
	quarantined += m->nr_pages;
	/* Out of reach, with the pattern for whoever is let in all the same. */
	mprotect(page_address(m->first), m->nr_pages * MEM_PAGE, PROT_NONE);
	while (quarantined > QUARANTINE_PAGES)
		release_oldest();
}

IMAGE_CALL void memory_free(enum image_alloc how, const void *p, const void *caller)
{
	struct mem *m;

	if (!p)
		return;
	memory_lock();
	m = find_mem((uintptr_t)p);
	if (!m) {
		memory_report(IMAGE_MEM_FREED, "%s freed address %p, where nothing is allocated",
			      memory_site(caller), p);
	} else if (m->freed) {
		memory_report(IMAGE_MEM_FREED,
			      "%s freed once more the %s that %s allocated and %s had freed",
			      memory_site(caller), memory_bytes(m->bytes), memory_site(m->by),
			      memory_site(m->freed_by));
	} else if (m->start != (uintptr_t)p) {
		memory_report(IMAGE_MEM_FREED,
			      "%s freed an address %s behind the start of the %s that %s allocated",
			      memory_site(caller), memory_bytes((uintptr_t)p - m->start),
			      memory_bytes(m->bytes), memory_site(m->by));
	} else {
		if (!may_free(m->how, how))
			memory_report(IMAGE_MEM_FREED,
				      "%s freed with %s the %s that %s allocated with %s",
				      memory_site(caller), free_function[how],
				      memory_bytes(m->bytes), memory_site(m->by), family[m->how]);
		set_free(m, caller);
	}
	memory_unlock();
}

/* Nothing bounds the pages against each other. */
IMAGE_CALL void memory_split(void *p)
{
	struct mem *m, *part;

	memory_lock();
	m = find_mem((uintptr_t)p);
	while (m && !m->freed && m->start == (uintptr_t)p && m->nr_pages > 1) {
		part = malloc(sizeof(*part));
		if (!part)
			abort();
		/* The last page is cut off. */
		*part = *m;
		part->bytes = MEM_PAGE;
		part->nr_pages = 1;
		part->first = m->first + m->nr_pages - 1;
		part->start = (uintptr_t)page_address(part->first);
		mem_of[part->first] = part;
		list_add(&living, part);
		m->nr_pages--;
		m->bytes -= MEM_PAGE;
		m->guarded = false;
	}
	memory_unlock();
}

/* ---- faults ---- */

static const char *accessed(bool write)
{
	return write ? "wrote" : "read";
}

static bool freed_fault(struct mem *m, uintptr_t addr, bool write, uintptr_t ip)
{
	memory_report(IMAGE_MEM_FREED, "%s %s byte %lu of the %s that %s allocated and %s had freed",
		      memory_accessor(ip), accessed(write), addr - m->start, memory_bytes(m->bytes),
		      memory_site(m->by), memory_site(m->freed_by));
	return !mprotect(page_address(m->first), m->nr_pages * MEM_PAGE, PROT_READ | PROT_WRITE);
}

static bool guard_fault(unsigned long page, uintptr_t addr, bool write, uintptr_t ip)
{
	const struct mem *before = page ? mem_of[page - 1] : NULL;
	const struct mem *after = page + 1 < ARENA_PAGES ? mem_of[page + 1] : NULL;
	unsigned long past = 0, ahead = 0;

	if (before)
		past = addr - (before->start + before->bytes) + 1;
	if (after)
		ahead = after->start - addr;
	/* A guard page has one on each side: the nearer one is meant. */
	if (before && (!after || past <= ahead))
		memory_report(IMAGE_MEM_BOUNDS, "%s %s %s past the %s that %s allocated",
			      memory_accessor(ip), accessed(write), memory_bytes(past),
			      memory_bytes(before->bytes), memory_site(before->by));
	else if (after)
		memory_report(IMAGE_MEM_BOUNDS, "%s %s %s before the %s that %s allocated",
			      memory_accessor(ip), accessed(write), memory_bytes(ahead),
			      memory_bytes(after->bytes), memory_site(after->by));
	else
		return false;
	return !mprotect(page_address(page), MEM_PAGE, PROT_READ | PROT_WRITE);
}

bool memory_fault(uintptr_t addr, bool write, uintptr_t ip)
{
	uintptr_t base = (uintptr_t)arena;
	struct mem *m;
	bool handled;

	if (!arena)
		return false;
	memory_lock();
	if (addr < base || addr >= base + ARENA_PAGES * MEM_PAGE) {
		handled = memory_map_fault(addr, write, ip);
	} else {
		m = find_mem(addr);
		if (!m)
			handled = guard_fault((addr - base) / MEM_PAGE, addr, write, ip);
		else
			/* Else another thread was let in meanwhile: go on. */
			handled = m->freed ? freed_fault(m, addr, write, ip) : true;
	}
	memory_unlock();
	return handled;
}

/* ---- whose it is ---- */

IMAGE_CALL void *memory_owner(void)
{
	return owner;
}

void memory_enter(struct inproc_vm *vm)
{
	owner = vm;
}

void memory_leave(void)
{
	memory_map_leave();
	owner = NULL;
}

void memory_check_slack(void)
{
	memory_lock();
	for (const struct mem *m = living.head; m; m = m->next)
		check_slack(m);
	memory_unlock();
}

unsigned long memory_held(void)
{
	unsigned long nr = 0;
	struct mem *m;

	memory_lock();
	for (m = living.head; m; m = m->next)
		nr += !!m->owner;
	memory_unlock();
	return nr;
}

void memory_vm_destroyed(struct inproc_vm *vm)
{
	memory_lock();
	for (struct mem *m = living.head; m; m = m->next) {
		if (m->owner != vm)
			continue;
		memory_report(IMAGE_MEM_LEAK,
			      "the %s that %s allocated are not freed with their VM",
			      memory_bytes(m->bytes), memory_site(m->by));
		m->owner = NULL;
	}
	memory_map_vm_destroyed(vm);
	memory_unlock();
	memory_check_slack();
}

int memory_init(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	const size_t huge = 1UL << 21;

	mem_of = mmap(NULL, ARENA_PAGES * sizeof(mem_of[0]), PROT_READ | PROT_WRITE, flags, -1, 0);
	arena = mmap(NULL, ARENA_PAGES * MEM_PAGE + huge, PROT_NONE, flags, -1, 0);
	if (mem_of == MAP_FAILED || arena == MAP_FAILED) {
		arena = NULL;
		inproc_diag("cannot reserve addresses for the kernel's memory: %s", strerror(errno));
		return -ENOMEM;
	}
	/* So that alignments of pages are alignments of addresses. */
	arena = (char *)(((uintptr_t)arena + huge - 1) & ~(huge - 1));
	return memory_map_init() ?: -pthread_atfork(memory_lock, memory_unlock, memory_unlock);
}
