// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits that are pending on several vCPUs at once: answered in every order, from one
 * thread and from one for each.
 */
#include <pthread.h>

#include "kvm_util.h"

#include "cases/vmm_cases.h"
#include "check/expect.h"
#include "check/state.h"
#include "check/transcript.h"

#define NR_CPUS		VMM_ORDER_CPUS

/* Each vCPU has an answer of its own. */
static const enum vmm_answer answers[NR_CPUS] = { VMM_OK, VMM_OTHER, VMM_ERROR };

static bool start(struct vmm_vm *v, const struct vmm_case *c)
{
	unsigned int i;

	for (i = 0; i < NR_CPUS; i++) {
		const char *missing = c->kind[i]->missing ? c->kind[i]->missing() : NULL;

		if (missing) {
			check_skip("%s", missing);
			return false;
		}
	}
	return vmm_vm_start(v, c->type, c->arg, NR_CPUS);
}

/* The next of the orders of @order's numbers, in the order of the dictionary; false: none. */
static bool next_order(unsigned int *order)
{
	unsigned int i = NR_CPUS - 1, j = NR_CPUS - 1, low, high, swap;

	while (i && order[i - 1] > order[i])
		i--;
	if (!i)
		return false;
	while (order[j] < order[i - 1])
		j--;
	swap = order[i - 1];
	order[i - 1] = order[j];
	order[j] = swap;
	for (low = i, high = NR_CPUS - 1; low < high; low++, high--) {
		swap = order[low];
		order[low] = order[high];
		order[high] = swap;
	}
	return true;
}

static bool all_pending(struct vmm_vm *v, const struct vmm_case *c)
{
	enum requirement_nr req = vmm_req(v, VMM_REQ_VCPUS);
	unsigned int i;

	for (i = 0; i < NR_CPUS; i++) {
		vmm_prepare(&v->cpu[i], c->kind[i]);
		if (!vmm_run_to_exit(req, &v->cpu[i]))
			return false;
	}
	/* None has touched another one's. */
	for (i = 0; i < NR_CPUS; i++)
		if (!vmm_expect_exit(req, &v->cpu[i]))
			return false;
	return true;
}

/* All answers are there before the first is taken. */
static void answer_all(struct vmm_vm *v, const unsigned int *order)
{
	unsigned int i, served = v->served;

	for (i = 0; i < NR_CPUS; i++)
		vmm_answer(&v->cpu[order[i]], answers[order[i]]);
	/* It has to be counted when it is taken. */
	v->served = served;
}

static bool take_answer(struct vmm_cpu *cpu)
{
	enum vmm_answer answer = answers[cpu->id];

	cpu->v->served += cpu->kind->reaches_firmware && answer == VMM_OK;
	return vmm_run_to_answer(vmm_req(cpu->v, VMM_REQ_VCPUS), cpu, answer);
}

void vmm_case_every_order(const struct vmm_case *c)
{
	unsigned int order[NR_CPUS] = { 0, 1, 2 }, i;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	do {
		if (!all_pending(&v, c))
			break;
		answer_all(&v, order);
		for (i = 0; i < NR_CPUS; i++)
			if (!take_answer(&v.cpu[order[i]]))
				break;
	} while (!check_failed() && next_order(order));
	if (check_failed())
		check_note("vCPUs were answered in the order %u %u %u", order[0], order[1],
			   order[2]);
	vmm_vm_free(&v);
}

/* ---- a thread for each vCPU ---- */

static void *run_once(void *arg)
{
	struct vmm_cpu *cpu = arg;

	return (void *)(long)check_run(cpu->vcpu);
}

/* KVM_RUN of all at once; what each is then expected to have, the caller says. */
static bool run_all(struct vmm_vm *v)
{
	pthread_t threads[NR_CPUS];
	bool good = true;
	unsigned int i;
	void *err;

	for (i = 0; i < NR_CPUS; i++)
		TEST_ASSERT(!pthread_create(&threads[i], NULL, run_once, &v->cpu[i]), "no thread");
	for (i = 0; i < NR_CPUS; i++) {
		pthread_join(threads[i], &err);
		good &= EXPECT_REQ_EQ(vmm_req(v, VMM_REQ_VCPUS), "KVM_RUN", 0, (long)err,
				      &names_errno);
	}
	return good;
}

void vmm_case_threads(const struct vmm_case *c)
{
	const unsigned int order[NR_CPUS] = { 2, 0, 1 };
	enum requirement_nr req;
	unsigned int i, round;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	req = vmm_req(&v, VMM_REQ_VCPUS);
	/* Each round has threads of its own: a vCPU moves from one to the next. */
	for (round = 0; round < 2 && !check_failed(); round++) {
		for (i = 0; i < NR_CPUS; i++)
			vmm_prepare(&v.cpu[i], c->kind[i]);
		if (!run_all(&v))
			break;
		for (i = 0; i < NR_CPUS; i++)
			vmm_expect_exit(req, &v.cpu[i]);
		for (i = 0; i < NR_CPUS; i++)
			vmm_answer(&v.cpu[order[i]], answers[order[i]]);
		if (check_failed() || !run_all(&v))
			break;
		for (i = 0; i < NR_CPUS; i++)
			vmm_expect_answer(req, &v.cpu[i], answers[i]);
	}
	vmm_vm_free(&v);
}
