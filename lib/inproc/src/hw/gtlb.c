// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's translations as the engine has them: what a CPU's TLB is to nested page
 * tables.  A page is entered when the guest first accesses it, from the tree's own page
 * tables, and stays until the kernel flushes; so a kernel that forgets to flush is seen.
 *
 * What is not exact: there is one for all vCPUs of a VM, so a flush by one of them is one
 * for all, and nothing is ever dropped for want of room.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "hw.h"
#include "src/watch/memory.h"

struct entry {
	uint64_t gpa;			/* the engine's */
	uint64_t walked;		/* the kernel's page tables for it */
	uint64_t pa;
	const void *given_back;		/* by whom the page was, or NULL */
	bool used, writable;
};

/* Open addressing; a power of two, at most half full. */
struct gtlb {
	struct src_vm *vm;
	struct entry *entries;
	size_t size, nr;
	size_t nr_given_back;		/* entries, or more than there are by now */
	struct gtlb *next;
};

#define FIRST_SIZE	256

/*
 * Those of all VMs.  The lock is for their entries, too, since a page that is given back may be
 * any VM's; who has a VM's lock takes it after that.
 */
static struct gtlb *gtlbs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* How many entries have a page, counted by its number's low bits: none has one that counts 0. */
static unsigned int pages[1 << 14];

static void count_page(uint64_t pa, int more)
{
	__atomic_fetch_add(&pages[pa / PAGE_SIZE % (sizeof(pages) / sizeof(pages[0]))], more,
			   __ATOMIC_RELAXED);
}

struct gtlb *gtlb_new(struct src_vm *vm)
{
	struct gtlb *tlb = calloc(1, sizeof(*tlb));

	if (!tlb)
		return NULL;
	tlb->vm = vm;
	tlb->size = FIRST_SIZE;
	tlb->entries = calloc(tlb->size, sizeof(tlb->entries[0]));
	if (!tlb->entries) {
		free(tlb);
		return NULL;
	}
	pthread_mutex_lock(&lock);
	tlb->next = gtlbs;
	gtlbs = tlb;
	pthread_mutex_unlock(&lock);
	return tlb;
}

void gtlb_free(struct gtlb *tlb)
{
	struct gtlb **link = &gtlbs;

	pthread_mutex_lock(&lock);
	while (*link != tlb)
		link = &(*link)->next;
	*link = tlb->next;
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < tlb->size; i++)
		if (tlb->entries[i].used)
			count_page(tlb->entries[i].pa, -1);
	free(tlb->entries);
	free(tlb);
}

static struct entry *find(struct gtlb *tlb, uint64_t gpa)
{
	size_t at = (gpa / PAGE_SIZE * 0x9e3779b97f4a7c15ULL) >> 32;
	struct entry *e;

	for (;; at++) {
		e = &tlb->entries[at & (tlb->size - 1)];
		if (!e->used || e->gpa == gpa)
			return e;
	}
}

static void rehash(struct gtlb *tlb, size_t size)
{
	struct entry *old = tlb->entries;
	size_t old_size = tlb->size;

	tlb->entries = calloc(size, sizeof(*old));
	if (!tlb->entries)
		abort();
	tlb->size = size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].used)
			*find(tlb, old[i].gpa) = old[i];
	free(old);
}

static void get(struct gtlb *tlb)
{
	pthread_mutex_lock(&tlb->vm->lock);
	pthread_mutex_lock(&lock);
}

static void put(struct gtlb *tlb)
{
	pthread_mutex_unlock(&lock);
	pthread_mutex_unlock(&tlb->vm->lock);
}

/* Entries behind @e that hashed to its place are found again after rehash() only. */
static void drop(struct gtlb *tlb, struct entry *e)
{
	if (!e->used)
		return;
	count_page(e->pa, -1);
	e->used = false;
	tlb->nr--;
}

