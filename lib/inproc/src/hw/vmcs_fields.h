/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual machine control structure: encodings of fields, and their bits (Intel SDM volume
 * 3, "Virtual Machine Control Structures", appendices B and C).
 */
#ifndef INPROC_SRC_VMCS_FIELDS_H
#define INPROC_SRC_VMCS_FIELDS_H

#include <stdint.h>

#include "src/image/vmcs.h"

enum {
	/* Of a segment, by its number: ES, CS, SS, DS, FS, GS, LDTR, TR. */
	VMCS_SELECTOR = 0x800, VMCS_LIMIT = 0x4800, VMCS_RIGHTS = 0x4814, VMCS_BASE = 0x6806,
	VMCS_INTR_STATUS = 0x810,
	VMCS_MSR_BITMAP = 0x2004, VMCS_EXIT_STORE = 0x2006, VMCS_EXIT_LOAD = 0x2008,
	VMCS_ENTRY_LOAD = 0x200a, VMCS_TSC_OFFSET = 0x2010, VMCS_APIC_PAGE = 0x2012,
	VMCS_POSTED = 0x2016, VMCS_EPTP = 0x201a,
	VMCS_EOI_EXITS = 0x201c, VMCS_GPA = 0x2400, VMCS_PAT = 0x2804,
	VMCS_EFER = 0x2806,
	VMCS_PIN = 0x4000, VMCS_CPU = 0x4002, VMCS_EXCEPTIONS = 0x4004, VMCS_PF_MASK = 0x4006,
	VMCS_PF_MATCH = 0x4008, VMCS_EXIT_STORE_NR = 0x400e, VMCS_EXIT_LOAD_NR = 0x4010,
	VMCS_ENTRY = 0x4012, VMCS_ENTRY_LOAD_NR = 0x4014, VMCS_EVENT = 0x4016,
	VMCS_EVENT_ERROR = 0x4018, VMCS_EVENT_LEN = 0x401a, VMCS_TPR_THRESHOLD = 0x401c,
	VMCS_CPU2 = 0x401e,
	VMCS_REASON = 0x4402, VMCS_INTR_INFO = 0x4404, VMCS_INTR_ERROR = 0x4406,
	VMCS_VECTORING = 0x4408, VMCS_VECTORING_ERROR = 0x440a, VMCS_INSN_LEN = 0x440c,
	VMCS_INSN_INFO = 0x440e,
	VMCS_GDTR_LIMIT = 0x4810, VMCS_IDTR_LIMIT = 0x4812, VMCS_BLOCKING = 0x4824,
	VMCS_SYSENTER_CS = 0x482a,
	VMCS_CR0_MASK = 0x6000, VMCS_CR4_MASK = 0x6002, VMCS_CR0_SHADOW = 0x6004,
	VMCS_CR4_SHADOW = 0x6006, VMCS_QUALIFICATION = 0x6400,
	VMCS_CR0 = 0x6800, VMCS_CR3 = 0x6802, VMCS_CR4 = 0x6804, VMCS_GDTR_BASE = 0x6816,
	VMCS_IDTR_BASE = 0x6818, VMCS_RSP = 0x681c, VMCS_RIP = 0x681e, VMCS_RFLAGS = 0x6820,
	VMCS_SYSENTER_ESP = 0x6824, VMCS_SYSENTER_EIP = 0x6826,
};

#define PIN_TIMER		(1u << 6)
#define PIN_POSTED		(1u << 7)

#define CPU_INTR_WINDOW		(1u << 2)
#define CPU_TSC_OFFSET		(1u << 3)
#define CPU_TPR_SHADOW		(1u << 21)
#define CPU_NMI_WINDOW		(1u << 22)
#define CPU_MTF			(1u << 27)
#define CPU_MSR_BITMAPS		(1u << 28)
#define CPU_SECONDARY		(1u << 31)

#define CPU2_X2APIC		(1u << 4)
#define CPU2_APIC_REGISTERS	(1u << 8)
#define CPU2_INTR_DELIVERY	(1u << 9)

#define ENTRY_IA32E		(1u << 9)
#define ENTRY_EFER		(1u << 15)

/* Segments' rights */
#define RIGHTS_UNUSABLE		(1u << 16)

/* VMCS_BLOCKING */
#define BLOCKING_STI		(1u << 0)
#define BLOCKING_MOV_SS		(1u << 1)
#define BLOCKING_NMI		(1u << 3)

enum vmx_reason {
	VMX_EXCEPTION = 0, VMX_INTR = 1, VMX_TRIPLE_FAULT = 2, VMX_INTR_WINDOW = 7,
	VMX_NMI_WINDOW = 8, VMX_CPUID = 10, VMX_GETSEC = 11, VMX_HLT = 12, VMX_INVD = 13,
	VMX_RDPMC = 15, VMX_VMCALL = 18, VMX_VMCLEAR = 19, VMX_VMLAUNCH = 20, VMX_VMPTRLD = 21,
	VMX_VMPTRST = 22, VMX_VMREAD = 23, VMX_VMRESUME = 24, VMX_VMWRITE = 25, VMX_VMXOFF = 26,
	VMX_VMXON = 27, VMX_CR = 28, VMX_IO = 30, VMX_RDMSR = 31, VMX_WRMSR = 32, VMX_MWAIT = 36,
	VMX_MTF = 37, VMX_MONITOR = 39, VMX_TPR = 43,
	VMX_EOI = 45, VMX_EPT_VIOLATION = 48,
	VMX_EPT_MISCONFIG = 49, VMX_INVEPT = 50, VMX_INVVPID = 53, VMX_WBINVD = 54,
	VMX_XSETBV = 55, VMX_INVPCID = 58,
};

/* Nobody writes to more fields than there is room for: VMWRITE would have said so. */
static inline uint64_t vmcs_get(struct image_vmcs *vmcs, unsigned int field)
{
	const unsigned long long *at = image_vmcs_field(vmcs, field);

	return at ? *at : 0;
}

static inline void vmcs_set(struct image_vmcs *vmcs, unsigned int field, uint64_t value)
{
	unsigned long long *at = image_vmcs_field(vmcs, field);

	if (at)
		*at = value;
}

#endif
