/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TD's guest that takes interrupts.  Guest code.
 */
#ifndef TD_INTERRUPTS_H
#define TD_INTERRUPTS_H

#include "guest/td_call.h"

struct ex_regs;

/* Handler of all vectors of the TD's that it is to take. */
void guest_td_interrupted(struct ex_regs *regs);

/*
 * For ever what req says, with interrupts off; after the TDCALL they are on, as after a HLT,
 * until another one has come or req->wait_max looks found none.  sum is how many the TD has got so
 * far, waited the last one's vector.
 */
void guest_td_halts(struct td_request *req);

#endif
