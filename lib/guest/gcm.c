// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-256-GCM: guest code.
 *
 * Of our own, since that of a kernel's lib/crypto has another interface every few versions, and
 * guests are built with the library of any tree.  Not hardened against those who measure time.
 */
#include "guest/gcm.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

#define BLOCK	16
#define ROUNDS	14

static uint32_t rol32(uint32_t word, unsigned int bits)
{
	return word << bits | word >> (32 - bits);
}

static uint8_t rol8(uint8_t byte, unsigned int bits)
{
	return byte << bits | byte >> (8 - bits);
}

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void store_be32(uint8_t *p, uint32_t word)
{
	p[0] = word >> 24;
	p[1] = word >> 16;
	p[2] = word >> 8;
	p[3] = word;
}

/* ---- AES; a word is a column, its first byte the most significant one ---- */

struct gcm_tables gcm_tables;

/* The bytes of a, b, c, d in the first, second, third and last row. */
static uint32_t substitute(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint8_t *sbox = gcm_tables.sbox;

	return (uint32_t)sbox[a >> 24] << 24 | sbox[b >> 16 & 0xff] << 16 |
	       sbox[c >> 8 & 0xff] << 8 | sbox[d & 0xff];
}

/* The same, and 5.1.3: each byte times 2, the next one times 3, and the other two. */
static uint32_t substitute_and_mix(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint32_t *mixed = gcm_tables.mixed;

	return mixed[a >> 24] ^ rol32(mixed[b >> 16 & 0xff], 24) ^
	       rol32(mixed[c >> 8 & 0xff], 16) ^ rol32(mixed[d & 0xff], 8);
}

/* FIPS 197, 5.1.1: inverses, by powers of the generator 3 and of its inverse, then a map. */
void gcm_make_tables(void)
{
	uint8_t *sbox = gcm_tables.sbox, p = 1, q = 1;
	unsigned int i;

	do {
		p ^= p << 1 ^ (p & 0x80 ? 0x1b : 0);
		q ^= q << 1;
		q ^= q << 2;
		q ^= q << 4;
		q ^= q & 0x80 ? 0x09 : 0;
		sbox[p] = q ^ rol8(q, 1) ^ rol8(q, 2) ^ rol8(q, 3) ^ rol8(q, 4) ^ 0x63;
	} while (p != 1);
	sbox[0] = 0x63;
	for (i = 0; i < 256; i++) {
		uint8_t twice = sbox[i] << 1 ^ (sbox[i] & 0x80 ? 0x1b : 0);

		gcm_tables.mixed[i] = (uint32_t)twice << 24 | sbox[i] << 16 | sbox[i] << 8 |
				      (sbox[i] ^ twice);
	}
}

static void expand_key(uint32_t *w, const uint8_t *key)
{
	uint32_t rcon = 1u << 24;
	unsigned int i;

	for (i = 0; i < 8; i++)
		w[i] = load_be32(key + 4 * i);
	for (; i < 4 * (ROUNDS + 1); i++) {
		uint32_t t = w[i - 1];

		if (i % 8 == 0) {
			t = rol32(t, 8);
			t = substitute(t, t, t, t) ^ rcon;
			rcon <<= 1;
		} else if (i % 8 == 4) {
			t = substitute(t, t, t, t);
		}
		w[i] = w[i - 8] ^ t;
	}
}

static void encrypt_block(const struct gcm *gcm, const uint8_t *in, uint8_t *out)
{
	const uint32_t (*key)[4] = gcm->round_key;
	uint32_t s[4], t[4];
	unsigned int i, round;

	for (i = 0; i < 4; i++)
		s[i] = load_be32(in + 4 * i) ^ key[0][i];
	for (round = 1; round < ROUNDS; round++) {
		for (i = 0; i < 4; i++)
			t[i] = substitute_and_mix(s[i], s[(i + 1) % 4], s[(i + 2) % 4],
						  s[(i + 3) % 4]) ^ key[round][i];
		for (i = 0; i < 4; i++)
			s[i] = t[i];
	}
	for (i = 0; i < 4; i++)
		store_be32(out + 4 * i, substitute(s[i], s[(i + 1) % 4], s[(i + 2) % 4],
						   s[(i + 3) % 4]) ^ key[ROUNDS][i]);
}

/* ---- GHASH (SP 800-38D, 6.4) ---- */

/* What the four bits that a shift drops come back as: R of 6.3 for each, shifted with it. */
static const uint16_t reduced[16] = {
	0x0000, 0x1c20, 0x3840, 0x2460, 0x7080, 0x6ca0, 0x48c0, 0x54e0,
	0xe100, 0xfd20, 0xd940, 0xc560, 0x9180, 0x8da0, 0xa9c0, 0xb5e0,
};

