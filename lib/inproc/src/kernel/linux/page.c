// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/page_alloc.c: a fake, over the process's allocator (memory.h).
 *
 * What is exact: reference counts of pages, when a page goes, alignment, and where an
 * allocation may sleep.  What is not: there are no zones, and memory is short only when
 * a test says so (CONTROL_STEP_ALLOC).
 *
 * Entry points that are inline functions in some trees are defined by their names in the
 * assembler, so that the tree's headers have no say.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>

#include "glue.h"
#include "page.h"

struct page *glue_alloc_pages_any(gfp_t gfp, unsigned int order) asm("alloc_pages_noprof");
struct page *glue_alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
	asm("alloc_pages_node_noprof");
struct page *glue_alloc_pages_mask(gfp_t gfp, unsigned int order, int nid, nodemask_t *mask)
	asm("__alloc_pages_noprof");

void glue_might_alloc(gfp_t gfp)
{
	might_alloc(gfp);
}

void glue_page_init(struct page *page, enum glue_page_kind kind)
{
	memset(page, 0, sizeof(*page));
	__set_bit(kind, (unsigned long *)page);
	/* As in a page that nobody has mapped. */
	atomic_set(&page->_mapcount, -1);
	set_page_count(page, 1);
}

/*
 * @bytes, of which each page has a reference of its own, or (@first) the first one has it
 * for all.
 */
static void *glue_get_pages(gfp_t gfp, size_t bytes, size_t align, bool first,
			    const void *caller)
{
	unsigned long i;
	struct page *page;
	void *p;

	might_alloc(gfp);
	p = glue_host->alloc(IMAGE_PAGES, bytes, align, !!(gfp & __GFP_ZERO), caller);
	if (!p)
		return NULL;
	page = virt_to_page(p);
	for (i = 0; i < bytes >> PAGE_SHIFT; i++) {
		glue_page_init(&page[i], GLUE_PAGE_ALLOCATED);
		if (gfp & __GFP_ACCOUNT)
			__set_bit(GLUE_PAGE_CHARGED, (unsigned long *)&page[i]);
		if (i && first)
			set_page_count(&page[i], 0);
	}
	return p;
}

static struct page *glue_alloc_pages(gfp_t gfp, unsigned int order, const void *caller)
{
	void *p = glue_get_pages(gfp, PAGE_SIZE << order, PAGE_SIZE << order, true, caller);

	return p ? virt_to_page(p) : NULL;
}

struct page *glue_alloc_pages_any(gfp_t gfp, unsigned int order)
{
	return glue_alloc_pages(gfp, order, GLUE_CALLER);
}

struct page *glue_alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	return glue_alloc_pages(gfp, order, GLUE_CALLER);
}

struct page *glue_alloc_pages_mask(gfp_t gfp, unsigned int order, int nid, nodemask_t *mask)
{
	return glue_alloc_pages(gfp, order, GLUE_CALLER);
}

unsigned long get_free_pages_noprof(gfp_t gfp, unsigned int order)
{
	return (unsigned long)glue_get_pages(gfp, PAGE_SIZE << order, PAGE_SIZE << order, true,
					     GLUE_CALLER);
}

unsigned long get_zeroed_page_noprof(gfp_t gfp)
{
	return (unsigned long)glue_get_pages(gfp | __GFP_ZERO, PAGE_SIZE, PAGE_SIZE, true,
					     GLUE_CALLER);
}

void *alloc_pages_exact_noprof(size_t size, gfp_t gfp)
{
	return glue_get_pages(gfp, PAGE_ALIGN(size), PAGE_SIZE << get_order(size), false,
			      GLUE_CALLER);
}

struct page *alloc_contig_pages_noprof(unsigned long nr, gfp_t gfp, int nid, nodemask_t *mask)
{
	/* A power of two is aligned to itself; callers expect nothing of other numbers. */
	void *p = glue_get_pages(gfp, nr << PAGE_SHIFT, is_power_of_2(nr) ? nr << PAGE_SHIFT :
				 PAGE_SIZE, false, GLUE_CALLER);

	return p ? virt_to_page(p) : NULL;
}

/* On hardware, whoever got a page next that is still a guest's would take an #PF. */
void glue_check_owned(void *p, unsigned long nr, const void *caller)
{
	const bool amd = boot_cpu_data.x86_vendor == X86_VENDOR_AMD;
	unsigned long i;

	glue_host->given_back((unsigned long)p, (unsigned long)p + nr * PAGE_SIZE, caller);
	for (i = 0; i < nr; i++) {
		if (glue_page_owned((__pa(p) >> PAGE_SHIFT) + i))
			glue_host->mem_bug(CONTROL_MEM_FIRMWARE,
					   "freed a page that is still a guest's or firmware's",
					   caller);
		else if (amd && glue_rmp_cached((__pa(p) >> PAGE_SHIFT) + i))
			glue_host->mem_bug(CONTROL_SEV_CACHE,
					   "freed a page that was a guest's, of which caches were"
					   " not written back", caller);
		else
			continue;
		return;
	}
}

