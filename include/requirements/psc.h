/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: SNP page state changes.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_PSC_H
#define REQUIREMENTS_PSC_H

#define REQUIREMENTS_PSC(REQUIREMENT)								\
	/* page state changes, MSR protocol */							\
	REQUIREMENT(PSC_MSR_EXIT, "SNP-PSC-MSR-EXIT", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"request 0x014 exits with the page's GPA in args[0] and 1 in args[1]")		\
	REQUIREMENT(PSC_MSR_OK, "SNP-PSC-MSR-OK", DOC_GHCB, "GHCB MSR Protocol",		\
		"hypercall.ret = 0 answers 0x015 with bits 63:12 zero")				\
	REQUIREMENT(PSC_MSR_ERR, "SNP-PSC-MSR-ERR", DOC_API, "KVM_CAP_EXIT_HYPERCALL",		\
		"EINVAL or EAGAIN of the VMM answers 0x015 with bit 63 set")			\
	REQUIREMENT(PSC_MSR_OTHER, "SNP-PSC-MSR-OTHER", DOC_API, "KVM_CAP_EXIT_HYPERCALL",	\
		"any other hypercall.ret than 0 fails KVM_RUN with EINVAL; before 7.2 it "	\
		"answers as EINVAL does")							\
	REQUIREMENT(PSC_MSR_OTHER_NEXT, "SNP-PSC-MSR-OTHER-NEXT", DOC_GHCB,			\
		"GHCB MSR Protocol",								\
		"after KVM_RUN has refused such an answer, the next one does not tell of "	\
		"success")									\
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
	REQUIREMENT(PSC_VIEW, "SNP-PSC-VIEW", DOC_API, "KVM_SET_MEMORY_ATTRIBUTES",		\
		"a VMM that changes the attributes as the exit says gives the guest the view "	\
		"that it asked for, with nothing of the other view in it")			\
	REQUIREMENT(SNP_RMP_FAULT, "SNP-RMP-FAULT", DOC_SVM, "Nested Page Faults, RMP",		\
		"an access to a private page that the RMP refuses, though its entry is the "	\
		"guest's, is repeated, and nothing is kept of that")				\
	REQUIREMENT(SNP_FAULT_EXIT, "SNP-FAULT-EXIT", DOC_API, "KVM_EXIT_MEMORY_FAULT",		\
		"an access in the view that a page does not have, or a private one where no slot is, "	\
		"fails KVM_RUN with EFAULT and this exit")					\
	REQUIREMENT(SNP_FAULT_FLAGS, "SNP-FAULT-FLAGS", DOC_API, "KVM_EXIT_MEMORY_FAULT",		\
		"flags say private for an access with the C-bit, and nothing else")		\
	REQUIREMENT(SNP_FAULT_GPA, "SNP-FAULT-GPA", DOC_API, "KVM_EXIT_MEMORY_FAULT",		\
		"gpa is the page's, without the C-bit, and size is its size")			\
	REQUIREMENT(SNP_FAULT_GOES_ON, "SNP-FAULT-GOES-ON", DOC_API, "KVM_EXIT_MEMORY_FAULT",	\
		"KVM_RUN tries the access again: the guest goes on when the page is converted")	\
	REQUIREMENT(PSC_RESERVED, "SNP-PSC-RESERVED", DOC_SEV_C, "snp_begin_psc()",		\
		"reserved bits of the header and of entries change nothing")			\
	/* page state changes: the answer */							\
	REQUIREMENT(PSC_DONE, "SNP-PSC-DONE", DOC_GHCB, "SNP Page State Change",		\
		"when all entries are done SW_EXITINFO2 = 0")					\
	REQUIREMENT(PSC_INFO_1, "SNP-PSC-INFO-1", DOC_GHCB, "SNP Page State Change",		\
		"SW_EXITINFO1 = 0, whatever SW_EXITINFO2 says")					\
	REQUIREMENT(PSC_REFUSED, "SNP-PSC-REFUSED", DOC_GHCB, "SNP Page State Change",		\
		"EINVAL or EAGAIN of the VMM ends it with SW_EXITINFO2 = 0x100_00000000")	\
	REQUIREMENT(PSC_OTHER, "SNP-PSC-OTHER", DOC_API, "KVM_CAP_EXIT_HYPERCALL",		\
		"any other hypercall.ret than 0 fails KVM_RUN with EINVAL; before 7.2 it ends "	\
		"as EINVAL does")								\
	REQUIREMENT(PSC_OTHER_NEXT, "SNP-PSC-OTHER-NEXT", DOC_GHCB, "SNP Page State Change",	\
		"after KVM_RUN has refused such an answer, the next one does not tell that the "	\
		"entries are done: it tells of an error, or cur_entry is the first of them")	\
	REQUIREMENT(PSC_OTHER_AFTER, "SNP-PSC-OTHER-AFTER", DOC_GHCB, "SNP Page State Change",	\
		"the guest's next page state change after such an answer is like any other")	\
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
		"the buffer may begin anywhere in the GHCB's shared buffer")

#endif
