/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEAMCALL: leaves of the TDX module's host side, and the statuses that it gives.
 * Source: "Intel TDX Module ABI", SEAMCALL leaves and "Function Completion Status Codes".
 */
#ifndef SEAMCALL_H
#define SEAMCALL_H

#define TDH_VP_ENTER			0
#define TDH_MNG_ADDCX			1
#define TDH_MEM_PAGE_ADD		2
#define TDH_MEM_SEPT_ADD		3
#define TDH_VP_ADDCX			4
#define TDH_MEM_PAGE_AUG		6
#define TDH_MEM_RANGE_BLOCK		7
#define TDH_MNG_KEY_CONFIG		8
#define TDH_MNG_CREATE			9
#define TDH_VP_CREATE			10
#define TDH_MNG_RD			11
#define TDH_MR_EXTEND			16
#define TDH_MR_FINALIZE			17
#define TDH_VP_FLUSH			18
#define TDH_MNG_VPFLUSHDONE		19
#define TDH_MNG_KEY_FREEID		20
#define TDH_MNG_INIT			21
#define TDH_VP_INIT			22
#define TDH_PHYMEM_PAGE_RECLAIM		28
#define TDH_MEM_PAGE_REMOVE		29
#define TDH_MEM_TRACK			38
#define TDH_PHYMEM_CACHE_WB		40
#define TDH_PHYMEM_PAGE_WBINVD		41
#define TDH_VP_WR			43

#define SEAMCALL_NON_RECOVERABLE_VCPU	0x4000000100000000ull
#define SEAMCALL_NON_RECOVERABLE_TD	0x4000000200000000ull
#define SEAMCALL_NON_RECOVERABLE_TD_NON_ACCESSIBLE	0x6000000500000000ull
#define SEAMCALL_NON_RECOVERABLE_TD_WRONG_APIC_MODE	0x6000000700000000ull
#define SEAMCALL_INTERRUPTED_RESUMABLE	0x8000000300000000ull
#define SEAMCALL_OPERAND_BUSY		0x8000020000000000ull	/* bits 31:0: which operand */
#define SEAMCALL_RND_NO_ENTROPY		0x8000020300000000ull
#define SEAMCALL_PAGE_METADATA_INCORRECT	0xc000030000000000ull
#define SEAMCALL_TD_FATAL		0xe000060400000000ull
#define SEAMCALL_KEY_GENERATION_FAILED	0x8000080000000000ull
#define SEAMCALL_OPERAND_INVALID	0xc000010000000000ull
/* Linux' own: the instruction failed.  Bits 31:0: the exception, or that there is no module. */
#define SEAMCALL_SW_ERROR		0x8000ff0000000000ull

/* A status that has a VMX exit reason in bits 31:0: Intel SDM volume 3, "Basic VM-Exit Information" */
#define TD_EXIT_EXCEPTION_NMI		0u
#define TD_EXIT_EXTERNAL_INTERRUPT	1u
#define TD_EXIT_TRIPLE_FAULT		2u
#define TD_EXIT_OTHER_SMI		6u
#define TD_EXIT_CPUID			10u
#define TD_EXIT_HLT			12u
#define TD_EXIT_IO			30u
#define TD_EXIT_BAD_STATE		33u
#define TD_EXIT_MACHINE_CHECK		41u
#define TD_EXIT_EPT_VIOLATION		48u
#define TD_EXIT_EPT_MISCONFIG		49u
#define TD_EXIT_BUS_LOCK		74u
#define TD_EXIT_NOTIFY			75u
#define TD_EXIT_TDCALL			77u
#define TD_EXIT_FAILED_ENTRY		(1u << 31)

/* Its R9, "VM-Exit Interruption Information" */
#define TD_INTR_EXTERNAL(vector)	(0x80000000u | (vector))
#define TD_INTR_NMI			0x80000202u
#define TD_INTR_EXCEPTION(vector)	(0x80000300u | (vector))

#define SEAMCALL_OPERAND_TDR		0x80
#define SEAMCALL_OPERAND_SEPT		0x92
#define SEAMCALL_OPERAND_TD_EPOCH	0xa9
#define SEAMCALL_OPERAND_ATTRIBUTES	0x40

#endif
