/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: SNP certificate exits, of any revision.  See ../check/requirement.h.
 *
 * The document of a revision is its patch to api.rst; the sections' titles differ.
 */
#ifndef REQUIREMENTS_CERTS_H
#define REQUIREMENTS_CERTS_H

#define CERTS_EXIT	"KVM_EXIT_SNP_REQ_CERTS or KVM_EXIT_COCO"
#define CERTS_CAP	"KVM_CAP_EXIT_COCO or KVM_CAP_EXIT_SNP_REQ_CERTS"
#define CERTS_COMMAND	"KVM_SEV_SNP_ENABLE_REQ_CERTS"
#define CERTS_EVENT	"SNP Extended Guest Request"

#define REQUIREMENTS_CERTS(REQUIREMENT)								\
	REQUIREMENTS_CERTS_ENABLE(REQUIREMENT)							\
	REQUIREMENTS_CERTS_EXIT(REQUIREMENT)							\
	REQUIREMENTS_CERTS_ANSWER(REQUIREMENT)							\
	REQUIREMENTS_CERTS_NO_EXIT(REQUIREMENT)

/* enabling them */
#define REQUIREMENTS_CERTS_ENABLE(REQUIREMENT)							\
	REQUIREMENT(SNP_CERTS_NUMBERS, "SNP-CERTS-NUMBERS", DOC_API, CERTS_EXIT,		\
		"the tree's header has the numbers of the revision that its KVM speaks")	\
	REQUIREMENT(SNP_CERTS_ENABLE, "SNP-CERTS-ENABLE", DOC_API, CERTS_EXIT,			\
		"the exit can be enabled on an SNP VM without vCPUs, and again")		\
	REQUIREMENT(SNP_CERTS_ENABLE_VM, "SNP-CERTS-ENABLE-VM", DOC_API, CERTS_EXIT,		\
		"it is enabled for the one VM, no other")					\
	REQUIREMENT(SNP_CERTS_ENABLE_MM, "SNP-CERTS-ENABLE-MM", DOC_API, "General description",	\
		"a process that did not create the VM cannot enable it: EIO")			\
	REQUIREMENT(SNP_CERTS_CAP_MASK, "SNP-CERTS-CAP-MASK", DOC_API, CERTS_CAP,		\
		"KVM_CHECK_EXTENSION answers the mask of exits that can be enabled")		\
	REQUIREMENT(SNP_CERTS_CAP_ENABLE, "SNP-CERTS-CAP-ENABLE", DOC_API, CERTS_CAP,		\
		"KVM_ENABLE_CAP takes any subset of the mask, 0 too")				\
	REQUIREMENT(SNP_CERTS_CAP_BAD, "SNP-CERTS-CAP-BAD", DOC_API, CERTS_CAP,			\
		"KVM_ENABLE_CAP refuses an argument that is not defined with EINVAL")		\
	REQUIREMENT(SNP_CERTS_CAP_FLAGS, "SNP-CERTS-CAP-FLAGS", DOC_API, "KVM_ENABLE_CAP",	\
		"KVM_ENABLE_CAP refuses flags other than 0 with EINVAL")			\
	REQUIREMENT(SNP_CERTS_CAP_LATE, "SNP-CERTS-CAP-LATE", DOC_API, CERTS_CAP,		\
		"the capability can be enabled when there are vCPUs, or when they have run")	\
	REQUIREMENT(SNP_CERTS_CAP_BACK, "SNP-CERTS-CAP-BACK", DOC_API, CERTS_CAP,		\
		"an empty mask takes the exit back")						\
	REQUIREMENT(SNP_CERTS_CAP_OFF, "SNP-CERTS-CAP-OFF", DOC_API, CERTS_EXIT,		\
		"no certificate exit unless it was enabled")					\
	REQUIREMENT(SNP_CERTS_ATTR, "SNP-CERTS-ATTR", DOC_SEV_RST, "Device attribute API",	\
		"KVM_X86_SEV_SNP_REQ_CERTS is there and reads 1")				\
	REQUIREMENT(SNP_CERTS_CMD_ORDER, "SNP-CERTS-CMD-ORDER", DOC_SEV_RST, CERTS_COMMAND,	\
		"the command is refused with EINVAL when it is too late, and changes nothing")	\
	REQUIREMENT(SNP_CERTS_CMD_TYPE, "SNP-CERTS-CMD-TYPE", DOC_SEV_RST, CERTS_COMMAND,	\
		"the command is refused with EINVAL on a VM that is no SNP VM")

