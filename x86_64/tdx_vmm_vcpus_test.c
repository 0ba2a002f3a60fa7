// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX exits that are pending on several vCPUs at once: answered in every order, from one
 * thread and from one for each; and MapGPA of several exits on two vCPUs.
 */
#include "check/harness.h"

#include <pthread.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "cases/vmm_cases.h"
#include "cases/vmm_tdx.h"
#include "tdx/tdx_probe.h"

/* ---- of all kinds ---- */

COCO_FIXTURE(vmm_vcpus);
FIXTURE_VARIANT(vmm_vcpus)
{
	struct check_row row;
	struct vmm_case c;
};

#define VCPUS_ROW(name, ...)							\
	FIXTURE_VARIANT_ADD(vmm_vcpus, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_VMM_VCPUS),					\
		.c = { .type = &vmm_tdx, .kind = { __VA_ARGS__ } },		\
	};

VCPUS_ROW(quote, &vmm_quote, &vmm_quote, &vmm_quote)
VCPUS_ROW(map_gpa, &vmm_map_gpa, &vmm_map_gpa, &vmm_map_gpa)
VCPUS_ROW(mixed, &vmm_info, &vmm_notify, &vmm_quote)
VCPUS_ROW(mixed_map_gpa, &vmm_map_gpa, &vmm_io_in, &vmm_quote)

COCO_TEST_F(vmm_vcpus, every_order)
{
	vmm_case_every_order(&variant->c);
}

COCO_TEST_F(vmm_vcpus, threads)
{
	vmm_case_threads(&variant->c);
}

/* ---- ranges of several exits, at once ---- */

#define RANGE		(6ull << 20)
#define NR_CPUS		2

COCO_FIXTURE(chunks);
FIXTURE_VARIANT(chunks)
{
	struct check_row row;
	bool same_range;		/* of both vCPUs */
	const char *order;		/* the vCPUs' exits, as they are answered */
	unsigned int refused;		/* of vCPU 1: the exit that is, from 1; 0: none */
	bool overwritten;		/* is each exit, before it is answered */
};

#define CHUNKS_ROW(name, same_range_, order_, refused_)				\
	FIXTURE_VARIANT_ADD(chunks, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_VMM_VCPUS),					\
		.same_range = same_range_, .order = order_, .refused = refused_,	\
	};

/* Where KVM cuts is not ABI: each goes on in the order given, round and round. */
CHUNKS_ROW(in_turn, false, "01", 0)
CHUNKS_ROW(in_turn_one_range, true, "01", 0)
CHUNKS_ROW(first_refused, true, "01", 1)
CHUNKS_ROW(second_refused_one_range, true, "110", 2)

FIXTURE_VARIANT_ADD(chunks, overwritten)
{
	COCO_ROW(NULL, REQ_TDX_VMM_FIELDS), .order = "01", .overwritten = true,
};

/* A vCPU that goes through its range. */
struct walk {
	struct vmm_cpu *cpu;
	uint64_t next, end;		/* GPAs */
	unsigned int exits;
	bool over;
};

/* The exit in kvm_run is for @w's next GPA; answer it, and KVM_RUN. */
static bool step(struct walk *w, bool refuse, bool overwrite)
{
	struct kvm_run *run = w->cpu->vcpu->run;
	const uint64_t *gpr = vmm_tdx_vm(w->cpu)->req->out.gpr;
	uint64_t wanted = w->next;

	w->next += run->hypercall.args[1] * PAGE_SIZE;
	w->exits++;
	if (overwrite)
		vmm_overwrite_exit(run);
	run->hypercall.ret = refuse ? EINVAL : 0;
	w->over = refuse || w->next == w->end;
	if (!w->over)
		return EXPECT_REQ_EXIT(check_main_req(), w->cpu->vcpu, KVM_EXIT_HYPERCALL) &&
		       EXPECT_REQ_EQ(check_main_req(), "args[0], the next GPA", w->next,
				     run->hypercall.args[0], &names_gpa);
	if (!EXPECT_REQ_SYNC(check_main_req(), w->cpu->vcpu, TD_STAGE_ANSWERED) ||
	    !EXPECT_REQ_EQ(check_main_req(), "R10, the answer",
			   refuse ? GHCI_INVALID_OPERAND : GHCI_SUCCESS, gpr[TD_R10],
			   &names_tdvmcall))
		return false;
	return !refuse || EXPECT_REQ_EQ(check_main_req(), "R11, where it stopped", wanted,
					gpr[TD_R11], &names_gpa);
}

