/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that a confidential guest shares with its VMM.
 */
#ifndef SHARED_MEM_H
#define SHARED_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kvm_vm;

/*
 * Memory in the shared view, page aligned and contiguous in each address space; gpa is
 * without the bit that picks the view.
 */
struct shared_mem {
	uint64_t gva, gpa;
	void *hva;
	size_t size;			/* bytes */
	int gmem;			/* of shared_mem_alloc_huge(): its guest_memfd */
};

/* @pages pages of it, zeroed.  Before the launch: after it libkvm can't map anything. */
struct shared_mem shared_mem_alloc(struct kvm_vm *vm, size_t pages);
/* Map @pages pages in the shared view, wherever they are.  Before the launch. */
void shared_mem_map(struct kvm_vm *vm, uint64_t gva, uint64_t gpa, size_t pages);

/*
 * @pages pages of a slot of its own, of which both views have pages (guest_memfd), amid shared
 * memory that the host has in pages of 2 MiB, if it has such: so many of them are in one such page
 * (@before), the others in the next.  The first is private before there is the slot
 * (@first_private).  Before the launch, and once a VM.
 */
struct shared_mem shared_mem_alloc_huge(struct kvm_vm *vm, size_t pages, size_t before,
					bool first_private);
/* The slot is deleted, and made again of other memory, zeroed; gives what mem->hva was. */
void *shared_mem_replace_huge(struct kvm_vm *vm, struct shared_mem *mem);

#endif
