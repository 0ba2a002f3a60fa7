/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHARED_MEM_H
#define SHARED_MEM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Memory in the shared view, page aligned and contiguous in each address space; gpa is
 * without the bit that picks the view.
 */
struct shared_mem {
	uint64_t gva, gpa;
	void *hva;
	size_t size;			/* bytes */
};

#endif
