// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find, enable, read and answer certificate exits of any revision.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"

#include "exits/cert.h"
#include "exits/cert_revisions.h"

_Static_assert(offsetof(struct kvm_run, hw) == KVM_RUN_EXIT_OFFSET, "exit union of kvm_run");

/* Little endian both, so that a field of any width reads into a u64. */
static uint64_t field_read(struct cert_field field, const struct kvm_run *run)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)run + KVM_RUN_EXIT_OFFSET + field.offset, field.width);
	return value;
}

static void field_write(struct cert_field field, struct kvm_run *run, uint64_t value)
{
	memcpy((char *)run + KVM_RUN_EXIT_OFFSET + field.offset, &value, field.width);
}

struct cert_exit cert_exit_read(const struct cert_revision *rev, const struct kvm_run *run)
{
	return (struct cert_exit) {
		.nr = field_read(rev->nr, run),
		.pad = { field_read(rev->pad[0], run), field_read(rev->pad[1], run) },
		.addr = field_read(rev->addr, run),
		.npages = field_read(rev->npages, run),
		.ret = field_read(rev->ret, run),
	};
}

void cert_exit_answer(const struct cert_revision *rev, struct kvm_run *run, uint64_t ret,
		      const uint64_t *npages)
{
	field_write(rev->ret, run, ret);
	if (npages)
		field_write(rev->npages, run, *npages);
}

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

int __cert_exit_enable(struct kvm_vm *vm, const struct cert_revision *rev, uint64_t arg,
		       uint32_t flags)
{
	if (rev->enable == CERT_COMMAND)
		return __cert_enable_command(vm);
	return __cert_enable_cap(vm, cert_revision_cap(rev), arg, flags);
}
