// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine's VM and vCPUs behind the kernel's: made when a guest first runs, since
 * hardware knows nothing of a VM before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "engine/sites.h"
#include "hw.h"
#include "world.h"
#include "src/image/loader.h"
#include "src/watch/race.h"

#define MSR_AMD64_SEV_ES_GHCB	0xc0010130
#define MSR_AMD64_SEV		0xc0010131

int guest_vm_init(struct src_vm *vm)
{
	int ret = 0;

	pthread_mutex_lock(&vm->lock);
	if (vm->engine)
		goto out;
	ret = engine->vm_create(&vm->engine);
	if (ret)
		goto out;
	vm->gtlb = gtlb_new(vm);
	if (!vm->gtlb)
		ret = -ENOMEM;
	else if (hw_vendor == IMAGE_AMD && engine->trap_msr)
		ret = engine->trap_msr(vm->engine, MSR_AMD64_SEV_ES_GHCB) ?:
		      engine->trap_msr(vm->engine, MSR_AMD64_SEV);
out:
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

void guest_vm_destroy(struct src_vm *vm)
{
	world_free_msr_map(vm);
	if (vm->gtlb)
		gtlb_free(vm->gtlb);
	if (vm->engine)
		engine->vm_destroy(vm->engine);
}

int guest_vcpu_init(struct src_vcpu *vcpu)
{
	int ret = 0;

	if (!vcpu->engine)
		ret = guest_vm_init(vcpu->vm) ?:
		      engine->vcpu_create(vcpu->vm->engine, vcpu->id, &vcpu->engine);
	if (!ret && vcpu->cpuid_changed) {
		vcpu->cpuid_changed = false;
		ret = engine->set_cpuid2(vcpu->engine, vcpu->cpuid);
	}
	return ret;
}

void guest_vcpu_destroy(struct src_vcpu *vcpu)
{
	world_free_msrs(vcpu);
	free(vcpu->fpu);
	if (vcpu->engine)
		engine->vcpu_destroy(vcpu->engine);
}

/* ---- running: which CPU is in which guest ---- */

static struct {
	struct src_vcpu *vcpu;
	pthread_mutex_t lock;
} in_guest[IMAGE_MAX_CPUS] = {
	[0 ... IMAGE_MAX_CPUS - 1] = { NULL, PTHREAD_MUTEX_INITIALIZER },
};

IMAGE_CALL void guest_ipi(unsigned int cpu)
{
	if (cpu >= IMAGE_MAX_CPUS)
		return;
	pthread_mutex_lock(&in_guest[cpu].lock);
	if (in_guest[cpu].vcpu)
		engine->kick(in_guest[cpu].vcpu->engine);
	pthread_mutex_unlock(&in_guest[cpu].lock);
}

static void set_in_guest(struct src_vcpu *vcpu)
{
	unsigned int cpu = image_this_cpu();

	pthread_mutex_lock(&in_guest[cpu].lock);
	in_guest[cpu].vcpu = vcpu;
	pthread_mutex_unlock(&in_guest[cpu].lock);
}

int guest_run(struct src_vcpu *vcpu)
{
	int ret;

	set_in_guest(vcpu);
	vcpu->in_guest = true;
	/* One that came before that is not seen by the engine. */
	ret = engine->run(vcpu->engine, &vcpu->exit, &vcpu->sigmask,
			  image->irq_pending() && !vcpu->delivers);
	vcpu->in_guest = false;
	set_in_guest(NULL);
	if (ret)
		inproc_diag("engine %s failed: %s", engine->name, strerror(-ret));
	return ret;
}

/* ---- the guest's initial memory ---- */

IMAGE_CALL void guest_page_launched(void *page, unsigned long long gpa)
{
	struct src_vm *vm = src_now.vm;

	sites_patch(page, PAGE_SIZE);
	if (!vm)
		return;
	if (vm->launched && vm->launched_gpa + PAGE_SIZE == gpa)
		sites_patch_across(vm->launched, page);
	vm->launched = page;
	vm->launched_gpa = gpa;
}
