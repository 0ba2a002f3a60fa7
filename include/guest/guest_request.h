/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A GHCB exit that the host asks its guest for, and what the guest saw after
 * it: one struct in shared memory.  The host judges, so that a message can
 * name both sides.
 */
#ifndef GUEST_REQUEST_H
#define GUEST_REQUEST_H

#include <stdint.h>

#include "guest/ghcb.h"
#include "snp_abi.h"

/* GUEST_SYNC() stages of guest_request_loop() */
#define STAGE_READY	1
#define STAGE_ANSWERED	2

/* Which inputs are marked valid in the GHCB. */
#define MARK_EXIT_CODE		(1u << 0)
#define MARK_INFO_1		(1u << 1)
#define MARK_INFO_2		(1u << 2)
#define MARK_RAX		(1u << 3)
#define MARK_RBX		(1u << 4)
#define MARK_ALL		(MARK_EXIT_CODE | MARK_INFO_1 | MARK_INFO_2 | MARK_RAX | MARK_RBX)

struct guest_request {
	/* The host's part. */
	uint64_t exit_code, exit_info_1, exit_info_2, rax, rbx;
	uint32_t mark;			/* MARK_* */
	uint32_t usage;			/* GHCB usage */
	struct {
		uint64_t from, to;	/* GVA */
		uint64_t size;		/* bytes, a multiple of 8; 0: nothing to copy */
	} copy[2];			/* what the guest reads after the exit, in its own view */
	uint64_t ghcb_before;		/* GVA of a page, 0: none; the GHCB starts with its bytes,
					   and it gets what the GHCB holds at the exit */
	uint64_t ghcb_after;		/* GVA of a page that gets what it holds after it */

	/* The guest's part. */
	struct {
		uint64_t exit_info_1, exit_info_2, rax, rbx;
		uint8_t valid_bitmap[16];
		uint64_t count;		/* answers so far */
	} answer;
};

/*
 * In the guest: make the exit with the GHCB at @ghcb (GPA @ghcb_gpa), fill
 * in the answer and copy what is to be copied.
 */
void guest_make_request(struct guest_request *req, struct ghcb *ghcb, uint64_t ghcb_gpa);

/* Guest code: report STAGE_READY, then make requests and report each answer. */
void guest_request_loop(struct guest_request *req);
/* The same, after registering the GHCB. */
void guest_registered_loop(struct guest_request *req);

#endif
