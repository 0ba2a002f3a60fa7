// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's #VC handler.  Our guests never mean to raise one: whatever needs
 * the hypervisor they ask for through the GHCB.
 */
#include "processor.h"
#include "ucall_common.h"

#include "guest/ghcb.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

void guest_vc_handler(struct ex_regs *regs)
{
	/*
	 * libkvm takes 29 for a vector without error code: what the CPU pushed as
	 * one lies where RIP is looked for, and RIP where CS is.
	 */
	uint64_t exit_code = regs->rip, rip = regs->cs;

	/* It may come before the guest has got as far; twice does no harm. */
	ghcb_register();
	GUEST_FAIL("#VC, exit code 0x%lx, at RIP 0x%lx: that instruction needs the hypervisor",
		   exit_code, rip);
}
