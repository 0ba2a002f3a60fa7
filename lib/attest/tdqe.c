// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for Intel's quoting enclave for TDs: it makes quotes of reports, with a key for which
 * the platform's key vouches.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

#include "attest/quote.h"

static const uint8_t intel[16] = {
	0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
};

bool tdqe_make(struct tdqe *tdqe, const struct tdqe_identity *identity, EVP_PKEY *pck)
{
	struct quote_enclave r = {
		.prod_id = identity->prod_id, .svn = identity->svn,
		.attributes = { identity->debug ? QUOTE_ENCLAVE_DEBUG : 0 },
	};
	uint8_t both[P256_SIZE + QUOTE_AUTH];

	*tdqe = (struct tdqe){ .key = EVP_EC_gen("P-256"), .qe.auth_size = QUOTE_AUTH };
	memcpy(r.mrsigner, identity->mrsigner, sizeof(r.mrsigner));
	if (!p256_public(tdqe->key, both) || RAND_bytes(tdqe->qe.auth, QUOTE_AUTH) != 1)
		return false;
	memcpy(both + P256_SIZE, tdqe->qe.auth, QUOTE_AUTH);
	SHA256(both, sizeof(both), r.data);
	tdqe->qe.report = r;
	return p256_sign(pck, &r, sizeof(r), tdqe->qe.signature);
}

struct out {
	uint8_t *start, *at, *end;
};

/* NULL: no room. */
static void *put(struct out *out, const void *data, size_t size)
{
	void *at = out->at;

	if (!at || (size_t)(out->end - out->at) < size)
		return out->at = NULL;
	if (data)
		memcpy(at, data, size);
	else
		memset(at, 0, size);
	out->at += size;
	return at;
}

static void put_body(struct out *out, const struct tdx_report *report, unsigned int version)
{
	struct quote_body_1_5 more;
	const struct quote_body_type type = {
		.type = QUOTE_BODY_TD_1_5, .size = sizeof(struct quote_body) + sizeof(more),
	};
	struct quote_body b = {
		.seam_attributes = report->tcb.attributes, .attributes = report->info.attributes,
		.xfam = report->info.xfam,
	};

	memcpy(b.tee_tcb_svn, report->tcb.tee_tcb_svn, sizeof(b.tee_tcb_svn));
	memcpy(b.mrseam, report->tcb.mrseam, sizeof(b.mrseam));
	memcpy(b.mrsignerseam, report->tcb.mrsignerseam, sizeof(b.mrsignerseam));
	memcpy(b.mrtd, report->info.mrtd, sizeof(b.mrtd));
	memcpy(b.ids, report->info.ids, sizeof(b.ids));
	memcpy(b.rtmr, report->info.rtmr, sizeof(b.rtmr));
	memcpy(b.data, report->mac.data, sizeof(b.data));
	memcpy(more.tee_tcb_svn2, report->tcb.tee_tcb_svn2, sizeof(more.tee_tcb_svn2));
	memcpy(more.mrservicetd, report->info.servtd_hash, sizeof(more.mrservicetd));
	if (version > 4)
		put(out, &type, sizeof(type));
	put(out, &b, sizeof(b));
	if (version > 4)
		put(out, &more, sizeof(more));
}

/* The MAC vouches for the hashes, and these for the rest. */
static bool is_whole(const struct tdx_report *report)
{
	uint8_t tcb[TDX_DIGEST], info[TDX_DIGEST];

	SHA384((const void *)&report->tcb, sizeof(report->tcb), tcb);
	SHA384((const void *)&report->info, sizeof(report->info), info);
	return report->mac.type == TDX_REPORT_TYPE && !report->mac.subtype &&
	       !memcmp(tcb, report->mac.tcb_hash, sizeof(tcb)) &&
	       !memcmp(info, report->mac.info_hash, sizeof(info));
}

size_t tdqe_quote(const struct tdqe *tdqe, const struct pcs *pcs, const struct tdx_report *report,
		  unsigned int version, void *quote, size_t room)
{
	struct quote_header header = {
		.version = version, .key_type = QUOTE_ECDSA_P256, .tee_type = QUOTE_TEE_TDX,
	};
	struct quote_certification cert = { .type = QUOTE_CERT_PCK_CHAIN };
	struct out out = { quote, quote, quote + room };
	struct quote_signature *s;
	unsigned int i;

	if (!is_whole(report))
		return 0;
	memcpy(header.vendor, intel, sizeof(intel));
	put(&out, &header, sizeof(header));
	put_body(&out, report, version);
	s = put(&out, NULL, sizeof(*s));
	if (!s || !p256_public(tdqe->key, s->key) ||
	    !p256_sign(tdqe->key, quote, (uint8_t *)s - out.start, s->signature))
		return 0;
	for (i = 0; i < NR_PCS_CERTS; i++)
		cert.size += pcs->pem[i].size;
	put(&out, &(struct quote_certification){
		QUOTE_CERT_QE_REPORT, sizeof(tdqe->qe) + sizeof(cert) + cert.size
	}, sizeof(cert));
	put(&out, &tdqe->qe, sizeof(tdqe->qe));
	put(&out, &cert, sizeof(cert));
	for (i = 0; i < NR_PCS_CERTS; i++)
		put(&out, pcs->pem[i].text, pcs->pem[i].size);
	if (!out.at)
		return 0;
	s->size = out.at - s->signature;
	return out.at - out.start;
}
