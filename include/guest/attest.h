/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to SNP firmware that the host asks its guest for, and what the guest made of the
 * answers: one struct in shared memory.  The guest shows what it should keep to itself, but for
 * the keys.
 */
#ifndef GUEST_ATTEST_H
#define GUEST_ATTEST_H

#include "guest/guest_request.h"
#include "snp_abi.h"

struct attest_mailbox {
	struct guest_request request;	/* first: the exit, see request_vm.h */

	/* The host's part. */
	uint64_t secrets, request_page, response_page;	/* GVA */
	uint8_t vmpck, type;
	uint16_t size;			/* of the payload, a multiple of 8 */
	union {
		uint8_t payload[96];
		struct snp_report_req report_req;
		struct snp_key_req key_req;
	};
	/* @flip of the byte at @at are inverted, before the message is sealed or after that. */
	struct {
		uint16_t at;
		uint8_t flip, sealed;
	} spoil;
	uint8_t again;			/* the page goes out once more as it is */
	uint8_t key_of;			/* 1 + the VMPCK that seals it, 0: @vmpck's own */

	/* The guest's part: of its secrets page the version, and how many keys it has. */
	uint32_t secrets_version, keys;
	/* What became of the answer's page. */
	uint8_t opened;
	struct snp_report_rsp report;	/* the payload, whatever it is */
};
_Static_assert(sizeof(struct attest_mailbox) <= 4096, "a page");

static inline const struct snp_key_rsp *attest_key(const struct attest_mailbox *box)
{
	return (const void *)&box->report;
}

/* Guest code: register the GHCB, report STAGE_READY, then send messages and report answers. */
void guest_attest_loop(struct attest_mailbox *box);

#endif
