// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: a TD's vCPUs ("TDH.VP" leaf functions, but for
 * TDH.VP.ENTER).  A model, see module.h.
 */
#include <linux/string.h>
#include <asm/vmx.h>

#include "module.h"

#define GLUE_TDVPR_MAGIC	0x5250564454656d6fULL

/* TDVPS metadata fields, "VCPU-Scope Metadata": class 0 is the VMCS, by its encodings. */
#define GLUE_FIELD_PEND_NMI		(32ULL << 56 | 11)
#define GLUE_FIELD_STATE_DETAILS	(BIT_ULL(63) | 17ULL << 56 | 0x100)
/* "TD VMCS": what a VMM may change of the secondary controls. */
#define GLUE_SECONDARY_CONTROLS		(GLUE_BUS_LOCK_DETECTION | GLUE_NOTIFY_EXITING)
#define GLUE_STATE_DETAILS_INTR		BIT_ULL(0)

struct glue_tdvpr *glue_tdvpr_at(u64 pa)
{
	struct glue_tdvpr *vp = pa && PAGE_ALIGNED(pa) ? __va(pa) : NULL;

	return vp && vp->magic == GLUE_TDVPR_MAGIC ? vp : NULL;
}

u64 glue_tdh_vp_create(union glue_regs *regs)
{
	struct glue_tdr *tdr;
	struct glue_tdvpr *vp;
	u64 status = glue_td_in(BIT(GLUE_OP_INITIALIZED), regs->rdx, GLUE_OPERAND_RDX, &tdr);

	BUILD_BUG_ON(sizeof(*vp) > PAGE_SIZE);
	status = status ?: glue_pamt_take(regs->rcx, GLUE_PT_TDVPR, 0, tdr, GLUE_OPERAND_RCX);
	if (status)
		return status;
	vp = __va(regs->rcx);
	memset(vp, 0, PAGE_SIZE);
	vp->magic = GLUE_TDVPR_MAGIC;
	vp->tdr = tdr;
	return GLUE_TDX_SUCCESS;
}

u64 glue_tdh_vp_addcx(union glue_regs *regs)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(regs->rdx);
	u64 status;

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	status = glue_td_check(vp->tdr, BIT(GLUE_OP_INITIALIZED));
	if (status)
		return status;
	if (vp->initialized)
		return GLUE_TDX_VCPU_STATE_INCORRECT;
	if (vp->nr_tdcx == GLUE_TDCX_PAGES)
		return GLUE_TDX_TDCX_NUM_INCORRECT;
	status = glue_pamt_take(regs->rcx, GLUE_PT_TDCX, 0, vp->tdr, GLUE_OPERAND_RCX);
	if (!status)
		vp->nr_tdcx++;
	return status;
}

u64 glue_tdvpr_associate(struct glue_tdvpr *vp)
{
	unsigned int cpu = smp_processor_id();

	if (vp->associated && vp->cpu != cpu)
		return GLUE_TDX_VCPU_ASSOCIATED;
	if (!vp->associated) {
		__atomic_fetch_add(&vp->tdr->nr_associated, 1, __ATOMIC_ACQ_REL);
		vp->associated = true;
		vp->cpu = cpu;
	}
	return GLUE_TDX_SUCCESS;
}

/*
 * "Initial State of Guest GPRs": RBX is the GPA width, RCX and R8 what the VMM gives,
 * RDX the virtual CPU's family, model and stepping, RSI the vCPU's index.
 */
u64 glue_tdh_vp_init(union glue_regs *regs)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(regs->rcx);
	unsigned long long gpr[IMAGE_NR_GPRS] = {};
	/* Of the leaf; since 1 the VMM gives an x2APIC ID, and before that it is the index. */
	const u8 version = regs->rax >> 16;
	u64 status;

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_td_check(vp->tdr, BIT(GLUE_OP_INITIALIZED));
	if (status)
		return status;
	if (vp->initialized)
		return GLUE_TDX_VCPU_STATE_INCORRECT;
	if (vp->nr_tdcx != GLUE_TDCX_PAGES)
		return GLUE_TDX_TDCX_NUM_INCORRECT;
	if (version > 1)
		return glue_operand_invalid(GLUE_OPERAND_RAX);
	if (version && regs->r8 >> 32)
		return glue_operand_invalid(GLUE_OPERAND_R8);
	vp->index = __atomic_fetch_add(&vp->tdr->nr_vps, 1, __ATOMIC_ACQ_REL);
	if (vp->index >= vp->tdr->max_vcpus) {
		__atomic_fetch_sub(&vp->tdr->nr_vps, 1, __ATOMIC_ACQ_REL);
		return GLUE_TDX_MAX_VCPUS_EXCEEDED;
	}

	gpr[IMAGE_RBX] = vp->tdr->shared_bit + 1;
	gpr[IMAGE_RCX] = regs->rdx;
	gpr[IMAGE_R8] = regs->rdx;
	gpr[IMAGE_RDX] = vp->tdr->cpuid[0].eax;
	gpr[IMAGE_RSI] = vp->index;
	if (glue_host->td_vcpu_init(vp->tdr, vp, gpr))
		glue_die("the engine does not take a TD vCPU's initial state");
	vp->initialized = true;
	glue_measure_vcpu(vp->tdr, version ? regs->r8 : vp->index);
	return glue_tdvpr_associate(vp);
}

