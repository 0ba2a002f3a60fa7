// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD that has itself attested ("Intel TDX Module ABI", TDG.MR.*; "Intel TDX GHCI 1.5",
 * "TDG.VP.VMCALL<GetQuote>"): guest code.
 */
#include "ucall_common.h"

#include "guest/td_attest.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

static void copy(void *to, const void *from, uint64_t size)
{
	asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (size) : : "memory");
}

static uint64_t mr_leaf(uint64_t leaf, uint64_t rcx, uint64_t rdx)
{
	struct td_regs regs = {
		.gpr = { [TD_RAX] = leaf, [TD_RCX] = rcx, [TD_RDX] = rdx },
	};

	tdcall(&regs);
	return regs.gpr[TD_RAX];
}

static void extend(struct td_attest *box)
{
	uint32_t i;

	box->extend_status = TDX_SUCCESS;
	for (i = 0; i < box->nr_events && box->extend_status == TDX_SUCCESS; i++) {
		copy((void *)(box->own_gva + TD_OWN_EVENT), box->event[i].with, TDX_DIGEST);
		box->extend_status = mr_leaf(TDG_MR_RTMR_EXTEND, box->own_gpa + TD_OWN_EVENT,
					     box->event[i].rtmr);
	}
}

/* And have the CPU look at it: the guest's own page is nobody else's. */
static void make_report(struct td_attest *box)
{
	copy((void *)(box->own_gva + TD_OWN_REPORTDATA), box->reportdata, TDX_REPORTDATA);
	box->report_status = mr_leaf(TDG_MR_REPORT, box->own_gpa + TD_OWN_REPORT,
				     box->own_gpa + TD_OWN_REPORTDATA);
	copy((void *)(box->own_gva + TD_OWN_MAC), (void *)(box->own_gva + TD_OWN_REPORT),
	     sizeof(struct tdx_report_mac));
	box->verify_status = mr_leaf(TDG_MR_VERIFYREPORT, box->own_gpa + TD_OWN_MAC, 0);
}

static void get_quote(struct td_attest *box)
{
	struct ghci_quote_header *header = (struct ghci_quote_header *)box->buffer_gva;
	struct td_regs regs = {
		.gpr = {
			[TD_RAX] = TDG_VP_VMCALL,
			[TD_RCX] = TD_PASS_STANDARD,
			[TD_R11] = GHCI_GET_QUOTE,
			[TD_R12] = box->buffer_gpa,
			[TD_R13] = box->buffer_size,
		},
	};

	header->version = GHCI_QUOTE_VERSION;
	header->status = 0;
	header->in_len = sizeof(box->report);
	header->out_len = 0;
	copy(header->data, &box->report, sizeof(box->report));
	tdcall(&regs);
	box->answer = regs.gpr[TD_R10];
	box->quote_size = 0;
	if (box->answer != GHCI_SUCCESS)
		return;
	for (;;) {
		box->status = *(volatile uint64_t *)&header->status;
		if (box->status != GHCI_QUOTE_IN_FLIGHT)
			break;
		++*(volatile uint64_t *)&box->polls;
		asm volatile("pause" : : : "memory");
	}
	box->quote_size = *(volatile uint32_t *)&header->out_len;
	if (box->quote_size <= sizeof(box->quote))
		copy(box->quote, header->data, box->quote_size);
}

void guest_td_attest_loop(struct td_attest *box)
{
	for (;;) {
		extend(box);
		if (!box->again)
			make_report(box);
		if (!box->given)
			copy(&box->report, (void *)(box->own_gva + TD_OWN_REPORT),
			     sizeof(box->report));
		((uint8_t *)&box->report)[box->flip_at] ^= box->flip;
		get_quote(box);
		GUEST_SYNC(TD_STAGE_ANSWERED);
	}
}
