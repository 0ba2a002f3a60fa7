/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The certificate table of an extended guest request: entries {GUID, u32
 * offset, u32 length}, ended by 24 zero bytes, data behind them, all inside
 * the guest's pages (AMD 56421, "SNP Extended Guest Request").  Offsets count
 * from the table's start.
 */
#ifndef CERT_TABLE_H
#define CERT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define CERT_ENTRY_SIZE		24	/* bytes */
#define CERT_GUID_SIZE		16

/* A certificate to put into a table, or found in one. */
struct cert {
	uint8_t guid[CERT_GUID_SIZE];
	const void *data;
	uint32_t length;		/* bytes */
};

/* Pages that a table of these certificates needs; 0 if it can't be had (length beyond 32 bits). */
size_t cert_table_pages(const struct cert *certs, size_t nr);

/*
 * Build the table of @nr certificates in @buf of @pages pages; what it does
 * not use is left as it was.  0, or -EINVAL (a GUID of zeroes ends a table, so
 * it names no certificate; data missing), -ENOSPC (cert_table_pages() says how
 * many pages it takes).
 */
int cert_table_build(void *buf, size_t pages, const struct cert *certs, size_t nr);

/*
 * Read the table in @buf of @pages pages into @certs, at most @max; data points
 * into @buf.  The number of entries, or -EINVAL (an entry's data lies outside
 * the pages or in the entries), -ENOSPC (more than @max entries), -ENOENT (no
 * entry ends the table).
 */
int cert_table_parse(const void *buf, size_t pages, struct cert *certs, size_t max);

#endif
