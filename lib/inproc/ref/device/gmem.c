// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_memfd: private memory, a memfd that the VMM cannot map.  The rules and
 * errnos are those of virt/kvm/guest_memfd.c in Linux 6.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"
#include "gmem_uapi.h"

static const struct file_ops gmem_file_ops;

void gmem_unbind(struct vm *vm, uint32_t id)
{
	struct inproc_slot *slot = &vm->pub.slots[id];

	if (slot->gmem_hva)
		munmap(slot->gmem_hva, slot->size);
	slot->gmem_hva = NULL;
	vm->slot_gmem[id] = NULL;
}

static bool gmem_in_use(const struct vm *vm, const struct gmem *gmem, uint64_t offset,
			uint64_t size)
{
	uint32_t i;

	for (i = 0; i < INPROC_MAX_SLOTS; i++)
		if (vm->slot_gmem[i] == gmem &&
		    offset < vm->slot_gmem_offset[i] + vm->pub.slots[i].size &&
		    vm->slot_gmem_offset[i] < offset + size)
			return true;
	return false;
}

long gmem_bind(struct vm *vm, const struct kvm_userspace_memory_region2 *mem)
{
	struct inproc_slot *slot = &vm->pub.slots[mem->slot];
	struct file *file = file_get((int)mem->guest_memfd);
	struct gmem *gmem;
	long r = -EINVAL;
	void *hva;

	if (!file)
		return syscall(SYS_fcntl, mem->guest_memfd, F_GETFD) < 0 ? -EBADF : -EINVAL;
	if (file->ops != &gmem_file_ops)
		goto out;
	gmem = file->obj;
	if (gmem->vm != vm || mem->guest_memfd_offset + mem->memory_size > gmem->size)
		goto out;
	r = -EEXIST;
	if (gmem_in_use(vm, gmem, mem->guest_memfd_offset, mem->memory_size))
		goto out;

	hva = real_mmap(NULL, mem->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, gmem->fd,
			mem->guest_memfd_offset);
	if (hva == MAP_FAILED) {
		r = -ENOMEM;
		goto out;
	}
	slot->gmem_hva = hva;
	vm->slot_gmem[mem->slot] = gmem;
	vm->slot_gmem_offset[mem->slot] = mem->guest_memfd_offset;
	r = 0;
out:
	file_put(file);
	return r;
}

long gmem_create(struct vm *vm, unsigned long arg)
{
	const uint64_t in_place = GMEM_FLAG_MMAP | GMEM_FLAG_INIT_SHARED;
	struct kvm_create_guest_memfd args;
	struct gmem *gmem;
	int fd, r;

	if (copy_from_user(&args, (void *)arg, sizeof(args)))
		return -EFAULT;
	if ((args.flags && !(gmem_converts && args.flags == in_place)) ||
	    (int64_t)args.size <= 0 || !PAGE_ALIGNED(args.size))
		return -EINVAL;

	gmem = calloc(1, sizeof(*gmem));
	if (!gmem)
		return -ENOMEM;
	if (args.flags)
		gmem->private = calloc(args.size / PAGE_SIZE, sizeof(*gmem->private));
	fd = memfd_create("kvm-gmem", MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)args.size)) {
		r = -errno;
		goto err;
	}
	/* Its size never changes; the kernel's answers EINVAL, a seal EPERM. */
	syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK);
	gmem->fd = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
	if (gmem->fd < 0) {
		r = -errno;
		goto err;
	}
	gmem->fd = fd_move_up(gmem->fd);
	gmem->vm = vm;
	gmem->size = args.size;

	r = file_install(fd, &gmem_file_ops, gmem);
	if (r < 0) {
		real_close(gmem->fd);
		free(gmem->private);
		free(gmem);
		return r;
	}
	vm_get(vm);
	return fd;
err:
	if (fd >= 0)
		real_close(fd);
	free(gmem->private);
	free(gmem);
	return r;
}

/*
 * Pages [@offset, @offset + @len) lose their contents: first the guests' mappings go, then
 * the pages to the kernel, and what the slots have there are new ones.
 */
