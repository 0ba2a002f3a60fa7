// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for arch/x86/kernel/fpu, the guest's FPU state: a fake.  x87 and SSE are all that a
 * guest runs with: that state goes to the engine and back, and the process's own registers stay
 * what they are, but for the moments in which KVM's emulator reads or writes those of the guest.
 * AVX's state and PKRU, of a CPU that has them (COCO_CPU), are what a VMM gives a vCPU before
 * its launch.
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

/* What the engine has. */
#define GLUE_FPU_BYTES		(sizeof(struct fxregs_state) + sizeof(struct xstate_header))

/* AVX's state, and PKRU, which has a place elsewhere: where COCO_CPU says so (hw_cpuid.c). */
static u64 glue_fpu_features(bool pkru)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = 0xd, [IMAGE_RCX] = 63 } };

	glue_host->cpuid(&gprs);
	return XFEATURE_MASK_FPSSE | (gprs.gpr[IMAGE_RAX] & XFEATURE_MASK_YMM) |
	       (pkru ? gprs.gpr[IMAGE_RBX] & XFEATURE_MASK_PKRU : 0);
}

static struct glue_component {
	u32 bytes, offset;
} glue_component(int xfeature)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = 0xd, [IMAGE_RCX] = xfeature } };

	glue_host->cpuid(&gprs);
	return (struct glue_component){ gprs.gpr[IMAGE_RAX], gprs.gpr[IMAGE_RBX] };
}

/* Where it is in @area, if @size bytes have it; or NULL. */
static void *glue_component_in(void *area, unsigned int size, int xfeature)
{
	const struct glue_component c = glue_component(xfeature);

	return c.bytes && c.offset + c.bytes <= size ? area + c.offset : NULL;
}

static void glue_fpu_reset(struct fpstate *fpstate)
{
	memset(&fpstate->regs.xsave, 0, GLUE_FPU_BYTES);
	fpstate->regs.fxsave.cwd = GLUE_FCW_RESET;
	fpstate->regs.fxsave.mxcsr = GLUE_MXCSR_RESET;
}

bool fpu_alloc_guest_fpstate(struct fpu_guest *gfpu)
{
	struct fpstate *fpstate = glue_host->alloc(IMAGE_VMALLOC, sizeof(*fpstate) + PAGE_SIZE,
						   64, true, GLUE_CALLER);

	if (!fpstate)
		return false;
	fpstate->size = GLUE_FPU_BYTES;
	fpstate->user_size = fpstate->size;
	fpstate->xfeatures = glue_fpu_features(false);
	fpstate->user_xfeatures = fpstate->xfeatures;
	fpstate->is_valloc = true;
	fpstate->is_guest = true;
	glue_fpu_reset(fpstate);
	gfpu->fpstate = fpstate;
	gfpu->uabi_size = sizeof(struct kvm_xsave);
	gfpu->xfeatures = fpstate->xfeatures;
	return true;
}

void fpu_free_guest_fpstate(struct fpu_guest *gfpu)
{
	glue_host->free(IMAGE_VMALLOC, gfpu->fpstate, GLUE_CALLER);
	gfpu->fpstate = NULL;
}

/* None of them has to be asked for. */
int fpu_enable_guest_xfd_features(struct fpu_guest *gfpu, u64 xfeatures)
{
	return xfeatures & ~glue_fpu_features(false) ? -EPERM : 0;
}

void *get_xsave_addr(struct xregs_state *xsave, int xfeature)
{
	if (!(xsave->header.xfeatures & BIT_ULL(xfeature)))
		return NULL;
	return glue_component_in(xsave, PAGE_SIZE, xfeature);
}

u64 xstate_get_guest_group_perm(void)
{
	return glue_fpu_features(true);
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

/* A component starts over. */
void fpstate_clear_xstate_component(struct fpstate *fpstate, unsigned int xfeature)
{
	if (BIT_ULL(xfeature) & XFEATURE_MASK_FPSSE)
		glue_fpu_reset(fpstate);
	fpstate->regs.xsave.header.xfeatures &= ~BIT_ULL(xfeature);
}

void fpu_copy_guest_fpstate_to_uabi(struct fpu_guest *gfpu, void *buf, unsigned int size,
				    u64 xfeatures, u32 pkru)
{
	struct xregs_state *from = &gfpu->fpstate->regs.xsave, *to = buf;
	const void *ymm = get_xsave_addr(from, XFEATURE_YMM);
	u32 *to_pkru = glue_component_in(buf, size, XFEATURE_PKRU);
	void *to_ymm = glue_component_in(buf, size, XFEATURE_YMM);

	memset(buf, 0, size);
	if (size < GLUE_FPU_BYTES)
		return;
	to->i387 = from->i387;
	to->header.xfeatures = XFEATURE_MASK_FPSSE;
	if (ymm && to_ymm) {
		memcpy(to_ymm, ymm, glue_component(XFEATURE_YMM).bytes);
		to->header.xfeatures |= XFEATURE_MASK_YMM;
	}
	if (xfeatures & XFEATURE_MASK_PKRU && to_pkru) {
		*to_pkru = pkru;
		to->header.xfeatures |= XFEATURE_MASK_PKRU;
	}
}

int fpu_copy_uabi_to_guest_fpstate(struct fpu_guest *gfpu, const void *buf, u64 xcr0, u32 *vpkru)
{
	const struct xregs_state *from = buf;
	struct xregs_state *to = &gfpu->fpstate->regs.xsave;
	const u32 *pkru = glue_component_in((void *)buf, PAGE_SIZE, XFEATURE_PKRU);
	const void *ymm = glue_component_in((void *)buf, PAGE_SIZE, XFEATURE_YMM);
	const u64 has = from->header.xfeatures;

	if (has & ~glue_fpu_features(true) || has & ~xcr0 & ~XFEATURE_MASK_FPSSE ||
	    from->i387.mxcsr & ~GLUE_MXCSR_MASK)
		return -EINVAL;
	to->i387 = from->i387;
	to->header.xfeatures = has;
	if (has & XFEATURE_MASK_YMM)
		memcpy(get_xsave_addr(to, XFEATURE_YMM), ymm, glue_component(XFEATURE_YMM).bytes);
	*vpkru = has & XFEATURE_MASK_PKRU ? *pkru : 0;
	return 0;
}
