// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_RUN around a TDX exit: immediate_exit, signals, several vCPUs, and VMs that go while
 * an exit is pending.
 */
#include "harness.h"

#include <linux/kvm_para.h>
#include <pthread.h>
#include <signal.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "tdvmcall_vm.h"
#include "tdx_revisions.h"

#define PAGE	4096ull

/* Kinds of exits, which KVM completes each in its way. */
enum kind {
	INFO,
	QUOTE,
	NOTIFY,
	MAP_GPA,
	NR_KINDS
};

static const struct kind_ops {
	uint64_t leaf, r12, r13;
	bool r12_is_shared;
	uint32_t reason;		/* 0: the revision's */
} kinds[NR_KINDS] = {
	[INFO] = { .leaf = GHCI_GET_TD_VM_CALL_INFO, .r12 = 1 },
	[QUOTE] = { .leaf = GHCI_GET_QUOTE, .r12_is_shared = true, .r13 = PAGE },
	[NOTIFY] = { .leaf = GHCI_SETUP_EVENT_NOTIFY, .r12 = 0x40 },
	[MAP_GPA] = { .leaf = GHCI_MAP_GPA, .r13 = PAGE, .reason = KVM_EXIT_HYPERCALL },
};

/* A status of the VMM's that all kinds can give, and that none presets. */
#define ANSWER	GHCI_INVALID_OPERAND

static void create(struct tdvmcall_vm *v, unsigned int nr_vcpus)
{
	const struct tdvmcall_vm_options options = { .nr_vcpus = nr_vcpus, .map_gpa = true };

	tdvmcall_vm_create_with(v, &options);
}

/* KVM_RUN up to an exit of @kind, and the VMM's answer to it, which is not yet given. */
static bool run_to_exit(enum requirement_nr req, struct tdvmcall_vm *v, enum kind kind,
			uint64_t answer)
{
	const struct kind_ops *k = &kinds[kind];
	struct kvm_run *run = v->vcpu->run;

	tdvmcall_prepare(v, k->leaf, k->r12 | (k->r12_is_shared ? v->td->shared_bit : 0), k->r13,
			 0, 0);
	if (!EXPECT_REQ_EXIT(req, v->vcpu, k->reason ? k->reason : TDX_EXIT_REASON))
		return false;
	/* MapGPA's ret is an errno, which becomes INVALID_OPERAND. */
	if (kind == MAP_GPA)
		run->hypercall.ret = answer ? EINVAL : 0;
	else
		tdx_exit_of(run)->unknown.ret = answer;
	return true;
}

static const char *missing(void)
{
	const char *why = tdx_revision_find();

	return why || tdx_revision()->has_nr ? why : "this KVM does not speak KVM_EXIT_TDX";
}

/* ---- completed, but not run ---- */

COCO_FIXTURE(interrupted);
FIXTURE_VARIANT(interrupted)
{
	struct check_row row;
	enum kind kind;
	bool signal;
};

