// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform src: a kernel tree's own KVM code answers for SNP VMs or for TDs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../inproc.h"
#include "loader.h"
#include "memory.h"
#include "race.h"
#include "src.h"

#define CPUID_MEM_ENCRYPT	0x8000001f
#define MEM_ENCRYPT_SEV		(1u << 1)
#define MEM_ENCRYPT_SEV_ES	(1u << 3)
#define MEM_ENCRYPT_SEV_SNP	(1u << 4)

static unsigned int c_bit;
static enum image_vendor vendor;

/* /dev/kvm is one vendor's: COCO_VENDOR says whose, "amd" or "intel"; amd if unset. */
static int pick_vendor(void)
{
	const char *name = getenv("COCO_VENDOR") ?: "amd";

	if (strcmp(name, "amd") && strcmp(name, "intel")) {
		inproc_diag("COCO_VENDOR: '%s' is not amd or intel", name);
		return -EINVAL;
	}
	vendor = strcmp(name, "intel") ? IMAGE_AMD : IMAGE_INTEL;
	return 0;
}

static int src_init(void)
{
	struct image_cpu cpu = { .phys_bits = engine->phys_bits(), .tsc_khz = engine->tsc_khz() };
	int ret = pick_vendor();

	if (ret)
		return ret;

	src_host.page_structs = mmap(NULL, IMAGE_VMEMMAP_SIZE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (src_host.page_structs == MAP_FAILED) {
		inproc_diag("cannot reserve 2 TiB of addresses for struct pages: %s%s",
			    strerror(errno), " (ulimit -v, or vm.overcommit_memory = 2?)");
		return -ENOMEM;
	}
	ret = memory_init() ?: image_load(&src_host);
	if (ret)
		return ret;
	image_enter();
	/* The highest bit that the engine's page tables can carry picks the view. */
	c_bit = engine->phys_bits() - 1;
	cpu.vendor = vendor;
	cpu.view_bit = c_bit;
	return hang_init() ?: image->init(&cpu);
}

/* Into the kernel, for @vm, and back to the VMM. */
static void enter(struct inproc_vm *vm)
{
	image_enter();
	memory_enter(vm);
}

static long leave(long ret)
{
	memory_leave();
	return ret;
}

static bool src_has_vm_type(unsigned long type)
{
	image_enter();
	return type && type < 32 && image->has_vm_type(type);
}

static long src_check_extension(struct inproc_vm *vm, long cap)
{
	image_enter();
	return image->check_extension(vm ? vm->priv : NULL, cap);
}

static long src_dev_ioctl(unsigned int cmd, unsigned long arg)
{
	image_enter();
	return image->dev_ioctl(cmd, arg);
}

static struct kvm_cpuid_entry2 *cpuid_entry(struct kvm_cpuid2 *cpuid, unsigned int max,
					    uint32_t function)
{
	for (unsigned int i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == function)
			return &cpuid->entries[i];
	if (cpuid->nent == max)
		return NULL;
	memset(&cpuid->entries[cpuid->nent], 0, sizeof(cpuid->entries[0]));
	cpuid->entries[cpuid->nent].function = function;
	return &cpuid->entries[cpuid->nent++];
}

static void src_adjust_cpuid(struct kvm_cpuid2 *cpuid, unsigned int max)
{
	struct kvm_cpuid_entry2 *e;

	if (vendor != IMAGE_AMD)
		return;
	e = cpuid_entry(cpuid, max, 0x80000000);

	if (e && e->eax < CPUID_MEM_ENCRYPT)
		e->eax = CPUID_MEM_ENCRYPT;
	e = cpuid_entry(cpuid, max, CPUID_MEM_ENCRYPT);
	if (!e)
		return;
	e->eax = MEM_ENCRYPT_SEV | MEM_ENCRYPT_SEV_ES | MEM_ENCRYPT_SEV_SNP;
	e->ebx = c_bit;
}

static long src_sev_ioctl(unsigned int cmd, unsigned long arg)
{
	(void)cmd;
	(void)arg;
	return -ENOTTY;
}

static long src_vm_create(struct inproc_vm *vm)
{
	int ret;

	enter(vm);
	if (vendor == IMAGE_AMD) {
		vm->view_bit = 1ULL << c_bit;
		vm->view_bit_is_private = true;
		ret = src_trap_ghcb_msr(vm);
	} else {
		/* The TD's configuration will say which bit it is: src_td_init(). */
		vm->private_is_given = true;
		ret = 0;
	}
	if (ret)
		return leave(ret);
	ret = image->vm_create(vm->type, vm, &vm->priv);
	if (!ret)
		hang_vm_created();
	else
		memory_vm_destroyed(vm);
	return leave(ret);
}

static void src_vm_destroy(struct inproc_vm *vm)
{
	enter(vm);
	image->vm_destroy(vm->priv);
	leave(0);
	memory_vm_destroyed(vm);
	hang_vm_destroyed();
}

static long src_vm_ioctl(struct inproc_vm *vm, unsigned int cmd, unsigned long arg)
{
	long ret;

	enter(vm);
	race_kernel_runs(true);
	ret = leave(image->vm_ioctl(vm->priv, cmd, arg));
	race_kernel_runs(false);
	return ret;
}

static void src_gmem_gone(void *hva, uint64_t size)
{
	enter(NULL);
	image->gmem_gone(hva, size);
	leave(0);
}

static void src_private_gone(struct inproc_vm *vm, uint64_t gpa, uint64_t size)
{
	enter(vm);
	image->private_gone(vm->priv, gpa, size);
	leave(0);
}

static long src_vcpu_create(struct inproc_vcpu *vcpu)
{
	struct src_vcpu *src = calloc(1, sizeof(*src));
	long ret;

	if (!src)
		return -ENOMEM;
	enter(vcpu->vm);
	vcpu->priv = src;
	src->host = vcpu;
	ret = leave(image->vcpu_create(vcpu->vm->priv, vcpu->id, vcpu->run, vcpu, &src->vcpu));
	if (ret)
		free(src);
	else
		hang_track(src);
	return ret;
}

static void src_vcpu_destroy(struct inproc_vcpu *vcpu)
{
	struct src_vcpu *src = vcpu->priv;

	hang_forget(src);
	enter(vcpu->vm);
	image->vcpu_destroy(src->vcpu);
	leave(0);
	free(src);
}

static long src_vcpu_ioctl(struct inproc_vcpu *vcpu, unsigned int cmd, unsigned long arg)
{
	struct src_vcpu *src = vcpu->priv;
	long ret;

	enter(vcpu->vm);
	race_kernel_runs(true);
	ret = leave(image->vcpu_ioctl(src->vcpu, cmd, arg));
	race_kernel_runs(false);
	/* The guest's CPUID instruction is the engine's to answer. */
	if (!ret && cmd == KVM_SET_CPUID2)
		ret = engine->set_cpuid2(vcpu->engine, (const struct kvm_cpuid2 *)arg);
	return ret;
}

static long src_vcpu_run(struct inproc_vcpu *vcpu)
{
	struct src_vcpu *src = vcpu->priv;
	long ret;

	enter(vcpu->vm);
	src->tid = syscall(SYS_gettid);
	race_kernel_runs(true);
	ret = leave(image->vcpu_run(src->vcpu));
	race_kernel_runs(false);
	src->tid = 0;
	return ret;
}

static const struct platform_ops src_platform = {
	.name = "src",
	.init = src_init,
	.has_vm_type = src_has_vm_type,
	.check_extension = src_check_extension,
	.dev_ioctl = src_dev_ioctl,
	.adjust_cpuid = src_adjust_cpuid,
	.sev_ioctl = src_sev_ioctl,
	.vm_create = src_vm_create,
	.vm_destroy = src_vm_destroy,
	.vm_ioctl = src_vm_ioctl,
	.gmem_gone = src_gmem_gone,
	.private_gone = src_private_gone,
	.vcpu_create = src_vcpu_create,
	.vcpu_destroy = src_vcpu_destroy,
	.vcpu_ioctl = src_vcpu_ioctl,
	.vcpu_run = src_vcpu_run,
	.unblock = hang_unblock,
};

const struct platform_ops *const platform = &src_platform;
