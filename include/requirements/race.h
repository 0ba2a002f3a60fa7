/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: memory that changes under KVM's hands.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_RACE_H
#define REQUIREMENTS_RACE_H

#define REQUIREMENTS_RACE(REQUIREMENT)								\
	/* hostile guests */									\
	REQUIREMENT(RACE_SETUP, "RACE-SETUP", "this suite", "include/cases/race.h",		\
		"KVM makes the accesses that a race needs")					\
	REQUIREMENT(RACE_GHCB, "SNP-RACE-GHCB", DOC_SEV_C, "sev_es_sync_from_ghcb()",		\
		"a GHCB field that changes meanwhile counts as it was or as it is, checked")	\
	REQUIREMENT(RACE_MSR, "SNP-RACE-MSR", DOC_GHCB, "GHCB MSR Protocol",			\
		"a request in the GHCB MSR is handled by its value: the page is not looked at")	\
	REQUIREMENT(RACE_SCRATCH, "SNP-RACE-SCRATCH", DOC_SEV_C, "setup_vmgexit_scratch()",	\
		"SW_SCRATCH that changes meanwhile counts as it was or as it is, checked")	\
	REQUIREMENT(RACE_REQ_GPA, "SNP-RACE-REQ-GPA", DOC_SEV_C, "snp_handle_guest_req()",	\
		"request and response GPA that change meanwhile are used as they were checked")	\
	REQUIREMENT(RACE_REQ, "SNP-RACE-REQ", DOC_SEV_C, "snp_handle_guest_req()",		\
		"a request page that changes meanwhile reaches firmware as it was at one time")	\
	REQUIREMENT(RACE_CERTS, "SNP-RACE-CERTS", DOC_API, "KVM_EXIT_SNP_REQ_CERTS",		\
		"the request that follows a certificate exit has the GPAs that were checked "	\
		"before it, whatever became of the GHCB")					\
	REQUIREMENT(RACE_PSC_HDR, "SNP-RACE-PSC-HDR", DOC_SEV_C, "snp_begin_psc()",		\
		"cur_entry and end_entry that change meanwhile are used as they were checked: "	\
		"no entry past end_entry or the buffer's end makes an exit")			\
	REQUIREMENT(RACE_PSC_ENTRY, "SNP-RACE-PSC-ENTRY", DOC_SEV_C, "snp_begin_psc()",		\
		"an entry that changes meanwhile is used as it was at one time: no exit is "	\
		"made of parts of both, or of an entry that was not checked")			\
	REQUIREMENT(RACE_PSC_ENDS, "SNP-RACE-PSC-ENDS", DOC_SEV_C, "snp_begin_psc()",		\
		"a guest that rewrites the buffer without end cannot keep KVM busy with one "	\
		"event: each entry is gone through once")			\
	/* hostile VMMs */									\
	REQUIREMENT(RACE_TDX_ARG, "RACE-TDX-ARG", DOC_TDX, "API description",			\
		"an argument that changes while the ioctl reads it counts as it was or as it is, "\
		"checked; what cannot be both is refused")					\
	REQUIREMENT(RACE_TDX_NENT, "RACE-TDX-NENT", DOC_KASAN, "Error reports",			\
		"of an array whose length changes while the ioctl copies it, nothing past what was "\
		"copied is accessed")								\
	REQUIREMENT(RACE_TDX_RUN, "RACE-TDX-RUN", DOC_API, "KVM_EXIT_TDX",			\
		"an answer in kvm_run that changes while KVM takes it counts as it was or as it is")

#endif
