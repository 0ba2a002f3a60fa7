// SPDX-License-Identifier: GPL-2.0-only
/* KVM_RUN of a TD's or an SNP guest's vCPU. */
#include <errno.h>
#include <string.h>

#include "engine/sites.h"
#include "ref.h"

/* ---- interrupts: posted by the VMM, taken over by the module when the guest is entered ---- */

#define WORD_BITS	64

void ref_kick(struct ref_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->kicked, 1, __ATOMIC_RELEASE);
	engine->kick(vcpu->host->engine);
	inproc_wake(vcpu->host);
}

void ref_post_interrupt(struct ref_vcpu *vcpu, unsigned int vector)
{
	__atomic_fetch_or(&vcpu->posted[vector / WORD_BITS], 1ULL << (vector % WORD_BITS),
			  __ATOMIC_RELEASE);
	ref_kick(vcpu);
}

bool ref_interrupt_posted(const struct ref_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < sizeof(vcpu->posted) / sizeof(vcpu->posted[0]); i++)
		if (__atomic_load_n(&vcpu->posted[i], __ATOMIC_ACQUIRE))
			return true;
	return false;
}

/* The highest vector goes first. */
static void take_over_interrupt(struct ref_vcpu *vcpu)
{
	int vector;

	if (engine->interrupt_pending(vcpu->host->engine) >= 0)
		return;
	for (vector = 255; vector >= 0; vector--) {
		const uint64_t bit = 1ULL << (vector % WORD_BITS);

		if (!(__atomic_load_n(&vcpu->posted[vector / WORD_BITS], __ATOMIC_ACQUIRE) & bit))
			continue;
		__atomic_fetch_and(&vcpu->posted[vector / WORD_BITS], ~bit, __ATOMIC_ACQ_REL);
		engine->set_interrupt(vcpu->host->engine, vector);
		return;
	}
}

/* ---- exits ---- */

long ref_internal_error(struct ref_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->host->run;

	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON;
	run->internal.ndata = 0;
	return 0;
}

long ref_td_io(struct ref_vcpu *vcpu)
{
	const struct engine_exit *exit = &vcpu->host->exit;

	if (!exit->io.in && exit->io.port == TRAP_PORT_TDCALL)
		return ref_tdcall(vcpu);
	inproc_diag("a TD used port I/O (%s port %#x), which is #VE on hardware",
		    exit->io.in ? "IN" : "OUT", exit->io.port);
	return ref_internal_error(vcpu);
}

static long handle_exit(struct ref_vcpu *vcpu)
{
	struct engine_exit *exit = &vcpu->host->exit;
	struct kvm_run *run = vcpu->host->run;

	switch (exit->reason) {
	case ENGINE_EXIT_IO:
		return vcpu->vm->kind->io(vcpu);
	case ENGINE_EXIT_MEM:
		return vcpu->vm->kind->fault(vcpu);
	case ENGINE_EXIT_INTR:
		/* A signal that came together with a kick shows again. */
		if (__atomic_exchange_n(&vcpu->kicked, 0, __ATOMIC_ACQ_REL))
			return REF_RESUME;
		run->exit_reason = KVM_EXIT_INTR;
		return -EINTR;
	case ENGINE_EXIT_SHUTDOWN:
		run->exit_reason = KVM_EXIT_SHUTDOWN;
		return 0;
	case ENGINE_EXIT_HLT:
		inproc_diag("%s executed HLT, which is an exception on hardware",
			    vcpu->vm->kind->name);
		return ref_internal_error(vcpu);
	case ENGINE_EXIT_FAIL:
		inproc_diag("engine %s: %s", engine->name, exit->text);
		return ref_internal_error(vcpu);
	case ENGINE_EXIT_MSR:
		return vcpu->vm->kind->msr ? vcpu->vm->kind->msr(vcpu) : ref_internal_error(vcpu);
	case ENGINE_EXIT_WINDOW:
	case ENGINE_EXIT_STEP:
	case ENGINE_EXIT_TPR:
	case ENGINE_EXIT_CPUID:
	case ENGINE_EXIT_EXCEPTION:
	case ENGINE_EXIT_CR:
		break;
	}
	return ref_internal_error(vcpu);
}

long ref_vcpu_run(struct inproc_vcpu *host)
{
	struct ref_vcpu *vcpu = host->priv;
	struct kvm_run *run = host->run;
	long (*complete)(struct ref_vcpu *) = vcpu->complete;
	long r = REF_RESUME;

	if (vcpu->vm->dead)
		return -EIO;
	if (vcpu->vm->state != REF_VM_RUNNABLE || (!vcpu->initialized && !vcpu->vm->kind->enter))
		return -EINVAL;
	/* First what is incomplete, then signals (api.rst, "KVM_EXIT_TDX"). */
	if (complete) {
		vcpu->complete = NULL;
		r = complete(vcpu);
	}
	if (r == REF_RESUME && __atomic_load_n(&run->immediate_exit, __ATOMIC_RELAXED))
		return -EINTR;
	run->flags = 0;
	while (r == REF_RESUME) {
		if (__atomic_load_n(&vcpu->vm->dead, __ATOMIC_ACQUIRE))
			return -EIO;
		r = vcpu->vm->kind->enter ? vcpu->vm->kind->enter(vcpu) : REF_RESUME;
		if (r != REF_RESUME)
			break;
		take_over_interrupt(vcpu);
		__atomic_store_n(&vcpu->in_guest, true, __ATOMIC_SEQ_CST);
		r = engine->run(host->engine, &host->exit, &host->sigmask, false);
		__atomic_store_n(&vcpu->in_guest, false, __ATOMIC_SEQ_CST);
		if (!r)
			r = handle_exit(vcpu);
	}
	return r;
}
