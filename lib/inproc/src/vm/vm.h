/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs and vCPUs of the image's as the process knows them. */
#ifndef INPROC_SRC_VM_H
#define INPROC_SRC_VM_H

#include "base/base.h"
#include "engine/engine.h"
#include "src/image/image.h"

struct gtlb;

/* A VM as the process knows it: what KVM_CREATE_VM made, and what the engine has for it. */
struct src_vm {
	unsigned int refs;		/* of its files */
	unsigned long mm;		/* current_mm() of whoever made it */
	pthread_mutex_t lock;
	struct engine_vm *engine;	/* made when a vCPU first needs it */
	/*
	 * The GPA bit that picks the view, a mask, or 0; SNP: the C-bit (set: private), TDX:
	 * the shared bit (set: shared).
	 */
	uint64_t view_bit;
	bool view_bit_is_private;
	struct gtlb *gtlb;
	unsigned int calls;		/* that threads are in */
	bool moved;			/* a call has changed what memory its guest has */
	struct msr_map *msr_map;	/* the permission map that the engine has, or NULL */
	const void *td;			/* what stands for it to the TDX module's model, or NULL */
	struct src_vm *next_td;
	struct src_vm *next_gone;	/* kfile.c */
	/* The last page of the guest's initial memory, for trap sites across two. */
	void *launched;
	uint64_t launched_gpa;
	bool snp;			/* a vCPU has run with a VMSA that the RMP knows */
	uint64_t sev_features;		/* of the first VMSA that a vCPU has run with, and bit 63; or 0 */
};

#define SVM_WRITE_TRAPS	4

/* What an SEV-ES guest has written to control registers, see hw/hw_svm_traps.c. */
#define SVM_VMCBS	2
/* What a CPU has kept of a VMCB; see hw_svm_clean.c. */
struct svm_kept {
	const void *vmcb;
	unsigned int cpu;
	uint8_t bytes[352];
};

struct svm_written {
	bool known;			/* the VMSA has been loaded */
	uint64_t value[SVM_WRITE_TRAPS];	/* that traps have told */
	uint8_t v_tpr;			/* of the VMCB, as the CPU last had it */
	bool before_vmgexit;		/* of traps that come before a VMGEXIT KVM has got one */
};

struct src_vcpu {
	struct src_vm *vm;
	unsigned int id;
	void *file;			/* the image's */
	struct engine_vcpu *engine;	/* made when the guest first runs */
	struct engine_exit exit;	/* its last */
	struct kvm_cpuid2 *cpuid;	/* of the last KVM_SET_CPUID2, for the engine; or NULL */
	bool cpuid_changed;
	sigset_t sigmask;		/* of the thread in KVM_RUN, as it was before */
	pid_t tid;			/* of the thread in KVM_RUN, or 0 */
	bool in_guest;			/* the engine has it */
	uint64_t ghcb_msr;		/* the guest's view of MSR 0xc0010130 */
	uint64_t vmsa_pa;		/* whose state the engine has, or 0 */
	unsigned int vmsa_nr;		/* which of those that there were */
	uint64_t sev_features;		/* of that VMSA */
	struct svm_written written;
	struct svm_kept kept[SVM_VMCBS];
	unsigned int last_kept;
	uint64_t asid;			/* of the last VMRUN; or the EPTP of the last VM entry */
	unsigned int sev_cpu;		/* of an encrypted guest's last VMRUN, from 1 on; or 0 */
	uint64_t npf_gpa;		/* of the last nested page fault, or 0 */
	uint64_t npf_at;		/* the same for the engine */
	uint32_t traps;			/* engine->set_traps() */
	bool delivers;			/* an event, before an interrupt that waits ends the run */
	bool shadow;			/* the engine has the guest in an interrupt shadow */
	/* Guests that are not SEV-ES */
	uint64_t retired_gpa;		/* a write that the engine finishes, or 0 */
	struct guest_msrs *msrs;	/* those that the engine has, as the control block does */
	struct guest_fpu *fpu;
	uint32_t exceptions;		/* engine->trap_exceptions() */
	void *run;			/* kvm_run where the kernel has it; NULL until it is mapped */
};

/* What this thread's ioctl is about; NULL where it is about none. */
struct src_now {
	struct src_vm *vm;
	struct src_vcpu *vcpu;		/* in KVM_RUN */
	struct src_vcpu *of;		/* whose ioctl it is */
};

extern __thread struct src_now src_now;

#endif
