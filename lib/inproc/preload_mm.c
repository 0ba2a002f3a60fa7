// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the program's calls to libc meet first that change its address space: whoever has
 * asked for it (mm_hook) hears of them, before and after.
 *
 * Changes that libc makes for itself, as free() does, are not seen.
 */
#undef madvise
#undef mmap
#undef mprotect
#undef mremap
#undef munmap

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>

#include "device.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED	24
#endif

/* ---- before and after ---- */

mm_hook_t mm_change_begins(const void *addr, size_t len)
{
	mm_hook_t hook = __atomic_load_n(&mm_hook, __ATOMIC_ACQUIRE);
	uintptr_t start = (uintptr_t)addr & ~(PAGE_SIZE - 1);

	if (hook)
		hook(start, ((uintptr_t)addr + len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1),
		     MM_CHANGE_BEGINS);
	return hook;
}

void mm_change_ends(mm_hook_t hook, const void *addr, size_t len, enum mm_change how)
{
	uintptr_t start = (uintptr_t)addr & ~(PAGE_SIZE - 1);

	if (hook)
		hook(start, ((uintptr_t)addr + len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), how);
}

int munmap(void *addr, size_t len)
{
	mm_hook_t hook = mm_change_begins(addr, len);
	int r = real_munmap(addr, len);

	if (!r)
		share_forget(addr, len);
	mm_change_ends(hook, addr, len, r ? MM_CHANGED : MM_GONE);
	return r;
}

int mprotect(void *addr, size_t len, int prot)
{
	mm_hook_t hook = mm_change_begins(addr, len);
	int r = real_mprotect(addr, len, prot);

	share_forget_plain();
	mm_change_ends(hook, addr, len, MM_CHANGED);
	return r;
}

/* Which of them take pages away. */
static bool takes_pages(int advice)
{
	return advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED ||
	       advice == MADV_FREE || advice == MADV_REMOVE;
}

int madvise(void *addr, size_t len, int advice)
{
	mm_hook_t hook;
	int r;

	if (advice == MADV_COLLAPSE && mm_is_special && mm_is_special((uintptr_t)addr)) {
		errno = EINVAL;
		return -1;
	}
	if (!takes_pages(advice)) {
		r = real_madvise(addr, len, advice);
		if (!r && advice == MADV_HUGEPAGE)
			mm_change_ends(__atomic_load_n(&mm_hook, __ATOMIC_ACQUIRE), addr, len, MM_HUGE);
		return r;
	}
	hook = mm_change_begins(addr, len);
	/* What was private reads as zeroes then; as the memfd that it became, by a hole only. */
	if (advice != MADV_REMOVE && share_covers(addr, len))
		advice = MADV_REMOVE;
	r = real_madvise(addr, len, advice);
	mm_change_ends(hook, addr, len, MM_CHANGED);
	return r;
}

void *mremap(void *old, size_t old_len, size_t new_len, int flags, ...)
{
	mm_hook_t hook, to_hook = NULL;
	va_list ap;
	void *to, *r;

	va_start(ap, flags);
	to = flags & MREMAP_FIXED ? va_arg(ap, void *) : NULL;
	va_end(ap);

	/* It may move, wholly, or become shorter. */
	hook = mm_change_begins(old, old_len);
	if (to)
		to_hook = mm_change_begins(to, new_len);
	r = real_mremap(old, old_len, new_len, flags, to);
	if (r != MAP_FAILED) {
		share_forget(old, old_len);
		share_forget(r, new_len);
	}
	if (to)
		mm_change_ends(to_hook, to, new_len, r == MAP_FAILED ? MM_CHANGED : MM_GONE);
	mm_change_ends(hook, old, old_len, r == MAP_FAILED || r == old ? MM_CHANGED : MM_GONE);
	return r;
}
