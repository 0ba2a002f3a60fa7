// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launch digest of a VM, from its VMM's side.
 */
#include <openssl/sha.h>
#include <string.h>

#include "attest/launch_digest.h"

#define PAGE		4096
#define TYPE_VMSA	2
#define VMSA_GPA	0xfffffffff000ull

_Static_assert(sizeof(struct attest_page_info) == 0x70, "PAGE_INFO");

void attest_add_page(uint8_t digest[SNP_DIGEST], unsigned int type, uint64_t gpa,
		     const void *contents, struct attest_page_info *info)
{
	*info = (struct attest_page_info){ .length = sizeof(*info), .type = type, .gpa = gpa };
	memcpy(info->digest, digest, sizeof(info->digest));
	if (contents)
		SHA384(contents, PAGE, info->contents);
	SHA384((void *)info, sizeof(*info), digest);
}

static void add_range(struct snp_vm *snp, uint64_t gpa, uint64_t size, unsigned int type,
		      void *digest)
{
	const bool measured = type == KVM_SEV_SNP_PAGE_TYPE_NORMAL;
	struct attest_page_info info;
	uint64_t end = gpa + size;

	for (; gpa < end; gpa += PAGE)
		attest_add_page(digest, type, gpa, measured ? addr_gpa2hva(snp->vm, gpa) : NULL,
				&info);
}

void attest_launch_digest(struct snp_vm *snp, const void *vmsas, unsigned int nr_vmsas,
			  uint8_t digest[SNP_DIGEST])
{
	struct attest_page_info info;
	unsigned int i;

	memset(digest, 0, SNP_DIGEST);
	snp_vm_for_each_range(snp, add_range, digest);
	for (i = 0; i < nr_vmsas; i++)
		attest_add_page(digest, TYPE_VMSA, VMSA_GPA, (const char *)vmsas + i * PAGE,
				&info);
}
