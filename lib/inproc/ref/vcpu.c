// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD's vCPUs before they run: their initial state, the TD's memory.  Errnos are those
 * of Linux 7.1, where the documents name none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cpuid2.h"
#include "engine/td_reset.h"
#include "ref.h"

long ref_vcpu_new(struct inproc_vcpu *host)
{
	struct ref_vm *vm = host->vm->priv;
	struct ref_vcpu *vcpu;

	if (host->vm->nr_vcpus >= vm->max_vcpus)
		return -EINVAL;
	vcpu = calloc(1, sizeof(*vcpu));
	if (!vcpu)
		return -ENOMEM;
	vcpu->host = host;
	vcpu->vm = vm;
	vcpu->mp_state.mp_state = host->id ? KVM_MP_STATE_UNINITIALIZED : KVM_MP_STATE_RUNNABLE;
	host->priv = vcpu;
	return 0;
}

long ref_vcpu_create(struct inproc_vcpu *host)
{
	const struct ref_vm *vm = host->vm->priv;

	if (vm->state != REF_VM_INITIALIZED)
		return -EIO;
	return vm->split_irqchip ? ref_vcpu_new(host) : -EINVAL;
}

void ref_vcpu_destroy(struct inproc_vcpu *host)
{
	struct ref_vcpu *vcpu = host->priv;

	free(vcpu->cpuid);
	free(vcpu);
}

/*
 * Intel TDX Module Base Architecture Specification, "Initial State of Guest GPRs"; the rest
 * in td_reset_sregs().
 */
static long set_initial_state(struct ref_vcpu *vcpu, uint64_t rcx)
{
	const struct kvm_cpuid_entry2 *version = cpuid2_find(vcpu->cpuid, 1, 0);
	struct engine_vcpu *ev = vcpu->host->engine;
	struct kvm_sregs sregs;
	struct kvm_regs regs = {
		.rip = TD_RESET_RIP, .rflags = 2,
		.rbx = vcpu->vm->gpaw,
		.rcx = rcx, .r8 = rcx,
		.rdx = version ? version->eax : 0,
		.rsi = vcpu->index,
	};
	int r;

	r = engine->get_sregs(ev, &sregs);
	if (r)
		return r;
	td_reset_sregs(&sregs);
	r = engine->set_sregs(ev, &sregs);
	return r ? r : engine->set_regs(ev, &regs);
}

static long init_vcpu(struct ref_vcpu *vcpu, const struct tdx_cmd *cmd)
{
	long r;

	if (cmd->flags || vcpu->initialized)
		return -EINVAL;
	vcpu->index = vcpu->vm->next_index;
	r = set_initial_state(vcpu, cmd->data);
	if (r)
		return r;
	vcpu->vm->next_index++;
	vcpu->mp_state.mp_state = KVM_MP_STATE_RUNNABLE;
	vcpu->initialized = true;
	return 0;
}

static bool bad_region(const struct ref_vm *vm, const struct tdx_mem_region *region)
{
	const uint64_t size = region->nr_pages * PAGE_SIZE;

	return (region->source_addr | region->gpa) % PAGE_SIZE || !region->nr_pages ||
	       region->nr_pages > UINT64_MAX / PAGE_SIZE || region->gpa + size <= region->gpa ||
	       region->gpa + size > vm->shared_bit;
}

static long add_page(struct ref_vm *vm, const struct tdx_mem_region *region)
{
	void *to = inproc_gpa_to_hva(vm->host, region->gpa, true, NULL);
	char page[PAGE_SIZE];
	long r;

	if (copy_from_user(page, (void *)region->source_addr, PAGE_SIZE))
		return -EFAULT;
	/* What guest_memfd does not back, or the VMM has not made private, cannot be added. */
	if (!to || !inproc_gpa_is_private(vm->host, region->gpa))
		return -EINVAL;
	r = ref_sept_add(vm, region->gpa, REF_SEPT_PRESENT);
	if (!r)
		memcpy(to, page, PAGE_SIZE);
	return r;
}

/* Proposed: without a source a page that is converted in place keeps what it holds. */
static long keep_page(struct ref_vm *vm, uint64_t gpa)
{
	const struct inproc_slot *slot = inproc_find_slot(vm->host, gpa);

	if (!slot || !slot->gmem_hva || slot->hva != slot->gmem_hva)
		return -EFAULT;
	if (!inproc_gpa_is_private(vm->host, gpa))
		return -EINVAL;
	return ref_sept_add(vm, gpa, REF_SEPT_PRESENT);
}

