// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where memory and threads are, by libnuma.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <numa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "place.h"

#define MAX_CPUS	8192

/* libnuma's; libkvm has a <numaif.h> of its own, without it. */
long set_mempolicy(int mode, const unsigned long *nodes, unsigned long max);

static void die(const char *what, int nr)
{
	fprintf(stderr, "qualify: cannot %s %d: %s\n", what, nr, strerror(errno));
	_exit(2);
}

static bool parse_cpus(struct bitmask *cpus, const char *text)
{
	unsigned long first, last;
	char *end;

	while (*text) {
		first = last = strtoul(text, &end, 10);
		if (end == text)
			return false;
		if (*end == '-') {
			text = end + 1;
			last = strtoul(text, &end, 10);
			if (end == text)
				return false;
		}
		if (last < first || last >= MAX_CPUS || (*end && *end != ','))
			return false;
		for (; first <= last; first++)
			numa_bitmask_setbit(cpus, first);
		text = end + (*end == ',');
	}
	return numa_bitmask_weight(cpus) > 0;
}

bool place_parse(struct place *place, const char *text)
{
	char *end;

	place->node = PLACE_NONE;
	place->cpus = NULL;
	if (*text == '-') {
		end = (char *)text + 1;
	} else {
		place->node = strtol(text, &end, 10);
		if (end == text || place->node < 0 || place->node >= PLACE_MAX_NODES)
			return false;
	}
	if (*end++ != ':')
		return false;
	if (!strcmp(end, "-"))
		return true;
	place->cpus = numa_bitmask_alloc(MAX_CPUS);
	return parse_cpus(place->cpus, end);
}

void place_memory(const struct place *place)
{
	struct bitmask *nodes;

	if (place->node == PLACE_NONE)
		return;
	nodes = numa_bitmask_alloc(PLACE_MAX_NODES);
	numa_bitmask_setbit(nodes, place->node);
	if (set_mempolicy(MPOL_BIND, nodes->maskp, nodes->size + 1))
		die("bind memory to node", place->node);
	numa_bitmask_free(nodes);
}

unsigned int place_nr_cpus(const struct place *place)
{
	return place->cpus ? numa_bitmask_weight(place->cpus) : 1;
}

int place_cpu_nr(const struct place *place, unsigned int nth)
{
	unsigned int i;

	for (i = 0; place->cpus && i < MAX_CPUS; i++)
		if (numa_bitmask_isbitset(place->cpus, i) && !nth--)
			return i;
	return PLACE_NONE;
}

void place_cpu(const struct place *place, int nth)
{
	struct bitmask *one = place->cpus;
	int cpu = PLACE_NONE;

	if (!place->cpus)
		return;
	if (nth != PLACE_NONE) {
		cpu = place_cpu_nr(place, nth % place_nr_cpus(place));
		one = numa_bitmask_alloc(MAX_CPUS);
		numa_bitmask_setbit(one, cpu);
	}
	if (numa_sched_setaffinity(0, one))
		die(cpu == PLACE_NONE ? "run on the CPUs of node" : "run on CPU",
		    cpu == PLACE_NONE ? place->node : cpu);
	if (one != place->cpus)
		numa_bitmask_free(one);
}

/* The nodes of pages, or what to do instead; @to NULL: just ask. */
static int *pages_on(void *mem, size_t size, const struct place *to, unsigned long *nr)
{
	const size_t page = getpagesize();
	unsigned long i;
	void **pages;
	int *nodes, *status;

	*nr = size / page;
	pages = calloc(*nr, sizeof(*pages));
	status = calloc(*nr, sizeof(*status));
	nodes = to ? calloc(*nr, sizeof(*nodes)) : NULL;
	if (!pages || !status || (to && !nodes))
		die("have memory for pages", *nr);
	for (i = 0; i < *nr; i++) {
		pages[i] = (char *)mem + i * page;
		status[i] = -ENOENT;
		if (nodes)
			nodes[i] = to->node;
	}
	/* More than 0 is how many have stayed. */
	if (numa_move_pages(0, *nr, pages, nodes, status, to ? MPOL_MF_MOVE : 0) < 0 && errno != ENOENT)
		die(to ? "move pages to node" : "ask where pages are, of", to ? to->node : (int)*nr);
	errno = 0;
	free(nodes);
	free(pages);
	return status;
}

void place_count(void *mem, size_t size, unsigned long nr[PLACE_MAX_NODES])
{
	unsigned long i, pages;
	int *status = pages_on(mem, size, NULL, &pages);

	for (i = 0; i < pages; i++)
		if (status[i] >= 0 && status[i] < PLACE_MAX_NODES)
			nr[status[i]]++;
	free(status);
}

unsigned long place_move(void *mem, size_t size, const struct place *to)
{
	unsigned long before[PLACE_MAX_NODES] = {}, i, pages, there = 0;
	int *status;

	if (to->node == PLACE_NONE)
		return 0;
	place_count(mem, size, before);
	status = pages_on(mem, size, to, &pages);
	for (i = 0; i < pages; i++)
		there += status[i] == to->node;
	free(status);
	return there > before[to->node] ? there - before[to->node] : 0;
}
