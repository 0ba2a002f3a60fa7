/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: what KVM offers on machines that have more or less than others, and with module
 * parameters.  See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_MACHINE_H
#define REQUIREMENTS_MACHINE_H

#define DOC_PARAMS	"Documentation/admin-guide/kernel-parameters.txt"

#define REQUIREMENTS_MACHINE(REQUIREMENT)							\
	REQUIREMENT(MACHINE_TYPES, "MACHINE-TYPES", DOC_API, "KVM_CAP_VM_TYPES",			\
		"types of encrypted VMs are offered, and can be made, where CPU, firmware and "	\
		"module parameters have all that they need, and no others")			\
	REQUIREMENT(MACHINE_CPUID, "MACHINE-CPUID", DOC_API, "KVM_GET_SUPPORTED_CPUID",		\
		"leaf 8000_001fh has SEV, SEV-ES and SEV-SNP where there are VMs that need them, and "	\
		"neither VMPLs nor a reduction of address bits")				\
	REQUIREMENT(MACHINE_ORDINARY, "MACHINE-ORDINARY", DOC_API, "KVM_CREATE_VM",		\
		"an ordinary VM can be made whatever the machine lacks for encrypted ones")	\
	REQUIREMENT(MACHINE_ASIDS, "MACHINE-ASIDS", DOC_PARAMS, "kvm-amd.ciphertext_hiding_asids",	\
		"there are as many VMs of a type as CPUID has ASIDs for it, and with ciphertext "	\
		"hiding as the parameter leaves; firmware takes each")				\
	REQUIREMENT(MACHINE_POLICY, "MACHINE-POLICY", DOC_SEV_RST, "KVM_SEV_SNP_LAUNCH_START",	\
		"attribute KVM_X86_SNP_POLICY_BITS offers what firmware has")			\
	REQUIREMENT(MACHINE_FEATURES, "MACHINE-FEATURES", DOC_SEV_RST, "KVM_SEV_INIT2",		\
		"attribute KVM_X86_SEV_VMSA_FEATURES offers what the CPU has")			\
	REQUIREMENT(TDX_KEYIDS, "TDX-KEYIDS", DOC_TDX_C, "tdx_guest_keyid_alloc()",		\
		"KVM_TDX_INIT_VM of one more TD than there are KeyIDs is ENOSPC, and a TD that is "	\
		"closed gives its own to the next")

#endif
