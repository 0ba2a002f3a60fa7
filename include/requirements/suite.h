/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: the suite's own ground.  See ../requirements.h. */
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
	REQUIREMENT(KERNEL_MAP_GONE, "KERNEL-MAP-GONE", DOC_KVM_HOST, "kvm_vcpu_unmap",			\
		"guest memory is not accessed through a mapping that was given back")		\
	REQUIREMENT(KERNEL_MAP_LEFT, "KERNEL-MAP-LEFT", DOC_KVM_HOST, "kvm_vcpu_unmap",			\
		"no guest memory is mapped or pinned when the VM is destroyed")			\
	REQUIREMENT(KERNEL_KMAP_LEFT, "KERNEL-KMAP-LEFT", DOC_HIGHMEM, "Temporary Virtual Mappings",	\
		"local mappings and references to files end before the return to the VMM")	\
	REQUIREMENT(KERNEL_FIRMWARE_PAGE, "KERNEL-FIRMWARE-PAGE", DOC_SNP_FW, "Page Management",	\
		"a page is given back neither while RMP or PAMT assign it nor while firmware uses it")	\
	REQUIREMENT(KERNEL_KEYID, "KERNEL-KEYID", DOC_TDX_ABI, "TDH.MNG.KEY.FREEID",			\
		"a TD's KeyID is given back with its VM, and not before the TDX module frees it")	\
	REQUIREMENT(KERNEL_UNDEFINED, "KERNEL-UNDEFINED", DOC_UBSAN, "Undefined Behavior Sanitizer",	\
		"the kernel does nothing that C leaves undefined (needs --sanitize)")		\
	REQUIREMENT(SNP_LAUNCH_FAILS, "SNP-LAUNCH-FAILS", DOC_SEV_RST, "KVM_SEV_SNP_LAUNCH_START and on",	\
		"a launch command out of order, with bad arguments or whose steps fail is an error")	\
	REQUIREMENT(LIBKVM_ASSERT, "LIBKVM-ASSERT", "kselftest KVM library",			\
		"assertions",									\
		"what libkvm and lib/vm assert of KVM holds")					\
	REQUIREMENT(GUEST_UCALL, "GUEST-UCALL", DOC_GHCB, "IOIO_PROT NAE event",		\
		"a string OUT by NAE event 0x7b reaches the VMM as KVM_EXIT_IO with its bytes")

#endif
