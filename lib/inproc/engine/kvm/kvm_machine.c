// SPDX-License-Identifier: GPL-2.0-only
/* The machine's /dev/kvm: does it work here, and what can it do? */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/cpuid2.h"
#include "kvm_engine.h"

/*
 * Intel without unrestricted guest needs four pages of guest address space;
 * just below the BIOS, where VMMs put them.
 */
#define IDENTITY_MAP_ADDR	0xfffbc000UL
#define TSS_ADDR		0xfffbd000UL

size_t engine_kvm_run_size;

static int kvm_fd = -1;

int engine_kvm_new_vm(void)
{
	int fd;

	do {
		fd = (int)kvm_ioctl(kvm_fd, KVM_CREATE_VM, NULL);
	} while (fd == -EINTR);
	if (fd < 0)
		return fd;
	fd = fd_move_up(fd);
	/* AMD has no need of them, and no objection. */
	kvm_ioctl(fd, KVM_SET_IDENTITY_MAP_ADDR, &(uint64_t){ IDENTITY_MAP_ADDR });
	kvm_ioctl(fd, KVM_SET_TSS_ADDR, (void *)TSS_ADDR);
	return fd;
}

bool engine_kvm_usable(const char **why)
{
	static char reason[128];
	long r;

	*why = reason;
	kvm_fd = real_open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm_fd < 0) {
		snprintf(reason, sizeof(reason), "cannot open /dev/kvm: %s", strerror(errno));
		return false;
	}
	kvm_fd = fd_move_up(kvm_fd);

	r = kvm_ioctl(kvm_fd, KVM_GET_API_VERSION, NULL);
	if (r != KVM_API_VERSION) {
		snprintf(reason, sizeof(reason), "/dev/kvm has API version %ld, not %d", r,
			 KVM_API_VERSION);
		goto no;
	}
	if (kvm_ioctl(kvm_fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_IMMEDIATE_EXIT) <= 0) {
		snprintf(reason, sizeof(reason), "/dev/kvm lacks KVM_CAP_IMMEDIATE_EXIT");
		goto no;
	}
	r = kvm_ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, NULL);
	if (r < (long)sizeof(struct kvm_run)) {
		snprintf(reason, sizeof(reason), "KVM_GET_VCPU_MMAP_SIZE of /dev/kvm fails");
		goto no;
	}
	engine_kvm_run_size = (size_t)r;
	r = kvm_ioctl(kvm_fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_SYNC_REGS);
	engine_kvm_sync = r > 0 ? (uint32_t)r & KVM_SYNC_X86_VALID_FIELDS : 0;
	r = kvm_probe();
	if (r) {
		snprintf(reason, sizeof(reason), "/dev/kvm does not run a guest: %s",
			 strerror((int)-r));
		goto no;
	}
	return true;
no:
	real_close(kvm_fd);
	kvm_fd = -1;
	return false;
}

uint32_t engine_kvm_features(void)
{
	const uint32_t can = ENGINE_CAN_STEP | ENGINE_CAN_BREAKPOINTS | ENGINE_CAN_SHADOW |
			     ENGINE_CAN_NMI_MASK | ENGINE_CAN_AVX | ENGINE_CAN_ANY_MODE;

	/* Its emulator neither starts over nor tells of CR8. */
	if (engine_kvm_fault_mode == KVM_FAULT_EXIT)
		return can | ENGINE_CAN_RESTART | ENGINE_CAN_TPR;
	return can | ENGINE_CAN_EXACT;
}

int engine_kvm_get_supported_cpuid(struct kvm_cpuid2 *cpuid)
{
	return (int)kvm_ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid);
}

unsigned int engine_kvm_phys_bits(void)
{
	static unsigned int bits;
	struct kvm_cpuid_entry2 *e = NULL;
	struct kvm_cpuid2 *cpuid;

	if (bits)
		return bits;
	cpuid = cpuid2_new();
	if (cpuid && !engine_kvm_get_supported_cpuid(cpuid))
		e = cpuid2_find(cpuid, 0x80000008, 0);
	bits = e ? e->eax & 0xff : 36;	/* what a CPU without the leaf has */
	free(cpuid);
	return bits;
}

/* Of the machine's capabilities, those whose ioctls the device layer passes on. */
int engine_kvm_check_extension(long cap)
{
	switch (cap) {
	case KVM_CAP_GET_TSC_KHZ:
	case KVM_CAP_READONLY_MEM:
		return (int)kvm_ioctl(kvm_fd, KVM_CHECK_EXTENSION, (void *)cap);
	}
	return 0;
}

int engine_kvm_tsc_khz(void)
{
	static int khz;
	int vm, vcpu;

	if (khz)
		return khz;
	vm = engine_kvm_new_vm();
	if (vm < 0)
		return vm;
	khz = (int)kvm_ioctl(vm, KVM_GET_TSC_KHZ, NULL);
	if (khz < 0) {
		/* Before Linux 5.18 only a vCPU knew. */
		vcpu = (int)kvm_ioctl(vm, KVM_CREATE_VCPU, NULL);
		if (vcpu >= 0) {
			khz = (int)kvm_ioctl(vcpu, KVM_GET_TSC_KHZ, NULL);
			real_close(vcpu);
		}
	}
	real_close(vm);
	return khz;
}
