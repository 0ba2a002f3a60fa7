// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for interrupts between CPUs (arch/x86/kernel/smp.c and the interrupt flag): a
 * fake of which code sees no difference.
 *
 * An interrupt comes where the CPU's code enables interrupts or leaves the guest, where it
 * waits, and while its thread is in the VMM.  In the first case the thread runs what it is
 * about, in the others whoever sent it does so, being that CPU (see task.h).
 */
#include <linux/cpumask.h>
#include <linux/preempt.h>

#include "task.h"

struct glue_call {
	struct glue_call *next;
	smp_call_func_t func;
	void *info;
	int done;
	bool allocated;			/* nobody waits for it */
};

struct glue_cpu glue_cpus[IMAGE_MAX_CPUS];

DEFINE_PER_CPU(u8, glue_irqs_off);
DEFINE_PER_CPU(u8, glue_gif_off);
DEFINE_PER_CPU(u8, glue_irq_pending);

/* ---- words: 0 free, 1 taken, 2 taken and waited for ---- */

bool glue_word_trylock(int *word)
{
	int old = 0;

	return __atomic_compare_exchange_n(word, &old, 1, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

void glue_word_lock(int *word)
{
	if (glue_word_trylock(word))
		return;
	while (__atomic_exchange_n(word, 2, __ATOMIC_SEQ_CST))
		glue_host->futex_wait(word, 2);
}

void glue_word_unlock(int *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST) == 2)
		glue_host->futex_wake(word, INT_MAX);
}

/* ---- who is a CPU ---- */

static struct glue_cpu *glue_this_cpu(void)
{
	return &glue_cpus[raw_smp_processor_id()];
}

/* The CPU's lock is held, and this thread is it. */
static void glue_run_calls(struct glue_cpu *c)
{
	struct glue_call *call, *next, *list = NULL;
	bool off = glue_irq_save();

	this_cpu_write(glue_irq_pending, 0);
	glue_order(CONTROL_ORDER_GET, c);
	call = __atomic_exchange_n(&c->calls, NULL, __ATOMIC_SEQ_CST);
	for (; call; call = next) {
		next = call->next;
		call->next = list;
		list = call;
	}
	if (list)
		__preempt_count_add(HARDIRQ_OFFSET);
	for (call = list; call; call = next) {
		next = call->next;
		call->func(call->info);
		glue_order(CONTROL_ORDER_PUT, c);
		if (call->allocated)
			glue_note_free(call);
		else
			/* It is gone with this store. */
			__atomic_store_n(&call->done, 1, __ATOMIC_SEQ_CST);
	}
	if (list)
		__preempt_count_sub(HARDIRQ_OFFSET);
	this_cpu_write(glue_irqs_off, off);
}

/* Be @c, whose lock is held, and run what waits for it. */
static void glue_run_calls_as(struct glue_cpu *c)
{
	int self = glue_set_cpu(c - glue_cpus);

	glue_run_calls(c);
	glue_set_cpu(self);
}

void glue_irq_poll(void)
{
	struct glue_cpu *c = glue_this_cpu();

	if (this_cpu_read(glue_gif_off) || this_cpu_read(glue_irqs_off))
		return;
	while (this_cpu_read(glue_irq_pending)) {
		glue_run_calls(c);
		/* Who waits for the CPU waits for its calls, perhaps. */
		if (__atomic_exchange_n(&c->lock, 1, __ATOMIC_SEQ_CST) == 2)
			glue_host->futex_wake(&c->lock, INT_MAX);
	}
	glue_signal_poll();
}

int glue_irq_is_pending(void)
{
	return this_cpu_read(glue_irq_pending);
}

enum glue_out glue_cpu_out(void)
{
	struct glue_cpu *c = glue_this_cpu();
	enum glue_out out = GLUE_OUT_TASK;

	if (glue_irqs_disabled())
		return GLUE_OUT_NOT;
	glue_irq_window();
	c->atomic = preempt_count() || rcu_preempt_depth();
	if (c->helper && current == &c->helper->task) {
		out = GLUE_OUT_HELPER;
		glue_set_current(&c->task->task);
	}
	glue_order(CONTROL_ORDER_PUT, c);
	glue_word_unlock(&c->lock);
	/* What nobody waits for, and came too late to be seen above. */
	while (__atomic_load_n(&c->calls, __ATOMIC_SEQ_CST) && glue_word_trylock(&c->lock)) {
		glue_run_calls(c);
		glue_word_unlock(&c->lock);
	}
	return out;
}

void glue_cpu_in(enum glue_out out)
{
	struct glue_cpu *c = glue_this_cpu();

	if (out == GLUE_OUT_NOT)
		return;
	glue_word_lock(&c->lock);
	glue_order(CONTROL_ORDER_GET, c);
	if (out == GLUE_OUT_HELPER)
		glue_set_current(&c->helper->task);
	c->atomic = false;
	glue_irq_window();
}

