/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDCALL and TDG.VP.VMCALL: numbers of the interface between a TD, the TDX module and
 * the VMM.
 * Source: "Intel TDX Module ABI" (TDCALL, TDG.*); "Intel TDX GHCI 1.5" (TDG.VP.VMCALL
 * leaves and status codes).
 */
#ifndef TDX_GHCI_H
#define TDX_GHCI_H

/* ---- TDCALL leaves, in RAX ---- */

#define TDG_VP_VMCALL		0
#define TDG_VP_INFO		1
#define TDG_MR_RTMR_EXTEND	2
#define TDG_MR_REPORT		4
#define TDG_MEM_PAGE_ACCEPT	6
#define TDG_MR_VERIFYREPORT	22

/* RAX of an answered TDCALL; of OPERAND_INVALID bits 31:0 say which operand. */
#define TDX_SUCCESS		0ull
#define TDX_OPERAND_INVALID	0xc000010000000000ull
#define TDX_PAGE_ALREADY_ACCEPTED	0x00000b0a00000000ull
#define TDX_PAGE_SIZE_MISMATCH	0xc0000b0b00000000ull
#define TDX_INVALID_CPUSVN	0xc000100000000000ull
#define TDX_INVALID_REPORTMACSTRUCT	0xc000100100000000ull
/* Without the operand. */
#define TDX_STATUS(rax)		((rax) & ~0xffffffffull)
#define TDX_OPERAND_ID_RAX	0
#define TDX_OPERAND_ID_RCX	1
#define TDX_OPERAND_ID_RDX	2
#define TDX_OPERAND_ID_R8	8

/* ---- general purpose registers by number: bits of RCX of TDG.VP.VMCALL ---- */

enum td_gpr {
	TD_RAX, TD_RCX, TD_RDX, TD_RBX, TD_RSP, TD_RBP, TD_RSI, TD_RDI,
	TD_R8, TD_R9, TD_R10, TD_R11, TD_R12, TD_R13, TD_R14, TD_R15,
	TD_NR_GPRS
};

/* The registers that every standard leaf has: R10 to R15. */
#define TD_PASS_STANDARD	0xfc00ull
/* All that can be passed but RBP, which new TDX modules refuse. */
#define TD_PASS_ALL		0xffccull

/* ---- TDG.VP.VMCALL: R10 = 0, leaf in R11 ---- */

#define GHCI_INSTRUCTION_CPUID	10
#define GHCI_INSTRUCTION_HLT	12
#define GHCI_INSTRUCTION_IO	30
#define GHCI_INSTRUCTION_RDMSR	31
#define GHCI_INSTRUCTION_WRMSR	32
#define GHCI_VE_REQUEST_MMIO	48
#define GHCI_GET_TD_VM_CALL_INFO	0x10000
#define GHCI_MAP_GPA		0x10001
#define GHCI_GET_QUOTE		0x10002
#define GHCI_REPORT_FATAL_ERROR	0x10003
#define GHCI_SETUP_EVENT_NOTIFY	0x10004

/* R13 of Instruction.IO */
#define GHCI_IO_READ		0
#define GHCI_IO_WRITE		1

/* R13 of #VE.RequestMMIO */
#define GHCI_MMIO_READ		0
#define GHCI_MMIO_WRITE		1

/* Status, in R10 of the answer */
#define GHCI_SUCCESS		0ull
#define GHCI_RETRY		1ull
#define GHCI_INVALID_OPERAND	0x8000000000000000ull
#define GHCI_GPA_INUSE		0x8000000000000001ull
#define GHCI_ALIGN_ERROR	0x8000000000000002ull
#define GHCI_SUBFUNC_UNSUPPORTED	0x8000000000000003ull

/* ---- the buffer of GetQuote ---- */

struct ghci_quote_header {
	unsigned long long version;	/* 1 */
	unsigned long long status;	/* GHCI_QUOTE_* */
	unsigned int in_len;		/* bytes of data from the guest */
	unsigned int out_len;		/* bytes of data for the guest */
	unsigned char data[];
};

#define GHCI_QUOTE_VERSION	1ull
#define GHCI_QUOTE_SUCCESS	0ull
#define GHCI_QUOTE_IN_FLIGHT	0xffffffffffffffffull
#define GHCI_QUOTE_ERROR	0x8000000000000000ull
#define GHCI_QUOTE_UNAVAILABLE	0x8000000000000001ull

#endif
