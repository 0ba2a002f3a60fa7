// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for those registers of the host's CPU that a TD's run leaves with other values.  A
 * model after "Intel TDX Module v1.5 ABI Specification", TDH.VP.ENTER, "CPU State Preservation
 * following a Successful TD Entry and a TD Exit".
 */
#include <asm/msr-index.h>

#include "linux/hoststate.h"
#include "module.h"

/* Of IA32_DEBUGCTL, what the module leaves alone: BTF, FREEZE_PERFMON_ON_PMI, FREEZE_IN_SMM. */
#define GLUE_DEBUGCTL_PRESERVED	(BIT_ULL(1) | BIT_ULL(12) | BIT_ULL(14))

static const struct {
	u32 msr;
	u64 after;
} glue_msrs_after[] = {
	{ MSR_TSC_AUX, 0 },
	{ MSR_STAR, 0 },
	{ MSR_LSTAR, 0 },
	{ MSR_SYSCALL_MASK, 0x20200 },
	{ MSR_KERNEL_GS_BASE, 0 },
};

void glue_host_left(u64 xfam)
{
	struct glue_host_state *state = glue_host_state();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_msrs_after); i++)
		glue_host_wrmsr(glue_msrs_after[i].msr, glue_msrs_after[i].after);
	*glue_host_reg(state, GLUE_HOST_XCR0) = xfam;
	*glue_host_reg(state, GLUE_HOST_DEBUGCTL) &= GLUE_DEBUGCTL_PRESERVED;
}
