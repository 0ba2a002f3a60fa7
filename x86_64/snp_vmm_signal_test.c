// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals and immediate_exit at every point of an exit's life: before it, while it waits for
 * an answer, when it has one.  And KVM_RUN without an answer.
 *
 * Not ABI, so not checked: exit_reason after KVM_RUN failed with EINTR.  Nor does the
 * uAPI say that an exit which follows from an answer, without the guest, is held back by a
 * signal: a page state change of several parts goes on.
 */
#include "cert_rows.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "vmm_vm.h"

/* Rows that all KVMs have. */
#define NAME_none	NULL
#define REV_none	NULL

/* ---- signals ---- */

/* Blocked outside of KVM_RUN, so that it stays pending; in KVM_RUN it is @open. */
static void make_pending(const struct vmm_cpu *cpu, bool open)
{
	union {
		struct kvm_signal_mask head;
		char bytes[sizeof(struct kvm_signal_mask) + sizeof(uint64_t)];
	} mask = { .head.len = sizeof(uint64_t) };
	const uint64_t blocked = open ? 0 : 1ull << (SIGUSR1 - 1);
	sigset_t set;

	memcpy(mask.head.sigset, &blocked, sizeof(blocked));
	vcpu_ioctl(cpu->vcpu, KVM_SET_SIGNAL_MASK, &mask.head);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	TEST_ASSERT(!sigprocmask(SIG_BLOCK, &set, NULL), "cannot block a signal");
	TEST_ASSERT(!syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1),
		    "cannot send a signal");
}

/* Was it still pending? */
static bool take_pending(void)
{
	const struct timespec now = {};
	sigset_t set;
	bool taken;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	taken = sigtimedwait(&set, NULL, &now) == SIGUSR1;
	errno = 0;
	return taken;
}

/* KVM_RUN that a pending signal, or immediate_exit, ends. */
static bool run_interrupted(enum requirement_nr req, const struct vmm_cpu *cpu)
{
	return EXPECT_REQ_EQ(req, "KVM_RUN", EINTR, check_run(cpu->vcpu), &names_errno);
}

COCO_FIXTURE(vmm_signal);
FIXTURE_VARIANT(vmm_signal)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum vmm_exit kind;
	enum cert_answer_nr answer;
};

#define SIGNAL_ROW(tag, name, kind_, answer_)					\
	FIXTURE_VARIANT_ADD(vmm_signal, tag##_##name)				\
	{									\
		CERT_ROW(tag, REQ_VMM_SIGNAL, REQ_VMM_SIGNAL_ONCE),	\
		.kind = kind_, .answer = answer_,		\
	};

SIGNAL_ROW(none, psc_msr, VMM_PSC_MSR, CERT_ANSWER_OK)
SIGNAL_ROW(none, psc_msr_refused, VMM_PSC_MSR, CERT_ANSWER_ERROR)
SIGNAL_ROW(none, psc_nae, VMM_PSC_NAE, CERT_ANSWER_OK)
SIGNAL_ROW(none, psc_nae_refused, VMM_PSC_NAE, CERT_ANSWER_ERROR)

#define SIGNAL_CERTS(tag)						\
	SIGNAL_ROW(tag, certs, VMM_CERTS, CERT_ANSWER_OK)		\
	SIGNAL_ROW(tag, certs_len, VMM_CERTS, CERT_ANSWER_LEN)		\
	SIGNAL_ROW(tag, certs_error, VMM_CERTS, CERT_ANSWER_ERROR)
ROWS_OF_ALL(SIGNAL_CERTS)

/* Before the request, then with the answer written; the mask is the signal's way in. */
COCO_TEST_F(vmm_signal, pending)
{
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!vmm_vm_start(&v, variant->rev, 1))
		return;
	cpu = &v.cpu[0];
	vmm_prepare(cpu, variant->kind);

	make_pending(cpu, true);
	if (!run_interrupted(REQ_VMM_SIGNAL, cpu) ||
	    !vmm_expect_served(REQ_VMM_SIGNAL_ONCE, cpu))
		return;
	EXPECT_REQ_TRUE(REQ_VMM_SIGNAL, "the signal is still pending after KVM_RUN", take_pending());
	if (!vmm_run_to_exit(REQ_VMM_SIGNAL_ONCE, cpu))
		return;

	vmm_answer(cpu, variant->answer);
	make_pending(cpu, true);
	/* Twice: what was completed is not completed again. */
	if (!run_interrupted(REQ_VMM_SIGNAL, cpu) || !run_interrupted(REQ_VMM_SIGNAL, cpu) ||
	    !vmm_expect_served(REQ_VMM_SIGNAL_ONCE, cpu))
		return;
	EXPECT_REQ_TRUE(REQ_VMM_SIGNAL, "the signal is still pending after KVM_RUN", take_pending());
	if (vmm_run_to_answer(REQ_VMM_SIGNAL_ONCE, cpu, variant->answer))
		vmm_vm_free(&v);
}

