// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the kvm engine's guests.
 *
 * map() makes a slot of KVM's.  map_page() cannot: a slot costs more than an exit, and there
 * are some ten thousand at most.  So guest-physical space is cut into windows, each a
 * reservation of address space that one slot covers from the first page on, and pages are
 * aliases in it: KVM's own MMU notifier follows when they come and go.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm_engine.h"

#define WINDOW_SIZE		(1ULL << engine_kvm_window_shift)
#define WINDOW_BASE(gpa)	((gpa) & ~(WINDOW_SIZE - 1))

#define RESERVED	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* ---- slots; under vm->lock ---- */

static struct memslot *free_memslot(struct engine_vm *vm)
{
	struct memslot *grown;
	uint32_t i, nr;

	for (i = 0; i < vm->nr_slots; i++)
		if (!vm->slots[i].used)
			return &vm->slots[i];
	nr = vm->nr_slots ? 2 * vm->nr_slots : 16;
	grown = realloc(vm->slots, nr * sizeof(*grown));
	if (!grown)
		return NULL;
	memset(grown + vm->nr_slots, 0, (nr - vm->nr_slots) * sizeof(*grown));
	vm->slots = grown;
	vm->nr_slots = nr;
	return &vm->slots[i];
}

static int add_slot(struct engine_vm *vm, const struct memslot *want)
{
	struct kvm_userspace_memory_region region = {
		.flags = want->readonly ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = want->gpa,
		.memory_size = want->size,
		.userspace_addr = (unsigned long)want->hva,
	};
	struct memslot *slot = free_memslot(vm);
	int r;

	if (!slot)
		return -ENOMEM;
	region.slot = slot - vm->slots;
	r = (int)kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
	if (!r)
		*slot = *want;
	return r;
}

static int remove_slot(struct engine_vm *vm, struct memslot *slot)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot - vm->slots,
		.flags = slot->readonly ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = slot->gpa,
		.userspace_addr = (unsigned long)slot->hva,
	};
	int r = (int)kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);

	if (!r)
		slot->used = false;
	return r;
}

int engine_kvm_map(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva, bool readonly)
{
	int r;

	pthread_mutex_lock(&vm->lock);
	vm->by_slots = true;
	r = add_slot(vm, &(struct memslot){ true, gpa, size, hva, readonly, false });
	pthread_mutex_unlock(&vm->lock);
	return r;
}

int engine_kvm_unmap(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	int r = -ENOENT;
	uint32_t i;

	pthread_mutex_lock(&vm->lock);
	for (i = 0; i < vm->nr_slots; i++) {
		struct memslot *slot = &vm->slots[i];

		if (!slot->used || slot->page || slot->gpa != gpa || slot->size != size)
			continue;
		r = remove_slot(vm, slot);
		break;
	}
	pthread_mutex_unlock(&vm->lock);
	return r;
}

/* ---- windows; under vm->lock ---- */

