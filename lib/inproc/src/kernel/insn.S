/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for instructions that belong to the hardware, see insn.h: calls of their models
 * with the CPU's registers, which come back as the model leaves them.  RSP is no part of
 * it; in its place are the flags that the model leaves, which are clear if it does not say.
 */
	.text

/* The order is that of struct image_gprs, lowest address first. */
.macro glue_insn name, model
	.globl \name
	.type \name, @function
\name:
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
	push $2
	push %rbx
	push %rdx
	push %rcx
	push %rax
	mov %rsp, %rdi
	call \model
	pop %rax
	pop %rcx
	pop %rdx
	pop %rbx
	popfq
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
	ret
.endm

	/* What they are about is in RAX, and in RCX, where the tree has it. */
	glue_insn glue_insn_vmrun, glue_vmrun
	glue_insn glue_insn_vmload, glue_vmload
	glue_insn glue_insn_vmsave, glue_vmsave
	glue_insn glue_insn_rmpupdate, glue_rmpupdate
	glue_insn glue_insn_psmash, glue_psmash
	glue_insn glue_insn_rmpread, glue_rmpread
	glue_insn glue_insn_vmlaunch, glue_vmlaunch
	glue_insn glue_insn_vmresume, glue_vmresume
	glue_insn glue_insn_vmread, glue_vmread
	glue_insn glue_insn_vmwrite, glue_vmwrite
	glue_insn glue_insn_cpuid, glue_cpuid
	glue_insn glue_insn_xgetbv, glue_xgetbv
	/* STI or STGI with an interrupt pending: to the code around it nothing has happened. */
	glue_insn glue_insn_irq, glue_irq_poll
	/* Weak: trees without TDX have no model. */
	.weak glue_seamcall
	glue_insn glue_insn_seamcall, glue_seamcall

	.section .note.GNU-stack, "", @progbits
