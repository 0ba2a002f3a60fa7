/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quotes that the host has its guest ask for, and what the guest made of the answers: one struct
 * in shared memory.  The guest shows what it should keep to itself.
 */
#ifndef TD_ATTEST_H
#define TD_ATTEST_H

#include "guest/td_call.h"
#include "tdx_report.h"

#define TD_ATTEST_EVENTS	4
/* Room for a quote, as that behind the header in two pages. */
#define TD_ATTEST_QUOTE		(8192 - 24)

/* What the guest's own page, a private one, is for, by offsets. */
#define TD_OWN_REPORT		0
#define TD_OWN_MAC		0x400	/* of a report, to be verified */
#define TD_OWN_REPORTDATA	0x500
#define TD_OWN_EVENT		0x540

struct td_attest {
	/* The host's part. */
	uint64_t own_gva, own_gpa;
	/* Of GetQuote; the GPA has the shared bit. */
	uint64_t buffer_gva, buffer_gpa, buffer_size;
	/* The RTMRs are extended before a report is made. */
	uint32_t nr_events;
	struct {
		uint32_t rtmr;
		uint8_t with[TDX_DIGEST];
	} event[TD_ATTEST_EVENTS];
	uint8_t reportdata[TDX_REPORTDATA];
	uint8_t again;			/* no new report, but that of before */
	uint8_t given;			/* nor that: the one at @report */
	uint8_t flip;			/* bits of the byte at @flip_at of what goes out */
	uint16_t flip_at;

	/* The guest's part: RAX of its TDCALLs. */
	uint64_t extend_status, report_status, verify_status;
	struct tdx_report report;	/* that went out */
	uint64_t answer;		/* R10 of GetQuote */
	uint64_t polls;			/* times that the status was found in flight */
	uint64_t status;		/* in the buffer, when it was not in flight any more */
	uint32_t quote_size;
	uint8_t quote[TD_ATTEST_QUOTE];
};

/* Guest code: a report, the buffer, GetQuote, what it brought, TD_STAGE_ANSWERED; for ever. */
void guest_td_attest_loop(struct td_attest *box);

#endif
