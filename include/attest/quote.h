/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quotes of TDs ("Intel TDX DCAP Quoting Library API", "Quote Format", versions 4 and 5): what
 * they are made of, who makes them, and who trusts them.
 */
#ifndef ATTEST_QUOTE_H
#define ATTEST_QUOTE_H

#include "attest/pcs.h"
#include "check/names.h"

struct quote_header {
	uint16_t version, key_type;
	uint32_t tee_type;
	uint16_t zero[2];
	uint8_t vendor[16], user_data[20];
};

#define QUOTE_ECDSA_P256	2
#define QUOTE_TEE_TDX		0x81

/* "TD Quote Body", of version 4 and of type 2 */
struct quote_body {
	uint8_t tee_tcb_svn[TDX_SVNS], mrseam[TDX_DIGEST], mrsignerseam[TDX_DIGEST];
	uint64_t seam_attributes, attributes, xfam;
	uint8_t mrtd[TDX_DIGEST], ids[3][TDX_DIGEST], rtmr[TDX_RTMRS][TDX_DIGEST];
	uint8_t data[TDX_REPORTDATA];
};
_Static_assert(sizeof(struct quote_body) == 584, "TD Quote Body");

/* That of type 3 has in addition: */
struct quote_body_1_5 {
	uint8_t tee_tcb_svn2[TDX_SVNS], mrservicetd[TDX_DIGEST];
};

/* What is before a body in version 5 */
struct quote_body_type {
	uint16_t type;
	uint32_t size;
} __attribute__((packed));
#define QUOTE_BODY_TD_1_5	3

/* Behind the body */
struct quote_signature {
	uint32_t size;			/* of all that follows */
	uint8_t signature[P256_SIZE], key[P256_SIZE];
} __attribute__((packed));

struct quote_certification {
	uint16_t type;
	uint32_t size;			/* of what follows */
} __attribute__((packed));
#define QUOTE_CERT_PCK_CHAIN	5	/* certificates in PEM format */
#define QUOTE_CERT_QE_REPORT	6

/* A report of an SGX enclave: Intel SDM volume 3, "REPORT", without its MAC */
struct quote_enclave {
	uint8_t cpusvn[TDX_SVNS];
	uint32_t miscselect;
	uint8_t zero[28];
	uint64_t attributes[2];
	uint8_t mrenclave[32], zero2[32], mrsigner[32], zero3[96];
	uint16_t prod_id, svn;
	uint8_t zero4[60];
	uint8_t data[64];
};
_Static_assert(sizeof(struct quote_enclave) == 384, "an enclave's report");
#define QUOTE_ENCLAVE_DEBUG	(1u << 1)
#define QUOTE_TDQE		2	/* prod_id of Intel's quoting enclave for TDs */

#define QUOTE_AUTH		32

/* Of QUOTE_CERT_QE_REPORT; another quote_certification follows. */
struct quote_qe {
	struct quote_enclave report;
	uint8_t signature[P256_SIZE];	/* by the platform's key */
	uint16_t auth_size;
	uint8_t auth[QUOTE_AUTH];	/* so many of them are ours */
} __attribute__((packed));

/* A quote of version 4 that tdqe_quote() makes, up to the certificates. */
struct quote_4 {
	struct quote_header header;
	struct quote_body body;
	struct quote_signature signature;
	struct quote_certification qe_type;
	struct quote_qe qe;
	struct quote_certification pck_type;
	char pem[];
} __attribute__((packed));

/* ---- who makes them: a quoting enclave ---- */

struct tdqe_identity {
	uint8_t mrsigner[32];
	uint16_t prod_id, svn;
	bool debug;
};

struct tdqe {
	EVP_PKEY *key;			/* which the platform's key vouches for by: */
	struct quote_qe qe;
};

bool tdqe_make(struct tdqe *tdqe, const struct tdqe_identity *identity, EVP_PKEY *pck);
/*
 * A quote of @report, whose MAC is right, in at most @room bytes: how many it has, or 0: that is
 * no TD's report, or there is no room.
 */
size_t tdqe_quote(const struct tdqe *tdqe, const struct pcs *pcs, const struct tdx_report *report,
		  unsigned int version, void *quote, size_t room);

/* ---- who trusts them, and knows Intel's root alone ---- */

/* The first thing that is wrong; in this order they are looked at. */
enum quote_fault {
	QUOTE_FINE,
	QUOTE_FORMAT,			/* no quote of that version and kind, or not all of one */
	QUOTE_CERTIFICATE,		/* not three certificates */
	QUOTE_ROOT, QUOTE_CHAIN,	/* another root; not signed by the one above */
	QUOTE_PLATFORM, QUOTE_OLD_PLATFORM,
	QUOTE_QE_SIGNATURE,		/* the enclave's report is not by the platform's key */
	QUOTE_QE, QUOTE_OLD_QE,		/* another enclave, or one to be debugged */
	QUOTE_KEY,			/* not the enclave's */
	QUOTE_SIGNATURE,
	QUOTE_MODULE, QUOTE_OLD_MODULE,
	QUOTE_REPORTDATA, QUOTE_ATTRIBUTES, QUOTE_MRTD, QUOTE_IDS, QUOTE_RTMR, QUOTE_SERVICE_TD,
};
extern const struct value_names names_quote;

struct quote_wanted {
	const uint8_t *root;		/* Intel's certificate, DER */
	size_t root_size;
	struct pcs_platform platform;	/* SVNs: at least these, as those below */
	struct tdqe_identity qe;
	uint8_t tee_tcb_svn[TDX_SVNS];
	struct tdx_td_info info;
	uint8_t data[TDX_REPORTDATA];
};

enum quote_fault quote_verify(const struct quote_wanted *wanted, const void *quote, size_t size);

#endif
