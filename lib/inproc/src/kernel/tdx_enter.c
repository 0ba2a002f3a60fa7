// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX module: TDH.VP.ENTER, the border at which the engine stands for the CPU, and the
 * TDCALLs ("TDG" interface functions) that come out of the guest.  TDG.VP.VMCALL goes
 * to KVM; the others are the module's own and KVM never hears of them.
 *
 * TDG.VP.VMCALL passes the registers whose bits are set in RCX to the VMM as they are,
 * zeroes for the others, and back the same ones on the next entry, with RAX 0; RAX,
 * RCX and RSP cannot be passed, nor RBP in a TD that KVM configures (NO_RBP_MOD).
 */
#include <asm/posted_intr.h>
#include <asm/shared/tdx.h>

#include "tdx_module.h"

#define GLUE_RCX_NO_GPRS	(BIT(IMAGE_RAX) | BIT(IMAGE_RCX) | BIT(IMAGE_RSP) | BIT(IMAGE_RBP))
#define GLUE_RCX_RESERVED	GENMASK_ULL(63, 32)

/* Interrupt that the host takes when a signal is pending; any vector will do. */
#define GLUE_HOST_VECTOR	0xfd

/* The VMM's registers, by their numbers. */
static u64 *glue_vmm_gpr(struct tdx_module_args *args, unsigned int nr)
{
	switch (nr) {
	case IMAGE_RDX: return &args->rdx;
	case IMAGE_RBX: return &args->rbx;
	case IMAGE_RSI: return &args->rsi;
	case IMAGE_RDI: return &args->rdi;
	case 8:	return &args->r8;
	case 9:	return &args->r9;
	case 10: return &args->r10;
	case 11: return &args->r11;
	case 12: return &args->r12;
	case 13: return &args->r13;
	case 14: return &args->r14;
	case 15: return &args->r15;
	}
	return NULL;
}

static void glue_exit_args(struct tdx_module_args *args, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	memset(args, 0, sizeof(*args));
	args->rcx = rcx;
	args->rdx = rdx;
	args->r8 = r8;
	args->r9 = r9;
}

static u64 glue_exit_vmcall(struct glue_tdvpr *vp, struct tdx_module_args *args)
{
	u64 mask = vp->gpr[IMAGE_RCX];
	unsigned int i;

	vp->tdcall = GLUE_TDCALL_VMCALL;
	glue_exit_args(args, mask, 0, 0, 0);
	for (i = IMAGE_RDX; i < IMAGE_NR_GPRS; i++)
		if (glue_vmm_gpr(args, i) && (mask & BIT(i)))
			*glue_vmm_gpr(args, i) = vp->gpr[i];
	return EXIT_REASON_TDCALL;
}

static void glue_resume_vmcall(struct glue_tdvpr *vp, struct tdx_module_args *args)
{
	u64 mask = vp->gpr[IMAGE_RCX];
	unsigned int i;

	for (i = IMAGE_RDX; i < IMAGE_NR_GPRS; i++)
		if (glue_vmm_gpr(args, i) && (mask & BIT(i)))
			vp->gpr[i] = *glue_vmm_gpr(args, i);
	vp->gpr[IMAGE_RAX] = GLUE_TDX_SUCCESS;
}

static u64 glue_exit_ept_violation(struct tdx_module_args *args, struct glue_tdr *tdr,
				   const struct image_td_run *run, enum glue_eeq_type type)
{
	u64 qualification = EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED;

	qualification |= run->fetch ? EPT_VIOLATION_ACC_INSTR :
			 run->write ? EPT_VIOLATION_ACC_WRITE : EPT_VIOLATION_ACC_READ;
	glue_exit_args(args, qualification, type,
		       run->gpa | (run->private ? 0 : BIT_ULL(tdr->shared_bit)), 0);
	return EXIT_REASON_EPT_VIOLATION;
}

