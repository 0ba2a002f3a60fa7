// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/kthread.c and kernel/vhost_task.c: threads of the kernel's.  A fake:
 * each is a thread of the process that is a CPU of its own, and is started when there is
 * first something to be done.
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched/vhost_task.h>

#include "task.h"
#include "timer.h"

/* Threads of the parent's process are none of a child's. */
static unsigned int glue_generation;

static int glue_start_lock;

static void glue_thread_run(void *arg)
{
	struct glue_thread *t = arg;

	glue_enter();
	WRITE_ONCE(t->task, current);
	while (!READ_ONCE(t->stop)) {
		WRITE_ONCE(t->woken, false);
		smp_mb();
		glue_order(CONTROL_ORDER_GET, t);
		t->func(t->arg);
		glue_files_end();
		glue_thread_done(t);
		while (!READ_ONCE(t->stop) && !READ_ONCE(t->woken))
			glue_thread_sleep(t, ULLONG_MAX);
	}
	WRITE_ONCE(t->task, NULL);
	glue_leave();
	__atomic_store_n(&t->gone, true, __ATOMIC_SEQ_CST);
	/* It may be freed with this. */
	glue_thread_done(t);
}

void glue_thread_wake(struct glue_thread *t)
{
	int ret = 0;

	glue_order(CONTROL_ORDER_PUT, t);
	glue_word_lock(&glue_start_lock);
	if (t->generation != glue_generation)
		t->started = false;
	if (!t->started) {
		t->started = true;
		t->stop = false;
		t->gone = false;
		t->generation = glue_generation;
		t->event = glue_host->event_new();
		ret = t->event < 0 ? t->event : glue_host->thread_start(glue_thread_run, t);
	}
	WRITE_ONCE(t->woken, true);
	glue_word_unlock(&glue_start_lock);
	if (ret)
		glue_die("no thread for the kernel's %s: error %d", t->name, -ret);
	glue_host->event_signal(t->event);
}

void glue_thread_sleep(struct glue_thread *t, unsigned long long deadline)
{
	enum glue_out out = glue_sleep_begin();

	glue_host->event_wait(t->event, ~0ULL, deadline);
	glue_sleep_end(out);
}

void glue_thread_done(struct glue_thread *t)
{
	glue_order(CONTROL_ORDER_PUT, &t->done);
	__atomic_fetch_add(&t->done, 1, __ATOMIC_SEQ_CST);
	glue_host->futex_wake(&t->done, INT_MAX);
}

void glue_thread_wait(struct glue_thread *t, int done)
{
	glue_wait(&t->done, done);
}

bool glue_thread_is_current(const struct glue_thread *t)
{
	return READ_ONCE(t->task) == current;
}

void glue_thread_stop(struct glue_thread *t)
{
	int done;

	if (!t->started || t->generation != glue_generation)
		return;
	WRITE_ONCE(t->stop, true);
	glue_thread_wake(t);
	for (;;) {
		done = __atomic_load_n(&t->done, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&t->gone, __ATOMIC_SEQ_CST))
			break;
		glue_thread_wait(t, done);
	}
	glue_order(CONTROL_ORDER_GET, &t->done);
	glue_host->event_free(t->event);
	t->started = false;
}

void glue_threads_forked(void)
{
	glue_generation++;
	glue_start_lock = 0;
	glue_timers_forked();
	glue_works_forked();
}

/* ---- workers ---- */

struct glue_worker {
	struct glue_thread thread;
	/* What is woken before the thread exists; not the one it runs as. */
	struct glue_task *task;
	struct kthread_worker worker;
};

static struct glue_worker *to_glue_worker(struct kthread_worker *worker)
{
	return container_of(worker, struct glue_worker, worker);
}

static struct kthread_work *glue_next_work(struct kthread_worker *worker)
{
	struct kthread_work *work;
	unsigned long flags;

	raw_spin_lock_irqsave(&worker->lock, flags);
	work = list_first_entry_or_null(&worker->work_list, struct kthread_work, node);
	if (work)
		list_del_init(&work->node);
	worker->current_work = work;
	raw_spin_unlock_irqrestore(&worker->lock, flags);
	return work;
}

static void glue_worker_run(void *arg)
{
	struct glue_worker *w = arg;
	struct kthread_work *work;

	while ((work = glue_next_work(&w->worker))) {
		work->func(work);
		glue_thread_done(&w->thread);
	}
}

static struct kthread_worker *glue_worker_new(unsigned int flags)
{
	struct glue_worker *w = glue_alloc(sizeof(*w), 8);
	struct glue_task *task = glue_alloc(sizeof(*task), 64);
	static struct lock_class_key key;

