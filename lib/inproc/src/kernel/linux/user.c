// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for lib/usercopy.c, mm/maccess.c and what of mm/util.c copies: access to the VMM's
 * memory.  A fake: it is the same process, but a VMM's pointer may be bad.
 *
 * Copies announce themselves to the process (races, steps that fail), also those that the
 * tree's headers make inline: alternative.c has them come to glue_rep_movs().
 */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "glue.h"
#include "page.h"

/* The last address that can be the VMM's, and one more: the page there is never mapped. */
unsigned long glue_user_ptr_max asm("USER_PTR_MAX") = (1UL << 47) - PAGE_SIZE;

/* usercopy.S: how many bytes are left */
unsigned long glue_copy(void *to, const void *from, unsigned long n);
/* By usercopy.S: around an inline copy; false: it fails. */
bool glue_copy_begins(void *to, const void *from, unsigned long n, unsigned long caller);
void glue_copy_ends(void);

static bool glue_user_range_ok(const void __user *p, unsigned long n)
{
	unsigned long end;

	return !__builtin_add_overflow((__force unsigned long)p, n, &end) &&
	       end <= glue_user_ptr_max;
}

static unsigned long glue_copy_from_user(void *to, const void __user *from, unsigned long n,
					 const void *caller)
{
	unsigned long left = n;

	might_fault();
	if (glue_user_range_ok(from, n) && !glue_host->step_fails(CONTROL_STEP_USER)) {
		glue_host->copy_begin((__force void *)from, n, (unsigned long)caller);
		left = glue_copy(to, (__force const void *)from, n);
		glue_host->copy_end();
	}
	/* A short copy leaves no old bytes of the kernel's behind. */
	if (left)
		memset(to + (n - left), 0, left);
	return left;
}

static unsigned long glue_copy_to_user(void __user *to, const void *from, unsigned long n,
				       const void *caller)
{
	unsigned long left;

	if (!glue_user_range_ok(to, n) || glue_host->step_fails(CONTROL_STEP_USER))
		return n;
	glue_host->copy_begin((__force void *)to, n, (unsigned long)caller);
	left = glue_copy((__force void *)to, from, n);
	glue_host->copy_end();
	glue_dirtied((__force void *)to, n - left);
	return left;
}

unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n)
{
	return glue_copy_from_user(to, from, n, GLUE_CALLER);
}

unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n)
{
	might_fault();
	return glue_copy_to_user(to, from, n, GLUE_CALLER);
}

/* Callers that must not sleep; a page that is not there yet comes all the same. */
long copy_to_user_nofault(void __user *to, const void *from, size_t n)
{
	return glue_copy_to_user(to, from, n, GLUE_CALLER) ? -EFAULT : 0;
}

/*
 * Which of the two is the VMM's, a copy does not say; one is the kernel's, where nothing
 * is watched.
 */
bool glue_copy_begins(void *to, const void *from, unsigned long n, unsigned long caller)
{
	if (glue_host->step_fails(CONTROL_STEP_USER))
		return false;
	glue_host->copy_begin(to, n, caller);
	glue_host->copy_begin((void *)from, n, caller);
	glue_dirtied(to, n);
	return true;
}

void glue_copy_ends(void)
{
	glue_host->copy_end();
}

static void *glue_dup_user(enum image_alloc how, const void __user *src, size_t len, size_t more,
			   const void *caller)
{
	char *p = glue_host->alloc(how, len + more, 8, false, caller);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (glue_copy_from_user(p, src, len, caller)) {
		glue_host->free(how, p, caller);
		return ERR_PTR(-EFAULT);
	}
	memset(p + len, 0, more);
	return p;
}

void *memdup_user(const void __user *src, size_t len)
{
	return glue_dup_user(IMAGE_KMALLOC, src, len, 0, GLUE_CALLER);
}

void *vmemdup_user(const void __user *src, size_t len)
{
	return glue_dup_user(IMAGE_KVMALLOC, src, len, 0, GLUE_CALLER);
}

void *memdup_user_nul(const void __user *src, size_t len)
{
	return glue_dup_user(IMAGE_KMALLOC, src, len, 1, GLUE_CALLER);
}

void __copy_overflow(int size, unsigned long count)
{
	WARN(1, "Buffer overflow detected (%d < %lu)!\n", size, count);
}

void __might_fault(const char *file, int line)
{
	if (!pagefault_disabled())
		__might_sleep(file, line);
}
