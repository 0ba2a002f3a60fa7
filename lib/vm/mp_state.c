// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expectations of vCPUs that wait in KVM.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "kvm_util.h"

#include "check/expect.h"
#include "check/transcript.h"
#include "vm/mp_state.h"

static const struct value_name state[] = {
	{ KVM_MP_STATE_RUNNABLE, "KVM_MP_STATE_RUNNABLE" },
	{ KVM_MP_STATE_UNINITIALIZED, "KVM_MP_STATE_UNINITIALIZED" },
	{ KVM_MP_STATE_INIT_RECEIVED, "KVM_MP_STATE_INIT_RECEIVED" },
	{ KVM_MP_STATE_HALTED, "KVM_MP_STATE_HALTED" },
	{ KVM_MP_STATE_SIPI_RECEIVED, "KVM_MP_STATE_SIPI_RECEIVED" },
	{ KVM_MP_STATE_AP_RESET_HOLD, "KVM_MP_STATE_AP_RESET_HOLD" },
	{}
};

const struct value_names names_mp_state = { .other = "a state", .names = state };

uint32_t mp_state(struct kvm_vcpu *vcpu)
{
	struct kvm_mp_state now;

	vcpu_mp_state_get(vcpu, &now);
	return now.mp_state;
}

void mp_state_set(struct kvm_vcpu *vcpu, uint32_t value)
{
	struct kvm_mp_state to = { .mp_state = value };

	vcpu_mp_state_set(vcpu, &to);
}

/* ---- signals that end KVM_RUN, again and again ---- */

/* Between two of them, in microseconds. */
#define PERIOD	500

static void on_signal(int sig __attribute__((unused)))
{
}

struct disturber {
	pthread_t thread, whom;
	int stop;
};

static void *disturb(void *arg)
{
	struct disturber *d = arg;

	while (!__atomic_load_n(&d->stop, __ATOMIC_ACQUIRE)) {
		pthread_kill(d->whom, SIGUSR1);
		usleep(PERIOD);
	}
	return NULL;
}

static void disturber_start(struct disturber *d)
{
	struct sigaction act = { .sa_handler = on_signal };

	d->whom = pthread_self();
	d->stop = 0;
	TEST_ASSERT(!sigaction(SIGUSR1, &act, NULL), "no signal handler");
	TEST_ASSERT(!pthread_create(&d->thread, NULL, disturb, d), "no thread");
}

static void disturber_stop(struct disturber *d)
{
	__atomic_store_n(&d->stop, 1, __ATOMIC_RELEASE);
	pthread_join(d->thread, NULL);
}

/* How many KVM_RUNs a guest may need for the exit that it waits in. */
#define MAX_RUNS	2000

bool check_stays(const char *file, int line, enum requirement_nr req, struct kvm_vcpu *vcpu,
		 uint32_t wanted, unsigned int more)
{
	unsigned int runs = 0, there = 0;
	struct disturber d;
	bool good = true;

	disturber_start(&d);
	while (good && there <= more && runs++ < MAX_RUNS) {
		good = check_eq(file, line, req, "KVM_RUN", EINTR, check_run(vcpu), &names_errno);
		if (mp_state(vcpu) == wanted)
			there++;
		else if (there)
			break;
	}
	disturber_stop(&d);
	if (!good || !check_eq(file, line, req, "the vCPU's state", wanted, mp_state(vcpu),
			       &names_mp_state))
		return false;

	vcpu->run->immediate_exit = 1;
	good = check_eq(file, line, req, "KVM_RUN with immediate_exit", EINTR, check_run(vcpu),
			&names_errno);
	vcpu->run->immediate_exit = 0;
	return good && check_eq(file, line, req, "the vCPU's state after that", wanted,
				mp_state(vcpu), &names_mp_state);
}
