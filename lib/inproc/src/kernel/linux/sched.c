// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/sched/core.c and kernel/signal.c: tasks that sleep and are woken, and
 * signals that end that.  A fake: threads are scheduled by the host, so a task gives up its
 * CPU where it sleeps or is asked to, no sooner; and signals are handled by the VMM when
 * the call returns to it, so here they are pending or not, no more.
 */
#include "glue_probe.h"

#ifdef HAVE_XFER_WORK_VCPU
#include <linux/kvm_host.h>
#endif
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/rcuwait.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/uaccess.h>

#include "task.h"

#define GLUE_NEVER	ULLONG_MAX

/* ---- signals ---- */

void glue_signal_poll(void)
{
	if (!to_glue_task(current)->depth)
		return;
	if (glue_host->signal_pending(current->blocked.sig[0]))
		set_tsk_thread_flag(current, TIF_SIGPENDING);
	else
		clear_tsk_thread_flag(current, TIF_SIGPENDING);
}

int sigprocmask(int how, sigset_t *set, sigset_t *oldset)
{
	if (oldset)
		*oldset = current->blocked;
	switch (how) {
	case SIG_BLOCK:
		current->blocked.sig[0] |= set->sig[0];
		break;
	case SIG_UNBLOCK:
		current->blocked.sig[0] &= ~set->sig[0];
		break;
	case SIG_SETMASK:
		current->blocked = *set;
		break;
	default:
		return -EINVAL;
	}
	glue_host->signals_block(current->blocked.sig[0]);
	glue_signal_poll();
	return 0;
}

/* ---- what runs when a task gives up its CPU, and gets it again ---- */

static int glue_nr_preempt_notifiers;

void preempt_notifier_inc(void)
{
	__atomic_fetch_add(&glue_nr_preempt_notifiers, 1, __ATOMIC_SEQ_CST);
}

void preempt_notifier_dec(void)
{
	__atomic_fetch_sub(&glue_nr_preempt_notifiers, 1, __ATOMIC_SEQ_CST);
}

void preempt_notifier_register(struct preempt_notifier *notifier)
{
	if (!glue_nr_preempt_notifiers)
		glue_splat("WARNING: preempt_notifier_register() without preempt_notifier_inc()");
	if (!hlist_unhashed(&notifier->link)) {
		glue_splat("BUG: preempt_notifier_register() of one that is registered: a vCPU is "
			   "loaded twice");
		return;
	}
	hlist_add_head(&notifier->link, &current->preempt_notifiers);
}

void preempt_notifier_unregister(struct preempt_notifier *notifier)
{
	if (hlist_unhashed(&notifier->link))
		glue_splat("BUG: preempt_notifier_unregister() of one that is not registered");
	else
		hlist_del_init(&notifier->link);
}

static void glue_sched_out(void)
{
	struct preempt_notifier *notifier;
	bool off;

	if (hlist_empty(&current->preempt_notifiers))
		return;
	preempt_disable();
	off = glue_irq_save();
	hlist_for_each_entry(notifier, &current->preempt_notifiers, link)
		notifier->ops->sched_out(notifier, current);
	glue_irq_restore(off);
	preempt_enable();
}

static void glue_sched_in(void)
{
	struct preempt_notifier *notifier;

	if (hlist_empty(&current->preempt_notifiers))
		return;
	preempt_disable();
	hlist_for_each_entry(notifier, &current->preempt_notifiers, link)
		notifier->ops->sched_in(notifier, raw_smp_processor_id());
	preempt_enable();
}

enum glue_out glue_sleep_begin(void)
{
	/* A wait for a lock: the task is not runnable, whatever state it is in. */
	current->on_rq = 0;
	glue_sched_out();
	return glue_cpu_out();
}

void glue_sleep_end(enum glue_out out)
{
	glue_cpu_in(out);
	current->on_rq = 1;
	glue_sched_in();
}

/* ---- sleep ---- */

/* It may sleep neither here, nor with interrupts off; @depth: counted by the caller. */
static void glue_check_atomic(const char *what, const char *file, int line, unsigned long ip,
			      unsigned int depth)
{
	char place[GLUE_PLACE];

	if (preempt_count() + (rcu_preempt_depth() << MIGHT_RESCHED_RCU_SHIFT) == depth &&
	    !glue_irqs_disabled() && !current->non_block_count)
		return;
	if (file)
		glue_splat("BUG: %s at %s:%d: preempt_count %x, RCU nesting %d, interrupts %s",
			   what, file, line, preempt_count(), rcu_preempt_depth(),
			   glue_irqs_disabled() ? "off" : "on");
	else
		glue_splat("BUG: %s in %s: preempt_count %x, RCU nesting %d, interrupts %s",
			   what, glue_place(ip, place), preempt_count(), rcu_preempt_depth(),
			   glue_irqs_disabled() ? "off" : "on");
}

#define GLUE_INVALID	"sleeping function called from invalid context"

void glue_might_sleep(unsigned long ip)
{
	glue_check_atomic(GLUE_INVALID, NULL, 0, ip, 0);
	glue_irq_window();
}

void __might_resched(const char *file, int line, unsigned int offsets)
{
	glue_check_atomic(GLUE_INVALID, file, line, 0, offsets);
	glue_irq_window();
}