	if (!w || !task) {
		glue_free(w);
		glue_free(task);
		return ERR_PTR(-ENOMEM);
	}
	glue_task_setup(task, 0);
	w->task = task;
	w->thread.name = "worker";
	w->thread.func = glue_worker_run;
	w->thread.arg = w;
	w->worker.flags = flags;
	w->worker.task = &task->task;
	INIT_LIST_HEAD(&w->worker.work_list);
	INIT_LIST_HEAD(&w->worker.delayed_work_list);
	raw_spin_lock_init(&w->worker.lock);
	lockdep_set_class_and_name(&w->worker.lock, &key, "kthread_worker->lock");
	return &w->worker;
}

/* The second is before 6.14; what follows is the name. */
struct kthread_worker *glue_worker_on_node(unsigned int flags)
	asm("kthread_create_worker_on_node");
struct kthread_worker *glue_worker_old(unsigned int flags) asm("kthread_create_worker");

struct kthread_worker *glue_worker_on_node(unsigned int flags)
{
	return glue_worker_new(flags);
}

struct kthread_worker *glue_worker_old(unsigned int flags)
{
	return glue_worker_new(flags);
}

bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	bool queued = false;
	unsigned long flags;

	raw_spin_lock_irqsave(&worker->lock, flags);
	if (list_empty(&work->node) && !work->canceling) {
		list_add_tail(&work->node, &worker->work_list);
		work->worker = worker;
		queued = true;
	}
	raw_spin_unlock_irqrestore(&worker->lock, flags);
	if (queued)
		glue_thread_wake(&to_glue_worker(worker)->thread);
	return queued;
}

void kthread_flush_work(struct kthread_work *work)
{
	struct kthread_worker *worker = work->worker;
	struct glue_worker *w;
	unsigned long flags;
	bool busy;
	int done;

	if (!worker)
		return;
	glue_might_sleep(_RET_IP_);
	w = to_glue_worker(worker);
	for (;;) {
		done = __atomic_load_n(&w->thread.done, __ATOMIC_SEQ_CST);
		raw_spin_lock_irqsave(&worker->lock, flags);
		busy = !list_empty(&work->node) || worker->current_work == work;
		raw_spin_unlock_irqrestore(&worker->lock, flags);
		if (!busy)
			return;
		glue_thread_wait(&w->thread, done);
	}
}

void kthread_flush_worker(struct kthread_worker *worker)
{
	struct glue_worker *w = to_glue_worker(worker);
	unsigned long flags;
	bool busy;
	int done;

	for (;;) {
		done = __atomic_load_n(&w->thread.done, __ATOMIC_SEQ_CST);
		raw_spin_lock_irqsave(&worker->lock, flags);
		busy = !list_empty(&worker->work_list) || worker->current_work;
		raw_spin_unlock_irqrestore(&worker->lock, flags);
		if (!busy)
			return;
		glue_thread_wait(&w->thread, done);
	}
}

void kthread_destroy_worker(struct kthread_worker *worker)
{
	struct glue_worker *w = to_glue_worker(worker);

	kthread_flush_worker(worker);
	glue_thread_stop(&w->thread);
	glue_task_unset(w->task);
	glue_free(w->task);
	glue_free(w);
}

/* ---- tasks of a VM's: they sleep until somebody wakes them, as those of KVM's do anyway ---- */

struct vhost_task {
	struct glue_thread thread;
	bool (*func)(void *data);
	void *data;
	bool started;
};

static void glue_vhost_run(void *arg)
{
	struct vhost_task *v = arg;

	while (!READ_ONCE(v->thread.stop)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(v->thread.stop)) {
			__set_current_state(TASK_RUNNING);
			break;
		}
		if (!v->func(v->data))
			schedule();
	}
	__set_current_state(TASK_RUNNING);
}

struct vhost_task *vhost_task_create(bool (*fn)(void *), void (*handle_kill)(void *), void *arg,
				     const char *name)
{
	struct vhost_task *v = glue_alloc(sizeof(*v), 8);

	if (!v)
		return ERR_PTR(-ENOMEM);
	v->func = fn;
	v->data = arg;
	v->thread.name = "vhost task";
	v->thread.func = glue_vhost_run;
	v->thread.arg = v;
	return v;
}

void vhost_task_start(struct vhost_task *v)
{
	v->started = true;
}

static void glue_vhost_wake(struct vhost_task *v)
{
	struct task_struct *task;

	glue_thread_wake(&v->thread);
	task = READ_ONCE(v->thread.task);
	if (task)
		wake_up_process(task);
}

void vhost_task_wake(struct vhost_task *v)
{
	if (v->started)
		glue_vhost_wake(v);
}

void vhost_task_stop(struct vhost_task *v)
{
	if (v->thread.started) {
		WRITE_ONCE(v->thread.stop, true);
		glue_vhost_wake(v);
	}
	glue_thread_stop(&v->thread);
	glue_free(v);
}
