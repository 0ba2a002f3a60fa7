// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmalloc() and its kin, over the process's memory.  Fakes.
 *
 * Without the tree's slab.h on purpose: versions add arguments (buckets,
 * alignment) behind the ones that matter here, which a caller of these simpler
 * functions passes in registers that they ignore.  Memory always comes zeroed,
 * which __GFP_ZERO asks for.
 */
#include <linux/types.h>

extern void *glue_alloc(unsigned long bytes, unsigned long align);
extern void glue_free(const void *p);

struct kmem_cache {
	unsigned int size, align;
};

struct kmem_cache_args {
	unsigned int align;
};

/* kmalloc() of a constant size picks a cache here, and passes the size along. */
void *kmalloc_caches[1024];

#define GLUE_SLAB_ALIGN	16

void *__kmalloc_noprof(size_t size);
void *__kmalloc_large_noprof(size_t size);
void *__kvmalloc_node_noprof(size_t size);
void *__vmalloc_noprof(size_t size);
void *vzalloc_noprof(size_t size);
void *__kmalloc_cache_noprof(struct kmem_cache *s, unsigned int gfp, size_t size);
void *__vcalloc_noprof(size_t n, size_t size);
void kfree(const void *p);
void vfree(const void *p);
void kvfree(const void *p);
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args);
void kmem_cache_destroy(struct kmem_cache *s);
void *kmem_cache_alloc_noprof(struct kmem_cache *s);
void kmem_cache_free(struct kmem_cache *s, void *p);

void *__kmalloc_noprof(size_t size)
{
	return glue_alloc(size, GLUE_SLAB_ALIGN);
}

void *__kmalloc_large_noprof(size_t size)
{
	return glue_alloc(size, 4096);
}

void *__kvmalloc_node_noprof(size_t size)
{
	return glue_alloc(size, GLUE_SLAB_ALIGN);
}

void *__vmalloc_noprof(size_t size)
{
	return glue_alloc(size, 4096);
}

void *vzalloc_noprof(size_t size)
{
	return glue_alloc(size, 4096);
}

void *__kmalloc_cache_noprof(struct kmem_cache *s, unsigned int gfp, size_t size)
{
	return glue_alloc(size, GLUE_SLAB_ALIGN);
}

void *__vcalloc_noprof(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : glue_alloc(bytes, 4096);
}

void kfree(const void *p)
{
	/* ZERO_SIZE_PTR is 16. */
	if ((unsigned long)p > 16)
		glue_free(p);
}

void vfree(const void *p)
{
	kfree(p);
}

void kvfree(const void *p)
{
	kfree(p);
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args)
{
	struct kmem_cache *s = glue_alloc(sizeof(*s), GLUE_SLAB_ALIGN);

	if (s) {
		s->size = size;
		/* The alignment is the first member of the tree's own struct, too. */
		s->align = args->align > GLUE_SLAB_ALIGN ? args->align : GLUE_SLAB_ALIGN;
	}
	return s;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	kfree(s);
}

void *kmem_cache_alloc_noprof(struct kmem_cache *s)
{
	return glue_alloc(s->size, s->align);
}

void kmem_cache_free(struct kmem_cache *s, void *p)
{
	kfree(p);
}
