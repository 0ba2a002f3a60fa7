// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP guests as the firmware keeps them from launch to end: keys for messages, and what a report
 * says of a guest.  A context's page that is used again is another guest's.
 */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/base.h"
#include "fw.h"

/* Family, model and stepping in the secrets page: a Genoa's */
#define FMS		0x00a10f11

static struct fw_guest *guests;

struct fw_guest *fw_guest(unsigned long long gctx)
{
	struct fw_guest *g = guests;

	while (g && g->gctx != gctx)
		g = g->next;
	return g;
}

static void random_bytes(void *bytes, size_t size)
{
	if (getrandom(bytes, size, 0) != (ssize_t)size)
		abort();
}

void fw_guest_start(const struct image_launch *l)
{
	struct fw_guest *g = fw_guest(l->gctx), *next;

	if (!g) {
		g = calloc(1, sizeof(*g));
		if (!g)
			abort();
		g->next = guests;
		guests = g;
	}
	next = g->next;
	*g = (struct fw_guest){ .next = next, .gctx = l->gctx, .policy = l->policy };
	random_bytes(g->vmpck, sizeof(g->vmpck));
	random_bytes(g->report_id, sizeof(g->report_id));
}

void fw_guest_secrets(const struct image_launch *l)
{
	const struct fw_guest *g = fw_guest(l->gctx);
	struct snp_secrets *secrets = l->page;

	memset(secrets, 0, sizeof(*secrets));
	secrets->version = SNP_SECRETS_VERSION;
	secrets->fms = FMS;
	memcpy(secrets->vmpck, g->vmpck, sizeof(g->vmpck));
}

void fw_guest_finish(const struct image_launch *l, const __u8 *digest)
{
	const struct snp_id_auth *auth = l->id_auth;
	struct fw_guest *g = fw_guest(l->gctx);

	g->measured = digest;
	if (digest)
		memcpy(g->digest, digest, sizeof(g->digest));
	memcpy(g->host_data, l->host_data, sizeof(g->host_data));
	g->vcek_disabled = l->vcek_disabled;
	g->author_key = l->auth_key;
	if (!l->id_block)
		return;
	memcpy(&g->id, l->id_block, sizeof(g->id));
	if (!digest)
		return;
	fw_crypto(SHA384)((const __u8 *)&auth->id_key, sizeof(auth->id_key), g->id_key_digest);
	if (l->auth_key)
		fw_crypto(SHA384)((const __u8 *)&auth->author_key, sizeof(auth->author_key),
				  g->author_key_digest);
}
