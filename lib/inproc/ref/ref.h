/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference model: what a KVM that follows the documents does for TDs and SNP guests.  It
 * is written from "Intel TDX GHCI 1.5", "Intel TDX Module ABI", AMD's GHCB specification 2.0
 * (56421) and SNP firmware ABI (56860), api.rst, intel-tdx.rst and amd-memory-encryption.rst,
 * not from KVM's code, so that the two can disagree.
 *
 * snp.h has what is special about SNP guests.  Of both kinds, or of TDs alone:
 *
 *	vm.c, vcpu.c	the launch (KVM_MEMORY_ENCRYPT_OP) and other ioctls
 *	run.c		KVM_RUN
 *	fault.c		accesses to pages that the TD does not have
 *	module.c	the TDX module: TDCALL, and which registers it passes
 *	sept.c		the TDX module: which private pages a TD has
 *	measure.c	the TDX module: what a TD is measured as, and its reports
 *	ghci.c		the VMM's side of TDG.VP.VMCALL
 *	map_gpa.c	MapGPA, which is several exits
 *	quote.c		GetQuote without an exit (proposed)
 *	io.c, mmio.c	Instruction.IO, #VE.RequestMMIO
 *	msr.c, cpuid.c	Instruction.RDMSR, .WRMSR, .CPUID
 *	hlt.c		Instruction.HLT
 *	hypercall.c	KVM's own hypercalls
 *
 * Not modelled: #VE, attestation keys, priorities of interrupts and their EOI.
 */
#ifndef REF_H
#define REF_H

#include "engine/td_measure.h"
#include "ref/device/model.h"
#include "snp_state.h"
#include "tdx_ghci.h"
#include "tdx_uapi.h"

/* How a function that may end KVM_RUN ends: this, 0 for an exit to the VMM, or -errno. */
#define REF_RESUME	1

/* Of kind->vm_ioctl(): there is no such ioctl. */
#define REF_NO_IOCTL	(-515)

/* The exits' uAPI, by COCO_REF_REVISION. */
enum ref_revision {
	REF_TDX,			/* "tdx": KVM_EXIT_TDX */
	REF_TDX_DEDICATED_V1,		/* "tdx-dedicated-v1" */
	REF_TDX_DEDICATED_V2,		/* "tdx-dedicated-v2" */
};

extern enum ref_revision ref_revision;
/* "tdx-map-errno": tdx, but MapGPA tells errors of the VMM's apart. */
extern bool ref_map_errno;
/* "proposed-quotes": tdx, but quotes are made without the VMM. */
extern bool ref_own_quotes;

enum ref_vm_state {
	REF_VM_NEW,
	REF_VM_INITIALIZED,		/* KVM_TDX_INIT_VM */
	REF_VM_RUNNABLE,		/* KVM_TDX_FINALIZE_VM */
};

enum ref_sept {
	REF_SEPT_FREE,
	REF_SEPT_PENDING,		/* KVM has given it, the guest has not accepted it */
	REF_SEPT_PRESENT,
};

struct ref_msr_filter;
struct ref_vm;
struct ref_vcpu;

/* What TDs and SNP VMs have each its own way. */
struct ref_kind {
	const char *name;
	/* Under host->lock: KVM_MEMORY_ENCRYPT_OP, and what only this kind has (or NULL). */
	long (*encrypt_op)(struct ref_vm *vm, unsigned long arg);
	long (*vm_ioctl)(struct ref_vm *vm, unsigned int cmd, unsigned long arg);
	long (*enable_cap)(struct ref_vm *vm, const struct kvm_enable_cap *cap);
	/* In KVM_RUN: REF_RESUME, 0 or -errno. */
	long (*enter)(struct ref_vcpu *vcpu);	/* before each entry; may be NULL */
	long (*io)(struct ref_vcpu *vcpu);	/* the guest used port I/O, or a trap site */
	long (*msr)(struct ref_vcpu *vcpu);	/* an MSR that is trapped; may be NULL */
	long (*fault)(struct ref_vcpu *vcpu);	/* the engine has no page */
};

