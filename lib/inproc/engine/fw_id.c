// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who vouches for a launch, as the SNP firmware looks at it (AMD 56860, SNP_LAUNCH_FINISH, "ID
 * Authentication Information").
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <string.h>

#include "fw.h"

#define POLICY_FAILURE		7
#define BAD_SIGNATURE		10
#define BAD_MEASUREMENT		11

static BIGNUM *number(const __u8 bytes[72])
{
	return fw_crypto(BN_lebin2bn)(bytes, 72, NULL);
}

static bool is_signed(const void *data, size_t size, const struct snp_ecdsa_signature *signature,
		      const struct snp_ecdsa_key *key)
{
	EC_KEY *ec = fw_crypto(EC_KEY_new_by_curve_name)(NID_secp384r1);
	ECDSA_SIG *sig = fw_crypto(ECDSA_SIG_new)();
	BIGNUM *x = number(key->x), *y = number(key->y);
	__u8 digest[SNP_DIGEST];
	bool good;

	fw_crypto(SHA384)(data, size, digest);
	good = key->curve == SNP_CURVE_P384 &&
	       fw_crypto(EC_KEY_set_public_key_affine_coordinates)(ec, x, y) &&
	       fw_crypto(ECDSA_SIG_set0)(sig, number(signature->r), number(signature->s)) &&
	       fw_crypto(ECDSA_do_verify)(digest, sizeof(digest), sig, ec) == 1;
	fw_crypto(BN_free)(x);
	fw_crypto(BN_free)(y);
	fw_crypto(ECDSA_SIG_free)(sig);
	fw_crypto(EC_KEY_free)(ec);
	return good;
}

unsigned int fw_id_status(const struct fw_finish *f, const __u8 *digest, __u64 policy)
{
	const struct snp_id_block *id = f->id_block;
	const struct snp_id_auth *auth = f->id_auth;

	if (!id)
		return 0;
	if (id->version != SNP_ID_BLOCK_VERSION || memcmp(id->digest, digest, sizeof(id->digest)))
		return BAD_MEASUREMENT;
	if (id->policy != policy)
		return POLICY_FAILURE;
	if (!is_signed(id, sizeof(*id), &auth->signature, &auth->id_key) ||
	    (f->author_key && !is_signed(&auth->id_key, sizeof(auth->id_key),
					 &auth->id_key_signature, &auth->author_key)))
		return BAD_SIGNATURE;
	return 0;
}
