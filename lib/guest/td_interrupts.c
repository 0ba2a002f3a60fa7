// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that takes interrupts, see include/guest/td_interrupts.h.
 */
#include "processor.h"
#include "ucall_common.h"

#include "guest/td_interrupts.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

/* The guest's own, all vCPUs'; the host's copies are not used. */
static volatile uint64_t interrupts, vector;

void guest_td_interrupted(struct ex_regs *regs)
{
	/* No EOI: nothing of this or a lower priority comes after it. */
	vector = regs->vector;
	interrupts++;
}

void guest_td_halts(struct td_request *req)
{
	struct td_regs regs;
	uint64_t before, left;

	for (;;) {
		regs = *(volatile struct td_regs *)&req->in;
		tdcall(&regs);
		*(volatile struct td_regs *)&req->out = regs;
		/* Others' vCPUs count, too; an NMI that was for this one has come by now. */
		before = interrupts;
		if (req->wait_max)
			asm volatile("sti; nop");
		for (left = req->wait_max; left && interrupts == before; left--)
			asm volatile("pause");
		asm volatile("cli");
		req->sum = interrupts;
		req->waited = vector;
		GUEST_SYNC(TD_STAGE_ANSWERED);
	}
}
