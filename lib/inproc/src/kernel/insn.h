/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before the first line of each file of KVM's, by an option of the compiler:
 * instructions that belong to the hardware become calls of its model (insn.S), by macros
 * of the assembler's that bear their names.  What the compiler makes of a file stays as
 * it is, but for those instructions.
 *
 * Interrupts are off or on for each CPU by glue_irqs_off (linux/irq.c): CLI and STI set
 * it, and PUSHF shows it.  CLGI, of AMD, keeps them off whatever these say, with
 * glue_gif_off: what comes from there to VMRUN ends it at once.  In assembly files CLI and STI
 * stand where that is so, and have nothing to do.  Labels are numbers that nobody else has:
 * clang counts macros anew in each asm(), so that names with \@ come twice.
 */
#ifndef INPROC_GLUE_INSN_H
#define INPROC_GLUE_INSN_H

#ifdef __ASSEMBLY__
.macro vmrun vmcb
	call glue_insn_vmrun
.endm
.macro vmlaunch
	call glue_insn_vmlaunch
.endm
.macro vmresume
	call glue_insn_vmresume
.endm
.macro vmload vmcb
	call glue_insn_vmload
.endm
.macro vmsave vmcb
	call glue_insn_vmsave
.endm
.macro seamcall
	call glue_insn_seamcall
.endm
.macro cli
.endm
.macro sti
.endm
#else
asm(".macro cpuid\n"
    "	call glue_insn_cpuid\n"
    ".endm\n"
    ".macro xgetbv\n"
    "	call glue_insn_xgetbv\n"
    ".endm\n"
    ".macro sidt to:vararg\n"
    "	movw $0xfff, \\to\n"
    "	movq $glue_idt, 2+\\to\n"
    ".endm\n"
    /* Flags are those of the call; operands go by the stack, the value first: it may be there. */
    ".macro vmread field, to\n"
    "	pushq \\field\n"
    "	call glue_insn_vmread\n"
    "	popq \\to\n"
    ".endm\n"
    ".macro vmwrite from, field\n"
    "	pushq \\from\n"
    "	pushq \\field\n"
    "	call glue_insn_vmwrite\n"
    "	lea 16(%rsp), %rsp\n"
    ".endm\n"
    ".macro vmload vmcb\n"
    "	call glue_insn_vmload\n"
    ".endm\n"
    ".macro vmsave vmcb\n"
    "	call glue_insn_vmsave\n"
    ".endm\n"
    ".macro cli\n"
    "	movb $1, %gs:glue_irqs_off(%rip)\n"
    ".endm\n"
    ".macro sti\n"
    "	movb $0, %gs:glue_irqs_off(%rip)\n"
    "	cmpb $0, %gs:glue_irq_pending(%rip)\n"
    "	je 79171f\n"
    "	call glue_insn_irq\n"
    "79171:\n"
    ".endm\n"
    ".macro clgi\n"
    "	movb $1, %gs:glue_gif_off(%rip)\n"
    ".endm\n"
    ".macro stgi\n"
    "	movb $0, %gs:glue_gif_off(%rip)\n"
    "	cmpb $0, %gs:glue_irq_pending(%rip)\n"
    "	je 79173f\n"
    "	call glue_insn_irq\n"
    "79173:\n"
    ".endm\n"
    ".macro pushf\n"
    "	pushfq\n"
    "	cmpb $0, %gs:glue_irqs_off(%rip)\n"
    "	je 79172f\n"
    "	andl $~0x200, (%rsp)\n"
    "79172:\n"
    ".endm\n");

/*
 * Errors in place of a VMM's address, as linux/kvm_host.h lets an architecture have its own:
 * its own start at PAGE_OFFSET, which is 0 here.
 */
#define KVM_HVA_ERR_BAD		(1UL << 63)
#define KVM_HVA_ERR_RO_BAD	(KVM_HVA_ERR_BAD + 4096)
#define kvm_is_error_hva(addr)	((addr) >= KVM_HVA_ERR_BAD)
#endif

#endif
