/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who trusts a guest for its attestation report: what it expects, and whether report and
 * certificates bear it out.  It knows AMD's root alone, and neither host nor firmware.
 */
#ifndef ATTEST_RELYING_PARTY_H
#define ATTEST_RELYING_PARTY_H

#include "check/names.h"
#include "snp_abi.h"

/* The first thing that is wrong; in this order they are looked at. */
enum attest_fault {
	ATTEST_FINE,
	ATTEST_TABLE,			/* no certificate table, or none of the three in it */
	ATTEST_CERTIFICATE,		/* one that is none, or not all of one */
	ATTEST_ROOT, ATTEST_CHAIN,	/* another root; not signed by the one above */
	ATTEST_FORMAT,			/* no report of that version and algorithm */
	ATTEST_CHIP, ATTEST_TCB,	/* the certificate is of another chip, or TCB version */
	ATTEST_SIGNATURE,
	ATTEST_REPORT_DATA, ATTEST_MEASUREMENT, ATTEST_POLICY, ATTEST_HOST_DATA,
	ATTEST_VMPL,
	ATTEST_ID, ATTEST_ID_KEY,	/* family, image, SVN; digests of keys */
	ATTEST_OLD_TCB,			/* older than is wanted */
};
extern const struct value_names names_attest;

struct attest_wanted {
	const uint8_t *root;		/* AMD's certificate, DER */
	size_t root_size;
	struct snp_report report;	/* the fields that are looked at, from policy to host data */
	bool measurement_unknown;
	uint64_t tcb;			/* that each part is at least of */
};

enum attest_fault attest_verify(const struct attest_wanted *wanted,
				const struct snp_report *report, const void *table,
				size_t table_pages);

#endif
