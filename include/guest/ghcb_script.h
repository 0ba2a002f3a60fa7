/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMGEXITs that the host writes down for its guest, with whole GHCB pages, and what the
 * guest was answered.
 */
#ifndef GHCB_SCRIPT_H
#define GHCB_SCRIPT_H

#include <stdint.h>

#include "guest/ghcb.h"
#include "guest/vmsa.h"

/* GUEST_SYNC() stages of guest_ghcb_loop() */
#define GHCB_STAGE_READY	1
#define GHCB_STAGE_ANSWERED	2

#define GHCB_MAX_STEPS		4

/* One VMGEXIT; shared memory. */
struct ghcb_step {
	/* The host's part. */
	uint64_t msr;			/* what the GHCB MSR holds: a request, or a GHCB's GPA */
	uint64_t gva;			/* of that GHCB; 0: there is none to write or read */
	struct ghcb in;			/* its contents, the whole page */
	struct vmsa_op before, after;	/* the VMGEXIT */

	/* The guest's part. */
	struct {
		uint64_t msr;		/* the GHCB MSR after the VMGEXIT */
		struct ghcb page;	/* the whole page */
	} answer;
};

/* VMGEXITs that the guest makes one after another before it reports. */
struct ghcb_script {
	uint64_t nr_steps;
	uint64_t register_again;	/* then: the reports need the vCPU's own GHCB registered */
	struct ghcb_step step[GHCB_MAX_STEPS];
};

/* Guest code: register, report GHCB_STAGE_READY, then run scripts and report each. */
void guest_ghcb_loop(struct ghcb_script *script);
/* Guest code: the steps of one script; nothing is registered before them. */
void guest_run_script(struct ghcb_script *script);

#endif
