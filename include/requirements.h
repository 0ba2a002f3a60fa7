/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every requirement that a case can name: one list.  One wrong kernel should
 * point at one of them, so each says one thing.
 *
 * REQUIREMENT(symbol, id, document, section, text); sections go by their
 * title, because the numbers moved between revisions of the documents.
 */
#ifndef REQUIREMENTS_H
#define REQUIREMENTS_H

#define DOC_GHCB	"AMD 56421 GHCB 2.0"
#define DOC_API		"Documentation/virt/kvm/api.rst"
#define DOC_HC		"Documentation/virt/kvm/x86/hypercalls.rst"
#define DOC_COCO_V1	"patch coco-v1, 2024-06-21"
#define DOC_SEV_C	"arch/x86/kvm/svm/sev.c"
#define DOC_STYLE	"Documentation/process/coding-style.rst"

#define REQUIREMENTS(REQUIREMENT)								\
	/* the suite's own ground */								\
	REQUIREMENT(KERNEL_NO_SPLAT, "KERNEL-NO-SPLAT", DOC_STYLE,				\
		"Do not crash the kernel",							\
		"the kernel neither WARNs nor BUGs")						\
	REQUIREMENT(LIBKVM_ASSERT, "LIBKVM-ASSERT", "kselftest KVM library",			\
		"assertions",									\
		"what libkvm and lib/vm assert of KVM holds")					\
	REQUIREMENT(GUEST_UCALL, "GUEST-UCALL", DOC_GHCB, "IOIO_PROT NAE event",		\
		"a string OUT by NAE event 0x7b reaches the VMM as KVM_EXIT_IO with its bytes")	\
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
		"SW_EXITINFO1 and SW_EXITINFO2 are marked valid in the answer")			\
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
	REQUIREMENT(SNP_REQ_BAD_NO_FW, "SNP-REQ-BAD-NO-FW", DOC_GHCB, "SNP Guest Request",	\
		"a malformed request reaches neither firmware nor the response page")		\
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
		"RBX that is not marked valid answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 5")	\
	/* page state changes, MSR protocol */							\
	REQUIREMENT(PSC_MSR_EXIT, "SNP-PSC-MSR-EXIT", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"request 0x014 exits with the page's GPA in args[0] and 1 in args[1]")		\
	REQUIREMENT(PSC_MSR_OK, "SNP-PSC-MSR-OK", DOC_GHCB, "GHCB MSR Protocol",		\
		"hypercall.ret = 0 answers 0x015 with bits 63:12 zero")				\
	REQUIREMENT(PSC_MSR_ERR, "SNP-PSC-MSR-ERR", DOC_GHCB, "GHCB MSR Protocol",		\
		"any other hypercall.ret answers 0x015 with bit 63 set")			\
	REQUIREMENT(PSC_MSR_BAD_OP, "SNP-PSC-MSR-BAD-OP", DOC_GHCB, "GHCB MSR Protocol",	\
		"an operation other than private and shared answers an error, without exit")	\
	REQUIREMENT(PSC_MSR_CAP_OFF, "SNP-PSC-MSR-CAP-OFF", DOC_API, "KVM_CAP_EXIT_HYPERCALL",	\
		"request 0x014 answers an error, without exit, where the exit is not enabled")	\
	/* page state changes: the exit */							\
	REQUIREMENT(PSC_EXIT, "SNP-PSC-EXIT", DOC_HC, "KVM_HC_MAP_GPA_RANGE",			\
		"an entry of NAE event 0x80000010 exits with its GPA in args[0] and the "	\
		"number of its 4 KiB pages in args[1]")						\
	REQUIREMENT(PSC_EXIT_NR, "SNP-PSC-EXIT-NR", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"hypercall.nr is KVM_HC_MAP_GPA_RANGE (12)")					\
	REQUIREMENT(PSC_EXIT_VIEW, "SNP-PSC-EXIT-VIEW", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"args[2] bit 4 is set for private and clear for shared, bits 63:5 are zero")	\
	REQUIREMENT(PSC_EXIT_SIZE, "SNP-PSC-EXIT-SIZE", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"args[2] bits 3:0 are the page size that the guest asked with")			\
	REQUIREMENT(PSC_EXIT_RET, "SNP-PSC-EXIT-RET", DOC_SEV_C, "snp_begin_psc()",		\
		"hypercall.ret is 0 on exit, whatever the VMM last answered")			\
	REQUIREMENT(PSC_EXIT_FLAGS, "SNP-PSC-EXIT-FLAGS", DOC_API, "KVM_EXIT_HYPERCALL",	\
		"hypercall.flags has no bit but KVM_EXIT_HYPERCALL_LONG_MODE")			\
	REQUIREMENT(PSC_MERGE, "SNP-PSC-MERGE", DOC_SEV_C, "snp_begin_psc()",			\
		"adjacent entries with one operation and page size make one exit")		\
	REQUIREMENT(PSC_NO_MERGE, "SNP-PSC-NO-MERGE", DOC_SEV_C, "snp_begin_psc()",		\
		"entries that are not adjacent, or differ, make an exit each, in order")	\
	REQUIREMENT(PSC_NO_MERGE_WRAP, "SNP-PSC-NO-MERGE-WRAP", DOC_GHCB,			\
		"SNP Page State Change",							\
		"GFN 0 does not follow the highest GFN that an entry can have")			\
	REQUIREMENT(PSC_SKIP_DONE, "SNP-PSC-SKIP-DONE", DOC_GHCB, "SNP Page State Change",	\
		"entries before cur_entry, and those whose cur_page says done, make no exit")	\
	REQUIREMENT(PSC_SKIP_OPS, "SNP-PSC-SKIP-OPS", DOC_SEV_C, "snp_begin_psc()",		\
		"operations other than private and shared make no exit and no error")		\
	REQUIREMENT(PSC_PARTIAL, "SNP-PSC-PARTIAL", DOC_GHCB, "SNP Page State Change",		\
		"a 2 MiB entry with cur_page set exits for the pages that are left")		\
	REQUIREMENT(PSC_PARTIAL_SIZE, "SNP-PSC-PARTIAL-SIZE", DOC_HC, "KVM_HC_MAP_GPA_RANGE",	\
		"what is left of a 2 MiB entry is no 2 MiB page: args[2] bits 3:0 are 0")	\
	REQUIREMENT(PSC_PARTIAL_MERGE, "SNP-PSC-PARTIAL-MERGE", DOC_GHCB,			\
		"SNP Page State Change",							\
		"an entry inside what is left of a 2 MiB entry does not extend it: the VMM "	\
		"is asked for no page that the guest did not name")				\
	/* page state changes: the answer */							\
	REQUIREMENT(PSC_DONE, "SNP-PSC-DONE", DOC_GHCB, "SNP Page State Change",		\
		"when all entries are done SW_EXITINFO2 = 0")					\
	REQUIREMENT(PSC_INFO_1, "SNP-PSC-INFO-1", DOC_GHCB, "SNP Page State Change",		\
		"SW_EXITINFO1 = 0, whatever SW_EXITINFO2 says")					\
	REQUIREMENT(PSC_REFUSED, "SNP-PSC-REFUSED", DOC_GHCB, "SNP Page State Change",		\
		"hypercall.ret other than 0 ends it with SW_EXITINFO2 = 0x100_00000000")	\
	REQUIREMENT(PSC_CAP_OFF, "SNP-PSC-CAP-OFF", DOC_API, "KVM_CAP_EXIT_HYPERCALL",		\
		"SW_EXITINFO2 = 0x100_00000000, without exit, where the exit is not enabled")	\
	REQUIREMENT(PSC_BAD_HDR, "SNP-PSC-BAD-HDR", DOC_GHCB, "SNP Page State Change",		\
		"end_entry past the buffer's end answers SW_EXITINFO2 = 0x1_00000001")		\
	REQUIREMENT(PSC_PAST_END, "SNP-PSC-PAST-END", DOC_GHCB, "SNP Page State Change",	\
		"cur_entry past end_entry makes no exit: nothing to do, or a bad header")	\
	REQUIREMENT(PSC_BAD_GFN, "SNP-PSC-BAD-GFN", DOC_GHCB, "SNP Page State Change",		\
		"a 2 MiB entry whose GFN is not aligned answers SW_EXITINFO2 = 0x1_00000002")	\
	REQUIREMENT(PSC_BAD_CUR_PAGE, "SNP-PSC-BAD-CUR-PAGE", DOC_GHCB,				\
		"SNP Page State Change",							\
		"cur_page past the entry's size answers SW_EXITINFO2 = 0x1_00000002")		\
	REQUIREMENT(PSC_CUR_ENTRY, "SNP-PSC-CUR-ENTRY", DOC_GHCB, "SNP Page State Change",	\
		"cur_entry is the first entry that is not done, at each exit and in the answer") \
	REQUIREMENT(PSC_CUR_PAGE, "SNP-PSC-CUR-PAGE", DOC_GHCB, "SNP Page State Change",	\
		"cur_page is the entry's size where it was done, and as it was elsewhere")	\
	REQUIREMENT(PSC_KEPT, "SNP-PSC-KEPT", DOC_GHCB, "SNP Page State Change",		\
		"nothing else in the buffer is written to")					\
	REQUIREMENT(PSC_SCRATCH, "SNP-PSC-SCRATCH", DOC_GHCB, "SNP Page State Change",		\
		"a buffer that is not in the GHCB's shared buffer answers SW_EXITINFO1 = 2, "	\
		"SW_EXITINFO2 = 3")								\
	REQUIREMENT(PSC_SCRATCH_VALID, "SNP-PSC-SCRATCH-VALID", DOC_GHCB,			\
		"SW_EXITINFO2 error codes",							\
		"SW_SCRATCH that is not marked valid answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 4") \
	REQUIREMENT(PSC_AT, "SNP-PSC-AT", DOC_GHCB, "SNP Page State Change",			\
		"the buffer may begin anywhere in the GHCB's shared buffer")			\
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

#define REQUIREMENT_ENUM(symbol, id, document, section, text) REQ_##symbol,
enum requirement_nr {
	REQ_NONE,
	REQUIREMENTS(REQUIREMENT_ENUM)
	NR_REQUIREMENTS
};
#undef REQUIREMENT_ENUM

struct requirement {
	const char *id, *document, *section, *text;
};

/* The list's entry for @nr; never NULL (REQ_NONE: an entry that says so). */
const struct requirement *requirement(enum requirement_nr nr);

#endif
