// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/filemap.c and mm/truncate.c: the page cache behind guest_memfd, on the
 * tree's own xarray.  A fake, of files without anything behind their pages.
 *
 * What is exact: a page's references, its lock, when it enters and leaves the cache and
 * when the file system hears of it (free_folio), and that a page that somebody still has
 * outlives the cache's reference.  What is not: folios are single pages, and memory that is
 * not in use any more is not reclaimed.
 *
 * Pages of a file that lie next to each other in it, within 2 MiB, do so in memory, and a
 * page that goes and comes again does it in the same place, unless somebody has the old one
 * yet: so the engine and the VMM can have long pieces of a file.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/xarray.h>

#include "task.h"
#include "page.h"

/* ---- where pages lie ---- */

#define GLUE_AREA_PAGES	(IMAGE_AREA_SIZE >> PAGE_SHIFT)
#define GLUE_AREAS	1024
/* Places for a page, of which all but the last may be taken by those before it. */
#define GLUE_LAYERS	4

struct glue_area {
	struct glue_area *next;
	const struct address_space *mapping;
	pgoff_t index;			/* of the area, not of a page */
	unsigned int layer;
	void *pages;
};

static struct glue_area *glue_areas[GLUE_AREAS];
static DEFINE_SPINLOCK(glue_areas_lock);

static struct glue_area **glue_area_list(const struct address_space *mapping, pgoff_t index)
{
	return &glue_areas[(((unsigned long)mapping >> 6) + index) % GLUE_AREAS];
}

/* Where page @index of @mapping is, or would be. */
static void *glue_area_page(const struct address_space *mapping, pgoff_t index,
			    unsigned int layer)
{
	struct glue_area **list = glue_area_list(mapping, index / GLUE_AREA_PAGES), *a;

	spin_lock(&glue_areas_lock);
	for (a = *list; a; a = a->next)
		if (a->mapping == mapping && a->index == index / GLUE_AREA_PAGES &&
		    a->layer == layer)
			break;
	if (!a) {
		a = glue_note_alloc(sizeof(*a));
		if (a)
			*a = (struct glue_area){ *list, mapping, index / GLUE_AREA_PAGES, layer,
						 glue_host->area_get() };
		if (a && a->pages) {
			*list = a;
		} else if (a) {
			glue_note_free(a);
			a = NULL;
		}
	}
	spin_unlock(&glue_areas_lock);
	return a ? a->pages + index % GLUE_AREA_PAGES * PAGE_SIZE : NULL;
}

/* The file goes. */
static void glue_areas_put(const struct address_space *mapping)
{
	struct glue_area **link, *a;
	unsigned int i;

	spin_lock(&glue_areas_lock);
	for (i = 0; i < GLUE_AREAS; i++) {
		for (link = &glue_areas[i]; (a = *link);) {
			if (a->mapping != mapping) {
				link = &a->next;
				continue;
			}
			*link = a->next;
			glue_host->area_put(a->pages);
			glue_note_free(a);
		}
	}
	spin_unlock(&glue_areas_lock);
}

/* ---- locked folios: bit PG_locked, which inline functions of the tree's use, too ---- */

static int glue_folio_waiters, glue_folio_unlocks;

static void glue_folio_lock(struct folio *folio)
{
	while (!folio_trylock(folio)) {
		int seen = READ_ONCE(glue_folio_unlocks);

		__atomic_add_fetch(&glue_folio_waiters, 1, __ATOMIC_SEQ_CST);
		if (folio_test_locked(folio))
			glue_host->futex_wait(&glue_folio_unlocks, seen);
		__atomic_sub_fetch(&glue_folio_waiters, 1, __ATOMIC_SEQ_CST);
	}
	glue_order(CONTROL_ORDER_GET, folio);
}

void __folio_lock(struct folio *folio)
{
	glue_folio_lock(folio);
}

