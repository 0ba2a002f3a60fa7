/* SPDX-License-Identifier: GPL-2.0-only */
/* Certificates of test keys, and keys as bytes. */
#ifndef ATTEST_X509_H
#define ATTEST_X509_H

#include <openssl/ecdsa.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of @key for a day from now on, not signed yet; NULL: libcrypto failed. */
X509 *attest_cert(const char *subject, EVP_PKEY *key, const char *issuer);
bool attest_add_extension(X509 *x, const char *oid, const uint8_t *bytes, int size);
/* The value of extension @oid, or NULL. */
const ASN1_OCTET_STRING *attest_extension(const X509 *x, const char *oid);

/* A public key of curve @group: 4, X, Y. */
EVP_PKEY *attest_public_key(const char *group, const uint8_t *point, size_t size);

/* ---- signatures by elliptic curves, whose numbers AMD and Intel write down differently ---- */

/* Of @data by @key, to be freed; NULL: libcrypto failed. */
ECDSA_SIG *attest_signature(EVP_PKEY *key, const EVP_MD *hash, const void *data, size_t size);
/* Are @r and @s a signature of @data by @key?  Frees them. */
bool attest_signature_fits(EVP_PKEY *key, const EVP_MD *hash, BIGNUM *r, BIGNUM *s,
			   const void *data, size_t size);

/* ---- P-256 as Intel has it: X and Y, R and S, big endian; messages by SHA-256 ---- */

#define P256_SIZE	64

bool p256_public(EVP_PKEY *key, uint8_t xy[P256_SIZE]);
bool p256_sign(EVP_PKEY *key, const void *data, size_t size, uint8_t rs[P256_SIZE]);
bool p256_verified(EVP_PKEY *key, const void *data, size_t size, const uint8_t rs[P256_SIZE]);
/* The same with the public key as bytes. */
bool p256_verified_by(const uint8_t xy[P256_SIZE], const void *data, size_t size,
		      const uint8_t rs[P256_SIZE]);

#endif
