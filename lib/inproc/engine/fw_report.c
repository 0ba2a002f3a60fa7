// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the SNP firmware says of a guest and signs (AMD 56860, MSG_REPORT_REQ), and the keys that
 * it derives for it (MSG_KEY_REQ).  The chip's secret, of which all keys come, is another one in
 * each process.  There is no VLEK.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "control.h"
#include "fw.h"

#define MAX_VMPL	3
#define MAX_KEY_SEL	(SNP_KEY_VLEK << 1 | 1)	/* of a derived key */
#define API_MAJOR	1
#define API_MINOR	55
#define CURRENT_TCB	SNP_TCB(7, 0, 20, 211)

static __u8 chip_secret[32];
static __u64 reported_tcb = CURRENT_TCB;

/* SHA-384 of the chip's secret, what it is for, and some bytes. */
static void derive(const char *what, const void *bytes, size_t size, __u8 *key)
{
	__u8 all[256] = {};

	if (!*(__u64 *)chip_secret &&
	    getrandom(chip_secret, sizeof(chip_secret), 0) != sizeof(chip_secret))
		abort();
	memcpy(all, chip_secret, sizeof(chip_secret));
	strcpy((char *)all + sizeof(chip_secret), what);
	memcpy(all + 64, bytes, size);
	fw_crypto(SHA384)(all, sizeof(all), key);
}

/* "VCEK": the chip's key of a TCB version. */
static EC_KEY *vcek(__u64 tcb)
{
	EC_KEY *key = fw_crypto(EC_KEY_new_by_curve_name)(NID_secp384r1);
	const EC_GROUP *group = fw_crypto(EC_KEY_get0_group)(key);
	EC_POINT *point = fw_crypto(EC_POINT_new)(group);
	__u8 seed[SNP_DIGEST];
	BIGNUM *secret;

	derive("VCEK", &tcb, sizeof(tcb), seed);
	secret = fw_crypto(BN_bin2bn)(seed, sizeof(seed), NULL);
	if (!fw_crypto(EC_POINT_mul)(group, point, secret, NULL, NULL, NULL) ||
	    !fw_crypto(EC_KEY_set_private_key)(key, secret) ||
	    !fw_crypto(EC_KEY_set_public_key)(key, point))
		abort();
	fw_crypto(EC_POINT_free)(point);
	fw_crypto(BN_free)(secret);
	return key;
}

static void sign(struct snp_report *r)
{
	EC_KEY *key = vcek(r->reported_tcb);
	__u8 digest[SNP_DIGEST];
	ECDSA_SIG *sig;

	fw_crypto(SHA384)((void *)r, SNP_REPORT_SIGNED, digest);
	sig = fw_crypto(ECDSA_do_sign)(digest, sizeof(digest), key);
	if (!sig)
		abort();
	fw_crypto(BN_bn2lebinpad)(fw_crypto(ECDSA_SIG_get0_r)(sig), r->r, sizeof(r->r));
	fw_crypto(BN_bn2lebinpad)(fw_crypto(ECDSA_SIG_get0_s)(sig), r->s, sizeof(r->s));
	fw_crypto(ECDSA_SIG_free)(sig);
	fw_crypto(EC_KEY_free)(key);
}

static void get_chip_id(__u8 *id)
{
	__u8 digest[SNP_DIGEST];

	derive("chip", "", 0, digest);
	memset(id, 0, 64);
	memcpy(id, digest, sizeof(digest));
}

void fw_report(const struct fw_guest *g, unsigned int vmpck, const struct snp_report_req *req,
	       struct snp_report_rsp *rsp)
{
	struct snp_report *r = &rsp->report;
	unsigned int i, zero = req->key_sel >> 2;

