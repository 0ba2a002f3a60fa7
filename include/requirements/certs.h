/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: SNP certificate exits.  See ../requirements.h. */
#ifndef REQUIREMENTS_CERTS_H
#define REQUIREMENTS_CERTS_H

#define REQUIREMENTS_CERTS(REQUIREMENT)								\
	/* certificate exits: enabling them */							\
	REQUIREMENT(SNP_CERTS_CAP_MASK, "SNP-CERTS-CAP-MASK", DOC_COCO_V1, "KVM_CAP_EXIT_COCO",	\
		"KVM_CHECK_EXTENSION answers the mask of exits that can be enabled")		\
	REQUIREMENT(SNP_CERTS_CAP_ENABLE, "SNP-CERTS-CAP-ENABLE", DOC_COCO_V1,			\
		"KVM_CAP_EXIT_COCO", "KVM_ENABLE_CAP takes any subset of the mask, 0 too")	\
	REQUIREMENT(SNP_CERTS_CAP_BAD, "SNP-CERTS-CAP-BAD", DOC_COCO_V1, "KVM_CAP_EXIT_COCO",	\
		"KVM_ENABLE_CAP refuses a bit outside the mask with EINVAL")			\
	REQUIREMENT(SNP_CERTS_CAP_FLAGS, "SNP-CERTS-CAP-FLAGS", DOC_API, "KVM_ENABLE_CAP",	\
		"KVM_ENABLE_CAP refuses flags other than 0 with EINVAL")			\
	REQUIREMENT(SNP_CERTS_CAP_OFF, "SNP-CERTS-CAP-OFF", DOC_COCO_V1, "KVM_CAP_EXIT_COCO",	\
		"no certificate exit unless it was enabled")					\
	/* certificate exits: the exit */							\
	REQUIREMENT(SNP_CERTS_EXIT, "SNP-CERTS-EXIT", DOC_COCO_V1, "KVM_EXIT_COCO_REQ_CERTS",	\
		"an extended report request exits to the VMM with the revision's reason")	\
	REQUIREMENT(SNP_CERTS_EXIT_NR, "SNP-CERTS-EXIT-NR", DOC_COCO_V1,			\
		"KVM_EXIT_COCO_REQ_CERTS", "nr is KVM_EXIT_COCO_REQ_CERTS (0)")			\
	REQUIREMENT(SNP_CERTS_EXIT_PAD, "SNP-CERTS-EXIT-PAD", DOC_COCO_V1,			\
		"KVM_EXIT_COCO_REQ_CERTS", "padding is 0 on exit")				\
	REQUIREMENT(SNP_CERTS_EXIT_GFN, "SNP-CERTS-EXIT-GFN", DOC_COCO_V1,			\
		"KVM_EXIT_COCO_REQ_CERTS", "gfn is RAX >> 12, whatever lies there")		\
	REQUIREMENT(SNP_CERTS_EXIT_NPAGES, "SNP-CERTS-EXIT-NPAGES", DOC_COCO_V1,		\
		"KVM_EXIT_COCO_REQ_CERTS", "npages is RBX, cut to the field's width")		\
	REQUIREMENT(SNP_CERTS_EXIT_RET, "SNP-CERTS-EXIT-RET", DOC_COCO_V1,			\
		"KVM_EXIT_COCO_REQ_CERTS", "ret is 0 on exit")					\
	REQUIREMENT(SNP_CERTS_EXIT_EARLY, "SNP-CERTS-EXIT-EARLY", DOC_COCO_V1,			\
		"KVM_EXIT_COCO_REQ_CERTS",							\
		"firmware gets nothing, and no guest page is written, before the VMM answered")	\
	/* certificate exits: the VMM's answer */						\
	REQUIREMENT(SNP_CERTS_RET_0, "SNP-CERTS-RET-0", DOC_COCO_V1, "KVM_EXIT_COCO_REQ_CERTS",	\
		"ret = 0 sends the request to firmware and answers as it does")			\
	REQUIREMENT(SNP_CERTS_TABLE, "SNP-CERTS-TABLE", DOC_GHCB, "SNP Extended Guest Request",	\
		"the guest finds at RAX the VMM's table, byte for byte")			\
	REQUIREMENT(SNP_CERTS_RET_LEN, "SNP-CERTS-RET-LEN", DOC_COCO_V1,			\
		"KVM_EXIT_COCO_REQ_CERTS", "INVALID_LEN answers SW_EXITINFO2 = 0x1_00000000")	\
	REQUIREMENT(SNP_CERTS_RET_LEN_RBX, "SNP-CERTS-RET-LEN-RBX", DOC_GHCB,			\
		"SNP Extended Guest Request",							\
		"INVALID_LEN gives the guest the VMM's npages in RBX")				\
	REQUIREMENT(SNP_CERTS_RET_GENERIC, "SNP-CERTS-RET-GENERIC", DOC_COCO_V1,		\
		"KVM_EXIT_COCO_REQ_CERTS",							\
		"GENERIC answers SW_EXITINFO2 = 0x80000000_00000000")				\
	REQUIREMENT(SNP_CERTS_RET_OTHER, "SNP-CERTS-RET-OTHER", DOC_COCO_V1,			\
		"KVM_EXIT_COCO_REQ_CERTS", "an undefined ret answers as GENERIC does")		\
	REQUIREMENT(SNP_CERTS_ERR_INFO1, "SNP-CERTS-ERR-INFO1", DOC_GHCB,			\
		"SNP Extended Guest Request", "the VMM's errors leave SW_EXITINFO1 = 0")	\
	REQUIREMENT(SNP_CERTS_REFUSED, "SNP-CERTS-REFUSED", DOC_API, "KVM_EXIT_SNP_REQ_CERTS",	\
		"KVM_RUN refuses an undefined ret with EINVAL, and nothing is done for it")	\
	REQUIREMENT(SNP_CERTS_REFUSED_NEXT, "SNP-CERTS-REFUSED-NEXT", DOC_GHCB,		\
		"SNP Extended Guest Request",							\
		"a guest is not told of success for a request that firmware never saw")	\
	REQUIREMENT(SNP_CERTS_ERR_NO_FW, "SNP-CERTS-ERR-NO-FW", DOC_COCO_V1,			\
		"KVM_EXIT_COCO_REQ_CERTS",							\
		"on any error of the VMM firmware gets nothing")				\
	REQUIREMENT(SNP_CERTS_ERR_RESPONSE, "SNP-CERTS-ERR-RESPONSE", DOC_COCO_V1,		\
		"KVM_EXIT_COCO_REQ_CERTS",							\
		"on any error of the VMM the response page is untouched")			\
	REQUIREMENT(SNP_CERTS_RBX_KEPT, "SNP-CERTS-RBX-KEPT", DOC_GHCB,				\
		"SNP Extended Guest Request", "RBX keeps the guest's value but for INVALID_LEN") \
	REQUIREMENT(SNP_CERTS_IMMEDIATE, "SNP-CERTS-IMMEDIATE", DOC_API, "immediate_exit",	\
		"KVM_RUN with immediate_exit completes the request, then fails with EINTR")	\
	REQUIREMENT(SNP_CERTS_ONCE, "SNP-CERTS-ONCE", DOC_COCO_V1, "KVM_EXIT_COCO_REQ_CERTS",	\
		"one request makes one exit; the next one makes the next")			\
	REQUIREMENT(SNP_CERTS_VCPU, "SNP-CERTS-VCPU", DOC_COCO_V1, "KVM_EXIT_COCO_REQ_CERTS",	\
		"exits pending on two vCPUs are answered each by its own ret")			\
	/* certificate exits: requests that make none */					\
	REQUIREMENT(SNP_CERTS_NO_EXIT_TYPE, "SNP-CERTS-NO-EXIT-TYPE", DOC_GHCB,			\
		"SNP Extended Guest Request",							\
		"messages other than MSG_REPORT_REQ never ask for certificates")		\
	REQUIREMENT(SNP_CERTS_NO_EXIT_PLAIN, "SNP-CERTS-NO-EXIT-PLAIN", DOC_GHCB,		\
		"SNP Guest Request", "the plain Guest Request never asks for certificates")	\
	REQUIREMENT(SNP_CERTS_NO_EXIT_BAD, "SNP-CERTS-NO-EXIT-BAD", DOC_COCO_V1,		\
		"KVM_EXIT_COCO_REQ_CERTS", "a malformed request never asks for certificates")

#endif
