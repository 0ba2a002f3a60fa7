/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SNP VM whose vCPU asks for the page state changes that the host tells it to.
 */
#ifndef PSC_VM_H
#define PSC_VM_H

#include "guest/psc.h"
#include "snp/ghcb_names.h"
#include "snp/snp_vm.h"

/* GFNs of the cases: the second is 2 MiB aligned, the last two are the highest of each size */
#define PSC_GFN			0x12345ull
#define PSC_GFN_2M		0x40000ull
#define PSC_GFN_MAX		0xffffffffffull
#define PSC_GFN_MAX_2M		0xfffffffe00ull

#define PSC_VM_PAGES		4

struct psc_vm {
	struct snp_vm *snp;
	struct kvm_vcpu *vcpu;
	struct psc_request *req;	/* the host's view */
	struct shared_mem ghcb;
	struct shared_mem pages;	/* PSC_VM_PAGES, shared, to change the state of */
	uint64_t private_gva;		/* the same pages in the private view */
	uint64_t nowhere_gva;		/* PSC_GFN in the private view, where there is no slot */
};

/*
 * A launched VM, with KVM_CAP_EXIT_HYPERCALL only if @enabled; its guest has not
 * run yet.  Its end is snp_vm_free(v->snp).
 */
void psc_vm_create(struct psc_vm *v, bool enabled);
/* The same, with pages by shared_mem_alloc_huge(). */
void psc_vm_create_huge(struct psc_vm *v, size_t before, bool first_private);
/* The same, the first private; @updating is called before the launch's end, with all else done. */
void psc_vm_create_updating(struct psc_vm *v, void (*updating)(struct snp_vm *snp));

/*
 * Does KVM_RUN refuse what a VMM may not answer, that is anything but 0, EINVAL and EAGAIN?
 * Since 7.2 it does, before that each was an error for the guest.  No number tells: so two
 * scratch VMs are asked, one for each way to request a change.  It does if one is refused:
 * then the other has to be, too.
 */
bool psc_answers_restricted(void);

/*
 * Have the guest make the NAE event, with a buffer of @size bytes that lies
 * @offset bytes into the GHCB's shared buffer; both are multiples of 8.
 */
void psc_prepare(struct psc_vm *v, uint64_t offset, uint64_t size);

#endif
