// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps of two places: vCPUs on both, whose exits wait at the same time; and a vCPU, and its
 * memory, that moves from one to the other while its exit waits.
 */
#include <pthread.h>
#include <stdlib.h>

#include "kvm_util.h"

#include "step.h"

#define NR_CPUS	2

/* What a thread has to do, on a place. */
struct turn {
	struct step *step;
	const struct place *at;
	struct vmm_cpu *cpu;
	enum requirement_nr req;
	unsigned int kind;
	enum vmm_answer answer;
	bool to_guest;
	bool good;
};

static void *take_turn(void *arg)
{
	struct turn *t = arg;

	place_cpu(t->at, PLACE_NONE);
	t->good = t->to_guest ?
		guest_to_guest(t->step, t->req, t->cpu, t->kind, t->answer) :
		guest_to_vmm(t->step, t->req, t->cpu, t->kind);
	return NULL;
}

static bool take_turns(struct turn *turns, unsigned int nr)
{
	pthread_t threads[NR_CPUS];
	bool good = true;
	unsigned int i;

	for (i = 0; i < nr; i++)
		TEST_ASSERT(!pthread_create(&threads[i], NULL, take_turn, &turns[i]), "no thread");
	for (i = 0; i < nr; i++) {
		pthread_join(threads[i], NULL);
		good &= turns[i].good;
	}
	return good;
}

/* Both exits wait; then they are answered at once, or one after the other. */
static bool both_pending(struct turn *turns, unsigned int round)
{
	unsigned int i, first = round & 1;

	for (i = 0; i < NR_CPUS; i++)
		turns[i].to_guest = false;
	if (!take_turns(turns, NR_CPUS))
		return false;
	for (i = 0; i < NR_CPUS; i++) {
		turns[i].to_guest = true;
		turns[i].answer = guest_answer(round + i);
	}
	if (round & 2)
		return take_turns(turns, NR_CPUS);
	return take_turns(&turns[first], 1) && take_turns(&turns[!first], 1);
}

void step_interleave(struct step *step)
{
	const unsigned int nr_kinds = guest_nr_kinds();
	struct turn turns[NR_CPUS];
	unsigned int i, kinds, round = 0;
	struct vmm_vm v;

	place_memory(&step->at[0]);
	place_cpu(&step->at[0], PLACE_NONE);
	if (!guest_start(step, &v, NR_CPUS))
		exit(1);
	for (; round < step->count && (!round || now_ns() < step->end); round++) {
		for (kinds = 0; kinds < nr_kinds * nr_kinds; kinds++) {
			for (i = 0; i < NR_CPUS; i++)
				turns[i] = (struct turn) {
					.step = step, .cpu = &v.cpu[i],
					.req = vmm_req(&v, VMM_REQ_VCPUS),
					/* Next time the vCPUs have changed places. */
					.at = &step->at[(i + round) % NR_CPUS],
					.kind = i ? kinds / nr_kinds : kinds % nr_kinds,
				};
			if (!both_pending(turns, round + kinds))
				exit(1);
		}
	}
	guest_free(step, &v);
}

void step_migrate(struct step *step)
{
	unsigned int round, kind;
	enum requirement_nr req;
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	place_memory(&step->at[0]);
	place_cpu(&step->at[0], PLACE_NONE);
	if (!guest_start(step, &v, 1))
		exit(1);
	cpu = &v.cpu[0];
	req = vmm_req(&v, VMM_REQ_VCPUS);
	for (round = 0; round < step->count && (!round || now_ns() < step->end); round++) {
		const struct place *to = &step->at[!(round & 1)];

		for (kind = 0; kind < guest_nr_kinds(); kind++) {
			/* Where the last round left it; of the first kind it moves. */
			if (!guest_to_vmm(step, req, cpu, kind))
				exit(1);
			place_cpu(to, PLACE_NONE);
			if (!kind)
				step->moved += guest_move_pages(&v, to);
			if (!guest_to_guest(step, req, cpu, kind, guest_answer(round)))
				exit(1);
			place_cpu(&step->at[round & 1], PLACE_NONE);
		}
		place_cpu(to, PLACE_NONE);
	}
	guest_free(step, &v);
}
