/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that a confidential guest shares with its VMM.
 */
#ifndef SHARED_MEM_H
#define SHARED_MEM_H

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
};

/* @pages pages of it, zeroed.  Before the launch: after it libkvm can't map anything. */
struct shared_mem shared_mem_alloc(struct kvm_vm *vm, size_t pages);

#endif
