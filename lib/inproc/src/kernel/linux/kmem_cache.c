// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/slub.c's caches, mm/list_lru.c and mm/shrinker.c: a fake.  An object is
 * an allocation of its own (memory.h).
 *
 * What is exact: sizes, alignments, constructors, and which cache an object goes back to.
 * What is not: a constructor runs for each allocation, since no object is used again; and
 * memory is never short, so nobody is asked to shrink.
 */
#include <linux/list_lru.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "glue.h"
#include "page.h"

struct kmem_cache {
	const char *name;
	unsigned int size, align;
	void (*ctor)(void *object);
	atomic_long_t nr;		/* objects */
};

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args, slab_flags_t flags)
{
	struct kmem_cache *s = glue_alloc(sizeof(*s), 8);
	unsigned int align = max_t(unsigned int, args->align, sizeof(void *));

	if (!s)
		return NULL;
	if (flags & SLAB_HWCACHE_ALIGN)
		align = max_t(unsigned int, align, size > 32 ? 64 : roundup_pow_of_two(size));
	s->name = name;
	s->size = size;
	s->align = align;
	s->ctor = args->ctor;
	return s;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	if (!s)
		return;
	if (atomic_long_read(&s->nr))
		glue_host->mem_bug(CONTROL_MEM_LEAK, "destroyed a cache that has objects left",
				   GLUE_CALLER);
	glue_free(s);
}

static void *glue_cache_alloc(struct kmem_cache *s, gfp_t gfp, const void *caller)
{
	void *p;

	glue_might_alloc(gfp);
	p = glue_host->alloc(IMAGE_CACHE, s->size, s->align, !!(gfp & __GFP_ZERO), caller);
	if (!p)
		return NULL;
	atomic_long_inc(&s->nr);
	if (s->ctor)
		s->ctor(p);
	return p;
}

void *kmem_cache_alloc_noprof(struct kmem_cache *s, gfp_t gfp)
{
	return glue_cache_alloc(s, gfp, GLUE_CALLER);
}

void *kmem_cache_alloc_lru_noprof(struct kmem_cache *s, struct list_lru *lru, gfp_t gfp)
{
	return glue_cache_alloc(s, gfp, GLUE_CALLER);
}

void kmem_cache_free(struct kmem_cache *s, void *p)
{
	if (!p)
		return;
	atomic_long_dec(&s->nr);
	glue_host->free(IMAGE_CACHE, p, GLUE_CALLER);
}

/* ---- shrinkers: registered, and never called ---- */

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	struct shrinker *shrinker = glue_alloc(sizeof(*shrinker), 8);

	if (shrinker)
		shrinker->flags = flags;
	return shrinker;
}

void shrinker_register(struct shrinker *shrinker)
{
}

void shrinker_free(struct shrinker *shrinker)
{
	if (shrinker)
		glue_free(shrinker);
}
