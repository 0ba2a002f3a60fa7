// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs: what kvm_main.c does around the architecture's own functions.
 */
#include "glue.h"

long glue_vcpu_create(void *p, unsigned int id, void *run, void *host_vcpu, void **vcpup)
{
	struct glue_vcpu *glue;
	struct kvm *kvm = p;
	struct kvm_vcpu *vcpu;
	int ret;

	mutex_lock(&kvm->lock);
	ret = kvm->created_vcpus >= kvm->max_vcpus ? -EINVAL : kvm_arch_vcpu_precreate(kvm, id);
	if (!ret)
		kvm->created_vcpus++;
	mutex_unlock(&kvm->lock);
	if (ret)
		return ret;

	glue = glue_alloc(GLUE_VCPU_SIZE + glue_vendor->vcpu_size, glue_vendor->vcpu_align);
	if (!glue) {
		ret = -ENOMEM;
		goto uncreate;
	}
	vcpu = (void *)glue + GLUE_VCPU_SIZE;
	glue->host_vcpu = host_vcpu;
	glue->file.private_data = vcpu;

	mutex_init(&vcpu->mutex);
	vcpu->cpu = -1;
	vcpu->kvm = kvm;
	vcpu->vcpu_id = id;
	vcpu->run = run;
	vcpu->last_used_slot = NULL;
	/* Else the VM seems to have an event for the guest. */
	INIT_LIST_HEAD(&vcpu->async_pf.done);
	INIT_LIST_HEAD(&vcpu->async_pf.queue);

	ret = kvm_arch_vcpu_create(vcpu);
	if (ret)
		goto free;
	if (glue_vendor->vcpu_created)
		glue_vendor->vcpu_created(vcpu);
	/* Here KVM makes room in its array of vCPUs, and a descriptor. */
	if (glue_host->step_fails(IMAGE_STEP_VCPU)) {
		kvm_arch_vcpu_destroy(vcpu);
		ret = -ENOMEM;
		goto free;
	}
	/* The VMM has the page after kvm_run mapped already. */
	glue->pio_data = vcpu->arch.pio_data;
	vcpu->arch.pio_data = run + KVM_PIO_PAGE_OFFSET * PAGE_SIZE;

	mutex_lock(&kvm->lock);
	vcpu->vcpu_idx = atomic_read(&kvm->online_vcpus);
	to_glue_vm(kvm)->vcpus[vcpu->vcpu_idx] = vcpu;
	atomic_inc(&kvm->online_vcpus);
	mutex_unlock(&kvm->lock);
	if (glue_vendor->vcpu_listed)
		glue_vendor->vcpu_listed(vcpu, true);
	*vcpup = vcpu;
	return 0;

free:
	glue_free(glue);
uncreate:
	mutex_lock(&kvm->lock);
	kvm->created_vcpus--;
	mutex_unlock(&kvm->lock);
	return ret;
}

void glue_vcpu_destroy(void *p)
{
	struct kvm_vcpu *vcpu = p;

	glue_vm_pre_destroy(vcpu->kvm);
	if (glue_vendor->vcpu_listed)
		glue_vendor->vcpu_listed(vcpu, false);
	to_glue_vm(vcpu->kvm)->vcpus[vcpu->vcpu_idx] = NULL;
	vcpu->arch.pio_data = to_glue_vcpu(vcpu)->pio_data;
	kvm_arch_vcpu_destroy(vcpu);
	glue_free(to_glue_vcpu(vcpu));
}

/* ioctls that kvm_main.c copies in and out for the architecture. */
#define GLUE_GET(type, get) ({							\
	type __data = {};							\
	int __ret = get(vcpu, &__data);						\
										\
	if (!__ret && copy_to_user((void __user *)arg, &__data, sizeof(__data)))	\
		__ret = -EFAULT;						\
	__ret;									\
})

#define GLUE_SET(type, set) ({							\
	type __data;								\
										\
	copy_from_user(&__data, (void __user *)arg, sizeof(__data)) ? -EFAULT :	\
								      set(vcpu, &__data);	\
})

/* Newer trees: ioctls that do without the vCPU's mutex, or take it themselves. */
long kvm_arch_vcpu_unlocked_ioctl(struct file *filp, unsigned int ioctl,
				  unsigned long arg) __weak;

static long __glue_vcpu_ioctl(struct kvm_vcpu *vcpu, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KVM_GET_REGS:
		return GLUE_GET(struct kvm_regs, kvm_arch_vcpu_ioctl_get_regs);
	case KVM_SET_REGS:
		return GLUE_SET(struct kvm_regs, kvm_arch_vcpu_ioctl_set_regs);
	case KVM_GET_SREGS:
		return GLUE_GET(struct kvm_sregs, kvm_arch_vcpu_ioctl_get_sregs);
	case KVM_SET_SREGS:
		return GLUE_SET(struct kvm_sregs, kvm_arch_vcpu_ioctl_set_sregs);
	case KVM_GET_MP_STATE:
		return GLUE_GET(struct kvm_mp_state, kvm_arch_vcpu_ioctl_get_mpstate);
	case KVM_SET_MP_STATE:
		return GLUE_SET(struct kvm_mp_state, kvm_arch_vcpu_ioctl_set_mpstate);
	case KVM_GET_FPU:
		return GLUE_GET(struct kvm_fpu, kvm_arch_vcpu_ioctl_get_fpu);
	case KVM_SET_FPU:
		return GLUE_SET(struct kvm_fpu, kvm_arch_vcpu_ioctl_set_fpu);
	}
	return kvm_arch_vcpu_ioctl(&to_glue_vcpu(vcpu)->file, cmd, arg);
}

long glue_vcpu_ioctl(void *p, unsigned int cmd, unsigned long arg)
{
	struct kvm_vcpu *vcpu = p;
	long ret;

	if (vcpu->kvm->vm_dead)
		return -EIO;
	if (&kvm_arch_vcpu_unlocked_ioctl) {
		ret = kvm_arch_vcpu_unlocked_ioctl(&to_glue_vcpu(vcpu)->file, cmd, arg);
		if (ret != -ENOIOCTLCMD)
			return ret;
	}
	mutex_lock(&vcpu->mutex);
	ret = __glue_vcpu_ioctl(vcpu, cmd, arg);
	mutex_unlock(&vcpu->mutex);
	return ret;
}

long glue_vcpu_run(void *p)
{
	struct kvm_vcpu *vcpu = p;
	long ret;

	if (vcpu->kvm->vm_dead)
		return -EIO;
	mutex_lock(&vcpu->mutex);
	vcpu->wants_to_run = !READ_ONCE(vcpu->run->immediate_exit__unsafe);
	ret = kvm_arch_vcpu_ioctl_run(vcpu);
	vcpu->wants_to_run = false;
	mutex_unlock(&vcpu->mutex);
	return ret;
}
