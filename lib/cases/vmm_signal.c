// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals and immediate_exit at every point of an exit's life: before it, while it waits
 * for an answer, when it has one.  And KVM_RUN without an answer.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kvm_util.h"

#include "cases/vmm_cases.h"
#include "check/expect.h"
#include "check/run.h"
#include "check/state.h"
#include "check/transcript.h"

#define TIMER_NS	50000
/* After so many without progress the timer waits twice as long. */
#define STRIKES		4
#define REQUESTS	16

static bool start(struct vmm_vm *v, const struct vmm_case *c)
{
	const char *missing = c->kind[0]->missing ? c->kind[0]->missing() : NULL;

	if (missing) {
		check_skip("%s", missing);
		return false;
	}
	return vmm_vm_start(v, c->type, c->arg, 1);
}

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

/* What the VMM writes after its answer was taken is no answer any more. */
static void write_other_answer(struct vmm_cpu *cpu, enum vmm_answer taken)
{
	vmm_overwrite_exit(cpu->vcpu->run);
	cpu->kind->answer(cpu, taken == VMM_OK ? VMM_ERROR : VMM_OK);
}

void vmm_case_signal_pending(const struct vmm_case *c)
{
	enum requirement_nr signal, once;
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	signal = vmm_req(&v, VMM_REQ_SIGNAL);
	once = vmm_req(&v, VMM_REQ_SIGNAL_ONCE);
	cpu = &v.cpu[0];
	vmm_prepare(cpu, c->kind[0]);

	make_pending(cpu, true);
	if (!vmm_run_interrupted(signal, cpu) || !vmm_expect_served(once, cpu))
		return;
	EXPECT_REQ_TRUE(signal, "the signal is still pending after KVM_RUN", take_pending());
	if (!vmm_run_to_exit(once, cpu))
		return;

	vmm_answer(cpu, c->answer);
	make_pending(cpu, true);
	/* Twice: what was completed is not completed again. */
	if (!vmm_run_interrupted(signal, cpu))
		return;
	write_other_answer(cpu, c->answer);
	if (!vmm_run_interrupted(signal, cpu) || !vmm_expect_served(once, cpu))
		return;
	EXPECT_REQ_TRUE(signal, "the signal is still pending after KVM_RUN", take_pending());
	if (vmm_run_to_answer(once, cpu, c->answer))
		vmm_vm_free(&v);
}

void vmm_case_signal_blocked(const struct vmm_case *c)
{
	enum requirement_nr signal;
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	signal = vmm_req(&v, VMM_REQ_SIGNAL);
	cpu = &v.cpu[0];
	vmm_prepare(cpu, c->kind[0]);
	make_pending(cpu, false);
	if (!EXPECT_REQ_EQ(signal, "KVM_RUN", 0, check_run(cpu->vcpu), &names_errno) ||
	    !vmm_expect_exit(signal, cpu))
		return;
	vmm_answer(cpu, c->answer);
	if (!EXPECT_REQ_EQ(signal, "KVM_RUN", 0, check_run(cpu->vcpu), &names_errno) ||
	    !vmm_expect_answer(signal, cpu, c->answer))
		return;
	EXPECT_REQ_TRUE(signal, "the signal is still pending after KVM_RUN", take_pending());
	vmm_vm_free(&v);
}

/* Of the timer, since the guest went on last. */
static volatile unsigned int strikes;
static timer_t timer;

/*
 * KVM_RUN may take longer than from one strike to the next, on a slow machine or with a kernel
 * that does more: then the next comes later, or the guest would never go on.
 */
static void strike_again(int sig)
{
	const struct itimerspec next = {
		.it_value.tv_nsec = TIMER_NS + TIMER_NS / STRIKES * ++strikes,
	};

	(void)sig;
	timer_settime(timer, 0, &next, NULL);
}

