// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TD asks of its VMM for itself, and the guest that asks what the host wants.
 */
#include "kvm_util.h"
#include "ucall_common.h"

#include "td_call.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

bool guest_is_td;

uint64_t td_out32(uint16_t port, uint32_t value)
{
	struct td_regs regs = {
		.gpr = {
			[TD_RAX] = TDG_VP_VMCALL,
			[TD_RCX] = TD_PASS_STANDARD,
			[TD_R11] = GHCI_INSTRUCTION_IO,
			[TD_R12] = sizeof(value),
			[TD_R13] = GHCI_IO_WRITE,
			[TD_R14] = port,
			[TD_R15] = value,
		},
	};

	tdcall(&regs);
	return regs.gpr[TD_RAX] ? regs.gpr[TD_RAX] : regs.gpr[TD_R10];
}

void td_fatal(uint64_t code)
{
	struct td_regs regs = {
		.gpr = {
			[TD_RAX] = TDG_VP_VMCALL,
			[TD_RCX] = TD_PASS_STANDARD,
			[TD_R11] = GHCI_REPORT_FATAL_ERROR,
			[TD_R12] = code,
		},
	};

	for (;;)
		tdcall(&regs);
}

static void wait_for_word(struct td_request *req)
{
	const volatile uint64_t *word = (uint64_t *)req->wait_gva;
	uint64_t value;

	do {
		asm volatile("pause");
		value = *word;
	} while (value == req->wait_while);
	req->waited = value;
}

void guest_td_loop(struct td_request *req)
{
	struct td_regs regs;

	for (;;) {
		regs = *(volatile struct td_regs *)&req->in;
		tdcall(&regs);
		*(volatile struct td_regs *)&req->out = regs;
		if (req->wait_gva)
			wait_for_word(req);
		GUEST_SYNC(TD_STAGE_ANSWERED);
	}
}
