// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the host's own mapping of all memory (arch/x86/mm/pat/set_memory.c), as far as code
 * for the RMP looks at it: pages of 2 MiB, which can be made ones of 4 KiB.  A fake: the host has
 * the process's mapping, whatever this says.
 */
#include <linux/bitmap.h>
#include <linux/pgtable.h>
#include <asm/set_memory.h>

#include "glue.h"
#include "psp.h"

/* By number of the 2 MiB, of all addresses that the process has. */
static DECLARE_BITMAP(glue_split, 1UL << (47 - PMD_SHIFT));

pte_t *lookup_address(unsigned long address, unsigned int *level)
{
	static pte_t pte = { .pte = _PAGE_PRESENT | _PAGE_RW };

	*level = glue_direct_map_is_split(address) ? PG_LEVEL_4K : PG_LEVEL_2M;
	return &pte;
}

int set_memory_4k(unsigned long addr, int numpages)
{
	unsigned long at;

	for (at = addr >> PMD_SHIFT; at <= (addr + (unsigned long)numpages * PAGE_SIZE - 1) >> PMD_SHIFT;
	     at++)
		set_bit(at, glue_split);
	return 0;
}

bool glue_direct_map_is_split(unsigned long address)
{
	return address >> 47 || test_bit(address >> PMD_SHIFT, glue_split);
}