/* the exit */
#define REQUIREMENTS_CERTS_EXIT(REQUIREMENT)							\
	REQUIREMENT(SNP_CERTS_EXIT, "SNP-CERTS-EXIT", DOC_API, CERTS_EXIT,			\
		"an extended report request exits to the VMM with the revision's reason")	\
	REQUIREMENT(SNP_CERTS_EXIT_NR, "SNP-CERTS-EXIT-NR", DOC_API, "KVM_EXIT_COCO",		\
		"nr is KVM_EXIT_COCO_REQ_CERTS (0)")						\
	REQUIREMENT(SNP_CERTS_EXIT_PAD, "SNP-CERTS-EXIT-PAD", DOC_API, "KVM_EXIT_COCO",		\
		"padding is 0 on exit")								\
	REQUIREMENT(SNP_CERTS_EXIT_GFN, "SNP-CERTS-EXIT-GFN", DOC_API, CERTS_EXIT,		\
		"gpa is RAX, or gfn is RAX >> 12, whatever lies there")				\
	REQUIREMENT(SNP_CERTS_EXIT_NPAGES, "SNP-CERTS-EXIT-NPAGES", DOC_API, CERTS_EXIT,	\
		"npages is RBX, cut to the field's width")					\
	REQUIREMENT(SNP_CERTS_EXIT_RET, "SNP-CERTS-EXIT-RET", DOC_API, CERTS_EXIT,		\
		"ret is 0 on exit")								\
	REQUIREMENT(SNP_CERTS_EXIT_EARLY, "SNP-CERTS-EXIT-EARLY", DOC_API, CERTS_EXIT,		\
		"firmware gets nothing, and no guest page is written, before the VMM answered")	\
	REQUIREMENT(SNP_CERTS_ONCE, "SNP-CERTS-ONCE", DOC_API, CERTS_EXIT,			\
		"one request makes one exit; the next one makes the next")			\
	REQUIREMENT(SNP_CERTS_VCPU, "SNP-CERTS-VCPU", DOC_API, CERTS_EXIT,			\
		"exits pending on two vCPUs are answered each by its own ret")			\
	REQUIREMENT(SNP_CERTS_IMMEDIATE, "SNP-CERTS-IMMEDIATE", DOC_API, "immediate_exit",	\
		"KVM_RUN with immediate_exit completes the request, then fails with EINTR")

/* the VMM's answer */
#define REQUIREMENTS_CERTS_ANSWER(REQUIREMENT)							\
	REQUIREMENT(SNP_CERTS_RET_0, "SNP-CERTS-RET-0", DOC_API, CERTS_EXIT,			\
		"ret = 0 sends the request to firmware and answers as it does")			\
	REQUIREMENT(SNP_CERTS_TABLE, "SNP-CERTS-TABLE", DOC_GHCB, CERTS_EVENT,			\
		"the guest finds at RAX the VMM's table, byte for byte")			\
	REQUIREMENT(SNP_CERTS_RET_LEN, "SNP-CERTS-RET-LEN", DOC_API, CERTS_EXIT,		\
		"ENOSPC (coco-v1: INVALID_LEN) answers SW_EXITINFO2 = 0x1_00000000")		\
	REQUIREMENT(SNP_CERTS_RET_LEN_RBX, "SNP-CERTS-RET-LEN-RBX", DOC_GHCB, CERTS_EVENT,	\
		"it gives the guest the VMM's npages in RBX")					\
	REQUIREMENT(SNP_CERTS_RET_BUSY, "SNP-CERTS-RET-BUSY", DOC_API, CERTS_EXIT,		\
		"EAGAIN answers SW_EXITINFO2 = 0x2_00000000")					\
	REQUIREMENT(SNP_CERTS_RET_GENERIC, "SNP-CERTS-RET-GENERIC", DOC_API, CERTS_EXIT,	\
		"EIO (coco-v1: GENERIC) answers the revision's generic error")			\
	REQUIREMENT(SNP_CERTS_RET_OTHER, "SNP-CERTS-RET-OTHER", DOC_API, CERTS_EXIT,		\
		"any other ret answers the generic error, where KVM_RUN does not refuse it")	\
	REQUIREMENT(SNP_CERTS_ERR_INFO1, "SNP-CERTS-ERR-INFO1", DOC_GHCB, CERTS_EVENT,		\
		"the VMM's errors leave SW_EXITINFO1 = 0")					\
	REQUIREMENT(SNP_CERTS_REFUSED, "SNP-CERTS-REFUSED", DOC_API, CERTS_EXIT,		\
		"KVM_RUN refuses an undefined ret with EINVAL, and nothing is done for it")	\
	REQUIREMENT(SNP_CERTS_REFUSED_NEXT, "SNP-CERTS-REFUSED-NEXT", DOC_GHCB, CERTS_EVENT,	\
		"a guest is not told of success for a request that firmware never saw")		\
	REQUIREMENT(SNP_CERTS_ERR_NO_FW, "SNP-CERTS-ERR-NO-FW", DOC_API, CERTS_EXIT,		\
		"on any error of the VMM firmware gets nothing")				\
	REQUIREMENT(SNP_CERTS_ERR_RESPONSE, "SNP-CERTS-ERR-RESPONSE", DOC_API, CERTS_EXIT,	\
		"on any error of the VMM the response page is untouched")			\
	REQUIREMENT(SNP_CERTS_RBX_KEPT, "SNP-CERTS-RBX-KEPT", DOC_GHCB, CERTS_EVENT,		\
		"RBX keeps the guest's value but for the invalid-length answer")		\
	REQUIREMENT(SNP_CERTS_GHCB_KEPT, "SNP-CERTS-GHCB-KEPT", DOC_GHCB, "GHCB Format",	\
		"of the GHCB KVM writes RAX, RBX, RCX, RDX, SW_EXITINFO1 and 2 and the valid "	\
		"bitmap, nothing else")

/* requests that make none */
#define REQUIREMENTS_CERTS_NO_EXIT(REQUIREMENT)							\
	REQUIREMENT(SNP_CERTS_NO_EXIT_TYPE, "SNP-CERTS-NO-EXIT-TYPE", DOC_GHCB, CERTS_EVENT,	\
		"messages other than MSG_REPORT_REQ never ask for certificates")		\
	REQUIREMENT(SNP_CERTS_NO_EXIT_PLAIN, "SNP-CERTS-NO-EXIT-PLAIN", DOC_GHCB,		\
		"SNP Guest Request", "the plain Guest Request never asks for certificates")	\
	REQUIREMENT(SNP_CERTS_NO_EXIT_BAD, "SNP-CERTS-NO-EXIT-BAD", DOC_API, CERTS_EXIT,	\
		"a malformed request never asks for certificates")

#endif
