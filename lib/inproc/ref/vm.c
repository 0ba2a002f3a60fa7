// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs before they run: VM ioctls.  Errnos are those of Linux 7.1, where the documents
 * name none.
 */
#include <errno.h>
#include <linux/kvm_para.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cpuid2.h"
#include "ref.h"

#define NR_IOAPIC_PINS		24

/* XFAM: x87 and SSE state, which every TD has. */
#define SUPPORTED_XFAM		3ULL

#define GPAW_SHIFT		16
#define GPAW_MASK		(0xffu << GPAW_SHIFT)

/* KVM_SIGNAL_MSI: destination and vector (Intel SDM volume 3, "Message Signalled Interrupts") */
#define MSI_ADDR_DEST(lo)	(((lo) >> 12) & 0xff)
#define MSI_DATA_VECTOR(data)	((data) & 0xff)

long ref_get_cmd(struct tdx_cmd *cmd, unsigned long arg)
{
	if (copy_from_user(cmd, (void *)arg, sizeof(*cmd)))
		return -EFAULT;
	return cmd->hw_error ? -EINVAL : 0;
}

/* The address width is all that a VMM can configure here. */
static long get_capabilities(const struct tdx_cmd *cmd)
{
	struct {
		struct tdx_capabilities caps;
		struct kvm_cpuid_entry2 entry;
	} answer = {
		.caps.supported_attrs = TDX_ATTR_SEPT_VE_DISABLE,
		.caps.supported_xfam = SUPPORTED_XFAM,
		.caps.cpuid.nent = 1,
		.entry = { .function = TDX_CPUID_ADDRESS_SIZES, .eax = GPAW_MASK },
	};
	const struct tdx_capabilities *user = (void *)cmd->data;
	uint32_t room;

	if (cmd->flags)
		return -EINVAL;
	if (copy_from_user(&room, &user->cpuid.nent, sizeof(room)))
		return -EFAULT;
	if (room < answer.caps.cpuid.nent)
		return -E2BIG;
	if (ref_revision == REF_TDX && !ref_own_quotes)
		answer.caps.user_tdvmcallinfo_1_r11 = 1 << 1;	/* SetupEventNotifyInterrupt */
	return copy_to_user((void *)user, &answer, sizeof(answer));
}

static long set_width(struct ref_vm *vm, const struct tdx_init_vm *init)
{
	const struct kvm_cpuid_entry2 *e = cpuid2_find(&init->cpuid, TDX_CPUID_ADDRESS_SIZES, 0);
	unsigned int gpaw;
	int r;

	if (!e || init->cpuid.nent != 1 || (e->eax & ~GPAW_MASK) || e->ebx || e->ecx || e->edx)
		return -EINVAL;
	gpaw = (e->eax & GPAW_MASK) >> GPAW_SHIFT;
	if (gpaw != 48 && gpaw != 52)
		return -EINVAL;
	if (gpaw > engine->phys_bits()) {
		inproc_diag("no TD of %u address bits: guests of engine %s have %u", gpaw,
			    engine->name, engine->phys_bits());
		return -EINVAL;
	}
	r = inproc_set_view(vm->host, 1ULL << (gpaw - 1), false);
	if (r)
		return r;
	vm->gpaw = gpaw;
	vm->shared_bit = 1ULL << (gpaw - 1);
	return 0;
}

static long init_vm(struct ref_vm *vm, const struct tdx_cmd *cmd)
{
	const struct tdx_init_vm *user = (void *)cmd->data;
	struct tdx_init_vm *init;
	uint32_t nent;
	size_t size, i;
	long r;

	if (vm->state != REF_VM_NEW || cmd->flags)
		return -EINVAL;
	if (copy_from_user(&nent, &user->cpuid.nent, sizeof(nent)))
		return -EFAULT;
	if (nent > CPUID2_ENTRIES)
		return -E2BIG;
	size = sizeof(*init) + nent * sizeof(struct kvm_cpuid_entry2);
	init = malloc(size);
	if (!init)
		return -ENOMEM;
	r = copy_from_user(init, user, size);
	if (r)
		goto out;

	r = -EINVAL;
	for (i = 0; i < sizeof(init->reserved) / sizeof(init->reserved[0]); i++)
		if (init->reserved[i])
			goto out;
	if (init->cpuid.padding || init->cpuid.nent != nent)
		goto out;
	r = -EBUSY;
	if (vm->host->nr_vcpus)
		goto out;
	r = -EINVAL;
	if ((init->attributes & ~TDX_ATTR_SEPT_VE_DISABLE) || (init->xfam & ~SUPPORTED_XFAM))
		goto out;
	r = set_width(vm, init);
	if (r)
		goto out;
	vm->sept_ve_disable = init->attributes & TDX_ATTR_SEPT_VE_DISABLE;
	td_measure_init(&vm->measure, init->attributes, init->xfam, init->mrconfigid);
	vm->state = REF_VM_INITIALIZED;
out:
	free(init);
	return r;
}

/* The TDX module finalizes no TD that has no vCPU yet (TDH.MR.FINALIZE). */
static long finalize_vm(struct ref_vm *vm, const struct tdx_cmd *cmd)
{
	if (vm->state != REF_VM_INITIALIZED || cmd->flags || cmd->data || !vm->next_index)
		return -EINVAL;
	vm->state = REF_VM_RUNNABLE;
	return inproc_update_view(vm->host);
}

