// SPDX-License-Identifier: GPL-2.0-only
/* KVM_RUN of a TD's vCPU. */
#include <errno.h>
#include <string.h>

#include "ref.h"

#define PAGE_SIZE		4096ULL

/* flags of KVM_EXIT_MEMORY_FAULT */
#define MEMORY_FAULT_PRIVATE	(1ULL << 3)

struct memory_fault {
	uint64_t flags, gpa, size;
};

/* ---- interrupts: posted by the VMM, taken over by the module when the guest is entered ---- */

#define WORD_BITS	64

void ref_post_interrupt(struct ref_vcpu *vcpu, unsigned int vector)
{
	__atomic_fetch_or(&vcpu->posted[vector / WORD_BITS], 1ULL << (vector % WORD_BITS),
			  __ATOMIC_RELEASE);
	__atomic_store_n(&vcpu->kicked, 1, __ATOMIC_RELEASE);
	engine->kick(vcpu->host->engine);
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

static long internal_error(struct ref_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->host->run;

	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON;
	run->internal.ndata = 0;
	return 0;
}

/*
 * An access in the view that the page is not in, or to no memory.  To shared GPAs
 * without a slot the guest would get #VE and ask for MMIO, which is not modelled.
 */
static long memory_fault(struct ref_vcpu *vcpu)
{
	const uint64_t gpa = vcpu->host->exit.mem.gpa, shared_bit = vcpu->vm->shared_bit;
	struct kvm_run *run = vcpu->host->run;
	struct memory_fault *fault = (struct memory_fault *)&run->hw;

	if ((gpa & shared_bit) && !inproc_find_slot(vcpu->host->vm, gpa & ~shared_bit)) {
		inproc_diag("a TD accesses shared GPA 0x%llx, where no memory is",
			    (unsigned long long)gpa);
		return internal_error(vcpu);
	}
	run->exit_reason = TDX_EXIT_REASON_MEMORY_FAULT;
	fault->flags = gpa & shared_bit ? 0 : MEMORY_FAULT_PRIVATE;
	fault->gpa = gpa & ~shared_bit & ~(PAGE_SIZE - 1);
	fault->size = PAGE_SIZE;
	return -EFAULT;
}

static long handle_exit(struct ref_vcpu *vcpu)
{
	struct engine_exit *exit = &vcpu->host->exit;
	struct kvm_run *run = vcpu->host->run;

	switch (exit->reason) {
	case ENGINE_EXIT_IO:
		if (!exit->io.in && exit->io.port == TRAP_PORT_TDCALL)
			return ref_tdcall(vcpu);
		inproc_diag("a TD used port I/O (%s port %#x), which is #VE on hardware",
			    exit->io.in ? "IN" : "OUT", exit->io.port);
		return internal_error(vcpu);
	case ENGINE_EXIT_MEM:
		return memory_fault(vcpu);
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
		inproc_diag("a TD executed HLT, which is #VE on hardware");
		return internal_error(vcpu);
	case ENGINE_EXIT_FAIL:
		inproc_diag("engine %s: %s", engine->name, exit->text);
		return internal_error(vcpu);
	case ENGINE_EXIT_MSR:
		break;
	}
	return internal_error(vcpu);
}

long ref_vcpu_run(struct inproc_vcpu *host)
{
	struct ref_vcpu *vcpu = host->priv;
	struct kvm_run *run = host->run;
	long (*complete)(struct ref_vcpu *) = vcpu->complete;
	long r = REF_RESUME;

	if (!vcpu->initialized || vcpu->vm->state != REF_VM_RUNNABLE)
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
		take_over_interrupt(vcpu);
		r = engine->run(host->engine, &host->exit, &host->sigmask, false);
		if (!r)
			r = handle_exit(vcpu);
	}
	return r;
}
