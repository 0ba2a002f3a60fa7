// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/fork.c, kernel/pid.c and the way in and out of the kernel
 * (kernel/entry/): the task of each thread that is a CPU.  A fake: tasks have what KVM
 * looks at, all of a process's are of one group and one mm, and each may do everything.
 */
#include <linux/capability.h>
#include <linux/mm_types.h>
#include <linux/mmap_lock.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/user-return-notifier.h>

#include "hoststate.h"
#include "task.h"

/* A count that comes to no end. */
#define GLUE_MANY	(1 << 20)

static struct signal_struct glue_signal;
struct mm_struct *glue_mm;

static struct mm_struct *glue_mm_new(void)
{
	/* It ends in a flexible array. */
	struct mm_struct *mm = glue_alloc(sizeof(*mm) + PAGE_SIZE, 64);

	if (!mm)
		glue_die("no memory for an mm");
	glue_mm_init(mm);
	return mm;
}

/* ---- pids ---- */

static struct pid *glue_pid_new(struct task_struct *task)
{
	struct pid *pid = glue_alloc(sizeof(*pid) + sizeof(pid->numbers[0]), 8);

	if (!pid)
		glue_die("no memory for a pid");
	refcount_set(&pid->count, 1);
	pid->numbers[0].nr = task->pid;
	/* The list of its tasks, which is this one. */
	WRITE_ONCE(pid->tasks[PIDTYPE_PID].first, (struct hlist_node *)task);
	return pid;
}

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count))
		glue_free(pid);
}

struct pid *get_task_pid(struct task_struct *task, enum pid_type type)
{
	return get_pid(task->thread_pid);
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task;

	if (!pid)
		return NULL;
	task = (struct task_struct *)READ_ONCE(pid->tasks[PIDTYPE_PID].first);
	if (task)
		get_task_struct(task);
	return task;
}

pid_t pid_vnr(struct pid *pid)
{
	return pid ? pid->numbers[0].nr : 0;
}

/* Tasks are there for good: each CPU has its own. */
void glue_put_task_struct(void) asm("__put_task_struct");
void glue_put_task_struct_rcu(void) asm("__put_task_struct_rcu_cb");

void glue_put_task_struct(void)
{
}

void glue_put_task_struct_rcu(void)
{
}

/* ---- tasks ---- */

void glue_task_setup(struct glue_task *glue, unsigned int cpu)
{
	struct task_struct *task = &glue->task;

	memset(glue, 0, sizeof(*glue));
	refcount_set(&task->usage, GLUE_MANY);
	task->mm = glue_mm;
	task->active_mm = glue_mm;
	task->signal = &glue_signal;
	task->group_leader = task;
	task->on_rq = 1;
	task->cpus_ptr = cpu_possible_mask;
	task->nr_cpus_allowed = nr_cpu_ids;
	task->thread_info.cpu = cpu;
	strscpy(task->comm, "vmm", sizeof(task->comm));
	task->tgid = glue_host->process_id();
	task->pid = glue_host->thread_id();
	task->thread_pid = glue_pid_new(task);
	task->thread.gsbase = glue_host_msr(MSR_KERNEL_GS_BASE);
	glue_cgroup_init(task);
	glue->event = glue_host->event_new();
	if (glue->event < 0)
		glue_die("no event for a task to sleep on: error %d", -glue->event);
}

void glue_task_unset(struct glue_task *glue)
{
	struct pid *pid = glue->task.thread_pid;

	WRITE_ONCE(pid->tasks[PIDTYPE_PID].first, NULL);
	put_pid(pid);
	glue_host->event_free(glue->event);
	glue->task.__state = TASK_DEAD;
}

void glue_task_init(unsigned int cpu)
{
	if (!glue_mm)
		glue_mm = glue_mm_new();
	glue_signal.rlim[RLIMIT_MEMLOCK].rlim_cur = RLIM_INFINITY;
	glue_task_setup(glue_cpus[cpu].task, cpu);
	/* The process's own is that of its first thread. */
	if (!glue_signal.pids[PIDTYPE_TGID])
		glue_signal.pids[PIDTYPE_TGID] = get_pid(glue_cpus[cpu].task->task.thread_pid);
}

