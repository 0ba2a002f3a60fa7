/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements of what is proposed, and in no released kernel: their documents say so, and
 * their rows are of revisions called "proposed-".  See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_PROPOSED_H
#define REQUIREMENTS_PROPOSED_H

#define DOC_IN_PLACE	"proposed: guest_memfd: In-place conversion support, v8, 2026-06-18"
#define DOC_QUOTES	"proposed: KVM: TDX: in-kernel Quote generation, v2, 2026-06-18"

#define REQUIREMENTS_PROPOSED(REQUIREMENT)							\
	REQUIREMENT(TDX_QUOTES_MADE, "TDX-QUOTES-MADE", DOC_QUOTES, "TDG.VP.VMCALL<GetQuote>",	\
		"GetQuote answers SUCCESS without an exit, and the buffer has status 0, out_len " \
		"and as many bytes of quote, with the report in it")				\
	REQUIREMENT(TDX_QUOTES_KEPT, "TDX-QUOTES-KEPT", DOC_QUOTES, "TDG.VP.VMCALL<GetQuote>",	\
		"version, in_len and what follows the quote are as the guest left them; where "	\
		"there is no quote all but status is")						\
	REQUIREMENT(TDX_QUOTES_RANGE, "TDX-QUOTES-RANGE", DOC_QUOTES, "TDG.VP.VMCALL<GetQuote>", \
		"a range that is empty, wraps, is not all shared or has no memory answers "	\
		"INVALID_OPERAND, and nothing is written")					\
	REQUIREMENT(TDX_QUOTES_ALIGN, "TDX-QUOTES-ALIGN", DOC_QUOTES, "TDG.VP.VMCALL<GetQuote>", \
		"a GPA or size that is not page aligned answers ALIGN_ERROR and writes nothing") \
	REQUIREMENT(TDX_QUOTES_HEADER, "TDX-QUOTES-HEADER", DOC_QUOTES, "TDG.VP.VMCALL<GetQuote>", \
		"another version, more input than the first page holds, or a quote that does not " \
		"fit answers INVALID_OPERAND, with the error status in the buffer")		\
	REQUIREMENT(TDX_QUOTES_NONE, "TDX-QUOTES-NONE", DOC_QUOTES, "TDG.VP.VMCALL<GetQuote>",	\
		"where no quote is to be had that is INVALID_OPERAND, with status unavailable")	\
	REQUIREMENT(TDX_QUOTES_ONCE, "TDX-QUOTES-ONCE", DOC_QUOTES, "TDG.VP.VMCALL<GetQuote>",	\
		"of a header that changes meanwhile KVM goes by what it was at one time")	\
	REQUIREMENT(TDX_QUOTES_NOTIFY, "TDX-QUOTES-NOTIFY", DOC_QUOTES,				\
		"TDG.VP.VMCALL<SetupEventNotifyInterrupt>",					\
		"SetupEventNotifyInterrupt is not there: SUBFUNC_UNSUPPORTED for any vector") \
	/* a VMM's answers to conversions, where one file is both views' memory */		\
	REQUIREMENT(TDX_PLACE_ARGS, "TDX-PLACE-ARGS", DOC_IN_PLACE,				\
		"KVM_SET_MEMORY_ATTRIBUTES2",							\
		"a range that is empty, unaligned, wraps or ends past the file, undefined "	\
		"attributes, flags, and reserved words that are not 0 are EINVAL; a structure "	\
		"that cannot be read is EFAULT")						\
	REQUIREMENT(TDX_PLACE_STAYS, "TDX-PLACE-STAYS", DOC_IN_PLACE,				\
		"KVM_SET_MEMORY_ATTRIBUTES2",							\
		"a refused conversion, and one to what a page is, changes no view, no contents") \
	REQUIREMENT(TDX_PLACE_SOURCE, "TDX-PLACE-SOURCE", DOC_IN_PLACE, "KVM_TDX_INIT_MEM_REGION", \
		"a NULL source adds what the VMM wrote to the page before it became private")	\
	REQUIREMENT(TDX_PLACE_PRIVATE, "TDX-PLACE-PRIVATE", DOC_IN_PLACE,			\
		"KVM_SET_MEMORY_ATTRIBUTES2",							\
		"a page that is private is the guest's, and in no mapping of the VMM's")	\
	REQUIREMENT(TDX_PLACE_SHARED, "TDX-PLACE-SHARED", DOC_IN_PLACE,				\
		"KVM_SET_MEMORY_ATTRIBUTES2",							\
		"a page that is shared is in the VMM's mapping, and one memory for both sides")	\
	REQUIREMENT(TDX_PLACE_SECRET, "TDX-PLACE-SECRET", DOC_TDX_BASE,				\
		"TD Private Memory Management",							\
		"what the guest wrote to a private page the VMM does not find there later")

#endif
