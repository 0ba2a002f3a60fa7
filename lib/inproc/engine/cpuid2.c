// SPDX-License-Identifier: GPL-2.0-only
/* Tables of CPUID leaves. */
#include <stdlib.h>

#include "cpuid2.h"

struct kvm_cpuid2 *cpuid2_new(void)
{
	struct kvm_cpuid2 *cpuid;

	cpuid = calloc(1, sizeof(*cpuid) + CPUID2_ENTRIES * sizeof(cpuid->entries[0]));
	if (cpuid)
		cpuid->nent = CPUID2_ENTRIES;
	return cpuid;
}

struct kvm_cpuid_entry2 *cpuid2_find(const struct kvm_cpuid2 *cpuid, uint32_t function,
				     uint32_t index)
{
	uint32_t i;

	for (i = 0; cpuid && i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == function &&
		    (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == index))
			return (struct kvm_cpuid_entry2 *)e;
	}
	return NULL;
}
