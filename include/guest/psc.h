/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SNP page state changes: the MSR protocol's request, the NAE event and its
 * buffer, and a guest that makes what the host asks for.  Layout and numbers:
 * AMD 56421, "SNP Page State Change".
 */
#ifndef PSC_H
#define PSC_H

#include <stdint.h>

#include "guest/ghcb.h"

#define PSC_MAX_ENTRIES		253
#define PSC_PAGES_2M		512	/* 4 KiB pages of a 2 MiB entry */

#define PSC_OP_PRIVATE		1
#define PSC_OP_SHARED		2
#define PSC_OP_PSMASH		3
#define PSC_OP_UNSMASH		4

#define PSC_SIZE_4K		0
#define PSC_SIZE_2M		1

/* An entry, with @cur_page 4 KiB pages of it done already. */
#define PSC_ENTRY(op, size, gfn, cur_page)						\
	(((uint64_t)(size) << 56) | ((uint64_t)(op) << 52) | ((uint64_t)(gfn) << 12) |	\
	 (cur_page))
#define PSC_ENTRY_OP(entry)	(((entry) >> 52) & 0xf)
#define PSC_ENTRY_PAGES(entry)	((entry) >> 56 & 1 ? PSC_PAGES_2M : 1)
#define PSC_ENTRY_CUR_PAGE(entry)	((entry) & 0xfff)

/* SW_EXITINFO2 of an answer */
#define PSC_ANSWER_DONE		0
#define PSC_ANSWER_BAD_HDR	0x100000001ull
#define PSC_ANSWER_BAD_ENTRY	0x100000002ull
#define PSC_ANSWER_GENERIC	0x10000000000ull

/* The request's data: operation in bits 55:52 of the MSR, GFN in 51:12 */
#define GHCB_MSR_PSC(op, gfn)	\
	GHCB_MSR(GHCB_MSR_PSC_REQ, ((uint64_t)(op) << 40) | (gfn))
#define GHCB_MSR_PSC_ERR	(1ull << 63)

struct psc_buffer {
	uint16_t cur_entry, end_entry;
	uint32_t reserved;
	uint64_t entries[PSC_MAX_ENTRIES];
};

_Static_assert(sizeof(struct psc_buffer) == sizeof(((struct ghcb *)0)->shared_buffer),
	       "a full PSC buffer fills the GHCB's shared buffer");

/* GUEST_SYNC() stages of guest_psc_loop() */
#define PSC_STAGE_READY		1
#define PSC_STAGE_ANSWERED	2

/* What else the guest can be asked to do. */
enum psc_access {
	PSC_ACCESS_NONE,		/* it asks for a page state change */
	PSC_ACCESS_READ,		/* 64 bits at access_gva, to answer.value */
	PSC_ACCESS_WRITE,		/* access_value there */
	PSC_ACCESS_VALIDATE,		/* PVALIDATE, 4 KiB: as access_value says, 0 or 1 */
};

/* What the guest is to ask for, and what it saw; shared memory. */
struct psc_request {
	/* The host's part. */
	uint64_t access, access_gva, access_value;
	uint64_t msr;			/* the MSR protocol's request; 0: the NAE event */
	uint64_t scratch;		/* SW_SCRATCH, a GPA where it is right */
	uint64_t scratch_marked;	/* is it marked valid */
	uint64_t offset, size;		/* bytes, multiples of 8: the buffer in the GHCB's */
	struct psc_buffer buffer;

	/* The guest's part. */
	struct {
		uint64_t msr, exit_info_1, exit_info_2, value;
		uint8_t valid_bitmap[16];
		struct psc_buffer buffer;
	} answer;
};

/* Guest code, its vCPU's GHCB registered: make the request, fill in the answer. */
void guest_make_psc(struct psc_request *req);

/* Guest code: register, report PSC_STAGE_READY, then do what is asked for and report it. */
void guest_psc_loop(struct psc_request *req);

#endif
