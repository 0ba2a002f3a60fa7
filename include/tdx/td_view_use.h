/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guest and host do with several pages of a TD that change their view, which are
 * numbers, from 0, of v->view.
 */
#ifndef TD_VIEW_USE_H
#define TD_VIEW_USE_H

#include "check/requirement.h"
#include "tdx/tdvmcall_vm.h"

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
