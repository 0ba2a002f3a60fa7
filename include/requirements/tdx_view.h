/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: TDs that change the view of their pages, and use them.
 * See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_TDX_VIEW_H
#define REQUIREMENTS_TDX_VIEW_H

#define DOC_TDX_BASE	"Intel TDX Module Base Architecture Specification"
#define DOC_ACCEPT	"TDG.MEM.PAGE.ACCEPT"
#define DOC_FAULT	"KVM_EXIT_MEMORY_FAULT"

#define REQUIREMENTS_TDX_VIEW(REQUIREMENT)							\
	/* after MapGPA */									\
	REQUIREMENT(TDX_VIEW, "TDX-VIEW", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",			\
		"a page that the VMM has converted is the guest's in the view it asked for")	\
	REQUIREMENT(TDX_VIEW_APART, "TDX-VIEW-APART", DOC_TDX_BASE,				\
		"TD Private Memory Management",							\
		"what is written in one view does not show in the other")			\
	REQUIREMENT(TDX_VIEW_ZERO, "TDX-VIEW-ZERO", DOC_TDX_ABI, DOC_ACCEPT,			\
		"a page that was accepted holds zeroes, whatever it held before")		\
	REQUIREMENT(TDX_VIEW_STAYS, "TDX-VIEW-STAYS", DOC_GHCI, "TDG.VP.VMCALL<MapGPA>",	\
		"pages that the VMM has not converted, or that had the view, stay as they were")	\
	/* TDG.MEM.PAGE.ACCEPT */								\
	REQUIREMENT(TDX_ACCEPT, "TDX-ACCEPT", DOC_TDX_ABI, DOC_ACCEPT,				\
		"a page that the VMM has made private is accepted, without an exit")		\
	REQUIREMENT(TDX_ACCEPT_AGAIN, "TDX-ACCEPT-AGAIN", DOC_TDX_ABI, DOC_ACCEPT,		\
		"accepted once more it answers TDX_PAGE_ALREADY_ACCEPTED, and stays as it is")	\
	REQUIREMENT(TDX_ACCEPT_SIZE, "TDX-ACCEPT-SIZE", DOC_TDX_ABI, DOC_ACCEPT,		\
		"2 MiB where the VMM has 4 KiB pages answers TDX_PAGE_SIZE_MISMATCH")		\
	REQUIREMENT(TDX_ACCEPT_ARGS, "TDX-ACCEPT-ARGS", DOC_TDX_ABI, DOC_ACCEPT,		\
		"a shared or unaligned GPA, another level or reserved bits answer TDX_OPERAND_INVALID")	\
	REQUIREMENT(TDX_ACCEPT_FAULT, "TDX-ACCEPT-FAULT", DOC_API, DOC_FAULT,			\
		"a page that is not private exits to the VMM, and is accepted when it is")	\
	REQUIREMENT(TDX_ACCEPT_MISSING, "TDX-ACCEPT-MISSING", DOC_TDX_BASE, "SEPT_VE_DISABLE",	\
		"an access to a page that is not accepted never completes: KVM_RUN fails with EIO")	\
	/* KVM_EXIT_MEMORY_FAULT */								\
	REQUIREMENT(TDX_FAULT_EXIT, "TDX-FAULT-EXIT", DOC_API, DOC_FAULT,			\
		"an access in the view that a page does not have fails KVM_RUN with EFAULT and this exit")	\
	REQUIREMENT(TDX_FAULT_FLAGS, "TDX-FAULT-FLAGS", DOC_API, DOC_FAULT,			\
		"flags say private for an access without the shared bit, and nothing else")	\
	REQUIREMENT(TDX_FAULT_GPA, "TDX-FAULT-GPA", DOC_API, DOC_FAULT,				\
		"gpa is the page's, without the shared bit, and size is its size")		\
	REQUIREMENT(TDX_FAULT_GOES_ON, "TDX-FAULT-GOES-ON", DOC_API, DOC_FAULT,			\
		"KVM_RUN tries the access again: the guest goes on when the page is converted")

#endif
