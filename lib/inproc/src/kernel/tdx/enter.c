// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: TDH.VP.ENTER, the border at which the engine stands for the
 * CPU, and the TDCALLs ("TDG" interface functions) that come out of the guest.  A model,
 * see module.h.  TDG.VP.VMCALL goes to KVM; the others are the module's own and KVM never
 * hears of them.
 *
 * TDG.VP.VMCALL passes the registers whose bits are set in RCX to the VMM as they are,
 * zeroes for the others, and back the same ones on the next entry, with RAX 0; RAX,
 * RCX and RSP cannot be passed, nor RBP in a TD that is configured so (NO_RBP_MOD); in
 * another one it may be asked for, and the VMM's is left as it is here.
 */
#include <linux/string.h>
#include <asm/irq_vectors.h>
#include <asm/vmx.h>

#include "module.h"
#include "linux/task.h"

/* "Posted-Interrupt Descriptor", Intel SDM volume 3. */
struct glue_pi_desc {
	u64 pir[4];
	u64 control;
};

#define GLUE_PI_ON		BIT_ULL(0)

#define GLUE_RCX_NO_GPRS	(BIT(IMAGE_RAX) | BIT(IMAGE_RCX) | BIT(IMAGE_RSP) | BIT(IMAGE_RBP))
#define GLUE_RCX_RESERVED	GENMASK_ULL(63, 32)

/* Interrupt that the host takes when a signal is pending; any vector will do. */
#define GLUE_HOST_VECTOR	0xfd

/* May TDG.VP.VMCALL pass this register? */
static bool glue_gpr_passes(unsigned int nr)
{
	return !(GLUE_RCX_NO_GPRS & BIT(nr));
}

/* All of the VMM's registers but these, RSP and RBP are zero. */
static void glue_exit_args(union glue_regs *regs, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	u64 rsp = regs->rsp, rbp = regs->rbp;

	memset(regs, 0, sizeof(*regs));
	regs->rsp = rsp;
	regs->rbp = rbp;
	regs->rcx = rcx;
	regs->rdx = rdx;
	regs->r8 = r8;
	regs->r9 = r9;
}

static u64 glue_exit_vmcall(struct glue_tdvpr *vp, union glue_regs *regs)
{
	u64 mask = vp->gpr[IMAGE_RCX];
	unsigned int i;

	vp->tdcall = GLUE_TDCALL_VMCALL;
	glue_exit_args(regs, mask, 0, 0, 0);
	for (i = IMAGE_RDX; i < IMAGE_NR_GPRS; i++)
		if (glue_gpr_passes(i) && (mask & BIT(i)))
			regs->gprs.gpr[i] = vp->gpr[i];
	return EXIT_REASON_TDCALL;
}

static void glue_resume_vmcall(struct glue_tdvpr *vp, union glue_regs *regs)
{
	u64 mask = vp->gpr[IMAGE_RCX];
	unsigned int i;

	for (i = IMAGE_RDX; i < IMAGE_NR_GPRS; i++)
		if (glue_gpr_passes(i) && (mask & BIT(i)))
			vp->gpr[i] = regs->gprs.gpr[i];
	vp->gpr[IMAGE_RAX] = GLUE_TDX_SUCCESS;
}

/* @prot: what the entries allow, as EPT_VIOLATION_PROT_MASK has it; @eeq: RDX. */
static u64 glue_exit_ept_violation(union glue_regs *regs, struct glue_tdr *tdr,
				   const struct image_td_run *run, u64 prot, u64 eeq)
{
	u64 qualification = EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED | prot;

	qualification |= run->fetch ? EPT_VIOLATION_ACC_INSTR :
			 run->write ? EPT_VIOLATION_ACC_WRITE : EPT_VIOLATION_ACC_READ;
	glue_exit_args(regs, qualification, eeq,
		       run->gpa | (run->private ? 0 : BIT_ULL(tdr->shared_bit)), 0);
	return EXIT_REASON_EPT_VIOLATION;
}

/*
 * TDG.MEM.PAGE.ACCEPT: RCX is the GPA, which is aligned to the page's size, with the level in
 * bits 2:0.  False: there is no page, and KVM hears of it; when it has done its part the
 * instruction starts over.
 */
static bool glue_accept(struct glue_tdvpr *vp, union glue_regs *regs, u64 *ret)
{
	u64 gpa = vp->gpr[IMAGE_RCX] & PAGE_MASK, level = vp->gpr[IMAGE_RCX] & 7;
	struct image_td_run none = { .gpa = gpa, .private = true, .write = true };
	u64 info;

	if (gpa >> vp->tdr->shared_bit || (vp->gpr[IMAGE_RCX] & ~PAGE_MASK & ~7ULL) ||
	    level > 1 || (level && !IS_ALIGNED(gpa, PMD_SIZE))) {
		vp->gpr[IMAGE_RAX] = glue_operand_invalid(GLUE_OPERAND_RCX);
		return true;
	}
	if (glue_sept_accept(vp->tdr, gpa, level, &vp->gpr[IMAGE_RAX], &info))
		return true;
	vp->tdcall = GLUE_TDCALL_ACCEPT;
	*ret = glue_exit_ept_violation(regs, vp->tdr, &none, 0, GLUE_EEQ_ACCEPT | info);
	return false;
}

