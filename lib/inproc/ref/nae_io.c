// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port and memory-mapped I/O of SNP guests (GHCB 2.0, "IOIO_PROT NAE event", "MMIO Access"): no
 * port and no device but the local APIC is KVM's own, so each access is the VMM's.
 */
#include "snp.h"

/* SW_EXITINFO1 of an IOIO event, as EXITINFO1 of the intercept (APM 2, section 15.10.2) */
#define IO_IN		(1u << 0)
#define IO_STRING	(1u << 2)
#define IO_SIZE(info)	((info) >> 4 & 7)
#define IO_PORT(info)	((uint16_t)((info) >> 16))

#define PIO_DATA_OFFSET	4096
#define MAX_MMIO	8
#define MMIO_WRITE	0x80000002

static void *port_data(struct ref_vcpu *vcpu)
{
	return (char *)vcpu->host->run + PIO_DATA_OFFSET;
}

/* ---- ports ---- */

static uint64_t io_bytes(const struct ref_nae *nae)
{
	return IO_SIZE(nae->info_1) * (nae->info_1 & IO_STRING ? nae->info_2 : 1);
}

/* The access is the event's, whatever the VMM has made of kvm_run.io. */
static long io_answered(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	uint64_t rax = nae->rax;

	if (!(nae->info_1 & IO_IN))
		return ghcb_done(vcpu, 0);
	if (nae->info_1 & IO_STRING) {
		memcpy(ghcb_scratch(vcpu, io_bytes(nae)), port_data(vcpu), io_bytes(nae));
	} else {
		/* As the instruction: 32 bits clear what is above them. */
		if (IO_SIZE(nae->info_1) == 4)
			rax = 0;
		memcpy(&rax, port_data(vcpu), IO_SIZE(nae->info_1));
		ghcb_return(vcpu, GHCB_RAX, rax);
	}
	return ghcb_done(vcpu, 0);
}

long nae_io(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	const unsigned int size = IO_SIZE(nae->info_1);
	const bool in = nae->info_1 & IO_IN, string = nae->info_1 & IO_STRING;
	const uint64_t bytes = io_bytes(nae);
	struct kvm_run *run = vcpu->host->run;
	const void *data = &nae->rax;

	if (size != 1 && size != 2 && size != 4)
		return ghcb_malformed(vcpu, GHCB_INVALID_INPUT);
	if (string && nae->info_2 > GHCB_BUFFER_END)
		return ghcb_malformed(vcpu, GHCB_SCRATCH);
	if (!bytes)
		return ghcb_done(vcpu, 0);
	if (string) {
		data = ghcb_scratch(vcpu, bytes);
		if (!data)
			return ghcb_malformed(vcpu, GHCB_SCRATCH);
	}
	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run->io.size = (uint8_t)size;
	run->io.port = IO_PORT(nae->info_1);
	run->io.count = (uint32_t)(bytes / size);
	run->io.data_offset = PIO_DATA_OFFSET;
	/* What an IN finds that the VMM ignores is nobody's data. */
	memset(port_data(vcpu), 0, bytes);
	if (!in)
		memcpy(port_data(vcpu), data, bytes);
	vcpu->complete = io_answered;
	return 0;
}

/* ---- memory ---- */

static long mmio_answered(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;

	if (nae->code != MMIO_WRITE)
		memcpy(ghcb_scratch(vcpu, nae->info_2), vcpu->host->run->mmio.data, nae->info_2);
	return ghcb_done(vcpu, 0);
}

/* SW_EXITINFO1 is the GPA, SW_EXITINFO2 how many bytes. */
long nae_mmio(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	const bool write = nae->code == MMIO_WRITE;
	struct kvm_run *run = vcpu->host->run;
	void *data;

	if (nae->info_2 > MAX_MMIO)
		return ghcb_malformed(vcpu, GHCB_INVALID_INPUT);
	if (!nae->info_2)
		return ghcb_done(vcpu, 0);
	data = ghcb_scratch(vcpu, nae->info_2);
	if (!data)
		return ghcb_malformed(vcpu, GHCB_SCRATCH);
	if (snp_apic_access(vcpu, nae->info_1, data, nae->info_2, write))
		return ghcb_done(vcpu, 0);
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = nae->info_1;
	run->mmio.len = (uint32_t)nae->info_2;
	run->mmio.is_write = write;
	if (write)
		memcpy(run->mmio.data, data, nae->info_2);
	vcpu->complete = mmio_answered;
	return 0;
}
