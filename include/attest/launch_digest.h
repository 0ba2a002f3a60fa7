/* SPDX-License-Identifier: GPL-2.0-only */
/* What an SNP VM's owner computes: the launch digest (AMD 56860, "PAGE_INFO"). */
#ifndef ATTEST_LAUNCH_DIGEST_H
#define ATTEST_LAUNCH_DIGEST_H

#include "snp/snp_vm.h"
#include "snp_abi.h"

struct attest_page_info {
	uint8_t digest[SNP_DIGEST];	/* before the page */
	uint8_t contents[SNP_DIGEST];	/* 0 where they are not measured */
	uint16_t length;
	uint8_t type, imi, vmpl3, vmpl2, vmpl1, reserved;
	uint64_t gpa;
} __attribute__((packed));

/*
 * @digest goes on by a page of @type (PAGE_TYPE) at @gpa, of whose @contents, 4096 bytes, there
 * are none where they are not measured; @info is what was hashed for it.
 */
void attest_add_page(uint8_t digest[SNP_DIGEST], unsigned int type, uint64_t gpa,
		     const void *contents, struct attest_page_info *info);

/*
 * Of @snp, launched by snp_vm_launch() from memory that has not changed since, with these
 * @nr_vmsas pages of VMSAs.
 */
void attest_launch_digest(struct snp_vm *snp, const void *vmsas, unsigned int nr_vmsas,
			  uint8_t digest[SNP_DIGEST]);

#endif