/*
 * TDG.MEM.PAGE.ACCEPT: RCX is the GPA, which is aligned to the page's size, with the level in
 * bits 2:0.  False: there is no page, and KVM hears of it; when it has done its part the
 * instruction starts over.
 */
static bool glue_accept(struct glue_tdvpr *vp, struct tdx_module_args *args, u64 *ret)
{
	u64 gpa = vp->gpr[IMAGE_RCX] & PAGE_MASK, level = vp->gpr[IMAGE_RCX] & 7;
	struct image_td_run none = { .gpa = gpa, .private = true, .write = true };

	if (gpa >> vp->tdr->shared_bit || (vp->gpr[IMAGE_RCX] & ~PAGE_MASK & ~7ULL) ||
	    level > 1 || (level && !IS_ALIGNED(gpa, PMD_SIZE))) {
		vp->gpr[IMAGE_RAX] = glue_operand_invalid(GLUE_OPERAND_RCX);
		return true;
	}
	if (glue_sept_accept(vp->tdr, gpa, level, &vp->gpr[IMAGE_RAX]))
		return true;
	vp->tdcall = GLUE_TDCALL_ACCEPT;
	*ret = glue_exit_ept_violation(args, vp->tdr, &none, GLUE_EEQ_ACCEPT);
	return false;
}

/*
 * The engine has no page for an access.  False: it has one by now, which another vCPU has
 * accepted.
 */
static bool glue_no_page(struct glue_tdvpr *vp, struct tdx_module_args *args,
			 const struct image_td_run *run, u64 *ret)
{
	enum glue_sept state = run->private ? glue_sept_at(vp->tdr, run->gpa) : GLUE_SEPT_FREE;

	if (state == GLUE_SEPT_MAPPED)
		return false;
	if (state == GLUE_SEPT_PENDING && !(vp->tdr->attributes & GLUE_ATTRIBUTE_SEPT_VE_DISABLE))
		glue_die("a TD accesses GPA %#llx, which it has not accepted: without the attribute "
			 "SEPT_VE_DISABLE that is #VE, which an engine cannot deliver", run->gpa);
	*ret = glue_exit_ept_violation(args, vp->tdr, run, state == GLUE_SEPT_PENDING ?
				       GLUE_EEQ_PENDING : GLUE_EEQ_NONE);
	return true;
}

/* TDG.VP.INFO: the TD's shape. */
static void glue_vp_info(struct glue_tdvpr *vp)
{
	memset(&vp->gpr[IMAGE_R8], 0, 8 * sizeof(vp->gpr[0]));
	vp->gpr[IMAGE_RAX] = GLUE_TDX_SUCCESS;
	vp->gpr[IMAGE_RCX] = vp->tdr->shared_bit + 1;
	vp->gpr[IMAGE_RDX] = vp->tdr->attributes;
	vp->gpr[IMAGE_R8] = (u64)vp->tdr->max_vcpus << 32 | vp->tdr->nr_vps;
	vp->gpr[IMAGE_R8 + 1] = vp->index;
}

/* True: back into the guest, with vp->gpr. */
static bool glue_tdcall(struct glue_tdvpr *vp, struct tdx_module_args *args, u64 *ret)
{
	u64 rcx = vp->gpr[IMAGE_RCX];

	switch (vp->gpr[IMAGE_RAX]) {
	case TDG_VP_VMCALL:
		if (rcx & (GLUE_RCX_NO_GPRS | GLUE_RCX_RESERVED)) {
			vp->gpr[IMAGE_RAX] = glue_operand_invalid(GLUE_OPERAND_RCX);
			return true;
		}
		*ret = glue_exit_vmcall(vp, args);
		return false;
	case TDG_VP_INFO:
		glue_vp_info(vp);
		return true;
	case TDG_MEM_PAGE_ACCEPT:
		return glue_accept(vp, args, ret);
	}
	vp->gpr[IMAGE_RAX] = glue_operand_invalid(GLUE_OPERAND_RAX);
	return true;
}

