// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/workqueue.c: a fake with one thread, which does all works in the order
 * in which they were queued, whatever their queue's limits and CPUs.
 */
#include <linux/irq_work.h>
#include <linux/lockdep.h>
#include <linux/workqueue.h>

#include "task.h"
#include "timer.h"

/* A queued work's data is its queue, beside the bits that the kernel has there. */
struct workqueue_struct {
	struct lockdep_map lockdep_map;
	char name[32];
} __aligned(256);

#define GLUE_WORK_BITS	255UL

static LIST_HEAD(glue_works);
static int glue_works_lock;
static struct work_struct *glue_running;
static struct workqueue_struct *glue_running_wq;

static void glue_works_get(void)
{
	glue_word_lock(&glue_works_lock);
	glue_order(CONTROL_ORDER_GET, &glue_works_lock);
}

static void glue_works_put(void)
{
	glue_order(CONTROL_ORDER_PUT, &glue_works_lock);
	glue_word_unlock(&glue_works_lock);
}

static void glue_run_works(void *arg);

static struct glue_thread glue_works_thread = { .name = "works", .func = glue_run_works };

static struct workqueue_struct glue_system_wq = {
	.lockdep_map = { .name = "system_wq" },
	.name = "events",
};

/* Their number grows; each is the same here. */
#define GLUE_SYSTEM_WQ(name)	struct workqueue_struct *name = &glue_system_wq

GLUE_SYSTEM_WQ(system_wq);
GLUE_SYSTEM_WQ(system_percpu_wq);
GLUE_SYSTEM_WQ(system_highpri_wq);
GLUE_SYSTEM_WQ(system_long_wq);
GLUE_SYSTEM_WQ(system_unbound_wq);
GLUE_SYSTEM_WQ(system_dfl_wq);
GLUE_SYSTEM_WQ(system_dfl_long_wq);
GLUE_SYSTEM_WQ(system_power_efficient_wq);

static struct workqueue_struct *glue_work_wq(struct work_struct *work)
{
	return (void *)(*work_data_bits(work) & ~GLUE_WORK_BITS);
}

static bool glue_set_pending(struct work_struct *work)
{
	return !test_and_set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work));
}

static void glue_set_idle(struct work_struct *work)
{
	atomic_long_set(&work->data, WORK_STRUCT_NO_POOL);
}

/* It is pending already. */
static void glue_queue(struct workqueue_struct *wq, struct work_struct *work)
{
	glue_works_get();
	atomic_long_set(&work->data, (unsigned long)wq | WORK_STRUCT_PENDING);
	list_add_tail(&work->entry, &glue_works);
	glue_works_put();
	glue_thread_wake(&glue_works_thread);
}

static void glue_run_work(struct work_struct *work, struct workqueue_struct *wq)
{
	struct lockdep_map map;
	unsigned int depth;

	/* It may be freed by itself. */
	lockdep_copy_map(&map, &work->lockdep_map);
	lock_map_acquire(&wq->lockdep_map);
	lock_map_acquire(&map);
	depth = current->lockdep_depth;
	work->func(work);
	if (current->lockdep_depth != depth || preempt_count())
		glue_splat("WARNING: a work of %s leaves locks held or preemption off", wq->name);
	lock_map_release(&map);
	lock_map_release(&wq->lockdep_map);
}

/* Take it off the list, to run it; what runs around it is @outer. */
static bool glue_run_next(struct work_struct *which)
{
	struct work_struct *work, *outer;
	struct workqueue_struct *wq, *outer_wq;

	glue_works_get();
	work = which ?: list_first_entry_or_null(&glue_works, struct work_struct, entry);
	if (!work || list_empty(&work->entry)) {
		glue_works_put();
		return false;
	}
	list_del_init(&work->entry);
	wq = glue_work_wq(work);
	glue_set_idle(work);
	outer = glue_running;
	outer_wq = glue_running_wq;
	glue_running = work;
	glue_running_wq = wq;
	glue_works_put();

	glue_run_work(work, wq);

	glue_works_get();
	glue_running = outer;
	glue_running_wq = outer_wq;
	glue_works_put();
	glue_thread_done(&glue_works_thread);
	return true;
}

static void glue_run_works(void *arg)
{
	while (glue_run_next(NULL))
		;
}

/* Wait as long as @busy says so, which is called with the lock held. */
static void glue_wait_while(bool (*busy)(void *arg), void *arg)
{
	bool is;
	int done;

	for (;;) {
		done = __atomic_load_n(&glue_works_thread.done, __ATOMIC_SEQ_CST);
		glue_works_get();
		is = busy(arg);
		glue_works_put();
		if (!is)
			return;
		/* A work that waits for others does them itself: there is no other thread. */
		if (glue_thread_is_current(&glue_works_thread)) {
			if (!glue_run_next(NULL))
				return;
			continue;
		}
		glue_thread_wait(&glue_works_thread, done);
	}
}

/* ---- works ---- */

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	if (!glue_set_pending(work))
		return false;
	glue_queue(wq, work);
	return true;
}

static bool glue_work_busy(void *arg)
{
	struct work_struct *work = arg;

	return !list_empty(&work->entry) || glue_running == work;
}