/*
 * The engine has no page for an access of private memory.  False: it has one by now, which
 * another vCPU has accepted, or of which it had not heard.
 */
static bool glue_private_fault(struct glue_tdvpr *vp, union glue_regs *regs,
			       const struct image_td_run *run, u64 *ret)
{
	enum glue_sept state = glue_sept_at(vp->tdr, run->gpa);
	bool pending = state == GLUE_SEPT_PENDING;

	if (state == GLUE_SEPT_PRESENT)
		return false;
	if (pending && !(vp->tdr->attributes & GLUE_ATTRIBUTE_SEPT_VE_DISABLE))
		glue_not_driven("a TD accesses GPA %#llx, which it has not accepted: without the "
				"attribute SEPT_VE_DISABLE that is #VE, which an engine cannot "
				"deliver", run->gpa);
	*ret = glue_exit_ept_violation(regs, vp->tdr, run, 0,
				       pending ? GLUE_EEQ_PENDING : GLUE_EEQ_NONE);
	return true;
}

static u64 glue_ept_prot(const struct image_ept_entry *entry)
{
	return (entry->read ? EPT_VIOLATION_PROT_READ : 0) |
	       (entry->write ? EPT_VIOLATION_PROT_WRITE : 0) |
	       (entry->exec ? EPT_VIOLATION_PROT_EXEC : 0);
}

u64 glue_shared_eptp(const struct glue_tdvpr *vp)
{
	return vp->shared_eptp | VMX_EPTP_MT_WB | (u64)(vp->tdr->levels - 1) << 3;
}

/*
 * The same of shared memory, whose page tables are the VMM's.  False: they allow the
 * access, and the engine has the translation now.
 */
static bool glue_shared_fault(struct glue_tdvpr *vp, union glue_regs *regs,
			      const struct image_td_run *run, u64 *ret)
{
	u64 gpa = run->gpa | BIT_ULL(vp->tdr->shared_bit);
	struct image_ept_entry entry;

	/* "Shared EPT": instructions are not fetched from there. */
	if (run->fetch)
		glue_not_driven("a TD fetches an instruction from shared GPA %#llx", run->gpa);
	if (!vp->shared_eptp) {
		*ret = glue_exit_ept_violation(regs, vp->tdr, run, 0, GLUE_EEQ_NONE);
		return true;
	}
	switch (glue_ept_walk(glue_shared_eptp(vp), gpa, &entry)) {
	case IMAGE_EPT_MISCONFIG:
		glue_exit_args(regs, 0, 0, gpa, 0);
		*ret = EXIT_REASON_EPT_MISCONFIG;
		return true;
	case IMAGE_EPT_MAPPED:
		if (run->write ? !entry.write : !entry.read)
			break;
		/* Before and after: a flush in between must not be the last. */
		__atomic_store_n(&vp->tdr->shared_mapped, true, __ATOMIC_RELEASE);
		glue_host->td_map_shared(vp->tdr, run->gpa & PAGE_MASK, __va(entry.pa),
					 entry.write);
		__atomic_store_n(&vp->tdr->shared_mapped, true, __ATOMIC_RELEASE);
		return false;
	case IMAGE_EPT_VIOLATION:
		break;
	}
	if (!entry.suppress_ve)
		glue_not_driven("a TD accesses shared GPA %#llx, for which its VMM wants #VE, "
				"which an engine cannot deliver", run->gpa);
	*ret = glue_exit_ept_violation(regs, vp->tdr, run, glue_ept_prot(&entry), GLUE_EEQ_NONE);
	return true;
}

