/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: TDCALL and TDVMCALL exits.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_TDX_H
#define REQUIREMENTS_TDX_H

#define DOC_GHCI	"Intel TDX GHCI 1.5"
#define DOC_TDX_ABI	"Intel TDX Module ABI"
#define DOC_TDX		"Documentation/virt/kvm/x86/intel-tdx.rst"
#define DOC_DEDICATED	"patch tdx-dedicated, 2025-04"

#define REQUIREMENTS_TDX(REQUIREMENT)								\
	/* KVM_MEMORY_ENCRYPT_OP */								\
	REQUIREMENT(TDX_CMD_FLAGS, "TDX-CMD-FLAGS", DOC_TDX, "API description",			\
		"KVM_TDX_CAPABILITIES, INIT_VM and INIT_MEM_REGION refuse undefined flags with EINVAL")	\
	REQUIREMENT(TDX_CMD_FLAGS_ALL, "TDX-CMD-FLAGS-ALL", DOC_TDX, "API description",		\
		"so do KVM_TDX_GET_CPUID and FINALIZE_VM, whose data must be 0 too")		\
	REQUIREMENT(TDX_CMD_HW_ERROR, "TDX-CMD-HW-ERROR", DOC_TDX, "API description",		\
		"hw_error other than 0 is refused with EINVAL")					\
	REQUIREMENT(TDX_CMD_ARGS, "TDX-CMD-ARGS", DOC_TDX, "API description",			\
		"a bad argument is refused with EINVAL, an array that is too small with E2BIG")	\
	REQUIREMENT(TDX_CMD_REGION, "TDX-CMD-REGION", DOC_TDX, "KVM_TDX_INIT_MEM_REGION",	\
		"a region that is empty, not page aligned or not private is refused with EINVAL")	\
	REQUIREMENT(TDX_REGION_DATA, "TDX-REGION-DATA", DOC_TDX, "KVM_TDX_INIT_MEM_REGION",	\
		"the guest finds the bytes of the source in its private pages from gpa on")	\
	REQUIREMENT(TDX_REGION_DONE, "TDX-REGION-DONE", DOC_TDX_C, "tdx_vcpu_init_mem_region()",	\
		"an error in the middle keeps what was added before, and the struct is left with the rest")	\
	REQUIREMENT(TDX_REGION_SIZE, "TDX-REGION-SIZE", DOC_TDX, "KVM_TDX_INIT_MEM_REGION",	\
		"nr_pages whose bytes 64 bits cannot count is refused with EINVAL, and none is added")	\
	REQUIREMENT(TDX_REGION_SOURCE, "TDX-REGION-SOURCE", DOC_TDX, "KVM_TDX_INIT_MEM_REGION",	\
		"a source page that cannot be read fails with EFAULT")				\
	REQUIREMENT(TDX_REGION_AGAIN, "TDX-REGION-AGAIN", DOC_TDX, "KVM_TDX_INIT_MEM_REGION",	\
		"a page is added once: again is EEXIST or EIO, and it keeps its bytes")		\
	REQUIREMENT(TDX_CMD_ORDER, "TDX-CMD-ORDER", DOC_TDX, "KVM TDX creation flow",		\
		"a command out of order is refused: EINVAL, KVM_CREATE_VCPU: EIO")		\
	REQUIREMENT(TDX_LAUNCH, "TDX-LAUNCH", DOC_TDX, "KVM TDX creation flow",			\
		"a launch command that is refused changes nothing: the launch goes on")		\
	REQUIREMENT(TDX_FINALIZE_NO_VCPU, "TDX-FINALIZE-NO-VCPU", DOC_TDX_ABI, "TDH.MR.FINALIZE",	\
		"a TD without an initialized vCPU is not finalized; nothing else comes of it, no WARN")	\
	/* TDCALL itself */									\
	REQUIREMENT(TDX_RAX, "TDX-RAX", DOC_TDX_ABI, "TDG.VP.VMCALL",				\
		"an answered TDG.VP.VMCALL leaves RAX = 0")					\
	REQUIREMENT(TDX_KEPT, "TDX-KEPT", DOC_TDX_ABI, "TDG.VP.VMCALL",				\
		"registers that are not passed keep the guest's values")			\
	REQUIREMENT(TDX_NOT_PASSED, "TDX-NOT-PASSED", DOC_TDX_ABI, "TDG.VP.VMCALL",		\
		"registers that are not passed read as 0 in the VMM")				\
	REQUIREMENT(TDX_BAD_RCX, "TDX-BAD-RCX", DOC_TDX_ABI, "TDG.VP.VMCALL",			\
		"RCX that passes RAX, RCX or RSP, or has bits 63:32, is refused, without a VM exit")	\
	REQUIREMENT(TDX_START, "TDX-START", "Intel TDX Module Base Architecture Specification",	\
		"Initial State of Guest GPRs",							\
		"a vCPU starts with the GPAW in RBX, the VMM's value in RCX and R8, its index in RSI")	\
	/* what a VMM sees of KVM_EXIT_TDX */							\
	REQUIREMENT(TDX_EXIT_FLAGS, "TDX-EXIT-FLAGS", DOC_API, "KVM_EXIT_TDX",			\
		"flags are 0")									\
	REQUIREMENT(TDX_EXIT_NR, "TDX-EXIT-NR", DOC_API, "KVM_EXIT_TDX",			\
		"nr is the leaf, from R11")							\
	REQUIREMENT(TDX_IGNORED, "TDX-IGNORED", DOC_API, "KVM_EXIT_TDX",			\
		"a VMM that ignores an exit leaves the guest with the preset answer")		\
	/* GetTdVmCallInfo */									\
	REQUIREMENT(TDX_INFO_0, "TDX-INFO-0", DOC_GHCI, "TDG.VP.VMCALL<GetTdVmCallInfo>",	\
		"R12 = 0 answers SUCCESS and R11 to R14 = 0, without an exit")			\
	REQUIREMENT(TDX_INFO_1, "TDX-INFO-1", DOC_API, "KVM_EXIT_TDX",				\
		"R12 = 1 exits to the VMM with leaf 1 and outputs of 0")			\
	REQUIREMENT(TDX_INFO_ANSWER, "TDX-INFO-ANSWER", DOC_GHCI,				\
		"TDG.VP.VMCALL<GetTdVmCallInfo>",						\
		"the guest finds the VMM's ret in R10, and its r11 to r14 in R11 to R14")	\
	REQUIREMENT(TDX_INFO_OTHER, "TDX-INFO-OTHER", DOC_GHCI,					\
		"TDG.VP.VMCALL<GetTdVmCallInfo>",						\
		"R12 other than 0 and 1 answers INVALID_OPERAND, without an exit")		\
	/* GetQuote */										\
	REQUIREMENT(TDX_QUOTE_EXIT, "TDX-QUOTE-EXIT", DOC_API, "KVM_EXIT_TDX",			\
		"GetQuote exits to the VMM with the revision's reason")				\
	REQUIREMENT(TDX_QUOTE_GPA, "TDX-QUOTE-GPA", DOC_API, "KVM_EXIT_TDX",			\
		"gpa is R12 without the shared bit (tdx-dedicated v1: with it)")		\
	REQUIREMENT(TDX_QUOTE_SIZE, "TDX-QUOTE-SIZE", DOC_API, "KVM_EXIT_TDX",			\
		"size is R13, whatever it is")							\
	REQUIREMENT(TDX_QUOTE_RET, "TDX-QUOTE-RET", DOC_API, "KVM_EXIT_TDX",			\
		"ret is SUBFUNC_UNSUPPORTED on exit")						\
	REQUIREMENT(TDX_QUOTE_ANSWER, "TDX-QUOTE-ANSWER", DOC_GHCI, "TDG.VP.VMCALL<GetQuote>",	\
		"the guest finds the VMM's ret in R10, all 64 bits")				\
	REQUIREMENT(TDX_QUOTE_PRIVATE, "TDX-QUOTE-PRIVATE", DOC_GHCI, "TDG.VP.VMCALL<GetQuote>",	\
		"a private buffer answers INVALID_OPERAND, without an exit")			\
	REQUIREMENT(TDX_QUOTE_ALIGN, "TDX-QUOTE-ALIGN", DOC_DEDICATED, "KVM_EXIT_TDX_GET_QUOTE",	\
		"v1 refuses a GPA or size that is not page aligned with INVALID_OPERAND")	\
	REQUIREMENT(TDX_QUOTE_BUFFER, "TDX-QUOTE-BUFFER", DOC_GHCI, "TDG.VP.VMCALL<GetQuote>",	\
		"the answer comes by the shared buffer, when the VMM is done, and only then")	\
	/* SetupEventNotifyInterrupt */								\
	REQUIREMENT(TDX_NOTIFY_EXIT, "TDX-NOTIFY-EXIT", DOC_API, "KVM_EXIT_TDX",		\
		"SetupEventNotifyInterrupt exits to the VMM with the revision's reason")	\
	REQUIREMENT(TDX_NOTIFY_VECTOR, "TDX-NOTIFY-VECTOR", DOC_API, "KVM_EXIT_TDX",		\
		"vector is R12")								\
	REQUIREMENT(TDX_NOTIFY_RET, "TDX-NOTIFY-RET", DOC_API, "KVM_EXIT_TDX",			\
		"ret is SUBFUNC_UNSUPPORTED on exit")						\
	REQUIREMENT(TDX_NOTIFY_RANGE, "TDX-NOTIFY-RANGE", DOC_GHCI,				\
		"TDG.VP.VMCALL<SetupEventNotifyInterrupt>",					\
		"a vector below 32 or above 255 answers INVALID_OPERAND, without an exit")	\
	REQUIREMENT(TDX_NOTIFY_ANSWER, "TDX-NOTIFY-ANSWER", DOC_GHCI,				\
		"TDG.VP.VMCALL<SetupEventNotifyInterrupt>",					\
		"the guest finds the VMM's ret in R10, all 64 bits")				\
	REQUIREMENT(TDX_NOTIFY_INTERRUPT, "TDX-NOTIFY-INTERRUPT", DOC_GHCI,			\
		"TDG.VP.VMCALL<SetupEventNotifyInterrupt>",					\
		"the VMM's interrupt reaches the guest once, with the vector of KVM_SIGNAL_MSI")	\
	/* MapGPA: the exits */									\
	REQUIREMENT(TDX_MAP_EXIT, "TDX-MAP-EXIT", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"MapGPA exits to the VMM as hypercall KVM_HC_MAP_GPA_RANGE")			\
	REQUIREMENT(TDX_MAP_GPA, "TDX-MAP-GPA", DOC_HC, "KVM_HC_MAP_GPA_RANGE",			\
		"args[0] is the next GPA of the range, without the shared bit")			\
	REQUIREMENT(TDX_MAP_SIZE, "TDX-MAP-SIZE", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"args[1] is a number of pages in the range, at most 2 MiB of them")		\
	REQUIREMENT(TDX_MAP_VIEW, "TDX-MAP-VIEW", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"args[2] says private for GPAs without the shared bit, and pages of 4 KiB")	\
	REQUIREMENT(TDX_MAP_FLAGS, "TDX-MAP-FLAGS", DOC_API, "KVM_EXIT_HYPERCALL",		\
		"flags say long mode")								\
	REQUIREMENT(TDX_MAP_RET, "TDX-MAP-RET", DOC_API, "KVM_EXIT_HYPERCALL",			\
		"ret is 0 on exit")								\
	/* MapGPA: answers */									\
	REQUIREMENT(TDX_MAP_DONE, "TDX-MAP-DONE", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",		\
		"SUCCESS, when the VMM has taken the whole range, and not before")		\
	REQUIREMENT(TDX_MAP_REFUSED, "TDX-MAP-REFUSED", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",	\
		"EINVAL of the VMM answers INVALID_OPERAND, and ends the call")			\
	REQUIREMENT(TDX_MAP_AGAIN, "TDX-MAP-AGAIN", DOC_API, "KVM_CAP_EXIT_HYPERCALL",		\
		"EAGAIN of the VMM answers RETRY; before 7.2, as every error, INVALID_OPERAND")	\
	REQUIREMENT(TDX_MAP_OTHER, "TDX-MAP-OTHER", DOC_API, "KVM_CAP_EXIT_HYPERCALL",		\
		"other errors of the VMM fail KVM_RUN with EINVAL; before 7.2 they answer as "	\
		"EINVAL does")									\
	REQUIREMENT(TDX_MAP_OTHER_NEXT, "TDX-MAP-OTHER-NEXT", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",	\
		"after KVM_RUN has refused such an error, the next one does not tell of success")	\
	REQUIREMENT(TDX_MAP_STOPPED, "TDX-MAP-STOPPED", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",	\
		"R11 is the GPA where the VMM stopped")						\
	REQUIREMENT(TDX_MAP_RETRY, "TDX-MAP-RETRY", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",		\
		"RETRY, with the next GPA in R11, when an interrupt is pending between two exits")	\
	REQUIREMENT(TDX_MAP_SIZE_0, "TDX-MAP-SIZE-0", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",	\
		"size 0 answers INVALID_OPERAND, without an exit")				\
	REQUIREMENT(TDX_MAP_WRAP, "TDX-MAP-WRAP", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",		\
		"a range that wraps answers INVALID_OPERAND, without an exit")			\
	REQUIREMENT(TDX_MAP_WIDTH, "TDX-MAP-WIDTH", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",		\
		"a range beyond every address width answers INVALID_OPERAND, without an exit")	\
	REQUIREMENT(TDX_MAP_GPAW, "TDX-MAP-GPAW", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",		\
		"a range between the TD's own address width and the CPU's answers "		\
		"INVALID_OPERAND, without an exit")						\
	REQUIREMENT(TDX_MAP_BOTH, "TDX-MAP-BOTH", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",		\
		"a range on both sides of the shared bit answers INVALID_OPERAND, without an exit")	\
	REQUIREMENT(TDX_MAP_ALIGN, "TDX-MAP-ALIGN", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",		\
		"a GPA or size that is not page aligned answers ALIGN_ERROR, without an exit")	\
	REQUIREMENT(TDX_MAP_BAD_GPA, "TDX-MAP-BAD-GPA", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",	\
		"a refused range leaves its GPA in R11")					\
	REQUIREMENT(TDX_MAP_CAP_OFF, "TDX-MAP-CAP-OFF", DOC_API, "KVM_CAP_EXIT_HYPERCALL",	\
		"without the capability MapGPA answers SUBFUNC_UNSUPPORTED (before 7.0 INVALID_OPERAND)")	\
	/* ReportFatalError */									\
	REQUIREMENT(TDX_FATAL_EXIT, "TDX-FATAL-EXIT", DOC_API, "KVM_EXIT_SYSTEM_EVENT",	\
		"ReportFatalError exits to the VMM as KVM_SYSTEM_EVENT_TDX_FATAL with 16 registers")	\
	REQUIREMENT(TDX_FATAL_REGS, "TDX-FATAL-REGS", DOC_API, "KVM_EXIT_SYSTEM_EVENT",	\
		"data are the registers in the order of their numbers")				\
	REQUIREMENT(TDX_FATAL_END, "TDX-FATAL-END", DOC_GHCI, "TDG.VP.VMCALL<ReportFatalError>",	\
		"the guest does not go on")							\
	/* what is not there */									\
	REQUIREMENT(TDX_UNKNOWN_LEAF, "TDX-UNKNOWN-LEAF", DOC_GHCI, "TDG.VP.VMCALL",		\
		"an undefined leaf answers SUBFUNC_UNSUPPORTED, without an exit")		\
	REQUIREMENT(TDX_HYPERCALL, "TDX-HYPERCALL", DOC_GHCI, "TDG.VP.VMCALL",			\
		"R10 other than 0 is the VMM's own: a KVM hypercall, its result in R10")	\
	/* hostile guests */									\
	REQUIREMENT(TDX_ANY_REGS, "TDX-ANY-REGS", DOC_GHCI, "TDG.VP.VMCALL",			\
		"whatever the registers hold and whichever are passed, a call ends in one of its "	\
		"exits or answers")								\
	/* what the TDX module tells by itself */						\
	REQUIREMENT(TDX_VP_INFO, "TDX-VP-INFO", DOC_TDX_ABI, "TDG.VP.INFO",			\
		"a vCPU is told its index, how many there are, at most KVM_CAP_MAX_VCPUS, and the "	\
		"address width and attributes that the VMM gave the TD")

#endif
