/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPU that a TD starts with, whoever stands for the TDX module. */
#ifndef INPROC_TD_RESET_H
#define INPROC_TD_RESET_H

#include <linux/kvm.h>

#define TD_RESET_RIP	0xfffffff0ULL

/* What of @sregs the specification names; the rest (APIC base, interrupts) stays. */
void td_reset_sregs(struct kvm_sregs *sregs);

#endif
