// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/memblock.c: physical memory as the firmware's map has it, which tdx.c hands
 * to the TDX module.  A fake: one small region, in whose addresses nothing lies.  All memory
 * that is used here would be a PAMT of half a terabyte, which the module's model does not
 * need.
 */
#include <linux/memblock.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

#include "glue.h"

#define GLUE_REGION_START	SZ_4G
#define GLUE_REGION_SIZE	SZ_4M

void __next_mem_pfn_range(int *idx, int nid, unsigned long *out_start_pfn,
			  unsigned long *out_end_pfn, int *out_nid)
{
	if (++*idx) {
		*idx = -1;
		return;
	}
	if (out_start_pfn)
		*out_start_pfn = PFN_UP(GLUE_REGION_START);
	if (out_end_pfn)
		*out_end_pfn = PFN_DOWN(GLUE_REGION_START + GLUE_REGION_SIZE);
	if (out_nid)
		*out_nid = 0;
}
