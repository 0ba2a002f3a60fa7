/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: what a TD's launch gives to the TDX module.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_TDX_LAUNCH_H
#define REQUIREMENTS_TDX_LAUNCH_H

#define REQUIREMENTS_TDX_LAUNCH(REQUIREMENT)							\
	/* measurement */									\
	REQUIREMENT(TDX_MRTD, "TDX-MRTD", DOC_TDX_ABI, "TD Measurement",			\
		"MRTD is that of the pages of KVM_TDX_INIT_MEM_REGION, in their order, each at its "	\
		"GPA and with its bytes")							\
	REQUIREMENT(TDX_MEASURED, "TDX-MEASURED", DOC_TDX, "KVM_TDX_INIT_MEM_REGION",		\
		"of a region with KVM_TDX_MEASURE_MEMORY_REGION each byte is measured, once, and of "	\
		"one without none")								\
	REQUIREMENT(TDX_REPORT, "TDX-REPORT", DOC_TDX_ABI, "TDG.MR.REPORT",			\
		"a TD's report has the attributes, XFAM, MRCONFIGID, MROWNER and MROWNERCONFIG that "	\
		"the VMM gave, MRTD, RTMRs as the guest has extended them, and the guest's REPORTDATA")	\
	REQUIREMENT(TDX_CACHE, "TDX-CACHE", DOC_TDX_ABI, "CLFLUSH_BEFORE_ALLOC",			\
		"what caches have of a page is written back before the TDX module gets it")	\
	/* the states of a TD */								\
	REQUIREMENT(TDX_STATES, "TDX-STATES", DOC_TDX, "KVM TDX creation flow",			\
		"each command is taken in the states of a TD that it is for, and refused in all others")	\
	REQUIREMENT(TDX_STATES_KEPT, "TDX-STATES-KEPT", DOC_TDX, "KVM TDX creation flow",	\
		"what is refused changes nothing: the launch goes on, to the same MRTD")	\
	/* what is not of KVM_MEMORY_ENCRYPT_OP */						\
	REQUIREMENT(TDX_PROTECTED, "TDX-PROTECTED", DOC_TDX_ABI, "TDVPS",			\
		"what a VMM asks of registers that a TD keeps to itself is EINVAL, from the first moment "	\
		"of a vCPU on, and nothing is written to the VMM")				\
	REQUIREMENT(TDX_TSC_FIXED, "TDX-TSC-FIXED", DOC_API, "KVM_SET_TSC_KHZ",			\
		"the TSC frequency of a TD's vCPU cannot be set, and reads as the VM's")	\
	REQUIREMENT(TDX_TSC_LATE, "TDX-TSC-LATE", DOC_API, "KVM_SET_TSC_KHZ",			\
		"after KVM_TDX_INIT_VM, which gives the TD its TSC frequency, KVM_SET_TSC_KHZ of the VM "	\
		"does not make KVM believe in another")						\
	REQUIREMENT(TDX_TSC_OFFSET, "TDX-TSC-OFFSET", DOC_API, "KVM_GET_DEVICE_ATTR",		\
		"KVM_VCPU_TSC_OFFSET of a TD's vCPU is what the TDX module adds to the host's TSC")	\
	REQUIREMENT(TDX_EXTINT, "TDX-EXTINT", DOC_API, "KVM_INTERRUPT",				\
		"KVM_INTERRUPT of a TD's vCPU fails, or the TD gets the interrupt")		\
	REQUIREMENT(TDX_MOVES, "TDX-MOVES", DOC_TDX_ABI, "TDH.VP.FLUSH",			\
		"a vCPU goes on on another CPU: the one that had it gives it up before")	\
	REQUIREMENT(TDX_CPU_GONE, "TDX-CPU-GONE", DOC_TDX_ABI, "TDH.VP.FLUSH",			\
		"a CPU gives up the vCPUs that it ran last before it goes offline, and can run "	\
		"them when it is back")								\
	REQUIREMENT(KERNEL_VMX_LEFT, "KERNEL-VMX-LEFT", "Intel SDM 3", "INIT in VMX Operation",	\
		"a CPU leaves VMX operation before it goes offline, or it could not come back")	\
	REQUIREMENT(TDX_PACKAGE, "TDX-PACKAGE", DOC_TDX_ABI, "TDH.PHYMEM.CACHE.WB",		\
		"as long as there is a TD the last CPU of a package does not go offline (EBUSY), " \
		"since each package has to give back its KeyID")				\
	REQUIREMENT(TDX_NESTED, "TDX-NESTED", DOC_API, "KVM_SET_NESTED_STATE",			\
		"a TD has no VMX: its vCPU takes no state of a nested hypervisor, and runs on")	\
	REQUIREMENT(TDX_OTHERS_CMD, "TDX-OTHERS-CMD", DOC_API, "KVM_MEMORY_ENCRYPT_REG_REGION",	\
		"encrypted regions, moving and copying are SEV's: for a TD they fail, either way round")	\
	REQUIREMENT(TDX_SLOT, "TDX-SLOT", DOC_API, "KVM_SET_USER_MEMORY_REGION2",		\
		"a TD's slots are neither read-only nor logged where they have private memory, and of "	\
		"address space 0 alone")							\
	REQUIREMENT(TDX_SERVED, "TDX-SERVED", DOC_API, "KVM_SET_CLOCK",				\
		"clock, MP state and events of a TD can be read and written, and it goes on")	\
	REQUIREMENT(TDX_IOEVENTFD, "TDX-IOEVENTFD", DOC_API, "KVM_IOEVENTFD",			\
		"a TD's write to the address of an eventfd, with its length and value or any for "	\
		"length 0, signals it once, without an exit")					\
	REQUIREMENT(TDX_MCE, "TDX-MCE", DOC_API, "KVM_X86_SETUP_MCE",				\
		"a TD's vCPU has the machine checks that the VMM gave it: LMCE is told of in "		\
		"IA32_FEATURE_CONTROL, and IA32_MCG_EXT_CTL takes its bit and no other")		\
	REQUIREMENT(TDX_APIC_BASE, "TDX-APIC-BASE", DOC_TDX, "KVM_TDX_INIT_VCPU",		\
		"the local APICs of a TD are in x2APIC mode, and that of vCPU 0 is the boot CPU's")	\
	REQUIREMENT(TDX_IRQCHIP, "TDX-IRQCHIP", DOC_TDX_C, "tdx_vcpu_create()",			\
		"a TD's irqchip is a split one: KVM_CREATE_VCPU without one, or with all of it in "	\
		"the kernel, is EINVAL")							\
	REQUIREMENT(TDX_NO_IRQCHIP, "TDX-NO-IRQCHIP", DOC_TDX_C, "tdx_vm_init()",		\
		"KVM_CREATE_IRQCHIP of a TD, of whose EOIs KVM sees none, is ENOTTY")		\
	REQUIREMENT(TDX_GET_CPUID, "TDX-GET-CPUID", DOC_TDX, "KVM_TDX_GET_CPUID",		\
		"each entry has its function and index, and KVM_CPUID_FLAG_SIGNIFCANT_INDEX where "	\
		"there are several of a function")						\
	REQUIREMENT(TDX_GET_CPUID_VALUES, "TDX-GET-CPUID-VALUES", DOC_TDX, "KVM_TDX_GET_CPUID",	\
		"KVM_TDX_GET_CPUID gives the TD's values, up to the highest leaves: of what may be "	\
		"chosen those of KVM_TDX_INIT_VM, and the address width")				\
	REQUIREMENT(TDX_PREFAULT_SHARED, "TDX-PREFAULT-SHARED", DOC_API, "KVM_PRE_FAULT_MEMORY",	\
		"a page that a TD shares is mapped beforehand without the TDX module")		\
	REQUIREMENT(TDX_CAPS, "TDX-CAPS", DOC_TDX, "KVM_TDX_CAPABILITIES",			\
		"CPUID entries of KVM_TDX_CAPABILITIES are of one leaf and subleaf each, and nothing "	\
		"that a TD may not have, TSX and WAITPKG, is among them")			\
	REQUIREMENT(TDX_CAPS_BITS, "TDX-CAPS-BITS", DOC_TDX, "KVM_TDX_CAPABILITIES",		\
		"KVM_TDX_CAPABILITIES has each CPUID bit that the TDX module lets a VMM choose, but for "	\
		"those of TSX and WAITPKG, and KVM_TDX_INIT_VM takes no other")				\
	REQUIREMENT(TDX_CAPS_XFAM, "TDX-CAPS-XFAM", DOC_TDX, "KVM_TDX_CAPABILITIES",		\
		"supported_xfam has x87, SSE, and no feature but those of KVM_GET_SUPPORTED_CPUID")	\
	REQUIREMENT(TDX_VCPU_IDS, "TDX-VCPU-IDS", DOC_API, "KVM_CREATE_VCPU",			\
		"a TD can have as many vCPUs as KVM_CAP_MAX_VCPUS says, of any IDs below "	\
		"KVM_CAP_MAX_VCPU_ID; each runs, and its x2APIC ID is its ID")			\
	/* TD_PARAMS */										\
	REQUIREMENT(TDX_PARAMS_IDS, "TDX-PARAMS-IDS", DOC_TDX, "KVM_TDX_INIT_VM",		\
		"mrconfigid, mrowner and mrownerconfig reach the TDX module as they are")	\
	REQUIREMENT(TDX_PARAMS_FEATURES, "TDX-PARAMS-FEATURES", DOC_TDX, "KVM_TDX_INIT_VM",	\
		"attributes and xfam reach the TDX module with the bits that it wants to be 1")	\
	REQUIREMENT(TDX_PARAMS_REFUSED, "TDX-PARAMS-REFUSED", DOC_TDX, "KVM_TDX_INIT_VM",	\
		"attributes and xfam that KVM_TDX_CAPABILITIES does not have are EINVAL, each bit")	\
	REQUIREMENT(TDX_PARAMS_VCPUS, "TDX-PARAMS-VCPUS", DOC_API, "KVM_CAP_MAX_VCPUS",		\
		"the TDX module is told of as many vCPUs, at most, as KVM_CAP_MAX_VCPUS says")	\
	REQUIREMENT(TDX_PARAMS_WIDTH, "TDX-PARAMS-WIDTH", DOC_TDX, "KVM_TDX_INIT_VM",		\
		"CPUID 0x80000008 EAX[23:16] of 48 or 52 picks the levels of the EPT and the shared "	\
		"bit, and any other value is EINVAL")						\
	REQUIREMENT(TDX_PARAMS_TSC, "TDX-PARAMS-TSC", DOC_API, "KVM_SET_TSC_KHZ",		\
		"a TD's TSC frequency is the VM's, in units of 25 MHz, and one that the TDX module "	\
		"does not have is refused")							\
	REQUIREMENT(TDX_PARAMS_CPUID, "TDX-PARAMS-CPUID", DOC_TDX, "KVM_TDX_INIT_VM",		\
		"the VMM's CPUID entries reach the TDX module, in its order, and those not given are 0")	\
	REQUIREMENT(TDX_PARAMS_CPUID_BAD, "TDX-PARAMS-CPUID-BAD", DOC_TDX, "KVM_TDX_INIT_VM",	\
		"a CPUID leaf or bit that KVM_TDX_CAPABILITIES does not have is EINVAL")	\
	REQUIREMENT(TDX_PARAMS_ZERO, "TDX-PARAMS-ZERO", DOC_TDX_ABI, "TD_PARAMS",		\
		"reserved fields are 0 in what the TDX module gets, and EINVAL in what KVM gets")	\
	REQUIREMENT(TDX_PARAMS_AGAIN, "TDX-PARAMS-AGAIN", DOC_TDX, "KVM_TDX_INIT_VM",		\
		"after a KVM_TDX_INIT_VM that was refused another one initializes the TD")	\
	REQUIREMENT(TDX_HW_ERROR, "TDX-HW-ERROR", DOC_TDX, "API description",			\
		"hw_error says which operand the TDX module refused, and is 0 where KVM refused")

#endif
