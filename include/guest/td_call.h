/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDCALL, and what surrounds it in a guest of ours.  Guest code; needs no libkvm.
 */
#ifndef TD_CALL_H
#define TD_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "tdx_ghci.h"

/* The general purpose registers by number.  RSP and RBP are neither loaded nor stored. */
struct td_regs {
	uint64_t gpr[TD_NR_GPRS];
};

/* TDCALL with @regs, which it replaces by what came back. */
void tdcall(struct td_regs *regs);

/*
 * TDG.VP.VMCALL<Instruction.IO>, an OUT of 32 bits to @port (Intel TDX GHCI 1.5); the
 * VMM gets KVM_EXIT_IO.  Gives the VMM's status, GHCI_*.
 */
uint64_t td_out32(uint16_t port, uint32_t value);

/* TDG.VP.VMCALL<ReportFatalError> with @code; the VMM gets KVM_EXIT_SYSTEM_EVENT. */
void __attribute__((noreturn)) td_fatal(uint64_t code);

/* Is this the guest of a TD?  Of the guest's own copy, set when it is created. */
extern bool guest_is_td;

/* ---- one TDCALL after the other, as the host says ---- */

/* GUEST_SYNC() stage: out holds the answer to in. */
#define TD_STAGE_ANSWERED	1

/* In place of the TDCALL. */
enum td_access {
	TD_ACCESS_NONE,
	TD_ACCESS_READ,
	TD_ACCESS_WRITE,
};

/* In shared memory, one for each vCPU; addresses are GVAs. */
struct td_request {
	uint64_t vcpu;			/* its number */
	struct td_regs in, out;

	/* Before the TDCALL: fill_len bytes at fill_gva become fill_byte. */
	uint64_t fill_gva, fill_len, fill_byte;
	/*
	 * If wait_gva is not 0: after the TDCALL, before the report, wait until the 64-bit
	 * word there is another one than wait_while, or was looked at wait_max times (0: for
	 * ever); waited is what it was in the end, polls how often it was wait_while.
	 */
	uint64_t wait_gva, wait_while, wait_max, waited, polls;
	/* Then: sum is that of the sum_len bytes at sum_gva. */
	uint64_t sum_gva, sum_len, sum;
	/* enum td_access to a 64-bit word: what is written, or what was read. */
	uint64_t access, access_gva, access_value;

	uint64_t answers;		/* so far */
};

/* Guest code: for ever what req says, and GUEST_SYNC(TD_STAGE_ANSWERED). */
void guest_td_loop(struct td_request *req);

#endif
