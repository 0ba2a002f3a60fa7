// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDX module's secure EPT ("Intel TDX Module Base Architecture Specification", "TD
 * Private Memory Management"): which private pages a TD has.  A page is free, pending
 * from when KVM gives it until the guest accepts it, then the guest's, all zeroes.  What
 * the VMM takes back is free again, and its contents are lost.  Pages are of 4 KiB.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"

#define TABLE_PAGES	512
#define TABLE_SIZE	(TABLE_PAGES * PAGE_SIZE)

struct ref_sept_table {
	uint64_t gpa;			/* of its first page */
	uint8_t state[TABLE_PAGES];	/* enum ref_sept */
	struct ref_sept_table *next;
};

static struct ref_sept_table *find_table(struct ref_vm *vm, uint64_t gpa)
{
	struct ref_sept_table *t = vm->sept;

	while (t && t->gpa != gpa - gpa % TABLE_SIZE)
		t = t->next;
	return t;
}

static uint8_t *find(struct ref_vm *vm, uint64_t gpa)
{
	struct ref_sept_table *t = find_table(vm, gpa);

	return t ? &t->state[(gpa - t->gpa) / PAGE_SIZE] : NULL;
}

/* Under the lock. */
static long set(struct ref_vm *vm, uint64_t gpa, enum ref_sept state)
{
	struct ref_sept_table *t = find_table(vm, gpa);

	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return -ENOMEM;
		t->gpa = gpa - gpa % TABLE_SIZE;
		t->next = vm->sept;
		vm->sept = t;
	}
	t->state[(gpa - t->gpa) / PAGE_SIZE] = (uint8_t)state;
	inproc_give_page(vm->host, gpa, state == REF_SEPT_PRESENT);
	return 0;
}

enum ref_sept ref_sept_at(struct ref_vm *vm, uint64_t gpa)
{
	enum ref_sept state;
	uint8_t *at;

	pthread_mutex_lock(&vm->sept_lock);
	at = find(vm, gpa);
	state = at ? *at : REF_SEPT_FREE;
	pthread_mutex_unlock(&vm->sept_lock);
	return state;
}

long ref_sept_add(struct ref_vm *vm, uint64_t gpa, enum ref_sept state)
{
	uint8_t *at;
	long r;

	pthread_mutex_lock(&vm->sept_lock);
	at = find(vm, gpa);
	r = at && *at != REF_SEPT_FREE ? -EEXIST : set(vm, gpa, state);
	pthread_mutex_unlock(&vm->sept_lock);
	return r;
}

void ref_sept_remove(struct ref_vm *vm, uint64_t gpa, uint64_t size)
{
	struct ref_sept_table *t;
	unsigned int i;

	pthread_mutex_lock(&vm->sept_lock);
	for (t = vm->sept; t; t = t->next)
		for (i = 0; i < TABLE_PAGES; i++) {
			const uint64_t at = t->gpa + i * PAGE_SIZE;

			if (t->state[i] != REF_SEPT_FREE && at >= gpa && at - gpa < size)
				set(vm, at, REF_SEPT_FREE);
		}
	pthread_mutex_unlock(&vm->sept_lock);
}

/* A pending page becomes the guest's. */
static uint64_t accept_pending(struct ref_vm *vm, uint64_t gpa)
{
	void *page = inproc_gpa_to_hva(vm->host, gpa, true, NULL);

	if (page)
		memset(page, 0, PAGE_SIZE);
	set(vm, gpa, REF_SEPT_PRESENT);
	return TDX_SUCCESS;
}

bool ref_sept_accept(struct ref_vm *vm, uint64_t gpa, unsigned int level, uint64_t *status)
{
	bool there;
	uint8_t *at;

	pthread_mutex_lock(&vm->sept_lock);
	at = find(vm, gpa);
	/* Where there are pages of 4 KiB there is none of 2 MiB. */
	there = level ? at != NULL : at && *at != REF_SEPT_FREE;
	if (there && level)
		*status = TDX_PAGE_SIZE_MISMATCH | TDX_OPERAND_ID_RCX;
	else if (there && *at == REF_SEPT_PRESENT)
		*status = TDX_PAGE_ALREADY_ACCEPTED;
	else if (there)
		*status = accept_pending(vm, gpa);
	pthread_mutex_unlock(&vm->sept_lock);
	if (there && *status == TDX_SUCCESS)
		inproc_update_view(vm->host);
	return there;
}

void ref_sept_free(struct ref_vm *vm)
{
	struct ref_sept_table *t;

	while ((t = vm->sept)) {
		vm->sept = t->next;
		free(t);
	}
	pthread_mutex_destroy(&vm->sept_lock);
}
