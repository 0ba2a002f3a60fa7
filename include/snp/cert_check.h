/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of certificate exits share: a VM with the exit enabled, and what
 * is expected of an exit and of its answer.
 */
#ifndef CERT_CHECK_H
#define CERT_CHECK_H

#include "snp/cert_probe.h"
#include "snp/request_check.h"

/* Does the KVM under test speak @rev?  If not, the case is skipped, with the reason. */
bool cert_revision_spoken(const struct cert_revision *rev);
/* That reason. */
const char *cert_revision_missing(const struct cert_revision *rev);

/*
 * The headers of the tree under test have the numbers of @rev, which its KVM speaks.
 * Left out where there are no headers: on hardware.
 */
void expect_cert_numbers(const struct cert_revision *rev);
/*
 * A KVM that speaks no revision at all has none of @rev's names in its headers: else
 * a new number would just have everything skipped.
 */
void expect_cert_unannounced(const struct cert_revision *rev);

/* A case's VM, launched, its guests waiting for a request. */
struct cert_case {
	const struct cert_revision *rev;
	struct request_vm *v;
	struct request_cpu *cpu;	/* whom the functions below are about; at first vCPU 0 */
	struct request_fw fw;
	unsigned int calls;		/* of firmware so far, as it should be */
};

/*
 * A VM with @nr_vcpus, the exit enabled by then if @enable.  False: the case is
 * over, @rev can't be had or the guests didn't come up.
 */
bool cert_case_start(struct cert_case *c, const struct cert_revision *rev,
		     unsigned int nr_vcpus, bool enable);
void cert_case_end(struct cert_case *c);

/* The guest's next request: a report with @npages pages; the caller may change it. */
void cert_case_prepare(struct cert_case *c, uint64_t npages);

/* The same, and KVM_RUN up to the exit that requirement @req wants. */
bool cert_case_ask(struct cert_case *c, uint64_t npages, enum requirement_nr req);

/* The VMM's answer; KVM_RUN until the guest, by requirement @req, has it. */
bool cert_case_answer(struct cert_case *c, uint64_t ret, const uint64_t *npages,
		      enum requirement_nr req);

/*
 * The exit in the vCPU's kvm_run is for GFN @gfn and @npages pages (as the
 * guest asked), and ret and padding are 0.
 */
void expect_cert_exit(const struct cert_case *c, uint64_t gfn, uint64_t npages);

/* While the exit is pending nothing has been done for it: no firmware call, no page written. */
void expect_cert_early(const struct cert_case *c);

/* A VMM's answer of kind @nr: what it wrote, and what the guest had in RBX. */
struct cert_given {
	enum cert_answer_nr nr;
	uint64_t ret, npages, rbx;
};

/*
 * What the guest saw of the answer: RBX, both SW_EXITINFO words, the response, the
 * pages at RAX as they were; firmware's calls; and nothing else changed in the
 * GHCB and the request page.  @c->calls counts the call that an answer of 0 makes.
 */
void expect_cert_answer(struct cert_case *c, const struct cert_given *given);

/* A request that made no exit, and was served with an empty table. */
void expect_cert_empty(struct cert_case *c, enum requirement_nr req);

/* KVM wrote nothing of the GHCB but what an answer is made of. */
void expect_ghcb_kept(const struct cert_case *c);

#endif
