// SPDX-License-Identifier: GPL-2.0-only
/*
 * The certificate exit in all its revisions, each described once: how a VMM
 * finds and enables it, where kvm_run keeps what, and what each answer of the
 * VMM does to the guest.  Tests are built without the tree's headers, so the
 * numbers stand here.
 */
#include <errno.h>
#include <string.h>

#include "exits/cert.h"
#include "guest/ghcb.h"

/* ret of coco-v1 */
#define COCO_REQ_CERTS_INVALID_LEN	1u
#define COCO_REQ_CERTS_GENERIC		(1u << 31)

/* Answers of the revisions that take an errno. */
#define CERT_ANSWERS_ERRNO(error_, other_)						\
	.answer = {									\
		[CERT_ANSWER_OK]	= { .defined = true },				\
		[CERT_ANSWER_LEN]	= { true, ENOSPC, 0, GHCB_VMM_ERR_INVALID_LEN, true },	\
		[CERT_ANSWER_BUSY]	= { true, EAGAIN, 0, GHCB_VMM_ERR_BUSY, false },\
		[CERT_ANSWER_ERROR]	= error_,					\
		[CERT_ANSWER_OTHER]	= other_,					\
	}
#define CERT_ANSWER_EIO		{ true, EIO, 0, GHCB_VMM_ERR_GENERIC, false }
#define CERT_ANSWER_ANY_ERROR	{ true, EPERM, 0, GHCB_VMM_ERR_GENERIC, false }
#define CERT_ANSWER_EINVAL	{ true, EPERM, EINVAL, 0, false }

const struct cert_revision cert_revisions[NR_CERT_REVISIONS] = {
	[CERT_COCO_V1] = {
		.name = "coco-v1", .source = "2024-06-21",
		.exit_reason = 40, .exit_name = "KVM_EXIT_COCO", .event = 0,
		.enable = CERT_CAP_MASK, .cap = 237, .cap_ported = 240,
		.cap_name = "KVM_CAP_EXIT_COCO", .cap_mask = 1 << 0,
		.nr = { 0, 1 }, .pad = { { 1, 7 } }, .addr = { 8, 8 }, .npages = { 16, 4 },
		.ret = { 20, 4 }, .addr_shift = 12,
		.answer = {
			[CERT_ANSWER_OK]	= { .defined = true },
			[CERT_ANSWER_LEN]	= { true, COCO_REQ_CERTS_INVALID_LEN, 0,
						    GHCB_VMM_ERR_INVALID_LEN, true },
			[CERT_ANSWER_ERROR]	= { true, COCO_REQ_CERTS_GENERIC, 0,
						    GHCB_VMM_ERR_GENERIC_V1, false },
			[CERT_ANSWER_OTHER]	= { true, 2, 0, GHCB_VMM_ERR_GENERIC_V1, false },
		},
	},
	[CERT_COCO_V2] = {
		.name = "coco-v2", .source = "2024-11-19",
		.exit_reason = 40, .exit_name = "KVM_EXIT_COCO", .event = 0,
		.enable = CERT_CAP_MASK, .cap = 239,
		.cap_name = "KVM_CAP_EXIT_COCO", .cap_mask = 1 << 0,
		.nr = { 0, 1 }, .pad = { { 1, 7 }, { 12, 4 } }, .ret = { 8, 4 }, .addr = { 16, 8 },
		.npages = { 24, 4 }, .addr_shift = 12,
		CERT_ANSWERS_ERRNO(CERT_ANSWER_EIO, CERT_ANSWER_ANY_ERROR),
	},
	[CERT_CERTS_V3] = {
		.name = "certs-v3", .source = "2024-12 to 2025-02",
		.exit_reason = 40, .exit_name = "KVM_EXIT_SNP_REQ_CERTS",
		.enable = CERT_CAP_ONE, .cap = 239,
		.cap_name = "KVM_CAP_EXIT_SNP_REQ_CERTS", .cap_mask = 1,
		.addr = { 0, 8 }, .npages = { 8, 4 }, .ret = { 12, 4 }, .addr_shift = 12,
		CERT_ANSWERS_ERRNO(CERT_ANSWER_EIO, CERT_ANSWER_ANY_ERROR),
	},
	[CERT_CERTS_V6] = {
		.name = "certs-v6", .source = "2025-04-28",
		.exit_reason = 40, .exit_name = "KVM_EXIT_SNP_REQ_CERTS",
		.enable = CERT_COMMAND, .cap = 2, .cap_name = "KVM_X86_SEV_SNP_REQ_CERTS",
		.until_run = true,
		.addr = { 0, 8 }, .npages = { 8, 8 }, .ret = { 16, 8 }, .addr_shift = 12,
		CERT_ANSWERS_ERRNO(CERT_ANSWER_EIO, CERT_ANSWER_EINVAL),
	},
	[CERT_CERTS_V7] = {
		.name = "certs-v7", .source = "2026-01-09, mainline 7.0",
		/* 42 in the patch as it was posted, which mainline gave to another exit. */
		.exit_reason = 43, .exit_name = "KVM_EXIT_SNP_REQ_CERTS",
		.enable = CERT_COMMAND, .cap = 2, .cap_name = "KVM_X86_SEV_SNP_REQ_CERTS",
		.addr = { 0, 8 }, .npages = { 8, 8 }, .ret = { 16, 8 }, .addr_shift = 0,
		CERT_ANSWERS_ERRNO(CERT_ANSWER_EIO, CERT_ANSWER_EINVAL),
	},
};

const struct cert_revision *cert_revision_named(const char *name)
{
	unsigned int i;

	for (i = 0; name && i < NR_CERT_REVISIONS; i++)
		if (!strcmp(cert_revisions[i].name, name))
			return &cert_revisions[i];
	return NULL;
}

struct cert_exit cert_exit_read(const struct cert_revision *rev, const struct kvm_run *run)
{
	return (struct cert_exit) {
		.nr = exit_field_get(run, rev->nr),
		.pad = { exit_field_get(run, rev->pad[0]), exit_field_get(run, rev->pad[1]) },
		.addr = exit_field_get(run, rev->addr),
		.npages = exit_field_get(run, rev->npages),
		.ret = exit_field_get(run, rev->ret),
	};
}

void cert_exit_answer(const struct cert_revision *rev, struct kvm_run *run, uint64_t ret,
		      const uint64_t *npages)
{
	exit_field_set(run, rev->ret, ret);
	if (npages)
		exit_field_set(run, rev->npages, *npages);
}
