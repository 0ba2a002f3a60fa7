// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ask for page state changes, and use the pages: guest code.
 */
#include "ucall_common.h"

#include "guest/psc.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

/* One instruction: there are machines that emulate every instruction of ours. */
static void copy_qwords(void *to, const void *from, uint64_t size)
{
	uint64_t count = size / sizeof(uint64_t);

	asm volatile("rep movsq"
		     : "+D" (to), "+S" (from), "+c" (count) : : "memory");
}

void guest_make_psc(struct psc_request *req)
{
	struct guest_vcpu *vcpu = guest_this_vcpu();
	struct ghcb *ghcb = vcpu->ghcb;
	unsigned int i;

	if (req->msr) {
		req->answer.msr = ghcb_msr_call(req->msr);
		return;
	}

	ghcb_clear(ghcb);
	copy_qwords(ghcb->shared_buffer + req->offset, &req->buffer, req->size);
	ghcb_set(ghcb, sw_exit_code, GHCB_NAE_PSC);
	ghcb_set(ghcb, sw_exit_info_1, 0);
	ghcb_set(ghcb, sw_exit_info_2, 0);
	ghcb->sw_scratch = req->scratch;
	if (req->scratch_marked)
		ghcb_mark_bit(ghcb->valid_bitmap, GHCB_VALID_BIT(sw_scratch));
	ghcb_exit(vcpu->ghcb_gpa);

	/* The next ucall overwrites the GHCB. */
	req->answer.exit_info_1 = ghcb->sw_exit_info_1;
	req->answer.exit_info_2 = ghcb->sw_exit_info_2;
	for (i = 0; i < sizeof(ghcb->valid_bitmap); i++)
		req->answer.valid_bitmap[i] = ghcb->valid_bitmap[i];
	copy_qwords(&req->answer.buffer, ghcb->shared_buffer + req->offset, req->size);
}

static void guest_access(struct psc_request *req)
{
	volatile uint64_t *at = (uint64_t *)req->access_gva;

	switch (req->access) {
	case PSC_ACCESS_READ:
		req->answer.value = *at;
		break;
	case PSC_ACCESS_WRITE:
		*at = req->access_value;
		break;
	case PSC_ACCESS_VALIDATE:
		asm volatile("pvalidate" : : "a" (req->access_gva), "c" (0),
			     "d" (req->access_value) : "cc", "memory");
		break;
	}
}

void guest_psc_loop(struct psc_request *req)
{
	ghcb_register();
	GUEST_SYNC(PSC_STAGE_READY);
	for (;;) {
		if (req->access)
			guest_access(req);
		else
			guest_make_psc(req);
		GUEST_SYNC(PSC_STAGE_ANSWERED);
	}
}
