// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<#VE.RequestMMIO>: no device is KVM's own, so each access is the VMM's.  It
 * emulates devices at shared GPAs; whether there is memory in their place is its affair.
 */
#include <string.h>

#include "ref.h"

/* The access is the one in the registers, whatever the VMM has made of kvm_run.mmio. */
static long mmio_complete(struct ref_vcpu *vcpu)
{
	uint64_t data = 0;

	if (vcpu->call[TD_R13] == GHCI_MMIO_READ) {
		memcpy(&data, vcpu->host->run->mmio.data, vcpu->call[TD_R12]);
		vcpu->call[TD_R11] = data;
	}
	return ref_status(vcpu, GHCI_SUCCESS);
}

/* First to last byte: inside the address width, and shared. */
static bool is_shared(const struct ref_vm *vm, uint64_t gpa, uint64_t size)
{
	const uint64_t last = gpa + size - 1;

	return last >= gpa && !(last >> vm->gpaw) && (gpa & vm->shared_bit) &&
	       (last & vm->shared_bit);
}

long ref_mmio(struct ref_vcpu *vcpu)
{
	const uint64_t size = vcpu->call[TD_R12], write = vcpu->call[TD_R13];
	const uint64_t gpa = vcpu->call[TD_R14];
	struct kvm_run *run = vcpu->host->run;

	if ((size != 1 && size != 2 && size != 4 && size != 8) ||
	    (write != GHCI_MMIO_READ && write != GHCI_MMIO_WRITE) ||
	    !is_shared(vcpu->vm, gpa, size))
		return ref_status(vcpu, GHCI_INVALID_OPERAND);
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = gpa & ~vcpu->vm->shared_bit;
	run->mmio.len = (uint32_t)size;
	run->mmio.is_write = (uint8_t)write;
	if (write)
		memcpy(run->mmio.data, &vcpu->call[TD_R15], size);
	vcpu->complete = mmio_complete;
	return 0;
}