void folio_unlock(struct folio *folio)
{
	glue_order(CONTROL_ORDER_PUT, folio);
	clear_bit(PG_locked, (unsigned long *)&folio->page);
	smp_mb();
	if (!READ_ONCE(glue_folio_waiters))
		return;
	__atomic_add_fetch(&glue_folio_unlocks, 1, __ATOMIC_SEQ_CST);
	glue_host->futex_wake(&glue_folio_unlocks, INT_MAX);
}

/* ---- folios ---- */

static struct folio *glue_folio_alloc(struct address_space *mapping, pgoff_t index, gfp_t gfp,
				      const void *caller)
{
	struct folio *folio;
	unsigned int layer;
	void *p = NULL;

	glue_might_alloc(gfp);
	for (layer = 0; layer < GLUE_LAYERS; layer++) {
		p = glue_area_page(mapping, index, layer);
		if (!p)
			return NULL;
		if (!page_ref_count(virt_to_page(p)))
			break;
	}
	if (layer == GLUE_LAYERS || !glue_host->area_alloc(p, !!(gfp & __GFP_ZERO), caller))
		return NULL;
	folio = page_folio(virt_to_page(p));
	glue_page_init(&folio->page, GLUE_PAGE_CACHE);
	return folio;
}

void glue_folio_free(struct folio *folio, const void *caller)
{
	void *p = folio_address(folio);

	glue_check_owned(p, 1, caller);
	glue_host->free(IMAGE_FOLIO, p, caller);
	*(unsigned long *)&folio->page = 0;
}

/* The folio there, with a reference, or NULL. */
static struct folio *glue_folio_get(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;

	for (;;) {
		folio = xa_load(&mapping->i_pages, index);
		if (!folio)
			return NULL;
		/* Struct pages are always there: it may be free or in another place by now. */
		if (!folio_try_get(folio))
			continue;
		if (folio == xa_load(&mapping->i_pages, index))
			return folio;
		folio_put(folio);
	}
}

/* One at a time: a page's place is taken when its allocation begins. */
static DEFINE_MUTEX(glue_create_lock);

/* A new folio in the cache, locked; NULL: there is one by now. */
static struct folio *glue_folio_create(struct address_space *mapping, pgoff_t index, gfp_t gfp,
				       const void *caller)
{
	struct folio *folio = NULL;
	int ret;

	mutex_lock(&glue_create_lock);
	if (xa_load(&mapping->i_pages, index))
		goto out;
	folio = glue_folio_alloc(mapping, index, gfp, caller);
	if (!folio) {
		folio = ERR_PTR(-ENOMEM);
		goto out;
	}
	__folio_set_locked(folio);
	folio->mapping = mapping;
	folio->index = index;
	/* The cache's reference. */
	folio_get(folio);
	xa_lock_irq(&mapping->i_pages);
	ret = __xa_insert(&mapping->i_pages, index, folio, gfp);
	if (!ret)
		mapping->nrpages++;
	xa_unlock_irq(&mapping->i_pages);
	if (ret) {
		folio->mapping = NULL;
		folio_unlock(folio);
		folio_put_refs(folio, 2);
		folio = ERR_PTR(ret);
	}
out:
	mutex_unlock(&glue_create_lock);
	return folio;
}

static struct folio *glue_filemap_get(struct address_space *mapping, pgoff_t index,
				      unsigned int fgp, gfp_t gfp, const void *caller)
{
	struct folio *folio;

	for (;;) {
		folio = glue_folio_get(mapping, index);
		if (folio && (fgp & (__force unsigned int)FGP_LOCK)) {
			if (!(fgp & (__force unsigned int)FGP_NOWAIT)) {
				glue_folio_lock(folio);
			} else if (!folio_trylock(folio)) {
				folio_put(folio);
				return ERR_PTR(-EAGAIN);
			}
			/* It may have been truncated meanwhile. */
			if (folio->mapping != mapping) {
				folio_unlock(folio);
				folio_put(folio);
				continue;
			}
		}
		if (folio)
			return folio;
		if (!(fgp & (__force unsigned int)FGP_CREAT))
			return ERR_PTR(-ENOENT);

		folio = glue_folio_create(mapping, index, gfp, caller);
		if (!folio)
			continue;
		if (!IS_ERR(folio) && !(fgp & (__force unsigned int)FGP_LOCK))
			folio_unlock(folio);
		return folio;
	}
}

