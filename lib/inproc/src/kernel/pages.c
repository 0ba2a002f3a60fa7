// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator, over the process's memory.  A fake.
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

struct page *alloc_pages_noprof(gfp_t gfp, unsigned int order)
{
	void *p = glue_host->alloc(PAGE_SIZE << order, PAGE_SIZE << order);

	return p ? virt_to_page(p) : NULL;
}

struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int nid, nodemask_t *mask)
{
	return alloc_pages_noprof(gfp, order);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (page)
		glue_host->free(page_address(page));
}

void free_pages(unsigned long addr, unsigned int order)
{
	glue_host->free((void *)addr);
}

void split_page(struct page *page, unsigned int order)
{
	/* The parts are freed one by one, which the process's allocator cannot do. */
	glue_die("split_page() of order %u: not provided by the glue", order);
}
