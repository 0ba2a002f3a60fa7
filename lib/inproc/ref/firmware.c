// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP firmware of one VM (56860): what its launch is measured as, and messages of its guest.  The
 * digest is made where somebody can ask for it only, since hashing takes longer than all else of
 * a launch: if there is a secrets page, without which no message is taken, or an ID block.
 */
#include <errno.h>
#include <stdlib.h>

#include <openssl/sha.h>

#include "snp.h"

/* Where a VMSA of the launch counts as being: nowhere that a guest can have memory. */
#define VMSA_GPA	0xfffffffff000ull

void snp_fw_start(struct ref_vm *vm, uint64_t policy)
{
	fw_guest_start(&vm->snp.fw, policy);
}

int snp_fw_add(struct ref_vm *vm, uint64_t gpa, unsigned int type)
{
	struct ref_snp_page *pages = vm->snp.pages;

	if (vm->snp.nr_pages == vm->snp.max_pages) {
		vm->snp.max_pages = 2 * vm->snp.max_pages + 64;
		pages = realloc(pages, vm->snp.max_pages * sizeof(*pages));
		if (!pages)
			return -ENOMEM;
		vm->snp.pages = pages;
	}
	pages[vm->snp.nr_pages++] = (struct ref_snp_page){ gpa, type };
	if (type == FW_PAGE_SECRETS)
		vm->snp.secrets = true;
	return 0;
}

static void digest_page(uint8_t *digest, uint64_t gpa, unsigned int type, const void *page)
{
	static const uint8_t perms[3];
	uint8_t contents[SNP_DIGEST] = { 0 };

	if (type == FW_PAGE_NORMAL || type == FW_PAGE_VMSA)
		fw_crypto(SHA384)(page, PAGE_SIZE, contents);
	fw_digest_page(digest, gpa, (uint8_t)type, perms, contents);
}

/* The pages in their order, then the vCPUs' registers. */
static int measure(struct ref_vm *vm, uint8_t *digest)
{
	unsigned char vmsa[PAGE_SIZE];
	size_t i;
	int r;

	memset(digest, 0, SNP_DIGEST);
	for (i = 0; i < vm->snp.nr_pages; i++)
		digest_page(digest, vm->snp.pages[i].gpa, vm->snp.pages[i].type,
			    inproc_gpa_to_hva(vm->host, vm->snp.pages[i].gpa, true, NULL));
	for (i = 0; i < vm->host->nr_vcpus; i++) {
		r = snp_store_vmsa(vm->host->vcpus[i]->priv, vmsa);
		if (r)
			return r;
		digest_page(digest, VMSA_GPA, FW_PAGE_VMSA, vmsa);
	}
	return 0;
}

int snp_fw_finish(struct ref_vm *vm, const struct fw_finish *finish, uint32_t *status)
{
	const bool asked = vm->snp.secrets || finish->id_block;
	uint8_t digest[SNP_DIGEST] = { 0 };
	int r;

	if (asked) {
		r = measure(vm, digest);
		if (r)
			return r;
	}
	*status = fw_id_status(finish, digest, vm->snp.fw.policy);
	if (*status)
		return -EIO;
	fw_guest_finish(&vm->snp.fw, finish, asked ? digest : NULL);
	return 0;
}

uint32_t snp_fw_message(struct ref_vm *vm, const void *request, void *response)
{
	uint32_t status;

	pthread_mutex_lock(&vm->measure_lock);
	status = fw_message(&vm->snp.fw, request, response);
	pthread_mutex_unlock(&vm->measure_lock);
	return status;
}
