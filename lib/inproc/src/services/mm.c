// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMM's address space, which is this process's, for the image: what is mapped where,
 * mappings that KVM makes for itself, and who is told of changes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "services.h"
#include "src/image/loader.h"
#include "src/watch/memory.h"

/* How many want to know; no lock is taken while there is none. */
static int watchers;

IMAGE_CALL int mm_find_vma(unsigned long addr, struct image_vma *vma)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	char line[512], prot[5];
	int found = 0;

	if (!maps)
		return 0;
	while (!found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &start, &end, prot) != 3 || end <= addr)
			continue;
		*vma = (struct image_vma){
			.start = start,
			.end = end,
			.prot = (prot[0] == 'r' ? PROT_READ : 0) |
				(prot[1] == 'w' ? PROT_WRITE : 0) |
				(prot[2] == 'x' ? PROT_EXEC : 0),
			.shared = prot[3] == 's',
		};
		found = 1;
	}
	fclose(maps);
	return found;
}

/* Shared, since a guest may be given it, by an alias; nobody else has it. */
IMAGE_CALL long mm_map(unsigned long addr, unsigned long len, int prot, int flags)
{
	void *p = real_mmap((void *)addr, len, prot,
			    (flags & ~MAP_PRIVATE) | MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -errno : (long)p;
}

IMAGE_CALL int mm_unmap(unsigned long addr, unsigned long len)
{
	return syscall(SYS_munmap, addr, len) ? -errno : 0;
}

static void changes(uintptr_t start, uintptr_t end, enum mm_change what)
{
	/* Of an engine, in the middle of what the kernel does: it is no memory of the VMM's. */
	if (memory_inside())
		return;
	image_enter();
	memory_enter(NULL);
	if (what == MM_HUGE)
		image->mm_huge(start, end, true);
	else
		image->mm_invalidate(start, end, what != MM_CHANGE_BEGINS);
	memory_leave();
	if (what == MM_CHANGED || what == MM_GONE)
		memory_changed(start, end);
	if (what == MM_GONE)
		kfile_unmapped(start, end);
}

IMAGE_CALL void mm_watch(int more)
{
	bool any = __atomic_add_fetch(&watchers, more, __ATOMIC_SEQ_CST) > 0;

	/* What changes from now on is not seen. */
	if (!any)
		memory_changed(0, UINTPTR_MAX);
	__atomic_store_n(&mm_hook, any ? changes : NULL, __ATOMIC_RELEASE);
}
