/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for Intel's provisioning certification service: the certificates of a platform's key
 * ("Intel SGX PCK Certificate and Certificate Revocation List Profile Specification").  Keys are
 * made when a test asks for them, and belong to its process.
 */
#ifndef ATTEST_PCS_H
#define ATTEST_PCS_H

#include "attest/x509.h"
#include "tdx_report.h"

#define PCS_FMSPC	6
#define PCS_CERT_SIZE	2048

/* What a platform's certificate says of it: its kind, and how new its parts are. */
struct pcs_platform {
	uint8_t fmspc[PCS_FMSPC], svn[TDX_SVNS];
	uint16_t pcesvn;
};

/* The platform's first, as a quote has them. */
enum pcs_cert_nr { PCS_PCK, PCS_CA, PCS_ROOT, NR_PCS_CERTS };

struct pcs {
	EVP_PKEY *pck;				/* the platform's */
	struct {
		char text[PCS_CERT_SIZE];
		size_t size;
	} pem[NR_PCS_CERTS];
	uint8_t root[PCS_CERT_SIZE];		/* DER */
	size_t root_size;
};

bool pcs_make(struct pcs *pcs, const struct pcs_platform *platform);
/* What the certificate @pck says; false: nothing. */
bool pcs_read_platform(const X509 *pck, struct pcs_platform *platform);

#endif
