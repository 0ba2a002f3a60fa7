/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before the first line of the tree's sev.c, by an option of the compiler:
 * without high memory kmap_local_page() and its kin are inline functions that do
 * nothing, so nobody but the compiler could tell that one is not undone.
 */
#ifndef INPROC_GLUE_KMAP_H
#define INPROC_GLUE_KMAP_H

#include <linux/highmem.h>

void *glue_kmap(unsigned long pfn);
void glue_kunmap(const void *vaddr);

#define kmap_local_pfn(pfn)	glue_kmap(pfn)
#define kmap_local_page(page)	glue_kmap(page_to_pfn(page))
#undef kunmap_local
#define kunmap_local(addr)	glue_kunmap(addr)

/* The file's own comes before it prints anything. */
#undef pr_fmt

#endif
