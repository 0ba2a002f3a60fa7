/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's side of the GHCB protocol: the GHCB page, the GHCB MSR, and
 * VMGEXIT.  Layout and numbers: AMD 56421, "GHCB Format" and "GHCB MSR
 * Protocol".
 *
 * Functions named ghcb_*() and vmgexit() without "static inline" run in the
 * guest only.
 */
#ifndef GHCB_H
#define GHCB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GHCB_PAGE_SIZE		4096
#define GHCB_PROTOCOL_VERSION	2
#define GHCB_USAGE_STANDARD	0

struct ghcb {
	uint8_t reserved_0x0[0xcb];
	uint8_t cpl;				/* 0x0cb */
	uint8_t reserved_0xcc[0x140 - 0xcc];
	uint64_t xss;				/* 0x140 */
	uint8_t reserved_0x148[0x160 - 0x148];
	uint64_t dr7;				/* 0x160 */
	uint8_t reserved_0x168[0x1f8 - 0x168];
	uint64_t rax;				/* 0x1f8 */
	uint8_t reserved_0x200[0x308 - 0x200];
	uint64_t rcx;				/* 0x308 */
	uint64_t rdx;
	uint64_t rbx;
	uint8_t reserved_0x320[0x330 - 0x320];
	uint64_t rsi;				/* 0x330 */
	uint8_t reserved_0x338[0x390 - 0x338];
	uint64_t sw_exit_code;			/* 0x390 */
	uint64_t sw_exit_info_1;
	uint64_t sw_exit_info_2;
	uint64_t sw_scratch;
	uint8_t reserved_0x3b0[0x3e8 - 0x3b0];
	uint64_t xcr0;				/* 0x3e8 */
	uint8_t valid_bitmap[16];		/* 0x3f0: bit = offset / 8 */
	uint8_t reserved_0x400[0x800 - 0x400];
	uint8_t shared_buffer[2032];		/* 0x800 */
	uint8_t reserved_0xff0[10];
	uint16_t protocol_version;		/* 0xffa */
	uint32_t ghcb_usage;
};

#define GHCB_VALID_BIT(field)	(offsetof(struct ghcb, field) / sizeof(uint64_t))

static inline bool ghcb_bit_is_valid(const uint8_t *bitmap, unsigned int bit)
{
	return bitmap[bit / 8] & (1u << (bit % 8));
}

static inline void ghcb_mark_bit(uint8_t *bitmap, unsigned int bit)
{
	bitmap[bit / 8] |= 1u << (bit % 8);
}

#define ghcb_is_valid(ghcb, field)	\
	ghcb_bit_is_valid((ghcb)->valid_bitmap, GHCB_VALID_BIT(field))

/* Set @field and mark it valid. */
#define ghcb_set(ghcb, field, value)						\
do {										\
	(ghcb)->field = (value);						\
	ghcb_mark_bit((ghcb)->valid_bitmap, GHCB_VALID_BIT(field));		\
} while (0)

/* SW_EXITINFO1[31:0] of an answer */
#define GHCB_INFO1_OK			0
#define GHCB_INFO1_EXCEPTION		1
#define GHCB_INFO1_MALFORMED		2

/* SW_EXITINFO2 with GHCB_INFO1_MALFORMED */
#define GHCB_REASON_NOT_REGISTERED	1
#define GHCB_REASON_USAGE		2
#define GHCB_REASON_SCRATCH		3
#define GHCB_REASON_MISSING_INPUT	4
#define GHCB_REASON_INVALID_INPUT	5
#define GHCB_REASON_INVALID_EVENT	6

/* High halves of SW_EXITINFO2: the VMM's status of a guest request (GHCB 2.0) */
#define GHCB_VMM_ERR(err)		((uint64_t)(err) << 32)
#define GHCB_VMM_ERR_INVALID_LEN	GHCB_VMM_ERR(1)
#define GHCB_VMM_ERR_BUSY		GHCB_VMM_ERR(2)
#define GHCB_VMM_ERR_GENERIC_V1		GHCB_VMM_ERR(1u << 31)
#define GHCB_VMM_ERR_GENERIC		GHCB_VMM_ERR(~0u)

/* NAE events; the first ones are SVM's exit codes */
#define GHCB_NAE_DR7_READ		0x27ull
#define GHCB_NAE_DR7_WRITE		0x37ull
#define GHCB_NAE_RDTSC			0x6eull
#define GHCB_NAE_RDPMC			0x6full
#define GHCB_NAE_CPUID			0x72ull
#define GHCB_NAE_INVD			0x76ull
#define GHCB_NAE_IOIO			0x7bull
#define GHCB_NAE_MSR			0x7cull
#define GHCB_NAE_VMMCALL		0x81ull
#define GHCB_NAE_RDTSCP			0x87ull
#define GHCB_NAE_WBINVD			0x89ull
#define GHCB_NAE_MONITOR		0x8aull
#define GHCB_NAE_MWAIT			0x8bull
#define GHCB_NAE_MMIO_READ		0x80000001ull
#define GHCB_NAE_MMIO_WRITE		0x80000002ull
#define GHCB_NAE_NMI_COMPLETE		0x80000003ull
#define GHCB_NAE_AP_RESET_HOLD		0x80000004ull
#define GHCB_NAE_AP_JUMP_TABLE		0x80000005ull
#define GHCB_NAE_PSC			0x80000010ull
#define GHCB_NAE_GUEST_REQUEST		0x80000011ull
#define GHCB_NAE_EXT_GUEST_REQUEST	0x80000012ull
#define GHCB_NAE_AP_CREATION		0x80000013ull
#define GHCB_NAE_HV_FEATURES		0x8000fffdull
#define GHCB_NAE_TERMINATION		0x8000fffeull
#define GHCB_NAE_UNSUPPORTED		0x8000ffffull

