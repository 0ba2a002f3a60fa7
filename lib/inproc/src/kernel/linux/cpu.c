// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for CPUs as arch/x86/kernel/setup_percpu.c and kernel/cpu.c see them: one per
 * thread of the process that entered the image.  A fake that is complete as far as
 * this_cpu_*(), current and smp_processor_id() go.
 *
 * GS base is the per-CPU offset, as in a running kernel; the process sets it when a
 * thread first enters.  All CPUs are possible, those are online that a thread has been.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/processor.h>

#include "task.h"

/* Versions put these into different per-CPU sections; the declared one wins. */
#pragma GCC diagnostic ignored "-Wattributes"

#ifdef HAVE_PCPU_HOT
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot);
#define glue_current	pcpu_hot.current_task
#define glue_count	pcpu_hot.preempt_count
#define glue_cpu_number	pcpu_hot.cpu_number
#else
DEFINE_PER_CPU(struct task_struct *, current_task);
/* int or unsigned long, which preempt_count_set() takes as it is. */
DEFINE_PER_CPU(__typeof__(+__preempt_count), __preempt_count);
DEFINE_PER_CPU(int, cpu_number);
#define glue_current	current_task
#define glue_count	__preempt_count
#define glue_cpu_number	cpu_number
#endif

DEFINE_PER_CPU(unsigned long, this_cpu_off);
DEFINE_PER_CPU(unsigned long, cpu_dr7);
DEFINE_PER_CPU(struct cpuinfo_x86, cpu_info);
/* Newer trees: set by SEAMCALL wrappers. */
DEFINE_PER_CPU(bool, cache_state_incoherent);
/* Newer trees: of local_interrupt_disable(). */
DEFINE_PER_CPU(unsigned long, local_interrupt_disable_state);
unsigned long __per_cpu_offset[NR_CPUS];

struct cpumask __cpu_possible_mask, __cpu_online_mask, __cpu_present_mask;
atomic_t __num_online_cpus;
unsigned int nr_cpu_ids = IMAGE_MAX_CPUS;
unsigned int tsc_khz;

/* A word for each CPU with just its bit, behind an empty one. */
#define GLUE_BIT(n)	[(n) + 1] = { 1UL << (n) }
#define GLUE_BITS4(n)	GLUE_BIT(n), GLUE_BIT((n) + 1), GLUE_BIT((n) + 2), GLUE_BIT((n) + 3)
#define GLUE_BITS16(n)	GLUE_BITS4(n), GLUE_BITS4((n) + 4), GLUE_BITS4((n) + 8), GLUE_BITS4((n) + 12)

const unsigned long cpu_bit_bitmap[BITS_PER_LONG + 1][BITS_TO_LONGS(NR_CPUS)] = {
	GLUE_BITS16(0), GLUE_BITS16(16), GLUE_BITS16(32), GLUE_BITS16(48),
};

static struct glue_task glue_tasks[IMAGE_MAX_CPUS], glue_helpers[IMAGE_MAX_CPUS];

noinline int glue_set_cpu(int cpu)
{
	int old = this_cpu_read(glue_cpu_number);

	if (cpu != old)
		glue_host->set_gs(__per_cpu_offset[cpu]);
	return old;
}

noinline struct task_struct *glue_set_current(struct task_struct *task)
{
	struct task_struct *old = this_cpu_read(glue_current);

	this_cpu_write(glue_current, task);
	return old;
}

unsigned long glue_preempt_count(unsigned int cpu)
{
	return (__typeof__(PREEMPT_NEED_RESCHED))READ_ONCE(per_cpu(glue_count, cpu));
}

void glue_cpu_area(unsigned int cpu, unsigned long offset)
{
	struct glue_cpu *c = &glue_cpus[cpu];

	BUILD_BUG_ON(IMAGE_MAX_CPUS > NR_CPUS);

	__per_cpu_offset[cpu] = offset;
	per_cpu(this_cpu_off, cpu) = offset;
	per_cpu(glue_cpu_number, cpu) = cpu;
	cpumask_set_cpu(cpu, &__cpu_possible_mask);
	cpumask_set_cpu(cpu, &__cpu_present_mask);

	c->task = &glue_tasks[cpu];
	c->helper = &glue_helpers[cpu];
	per_cpu(glue_current, cpu) = &c->task->task;
}

/* The count starts as a task's that can be preempted. */
static void glue_preempt_init(void)
{
	init_idle_preempt_count(current, raw_smp_processor_id());
	__preempt_count_sub(PREEMPT_DISABLE_OFFSET);
}

void glue_cpu_init(unsigned int cpu)
{
	struct glue_cpu *c = &glue_cpus[cpu];

	glue_word_lock(&c->lock);
	glue_task_init(cpu);
	if (!cpumask_test_cpu(cpu, &__cpu_online_mask)) {
		glue_preempt_init();
		glue_task_setup(c->helper, cpu);
		glue_hotplug_online(cpu);
	}
	glue_word_unlock(&c->lock);
}

void glue_cpu_exit(unsigned int cpu)
{
	glue_word_lock(&glue_cpus[cpu].lock);
	glue_task_exit(cpu);
	glue_word_unlock(&glue_cpus[cpu].lock);
}
