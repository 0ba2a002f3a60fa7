// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the kernel's that the VMM has, too: kvm_run and the like.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/base.h"
#include "memory_mem.h"

/* The same contents at the same addresses, as memory that mremap() makes aliases of. */
static int share_pages(struct mem *m)
{
	const size_t len = m->nr_pages * PAGE_SIZE;
	char *at = memory_page(m->first), *shared;

	if (m->shared)
		return 0;
	shared = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	/* Whoever writes meanwhile waits in memory_fault(). */
	if (mprotect(at, len, PROT_READ))
		return -errno;
	memcpy(shared, at, len);
	if (mremap(shared, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED)
		return -errno;
	m->shared = true;
	return 0;
}

void memory_unshare(struct mem *m)
{
	const size_t len = m->nr_pages * PAGE_SIZE;
	char *at = memory_page(m->first), *own;

	own = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (own == MAP_FAILED)
		abort();
	memcpy(own, at, len);
	if (mremap(own, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED)
		abort();
	m->shared = false;
}

int memory_map_to_user(unsigned long addr, void *page, int prot)
{
	struct mem *m;
	int ret = 0;

	memory_lock();
	if (!memory_is_folio(page)) {
		m = memory_find((uintptr_t)page);
		ret = !m || m->freed ? -EFAULT : share_pages(m);
	}
	if (!ret && mremap(page, 0, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, addr) == MAP_FAILED)
		ret = -errno;
	if (!ret && prot != (PROT_READ | PROT_WRITE) && mprotect((void *)addr, PAGE_SIZE, prot))
		ret = -errno;
	memory_unlock();
	return ret;
}
