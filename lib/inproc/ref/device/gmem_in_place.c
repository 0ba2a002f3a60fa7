// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_memfd whose pages are converted where they are: proposed, v8 of 2026-06-18.  The VMM
 * maps the file; a page that is private is not in its mappings.
 *
 * A KVM that speaks it has no attributes of VMs then.  Here files without these flags still
 * go by them, so that TDs can be launched as ever.  Nor is a page ever in use elsewhere, which
 * would be EAGAIN.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "device.h"
#include "gmem_uapi.h"

#define MAX_MAPS	16

bool gmem_converts;

/* The VMM's mappings, each of a part of a file. */
static struct {
	const struct gmem *gmem;	/* NULL: free */
	char *addr;
	uint64_t size, offset;
} maps[MAX_MAPS];
static pthread_mutex_t maps_lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_private(const struct gmem *gmem, uint64_t offset)
{
	return gmem->private[offset / PAGE_SIZE];
}

/* ---- the VMM's side ---- */

/* Pages of no file: who touches them gets SIGBUS, and a system call EFAULT. */
static void take_page(char *at)
{
	static int empty = -1;

	if (empty < 0)
		empty = fd_move_up(memfd_create("none", MFD_CLOEXEC));
	real_mmap(at, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, empty, 0);
}

static void update_maps(const struct gmem *gmem, uint64_t offset, uint64_t size)
{
	uint64_t at;
	int i;

	pthread_mutex_lock(&maps_lock);
	for (i = 0; i < MAX_MAPS; i++)
		for (at = offset; maps[i].gmem == gmem && at < offset + size; at += PAGE_SIZE) {
			char *addr = maps[i].addr + (at - maps[i].offset);

			if (at < maps[i].offset || at - maps[i].offset >= maps[i].size)
				continue;
			if (is_private(gmem, at))
				take_page(addr);
			else
				real_mmap(addr, PAGE_SIZE, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_FIXED, gmem->fd, (off_t)at);
		}
	pthread_mutex_unlock(&maps_lock);
}

/* A mapping that loses some of its pages is forgotten: these may be anything now. */
static void mapping_gone(uintptr_t start, uintptr_t end, enum mm_change what)
{
	int i;

	if (what != MM_GONE)
		return;
	pthread_mutex_lock(&maps_lock);
	for (i = 0; i < MAX_MAPS; i++)
		if ((uintptr_t)maps[i].addr < end &&
		    start < (uintptr_t)maps[i].addr + maps[i].size)
			maps[i].gmem = NULL;
	pthread_mutex_unlock(&maps_lock);
}

long gmem_map_in_place(const struct gmem *gmem, void *addr, size_t len, int prot, int flags,
		       off_t offset)
{
	void *to;
	int i;

	if (!gmem->private || !(flags & MAP_SHARED))
		return gmem->private ? -EINVAL : -ENODEV;
	to = real_mmap(addr, len, prot, flags, gmem->fd, offset);
	if (to == MAP_FAILED)
		return -errno;
	mm_hook = mapping_gone;
	pthread_mutex_lock(&maps_lock);
	for (i = 0; i < MAX_MAPS && maps[i].gmem; i++)
		;
	if (i < MAX_MAPS) {
		maps[i].gmem = gmem;
		maps[i].addr = to;
		maps[i].size = len;
		maps[i].offset = (uint64_t)offset;
	}
	pthread_mutex_unlock(&maps_lock);
	if (i == MAX_MAPS) {
		real_munmap(to, len);
		return -ENOMEM;
	}
	update_maps(gmem, (uint64_t)offset, len);
	return (long)to;
}

void gmem_forget_maps(const struct gmem *gmem)
{
	int i;

	pthread_mutex_lock(&maps_lock);
	for (i = 0; i < MAX_MAPS; i++)
		if (maps[i].gmem == gmem)
			maps[i].gmem = NULL;
	pthread_mutex_unlock(&maps_lock);
}

/* ---- conversions ---- */

static long check(const struct gmem *gmem, const struct gmem_attributes *a)
{
	size_t i;

	if (a->flags)
		return -EINVAL;
	for (i = 0; i < sizeof(a->reserved) / sizeof(a->reserved[0]); i++)
		if (a->reserved[i])
			return -EINVAL;
	if (a->attributes & ~KVM_MEMORY_ATTRIBUTE_PRIVATE)
		return -EINVAL;
	if (!a->size || a->offset + a->size < a->offset)
		return -EINVAL;
	if (!PAGE_ALIGNED(a->offset) || !PAGE_ALIGNED(a->size))
		return -EINVAL;
	if (a->offset + a->size > gmem->size)
		return -EINVAL;
	return 0;
}

/* Where the slots have that part of the file. */
static long set_slots(struct gmem *gmem, uint64_t offset, uint64_t size, bool private)
{
	struct vm *vm = gmem->vm;
	long r = 0;
	uint32_t i;

	for (i = 0; i < INPROC_MAX_SLOTS && !r; i++) {
		const uint64_t at = vm->slot_gmem_offset[i], end = at + vm->pub.slots[i].size;
		const uint64_t from = offset > at ? offset : at;
		const uint64_t to = offset + size < end ? offset + size : end;

		if (vm->slot_gmem[i] == gmem && from < to)
			r = mem_set_private(vm, vm->pub.slots[i].gpa + (from - at), to - from,
					    private);
	}
	return r;
}

/* KVM changes no contents, but what the guest's key has encrypted nobody else can read. */
static void lose_contents(const struct gmem *gmem, uint64_t offset)
{
	void *page = real_mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, gmem->fd,
			       (off_t)offset);

	if (page == MAP_FAILED)
		return;
	memset(page, 0xc7, PAGE_SIZE);
	real_munmap(page, PAGE_SIZE);
}

long gmem_set_attributes(struct gmem *gmem, unsigned long arg)
{
	struct gmem_attributes a;
	uint64_t at;
	long r;

	if (copy_from_user(&a, (void *)arg, sizeof(a)))
		return -EFAULT;
	r = check(gmem, &a);
	/* Page by page, those that change. */
	for (at = a.offset; !r && at < a.offset + a.size; at += PAGE_SIZE) {
		const bool private = a.attributes;

		if (is_private(gmem, at) == private)
			continue;
		gmem->private[at / PAGE_SIZE] = private;
		if (private)
			update_maps(gmem, at, PAGE_SIZE);
		r = set_slots(gmem, at, PAGE_SIZE, private);
		if (!private) {
			lose_contents(gmem, at);
			update_maps(gmem, at, PAGE_SIZE);
		}
	}
	return r;
}

long gmem_bound(struct vm *vm, uint32_t id)
{
	struct gmem *gmem = vm->slot_gmem[id];
	uint64_t at = vm->slot_gmem_offset[id];
	const uint64_t end = at + vm->pub.slots[id].size;
	long r = 0;

	for (; gmem && gmem->private && at < end && !r; at += PAGE_SIZE)
		r = set_slots(gmem, at, PAGE_SIZE, is_private(gmem, at));
	return r;
}
