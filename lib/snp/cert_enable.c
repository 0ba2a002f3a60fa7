// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways in which certificate exits are enabled.
 */
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"

#include "snp/cert_enable.h"

int __cert_enable_cap(struct kvm_vm *vm, uint32_t cap, uint64_t arg, uint32_t flags)
{
	struct kvm_enable_cap enable = { .cap = cap, .flags = flags, .args = { arg } };
	int ret = __vm_ioctl(vm, KVM_ENABLE_CAP, &enable) ? -errno : 0;

	errno = 0;
	return ret;
}

int __cert_enable_command(struct kvm_vm *vm)
{
	struct kvm_sev_cmd cmd = { .id = KVM_SEV_SNP_ENABLE_REQ_CERTS };
	int ret = __vm_ioctl(vm, KVM_MEMORY_ENCRYPT_OP, (unsigned long *)&cmd) ? -errno : 0;

	errno = 0;
	return ret;
}

int __cert_attr_get(uint32_t group, uint64_t attr, uint64_t *value)
{
	struct kvm_device_attr get = {
		.group = group, .attr = attr, .addr = (uintptr_t)value,
	};
	int fd = open_kvm_dev_path_or_exit();
	int ret = ioctl(fd, KVM_GET_DEVICE_ATTR, &get) ? -errno : 0;

	close(fd);
	errno = 0;
	return ret;
}