	for (i = 0; i < sizeof(req->zero); i++)
		zero |= req->zero[i];
	/* A key is of its VMPL, and no guest speaks for one that is more privileged. */
	if (zero || req->vmpl < vmpck || req->vmpl > MAX_VMPL || req->key_sel > SNP_KEY_VLEK)
		rsp->status = SNP_MSG_INVALID_PARAM;
	else if (req->key_sel == SNP_KEY_VLEK || g->vcek_disabled)
		rsp->status = SNP_MSG_INVALID_KEY;
	if (rsp->status)
		return;
	if (!g->measured) {
		inproc_not_driven("a report: this launch was not measured (fw_measure())");
		return;
	}
	rsp->report_size = sizeof(*r);
	*r = (struct snp_report){
		.version = SNP_REPORT_VERSION, .guest_svn = g->id.guest_svn,
		.policy = g->policy, .vmpl = req->vmpl, .signature_algo = SNP_ECDSA_P384,
		.current_tcb = CURRENT_TCB, .reported_tcb = reported_tcb,
		.committed_tcb = CURRENT_TCB, .launch_tcb = CURRENT_TCB,
		.flags = g->author_key ? SNP_REPORT_AUTHOR_KEY : 0,
		.current_major = API_MAJOR, .current_minor = API_MINOR,
		.committed_major = API_MAJOR, .committed_minor = API_MINOR,
	};
	memcpy(r->family_id, g->id.family_id, sizeof(r->family_id));
	memcpy(r->image_id, g->id.image_id, sizeof(r->image_id));
	memcpy(r->report_data, req->report_data, sizeof(r->report_data));
	memcpy(r->measurement, g->digest, sizeof(r->measurement));
	memcpy(r->host_data, g->host_data, sizeof(r->host_data));
	memcpy(r->id_key_digest, g->id_key_digest, sizeof(r->id_key_digest));
	memcpy(r->author_key_digest, g->author_key_digest, sizeof(r->author_key_digest));
	memcpy(r->report_id, g->report_id, sizeof(r->report_id));
	/* "REPORT_ID_MA" of a guest without a migration agent */
	memset(r->report_id_ma, 0xff, sizeof(r->report_id_ma));
	get_chip_id(r->chip_id);
	sign(r);
}

/* Than firmware, in any part. */
static bool is_newer(__u64 tcb)
{
	unsigned int shift;

	for (shift = 0; shift < 64; shift += 8)
		if ((tcb >> shift & 0xff) > (CURRENT_TCB >> shift & 0xff))
			return true;
	return false;
}

void fw_key(const struct fw_guest *g, unsigned int vmpck, const struct snp_key_req *req,
	    struct snp_key_rsp *rsp)
{
	struct {
		struct snp_key_req req;
		__u64 policy;
		__u8 image_id[16], family_id[16], digest[SNP_DIGEST];
	} of = { .req = { .key_sel = req->key_sel, .fields = req->fields, .vmpl = req->vmpl } };
	__u8 key[SNP_DIGEST];

	if (req->key_sel > MAX_KEY_SEL || req->zero || req->fields & ~(__u64)SNP_KEY_FIELDS ||
	    req->vmpl < vmpck || req->vmpl > MAX_VMPL || req->guest_svn > g->id.guest_svn ||
	    is_newer(req->tcb)) {
		rsp->status = SNP_MSG_INVALID_PARAM;
		return;
	}
	/* VCEK disabled, or VLEK: no such key. */
	if (!(req->key_sel & 1) && (g->vcek_disabled || req->key_sel >> 1 == SNP_KEY_VLEK)) {
		rsp->status = SNP_MSG_INVALID_KEY;
		return;
	}
	if (req->fields & SNP_KEY_MEASUREMENT && !g->measured) {
		inproc_not_driven("a key of a launch that was not measured (fw_measure())");
		return;
	}
	if (req->fields & SNP_KEY_POLICY)
		of.policy = g->policy;
	if (req->fields & SNP_KEY_IMAGE_ID)
		memcpy(of.image_id, g->id.image_id, sizeof(of.image_id));
	if (req->fields & SNP_KEY_FAMILY_ID)
		memcpy(of.family_id, g->id.family_id, sizeof(of.family_id));
	if (req->fields & SNP_KEY_MEASUREMENT)
		memcpy(of.digest, g->digest, sizeof(of.digest));
	if (req->fields & SNP_KEY_GUEST_SVN)
		of.req.guest_svn = req->guest_svn;
	if (req->fields & SNP_KEY_TCB)
		of.req.tcb = req->tcb;
	/* The VMRK is the guest's own. */
	derive(req->key_sel & 1 ? "derived, VMRK" : "derived", &of, sizeof(of), key);
	memcpy(rsp->key, key, sizeof(rsp->key));
	if (req->key_sel & 1)
		for (unsigned int i = 0; i < sizeof(rsp->key); i++)
			rsp->key[i] ^= g->report_id[i];
}

const struct control_fw_chip *fw_chip(void)
{
	static struct control_fw_chip chip;
	EC_KEY *key = vcek(reported_tcb);

	chip.tcb = reported_tcb;
	get_chip_id(chip.id);
	fw_crypto(EC_POINT_point2oct)(fw_crypto(EC_KEY_get0_group)(key),
				      fw_crypto(EC_KEY_get0_public_key)(key),
				      POINT_CONVERSION_UNCOMPRESSED, chip.vcek, sizeof(chip.vcek),
				      NULL);
	fw_crypto(EC_KEY_free)(key);
	return &chip;
}
