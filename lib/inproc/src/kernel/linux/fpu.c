// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for arch/x86/kernel/fpu, the guest's FPU state: a fake.  The CPU under test has
 * FXSAVE and no XSAVE, so x87 and SSE are all; the state goes to the engine and back, and the
 * process's own registers stay what they are, but for the moments in which KVM's emulator
 * reads or writes those of the guest.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/string.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>

#include "glue.h"
#include "task.h"

#define GLUE_FCW_RESET		0x37f
#define GLUE_MXCSR_RESET	0x1f80

#define GLUE_MXCSR_MASK		0xffff

static void glue_fpu_reset(struct fpstate *fpstate)
{
	memset(&fpstate->regs.fxsave, 0, sizeof(fpstate->regs.fxsave));
	fpstate->regs.fxsave.cwd = GLUE_FCW_RESET;
	fpstate->regs.fxsave.mxcsr = GLUE_MXCSR_RESET;
}

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
	glue_fpu_reset(fpstate);
	gfpu->fpstate = fpstate;
	gfpu->uabi_size = sizeof(struct kvm_xsave);
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

/*
 * Within kvm_fpu_get() and kvm_fpu_put(), that is with softirqs off, the guest's registers are
 * the CPU's.  Before an entry to the guest KVM calls this, too, and the engine has them.
 */
void switch_fpu_return(void)
{
	struct glue_task *task = to_glue_task(current);

	if (!softirq_count() || !task->fpstate || task->fpu_loaded)
		return;
	glue_host->fpu_save(&task->fpstate->regs, task->fpstate->size);
	asm volatile("fxsave64 %0" : "=m" (task->fpu_host));
	asm volatile("fxrstor64 %0" :: "m" (task->fpstate->regs.fxsave));
	task->fpu_loaded = true;
}

void glue_fpu_put(void)
{
	struct glue_task *task = to_glue_task(current);

	if (!task->fpu_loaded)
		return;
	asm volatile("fxsave64 %0" : "=m" (task->fpstate->regs.fxsave));
	asm volatile("fxrstor64 %0" :: "m" (task->fpu_host));
	task->fpu_loaded = false;
	glue_host->fpu_load(&task->fpstate->regs, task->fpstate->size);
}

/* SEV-ES guests and TDs: hardware keeps it, and the kernel has none. */
int fpu_swap_kvm_fpstate(struct fpu_guest *gfpu, bool enter_guest)
{
	struct fpstate *fpstate = gfpu->fpstate;

	fpstate->in_use = enter_guest;
	if (fpstate->is_confidential)
		return 0;
	to_glue_task(current)->fpstate = enter_guest ? fpstate : NULL;
	/* Nobody else's registers: asks kvm_fpu_get() to have them loaded. */
	update_tsk_thread_flag(current, TIF_NEED_FPU_LOAD, enter_guest);
	if (enter_guest)
		glue_host->fpu_load(&fpstate->regs, fpstate->size);
	else
		glue_host->fpu_save(&fpstate->regs, fpstate->size);
	return 0;
}

/* A component starts over; any but these two is in that state for good. */
void fpstate_clear_xstate_component(struct fpstate *fpstate, unsigned int xfeature)
{
	if (BIT_ULL(xfeature) & XFEATURE_MASK_FPSSE)
		glue_fpu_reset(fpstate);
}

void fpu_copy_guest_fpstate_to_uabi(struct fpu_guest *gfpu, void *buf, unsigned int size,
				    u64 xfeatures, u32 pkru)
{
	struct xregs_state *to = buf;

	memset(buf, 0, size);
	if (size < sizeof(to->i387) + sizeof(to->header))
		return;
	to->i387 = gfpu->fpstate->regs.fxsave;
	to->header.xfeatures = XFEATURE_MASK_FPSSE;
}

int fpu_copy_uabi_to_guest_fpstate(struct fpu_guest *gfpu, const void *buf, u64 xcr0, u32 *vpkru)
{
	const struct xregs_state *from = buf;

	if (from->header.xfeatures & ~XFEATURE_MASK_FPSSE || from->i387.mxcsr & ~GLUE_MXCSR_MASK)
		return -EINVAL;
	gfpu->fpstate->regs.fxsave = from->i387;
	return 0;
}