int gtlb_map(struct gtlb *tlb, uint64_t gpa, uint64_t walked, uint64_t pa, bool writable)
{
	struct entry *e;
	int ret;

	get(tlb);
	if (tlb->nr * 2 >= tlb->size)
		rehash(tlb, tlb->size * 2);
	e = find(tlb, gpa);
	if (e->used && e->pa == pa && e->writable == writable) {
		e->walked = walked;
		e->given_back = NULL;
		put(tlb);
		return 0;
	}
	ret = engine->map_page(tlb->vm->engine, gpa, PAGE_SIZE, (void *)pa, writable);
	if (!ret) {
		drop(tlb, e);
		tlb->nr++;
		count_page(pa, 1);
		*e = (struct entry){
			.gpa = gpa, .walked = walked, .pa = pa, .used = true,
			.writable = writable,
		};
	}
	put(tlb);
	return ret;
}

void gtlb_unmap(struct gtlb *tlb, uint64_t gpa)
{
	struct entry *e;

	get(tlb);
	e = find(tlb, gpa);
	if (e->used) {
		engine->unmap_page(tlb->vm->engine, gpa, PAGE_SIZE);
		drop(tlb, e);
		rehash(tlb, tlb->size);
	}
	put(tlb);
}

void gtlb_flush(struct gtlb *tlb,
		bool (*check)(void *data, uint64_t gpa, uint64_t pa, bool writable), void *data)
{
	bool gone = false;

	get(tlb);
	for (size_t i = 0; i < tlb->size; i++) {
		struct entry *e = &tlb->entries[i];

		if (!e->used || check(data, e->gpa, e->pa, e->writable))
			continue;
		engine->unmap_page(tlb->vm->engine, e->gpa, PAGE_SIZE);
		drop(tlb, e);
		gone = true;
	}
	if (gone)
		rehash(tlb, tlb->size);
	put(tlb);
}

static bool may_have(uint64_t start, uint64_t end)
{
	const size_t nr = sizeof(pages) / sizeof(pages[0]);

	if ((end - start) / PAGE_SIZE >= nr)
		return true;
	for (uint64_t pa = start; pa < end; pa += PAGE_SIZE)
		if (__atomic_load_n(&pages[pa / PAGE_SIZE % nr], __ATOMIC_RELAXED))
			return true;
	return false;
}

IMAGE_CALL void gtlb_given_back(unsigned long start, unsigned long end, const void *caller)
{
	if (!may_have(start, end))
		return;
	pthread_mutex_lock(&lock);
	for (struct gtlb *tlb = gtlbs; tlb; tlb = tlb->next) {
		for (size_t i = 0; i < tlb->size; i++) {
			struct entry *e = &tlb->entries[i];

			if (!e->used || e->pa < start || e->pa >= end || e->given_back)
				continue;
			e->given_back = caller;
			tlb->nr_given_back++;
		}
	}
	pthread_mutex_unlock(&lock);
}

void gtlb_enters(struct gtlb *tlb)
{
	if (!__atomic_load_n(&tlb->nr_given_back, __ATOMIC_RELAXED))
		return;
	get(tlb);
	for (size_t i = 0; i < tlb->size; i++) {
		struct entry *e = &tlb->entries[i];

		if (!e->used || !e->given_back)
			continue;
		memory_bug(CONTROL_MEM_REACHED, "gave back a page that a guest reaches when it goes on: "
			   "neither zapped nor flushed", e->given_back);
		e->given_back = NULL;
	}
	tlb->nr_given_back = 0;
	put(tlb);
}

void gtlb_compare(struct gtlb *tlb,
		  bool (*check)(void *data, uint64_t gpa, uint64_t pa, bool writable), void *data)
{
	struct src_vm *vm = tlb->vm;

	/* Another thread may be between what it takes out of the page tables and its flush. */
	if (!__atomic_load_n(&vm->moved, __ATOMIC_RELAXED) ||
	    __atomic_load_n(&vm->calls, __ATOMIC_RELAXED) != 1)
		return;
	get(tlb);
	vm->moved = false;
	for (size_t i = 0; i < tlb->size; i++) {
		const struct entry *e = &tlb->entries[i];

		if (e->used && !e->given_back && !check(data, e->walked, e->pa, e->writable))
			memory_stale(e->walked);
	}
	put(tlb);
}
