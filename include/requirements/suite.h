/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: the suite's own ground.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_SUITE_H
#define REQUIREMENTS_SUITE_H

#define REQUIREMENTS_SUITE(REQUIREMENT)								\
	/* the suite's own ground */								\
	REQUIREMENT(KERNEL_NO_SPLAT, "KERNEL-NO-SPLAT", DOC_STYLE,				\
		"Do not crash the kernel",							\
		"the kernel neither WARNs nor BUGs")						\
	REQUIREMENT(KERNEL_MEM_BOUNDS, "KERNEL-MEM-BOUNDS", DOC_KASAN, "Error reports",			\
		"the kernel accesses no byte outside what it allocated or mapped")		\
	REQUIREMENT(KERNEL_MEM_FREED, "KERNEL-MEM-FREED", DOC_KASAN, "Error reports",			\
		"what is freed is neither accessed nor freed again, and by the right function")	\
	REQUIREMENT(KERNEL_MEM_LEAK, "KERNEL-MEM-LEAK", DOC_KMEMLEAK, "Kernel Memory Leak Detector",	\
		"what is allocated for a VM is freed when the VM is destroyed")			\
	REQUIREMENT(KERNEL_MEM_REACHED, "KERNEL-MEM-REACHED", DOC_MMU, "Reaction to events",		\
		"no guest goes on that still reaches a page that was given back")		\
	REQUIREMENT(KERNEL_TLB_STALE, "KERNEL-TLB-STALE", DOC_MMU, "Reaction to events",		\
		"what a VMM's call takes out of a guest's page tables is flushed before the guest goes on")	\
	REQUIREMENT(KERNEL_MAP_GONE, "KERNEL-MAP-GONE", DOC_KVM_HOST, "kvm_vcpu_unmap",			\
		"guest memory is not accessed through a mapping that was given back")		\
	REQUIREMENT(KERNEL_MAP_LEFT, "KERNEL-MAP-LEFT", DOC_KVM_HOST, "kvm_vcpu_unmap",			\
		"no page of guest or VMM is mapped, pinned or referred to once the VM is destroyed")	\
	REQUIREMENT(KERNEL_KMAP_LEFT, "KERNEL-KMAP-LEFT", DOC_HIGHMEM, "Temporary Virtual Mappings",	\
		"local mappings and references to files end before the return to the VMM")	\
	REQUIREMENT(KERNEL_KMAP_ORDER, "KERNEL-KMAP-ORDER", DOC_HIGHMEM, "Temporary Virtual Mappings",	\
		"local mappings end in the reverse order of their begin")			\
	REQUIREMENT(KERNEL_PIN_SHORT, "KERNEL-PIN-SHORT", DOC_GUP, "FOLL_LONGTERM",			\
		"pages that stay pinned on return to the VMM are pinned with FOLL_LONGTERM")	\
	REQUIREMENT(KERNEL_FIRMWARE_PAGE, "KERNEL-FIRMWARE-PAGE", DOC_SNP_FW, "Page Management",	\
		"a page is given back neither while RMP or PAMT assign it nor while firmware uses it")	\
	REQUIREMENT(KERNEL_KEYID, "KERNEL-KEYID", DOC_TDX_ABI, "TDH.MNG.KEY.FREEID",			\
		"a TD's KeyID is given back with its VM, and not before the TDX module frees it")	\
	REQUIREMENT(KERNEL_HOST_STATE, "KERNEL-HOST-STATE", DOC_WORLDS,			\
		"VMRUN, table B-2; TDH.VP.ENTER",						\
		"registers that a guest's run changes are the host's again when the VMM goes on")	\
	REQUIREMENT(KERNEL_UNDEFINED, "KERNEL-UNDEFINED", DOC_UBSAN, "Undefined Behavior Sanitizer",	\
		"the kernel does nothing that C leaves undefined (needs --sanitize)")		\
	REQUIREMENT(KERNEL_DATA_RACE, "KERNEL-DATA-RACE", DOC_KCSAN, "Data Races",			\
		"accesses of threads to the same memory, one of them a write, are in an order or marked")	\
	REQUIREMENT(KERNEL_TD_FAILS, "KERNEL-TD-FAILS", DOC_TDX, "API description",		\
		"a TD's launch of which a step fails, fails")					\
	REQUIREMENT(KERNEL_TD_AGAIN, "KERNEL-TD-AGAIN", DOC_TDX, "API description",		\
		"a launch command that fails for now, or for an operand, can be given again")	\
	REQUIREMENT(KERNEL_TD_RETRIES, "KERNEL-TD-RETRIES", DOC_TDX_ABI,				\
		"Function Completion Status Codes",						\
		"KVM repeats a SEAMCALL that lacks entropy, and TDH.VP.ENTER of a TD that is busy")	\
	REQUIREMENT(KERNEL_TD_HW_ERROR, "KERNEL-TD-HW-ERROR", DOC_TDX, "API description",	\
		"hw_error of a command that fails is 0, or the status of the SEAMCALL that failed")	\
	REQUIREMENT(KERNEL_TD_APICV, "KERNEL-TD-APICV", DOC_STYLE, "Do not crash the kernel",		\
		"that KVM has no map of APIC IDs neither makes a WARN nor ends a TD")		\
	REQUIREMENT(KERNEL_TD_VCPU, "KERNEL-TD-VCPU", DOC_KASAN, "Error reports",			\
		"a TD's vCPU whose creation fails is freed, and not accessed any more")		\
	REQUIREMENT(KERNEL_TD_ENDS, "KERNEL-TD-ENDS", DOC_TDX_ABI, "Function Completion Status Codes",	\
		"the end of a TD repeats what is busy for a moment, and resumes what is interrupted")	\
	REQUIREMENT(KERNEL_TD_KEPT, "KERNEL-TD-KEPT", DOC_TDX_ABI, "Physical Memory Management",	\
		"what the TDX module does not give back is not used again, and the next TD works")	\
	REQUIREMENT(KERNEL_TD_ENTER, "KERNEL-TD-ENTER", DOC_API, "The kvm_run structure",		\
		"a TD that cannot be entered ends KVM_RUN with KVM_EXIT_INTERNAL_ERROR or FAIL_ENTRY")	\
	REQUIREMENT(KERNEL_TD_ENTER_QUIET, "KERNEL-TD-ENTER-QUIET", DOC_STYLE, "Do not crash the kernel",	\
		"that a TD cannot be entered, for which its guest can be the reason, makes no WARN")	\
	REQUIREMENT(KERNEL_TD_EXTINT, "KERNEL-TD-EXTINT", DOC_STYLE, "Do not crash the kernel",		\
		"KVM_INTERRUPT of a TD's vCPU, and another event after it, make no WARN")		\
	REQUIREMENT(KERNEL_TD_CHARGE, "KERNEL-TD-CHARGE", DOC_CGROUP, "Misc",				\
		"a TD whose KeyID is over its cgroup's limit gives back none that it has not got")	\
	REQUIREMENT(KERNEL_SEV_LOCK, "KERNEL-SEV-LOCK", DOC_STYLE, "Do not crash the kernel",		\
		"neither a VM's creation that fails nor that of a vCPU makes a WARN of the locks that "	\
		"SEV wants held")								\
	REQUIREMENT(SNP_LAUNCH_FAILS, "SNP-LAUNCH-FAILS", DOC_SEV_RST,				\
		"The KVM_MEMORY_ENCRYPT_OP ioctl",						\
		"a launch command out of order, with bad arguments or whose steps fail is an error")	\
	REQUIREMENT(LIBKVM_ASSERT, "LIBKVM-ASSERT", "kselftest KVM library",			\
		"assertions",									\
		"what libkvm and the suite's VMs assert of KVM holds")				\
	REQUIREMENT(GUEST_UCALL, "GUEST-UCALL", DOC_GHCB, "IOIO_PROT NAE event",		\
		"a string OUT by NAE event 0x7b reaches the VMM as KVM_EXIT_IO with its bytes")

#endif
