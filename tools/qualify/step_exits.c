// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps of one VM after the other: all exits where memory and vCPU are where they are to be;
 * with signals; beside what takes the node's memory, or the CPU.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"

#include "step.h"

/* A VM here: all exits, @times each. */
static bool one_vm(struct step *step, const struct place *at, enum vmm_req nr, unsigned int times)
{
	struct vmm_vm v;
	bool good;

	if (!guest_start(step, &v, 1))
		return false;
	good = guest_exits(step, vmm_req(&v, nr), &v.cpu[0], times) &&
	       guest_count_pages(step, &v, at);
	guest_free(step, &v);
	return good;
}

static void go(const struct place *at)
{
	place_memory(at);
	place_cpu(at, PLACE_NONE);
}

void step_exits(struct step *step)
{
	go(&step->at[0]);
	if (!one_vm(step, &step->at[0], VMM_REQ_REPEAT, step->count))
		exit(1);
}

/* A launch on each CPU: firmware is asked from there, too. */
void step_each_cpu(struct step *step)
{
	unsigned int i;

	place_memory(&step->at[0]);
	for (i = 0; i < place_nr_cpus(&step->at[0]); i++) {
		place_cpu(&step->at[0], i);
		if (!one_vm(step, &step->at[0], VMM_REQ_REPEAT, step->count)) {
			fprintf(stderr, "qualify: on CPU %d\n", place_cpu_nr(&step->at[0], i));
			exit(1);
		}
	}
}

/* ---- signals ---- */

static pid_t pestered;
static volatile bool pester;

static void nothing(int nr)
{
	(void)nr;
}

/* From 20 us to 5 ms apart: a vCPU that is interrupted each time still goes on. */
static void *send_signals(void *arg)
{
	unsigned int seed = 1;

	(void)arg;
	while (pester) {
		syscall(SYS_tgkill, getpid(), pestered, SIGUSR1);
		usleep(20 << rand_r(&seed) % 9);
	}
	return NULL;
}

void step_signals(struct step *step)
{
	const struct sigaction sa = { .sa_handler = nothing };
	pthread_t thread;

	go(&step->at[0]);
	sigaction(SIGUSR1, &sa, NULL);
	pestered = syscall(SYS_gettid);
	pester = true;
	TEST_ASSERT(!pthread_create(&thread, NULL, send_signals, NULL), "no thread");
	do {
		if (!one_vm(step, &step->at[0], VMM_REQ_SIGNAL, step->count))
			exit(1);
	} while (now_ns() < step->end);
	pester = false;
	pthread_join(thread, NULL);
}

/* ---- beside something else ---- */

/* In a process of its own, which ends with this one. */
static pid_t beside(struct step *step, void (*what)(struct step *step, int ready))
{
	int ready[2];
	char byte;
	pid_t pid;

	TEST_ASSERT(!pipe(ready), "no pipe");
	pid = fork();
	TEST_ASSERT(pid >= 0, "cannot fork");
	if (!pid) {
		close(ready[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		what(step, ready[1]);
		_exit(0);
	}
	close(ready[1]);
	/* It says so when it has begun, or ends before. */
	if (read(ready[0], &byte, 1) != 1) {
		fprintf(stderr, "qualify: what was to run beside the VMs has not begun\n");
		_exit(2);
	}
	close(ready[0]);
	return pid;
}

static void end_beside(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Takes memory, and writes to it again and again; a kernel that is short of it kills this first. */
static void take_memory(struct step *step, int ready)
{
	const size_t size = (size_t)step->mib << 20;
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	size_t i;
	char *mem;

	if (fd < 0 || write(fd, "1000", 4) != 4)
		_exit(2);
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		_exit(2);
	for (i = 0; i < size; i += 4096)
		mem[i] = 1;
	if (write(ready, "r", 1) != 1)
		_exit(2);
	for (;; usleep(1000))
		for (i = 0; i < size; i += 4096)
			mem[i]++;
}

void step_pressure(struct step *step)
{
	pid_t pid;

	go(&step->at[0]);
	pid = beside(step, take_memory);
	do {
		if (!one_vm(step, &step->at[0], VMM_REQ_REPEAT, 4))
			exit(1);
	} while (now_ns() < step->end);
	end_beside(pid);
}

static void set_online(const char *file, char value)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, &value, 1) != 1) {
		fprintf(stderr, "qualify: cannot write %c to %s: %s\n", value, file, strerror(errno));
		_exit(2);
	}
	close(fd);
}

/* A process that is killed must not leave it offline: the driver sets it online, too. */
static void switch_cpu(struct step *step, int ready)
{
	bool told = false;

	for (;;) {
		set_online(step->cpu_online, '0');
		usleep(20000);
		set_online(step->cpu_online, '1');
		if (!told && write(ready, "r", 1) != 1)
			_exit(2);
		told = true;
		usleep(20000);
	}
}

/* The vCPU's thread is where the kernel lets it be while its CPU is away. */
void step_hotplug(struct step *step)
{
	pid_t pid = beside(step, switch_cpu);

	place_memory(&step->at[0]);
	do {
		place_cpu(&step->at[0], PLACE_NONE);
		if (!one_vm(step, &step->at[0], VMM_REQ_REPEAT, step->count))
			exit(1);
		step->switched++;
	} while (now_ns() < step->end);
	end_beside(pid);
	set_online(step->cpu_online, '1');
}