void vmm_case_timer(const struct vmm_case *c)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sigaction action = { .sa_handler = strike_again };
	enum requirement_nr once;
	unsigned int i;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	once = vmm_req(&v, VMM_REQ_SIGNAL_ONCE);
	sigaction(SIGALRM, &action, NULL);
	TEST_ASSERT(!timer_create(CLOCK_MONOTONIC, &event, &timer), "no timer");
	strike_again(SIGALRM);
	for (i = 0; i < REQUESTS && !check_failed(); i++) {
		enum vmm_answer answer = i & 1 ? VMM_ERROR : VMM_OK;

		strikes = 0;
		vmm_prepare(&v.cpu[0], c->kind[0]);
		if (!vmm_run_to_exit(once, &v.cpu[0]))
			break;
		vmm_answer(&v.cpu[0], answer);
		vmm_run_to_answer(once, &v.cpu[0], answer);
	}
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	timer_delete(timer);
	vmm_vm_free(&v);
}

void vmm_case_immediate_before(const struct vmm_case *c)
{
	enum requirement_nr req;
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	req = vmm_req(&v, VMM_REQ_IMMEDIATE);
	cpu = &v.cpu[0];
	vmm_prepare(cpu, c->kind[0]);
	cpu->vcpu->run->immediate_exit = 1;
	if (!vmm_run_interrupted(req, cpu) || !vmm_run_interrupted(req, cpu) ||
	    !vmm_expect_served(req, cpu))
		return;
	cpu->vcpu->run->immediate_exit = 0;
	if (!vmm_run_to_exit(req, cpu))
		return;
	vmm_answer(cpu, c->answer);
	if (vmm_run_to_answer(req, cpu, c->answer))
		vmm_vm_free(&v);
}

void vmm_case_immediate_completes(const struct vmm_case *c)
{
	const struct vmm_exit_ops *kind = c->kind[0];
	enum requirement_nr req;
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	req = vmm_req(&v, VMM_REQ_IMMEDIATE);
	cpu = &v.cpu[0];
	vmm_prepare(cpu, kind);
	if (!vmm_run_to_exit(req, cpu))
		return;
	vmm_answer(cpu, c->answer);
	cpu->vcpu->run->immediate_exit = 1;
	if (!vmm_run_interrupted(req, cpu))
		return;
	if (kind->expect_taken)
		kind->expect_taken(req, cpu, c->answer);
	write_other_answer(cpu, c->answer);
	if (!vmm_run_interrupted(req, cpu) || !vmm_expect_served(req, cpu))
		return;
	cpu->vcpu->run->immediate_exit = 0;
	if (vmm_run_to_answer(req, cpu, c->answer))
		vmm_vm_free(&v);
}

void vmm_case_no_answer(const struct vmm_case *c)
{
	const struct vmm_exit_ops *kind = c->kind[0];
	enum requirement_nr req;
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	req = vmm_req(&v, VMM_REQ_NO_ANSWER);
	cpu = &v.cpu[0];
	vmm_prepare(cpu, kind);
	if (!vmm_run_to_exit(req, cpu))
		return;
	if (kind->expect_preset) {
		if (!EXPECT_REQ_SYNC(req, cpu->vcpu, v.type->stage_answered) ||
		    !kind->expect_preset(req, cpu))
			return;
	} else {
		/* Just that firmware is expected to get it. */
		v.served += kind->reaches_firmware;
		if (!vmm_run_to_answer(req, cpu, VMM_OK))
			return;
	}
	vmm_vm_free(&v);
}

void vmm_case_other_fields(const struct vmm_case *c)
{
	enum requirement_nr req;
	struct vmm_cpu *cpu;
	struct vmm_vm v;

	if (!start(&v, c))
		return;
	req = vmm_req(&v, VMM_REQ_FIELDS);
	cpu = &v.cpu[0];
	vmm_prepare(cpu, c->kind[0]);
	if (!vmm_run_to_exit(req, cpu))
		return;
	vmm_overwrite_exit(cpu->vcpu->run);
	vmm_answer(cpu, c->answer);
	if (vmm_run_to_answer(req, cpu, c->answer))
		vmm_vm_free(&v);
}
