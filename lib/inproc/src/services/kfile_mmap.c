// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of the kernel's files in the VMM's address space.  A page comes with the first
 * access to it, a SIGSEGV, from KVM's fault handler, and goes when the kernel says so; where
 * KVM has none to give, there is a mapping past the end of a file, for which the machine's
 * kernel raises a SIGBUS.
 *
 * What is not exact: mprotect() of pages that have not come yet lets them be read as zeroes,
 * and a system call that is given such a page says EFAULT.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "services.h"
#include "src/image/loader.h"
#include "src/watch/memory.h"
#include "src/watch/watch.h"

struct mapping {
	struct mapping *next;
	uintptr_t start, end;
	struct mapped of;		/* with a reference to its VM */
	void *image;			/* the image's, which has the file */
};

static struct mapping *mappings;
/* Who faults reads. */
static pthread_rwlock_t mappings_lock = PTHREAD_RWLOCK_INITIALIZER;
/* Whose kvm_run this thread maps, or NULL. */
static __thread struct src_vcpu *maps_run;

IMAGE_CALL int kfile_map_to_user(unsigned long addr, void *page, int prot)
{
	if (maps_run)
		maps_run->run = page;
	maps_run = NULL;
	return memory_map_to_user(addr, page, prot);
}

IMAGE_CALL void kfile_unmap_from_user(unsigned long addr)
{
	real_mmap((void *)addr, PAGE_SIZE, PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

/* What is accessed there from now on raises SIGBUS. */
static bool map_nothing(unsigned long addr)
{
	int fd = memfd_create("kvm-no-page", MFD_CLOEXEC);
	void *p;

	if (fd < 0)
		return false;
	p = real_mmap((void *)addr, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		      0);
	real_close(fd);
	return p != MAP_FAILED;
}

/* With the lock held. */
static struct mapping *find(uintptr_t addr)
{
	struct mapping *m;

	for (m = mappings; m && (addr < m->start || addr >= m->end); m = m->next)
		;
	return m;
}

static bool is_mapped(uintptr_t addr)
{
	bool mapped;

	pthread_rwlock_rdlock(&mappings_lock);
	mapped = find(addr);
	pthread_rwlock_unlock(&mappings_lock);
	return mapped;
}

static bool fault(uintptr_t addr, bool write)
{
	struct mapping *m;
	bool handled = false;
	int ret;

	addr &= ~(PAGE_SIZE - 1);
	pthread_rwlock_rdlock(&mappings_lock);
	m = find(addr);
	if (m && (m->of.prot & (write ? PROT_WRITE : PROT_READ))) {
		/* Of kernel code, in the middle of it; or of the VMM. */
		if (memory_inside()) {
			ret = image->fault(m->image, addr, write);
		} else {
			kfile_enter(m->of.vm);
			ret = kfile_leave(image->fault(m->image, addr, write));
		}
		handled = !ret || (ret == 1 && map_nothing(addr));
	}
	pthread_rwlock_unlock(&mappings_lock);
	return handled;
}

long mapping_new(const struct mapped *of, void *addr, size_t len, int flags)
{
	const size_t size = (len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	struct mapping *m = malloc(sizeof(*m));
	long ret;
	void *at;

	if (!m)
		return -ENOMEM;
	at = real_mmap(addr, size, PROT_NONE, (flags & ~(MAP_SHARED | MAP_SHARED_VALIDATE)) |
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED) {
		free(m);
		return -errno;
	}
	*m = (struct mapping){ .start = (uintptr_t)at, .end = (uintptr_t)at + size, .of = *of };
	kfile_enter(of->vm);
	maps_run = !of->offset ? of->vcpu : NULL;
	ret = image->mmap(of->file, m->start, size, of->prot, flags, of->offset, &m->image);
	maps_run = NULL;
	kfile_leave(0);
	if (ret) {
		syscall(SYS_munmap, at, size);
		free(m);
		return ret;
	}
	kfile_vm_get(of->vm);
	pthread_rwlock_wrlock(&mappings_lock);
	m->next = mappings;
	mappings = m;
	pthread_rwlock_unlock(&mappings_lock);
	fault_of_mapping = fault;
	mm_is_special = is_mapped;
	return (long)at;
}

void kfile_unmapped(uintptr_t start, uintptr_t end)
{
	struct mapping **link, *m;

	pthread_rwlock_wrlock(&mappings_lock);
	for (link = &mappings; (m = *link); link = &m->next)
		if (m->start >= start && m->end <= end)
			break;
	if (m)
		*link = m->next;
	pthread_rwlock_unlock(&mappings_lock);
	if (!m)
		return;
	if (m->of.vm && m->of.vm->mm == current_mm()) {
		kfile_enter(m->of.vm);
		image->munmap(m->image);
		kfile_leave(0);
	}
	kfile_vm_put(m->of.vm);
	free(m);
	kfile_unmapped(start, end);
}
