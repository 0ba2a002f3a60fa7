// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verify a TD's quote, as "Intel TDX DCAP Quoting Library API", "Quote Format" has it.  What is
 * wanted of platform, enclave and TDX module stands for the TCB info and the identities that
 * Intel publishes.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

#include "attest/quote.h"

static const struct value_name faults[] = {
	{ QUOTE_FINE, "fine" }, { QUOTE_FORMAT, "no such quote, or not all of it" },
	{ QUOTE_CERTIFICATE, "not three certificates" }, { QUOTE_ROOT, "another root" },
	{ QUOTE_CHAIN, "not signed by its issuer" }, { QUOTE_PLATFORM, "another platform" },
	{ QUOTE_OLD_PLATFORM, "an old TCB of the platform" },
	{ QUOTE_QE_SIGNATURE, "a quoting enclave that the platform does not vouch for" },
	{ QUOTE_QE, "another enclave" }, { QUOTE_OLD_QE, "an old quoting enclave" },
	{ QUOTE_KEY, "a key that is not the quoting enclave's" },
	{ QUOTE_SIGNATURE, "a wrong signature" }, { QUOTE_MODULE, "another TDX module" },
	{ QUOTE_OLD_MODULE, "an old TDX module" }, { QUOTE_REPORTDATA, "other REPORTDATA" },
	{ QUOTE_ATTRIBUTES, "other attributes or XFAM" }, { QUOTE_MRTD, "another MRTD" },
	{ QUOTE_IDS, "another MRCONFIGID, MROWNER or MROWNERCONFIG" },
	{ QUOTE_RTMR, "another RTMR" }, { QUOTE_SERVICE_TD, "a service TD" },
	{ 0, NULL }
};
const struct value_names names_quote = { .other = "undefined", .names = faults };

/* ---- its parts ---- */

struct quote {
	const uint8_t *signed_from;
	size_t signed_size;
	struct quote_body body;
	struct quote_body_1_5 more;
	struct quote_signature signature;
	struct quote_enclave qe;
	uint8_t qe_signature[P256_SIZE];
	const uint8_t *auth, *pem;
	size_t auth_size, pem_size;
};

struct in {
	const uint8_t *at, *end;
};

static bool take(struct in *in, void *to, size_t size)
{
	if ((size_t)(in->end - in->at) < size)
		return false;
	memcpy(to, in->at, size);
	in->at += size;
	return true;
}

static bool take_bytes(struct in *in, const uint8_t **to, size_t size)
{
	*to = in->at;
	if ((size_t)(in->end - in->at) < size)
		return false;
	in->at += size;
	return true;
}

/* What follows is all there is of it. */
static bool take_certification(struct in *in, unsigned int type)
{
	struct quote_certification c;

	return take(in, &c, sizeof(c)) && c.type == type && c.size == in->end - in->at;
}

static bool take_body(struct in *in, unsigned int version, struct quote *q)
{
	struct quote_body_type type;

	if (version == 4)
		return take(in, &q->body, sizeof(q->body));
	return version == 5 && take(in, &type, sizeof(type)) && type.type == QUOTE_BODY_TD_1_5 &&
	       type.size == sizeof(q->body) + sizeof(q->more) &&
	       take(in, &q->body, sizeof(q->body)) && take(in, &q->more, sizeof(q->more));
}

static bool parse(const void *bytes, size_t size, struct quote *q)
{
	struct in in = { bytes, (const uint8_t *)bytes + size };
	struct quote_header header;
	uint16_t auth_size;

	if (!take(&in, &header, sizeof(header)) || header.key_type != QUOTE_ECDSA_P256 ||
	    header.tee_type != QUOTE_TEE_TDX || !take_body(&in, header.version, q))
		return false;
	q->signed_from = bytes;
	q->signed_size = in.at - q->signed_from;
	if (!take(&in, &q->signature, sizeof(q->signature)) ||
	    q->signature.size != 2 * P256_SIZE + (size_t)(in.end - in.at) ||
	    !take_certification(&in, QUOTE_CERT_QE_REPORT) || !take(&in, &q->qe, sizeof(q->qe)) ||
	    !take(&in, q->qe_signature, sizeof(q->qe_signature)) ||
	    !take(&in, &auth_size, sizeof(auth_size)) || !take_bytes(&in, &q->auth, auth_size) ||
	    !take_certification(&in, QUOTE_CERT_PCK_CHAIN))
		return false;
	q->auth_size = auth_size;
	q->pem = in.at;
	q->pem_size = in.end - in.at;
	return true;
}

/* ---- certificates ---- */

