// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificates of test keys, and keys as bytes, by libcrypto.
 */
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "attest/x509.h"

#define VALID_SECONDS	(24 * 60 * 60)

X509 *attest_cert(const char *subject, EVP_PKEY *key, const char *issuer)
{
	X509 *x = X509_new();

	if (x && key && X509_set_version(x, 2) &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
	    X509_gmtime_adj(X509_getm_notAfter(x), VALID_SECONDS) &&
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
				       (const uint8_t *)subject, -1, -1, 0) &&
	    X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", MBSTRING_ASC,
				       (const uint8_t *)issuer, -1, -1, 0) &&
	    X509_set_pubkey(x, key))
		return x;
	X509_free(x);
	return NULL;
}

bool attest_add_extension(X509 *x, const char *oid, const uint8_t *bytes, int size)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *ext;
	bool good;

	ASN1_OCTET_STRING_set(value, bytes, size);
	ext = X509_EXTENSION_create_by_OBJ(NULL, obj, 0, value);
	good = ext && X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(obj);
	return good;
}

const ASN1_OCTET_STRING *attest_extension(const X509 *x, const char *oid)
{
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	int at = X509_get_ext_by_OBJ(x, obj, -1);

	ASN1_OBJECT_free(obj);
	return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(x, at));
}

EVP_PKEY *attest_public_key(const char *group, const uint8_t *point, size_t size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, strlen(group)),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, size),
		OSSL_PARAM_END,
	};
	EVP_PKEY *key = NULL;

	if (ctx && EVP_PKEY_fromdata_init(ctx) > 0)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* ---- signatures ---- */

ECDSA_SIG *attest_signature(EVP_PKEY *key, const EVP_MD *hash, const void *data, size_t size)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t der[128];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig = NULL;

	if (EVP_DigestSignInit(md, NULL, hash, NULL, key) > 0 &&
	    EVP_DigestSign(md, der, &len, data, size) > 0)
		sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	EVP_MD_CTX_free(md);
	return sig;
}

bool attest_signature_fits(EVP_PKEY *key, const EVP_MD *hash, BIGNUM *r, BIGNUM *s,
			   const void *data, size_t size)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *der = NULL;
	bool good;
	int len;

	ECDSA_SIG_set0(sig, r, s);
	len = i2d_ECDSA_SIG(sig, &der);
	good = len > 0 && EVP_DigestVerifyInit(md, NULL, hash, NULL, key) > 0 &&
	       EVP_DigestVerify(md, der, len, data, size) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(md);
	return good;
}

/* ---- P-256 ---- */

#define HALF	(P256_SIZE / 2)

bool p256_public(EVP_PKEY *key, uint8_t xy[P256_SIZE])
{
	uint8_t *point = NULL;
	bool good = key && EVP_PKEY_get1_encoded_public_key(key, &point) == 1 + P256_SIZE;

	if (good)
		memcpy(xy, point + 1, P256_SIZE);
	OPENSSL_free(point);
	return good;
}

bool p256_sign(EVP_PKEY *key, const void *data, size_t size, uint8_t rs[P256_SIZE])
{
	ECDSA_SIG *sig = attest_signature(key, EVP_sha256(), data, size);
	bool good = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, HALF) == HALF &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + HALF, HALF) == HALF;

	ECDSA_SIG_free(sig);
	return good;
}

bool p256_verified(EVP_PKEY *key, const void *data, size_t size, const uint8_t rs[P256_SIZE])
{
	return attest_signature_fits(key, EVP_sha256(), BN_bin2bn(rs, HALF, NULL),
				     BN_bin2bn(rs + HALF, HALF, NULL), data, size);
}

bool p256_verified_by(const uint8_t xy[P256_SIZE], const void *data, size_t size,
		      const uint8_t rs[P256_SIZE])
{
	uint8_t point[1 + P256_SIZE] = { 4 };
	EVP_PKEY *key;
	bool good;

	memcpy(point + 1, xy, P256_SIZE);
	key = attest_public_key("P-256", point, sizeof(point));
	good = key && p256_verified(key, data, size, rs);
	EVP_PKEY_free(key);
	return good;
}
