// SPDX-License-Identifier: GPL-2.0-only
/*
 * What host and guest saw, for the report of a case that fails: the last KVM_RUNs of
 * each vCPU, and what the guest was answered.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "check/names.h"
#include "check/state.h"
#include "check/transcript.h"
#include "exits/fields.h"

#define MAX_VCPUS	16
#define MAX_GUESTS	16
/* KVM_RUNs that are kept of a vCPU: an exit, its answer, and what came before. */
#define NR_RUNS		4

struct run {
	int err;			/* KVM_RUN's errno, 0: it succeeded */
	uint32_t reason;
	bool answered;			/* KVM_RUN was called again */
	struct exit_union exit, answer;
	char ucall[96];
};

static struct {
	const struct kvm_vcpu *vcpu;
	uint32_t id;
	unsigned long vm_type;
	unsigned int nr;		/* of all, the last in runs[(nr - 1) % NR_RUNS] */
	struct run *runs;		/* allocated, as guests get a copy of what is static */
} vcpus[MAX_VCPUS];
static unsigned int nr_vcpus;

static struct {
	const void *owner, *guest;
	void (*tell)(const void *guest);
} guests[MAX_GUESTS];
static unsigned int nr_guests;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void transcript_reset(void)
{
	nr_vcpus = 0;
	nr_guests = 0;
}

/* Under the lock; MAX_VCPUS where there is no room. */
static unsigned int find_vcpu(const struct kvm_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < nr_vcpus; i++)
		if (vcpus[i].vcpu == vcpu)
			return i;
	if (i == MAX_VCPUS)
		return i;
	free(vcpus[i].runs);
	memset(&vcpus[i], 0, sizeof(vcpus[i]));
	vcpus[i].runs = calloc(NR_RUNS, sizeof(*vcpus[i].runs));
	vcpus[i].vcpu = vcpu;
	vcpus[i].id = vcpu->id;
	vcpus[i].vm_type = vcpu->vm->type;
	nr_vcpus++;
	return i;
}

static struct run *last_run(unsigned int i)
{
	return i < MAX_VCPUS && vcpus[i].nr ? &vcpus[i].runs[(vcpus[i].nr - 1) % NR_RUNS] : NULL;
}

static _Thread_local uint64_t run_ns;

uint64_t check_run_ns(void)
{
	uint64_t ns = run_ns;

	run_ns = 0;
	return ns;
}

int check_run(struct kvm_vcpu *vcpu)
{
	struct timespec begin, end;
	struct run *run, now = {};
	unsigned int i;

	pthread_mutex_lock(&lock);
	i = find_vcpu(vcpu);
	run = last_run(i);
	if (run && !run->err) {
		run->answered = true;
		exit_union_read(&run->answer, vcpu->run);
	}
	pthread_mutex_unlock(&lock);

	errno = 0;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	now.err = __vcpu_run(vcpu) ? errno : 0;
	clock_gettime(CLOCK_MONOTONIC, &end);
	run_ns += (end.tv_sec - begin.tv_sec) * 1000000000ll + end.tv_nsec - begin.tv_nsec;
	/* libkvm's assertions take a stale EACCES for a reason to skip. */
	errno = 0;
	now.reason = vcpu->run->exit_reason;
	exit_union_read(&now.exit, vcpu->run);

	pthread_mutex_lock(&lock);
	if (i < MAX_VCPUS)
		vcpus[i].runs[vcpus[i].nr++ % NR_RUNS] = now;
	pthread_mutex_unlock(&lock);
	return now.err;
}

void transcript_ucall(const struct kvm_vcpu *vcpu, const struct ucall *uc)
{
	struct run *run;

	pthread_mutex_lock(&lock);
	run = last_run(find_vcpu(vcpu));
	if (run && uc->cmd == UCALL_SYNC)
		snprintf(run->ucall, sizeof(run->ucall), "%s, stage %lu",
			 name_of(&names_ucall, uc->cmd), uc->args[1]);
	else if (run)
		snprintf(run->ucall, sizeof(run->ucall), "%s", name_of(&names_ucall, uc->cmd));
	pthread_mutex_unlock(&lock);
}

/* An exit's fields in words; with @answer only those in which the VMM answers. */
static void say_fields(char *text, size_t size, unsigned int i, const struct run *run, bool answer)
{
	exit_fields(text, size, vcpus[i].vm_type, state_revision(), run->reason,
		    answer ? &run->answer : &run->exit, answer);
}

static const char *reason_name(unsigned int i, const struct run *run)
{
	const char *name = exit_name(vcpus[i].vm_type, state_revision(), run->reason);

	return name ? name : name_of(&names_exit_reason, run->reason);
}

static void tell_run(unsigned int i, const struct run *run)
{
	char exit[512] = "", answer[256] = "";

	/* With one error there is an exit to be told of. */
	if (run->err == EFAULT && run->reason == KVM_EXIT_MEMORY_FAULT)
		say_fields(exit, sizeof(exit), i, run, false);
	if (run->err) {
		check_note("host: vCPU %u: KVM_RUN: %s (%d)%s%s", vcpus[i].id,
			   name_of(&names_errno, run->err), run->err,
			   exit[0] ? ", KVM_EXIT_MEMORY_FAULT: " : "", exit);
		return;
	}
	if (run->ucall[0]) {
		check_note("host: vCPU %u: KVM_RUN: %s (%u): the guest's %s", vcpus[i].id,
			   name_of(&names_exit_reason, run->reason), run->reason, run->ucall);
		return;
	}
	say_fields(exit, sizeof(exit), i, run, false);
	if (run->answered)
		say_fields(answer, sizeof(answer), i, run, true);
	check_note("host: vCPU %u: KVM_RUN: %s (%u)%s%s%s%s", vcpus[i].id, reason_name(i, run),
		   run->reason, exit[0] ? ": " : "", exit, answer[0] ? "; answered: " : "",
		   answer);
}

void check_guest_view(const void *owner, void (*tell)(const void *guest), const void *guest)
{
	if (nr_guests == MAX_GUESTS)
		return;
	guests[nr_guests].owner = owner;
	guests[nr_guests].guest = guest;
	guests[nr_guests++].tell = tell;
}

void check_guest_gone(const void *owner)
{
	unsigned int i, kept = 0;

	for (i = 0; i < nr_guests; i++) {
		if (guests[i].owner != owner)
			guests[kept++] = guests[i];
		else if (check_failed())
			guests[i].tell(guests[i].guest);
	}
	nr_guests = kept;
}

void transcript_tell(void)
{
	unsigned int i, nr;

	for (i = 0; i < nr_guests; i++)
		guests[i].tell(guests[i].guest);
	nr_guests = 0;
	for (i = 0; i < nr_vcpus; i++) {
		nr = vcpus[i].nr > NR_RUNS ? vcpus[i].nr - NR_RUNS : 0;
		for (; nr < vcpus[i].nr; nr++)
			tell_run(i, &vcpus[i].runs[nr % NR_RUNS]);
	}
}
