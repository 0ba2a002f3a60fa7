// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/time/hrtimer.c and timer.c: a fake whose timers are real.  One thread
 * waits for all of them, and interrupts the CPU that has started the one that is due.
 *
 * Trees lay out struct hrtimer differently: of its fields only the expiry, by its
 * accessors, and the function are used.
 */
#include <linux/hrtimer.h>
#include <linux/timer.h>

#include "task.h"
#include "timer.h"

#define GLUE_MAX_TIMERS	2048

static struct glue_timer glue_timers[GLUE_MAX_TIMERS];
static unsigned int glue_nr_timers;	/* used ones are below */
static int glue_timers_lock;

/* ---- the glue's own ---- */

static struct glue_timer *glue_find_timer(void *arg)
{
	unsigned int i;

	for (i = 0; i < glue_nr_timers; i++)
		if (glue_timers[i].used && glue_timers[i].arg == arg)
			return &glue_timers[i];
	return NULL;
}

static struct glue_timer *glue_new_timer(void *arg)
{
	unsigned int i;

	for (i = 0; i < GLUE_MAX_TIMERS; i++) {
		if (glue_timers[i].used)
			continue;
		glue_timers[i] = (struct glue_timer){ .arg = arg, .used = true };
		glue_nr_timers = max(glue_nr_timers, i + 1);
		return &glue_timers[i];
	}
	glue_die("more than %d timers", GLUE_MAX_TIMERS);
}

static struct glue_timer *glue_first_timer(void)
{
	struct glue_timer *first = NULL;
	unsigned int i;

	for (i = 0; i < glue_nr_timers; i++)
		if (glue_timers[i].used && glue_timers[i].queued && !glue_timers[i].running &&
		    (!first || glue_timers[i].when < first->when))
			first = &glue_timers[i];
	return first;
}

static void glue_expire(void *p)
{
	struct glue_timer *t = p;

	t->func(t->arg);
}

static void glue_run_timers(void *arg);

static struct glue_thread glue_timer_thread = { .name = "timers", .func = glue_run_timers };

/* An interrupt on its CPU, which may be this thread's if a work has started it. */
static void glue_interrupt(struct glue_timer *t)
{
	bool off;

	if (t->cpu != raw_smp_processor_id()) {
		glue_call_cpus(cpumask_of(t->cpu), glue_expire, t, true);
		return;
	}
	off = glue_irq_save();
	__preempt_count_add(HARDIRQ_OFFSET);
	glue_expire(t);
	__preempt_count_sub(HARDIRQ_OFFSET);
	glue_irq_restore(off);
}

static void glue_run_timers(void *arg)
{
	struct glue_timer *t;
	unsigned long long when;

	for (;;) {
		glue_word_lock(&glue_timers_lock);
		t = glue_first_timer();
		if (t && t->when <= glue_now()) {
			t->queued = false;
			t->running = true;
			glue_order(CONTROL_ORDER_GET, &glue_timers_lock);
			glue_word_unlock(&glue_timers_lock);
			glue_interrupt(t);
			glue_word_lock(&glue_timers_lock);
			t->running = false;
			t->used = t->queued;
			glue_word_unlock(&glue_timers_lock);
			glue_thread_done(&glue_timer_thread);
			continue;
		}
		when = t ? t->when : 0;
		glue_word_unlock(&glue_timers_lock);
		if (!t)
			return;
		glue_thread_sleep(&glue_timer_thread, when);
	}
}

void glue_timer_start(void (*func)(void *arg), void *arg, unsigned long long when)
{
	struct glue_timer *t;
	bool first;

	glue_word_lock(&glue_timers_lock);
	t = glue_find_timer(arg) ?: glue_new_timer(arg);
	glue_order(CONTROL_ORDER_PUT, &glue_timers_lock);
	t->func = func;
	t->when = when;
	t->cpu = raw_smp_processor_id();
	t->queued = true;
	first = glue_first_timer() == t;
	glue_word_unlock(&glue_timers_lock);
	/* Else it looks again before this one is due. */
	if (first)
		glue_thread_wake(&glue_timer_thread);
}

int glue_timer_try_to_cancel(void *arg)
{
	struct glue_timer *t;
	int ret = 0;

	glue_word_lock(&glue_timers_lock);
	t = glue_find_timer(arg);
	if (t && t->running) {
		ret = -1;
	} else if (t) {
		ret = t->queued;
		t->queued = false;
		t->used = false;
	}
	glue_word_unlock(&glue_timers_lock);
	return ret;
}

int glue_timer_cancel(void *arg)
{
	int done, ret;

	for (;;) {
		done = __atomic_load_n(&glue_timer_thread.done, __ATOMIC_SEQ_CST);
		ret = glue_timer_try_to_cancel(arg);
		if (ret >= 0)
			return ret;
		glue_thread_wait(&glue_timer_thread, done);
	}
}