static int punch_hole(struct gmem *gmem, uint64_t offset, uint64_t len)
{
	struct vm *vm = gmem->vm;
	uint32_t i;

	for (i = 0; vm->mm == current_mm() && i < INPROC_MAX_SLOTS; i++) {
		const struct inproc_slot *slot = &vm->pub.slots[i];
		const uint64_t at = vm->slot_gmem_offset[i];
		const uint64_t start = offset > at ? offset - at : 0;
		uint64_t end = offset + len > at ? offset + len - at : 0;

		if (vm->slot_gmem[i] != gmem || start >= slot->size)
			continue;
		if (end > slot->size)
			end = slot->size;
		if (start >= end)
			continue;
		mem_private_gone(vm, slot->gpa + start, end - start, true);
	}
	if (syscall(SYS_fallocate, gmem->fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
		    (off_t)offset, (off_t)len))
		return -errno;
	return vm->mm == current_mm() ? inproc_update_view(&vm->pub) : 0;
}

static long gmem_fallocate(void *obj, int mode, off_t offset, off_t len)
{
	struct gmem *gmem = obj;

	if (!(mode & FALLOC_FL_KEEP_SIZE) ||
	    (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)))
		return -EOPNOTSUPP;
	if (offset < 0 || len <= 0 || !PAGE_ALIGNED(offset) || !PAGE_ALIGNED(len))
		return -EINVAL;
	if (!(mode & FALLOC_FL_PUNCH_HOLE) && (uint64_t)offset + (uint64_t)len > gmem->size)
		return -EINVAL;
	if (mode & FALLOC_FL_PUNCH_HOLE)
		return punch_hole(gmem, (uint64_t)offset, (uint64_t)len);
	return syscall(SYS_fallocate, gmem->fd, mode, offset, len) ? -errno : 0;
}

/* Slots outlive the file, but lose the memory that it was. */
static void unbind_all(struct vm *vm, const struct gmem *gmem)
{
	void *gone[INPROC_MAX_SLOTS] = { 0 };
	bool bound = false;
	uint32_t i;

	for (i = 0; i < INPROC_MAX_SLOTS; i++)
		if (vm->slot_gmem[i] == gmem)
			mem_private_gone(vm, vm->pub.slots[i].gpa, vm->pub.slots[i].size, true);
	pthread_mutex_lock(&vm->pub.lock);
	for (i = 0; i < INPROC_MAX_SLOTS; i++) {
		if (vm->slot_gmem[i] != gmem)
			continue;
		bound = true;
		gone[i] = vm->pub.slots[i].gmem_hva;
		vm->pub.slots[i].gmem_hva = NULL;
		vm->slot_gmem[i] = NULL;
	}
	if (bound)
		mem_update_engine(vm);
	/* Only now has the engine let go of it. */
	for (i = 0; i < INPROC_MAX_SLOTS; i++)
		if (gone[i])
			munmap(gone[i], vm->pub.slots[i].size);
	pthread_mutex_unlock(&vm->pub.lock);
}

static void gmem_release(void *obj)
{
	struct gmem *gmem = obj;
	struct vm *vm = gmem->vm;

	/* In a child the slots are its parent's and stay as they are. */
	if (vm->mm == current_mm())
		unbind_all(vm, gmem);
	real_close(gmem->fd);
	gmem_forget_maps(gmem);
	free(gmem->private);
	free(gmem);
	vm_put(vm);
}

/* Others cannot be mapped by the VMM (6.12: no mmap file operation). */
static long gmem_mmap(void *obj, void *addr, size_t len, int prot, int flags, off_t offset)
{
	return gmem_map_in_place(obj, addr, len, prot, flags, offset);
}

static long gmem_ioctl(void *obj, unsigned int cmd, unsigned long arg)
{
	struct gmem *gmem = obj;

	return cmd == GMEM_SET_ATTRIBUTES && gmem->private ? gmem_set_attributes(gmem, arg) :
							     -ENOTTY;
}

static const struct file_ops gmem_file_ops = {
	.ioctl = gmem_ioctl,
	.mmap = gmem_mmap,
	.fallocate = gmem_fallocate,
	.release = gmem_release,
};
