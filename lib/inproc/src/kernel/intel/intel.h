/* SPDX-License-Identifier: GPL-2.0-only */
/* The Intel CPU under test: what its parts share, and what TDX builds on. */
#ifndef INPROC_INTEL_H
#define INPROC_INTEL_H

#include <linux/types.h>

#include "glue.h"

/*
 * KeyIDs of the machine: 0 is the host's, the others are TDX's; they are the physical address'
 * bits above those of memory.
 */
#define GLUE_KEYID_BITS		5
#define GLUE_NR_KEYIDS		(1U << GLUE_KEYID_BITS)

/* CPUs are in packages in turns. */
#define GLUE_NR_PACKAGES	2

/* IA32_VMX_BASIC[30:0]: what the first word of a VMXON region or VMCS has to be. */
#define GLUE_VMCS_REVISION	0x1cULL

/* RFLAGS of the instruction. */
enum glue_vmx_status {
	GLUE_VMX_SUCCEED,
	GLUE_VMX_FAIL_INVALID,		/* there is no current VMCS */
	/* VMfailValid: VM-instruction error numbers */
	GLUE_VMX_CLEAR_INVALID		= 2,
	GLUE_VMX_CLEAR_VMXON		= 3,
	GLUE_VMX_LAUNCH_NOT_CLEAR	= 4,
	GLUE_VMX_RESUME_NOT_LAUNCHED	= 5,
	GLUE_VMX_ENTRY_CONTROLS		= 7,
	GLUE_VMX_ENTRY_HOST_STATE	= 8,
	GLUE_VMX_PTRLD_INVALID		= 9,
	GLUE_VMX_PTRLD_VMXON		= 10,
	GLUE_VMX_PTRLD_REVISION		= 11,
	GLUE_VMX_NO_FIELD		= 12,
	GLUE_VMX_READ_ONLY_FIELD	= 13,
	GLUE_VMX_IN_ROOT		= 15,
	GLUE_VMX_INVALID_INV		= 28,
};

/* vmx.c: VMX operation of this CPU; VMXON and its kin */
bool glue_vmx_on(void);
enum glue_vmx_status glue_vmxon(u64 pa);
enum glue_vmx_status glue_vmxoff(void);
enum glue_vmx_status glue_vmclear(u64 pa);
enum glue_vmx_status glue_vmptrld(u64 pa);
u64 glue_vmptrst(void);
/* Where there is a current VMCS, it hears of errors. */
enum glue_vmx_status glue_vmx_fail(enum glue_vmx_status status);

/* The current VMCS, or NULL. */
struct image_vmcs *glue_vmcs(void);
/* RFLAGS after that */
unsigned long glue_vmx_flags(enum glue_vmx_status status);

/* What TDX adds, where the tree has it: tdx/tdr.c */
struct glue_tdr;
/* Nothing is left of the shared mappings of @tdr, or of all TDs with NULL. */
void glue_tds_flush_shared(struct glue_tdr *tdr) __weak;

/* insn.c: CR2 of this CPU */
unsigned long long *glue_cr2(void);

/* x86.c of linux/ */
unsigned long glue_cr4(void);

#endif