struct ref_vm {
	struct inproc_vm *host;
	const struct ref_kind *kind;
	enum ref_vm_state state;
	unsigned int gpaw;		/* guest physical address width, 48 or 52 */
	uint64_t shared_bit;		/* mask */
	uint32_t max_vcpus, next_index;
	bool split_irqchip;
	bool exit_map_gpa;		/* KVM_CAP_EXIT_HYPERCALL with KVM_HC_MAP_GPA_RANGE */
	uint32_t msr_exits;		/* KVM_CAP_X86_USER_SPACE_MSR: KVM_MSR_EXIT_REASON_* */
	struct ref_msr_filter *msr_filter;	/* NULL: all is allowed */
	uint32_t tsc_khz;
	bool sept_ve_disable;		/* attribute: see ref_private_fault() */
	bool dead;			/* nothing of it can be used any more */
	struct ref_sept_table *sept;
	pthread_mutex_t sept_lock;
	struct td_measure measure;
	pthread_mutex_t measure_lock;	/* of what the guest asks for; above sept_lock */
	struct ref_snp snp;
};

struct ref_vcpu {
	struct inproc_vcpu *host;
	struct ref_vm *vm;
	bool initialized;		/* KVM_TDX_INIT_VCPU */
	uint32_t index;
	struct kvm_cpuid2 *cpuid;
	struct kvm_mp_state mp_state;

	/* The call under way: what the module shows of the guest's registers. */
	uint64_t call[TD_NR_GPRS];
	uint64_t passed;		/* RCX */
	/* What the next KVM_RUN does with the VMM's answer; as ref_tdvmcall(). */
	long (*complete)(struct ref_vcpu *vcpu);
	struct {
		uint64_t next, end;	/* GPAs, with the shared bit */
		uint64_t chunk;		/* bytes asked for in this exit */
	} map;
	uint64_t power_ctl;		/* IA32_POWER_CTL */
	uint64_t posted[4];		/* interrupts that the VMM has sent, by vector */
	int kicked;			/* for them, or something else */
	bool in_guest;			/* the engine runs it */
	struct ref_snp_vcpu snp;
};

/* ---- vm.c ---- */

long ref_vm_create(struct inproc_vm *vm);
/* What a VM of either kind begins with. */
long ref_vm_new(struct inproc_vm *vm, const struct ref_kind *kind);
void ref_vm_destroy(struct inproc_vm *vm);
long ref_vm_ioctl(struct inproc_vm *vm, unsigned int cmd, unsigned long arg);
void ref_private_gone(struct inproc_vm *vm, uint64_t gpa, uint64_t size, bool freed);

/* KVM_MEMORY_ENCRYPT_OP's argument, checked; 0 or -errno. */
long ref_get_cmd(struct tdx_cmd *cmd, unsigned long arg);

/* ---- vcpu.c ---- */

long ref_vcpu_create(struct inproc_vcpu *vcpu);
long ref_vcpu_new(struct inproc_vcpu *vcpu);
void ref_vcpu_destroy(struct inproc_vcpu *vcpu);
long ref_vcpu_ioctl(struct inproc_vcpu *vcpu, unsigned int cmd, unsigned long arg);

/* ---- sept.c ---- */

enum ref_sept ref_sept_at(struct ref_vm *vm, uint64_t gpa);
/* A free page becomes pending or present; -EEXIST if it is not free. */
long ref_sept_add(struct ref_vm *vm, uint64_t gpa, enum ref_sept state);
/* Pages in [@gpa, @gpa + @size) bytes become free. */
void ref_sept_remove(struct ref_vm *vm, uint64_t gpa, uint64_t size);
/*
 * TDG.MEM.PAGE.ACCEPT of the page at @gpa, of 4 KiB (@level 0) or 2 MiB (1): true, and its
 * @status; or false: there is none to accept, which is an EPT violation.
 */
bool ref_sept_accept(struct ref_vm *vm, uint64_t gpa, unsigned int level, uint64_t *status);
void ref_sept_free(struct ref_vm *vm);

/* ---- measure.c ---- */

/* The page at @gpa has been added; with @contents its bytes are measured. */
void ref_measure_page(struct ref_vm *vm, uint64_t gpa, bool contents);
/* TDG.MR.*: REF_RESUME, 0 or -errno. */
long ref_tdg_mr(struct ref_vcpu *vcpu);

/* ---- fault.c: REF_RESUME, 0 or -errno ---- */

/* The engine has no page for the access in vcpu->host->exit. */
long ref_fault(struct ref_vcpu *vcpu);
/* KVM hears of private @gpa, without a page: it gives one, or asks the VMM. */
long ref_private_fault(struct ref_vcpu *vcpu, uint64_t gpa);
/* The VMM is to make the page at @gpa what the guest takes it for: KVM_EXIT_MEMORY_FAULT. */
long ref_memory_fault(struct ref_vcpu *vcpu, uint64_t gpa, bool private);