/* One of them is an inline function around the other, or does not exist. */
struct folio *glue_filemap_get_folio(struct address_space *mapping, pgoff_t index, fgf_t fgp,
				     gfp_t gfp) asm("__filemap_get_folio");
struct folio *glue_filemap_get_folio_mpol(struct address_space *mapping, pgoff_t index,
					  fgf_t fgp, gfp_t gfp, void *policy)
	asm("__filemap_get_folio_mpol");

struct folio *glue_filemap_get_folio(struct address_space *mapping, pgoff_t index, fgf_t fgp,
				     gfp_t gfp)
{
	return glue_filemap_get(mapping, index, (__force unsigned int)fgp, gfp, GLUE_CALLER);
}

struct folio *glue_filemap_get_folio_mpol(struct address_space *mapping, pgoff_t index,
					  fgf_t fgp, gfp_t gfp, void *policy)
{
	return glue_filemap_get(mapping, index, (__force unsigned int)fgp, gfp, GLUE_CALLER);
}

bool noop_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	return !folio_test_set_dirty(folio);
}

/* ---- truncation ---- */

static void glue_folio_truncate(struct address_space *mapping, struct folio *folio)
{
	glue_folio_lock(folio);
	if (folio->mapping == mapping) {
		glue_unmap_folio(mapping, folio);
		xa_lock_irq(&mapping->i_pages);
		__xa_erase(&mapping->i_pages, folio->index);
		mapping->nrpages--;
		xa_unlock_irq(&mapping->i_pages);
		folio->mapping = NULL;
		if (mapping->a_ops && mapping->a_ops->free_folio)
			mapping->a_ops->free_folio(folio);
		/* The cache's. */
		folio_put(folio);
	}
	folio_unlock(folio);
}

/* Whole pages: guest_memfd knows no other pieces. */
static void glue_truncate(struct address_space *mapping, loff_t from, loff_t to)
{
	pgoff_t last = to == -1 ? ULONG_MAX : ((to + 1) >> PAGE_SHIFT) - 1;
	unsigned long index = (from + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct folio *folio;

	if (index > last)
		return;
	for (folio = xa_find(&mapping->i_pages, &index, last, XA_PRESENT); folio;
	     folio = xa_find_after(&mapping->i_pages, &index, last, XA_PRESENT)) {
		folio = glue_folio_get(mapping, index);
		if (!folio)
			continue;
		glue_folio_truncate(mapping, folio);
		folio_put(folio);
	}
	if (!from && to == -1)
		glue_areas_put(mapping);
}

/* Its last argument is signed or not. */
void glue_truncate_range(struct address_space *mapping, loff_t from, loff_t to)
	asm("truncate_inode_pages_range");

void glue_truncate_range(struct address_space *mapping, loff_t from, loff_t to)
{
	glue_truncate(mapping, from, to);
}

/* mm/memory-failure.c: a page of a file that does not say that it is dirty */
int glue_memory_failure(void *of, unsigned long index)
{
	struct address_space *mapping = ((struct file *)of)->f_mapping;
	struct folio *folio = filemap_get_folio(mapping, index);

	if (IS_ERR(folio))
		return PTR_ERR(folio);
	SetPageHWPoison(folio_page(folio, 0));
	folio_lock(folio);
	mapping->a_ops->error_remove_folio(mapping, folio);
	folio_unlock(folio);
	folio_put(folio);
	return 0;
}
