// SPDX-License-Identifier: GPL-2.0-only
/*
 * Build and read certificate tables.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "snp/cert_table.h"

#define TABLE_PAGE	4096

struct cert_entry {
	uint8_t guid[CERT_GUID_SIZE];
	uint32_t offset, length;	/* bytes */
};

_Static_assert(sizeof(struct cert_entry) == CERT_ENTRY_SIZE, "an entry has 24 bytes");

static const uint8_t no_guid[CERT_GUID_SIZE];

/* Bytes in all, 0 if an offset would not fit into 32 bits. */
static uint64_t table_size(const struct cert *certs, size_t nr)
{
	uint64_t size = (nr + 1ull) * CERT_ENTRY_SIZE;
	size_t i;

	for (i = 0; i < nr; i++)
		size += certs[i].length;
	return size <= UINT32_MAX ? size : 0;
}

size_t cert_table_pages(const struct cert *certs, size_t nr)
{
	return (table_size(certs, nr) + TABLE_PAGE - 1) / TABLE_PAGE;
}

int cert_table_build(void *buf, size_t pages, const struct cert *certs, size_t nr)
{
	uint64_t offset = (nr + 1ull) * CERT_ENTRY_SIZE, size = table_size(certs, nr);
	struct cert_entry entry;
	size_t i;

	for (i = 0; i < nr; i++)
		if (!memcmp(certs[i].guid, no_guid, sizeof(no_guid)) ||
		    (certs[i].length && !certs[i].data))
			return -EINVAL;
	if (!size || size > (uint64_t)pages * TABLE_PAGE)
		return -ENOSPC;

	for (i = 0; i < nr; i++) {
		memcpy(entry.guid, certs[i].guid, sizeof(entry.guid));
		entry.offset = offset;
		entry.length = certs[i].length;
		memcpy(buf + i * sizeof(entry), &entry, sizeof(entry));
		if (certs[i].length)
			memcpy(buf + offset, certs[i].data, certs[i].length);
		offset += certs[i].length;
	}
	memset(buf + nr * sizeof(entry), 0, sizeof(entry));
	return 0;
}

int cert_table_parse(const void *buf, size_t pages, struct cert *certs, size_t max)
{
	static const struct cert_entry end;
	uint64_t size = (uint64_t)pages * TABLE_PAGE, entries;
	struct cert_entry entry;
	size_t nr, i;

	for (nr = 0; ; nr++) {
		if ((nr + 1ull) * sizeof(entry) > size)
			return -ENOENT;
		memcpy(&entry, buf + nr * sizeof(entry), sizeof(entry));
		if (!memcmp(&entry, &end, sizeof(end)))
			break;
		if (nr == max)
			return -ENOSPC;
		memcpy(certs[nr].guid, entry.guid, sizeof(entry.guid));
		/* The offset, kept as an address until the number of entries is known. */
		certs[nr].data = buf + entry.offset;
		certs[nr].length = entry.length;
	}

	entries = (nr + 1ull) * sizeof(entry);
	for (i = 0; i < nr; i++) {
		uint64_t offset = (const char *)certs[i].data - (const char *)buf;

		if (offset < entries || offset > size || certs[i].length > size - offset)
			return -EINVAL;
	}
	return nr;
}
