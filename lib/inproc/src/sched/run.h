/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run of threads one at a time, for the files of this folder: see sched.h.
 */
#ifndef SCHED_RUN_H
#define SCHED_RUN_H

#include <stdbool.h>

#include "control.h"
#include "sched.h"

#define MAX_THREADS	SCHED_MAX_THREADS
#define MAX_POINTS	(1u << 16)

enum state {
	FREE, RUNNABLE,
	YIELDED,		/* others first */
	WAITS_WORD, WAITS_EVENT,
	DONE,
};

struct sched_thread {
	enum state state;
	bool member;		/* of the run; with the turn, or waiting for it */
	bool used;
	int turn;		/* a futex: it may run */
	int ready;		/* a futex: it has started */
	int *word;
	int event;
	unsigned long long deadline;
	bool timed_out;
	unsigned int since;	/* points since it got the turn */
	struct control_point last;
};

struct sched_run {
	bool active;
	int over;		/* a futex: the run has come to its end, or nobody can run */
	bool idle;		/* the latter */
	enum control_interleaved how;
	const struct control_interleave *what;
	struct sched_thread *threads[MAX_THREADS];
	unsigned int nr, bodies_left, current, next_switch;
	unsigned int nr_points;
	struct control_point points[MAX_POINTS];
};

extern struct sched_run sched_run_state;
extern __thread struct sched_thread *sched_self;

#define run	sched_run_state
#define self	sched_self

static inline bool in_run(void)
{
	return run.active && self && self->member;
}

#endif
