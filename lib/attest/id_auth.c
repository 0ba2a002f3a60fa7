// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sign an SNP VM's ID block.
 */
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

#include "attest/id_auth.h"
#include "attest/x509.h"

#define COORDINATE	48

static bool write_key(EVP_PKEY *key, struct snp_ecdsa_key *to)
{
	uint8_t *point = NULL;
	bool good = EVP_PKEY_get1_encoded_public_key(key, &point) == 1 + 2 * COORDINATE;
	unsigned int i;

	to->curve = SNP_CURVE_P384;
	for (i = 0; good && i < COORDINATE; i++) {
		to->x[i] = point[COORDINATE - i];
		to->y[i] = point[2 * COORDINATE - i];
	}
	OPENSSL_free(point);
	return good;
}

static bool sign(EVP_PKEY *key, const void *data, size_t size, struct snp_ecdsa_signature *to)
{
	ECDSA_SIG *sig = attest_signature(key, EVP_sha384(), data, size);
	bool good = sig && BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), to->r, sizeof(to->r)) > 0 &&
		    BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), to->s, sizeof(to->s)) > 0;

	ECDSA_SIG_free(sig);
	return good;
}

bool attest_sign_id(const struct snp_id_block *id, struct snp_id_auth *auth)
{
	EVP_PKEY *key = EVP_EC_gen("P-384"), *author = EVP_EC_gen("P-384");
	bool good;

	*auth = (struct snp_id_auth){
		.id_key_algo = SNP_ECDSA_P384, .author_key_algo = SNP_ECDSA_P384,
	};
	good = key && author && write_key(key, &auth->id_key) &&
	       write_key(author, &auth->author_key) &&
	       sign(key, id, sizeof(*id), &auth->signature) &&
	       sign(author, &auth->id_key, sizeof(auth->id_key), &auth->id_key_signature);
	EVP_PKEY_free(key);
	EVP_PKEY_free(author);
	return good;
}
