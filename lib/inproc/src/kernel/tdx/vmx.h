/* SPDX-License-Identifier: GPL-2.0-only */
/* VMX operation of the CPUs, see vmx.c. */
#ifndef INPROC_VMX_H
#define INPROC_VMX_H

#include <linux/types.h>

/* IA32_VMX_BASIC[30:0]: what the first word of a VMXON region or VMCS has to be. */
#define GLUE_VMCS_REVISION	0x1cULL

/* RFLAGS of the instruction. */
enum glue_vmx_status {
	GLUE_VMX_SUCCEED,
	GLUE_VMX_FAIL_INVALID,		/* there is no current VMCS */
	/* VMfailValid: VM-instruction error numbers */
	GLUE_VMX_CLEAR_INVALID		= 2,
	GLUE_VMX_CLEAR_VMXON		= 3,
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
enum glue_vmx_status glue_vmread(u64 field, u64 *value);
enum glue_vmx_status glue_vmwrite(u64 field, u64 value);
/* Where there is a current VMCS, it hears of errors. */
enum glue_vmx_status glue_vmx_fail(enum glue_vmx_status status);

/* x86.c of linux/ */
unsigned long glue_cr4(void);

#endif
