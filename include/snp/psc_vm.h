/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SNP VM whose vCPU asks for the page state changes that the host tells it
 * to, and what is expected of the exits and answers.
 */
#ifndef PSC_VM_H
#define PSC_VM_H

#include "check/requirement.h"
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
};

/* One exit to the VMM. */
struct psc_exit {
	uint64_t gfn, npages;		/* 4 KiB pages */
	uint8_t op, size;		/* PSC_OP_*, PSC_SIZE_* */
	uint16_t cur_entry;		/* in the buffer, at that time; NAE event only */
	uint64_t ret;			/* what the VMM answers */
};

/*
 * A launched VM, with KVM_CAP_EXIT_HYPERCALL only if @enabled; its guest has not
 * run yet.  Its end is snp_vm_free(v->snp).
 */
void psc_vm_create(struct psc_vm *v, bool enabled);

/*
 * Have the guest make the NAE event, with a buffer of @size bytes that lies
 * @offset bytes into the GHCB's shared buffer; both are multiples of 8.
 */
void psc_prepare(struct psc_vm *v, uint64_t offset, uint64_t size);

/* psc_vm_create(), and the guest waits for its request.  False: the case has failed. */
bool psc_vm_start(struct psc_vm *v, bool enabled);

/*
 * KVM_RUN up to the exit @wanted, and answer it.  GPA and number of pages are
 * as requirement @req has them, the page size as @size_req.  False if there is
 * no such exit.
 */
bool expect_psc_exit(enum requirement_nr req, enum requirement_nr size_req,
		     const struct psc_vm *v, const struct psc_exit *wanted);
/* The same for the NAE event, where the buffer's cur_entry can be looked at. */
bool expect_psc_nae_exit(enum requirement_nr req, enum requirement_nr size_req,
			 const struct psc_vm *v, const struct psc_exit *wanted);

/*
 * The answer to the NAE event: SW_EXITINFO2 is @info_2 by requirement @req, and
 * the first entry that is not done is @cur_entry.
 */
void expect_psc_answer(enum requirement_nr req, const struct psc_vm *v, uint64_t info_2,
		       uint16_t cur_entry);

/* The answer in the GHCB MSR, an error or not. */
void expect_psc_msr_answer(enum requirement_nr req, const struct psc_vm *v, bool error);

#endif
