// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the process does for the image's tasks: threads, their signals and sleep.
 * Every function is entered on the kernel's 8-byte aligned stack (IMAGE_CALL).
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "services.h"
#include "src/sched/sched.h"
#include "src/image/loader.h"

#define HWCAP2_WRGSBASE	(1UL << 1)	/* uapi/asm/hwcap2.h: HWCAP2_FSGSBASE */
#define NR_SIGNALS	64

/* ---- threads ---- */

IMAGE_CALL void ktask_set_gs(unsigned long base)
{
	static int has_insn = -1;

	if (has_insn < 0)
		has_insn = !!(getauxval(AT_HWCAP2) & HWCAP2_WRGSBASE);
	if (has_insn)
		asm volatile("wrgsbase %0" : : "r" (base) : "memory");
	else if (syscall(SYS_arch_prctl, ARCH_SET_GS, base))
		abort();
}

IMAGE_CALL int ktask_thread_id(void)
{
	return syscall(SYS_gettid);
}

IMAGE_CALL int ktask_process_id(void)
{
	return getpid();
}

struct start {
	void (*run)(void *arg);
	void *arg;
	struct sched_thread *sched;
};

static void *thread(void *p)
{
	struct start start = *(struct start *)p;

	free(p);
	sched_thread_begin(start.sched);
	image_enter();
	start.run(start.arg);
	sched_thread_end();
	return NULL;
}

/* Of this thread: the second number there. */
unsigned long long ktask_run_delay(void)
{
	int fd = real_open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	unsigned long long delay = 0;
	char text[64];
	ssize_t n;

	if (fd < 0)
		return 0;
	n = real_read(fd, text, sizeof(text) - 1);
	real_close(fd);
	text[n > 0 ? n : 0] = 0;
	sscanf(text, "%*u %llu", &delay);
	return delay;
}

/* The VMM's signals are for the VMM's threads. */
IMAGE_CALL int ktask_thread_start(void (*run)(void *arg), void *arg)
{
	struct start *start = malloc(sizeof(*start));
	sigset_t block, old;
	pthread_t id;
	int ret;

	if (!start)
		return -ENOMEM;
	start->run = run;
	start->arg = arg;
	start->sched = sched_thread_new();
	sigfillset(&block);
	sigdelset(&block, SIGSEGV);
	sigdelset(&block, SIGBUS);
	sigdelset(&block, SIGILL);
	sigdelset(&block, SIGFPE);
	sigdelset(&block, SIGTRAP);
	pthread_sigmask(SIG_SETMASK, &block, &old);
	ret = pthread_create(&id, NULL, thread, start);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		free(start);
	else
		pthread_detach(id);
	return -ret;
}

/* ---- signals ---- */

static unsigned long long to_bits(const sigset_t *set)
{
	unsigned long long bits = 0;

	for (int sig = 1; sig <= NR_SIGNALS; sig++)
		if (sigismember(set, sig) == 1)
			bits |= 1ULL << (sig - 1);
	return bits;
}

/* libc keeps some of its own signals out of what sigaddset() does: they stay open. */
static void from_bits(sigset_t *set, unsigned long long bits)
{
	sigemptyset(set);
	for (int sig = 1; sig <= NR_SIGNALS; sig++)
		if (bits & (1ULL << (sig - 1)))
			sigaddset(set, sig);
}

IMAGE_CALL unsigned long long ktask_signals_blocked(void)
{
	struct src_vcpu *vcpu = src_now.vcpu;
	sigset_t set;

	if (vcpu)
		return to_bits(&vcpu->sigmask);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	return to_bits(&set);
}

/* Only KVM_RUN does that, where all are blocked and the engine looks at this. */
IMAGE_CALL void ktask_signals_block(unsigned long long blocked)
{
	struct src_vcpu *vcpu = src_now.vcpu;

	if (vcpu)
		from_bits(&vcpu->sigmask, blocked);
}

IMAGE_CALL int ktask_signal_pending(unsigned long long blocked)
{
	sigset_t set;

	if (sigpending(&set))
		return 0;
	return !!(to_bits(&set) & ~blocked);
}

/* ---- sleep ---- */

IMAGE_CALL int ktask_event_new(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd_move_up(fd);
}

IMAGE_CALL void ktask_event_free(int event)
{
	real_close(event);
}

IMAGE_CALL void ktask_event_signal(int event)
{
	const uint64_t once = 1;

	sched_event_signal(event);
	/* It fails only when it was signalled 2^64 times, which is often enough. */
	if (write(event, &once, sizeof(once)) < 0)
		return;
}

/* signalfd, so that the signal stays pending for its handler. */
static int open_signals(unsigned long long blocked)
{
	sigset_t set;

	if (!~blocked)
		return -1;
	from_bits(&set, ~blocked);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int event_wait(int event, unsigned long long blocked, unsigned long long deadline)
{
	struct pollfd fds[] = {
		{ .fd = event, .events = POLLIN },
		{ .fd = open_signals(blocked), .events = POLLIN },
	};
	struct timespec left;
	unsigned long long now;
	uint64_t times;
	int ret;

	/* A handler that is not kept for later, as at a time-out, ends ppoll(). */
	do {
		now = now_ns();
		left.tv_sec = (deadline - now) / 1000000000;
		left.tv_nsec = (deadline - now) % 1000000000;
		if (deadline <= now)
			memset(&left, 0, sizeof(left));
		ret = ppoll(fds, 2, deadline == ULLONG_MAX ? NULL : &left, NULL);
	} while (ret < 0);
	ret = fds[0].revents ? 0 : fds[1].revents ? 1 : 2;
	if (fds[0].revents && real_read(event, &times, sizeof(times)) < 0)
		ret = 0;
	if (fds[1].fd >= 0)
		real_close(fds[1].fd);
	return ret;
}

IMAGE_CALL int ktask_event_wait(int event, unsigned long long blocked,
				unsigned long long deadline)
{
	return sched_event_wait(event, blocked, deadline, event_wait);
}

/* While there is one thread: with several it takes milliseconds.  fork() keeps it. */
__attribute__((constructor)) static void register_memory_barrier(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

IMAGE_CALL void ktask_memory_barrier(void)
{
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		return;
	register_memory_barrier();
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

IMAGE_CALL unsigned long long ktask_real_time_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

IMAGE_CALL void ktask_place(const void *addr, char *buf, unsigned long len)
{
	/* A return address: the call is before it. */
	image_place((uintptr_t)addr - 1, buf, len);
}