void glue_wait(int *word, int value)
{
	enum glue_out out = glue_cpu_out();

	glue_host->futex_wait(word, value);
	glue_cpu_in(out);
}

/* ---- calls ---- */

static void glue_send(unsigned int cpu, struct glue_call *call)
{
	struct glue_cpu *c = &glue_cpus[cpu];

	glue_order(CONTROL_ORDER_PUT, c);
	if (call) {
		call->next = __atomic_load_n(&c->calls, __ATOMIC_SEQ_CST);
		while (!__atomic_compare_exchange_n(&c->calls, &call->next, call, false,
						    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
	}
	__atomic_store_n(per_cpu_ptr(&glue_irq_pending, cpu), 1, __ATOMIC_SEQ_CST);
	if (glue_host->ipi)
		glue_host->ipi(cpu);
}

/* Until @call is done, by its CPU's thread or by us. */
static void glue_finish(unsigned int cpu, struct glue_call *call)
{
	struct glue_cpu *c = &glue_cpus[cpu];

	while (!__atomic_load_n(&call->done, __ATOMIC_SEQ_CST)) {
		if (!__atomic_exchange_n(&c->lock, 2, __ATOMIC_SEQ_CST)) {
			glue_run_calls_as(c);
			glue_word_unlock(&c->lock);
			continue;
		}
		/* The thread runs its calls before it makes this a 1 again. */
		if (!__atomic_load_n(&call->done, __ATOMIC_SEQ_CST))
			glue_host->futex_wait(&c->lock, 2);
	}
	glue_order(CONTROL_ORDER_GET, c);
}

/* Stacks are as large as the VMM's threads have them. */
#pragma GCC diagnostic ignored "-Wframe-larger-than="

void glue_call_cpus(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	struct glue_call calls[IMAGE_MAX_CPUS];
	struct cpumask targets;
	unsigned int cpu;
	enum glue_out out;

	/* CPUs that come meanwhile are none of it. */
	cpumask_and(&targets, mask, cpu_online_mask);
	cpumask_clear_cpu(raw_smp_processor_id(), &targets);
	for_each_cpu(cpu, &targets) {
		struct glue_call *call = wait ? &calls[cpu] : glue_note_alloc(sizeof(*call));

		if (!call)
			glue_die("no memory for a call on another CPU");
		*call = (struct glue_call){ .func = func, .info = info, .allocated = !wait };
		glue_send(cpu, call);
	}
	if (!wait) {
		for_each_cpu(cpu, &targets) {
			struct glue_cpu *c = &glue_cpus[cpu];

			while (__atomic_load_n(&c->calls, __ATOMIC_SEQ_CST) &&
			       glue_word_trylock(&c->lock)) {
				glue_run_calls_as(c);
				glue_word_unlock(&c->lock);
			}
		}
		return;
	}
	out = glue_cpu_out();
	for_each_cpu(cpu, &targets)
		glue_finish(cpu, &calls[cpu]);
	glue_cpu_in(out);
}

/* A kick: whoever gets it leaves the guest, no more. */
void glue_send_reschedule(int cpu);

void glue_send_reschedule(int cpu)
{
	glue_send(cpu, NULL);
}

/* ---- tasks of a CPU ---- */

int glue_call_task(unsigned int cpu, int (*func)(void *), void *arg)
{
	struct glue_cpu *c = &glue_cpus[cpu];
	struct task_struct *task;
	enum glue_out out;
	int self, ret;

	if (cpu == raw_smp_processor_id())
		return func(arg);
	out = glue_sleep_begin();
	glue_word_lock(&c->helper_lock);
	__atomic_fetch_add(&c->wanted, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		/* Its thread gives it up where it can be scheduled, soon. */
		set_tsk_need_resched(&c->task->task);
		glue_send(cpu, NULL);
		glue_word_lock(&c->lock);
		if (!c->atomic)
			break;
		glue_word_unlock(&c->lock);
		glue_host->yield();
	}
	clear_tsk_need_resched(&c->task->task);
	self = glue_set_cpu(cpu);
	task = glue_set_current(&c->helper->task);
	glue_order(CONTROL_ORDER_GET, c);
	ret = func(arg);
	glue_order(CONTROL_ORDER_PUT, c);
	glue_set_current(task);
	glue_set_cpu(self);
	glue_word_unlock(&c->lock);
	if (!__atomic_sub_fetch(&c->wanted, 1, __ATOMIC_SEQ_CST))
		glue_host->futex_wake(&c->wanted, INT_MAX);
	glue_word_unlock(&c->helper_lock);
	glue_sleep_end(out);
	return ret;
}
