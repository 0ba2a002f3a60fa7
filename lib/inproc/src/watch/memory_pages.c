// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages for the kernel's allocations (memory.c): out of reach until they are opened, and again
 * when they are closed.
 *
 * A page fault costs some machines as much as thousands of instructions (README, "Traps"), and a
 * call that takes a list of pages hardly more than one of them: so pages that are going to be
 * written to are filled in by such calls, where the machine's kernel has them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/base.h"
#include "memory_mem.h"

/* So many pages at once become ones that can be opened. */
#define CHUNK_PAGES		512UL

/* Linux 6.13: pages out of reach without a mapping of their own, in the page tables. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define MAX_SINGLES		64UL

static char *arena;
static bool has_guards;			/* MADV_GUARD_INSTALL, else it takes mprotect() */
static unsigned long chunks_end;	/* pages before it are closed until they are opened */

char *memory_page(unsigned long page)
{
	return arena + page * PAGE_SIZE;
}

bool pages_number(uintptr_t addr, unsigned long *page)
{
	const uintptr_t base = (uintptr_t)arena;

	if (!arena || addr < base || addr >= base + ARENA_PAGES * PAGE_SIZE)
		return false;
	*page = (addr - base) / PAGE_SIZE;
	return true;
}

int pages_map_anew(unsigned long first, unsigned long nr)
{
	char *at = memory_page(first);

	if (mmap(at, nr * PAGE_SIZE, has_guards ? PROT_READ | PROT_WRITE : PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	return has_guards && madvise(at, nr * PAGE_SIZE, MADV_GUARD_INSTALL) ? -errno : 0;
}

/* Pages up to @end can be opened. */
static bool reach(unsigned long end)
{
	unsigned long nr = (end - chunks_end + CHUNK_PAGES - 1) / CHUNK_PAGES * CHUNK_PAGES;

	if (end <= chunks_end || !has_guards)
		return true;
	if (mprotect(memory_page(chunks_end), nr * PAGE_SIZE, PROT_READ | PROT_WRITE) ||
	    madvise(memory_page(chunks_end), nr * PAGE_SIZE, MADV_GUARD_INSTALL))
		return false;
	chunks_end += nr;
	return true;
}

bool pages_open(unsigned long first, unsigned long nr, bool filled)
{
	char *at = memory_page(first);

	if (!reach(first + nr + 1) ||
	    (has_guards ? madvise(at, nr * PAGE_SIZE, MADV_GUARD_REMOVE) :
			  mprotect(at, nr * PAGE_SIZE, PROT_READ | PROT_WRITE)))
		return false;
	/* Without it each page comes when it is written to. */
	if (filled)
		madvise(at, nr * PAGE_SIZE, MADV_POPULATE_WRITE);
	return true;
}

/* Both for a list of pages.  False: there is no such call, or not for this. */
static bool open_list(const struct iovec *list, unsigned long nr)
{
	static bool missing;
	int self;
	bool ok;

	if (missing || !has_guards)
		return false;
	self = syscall(SYS_pidfd_open, getpid(), 0);
	ok = syscall(SYS_process_madvise, self, list, nr, MADV_GUARD_REMOVE, 0) ==
	     (ssize_t)(nr * PAGE_SIZE);
	if (ok)
		syscall(SYS_process_madvise, self, list, nr, MADV_POPULATE_WRITE, 0);
	if (self >= 0)
		syscall(SYS_close, self);
	missing = !ok;
	return ok;
}

bool pages_open_singles(unsigned long first, unsigned long nr)
{
	struct iovec list[MAX_SINGLES];
	unsigned long i;

	if (nr > MAX_SINGLES || !reach(first + 2 * nr))
		return false;
	for (i = 0; i < nr; i++)
		list[i] = (struct iovec){ memory_page(first + 2 * i), PAGE_SIZE };
	if (open_list(list, nr))
		return true;
	for (i = 0; i < nr; i++)
		if (!pages_open(first + 2 * i, 1, false))
			return false;
	return true;
}

void pages_close(unsigned long first, unsigned long nr)
{
	if (has_guards)
		madvise(memory_page(first), nr * PAGE_SIZE, MADV_GUARD_INSTALL);
	else
		mprotect(memory_page(first), nr * PAGE_SIZE, PROT_NONE);
}

bool pages_forget(unsigned long first, unsigned long nr)
{
	if (!has_guards)
		return !pages_map_anew(first, nr);
	pages_close(first, nr);
	return true;
}

bool pages_init(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	const size_t biggest = 1UL << 22;	/* block that the kernel's page allocator has */

	arena = mmap(NULL, ARENA_PAGES * PAGE_SIZE + biggest, PROT_NONE, flags, -1, 0);
	if (arena == MAP_FAILED) {
		arena = NULL;
		return false;
	}
	/* So that alignments of pages are alignments of addresses. */
	arena = (char *)(((uintptr_t)arena + biggest - 1) & ~(biggest - 1));
	has_guards = !madvise(arena, PAGE_SIZE, MADV_GUARD_INSTALL);
	return true;
}
