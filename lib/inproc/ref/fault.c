// SPDX-License-Identifier: GPL-2.0-only
/* Accesses of a TD to pages that it does not have: EPT violations, and what KVM does. */
#include <errno.h>

#include "ref.h"

/* KVM_EXIT_MEMORY_FAULT (api.rst): flags */
#define MEMORY_FAULT_PRIVATE	(1ULL << 3)

struct memory_fault {
	uint64_t flags, gpa, size;
};

/* The VMM is to make the page what the guest takes it for. */
long ref_memory_fault(struct ref_vcpu *vcpu, uint64_t gpa, bool private)
{
	struct kvm_run *run = vcpu->host->run;
	struct memory_fault *fault = (struct memory_fault *)&run->hw;

	run->exit_reason = TDX_EXIT_REASON_MEMORY_FAULT;
	fault->flags = private ? MEMORY_FAULT_PRIVATE : 0;
	fault->gpa = gpa & ~(PAGE_SIZE - 1);
	fault->size = PAGE_SIZE;
	return -EFAULT;
}

long ref_private_fault(struct ref_vcpu *vcpu, uint64_t gpa)
{
	struct inproc_vm *vm = vcpu->host->vm;
	long r;

	if (!inproc_gpa_is_private(vm, gpa) || !inproc_gpa_to_hva(vm, gpa, true, NULL))
		return ref_memory_fault(vcpu, gpa, true);
	r = ref_sept_add(vcpu->vm, gpa & ~(PAGE_SIZE - 1), REF_SEPT_PENDING);
	/* Another vCPU was faster. */
	return r && r != -EEXIST ? r : REF_RESUME;
}

/*
 * A page that was given is not the guest's before it accepts it: else it could be made to
 * work on zeroes where it left data.  With SEPT_VE_DISABLE the access never completes.
 */
static long not_accepted(struct ref_vcpu *vcpu, uint64_t gpa)
{
	if (!vcpu->vm->sept_ve_disable) {
		inproc_diag("a TD accesses GPA 0x%llx, which it has not accepted: without the "
			    "attribute SEPT_VE_DISABLE that is #VE, which an engine cannot deliver",
			    (unsigned long long)gpa);
		return ref_internal_error(vcpu);
	}
	__atomic_store_n(&vcpu->vm->dead, true, __ATOMIC_RELEASE);
	return -EIO;
}

long ref_fault(struct ref_vcpu *vcpu)
{
	const uint64_t gpa = vcpu->host->exit.mem.gpa, shared_bit = vcpu->vm->shared_bit;

	if (gpa & shared_bit) {
		if (inproc_find_slot(vcpu->host->vm, gpa & ~shared_bit))
			return ref_memory_fault(vcpu, gpa & ~shared_bit, false);
		/* The guest would get #VE and ask for MMIO. */
		inproc_diag("a TD accesses shared GPA 0x%llx, where no memory is",
			    (unsigned long long)gpa);
		return ref_internal_error(vcpu);
	}
	switch (ref_sept_at(vcpu->vm, gpa)) {
	case REF_SEPT_FREE:
		return ref_private_fault(vcpu, gpa);
	case REF_SEPT_PENDING:
		return not_accepted(vcpu, gpa);
	case REF_SEPT_PRESENT:
		/* Accepted by another vCPU since. */
		break;
	}
	return REF_RESUME;
}
