/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is expected of page state changes: of the exits, and of the answers.
 */
#ifndef PSC_CHECK_H
#define PSC_CHECK_H

#include "check/requirement.h"
#include "snp/psc_vm.h"

/* One exit to the VMM. */
struct psc_exit {
	uint64_t gfn, npages;		/* 4 KiB pages */
	uint8_t op, size;		/* PSC_OP_*, PSC_SIZE_* */
	uint16_t cur_entry;		/* in the buffer, at that time; NAE event only */
	uint64_t ret;			/* what the VMM answers */
};

/* psc_vm_create(), and the guest waits for its request.  False: the case has failed. */
bool psc_vm_start(struct psc_vm *v, bool enabled);

/*
 * KVM_RUN up to the exit @wanted, and answer it.  GPA and number of pages are
 * as requirement @req has them, the page size as @size_req.  False if there is
 * no such exit.
 */
bool expect_psc_exit(enum requirement_nr req, enum requirement_nr size_req,
		     const struct psc_vm *v, const struct psc_exit *wanted);
/* The same for the NAE event, where the buffer's cur_entry can be looked at. */
bool expect_psc_nae_exit(enum requirement_nr req, enum requirement_nr size_req,
			 const struct psc_vm *v, const struct psc_exit *wanted);

/*
 * The answer to the NAE event: SW_EXITINFO2 is @info_2 by requirement @req, and
 * the first entry that is not done is @cur_entry.
 */
void expect_psc_answer(enum requirement_nr req, const struct psc_vm *v, uint64_t info_2,
		       uint16_t cur_entry);

/* The answer in the GHCB MSR, an error or not. */
void expect_psc_msr_answer(enum requirement_nr req, const struct psc_vm *v, bool error);

#endif
