/* SPDX-License-Identifier: GPL-2.0-only */
/* A TD's guest of a few calls, see include/guest/td_calls.h. */

#include "guest/td_boot.h"
#include "guest/td_calls.h"

#define AT(symbol)	(TD_CALLS_GPA + (symbol - td_calls_page))
#define CALL(nr)	(TD_CALLS_GPA + TD_CALLS_LIST + (nr) * TD_CALLS_ENTRY)
#define READ		0x80

#define CR0_PG		0x80000000
#define CR4_PAE		0x20

	.section .rodata
	.balign	16
	.globl	td_calls_page
td_calls_page:

gdt:
	.quad	0
	.quad	0x00af9b000000ffff
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	AT(gdt)

	.code32
start:
	mov	$TD_CALLS_TABLE, %eax
	mov	%eax, %cr3
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	lgdt	AT(gdt_pointer)
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	ljmp	$TD_BOOT_CS, $AT(start64)

	.code64
start64:
	/* ESI is the vCPU's number; RBP, which no TDCALL of these uses, the call. */
	mov	$CALL(0), %ebp
	test	%esi, %esi
	jz	next
	mov	$CALL(TD_CALLS_NR - 1), %ebp
next:
	mov	READ(%rbp), %rax
	test	%rax, %rax
	jz	call
	mov	(%rax), %al
	jmp	done
call:
	mov	0x00(%rbp), %rax
	mov	0x08(%rbp), %rcx
	mov	0x10(%rbp), %rdx
	mov	0x18(%rbp), %rbx
	mov	0x30(%rbp), %rsi
	mov	0x38(%rbp), %rdi
	mov	0x40(%rbp), %r8
	mov	0x48(%rbp), %r9
	mov	0x50(%rbp), %r10
	mov	0x58(%rbp), %r11
	mov	0x60(%rbp), %r12
	mov	0x68(%rbp), %r13
	mov	0x70(%rbp), %r14
	mov	0x78(%rbp), %r15
	/* TDCALL; assemblers before binutils 2.36 have no name for it. */
	.byte	0x66, 0x0f, 0x01, 0xcc
done:
	add	$TD_CALLS_ENTRY, %ebp
	cmp	$CALL(TD_CALLS_NR - 1), %ebp
	jb	next
	ud2

	/* The list is filled by the host. */
	.org	td_calls_page + TD_CALLS_SIZE - 16
	.code32
	jmp	start
	.org	td_calls_page + TD_CALLS_SIZE

	.section .note.GNU-stack, "", @progbits
