/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMSAs that an SNP guest makes for its vCPUs (AMD APM 2, table B-4), AP creation (AMD 56421,
 * "SNP AP Creation"), and an AP that tells what it was started with.
 */
#ifndef VMSA_H
#define VMSA_H

#include <stddef.h>
#include <stdint.h>

struct vmsa_seg {
	uint16_t selector, attrib;
	uint32_t limit;
	uint64_t base;
};

struct vmsa {
	struct vmsa_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t reserved_0xa0[0xd0 - 0xa0];
	uint64_t efer;				/* 0x0d0 */
	uint8_t reserved_0xd8[0x148 - 0xd8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;	/* 0x148 */
	uint8_t reserved_0x180[0x1d8 - 0x180];
	uint64_t rsp;				/* 0x1d8 */
	uint8_t reserved_0x1e0[0x240 - 0x1e0];
	uint64_t cr2;				/* 0x240 */
	uint8_t reserved_0x248[0x268 - 0x248];
	uint64_t g_pat;				/* 0x268 */
	uint8_t reserved_0x270[0x330 - 0x270];
	uint64_t rsi, rdi;			/* 0x330 */
	uint8_t reserved_0x340[0x3b0 - 0x340];
	uint64_t sev_features;			/* 0x3b0 */
	uint8_t reserved_0x3b8[0x3e8 - 0x3b8];
	uint64_t xcr0;				/* 0x3e8 */
	uint8_t reserved_0x3f0[0x408 - 0x3f0];
	uint32_t mxcsr;				/* 0x408 */
	uint16_t x87_ftw, x87_fsw, x87_fcw;
	uint8_t reserved_0x412[4096 - 0x412];
};

_Static_assert(offsetof(struct vmsa, cr4) == 0x148 && offsetof(struct vmsa, rip) == 0x178 &&
	       offsetof(struct vmsa, xcr0) == 0x3e8 && sizeof(struct vmsa) == 4096,
	       "the layout of a VMSA");

#define VMSA_EFER_SVME		(1ull << 12)	/* an SNP guest's CPU has it set */
#define VMSA_FEATURE_SNP	(1ull << 0)

/* RMPADJUST's RDX: for VMPL 1, as VMPL 0 cannot change what it has itself */
#define RMPADJUST_NO_VMSA	1ull
#define RMPADJUST_VMSA		(1ull << 16 | 1)

/* A page of the guest's own becomes a VMSA, or is one no more; shared memory. */
struct vmsa_op {
	uint64_t gva;			/* 0: nothing to do */
	uint64_t from;			/* GVA of what it is filled with before, or 0 */
	uint64_t attrs;			/* RMPADJUST_* */
	uint64_t result;		/* the guest's part: what RMPADJUST returned */
};

/* Guest code. */
void guest_vmsa_op(struct vmsa_op *op);

/* SW_EXITINFO1 of the event: 31:0, and the target's APIC ID */
#define AP_CREATE_ON_INIT	0ull
#define AP_CREATE		1ull
#define AP_DESTROY		2ull
#define AP_INFO_1(request, id)	((uint64_t)(id) << 32 | (request))

/* GUEST_SYNC() stages of guest_ap() */
#define AP_STAGE_STARTED	11
#define AP_STAGE_STOPPED	12

/* Between host and AP; shared memory. */
struct ap_seen {
	/* The host's part. */
	volatile uint64_t hold;		/* wait for a SIPI before AP_STAGE_STARTED */
	volatile uint64_t stop;		/* report AP_STAGE_STOPPED once, instead of going on */

	/* The AP's part. */
	volatile uint64_t starts;
	volatile uint64_t tag, cr2, gdt_limit;	/* of the last start; the tag is RSI */
	volatile uint64_t turns;	/* while it goes on */
};

/* Guest code: where an AP starts, with @tag that says which VMSA it was. */
void guest_ap(struct ap_seen *seen, uint64_t tag);

#endif
