// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory of Unicorn's guests: ranges that map() gives, and pages that map_page()
 * does.  vCPUs walk the guest's page tables in it, see unicorn_mmu.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unicorn_engine.h"

#define CHUNK_SHIFT	(PAGE_SHIFT + 9)

/* ---- pages ---- */

static struct chunk *find_chunk(struct engine_vm *vm, uint64_t gpa)
{
	const uint64_t nr = gpa >> CHUNK_SHIFT;
	struct chunk *chunk = __atomic_load_n(&vm->chunks[nr % CHUNK_BUCKETS], __ATOMIC_ACQUIRE);

	while (chunk && chunk->nr != nr)
		chunk = chunk->next;
	return chunk;
}

static struct chunk *make_chunk(struct engine_vm *vm, uint64_t gpa)
{
	const uint64_t nr = gpa >> CHUNK_SHIFT;
	struct chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return NULL;
	chunk->nr = nr;
	chunk->next = vm->chunks[nr % CHUNK_BUCKETS];
	__atomic_store_n(&vm->chunks[nr % CHUNK_BUCKETS], chunk, __ATOMIC_RELEASE);
	return chunk;
}

static uintptr_t *page_at(struct chunk *chunk, uint64_t gpa)
{
	return &chunk->pages[(gpa >> PAGE_SHIFT) % CHUNK_PAGES];
}

static uintptr_t page_of(struct engine_vm *vm, uint64_t gpa)
{
	struct chunk *chunk = find_chunk(vm, gpa);

	return chunk ? __atomic_load_n(page_at(chunk, gpa), __ATOMIC_ACQUIRE) : 0;
}

static char *hva_of_page(uintptr_t page)
{
	return (char *)(page & ~PAGE_WRITABLE);
}

/* All vCPUs are out, or it was not there before. */
static int set_page(struct engine_vm *vm, uint64_t gpa, uintptr_t page)
{
	struct chunk *chunk = find_chunk(vm, gpa);
	struct gate_vcpu *gv;
	uintptr_t *place;

	if (!chunk && !page)
		return 0;
	if (!chunk)
		chunk = make_chunk(vm, gpa);
	if (!chunk)
		return -ENOMEM;
	place = page_at(chunk, gpa);
	if (*place)
		for (gv = vm->gate.vcpus; gv; gv = gv->next)
			unicorn_flush_page(container_of(gv, struct engine_vcpu, gv),
					   hva_of_page(*place));
	__atomic_store_n(place, page, __ATOMIC_RELEASE);
	return 0;
}

static bool any_page(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	uint64_t at;

	for (at = gpa; at < gpa + size; at += PAGE_SIZE)
		if (page_of(vm, at))
			return true;
	return false;
}

static int set_pages(struct engine_vm *vm, uint64_t gpa, uint64_t size, uintptr_t page)
{
	uint64_t at;
	bool pause;
	int r = 0;

	pthread_mutex_lock(&vm->page_lock);
	/* What comes new needs no care: no vCPU knows of it. */
	pause = any_page(vm, gpa, size);
	if (pause)
		gate_pause(&vm->gate);
	for (at = 0; at < size && !r; at += PAGE_SIZE)
		r = set_page(vm, gpa + at, page ? page + at : 0);
	if (pause)
		gate_resume(&vm->gate);
	pthread_mutex_unlock(&vm->page_lock);
	return r;
}

int engine_unicorn_map_page(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva,
			    bool writable)
{
	return set_pages(vm, gpa, size, (uintptr_t)hva | (writable ? PAGE_WRITABLE : 0));
}

int engine_unicorn_unmap_page(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	return set_pages(vm, gpa, size, 0);
}

int engine_unicorn_cover(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	(void)vm;
	(void)gpa;
	(void)size;
	/* An access to nothing is known as well as any other. */
	return 0;
}

/* ---- ranges ---- */

/* What vCPUs have of the old memory goes; they find the new by themselves. */
static void forget_translations(struct engine_vm *vm)
{
	struct gate_vcpu *gv;

	for (gv = vm->gate.vcpus; gv; gv = gv->next)
		unicorn_flush(container_of(gv, struct engine_vcpu, gv));
}

int engine_unicorn_map(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva,
		       bool readonly)
{
	struct ram *grown;
	int r = 0;

	gate_pause(&vm->gate);
	if (vm->nr_ram == vm->room_ram) {
		grown = realloc(vm->ram, (vm->room_ram + 16) * sizeof(*grown));
		if (!grown) {
			r = -ENOMEM;
			goto out;
		}
		vm->ram = grown;
		vm->room_ram += 16;
	}
	vm->ram[vm->nr_ram++] = (struct ram){ gpa, size, hva, readonly };
out:
	gate_resume(&vm->gate);
	return r;
}

int engine_unicorn_unmap(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	int r = -ENOENT;
	size_t i;

	gate_pause(&vm->gate);
	for (i = 0; i < vm->nr_ram; i++) {
		if (vm->ram[i].gpa != gpa || vm->ram[i].size != size)
			continue;
		forget_translations(vm);
		vm->ram[i] = vm->ram[--vm->nr_ram];
		r = 0;
		break;
	}
	gate_resume(&vm->gate);
	return r;
}

/* ---- looking up ---- */

char *unicorn_gpa_to_hva(struct engine_vm *vm, uint64_t gpa, bool *readonly)
{
	const uintptr_t page = page_of(vm, gpa);
	size_t i;

	if (page) {
		if (readonly)
			*readonly = !(page & PAGE_WRITABLE);
		return hva_of_page(page) + (gpa & (PAGE_SIZE - 1));
	}
	for (i = 0; i < vm->nr_ram; i++) {
		const struct ram *ram = &vm->ram[i];

		if (gpa < ram->gpa || gpa - ram->gpa >= ram->size)
			continue;
		if (readonly)
			*readonly = ram->readonly;
		return ram->hva + (gpa - ram->gpa);
	}
	return NULL;
}

void unicorn_free_memory(struct engine_vm *vm)
{
	struct chunk *chunk;
	size_t i;

	for (i = 0; i < CHUNK_BUCKETS; i++) {
		while ((chunk = vm->chunks[i])) {
			vm->chunks[i] = chunk->next;
			free(chunk);
		}
	}
	free(vm->ram);
}
