/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that makes certificate requests and page state changes in turn.
 */
#ifndef VMM_MAILBOX_H
#define VMM_MAILBOX_H

#include <stdint.h>

#include "guest/guest_request.h"
#include "guest/psc.h"

/* Shared memory: what the guest is to do. */
struct vmm_mailbox {
	uint64_t certs;			/* a certificate request, or a page state change */
	uint64_t request;		/* GVA of the vCPU's struct guest_request */
	uint64_t answers;		/* so far */
	struct psc_request psc;
};

/* Guest code: register, report STAGE_READY, then do what is asked for and report each answer. */
void guest_vmm_loop(struct vmm_mailbox *mailbox);

#endif
