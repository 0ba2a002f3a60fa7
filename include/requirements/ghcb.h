/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: GHCB protocol.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_GHCB_H
#define REQUIREMENTS_GHCB_H

#define REQUIREMENTS_GHCB(REQUIREMENT)								\
	/* MSR protocol */									\
	REQUIREMENT(GHCB_SEV_INFO, "GHCB-SEV-INFO", DOC_GHCB, "GHCB MSR Protocol",		\
		"request 0x002 answers 0x001 with versions and the C-bit's position, which the MSR "	\
		"of a vCPU that starts has, too")						\
	REQUIREMENT(GHCB_MSR_CPUID, "GHCB-MSR-CPUID", DOC_GHCB, "GHCB MSR Protocol",		\
		"request 0x004 answers 0x005 with the register that was asked for in bits "	\
		"63:32, as the VMM set it with KVM_SET_CPUID2 (subleaf 0)")			\
	REQUIREMENT(GHCB_MSR_CPUID_RANGE, "GHCB-MSR-CPUID-RANGE", DOC_GHCB,			\
		"GHCB MSR Protocol",								\
		"request 0x004 for a leaf that the VMM did not set answers zero")		\
	REQUIREMENT(GHCB_PREF_GPA, "GHCB-PREF-GPA", DOC_GHCB, "GHCB MSR Protocol",		\
		"request 0x010 answers 0x011 with all ones, as KVM has no GFN that it prefers")	\
	REQUIREMENT(GHCB_HV_FEATURES, "GHCB-HV-FEATURES", DOC_GHCB, "GHCB MSR Protocol",	\
		"request 0x080 answers 0x081 and announces SNP (bit 0)")			\
	REQUIREMENT(GHCB_MSR_TERM, "GHCB-MSR-TERM", DOC_API, "KVM_EXIT_SYSTEM_EVENT",		\
		"request 0x100 exits with KVM_SYSTEM_EVENT_SEV_TERM and the MSR's value")	\
	REQUIREMENT(GHCB_MSR_TERM_LOG, "GHCB-MSR-TERM-LOG", DOC_SEV_C,				\
		"sev_handle_vmgexit_msr_protocol()",						\
		"the kernel's log has reason set and reason of request 0x100 as the guest gave them")	\
	REQUIREMENT(GHCB_MSR_UNDEFINED, "GHCB-MSR-UNDEFINED", DOC_SEV_C,			\
		"sev_handle_vmgexit_msr_protocol()",						\
		"an undefined request leaves the MSR as it is, and the guest goes on")		\
	/* registration */									\
	REQUIREMENT(GHCB_REGISTER, "GHCB-REGISTER", DOC_GHCB, "GHCB GPA Registration",		\
		"request 0x012 answers 0x013 with the GFN that was asked for")			\
	REQUIREMENT(GHCB_REGISTER_ERR, "GHCB-REGISTER-ERR", DOC_GHCB, "GHCB GPA Registration",	\
		"a VMGEXIT on an unregistered GHCB page answers SW_EXITINFO1 = 2, "		\
		"SW_EXITINFO2 = 1")								\
	REQUIREMENT(GHCB_REGISTER_LAST, "GHCB-REGISTER-LAST", DOC_GHCB,				\
		"GHCB GPA Registration",							\
		"a GHCB that was registered last, or again, is the one to use")			\
	REQUIREMENT(GHCB_NO_PAGE, "GHCB-NO-PAGE", DOC_SEV_C, "sev_handle_vmgexit()",		\
		"a VMGEXIT on a GHCB where there is no memory does nothing: no page of the "	\
		"guest is written, and the guest goes on")					\
	/* every event: what is wrong with the GHCB */						\
	REQUIREMENT(GHCB_ERR_USAGE, "GHCB-ERR-USAGE", DOC_GHCB, "SW_EXITINFO2 error codes",	\
		"a GHCB usage other than 0 answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 2")		\
	REQUIREMENT(GHCB_ERR_MISSING, "GHCB-ERR-MISSING", DOC_GHCB, "SW_EXITINFO2 error codes",	\
		"an exit code or exit info that is not marked valid answers "			\
		"SW_EXITINFO1 = 2, SW_EXITINFO2 = 4")						\
	REQUIREMENT(GHCB_ERR_MISSING_STATE, "GHCB-ERR-MISSING-STATE", DOC_GHCB,			\
		"Supported Guest VM Exits",							\
		"a register or SW_SCRATCH that the event needs and that is not marked valid "	\
		"answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 4")					\
	REQUIREMENT(GHCB_ERR_EVENT, "GHCB-ERR-EVENT", DOC_GHCB, "SW_EXITINFO2 error codes",	\
		"an unknown NAE event answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 6")		\
	REQUIREMENT(GHCB_ERR_ORDER, "GHCB-ERR-ORDER", DOC_GHCB, "SW_EXITINFO2 error codes",	\
		"of several errors the guest is told the first of: not registered, usage, "	\
		"missing input, unknown event")							\
	REQUIREMENT(GHCB_ERR_SNP_ONLY, "GHCB-ERR-SNP-ONLY", DOC_GHCB,				\
		"SW_EXITINFO2 error codes",							\
		"an event of SNP guests answers another guest SW_EXITINFO1 = 2, "		\
		"SW_EXITINFO2 = 6")								\
	/* version 1 */										\
	REQUIREMENT(GHCB_V1_SCRATCH, "GHCB-V1-SCRATCH", DOC_GHCB_1, "GHCB Format",		\
		"with version 1 a scratch area may lie in any shared memory, and what an event "\
		"reads is written back there")							\
	REQUIREMENT(GHCB_V1_SLEEP, "GHCB-V1-SLEEP", DOC_STYLE, "Do not crash the kernel",	\
		"what is written back to such a scratch area is not copied where the kernel "	\
		"must not sleep")								\
	REQUIREMENT(GHCB_V1_MMIO, "GHCB-V1-MMIO", DOC_GHCB_1, "MMIO Access",			\
		"with version 1 memory-mapped I/O of more than 8 bytes exits for 8 at a time, "	\
		"each at its own GPA and with its own bytes")					\
	REQUIREMENT(GHCB_VERSION, "GHCB-VERSION", DOC_GHCB, "GHCB Format",			\
		"a GHCB of a version that the hypervisor announced is served")			\
	REQUIREMENT(GHCB_VERSION_OTHER, "GHCB-VERSION-OTHER", DOC_GHCB, "GHCB Format",		\
		"a GHCB of another version is served, or refused with SW_EXITINFO1 = 2")	\
	/* every event: the answer */								\
	REQUIREMENT(GHCB_VALID_BITS, "GHCB-VALID-BITS", DOC_GHCB, "GHCB Format",		\
		"SW_EXITINFO1 and SW_EXITINFO2 are marked valid in the answer")			\
	REQUIREMENT(GHCB_VALID_ONLY, "GHCB-VALID-ONLY", DOC_GHCB, "GHCB Format",		\
		"nothing is marked valid in an answer that can't be one: only SW_EXITINFO1, "	\
		"SW_EXITINFO2, RAX, RBX, RCX and RDX")						\
	REQUIREMENT(GHCB_KEPT, "GHCB-KEPT", DOC_GHCB, "GHCB Format",				\
		"of the GHCB only what the event returns is written to")		\
	/* AP reset hold, either way */								\
	REQUIREMENT(GHCB_AP_HOLD, "GHCB-AP-HOLD", DOC_GHCB, "AP Reset Hold",			\
		"the vCPU waits in KVM_RUN, which signals end and the next one goes on with")	\
	REQUIREMENT(GHCB_AP_HOLD_SIPI, "GHCB-AP-HOLD-SIPI", DOC_GHCB, "AP Reset Hold",		\
		"a SIPI ends it, and what is answered is not 0: bits 63:12 of the MSR, or "	\
		"SW_EXITINFO2")									\
	REQUIREMENT(GHCB_AP_HOLD_NO_SIPI, "GHCB-AP-HOLD-NO-SIPI", DOC_GHCB, "AP Reset Hold",	\
		"what ends it without a SIPI is answered with 0")				\
	REQUIREMENT(GHCB_AP_HOLD_INIT, "GHCB-AP-HOLD-INIT", DOC_GHCB, "AP Reset Hold",		\
		"an INIT that comes before the SIPI changes neither its answer nor the GHCB "	\
		"MSR: the next event is served")

#endif