/* KVM_RUN's mask keeps it out. */
COCO_TEST_F(vmm_signal, blocked)
{
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!vmm_vm_start(&v, variant->rev, 1))
		return;
	cpu = &v.cpu[0];
	vmm_prepare(cpu, variant->kind);
	make_pending(cpu, false);
	if (!EXPECT_REQ_EQ(REQ_VMM_SIGNAL, "KVM_RUN", 0, check_run(cpu->vcpu), &names_errno) ||
	    !vmm_expect_exit(REQ_VMM_SIGNAL, cpu))
		return;
	vmm_answer(cpu, variant->answer);
	if (!EXPECT_REQ_EQ(REQ_VMM_SIGNAL, "KVM_RUN", 0, check_run(cpu->vcpu), &names_errno) ||
	    !vmm_expect_answer(REQ_VMM_SIGNAL, cpu, variant->answer))
		return;
	EXPECT_REQ_TRUE(REQ_VMM_SIGNAL, "the signal is still pending after KVM_RUN", take_pending());
	vmm_vm_free(&v);
}

/* ---- a timer, wherever it strikes ---- */

COCO_FIXTURE(vmm_timer);
FIXTURE_VARIANT(vmm_timer)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum vmm_exit kind;
};

#define TIMER_ROW(tag, name, kind_)						\
	FIXTURE_VARIANT_ADD(vmm_timer, tag##_##name)				\
	{									\
		CERT_ROW(tag, REQ_VMM_SIGNAL_ONCE),			\
		.kind = kind_,				\
	};

TIMER_ROW(none, psc_msr, VMM_PSC_MSR)
TIMER_ROW(none, psc_nae, VMM_PSC_NAE)
#define TIMER_CERTS(tag)	TIMER_ROW(tag, certs, VMM_CERTS)
ROWS_OF_ALL(TIMER_CERTS)

#define TIMER_NS	50000
#define REQUESTS	16

static void ignore(int sig)
{
	(void)sig;
}

COCO_TEST_F(vmm_timer, strikes)
{
	const struct itimerspec often = {
		.it_interval.tv_nsec = TIMER_NS, .it_value.tv_nsec = TIMER_NS,
	}, never = {};
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sigaction action = { .sa_handler = ignore };
	unsigned int i;
	struct vmm_vm v;
	timer_t timer;

	if (!vmm_vm_start(&v, variant->rev, 1))
		return;
	sigaction(SIGALRM, &action, NULL);
	TEST_ASSERT(!timer_create(CLOCK_MONOTONIC, &event, &timer), "no timer");
	timer_settime(timer, 0, &often, NULL);
	for (i = 0; i < REQUESTS && !check_failed(); i++) {
		enum cert_answer_nr nr = i & 1 ? CERT_ANSWER_ERROR : CERT_ANSWER_OK;

		vmm_prepare(&v.cpu[0], variant->kind);
		if (!vmm_run_to_exit(REQ_VMM_SIGNAL_ONCE, &v.cpu[0]))
			break;
		vmm_answer(&v.cpu[0], nr);
		vmm_run_to_answer(REQ_VMM_SIGNAL_ONCE, &v.cpu[0], nr);
	}
	timer_settime(timer, 0, &never, NULL);
	timer_delete(timer);
	vmm_vm_free(&v);
}

/* ---- immediate_exit with a page state change ---- */

COCO_FIXTURE(vmm_immediate);
FIXTURE_VARIANT(vmm_immediate)
{
	struct check_row row;
	enum vmm_exit kind;
	enum cert_answer_nr answer;
};

#define IMMEDIATE_ROW(name, kind_, answer_)					\
	FIXTURE_VARIANT_ADD(vmm_immediate, name)				\
	{									\
		COCO_ROW(NULL, REQ_VMM_IMMEDIATE),				\
		.kind = kind_, .answer = answer_,				\
	};

IMMEDIATE_ROW(psc_msr, VMM_PSC_MSR, CERT_ANSWER_OK)
IMMEDIATE_ROW(psc_msr_refused, VMM_PSC_MSR, CERT_ANSWER_ERROR)
IMMEDIATE_ROW(psc_nae, VMM_PSC_NAE, CERT_ANSWER_OK)
IMMEDIATE_ROW(psc_nae_refused, VMM_PSC_NAE, CERT_ANSWER_ERROR)

COCO_TEST_F(vmm_immediate, completes)
{
	const struct psc_buffer *buffer;
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!vmm_vm_start(&v, NULL, 1))
		return;
	cpu = &v.cpu[0];
	buffer = cpu->ghcb.hva + offsetof(struct ghcb, shared_buffer);
	vmm_prepare(cpu, variant->kind);
	if (!vmm_run_to_exit(REQ_VMM_IMMEDIATE, cpu))
		return;
	vmm_answer(cpu, variant->answer);
	cpu->vcpu->run->immediate_exit = 1;
	if (!run_interrupted(REQ_VMM_IMMEDIATE, cpu))
		return;
	if (variant->kind == VMM_PSC_NAE)
		EXPECT_REQ_EQ(REQ_VMM_IMMEDIATE, "cur_entry after the completion",
			      variant->answer == CERT_ANSWER_OK, buffer->cur_entry, &names_count);
	/* What the VMM writes now is no answer any more. */
	cpu->vcpu->run->hypercall.ret = variant->answer == CERT_ANSWER_OK ? EINVAL : 0;
	if (!run_interrupted(REQ_VMM_IMMEDIATE, cpu) || !vmm_expect_served(REQ_VMM_IMMEDIATE, cpu))
		return;
	cpu->vcpu->run->immediate_exit = 0;
	if (vmm_run_to_answer(REQ_VMM_IMMEDIATE, cpu, variant->answer))
		vmm_vm_free(&v);
}

