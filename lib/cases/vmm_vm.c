// SPDX-License-Identifier: GPL-2.0-only
/*
 * A confidential VM that makes any kind of exit: what SNP VMs and TDs have in common.
 */
#include <errno.h>
#include <string.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "cases/vmm_vm.h"
#include "check/expect.h"
#include "check/run.h"
#include "check/transcript.h"

bool vmm_vm_start(struct vmm_vm *v, const struct vmm_guest_ops *type, const void *arg,
		  unsigned int nr_cpus)
{
	unsigned int i;

	TEST_ASSERT(nr_cpus && nr_cpus <= VMM_MAX_VCPUS, "1 to %d vCPUs, not %u", VMM_MAX_VCPUS,
		    nr_cpus);
	memset(v, 0, sizeof(*v));
	v->type = type;
	v->arg = arg;
	v->nr_cpus = nr_cpus;
	for (i = 0; i < nr_cpus; i++) {
		v->cpu[i].v = v;
		v->cpu[i].id = i;
	}
	return type->start(v);
}

void vmm_vm_free(struct vmm_vm *v)
{
	v->type->free(v);
}

enum requirement_nr vmm_req(const struct vmm_vm *v, enum vmm_req nr)
{
	return v->type->req[nr];
}

void vmm_prepare(struct vmm_cpu *cpu, const struct vmm_exit_ops *kind)
{
	cpu->kind = kind;
	kind->prepare(cpu);
}

bool vmm_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	return cpu->kind->expect_exit(req, cpu);
}

bool vmm_run_to_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	int err;

	do {
		err = check_run(cpu->vcpu);
	} while (err == EINTR);
	return EXPECT_REQ_EQ(req, "KVM_RUN", 0, err, &names_errno) && vmm_expect_exit(req, cpu);
}

void vmm_answer(struct vmm_cpu *cpu, enum vmm_answer answer)
{
	cpu->kind->answer(cpu, answer);
	if (cpu->kind->reaches_firmware && answer == VMM_OK)
		cpu->v->served++;
}

bool vmm_expect_served(enum requirement_nr req, const struct vmm_cpu *cpu)
{
	const struct vmm_guest_ops *type = cpu->v->type;

	return (!type->expect_served || type->expect_served(req, cpu)) &&
	       EXPECT_REQ_EQ(req, "answers that the guest has had", cpu->answers,
			     type->answers(cpu), &names_count);
}

bool vmm_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu, enum vmm_answer answer)
{
	cpu->answers++;
	return vmm_expect_served(req, cpu) && cpu->kind->expect_answer(req, cpu, answer);
}

bool vmm_run_to_answer(enum requirement_nr req, struct vmm_cpu *cpu, enum vmm_answer answer)
{
	return EXPECT_REQ_SYNC(req, cpu->vcpu, cpu->v->type->stage_answered) &&
	       vmm_expect_answer(req, cpu, answer);
}

bool vmm_run_interrupted(enum requirement_nr req, const struct vmm_cpu *cpu)
{
	return EXPECT_REQ_EQ(req, "KVM_RUN", EINTR, check_run(cpu->vcpu), &names_errno);
}

void vmm_overwrite_exit(struct kvm_run *run)
{
	const size_t exits = offsetof(struct kvm_run, hw);

	memset((char *)run + exits, 0xee, offsetof(struct kvm_run, kvm_valid_regs) - exits);
	run->exit_reason = ~0u;
}
