// SPDX-License-Identifier: GPL-2.0-only
/* /dev/kvm of the reference model: opening, capabilities, system ioctls. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "device.h"
#include "engine/cpuid2.h"

const struct model_ops *model;

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
		return INPROC_MAX_VCPU_ID;
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
		if (model->has_vm_type(type))
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
		r = model->check_extension(vm, cap);
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

	cpuid = cpuid2_new();
	if (!cpuid)
		return -ENOMEM;
	r = engine->get_supported_cpuid(cpuid);
	if (r)
		goto out;
	if (model->add_cpuid)
		model->add_cpuid(cpuid);

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

static long device_attribute(unsigned long arg, bool get)
{
	struct kvm_device_attr attr;
	uint64_t value;
	long r;

	if (copy_from_user(&attr, (void *)arg, sizeof(attr)))
		return -EFAULT;
	r = attr.flags || !model->attribute ? -ENXIO :
	    model->attribute(attr.group, attr.attr, &value);
	return r || !get ? r : copy_to_user((void *)attr.addr, &value, sizeof(value));
}

static long dev_ioctl(void *obj, unsigned int cmd, unsigned long arg)
{
	(void)obj;
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
	case KVM_HAS_DEVICE_ATTR:
	case KVM_GET_DEVICE_ATTR:
		return device_attribute(arg, cmd == KVM_GET_DEVICE_ATTR);
	}
	return diag_unsupported("/dev/kvm", cmd, -EINVAL);
}

static const struct file_ops dev_file_ops = { .ioctl = dev_ioctl };

int kvm_dev_open(const char *path, int flags)
{
	int fd;

	if (strcmp(path, "/dev/kvm"))
		return -ENOENT;
	fd = eventfd(0, flags & O_CLOEXEC ? EFD_CLOEXEC : 0);
	return fd < 0 ? -errno : file_install(fd, &dev_file_ops, NULL);
}
