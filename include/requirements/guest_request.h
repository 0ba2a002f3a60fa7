/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: SNP guest requests and extended guest requests.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_GUEST_REQUEST_H
#define REQUIREMENTS_GUEST_REQUEST_H

#define REQUIREMENTS_GUEST_REQUEST(REQUIREMENT)								\
	/* SNP guest requests */								\
	REQUIREMENT(SNP_REQ_ANSWER, "SNP-REQ-ANSWER", DOC_GHCB, "SNP Guest Request",		\
		"a request that firmware served answers SW_EXITINFO1 = 0, SW_EXITINFO2 = 0")	\
	REQUIREMENT(SNP_REQ_FW_ONCE, "SNP-REQ-FW-ONCE", DOC_GHCB, "SNP Guest Request",		\
		"a well-formed request gives exactly one SNP_GUEST_REQUEST to firmware")	\
	REQUIREMENT(SNP_REQ_BYTES, "SNP-REQ-BYTES", DOC_GHCB, "SNP Guest Request",		\
		"firmware sees the page at SW_EXITINFO1, byte for byte")			\
	REQUIREMENT(SNP_REQ_RESPONSE, "SNP-REQ-RESPONSE", DOC_GHCB, "SNP Guest Request",	\
		"the page at SW_EXITINFO2 receives what firmware wrote, byte for byte")		\
	REQUIREMENT(SNP_REQ_VCPUS, "SNP-REQ-VCPUS", DOC_GHCB, "SNP Guest Request",		\
		"requests that several vCPUs make at once each get their own response")		\
	REQUIREMENT(SNP_REQ_KEPT, "SNP-REQ-KEPT", DOC_GHCB, "SNP Guest Request",		\
		"the request page itself is not written to")					\
	REQUIREMENT(SNP_REQ_FW_ERR, "SNP-REQ-FW-ERR", DOC_GHCB, "SNP Guest Request",		\
		"firmware's status comes back in SW_EXITINFO2[31:0], with [63:32] zero")	\
	REQUIREMENT(SNP_REQ_ISSUE_ERR, "SNP-REQ-ISSUE-ERR", DOC_SEV_C,				\
		"snp_handle_guest_req()",							\
		"KVM_RUN fails when the command itself could not be issued")			\
	REQUIREMENT(SNP_REQ_GPA_RULES, "SNP-REQ-GPA-RULES", DOC_GHCB, "SNP Guest Request",	\
		"request and response GPA are page aligned and different; else the answer "	\
		"is SW_EXITINFO1 = 2 with a reason")						\
	REQUIREMENT(SNP_REQ_GPA_REASON, "SNP-REQ-GPA-REASON", DOC_GHCB,				\
		"SW_EXITINFO2 error codes",							\
		"whichever of these rules is broken, that reason is 5, invalid input")		\
	REQUIREMENT(SNP_REQ_BAD_NO_FW, "SNP-REQ-BAD-NO-FW", DOC_GHCB, "SNP Guest Request",	\
		"a malformed request reaches neither firmware nor the response page")		\
	REQUIREMENT(SNP_REQ_NO_MEMORY, "SNP-REQ-NO-MEMORY", DOC_SEV_C,				\
		"snp_handle_guest_req()",							\
		"a page where there is no memory fails KVM_RUN with EIO, or is malformed "	\
		"input; firmware gets no request that could not be read")			\
	REQUIREMENT(SNP_REQ_PRIVATE, "SNP-REQ-PRIVATE", DOC_GHCB, "SNP Guest Request",		\
		"request, response and table are shared pages: private memory is neither "	\
		"read nor written")								\
	REQUIREMENT(SNP_REQ_FAILED_NEXT, "SNP-REQ-FAILED-NEXT", DOC_GHCB, "SNP Guest Request",	\
		"a guest is not told of success for a request that KVM_RUN failed for")		\
	/* SNP extended guest requests */							\
	REQUIREMENT(SNP_EXT_EMPTY_TABLE, "SNP-EXT-EMPTY-TABLE", DOC_GHCB,			\
		"SNP Extended Guest Request",							\
		"without certificates a report request gets 24 zero bytes at RAX, no more")	\
	REQUIREMENT(SNP_EXT_NO_PAGES, "SNP-EXT-NO-PAGES", DOC_GHCB,				\
		"SNP Extended Guest Request",							\
		"nothing is written at RAX when RBX, the number of pages, is 0")		\
	REQUIREMENT(SNP_EXT_OTHER_TYPES, "SNP-EXT-OTHER-TYPES", DOC_GHCB,			\
		"SNP Extended Guest Request",							\
		"only MSG_REPORT_REQ looks at RAX and RBX; other messages just go to firmware")	\
	REQUIREMENT(SNP_EXT_RAX_ALIGN, "SNP-EXT-RAX-ALIGN", DOC_GHCB,				\
		"SNP Extended Guest Request",							\
		"RAX that is not page aligned answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 5")	\
	REQUIREMENT(SNP_EXT_RAX_VALID, "SNP-EXT-RAX-VALID", DOC_GHCB,				\
		"SNP Extended Guest Request",							\
		"RAX that is not marked valid answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 5")	\
	REQUIREMENT(SNP_EXT_RBX_VALID, "SNP-EXT-RBX-VALID", DOC_GHCB,				\
		"SNP Extended Guest Request",							\
		"RBX that is not marked valid answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 5")

#endif
