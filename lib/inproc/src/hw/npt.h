/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks nested page tables as an AMD CPU does, and asks the reverse map table.
 */
#ifndef INPROC_SRC_NPT_H
#define INPROC_SRC_NPT_H

#include <stdbool.h>
#include <stdint.h>

struct npt {
	uint64_t root;			/* nested CR3 */
	uint64_t view_bit;		/* the C-bit as a mask of the guest's GPAs, or 0 */
	bool rmp;			/* an SNP guest: pages have owners */
};

struct npt_entry {
	uint64_t pa;			/* of the 4 KiB page around the GPA */
	bool writable, executable;
};

/*
 * Translate @gpa, view bit included.  0 and *@e, or the bits of a nested page fault's error
 * code that the tables tell (vmcb.h, NPF_*): 0 of them for a page that is not there is
 * NPF_NOT_PRESENT.
 */
uint64_t npt_walk(const struct npt *npt, uint64_t gpa, struct npt_entry *e);

/* No bit of an error code: there is no page, and nothing else is to be said. */
#define NPF_NOT_PRESENT		(1ULL << 63)

#endif
