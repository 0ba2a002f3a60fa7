// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to the VMM's memory: it is the same process, but a VMM's pointer may be
 * bad.
 */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "glue.h"

/*
 * The tree's own copy loop: a fault in it goes through its exception table
 * (trap.c), like in the kernel.  access_ok() has no say: it compares with an
 * address that a running kernel patches in, and a bad address faults as well.
 */
static unsigned long glue_copy_from_user(void *to, const void __user *from, unsigned long n,
					 const void *caller)
{
	unsigned long left = n;

	if (!glue_host->step_fails(IMAGE_STEP_USER)) {
		glue_host->copy_begin((void *)from, n, (unsigned long)caller);
		left = raw_copy_from_user(to, from, n);
		glue_host->copy_end();
	}
	/* A short copy leaves no old bytes of the kernel's behind. */
	if (left)
		memset(to + (n - left), 0, left);
	return left;
}

unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n)
{
	return glue_copy_from_user(to, from, n, GLUE_CALLER);
}

unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n)
{
	unsigned long left;

	if (glue_host->step_fails(IMAGE_STEP_USER))
		return n;
	glue_host->copy_begin((void *)to, n, (unsigned long)GLUE_CALLER);
	left = raw_copy_to_user(to, from, n);
	glue_host->copy_end();
	return left;
}

void *glue_dup_user(enum image_alloc how, const void __user *src, size_t len, const void *caller)
{
	void *p = glue_host->alloc(how, len, 8, false, caller);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (glue_copy_from_user(p, src, len, caller)) {
		glue_host->free(how, p, caller);
		return ERR_PTR(-EFAULT);
	}
	return p;
}

void *memdup_user(const void __user *src, size_t len)
{
	return glue_dup_user(IMAGE_KMALLOC, src, len, GLUE_CALLER);
}

void *vmemdup_user(const void __user *src, size_t len)
{
	return glue_dup_user(IMAGE_KVMALLOC, src, len, GLUE_CALLER);
}
