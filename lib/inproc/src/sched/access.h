/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data races: accesses to memory by threads of a run that nothing puts in an order.
 *
 * What orders them is what the kernel says: locks, RCU, wakeups, atomic operations with their
 * barriers; not in which order they happened to run.  So a race is found in schedules in which
 * the two accesses are far from each other, too.
 */
#ifndef INPROC_SRC_ACCESS_H
#define INPROC_SRC_ACCESS_H

#include <stdbool.h>

#include "control.h"

#define SCHED_MAX_THREADS	32

struct sched_held {
	const void *lock;
	const char *name;
	unsigned long ip;
	int write;
};

/* Where memory at @p is from, as text in @buf of @len bytes. */
typedef const char *(*access_describe)(const void *p, char *buf, unsigned long len);

/* A run begins, with threads that know nothing of each other. */
void access_begin(access_describe describe);
/* Thread @by has made or woken @thread, which is new in the run. */
void access_thread(unsigned int thread, unsigned int by);
/* @thread is about to take a lock. */
void access_lock(unsigned int thread, const struct sched_held *lock);
/* It is about to give it back; or (not @really) has only said that it takes it: lock_sync(). */
void access_unlock(unsigned int thread, const void *lock, bool really);
/* How many it has or waits for, and these. */
unsigned int access_held(unsigned int thread, const struct sched_held **held);
void access_order(unsigned int thread, enum control_order what, const void *obj);
/* enum control_access; @ip is a return address. */
void access_made(unsigned int thread, const void *p, unsigned long bytes, int kind,
		 unsigned long ip);

/* Those found by this process, each pair of places once. */
unsigned int access_races(void);
const struct control_data_race *access_race(unsigned int idx);

#endif
