/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: an SNP guest and firmware behind KVM.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_ATTESTATION_H
#define REQUIREMENTS_ATTESTATION_H

#define REQUIREMENTS_ATTESTATION(REQUIREMENT)							\
	REQUIREMENT(SNP_ATT_SECRETS, "SNP-ATT-SECRETS", DOC_SEV_RST, "KVM_SEV_SNP_LAUNCH_UPDATE",	\
		"a guest finds in its secrets page the keys with which firmware opens its messages")	\
	REQUIREMENT(SNP_ATT_MESSAGE, "SNP-ATT-MESSAGE", DOC_SNP_FW, "Guest Messages",		\
		"a guest's message reaches firmware, and the answer to it the guest, unchanged, "	\
		"once, and whatever others ask: each opens with the guest's key, in its turn")	\
	REQUIREMENT(SNP_ATT_REPORT, "SNP-ATT-REPORT", DOC_SNP_FW, "MSG_REPORT_REQ",		\
		"an attestation report says of a VM what its VMM gave KVM, and nobody else's: "	\
		"pages, policy, host data, ID block")						\
	REQUIREMENT(SNP_ATT_REFUSED, "SNP-ATT-REFUSED", DOC_GHCB, "SNP Guest Request",		\
		"a message that firmware refuses, as one that is sent again, has its status for "	\
		"an answer, and the right one that follows is served")				\
	REQUIREMENT(SNP_ATT_KEY, "SNP-ATT-KEY", DOC_SNP_FW, "MSG_KEY_REQ",			\
		"VMs that are launched alike derive the same key, and VMs that are not another one")	\
	REQUIREMENT(SNP_ATT_CERTS, "SNP-ATT-CERTS", DOC_GHCB, "SNP Extended Guest Request",	\
		"an extended request brings the certificates that the VMM gave, whole, and the "	\
		"report that they are of: who trusts AMD's root trusts it, and no other")

#endif
