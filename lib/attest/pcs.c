// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make the certificates of a platform's key as Intel's are, and read what they say of it.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "attest/pcs.h"

/* The extension: a SEQUENCE of pairs of an OID, which begins with its own, and a value. */
#define SGX_OID		"1.2.840.113741.1.13.1"
#define SGX_OID_BYTES	0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 1, 13, 1
/* Then come: */
enum { SGX_PPID = 1, SGX_TCB = 2, SGX_PCEID = 3, SGX_FMSPC = 4, SGX_TYPE = 5 };
/* Pairs of SGX_TCB: a number for each part from 1 on, and */
enum { TCB_PCESVN = TDX_SVNS + 1, TCB_CPUSVN };

#define SEQUENCE	(V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED)

/* ---- writing ---- */

struct der {
	uint8_t bytes[1024];
	size_t size;
};

static void put(struct der *d, uint8_t tag, const void *data, size_t n)
{
	uint8_t *p = d->bytes + d->size;

	*p++ = tag;
	if (n >= 0x100) {
		*p++ = 0x82;
		*p++ = n >> 8;
	} else if (n >= 0x80) {
		*p++ = 0x81;
	}
	*p++ = n;
	memcpy(p, data, n);
	d->size = p + n - d->bytes;
}

/* @b 0: the OID ends with @a. */
static void put_pair(struct der *d, uint8_t a, uint8_t b, uint8_t tag, const void *data, size_t n)
{
	const uint8_t oid[] = { SGX_OID_BYTES, a, b };
	struct der pair = {};

	put(&pair, V_ASN1_OBJECT, oid, sizeof(oid) - !b);
	put(&pair, tag, data, n);
	put(d, SEQUENCE, pair.bytes, pair.size);
}

static void put_svn(struct der *d, uint8_t b, uint16_t svn)
{
	const uint8_t bytes[] = { 0, svn >> 8, svn };
	unsigned int zeroes = svn < 0x80 ? 2 : svn < 0x8000 ? 1 : 0;

	put_pair(d, SGX_TCB, b, V_ASN1_INTEGER, bytes + zeroes, sizeof(bytes) - zeroes);
}

static bool add_platform(X509 *x, const struct pcs_platform *platform)
{
	static const uint8_t ppid[16], pceid[2], type = 1;	/* scalable */
	struct der tcb = {}, pairs = {}, all = {};
	unsigned int i;

	for (i = 0; i < TDX_SVNS; i++)
		put_svn(&tcb, i + 1, platform->svn[i]);
	put_svn(&tcb, TCB_PCESVN, platform->pcesvn);
	put_pair(&tcb, SGX_TCB, TCB_CPUSVN, V_ASN1_OCTET_STRING, platform->svn, TDX_SVNS);

	put_pair(&pairs, SGX_PPID, 0, V_ASN1_OCTET_STRING, ppid, sizeof(ppid));
	put_pair(&pairs, SGX_TCB, 0, SEQUENCE, tcb.bytes, tcb.size);
	put_pair(&pairs, SGX_PCEID, 0, V_ASN1_OCTET_STRING, pceid, sizeof(pceid));
	put_pair(&pairs, SGX_FMSPC, 0, V_ASN1_OCTET_STRING, platform->fmspc, PCS_FMSPC);
	put_pair(&pairs, SGX_TYPE, 0, V_ASN1_ENUMERATED, &type, sizeof(type));
	put(&all, SEQUENCE, pairs.bytes, pairs.size);
	return attest_add_extension(x, SGX_OID, all.bytes, all.size);
}

static bool keep(struct pcs *pcs, enum pcs_cert_nr nr, X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool good = PEM_write_bio_X509(bio, x);
	int len = good ? BIO_read(bio, pcs->pem[nr].text, PCS_CERT_SIZE) : 0;
	uint8_t *p = pcs->root;

	BIO_free(bio);
	pcs->pem[nr].size = len > 0 ? len : 0;
	if (nr == PCS_ROOT)
		pcs->root_size = i2d_X509(x, NULL) <= PCS_CERT_SIZE ? i2d_X509(x, &p) : 0;
	return len > 0 && len < PCS_CERT_SIZE && (nr != PCS_ROOT || pcs->root_size);
}

