// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: what kvm_main.c does around the architecture's own functions.
 */
#include "glue.h"

/* From virt/kvm/irqchip.c, which is there where TDs are: they need an irqchip. */
int kvm_init_irq_routing(struct kvm *kvm) __weak;
void kvm_free_irq_routing(struct kvm *kvm) __weak;
int kvm_send_userspace_msi(struct kvm *kvm, struct kvm_msi *msi) __weak;

long glue_vm_create(unsigned long type, void *host_vm, void **kvmp)
{
	struct glue_vm *vm;
	struct kvm *kvm;
	unsigned int i;
	int ret;

	vm = glue_alloc(GLUE_VM_SIZE + kvm_x86_ops.vm_size, SMP_CACHE_BYTES);
	if (!vm)
		return -ENOMEM;
	kvm = (void *)vm + GLUE_VM_SIZE;
	vm->host_vm = host_vm;
	vm->file.private_data = kvm;

	kvm->mm = current->mm;
	mutex_init(&vm->mirror_lock);
	mutex_init(&kvm->lock);
	mutex_init(&kvm->irq_lock);
	mutex_init(&kvm->slots_lock);
	mutex_init(&kvm->slots_arch_lock);
	INIT_LIST_HEAD(&kvm->gpc_list);
	INIT_LIST_HEAD(&kvm->devices);
	kvm->max_vcpus = GLUE_MAX_VCPUS;
	refcount_set(&kvm->users_count, 1);
	for (i = 0; i < ARRAY_SIZE(kvm->memslots); i++)
		RCU_INIT_POINTER(kvm->memslots[i], &kvm->__memslots[i][0]);

	ret = &kvm_init_irq_routing ? kvm_init_irq_routing(kvm) : 0;
	ret = ret ?: kvm_arch_init_vm(kvm, type);
	if (ret) {
		if (&kvm_free_irq_routing)
			kvm_free_irq_routing(kvm);
		glue_free(vm);
		return ret;
	}
	mutex_lock(&kvm_lock);
	list_add(&kvm->vm_list, &vm_list);
	mutex_unlock(&kvm_lock);
	*kvmp = kvm;
	return 0;
}

/* vCPUs go when their VM does: what KVM does before it frees the first. */
void glue_vm_pre_destroy(struct kvm *kvm)
{
	struct glue_vm *vm = to_glue_vm(kvm);

	if (vm->pre_destroyed)
		return;
	vm->pre_destroyed = true;
	if (glue_vendor->pages_take_back)
		glue_vendor->pages_take_back(kvm, 0, -1ULL);
	kvm_arch_pre_destroy_vm(kvm);
}

void glue_vm_destroy(void *p)
{
	struct kvm *kvm = p;

	mutex_lock(&kvm_lock);
	list_del(&kvm->vm_list);
	mutex_unlock(&kvm_lock);
	glue_vm_pre_destroy(kvm);
	/* The vCPUs are gone: kvm_destroy_vcpus(), which comes by there, has nothing to do. */
	kvm_arch_destroy_vm(kvm);
	glue_ids_left(glue_host->mem_owner());
	if (&kvm_free_irq_routing)
		kvm_free_irq_routing(kvm);
	glue_rcu_barrier(glue_host->mem_owner());
	glue_free(to_glue_vm(kvm));
}

/* After KVM_SIGNAL_MSI; in place of the IPI that notifies of a posted interrupt (apic.c). */
static void glue_notify(struct kvm *kvm)
{
	unsigned int i;

	if (!glue_vendor->notify)
		return;
	mutex_lock(&kvm->lock);
	for (i = 0; i < GLUE_MAX_VCPUS; i++)
		if (to_glue_vm(kvm)->vcpus[i])
			glue_vendor->notify(to_glue_vm(kvm)->vcpus[i]);
	mutex_unlock(&kvm->lock);
}

long glue_vm_ioctl(void *p, unsigned int cmd, unsigned long arg)
{
	struct kvm *kvm = p;
	long ret;

	if (kvm->vm_dead)
		return -EIO;

	if (cmd == KVM_ENABLE_CAP) {
		struct kvm_enable_cap cap;

		if (copy_from_user(&cap, (void __user *)arg, sizeof(cap)))
			return -EFAULT;
		return kvm_vm_ioctl_enable_cap(kvm, &cap);
	}
	if (cmd == KVM_SIGNAL_MSI && &kvm_send_userspace_msi) {
		struct kvm_msi msi;

		if (copy_from_user(&msi, (void __user *)arg, sizeof(msi)))
			return -EFAULT;
		ret = kvm_send_userspace_msi(kvm, &msi);
		glue_notify(kvm);
		return ret;
	}
	return kvm_arch_vm_ioctl(&to_glue_vm(kvm)->file, cmd, arg);
}

void glue_private_gone(void *p, unsigned long long gpa, unsigned long long size)
{
	if (glue_vendor->pages_take_back)
		glue_vendor->pages_take_back(p, gpa_to_gfn(gpa), gpa_to_gfn(gpa + size));
}
