/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID leaves with known contents, for tests of what a guest is told of CPUID.
 */
#ifndef CPUID_LEAVES_H
#define CPUID_LEAVES_H

struct kvm_vcpu;

/* In the range that is the VMM's own, so that no host adds anything. */
#define CPUID_LEAF		0x40000000u	/* subleaves don't matter */
#define CPUID_LEAF_INDEXED	0x40000001u	/* subleaves 0 and 1 */
#define CPUID_LEAF_NONE		0x40000005u	/* not set */

/* EAX, EBX, ECX, EDX */
#define CPUID_LEAF_REGS		{ CPUID_LEAF_INDEXED, 0x80000001, 0xffffffff, 0x00001000 }
#define CPUID_SUBLEAF_0_REGS	{ 0x11223344, 0x55667788, 0x99aabbcc, 0xddeeff00 }
#define CPUID_SUBLEAF_1_REGS	{ 0xbad0bad0, 0xbad1bad1, 0xbad2bad2, 0xbad3bad3 }

/*
 * KVM_SET_CPUID2: what is set, or else what the host supports, and these leaves.  Before the
 * vCPU runs.
 */
void set_cpuid_leaves(struct kvm_vcpu *vcpu);

#endif