/* Behind the last page of what was allocated together no page is allocated: there is its guard. */
static void glue_check_number(struct page *page, unsigned long nr, const void *caller)
{
	if (glue_page_kind(page) != GLUE_PAGE_ALLOCATED)
		return;
	if (glue_page_kind(&page[nr]) == GLUE_PAGE_ALLOCATED && !page_count(&page[nr]))
		glue_host->mem_bug(CONTROL_MEM_FREED,
				   "gave back fewer pages than were allocated together", caller);
	if (glue_page_kind(&page[nr - 1]) != GLUE_PAGE_ALLOCATED)
		glue_host->mem_bug(CONTROL_MEM_FREED,
				   "gave back more pages than were allocated together", caller);
}

/* Pages whose last reference is gone, or should be. */
static void glue_free_pages(void *p, unsigned long nr, const void *caller)
{
	struct page *page = virt_to_page(p);
	unsigned long i;

	glue_check_owned(p, nr, caller);
	glue_check_number(page, nr, caller);
	for (i = 0; i < nr; i++) {
		*(unsigned long *)&page[i] = 0;
		set_page_count(&page[i], 0);
	}
	glue_host->free(IMAGE_PAGES, p, caller);
}

static void glue_put_pages(void *p, unsigned int order, const void *caller)
{
	struct page *page = virt_to_page(p);

	/* Without a reference it is free already; the allocator knows since when. */
	if (!page_ref_count(page) || put_page_testzero(page))
		glue_free_pages(p, 1UL << order, caller);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (page)
		glue_put_pages(page_address(page), order, GLUE_CALLER);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		glue_put_pages((void *)addr, order, GLUE_CALLER);
}

void free_pages_exact(void *p, size_t size)
{
	if (p)
		glue_free_pages(p, PAGE_ALIGN(size) >> PAGE_SHIFT, GLUE_CALLER);
}

void free_contig_range(unsigned long pfn, unsigned long nr)
{
	glue_free_pages(page_address(pfn_to_page(pfn)), nr, GLUE_CALLER);
}

void split_page(struct page *page, unsigned int order)
{
	unsigned long i;

	glue_host->split(page_address(page));
	for (i = 1; i < 1UL << order; i++)
		set_page_count(&page[i], 1);
}

/* By put_page() and its kin, which are inline: the last reference is gone. */
void __folio_put(struct folio *folio)
{
	struct page *page = &folio->page;

	switch (glue_page_kind(page)) {
	case GLUE_PAGE_ALLOCATED:
		glue_free_pages(page_address(page), 1, GLUE_CALLER);
		break;
	case GLUE_PAGE_CACHE:
		glue_folio_free(folio, GLUE_CALLER);
		break;
	case GLUE_PAGE_FOREIGN:
		/* The VMM has it mapped as long as it is the VMM's: that reference was not ours. */
		glue_host->mem_bug(CONTROL_MEM_FREED,
				   "put a page of the VMM's more often than it was got",
				   GLUE_CALLER);
		set_page_count(page, 1);
		break;
	}
}

/* Pages of vmalloc()'s are whoever maps them's, too. */
struct page *vmalloc_to_page(const void *addr)
{
	struct page *page = virt_to_page(addr);

	if (!page_ref_count(page))
		set_page_count(page, 1);
	return page;
}

/* Nothing is ever reclaimed: a lock that is held around it cannot be taken twice. */
void fs_reclaim_acquire(gfp_t gfp)
{
}

void fs_reclaim_release(gfp_t gfp)
{
}

/* How recently a page was used is nobody's to know. */
void mark_page_accessed(struct page *page)
{
}

/* Of the VMM's: else what was written to it may be lost when it is reclaimed. */
static unsigned long *glue_page_flags(struct page *page)
{
	return (unsigned long *)page;
}

bool set_page_dirty(struct page *page)
{
	return !test_and_set_bit(PG_dirty, glue_page_flags(page));
}

int set_page_dirty_lock(struct page *page)
{
	return set_page_dirty(page);
}

void glue_dirtied(const void *start, unsigned long len)
{
	unsigned long pfn, last = ((unsigned long)start + len - 1) >> PAGE_SHIFT;

	for (pfn = (unsigned long)start >> PAGE_SHIFT; len && pfn <= last; pfn++)
		if (glue_page_kind(pfn_to_page(pfn)) == GLUE_PAGE_FOREIGN)
			set_bit(PG_dirty, glue_page_flags(pfn_to_page(pfn)));
}

int glue_page_dirty(const void *page)
{
	return test_and_clear_bit(PG_dirty, glue_page_flags(virt_to_page(page)));
}
