// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the program's calls to libc meet first.  A descriptor or path that is
 * not ours goes on to libc untouched.
 *
 * _FORTIFY_SOURCE would make inline wrappers of the functions defined here.
 */
#undef _FORTIFY_SOURCE
#undef mmap
#undef munmap
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"

/* An answer as the kernel gives it, as libc passes it on. */
static int libc_result(long r)
{
	if (r < 0) {
		errno = (int)-r;
		return -1;
	}
	return (int)r;
}

/*
 * libc's own function.  Looked up at each first use: a constructor of the
 * program's may run before ours.
 */
#define NEXT(name)								\
({										\
	static typeof(&name) next;						\
										\
	if (!next)								\
		next = (typeof(&name))dlsym(RTLD_NEXT, #name);			\
	next;									\
})

static bool open_needs_mode(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define OPEN_MODE(flags)							\
({										\
	mode_t __mode = 0;							\
										\
	if (open_needs_mode(flags)) {						\
		va_list __ap;							\
										\
		va_start(__ap, flags);						\
		__mode = va_arg(__ap, mode_t);					\
		va_end(__ap);							\
	}									\
	__mode;									\
})

int open(const char *path, int flags, ...)
{
	if (device_is_path(path))
		return libc_result(device_open(path, flags));
	return NEXT(open)(path, flags, OPEN_MODE(flags));
}

int open64(const char *path, int flags, ...)
{
	if (device_is_path(path))
		return libc_result(device_open(path, flags));
	return NEXT(open64)(path, flags, OPEN_MODE(flags));
}

int openat(int dirfd, const char *path, int flags, ...)
{
	if (device_is_path(path))
		return libc_result(device_open(path, flags));
	return NEXT(openat)(dirfd, path, flags, OPEN_MODE(flags));
}

int openat64(int dirfd, const char *path, int flags, ...)
{
	if (device_is_path(path))
		return libc_result(device_open(path, flags));
	return NEXT(openat64)(dirfd, path, flags, OPEN_MODE(flags));
}

/* What open() becomes in a program built with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);

int __open_2(const char *path, int flags)
{
	if (device_is_path(path))
		return libc_result(device_open(path, flags));
	return NEXT(__open_2)(path, flags);
}

int __open64_2(const char *path, int flags)
{
	if (device_is_path(path))
		return libc_result(device_open(path, flags));
	return NEXT(__open64_2)(path, flags);
}

int __openat_2(int dirfd, const char *path, int flags)
{
	if (device_is_path(path))
		return libc_result(device_open(path, flags));
	return NEXT(__openat_2)(dirfd, path, flags);
}

int __openat64_2(int dirfd, const char *path, int flags)
{
	if (device_is_path(path))
		return libc_result(device_open(path, flags));
	return NEXT(__openat64_2)(dirfd, path, flags);
}

int ioctl(int fd, unsigned long cmd, ...)
{
	struct file *file;
	unsigned long arg;
	va_list ap;
	long r;

	va_start(ap, cmd);
	arg = va_arg(ap, unsigned long);
	va_end(ap);

	file = file_get(fd);
	if (!file)
		return NEXT(ioctl)(fd, cmd, arg);
	r = file->ops->ioctl ? file->ops->ioctl(file->obj, (unsigned int)cmd, arg) : -ENOTTY;
	file_put(file);
	return libc_result(r);
}

static void *mmap_result(long r)
{
	if (r >= 0 || r < -4095)
		return (void *)r;
	errno = (int)-r;
	return MAP_FAILED;
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	struct file *file = flags & MAP_ANONYMOUS ? NULL : file_get(fd);
	mm_hook_t hook;
	long r;

	if (file && file->ops->mmap) {
		/* What was there goes before what comes is known. */
		if (flags & MAP_FIXED)
			munmap(addr, len);
		r = file->ops->mmap(file->obj, addr, len, prot, flags, offset);
		file_put(file);
		return mmap_result(r);
	}
	hook = flags & MAP_FIXED ? mm_change_begins(addr, len) : NULL;
	r = syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
	r = r == -1 ? -errno : r;
	file_put(file);
	if (flags & MAP_FIXED) {
		share_forget(addr, len);
		mm_change_ends(hook, addr, len, MM_GONE);
	}
	return mmap_result(r);
}

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

int fallocate(int fd, int mode, off_t offset, off_t len)
{
	struct file *file = file_get(fd);
	long r;

	if (!file)
		return NEXT(fallocate)(fd, mode, offset, len);
	r = file->ops->fallocate ? file->ops->fallocate(file->obj, mode, offset, len) :
				   -EOPNOTSUPP;
	file_put(file);
	return libc_result(r);
}

int fallocate64(int fd, int mode, off_t offset, off_t len) __attribute__((alias("fallocate")));

ssize_t read(int fd, void *to, size_t len)
{
	struct file *file = file_get(fd);
	long r;

	if (!file)
		return NEXT(read)(fd, to, len);
	r = file->ops->read ? file->ops->read(file->obj, to, len, &file->pos) : -EINVAL;
	file_put(file);
	return libc_result(r);
}

static ssize_t file_pread(struct file *file, void *to, size_t len, long long pos)
{
	long r = file->ops->read ? file->ops->read(file->obj, to, len, &pos) : -EINVAL;

	file_put(file);
	return libc_result(r);
}

ssize_t pread(int fd, void *to, size_t len, off_t offset)
{
	struct file *file = file_get(fd);

	return file ? file_pread(file, to, len, offset) : NEXT(pread)(fd, to, len, offset);
}

ssize_t pread64(int fd, void *to, size_t len, off_t offset) __attribute__((alias("pread")));

/* What of ours is nothing special is what its real descriptor is. */
int fstat(int fd, struct stat *stat)
{
	struct file *file = file_get(fd);
	long r = file && file->ops->stat ? file->ops->stat(file->obj, stat) : -ENOENT;

	file_put(file);
	return r ? NEXT(fstat)(fd, stat) : 0;
}

int fstat64(int fd, struct stat64 *stat) __attribute__((alias("fstat")));

int close(int fd)
{
	return file_maybe(fd) ? file_close(fd) : NEXT(close)(fd);
}

int close_range(unsigned int first, unsigned int last, int flags)
{
	if (!(flags & CLOSE_RANGE_CLOEXEC))
		file_close_range(first, last);
	return syscall(SYS_close_range, first, last, flags);
}

void closefrom(int first)
{
	close_range(first < 0 ? 0 : first, ~0U, 0);
}

int dup(int fd)
{
	return file_maybe(fd) ? file_dup(fd, 0, false) : NEXT(dup)(fd);
}

int dup2(int oldfd, int newfd)
{
	if (file_maybe(oldfd) || file_maybe(newfd))
		return file_dup_onto(oldfd, newfd, 0, false);
	return NEXT(dup2)(oldfd, newfd);
}

int dup3(int oldfd, int newfd, int flags)
{
	if (file_maybe(oldfd) || file_maybe(newfd))
		return file_dup_onto(oldfd, newfd, flags, true);
	return NEXT(dup3)(oldfd, newfd, flags);
}

int fcntl(int fd, int cmd, ...)
{
	unsigned long arg;
	va_list ap;

	va_start(ap, cmd);
	arg = va_arg(ap, unsigned long);
	va_end(ap);

	if ((cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC) && file_maybe(fd))
		return file_dup(fd, (int)arg, cmd == F_DUPFD_CLOEXEC);
	return NEXT(fcntl)(fd, cmd, arg);
}

int fcntl64(int fd, int cmd, ...) __attribute__((alias("fcntl")));
