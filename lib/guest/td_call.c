// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TD asks of its VMM for itself, and the guest that asks what the host wants.
 */
#include "ucall_common.h"

#include "guest/td_call.h"

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

static void fill(const struct td_request *req)
{
	volatile uint8_t *at = (uint8_t *)req->fill_gva;
	uint64_t i;

	for (i = 0; i < req->fill_len; i++)
		at[i] = (uint8_t)req->fill_byte;
}

static void wait_for_word(struct td_request *req)
{
	const volatile uint64_t *word = (uint64_t *)req->wait_gva;
	volatile uint64_t *polls = &req->polls;
	uint64_t value;

	for (;;) {
		value = *word;
		if (value != req->wait_while)
			break;
		++*polls;
		if (req->wait_max && *polls == req->wait_max)
			break;
		asm volatile("pause");
	}
	req->waited = value;
}

static uint64_t sum(const struct td_request *req)
{
	const volatile uint8_t *at = (uint8_t *)req->sum_gva;
	uint64_t i, total = 0;

	for (i = 0; i < req->sum_len; i++)
		total += at[i];
	return total;
}

static void access_word(struct td_request *req)
{
	volatile uint64_t *word = (uint64_t *)req->access_gva;

	if (req->access == TD_ACCESS_WRITE)
		*word = req->access_value;
	else
		req->access_value = *word;
}

static void call(struct td_request *req)
{
	struct td_regs regs = *(volatile struct td_regs *)&req->in;

	tdcall(&regs);
	*(volatile struct td_regs *)&req->out = regs;
}

void guest_td_loop(struct td_request *req)
{
	for (;;) {
		fill(req);
		if (req->access)
			access_word(req);
		else
			call(req);
		if (req->wait_gva)
			wait_for_word(req);
		req->sum = sum(req);
		req->answers++;
		GUEST_SYNC(TD_STAGE_ANSWERED);
	}
}