/* ---- KVM_RUN without an answer ---- */

COCO_FIXTURE(vmm_no_answer);
FIXTURE_VARIANT(vmm_no_answer)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum vmm_exit kind;
};

#define NO_ANSWER_ROW(tag, name, kind_)						\
	FIXTURE_VARIANT_ADD(vmm_no_answer, tag##_##name)			\
	{									\
		CERT_ROW(tag, REQ_VMM_NO_ANSWER),			\
		.kind = kind_,				\
	};

NO_ANSWER_ROW(none, psc_msr, VMM_PSC_MSR)
NO_ANSWER_ROW(none, psc_nae, VMM_PSC_NAE)
#define NO_ANSWER_CERTS(tag)	NO_ANSWER_ROW(tag, certs, VMM_CERTS)
ROWS_OF_ALL(NO_ANSWER_CERTS)

COCO_TEST_F(vmm_no_answer, is_ok)
{
	struct vmm_vm v;

	if (!vmm_vm_start(&v, variant->rev, 1))
		return;
	vmm_prepare(&v.cpu[0], variant->kind);
	if (!vmm_run_to_exit(REQ_VMM_NO_ANSWER, &v.cpu[0]))
		return;
	/* Just that firmware is expected to get it. */
	v.served += variant->kind == VMM_CERTS;
	if (vmm_run_to_answer(REQ_VMM_NO_ANSWER, &v.cpu[0], CERT_ANSWER_OK))
		vmm_vm_free(&v);
}

CERT_MAIN
