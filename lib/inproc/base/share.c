// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make memory of the VMM's shareable, so that platforms can have aliases of its
 * pages (mremap() makes them of shared mappings only): private anonymous memory
 * becomes a memfd's, at the same address and with the same contents.
 *
 * What is exact: whoever reads or writes the memory, by whatever address, sees one
 * memory, and so do the guest and the kernel.  What is not: a child of fork() has it
 * in common with its parent, and a thread of the VMM that writes to it while it is given
 * to a slot may find its write lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

/* Bits of /proc/PID/pagemap: the page has contents, in memory or swapped out. */
#define PAGEMAP_PRESENT	(1ULL << 63)
#define PAGEMAP_SWAPPED	(1ULL << 62)
#define PAGEMAP_CHUNK	512

/*
 * What is known to be plain yet, behind what was looked at last: some VMMs give away large
 * memory in thousands of slots, and each of these makes /proc/self/maps longer.
 */
static uintptr_t plain_start, plain_end;
static pthread_mutex_t plain_lock = PTHREAD_MUTEX_INITIALIZER;

void share_forget_plain(void)
{
	__atomic_store_n(&plain_end, 0, __ATOMIC_RELAXED);
}

/* Is all of it private, anonymous, readable and writable, and neither heap nor stack? */
static bool is_plain_private(uintptr_t start, uintptr_t end)
{
	char line[512];
	FILE *maps;

	if (start >= plain_start && end <= __atomic_load_n(&plain_end, __ATOMIC_RELAXED)) {
		plain_start = end;
		return true;
	}
	maps = fopen("/proc/self/maps", "re");
	if (!maps)
		return false;
	while (start < end && fgets(line, sizeof(line), maps)) {
		unsigned long from, to, inode;
		char prot[5], name[2] = "";

		if (sscanf(line, "%lx-%lx %4s %*x %*s %lu %1s", &from, &to, prot, &inode,
			   name) < 4 || to <= start)
			continue;
		if (from > start || prot[0] != 'r' || prot[1] != 'w' || prot[3] != 'p' || inode ||
		    name[0])
			break;
		start = to;
	}
	fclose(maps);
	plain_start = end;
	__atomic_store_n(&plain_end, start >= end ? start : 0, __ATOMIC_RELAXED);
	return start >= end;
}

/* Pages without contents stay holes. */
static int copy_pages(int fd, char *hva, size_t size)
{
	int pagemap = real_open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entries[PAGEMAP_CHUNK];
	size_t page, nr = size / PAGE_SIZE;
	int r = 0;

	for (page = 0; page < nr && !r; page++) {
		const size_t at = page % PAGEMAP_CHUNK;
		const off_t entry = ((uintptr_t)hva / PAGE_SIZE + page) * sizeof(entries[0]);

		if (!at && real_pread(pagemap, entries, sizeof(entries), entry) <= 0)
			r = -EIO;
		else if ((entries[at] & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)) &&
			 pwrite(fd, hva + page * PAGE_SIZE, PAGE_SIZE, page * PAGE_SIZE) !=
			 (ssize_t)PAGE_SIZE)
			r = -EIO;
	}
	if (pagemap >= 0)
		real_close(pagemap);
	return r;
}

/* ---- what has become shared, for madvise(): in no order, one behind the other ---- */

struct range {
	uintptr_t start, end;
};

static struct range *ranges;
static size_t nr_ranges, max_ranges;
static pthread_mutex_t ranges_lock = PTHREAD_MUTEX_INITIALIZER;

static void add_range(uintptr_t start, uintptr_t end)
{
	struct range *more;

	if (start >= end)
		return;
	if (nr_ranges == max_ranges) {
		more = realloc(ranges, (max_ranges + 16) * sizeof(*ranges));
		/* Then it is not known, and madvise() does less. */
		if (!more)
			return;
		ranges = more;
		max_ranges += 16;
	}
	ranges[nr_ranges++] = (struct range){ start, end };
}

void share_forget(const void *addr, size_t len)
{
	uintptr_t start = (uintptr_t)addr, end = start + len;

	share_forget_plain();
	if (!__atomic_load_n(&nr_ranges, __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&ranges_lock);
	for (size_t i = 0; i < nr_ranges;) {
		struct range r = ranges[i];

		if (r.start >= end || r.end <= start) {
			i++;
			continue;
		}
		ranges[i] = ranges[--nr_ranges];
		add_range(r.start, start);
		add_range(end, r.end);
	}
	pthread_mutex_unlock(&ranges_lock);
}

bool share_covers(const void *addr, size_t len)
{
	uintptr_t start = (uintptr_t)addr;
	bool covered = false;

	pthread_mutex_lock(&ranges_lock);
	for (size_t i = 0; i < nr_ranges && !covered; i++)
		covered = ranges[i].start <= start && start + len <= ranges[i].end;
	pthread_mutex_unlock(&ranges_lock);
	return covered;
}

void share_memory(void *hva, size_t size)
{
	bool plain;
	int fd;

	pthread_mutex_lock(&plain_lock);
	plain = is_plain_private((uintptr_t)hva, (uintptr_t)hva + size);
	pthread_mutex_unlock(&plain_lock);
	if (!plain)
		return;
	fd = memfd_create("kvm-slot", MFD_CLOEXEC);
	if (fd < 0)
		return;
	if (!ftruncate(fd, size) && !copy_pages(fd, hva, size) &&
	    real_mmap(hva, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE,
		      fd, 0) != MAP_FAILED) {
		pthread_mutex_lock(&ranges_lock);
		add_range((uintptr_t)hva, (uintptr_t)hva + size);
		pthread_mutex_unlock(&ranges_lock);
	}
	real_close(fd);
}
