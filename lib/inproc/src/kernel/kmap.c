// SPDX-License-Identifier: GPL-2.0-only
/*
 * Local mappings of pages, with addresses of their own for as long as they last
 * (memory_map.c), as on a machine with high memory; see kmap.h.  A fake.
 */
#include "glue.h"
#include "kmap.h"

void *glue_kmap(unsigned long pfn)
{
	return glue_host->map(IMAGE_MAP_KMAP, __va(pfn << PAGE_SHIFT), pfn, GLUE_CALLER);
}

void glue_kunmap(const void *vaddr)
{
	glue_host->unmap(IMAGE_MAP_KMAP, (void *)((unsigned long)vaddr & PAGE_MASK), GLUE_CALLER);
}
