// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verify an attestation report (AMD 56860, "Attestation") with a certificate table (AMD 56421),
 * whose certificates are as AMD 57230 has them, but for P-384 where AMD signs with RSA.
 */
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "attest/kds.h"
#include "attest/relying_party.h"
#include "attest/x509.h"
#include "snp/cert_table.h"

static const struct value_name faults[] = {
	{ ATTEST_FINE, "fine" }, { ATTEST_TABLE, "no table of certificates" },
	{ ATTEST_CERTIFICATE, "no certificate" }, { ATTEST_ROOT, "another root" },
	{ ATTEST_CHAIN, "not signed by its issuer" }, { ATTEST_FORMAT, "no such report" },
	{ ATTEST_CHIP, "a certificate of another chip" },
	{ ATTEST_TCB, "a certificate of another TCB version" },
	{ ATTEST_SIGNATURE, "a wrong signature" }, { ATTEST_REPORT_DATA, "other report data" },
	{ ATTEST_MEASUREMENT, "another measurement" }, { ATTEST_POLICY, "another policy" },
	{ ATTEST_HOST_DATA, "other host data" }, { ATTEST_VMPL, "another VMPL" },
	{ ATTEST_ID, "another family, image or SVN" },
	{ ATTEST_ID_KEY, "another ID or author key" }, { ATTEST_OLD_TCB, "an old TCB" },
	{ 0, NULL }
};
const struct value_names names_attest = { .other = "undefined", .names = faults };

#define MAX_CERTS	8

static X509 *read_cert(const struct cert *certs, int nr, const char *guid)
{
	uint8_t bytes[CERT_GUID_SIZE];
	int i;

	kds_guid(guid, bytes);
	for (i = 0; i < nr; i++) {
		const uint8_t *p = certs[i].data, *end = p + certs[i].length;
		X509 *x;

		if (memcmp(certs[i].guid, bytes, sizeof(bytes)))
			continue;
		x = d2i_X509(NULL, &p, certs[i].length);
		if (x && p == end)
			return x;
		X509_free(x);
		return NULL;
	}
	return NULL;
}

/* A part of the TCB version: an INTEGER. */
static bool part_is(const X509 *x, const char *oid, uint8_t wanted)
{
	const ASN1_OCTET_STRING *value = attest_extension(x, oid);
	const uint8_t *p = value ? ASN1_STRING_get0_data(value) : NULL;
	ASN1_INTEGER *n = p ? d2i_ASN1_INTEGER(NULL, &p, ASN1_STRING_length(value)) : NULL;
	bool is = n && ASN1_INTEGER_get(n) == wanted;

	ASN1_INTEGER_free(n);
	return is;
}

static bool is_of_tcb(const X509 *x, uint64_t tcb)
{
	unsigned int i;

	for (i = 0; i < KDS_TCB_PARTS; i++)
		if (!part_is(x, kds_tcb_parts[i].oid, tcb >> kds_tcb_parts[i].shift))
			return false;
	return true;
}

static bool is_older(uint64_t tcb, uint64_t wanted)
{
	unsigned int shift;

	for (shift = 0; shift < 64; shift += 8)
		if ((uint8_t)(tcb >> shift) < (uint8_t)(wanted >> shift))
			return true;
	return false;
}

static bool signed_by(const struct snp_report *r, EVP_PKEY *key)
{
	return attest_signature_fits(key, EVP_sha384(), BN_lebin2bn(r->r, sizeof(r->r), NULL),
				     BN_lebin2bn(r->s, sizeof(r->s), NULL), r,
				     SNP_REPORT_SIGNED);
}

static enum attest_fault verify_certs(const struct attest_wanted *w, const struct snp_report *r,
				      X509 *ark, X509 *ask, X509 *vcek)
{
	const ASN1_OCTET_STRING *chip;
	const uint8_t *p = w->root;
	X509 *root;
	bool same;

	if (!ark || !ask || !vcek)
		return ATTEST_CERTIFICATE;
	root = d2i_X509(NULL, &p, w->root_size);
	same = root && !X509_cmp(root, ark);
	X509_free(root);
	if (!same)
		return ATTEST_ROOT;
	if (X509_verify(ark, X509_get0_pubkey(ark)) != 1 ||
	    X509_verify(ask, X509_get0_pubkey(ark)) != 1 ||
	    X509_verify(vcek, X509_get0_pubkey(ask)) != 1)
		return ATTEST_CHAIN;
	if (r->version < SNP_REPORT_VERSION || r->signature_algo != SNP_ECDSA_P384)
		return ATTEST_FORMAT;
	chip = attest_extension(vcek, KDS_OID_CHIP);
	if (!chip || ASN1_STRING_length(chip) != sizeof(r->chip_id) ||
	    memcmp(ASN1_STRING_get0_data(chip), r->chip_id, sizeof(r->chip_id)))
		return ATTEST_CHIP;
	if (!is_of_tcb(vcek, r->reported_tcb))
		return ATTEST_TCB;
	return signed_by(r, X509_get0_pubkey(vcek)) ? ATTEST_FINE : ATTEST_SIGNATURE;
}

#define DIFFERS(field)	memcmp(&r->field, &w->report.field, sizeof(r->field))

static enum attest_fault verify_report(const struct attest_wanted *w, const struct snp_report *r)
{
	if (DIFFERS(report_data))
		return ATTEST_REPORT_DATA;
	if (!w->measurement_unknown && DIFFERS(measurement))
		return ATTEST_MEASUREMENT;
	if (DIFFERS(policy))
		return ATTEST_POLICY;
	if (DIFFERS(host_data))
		return ATTEST_HOST_DATA;
	if (DIFFERS(vmpl))
		return ATTEST_VMPL;
	if (DIFFERS(guest_svn) || DIFFERS(family_id) || DIFFERS(image_id))
		return ATTEST_ID;
	if (DIFFERS(id_key_digest) || DIFFERS(author_key_digest))
		return ATTEST_ID_KEY;
	return is_older(r->reported_tcb, w->tcb) ? ATTEST_OLD_TCB : ATTEST_FINE;
}

enum attest_fault attest_verify(const struct attest_wanted *w, const struct snp_report *r,
				const void *table, size_t table_pages)
{
	struct cert certs[MAX_CERTS];
	int nr = cert_table_parse(table, table_pages, certs, MAX_CERTS);
	X509 *ark, *ask, *vcek;
	enum attest_fault fault;

	if (nr <= 0)
		return ATTEST_TABLE;
	ark = read_cert(certs, nr, KDS_GUID_ARK);
	ask = read_cert(certs, nr, KDS_GUID_ASK);
	vcek = read_cert(certs, nr, KDS_GUID_VCEK);
	fault = verify_certs(w, r, ark, ask, vcek) ?: verify_report(w, r);
	X509_free(ark);
	X509_free(ask);
	X509_free(vcek);
	return fault;
}
