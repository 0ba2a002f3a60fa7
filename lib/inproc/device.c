// SPDX-License-Identifier: GPL-2.0-only
/* /dev/kvm and /dev/sev themselves: opening, capabilities, system ioctls. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

const struct engine_ops *engine;

#define MAX_CPUID_ENTRIES	256	/* KVM_MAX_CPUID_ENTRIES */

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
	int fd, r;

	if (param >= 0)
		return open_param(module_params[param].value, flags);

	r = device_init();
	if (r)
		return r;
	fd = eventfd(0, flags & O_CLOEXEC ? EFD_CLOEXEC : 0);
	if (fd < 0)
		return -errno;
	return file_install(fd, !strcmp(path, "/dev/sev") ? FILE_SEV : FILE_DEV, NULL);
}

/*
 * What kvm_main.c answers for every architecture, and x86's limits where they
 * are ours.  @vm NULL on /dev/kvm.  -ENOENT: not one of these.
 */
static long generic_extension(struct inproc_vm *vm, long cap)
{
	switch (cap) {
	case KVM_CAP_USER_MEMORY:
	case KVM_CAP_USER_MEMORY2:
	case KVM_CAP_DESTROY_MEMORY_REGION_WORKS:
	case KVM_CAP_JOIN_MEMORY_REGIONS_WORKS:
	case KVM_CAP_CHECK_EXTENSION_VM:
	case KVM_CAP_ENABLE_CAP_VM:
	case KVM_CAP_IMMEDIATE_EXIT:
	case KVM_CAP_MP_STATE:
	case KVM_CAP_EXT_CPUID:
	case KVM_CAP_IRQCHIP:
	case KVM_CAP_SET_TSS_ADDR:
	case KVM_CAP_SET_IDENTITY_MAP_ADDR:
	case KVM_CAP_SYSTEM_EVENT_DATA:
		return 1;
	case KVM_CAP_NR_MEMSLOTS:
		return INPROC_MAX_SLOTS;
	case KVM_CAP_NR_VCPUS:
	case KVM_CAP_MAX_VCPUS:
		return INPROC_MAX_VCPUS;
	case KVM_CAP_MAX_VCPU_ID:
		return 4 * INPROC_MAX_VCPUS;
	case KVM_CAP_GUEST_MEMFD:
		return vm ? vm->confidential : 1;
	case KVM_CAP_MEMORY_ATTRIBUTES:
		return !vm || vm->confidential ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
	}
	return -ENOENT;
}

static long vm_types(void)
{
	unsigned long type, mask = 1UL << KVM_X86_DEFAULT_VM;

	for (type = 1; type < 32; type++)
		if (platform->has_vm_type(type))
			mask |= 1UL << type;
	return (long)mask;
}

long device_check_extension(struct inproc_vm *vm, long cap)
{
	long r;

	if (cap == KVM_CAP_VM_TYPES)
		return vm_types();
	r = generic_extension(vm, cap);
	if (r != -ENOENT)
		return r;
	if (!vm || vm->confidential) {
		r = platform->check_extension(vm, cap);
		if (r)
			return r;
	}
	return engine->check_extension(cap);
}

static long get_supported_cpuid(unsigned long arg)
{
	struct kvm_cpuid2 *user = (void *)arg, *cpuid;
	uint32_t room;
	long r;

	if (copy_from_user(&room, &user->nent, sizeof(room)))
		return -EFAULT;
	if (room < 1)
		return -E2BIG;

	cpuid = calloc(1, sizeof(*cpuid) + MAX_CPUID_ENTRIES * sizeof(cpuid->entries[0]));
	if (!cpuid)
		return -ENOMEM;
	cpuid->nent = MAX_CPUID_ENTRIES;
	r = engine->get_supported_cpuid(cpuid);
	if (r)
		goto out;
	if (platform->adjust_cpuid)
		platform->adjust_cpuid(cpuid, MAX_CPUID_ENTRIES);

	r = -E2BIG;
	if (cpuid->nent > room)
		goto out;
	cpuid->padding = 0;
	r = copy_to_user(user, cpuid,
			 sizeof(*cpuid) + cpuid->nent * sizeof(cpuid->entries[0]));
out:
	free(cpuid);
	return r;
}

long dev_ioctl(unsigned int cmd, unsigned long arg)
{
	long r;

	switch (cmd) {
	case KVM_GET_API_VERSION:
		return arg ? -EINVAL : KVM_API_VERSION;
	case KVM_CREATE_VM:
		return vm_create(arg);
	case KVM_CHECK_EXTENSION:
		return device_check_extension(NULL, (long)arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		return arg ? -EINVAL : (long)(VCPU_PAGES * PAGE_SIZE);
	case KVM_GET_SUPPORTED_CPUID:
		return get_supported_cpuid(arg);
	case KVM_GET_MSR_INDEX_LIST:
		return msr_index_list(arg);
	case KVM_GET_MSR_FEATURE_INDEX_LIST:
		return msr_feature_index_list(arg);
	case KVM_GET_MSRS:
		return msr_system_get(arg);
	}
	r = platform->dev_ioctl(cmd, arg);
	/* An argument the platform refuses is an answer; a number it doesn't know is not. */
	return r == -ENOTTY ? diag_unsupported("/dev/kvm", cmd, -EINVAL) : r;
}

bool inproc_fd_is_sev(int fd)
{
	struct file *file = file_get(fd);
	bool sev = file && file->kind == FILE_SEV;

	file_put(file);
	return sev;
}