/* ---- run.c ---- */

long ref_internal_error(struct ref_vcpu *vcpu);
/* A TD's ENGINE_EXIT_IO. */
long ref_td_io(struct ref_vcpu *vcpu);

long ref_vcpu_run(struct inproc_vcpu *vcpu);

/* Have @vcpu leave the guest, or what it waits in, and look what is new; from any thread. */
void ref_kick(struct ref_vcpu *vcpu);
/* Send @vector to @vcpu, from any thread. */
void ref_post_interrupt(struct ref_vcpu *vcpu, unsigned int vector);
/* Has one been sent that the TDX module has not taken over? */
bool ref_interrupt_posted(const struct ref_vcpu *vcpu);

/* ---- module.c ---- */

/* The guest executed TDCALL.  REF_RESUME, 0 or -errno. */
long ref_tdcall(struct ref_vcpu *vcpu);
/*
 * TDH.VP.ENTER after a TDG.VP.VMCALL: the guest gets vcpu->call in the registers that it
 * passed.  REF_RESUME or -errno.
 */
long ref_answer(struct ref_vcpu *vcpu);

/* ---- ghci.c ---- */

/*
 * Serve the call in vcpu->call.  REF_RESUME: answered, with ref_answer(); 0: kvm_run
 * holds an exit, and vcpu->complete continues; or -errno.
 */
long ref_tdvmcall(struct ref_vcpu *vcpu);
/* Answer with @status in R10. */
long ref_status(struct ref_vcpu *vcpu, uint64_t status);

/* ---- map_gpa.c ---- */

long ref_map_gpa(struct ref_vcpu *vcpu);

/* ---- quote.c ---- */

long ref_make_quote(struct ref_vcpu *vcpu);

/* ---- the leaves that have a file of their own; as ref_tdvmcall() ---- */

long ref_io(struct ref_vcpu *vcpu);
long ref_mmio(struct ref_vcpu *vcpu);
long ref_rdmsr(struct ref_vcpu *vcpu);
long ref_wrmsr(struct ref_vcpu *vcpu);
long ref_cpuid(struct ref_vcpu *vcpu);
long ref_hlt(struct ref_vcpu *vcpu);
long ref_hypercall(struct ref_vcpu *vcpu);

/* ---- hypercall.c ---- */

/* KVM_EXIT_HYPERCALL with KVM_HC_MAP_GPA_RANGE, which the VMM answers to @answered; 0. */
long ref_ask_map(struct ref_vcpu *vcpu, uint64_t gpa, uint64_t pages, uint64_t attrs,
		 long (*answered)(struct ref_vcpu *vcpu));
/* Hypercall @nr with four arguments: true for an exit, else *@result is the guest's. */
bool ref_kvm_hypercall(struct ref_vcpu *vcpu, uint64_t nr, const uint64_t *args, uint64_t *result,
		       long (*answered)(struct ref_vcpu *vcpu));

/* ---- cpuid.c ---- */

/* What KVM_SET_CPUID2 has of a leaf, or NULL. */
const struct kvm_cpuid_entry2 *ref_find_cpuid(const struct kvm_cpuid2 *cpuid,
					      uint32_t function, uint32_t index);

/* ---- msr.c ---- */

struct ref_msr_access {
	uint32_t msr;
	uint64_t data;
	bool write;
};

/* Do it: 0, or why not (KVM_MSR_EXIT_REASON_*). */
uint32_t ref_access_msr(struct ref_vcpu *vcpu, struct ref_msr_access *access);
/* Then the VMM may want to: true for an exit, which it answers to @answered. */
bool ref_msr_exit(struct ref_vcpu *vcpu, const struct ref_msr_access *access, uint32_t reason,
		  long (*answered)(struct ref_vcpu *vcpu));

/* KVM_CAP_X86_USER_SPACE_MSR and KVM_X86_SET_MSR_FILTER; 0 or -errno. */
long ref_enable_msr_exits(struct ref_vm *vm, uint64_t reasons);
long ref_set_msr_filter(struct ref_vm *vm, unsigned long arg);
void ref_free_msr_filter(struct ref_msr_filter *filter);

/* ---- the device layer's ---- */

int copy_from_user(void *to, const void *from, size_t len);
int copy_to_user(void *to, const void *from, size_t len);

#endif
