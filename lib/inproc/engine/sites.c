// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trap sites: instructions of a confidential guest that would not reach us
 * from an ordinary VM, overwritten in guest memory with port writes.
 *
 * The scan looks at bytes, not at instructions, so data or the inside of
 * another instruction can look like a site.  The encodings are four bytes and
 * more (VMGEXIT: GHCB 2.0, section 3.1; RMPADJUST, PVALIDATE: AMD APM 3; TDCALL: TDX module
 * ABI), or carry an 8-byte mark of ours, which makes that rare in code and an
 * accepted risk.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "sites.h"

#define MAX_SITE_LEN	10

#define OUT_IMM8_AL	0xe6
#define NOP		0x90
#define SITE_ESCAPE	0x0f

#define MSR_MARK	0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x76, 0x6d, 0x21

static const struct site {
	uint8_t from[MAX_SITE_LEN];
	uint8_t len;			/* bytes to recognise */
	uint8_t port;
	uint8_t nops;			/* bytes to fill behind the port write */
} sites[] = {
	{ { 0xf3, 0x0f, 0x01, 0xd9 }, 4, TRAP_PORT_VMGEXIT, 2 },
	{ { 0xf3, 0x0f, 0x01, 0xfe }, 4, TRAP_PORT_RMPADJUST, 2 },
	{ { 0xf2, 0x0f, 0x01, 0xff }, 4, TRAP_PORT_PVALIDATE, 2 },
	{ { 0x66, 0x0f, 0x01, 0xcc }, 4, TRAP_PORT_TDCALL, 2 },
	{ { 0x0f, 0x30, MSR_MARK }, 10, TRAP_PORT_WRMSR, 0 },
	{ { 0x0f, 0x32, MSR_MARK }, 10, TRAP_PORT_RDMSR, 0 },
};

#define NR_SITES	(sizeof(sites) / sizeof(sites[0]))

static const struct site *match(const uint8_t *at, size_t left)
{
	size_t i;

	for (i = 0; i < NR_SITES; i++)
		if (left >= sites[i].len && !memcmp(at, sites[i].from, sites[i].len))
			return &sites[i];
	return NULL;
}

/*
 * Every site has 0x0f as its first or second byte, and memchr() is quick to
 * find one: guests have megabytes, and each case launches one.
 */
int sites_patch(void *start_at, size_t len)
{
	uint8_t *at = start_at, *end = at + len, *from = at, *escape;
	const struct site *site;
	int nr = 0;

	while ((escape = memchr(at, SITE_ESCAPE, end - at))) {
		uint8_t *start = escape > from ? escape - 1 : escape;

		site = match(start, end - start);
		if (!site) {
			start = escape;
			site = match(start, end - start);
		}
		if (!site) {
			at = escape + 1;
			continue;
		}
		start[0] = OUT_IMM8_AL;
		start[1] = site->port;
		memset(start + 2, NOP, site->nops);
		at = from = start + site->len;
		nr++;
	}
	return nr;
}

void sites_patch_across(void *before, void *behind)
{
	uint8_t both[2 * MAX_SITE_LEN], *end = (uint8_t *)before + PAGE_SIZE - MAX_SITE_LEN;

	memcpy(both, end, MAX_SITE_LEN);
	memcpy(both + MAX_SITE_LEN, behind, MAX_SITE_LEN);
	if (!sites_patch(both, sizeof(both)))
		return;
	memcpy(end, both, MAX_SITE_LEN);
	memcpy(behind, both + MAX_SITE_LEN, MAX_SITE_LEN);
}
