/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks nested page tables as a CPU does: AMD's, with the reverse map table, or Intel's EPT.
 */
#ifndef INPROC_SRC_NPT_H
#define INPROC_SRC_NPT_H

#include <stdbool.h>
#include <stdint.h>

struct npt {
	uint64_t root;			/* nested CR3, or EPTP */
	bool ept;
	uint64_t view_bit;		/* the C-bit as a mask of the guest's GPAs, or 0 */
	bool rmp;			/* an SNP guest: pages have owners */
};

struct npt_entry {
	uint64_t pa;			/* of the 4 KiB page around the GPA */
	bool readable, writable, executable;
};

/*
 * Translate @gpa, view bit included.  0 and *@e, or the bits of a nested page fault's error
 * code that the tables tell (vmcb.h, NPF_*): 0 of them for a page that is not there is
 * NPF_NOT_PRESENT, and a misconfigured one of EPT NPF_RSVD.
 */
uint64_t npt_walk(const struct npt *npt, uint64_t gpa, struct npt_entry *e);

/*
 * Of a private page that an access has found: does a fault by the RMP wait for it, which a test
 * wants (hw_rmp_faults()); and does it come, which is one less?
 */
bool npt_rmp_fault_waits(const struct npt *npt, uint64_t gpa);
bool npt_rmp_fault_comes(const struct npt *npt, uint64_t gpa);

/* No bit of an error code: there is no page, and nothing else is to be said. */
#define NPF_NOT_PRESENT		(1ULL << 63)

#endif
