// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SNP VM that makes the VMGEXITs written down for it.
 */
#include <string.h>

#include "kvm_util.h"

#include "check/names.h"
#include "check/state.h"
#include "check/transcript.h"
#include "snp/ghcb_vm.h"

static void tell_steps(const void *guest)
{
	const struct ghcb_script *script = guest;
	unsigned int i;

	for (i = 0; i < script->nr_steps; i++) {
		const struct ghcb_step *step = &script->step[i];
		const struct ghcb *page = &step->answer.page;

		if (!step->gva)
			check_note("guest: step %u: GHCB MSR 0x%lx, then 0x%lx", i, step->msr,
				   step->answer.msr);
		else
			check_note("guest: step %u: %s (0x%lx), then SW_EXITINFO1 %s (0x%lx), SW_EXITINFO2 0x%lx, RAX 0x%lx",
				   i, name_of(&names_nae, step->in.sw_exit_code),
				   step->in.sw_exit_code,
				   name_of(&names_info_1, page->sw_exit_info_1),
				   page->sw_exit_info_1, page->sw_exit_info_2, page->rax);
	}
}

static void add_scripts(struct ghcb_vm *v, unsigned int nr_vcpus)
{
	unsigned int i;

	v->other = snp_vm_alloc_shared(v->snp, 1);
	for (i = 0; i < nr_vcpus; i++) {
		size_t pages = sizeof(struct ghcb_script) / v->snp->vm->page_size + 1;
		struct shared_mem script = snp_vm_alloc_shared(v->snp, pages);

		v->cpu[i].vcpu = v->snp->cpu[i].vcpu;
		v->cpu[i].ghcb = v->snp->cpu[i].ghcb;
		v->cpu[i].script = script.hva;
		vcpu_args_set(v->cpu[i].vcpu, 1, script.gva);
		check_guest_view(v->snp, tell_steps, script.hva);
	}
}

void ghcb_vm_create(struct ghcb_vm *v, unsigned int nr_vcpus, void *guest_code)
{
	v->snp = snp_vm_create(nr_vcpus, guest_code);
	add_scripts(v, nr_vcpus);
}

void ghcb_vm_create_es(struct ghcb_vm *v, unsigned int nr_vcpus, void *guest_code,
		       uint16_t ghcb_version)
{
	v->snp = es_vm_create(nr_vcpus, guest_code, ghcb_version);
	add_scripts(v, nr_vcpus);
}

static struct ghcb_step *add_step(struct ghcb_vm *v, unsigned int cpu)
{
	struct ghcb_script *script = v->cpu[cpu].script;
	struct ghcb_step *step = &script->step[script->nr_steps++];

	TEST_ASSERT(script->nr_steps <= GHCB_MAX_STEPS, "a script has at most %d steps",
		    GHCB_MAX_STEPS);
	step->before.gva = step->after.gva = 0;
	return step;
}

struct ghcb_step *ghcb_add_msr(struct ghcb_vm *v, unsigned int cpu, uint64_t msr)
{
	struct ghcb_step *step = add_step(v, cpu);

	step->msr = msr;
	step->gva = 0;
	return step;
}

struct ghcb_step *ghcb_add_event(struct ghcb_vm *v, unsigned int cpu, uint64_t code,
				 uint64_t info_1, uint64_t info_2)
{
	struct ghcb_step *step = add_step(v, cpu);

	step->msr = v->cpu[cpu].ghcb.gpa;
	step->gva = v->cpu[cpu].ghcb.gva;
	memset(&step->in, POISON_GHCB, sizeof(step->in));
	memset(step->in.valid_bitmap, 0, sizeof(step->in.valid_bitmap));
	step->in.protocol_version = GHCB_PROTOCOL_VERSION;
	step->in.ghcb_usage = GHCB_USAGE_STANDARD;
	ghcb_set(&step->in, sw_exit_code, code);
	ghcb_set(&step->in, sw_exit_info_1, info_1);
	ghcb_set(&step->in, sw_exit_info_2, info_2);
	return step;
}

uint64_t ghcb_buffer_gpa(const struct ghcb_vm *v, unsigned int cpu, uint64_t offset)
{
	return v->cpu[cpu].ghcb.gpa + offsetof(struct ghcb, shared_buffer) + offset;
}

void ghcb_script_reset(struct ghcb_vm *v, unsigned int cpu)
{
	v->cpu[cpu].script->nr_steps = 0;
	v->cpu[cpu].script->register_again = 0;
}
