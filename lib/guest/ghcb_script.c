// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make VMGEXITs that the host wrote down: guest code.
 */
#include "ucall_common.h"

#include "guest/ghcb_script.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

/* One instruction: there are machines that emulate every instruction of ours. */
static void copy_page(void *to, const void *from)
{
	uint64_t count = sizeof(struct ghcb) / sizeof(uint64_t);

	asm volatile("rep movsq"
		     : "+D" (to), "+S" (from), "+c" (count) : : "memory");
}

void guest_run_script(struct ghcb_script *script)
{
	uint64_t i;

	for (i = 0; i < script->nr_steps; i++) {
		struct ghcb_step *step = &script->step[i];

		guest_vmsa_op(&step->before);
		if (step->gva)
			copy_page((void *)step->gva, &step->in);
		step->answer.msr = ghcb_msr_call(step->msr);
		guest_vmsa_op(&step->after);
		if (step->gva)
			copy_page(&step->answer.page, (void *)step->gva);
	}
}

void guest_ghcb_loop(struct ghcb_script *script)
{
	ghcb_register();
	GUEST_SYNC(GHCB_STAGE_READY);
	for (;;) {
		guest_run_script(script);
		if (script->register_again)
			ghcb_register();
		GUEST_SYNC(GHCB_STAGE_ANSWERED);
	}
}