static bool make(struct pcs *pcs, enum pcs_cert_nr nr, const char *subject, EVP_PKEY *key,
		 const char *issuer, EVP_PKEY *issuer_key, const struct pcs_platform *platform)
{
	X509 *x = attest_cert(subject, key, issuer);
	bool good = x && issuer_key && (!platform || add_platform(x, platform)) &&
		    X509_sign(x, issuer_key, EVP_sha256()) && keep(pcs, nr, x);

	X509_free(x);
	return good;
}

bool pcs_make(struct pcs *pcs, const struct pcs_platform *platform)
{
	EVP_PKEY *root = EVP_EC_gen("P-256"), *ca = EVP_EC_gen("P-256");
	bool good;

	pcs->pck = EVP_EC_gen("P-256");
	good = make(pcs, PCS_ROOT, "SGX Root CA", root, "SGX Root CA", root, NULL) &&
	       make(pcs, PCS_CA, "SGX PCK Platform CA", ca, "SGX Root CA", root, NULL) &&
	       make(pcs, PCS_PCK, "SGX PCK Certificate", pcs->pck, "SGX PCK Platform CA", ca,
		    platform);
	EVP_PKEY_free(root);
	EVP_PKEY_free(ca);
	return good;
}

/* ---- reading ---- */

struct span {
	const uint8_t *p, *end;
};

/* The next of @in, which has to be a @tag: its contents, and @in goes on behind it. */
static bool get(struct span *in, int tag, struct span *contents)
{
	const uint8_t *p = in->p;
	int got, class, ret;
	long len;

	if (p >= in->end)
		return false;
	ret = ASN1_get_object(&p, &len, &got, &class, in->end - p);
	if (ret & 0x81 || class != V_ASN1_UNIVERSAL || got != tag)
		return false;
	*contents = (struct span){ p, p + len };
	in->p = p + len;
	return true;
}

/* In @pairs the value of the one with that OID. */
static bool get_pair(struct span pairs, uint8_t a, uint8_t b, int tag, struct span *value)
{
	const uint8_t wanted[] = { SGX_OID_BYTES, a, b };
	const size_t size = sizeof(wanted) - !b;
	struct span pair, oid;

	while (get(&pairs, V_ASN1_SEQUENCE, &pair)) {
		if (!get(&pair, V_ASN1_OBJECT, &oid))
			return false;
		if (oid.end - oid.p == (ptrdiff_t)size && !memcmp(oid.p, wanted, size))
			return get(&pair, tag, value);
	}
	return false;
}

static bool get_svn(struct span tcb, uint8_t b, uint16_t *svn)
{
	struct span value;

	if (!get_pair(tcb, SGX_TCB, b, V_ASN1_INTEGER, &value) || value.end - value.p > 3)
		return false;
	for (*svn = 0; value.p < value.end; value.p++)
		*svn = *svn << 8 | *value.p;
	return true;
}

bool pcs_read_platform(const X509 *pck, struct pcs_platform *platform)
{
	const ASN1_OCTET_STRING *ext = attest_extension(pck, SGX_OID);
	struct span all, pairs, tcb, fmspc;
	unsigned int i;
	uint16_t svn;

	if (!ext)
		return false;
	all.p = ASN1_STRING_get0_data(ext);
	all.end = all.p + ASN1_STRING_length(ext);
	if (!get(&all, V_ASN1_SEQUENCE, &pairs) ||
	    !get_pair(pairs, SGX_FMSPC, 0, V_ASN1_OCTET_STRING, &fmspc) ||
	    fmspc.end - fmspc.p != PCS_FMSPC ||
	    !get_pair(pairs, SGX_TCB, 0, V_ASN1_SEQUENCE, &tcb) ||
	    !get_svn(tcb, TCB_PCESVN, &platform->pcesvn))
		return false;
	memcpy(platform->fmspc, fmspc.p, PCS_FMSPC);
	for (i = 0; i < TDX_SVNS; i++) {
		if (!get_svn(tcb, i + 1, &svn) || svn > 0xff)
			return false;
		platform->svn[i] = svn;
	}
	return true;
}