/* The index of the window at @base, or of the first one behind it. */
static size_t window_index(const struct engine_vm *vm, uint64_t base)
{
	size_t low = 0, high = vm->nr_windows;

	while (low < high) {
		const size_t mid = (low + high) / 2;

		if (vm->windows[mid].gpa < base)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct window *find_window(const struct engine_vm *vm, uint64_t gpa)
{
	const size_t i = window_index(vm, WINDOW_BASE(gpa));

	return i < vm->nr_windows && vm->windows[i].gpa == WINDOW_BASE(gpa) ? &vm->windows[i] :
									      NULL;
}

static void *reserve(size_t size)
{
	return real_mmap(NULL, size, PROT_NONE, RESERVED, -1, 0);
}

static int add_window(struct engine_vm *vm, uint64_t gpa)
{
	struct window *grown, window = { .gpa = WINDOW_BASE(gpa) };
	const size_t at = window_index(vm, window.gpa);
	int r;

	if (!vm->scratch) {
		vm->scratch = reserve(WINDOW_SIZE);
		if (vm->scratch == MAP_FAILED) {
			vm->scratch = NULL;
			return -ENOMEM;
		}
	}
	if (vm->nr_windows == vm->room_windows) {
		grown = realloc(vm->windows, (vm->room_windows + 16) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		vm->windows = grown;
		vm->room_windows += 16;
	}
	window.base = reserve(WINDOW_SIZE);
	if (window.base == MAP_FAILED)
		return -ENOMEM;
	window.pages = real_mmap(NULL, WINDOW_SIZE >> PAGE_SHIFT, PROT_READ | PROT_WRITE, RESERVED,
				 -1, 0);
	r = window.pages == MAP_FAILED ? -ENOMEM : add_slot(vm, &(struct memslot){
		.used = true, .gpa = window.gpa, .size = WINDOW_SIZE, .hva = window.base,
		.page = true,
	});
	if (r) {
		munmap(window.base, WINDOW_SIZE);
		if (window.pages != MAP_FAILED)
			munmap(window.pages, WINDOW_SIZE >> PAGE_SHIFT);
		return r;
	}
	memmove(vm->windows + at + 1, vm->windows + at, (vm->nr_windows - at) * sizeof(*grown));
	vm->windows[at] = window;
	vm->nr_windows++;
	return 0;
}

/*
 * An alias of @hva in its place, in one step: the guest must not see it with another
 * access than it is to have, so it is made ready elsewhere.
 */
static int place_alias(struct engine_vm *vm, char *place, uint64_t size, void *hva, bool writable)
{
	const int prot = PROT_READ | (writable ? PROT_WRITE : 0);
	char *alias;

	alias = mremap(hva, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, vm->scratch);
	if (alias == MAP_FAILED)
		return errno == ENOMEM ? -ENOMEM : -EINVAL;
	if (mprotect(alias, size, prot) ||
	    mremap(alias, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
		real_mmap(vm->scratch, size, PROT_NONE, RESERVED | MAP_FIXED, -1, 0);
		return -ENOMEM;
	}
	return 0;
}

/* ---- pages, as slots where windows will not do ---- */

static struct memslot *find_page_slot(struct engine_vm *vm, uint64_t gpa)
{
	uint32_t i;

	for (i = 0; i < vm->nr_slots; i++)
		if (vm->slots[i].used && vm->slots[i].page && vm->slots[i].gpa == gpa)
			return &vm->slots[i];
	return NULL;
}

static int unmap_page_slots(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	struct memslot *slot;
	uint64_t at;
	int r = 0;

	for (at = gpa; at < gpa + size && !r; at += PAGE_SIZE) {
		slot = find_page_slot(vm, at);
		if (slot)
			r = remove_slot(vm, slot);
	}
	return r;
}

static int map_page_slots(struct engine_vm *vm, uint64_t gpa, uint64_t size, char *hva,
			  bool writable)
{
	uint64_t at;
	int r = unmap_page_slots(vm, gpa, size);

	for (at = 0; at < size && !r; at += PAGE_SIZE)
		r = add_slot(vm, &(struct memslot){ true, gpa + at, PAGE_SIZE, hva + at,
						    !writable, true });
	return r;
}

/* ---- pages ---- */

static int map_part(struct engine_vm *vm, uint64_t gpa, uint64_t size, char *hva, bool writable)
{
	struct window *window = find_window(vm, gpa);
	int r = window ? 0 : add_window(vm, gpa);

	if (r)
		return r;
	window = find_window(vm, gpa);
	r = place_alias(vm, window->base + (gpa - window->gpa), size, hva, writable);
	if (!r)
		memset(window->pages + ((gpa - window->gpa) >> PAGE_SHIFT),
		       writable ? PAGE_WRITE : PAGE_READ, size >> PAGE_SHIFT);
	return r;
}

static int unmap_part(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	struct window *window = find_window(vm, gpa);

	if (!window)
		return 0;
	memset(window->pages + ((gpa - window->gpa) >> PAGE_SHIFT), PAGE_NONE,
	       size >> PAGE_SHIFT);
	if (real_mmap(window->base + (gpa - window->gpa), size, PROT_NONE, RESERVED | MAP_FIXED, -1,
		      0) == MAP_FAILED)
		return -ENOMEM;
	return 0;
}

/* What of [@gpa, @gpa + @size) lies in @gpa's window. */
static uint64_t part_size(uint64_t gpa, uint64_t size)
{
	const uint64_t room = WINDOW_SIZE - (gpa - WINDOW_BASE(gpa));

	return size < room ? size : room;
}

int engine_kvm_map_page(struct engine_vm *vm, uint64_t gpa, uint64_t size, void *hva,
			bool writable)
{
	char *from = hva;
	uint64_t part;
	int r = 0;

	pthread_mutex_lock(&vm->lock);
	if (engine_kvm_fault_mode == KVM_FAULT_SLOTS) {
		r = map_page_slots(vm, gpa, size, from, writable);
		size = 0;
	}
	for (; size && !r; gpa += part, from += part, size -= part) {
		part = part_size(gpa, size);
		r = map_part(vm, gpa, part, from, writable);
	}
	vm->changes++;
	pthread_mutex_unlock(&vm->lock);
	return r;
}

int engine_kvm_unmap_page(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	/* A page table must not go while the guest may walk it, see kvm_walk.c. */
	const bool pause = engine_kvm_fault_mode != KVM_FAULT_EXIT;
	uint64_t part;
	int r = 0;

	if (pause)
		gate_pause(&vm->gate);
	pthread_mutex_lock(&vm->lock);
	if (engine_kvm_fault_mode == KVM_FAULT_SLOTS) {
		r = unmap_page_slots(vm, gpa, size);
		size = 0;
	}
	for (; size && !r; gpa += part, size -= part) {
		part = part_size(gpa, size);
		r = unmap_part(vm, gpa, part);
	}
	vm->changes++;
	pthread_mutex_unlock(&vm->lock);
	if (pause)
		gate_resume(&vm->gate);
	return r;
}

int engine_kvm_cover(struct engine_vm *vm, uint64_t gpa, uint64_t size)
{
	uint64_t at;
	int r = 0;

	/* To others a window says nothing that its absence does not. */
	if (engine_kvm_fault_mode != KVM_FAULT_EXIT)
		return 0;
	pthread_mutex_lock(&vm->lock);
	for (at = WINDOW_BASE(gpa); at < gpa + size && !r; at += WINDOW_SIZE)
		if (!find_window(vm, at))
			r = add_window(vm, at);
	pthread_mutex_unlock(&vm->lock);
	return r;
}

/* ---- looking up ---- */

static void *window_hva(struct engine_vm *vm, uint64_t gpa, uint32_t len, bool write)
{
	const struct window *window = find_window(vm, gpa);
	uint64_t page, last;

	if (!window || gpa + len > window->gpa + WINDOW_SIZE)
		return NULL;
	last = (gpa + len - 1 - window->gpa) >> PAGE_SHIFT;
	for (page = (gpa - window->gpa) >> PAGE_SHIFT; page <= last; page++)
		if (window->pages[page] < (write ? PAGE_WRITE : PAGE_READ))
			return NULL;
	return window->base + (gpa - window->gpa);
}

void *kvm_gpa_to_hva(struct engine_vm *vm, uint64_t gpa, uint32_t len, bool write)
{
	const bool windows = engine_kvm_fault_mode != KVM_FAULT_SLOTS;
	void *hva = NULL;
	uint32_t i;

	pthread_mutex_lock(&vm->lock);
	if (windows)
		hva = window_hva(vm, gpa, len, write);
	for (i = 0; i < vm->nr_slots && !hva; i++) {
		const struct memslot *slot = &vm->slots[i];

		if (slot->used && !(windows && slot->page) && gpa >= slot->gpa &&
		    gpa + len <= slot->gpa + slot->size && !(write && slot->readonly))
			hva = slot->hva + (gpa - slot->gpa);
	}
	pthread_mutex_unlock(&vm->lock);
	return hva;
}

void kvm_free_memory(struct engine_vm *vm)
{
	size_t i;

	for (i = 0; i < vm->nr_windows; i++) {
		munmap(vm->windows[i].base, WINDOW_SIZE);
		munmap(vm->windows[i].pages, WINDOW_SIZE >> PAGE_SHIFT);
	}
	if (vm->scratch)
		munmap(vm->scratch, WINDOW_SIZE);
	free(vm->windows);
	free(vm->slots);
}
