// SPDX-License-Identifier: GPL-2.0-only
/* VMs: their life, and the ioctls of ordinary ones. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "device.h"

void vm_get(struct vm *vm)
{
	__atomic_fetch_add(&vm->refs, 1, __ATOMIC_RELAXED);
}

static void vm_destroy(struct vm *vm)
{
	struct inproc_vm *pub = &vm->pub;
	unsigned int i;

	/*
	 * A child's copy of its parent's VM: the engine's threads and the
	 * machine's VM behind it are the parent's, leave them alone.
	 */
	if (vm->mm != current_mm())
		return;

	for (i = 0; i < pub->nr_vcpus; i++)
		vcpu_free(to_vcpu(pub->vcpus[i]));
	if (pub->confidential)
		model->vm_destroy(pub);
	mem_destroy(vm);
	engine->vm_destroy(pub->engine);
	pthread_mutex_destroy(&pub->lock);
	free(vm);
}

void vm_put(struct vm *vm)
{
	if (!__atomic_sub_fetch(&vm->refs, 1, __ATOMIC_ACQ_REL))
		vm_destroy(vm);
}

long vm_create(unsigned long type)
{
	pthread_mutexattr_t attr;
	struct vm *vm;
	int fd;
	long r;

	if (type != KVM_X86_DEFAULT_VM && !model->has_vm_type(type))
		return -EINVAL;

	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	vm->refs = 1;
	vm->mm = current_mm();
	vm->pub.type = type;
	vm->pub.confidential = type != KVM_X86_DEFAULT_VM;
	/* What runs under it may look up addresses, which takes it. */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&vm->pub.lock, &attr);
	pthread_mutexattr_destroy(&attr);

	fd = eventfd(0, EFD_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		goto err_free;
	}
	vm->pub.fd = fd;

	r = engine->vm_create(&vm->pub.engine);
	if (r)
		goto err_close;
	if (vm->pub.confidential) {
		r = model->vm_create(&vm->pub);
		if (r)
			goto err_engine;
	}
	r = file_install(fd, &vm_file_ops, vm);
	if (r < 0) {
		vm_put(vm);
		return r;
	}
	return fd;

err_engine:
	engine->vm_destroy(vm->pub.engine);
err_close:
	real_close(fd);
err_free:
	pthread_mutex_destroy(&vm->pub.lock);
	free(vm);
	return r;
}

static long create_irqchip(struct vm *vm)
{
	long r = 0;

	pthread_mutex_lock(&vm->pub.lock);
	if (vm->irqchip)
		r = -EEXIST;
	else if (vm->pub.nr_vcpus)
		r = -EINVAL;
	else
		vm->irqchip = true;
	pthread_mutex_unlock(&vm->pub.lock);
	return r;
}

static long enable_cap(unsigned long arg)
{
	struct kvm_enable_cap cap;

	if (copy_from_user(&cap, (void *)arg, sizeof(cap)))
		return -EFAULT;
	inproc_not_driven("KVM_ENABLE_CAP of capability %u is not implemented for an ordinary VM: "
			  "EINVAL", cap.cap);
	return -EINVAL;
}

static long ordinary_vm_ioctl(struct vm *vm, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KVM_CREATE_IRQCHIP:
		return create_irqchip(vm);
	case KVM_GET_TSC_KHZ:
		return engine->tsc_khz();
	case KVM_SET_TSS_ADDR:
	case KVM_SET_IDENTITY_MAP_ADDR:
		/* The engine's affair: it keeps guests away from what it needs. */
		return 0;
	case KVM_ENABLE_CAP:
		return enable_cap(arg);
	case KVM_HAS_DEVICE_ATTR:
		return -ENXIO;
	}
	return diag_unsupported("an ordinary VM", cmd, -ENOTTY);
}

static long vm_ioctl(void *obj, unsigned int cmd, unsigned long arg)
{
	struct vm *vm = obj;

	if (vm->mm != current_mm())
		return -EIO;

	switch (cmd) {
	case KVM_CREATE_VCPU:
		return vcpu_create(vm, arg);
	case KVM_SET_USER_MEMORY_REGION:
	case KVM_SET_USER_MEMORY_REGION2:
		return mem_set_region(vm, cmd, arg);
	case KVM_CREATE_GUEST_MEMFD:
		return gmem_create(vm, arg);
	case KVM_SET_MEMORY_ATTRIBUTES:
		return mem_set_attributes(vm, arg);
	case KVM_CHECK_EXTENSION:
		return device_check_extension(&vm->pub, (long)arg);
	}
	if (vm->pub.confidential)
		return model->vm_ioctl(&vm->pub, cmd, arg);
	return ordinary_vm_ioctl(vm, cmd, arg);
}

static void vm_release(void *obj)
{
	vm_put(obj);
}

const struct file_ops vm_file_ops = { .ioctl = vm_ioctl, .release = vm_release };
