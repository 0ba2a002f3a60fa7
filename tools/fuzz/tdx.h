/* SPDX-License-Identifier: GPL-2.0-only */
/* A TD's TDG.VP.VMCALLs: what one is (tdx.c), and what has to come of it (tdx_rules.c). */
#ifndef FUZZ_TDX_H
#define FUZZ_TDX_H

#include "fuzz.h"
#include "tdx_ghci.h"

struct tdx_call {
	enum { TDX_NOTHING, TDX_CALL, TDX_END } kind;
	uint64_t gpr[TD_NR_GPRS];		/* the guest's */
	uint64_t passed[TD_NR_GPRS];		/* what of it the VMM gets */
	bool bad_mask;				/* RCX: the TDX module refuses it */

	/* What has become of it so far. */
	unsigned int exits;
	bool failed;				/* KVM_RUN has */
	uint64_t ret;				/* the VMM's answers */
	uint64_t data;
	uint64_t info[4];
	uint64_t next;				/* MapGPA: what of it is not done begins here */
	bool refused;
};

/* A bit position, and so the width of the TD's addresses less one. */
extern unsigned int tdx_shared_bit;

/* The VMM got an exit of the call; it has not answered yet. */
void tdx_rules_exit(struct tdx_call *c, const struct kvm_run *run);
/* The TD goes on with these registers. */
void tdx_rules_answered(const struct tdx_call *c, const uint64_t *gpr);

/* The exits of struct kvm_run.tdx: flags, nr, ret, and what follows. */
#define TDX_WORDS(run)	((uint64_t *)((char *)(run) + KVM_RUN_EXIT_OFFSET))

#define TDX_END_PORT	0x511
#define TDX_END_VALUE	0x7465646e

#endif