/* As glue_accept(): false when the guest's memory has to be had from KVM first. */
static bool glue_mr(struct glue_tdvpr *vp, union glue_regs *regs, u64 *ret)
{
	struct image_td_run fault;

	while (!glue_tdg_mr(vp, &fault)) {
		if (!(fault.private ? glue_private_fault(vp, regs, &fault, ret) :
				      glue_shared_fault(vp, regs, &fault, ret)))
			continue;
		vp->tdcall = GLUE_TDCALL_MR;
		return false;
	}
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
static bool glue_tdcall(struct glue_tdvpr *vp, union glue_regs *regs, u64 *ret)
{
	u64 rcx = vp->gpr[IMAGE_RCX];

	switch (vp->gpr[IMAGE_RAX]) {
	case GLUE_TDG_VP_VMCALL:
		if (rcx & ((vp->tdr->rbp_mod ? GLUE_RCX_NO_GPRS & ~BIT(IMAGE_RBP) :
			    GLUE_RCX_NO_GPRS) | GLUE_RCX_RESERVED)) {
			vp->gpr[IMAGE_RAX] = glue_operand_invalid(GLUE_OPERAND_RCX);
			return true;
		}
		*ret = glue_exit_vmcall(vp, regs);
		return false;
	case GLUE_TDG_VP_INFO:
		glue_vp_info(vp);
		return true;
	case GLUE_TDG_MEM_PAGE_ACCEPT:
		return glue_accept(vp, regs, ret);
	case GLUE_TDG_MR_REPORT:
	case GLUE_TDG_MR_RTMR_EXTEND:
	case GLUE_TDG_MR_VERIFYREPORT:
		return glue_mr(vp, regs, ret);
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
	struct glue_pi_desc *desc = vp->pi_desc_pa ? __va(vp->pi_desc_pa) : NULL;
	unsigned int i;

	if (!desc || vp->pi_nv != POSTED_INTR_VECTOR ||
	    !(vp->pin_controls & PIN_BASED_POSTED_INTR))
		return;
	if (!(__atomic_fetch_and(&desc->control, ~GLUE_PI_ON, __ATOMIC_ACQ_REL) & GLUE_PI_ON))
		return;
	for (i = 0; i < ARRAY_SIZE(vp->virr); i++)
		vp->virr[i] |= __atomic_exchange_n(&desc->pir[i], 0, __ATOMIC_ACQ_REL);
}

static int glue_highest_interrupt(const struct glue_tdvpr *vp)
{
	int i;

	for (i = ARRAY_SIZE(vp->virr) - 1; i >= 0; i--)
		if (vp->virr[i])
			return i * 64 + fls64(vp->virr[i]) - 1;
	return -1;
}

/* Where TDs have their translations: an epoch ends when all have left that entered in it. */
static unsigned int glue_epoch_enter(struct glue_tdr *tdr)
{
	unsigned int which;

	glue_word_lock(&glue_sept_lock);
	which = tdr->epoch & 1;
	tdr->running[which]++;
	glue_word_unlock(&glue_sept_lock);
	return which;
}

static void glue_epoch_leave(struct glue_tdr *tdr, unsigned int which)
{
	glue_word_lock(&glue_sept_lock);
	tdr->running[which]--;
	glue_word_unlock(&glue_sept_lock);
}

/* What an exit means to the VMM: true, and *@ret, or false: on with the guest. */
static bool glue_exit(struct glue_tdvpr *vp, union glue_regs *regs, enum image_exit why,
		      const struct image_td_run *run, bool *load, u64 *ret)
{
	*load = false;
	switch (why) {
	case IMAGE_EXIT_TDCALL:
		memcpy(vp->gpr, run->gpr, sizeof(vp->gpr));
		*load = true;
		return !glue_tdcall(vp, regs, ret);
	case IMAGE_EXIT_INTR:
		/* A notification of posted interrupts is the module's own. */
		if (glue_notification_only()) {
			glue_posted_interrupts(vp);
			return false;
		}
		glue_exit_args(regs, 0, 0, 0, INTR_INFO_VALID_MASK | INTR_TYPE_EXT_INTR |
			       GLUE_HOST_VECTOR);
		*ret = EXIT_REASON_EXTERNAL_INTERRUPT;
		return true;
	case IMAGE_EXIT_NPF:
		return run->private ? glue_private_fault(vp, regs, run, ret) :
				      glue_shared_fault(vp, regs, run, ret);
	case IMAGE_EXIT_SHUTDOWN:
		vp->dead = true;
		glue_exit_args(regs, 0, 0, 0, 0);
		*ret = GLUE_TDX_NON_RECOVERABLE_VCPU | EXIT_REASON_TRIPLE_FAULT;
		return true;
	default:
		/* The engine has said why. */
		vp->dead = true;
		glue_exit_args(regs, 0, 0, 0, 0);
		*ret = GLUE_TDX_NON_RECOVERABLE_TD;
		return true;
	}
}

static u64 glue_run_guest(struct glue_tdvpr *vp, union glue_regs *regs, bool load)
{
	struct image_td_run run = {};
	enum image_exit why;
	u64 ret;
	int vector;

	do {
		run.load = load;
		run.vector = vector = glue_highest_interrupt(vp);
		run.nmi = vp->pending_nmi;
		if (load)
			memcpy(run.gpr, vp->gpr, sizeof(run.gpr));
		why = glue_host->td_enter(vp, &run);
		if (why == IMAGE_EXIT_INTR)
			glue_signal_poll();
		if (vector >= 0 && run.vector < 0)
			vp->virr[vector / 64] &= ~BIT_ULL(vector % 64);
		vp->pending_nmi = run.nmi;
		vp->irq_offered = run.pending;
	} while (!glue_exit(vp, regs, why, &run, &load, &ret));
	return ret;
}

/* Exit reasons and their bit 26, "Basic VM-Exit Information"; 7.3 has names for them. */
#define GLUE_EXIT_BUS_LOCK	74
#define GLUE_EXIT_NOTIFY	75
#define GLUE_EXIT_WITH_BUS_LOCK	BIT(26)

/* "Function Completion Status": does RAX[31:0] hold a VMX exit reason? */
static bool glue_has_exit_reason(u64 status)
{
	return !(status >> 32) || (status & BIT_ULL(62) && !(status & BIT_ULL(63)));
}

/* A test has the CPU do something else than what its guest does: true, and *@ret. */
static bool glue_other_exit(const struct glue_tdvpr *vp, union glue_regs *regs,
			    enum control_td_exit_kind kind, const struct image_td_exit *exit,
			    u64 *ret)
{
	switch (kind) {
	case CONTROL_TD_STATUS:
		glue_exit_args(regs, exit->rcx, exit->rdx, exit->r8, exit->r9);
		*ret = exit->status;
		return true;
	case CONTROL_TD_NOTIFY:
		if (!(vp->secondary_controls & GLUE_NOTIFY_EXITING) ||
		    exit->window < vp->notify_window)
			return false;
		glue_exit_args(regs, exit->qualification, 0, 0, 0);
		*ret = GLUE_EXIT_NOTIFY;
		return true;
	case CONTROL_TD_BUS_LOCK:
		if (!(vp->secondary_controls & GLUE_BUS_LOCK_DETECTION))
			return false;
		glue_exit_args(regs, 0, 0, 0, 0);
		*ret = GLUE_EXIT_BUS_LOCK;
		return true;
	case CONTROL_TD_BUS_LOCK_TOO:
	case CONTROL_TD_GUEST:
		break;
	}
	return false;
}

static u64 glue_vp_run(struct glue_tdvpr *vp, union glue_regs *regs)
{
	struct image_td_exit exit;
	enum control_td_exit_kind kind = glue_host->td_exit(&exit);
	u64 ret;
	bool load;

	/* It has not been entered. */
	if (kind == CONTROL_TD_STATUS && !glue_has_exit_reason(exit.status)) {
		regs->rcx = exit.rcx;
		regs->rdx = exit.rdx;
		regs->r8 = exit.r8;
		regs->r9 = exit.r9;
		return exit.status;
	}
	/* An entry alone does not look for what is posted. */
	if (glue_notification_waits())
		glue_posted_interrupts(vp);
	switch (vp->tdcall) {
	case GLUE_TDCALL_VMCALL:
		glue_resume_vmcall(vp, regs);
		vp->load = true;
		break;
	case GLUE_TDCALL_ACCEPT:
		if (!glue_accept(vp, regs, &ret))
			return ret;
		vp->load = true;
		break;
	case GLUE_TDCALL_MR:
		if (!glue_mr(vp, regs, &ret))
			return ret;
		vp->load = true;
		break;
	case GLUE_TDCALL_NONE:
		break;
	}
	vp->tdcall = GLUE_TDCALL_NONE;
	if (glue_other_exit(vp, regs, kind, &exit, &ret))
		return ret;
	load = vp->load;
	vp->load = false;
	ret = glue_run_guest(vp, regs, load);
	if (kind == CONTROL_TD_BUS_LOCK_TOO && vp->secondary_controls & GLUE_BUS_LOCK_DETECTION)
		ret |= GLUE_EXIT_WITH_BUS_LOCK;
	return ret;
}

u64 glue_tdh_vp_enter(union glue_regs *regs)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(regs->rcx);
	unsigned int epoch;
	u64 status, ret;

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_td_check(vp->tdr, BIT(GLUE_OP_RUNNABLE));
	if (status)
		return status;
	if (!vp->initialized || vp->dead)
		return GLUE_TDX_VCPU_STATE_INCORRECT;
	if (__atomic_exchange_n(&vp->running, 1, __ATOMIC_ACQ_REL))
		return GLUE_TDX_OPERAND_BUSY | GLUE_OPERAND_RCX;
	status = glue_tdvpr_associate(vp);
	if (!status) {
		epoch = glue_epoch_enter(vp->tdr);
		ret = glue_vp_run(vp, regs);
		glue_epoch_leave(vp->tdr, epoch);
		if (glue_has_exit_reason(ret))
			glue_host_left(vp->tdr->xfam);
	}
	__atomic_store_n(&vp->running, 0, __ATOMIC_RELEASE);
	return status ?: ret;
}
