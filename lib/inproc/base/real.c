// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls, past the functions that stand before libc's; those that change the address
 * space have libc's names in code of ours, see real_mm.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base.h"

/* The engine's descriptors live up here, where programs don't count on numbers. */
#define FD_HIGH	512

int real_open(const char *path, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

int real_ioctl(int fd, unsigned long cmd, unsigned long arg)
{
	return syscall(SYS_ioctl, fd, cmd, arg);
}

int real_close(int fd)
{
	return syscall(SYS_close, fd);
}

int real_fstat(int fd, struct stat *stat)
{
	return syscall(SYS_fstat, fd, stat);
}

int real_fcntl(int fd, int cmd, unsigned long arg)
{
	return syscall(SYS_fcntl, fd, cmd, arg);
}

ssize_t real_read(int fd, void *to, size_t len)
{
	return syscall(SYS_read, fd, to, len);
}

ssize_t real_pread(int fd, void *to, size_t len, off_t offset)
{
	return syscall(SYS_pread64, fd, to, len, offset);
}

int fd_dup_up(int fd)
{
	int high = real_fcntl(fd, F_DUPFD_CLOEXEC, FD_HIGH);

	/* Or low: there is a limit on descriptors. */
	return high < 0 && errno == EINVAL ? real_fcntl(fd, F_DUPFD_CLOEXEC, 0) : high;
}

int fd_move_up(int fd)
{
	int high = fd_dup_up(fd);

	if (high < 0)
		return fd;
	real_close(fd);
	return high;
}

void *real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
}

int real_munmap(void *addr, size_t len)
{
	return syscall(SYS_munmap, addr, len);
}

int real_mprotect(void *addr, size_t len, int prot)
{
	return syscall(SYS_mprotect, addr, len, prot);
}

int real_madvise(void *addr, size_t len, int advice)
{
	return syscall(SYS_madvise, addr, len, advice);
}

void *real_mremap(void *old, size_t old_len, size_t new_len, int flags, ...)
{
	va_list ap;
	void *to;

	va_start(ap, flags);
	to = va_arg(ap, void *);
	va_end(ap);
	return (void *)syscall(SYS_mremap, old, old_len, new_len, flags, to);
}
