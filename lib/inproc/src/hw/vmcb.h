/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual machine control block: offsets and codes of AMD APM 2, appendices B and C.
 */
#ifndef INPROC_SRC_VMCB_H
#define INPROC_SRC_VMCB_H

#include <stdint.h>
#include <string.h>

/* Control area, bytes. */
enum {
	VMCB_INTERCEPT_CR = 0x000, VMCB_INTERCEPT_EXCEPTION = 0x008,
	VMCB_INTERCEPT_1 = 0x00c, VMCB_INTERCEPT_2 = 0x010, VMCB_IOPM_PA = 0x040,
	VMCB_MSRPM_PA = 0x048, VMCB_TSC_OFFSET = 0x050, VMCB_ASID = 0x058, VMCB_TLB_CONTROL = 0x05c,
	VMCB_V_INTR = 0x060, VMCB_V_INTR_VECTOR = 0x064, VMCB_INT_STATE = 0x068, VMCB_EXIT_CODE = 0x070,
	VMCB_EXIT_INFO_1 = 0x078, VMCB_EXIT_INFO_2 = 0x080, VMCB_EXIT_INT_INFO = 0x088,
	VMCB_NESTED_CTL = 0x090, VMCB_GHCB_GPA = 0x0a0, VMCB_EVENT_INJ = 0x0a8,
	VMCB_NESTED_CR3 = 0x0b0, VMCB_CLEAN = 0x0c0, VMCB_NEXT_RIP = 0x0c8, VMCB_INSN_LEN = 0x0d0,
	VMCB_VMSA_PA = 0x108, VMCB_ALLOWED_SEV_FEATURES = 0x138,
	/* The state of a guest that is not SEV-ES follows the control area. */
	VMCB_SAVE = 0x400,
};

/* State save area: of a VMCB from VMCB_SAVE on, of SEV-ES in a page of its own. */
enum {
	SAVE_ES = 0x000, SAVE_CS = 0x010, SAVE_SS = 0x020, SAVE_DS = 0x030, SAVE_FS = 0x040,
	SAVE_GS = 0x050, SAVE_GDTR = 0x060, SAVE_LDTR = 0x070, SAVE_IDTR = 0x080,
	SAVE_TR = 0x090, SAVE_CPL = 0x0cb, SAVE_EFER = 0x0d0, SAVE_CR4 = 0x148,
	SAVE_CR3 = 0x150, SAVE_CR0 = 0x158, SAVE_DR7 = 0x160, SAVE_DR6 = 0x168,
	SAVE_RFLAGS = 0x170, SAVE_RIP = 0x178, SAVE_RSP = 0x1d8, SAVE_RAX = 0x1f8,
	SAVE_STAR = 0x200, SAVE_LSTAR = 0x208, SAVE_CSTAR = 0x210, SAVE_SFMASK = 0x218,
	SAVE_KERNEL_GS_BASE = 0x220, SAVE_SYSENTER_CS = 0x228, SAVE_SYSENTER_ESP = 0x230,
	SAVE_SYSENTER_EIP = 0x238, SAVE_CR2 = 0x240, SAVE_PAT = 0x268, SAVE_RCX = 0x308, SAVE_RDX = 0x310,
	SAVE_RBX = 0x318, SAVE_RBP = 0x328, SAVE_RSI = 0x330, SAVE_RDI = 0x338,
	SAVE_R8 = 0x340,
	/* Of a VMSA alone */
	SAVE_SEV_FEATURES = 0x3b0,
};

#define SEV_FEATURES_SNP	(1ULL << 0)
#define SEV_FEATURES_DEBUG_SWAP	(1ULL << 5)
#define SEV_FEATURES_SECURE_TSC	(1ULL << 9)

/* VMCB_ALLOWED_SEV_FEATURES is looked at, of which these bits count. */
#define ALLOWED_SEV_FEATURES_EN	(1ULL << 63)
#define ALLOWED_SEV_FEATURES	0x3ffffffffffffffcULL

#define NESTED_CTL_NP		(1ULL << 0)
#define NESTED_CTL_SEV		(1ULL << 1)
#define NESTED_CTL_SEV_ES	(1ULL << 2)

#define TLB_CONTROL_FLUSH_ALL	1
#define TLB_CONTROL_FLUSH_ASID	3

/* VMCB_CLEAN: of the state save area, what the VMM has not changed since the last VMRUN */
#define CLEAN_CR		(1u << 5)
#define CLEAN_DT		(1u << 7)
#define CLEAN_SEG		(1u << 8)
#define CLEAN_CR2		(1u << 9)

#define V_TPR			0xfu
#define V_IRQ			(1u << 8)
#define INTERCEPT_CR_WRITE(n)	(1u << (16 + (n)))
#define INTERCEPT_1_VINTR	(1u << 4)
#define INTERCEPT_1_CPUID	(1u << 18)
#define INTERCEPT_1_IOIO	(1u << 27)
#define INTERCEPT_1_MSR		(1u << 28)

/* VMCB_INT_STATE */
#define INT_STATE_SHADOW	(1ULL << 0)
#define INT_STATE_GUEST_IF	(1ULL << 1)

enum {
	EXIT_CR_WRITE = 0x010, EXIT_EXCEPTION = 0x040, EXIT_INTR = 0x060, EXIT_VINTR = 0x064, EXIT_CPUID = 0x072, EXIT_HLT = 0x078,
	EXIT_IOIO = 0x07b, EXIT_MSR = 0x07c, EXIT_SHUTDOWN = 0x07f, EXIT_VMMCALL = 0x081,
	EXIT_VMRUN = 0x080, EXIT_INVLPGA = 0x07a, EXIT_NPF = 0x400, EXIT_VMGEXIT = 0x403,
};
#define EXIT_INVALID		(~0ULL)
#define EXIT_BUSY		(~1ULL)

/* EXIT_INFO_1 of a nested page fault; of EXIT_INFO_2 the C-bit is not part. */
#define NPF_PRESENT		(1ULL << 0)
#define NPF_WRITE		(1ULL << 1)
#define NPF_USER		(1ULL << 2)	/* always */
#define NPF_RSVD		(1ULL << 3)
#define NPF_FETCH		(1ULL << 4)
#define NPF_RMP			(1ULL << 31)
#define NPF_FINAL		(1ULL << 32)
#define NPF_TABLE		(1ULL << 33)	/* of the guest's own page tables */
#define NPF_ENC			(1ULL << 34)

#define FIELD_ACCESSORS(type, name)						\
static inline type get_##name(const void *area, unsigned int offset)		\
{										\
	type value;								\
										\
	memcpy(&value, (const char *)area + offset, sizeof(value));		\
	return value;								\
}										\
static inline void set_##name(void *area, unsigned int offset, type value)	\
{										\
	memcpy((char *)area + offset, &value, sizeof(value));			\
}

FIELD_ACCESSORS(uint8_t, u8)
FIELD_ACCESSORS(uint32_t, u32)
FIELD_ACCESSORS(uint64_t, u64)

#endif
