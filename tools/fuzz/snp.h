/* SPDX-License-Identifier: GPL-2.0-only */
/* An SNP guest's VMGEXITs: what one is (snp_event.c), and what has to come of it (snp_rules.c). */
#ifndef FUZZ_SNP_H
#define FUZZ_SNP_H

#include "fuzz.h"
#include "guest/ghcb.h"
#include "snp/request_vm.h"

/* Fields of a GHCB that are valid only if it says so. */
enum snp_field {
	SNP_CODE, SNP_INFO_1, SNP_INFO_2, SNP_SCRATCH, SNP_RAX, SNP_RBX, SNP_RCX, SNP_RDX, SNP_RSI,
	SNP_XCR0, SNP_CPL, SNP_DR7,
	NR_SNP_FIELDS
};

#define SNP_VALID(field)	(1u << SNP_##field)

struct snp_event {
	enum { SNP_NOTHING, SNP_MSR, SNP_NAE, SNP_END } kind;
	uint64_t msr;				/* the GHCB MSR */
	struct ghcb *ghcb;			/* of an NAE event; NULL: no memory */
	uint64_t field[NR_SNP_FIELDS];
	uint32_t valid;				/* SNP_VALID() */
	uint32_t usage;
	bool registered;

	/* What has become of it so far. */
	unsigned int exits;
	bool failed;				/* KVM_RUN has */
	uint64_t ret;				/* the VMM's answer, where it is a status */
	uint64_t data;				/* the VMM's data */
	uint64_t npages;
	unsigned int requests;			/* of firmware's, before it */
	uint32_t fw_err;
};

#define SNP_PAGES	4

struct snp_fuzz_vm {
	struct request_vm *v;
	struct shared_mem pages;		/* GHCBs and what requests name */
	const struct cert_revision *rev;	/* NULL: it has no certificate exit */
	uint64_t registered;			/* GPA */
};

extern struct snp_fuzz_vm snp_vm;

/* The memory at a GPA that the guest shares, up to its page's end; or NULL. */
void *snp_memory(uint64_t gpa);
/* The guest makes the next event, in its memory too. */
void snp_event_next(struct snp_event *e);

/* The guest has been answered, with @msr in the GHCB MSR. */
void snp_rules_answered(const struct snp_event *e, uint64_t msr);
/* The VMM got an exit of the event; it has not answered yet. */
void snp_rules_exit(const struct snp_event *e, const struct kvm_run *run);

/* SW_EXITINFO2 of a malformed input (GHCB_REASON_*), 0: it is not, or memory says. */
unsigned int snp_rules_malformed(const struct snp_event *e);

#define SNP_END_MSR	GHCB_MSR_TERM(0xf, 0xff)

#endif
