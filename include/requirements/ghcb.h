/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: GHCB protocol.  See ../requirements.h. */
#ifndef REQUIREMENTS_GHCB_H
#define REQUIREMENTS_GHCB_H

#define REQUIREMENTS_GHCB(REQUIREMENT)								\
	/* GHCB protocol */									\
	REQUIREMENT(GHCB_SEV_INFO, "GHCB-SEV-INFO", DOC_GHCB, "GHCB MSR Protocol",		\
		"request 0x002 answers 0x001 with versions and the C-bit's position")		\
	REQUIREMENT(GHCB_PREF_GPA, "GHCB-PREF-GPA", DOC_GHCB, "GHCB MSR Protocol",		\
		"request 0x010 answers 0x011 with a preferred GFN, or all ones for none")	\
	REQUIREMENT(GHCB_HV_FEATURES, "GHCB-HV-FEATURES", DOC_GHCB, "GHCB MSR Protocol",	\
		"request 0x080 answers 0x081 and announces SNP (bit 0)")			\
	REQUIREMENT(GHCB_REGISTER, "GHCB-REGISTER", DOC_GHCB, "GHCB GPA Registration",		\
		"request 0x012 answers 0x013 with the GFN that was asked for")			\
	REQUIREMENT(GHCB_REGISTER_ERR, "GHCB-REGISTER-ERR", DOC_GHCB, "GHCB GPA Registration",	\
		"a VMGEXIT on an unregistered GHCB page answers SW_EXITINFO1 = 2, "		\
		"SW_EXITINFO2 = 1")								\
	REQUIREMENT(GHCB_MSR_TERM, "GHCB-MSR-TERM", DOC_API, "KVM_EXIT_SYSTEM_EVENT",		\
		"request 0x100 exits with KVM_SYSTEM_EVENT_SEV_TERM and the MSR's value")	\
	REQUIREMENT(GHCB_ERR_USAGE, "GHCB-ERR-USAGE", DOC_GHCB, "SW_EXITINFO2 error codes",	\
		"a GHCB usage other than 0 answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 2")		\
	REQUIREMENT(GHCB_ERR_MISSING, "GHCB-ERR-MISSING", DOC_GHCB, "SW_EXITINFO2 error codes",	\
		"an exit code or exit info that is not marked valid answers "			\
		"SW_EXITINFO1 = 2, SW_EXITINFO2 = 4")						\
	REQUIREMENT(GHCB_ERR_EVENT, "GHCB-ERR-EVENT", DOC_GHCB, "SW_EXITINFO2 error codes",	\
		"an unknown NAE event answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 6")		\
	REQUIREMENT(GHCB_VALID_BITS, "GHCB-VALID-BITS", DOC_GHCB, "GHCB Format",		\
		"SW_EXITINFO1 and SW_EXITINFO2 are marked valid in the answer")

#endif
