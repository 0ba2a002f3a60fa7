/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SNP VMs that make any kind of exit; see vmm_vm.h.
 */
#ifndef VMM_SNP_H
#define VMM_SNP_H

#include "cases/vmm_vm.h"
#include "guest/vmm_mailbox.h"
#include "snp/cert_check.h"
#include "snp/psc_vm.h"

/* vmm_vm's arg: a struct cert_revision, NULL for no certificate exits. */
extern const struct vmm_guest_ops vmm_snp;

extern const struct vmm_exit_ops
	vmm_certs,			/* a certificate exit */
	vmm_psc_msr,			/* page state changes: MSR protocol, */
	vmm_psc_nae;			/* NAE event with one entry */

struct vmm_snp_cpu {
	struct request_cpu *certs;	/* the pages of certificate requests */
	struct vmm_mailbox *mailbox;	/* the host's view */
	struct shared_mem ghcb;
	uint64_t asked, needed;		/* pages: RBX, and npages of the VMM's answer */
};

struct vmm_snp_vm {
	struct request_vm *v;
	struct request_fw fw;
	struct vmm_snp_cpu cpu[VMM_MAX_VCPUS];
};

/* What there is of them for @cpu. */
struct vmm_snp_cpu *vmm_snp_cpu(const struct vmm_cpu *cpu);

#endif
