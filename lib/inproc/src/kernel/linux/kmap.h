/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before the first line of the tree's files that map guest memory, by an option of
 * the compiler: without high memory kmap(), kmap_local_page() and their kin are inline
 * functions that do nothing, so nobody but the compiler could tell that one is not undone.
 */
#ifndef INPROC_GLUE_KMAP_H
#define INPROC_GLUE_KMAP_H

#include <linux/highmem.h>

void *glue_kmap(unsigned long pfn);
void glue_kunmap(const void *vaddr);
void *glue_kmap_page(struct page *page);
void glue_kunmap_page(const struct page *page);

#define kmap(page)		glue_kmap_page(page)
#define kunmap(page)		glue_kunmap_page(page)
#define kmap_local_pfn(pfn)	glue_kmap(pfn)
#define kmap_local_page(page)	glue_kmap(page_to_pfn(page))
#undef kunmap_local
#define kunmap_local(addr)	glue_kunmap(addr)

#endif
