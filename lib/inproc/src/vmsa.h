/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMSA, the register state that an SNP vCPU starts from (AMD APM 2,
 * table B-4), as the kernel under test built it and firmware measured it.
 */
#ifndef INPROC_SRC_VMSA_H
#define INPROC_SRC_VMSA_H

#include "../inproc.h"

/* Load the engine's vCPU from the 4 KiB page @vmsa.  0 or -errno. */
int vmsa_load(struct inproc_vcpu *vcpu, const void *vmsa);

#endif
