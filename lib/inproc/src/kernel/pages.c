// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator, over the process's (memory.h).  A fake.
 *
 * Physical addresses are virtual ones (page_offset_base is 0), and the struct
 * page of any address lies in a sparse mapping that the process reserves
 * (vmemmap_base), so that virt_to_page() and its kin work on all of it.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "glue.h"

unsigned long page_offset_base;
unsigned long vmemmap_base;
unsigned long vmalloc_base;
unsigned long phys_base;
u64 sme_me_mask;

/* Only its address and its size matter: in zeroes, a UMA machine. */
nodemask_t node_states[NR_NODE_STATES];
DEFINE_PER_CPU(int, numa_node);

static struct page *glue_alloc_pages(gfp_t gfp, unsigned int order, const void *caller)
{
	void *p = glue_host->alloc(IMAGE_PAGES, PAGE_SIZE << order, PAGE_SIZE << order,
				   !!(gfp & __GFP_ZERO), caller);

	return p ? virt_to_page(p) : NULL;
}

struct page *alloc_pages_noprof(gfp_t gfp, unsigned int order)
{
	return glue_alloc_pages(gfp, order, GLUE_CALLER);
}

struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int nid, nodemask_t *mask)
{
	return glue_alloc_pages(gfp, order, GLUE_CALLER);
}

unsigned long get_free_pages_noprof(gfp_t gfp, unsigned int order)
{
	struct page *page = glue_alloc_pages(gfp, order, GLUE_CALLER);

	return page ? (unsigned long)page_address(page) : 0;
}

unsigned long get_zeroed_page_noprof(gfp_t gfp)
{
	struct page *page = glue_alloc_pages(gfp | __GFP_ZERO, 0, GLUE_CALLER);

	return page ? (unsigned long)page_address(page) : 0;
}

/* On hardware, whoever got a page next that is still a guest's would take an #PF. */
static void glue_free_pages(void *p, unsigned int order, const void *caller)
{
	unsigned int i;

	for (i = 0; i < 1U << order; i++)
		if (glue_vendor->page_owned((__pa(p) >> PAGE_SHIFT) + i))
			glue_host->mem_bug(IMAGE_MEM_FIRMWARE,
					   "freed a page that is still a guest's or firmware's",
					   caller);
	glue_host->free(IMAGE_PAGES, p, caller);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (page)
		glue_free_pages(page_address(page), order, GLUE_CALLER);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		glue_free_pages((void *)addr, order, GLUE_CALLER);
}

void split_page(struct page *page, unsigned int order)
{
	glue_host->split(page_address(page));
}
