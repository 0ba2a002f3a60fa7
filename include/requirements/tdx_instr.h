/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: TDVMCALLs in place of an instruction.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_TDX_INSTR_H
#define REQUIREMENTS_TDX_INSTR_H

#define DOC_GHCI_IO	"TDG.VP.VMCALL<Instruction.IO>"
#define DOC_GHCI_MMIO	"TDG.VP.VMCALL<#VE.RequestMMIO>"
#define DOC_GHCI_MSR	"TDG.VP.VMCALL<Instruction.RDMSR>, <Instruction.WRMSR>"
#define DOC_GHCI_CPUID	"TDG.VP.VMCALL<Instruction.CPUID>"
#define DOC_GHCI_HLT	"TDG.VP.VMCALL<Instruction.HLT>"

#define REQUIREMENTS_TDX_INSTR(REQUIREMENT)							\
	/* Instruction.IO */									\
	REQUIREMENT(TDX_IO_OUT, "TDX-IO-OUT", DOC_GHCI, DOC_GHCI_IO,				\
		"a write exits to the VMM as KVM_EXIT_IO, one element of R12 bytes of R15, port R14")	\
	REQUIREMENT(TDX_IO_IN, "TDX-IO-IN", DOC_GHCI, DOC_GHCI_IO,				\
		"a read exits likewise; the guest finds the VMM's R12 bytes in R11, and zeroes above")	\
	REQUIREMENT(TDX_IO_IGNORED, "TDX-IO-IGNORED", DOC_API, "KVM_EXIT_IO",			\
		"a read that the VMM ignores gives 0, not what was there before")		\
	REQUIREMENT(TDX_IO_FIELDS, "TDX-IO-FIELDS", DOC_API, "KVM_EXIT_IO",			\
		"what is completed is the guest's access, whatever the VMM writes to kvm_run.io")	\
	REQUIREMENT(TDX_IO_SIZE, "TDX-IO-SIZE", DOC_GHCI, DOC_GHCI_IO,				\
		"a size other than 1, 2 and 4 answers INVALID_OPERAND, without an exit")	\
	REQUIREMENT(TDX_IO_DIRECTION, "TDX-IO-DIRECTION", DOC_GHCI, DOC_GHCI_IO,		\
		"R13 other than 0 and 1 answers INVALID_OPERAND, without an exit")		\
	REQUIREMENT(TDX_IO_PORT, "TDX-IO-PORT", DOC_GHCI, DOC_GHCI_IO,				\
		"a port of more than 16 bits answers INVALID_OPERAND, without an exit")		\
	/* #VE.RequestMMIO */									\
	REQUIREMENT(TDX_MMIO_WRITE, "TDX-MMIO-WRITE", DOC_GHCI, DOC_GHCI_MMIO,			\
		"a write exits to the VMM as KVM_EXIT_MMIO with R12 bytes of R15")		\
	REQUIREMENT(TDX_MMIO_READ, "TDX-MMIO-READ", DOC_GHCI, DOC_GHCI_MMIO,			\
		"a read exits likewise; the guest finds the VMM's R12 bytes in R11, and zeroes above")	\
	REQUIREMENT(TDX_MMIO_GPA, "TDX-MMIO-GPA", DOC_API, "KVM_EXIT_MMIO",			\
		"phys_addr is R14 without the shared bit")					\
	REQUIREMENT(TDX_MMIO_MEMORY, "TDX-MMIO-MEMORY", DOC_GHCI, DOC_GHCI_MMIO,		\
		"an access to a GPA that has memory is the VMM's, too, and leaves the memory alone")	\
	REQUIREMENT(TDX_MMIO_FIELDS, "TDX-MMIO-FIELDS", DOC_API, "KVM_EXIT_MMIO",		\
		"what is completed is the guest's access, whatever the VMM writes to kvm_run.mmio")	\
	REQUIREMENT(TDX_MMIO_SIZE, "TDX-MMIO-SIZE", DOC_GHCI, DOC_GHCI_MMIO,			\
		"a size other than 1, 2, 4 and 8 answers INVALID_OPERAND, without an exit")	\
	REQUIREMENT(TDX_MMIO_DIRECTION, "TDX-MMIO-DIRECTION", DOC_GHCI, DOC_GHCI_MMIO,		\
		"R13 other than 0 and 1 answers INVALID_OPERAND, without an exit")		\
	REQUIREMENT(TDX_MMIO_64_BITS, "TDX-MMIO-64-BITS", DOC_GHCI, DOC_GHCI_MMIO,		\
		"so does a size or direction with one of bits 63:32 set")			\
	REQUIREMENT(TDX_MMIO_PRIVATE, "TDX-MMIO-PRIVATE", DOC_GHCI, DOC_GHCI_MMIO,		\
		"a private GPA answers INVALID_OPERAND, without an exit")			\
	REQUIREMENT(TDX_MMIO_BOTH, "TDX-MMIO-BOTH", DOC_GHCI, DOC_GHCI_MMIO,			\
		"so does an access whose first or last byte is not shared")			\
	REQUIREMENT(TDX_MMIO_WIDTH, "TDX-MMIO-WIDTH", DOC_GHCI, DOC_GHCI_MMIO,			\
		"so does a GPA beyond the TD's address width")		\
	/* Instruction.RDMSR, Instruction.WRMSR */						\
	REQUIREMENT(TDX_MSR, "TDX-MSR", DOC_GHCI, DOC_GHCI_MSR,					\
		"an MSR that KVM serves: R12 is the MSR; a read gives R11, a write takes R13")	\
	REQUIREMENT(TDX_MSR_REFUSED, "TDX-MSR-REFUSED", DOC_GHCI, DOC_GHCI_MSR,			\
		"others answer INVALID_OPERAND, and without KVM_CAP_X86_USER_SPACE_MSR no exit")	\
	REQUIREMENT(TDX_MSR_FILTER, "TDX-MSR-FILTER", DOC_API, "KVM_X86_SET_MSR_FILTER",	\
		"accesses that the VMM denies answer INVALID_OPERAND, others are served")	\
	REQUIREMENT(TDX_MSR_EXIT, "TDX-MSR-EXIT", DOC_API, "KVM_EXIT_X86_RDMSR",		\
		"an access with a reason that is enabled exits to the VMM, which gives data or an error")	\
	REQUIREMENT(TDX_MSR_UNKNOWN, "TDX-MSR-UNKNOWN", DOC_API, "KVM_EXIT_X86_RDMSR",		\
		"an MSR that is unknown to KVM exits for KVM_MSR_EXIT_REASON_UNKNOWN")		\
	/* Instruction.CPUID */									\
	REQUIREMENT(TDX_CPUID, "TDX-CPUID", DOC_GHCI, DOC_GHCI_CPUID,				\
		"R12 to R15 are EAX to EDX of leaf R12, subleaf R13, as KVM_SET_CPUID2 has set them")	\
	REQUIREMENT(TDX_CPUID_NONE, "TDX-CPUID-NONE", DOC_GHCI, DOC_GHCI_CPUID,			\
		"a subleaf that is not set is zeroes")						\
	/* KVM_HC_MAP_GPA_RANGE by TDG.VP.VMCALL */						\
	REQUIREMENT(TDX_HC_MAP, "TDX-HC-MAP", DOC_HC, "KVM_HC_MAP_GPA_RANGE",			\
		"R10 = 12 exits to the VMM once, with R11 to R13 as they are")			\
	REQUIREMENT(TDX_HC_ANSWER, "TDX-HC-ANSWER", DOC_API, "KVM_EXIT_HYPERCALL",		\
		"the guest finds the VMM's ret in R10, all 64 bits")				\
	REQUIREMENT(TDX_HC_MAP_BAD, "TDX-HC-MAP-BAD", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"a GPA that is not page aligned, no pages, or a wrap give -KVM_EINVAL, without an exit")	\
	REQUIREMENT(TDX_HC_MAP_OFF, "TDX-HC-MAP-OFF", DOC_HC, "KVM_HC_MAP_GPA_RANGE",		\
		"without KVM_CAP_EXIT_HYPERCALL it is no hypercall: -KVM_ENOSYS")		\
	/* Instruction.HLT */									\
	REQUIREMENT(TDX_HLT, "TDX-HLT", DOC_GHCI, DOC_GHCI_HLT,					\
		"the vCPU waits in KVM until it has an interrupt; then it goes on, with SUCCESS")	\
	REQUIREMENT(TDX_HLT_SIGNAL, "TDX-HLT-SIGNAL", DOC_API, "KVM_RUN",			\
		"a signal ends a halted vCPU's KVM_RUN with EINTR, and the next one goes on waiting")	\
	REQUIREMENT(TDX_HLT_BLOCKED, "TDX-HLT-BLOCKED", DOC_GHCI, DOC_GHCI_HLT,			\
		"no interrupt wakes it where R12 says that they are blocked, and no other vCPU's")		\
	REQUIREMENT(TDX_MSR_ICR, "TDX-MSR-ICR", DOC_GHCI, DOC_GHCI_MSR,				\
		"a write to the x2APIC's ICR sends the interrupt to whom it is for, and nobody else")

#endif
