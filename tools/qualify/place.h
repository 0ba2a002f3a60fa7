/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where memory and threads are: a node's memory, and CPUs.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define PLACE_NONE	(-1)
#define PLACE_MAX_NODES	1024

struct place {
	int node;			/* of memory, or PLACE_NONE: wherever it comes from */
	struct bitmask *cpus;		/* NULL: any */
};

/* "NODE:CPUS", such as "0:0-3,8"; "-" is none, and any.  False: it is no place. */
bool place_parse(struct place *place, const char *text);
/* Memory of this thread comes from there, and of threads that it starts; ends the process. */
void place_memory(const struct place *place);
/* This thread runs there, on one CPU of it if @nth is not PLACE_NONE; ends the process. */
void place_cpu(const struct place *place, int nth);
/* How many CPUs it has; 1 for any. */
unsigned int place_nr_cpus(const struct place *place);
/* The number of its CPU @nth, or PLACE_NONE. */
int place_cpu_nr(const struct place *place, unsigned int nth);

/* How many pages are on each node; pages that nobody has touched are not counted. */
void place_count(void *mem, size_t size, unsigned long nr[PLACE_MAX_NODES]);
/* Move pages there; how many have moved.  What the kernel cannot move stays. */
unsigned long place_move(void *mem, size_t size, const struct place *to);

#endif
