// SPDX-License-Identifier: GPL-2.0-only
/* SNP VMs: types, capabilities, attributes, ioctls; /dev/sev. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_para.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/cpuid2.h"
#include "snp.h"

#define MSR_GHCB	0xc0010130
#define MSR_SEV_STATUS	0xc0010131

/* APM 3, CPUID leaf 0x8000001f: EAX, and EBX's bits 11:6 */
#define LEAF_SEV	0x8000001fu
#define HAS_SEV		(1u << 1 | 1u << 3 | 1u << 4)	/* SEV, SEV-ES, SEV-SNP */
#define LOST_BITS	(1u << 6)			/* of the physical address: the C-bit */
#define NR_ASIDS	64u

/* ---- /dev/sev: whose descriptor a VMM gives with launch commands ---- */

static const struct file_ops sev_file_ops = { 0 };

long snp_dev_open(const char *path, int flags)
{
	int fd;

	(void)path;
	fd = eventfd(0, flags & O_CLOEXEC ? EFD_CLOEXEC : 0);
	return fd < 0 ? -errno : file_install(fd, &sev_file_ops, NULL);
}

bool snp_is_dev(int fd)
{
	struct file *file = file_get(fd);
	const bool is = file && file->ops == &sev_file_ops;

	if (file)
		file_put(file);
	return is;
}

/* ---- what there is ---- */

static bool has_vm_type(unsigned long type)
{
	return type == SNP_VM_TYPE;
}

static long check_extension(struct inproc_vm *vm, long cap)
{
	(void)vm;
	switch (cap) {
	case KVM_CAP_EXIT_HYPERCALL:
		return 1 << KVM_HC_MAP_GPA_RANGE;
	case KVM_CAP_X86_USER_SPACE_MSR:
	case KVM_CAP_X86_MSR_FILTER:
	case KVM_CAP_MEMORY_FAULT_INFO:
		return 1;
	}
	return certs_extension(cap);
}

static void add_cpuid(struct kvm_cpuid2 *cpuid)
{
	struct kvm_cpuid_entry2 *e = cpuid2_find(cpuid, LEAF_SEV, 0);

	if (!e && cpuid->nent < CPUID2_ENTRIES)
		e = &cpuid->entries[cpuid->nent++];
	if (!e)
		return;
	*e = (struct kvm_cpuid_entry2){
		.function = LEAF_SEV, .eax = HAS_SEV, .ebx = (engine->phys_bits() - 1) | LOST_BITS,
		.ecx = NR_ASIDS - 1, .edx = NR_ASIDS,
	};
}

/* Attributes of /dev/kvm's group of SEV (amd-memory-encryption.rst, "Device attribute API") */
#define GROUP_SEV	1
#define ATTR_FEATURES	0
#define ATTR_REQ_CERTS	2

static long attribute(uint32_t group, uint64_t attr, uint64_t *value)
{
	if (group != GROUP_SEV)
		return -ENXIO;
	switch (attr) {
	case ATTR_FEATURES:
		*value = 0;
		return 0;
	case ATTR_REQ_CERTS:
		*value = 1;
		return certs_has_attribute() ? 0 : -ENXIO;
	}
	return -ENXIO;
}

/* ---- VMs ---- */

/* Memory of guest_memfd needs no registration, but what is registered has to be there. */
static long register_region(const struct ref_vm *vm, const void *arg)
{
	struct kvm_enc_region region;
	uint64_t at;
	char byte;

	if (!vm->snp.initialized)
		return -ENOTTY;
	if (copy_from_user(&region, arg, sizeof(region)))
		return -EFAULT;
	if (!region.size || region.addr + region.size < region.addr)
		return -EINVAL;
	for (at = region.addr; at < region.addr + region.size; at = (at | (PAGE_SIZE - 1)) + 1)
		if (copy_from_user(&byte, (void *)at, sizeof(byte)))
			return -ENOMEM;
	return 0;
}

static long vm_ioctl(struct ref_vm *vm, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KVM_CREATE_IRQCHIP:
		if (vm->snp.irqchip)
			return -EEXIST;
		if (vm->host->nr_vcpus)
			return -EINVAL;
		vm->snp.irqchip = true;
		return 0;
	case KVM_MEMORY_ENCRYPT_REG_REGION:
		return register_region(vm, (void *)arg);
	case KVM_MEMORY_ENCRYPT_UNREG_REGION:
		return -EINVAL;
	}
	return REF_NO_IOCTL;
}

static const struct ref_kind snp = {
	.name = "an SNP VM",
	.encrypt_op = snp_encrypt_op,
	.vm_ioctl = vm_ioctl,
	.enable_cap = certs_enable_cap,
	.enter = snp_enter,
	.io = snp_io,
	.msr = snp_msr,
	.fault = snp_fault,
};

static void vm_destroy(struct inproc_vm *host)
{
	struct ref_vm *vm = host->priv;

	pthread_mutex_destroy(&vm->snp.lock);
	free(vm->snp.pages);
	ref_vm_destroy(host);
}

static void private_gone(struct inproc_vm *host, uint64_t gpa, uint64_t size, bool freed)
{
	ref_private_gone(host, gpa, size, freed);
	if (freed)
		snp_private_freed(host->priv, gpa, size);
}

static long vm_create(struct inproc_vm *host)
{
	struct ref_vm *vm;
	unsigned int i;
	long r;

	if (engine->trap_msr) {
		r = engine->trap_msr(host->engine, MSR_GHCB) ?:
		    engine->trap_msr(host->engine, MSR_SEV_STATUS);
		if (r)
			return r;
	}
	/* The C-bit: the highest that the engine's page tables can carry. */
	host->view_bit = 1ull << (engine->phys_bits() - 1);
	host->view_bit_is_private = true;
	r = ref_vm_new(host, &snp);
	if (r)
		return r;
	vm = host->priv;
	pthread_mutex_init(&vm->snp.lock, NULL);
	for (i = 0; i < REF_MAX_VMSAS; i++)
		vm->snp.vmsas[i] = SNP_NO_VMSA;
	return 0;
}

bool snp_set_revision(const char *name)
{
	return certs_set_revision(name);
}

const struct model_ops snp_model = {
	.has_vm_type = has_vm_type,
	.check_extension = check_extension,
	.add_cpuid = add_cpuid,
	.attribute = attribute,
	.vm_create = vm_create,
	.vm_destroy = vm_destroy,
	.vm_ioctl = ref_vm_ioctl,
	.private_gone = private_gone,
	.vcpu_create = snp_vcpu_create,
	.vcpu_destroy = ref_vcpu_destroy,
	.vcpu_ioctl = snp_vcpu_ioctl,
	.vcpu_run = ref_vcpu_run,
};
