/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for arch/x86/lib/copy_user_64.S and clear_page_64.S where they touch the VMM's
 * memory.  Fakes: byte by byte, so that what is left after a fault is always exact.
 */
#include <asm/asm.h>

	.text

/* unsigned long glue_copy(void *to, const void *from, unsigned long n) */
	.globl glue_copy
	.type glue_copy, @function
glue_copy:
	mov %rdx, %rcx
1:	rep movsb
2:	mov %rcx, %rax
	ret
	_ASM_EXTABLE_UA(1b, 2b)

/*
 * Inline copies, as rep_movs_alternative(): RCX bytes from RSI to RDI, with what is left
 * in RCX; all others but RAX stay.
 */
	.macro save
	push %rdx
	push %rdi
	push %rsi
	push %rcx
	push %r8
	push %r9
	push %r10
	push %r11
	.endm

	.macro restore
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rcx
	pop %rsi
	pop %rdi
	pop %rdx
	.endm

	.globl glue_rep_movs
	.type glue_rep_movs, @function
glue_rep_movs:
	save
	mov %rcx, %rdx
	mov 64(%rsp), %rcx
	call glue_copy_begins
	restore
	test %al, %al
	jz 3f
1:	rep movsb
2:	save
	call glue_copy_ends
	restore
3:	ret
	_ASM_EXTABLE_UA(1b, 2b)

/* The same of memory that is cleared: RCX bytes at RDI; RAX is 0 and stays. */
	.globl glue_rep_stos
	.type glue_rep_stos, @function
glue_rep_stos:
	save
	mov %rcx, %rdx
	mov %rdi, %rsi
	mov 64(%rsp), %rcx
	call glue_copy_begins
	restore
	test %al, %al
	mov $0, %eax
	jz 3f
1:	rep stosb
2:	save
	call glue_copy_ends
	restore
	xor %eax, %eax
3:	ret
	_ASM_EXTABLE_UA(1b, 2b)

	.section .note.GNU-stack, "", @progbits
