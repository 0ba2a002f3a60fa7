/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: the life of a TD's vCPU.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_TDX_VCPU_H
#define REQUIREMENTS_TDX_VCPU_H

#define DOC_VP_ENTER	"TDH.VP.ENTER"

#define REQUIREMENTS_TDX_VCPU(REQUIREMENT)							\
	/* what TDH.VP.ENTER gives */								\
	REQUIREMENT(TDX_ENTER_STATUS, "TDX-ENTER-STATUS", DOC_TDX_ABI, DOC_VP_ENTER,		\
		"a status without exit information has no exit reason, whatever bits 31:0 are: "	\
		"KVM_RUN ends with KVM_EXIT_INTERNAL_ERROR")					\
	REQUIREMENT(TDX_ENTER_FAILED, "TDX-ENTER-FAILED", DOC_API, "KVM_EXIT_FAIL_ENTRY",	\
		"a failed VM entry ends KVM_RUN with KVM_EXIT_FAIL_ENTRY and all of the exit reason")	\
	REQUIREMENT(TDX_ENTER_SHUTDOWN, "TDX-ENTER-SHUTDOWN", DOC_API, "KVM_EXIT_SHUTDOWN",	\
		"the triple fault of a TD ends KVM_RUN with KVM_EXIT_SHUTDOWN")			\
	REQUIREMENT(TDX_EXIT_HOST, "TDX-EXIT-HOST", DOC_TDX_ABI, DOC_VP_ENTER,			\
		"after an interrupt, NMI, SMI or #MC of the host's the TD goes on as if there had "	\
		"been none")									\
	/* KVM_CAP_X86_NOTIFY_VMEXIT */								\
	REQUIREMENT(TDX_WINDOW, "TDX-WINDOW", DOC_API, "KVM_CAP_X86_NOTIFY_VMEXIT",		\
		"a TD that lets no interrupt in for the VMM's window exits, and not before")	\
	REQUIREMENT(TDX_WINDOW_USER, "TDX-WINDOW-USER", DOC_API, "KVM_CAP_X86_NOTIFY_VMEXIT",	\
		"with KVM_X86_NOTIFY_VMEXIT_USER that is KVM_EXIT_NOTIFY with flags 0, else the TD "	\
		"goes on")									\
	REQUIREMENT(TDX_WINDOW_INVALID, "TDX-WINDOW-INVALID", DOC_API, "KVM_EXIT_NOTIFY",	\
		"one that has left the TD's context invalid is always KVM_EXIT_NOTIFY, and says so")	\
	/* KVM_CAP_X86_BUS_LOCK_EXIT */								\
	REQUIREMENT(TDX_BUS_LOCK, "TDX-BUS-LOCK", DOC_API, "KVM_CAP_X86_BUS_LOCK_EXIT",		\
		"a TD's bus lock is KVM_EXIT_X86_BUS_LOCK if the VMM has asked for it, and only then")	\
	REQUIREMENT(TDX_BUS_LOCK_FLAG, "TDX-BUS-LOCK-FLAG", DOC_API, "KVM_CAP_X86_BUS_LOCK_EXIT",	\
		"kvm_run.flags have KVM_RUN_X86_BUS_LOCK after that and with another exit that "	\
		"comes with a bus lock, and no longer")

#endif
