// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID leaves with known contents.
 */
#include <string.h>

#include "kvm_util.h"
#include "processor.h"

#include "vm/cpuid_leaves.h"

static const struct {
	uint32_t function, index, flags, regs[4];
} leaves[] = {
	{ CPUID_LEAF, 0, 0, CPUID_LEAF_REGS },
	/* Not in order: subleaf 0 is meant by its number. */
	{ CPUID_LEAF_INDEXED, 1, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, CPUID_SUBLEAF_1_REGS },
	{ CPUID_LEAF_INDEXED, 0, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, CPUID_SUBLEAF_0_REGS },
};

void set_cpuid_leaves(struct kvm_vcpu *vcpu)
{
	/* A TD's has been set already, and is not what the host supports. */
	const struct kvm_cpuid2 *base = vcpu->cpuid ? vcpu->cpuid : kvm_get_supported_cpuid();
	struct kvm_cpuid2 *cpuid = allocate_kvm_cpuid2(base->nent + ARRAY_SIZE(leaves));
	unsigned int i;

	cpuid->nent = 0;
	for (i = 0; i < base->nent; i++)
		if (base->entries[i].function >> 28 != CPUID_LEAF >> 28)
			cpuid->entries[cpuid->nent++] = base->entries[i];
	for (i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[cpuid->nent++];

		memset(e, 0, sizeof(*e));
		e->function = leaves[i].function;
		e->index = leaves[i].index;
		e->flags = leaves[i].flags;
		memcpy(&e->eax, leaves[i].regs, sizeof(leaves[i].regs));
	}
	vcpu_init_cpuid(vcpu, cpuid);
	free(cpuid);
}
