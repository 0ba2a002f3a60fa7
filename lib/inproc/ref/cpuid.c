// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<Instruction.CPUID>: what the VMM has set with KVM_SET_CPUID2 (api.rst).
 */
#include "ref.h"

const struct kvm_cpuid_entry2 *ref_find_cpuid(const struct kvm_cpuid2 *cpuid,
						      uint32_t function, uint32_t index)
{
	const struct kvm_cpuid_entry2 *e;
	uint32_t i;

	for (i = 0; cpuid && i < cpuid->nent; i++) {
		e = &cpuid->entries[i];
		if (e->function == function &&
		    (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == index))
			return e;
	}
	return NULL;
}

/* R12 and R13 are what RAX and RCX are to the instruction, which ignores bits 63:32. */
long ref_cpuid(struct ref_vcpu *vcpu)
{
	static const struct kvm_cpuid_entry2 none;
	const struct kvm_cpuid_entry2 *e = ref_find_cpuid(vcpu->cpuid,
							  (uint32_t)vcpu->call[TD_R12],
							  (uint32_t)vcpu->call[TD_R13]);

	if (!e)
		e = &none;
	vcpu->call[TD_R12] = e->eax;
	vcpu->call[TD_R13] = e->ebx;
	vcpu->call[TD_R14] = e->ecx;
	vcpu->call[TD_R15] = e->edx;
	return ref_status(vcpu, GHCI_SUCCESS);
}
