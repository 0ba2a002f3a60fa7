// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<Instruction.IO>: no port is KVM's own, so each access is the VMM's.
 */
#include <string.h>

#include "ref.h"

#define PIO_DATA_OFFSET		4096

static void *port_data(struct ref_vcpu *vcpu)
{
	return (char *)vcpu->host->run + PIO_DATA_OFFSET;
}

/* The access is the one in the registers, whatever the VMM has made of kvm_run.io. */
static long io_complete(struct ref_vcpu *vcpu)
{
	uint64_t data = 0;

	if (vcpu->call[TD_R13] == GHCI_IO_READ) {
		memcpy(&data, port_data(vcpu), vcpu->call[TD_R12]);
		vcpu->call[TD_R11] = data;
	}
	return ref_status(vcpu, GHCI_SUCCESS);
}

long ref_io(struct ref_vcpu *vcpu)
{
	const uint64_t size = vcpu->call[TD_R12], write = vcpu->call[TD_R13];
	struct kvm_run *run = vcpu->host->run;

	if ((size != 1 && size != 2 && size != 4) ||
	    (write != GHCI_IO_READ && write != GHCI_IO_WRITE) || vcpu->call[TD_R14] > UINT16_MAX)
		return ref_status(vcpu, GHCI_INVALID_OPERAND);
	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = write ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	run->io.size = (uint8_t)size;
	run->io.port = (uint16_t)vcpu->call[TD_R14];
	run->io.count = 1;
	run->io.data_offset = PIO_DATA_OFFSET;
	/* What an IN finds that the VMM ignores is nobody's data. */
	memset(port_data(vcpu), 0, size);
	if (write)
		memcpy(port_data(vcpu), &vcpu->call[TD_R15], size);
	vcpu->complete = io_complete;
	return 0;
}
