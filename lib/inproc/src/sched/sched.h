/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads in kernel code that run one at a time, as a list of switches says.
 *
 * What waits, wakes or is a point of a switch comes here; outside of a run, and on threads
 * that are none of it, these functions do nothing, or just what the process would do.
 */
#ifndef INPROC_SRC_SCHED_H
#define INPROC_SRC_SCHED_H

#include <stdbool.h>

#include "control_enums.h"
#include "src/image/image.h"
#include "src/sched/access.h"

struct control_interleave;
struct control_point;

/*
 * control_ops'; @host is the image's, which tells of its points while this lasts.  What memory
 * is @describe says.
 */
enum control_interleaved sched_run(const struct control_interleave *what, struct image_host *host,
				   access_describe describe);
unsigned int sched_points(void);
const struct control_point *sched_get_point(unsigned int idx);
const char *sched_thread_at(unsigned int thread, char *buf, unsigned long len);

/* This thread is about to do that; another one may come in between. */
void sched_point(enum control_point_kind kind, const void *obj, const char *name, int write,
		 unsigned long ip);

/* This thread has freed memory, which @caller (a return address) asked for. */
void sched_freed(const void *p, unsigned long bytes, const void *caller);

/* The process is about to die: say which schedule it was in. */
void sched_tell(void);

/* As futexes; false: this thread is none of a run, and has to do it itself. */
bool sched_futex_wait(int *word, int value);
void sched_futex_wake(int *word, int nr);
bool sched_yield_turn(void);

/* Around event_wait() and event_signal() of struct image_host. */
int sched_event_wait(int event, unsigned long long blocked, unsigned long long deadline,
		     int (*really)(int event, unsigned long long blocked,
				   unsigned long long deadline));
void sched_event_signal(int event);

/* A thread of the kernel's own: before it is created, by its parent; and on itself. */
struct sched_thread;
struct sched_thread *sched_thread_new(void);
void sched_thread_begin(struct sched_thread *t);
void sched_thread_end(void);

#endif
