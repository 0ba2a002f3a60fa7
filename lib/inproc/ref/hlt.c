// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<Instruction.HLT>: the vCPU waits for an interrupt, if R12 says that the
 * guest takes interrupts, and for nothing that is modelled if not.
 */
#include <errno.h>

#include "ref.h"

static bool has_interrupt(const struct ref_vcpu *vcpu)
{
	return ref_interrupt_posted(vcpu) ||
	       engine->interrupt_pending(vcpu->host->engine) >= 0;
}

/* Goes on with the next KVM_RUN, where a signal ends this one. */
static long interrupted(struct ref_vcpu *vcpu, long (*again)(struct ref_vcpu *vcpu))
{
	vcpu->complete = again;
	vcpu->host->run->exit_reason = KVM_EXIT_INTR;
	return -EINTR;
}

static long halted(struct ref_vcpu *vcpu)
{
	int r;

	while (vcpu->call[TD_R12] || !has_interrupt(vcpu)) {
		if (__atomic_load_n(&vcpu->host->run->immediate_exit, __ATOMIC_RELAXED))
			return interrupted(vcpu, halted);
		r = inproc_wait(vcpu->host);
		if (r < 0)
			return r;
		if (r == INPROC_WAIT_SIGNAL)
			return interrupted(vcpu, halted);
		if (__atomic_load_n(&vcpu->vm->dead, __ATOMIC_ACQUIRE))
			return -EIO;
	}
	vcpu->mp_state.mp_state = KVM_MP_STATE_RUNNABLE;
	return ref_status(vcpu, GHCI_SUCCESS);
}

long ref_hlt(struct ref_vcpu *vcpu)
{
	vcpu->mp_state.mp_state = KVM_MP_STATE_HALTED;
	return halted(vcpu);
}
