// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/highmem.c and kernel/iomem.c: mappings of pages, with addresses of their own
 * for as long as they last (memory_window.c), as on a machine with high memory; see kmap.h.
 * A fake.
 */
#include <linux/io.h>

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

void *glue_kmap_page(struct page *page)
{
	might_sleep();
	return glue_host->map(IMAGE_MAP_VCPU, page_address(page), page_to_pfn(page), GLUE_CALLER);
}

void glue_kunmap_page(const struct page *page)
{
	glue_host->unmap(IMAGE_MAP_VCPU, page_address(page), GLUE_CALLER);
}

/* Of what is no memory; all addresses are (memmap.c). */
void *memremap(resource_size_t offset, size_t size, unsigned long flags)
{
	return __va(offset);
}

void memunmap(void *addr)
{
}
