/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for arch/x86/entry: where KVM enters the kernel's handlers, of interrupts that
 * arrived in a guest and of its own.  Stubs: there are no handlers, but each entry is counted
 * (glue_host_events, x86.c) and returns as the real one does.  Weak, as versions have some of
 * them.
 */
	.text
	.balign 16

/*
 * Called as a CPU enters a handler: above the return address lie CS, RFLAGS, RSP and SS.
 * In a process IRETQ cannot load the kernel's selectors: what else it does is done.
 */
	.globl glue_irq_handler
	.type glue_irq_handler, @function
glue_irq_handler:
	/* CONTROL_HOST_INTERRUPT */
	lock incl glue_host_events(%rip)
	jmp 1f
	.weak asm_exc_nmi_kvm_vmx
	.type asm_exc_nmi_kvm_vmx, @function
asm_exc_nmi_kvm_vmx:
	/* CONTROL_HOST_NMI */
	lock incl glue_host_events + 4(%rip)
1:
	push %rax
	push %rcx
	mov 16(%rsp), %rax
	mov 40(%rsp), %rcx
	/* On the stack that the handler returns to: its return address, and two registers. */
	lea -24(%rcx), %rcx
	mov %rax, 16(%rcx)
	mov 8(%rsp), %rax
	mov %rax, 8(%rcx)
	mov (%rsp), %rax
	mov %rax, (%rcx)
	mov %rcx, %rsp
	pop %rcx
	pop %rax
	ret

/* A frame on the stack that the caller pops itself; no feature FRED leads here. */
	.weak asm_fred_entry_from_kvm
	.type asm_fred_entry_from_kvm, @function
asm_fred_entry_from_kvm:
	/* A struct fred_ss, whose bits 51:48 are the event's type: 0 an interrupt, 2 an NMI */
	bt $49, %rdi
	jc 2f
	lock incl glue_host_events(%rip)
	ret
2:
	lock incl glue_host_events + 4(%rip)
	ret
/* Before VMLAUNCH, with the guest's registers loaded: none may change. */
	.weak clear_bhb_loop
	.type clear_bhb_loop, @function
clear_bhb_loop:
	ret

	.section .note.GNU-stack, "", @progbits
