/* SPDX-License-Identifier: GPL-2.0-only */
/* What an SNP VM's owner computes: the launch digest (AMD 56860, "PAGE_INFO"). */
#ifndef ATTEST_LAUNCH_DIGEST_H
#define ATTEST_LAUNCH_DIGEST_H

#include "snp/snp_vm.h"
#include "snp_abi.h"

/*
 * Of @snp, launched by snp_vm_launch() from memory that has not changed since, with these
 * @nr_vmsas pages of VMSAs.
 */
void attest_launch_digest(struct snp_vm *snp, const void *vmsas, unsigned int nr_vmsas,
			  uint8_t digest[SNP_DIGEST]);

#endif
