/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for the instruction SEAMCALL (insn.c): a call of its model with the CPU's registers, which come
 * back as the model leaves them, RSP aside, and with CF clear, as of a module that is there.
 */
	.text

	.globl glue_insn_seamcall
	.type glue_insn_seamcall, @function
glue_insn_seamcall:
	/* The order is that of struct image_gprs, lowest address first. */
	push %r15
	push %r14
	push %r13
	push %r12
	push %r11
	push %r10
	push %r9
	push %r8
	push %rdi
	push %rsi
	push %rbp
	push $0
	push %rbx
	push %rdx
	push %rcx
	push %rax
	mov %rsp, %rdi
	call glue_seamcall
	pop %rax
	pop %rcx
	pop %rdx
	pop %rbx
	lea 8(%rsp), %rsp
	pop %rbp
	pop %rsi
	pop %rdi
	pop %r8
	pop %r9
	pop %r10
	pop %r11
	pop %r12
	pop %r13
	pop %r14
	pop %r15
	clc
	ret

	.section .note.GNU-stack, "", @progbits
