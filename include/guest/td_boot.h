/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page that a TD's vCPUs start in: 32-bit protected mode without paging, at
 * 16 bytes below 4 GiB (Intel TDX Module Base Architecture Specification, "Initial State
 * of Guest GPRs", "Initial State of CRs").  It is copied to its place and identity mapped, so that
 * code goes on in it when paging begins.  Also included by lib/guest/td_boot.S.
 */
#ifndef TD_BOOT_H
#define TD_BOOT_H

#define TD_BOOT_GPA		0xfffff000
#define TD_BOOT_SIZE		0x1000
/* Where the vCPUs' struct td_boot_vcpu begin, and how far apart they are. */
#define TD_BOOT_VCPUS		0x800
#define TD_BOOT_VCPU_SIZE	0x40

#define TD_BOOT_CS		0x08
#define TD_BOOT_DS		0x10

#ifndef __ASSEMBLER__
#include <stdint.h>

/*
 * The code at rip is called as a function of six arguments: rdi below; the initial RSI, RDX
 * and RCX, 32 bits of each; R8; and 32 bits of RBX.
 */

/* Its GPA is the vCPU's initial RCX, which KVM_TDX_INIT_VCPU sets. */
struct td_boot_vcpu {
	uint64_t cr3;			/* below 4 GiB */
	uint64_t rip, rsp, gs_base, rdi;
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idt;
};

_Static_assert(sizeof(struct td_boot_vcpu) <= TD_BOOT_VCPU_SIZE, "vCPUs' blocks overlap");

extern const uint8_t td_boot_page[TD_BOOT_SIZE];
#endif

#endif
