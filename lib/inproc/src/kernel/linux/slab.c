// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/slab_common.c and mm/vmalloc.c, kmalloc() and its kin: fakes over the
 * process's allocator (memory.h), which bounds and watches what it gives.
 *
 * What is exact: alignments as far as they are promised, which function frees what, and
 * where an allocation may sleep.  What is not: sizes are not rounded up, and what vmalloc()
 * gives ends, rather than begins, where a page does.
 *
 * Without the tree's slab.h on purpose: versions add arguments (buckets, alignment) behind
 * the ones that matter here, which a caller of these simpler functions passes in registers
 * that they ignore.
 */
#include <linux/gfp_types.h>
#include <linux/types.h>

#include "glue_probe.h"
#include "../image/image.h"

extern const struct image_host *glue_host;
void glue_might_alloc(gfp_t gfp);

/* kmalloc() of a constant size picks a cache here, and passes the size along. */
void *kmalloc_caches[1024];

#define GLUE_PAGE	4096UL

/* ZERO_SIZE_PTR */
#define GLUE_NOTHING	((void *)16)

/* Of whoever called the function that the kernel knows. */
#define GLUE_CALLER	__builtin_return_address(0)

/*
 * What kmalloc() promises and no more (Documentation/core-api/memory-allocation.rst):
 * the largest power of two that divides the size, and 8 at least.
 */
static void *glue_kmalloc(enum image_alloc how, size_t size, gfp_t gfp, const void *caller)
{
	size_t align = size & -size;

	glue_might_alloc(gfp);
	if (!size)
		return GLUE_NOTHING;
	align = align < 8 ? 8 : align > GLUE_PAGE ? GLUE_PAGE : align;
	return glue_host->alloc(how, size, align, !!(gfp & __GFP_ZERO), caller);
}

static void *glue_vmalloc(size_t size, gfp_t gfp, const void *caller)
{
	glue_might_alloc(gfp);
	/* Whole pages: what lies between the end and the page's is the caller's bug. */
	return size ? glue_host->alloc(IMAGE_VMALLOC, size, 8, !!(gfp & __GFP_ZERO), caller) :
		      NULL;
}

static void glue_free(enum image_alloc how, const void *p, const void *caller)
{
	if (p && p != GLUE_NOTHING)
		glue_host->free(how, p, caller);
}

#define GLUE_ALLOC(name, params, expr)	\
	void *name params;		\
	void *name params		\
	{				\
		return expr;		\
	}

#define GLUE_FREE(name, how)		\
	void name(const void *p);	\
	void name(const void *p)	\
	{				\
		glue_free(how, p, GLUE_CALLER);	\
	}

GLUE_ALLOC(__kmalloc_noprof, (size_t size, gfp_t gfp),
	   glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER))
GLUE_ALLOC(__kmalloc_node_noprof, (size_t size, gfp_t gfp),
	   glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER))
GLUE_ALLOC(__kmalloc_large_noprof, (size_t size, gfp_t gfp),
	   glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER))
GLUE_ALLOC(__kmalloc_large_node_noprof, (size_t size, gfp_t gfp),
	   glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER))
GLUE_ALLOC(__kmalloc_cache_noprof, (void *cache, gfp_t gfp, size_t size),
	   glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER))
GLUE_ALLOC(__kmalloc_cache_node_noprof, (void *cache, gfp_t gfp, int node, size_t size),
	   glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER))
#ifdef HAVE_KVMALLOC_ALIGN
GLUE_ALLOC(__kvmalloc_node_noprof, (size_t size, unsigned long align, gfp_t gfp),
	   glue_kmalloc(IMAGE_KVMALLOC, size, gfp, GLUE_CALLER))
#else
GLUE_ALLOC(__kvmalloc_node_noprof, (size_t size, gfp_t gfp),
	   glue_kmalloc(IMAGE_KVMALLOC, size, gfp, GLUE_CALLER))
#endif
GLUE_ALLOC(__vmalloc_noprof, (size_t size, gfp_t gfp),
	   glue_vmalloc(size, gfp, GLUE_CALLER))
GLUE_ALLOC(vmalloc_noprof, (size_t size), glue_vmalloc(size, GFP_KERNEL, GLUE_CALLER))
GLUE_ALLOC(vzalloc_noprof, (size_t size),
	   glue_vmalloc(size, GFP_KERNEL | __GFP_ZERO, GLUE_CALLER))

void *__vcalloc_noprof(size_t n, size_t size, gfp_t gfp);

void *__vcalloc_noprof(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return glue_vmalloc(bytes, gfp | __GFP_ZERO, GLUE_CALLER);
}

GLUE_FREE(kfree, IMAGE_KMALLOC)
GLUE_FREE(kfree_sensitive, IMAGE_KMALLOC)
GLUE_FREE(vfree, IMAGE_VMALLOC)
GLUE_FREE(kvfree, IMAGE_KVMALLOC)
