/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SNP VM whose vCPU makes the VMGEXITs that the host writes down for it, with
 * whole GHCB pages.
 */
#ifndef GHCB_VM_H
#define GHCB_VM_H

#include "guest/ghcb_script.h"
#include "snp/ghcb_names.h"
#include "snp/snp_vm.h"

/* What a GHCB holds where nobody wrote anything else. */
#define POISON_GHCB		0x6b

struct ghcb_vm {
	struct snp_vm *snp;
	struct {
		struct kvm_vcpu *vcpu;
		struct ghcb_script *script;	/* the host's view */
		struct shared_mem ghcb;
	} cpu[SNP_VM_MAX_VCPUS];
	struct shared_mem other;		/* a page for a GHCB that is no vCPU's own */
};

/*
 * A VM with @nr_vcpus, not launched yet, whose vCPUs start at @guest_code with the GVA
 * of their struct ghcb_script; 0 steps each.  Its end is snp_vm_free(v->snp).
 */
void ghcb_vm_create(struct ghcb_vm *v, unsigned int nr_vcpus, void *guest_code);

/* The same of SEV-ES (snp_vm.h). */
void ghcb_vm_create_es(struct ghcb_vm *v, unsigned int nr_vcpus, void *guest_code,
		       uint16_t ghcb_version);

/* The next step of vCPU @cpu's script: @msr by the MSR protocol. */
struct ghcb_step *ghcb_add_msr(struct ghcb_vm *v, unsigned int cpu, uint64_t msr);

/*
 * The next step: NAE event @code, exit infos as given, all three marked valid, and
 * poison in everything else.  In the vCPU's own GHCB; a test changes from here what
 * its case is about.
 */
struct ghcb_step *ghcb_add_event(struct ghcb_vm *v, unsigned int cpu, uint64_t code,
				 uint64_t info_1, uint64_t info_2);

/* The GPA of @offset in the shared buffer of vCPU @cpu's own GHCB. */
uint64_t ghcb_buffer_gpa(const struct ghcb_vm *v, unsigned int cpu, uint64_t offset);

/* Forget the steps, before the guest is asked for other ones. */
void ghcb_script_reset(struct ghcb_vm *v, unsigned int cpu);

#endif
