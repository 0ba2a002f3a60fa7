// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs that wait: kvm_main.c's blocking of a halted vCPU, and what wakes it.  Fakes: a
 * sleep of the thread, without polling before it and without a timer.  A vCPU wakes when
 * it is told to and then looks whether it may go on, so a kernel that does not tell it
 * has it sleep for ever, but for a signal.
 */
#include "glue_probe.h"

#include <linux/sched/signal.h>

#include "glue.h"

/* Versions differ in which of them there are, and what they return. */
bool kvm_vcpu_block(struct kvm_vcpu *vcpu);
void kvm_vcpu_halt(struct kvm_vcpu *vcpu);
bool kvm_vcpu_wake_up(struct kvm_vcpu *vcpu);

static bool glue_must_wait(struct kvm_vcpu *vcpu)
{
	return !kvm_arch_vcpu_runnable(vcpu) && !kvm_check_request(KVM_REQ_UNBLOCK, vcpu) &&
	       !signal_pending(current);
}

bool kvm_vcpu_block(struct kvm_vcpu *vcpu)
{
	bool waited = false;

	vcpu->stat.generic.blocking = 1;
	kvm_arch_vcpu_blocking(vcpu);
	while (glue_must_wait(vcpu)) {
		waited = true;
		if (glue_host->vcpu_wait(to_glue_vcpu(vcpu)->host_vcpu))
			set_tsk_thread_flag(current, TIF_SIGPENDING);
	}
	kvm_arch_vcpu_unblocking(vcpu);
	vcpu->stat.generic.blocking = 0;
	return waited;
}

void kvm_vcpu_halt(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_block(vcpu);
}

/* True if it was waiting, which nobody here asks. */
bool kvm_vcpu_wake_up(struct kvm_vcpu *vcpu)
{
	glue_host->vcpu_wake(to_glue_vcpu(vcpu)->host_vcpu);
	return false;
}

/* Older and newer trees.  A vCPU in the guest stays there: the next exit is soon enough. */
void glue_vcpu_kick(struct kvm_vcpu *vcpu) asm("kvm_vcpu_kick");
void __glue_vcpu_kick(struct kvm_vcpu *vcpu, bool wait) asm("__kvm_vcpu_kick");

void glue_vcpu_kick(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_wake_up(vcpu);
}

void __glue_vcpu_kick(struct kvm_vcpu *vcpu, bool wait)
{
	kvm_vcpu_wake_up(vcpu);
}
