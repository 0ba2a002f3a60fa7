// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDX module, as far as TDCALL goes ("Intel TDX Module ABI", TDCALL leaves): which
 * registers pass between guest and VMM, and what the module answers by itself.
 */
#include <stddef.h>
#include <string.h>

#include "engine/gpr.h"
#include "ref.h"

/* Bits of RCX that TDG.VP.VMCALL takes: no RAX, RCX, RSP, nor RBP (NO_RBP_MOD); XMMs above. */
#define PASSABLE	0xffffffccULL

#define GPR(regs, nr)	(*gpr_of(regs, nr))

static bool passes(const struct ref_vcpu *vcpu, unsigned int nr)
{
	return vcpu->passed & (1ULL << nr);
}

/* Those that the guest does not pass read as 0 in the VMM. */
static long start_vmcall(struct ref_vcpu *vcpu, const struct kvm_regs *regs)
{
	unsigned int i;

	vcpu->passed = regs->rcx;
	for (i = 0; i < TD_NR_GPRS; i++)
		vcpu->call[i] = passes(vcpu, i) ? GPR(regs, i) : 0;
	return ref_tdvmcall(vcpu);
}

long ref_answer(struct ref_vcpu *vcpu)
{
	struct kvm_regs regs;
	unsigned int i;
	int r;

	r = engine->get_regs(vcpu->host->engine, &regs);
	if (r)
		return r;
	for (i = 0; i < TD_NR_GPRS; i++)
		if (passes(vcpu, i))
			GPR(&regs, i) = vcpu->call[i];
	regs.rax = TDX_SUCCESS;
	r = engine->set_regs(vcpu->host->engine, &regs);
	return r ? r : REF_RESUME;
}

static void vp_info(const struct ref_vcpu *vcpu, struct kvm_regs *regs)
{
	regs->rax = TDX_SUCCESS;
	regs->rcx = vcpu->vm->gpaw;
	regs->rdx = vcpu->vm->sept_ve_disable ? TDX_ATTR_SEPT_VE_DISABLE : 0;
	regs->r8 = vcpu->vm->next_index | (uint64_t)vcpu->vm->max_vcpus << 32;
	regs->r9 = vcpu->index;
	regs->r10 = regs->r11 = 0;
}

/*
 * TDG.MEM.PAGE.ACCEPT: RCX is a private GPA, aligned to the size of the page, and the page's
 * level in the secure EPT.  It is restarted when KVM has given a page, or the VMM has made
 * it possible.
 */
static long page_accept(struct ref_vcpu *vcpu)
{
	uint64_t gpa, level, status;
	struct kvm_regs regs;
	long r;

	r = engine->get_regs(vcpu->host->engine, &regs);
	if (r)
		return r;
	gpa = regs.rcx & ~0xfffULL;
	level = regs.rcx & 7;
	if (level > 1 || (regs.rcx & 0xff8) || gpa >= vcpu->vm->shared_bit ||
	    (level && gpa % (2ULL << 20)))
		status = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	else
		while (!ref_sept_accept(vcpu->vm, gpa, (unsigned int)level, &status)) {
			r = ref_private_fault(vcpu, gpa);
			if (r != REF_RESUME) {
				vcpu->complete = page_accept;
				return r;
			}
		}
	regs.rax = status;
	r = engine->set_regs(vcpu->host->engine, &regs);
	return r ? r : REF_RESUME;
}

long ref_tdcall(struct ref_vcpu *vcpu)
{
	struct kvm_regs regs;
	int r;

	r = engine->get_regs(vcpu->host->engine, &regs);
	if (r)
		return r;
	switch (regs.rax) {
	case TDG_VP_VMCALL:
		if (!(regs.rcx & ~PASSABLE))
			return start_vmcall(vcpu, &regs);
		regs.rax = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
		break;
	case TDG_VP_INFO:
		vp_info(vcpu, &regs);
		break;
	case TDG_MEM_PAGE_ACCEPT:
		return page_accept(vcpu);
	case TDG_MR_RTMR_EXTEND:
	case TDG_MR_REPORT:
	case TDG_MR_VERIFYREPORT:
		return ref_tdg_mr(vcpu);
	default:
		regs.rax = TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX;
		break;
	}
	r = engine->set_regs(vcpu->host->engine, &regs);
	return r ? r : REF_RESUME;
}
