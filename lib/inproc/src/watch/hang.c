// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a process is when it is stopped: SIGTERM, which the runner sends to a test
 * that takes too long, has each vCPU say whether it is in the kernel's code, in the
 * guest or in the host's.
 *
 * With COCO_TIMEOUT=SECONDS the process stops itself in this way when a
 * confidential VM has lived for so long: the runner sets it below the time limit of
 * the kernel's test harness, which kills without a word.
 *
 * The handler does not return to what it interrupted, which may be anything: it
 * takes no locks and allocates nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "src/image/loader.h"
#include "watch.h"

#define STOP_SIGNAL	SIGTERM
#define MAX_TRACKED	256	/* vCPUs; the others are not asked */
#define ANSWER_MS	700	/* for one of them to answer: it starts a program */

#define DWARF_RBP	6	/* System V psABI for AMD64, "DWARF Register Number Mapping" */

/* What a child of fork() must not inherit: in a page that is wiped then. */
static struct own {
	struct src_vcpu *tracked[MAX_TRACKED];
	unsigned int nr_vms;
	timer_t timer;
	bool timer_created;
	bool has_forked;
} *own;

static bool handler_installed;
static unsigned int seconds;

/* Marks a signal as the question of one thread to another. */
static char question;
static enum { NOT_YET, SAID, NOTHING_TO_SAY } answered;
static int stopping;

/* ---- what one thread is doing ---- */

struct in_image {
	uintptr_t ip, bp, sp;
};

static _Unwind_Reason_Code find_image(struct _Unwind_Context *context, void *arg)
{
	struct in_image *found = arg;
	uintptr_t ip = _Unwind_GetIP(context);

	if (found->ip || !image_contains(ip))
		return _URC_NO_REASON;
	/* A return address; the call is before it. */
	found->ip = ip - 1;
	found->bp = _Unwind_GetGR(context, DWARF_RBP);
	found->sp = _Unwind_GetCFA(context);
	return _URC_NO_REASON;
}

/* The kernel code that was interrupted, or that waits for what was interrupted. */
static struct in_image where_in_image(const ucontext_t *uc)
{
	const greg_t *gregs = uc->uc_mcontext.gregs;
	struct in_image found = {};

	if (image_contains(gregs[REG_RIP]))
		return (struct in_image){ gregs[REG_RIP], gregs[REG_RBP], gregs[REG_RSP] };
	/* The image has no unwind tables: it ends there, at the right place. */
	_Unwind_Backtrace(find_image, &found);
	return found;
}

static struct src_vcpu *this_vcpu(void)
{
	pid_t tid = syscall(SYS_gettid);

	for (unsigned int i = 0; i < MAX_TRACKED; i++)
		if (own->tracked[i] && own->tracked[i]->tid == tid)
			return own->tracked[i];
	return NULL;
}

/* Returns false if there is nothing to say about this thread. */
static bool report_thread(const ucontext_t *uc)
{
	struct src_vcpu *src = this_vcpu();
	struct in_image at = {};
	struct kvm_regs regs = {};
	char who[32], text[512];

	if (src)
		snprintf(who, sizeof(who), "vCPU %u is", src->id);
	else
		strcpy(who, "a thread outside KVM_RUN is");

	if (src && src->in_guest) {
		if (!src->engine || engine->get_regs(src->engine, &regs))
			inproc_diag("hang: %s in the guest (engine %s)", who, engine->name);
		else
			inproc_diag("hang: %s in the guest (engine %s), near RIP %s", who,
				    engine->name,
				    program_describe(regs.rip, text, sizeof(text)));
		return true;
	}
	at = where_in_image(uc);
	if (at.ip) {
		inproc_diag("hang: %s in the kernel, in %s", who,
			    image_describe(at.ip, text, sizeof(text)));
		image_backtrace(at.ip, at.bp, at.sp);
		return true;
	}
	if (src)
		inproc_diag("hang: %s in the in-process KVM, between kernel and guest", who);
	return src;
}

/* ---- the process ---- */

/*
 * Ask until there is an answer: a thread that is on its way out of KVM_RUN and
 * back in has none, and goes on.
 */
static void ask(struct src_vcpu *src, pid_t tid)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	siginfo_t info = { .si_code = SI_QUEUE, .si_pid = getpid(), .si_uid = getuid() };
	int answer = NOTHING_TO_SAY;

	info.si_value.sival_ptr = &question;
	for (unsigned int i = 0; i < ANSWER_MS; i++) {
		if (answer == NOTHING_TO_SAY) {
			__atomic_store_n(&answered, NOT_YET, __ATOMIC_RELAXED);
			if (syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, STOP_SIGNAL, &info))
				break;
		}
		nanosleep(&ms, NULL);
		answer = __atomic_load_n(&answered, __ATOMIC_ACQUIRE);
		if (answer == SAID)
			return;
	}
	inproc_diag("hang: vCPU %u does not say where it is", src->id);
}

