// SPDX-License-Identifier: GPL-2.0-only
/*
 * Local APICs of an SNP VM with KVM_CREATE_IRQCHIP, as far as INIT and SIPI go: the guest writes
 * to the interrupt command register by the event for memory-mapped I/O (APM 2, "Interrupt Command
 * Register").  Other registers keep nothing, and read as 0.
 */
#include "snp.h"

#define APIC_BASE	0xfee00000ull
#define ICR_LOW		0x300
#define ICR_HIGH	0x310

#define ICR_MODE(icr)	((icr) >> 8 & 7)
#define MODE_INIT	5
#define MODE_STARTUP	6
#define ICR_SHORTHAND(icr)	((icr) >> 18 & 3)
#define ICR_DEST(icr)	((uint32_t)((icr) >> 56))
#define DEST_ALL	0xffu

enum { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };

static bool is_dest(const struct ref_vcpu *sender, const struct ref_vcpu *vcpu, uint64_t icr)
{
	switch (ICR_SHORTHAND(icr)) {
	case SHORTHAND_SELF:
		return vcpu == sender;
	case SHORTHAND_ALL:
		return true;
	case SHORTHAND_OTHERS:
		return vcpu != sender;
	}
	return ICR_DEST(icr) == vcpu->host->id || ICR_DEST(icr) == DEST_ALL;
}

static void send(struct ref_vcpu *vcpu, uint64_t icr)
{
	struct inproc_vm *host = vcpu->host->vm;
	struct ref_vcpu *targets[INPROC_MAX_VCPUS];
	unsigned int nr = 0, i;

	if (ICR_MODE(icr) != MODE_INIT && ICR_MODE(icr) != MODE_STARTUP) {
		inproc_diag("an IPI other than INIT and SIPI is not modelled: ICR 0x%llx",
			    (unsigned long long)icr);
		return;
	}
	pthread_mutex_lock(&host->lock);
	for (i = 0; i < host->nr_vcpus; i++)
		if (is_dest(vcpu, host->vcpus[i]->priv, icr))
			targets[nr++] = host->vcpus[i]->priv;
	pthread_mutex_unlock(&host->lock);
	for (i = 0; i < nr; i++) {
		if (ICR_MODE(icr) == MODE_INIT)
			snp_init_received(targets[i]);
		else
			snp_sipi_received(targets[i]);
	}
}

bool snp_apic_access(struct ref_vcpu *vcpu, uint64_t gpa, void *data, unsigned int len, bool write)
{
	uint32_t value = 0;

	if (!vcpu->vm->snp.irqchip || gpa < APIC_BASE || gpa - APIC_BASE >= PAGE_SIZE)
		return false;
	if (!write) {
		memset(data, 0, len);
		return true;
	}
	memcpy(&value, data, len < sizeof(value) ? len : sizeof(value));
	if (gpa - APIC_BASE == ICR_HIGH)
		vcpu->snp.icr_high = value;
	else if (gpa - APIC_BASE == ICR_LOW)
		send(vcpu, (uint64_t)vcpu->snp.icr_high << 32 | value);
	return true;
}