/* Three, and nothing else. */
static bool read_chain(const struct quote *q, X509 *chain[NR_PCS_CERTS])
{
	BIO *bio = BIO_new_mem_buf(q->pem, q->pem_size);
	bool good = true;
	unsigned int i;

	for (i = 0; i < NR_PCS_CERTS; i++) {
		chain[i] = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		good &= !!chain[i];
	}
	good &= BIO_eof(bio);
	BIO_free(bio);
	return good;
}

static bool is_older(const uint8_t *svn, const uint8_t *wanted)
{
	unsigned int i;

	for (i = 0; i < TDX_SVNS; i++)
		if (svn[i] < wanted[i])
			return true;
	return false;
}

static enum quote_fault verify_chain(const struct quote_wanted *w, X509 *const chain[NR_PCS_CERTS])
{
	struct pcs_platform platform;
	const uint8_t *p = w->root;
	X509 *root = d2i_X509(NULL, &p, w->root_size);
	bool same = root && !X509_cmp(root, chain[PCS_ROOT]);
	unsigned int i;

	X509_free(root);
	if (!same)
		return QUOTE_ROOT;
	for (i = 0; i < NR_PCS_CERTS; i++) {
		const X509 *issuer = chain[i == PCS_ROOT ? i : i + 1];

		if (X509_verify(chain[i], X509_get0_pubkey(issuer)) != 1)
			return QUOTE_CHAIN;
	}
	if (!pcs_read_platform(chain[PCS_PCK], &platform) ||
	    memcmp(platform.fmspc, w->platform.fmspc, sizeof(platform.fmspc)))
		return QUOTE_PLATFORM;
	if (is_older(platform.svn, w->platform.svn) || platform.pcesvn < w->platform.pcesvn)
		return QUOTE_OLD_PLATFORM;
	return QUOTE_FINE;
}

/* ---- what is signed ---- */

static enum quote_fault verify_signatures(const struct quote_wanted *w, const struct quote *q,
					  EVP_PKEY *pck)
{
	uint8_t both[P256_SIZE + 0x10000], data[sizeof(q->qe.data)] = {};

	if (!p256_verified(pck, &q->qe, sizeof(q->qe), q->qe_signature))
		return QUOTE_QE_SIGNATURE;
	if (memcmp(q->qe.mrsigner, w->qe.mrsigner, sizeof(q->qe.mrsigner)) ||
	    q->qe.prod_id != w->qe.prod_id || q->qe.attributes[0] & QUOTE_ENCLAVE_DEBUG)
		return QUOTE_QE;
	if (q->qe.svn < w->qe.svn)
		return QUOTE_OLD_QE;
	memcpy(both, q->signature.key, P256_SIZE);
	memcpy(both + P256_SIZE, q->auth, q->auth_size);
	SHA256(both, P256_SIZE + q->auth_size, data);
	if (memcmp(data, q->qe.data, sizeof(data)))
		return QUOTE_KEY;
	return p256_verified_by(q->signature.key, q->signed_from, q->signed_size,
				q->signature.signature) ? QUOTE_FINE : QUOTE_SIGNATURE;
}

#define DIFFERS(what, wanted)	memcmp(&q->body.what, &(wanted), sizeof(q->body.what))

static enum quote_fault verify_td(const struct quote_wanted *w, const struct quote *q)
{
	static const uint8_t zero[TDX_DIGEST];

	if (DIFFERS(mrsignerseam, zero) || q->body.seam_attributes)
		return QUOTE_MODULE;
	if (is_older(q->body.tee_tcb_svn, w->tee_tcb_svn))
		return QUOTE_OLD_MODULE;
	if (DIFFERS(data, w->data))
		return QUOTE_REPORTDATA;
	if (DIFFERS(attributes, w->info.attributes) || DIFFERS(xfam, w->info.xfam))
		return QUOTE_ATTRIBUTES;
	if (DIFFERS(mrtd, w->info.mrtd))
		return QUOTE_MRTD;
	if (DIFFERS(ids, w->info.ids))
		return QUOTE_IDS;
	if (DIFFERS(rtmr, w->info.rtmr))
		return QUOTE_RTMR;
	return memcmp(q->more.mrservicetd, w->info.servtd_hash, TDX_DIGEST) ? QUOTE_SERVICE_TD :
									      QUOTE_FINE;
}

enum quote_fault quote_verify(const struct quote_wanted *w, const void *bytes, size_t size)
{
	X509 *chain[NR_PCS_CERTS] = {};
	enum quote_fault fault;
	struct quote q = {};
	unsigned int i;

	if (!parse(bytes, size, &q))
		return QUOTE_FORMAT;
	fault = !read_chain(&q, chain) ? QUOTE_CERTIFICATE :
		verify_chain(w, chain) ?:
		verify_signatures(w, &q, X509_get0_pubkey(chain[PCS_PCK])) ?: verify_td(w, &q);
	for (i = 0; i < NR_PCS_CERTS; i++)
		X509_free(chain[i]);
	return fault;
}