/*
 * "Posted interrupt processing", which the notification's IPI starts.  What is posted waits
 * in the virtual APIC's IRR until the guest takes it; there is neither TPR nor EOI.
 */
static void glue_posted_interrupts(struct glue_tdvpr *vp)
{
	struct pi_desc *desc = vp->pi_desc_pa ? __va(vp->pi_desc_pa) : NULL;
	unsigned int i;

	if (!desc || !pi_test_and_clear_on(desc))
		return;
	for (i = 0; i < ARRAY_SIZE(vp->virr); i++)
		vp->virr[i] |= xchg((u64 *)&desc->pir[0] + i, 0);
}

static int glue_highest_interrupt(const struct glue_tdvpr *vp)
{
	int i;

	for (i = ARRAY_SIZE(vp->virr) - 1; i >= 0; i--)
		if (vp->virr[i])
			return i * 64 + fls64(vp->virr[i]) - 1;
	return -1;
}

static u64 glue_run_guest(struct glue_tdvpr *vp, struct tdx_module_args *args, bool load)
{
	struct image_td_run run = {};
	enum image_exit why;
	u64 ret;
	int vector;

	for (;;) {
		run.load = load;
		run.vector = vector = glue_highest_interrupt(vp);
		if (load)
			memcpy(run.gpr, vp->gpr, sizeof(run.gpr));
		why = glue_host->td_enter(to_glue_vcpu(vp->vcpu)->host_vcpu, &run);
		if (vector >= 0 && run.vector < 0)
			vp->virr[vector / 64] &= ~BIT_ULL(vector % 64);
		vp->irq_offered = run.pending;
		switch (why) {
		case IMAGE_EXIT_TDCALL:
			memcpy(vp->gpr, run.gpr, sizeof(vp->gpr));
			if (glue_tdcall(vp, args, &ret)) {
				load = true;
				continue;
			}
			return ret;
		case IMAGE_EXIT_INTR:
			set_tsk_thread_flag(current, TIF_SIGPENDING);
			fallthrough;
		case IMAGE_EXIT_KICK:
			glue_exit_args(args, 0, 0, 0, INTR_INFO_VALID_MASK |
				       INTR_TYPE_EXT_INTR | GLUE_HOST_VECTOR);
			return EXIT_REASON_EXTERNAL_INTERRUPT;
		case IMAGE_EXIT_NPF:
			load = false;
			if (!glue_no_page(vp, args, &run, &ret))
				continue;
			return ret;
		case IMAGE_EXIT_SHUTDOWN:
			vp->dead = true;
			glue_exit_args(args, 0, 0, 0, 0);
			return TDX_NON_RECOVERABLE_VCPU | EXIT_REASON_TRIPLE_FAULT;
		default:
			/* The engine has said why. */
			vp->dead = true;
			glue_exit_args(args, 0, 0, 0, 0);
			return TDX_NON_RECOVERABLE_TD;
		}
	}
}

u64 glue_tdh_vp_enter(struct tdx_module_args *args)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(args->rcx);
	u64 status, ret;

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_td_check(vp->tdr, BIT(GLUE_OP_RUNNABLE));
	if (status)
		return status;
	if (!vp->initialized || vp->dead)
		return GLUE_TDX_VCPU_STATE_INCORRECT;
	status = glue_tdvpr_associate(vp);
	if (status)
		return status;

	glue_posted_interrupts(vp);
	switch (vp->tdcall) {
	case GLUE_TDCALL_VMCALL:
		glue_resume_vmcall(vp, args);
		break;
	case GLUE_TDCALL_ACCEPT:
		if (!glue_accept(vp, args, &ret))
			return ret;
		break;
	case GLUE_TDCALL_NONE:
		return glue_run_guest(vp, args, false);
	}
	vp->tdcall = GLUE_TDCALL_NONE;
	return glue_run_guest(vp, args, true);
}
