// SPDX-License-Identifier: GPL-2.0-only
/*
 * Glue before lib/xarray.c, which is the tree's own: the insertion of a vCPU into its VM's array
 * is a step that a test can make fail.  KVM's objects call it by this name (tools/image.mk).
 */
#include <linux/xarray.h>

#include "glue.h"

int glue_xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);

int glue_xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	if (glue_host->step_fails(CONTROL_STEP_VCPU))
		return -ENOMEM;
	return __xa_insert(xa, index, entry, gfp);
}

/* xa_reserve() in older trees; memory attributes do it, too, but not while a vCPU is made. */
void *glue_xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);

void *glue_xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	if (!old && entry == XA_ZERO_ENTRY && glue_host->step_fails(CONTROL_STEP_VCPU))
		return XA_ERROR(-ENOMEM);
	return __xa_cmpxchg(xa, index, old, entry, gfp);
}