u64 glue_tdh_vp_flush(union glue_regs *regs)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(regs->rcx);

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	/* Its CPU did not leave the guest for this. */
	if (READ_ONCE(vp->running))
		return GLUE_TDX_OPERAND_BUSY | GLUE_OPERAND_RCX;
	if (vp->nr_tdcx != GLUE_TDCX_PAGES)
		return GLUE_TDX_TDCX_NUM_INCORRECT;
	if (!vp->associated || vp->cpu != smp_processor_id())
		return GLUE_TDX_VCPU_NOT_ASSOCIATED;
	vp->associated = false;
	__atomic_fetch_sub(&vp->tdr->nr_associated, 1, __ATOMIC_ACQ_REL);
	return GLUE_TDX_SUCCESS;
}

/* For TDH.VP.RD and TDH.VP.WR, which associate the vCPU, too. */
static u64 glue_vp_check(struct glue_tdvpr *vp)
{
	u64 status = glue_td_check(vp->tdr, GLUE_OPS_WITH_MEMORY);

	if (!status && READ_ONCE(vp->running))
		status = GLUE_TDX_OPERAND_BUSY | GLUE_OPERAND_RCX;
	if (!status && !vp->initialized)
		status = GLUE_TDX_VCPU_STATE_INCORRECT;
	return status ?: glue_tdvpr_associate(vp);
}

u64 glue_tdh_vp_rd(union glue_regs *regs)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(regs->rcx);
	u64 status;

	regs->r8 = 0;
	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_vp_check(vp);
	if (status)
		return status;
	if (regs->rdx != GLUE_FIELD_STATE_DETAILS)
		return GLUE_TDX_FIELD_ID_INCORRECT | GLUE_OPERAND_RDX;
	if (vp->irq_offered || memchr_inv(vp->virr, 0, sizeof(vp->virr)))
		regs->r8 = GLUE_STATE_DETAILS_INTR;
	return GLUE_TDX_SUCCESS;
}

u64 glue_tdh_vp_wr(union glue_regs *regs)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(regs->rcx);
	u64 mask = regs->r9, data = regs->r8 & mask, status;

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_vp_check(vp);
	if (status)
		return status;
	switch (regs->rdx) {
	case POSTED_INTR_DESC_ADDR:
		vp->pi_desc_pa = data;
		return GLUE_TDX_SUCCESS;
	case SHARED_EPT_POINTER:
		/* Translations bear the mark of the tables that they come from. */
		if (vp->shared_eptp != data)
			glue_tds_flush_shared(vp->tdr);
		vp->shared_eptp = data;
		return GLUE_TDX_SUCCESS;
	case POSTED_INTR_NV:
		vp->pi_nv = data;
		return GLUE_TDX_SUCCESS;
	case PIN_BASED_VM_EXEC_CONTROL:
		vp->pin_controls = (vp->pin_controls & ~mask) | data;
		return GLUE_TDX_SUCCESS;
	case EXCEPTION_BITMAP:
		return GLUE_TDX_SUCCESS;
	case SECONDARY_VM_EXEC_CONTROL:
		/* "Not writable" bits are left alone. */
		mask &= GLUE_SECONDARY_CONTROLS;
		vp->secondary_controls = (vp->secondary_controls & ~mask) | (data & mask);
		return GLUE_TDX_SUCCESS;
	case NOTIFY_WINDOW:
		vp->notify_window = (vp->notify_window & ~mask) | data;
		return GLUE_TDX_SUCCESS;
	case GLUE_FIELD_PEND_NMI:
		vp->pending_nmi = data;
		return GLUE_TDX_SUCCESS;
	}
	return GLUE_TDX_FIELD_ID_INCORRECT | GLUE_OPERAND_RDX;
}
