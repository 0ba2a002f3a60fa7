/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of CPUID leaves, as an engine gives and takes them. */
#ifndef INPROC_CPUID2_H
#define INPROC_CPUID2_H

#include <linux/kvm.h>
#include <stdint.h>

/* KVM_MAX_CPUID_ENTRIES */
#define CPUID2_ENTRIES	256

/* Zeroed, with room for so many, which nent says; NULL: no memory.  The caller's to free(). */
struct kvm_cpuid2 *cpuid2_new(void);
/* Of a table, or NULL, the entry for a leaf; NULL: it has none. */
struct kvm_cpuid_entry2 *cpuid2_find(const struct kvm_cpuid2 *cpuid, uint32_t function,
				     uint32_t index);

#endif
