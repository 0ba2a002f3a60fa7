/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: a TD that has itself attested.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_TDX_ATTESTATION_H
#define REQUIREMENTS_TDX_ATTESTATION_H

#define DOC_DCAP	"Intel TDX DCAP Quoting Library API"

#define REQUIREMENTS_TDX_ATTESTATION(REQUIREMENT)						\
	REQUIREMENT(TDX_ATT_LEAF, "TDX-ATT-LEAF", DOC_TDX_ABI, "TDCALL Instruction Leaf Functions",	\
		"TDG.MR.REPORT, TDG.MR.RTMR.EXTEND and TDG.MR.VERIFYREPORT find their operands in "	\
		"private memory, a report in shared memory too, and refuse all that they are not for, "	\
		"which changes nothing")							\
	REQUIREMENT(TDX_ATT_REPORT, "TDX-ATT-REPORT", DOC_TDX_ABI, "TDG.MR.VERIFYREPORT",	\
		"the CPU knows a report of a TD on it as its own, and none that was changed")	\
	REQUIREMENT(TDX_ATT_BUFFER, "TDX-ATT-BUFFER", DOC_GHCI, "TDG.VP.VMCALL<GetQuote>",	\
		"the VMM finds the guest's report in the buffer that the exit names, and the guest there "	\
		"what the VMM gives for it, quote or error, as it is")				\
	REQUIREMENT(TDX_ATT_QUOTE, "TDX-ATT-QUOTE", DOC_DCAP, "Quote Format",			\
		"a quote says of a TD what its VMM gave KVM, and nobody else's: pages, attributes, XFAM, "	\
		"IDs; and of the guest its RTMRs and REPORTDATA: who trusts Intel's root trusts it")

#endif
