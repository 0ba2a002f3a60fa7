// SPDX-License-Identifier: GPL-2.0-only
/*
 * The certificate table's builder and parser: layout, limits, bad input.  No
 * KVM needed.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "kselftest.h"

#include "snp/cert_table.h"

#define PAGE	4096
#define PAGES	3

static uint8_t buf[PAGES * PAGE];
static uint8_t data[2 * PAGE];
static struct cert seen[8];

#define GUID(byte)	{ byte, byte, byte, byte, byte, byte, byte, byte, \
			  byte, byte, byte, byte, byte, byte, byte, byte }

/* ---- what the builder says ---- */

static const struct {
	const char *name;
	struct cert certs[3];
	size_t nr, pages;
	int wanted;
	size_t wanted_pages;
} builds[] = {
	{ "no certificate", {}, 0, 1, 0, 1 },
	{ "no certificate, no page", {}, 0, 0, -ENOSPC, 1 },
	{ "one certificate", { { GUID(1), data, 100 } }, 1, 1, 0, 1 },
	{ "one that fills a page", { { GUID(1), data, PAGE - 48 } }, 1, 1, 0, 1 },
	{ "one byte more", { { GUID(1), data, PAGE - 47 } }, 1, 1, -ENOSPC, 2 },
	{ "one byte more, two pages", { { GUID(1), data, PAGE - 47 } }, 1, 2, 0, 2 },
	{ "empty certificate", { { GUID(1), NULL, 0 } }, 1, 1, 0, 1 },
	{ "GUID of zeroes", { { GUID(0), data, 100 } }, 1, 1, -EINVAL, 1 },
	{ "second GUID of zeroes", { { GUID(1), data, 1 }, { GUID(0), data, 1 } }, 2, 1,
	  -EINVAL, 1 },
	{ "no data", { { GUID(1), NULL, 100 } }, 1, 1, -EINVAL, 1 },
	{ "three certificates", { { GUID(1), data, 4000 }, { GUID(2), data, 4000 },
	  { GUID(3), data, 4000 } }, 3, 3, 0, 3 },
	{ "beyond 32 bits", { { GUID(1), data, UINT32_MAX }, { GUID(2), data, UINT32_MAX } }, 2,
	  3, -ENOSPC, 0 },
};

static void test_build(unsigned int i)
{
	size_t pages = cert_table_pages(builds[i].certs, builds[i].nr);
	int ret = cert_table_build(buf, builds[i].pages, builds[i].certs, builds[i].nr);

	if (ret != builds[i].wanted || pages != builds[i].wanted_pages)
		ksft_print_msg("wanted %d and %zu pages, got %d and %zu\n", builds[i].wanted,
			       builds[i].wanted_pages, ret, pages);
	ksft_test_result(ret == builds[i].wanted && pages == builds[i].wanted_pages,
			 "build: %s\n", builds[i].name);
}

/* ---- what it wrote, byte by byte ---- */

static void test_layout(void)
{
	static const struct cert certs[] = { { GUID(0x11), data, 3 }, { GUID(0x22), data + 3, 2 } };
	static const uint8_t wanted[] = {
		0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
		0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
		72, 0, 0, 0, 3, 0, 0, 0,
		0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
		0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
		75, 0, 0, 0, 2, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 2, 3, 4, 5,
	};
	unsigned int i, touched = 0;

	memset(buf, 0xee, sizeof(buf));
	ksft_test_result(!cert_table_build(buf, 1, certs, 2) &&
			 !memcmp(buf, wanted, sizeof(wanted)), "layout: two certificates\n");
	for (i = sizeof(wanted); i < sizeof(buf); i++)
		touched += buf[i] != 0xee;
	ksft_test_result(!touched, "layout: nothing written behind the data\n");

	ksft_test_result(cert_table_parse(buf, 1, seen, 8) == 2 &&
			 !memcmp(seen[0].guid, certs[0].guid, CERT_GUID_SIZE) &&
			 !memcmp(seen[1].guid, certs[1].guid, CERT_GUID_SIZE) &&
			 seen[0].length == 3 && !memcmp(seen[0].data, data, 3) &&
			 seen[1].length == 2 && !memcmp(seen[1].data, data + 3, 2),
			 "parse: what was built\n");
	ksft_test_result(cert_table_parse(buf, 1, seen, 1) == -ENOSPC,
			 "parse: more entries than the caller has room for\n");
}

/* ---- tables nobody should believe ---- */

static const struct {
	const char *name;
	uint32_t offset, length;
	size_t pages;
	int wanted;
} entries[] = {
	{ "data up to the end", 48, PAGE - 48, 1, 1 },
	{ "one byte behind the end", 48, PAGE - 47, 1, -EINVAL },
	{ "offset at the end, no data", PAGE, 0, 1, 1 },
	{ "offset behind the end", PAGE + 1, 0, 1, -EINVAL },
	{ "the same with a page more", PAGE + 1, 0, 2, 1 },
	{ "data in the entries", 47, 1, 1, -EINVAL },
	{ "offset 0", 0, 1, 1, -EINVAL },
	{ "offset + length wraps 32 bits", 48, UINT32_MAX, 1, -EINVAL },
	{ "offset all ones", UINT32_MAX, 1, 1, -EINVAL },
	{ "no page", 48, 0, 0, -ENOENT },
};

static void test_entry(unsigned int i)
{
	int ret;

	memset(buf, 0, sizeof(buf));
	memset(buf, 0x33, CERT_GUID_SIZE);
	memcpy(buf + 16, &entries[i].offset, 4);
	memcpy(buf + 20, &entries[i].length, 4);
	ret = cert_table_parse(buf, entries[i].pages, seen, 8);
	if (ret != entries[i].wanted)
		ksft_print_msg("wanted %d, got %d\n", entries[i].wanted, ret);
	ksft_test_result(ret == entries[i].wanted, "parse: %s\n", entries[i].name);
}

static void test_endless(void)
{
	static struct cert many[PAGE / CERT_ENTRY_SIZE + 1];

	memset(buf, 0x33, sizeof(buf));
	ksft_test_result(cert_table_parse(buf, 1, many, PAGE / CERT_ENTRY_SIZE + 1) == -ENOENT,
			 "parse: no entry ends the table\n");
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i + 1;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(builds) + 4 + ARRAY_SIZE(entries) + 1);
	for (i = 0; i < ARRAY_SIZE(builds); i++)
		test_build(i);
	test_layout();
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		test_entry(i);
	test_endless();
	ksft_finished();
}
