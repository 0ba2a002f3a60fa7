/* SPDX-License-Identifier: GPL-2.0-only */
/* From a TD's reset state into 64-bit code, see include/guest/td_boot.h. */

#include "guest/td_boot.h"

#define AT(symbol)	(TD_BOOT_GPA + (symbol - td_boot_page))

/* struct td_boot_vcpu */
#define VCPU_CR3	0x00
#define VCPU_RIP	0x08
#define VCPU_RSP	0x10
#define VCPU_GS_BASE	0x18
#define VCPU_RDI	0x20
#define VCPU_IDT	0x28

#define MSR_GS_BASE	0xc0000101
#define CR0_WP_PG	0x80010000
/* PAE, OSFXSR, OSXMMEXCPT */
#define CR4_BITS	0x620

	.section .rodata
	.balign	16
	.globl	td_boot_page
td_boot_page:

gdt:
	.quad	0
	/* TD_BOOT_CS: 64-bit code; TD_BOOT_DS: flat data */
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	AT(gdt)

	.code32
start:
	/* LME is set, and not the guest's to change: EFER needs no write. */
	mov	VCPU_CR3(%ecx), %eax
	mov	%eax, %cr3
	mov	%cr4, %eax
	or	$CR4_BITS, %eax
	mov	%eax, %cr4
	lgdt	AT(gdt_pointer)
	mov	%cr0, %eax
	or	$CR0_WP_PG, %eax
	mov	%eax, %cr0
	ljmp	$TD_BOOT_CS, $AT(start64)

	.code64
start64:
	/* RSI and R8 stay, for the call below. */
	mov	%ecx, %r10d
	mov	%edx, %r11d
	mov	$TD_BOOT_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss

	mov	VCPU_GS_BASE(%r10), %rax
	mov	%rax, %rdx
	shr	$32, %rdx
	mov	$MSR_GS_BASE, %ecx
	wrmsr

	lidt	VCPU_IDT(%r10)
	mov	VCPU_RSP(%r10), %rsp
	xor	%ebp, %ebp
	mov	VCPU_RDI(%r10), %rdi
	mov	%esi, %esi
	mov	%r11d, %edx
	mov	%r10d, %ecx
	mov	%ebx, %r9d
	call	*VCPU_RIP(%r10)
	ud2

	/* The vCPUs' blocks are filled by the host. */
	.org	td_boot_page + TD_BOOT_SIZE - 16
	.code32
	jmp	start
	.org	td_boot_page + TD_BOOT_SIZE

	.section .note.GNU-stack, "", @progbits
