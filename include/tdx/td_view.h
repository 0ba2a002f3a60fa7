/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a TD that changes its view: the guest has it mapped in both, and the host in
 * its own.
 */
#ifndef TD_VIEW_H
#define TD_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "tdx/td_vm.h"

/* A multiple of 2 MiB. */
#define TD_VIEW_GPA	0x40000000ull
#define TD_VIEW_SLOT	2

struct td_view {
	uint64_t gpa;			/* without the shared bit */
	unsigned int pages;		/* of 4 KiB */
	void *hva;			/* the host's view */
	uint64_t private_gva, shared_gva;
};

/*
 * Before the launch: @pages pages from TD_VIEW_GPA on, of which the first @private_pages are
 * private when the TD starts, and the others shared.
 */
void td_view_add(struct td_vm *td, struct td_view *view, unsigned int pages,
		 unsigned int private_pages);

/* The same of memory that is in a slot at TD_VIEW_GPA, which libkvm knows nothing of. */
void td_view_add_memory(struct td_vm *td, struct td_view *view, unsigned int pages, void *hva);

/* The first 64-bit word of page @page in the host's view. */
volatile uint64_t *td_view_host(const struct td_view *view, unsigned int page);

/*
 * The VMM's descriptor of their guest_memfd is closed, and so is the file: private pages end, and
 * there are no new ones.  The TD cannot be freed then.
 */
void td_view_close_file(struct td_vm *td);

/*
 * What a VMM does: the pages at @gpa, @size bytes, become private or shared.  With
 * @punch_hole it gives the memory of those that become shared back, as QEMU does.
 */
void td_view_convert(struct td_vm *td, uint64_t gpa, uint64_t size, bool private,
		     bool punch_hole);

#endif
