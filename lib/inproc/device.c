// SPDX-License-Identifier: GPL-2.0-only
/*
 * The paths that are ours, who answers behind them, and what every platform needs of the
 * process: copies from and to addresses that may be bad, and which address space it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

const struct engine_ops *engine;

/*
 * Module parameters that KVM's clients look up.  They are of the KVM that
 * answers, and that is not the machine's, which may have none loaded.
 */
static const struct {
	const char *path, *value;
} module_params[] = {
	{ "/sys/module/kvm/parameters/force_emulation_prefix", "0\n" },
};

static unsigned long *mm_word;

__attribute__((constructor)) static void mm_init(void)
{
	mm_word = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mm_word == MAP_FAILED || madvise(mm_word, PAGE_SIZE, MADV_WIPEONFORK))
		mm_word = NULL;
}

unsigned long current_mm(void)
{
	struct timespec now;

	if (!mm_word)
		return getpid();
	/* Wiped: we are a child that has not looked yet. */
	if (!*mm_word) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		*mm_word = ((unsigned long)getpid() << 32) | (now.tv_nsec | 1);
	}
	return *mm_word;
}

static int copy_self(const struct iovec *to, const struct iovec *from, bool write)
{
	pid_t self = getpid();
	ssize_t n;

	n = write ? process_vm_writev(self, from, 1, to, 1, 0) :
		    process_vm_readv(self, to, 1, from, 1, 0);
	if (n < 0 && errno != EFAULT) {
		/* Forbidden here (seccomp): then a bad pointer crashes the caller. */
		memcpy(to->iov_base, from->iov_base, to->iov_len);
		return 0;
	}
	return n == (ssize_t)to->iov_len ? 0 : -EFAULT;
}

int copy_from_user(void *to, const void *from, size_t len)
{
	const struct iovec t = { to, len }, f = { (void *)from, len };

	return copy_self(&t, &f, false);
}

int copy_to_user(void *to, const void *from, size_t len)
{
	const struct iovec t = { to, len }, f = { (void *)from, len };

	return copy_self(&t, &f, true);
}

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;

int device_init(void)
{
	static bool tried;
	static int result;
	const char *why = NULL;

	pthread_mutex_lock(&init_lock);
	if (!tried) {
		tried = true;
		engine = engine_select(&why);
		if (!engine) {
			inproc_diag("no engine to run guests with: %s", why);
			result = -ENODEV;
		} else {
			result = platform->init ? platform->init() : 0;
			if (result)
				inproc_diag("platform %s does not start: %s", platform->name,
					    strerror(-result));
		}
	}
	pthread_mutex_unlock(&init_lock);
	return result;
}

static int param_index(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(module_params) / sizeof(module_params[0]); i++)
		if (!strcmp(path, module_params[i].path))
			return (int)i;
	return -1;
}

bool device_is_path(const char *path)
{
	if (!path || path[0] != '/')
		return false;
	return !strcmp(path, "/dev/kvm") || !strcmp(path, "/dev/sev") || param_index(path) >= 0;
}

static int open_param(const char *value, int flags)
{
	int fd;

	if ((flags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	fd = memfd_create("kvm-param", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
		real_close(fd);
		return -EIO;
	}
	return fd;
}

int device_open(const char *path, int flags)
{
	int param = param_index(path);
	int r;

	if (param >= 0)
		return open_param(module_params[param].value, flags);
	r = device_init();
	return r ? r : platform->open(path, flags);
}
