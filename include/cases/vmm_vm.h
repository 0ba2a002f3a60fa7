/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A confidential VM whose vCPUs make any kind of exit to the VMM, for tests of what the VMM
 * does between an exit and its answer.  Of SNP VMs see vmm_snp.h, of TDs vmm_tdx.h; what
 * tests of both do with them, vmm_cases.h.
 */
#ifndef VMM_VM_H
#define VMM_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "check/requirement.h"

#define VMM_MAX_VCPUS	8

struct kvm_run;
struct kvm_vm;
struct vmm_cpu;
struct vmm_vm;

/* The VMM's answers; an exit that does not know so many takes every error for VMM_ERROR. */
enum vmm_answer {
	VMM_OK,
	VMM_ERROR,
	VMM_OTHER,			/* another error, which the guest can tell from it */
	VMM_BUSY,
};

/* An exit and how it is made.  What is not said to be optional is there. */
struct vmm_exit_ops {
	const char *name;
	/* NULL, or why this KVM has no such exit; optional */
	const char *(*missing)(void);
	/* Have @cpu's next KVM_RUN make it. */
	void (*prepare)(struct vmm_cpu *cpu);
	/* By requirement @req: it is in kvm_run, with its fields. */
	bool (*expect_exit)(enum requirement_nr req, struct vmm_cpu *cpu);
	void (*answer)(struct vmm_cpu *cpu, enum vmm_answer answer);
	/* By requirement @req: the guest has got @answer. */
	bool (*expect_answer)(enum requirement_nr req, struct vmm_cpu *cpu,
			      enum vmm_answer answer);
	/* By requirement @req: KVM has taken @answer, which the guest has not seen; optional */
	bool (*expect_taken)(enum requirement_nr req, struct vmm_cpu *cpu,
			     enum vmm_answer answer);
	/*
	 * A VMM that does not touch kvm_run has answered VMM_OK; where that is not so, this
	 * says by requirement @req what the guest has got.  Optional.
	 */
	bool (*expect_preset)(enum requirement_nr req, struct vmm_cpu *cpu);
	bool reaches_firmware;		/* answers VMM_OK reach firmware */
	bool exits_again;		/* on VMM_OK: another exit, or the same once more */
};

/* What a test is about, in the words of a kind of VM. */
enum vmm_req {
	VMM_REQ_SIGNAL,
	VMM_REQ_SIGNAL_ONCE,
	VMM_REQ_IMMEDIATE,
	VMM_REQ_NO_ANSWER,
	VMM_REQ_VCPUS,
	VMM_REQ_CLOSE,
	VMM_REQ_FIELDS,
	VMM_REQ_REPEAT,
	NR_VMM_REQS
};

struct vmm_guest_ops {
	enum requirement_nr req[NR_VMM_REQS];
	/* False: KVM does not have what @arg wants, and the case is skipped; optional */
	bool (*has)(const void *arg);
	uint64_t stage_answered;	/* of the guest's GUEST_SYNC() */
	/*
	 * Create and launch, v->nr_cpus and v->arg set; false: the case is over.  Fills in
	 * v->vm, v->owner, and each cpu's vcpu and id.
	 */
	bool (*start)(struct vmm_vm *v);
	void (*free)(struct vmm_vm *v);
	/* Descriptors that libkvm's kvm_vm does not know of; optional */
	void (*close)(struct vmm_vm *v);
	/* How many answers @cpu's guest has had. */
	uint64_t (*answers)(const struct vmm_cpu *cpu);
	/* By requirement @req: nothing was done for requests not answered VMM_OK; optional */
	bool (*expect_served)(enum requirement_nr req, const struct vmm_cpu *cpu);
};

struct vmm_cpu {
	struct vmm_vm *v;
	struct kvm_vcpu *vcpu;
	unsigned int id;
	const struct vmm_exit_ops *kind;	/* of the last request */
	uint64_t answers;		/* that it should have had */
};

struct vmm_vm {
	const struct vmm_guest_ops *type;
	const void *arg;		/* the type's own: what the caller wants */
	void *priv;			/* the type's own */
	struct kvm_vm *vm;
	const void *owner;		/* in terms of check_guest_view() */
	unsigned int nr_cpus;
	unsigned int served;		/* requests that firmware has: those answered VMM_OK */
	struct vmm_cpu cpu[VMM_MAX_VCPUS];
};

/*
 * A launched VM, its guests about to make their first request.  False: the case is over,
 * KVM does not have what @arg wants, or the guests did not come up.
 */
bool vmm_vm_start(struct vmm_vm *v, const struct vmm_guest_ops *type, const void *arg,
		  unsigned int nr_cpus);
void vmm_vm_free(struct vmm_vm *v);
/* The requirement that is @nr for @v's type. */
enum requirement_nr vmm_req(const struct vmm_vm *v, enum vmm_req nr);

/* Have @cpu's next KVM_RUN make exit @kind. */
void vmm_prepare(struct vmm_cpu *cpu, const struct vmm_exit_ops *kind);

/*
 * By requirement @req: the exit of that request is in kvm_run, with its fields; and
 * KVM_RUN up to there.
 */
bool vmm_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu);
bool vmm_run_to_exit(enum requirement_nr req, struct vmm_cpu *cpu);

/* Write the VMM's answer. */
void vmm_answer(struct vmm_cpu *cpu, enum vmm_answer answer);
/* Overwrite what kvm_run has of an exit. */
void vmm_overwrite_exit(struct kvm_run *run);

/*
 * By requirement @req: firmware has got no other requests than those that were answered
 * VMM_OK, and @cpu's guest no answer that it should not have.
 */
bool vmm_expect_served(enum requirement_nr req, const struct vmm_cpu *cpu);

/*
 * By requirement @req: KVM_RUN until the guest has its answer, once, and it is @answer.
 * And the same, when it has it already.
 */
bool vmm_run_to_answer(enum requirement_nr req, struct vmm_cpu *cpu, enum vmm_answer answer);
bool vmm_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu, enum vmm_answer answer);

/* KVM_RUN, once, by requirement @req ended by a signal or immediate_exit. */
bool vmm_run_interrupted(enum requirement_nr req, const struct vmm_cpu *cpu);

#endif
