/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a TD does with memory that changes its view (td_view.h), and what is expected then.
 * Pages are numbers, from 0, of v->view.
 */
#ifndef TD_VIEW_VM_H
#define TD_VIEW_VM_H

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

/* ---- several pages (td_view_use.c) ---- */

/* Pages that one exit of MapGPA is for, at most. */
#define TD_CHUNK_PAGES		512u

/* What is written to page number n, each in a view: n is in the low bits. */
#define TD_HOST_SHARED		0x484f535400000000ull
#define TD_GUEST_SHARED		0x5348415200000000ull
#define TD_GUEST_PRIVATE	0x5052495600000000ull
#define TD_GUEST_BACK		0x4241434b00000000ull

/* Pages that are looked at, of a range of any size: its ends, and where chunks meet. */
struct td_probes {
	unsigned int nr, page[8];
};

struct td_probes td_probe(unsigned int first, unsigned int nr);

/* tdvmcall_vm_create_with() MapGPA; false: skipped, for the width of GPAs. */
bool td_view_start(struct tdvmcall_vm *v, struct tdvmcall_vm_options options);

/*
 * Host and guest write @value to each page, its number in the low bits, or find it there, by
 * requirement @req; the guest also zeroes, for @value 0.
 */
void td_host_writes(struct tdvmcall_vm *v, const struct td_probes *p, uint64_t value);
void td_host_has(enum requirement_nr req, struct tdvmcall_vm *v, const struct td_probes *p,
		 uint64_t value);
bool td_guest_writes(enum requirement_nr req, struct tdvmcall_vm *v, const struct td_probes *p,
		     bool shared, uint64_t value);
bool td_guest_reads(enum requirement_nr req, struct tdvmcall_vm *v, const struct td_probes *p,
		    bool shared, uint64_t value);

/* Pages that have just become private: accepted, zero, and the guest's own. */
bool td_use_private(struct tdvmcall_vm *v, const struct td_probes *p, uint64_t value);
/* Pages that have just become shared: what one side writes the other reads. */
bool td_use_shared(struct tdvmcall_vm *v, const struct td_probes *p);

#endif
