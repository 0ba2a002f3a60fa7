/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: the life of a TD's vCPU.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_TDX_VCPU_H
#define REQUIREMENTS_TDX_VCPU_H

#define DOC_VP_ENTER	"TDH.VP.ENTER"

#define REQUIREMENTS_TDX_VCPU(REQUIREMENT)							\
	/* arguments of KVM_MEMORY_ENCRYPT_OP: what is read, and what is written */		\
	REQUIREMENT(TDX_CMD_READ_ONLY, "TDX-CMD-READ-ONLY", DOC_TDX, "API description",		\
		"KVM writes neither struct kvm_tdx_cmd of KVM_TDX_CAPABILITIES nor the data of "	\
		"KVM_TDX_INIT_VM nor a source page")						\
	REQUIREMENT(TDX_CMD_KEPT, "TDX-CMD-KEPT", DOC_TDX, "API description",			\
		"of struct kvm_tdx_cmd a command writes hw_error at most, and 0 if it succeeds")	\
	REQUIREMENT(TDX_CMD_NULL, "TDX-CMD-NULL", DOC_TDX, "API description",			\
		"data of 0 where a command has a structure fails with EFAULT")			\
	REQUIREMENT(TDX_CAPS_ENTRIES, "TDX-CAPS-ENTRIES", DOC_TDX, "KVM_TDX_CAPABILITIES",	\
		"KVM_TDX_CAPABILITIES writes as many CPUID entries as nent then says")		\
	REQUIREMENT(TDX_REGION_NULL, "TDX-REGION-NULL", DOC_TDX, "KVM_TDX_INIT_MEM_REGION",	\
		"a source address of 0 fails with EINVAL, as before 7.0 with EFAULT, and adds nothing")	\
	REQUIREMENT(TDX_PMU, "TDX-PMU", DOC_API, "KVM_CAP_PMU_CAPABILITY",			\
		"a TD's PMU is the TDX module's: of KVM's a VMM can only say that there is none")	\
	/* what other threads do meanwhile */							\
	REQUIREMENT(TDX_STATE_LOCK, "TDX-STATE-LOCK", DOC_TDX, "KVM TDX creation flow",		\
		"while a command changes a TD's state, what is asked of its vCPUs by others waits")	\
	REQUIREMENT(TDX_MODULE_LOCK, "TDX-MODULE-LOCK", DOC_TDX_ABI, "Concurrency Restrictions",	\
		"SEAMCALLs that cannot be made at one time are not: a VMM that initializes a vCPU "	\
		"while it gives memory back makes no WARN, and keeps its TD")			\
	REQUIREMENT(TDX_SLOT_GOES, "TDX-SLOT-GOES", DOC_API, "KVM_SET_USER_MEMORY_REGION2",	\
		"a slot can be deleted while a TD accesses its private memory: neither waits for the "	\
		"other for ever")								\
	REQUIREMENT(TDX_DEAD, "TDX-DEAD", DOC_API, "KVM_CREATE_VM",				\
		"when KVM has given up a TD, every ioctl of its VM and vCPUs fails with EIO")	\
	/* what TDH.VP.ENTER gives */								\
	REQUIREMENT(TDX_ENTER_STATUS, "TDX-ENTER-STATUS", DOC_TDX_ABI, DOC_VP_ENTER,		\
		"a status without exit information has no exit reason, whatever bits 31:0 are: "	\
		"KVM_RUN ends with KVM_EXIT_INTERNAL_ERROR")					\
	REQUIREMENT(TDX_ENTER_FAILED, "TDX-ENTER-FAILED", DOC_API, "KVM_EXIT_FAIL_ENTRY",	\
		"a failed VM entry ends KVM_RUN with KVM_EXIT_FAIL_ENTRY and all of the exit reason")	\
	REQUIREMENT(TDX_ENTER_SHUTDOWN, "TDX-ENTER-SHUTDOWN", DOC_API, "KVM_EXIT_SHUTDOWN",	\
		"the triple fault of a TD ends KVM_RUN with KVM_EXIT_SHUTDOWN")			\
	REQUIREMENT(TDX_ENTER_EXCEPTION, "TDX-ENTER-EXCEPTION", DOC_API, "KVM_EXIT_EXCEPTION",	\
		"an exception of a TD's that is not the host's own ends KVM_RUN with "			\
		"KVM_EXIT_EXCEPTION and its vector")						\
	REQUIREMENT(KERNEL_TD_EXIT_BUG, "KERNEL-TD-EXIT-BUG", DOC_TDX_C, "tdx_handle_exit()",	\
		"what only a mistake of KVM's makes, such as an EPT entry that is malformed, ends the "	\
		"TD: all that is asked of it then is EIO")					\
	REQUIREMENT(TDX_EXIT_HOST, "TDX-EXIT-HOST", DOC_TDX_ABI, DOC_VP_ENTER,			\
		"after an interrupt, NMI, SMI or #MC of the host's the TD goes on as if there had "	\
		"been none")									\
	REQUIREMENT(KERNEL_UNCHARGED, "KERNEL-UNCHARGED", DOC_CGROUP, "Memory",			\
		"pages that the TDX module has for a TD are charged to its VMM's cgroup")	\
	/* events for a vCPU */									\
	REQUIREMENT(TDX_INTERRUPT, "TDX-INTERRUPT", DOC_GHCI, "Interrupt Handling and APIC Virtualization",	\
		"an interrupt with fixed or lowest priority delivery reaches the TD once, with its "	\
		"vector, and wakes a vCPU that has halted")					\
	REQUIREMENT(TDX_NMI, "TDX-NMI", DOC_TDX_ABI, "TDVPS: PEND_NMI",				\
		"an NMI reaches the TD once, and wakes a vCPU that has halted, interrupts blocked or not")	\
	REQUIREMENT(TDX_NO_EVENT, "TDX-NO-EVENT", DOC_TDX_ABI, "Unsupported features",		\
		"a TD gets neither SMI nor INIT nor SIPI: its vCPU stays as it is, halted or not")	\
	REQUIREMENT(TDX_TIMER, "TDX-TIMER", DOC_GHCI, DOC_GHCI_MSR,				\
		"the local APIC's timer, one-shot or by TSC deadline, wakes a TD's vCPU by an interrupt")	\
	REQUIREMENT(TDX_MSR_SERVED, "TDX-MSR-SERVED", DOC_TDX_ABI, "MSR Virtualization",	\
		"an MSR that the TDX module leaves to the VMM can be read, and keeps what it may have")	\
	REQUIREMENT(TDX_MSR_FIXED, "TDX-MSR-FIXED", DOC_TDX_ABI, "MSR Virtualization",		\
		"an MSR of fixed contents can be read, and a write answers INVALID_OPERAND and "	\
		"changes nothing")								\
	REQUIREMENT(TDX_MSR_OTHERS, "TDX-MSR-OTHERS", DOC_TDX_ABI, "MSR Virtualization",	\
		"an MSR that is the TDX module's or the CPU's own, whose value KVM does not have, "	\
		"answers INVALID_OPERAND")							\
	/* KVM's hypercalls */									\
	REQUIREMENT(TDX_HC_IPI, "TDX-HC-IPI", DOC_HC, "KVM_HC_SEND_IPI",			\
		"R10 = 10 sends R14's interrupt to the APIC IDs of bits R11 and R12 from R13 on, and "	\
		"gives their number")								\
	REQUIREMENT(TDX_HC_KICK, "TDX-HC-KICK", DOC_HC, "KVM_HC_KICK_CPU",			\
		"R10 = 5 wakes the halted vCPU of APIC ID R12, without an interrupt, and no other")	\
	REQUIREMENT(TDX_HC_CLOCK, "TDX-HC-CLOCK", DOC_HC, "KVM_HC_CLOCK_PAIRING",		\
		"R10 = 9 writes a clock pairing to GPA R11, which is shared, or gives -KVM_EOPNOTSUPP, as for "	\
		"R12 other than 0")								\
	REQUIREMENT(TDX_HC_NONE, "TDX-HC-NONE", DOC_HC, "Linux KVM Hypercall",					\
		"a number that is no hypercall's, all 64 bits of it, gives -KVM_ENOSYS")	\
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
