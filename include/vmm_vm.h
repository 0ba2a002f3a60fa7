/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SNP VM whose vCPUs make any kind of exit to the VMM, for tests of what the VMM does
 * between an exit and its answer.
 */
#ifndef VMM_VM_H
#define VMM_VM_H

#include "cert_check.h"
#include "psc_vm.h"

/* GUEST_SYNC() stages are those of guest_request_loop(). */

enum vmm_exit {
	VMM_CERTS,		/* a certificate exit */
	VMM_PSC_MSR,		/* page state changes: MSR protocol, */
	VMM_PSC_NAE,		/* NAE event with one entry */
	NR_VMM_EXITS
};

/* Shared memory: what the guest is to do. */
struct vmm_mailbox {
	uint64_t kind;			/* enum vmm_exit */
	uint64_t request;		/* GVA of the vCPU's struct guest_request */
	uint64_t answers;		/* so far */
	struct psc_request psc;
};

struct vmm_cpu {
	struct vmm_vm *v;
	struct kvm_vcpu *vcpu;
	struct request_cpu *certs;	/* the pages of certificate requests */
	struct vmm_mailbox *mailbox;	/* the host's view */
	struct shared_mem ghcb;
	enum vmm_exit kind;		/* of the last request */
	uint64_t asked, needed;		/* pages: RBX, and npages of the VMM's answer */
	unsigned int answers;		/* that it should have had */
};

struct vmm_vm {
	const struct cert_revision *rev;	/* NULL: no certificate exits */
	struct request_vm *v;
	struct request_fw fw;
	unsigned int nr_cpus, served;	/* served: requests that firmware should have got */
	struct vmm_cpu cpu[SNP_VM_MAX_VCPUS];
};

/*
 * A launched VM, its guests waiting for their first request.  False: the case is over,
 * KVM does not speak @rev or the guests did not come up.
 */
bool vmm_vm_start(struct vmm_vm *v, const struct cert_revision *rev, unsigned int nr_cpus);
void vmm_vm_free(struct vmm_vm *v);

/* Have @cpu's next KVM_RUN make exit @kind. */
void vmm_prepare(struct vmm_cpu *cpu, enum vmm_exit kind);

/*
 * By requirement @req: the exit of that request is in kvm_run, with its fields; and
 * KVM_RUN up to there.
 */
bool vmm_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu);
bool vmm_run_to_exit(enum requirement_nr req, struct vmm_cpu *cpu);

/* Write the VMM's answer; page state changes know OK and else. */
void vmm_answer(struct vmm_cpu *cpu, enum cert_answer_nr nr);

/*
 * By requirement @req: firmware has got no other requests than those that were answered
 * OK, and of @cpu's one its response page tells nothing before that.
 */
bool vmm_expect_served(enum requirement_nr req, const struct vmm_cpu *cpu);

/*
 * By requirement @req: KVM_RUN until the guest has its answer, once, and it is @nr. And
 * the same, when it has it already.
 */
bool vmm_run_to_answer(enum requirement_nr req, struct vmm_cpu *cpu, enum cert_answer_nr nr);
bool vmm_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu, enum cert_answer_nr nr);

#endif