static bool glue_work_runs(void *arg)
{
	return glue_running == arg;
}

/* Whoever waits for a work waits for the locks that it takes. */
static void glue_flush_map(struct lockdep_map *map)
{
	lock_map_acquire(map);
	lock_map_release(map);
}

bool flush_work(struct work_struct *work)
{
	bool was;

	glue_might_sleep(_RET_IP_);
	glue_flush_map(&work->lockdep_map);
	glue_works_get();
	was = glue_work_busy(work);
	glue_works_put();
	if (was)
		glue_wait_while(glue_work_busy, work);
	return was;
}

/* Pending ones are no more; true if it was. */
static bool glue_dequeue(struct work_struct *work)
{
	bool was;

	glue_works_get();
	was = !list_empty(&work->entry);
	if (was) {
		list_del_init(&work->entry);
		glue_set_idle(work);
	}
	glue_works_put();
	return was;
}

bool cancel_work(struct work_struct *work)
{
	return glue_dequeue(work);
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was, again;

	glue_might_sleep(_RET_IP_);
	glue_flush_map(&work->lockdep_map);
	was = glue_dequeue(work);
	/* One that queues itself is cancelled again. */
	do {
		glue_wait_while(glue_work_runs, work);
		again = glue_dequeue(work);
	} while (again);
	return was;
}

/* ---- delayed works ---- */

void delayed_work_timer_fn(struct timer_list *timer)
{
	struct delayed_work *dwork = container_of(timer, struct delayed_work, timer);

	glue_queue(dwork->wq, &dwork->work);
}

static void glue_delay_over(void *arg)
{
	struct delayed_work *dwork = arg;

	delayed_work_timer_fn(&dwork->timer);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			   unsigned long delay)
{
	if (!glue_set_pending(&dwork->work))
		return false;
	dwork->wq = wq;
	if (delay)
		glue_timer_start(glue_delay_over, dwork, glue_now() + delay * TICK_NSEC);
	else
		glue_queue(wq, &dwork->work);
	return true;
}

bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			 unsigned long delay)
{
	bool was = cancel_delayed_work(dwork);

	queue_delayed_work_on(cpu, wq, dwork, delay);
	return was;
}

static bool glue_cancel_delay(struct delayed_work *dwork)
{
	if (glue_timer_cancel(dwork) <= 0)
		return false;
	glue_set_idle(&dwork->work);
	return true;
}

bool cancel_delayed_work(struct delayed_work *dwork)
{
	bool delayed = glue_cancel_delay(dwork);

	return glue_dequeue(&dwork->work) || delayed;
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	bool was = false, again;

	do {
		again = glue_cancel_delay(dwork);
		again |= cancel_work_sync(&dwork->work);
		was |= again;
	} while (again);
	return was;
}

bool flush_delayed_work(struct delayed_work *dwork)
{
	if (glue_timer_cancel(dwork) > 0)
		glue_queue(dwork->wq, &dwork->work);
	return flush_work(&dwork->work);
}

/* ---- queues ---- */

static struct workqueue_struct *glue_wq_new(const char *fmt, va_list args)
{
	struct workqueue_struct *wq = glue_alloc(sizeof(*wq), 256);
	static struct lock_class_key key;

	if (!wq)
		return NULL;
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	lockdep_init_map(&wq->lockdep_map, wq->name, &key, 0);
	/* The class outlives it. */
	wq->lockdep_map.name = "(wq_completion)";
	return wq;
}

#define GLUE_WQ_NEW(name, symbol)						\
	struct workqueue_struct *name(const char *fmt, unsigned int flags,	\
				      int max_active, ...) asm(symbol);		\
	struct workqueue_struct *name(const char *fmt, unsigned int flags,	\
				      int max_active, ...)			\
	{									\
		struct workqueue_struct *wq;					\
		va_list args;							\
										\
		va_start(args, max_active);					\
		wq = glue_wq_new(fmt, args);					\
		va_end(args);							\
		return wq;							\
	}

GLUE_WQ_NEW(glue_alloc_wq_old, "alloc_workqueue")
GLUE_WQ_NEW(glue_alloc_wq, "alloc_workqueue_noprof")

static bool glue_wq_busy(void *arg)
{
	struct work_struct *work;

	if (glue_running_wq == arg)
		return true;
	list_for_each_entry(work, &glue_works, entry)
		if (glue_work_wq(work) == arg)
			return true;
	return false;
}

void __flush_workqueue(struct workqueue_struct *wq)
{
	glue_might_sleep(_RET_IP_);
	glue_flush_map(&wq->lockdep_map);
	glue_wait_while(glue_wq_busy, wq);
}

void drain_workqueue(struct workqueue_struct *wq)
{
	__flush_workqueue(wq);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	glue_free(wq);
}

static bool glue_any_busy(void *arg)
{
	return !list_empty(&glue_works) || glue_running;
}

void glue_works_settle(void)
{
	glue_wait_while(glue_any_busy, NULL);
}

void glue_works_forked(void)
{
	INIT_LIST_HEAD(&glue_works);
	glue_works_lock = 0;
	glue_running = NULL;
	glue_running_wq = NULL;
}
