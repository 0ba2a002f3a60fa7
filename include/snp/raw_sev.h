/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs of SEV and SEV-ES by the bare uAPI, with the structure that raw_snp.h has for SNP VMs.
 * Source: amd-memory-encryption.rst.
 */
#ifndef RAW_SEV_H
#define RAW_SEV_H

#include "snp/raw_snp.h"

/* Of KVM_CREATE_VM; older headers lack them. */
#ifndef KVM_X86_SEV_VM
#define KVM_X86_SEV_VM		2
#define KVM_X86_SEV_ES_VM	3
#endif

/* Guest policy (AMD 55766): no debugging, SEV-ES */
#define RAW_SEV_NODBG		(1u << 0)
#define RAW_SEV_ES		(1u << 2)

/* NULL if there are SEV VMs; else what is missing. */
const char *raw_sev_missing(void);

/* Each gives 0 or an errno.  KVM_CREATE_VM and, but for an ordinary VM, KVM_SEV_INIT2: */
int raw_sev_create(struct raw_snp *sev, unsigned long type);
/* Slot 0, all of the VMM's memory, at GPA 0. */
int raw_sev_add_memory(struct raw_snp *sev);
/* KVM_SEV_LAUNCH_START */
int raw_sev_start(struct raw_snp *sev, uint32_t policy);
/* KVM_SEV_LAUNCH_UPDATE_DATA of the first page, MEASURE and FINISH; with VMSAs for SEV-ES. */
int raw_sev_finish(struct raw_snp *sev, bool es);

#endif
