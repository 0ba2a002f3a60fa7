// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the instructions VMRUN, VMLOAD and VMSAVE (AMD APM 2, sections 15.5 and 15.35.8),
 * the border at which the engine is the CPU.  A model: of VMRUN the guest's side is the
 * process's (src/hw/hw_svm.c), here is what becomes of the host's registers.
 */
#include <linux/bits.h>
#include <linux/string.h>
#include <asm/cpufeature.h>

#include "glue.h"
#include "linux/hoststate.h"
#include "linux/task.h"
#include "psp.h"

/* Of a VMCB */
#define GLUE_VMCB_ASID		0x058
#define GLUE_VMCB_NESTED_CTL	0x090
#define GLUE_NESTED_CTL_SEV	BIT_ULL(1)
#define GLUE_NESTED_CTL_SEV_ES	BIT_ULL(2)
#define GLUE_VMCB_SAVE		0x400
/* Of a state save area */
#define GLUE_SAVE_XSS		0x140
#define GLUE_SAVE_DR0_MASK	0x1a0
#define GLUE_SAVE_TSC_AUX	0x2ec
#define GLUE_SAVE_XCR0		0x3e8

void glue_vmrun(struct image_gprs *gprs);
void glue_vmload(struct image_gprs *gprs);
void glue_vmsave(struct image_gprs *gprs);

void glue_vmload(struct image_gprs *gprs)
{
	glue_host_vmload((void *)gprs->gpr[IMAGE_RAX] + GLUE_VMCB_SAVE);
}

void glue_vmsave(struct image_gprs *gprs)
{
	glue_host_vmsave((void *)gprs->gpr[IMAGE_RAX] + GLUE_VMCB_SAVE);
}

/*
 * An SEV-ES guest has everything of its own, and #VMEXIT loads the host's from its save
 * area: what VMRUN does not put there itself has to be there before.
 */
static void glue_exit_from_es(struct glue_host_state *state, bool debug_swap)
{
	const void *save = (void *)*glue_host_reg(state, GLUE_HOST_HSAVE_PA) + GLUE_VMCB_SAVE;

	glue_host_vmload(save);
	*glue_host_reg(state, GLUE_HOST_TSC_AUX) = *(u32 *)(save + GLUE_SAVE_TSC_AUX);
	if (boot_cpu_has(X86_FEATURE_XSAVE))
		*glue_host_reg(state, GLUE_HOST_XCR0) = *(u64 *)(save + GLUE_SAVE_XCR0);
	if (boot_cpu_has(X86_FEATURE_XSAVES))
		*glue_host_reg(state, GLUE_HOST_XSS) = *(u64 *)(save + GLUE_SAVE_XSS);
	if (debug_swap)
		memcpy(state->area + GLUE_HOST_DR0_MASK, save + GLUE_SAVE_DR0_MASK, 4 * sizeof(u64));
}

/* By insn.S: RAX is the VMCB's address, the other registers are the guest's. */
void glue_vmrun(struct image_gprs *gprs)
{
	struct glue_host_state *state = glue_host_state();
	const void *vmcb = (void *)gprs->gpr[IMAGE_RAX];
	const u64 control = *(u64 *)(vmcb + GLUE_VMCB_NESTED_CTL);
	int ended;

	if (control & GLUE_NESTED_CTL_SEV) {
		glue_cache_dirtied();
		/* With SEV-ES there is no state then that VMRUN takes, see hw_svm_vmsa.c. */
		if (!(control & GLUE_NESTED_CTL_SEV_ES) &&
		    !glue_asid_active(*(u32 *)(vmcb + GLUE_VMCB_ASID)))
			glue_host->mem_bug(CONTROL_SEV_ASID,
					   "ran a guest with an ASID that is no guest's",
					   GLUE_CALLER);
	}
	/* Behind the registers insn.S has where it goes back to. */
	state->ran_by = *(void **)(gprs + 1);
	ended = glue_host->vmrun(gprs, state->area);
	if (control & GLUE_NESTED_CTL_SEV_ES)
		glue_exit_from_es(state, ended & IMAGE_VMRUN_DEBUG_SWAP);
	/* KVM looks for a signal before it takes note of the exit. */
	if (ended & IMAGE_VMRUN_INTERRUPTED)
		glue_signal_poll();
}
