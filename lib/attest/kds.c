// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make keys and certificates as AMD's are (AMD 57230), but for P-384 where AMD has RSA.
 */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "attest/kds.h"
#include "attest/x509.h"
#include "snp/cert_table.h"

const struct kds_tcb_part kds_tcb_parts[KDS_TCB_PARTS] = {
	{ "1.3.6.1.4.1.3704.1.3.1", 0 },	/* blSPL */
	{ "1.3.6.1.4.1.3704.1.3.2", 8 },	/* teeSPL */
	{ "1.3.6.1.4.1.3704.1.3.3", 48 },	/* snpSPL */
	{ "1.3.6.1.4.1.3704.1.3.8", 56 },	/* ucodeSPL */
};

static const char * const guids[NR_KDS_CERTS] = { KDS_GUID_ARK, KDS_GUID_ASK, KDS_GUID_VCEK };

static unsigned int hex(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

void kds_guid(const char *guid, uint8_t bytes[16])
{
	unsigned int i;

	for (i = 0; i < CERT_GUID_SIZE; i++)
		bytes[i] = hex(guid[2 * i]) << 4 | hex(guid[2 * i + 1]);
}

/* HWID is the bytes themselves, a part of the TCB version is an INTEGER. */
static bool add_chip(X509 *x, const struct control_fw_chip *chip)
{
	unsigned int i;

	for (i = 0; i < KDS_TCB_PARTS; i++) {
		const uint8_t part = chip->tcb >> kds_tcb_parts[i].shift;
		const uint8_t small[] = { V_ASN1_INTEGER, 1, part };
		const uint8_t large[] = { V_ASN1_INTEGER, 2, 0, part };

		if (!attest_add_extension(x, kds_tcb_parts[i].oid, part < 0x80 ? small : large,
				   part < 0x80 ? sizeof(small) : sizeof(large)))
			return false;
	}
	return attest_add_extension(x, KDS_OID_CHIP, chip->id, sizeof(chip->id));
}

static bool make_cert(struct kds_cert *cert, const char *subject, EVP_PKEY *key,
		      const char *issuer, EVP_PKEY *issuer_key, const struct control_fw_chip *chip)
{
	X509 *x = attest_cert(subject, key, issuer);
	uint8_t *p = cert->der;
	int size = 0;

	if (x && issuer_key && (!chip || add_chip(x, chip)) &&
	    X509_sign(x, issuer_key, EVP_sha384()))
		size = i2d_X509(x, NULL);
	cert->size = size > 0 && size <= KDS_CERT_SIZE ? i2d_X509(x, &p) : 0;
	X509_free(x);
	return cert->size;
}

bool kds_make(struct kds *kds, const struct control_fw_chip *chip)
{
	EVP_PKEY *ark = EVP_EC_gen("P-384"), *ask = EVP_EC_gen("P-384");
	EVP_PKEY *vcek = attest_public_key("P-384", chip->vcek, sizeof(chip->vcek));
	bool good = make_cert(&kds->cert[KDS_ARK], "ARK", ark, "ARK", ark, NULL) &&
		    make_cert(&kds->cert[KDS_ASK], "ASK", ask, "ARK", ark, NULL) &&
		    make_cert(&kds->cert[KDS_VCEK], "VCEK", vcek, "ASK", ask, chip);

	EVP_PKEY_free(vcek);
	EVP_PKEY_free(ask);
	EVP_PKEY_free(ark);
	return good;
}

void kds_negate(uint8_t point[97])
{
	BIGNUM *p = BN_get0_nist_prime_384() ? BN_dup(BN_get0_nist_prime_384()) : NULL;
	BIGNUM *y = BN_bin2bn(point + 49, 48, NULL);

	if (p && y && BN_sub(y, p, y))
		BN_bn2binpad(y, point + 49, 48);
	BN_free(y);
	BN_free(p);
}

size_t kds_table(const struct kds *kds, void *table, size_t pages)
{
	struct cert certs[NR_KDS_CERTS];
	unsigned int i;
	size_t need;

	for (i = 0; i < NR_KDS_CERTS; i++) {
		kds_guid(guids[i], certs[i].guid);
		certs[i].data = kds->cert[i].der;
		certs[i].length = kds->cert[i].size;
	}
	need = cert_table_pages(certs, NR_KDS_CERTS);
	return need <= pages && !cert_table_build(table, need, certs, NR_KDS_CERTS) ? need : 0;
}
