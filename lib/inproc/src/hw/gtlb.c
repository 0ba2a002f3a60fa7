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
	uint64_t pa;
	bool used, writable;
};

/* Open addressing; a power of two, at most half full. */
struct gtlb {
	struct src_vm *vm;
	struct entry *entries;
	size_t size, nr;
};

#define FIRST_SIZE	256

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
	return tlb;
}

void gtlb_free(struct gtlb *tlb)
{
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

int gtlb_map(struct gtlb *tlb, uint64_t gpa, uint64_t pa, bool writable)
{
	struct entry *e;
	int ret;

	pthread_mutex_lock(&tlb->vm->lock);
	if (tlb->nr * 2 >= tlb->size)
		rehash(tlb, tlb->size * 2);
	e = find(tlb, gpa);
	if (e->used && e->pa == pa && e->writable == writable) {
		pthread_mutex_unlock(&tlb->vm->lock);
		return 0;
	}
	ret = engine->map_page(tlb->vm->engine, gpa, PAGE_SIZE, (void *)pa, writable);
	if (!ret) {
		tlb->nr += !e->used;
		*e = (struct entry){ gpa, pa, true, writable };
	}
	pthread_mutex_unlock(&tlb->vm->lock);
	return ret;
}

void gtlb_unmap(struct gtlb *tlb, uint64_t gpa)
{
	struct entry *e;

	pthread_mutex_lock(&tlb->vm->lock);
	e = find(tlb, gpa);
	if (e->used) {
		engine->unmap_page(tlb->vm->engine, gpa, PAGE_SIZE);
		e->used = false;
		tlb->nr--;
		/* Those behind it that hashed to where it was are found again. */
		rehash(tlb, tlb->size);
	}
	pthread_mutex_unlock(&tlb->vm->lock);
}

void gtlb_flush(struct gtlb *tlb,
		bool (*check)(void *data, uint64_t gpa, uint64_t pa, bool writable), void *data)
{
	bool gone = false;

	pthread_mutex_lock(&tlb->vm->lock);
	for (size_t i = 0; i < tlb->size; i++) {
		struct entry *e = &tlb->entries[i];

		if (!e->used || check(data, e->gpa, e->pa, e->writable))
			continue;
		engine->unmap_page(tlb->vm->engine, e->gpa, PAGE_SIZE);
		e->used = false;
		tlb->nr--;
		gone = true;
	}
	if (gone)
		rehash(tlb, tlb->size);
	pthread_mutex_unlock(&tlb->vm->lock);
}
