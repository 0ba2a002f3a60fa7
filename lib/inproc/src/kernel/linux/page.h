/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Struct pages, between the files that stand for mm/.
 *
 * Every address of the process has one, zeroed at first.  Whose a page is its flags say,
 * in bits that no code of the kernel's looks at here.
 */
#ifndef INPROC_GLUE_PAGE_H
#define INPROC_GLUE_PAGE_H

#include <linux/mm.h>

enum glue_page_kind {
	GLUE_PAGE_FOREIGN,			/* the VMM's: never initialized */
	GLUE_PAGE_ALLOCATED = PG_arch_1,
	GLUE_PAGE_CACHE = PG_private_2,		/* a file's */
};

/* Flags are the first word of a struct page in every tree, whatever its type. */
static inline enum glue_page_kind glue_page_kind(struct page *page)
{
	const unsigned long *flags = (const unsigned long *)page;

	return test_bit(GLUE_PAGE_ALLOCATED, flags) ? GLUE_PAGE_ALLOCATED :
	       test_bit(GLUE_PAGE_CACHE, flags) ? GLUE_PAGE_CACHE : GLUE_PAGE_FOREIGN;
}

/* One more such bit: it is charged to the cgroup of who asked for it (__GFP_ACCOUNT). */
#define GLUE_PAGE_CHARGED	PG_owner_priv_1

static inline bool glue_page_uncharged(struct page *page)
{
	return glue_page_kind(page) == GLUE_PAGE_ALLOCATED &&
	       !test_bit(GLUE_PAGE_CHARGED, (const unsigned long *)page);
}

/* linux/page.c */
/* A new page, with one reference. */
void glue_page_init(struct page *page, enum glue_page_kind kind);
/* None of the @nr pages at @p, which go, may be a guest's or firmware's. */
void glue_check_owned(void *p, unsigned long nr, const void *caller);
/* As might_alloc(), for files without the tree's headers. */
void glue_might_alloc(gfp_t gfp);

/* Kernel code has written to these bytes, the VMM's, by an address of the VMM's. */
void glue_dirtied(const void *start, unsigned long len);

/* linux/filemap.c: its last reference is gone. */
void glue_folio_free(struct folio *folio, const void *caller);

/* linux/mapping.c: @folio of @mapping, which is locked, goes: the VMM has it no more. */
void glue_unmap_folio(const struct address_space *mapping, struct folio *folio);

#endif
