// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/rcu/tree.c and update.c: a fake whose grace periods are real.  A
 * reader is a task with a nesting count (PREEMPT_RCU), or a CPU that cannot be preempted;
 * a grace period is over when each CPU has been seen without either.
 *
 * Callbacks run when a task that returns to the VMM finds their grace period over, and all
 * of them before a VM's end is complete (glue_settle()).
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "task.h"

/* ---- readers ---- */

static struct lock_class_key glue_rcu_keys[4];

#define GLUE_RCU_MAP(map, i)	\
	struct lockdep_map map = { .name = #map, .key = &glue_rcu_keys[i] }

GLUE_RCU_MAP(rcu_lock_map, 0);
GLUE_RCU_MAP(rcu_bh_lock_map, 1);
GLUE_RCU_MAP(rcu_sched_lock_map, 2);
GLUE_RCU_MAP(rcu_callback_map, 3);

int debug_lockdep_rcu_enabled(void)
{
	return 1;
}

int rcu_read_lock_held(void)
{
	return lock_is_held(&rcu_lock_map);
}

int rcu_read_lock_bh_held(void)
{
	return in_softirq() || glue_irqs_disabled();
}

int rcu_read_lock_sched_held(void)
{
	return lock_is_held(&rcu_sched_lock_map) || preempt_count() || glue_irqs_disabled();
}

int rcu_read_lock_any_held(void)
{
	return rcu_read_lock_held() || lock_is_held(&rcu_bh_lock_map) ||
	       rcu_read_lock_sched_held();
}

#ifdef CONFIG_PREEMPT_RCU
void __rcu_read_lock(void)
{
	WRITE_ONCE(current->rcu_read_lock_nesting, current->rcu_read_lock_nesting + 1);
	barrier();
}

void __rcu_read_unlock(void)
{
	barrier();
	if (!current->rcu_read_lock_nesting) {
		glue_splat("WARNING: rcu_read_unlock() without rcu_read_lock()");
		return;
	}
	WRITE_ONCE(current->rcu_read_lock_nesting, current->rcu_read_lock_nesting - 1);
}

static bool glue_task_reads(const struct glue_task *task)
{
	return READ_ONCE(task->task.rcu_read_lock_nesting);
}
#else
static bool glue_task_reads(const struct glue_task *task)
{
	return false;
}
#endif

/* The count of another CPU; which of its parts is set does not matter. */
static bool glue_cpu_reads(unsigned int cpu)
{
	return (glue_preempt_count(cpu) & ~PREEMPT_NEED_RESCHED) ||
	       READ_ONCE(per_cpu(glue_irqs_off, cpu)) ||
	       glue_task_reads(glue_cpus[cpu].task) || glue_task_reads(glue_cpus[cpu].helper);
}

/* Take CPUs out of @mask that read nothing now: what they may have read before is over. */
static bool glue_grace_over(struct cpumask *mask)
{
	unsigned int cpu;

	/* A reader that is not seen to be one has not read anything yet. */
	glue_host->memory_barrier();
	for_each_cpu(cpu, mask)
		if (!glue_cpu_reads(cpu))
			cpumask_clear_cpu(cpu, mask);
	if (cpumask_empty(mask))
		glue_order(CONTROL_ORDER_GRACE, NULL);
	return cpumask_empty(mask);
}

static void glue_grace_start(struct cpumask *mask)
{
	cpumask_copy(mask, cpu_online_mask);
}

/* ---- callbacks ---- */

struct glue_rcu {
	struct glue_rcu *next;
	rcu_callback_t func;
	struct rcu_head *head;
	void *ptr;			/* without @func: to be freed */
};

/* The newest, and those whose grace period has begun: CPUs that may read still. */
static struct glue_rcu *glue_new, *glue_waiting;
static struct cpumask glue_readers;
static int glue_rcu_lock;
/* Who runs callbacks, which may sleep in no way: others wait for that. */
static int glue_rcu_running;

static void glue_rcu_add(rcu_callback_t func, struct rcu_head *head, void *ptr)
{
	struct glue_rcu *r = glue_note_alloc(sizeof(*r));

	if (!r)
		glue_die("no memory to put off what RCU has to do");
	r->func = func;
	r->head = head;
	r->ptr = ptr;
	glue_order(CONTROL_ORDER_PUT, &glue_rcu_lock);
	glue_word_lock(&glue_rcu_lock);
	r->next = glue_new;
	glue_new = r;
	glue_word_unlock(&glue_rcu_lock);
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	head->func = func;
	glue_rcu_add(func, head, NULL);
}

/* The first argument's type differs. */
void glue_kvfree_call_rcu(void *head, void *ptr) asm("kvfree_call_rcu");

void glue_kvfree_call_rcu(void *head, void *ptr)
{
	glue_rcu_add(NULL, head, ptr);
}

static void glue_rcu_run(struct glue_rcu *list)
{
	struct glue_rcu *r, *next, *forward = NULL;

	for (r = list; r; r = next) {
		next = r->next;
		r->next = forward;
		forward = r;
	}
	for (r = forward; r; r = next) {
		next = r->next;
		if (r->func) {
			local_bh_disable();
			r->func(r->head);
			local_bh_enable();
		} else {
			kvfree(r->ptr);
		}
		glue_note_free(r);
	}
}

/* One step: those whose grace period is over, and then the next ones' begins. */
static bool glue_rcu_step(void)
{
	struct glue_rcu *due = NULL;
	bool left;

	glue_word_lock(&glue_rcu_running);
	glue_word_lock(&glue_rcu_lock);
	if (glue_waiting && glue_grace_over(&glue_readers)) {
		due = glue_waiting;
		glue_waiting = NULL;
	}
	if (!glue_waiting && glue_new) {
		glue_waiting = glue_new;
		glue_new = NULL;
		glue_grace_start(&glue_readers);
	}
	left = glue_waiting;
	glue_word_unlock(&glue_rcu_lock);
	glue_order(CONTROL_ORDER_GET, &glue_rcu_lock);
	glue_rcu_run(due);
	glue_order(CONTROL_ORDER_PUT, &glue_rcu_running);
	glue_word_unlock(&glue_rcu_running);
	return left;
}

void glue_rcu_poll(void)
{
	if (READ_ONCE(glue_new) || READ_ONCE(glue_waiting)) {
		/* Whoever reads is in no other grace period's way: begin, and see. */
		glue_rcu_step();
		if (READ_ONCE(glue_waiting))
			glue_rcu_step();
	}
	glue_srcu_poll(false);
}

static void glue_wait_a_bit(void)
{
	enum glue_out out = glue_sleep_begin();

	glue_host->yield();
	glue_sleep_end(out);
}

static void glue_check_reader(const char *what, unsigned long ip)
{
	char place[GLUE_PLACE];

	glue_might_sleep(ip);
	if (lock_is_held(&rcu_lock_map))
		glue_splat("WARNING: illegal %s in an RCU reader, in %s", what,
			   glue_place(ip, place));
}

void synchronize_rcu(void)
{
	struct cpumask mask;

	glue_check_reader("synchronize_rcu()", _RET_IP_);
	glue_grace_start(&mask);
	cpumask_clear_cpu(raw_smp_processor_id(), &mask);
	while (!glue_grace_over(&mask))
		glue_wait_a_bit();
}

void synchronize_rcu_expedited(void)
{
	synchronize_rcu();
}

void rcu_barrier(void)
{
	glue_check_reader("rcu_barrier()", _RET_IP_);
	/* Those that are new, and those before them. */
	while (glue_rcu_step() || READ_ONCE(glue_new))
		glue_wait_a_bit();
	glue_order(CONTROL_ORDER_GET, &glue_rcu_running);
}

void kvfree_rcu_barrier(void)
{
	rcu_barrier();
}

void glue_settle(void)
{
	glue_srcu_poll(true);
	rcu_barrier();
	glue_works_settle();
	rcu_barrier();
}

/* ---- quiescent states, which are looked for and need not be told ---- */

void rcu_note_context_switch(bool preempt)
{
}

#ifdef CONFIG_PREEMPT_RCU
void rcu_read_unlock_strict(void) __weak;
#else
void rcu_read_unlock_strict(void)
{
}
#endif
