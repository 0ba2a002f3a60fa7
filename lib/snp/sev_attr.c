// SPDX-License-Identifier: GPL-2.0-only
/* System attributes of SEV VMs, see sev_attr.h. */
#include "check/state.h"
#include "snp/sev_attr.h"

int sev_attr(uint64_t attr, uint64_t *value)
{
	return -__cert_attr_get(KVM_X86_GRP_SEV, attr, value);
}

bool sev_features_offered(uint64_t features)
{
	uint64_t offered = 0;

	if (!sev_attr(SEV_ATTR_VMSA_FEATURES, &offered) && !(features & ~offered))
		return true;
	check_skip("KVM does not offer SEV_FEATURES 0x%llx", (unsigned long long)features);
	return false;
}
