// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest messages as the SNP firmware takes and answers them (AMD 56860, SNP_GUEST_REQUEST and
 * "Guest Messages").  A message that is refused leaves the key's count as it was.
 */
#include <openssl/evp.h>
#include <string.h>

#include "fw.h"

#define BAD_MEASUREMENT		0x0b
#define INVALID_PARAM		0x16
#define AEAD_OFLOW		0x1d

#define TAG_SIZE		16
#define IV_SIZE			12

/* AES-256-GCM of the payload at @in, with @m's header; false: @m->tag is not its tag. */
static bool crypt_payload(struct snp_message *m, const __u8 *key, bool seal, const __u8 *in,
			  __u8 *out)
{
	EVP_CIPHER_CTX *ctx = fw_crypto(EVP_CIPHER_CTX_new)();
	__u8 iv[IV_SIZE] = {};
	bool good;
	int len;

	memcpy(iv, &m->seqno, sizeof(m->seqno));
	good = fw_crypto(EVP_CipherInit_ex)(ctx, fw_crypto(EVP_aes_256_gcm)(), NULL, key, iv,
					    seal) &&
	       fw_crypto(EVP_CipherUpdate)(ctx, NULL, &len, &m->algo, SNP_MESSAGE_AAD) &&
	       fw_crypto(EVP_CipherUpdate)(ctx, out, &len, in, m->size) &&
	       (seal || fw_crypto(EVP_CIPHER_CTX_ctrl)(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE,
						       m->tag)) &&
	       fw_crypto(EVP_CipherFinal_ex)(ctx, out + len, &len) > 0 &&
	       (!seal || fw_crypto(EVP_CIPHER_CTX_ctrl)(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE,
							m->tag));
	fw_crypto(EVP_CIPHER_CTX_free)(ctx);
	return good;
}

static bool all_zero(const __u8 *p, size_t size)
{
	while (size && !*p)
		p++, size--;
	return !size;
}

/* An answer's type, a number without a request, or a size that its payload does not have. */
static bool header_is_wrong(const struct snp_message *m)
{
	return m->algo != SNP_ALGO_AES_256_GCM || m->header_version != SNP_HEADER_VERSION ||
	       m->header_size != SNP_MESSAGE_HEADER || m->version != SNP_MSG_VERSION ||
	       m->vmpck >= SNP_VMPCKS || m->zero || m->zero2 ||
	       !all_zero(m->zero3, sizeof(m->zero3)) || m->type > SNP_MSG_LAST ||
	       !(m->type & 1) || m->size > sizeof(m->payload) ||
	       (m->type == SNP_MSG_REPORT_REQ && m->size != sizeof(struct snp_report_req)) ||
	       (m->type == SNP_MSG_KEY_REQ && m->size != sizeof(struct snp_key_req));
}

unsigned int fw_message(struct fw_guest *g, const struct snp_message *request,
			struct snp_message *response)
{
	struct snp_message m = *request;
	union {
		__u8 bytes[sizeof(m.payload)];
		struct snp_report_req report_req;
		struct snp_report_rsp report;
		struct snp_key_req key_req;
		struct snp_key_rsp key;
	} in, out = {};

	if (header_is_wrong(&m))
		return INVALID_PARAM;
	/* The last number for an answer is an even one. */
	if (m.seqno != g->count[m.vmpck] + 1 || m.seqno == ~0ull)
		return AEAD_OFLOW;
	if (!crypt_payload(&m, g->vmpck[m.vmpck], false, m.payload, in.bytes))
		return BAD_MEASUREMENT;
	switch (m.type) {
	case SNP_MSG_REPORT_REQ:
		fw_report(g, m.vmpck, &in.report_req, &out.report);
		m.size = sizeof(out.report);
		break;
	case SNP_MSG_KEY_REQ:
		fw_key(g, m.vmpck, &in.key_req, &out.key);
		m.size = sizeof(out.key);
		break;
	default:
		inproc_not_driven("a guest's message of type %u: the firmware model lacks it",
				  m.type);
		return INVALID_PARAM;
	}
	m.type++;
	m.seqno++;
	memset(m.payload, 0, sizeof(m.payload));
	crypt_payload(&m, g->vmpck[m.vmpck], true, out.bytes, m.payload);
	g->count[m.vmpck] = m.seqno;
	*response = m;
	return 0;
}
