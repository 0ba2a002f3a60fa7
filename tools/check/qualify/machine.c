// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes and CPUs that there are not, for tools/check/qualify.sh: preloaded, it answers in place of
 * the kernel what tools/qualify asks of libnuma, as one with COCO_NODES nodes of 4 CPUs each does.
 * Each page is on the node that its thread's memory was bound to when it was asked for, or that it
 * was moved to since.  What was asked is appended to COCO_ASKED.
 *
 * COCO_ELSEWHERE=NODE: pages that are bound to that node are on the next one, as of a kernel that
 * does not honour the binding.  COCO_SLOW=N: the N-th KVM_RUN takes half a second
 * more; COCO_FAULT=N: it fails with EFAULT.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CPUS_OF_A_NODE	4
#define LONG_BITS	64
#define MAX_PAGES	(1u << 16)

struct bitmask {
	unsigned long size, *maskp;
};

static __thread int bound;
static struct { uintptr_t page; int node, asked_by; } pages[MAX_PAGES];
static unsigned int nr_pages;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int number(const char *name, int otherwise)
{
	const char *value = getenv(name);

	return value ? atoi(value) : otherwise;
}

static void tell(const char *fmt, ...)
{
	const char *path = getenv("COCO_ASKED");
	FILE *f = path ? fopen(path, "a") : NULL;
	va_list ap;

	if (!f)
		return;
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fclose(f);
}

/* The first that is set, or -1 where one is set that there is not. */
static int first(const unsigned long *mask, unsigned long bits, int there)
{
	unsigned long i;
	int found = -1;

	for (i = 0; i < bits; i++) {
		if (!(mask[i / LONG_BITS] >> i % LONG_BITS & 1))
			continue;
		if ((int)i >= there)
			return -1;
		if (found < 0)
			found = i;
	}
	return found;
}

long set_mempolicy(int mode, const unsigned long *nodes, unsigned long max)
{
	int node = first(nodes, max - 1, number("COCO_NODES", 1));

	(void)mode;
	if (node < 0) {
		errno = EINVAL;
		return -1;
	}
	tell("memory %d\n", node);
	bound = node + 1;
	return 0;
}

int numa_sched_setaffinity(pid_t pid, struct bitmask *cpus)
{
	int cpu = first(cpus->maskp, cpus->size, number("COCO_NODES", 1) * CPUS_OF_A_NODE);

	(void)pid;
	if (cpu < 0) {
		errno = EINVAL;
		return -1;
	}
	tell("cpu %d\n", cpu);
	return 0;
}

/* What was another VM's before, with its memory elsewhere, is a new page. */
static int *node_of(uintptr_t page)
{
	unsigned int i;

	for (i = 0; i < nr_pages && pages[i].page != page; i++)
		;
	if (i == MAX_PAGES)
		abort();
	if (i < nr_pages && pages[i].asked_by == bound)
		return &pages[i].node;
	if (i == nr_pages)
		nr_pages++;
	pages[i].page = page;
	pages[i].asked_by = bound;
	pages[i].node = bound ? bound - 1 : 0;
	if (pages[i].node == number("COCO_ELSEWHERE", -1))
		pages[i].node = (pages[i].node + 1) % number("COCO_NODES", 1);
	return &pages[i].node;
}

int numa_move_pages(int pid, unsigned long count, void **at, const int *nodes, int *status,
		    int flags)
{
	unsigned long i;

	(void)pid;
	(void)flags;
	pthread_mutex_lock(&lock);
	for (i = 0; i < count; i++) {
		int *node = node_of((uintptr_t)at[i]);

		if (nodes)
			*node = nodes[i];
		status[i] = *node;
	}
	if (nodes)
		tell("move %d\n", nodes[0]);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* KVM's, of <linux/kvm.h> */
#define KVM_RUN	0xae80

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, void *arg);
	static int runs;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!next)
		next = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
	if (request == KVM_RUN) {
		runs++;
		if (runs == number("COCO_SLOW", 0))
			usleep(500000);
		if (runs == number("COCO_FAULT", 0)) {
			errno = EFAULT;
			return -1;
		}
	}
	return next(fd, request, arg);
}
