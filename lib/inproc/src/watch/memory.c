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
#include <sys/queue.h>

#include "base/base.h"
#include "memory.h"
#include "memory_mem.h"
#include "src/sched/sched.h"
#include "watch.h"

/* What is freed keeps its addresses, and its pattern, until so much follows. */
#define QUARANTINE_PAGES	2048

/* As SLUB's: not yet written, around an allocation, freed. */
#define POISON_NEW		0x5a
#define POISON_SLACK		0xbb
#define POISON_FREED		0x6b
/* Of an allocation at most. */
#define MAX_POISON		(1UL << 20)

TAILQ_HEAD(list, mem);

#define NR_LIVING	64U

static const char *const family[] = {
	[IMAGE_KMALLOC] = "kmalloc()", [IMAGE_VMALLOC] = "vmalloc()",
	[IMAGE_KVMALLOC] = "kvmalloc()", [IMAGE_CACHE] = "kmem_cache_alloc()",
	[IMAGE_PAGES] = "alloc_pages()", [IMAGE_FOLIO] = "the page cache",
	[IMAGE_GLUE] = "the suite",
};

static const char *const free_function[] = {
	[IMAGE_KMALLOC] = "kfree()", [IMAGE_VMALLOC] = "vfree()", [IMAGE_KVMALLOC] = "kvfree()",
	[IMAGE_CACHE] = "kmem_cache_free()", [IMAGE_PAGES] = "__free_pages()",
	[IMAGE_FOLIO] = "the page cache", [IMAGE_GLUE] = "the suite",
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mem **mem_of;		/* by page of the arena; NULL for guard pages */
static unsigned long next_page = 1;	/* the first page is a guard */
/* By owner: a VM's end costs nothing for what others have.  The first ones are nobody's. */
static struct list living[NR_LIVING];
static struct list quarantine = TAILQ_HEAD_INITIALIZER(quarantine);
static unsigned long quarantined;	/* pages */
/*
 * Single pages that are open already, each with a guard page behind it: most allocations are one.
 * The first that is left, and the end.
 */
static unsigned long pool, pool_end;
#define POOL_PAGES		32UL

static __thread struct src_vm *owner;
static __thread bool inside;		/* the kernel */

void memory_lock(void)
{
	pthread_mutex_lock(&lock);
}

void memory_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static struct list *living_of(const struct mem *m)
{
	uintptr_t n = (uintptr_t)m->owner / 64;

	return m->owner ? &living[1 + (n ^ n >> 6 ^ n >> 12) % (NR_LIVING - 1)] : living;
}

/* Forget the oldest that was freed. */
static void release_oldest(void)
{
	struct mem *m = TAILQ_FIRST(&quarantine);

	TAILQ_REMOVE(&quarantine, m, link);
	quarantined -= m->nr_pages;
	/* Also what was opened again, pages or guard */
	if (!pages_forget(m->first, m->nr_pages + m->guarded))
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
		if (at - 1 < pool_end && at + nr + 1 > pool)
			at = (pool_end + align) & ~(align - 1);
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

/* A page of the pool: zeroed, or something wrote there. */
static unsigned long take_single(void)
{
	unsigned long at = pool;
	char *page;

	if (pool == pool_end) {
		at = find_pages(2 * POOL_PAGES - 1, 1);
		if (!at || !pages_open_singles(at, POOL_PAGES))
			return 0;
		pool_end = at + 2 * POOL_PAGES;
		next_page = pool_end;
	}
	pool = at + 2;
	page = memory_page(at);
	if (*page || memcmp(page, page + 1, PAGE_SIZE - 1)) {
		memory_report(CONTROL_MEM_BOUNDS, "something wrote to a page at %p, which nobody had",
			      page);
		memset(page, 0, PAGE_SIZE);
	}
	return at;
}

/* Some number of pages that are out of reach become an allocation's. */
static unsigned long take_pages(unsigned long nr, unsigned long align, bool filled)
{
	const unsigned long at = nr > 1 || align > 1 ? find_pages(nr, align) : take_single();

	if (!at || (nr == 1 && align == 1))
		return at;
	if (!pages_open(at, nr, filled))
		return 0;
	next_page = at + nr + 1;
	return at;
}

static void fill_slack(const struct mem *m)
{
	char *first = memory_page(m->first), *end = memory_page(m->first + m->nr_pages);
	char *start = (char *)m->start;

	memset(first, POISON_SLACK, start - first);
	memset(start + m->bytes, POISON_SLACK, end - (start + m->bytes));
}

IMAGE_CALL void *memory_alloc(enum image_alloc how, unsigned long bytes, unsigned long align,
			      int zero, const void *caller)
{
	struct mem *m = NULL;
	uintptr_t end;

	if (how == IMAGE_NOTE)
		return calloc(1, bytes);
	if (bytes > ARENA_PAGES * PAGE_SIZE ||
	    (how != IMAGE_GLUE && owner && src_step_fails(CONTROL_STEP_ALLOC)))
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
	m->nr_pages = bytes ? (bytes + PAGE_SIZE - 1) / PAGE_SIZE : 1;
	m->first = take_pages(m->nr_pages, align > PAGE_SIZE ? align / PAGE_SIZE : 1,
			      !zero && bytes <= MAX_POISON);
	if (!m->first) {
		free(m);
		m = NULL;
		goto out;
	}
	for (unsigned long i = 0; i < m->nr_pages; i++)
		mem_of[m->first + i] = m;
	end = (uintptr_t)memory_page(m->first + m->nr_pages);
	m->start = (end - bytes) & ~(align - 1);
	fill_slack(m);
	/* Pages are fresh: zeroed.  What is huge, firmware's tables, stays out of memory. */
	if (!zero && bytes <= MAX_POISON)
		memset((void *)m->start, POISON_NEW, bytes);
	TAILQ_INSERT_TAIL(living_of(m), m, link);
out:
	memory_unlock();
	return m ? (void *)m->start : NULL;
}

/* The first byte in [@from, @to) that is not the pattern, or NULL. */
static const unsigned char *overwritten(uintptr_t from, uintptr_t to)
{
	const unsigned char *p = (void *)from;

	/* All bytes are the pattern if the first one is, and each is as the one before. */
	if (from >= to || (*p == POISON_SLACK && !memcmp(p, p + 1, to - from - 1)))
		return NULL;
	while (*p == POISON_SLACK)
		p++;
	return p;
}

static void check_slack(const struct mem *m)
{
	uintptr_t first = (uintptr_t)memory_page(m->first);
	uintptr_t end = m->start + m->bytes;
	const unsigned char *p;

	p = overwritten(end, first + m->nr_pages * PAGE_SIZE);
	if (p)
		memory_report(CONTROL_MEM_BOUNDS,
			      "something wrote %s past the %s that %s allocated",
			      memory_bytes((uintptr_t)p - end + 1), memory_bytes(m->bytes),
			      memory_site(m->by));
	p = overwritten(first, m->start);
	if (p)
		memory_report(CONTROL_MEM_BOUNDS,
			      "something wrote %s before the %s that %s allocated",
			      memory_bytes(m->start - (uintptr_t)p), memory_bytes(m->bytes),
			      memory_site(m->by));
	if (p || overwritten(end, first + m->nr_pages * PAGE_SIZE))
		fill_slack(m);
}

struct mem *memory_find(uintptr_t addr)
{
	unsigned long page;

	return pages_number(addr, &page) ? mem_of[page] : NULL;
}

static bool may_free(enum image_alloc how, enum image_alloc with)
{
	if (how == with)
		return true;
	if (with == IMAGE_KVMALLOC)
		return how == IMAGE_KMALLOC || how == IMAGE_VMALLOC;
	return with == IMAGE_KMALLOC && how == IMAGE_CACHE;
}

static bool set_owned(struct mem *m, bool owned)
{
	m->owned = owned;
	return !mprotect(memory_page(m->first), PAGE_SIZE,
			 owned ? PROT_READ : PROT_READ | PROT_WRITE);
}

IMAGE_CALL void memory_page_owned(void *page, int owned)
{
	struct mem *m;

	memory_lock();
	m = memory_is_folio(page) ? NULL : memory_find((uintptr_t)page);
	/* Of one page, not a part of what others have, too. */
	if (m && !m->freed && !m->shared && m->nr_pages == 1 && m->bytes == PAGE_SIZE &&
	    m->owned != !!owned)
		set_owned(m, owned);
	memory_unlock();
}

static void set_free(struct mem *m, const void *caller)
{
	if (m->owned)
		set_owned(m, false);
	check_slack(m);
	TAILQ_REMOVE(living_of(m), m, link);
	m->freed = true;
	m->freed_by = caller;
	TAILQ_INSERT_TAIL(&quarantine, m, link);
	quarantined += m->nr_pages;
	/* The VMM may have its pages yet: those stay as they are, elsewhere. */
	if (m->shared) {
		pages_map_anew(m->first, m->nr_pages);
		window_changed((uintptr_t)memory_page(m->first), m->start + m->bytes);
	} else {
		pages_close(m->first, m->nr_pages);
	}
	while (quarantined > QUARANTINE_PAGES)
		release_oldest();
}

IMAGE_CALL void memory_free(enum image_alloc how, const void *p, const void *caller)
{
	unsigned long freed = 0;
	struct mem *m;

	if (!p)
		return;
	if (how == IMAGE_NOTE) {
		free((void *)p);
		return;
	}
	memory_lock();
	if (how == IMAGE_FOLIO && memory_folio_free(p, caller)) {
		memory_unlock();
		return;
	}
	m = memory_find((uintptr_t)p);
	if (!m) {
		memory_report(CONTROL_MEM_FREED, "%s freed address %p, where nothing is allocated",
			      memory_site(caller), p);
	} else if (m->freed) {
		memory_report(CONTROL_MEM_FREED,
			      "%s freed once more the %s that %s allocated and %s had freed",
			      memory_site(caller), memory_bytes(m->bytes), memory_site(m->by),
			      memory_site(m->freed_by));
	} else if (m->start != (uintptr_t)p) {
		memory_report(CONTROL_MEM_FREED,
			      "%s freed an address %s behind the start of the %s that %s allocated",
			      memory_site(caller), memory_bytes((uintptr_t)p - m->start),
			      memory_bytes(m->bytes), memory_site(m->by));
	} else {
		if (!may_free(m->how, how))
			memory_report(CONTROL_MEM_FREED,
				      "%s freed with %s the %s that %s allocated with %s",
				      memory_site(caller), free_function[how],
				      memory_bytes(m->bytes), memory_site(m->by), family[m->how]);
		freed = m->bytes;
		set_free(m, caller);
	}
	memory_unlock();
	if (freed)
		sched_freed(p, freed, caller);
}

IMAGE_CALL int memory_in_shared_page(const void *p)
{
	const struct mem *m;
	int shared;

	memory_lock();
	m = memory_is_folio(p) ? NULL : memory_find((uintptr_t)p);
	shared = m && (m->how == IMAGE_KMALLOC || m->how == IMAGE_CACHE) &&
		 m->bytes % PAGE_SIZE;
	memory_unlock();
	return shared;
}

/* Nothing bounds the pages against each other. */
IMAGE_CALL void memory_split(void *p)
{
	struct mem *m, *part;

	memory_lock();
	m = memory_find((uintptr_t)p);
	while (m && !m->freed && m->start == (uintptr_t)p && m->nr_pages > 1) {
		part = malloc(sizeof(*part));
		if (!part)
			abort();
		/* The last page is cut off. */
		*part = *m;
		part->bytes = PAGE_SIZE;
		part->nr_pages = 1;
		part->first = m->first + m->nr_pages - 1;
		part->start = (uintptr_t)memory_page(part->first);
		mem_of[part->first] = part;
		TAILQ_INSERT_TAIL(living_of(part), part, link);
		m->nr_pages--;
		m->bytes -= PAGE_SIZE;
		m->guarded = false;
	}
	memory_unlock();
}

/* ---- faults ---- */

static const char *accessed(bool write)
{
	return write ? "wrote" : "read";
}

static bool owned_fault(struct mem *m, uintptr_t addr, uintptr_t ip)
{
	memory_report(CONTROL_MEM_FIRMWARE,
		      "%s wrote to byte 0x%lx of the page that %s allocated, which is a guest's",
		      memory_accessor(ip), addr - m->start, memory_site(m->by));
	return set_owned(m, false);
}

static bool freed_fault(struct mem *m, uintptr_t addr, bool write, uintptr_t ip)
{
	memory_report(CONTROL_MEM_FREED,
		      "%s %s byte %lu of the %s that %s allocated and %s had freed",
		      memory_accessor(ip), accessed(write), addr - m->start, memory_bytes(m->bytes),
		      memory_site(m->by), memory_site(m->freed_by));
	if (!pages_open(m->first, m->nr_pages, false))
		return false;
	/* A pattern for whoever is let in all the same. */
	memset((void *)m->start, POISON_FREED, m->bytes < MAX_POISON ? m->bytes : MAX_POISON);
	m->let_in = true;
	return true;
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
		memory_report(CONTROL_MEM_BOUNDS, "%s %s %s past the %s that %s allocated",
			      memory_accessor(ip), accessed(write), memory_bytes(past),
			      memory_bytes(before->bytes), memory_site(before->by));
	else if (after)
		memory_report(CONTROL_MEM_BOUNDS, "%s %s %s before the %s that %s allocated",
			      memory_accessor(ip), accessed(write), memory_bytes(ahead),
			      memory_bytes(after->bytes), memory_site(after->by));
	else
		return false;
	return pages_open(page, 1, false);
}

bool memory_fault(uintptr_t addr, bool write, uintptr_t ip)
{
	unsigned long page;
	struct mem *m;
	bool handled;

	if (!mem_of)
		return false;
	memory_lock();
	if (!pages_number(addr, &page)) {
		if (!memory_folio_fault(addr, write, ip, &handled))
			handled = memory_map_fault(addr, write, ip);
	} else {
		m = memory_find(addr);
		if (!m)
			handled = guard_fault(page, addr, write, ip);
		else if (m->owned && write)
			handled = owned_fault(m, addr, ip);
		else
			/* Else another thread was let in meanwhile: go on. */
			handled = m->freed && !m->let_in ? freed_fault(m, addr, write, ip) : true;
	}
	memory_unlock();
	return handled;
}

/* ---- in a child of fork() ---- */

/* A child would copy each page that it takes from the pool. */
static void before_fork(void)
{
	memory_lock();
	for (; pool < pool_end; pool += 2)
		pages_close(pool, 1);
}

static void forked(void)
{
	struct mem *m;

	for (unsigned int i = 0; i < NR_LIVING; i++)
		TAILQ_FOREACH(m, &living[i], link)
			if (m->shared)
				memory_unshare(m);
	memory_folio_forked();
	window_changed(0, UINTPTR_MAX);
	memory_unlock();
}

/* ---- whose it is ---- */

IMAGE_CALL void *memory_owner(void)
{
	return owner;
}

void memory_enter(struct src_vm *vm)
{
	owner = vm;
	inside = true;
}

void memory_leave(void)
{
	memory_map_leave();
	owner = NULL;
	inside = false;
}

bool memory_inside(void)
{
	return inside;
}

void memory_changed(uintptr_t start, uintptr_t end)
{
	memory_lock();
	window_changed(start, end);
	memory_unlock();
}

static void check_slack_of(const struct list *list)
{
	const struct mem *m;

	TAILQ_FOREACH(m, list, link)
		check_slack(m);
}

void memory_check_slack(void)
{
	memory_lock();
	for (unsigned int i = 0; i < NR_LIVING; i++)
		check_slack_of(&living[i]);
	memory_unlock();
}

unsigned long memory_held(void)
{
	unsigned long nr = 0;
	const struct mem *m;

	memory_lock();
	for (unsigned int i = 1; i < NR_LIVING; i++)
		TAILQ_FOREACH(m, &living[i], link)
			nr++;
	nr += memory_folio_held();
	memory_unlock();
	return nr;
}

void memory_vm_destroyed(struct src_vm *vm)
{
	struct list *list = living_of(&(struct mem){ .owner = vm });
	struct mem *m, *next;

	memory_lock();
	for (m = TAILQ_FIRST(list); m; m = next) {
		next = TAILQ_NEXT(m, link);
		if (m->owner != vm)
			continue;
		memory_report(CONTROL_MEM_LEAK,
			      "the %s that %s allocated are not freed with their VM",
			      memory_bytes(m->bytes), memory_site(m->by));
		TAILQ_REMOVE(list, m, link);
		m->owner = NULL;
		TAILQ_INSERT_TAIL(living, m, link);
	}
	memory_folio_vm_destroyed(vm);
	memory_map_vm_destroyed(vm);
	if (!hang_nr_vms())
		check_slack_of(living);
	memory_unlock();
}

int memory_init(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	mem_of = mmap(NULL, ARENA_PAGES * sizeof(mem_of[0]), PROT_READ | PROT_WRITE, flags, -1, 0);
	if (mem_of == MAP_FAILED || !pages_init()) {
		mem_of = NULL;
		inproc_diag("cannot reserve addresses for the kernel's memory: %s", strerror(errno));
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < NR_LIVING; i++)
		TAILQ_INIT(&living[i]);
	return memory_map_init() ?: -pthread_atfork(before_fork, memory_unlock, forked);
}
