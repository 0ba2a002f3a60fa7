/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the kvm engine share. */
#ifndef INPROC_ENGINE_KVM_H
#define INPROC_ENGINE_KVM_H

#include <errno.h>

#include "device.h"

/* What KVM_GET_VCPU_MMAP_SIZE says, bytes. */
extern size_t engine_kvm_run_size;

/* The machine's KVM, past the preloaded interposers: the result, or -errno. */
static inline long kvm_ioctl(int fd, unsigned long cmd, void *arg)
{
	int r = real_ioctl(fd, cmd, (unsigned long)arg);

	return r < 0 ? -errno : r;
}

/* A VM of the machine's, ready for vCPUs; its descriptor, or -errno. */
int engine_kvm_new_vm(void);

/* As in struct engine_ops. */
bool engine_kvm_usable(const char **why);
unsigned int engine_kvm_phys_bits(void);
int engine_kvm_get_supported_cpuid(struct kvm_cpuid2 *cpuid);
int engine_kvm_check_extension(long cap);
int engine_kvm_tsc_khz(void);

#endif
