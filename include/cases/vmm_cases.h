/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of SNP VMs and of TDs do between an exit and its answer.  Each function is
 * the body of a case; its requirements are those of the type (vmm_req()).
 *
 * Not ABI, so not checked: exit_reason after KVM_RUN failed with EINTR.  Nor does the
 * uAPI say that an exit which follows from an answer, without the guest, is held back by a
 * signal: a request of several parts goes on.
 */
#ifndef VMM_CASES_H
#define VMM_CASES_H

#include "cases/vmm_vm.h"

/* vCPUs of the cases with several: three for orders of answers, two where the VM ends */
#define VMM_ORDER_CPUS	3
#define VMM_CLOSE_CPUS	2

/* How a VM ends. */
enum vmm_end {
	VMM_VCPUS_FIRST,	/* descriptors of the vCPUs, then the VM's */
	VMM_VM_FIRST,		/* and the other way round */
	VMM_GMEM_FIRST,		/* guest_memfd's before both */
	VMM_RUN_UNMAPPED,	/* kvm_run is unmapped before the exits are completed */
	VMM_ANSWERED,		/* with answers that KVM_RUN never takes */
	VMM_COMPLETED,		/* taken, by immediate_exit, but the guest never sees them */
	VMM_INTERRUPTED,	/* no exit: immediate_exit kept the guests from asking */
	VMM_PROCESS,		/* all at once: the process ends */
};

/* A row, as far as these functions need it. */
struct vmm_case {
	const struct vmm_guest_ops *type;
	const void *arg;
	const struct vmm_exit_ops *kind[VMM_ORDER_CPUS];	/* of vCPU 0, 1, 2 */
	enum vmm_answer answer;
	enum vmm_end end;
	bool next;			/* look at the VM after it, too */
};

/* ---- vmm_signal.c: one vCPU ---- */

/* Before the request, then with the answer written; the mask is the signal's way in. */
void vmm_case_signal_pending(const struct vmm_case *c);
/* KVM_RUN's mask keeps it out. */
void vmm_case_signal_blocked(const struct vmm_case *c);
/* A timer, wherever it strikes. */
void vmm_case_timer(const struct vmm_case *c);
/* immediate_exit before the request, and with the answer written; each twice. */
void vmm_case_immediate_before(const struct vmm_case *c);
void vmm_case_immediate_completes(const struct vmm_case *c);
/* KVM_RUN without an answer. */
void vmm_case_no_answer(const struct vmm_case *c);
/* The answer alone counts, whatever else is in kvm_run by then. */
void vmm_case_other_fields(const struct vmm_case *c);

/* ---- vmm_repeat.c: one vCPU ---- */

/* The same request hundreds of times. */
void vmm_case_repeat(const struct vmm_case *c);

/* ---- vmm_vcpus.c: VMM_ORDER_CPUS vCPUs ---- */

/* Exits that are pending at once, answered in every order. */
void vmm_case_every_order(const struct vmm_case *c);
/* The same with a thread for each vCPU, and another one the next time. */
void vmm_case_threads(const struct vmm_case *c);

/* ---- vmm_close.c: VMM_CLOSE_CPUS vCPUs ---- */

/*
 * The VM ends while exits wait.  All that can be said of it is that the kernel lives
 * through it, and that the next VM is none the worse.
 */
void vmm_case_close(const struct vmm_case *c);

/* For cases of their own: close all, in an order that libkvm does not know. */
void vmm_close_vm(struct vmm_vm *v, enum vmm_end end);
/* By requirement @req: the kernel had nothing to complain of. */
void vmm_expect_no_splat(enum requirement_nr req);

#endif