static long memory_encrypt_op(struct ref_vm *vm, unsigned long arg)
{
	struct tdx_cmd cmd;
	long r = ref_get_cmd(&cmd, arg);

	if (r)
		return r;
	switch (cmd.id) {
	case TDX_CMD_CAPABILITIES:
		return get_capabilities(&cmd);
	case TDX_CMD_INIT_VM:
		return init_vm(vm, &cmd);
	case TDX_CMD_FINALIZE_VM:
		return finalize_vm(vm, &cmd);
	}
	return -EINVAL;
}

static long enable_cap(struct ref_vm *vm, unsigned long arg)
{
	struct kvm_enable_cap cap;

	if (copy_from_user(&cap, (void *)arg, sizeof(cap)))
		return -EFAULT;
	if (cap.flags)
		return -EINVAL;
	switch (cap.cap) {
	case KVM_CAP_EXIT_HYPERCALL:
		if (cap.args[0] & ~(1ULL << KVM_HC_MAP_GPA_RANGE))
			return -EINVAL;
		vm->exit_map_gpa = cap.args[0];
		return 0;
	case KVM_CAP_SPLIT_IRQCHIP:
		if (cap.args[0] > NR_IOAPIC_PINS || vm->host->nr_vcpus)
			return -EINVAL;
		if (vm->split_irqchip)
			return -EEXIST;
		vm->split_irqchip = true;
		return 0;
	case KVM_CAP_MAX_VCPUS:
		if (vm->host->type != TDX_VM_TYPE || !cap.args[0] ||
		    cap.args[0] > INPROC_MAX_VCPUS || vm->host->nr_vcpus ||
		    vm->state != REF_VM_NEW)
			return -EINVAL;
		vm->max_vcpus = (uint32_t)cap.args[0];
		return 0;
	case KVM_CAP_X86_USER_SPACE_MSR:
		return ref_enable_msr_exits(vm, cap.args[0]);
	case KVM_CAP_X2APIC_API:
		return cap.args[0] > 3 ? -EINVAL : 0;
	}
	return vm->kind->enable_cap ? vm->kind->enable_cap(vm, &cap) : -EINVAL;
}

/* 1: there is such a vCPU; it finds the interrupt pending. */
static long signal_msi(struct ref_vm *vm, unsigned long arg)
{
	struct kvm_msi msi;
	unsigned int i;

	if (copy_from_user(&msi, (void *)arg, sizeof(msi)))
		return -EFAULT;
	if (!vm->split_irqchip || msi.flags || MSI_DATA_VECTOR(msi.data) < 16)
		return -EINVAL;
	for (i = 0; i < vm->host->nr_vcpus; i++) {
		struct ref_vcpu *vcpu = vm->host->vcpus[i]->priv;

		if (vm->host->vcpus[i]->id != MSI_ADDR_DEST(msi.address_lo))
			continue;
		ref_post_interrupt(vcpu, MSI_DATA_VECTOR(msi.data));
		return 1;
	}
	return 0;
}

long ref_vm_ioctl(struct inproc_vm *host, unsigned int cmd, unsigned long arg)
{
	struct ref_vm *vm = host->priv;
	long r;

	if (vm->dead)
		return -EIO;
	switch (cmd) {
	case KVM_GET_TSC_KHZ:
		return vm->tsc_khz;
	case KVM_SET_TSS_ADDR:
	case KVM_SET_IDENTITY_MAP_ADDR:
		return 0;
	}
	pthread_mutex_lock(&host->lock);
	switch (cmd) {
	case KVM_MEMORY_ENCRYPT_OP:
		r = vm->kind->encrypt_op(vm, arg);
		break;
	case KVM_ENABLE_CAP:
		r = enable_cap(vm, arg);
		break;
	case KVM_X86_SET_MSR_FILTER:
		r = ref_set_msr_filter(vm, arg);
		break;
	case KVM_SIGNAL_MSI:
		r = signal_msi(vm, arg);
		break;
	default:
		r = vm->kind->vm_ioctl ? vm->kind->vm_ioctl(vm, cmd, arg) : REF_NO_IOCTL;
	}
	if (r == REF_NO_IOCTL) {
		inproc_not_driven("ioctl 0x%x is not implemented for %s: ENOTTY", cmd,
				  vm->kind->name);
		r = -ENOTTY;
	}
	pthread_mutex_unlock(&host->lock);
	return r;
}

long ref_vm_new(struct inproc_vm *host, const struct ref_kind *kind)
{
	struct ref_vm *vm = calloc(1, sizeof(*vm));
	int khz = engine->tsc_khz();

	if (!vm)
		return -ENOMEM;
	vm->host = host;
	vm->kind = kind;
	vm->max_vcpus = INPROC_MAX_VCPUS;
	vm->tsc_khz = khz > 0 ? (uint32_t)khz : 0;
	pthread_mutex_init(&vm->sept_lock, NULL);
	pthread_mutex_init(&vm->measure_lock, NULL);
	host->priv = vm;
	return 0;
}

static const struct ref_kind td = {
	.name = "a TD",
	.encrypt_op = memory_encrypt_op,
	.io = ref_td_io,
	.fault = ref_fault,
};

long ref_vm_create(struct inproc_vm *host)
{
	host->private_is_given = true;
	return ref_vm_new(host, &td);
}

void ref_vm_destroy(struct inproc_vm *host)
{
	struct ref_vm *vm = host->priv;

	ref_sept_free(vm);
	td_measure_free(&vm->measure);
	pthread_mutex_destroy(&vm->measure_lock);
	ref_free_msr_filter(vm->msr_filter);
	free(vm);
}

void ref_private_gone(struct inproc_vm *host, uint64_t gpa, uint64_t size, bool freed)
{
	(void)freed;
	ref_sept_remove(host->priv, gpa, size);
}
