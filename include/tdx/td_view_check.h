/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a TD does with memory that changes its view (td_view.h), and what is expected then.
 * Pages are numbers, from 0, of v->view.
 */
#ifndef TD_VIEW_CHECK_H
#define TD_VIEW_CHECK_H

#include "check/requirement.h"
#include "tdx/tdvmcall_vm.h"

/* Pages that the guest asks to have converted, and what the VMM does about it. */
struct td_view_range {
	unsigned int first, pages;
	bool punch_hole;		/* see td_view_convert() */
	/* At exit number stop_at, from 0, the VMM answers stop_ret, after a call of stop_hook. */
	bool stop;
	unsigned int stop_at;
	uint64_t stop_ret;
	void (*stop_hook)(struct tdvmcall_vm *v);	/* may be NULL */
	unsigned int *done;		/* out, may be NULL: pages that were converted */
};

/*
 * MapGPA of the range, in the shared view or the private one; the VMM converts as the exits
 * say, up to where it stops, and the guest gets @status (GHCI_*).
 */
bool td_view_map(struct tdvmcall_vm *v, const struct td_view_range *range, bool shared,
		 uint64_t status);

/* The guest's next request is an access to the first 64-bit word of @page. */
void td_view_prepare_access(struct tdvmcall_vm *v, unsigned int page, bool shared, bool write,
			    uint64_t value);
/* It is TDG.MEM.PAGE.ACCEPT with @rcx: a GPA, with the level in bits 2:0. */
void td_view_prepare_accept(struct tdvmcall_vm *v, uint64_t rcx);

/* The guest does so, by requirement @req; false: it does not come back. */
bool td_view_write(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page, bool shared,
		   uint64_t value);
bool td_view_read(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page, bool shared,
		  uint64_t *value);
/* It accepts the page with @status in RAX, without an exit to the VMM. */
bool td_view_accept(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page,
		    uint64_t status);

/* RAX of an answered TDG.MEM.PAGE.ACCEPT. */
bool expect_accept(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t status);

/*
 * KVM_RUN up to KVM_EXIT_MEMORY_FAULT of an access to @page in the shared view or the
 * private one, by requirement @req.  False if there is none.
 */
bool expect_memory_fault(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page,
			 bool shared);

#endif
