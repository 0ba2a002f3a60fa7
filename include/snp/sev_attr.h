/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System attributes of SEV VMs, of /dev/kvm's group KVM_X86_GRP_SEV (amd-memory-encryption.rst;
 * policy bits since 6.17).
 */
#ifndef SNP_SEV_ATTR_H
#define SNP_SEV_ATTR_H

#include <stdbool.h>
#include <stdint.h>

#include "snp/cert_enable.h"		/* KVM_X86_GRP_SEV */

#define SEV_ATTR_VMSA_FEATURES	0
#define SEV_ATTR_POLICY_BITS	1

/* SEV_FEATURES of a VMSA (APM 2, table B-4); the CPU exchanges debug registers and their masks */
#define SEV_FEATURE_DEBUG_SWAP	(1ull << 5)
#define SEV_FEATURE_SECURE_TSC	(1ull << 9)

/* 0, or the errno of KVM_GET_DEVICE_ATTR. */
int sev_attr(uint64_t attr, uint64_t *value);
/* Can a VM have all of these?  Else the case is skipped. */
bool sev_features_offered(uint64_t features);

#endif
