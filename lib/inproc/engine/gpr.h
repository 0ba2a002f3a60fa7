/* SPDX-License-Identifier: GPL-2.0-only */
/* General registers by the numbers that instructions have for them. */
#ifndef INPROC_GPR_H
#define INPROC_GPR_H

#include <linux/kvm.h>

static inline __u64 *gpr_of(const struct kvm_regs *regs, unsigned int nr)
{
	/* RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI; from R8 on both orders are the same. */
	static const unsigned char at[] = { 0, 2, 3, 1, 6, 7, 4, 5 };

	return (__u64 *)&regs->rax + (nr < sizeof(at) ? at[nr] : nr);
}

#endif