static void report_process(const ucontext_t *uc)
{
	pid_t self = syscall(SYS_gettid);
	const struct timespec moment = { .tv_nsec = 50 * 1000000 };
	bool said = false, said_self = false;

	/* A vCPU that the same signal has just brought out of KVM_RUN goes back in. */
	nanosleep(&moment, NULL);
	for (unsigned int i = 0; i < MAX_TRACKED; i++) {
		struct src_vcpu *src = own->tracked[i];
		pid_t tid = src ? src->tid : 0;

		if (!tid)
			continue;
		said = true;
		if (tid == self)
			said_self = report_thread(uc);
		else
			ask(src, tid);
	}
	if (!said_self)
		said |= report_thread(uc);
	if (!said)
		inproc_diag("hang: in the host: no vCPU runs");
}

static void stop_handler(int sig, siginfo_t *info, void *context)
{
	const bool by_itself = info->si_code <= 0 && info->si_code != SI_TIMER &&
			       info->si_pid == getpid();
	sigset_t set;

	if (info->si_code == SI_QUEUE && info->si_value.sival_ptr == &question) {
		bool said = report_thread(context);

		__atomic_store_n(&answered, said ? SAID : NOTHING_TO_SAY, __ATOMIC_RELEASE);
		while (said)
			pause();
		return;
	}
	if (__atomic_exchange_n(&stopping, 1, __ATOMIC_ACQ_REL))
		for (;;)
			pause();
	/*
	 * The test harness passes on what ended a case's process, as in fault.c; and
	 * a process that waits for a case in another is not the one that hangs.
	 */
	if (!by_itself && (own->nr_vms || !own->has_forked)) {
		if (info->si_code == SI_TIMER)
			inproc_diag("a VM has not come to its end for %u s", seconds);
		report_process(context);
	}
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
}

void hang_unblock(sigset_t *block, const sigset_t *caller)
{
	struct sigaction sa;

	/* A handler of the program's runs after KVM_RUN, or wherever it wants to. */
	if (!sigismember(caller, STOP_SIGNAL) && !sigaction(STOP_SIGNAL, NULL, &sa) &&
	    (sa.sa_flags & SA_SIGINFO) && sa.sa_sigaction == stop_handler)
		sigdelset(block, STOP_SIGNAL);
}

static void set_timer(unsigned int value)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = STOP_SIGNAL };
	struct itimerspec spec = { .it_value.tv_sec = value };

	if (!seconds || !handler_installed)
		return;
	if (!own->timer_created)
		own->timer_created = !timer_create(CLOCK_MONOTONIC, &event, &own->timer);
	if (own->timer_created)
		timer_settime(own->timer, 0, &spec, NULL);
}

void hang_vm_created(void)
{
	if (__atomic_fetch_add(&own->nr_vms, 1, __ATOMIC_ACQ_REL) == 0)
		set_timer(seconds);
}

void hang_vm_destroyed(void)
{
	/* A child that closes its parent's VM has none of its own. */
	if (own->nr_vms && __atomic_sub_fetch(&own->nr_vms, 1, __ATOMIC_ACQ_REL) == 0)
		set_timer(0);
}

void hang_track(struct src_vcpu *src)
{
	for (unsigned int i = 0; i < MAX_TRACKED; i++) {
		struct src_vcpu *none = NULL;

		if (__atomic_compare_exchange_n(&own->tracked[i], &none, src, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return;
	}
}

void hang_forget(struct src_vcpu *src)
{
	for (unsigned int i = 0; i < MAX_TRACKED; i++)
		if (own->tracked[i] == src)
			__atomic_store_n(&own->tracked[i], NULL, __ATOMIC_RELEASE);
}

unsigned int hang_nr_vms(void)
{
	return own ? own->nr_vms : 0;
}

static void in_parent(void)
{
	own->has_forked = true;
}

int hang_init(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO }, old;
	const char *value = getenv("COCO_TIMEOUT");

	if (value)
		seconds = strtoul(value, NULL, 10);
	/* Where nothing can be wiped, too little is said, or too much. */
	own = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (own == MAP_FAILED)
		return -ENOMEM;
	madvise(own, sizeof(*own), MADV_WIPEONFORK);
	if (sigaction(STOP_SIGNAL, NULL, &old) || (old.sa_flags & SA_SIGINFO) ||
	    old.sa_handler != SIG_DFL)
		return 0;
	sa.sa_sigaction = stop_handler;
	handler_installed = !sigaction(STOP_SIGNAL, &sa, NULL);
	return -pthread_atfork(NULL, in_parent, NULL);
}