/* As far as it gets; the struct says how far that is. */
static long init_mem_region(struct ref_vcpu *vcpu, const struct tdx_cmd *cmd)
{
	struct ref_vm *vm = vcpu->vm;
	struct tdx_mem_region region;
	uint64_t first;
	long r = 0;

	if (!vcpu->initialized || vm->state != REF_VM_INITIALIZED ||
	    (cmd->flags & ~TDX_MEASURE_MEMORY_REGION))
		return -EINVAL;
	if (copy_from_user(&region, (void *)cmd->data, sizeof(region)))
		return -EFAULT;
	if (bad_region(vm, &region))
		return -EINVAL;

	first = region.gpa;
	while (!r && region.nr_pages) {
		r = region.source_addr ? add_page(vm, &region) : keep_page(vm, region.gpa);
		if (r)
			break;
		ref_measure_page(vm, region.gpa, cmd->flags & TDX_MEASURE_MEMORY_REGION);
		region.source_addr += region.source_addr ? PAGE_SIZE : 0;
		region.gpa += PAGE_SIZE;
		region.nr_pages--;
	}
	if (region.gpa > first && inproc_patch_sites(vm->host, first, region.gpa - first) < 0)
		r = -EIO;
	if (copy_to_user((void *)cmd->data, &region, sizeof(region)))
		return -EFAULT;
	return r;
}

/* What the engine's CPUID instruction answers, with the TD's address width in it. */
static long get_cpuid(struct ref_vcpu *vcpu, const struct tdx_cmd *cmd)
{
	struct kvm_cpuid2 *user = (void *)cmd->data, *cpuid, head;
	uint32_t i;
	long r;

	if (cmd->flags)
		return -EINVAL;
	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	cpuid = cpuid2_new();
	if (!cpuid)
		return -ENOMEM;
	r = engine->get_supported_cpuid(cpuid);
	if (r)
		goto out;
	for (i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == TDX_CPUID_ADDRESS_SIZES)
			e->eax = (e->eax & 0xff00ff00) | vcpu->vm->gpaw << 16 | vcpu->vm->gpaw;
	}
	if (head.nent < cpuid->nent)
		r = -E2BIG;
	head.nent = cpuid->nent;
	if (copy_to_user(user, &head, sizeof(head)) ||
	    (!r && copy_to_user(user->entries, cpuid->entries,
				cpuid->nent * sizeof(cpuid->entries[0]))))
		r = -EFAULT;
out:
	free(cpuid);
	return r;
}

static long memory_encrypt_op(struct ref_vcpu *vcpu, unsigned long arg)
{
	struct tdx_cmd cmd;
	long r;

	if (vcpu->vm->state != REF_VM_INITIALIZED)
		return -EINVAL;
	r = ref_get_cmd(&cmd, arg);
	if (r)
		return r;
	switch (cmd.id) {
	case TDX_CMD_INIT_VCPU:
		return init_vcpu(vcpu, &cmd);
	case TDX_CMD_INIT_MEM_REGION:
		return init_mem_region(vcpu, &cmd);
	case TDX_CMD_GET_CPUID:
		return get_cpuid(vcpu, &cmd);
	}
	return -EINVAL;
}

long ref_vcpu_ioctl(struct inproc_vcpu *host, unsigned int cmd, unsigned long arg)
{
	struct ref_vcpu *vcpu = host->priv;
	void *argp = (void *)arg;

	if (vcpu->vm->dead)
		return -EIO;
	switch (cmd) {
	case KVM_MEMORY_ENCRYPT_OP:
		return memory_encrypt_op(vcpu, arg);
	case KVM_SET_CPUID2:
		return inproc_set_cpuid2(host, &vcpu->cpuid, arg);
	case KVM_GET_CPUID2:
		return inproc_get_cpuid2(vcpu->cpuid, arg);
	case KVM_GET_MP_STATE:
		return copy_to_user(argp, &vcpu->mp_state, sizeof(vcpu->mp_state));
	case KVM_GET_REGS:
	case KVM_SET_REGS:
	case KVM_GET_SREGS:
	case KVM_SET_SREGS:
		/* The module's, not KVM's. */
		return -EINVAL;
	case KVM_GET_NESTED_STATE:
	case KVM_SET_NESTED_STATE:
		/* A TD has no VMX. */
		return -EINVAL;
	}
	inproc_not_driven("ioctl 0x%x is not implemented for a TD's vCPU: EINVAL", cmd);
	return -EINVAL;
}
