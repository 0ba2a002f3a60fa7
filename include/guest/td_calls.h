/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole of a guest for TDs by the bare uAPI (tdx/raw_td.h): a page that starts where td_boot's
 * does, and makes the TDCALLs and accesses that the host has written into it.  vCPU 0 makes all
 * but the last, vCPU 1 that one; then each executes UD2 without an IDT.  Also included by
 * lib/guest/td_calls.S.
 */
#ifndef TD_CALLS_H
#define TD_CALLS_H

#define TD_CALLS_GPA		0xfffff000
#define TD_CALLS_SIZE		0x1000
/* The page before is its page table: 2 MiB up to 4 GiB as they are, ... */
#define TD_CALLS_TABLE		0xffffe000
#define TD_CALLS_MAPPED		0xffe00000
/* ... and the same GPAs, as shared ones, here. */
#define TD_CALLS_SHARED		0xffc00000

/* Where the page has its calls, and how many bytes each is. */
#define TD_CALLS_LIST		0x800
#define TD_CALLS_ENTRY		0x88
#define TD_CALLS_NR		4

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "guest/td_call.h"

struct td_calls_entry {
	struct td_regs regs;
	uint64_t read;			/* in place of a TDCALL: a byte at this GVA; or 0 */
};

_Static_assert(sizeof(struct td_calls_entry) == TD_CALLS_ENTRY, "see TD_CALLS_ENTRY");

extern const uint8_t td_calls_page[TD_CALLS_SIZE];
#endif

#endif
