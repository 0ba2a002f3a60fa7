// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmalloc() and its kin, over the process's allocator (memory.h), which bounds
 * and watches what it gives.  Fakes.
 *
 * Without the tree's slab.h on purpose: versions add arguments (buckets,
 * alignment) behind the ones that matter here, which a caller of these simpler
 * functions passes in registers that they ignore.
 */
#include <linux/gfp_types.h>
#include <linux/types.h>

#include "glue_probe.h"
#include "../image.h"

extern const struct image_host *glue_host;

struct kmem_cache {
	unsigned int size, align;
};

struct kmem_cache_args {
	unsigned int align;
};

/* kmalloc() of a constant size picks a cache here, and passes the size along. */
void *kmalloc_caches[1024];

#define GLUE_PAGE	4096UL

/* ZERO_SIZE_PTR */
#define GLUE_NOTHING	((void *)16)

/* Of whoever called the function that the kernel knows. */
#define GLUE_CALLER	__builtin_return_address(0)

void *__kmalloc_noprof(size_t size, unsigned int gfp);
void *__kmalloc_node_noprof(size_t size, unsigned int gfp);
void *__kmalloc_large_noprof(size_t size, unsigned int gfp);
#ifdef HAVE_KVMALLOC_ALIGN
void *__kvmalloc_node_noprof(size_t size, unsigned long align, unsigned int gfp);
#else
void *__kvmalloc_node_noprof(size_t size, unsigned int gfp);
#endif
void *__vmalloc_noprof(size_t size, unsigned int gfp);
void *vzalloc_noprof(size_t size);
void *__kmalloc_cache_noprof(struct kmem_cache *s, unsigned int gfp, size_t size);
void *__vcalloc_noprof(size_t n, size_t size);
void kfree(const void *p);
void kfree_sensitive(const void *p);
void vfree(const void *p);
void kvfree(const void *p);
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args);
void kmem_cache_destroy(struct kmem_cache *s);
void *kmem_cache_alloc_noprof(struct kmem_cache *s, unsigned int gfp);
void kmem_cache_free(struct kmem_cache *s, void *p);

/*
 * What kmalloc() promises and no more (Documentation/core-api/memory-allocation.rst):
 * the largest power of two that divides the size, and 8 at least.
 */
static void *glue_kmalloc(enum image_alloc how, size_t size, unsigned int gfp, const void *caller)
{
	size_t align = size & -size;

	if (!size)
		return GLUE_NOTHING;
	align = align < 8 ? 8 : align > GLUE_PAGE ? GLUE_PAGE : align;
	return glue_host->alloc(how, size, align, !!(gfp & __GFP_ZERO), caller);
}

static void *glue_vmalloc(size_t size, bool zero, const void *caller)
{
	/* Whole pages: what lies between the end and the page's is the caller's bug. */
	return size ? glue_host->alloc(IMAGE_VMALLOC, size, 8, zero, caller) : NULL;
}

void *__kmalloc_noprof(size_t size, unsigned int gfp)
{
	return glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER);
}

void *__kmalloc_node_noprof(size_t size, unsigned int gfp)
{
	return glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER);
}

void *__kmalloc_large_noprof(size_t size, unsigned int gfp)
{
	return glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER);
}

void *__kmalloc_cache_noprof(struct kmem_cache *s, unsigned int gfp, size_t size)
{
	return glue_kmalloc(IMAGE_KMALLOC, size, gfp, GLUE_CALLER);
}

#ifdef HAVE_KVMALLOC_ALIGN
void *__kvmalloc_node_noprof(size_t size, unsigned long align, unsigned int gfp)
#else
void *__kvmalloc_node_noprof(size_t size, unsigned int gfp)
#endif
{
	return glue_kmalloc(IMAGE_KVMALLOC, size, gfp, GLUE_CALLER);
}

void *__vmalloc_noprof(size_t size, unsigned int gfp)
{
	return glue_vmalloc(size, gfp & __GFP_ZERO, GLUE_CALLER);
}

void *vzalloc_noprof(size_t size)
{
	return glue_vmalloc(size, true, GLUE_CALLER);
}

void *__vcalloc_noprof(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL :
							 glue_vmalloc(bytes, true, GLUE_CALLER);
}

static void glue_free(enum image_alloc how, const void *p, const void *caller)
{
	if (p && p != GLUE_NOTHING)
		glue_host->free(how, p, caller);
}

void kfree(const void *p)
{
	glue_free(IMAGE_KMALLOC, p, GLUE_CALLER);
}

void kfree_sensitive(const void *p)
{
	glue_free(IMAGE_KMALLOC, p, GLUE_CALLER);
}

void vfree(const void *p)
{
	glue_free(IMAGE_VMALLOC, p, GLUE_CALLER);
}

void kvfree(const void *p)
{
	glue_free(IMAGE_KVMALLOC, p, GLUE_CALLER);
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args)
{
	struct kmem_cache *s = glue_host->alloc(IMAGE_GLUE, sizeof(*s), 8, true, GLUE_CALLER);

	if (s) {
		s->size = size;
		/* The alignment is the first member of the tree's own struct, too. */
		s->align = args->align > 8 ? args->align : 8;
	}
	return s;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	glue_free(IMAGE_GLUE, s, GLUE_CALLER);
}

void *kmem_cache_alloc_noprof(struct kmem_cache *s, unsigned int gfp)
{
	return glue_host->alloc(IMAGE_CACHE, s->size, s->align, !!(gfp & __GFP_ZERO), GLUE_CALLER);
}

void kmem_cache_free(struct kmem_cache *s, void *p)
{
	glue_free(IMAGE_CACHE, p, GLUE_CALLER);
}
