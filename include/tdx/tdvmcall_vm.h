/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TD whose vCPUs make the TDCALLs that the host tells them to.
 */
#ifndef TDVMCALL_VM_H
#define TDVMCALL_VM_H

#include "guest/td_call.h"
#include "tdx/td_view.h"
#include "tdx/td_vm.h"
#include "tdx/tdx_names.h"

/* What registers hold that a request says nothing of. */
#define TD_FILL(nr)	(0x5a00c0de00000000ull | (nr))

struct tdvmcall_vm {
	struct td_vm *td;
	struct kvm_vcpu *vcpu;		/* vCPU 0 */
	struct td_request *req;		/* of vCPU 0, the host's view */
	struct shared_mem buffer;	/* what a test shares with the guest */
	struct td_view view;		/* if options.view_pages */
	struct td_request *reqs[TD_VM_MAX_VCPUS];
};

/* What is not said is 0, none or false. */
struct tdvmcall_vm_options {
	unsigned int gpaw;		/* 0: TD_GPAW_48 */
	unsigned int nr_vcpus;		/* 0: one */
	unsigned int buffer_pages;
	unsigned int view_pages, view_private;	/* see td_view_add() */
	/* Called when all is there but the launch; may be NULL. */
	void (*before_launch)(struct tdvmcall_vm *v);
	const struct kvm_enable_cap *caps;	/* as td_vm_create_with() has them */
	bool map_gpa;			/* KVM_CAP_EXIT_HYPERCALL with KVM_HC_MAP_GPA_RANGE */
};

/* A launched TD, its guest has not run yet. */
void tdvmcall_vm_create_with(struct tdvmcall_vm *v, const struct tdvmcall_vm_options *options);
/* The same with one vCPU, and @buffer_pages pages of shared memory. */
void tdvmcall_vm_create(struct tdvmcall_vm *v, unsigned int gpaw, size_t buffer_pages);
void tdvmcall_vm_free(struct tdvmcall_vm *v);
/* The other functions are about vCPU @id from now on. */
void tdvmcall_vm_select(struct tdvmcall_vm *v, unsigned int id);

/*
 * Have the guest make TDG.VP.VMCALL with @leaf and R12 to R15 as given, passing
 * R10 to R15; the other registers hold TD_FILL().
 */
void tdvmcall_prepare(struct tdvmcall_vm *v, uint64_t leaf, uint64_t r12, uint64_t r13,
		      uint64_t r14, uint64_t r15);

/*
 * Have the guest enable its local APIC by software, as it is not after reset: until then KVM
 * drops interrupts for it.  The guest runs for that, up to an answered request.
 */
void tdvmcall_enable_apic(struct tdvmcall_vm *v);

#endif
