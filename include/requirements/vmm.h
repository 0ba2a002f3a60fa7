/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: the VMM's side of exits.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_VMM_H
#define REQUIREMENTS_VMM_H

#define REQUIREMENTS_VMM(REQUIREMENT)								\
	/* the lock on the certificates */							\
	REQUIREMENT(VMM_LOCK, "SNP-VMM-LOCK", DOC_API, "immediate_exit",			\
		"when KVM_RUN with immediate_exit returns firmware has served the request, "	\
		"so that the VMM may unlock the certificates")					\
	REQUIREMENT(VMM_LOCK_ANSWER, "SNP-VMM-LOCK-ANSWER", DOC_API, "immediate_exit",		\
		"the next KVM_RUN gives the guest that answer, with the certificates that were "\
		"locked")									\
	REQUIREMENT(VMM_BUSY, "SNP-VMM-BUSY", DOC_GHCB, "SNP Extended Guest Request",		\
		"a guest that the VMM could not serve may ask again: a new exit, and an answer "\
		"of its own")									\
	/* signals, KVM_RUN without an answer */						\
	REQUIREMENT(VMM_SIGNAL, "SNP-VMM-SIGNAL", DOC_API, "KVM_RUN",				\
		"a pending signal ends KVM_RUN with EINTR before the guest runs on, unless "	\
		"KVM_SET_SIGNAL_MASK blocks it")						\
	REQUIREMENT(VMM_SIGNAL_ONCE, "SNP-VMM-SIGNAL-ONCE", DOC_API, "KVM_RUN",			\
		"exits and answers that a signal meets are neither lost nor done twice")	\
	REQUIREMENT(VMM_IMMEDIATE, "SNP-VMM-IMMEDIATE", DOC_API, "immediate_exit",		\
		"KVM_RUN with immediate_exit completes a page state change, then fails with "	\
		"EINTR; the next one gives the guest its answer")				\
	REQUIREMENT(VMM_NO_ANSWER, "SNP-VMM-NO-ANSWER", DOC_API, "KVM_RUN",			\
		"a VMM that does not touch ret has answered 0")					\
	/* several vCPUs, and the end */							\
	REQUIREMENT(VMM_VCPUS, "SNP-VMM-VCPUS", DOC_API, "KVM_RUN",				\
		"exits pending on several vCPUs are answered in any order, by any thread, each "\
		"by its own answer")								\
	REQUIREMENT(VMM_CLOSE, "SNP-VMM-CLOSE", DOC_STYLE, "Do not crash the kernel",		\
		"a VM that is closed with exits pending goes without a WARN or BUG")			\
	REQUIREMENT(VMM_FIELDS, "SNP-VMM-FIELDS", DOC_API, "KVM_RUN",				\
		"what the VMM writes to kvm_run besides its answer has no effect")		\
	REQUIREMENT(VMM_REPEAT, "SNP-VMM-REPEAT", DOC_STYLE, "Allocating memory",		\
		"a request that is repeated is answered as the first was, and the kernel keeps "	\
		"nothing of it")								\
	/* the same of TDs */									\
	REQUIREMENT(TDX_VMM_SIGNAL, "TDX-VMM-SIGNAL", DOC_API, "KVM_RUN",			\
		"a pending signal ends KVM_RUN with EINTR before the guest runs on, unless "	\
		"KVM_SET_SIGNAL_MASK blocks it")						\
	REQUIREMENT(TDX_VMM_SIGNAL_ONCE, "TDX-VMM-SIGNAL-ONCE", DOC_API, "KVM_EXIT_TDX",	\
		"the exit that a signal meets is completed first: its answer is neither lost "	\
		"nor taken twice")								\
	REQUIREMENT(TDX_VMM_IMMEDIATE, "TDX-VMM-IMMEDIATE", DOC_API, "immediate_exit",		\
		"KVM_RUN with immediate_exit completes the exit, then fails with EINTR; the "	\
		"next one gives the guest its answer")						\
	REQUIREMENT(TDX_VMM_NO_ANSWER, "TDX-VMM-NO-ANSWER", DOC_API, "KVM_EXIT_TDX",		\
		"a VMM that does not touch kvm_run has given the preset answer")		\
	REQUIREMENT(TDX_VMM_VCPUS, "TDX-VMM-VCPUS", DOC_API, "KVM_RUN",				\
		"exits pending on several vCPUs are answered in any order, by any thread, each "\
		"by its own answer")								\
	REQUIREMENT(TDX_VMM_CLOSE, "TDX-VMM-CLOSE", DOC_STYLE, "Do not crash the kernel",	\
		"a TD that is closed with exits pending goes without a WARN or BUG, and the "	\
		"next one is as any other")							\
	REQUIREMENT(TDX_VMM_FIELDS, "TDX-VMM-FIELDS", DOC_API, "KVM_EXIT_TDX",			\
		"what the VMM writes to kvm_run besides its answer has no effect")		\
	REQUIREMENT(TDX_VMM_REPEAT, "TDX-VMM-REPEAT", DOC_STYLE, "Allocating memory",		\
		"a request that is repeated is answered as the first was, and the kernel keeps "	\
		"nothing of it")

#endif
