/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SNP VMs over the KVM uAPI, on top of libkvm, and SEV-ES VMs, which speak the same protocol
 * with their VMM.
 *
 * Order: snp_vm_create(), then shared memory and arguments, snp_vm_launch(),
 * KVM_RUN, snp_vm_free().  After the launch the host sees neither page tables
 * nor private memory, so nothing can be allocated or written there any more.
 *
 * Functions without an error return fail an assertion with the reason.
 */
#ifndef SNP_VM_H
#define SNP_VM_H

#include <stdint.h>

#include "kvm_util.h"

#include "guest/ghcb.h"
#include "vm/shared_mem.h"

/* Of KVM_CREATE_VM and KVM_CAP_VM_TYPES; older headers lack it. */
#ifndef KVM_X86_SNP_VM
#define KVM_X86_SNP_VM		4
#endif

#define SNP_VM_MAX_VCPUS	8

struct snp_vm {
	struct kvm_vm *vm;
	unsigned int nr_vcpus;
	struct {
		struct kvm_vcpu *vcpu;
		struct shared_mem ghcb;
	} cpu[SNP_VM_MAX_VCPUS];
	unsigned int c_bit;		/* its position */
	/* What the launch begins and ends with, and its secrets page (GPA; 0: none). */
	struct kvm_sev_snp_launch_start start;
	struct kvm_sev_snp_launch_finish finish;
	uint64_t secrets;
	void (*updating)(struct snp_vm *snp);	/* called before it ends, if not NULL */
	bool is_es;			/* SEV-ES, not SNP */
};

/*
 * NULL if this machine's /dev/kvm can create SNP VMs; else what is missing, in
 * words for a user.
 */
const char *snp_vm_missing(void);
/* The same of SEV-ES VMs. */
const char *es_vm_missing(void);

/*
 * A VM of type KVM_X86_SNP_VM with @nr_vcpus vCPUs that start at @guest_code,
 * after KVM_SEV_INIT2 and before SNP_LAUNCH_START.  Each vCPU has a GHCB page
 * and finds its struct guest_vcpu through GS base.
 */
struct snp_vm *snp_vm_create(unsigned int nr_vcpus, void *guest_code);

/*
 * The same in two steps, for what has to be enabled before there are vCPUs, or with
 * SEV_FEATURES besides that of SNP.
 */
struct snp_vm *snp_vm_create_bare(uint64_t vmsa_features);
void snp_vm_add_vcpus(struct snp_vm *snp, unsigned int nr_vcpus, void *guest_code);
/* vCPUs with these IDs instead of 0 and on. */
void snp_vm_add_vcpu_ids(struct snp_vm *snp, unsigned int nr_vcpus, const uint32_t *ids,
			 void *guest_code);

/* As snp_vm_create(), but an SEV-ES VM that speaks version @ghcb_version of the protocol. */
struct snp_vm *es_vm_create(unsigned int nr_vcpus, void *guest_code, uint16_t ghcb_version);
struct snp_vm *es_vm_create_bare(uint16_t ghcb_version, uint64_t vmsa_features);

/* @pages pages of zeroed shared memory, before the launch. */
struct shared_mem snp_vm_alloc_shared(struct snp_vm *snp, size_t pages);

/* A private page that firmware writes the guest's keys to; its GVA. */
uint64_t snp_vm_alloc_secrets(struct snp_vm *snp);

/*
 * SNP_LAUNCH_START, SNP_LAUNCH_UPDATE for every private page, SNP_LAUNCH_FINISH; or what
 * stands for them with SEV-ES.
 * Source: amd-memory-encryption.rst, "KVM_SEV_SNP_LAUNCH_START" and on.
 */
void snp_vm_launch(struct snp_vm *snp);

/* The launch's private pages, in its order, of one KVM_SEV_SNP_PAGE_TYPE_* each. */
void snp_vm_for_each_range(struct snp_vm *snp,
			   void (*fn)(struct snp_vm *snp, uint64_t gpa, uint64_t size,
				      unsigned int type, void *data), void *data);

void snp_vm_free(struct snp_vm *snp);

#endif