#define INTERRUPTED_ROWS(name, kind_)						\
	FIXTURE_VARIANT_ADD(interrupted, name##_immediate_exit)			\
	{									\
		COCO_ROW("tdx", REQ_TDX_IMMEDIATE), .kind = kind_,		\
	};									\
	FIXTURE_VARIANT_ADD(interrupted, name##_signal)				\
	{									\
		COCO_ROW("tdx", REQ_TDX_SIGNAL), .kind = kind_, .signal = true,	\
	};

INTERRUPTED_ROWS(info, INFO)
INTERRUPTED_ROWS(quote, QUOTE)
INTERRUPTED_ROWS(notify, NOTIFY)
INTERRUPTED_ROWS(map_gpa, MAP_GPA)

static void on_signal(int sig __attribute__((unused)))
{
}

/* SIGUSR1 is blocked but in KVM_RUN, and pending or taken back. */
static void signal_pending(struct tdvmcall_vm *v, bool pending)
{
	struct {
		struct kvm_signal_mask head;
		uint64_t set;
	} __attribute__((packed)) none = { .head.len = sizeof(uint64_t) };
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (pending) {
		signal(SIGUSR1, on_signal);
		pthread_sigmask(SIG_BLOCK, &set, NULL);
		vcpu_ioctl(v->vcpu, KVM_SET_SIGNAL_MASK, &none.head);
		raise(SIGUSR1);
	} else {
		vcpu_ioctl(v->vcpu, KVM_SET_SIGNAL_MASK, (struct kvm_signal_mask *)NULL);
		sigtimedwait(&set, NULL, &now);
	}
	errno = 0;
}

COCO_TEST_F(interrupted, answer_is_taken)
{
	enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;

	create(&v, 1);
	if (!run_to_exit(req, &v, variant->kind, ANSWER))
		return;
	if (variant->signal)
		signal_pending(&v, true);
	else
		v.vcpu->run->immediate_exit = 1;
	if (!expect_tdx_eintr(req, &v))
		return;
	EXPECT_REQ_EQ(req, "RAX's place, which the guest has not written yet",
		      ~TD_FILL(TD_RAX), v.req->out.gpr[TD_RAX], &names_value);

	/* It is answered: what kvm_run holds now is nobody's. */
	memset(tdx_exit_of(v.vcpu->run), 0xee, sizeof(struct tdx_exit));
	if (variant->signal)
		signal_pending(&v, false);
	else
		v.vcpu->run->immediate_exit = 0;
	expect_tdvmcall_answer(req, &v, ANSWER);
	tdvmcall_vm_free(&v);
}

/* ---- exits of two vCPUs ---- */

COCO_FIXTURE(vcpus);
FIXTURE_VARIANT(vcpus)
{
	struct check_row row;
	enum kind kind[2];
	uint64_t answer[2];
	unsigned int first;		/* the vCPU that is answered first */
};

#define VCPUS_ROW(name, kind0, answer0, kind1, answer1, first_)			\
	FIXTURE_VARIANT_ADD(vcpus, name)					\
	{									\
		COCO_ROW("tdx", REQ_TDX_VCPU), .kind = { kind0, kind1 },	\
		.answer = { answer0, answer1 }, .first = first_,		\
	};

VCPUS_ROW(quote_quote, QUOTE, GHCI_SUCCESS, QUOTE, ANSWER, 0)
VCPUS_ROW(quote_quote_second_first, QUOTE, GHCI_SUCCESS, QUOTE, ANSWER, 1)
VCPUS_ROW(notify_quote, NOTIFY, GHCI_RETRY, QUOTE, GHCI_SUCCESS, 1)
VCPUS_ROW(map_gpa_map_gpa, MAP_GPA, GHCI_SUCCESS, MAP_GPA, ANSWER, 1)
VCPUS_ROW(info_map_gpa, INFO, GHCI_RETRY, MAP_GPA, GHCI_SUCCESS, 0)

COCO_TEST_F(vcpus, both_pending)
{
	struct tdvmcall_vm v;
	unsigned int i, id;

	create(&v, 2);
	for (id = 0; id < 2; id++) {
		tdvmcall_vm_select(&v, id);
		if (!run_to_exit(REQ_TDX_VCPU, &v, variant->kind[id], variant->answer[id]))
			return;
	}
	for (i = 0; i < 2; i++) {
		id = variant->first ^ i;
		tdvmcall_vm_select(&v, id);
		if (!expect_tdvmcall_answer(REQ_TDX_VCPU, &v, variant->answer[id]))
			return;
	}
	tdvmcall_vm_free(&v);
}

/* Four vCPUs at once, a thread for each: whose answer is whose shows in the low bits. */
#define NR_THREADS	4
#define NR_CALLS	50

struct caller {
	struct tdvmcall_vm v;
	unsigned int id;
	unsigned int wrong;		/* answers */
	pthread_t thread;
};

static void *make_calls(void *arg)
{
	struct caller *c = arg;
	unsigned int i;

	for (i = 0; i < NR_CALLS; i++) {
		uint64_t ret = (uint64_t)c->id << 32 | i | 0x100;

		tdvmcall_prepare(&c->v, GHCI_GET_QUOTE, c->v.td->shared_bit, PAGE, 0, 0);
		if (__vcpu_run(c->v.vcpu) || c->v.vcpu->run->exit_reason != TDX_EXIT_REASON) {
			c->wrong++;
			break;
		}
		tdx_exit_of(c->v.vcpu->run)->get_quote.ret = ret;
		if (__vcpu_run(c->v.vcpu) || c->v.req->out.gpr[TD_R10] != ret)
			c->wrong++;
	}
	return NULL;
}

COCO_FIXTURE(threads);
FIXTURE_VARIANT(threads)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(threads, four)
{
	COCO_ROW("tdx", REQ_TDX_VCPU),
};

COCO_TEST_F(threads, own_answers)
{
	struct caller callers[NR_THREADS];
	struct tdvmcall_vm v;
	unsigned int id;

	(void)variant;
	create(&v, NR_THREADS);
	for (id = 0; id < NR_THREADS; id++) {
		callers[id] = (struct caller){ .v = v, .id = id };
		tdvmcall_vm_select(&callers[id].v, id);
		TEST_ASSERT(!pthread_create(&callers[id].thread, NULL, make_calls, &callers[id]),
			    "no thread");
	}
	for (id = 0; id < NR_THREADS; id++) {
		pthread_join(callers[id].thread, NULL);
		EXPECT_REQ_EQ(REQ_TDX_VCPU, "wrong answers of a vCPU", 0, callers[id].wrong,
			      &names_count);
	}
	tdvmcall_vm_free(&v);
}

/* ---- the VM goes while an exit is pending ---- */

COCO_FIXTURE(closed);
FIXTURE_VARIANT(closed)
{
	struct check_row row;
	enum kind kind;
};

#define CLOSED_ROW(name, kind_)							\
	FIXTURE_VARIANT_ADD(closed, name)					\
	{									\
		COCO_ROW("tdx", REQ_KERNEL_NO_SPLAT), .kind = kind_,		\
	};

CLOSED_ROW(info, INFO)
CLOSED_ROW(quote, QUOTE)
CLOSED_ROW(notify, NOTIFY)
CLOSED_ROW(map_gpa, MAP_GPA)

COCO_TEST_F(closed, exit_pending)
{
	struct tdvmcall_vm v;

	create(&v, 1);
	run_to_exit(REQ_KERNEL_NO_SPLAT, &v, variant->kind, ANSWER);
	tdvmcall_vm_free(&v);

	/* Another TD is none the worse for it. */
	create(&v, 1);
	if (run_to_exit(REQ_KERNEL_NO_SPLAT, &v, variant->kind, ANSWER))
		expect_tdvmcall_answer(REQ_KERNEL_NO_SPLAT, &v, ANSWER);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(missing)
