/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks, CPUs and how they wait: what the glue's files share about them.
 *
 * A CPU is a thread of the process, and GS base is its per-CPU area.  While a thread is in
 * the image it holds its CPU's lock; it gives it up where it waits, and while it is in the
 * VMM.  Whoever has another CPU's lock can be that CPU for as long (glue_set_cpu()), which
 * is how functions are called on it that cannot wait for its thread.
 */
#ifndef INPROC_GLUE_TASK_H
#define INPROC_GLUE_TASK_H

#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "glue.h"

#define GLUE_MAX_HELD	96

/* A lock that a task holds, for lockdep. */
struct glue_held {
	struct lockdep_map *lock;
	struct lockdep_map *nest;
	unsigned long ip;
	u16 class;
	u8 read;
	bool trylock, check, irq;
	bool irqs_on;
};

struct glue_file;

struct glue_task {
	unsigned int nr_held;
	bool held_overflow;
	struct glue_held held[GLUE_MAX_HELD];
	int event;		/* what it sleeps for, of the process's */
	int depth;		/* calls of the process's into the image, one within the other */
	struct glue_file *ending;	/* files that end when it returns to the VMM */
	bool late;		/* what it waits for next, until a time, does not come */
	struct fpstate *fpstate;	/* of the guest that it runs, or NULL (linux/fpu.c) */
	bool fpu_loaded;		/* the guest's are in the CPU's registers, and */
	char fpu_host[512] __aligned(16);	/* the process's here */
	struct task_struct task;
	/* Newer trees keep the FPU's state behind the task. */
	char fpu[8192] __aligned(64);
};

static inline struct glue_task *to_glue_task(struct task_struct *task)
{
	return container_of(task, struct glue_task, task);
}

/* ---- linux/irq.c ---- */

struct glue_call;

struct glue_cpu {
	int lock;			/* who has it is the CPU */
	struct glue_call *calls;	/* to be run there, the newest first */
	bool atomic;			/* given up in the midst of something that cannot sleep */
	int wanted;			/* tasks that want to run there */
	struct glue_task *task;		/* of its thread */
	struct glue_task *helper;	/* that runs there in between */
	int helper_lock;		/* for one of those tasks at a time */
};

extern struct glue_cpu glue_cpus[IMAGE_MAX_CPUS];

DECLARE_PER_CPU(u8, glue_irqs_off);
/* AMD: the global interrupt flag is clear. */
DECLARE_PER_CPU(u8, glue_gif_off);
DECLARE_PER_CPU(u8, glue_irq_pending);

/* Another thread may come in before what this one does now (struct control_interleave). */
static inline void glue_point(enum control_point_kind kind, const struct lockdep_map *lock,
			      int write, unsigned long ip)
{
	if (unlikely(READ_ONCE(glue_host->point)))
		glue_host->point(kind, lock, lock->name, write, ip);
}

/* For the search for data races: what locks do not show. */
static inline void glue_order(enum control_order what, const void *obj)
{
	if (unlikely(READ_ONCE(glue_host->order)))
		glue_host->order(what, obj);
}

void glue_irq_poll(void);

static inline bool glue_irqs_disabled(void)
{
	return this_cpu_read(glue_irqs_off);
}

static inline bool glue_irq_save(void)
{
	bool off = this_cpu_read(glue_irqs_off);

	this_cpu_write(glue_irqs_off, 1);
	return off;
}

/* Where interrupts are on, one that waits comes now. */
static inline void glue_irq_window(void)
{
	if (unlikely(this_cpu_read(glue_irq_pending)) && !this_cpu_read(glue_irqs_off))
		glue_irq_poll();
}

static inline void glue_irq_restore(bool off)
{
	this_cpu_write(glue_irqs_off, off);
	glue_irq_window();
}

/* Give up this CPU, for as long as nothing of it is touched, and take it again. */
enum glue_out {
	GLUE_OUT_NOT,		/* interrupts are off: it stays this thread's */
	GLUE_OUT_TASK,
	GLUE_OUT_HELPER,
};

enum glue_out glue_cpu_out(void);
void glue_cpu_in(enum glue_out out);
/* futex_wait() with the CPU given up. */
void glue_wait(int *word, int value);
/* Have @func run on another CPU, as in an interrupt; @wait until it has. */
void glue_call_cpus(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait);
/* Have @func run as a task of CPU @cpu, by this thread. */
int glue_call_task(unsigned int cpu, int (*func)(void *), void *arg);

/* ---- linux/file.c: what this task has put off until its return to the VMM ---- */

void glue_files_end(void);

/* ---- linux/cpu.c ---- */

/* Of another CPU: with PREEMPT_NEED_RESCHED, which is the other way round. */
unsigned long glue_preempt_count(unsigned int cpu);
/* linux/fpu.c: kernel code may have used a guest's registers, up to here. */
void glue_fpu_put(void);
/* Returns who it was. */
struct task_struct *glue_set_current(struct task_struct *task);

/* ---- linux/task.c, linux/sched.c ---- */

extern struct mm_struct *glue_mm;

void glue_task_setup(struct glue_task *glue, unsigned int cpu);
void glue_task_unset(struct glue_task *glue);
void glue_task_init(unsigned int cpu);
void glue_task_exit(unsigned int cpu);
/* TIF_SIGPENDING is as the signals are. */
void glue_signal_poll(void);
/* Around a wait of a task, as opposed to one for a spinlock. */
enum glue_out glue_sleep_begin(void);
void glue_sleep_end(enum glue_out out);
void glue_might_sleep(unsigned long ip);
/* Until the state is TASK_RUNNING, or a signal ends it; true if @deadline does. */
bool glue_sleep(unsigned long long deadline);

/* ---- linux/kthread.c and others: the threads are the parent's ---- */

void glue_threads_forked(void);
void glue_timers_forked(void);
void glue_works_forked(void);

/* ---- linux/time.c: CLOCK_MONOTONIC's nanoseconds ---- */

unsigned long long glue_now(void);

/* ---- linux/lockdep.c ---- */

const char *glue_place(unsigned long ip, char *buf);
#define GLUE_PLACE	160

/*
 * As the kernel's lock_acquire() and lock_release(), for locks that are checked in full.
 * True if the lock can never be had, which has been reported.
 */
bool glue_lock_acquire(struct lockdep_map *lock, unsigned int subclass, int trylock, int read,
		       struct lockdep_map *nest, unsigned long ip);
void glue_lock_release(struct lockdep_map *lock, unsigned long ip);
/* Nothing may be held by a task that returns to the VMM. */
void glue_lockdep_leave(void);

/* ---- linux/hotplug.c ---- */

void glue_hotplug_online(unsigned int cpu);

/* ---- linux/rcu.c ---- */

/* Run what is due by now. */
void glue_rcu_poll(void);

/* ---- linux/srcu.c: the same, or wait until all is due ---- */

void glue_srcu_poll(bool wait);

/* ---- linux/workqueue.c: nothing is left to do ---- */

void glue_works_settle(void);

#endif