bool glue_timer_active(void *arg)
{
	struct glue_timer *t;

	glue_word_lock(&glue_timers_lock);
	t = glue_find_timer(arg);
	glue_word_unlock(&glue_timers_lock);
	return t;
}

void glue_timers_forked(void)
{
	memset(glue_timers, 0, sizeof(glue_timers[0]) * glue_nr_timers);
	glue_nr_timers = 0;
	glue_timers_lock = 0;
	glue_timer_thread.started = false;
}

/* ---- hrtimers ---- */

static void glue_hrtimer_expire(void *arg)
{
	struct hrtimer *timer = arg;
	enum hrtimer_restart again = ACCESS_PRIVATE(timer, function)(timer);

	/* It may have been started anew by now, with a time of its own. */
	if (again == HRTIMER_RESTART)
		glue_timer_start(glue_hrtimer_expire, timer, hrtimer_get_expires(timer));
}

/* Before 6.15, and since. */
void glue_hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode)
	asm("hrtimer_init");
void glue_hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*func)(struct hrtimer *),
			clockid_t clock, enum hrtimer_mode mode) asm("hrtimer_setup");

void glue_hrtimer_init(struct hrtimer *timer, clockid_t clock, enum hrtimer_mode mode)
{
	if (clock != CLOCK_MONOTONIC)
		glue_not_driven("hrtimers of clock %d", clock);
	memset(timer, 0, sizeof(*timer));
}

void glue_hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*func)(struct hrtimer *),
			clockid_t clock, enum hrtimer_mode mode)
{
	glue_hrtimer_init(timer, clock, mode);
	ACCESS_PRIVATE(timer, function) = func;
}

void hrtimer_start_range_ns(struct hrtimer *timer, ktime_t time, u64 range_ns,
			    const enum hrtimer_mode mode)
{
	if (mode & HRTIMER_MODE_REL)
		time = ktime_add_safe(glue_now(), time);
	hrtimer_set_expires(timer, time);
	glue_timer_start(glue_hrtimer_expire, timer, max_t(ktime_t, time, 0));
}

int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	return glue_timer_try_to_cancel(timer);
}

int hrtimer_cancel(struct hrtimer *timer)
{
	return glue_timer_cancel(timer);
}

bool hrtimer_active(const struct hrtimer *timer)
{
	return glue_timer_active((void *)timer);
}

ktime_t __hrtimer_get_remaining(const struct hrtimer *timer, bool adjust)
{
	return hrtimer_get_expires(timer) - glue_now();
}

ktime_t ktime_add_safe(const ktime_t lhs, const ktime_t rhs)
{
	ktime_t sum = ktime_add_unsafe(lhs, rhs);

	return sum < 0 || sum < lhs || sum < rhs ? KTIME_MAX : sum;
}

/* ---- timers by jiffies ---- */

/* One name before 6.16, another since. */
void glue_timer_init_old(struct timer_list *timer, void (*func)(struct timer_list *),
			 unsigned int flags, const char *name, struct lock_class_key *key)
	asm("init_timer_key");
void glue_timer_init(struct timer_list *timer, void (*func)(struct timer_list *),
		     unsigned int flags, const char *name, struct lock_class_key *key)
	asm("timer_init_key");

void glue_timer_init(struct timer_list *timer, void (*func)(struct timer_list *),
		     unsigned int flags, const char *name, struct lock_class_key *key)
{
	timer->entry.pprev = NULL;
	timer->function = func;
	timer->flags = flags;
	lockdep_init_map(&timer->lockdep_map, name, key, 0);
}

void glue_timer_init_old(struct timer_list *timer, void (*func)(struct timer_list *),
			 unsigned int flags, const char *name, struct lock_class_key *key)
{
	glue_timer_init(timer, func, flags, name, key);
}

static void glue_timer_expire(void *arg)
{
	struct timer_list *timer = arg;

	timer->entry.pprev = NULL;
	timer->function(timer);
}

int mod_timer(struct timer_list *timer, unsigned long expires)
{
	unsigned long long now = glue_now();
	int pending = timer_pending(timer);
	long left = expires - jiffies;

	timer->expires = expires;
	/* What timer_pending() looks at. */
	timer->entry.pprev = &timer->entry.next;
	glue_timer_start(glue_timer_expire, timer, now + (left > 0 ? left * TICK_NSEC : 0));
	return pending;
}

void add_timer(struct timer_list *timer)
{
	mod_timer(timer, timer->expires);
}

static int glue_timer_delete(struct timer_list *timer)
{
	timer->entry.pprev = NULL;
	return glue_timer_cancel(timer);
}

int glue_timer_delete_sync(struct timer_list *timer) asm("timer_delete_sync");

int glue_timer_delete_sync(struct timer_list *timer)
{
	return glue_timer_delete(timer);
}

int timer_delete(struct timer_list *timer)
{
	timer->entry.pprev = NULL;
	return glue_timer_try_to_cancel(timer) > 0;
}
