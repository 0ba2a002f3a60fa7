// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SNP guests of this process, by their contexts' pages.  A page that is used again is another
 * guest's.
 */
#include <stdlib.h>

#include "fw_guests.h"

struct guest {
	struct guest *next;
	unsigned long long gctx;
	struct fw_guest fw;
};

static struct guest *guests;

struct fw_guest *src_fw_guest(unsigned long long gctx)
{
	struct guest *g = guests;

	while (g && g->gctx != gctx)
		g = g->next;
	return g ? &g->fw : NULL;
}

struct fw_guest *src_fw_guest_new(unsigned long long gctx)
{
	struct fw_guest *fw = src_fw_guest(gctx);
	struct guest *g;

	if (fw)
		return fw;
	g = calloc(1, sizeof(*g));
	if (!g)
		abort();
	g->gctx = gctx;
	g->next = guests;
	guests = g;
	return &g->fw;
}
