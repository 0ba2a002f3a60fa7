// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for drivers/base/devres.c: memory that lives as long as its device, which here is for
 * ever.  A fake.
 */
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/slab.h>

#include "glue.h"

void *devm_kmalloc(struct device *dev, size_t size, gfp_t gfp)
{
	return glue_alloc(size, ARCH_KMALLOC_MINALIGN);
}

void devm_kfree(struct device *dev, const void *p)
{
	glue_free(p);
}

unsigned long devm_get_free_pages(struct device *dev, gfp_t gfp, unsigned int order)
{
	return __get_free_pages(gfp, order);
}

void devm_free_pages(struct device *dev, unsigned long addr)
{
}
