// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests as ordinary VMs of the machine's own /dev/kvm, of any vendor, nested
 * too.  System calls go past the preloaded interposers.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "kvm_engine.h"

/* ---- VMs ---- */

static int engine_kvm_vm_create(struct engine_vm **out)
{
	struct engine_vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return -ENOMEM;
	vm->fd = engine_kvm_new_vm();
	if (vm->fd < 0) {
		int r = vm->fd;

		free(vm);
		return r;
	}
	pthread_mutex_init(&vm->lock, NULL);
	gate_init(&vm->gate);
	*out = vm;
	return 0;
}

static void engine_kvm_vm_destroy(struct engine_vm *vm)
{
	real_close(vm->fd);
	gate_destroy(&vm->gate);
	pthread_mutex_destroy(&vm->lock);
	kvm_free_memory(vm);
	free(vm);
}

static void engine_kvm_pause(struct engine_vm *vm)
{
	gate_pause(&vm->gate);
}

static void engine_kvm_resume(struct engine_vm *vm)
{
	gate_resume(&vm->gate);
}

/* ---- vCPUs ---- */

static int engine_kvm_vcpu_create(struct engine_vm *vm, uint32_t id, struct engine_vcpu **out)
{
	struct engine_vcpu *vcpu = calloc(1, sizeof(*vcpu));
	int r;

	if (!vcpu)
		return -ENOMEM;
	vcpu->vm = vm;
	vcpu->gv.interrupt = kvm_interrupt;
	vcpu->walk_told = ~0ULL;
	vcpu->irq = -1;
	vcpu->fd = (int)kvm_ioctl(vm->fd, KVM_CREATE_VCPU, (void *)(unsigned long)id);
	if (vcpu->fd < 0) {
		r = vcpu->fd;
		goto err;
	}
	vcpu->fd = fd_move_up(vcpu->fd);
	vcpu->run = real_mmap(NULL, engine_kvm_run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		r = -ENOMEM;
		real_close(vcpu->fd);
		goto err;
	}
	/* Without an in-kernel local APIC every vCPU is there to run from the start. */
	gate_add(&vm->gate, &vcpu->gv);
	*out = vcpu;
	return 0;
err:
	free(vcpu);
	return r;
}

static void engine_kvm_vcpu_destroy(struct engine_vcpu *vcpu)
{
	gate_remove(&vcpu->gv);
	munmap(vcpu->run, engine_kvm_run_size);
	real_close(vcpu->fd);
	free(vcpu);
}

static void engine_kvm_set_interrupt(struct engine_vcpu *vcpu, int vector)
{
	vcpu->irq = vector;
}

static int engine_kvm_interrupt_pending(struct engine_vcpu *vcpu)
{
	return vcpu->irq;
}

static void engine_kvm_kick(struct engine_vcpu *vcpu)
{
	gate_kick(&vcpu->gv);
}

const struct engine_ops engine_kvm = {
	.name = "kvm",
	.usable = engine_kvm_usable,
	.features = engine_kvm_features,
	.phys_bits = engine_kvm_phys_bits,
	.get_supported_cpuid = engine_kvm_get_supported_cpuid,
	.check_extension = engine_kvm_check_extension,
	.tsc_khz = engine_kvm_tsc_khz,
	.vm_create = engine_kvm_vm_create,
	.vm_destroy = engine_kvm_vm_destroy,
	.map = engine_kvm_map,
	.unmap = engine_kvm_unmap,
	.pause = engine_kvm_pause,
	.resume = engine_kvm_resume,
	.map_page = engine_kvm_map_page,
	.unmap_page = engine_kvm_unmap_page,
	.cover = engine_kvm_cover,
	.trap_msr = engine_kvm_trap_msr,
	.trap_msrs = engine_kvm_trap_msrs,
	.vcpu_create = engine_kvm_vcpu_create,
	.vcpu_destroy = engine_kvm_vcpu_destroy,
	.get_regs = engine_kvm_get_regs,
	.set_regs = engine_kvm_set_regs,
	.get_sregs = engine_kvm_get_sregs,
	.set_sregs = engine_kvm_set_sregs,
	.set_cpuid2 = engine_kvm_set_cpuid2,
	.get_msrs = engine_kvm_get_msrs,
	.set_msrs = engine_kvm_set_msrs,
	.get_xsave = engine_kvm_get_xsave,
	.set_xsave = engine_kvm_set_xsave,
	.get_xcrs = engine_kvm_get_xcrs,
	.set_xcrs = engine_kvm_set_xcrs,
	.get_debugregs = engine_kvm_get_debugregs,
	.set_debugregs = engine_kvm_set_debugregs,
	.get_events = engine_kvm_get_events,
	.set_events = engine_kvm_set_events,
	.set_traps = engine_kvm_set_traps,
	.unwind = engine_kvm_unwind,
	.run = engine_kvm_run,
	.set_interrupt = engine_kvm_set_interrupt,
	.interrupt_pending = engine_kvm_interrupt_pending,
	.kick = engine_kvm_kick,
};