void __might_sleep(const char *file, int line)
{
	unsigned int state = READ_ONCE(current->__state);

	if (state != TASK_RUNNING)
		glue_splat("WARNING: a blocking operation at %s:%d in task state %x", file, line,
			   state);
	__might_resched(file, line, 0);
}

/* Older trees have one more argument, which is 0. */
void glue_cant_sleep(const char *file, int line) asm("__cant_sleep");

void glue_cant_sleep(const char *file, int line)
{
	if (!preempt_count() && !glue_irqs_disabled())
		glue_splat("BUG: assuming atomic context at %s:%d", file, line);
}

/* Others may want to be this CPU. */
static void glue_yield_cpu(void)
{
	struct glue_cpu *c = &glue_cpus[raw_smp_processor_id()];
	enum glue_out out;
	int wanted;

	clear_tsk_need_resched(current);
	out = glue_sleep_begin();
	current->on_rq = 1;
	while ((wanted = __atomic_load_n(&c->wanted, __ATOMIC_SEQ_CST)) && out)
		glue_host->futex_wait(&c->wanted, wanted);
	glue_host->yield();
	glue_sleep_end(out);
}

bool glue_sleep(unsigned long long deadline)
{
	struct task_struct *task = current;
	unsigned int state = READ_ONCE(task->__state);
	unsigned long long blocked = state & TASK_INTERRUPTIBLE ? task->blocked.sig[0] : ~0ULL;
	int event = to_glue_task(task)->event, how = 0;
	enum glue_out out;

	glue_check_atomic("scheduling while atomic", NULL, 0, _RET_IP_, 0);
	if (state == TASK_RUNNING) {
		glue_yield_cpu();
		return false;
	}
	/* The VMM's are not this task's, see glue_call_task(). */
	if (!to_glue_task(task)->depth)
		blocked = ~0ULL;
	out = glue_sleep_begin();
	while (!how && READ_ONCE(task->__state) != TASK_RUNNING)
		how = glue_host->event_wait(event, blocked, deadline);
	WRITE_ONCE(task->__state, TASK_RUNNING);
	glue_order(CONTROL_ORDER_GET, task);
	glue_sleep_end(out);
	glue_signal_poll();
	return how == 2;
}

asmlinkage __visible void schedule(void)
{
	glue_sleep(GLUE_NEVER);
}

signed long schedule_timeout(signed long timeout)
{
	unsigned long long now = glue_host->time_ns(), deadline;
	signed long left;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (to_glue_task(current)->late) {
		to_glue_task(current)->late = false;
		deadline = now;
	} else {
		deadline = now + (unsigned long long)timeout * TICK_NSEC;
	}
	if (glue_sleep(deadline))
		return 0;
	now = glue_host->time_ns();
	left = deadline > now ? (deadline - now) / TICK_NSEC : 0;
	return left;
}

signed long schedule_timeout_interruptible(signed long timeout)
{
	set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}

signed long schedule_timeout_uninterruptible(signed long timeout)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}

int wake_up_process(struct task_struct *task)
{
	unsigned int state = READ_ONCE(task->__state);

	/* As set_current_state() is one, too: who looks after that sees what was done before. */
	smp_mb();
	if (!(state & TASK_NORMAL))
		return 0;
	glue_order(CONTROL_ORDER_PUT, task);
	WRITE_ONCE(task->__state, TASK_RUNNING);
	glue_host->event_signal(to_glue_task(task)->event);
	return 1;
}

int wake_up_state(struct task_struct *task, unsigned int state)
{
	return READ_ONCE(task->__state) & state ? wake_up_process(task) : 0;
}

int rcuwait_wake_up(struct rcuwait *w)
{
	struct task_struct *task;
	int ret = 0;

	rcu_read_lock();
	smp_mb();
	task = rcu_dereference(w->task);
	if (task)
		ret = wake_up_process(task);
	rcu_read_unlock();
	return ret;
}

void finish_rcuwait(struct rcuwait *w)
{
	rcu_assign_pointer(w->task, NULL);
	__set_current_state(TASK_RUNNING);
}

/* ---- giving way ---- */

int glue_cond_resched(void) asm("__cond_resched");

int glue_cond_resched(void)
{
	glue_irq_window();
	if (!test_tsk_need_resched(current) || preempt_count() || glue_irqs_disabled())
		return 0;
	glue_yield_cpu();
	return 1;
}

int yield_to(struct task_struct *task, bool preempt)
{
	glue_yield_cpu();
	return 1;
}

void yield(void)
{
	glue_yield_cpu();
}

/* The host has others to run: nobody polls for long. */
bool single_task_running(void)
{
	return false;
}

/* ---- to the guest ---- */

static int glue_xfer(void)
{
	glue_signal_poll();
	if (signal_pending(current))
		return -EINTR;
	if (test_tsk_need_resched(current))
		glue_yield_cpu();
	return 0;
}

#ifdef HAVE_XFER_WORK_VCPU
int xfer_to_guest_mode_handle_work(struct kvm_vcpu *vcpu)
{
	int ret = glue_xfer();

	if (ret)
		kvm_handle_signal_exit(vcpu);
	return ret;
}
#else
int glue_xfer_work(void) asm("xfer_to_guest_mode_handle_work");

int glue_xfer_work(void)
{
	return glue_xfer();
}
#endif
