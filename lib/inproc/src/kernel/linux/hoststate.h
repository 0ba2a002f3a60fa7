/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of the CPU that a kernel and its guests take turns with: what the kernel loads
 * for a guest, or the hardware loses for one, has to be the host's again when the VMM goes
 * on.
 */
#ifndef INPROC_GLUE_HOSTSTATE_H
#define INPROC_GLUE_HOSTSTATE_H

#include "glue.h"

/*
 * One CPU's, at offsets in bytes.  Those of VMLOAD and VMSAVE are where a state save area
 * has them (AMD APM 2, table B-2), behind them are others.
 */
#define GLUE_HOST_SAVE		IMAGE_SHARED_TSC_AUX
enum {
	GLUE_HOST_TSC_AUX = GLUE_HOST_SAVE,
	GLUE_HOST_DR0_MASK = GLUE_HOST_TSC_AUX + 8,
	GLUE_HOST_DR1_MASK = GLUE_HOST_DR0_MASK + 8,
	GLUE_HOST_DR2_MASK = GLUE_HOST_DR1_MASK + 8,
	GLUE_HOST_DR3_MASK = GLUE_HOST_DR2_MASK + 8,
	GLUE_HOST_XSS = GLUE_HOST_DR3_MASK + 8,
	GLUE_HOST_S_CET = GLUE_HOST_XSS + 8,
	GLUE_HOST_DEBUGCTL = GLUE_HOST_S_CET + 8,
	GLUE_HOST_SPEC_CTRL = GLUE_HOST_DEBUGCTL + 8,
	GLUE_HOST_XCR0 = GLUE_HOST_SPEC_CTRL + 8,
	GLUE_HOST_PKRU = GLUE_HOST_XCR0 + 8,
	GLUE_HOST_HSAVE_PA = GLUE_HOST_PKRU + 8,
	GLUE_HOST_SIZE = GLUE_HOST_HSAVE_PA + 8,
};

struct glue_host_state {
	bool known;
	u8 area[GLUE_HOST_SIZE] __aligned(8);
	/* Code that ran a guest last, since the VMM was left. */
	const void *ran_by;
};

/* This CPU's, with the host's values at first. */
struct glue_host_state *glue_host_state(void);
/* The host's value of MSR @index, which is one of these. */
u64 glue_host_msr(u32 index);

static inline u64 *glue_host_reg(struct glue_host_state *state, unsigned int offset)
{
	return (u64 *)(state->area + offset);
}

/* RDMSR and WRMSR of one of these; false: it is another. */
bool glue_host_rdmsr(u32 index, u64 *value);
bool glue_host_wrmsr(u32 index, u64 value);
/* From VMSAVE's registers to @save, or back; @save is a state save area. */
void glue_host_vmsave(void *save);
void glue_host_vmload(const void *save);
/* The VMM goes on. */
void glue_host_check(void);

#endif
