/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers of the glue's own, which hrtimers and delayed work are made of, and threads.
 */
#ifndef INPROC_GLUE_TIMER_H
#define INPROC_GLUE_TIMER_H

#include <linux/types.h>

struct task_struct;

/* All fields are hrtimer.c's; @arg tells one from another. */
struct glue_timer {
	void *arg;
	void (*func)(void *arg);	/* in an interrupt on the CPU that has started it */
	unsigned long long when;
	unsigned int cpu;
	bool used, queued, running;
};

void glue_timer_start(void (*func)(void *arg), void *arg, unsigned long long when);
/* 1: it was queued and is no more; 0: it was not; -1: it runs. */
int glue_timer_try_to_cancel(void *arg);
int glue_timer_cancel(void *arg);
bool glue_timer_active(void *arg);

/* ---- kthread.c: a thread that does @func(@arg) each time it is woken ---- */

struct glue_thread {
	const char *name;
	/* Returns when there is nothing to be done. */
	void (*func)(void *arg);
	void *arg;
	int event;
	bool started, woken, stop, gone;
	int done;			/* counted up when it is through with something */
	unsigned int generation;
	struct task_struct *task;
};

void glue_thread_wake(struct glue_thread *thread);
/* Until it is gone, if it ever was there. */
void glue_thread_stop(struct glue_thread *thread);
/* Between looks at what is to be waited for: until the thread is through with something. */
void glue_thread_wait(struct glue_thread *thread, int done);
bool glue_thread_is_current(const struct glue_thread *thread);
/* Told by @func: somebody may wait for this. */
void glue_thread_done(struct glue_thread *thread);
/* Sleep until @deadline or until woken. */
void glue_thread_sleep(struct glue_thread *thread, unsigned long long deadline);

#endif
