// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits that are pending on several vCPUs at once: answered in every order, from one
 * thread and from one for each.
 */
#include "cert_rows.h"

#include <pthread.h>

#include "kvm_util.h"

#include "vmm_vm.h"

/* Rows that all KVMs have. */
#define NAME_none	NULL
#define REV_none	NULL

#define NR_CPUS		3

COCO_FIXTURE(vmm_vcpus);
FIXTURE_VARIANT(vmm_vcpus)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum vmm_exit kind[NR_CPUS];
};

#define VCPUS_ROW(tag, name, ...)						\
	FIXTURE_VARIANT_ADD(vmm_vcpus, tag##_##name)				\
	{									\
		CERT_ROW(tag, REQ_VMM_VCPUS),				\
		.kind = { __VA_ARGS__ },			\
	};

VCPUS_ROW(none, psc, VMM_PSC_NAE, VMM_PSC_MSR, VMM_PSC_NAE)

#define VCPUS_ROWS(tag)								\
	VCPUS_ROW(tag, certs, VMM_CERTS, VMM_CERTS, VMM_CERTS)		\
	VCPUS_ROW(tag, mixed, VMM_CERTS, VMM_PSC_NAE, VMM_PSC_MSR)
ROWS_OF_ALL(VCPUS_ROWS)

/* Each vCPU has an answer of its own. */
static const enum cert_answer_nr answers[NR_CPUS] = {
	CERT_ANSWER_OK, CERT_ANSWER_LEN, CERT_ANSWER_ERROR,
};

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

static bool all_pending(struct vmm_vm *v, const enum vmm_exit *kind)
{
	unsigned int i;

	for (i = 0; i < NR_CPUS; i++) {
		vmm_prepare(&v->cpu[i], kind[i]);
		if (!vmm_run_to_exit(REQ_VMM_VCPUS, &v->cpu[i]))
			return false;
	}
	/* None has touched another one's. */
	for (i = 0; i < NR_CPUS; i++)
		if (!vmm_expect_exit(REQ_VMM_VCPUS, &v->cpu[i]))
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
	enum cert_answer_nr nr = answers[cpu->vcpu->id];

	cpu->v->served += cpu->kind == VMM_CERTS && nr == CERT_ANSWER_OK;
	return vmm_run_to_answer(REQ_VMM_VCPUS, cpu, nr);
}

COCO_TEST_F(vmm_vcpus, every_order)
{
	unsigned int order[NR_CPUS] = { 0, 1, 2 }, i;
	struct vmm_vm v;

	if (!vmm_vm_start(&v, variant->rev, NR_CPUS))
		return;
	do {
		if (!all_pending(&v, variant->kind))
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
		pthread_create(&threads[i], NULL, run_once, &v->cpu[i]);
	for (i = 0; i < NR_CPUS; i++) {
		pthread_join(threads[i], &err);
		good &= EXPECT_REQ_EQ(REQ_VMM_VCPUS, "KVM_RUN", 0, (long)err, &names_errno);
	}
	return good;
}

COCO_TEST_F(vmm_vcpus, threads)
{
	const unsigned int order[NR_CPUS] = { 2, 0, 1 };
	unsigned int i, round;
	struct vmm_vm v;

	if (!vmm_vm_start(&v, variant->rev, NR_CPUS))
		return;
	/* Each round has threads of its own: a vCPU moves from one to the next. */
	for (round = 0; round < 2 && !check_failed(); round++) {
		for (i = 0; i < NR_CPUS; i++)
			vmm_prepare(&v.cpu[i], variant->kind[i]);
		if (!run_all(&v))
			break;
		for (i = 0; i < NR_CPUS; i++)
			vmm_expect_exit(REQ_VMM_VCPUS, &v.cpu[i]);
		for (i = 0; i < NR_CPUS; i++)
			vmm_answer(&v.cpu[order[i]], answers[order[i]]);
		if (check_failed() || !run_all(&v))
			break;
		for (i = 0; i < NR_CPUS; i++)
			vmm_expect_answer(REQ_VMM_VCPUS, &v.cpu[i], answers[i]);
	}
	vmm_vm_free(&v);
}

CERT_MAIN