/* SW_EXITINFO1 of an IOIO event, laid out as EXITINFO1 of an SVM IOIO intercept */
#define GHCB_IOIO_PORT(port)		((uint64_t)(port) << 16)
#define GHCB_IOIO_ADDR_64		(1u << 9)
#define GHCB_IOIO_SIZE(bytes)		((uint64_t)(bytes) << 4)
#define GHCB_IOIO_SIZE_32		GHCB_IOIO_SIZE(4)
#define GHCB_IOIO_REP			(1u << 3)
#define GHCB_IOIO_STRING		(1u << 2)
#define GHCB_IOIO_IN			(1u << 0)

/* The GHCB MSR: a GHCB's GPA, or a request or answer in bits 11:0 with data above */
#define MSR_GHCB			0xc0010130u
#define GHCB_MSR_INFO(value)		((value) & 0xfffull)
#define GHCB_MSR_DATA(value)		((value) >> 12)		/* 52 bits, a GFN for most */
#define GHCB_MSR(info, data)		(((uint64_t)(data) << 12) | (info))

#define GHCB_MSR_SEV_INFO_RESP		0x001
#define GHCB_MSR_SEV_INFO_REQ		0x002
#define GHCB_MSR_CPUID_REQ		0x004
#define GHCB_MSR_CPUID_RESP		0x005
#define GHCB_MSR_AP_HOLD_REQ		0x006
#define GHCB_MSR_AP_HOLD_RESP		0x007
#define GHCB_MSR_PREF_GPA_REQ		0x010
#define GHCB_MSR_PREF_GPA_RESP		0x011
#define GHCB_MSR_REG_GPA_REQ		0x012
#define GHCB_MSR_REG_GPA_RESP		0x013
#define GHCB_MSR_PSC_REQ		0x014
#define GHCB_MSR_PSC_RESP		0x015
#define GHCB_MSR_HV_FEATURES_REQ	0x080
#define GHCB_MSR_HV_FEATURES_RESP	0x081
#define GHCB_MSR_TERM_REQ		0x100

/* The SEV info answer: GHCB versions and the C-bit's position */
#define GHCB_SEV_INFO_MAX(value)	(((value) >> 48) & 0xffff)
#define GHCB_SEV_INFO_MIN(value)	(((value) >> 32) & 0xffff)
#define GHCB_SEV_INFO_CBIT(value)	(((value) >> 24) & 0xff)

/* A CPUID request: function in bits 63:32, register (0: EAX to 3: EDX) in 31:30 */
#define GHCB_MSR_CPUID(function, reg)	\
	(((uint64_t)(function) << 32) | ((uint64_t)(reg) << 30) | GHCB_MSR_CPUID_REQ)
#define GHCB_MSR_CPUID_VALUE(value)	((value) >> 32)

#define GHCB_HV_FEATURE_SNP		(1ull << 0)
#define GHCB_HV_FEATURE_AP_CREATION	(1ull << 1)

/* Termination: reason set in bits 15:12, reason in bits 23:16 */
#define GHCB_MSR_TERM(set, reason)	\
	GHCB_MSR(GHCB_MSR_TERM_REQ, ((uint64_t)((reason) & 0xff) << 4) | ((set) & 0xf))
/* A set of our own, since set 0 is the protocol's: the vCPU's own GHCB could not be registered. */
#define GHCB_MSR_TERM_NOT_REGISTERED	GHCB_MSR_TERM(1, 0)

/*
 * What a guest's vCPU knows of itself; private memory, found through GS base,
 * filled by snp_vm_create().
 */
struct guest_vcpu {
	struct guest_vcpu *self;	/* GVA */
	struct ghcb *ghcb;		/* GVA, a shared page */
	uint64_t ghcb_gpa;
	uint32_t id;
	uint32_t is_snp;		/* its GHCB has to be registered */
};

/* The vCPU that this code runs on. */
static inline struct guest_vcpu *guest_this_vcpu(void)
{
	struct guest_vcpu *self;

	asm volatile("mov %%gs:0, %0" : "=r" (self));
	return self;
}

/*
 * The GHCB MSR.  Accesses are not intercepted on hardware; what counts is the
 * value when VMGEXIT is executed.
 */
void ghcb_msr_write(uint64_t value);
uint64_t ghcb_msr_read(void);

/* VMGEXIT with whatever the GHCB MSR holds. */
void vmgexit(void);

/* One MSR protocol exchange: @request goes in, the answer comes back. */
uint64_t ghcb_msr_call(uint64_t request);

/*
 * Register this vCPU's GHCB, which only SNP guests do.  Only one GHCB is registered per vCPU at a time.
 * If the hypervisor wants another page, the guest terminates (it has no way of
 * saying so: without a GHCB there is no ucall).
 */
void ghcb_register(void);

/* End the guest: KVM_EXIT_SYSTEM_EVENT with reason @reason of set @set; doesn't return. */
void __attribute__((noreturn)) ghcb_terminate(unsigned int set, unsigned int reason);

/* An empty standard GHCB at @ghcb: nothing valid, inputs 0, protocol version 2. */
void ghcb_clear(struct ghcb *ghcb);

/*
 * VMGEXIT with the GHCB at GPA @ghcb_gpa.  When it returns, the page holds the
 * answer until its next use, and a ucall is such a use: copy first.
 */
void ghcb_exit(uint64_t ghcb_gpa);

/* Installed by snp_vm_create(): a #VC ends the guest with a message. */
struct ex_regs;
void guest_vc_handler(struct ex_regs *regs);

#endif
