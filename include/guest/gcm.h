/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-256-GCM (FIPS 197, NIST SP 800-38D) for guest code, which has neither a libc nor SSE.
 */
#ifndef GUEST_GCM_H
#define GUEST_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GCM_KEY_SIZE	32
#define GCM_IV_SIZE	12
#define GCM_TAG_SIZE	16

struct gcm {
	uint32_t round_key[15][4];
	/* The hash key times four bits, the more significant half first. */
	uint64_t multiple[16][2];
};

/* Of AES; the host makes them, since there are machines that emulate a guest's instructions. */
struct gcm_tables {
	uint8_t sbox[256];
	uint32_t mixed[256];			/* and multiplied, as of a column's first byte */
};
extern struct gcm_tables gcm_tables;
void gcm_make_tables(void);

void gcm_set_key(struct gcm *gcm, const uint8_t key[GCM_KEY_SIZE]);

/*
 * @size bytes from @in to @out, which may be the same; @tag stands for these and for
 * @aad_size bytes at @aad.  gcm_open() gives false, and writes nothing, for a wrong tag.
 */
void gcm_seal(const struct gcm *gcm, const uint8_t iv[GCM_IV_SIZE], const void *aad,
	      size_t aad_size, const void *in, void *out, size_t size, uint8_t tag[GCM_TAG_SIZE]);
bool gcm_open(const struct gcm *gcm, const uint8_t iv[GCM_IV_SIZE], const void *aad,
	      size_t aad_size, const void *in, void *out, size_t size,
	      const uint8_t tag[GCM_TAG_SIZE]);

#endif