static bool walk_start(struct walk *w, struct vmm_cpu *cpu, uint64_t gpa)
{
	*w = (struct walk){ .cpu = cpu, .next = gpa, .end = gpa + RANGE };
	tdvmcall_prepare(vmm_tdx_vm(cpu), GHCI_MAP_GPA, gpa, RANGE, 0, 0);
	return EXPECT_REQ_EXIT(REQ_TDX_VMM_VCPUS, cpu->vcpu, KVM_EXIT_HYPERCALL) &&
	       EXPECT_REQ_EQ(REQ_TDX_VMM_VCPUS, "args[0], the GPA", gpa,
			     cpu->vcpu->run->hypercall.args[0], &names_gpa);
}

COCO_TEST_F(chunks, interleaved)
{
	struct walk walks[NR_CPUS];
	const char *turn;
	unsigned int i;
	struct vmm_vm v;

	if (!vmm_vm_start(&v, &vmm_tdx, NULL, NR_CPUS))
		return;
	for (i = 0; i < NR_CPUS; i++)
		if (!walk_start(&walks[i], &v.cpu[i],
				vmm_tdx_gpa(&v.cpu[variant->same_range ? 0 : i])))
			return;
	for (turn = variant->order; !walks[0].over || !walks[1].over; ) {
		struct walk *w = &walks[*turn - '0'];

		if (!w->over && !step(w, w == &walks[1] && w->exits + 1 == variant->refused,
				      variant->overwritten))
			return;
		if (!*++turn)
			turn = variant->order;
	}
	vmm_vm_free(&v);
}

/* ---- as many as a TD of ours has, a thread each ---- */

#define NR_CALLS	32

COCO_FIXTURE(threads);
FIXTURE_VARIANT(threads)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(threads, all_kinds)
{
	COCO_ROW(NULL, REQ_TDX_VMM_VCPUS),
};

static const struct vmm_exit_ops *const kinds[] = {
	&vmm_quote, &vmm_map_gpa, &vmm_info, &vmm_io_in, &vmm_notify,
};

#define NR_KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static void *make_calls(void *arg)
{
	static const enum vmm_answer answers[] = { VMM_OK, VMM_ERROR, VMM_OTHER };
	struct vmm_cpu *cpu = arg;
	unsigned int i;

	for (i = 0; i < NR_CALLS && !check_failed(); i++) {
		const struct vmm_exit_ops *kind = kinds[(i + cpu->id) % NR_KINDS];
		enum vmm_answer answer = answers[(i + cpu->id) % 3];

		if (kind->missing && kind->missing())
			continue;
		vmm_prepare(cpu, kind);
		if (!vmm_run_to_exit(REQ_TDX_VMM_VCPUS, cpu))
			break;
		vmm_answer(cpu, answer);
		if (!vmm_run_to_answer(REQ_TDX_VMM_VCPUS, cpu, answer))
			break;
	}
	return NULL;
}

COCO_TEST_F(threads, own_answers)
{
	pthread_t threads[VMM_MAX_VCPUS];
	struct vmm_vm v;
	unsigned int i;

	(void)variant;
	if (!vmm_vm_start(&v, &vmm_tdx, NULL, VMM_MAX_VCPUS))
		return;
	for (i = 0; i < VMM_MAX_VCPUS; i++)
		TEST_ASSERT(!pthread_create(&threads[i], NULL, make_calls, &v.cpu[i]),
			    "no thread");
	for (i = 0; i < VMM_MAX_VCPUS; i++)
		pthread_join(threads[i], NULL);
	vmm_vm_free(&v);
}

COCO_MAIN(tdx_revision_find)
