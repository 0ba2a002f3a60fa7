/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tools/fuzz: what an in-process KVM exports to have a guest that executes no instructions,
 * found at run time by name, as the control is.
 */
#ifndef INPROC_SCRIPT_H
#define INPROC_SCRIPT_H

#include <stdint.h>

#define KVM_SCRIPT_GPRS	16

/* A vCPU's guest, as it is each time KVM lets it go on. */
struct kvm_script {
	/* In the guest's place: looks at what it got, and writes down its next exit. */
	void (*guest)(struct kvm_script *script);
	int signal;			/* the VMM's thread has one pending */
	int td;				/* the exit is TDCALL, else VMGEXIT */
	uint64_t ghcb_msr;		/* VMGEXIT: the GHCB MSR */
	uint64_t gpr[KVM_SCRIPT_GPRS];	/* TDCALL: by number in x86 encoding */
};

/*
 * Guests of the process are @script from now on, as soon as they run; NULL: instructions again.
 * Between KVM_RUNs only, and for one vCPU at a time.
 */
typedef void (*kvm_script_start_t)(struct kvm_script *script);

#define KVM_SCRIPT_START	"kvm_script_start"

/* KVM_RUN of the vCPU with descriptor @vcpu_fd: what ioctl() gives, or -errno. */
typedef long (*kvm_script_run_t)(int vcpu_fd);

#define KVM_SCRIPT_RUN	"kvm_script_run"

#endif
