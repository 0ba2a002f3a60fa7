// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measurement of a TD, from its VMM's side.
 */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"

#include "attest/mrtd.h"

#define CHUNK		256
#define CHUNKS		(4096 / CHUNK)

static void hash(struct mrtd *m, const void *data, size_t len)
{
	if (m->nr + len > m->max) {
		m->max = 2 * (m->nr + len);
		m->hashed = realloc(m->hashed, m->max);
		TEST_ASSERT(m->hashed, "out of memory");
	}
	memcpy(m->hashed + m->nr, data, len);
	m->nr += len;
}

static void extend(struct mrtd *m, const char *name, uint64_t gpa)
{
	struct {
		char name[16];
		uint64_t gpa;
		uint8_t zero[104];
	} header = { .gpa = gpa };

	memcpy(header.name, name, strlen(name));
	hash(m, &header, sizeof(header));
}

void mrtd_add_page(struct mrtd *m, uint64_t gpa, const void *page, bool measured)
{
	unsigned int i;

	extend(m, "MEM.PAGE.ADD", gpa);
	m->nr_added++;
	for (i = 0; measured && i < CHUNKS; i++) {
		extend(m, "MR.EXTEND", gpa + i * CHUNK);
		hash(m, (const char *)page + i * CHUNK, CHUNK);
		m->nr_extended++;
	}
}

void mrtd_get(const struct mrtd *m, uint8_t digest[TDX_DIGEST])
{
	SHA384(m->hashed, m->nr, digest);
}

void mrtd_extend_rtmr(uint8_t rtmr[TDX_DIGEST], const uint8_t with[TDX_DIGEST])
{
	uint8_t both[2 * TDX_DIGEST];

	memcpy(both, rtmr, TDX_DIGEST);
	memcpy(both + TDX_DIGEST, with, TDX_DIGEST);
	SHA384(both, sizeof(both), rtmr);
}
