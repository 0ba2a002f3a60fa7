// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX module base specification, "Initial State of CRs" and "Initial State of Segment
 * Registers": 32-bit protected mode, flat, without paging; LME is set for good.  CR4.VMXE,
 * which a TD sees set, is left out: the engine's CPU may lack it.
 */
#include "td_reset.h"

#define CR0_PE		(1ULL << 0)
#define CR0_NE		(1ULL << 5)
#define CR4_MCE		(1ULL << 6)
#define EFER_SCE	(1ULL << 0)
#define EFER_LME	(1ULL << 8)
#define EFER_NXE	(1ULL << 11)

void td_reset_sregs(struct kvm_sregs *sregs)
{
	static const struct kvm_segment data = {
		.limit = 0xffffffff, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1,
	};

	sregs->cs = sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
	sregs->cs.type = 11;
	sregs->tr = (struct kvm_segment){ .limit = 0xffff, .type = 11, .present = 1 };
	sregs->ldt = (struct kvm_segment){ .type = 2, .unusable = 1 };
	sregs->gdt = (struct kvm_dtable){ .limit = 0xffff };
	sregs->idt = (struct kvm_dtable){ .limit = 0 };
	sregs->cr0 = CR0_PE | CR0_NE;
	sregs->cr2 = sregs->cr3 = sregs->cr8 = 0;
	sregs->cr4 = CR4_MCE;
	sregs->efer = EFER_SCE | EFER_LME | EFER_NXE;
}
