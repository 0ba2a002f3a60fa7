// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP guests as the firmware keeps them from launch to end: keys for messages, the launch digest,
 * and what a report says of a guest.
 */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fw.h"

/* Family, model and stepping in the secrets page: a Genoa's */
#define FMS		0x00a10f11

static void random_bytes(void *bytes, size_t size)
{
	if (getrandom(bytes, size, 0) != (ssize_t)size)
		abort();
}

void fw_guest_start(struct fw_guest *g, __u64 policy)
{
	*g = (struct fw_guest){ .policy = policy };
	random_bytes(g->vmpck, sizeof(g->vmpck));
	random_bytes(g->report_id, sizeof(g->report_id));
}

void fw_guest_secrets(const struct fw_guest *g, void *page)
{
	struct snp_secrets *secrets = page;

	memset(secrets, 0, sizeof(*secrets));
	secrets->version = SNP_SECRETS_VERSION;
	secrets->fms = FMS;
	memcpy(secrets->vmpck, g->vmpck, sizeof(g->vmpck));
}

/* The digest before a page and its contents go into the digest after it. */
struct page_info {
	__u8 digest[SNP_DIGEST], contents[SNP_DIGEST];
	__u16 length;
	__u8 type, imi, perms[3], zero;	/* of VMPL 3, 2 and 1 */
	__u64 gpa;
} __attribute__((packed));

void fw_digest_page(__u8 *digest, __u64 gpa, __u8 type, const __u8 *perms, const __u8 *contents)
{
	struct page_info info = {
		.length = sizeof(info), .type = type, .gpa = gpa,
		.perms = { perms[2], perms[1], perms[0] },
	};

	memcpy(info.digest, digest, sizeof(info.digest));
	memcpy(info.contents, contents, sizeof(info.contents));
	fw_crypto(SHA384)((const __u8 *)&info, sizeof(info), digest);
}

void fw_guest_finish(struct fw_guest *g, const struct fw_finish *f, const __u8 *digest)
{
	const struct snp_id_auth *auth = f->id_auth;

	g->measured = digest;
	if (digest)
		memcpy(g->digest, digest, sizeof(g->digest));
	memcpy(g->host_data, f->host_data, sizeof(g->host_data));
	g->vcek_disabled = f->vcek_disabled;
	g->author_key = f->author_key;
	if (!f->id_block)
		return;
	memcpy(&g->id, f->id_block, sizeof(g->id));
	if (!digest)
		return;
	fw_crypto(SHA384)((const __u8 *)&auth->id_key, sizeof(auth->id_key), g->id_key_digest);
	if (f->author_key)
		fw_crypto(SHA384)((const __u8 *)&auth->author_key, sizeof(auth->author_key),
				  g->author_key_digest);
}
