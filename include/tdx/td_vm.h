/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDs over the KVM uAPI, on top of libkvm, which knows none.
 *
 * Order: td_vm_create(), then shared memory, arguments and exception handlers,
 * td_vm_launch(), KVM_RUN, td_vm_free().  After the launch the host sees neither page
 * tables nor private memory, so nothing can be allocated or written there any more.
 *
 * Functions without an error return fail an assertion with the reason.
 */
#ifndef TD_VM_H
#define TD_VM_H

#include <stdint.h>

#include "kvm_util.h"

#include "tdx_uapi.h"
#include "vm/shared_mem.h"

#define TD_VM_MAX_VCPUS		8

/* Guest physical address widths: the shared bit is the highest. */
#define TD_GPAW_48		48
#define TD_GPAW_52		52

struct td_vm {
	struct kvm_vm *vm;
	unsigned int nr_vcpus;
	struct kvm_vcpu *vcpu[TD_VM_MAX_VCPUS];
	unsigned int gpaw;		/* bits */
	uint64_t shared_bit;		/* mask */
	/* of KVM_TDX_INIT_VM */
	uint64_t attributes;		/* TDX_ATTR_* */
	uint64_t xfam;
	uint8_t ids[3][48];		/* MRCONFIGID, MROWNER, MROWNERCONFIG; all differ */
	/* Before the launch: all memory is measured; and called for each page, in their order. */
	bool measure;
	void (*page_added)(struct td_vm *td, uint64_t gpa, const void *page);
	void *boot;			/* the host's view of the boot page */
	bool launched;
};

/* NULL if this machine's /dev/kvm can create TDs; else what is missing, in words for a user. */
const char *td_vm_missing(void);
/* The same for TDs with @gpaw address bits, where there are TDs. */
const char *td_vm_gpaw_missing(unsigned int gpaw);

/* A VM of KVM's type for TDs with a split irqchip, before KVM_TDX_INIT_VM. */
struct kvm_vm *td_vm_open(void);

/*
 * A TD of @gpaw address bits with @nr_vcpus vCPUs that start at @guest_code, after
 * KVM_TDX_INIT_VM and KVM_TDX_INIT_VCPU.  vCPU number i has the local APIC ID i.
 */
struct td_vm *td_vm_create(unsigned int gpaw, unsigned int nr_vcpus, void *guest_code);
/* The same with capabilities that are enabled first, up to one that is 0; NULL: none. */
struct td_vm *td_vm_create_with(unsigned int gpaw, unsigned int nr_vcpus, void *guest_code,
				const struct kvm_enable_cap *caps);

/* The first argument of vCPU @id's guest code, before the launch. */
void td_vm_set_arg(struct td_vm *td, unsigned int id, uint64_t arg);

/* @pages pages of zeroed shared memory, before the launch. */
struct shared_mem td_vm_alloc_shared(struct td_vm *td, size_t pages);

/*
 * KVM_TDX_INIT_MEM_REGION for every private page, KVM_TDX_FINALIZE_VM.
 * Source: intel-tdx.rst, "KVM TDX creation flow".
 */
void td_vm_launch(struct td_vm *td);

/*
 * Send an interrupt with @vector to the vCPU with local APIC ID @apic_id, below 256, from any
 * thread: KVM_SIGNAL_MSI (Intel SDM volume 3, "Message Signalled Interrupts").
 */
void td_vm_send_interrupt(struct td_vm *td, unsigned int apic_id, uint8_t vector);

/* Its end; a TD that was not launched too. */
void td_vm_free(struct td_vm *td);

/* Room for what KVM says of CPUID: KVM_MAX_CPUID_ENTRIES. */
#define TDX_MAX_CPUID	256

/* For KVM_TDX_CAPABILITIES; the caller's to free(). */
struct tdx_capabilities *td_vm_new_capabilities(void);

/*
 * KVM_MEMORY_ENCRYPT_OP with command @id (TDX_CMD_*), flags and data, on the VM or a vCPU
 * of it: 0, or an errno.
 */
int td_vm_cmd(struct kvm_vm *vm, uint32_t id, uint32_t flags, uint64_t data);
int td_vcpu_cmd(struct kvm_vcpu *vcpu, uint32_t id, uint32_t flags, uint64_t data);

#endif
