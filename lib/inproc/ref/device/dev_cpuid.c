// SPDX-License-Identifier: GPL-2.0-only
/* KVM_SET_CPUID2 and KVM_GET_CPUID2 of vCPUs whose CPUID instruction is the engine's affair. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>

#include "device.h"
#include "engine/cpuid2.h"

long inproc_set_cpuid2(struct inproc_vcpu *vcpu, struct kvm_cpuid2 **kept, unsigned long arg)
{
	struct kvm_cpuid2 head, *cpuid;
	size_t size;
	long r;

	if (copy_from_user(&head, (void *)arg, sizeof(head)))
		return -EFAULT;
	if (head.nent > CPUID2_ENTRIES)
		return -E2BIG;
	size = sizeof(head) + head.nent * sizeof(head.entries[0]);
	cpuid = malloc(size);
	if (!cpuid)
		return -ENOMEM;
	r = copy_from_user(cpuid, (void *)arg, size);
	/* It may be another by now. */
	cpuid->nent = head.nent;
	if (!r)
		r = engine->set_cpuid2(vcpu->engine, cpuid);
	if (r) {
		free(cpuid);
		return r;
	}
	free(*kept);
	*kept = cpuid;
	return 0;
}

long inproc_get_cpuid2(const struct kvm_cpuid2 *kept, unsigned long arg)
{
	struct kvm_cpuid2 *user = (void *)arg, head;
	const uint32_t nent = kept ? kept->nent : 0;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (head.nent < nent)
		return -E2BIG;
	head.nent = nent;
	if (copy_to_user(user, &head, sizeof(head)))
		return -EFAULT;
	return nent ? copy_to_user(user->entries, kept->entries,
				   nent * sizeof(kept->entries[0])) : 0;
}