/* The hash key times each polynomial of four bits, the first of which is the highest. */
static void set_hash_key(struct gcm *gcm, uint64_t high, uint64_t low)
{
	unsigned int i, j;

	gcm->multiple[0][0] = gcm->multiple[0][1] = 0;
	for (i = 8; i; i /= 2) {
		uint64_t reduce = -(low & 1) & 0xe1ull << 56;

		gcm->multiple[i][0] = high;
		gcm->multiple[i][1] = low;
		low = low >> 1 | high << 63;
		high = high >> 1 ^ reduce;
	}
	for (i = 2; i < 16; i *= 2)
		for (j = 1; j < i; j++) {
			gcm->multiple[i + j][0] = gcm->multiple[i][0] ^ gcm->multiple[j][0];
			gcm->multiple[i + j][1] = gcm->multiple[i][1] ^ gcm->multiple[j][1];
		}
}

/* @hash times the hash key, four bits at a time, from its end. */
static void multiply(const struct gcm *gcm, uint64_t hash[2])
{
	uint64_t high = 0, low = 0;
	unsigned int half, i;

	for (half = 2; half--; ) {
		uint64_t bits = hash[half];

		for (i = 0; i < 16; i++, bits >>= 4) {
			const uint64_t *m = gcm->multiple[bits & 15];
			uint64_t reduce = (uint64_t)reduced[low & 15] << 48;

			low = (low >> 4 | high << 60) ^ m[1];
			high = (high >> 4) ^ reduce ^ m[0];
		}
	}
	hash[0] = high;
	hash[1] = low;
}

static void hash_bytes(const struct gcm *gcm, uint64_t hash[2], const uint8_t *p, size_t size)
{
	while (size) {
		size_t i, n = size < BLOCK ? size : BLOCK;

		for (i = 0; i < n; i++)
			hash[i / 8] ^= (uint64_t)p[i] << (56 - i % 8 * 8);
		multiply(gcm, hash);
		p += n;
		size -= n;
	}
}

/* ---- GCM (7.1); the initial counter block is the IV and a count of 1 ---- */

static void counter_block(const struct gcm *gcm, const uint8_t *iv, uint32_t count, uint8_t *out)
{
	uint8_t block[BLOCK];
	unsigned int i;

	for (i = 0; i < GCM_IV_SIZE; i++)
		block[i] = iv[i];
	store_be32(block + GCM_IV_SIZE, count);
	encrypt_block(gcm, block, out);
}

static void make_tag(const struct gcm *gcm, const uint8_t *iv, const void *aad, size_t aad_size,
		     const void *sealed, size_t size, uint8_t *tag)
{
	uint64_t hash[2] = { 0, 0 };
	unsigned int i;

	hash_bytes(gcm, hash, aad, aad_size);
	hash_bytes(gcm, hash, sealed, size);
	hash[0] ^= aad_size * 8;
	hash[1] ^= size * 8;
	multiply(gcm, hash);
	counter_block(gcm, iv, 1, tag);
	for (i = 0; i < BLOCK; i++)
		tag[i] ^= hash[i / 8] >> (56 - i % 8 * 8);
}

static void crypt_bytes(const struct gcm *gcm, const uint8_t *iv, const uint8_t *in, uint8_t *out,
			size_t size)
{
	uint8_t block[BLOCK];
	size_t i;

	for (i = 0; i < size; i++) {
		if (i % BLOCK == 0)
			counter_block(gcm, iv, 2 + i / BLOCK, block);
		out[i] = in[i] ^ block[i % BLOCK];
	}
}

void gcm_set_key(struct gcm *gcm, const uint8_t key[GCM_KEY_SIZE])
{
	uint8_t block[BLOCK];
	unsigned int i;

	expand_key(gcm->round_key[0], key);
	for (i = 0; i < BLOCK; i++)
		block[i] = 0;
	encrypt_block(gcm, block, block);
	set_hash_key(gcm, (uint64_t)load_be32(block) << 32 | load_be32(block + 4),
		     (uint64_t)load_be32(block + 8) << 32 | load_be32(block + 12));
}

void gcm_seal(const struct gcm *gcm, const uint8_t iv[GCM_IV_SIZE], const void *aad,
	      size_t aad_size, const void *in, void *out, size_t size, uint8_t tag[GCM_TAG_SIZE])
{
	crypt_bytes(gcm, iv, in, out, size);
	make_tag(gcm, iv, aad, aad_size, out, size, tag);
}

bool gcm_open(const struct gcm *gcm, const uint8_t iv[GCM_IV_SIZE], const void *aad,
	      size_t aad_size, const void *in, void *out, size_t size,
	      const uint8_t tag[GCM_TAG_SIZE])
{
	uint8_t wanted[BLOCK], differ = 0;
	unsigned int i;

	make_tag(gcm, iv, aad, aad_size, in, size, wanted);
	for (i = 0; i < BLOCK; i++)
		differ |= wanted[i] ^ tag[i];
	if (!differ)
		crypt_bytes(gcm, iv, in, out, size);
	return !differ;
}
