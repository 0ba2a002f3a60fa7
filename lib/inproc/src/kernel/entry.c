// SPDX-License-Identifier: GPL-2.0-only
/*
 * The image's entry point: exchange of function tables with the process.
 */
#include <generated/utsrelease.h>

#include "glue.h"

const struct image_host *glue_host;

extern char __per_cpu_start[], __per_cpu_end[];

static int glue_init(const struct image_cpu *cpu)
{
	int ret = glue_core_init();

	tsc_khz = cpu->tsc_khz;
	return ret ?: glue_vendor_init(cpu);
}

static int glue_has_vm_type(unsigned long type)
{
	return kvm_vm_ioctl_check_extension(NULL, KVM_CAP_VM_TYPES) & BIT(type);
}

static long glue_check_extension(void *kvm, long cap)
{
	return kvm_vm_ioctl_check_extension(kvm, cap);
}

static long glue_dev_ioctl(unsigned int cmd, unsigned long arg)
{
	return kvm_arch_dev_ioctl(NULL, cmd, arg);
}

static struct image_ops glue_ops = {
	.abi = IMAGE_ABI,
	.release = UTS_RELEASE,
	.kvm_run_size = sizeof(struct kvm_run),
	.numbers = glue_numbers,
	.percpu_start = __per_cpu_start,
	.percpu_end = __per_cpu_end,
	.cpu_init = glue_cpu_init,
	.init = glue_init,
	.trap = glue_trap,
	.has_vm_type = glue_has_vm_type,
	.check_extension = glue_check_extension,
	.dev_ioctl = glue_dev_ioctl,
	.vm_create = glue_vm_create,
	.vm_destroy = glue_vm_destroy,
	.vm_ioctl = glue_vm_ioctl,
	.gmem_gone = glue_gmem_gone,
	.private_gone = glue_private_gone,
	.vcpu_create = glue_vcpu_create,
	.vcpu_destroy = glue_vcpu_destroy,
	.vcpu_ioctl = glue_vcpu_ioctl,
	.vcpu_run = glue_vcpu_run,
	.bench_vmgexit = glue_bench_vmgexit,
};

const struct image_ops *image_entry(const struct image_host *host);

const struct image_ops *image_entry(const struct image_host *host)
{
	if (host->abi != IMAGE_ABI)
		return NULL;
	glue_host = host;
	return &glue_ops;
}