void glue_task_exit(unsigned int cpu)
{
	glue_task_unset(glue_cpus[cpu].task);
}

/*
 * Only this thread is left, and it is another process's now, with an mm of its own: what
 * its parent's VMs are bound to is not this.
 */
void glue_forked(void)
{
	unsigned int cpu, self = raw_smp_processor_id();

	glue_mm = glue_mm_new();
	for (cpu = 0; cpu < IMAGE_MAX_CPUS; cpu++) {
		struct glue_cpu *c = &glue_cpus[cpu];

		if (!cpu_online(cpu))
			continue;
		if (cpu != self) {
			c->lock = 0;
			c->atomic = false;
		}
		c->calls = NULL;
		c->wanted = 0;
		c->helper_lock = 0;
		c->task->task.mm = glue_mm;
		c->task->task.active_mm = glue_mm;
		c->task->task.tgid = glue_host->process_id();
		c->helper->task.mm = glue_mm;
		c->helper->task.active_mm = glue_mm;
	}
	/* The old event and the old pid are the parent's, too. */
	glue_cpus[self].task->event = glue_host->event_new();
	glue_cpus[self].task->task.pid = glue_host->thread_id();
	glue_cpus[self].task->task.thread_pid = glue_pid_new(&glue_cpus[self].task->task);
	glue_signal.pids[PIDTYPE_TGID] = get_pid(glue_cpus[self].task->task.thread_pid);
	glue_threads_forked();
}

static bool glue_memlock_limited;

void glue_memlock(unsigned long bytes)
{
	glue_signal.rlim[RLIMIT_MEMLOCK].rlim_cur = bytes;
	glue_memlock_limited = true;
}

bool capable(int cap)
{
	return cap != CAP_IPC_LOCK || !glue_memlock_limited;
}

bool ns_capable(struct user_namespace *ns, int cap)
{
	return true;
}

bool has_capability_noaudit(struct task_struct *task, int cap)
{
	return true;
}

/* ---- the way in and out ---- */

static DEFINE_PER_CPU(struct hlist_head, glue_return_notifiers);

void user_return_notifier_register(struct user_return_notifier *urn)
{
	set_tsk_thread_flag(current, TIF_USER_RETURN_NOTIFY);
	hlist_add_head(&urn->link, this_cpu_ptr(&glue_return_notifiers));
}

void user_return_notifier_unregister(struct user_return_notifier *urn)
{
	hlist_del(&urn->link);
	if (hlist_empty(this_cpu_ptr(&glue_return_notifiers)))
		clear_tsk_thread_flag(current, TIF_USER_RETURN_NOTIFY);
}

static void glue_user_return(void)
{
	struct user_return_notifier *urn;
	struct hlist_node *next;

	/* On whatever thread of this CPU's returns first: it hands the flag on. */
	if (hlist_empty(this_cpu_ptr(&glue_return_notifiers)))
		return;
	preempt_disable();
	hlist_for_each_entry_safe(urn, next, this_cpu_ptr(&glue_return_notifiers), link)
		urn->on_user_return(urn);
	preempt_enable();
}

void glue_enter(void)
{
	struct glue_cpu *c = &glue_cpus[raw_smp_processor_id()];

	/*
	 * Within a call the process calls on behalf of the image.  Not that of the current task,
	 * which is the helper's while another thread is this CPU.
	 */
	if (c->task->depth++)
		return;
	glue_word_lock(&c->lock);
	c->atomic = false;
	glue_irq_window();
	/* Sets the clock, too. */
	glue_now();
	current->blocked.sig[0] = glue_host->signals_blocked();
	glue_signal_poll();
}

void glue_leave(void)
{
	struct glue_task *glue = glue_cpus[raw_smp_processor_id()].task;

	if (glue->depth == 1)
		glue_files_end();
	if (--glue->depth)
		return;
	glue_lockdep_leave();
	glue_rcu_poll();
	glue_user_return();
	glue_host_check();
	glue_cpu_out();
}
