// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's FPU state as arch/x86/kernel/fpu keeps it.  A fake: there is a
 * state of the legacy size, in reset, that the guest never gets to see; the
 * engine has the real one.
 */
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>

#include "glue.h"

#define GLUE_FCW_RESET		0x37f
#define GLUE_MXCSR_RESET	0x1f80

bool fpu_alloc_guest_fpstate(struct fpu_guest *gfpu)
{
	struct fpstate *fpstate = glue_host->alloc(IMAGE_VMALLOC, sizeof(*fpstate) + PAGE_SIZE,
						   64, true, GLUE_CALLER);

	if (!fpstate)
		return false;
	fpstate->size = sizeof(struct fxregs_state) + sizeof(struct xstate_header);
	fpstate->user_size = fpstate->size;
	fpstate->xfeatures = XFEATURE_MASK_FPSSE;
	fpstate->user_xfeatures = XFEATURE_MASK_FPSSE;
	fpstate->is_valloc = true;
	fpstate->is_guest = true;
	fpstate->regs.fxsave.cwd = GLUE_FCW_RESET;
	fpstate->regs.fxsave.mxcsr = GLUE_MXCSR_RESET;
	gfpu->fpstate = fpstate;
	gfpu->xfeatures = XFEATURE_MASK_FPSSE;
	return true;
}

void fpu_free_guest_fpstate(struct fpu_guest *gfpu)
{
	glue_host->free(IMAGE_VMALLOC, gfpu->fpstate, GLUE_CALLER);
	gfpu->fpstate = NULL;
}

/* Nothing beyond the legacy state can be asked for. */
int fpu_enable_guest_xfd_features(struct fpu_guest *gfpu, u64 xfeatures)
{
	return xfeatures & ~XFEATURE_MASK_FPSSE ? -EPERM : 0;
}

void *get_xsave_addr(struct xregs_state *xsave, int xfeature)
{
	return NULL;
}

u64 xstate_get_guest_group_perm(void)
{
	return XFEATURE_MASK_FPSSE;
}

int fpu_swap_kvm_fpstate(struct fpu_guest *gfpu, bool enter_guest)
{
	gfpu->fpstate->in_use = enter_guest;
	return 0;
}
