// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs of the image: one per thread of the process that entered it.  A fake
 * that is complete as far as this_cpu_*(), current and smp_processor_id() go.
 *
 * GS base is the per-CPU offset, as in a running kernel; the process sets it
 * when a thread first enters.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <asm/processor.h>

#include "glue.h"

/* Versions put these into different per-CPU sections; the declared one wins. */
#pragma GCC diagnostic ignored "-Wattributes"

#ifdef HAVE_PCPU_HOT
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot);
#define glue_set_current(task)	this_cpu_write(pcpu_hot.current_task, task)
#define glue_cpu_number	pcpu_hot.cpu_number
#else
DEFINE_PER_CPU(struct task_struct *, current_task);
DEFINE_PER_CPU(int, __preempt_count);
DEFINE_PER_CPU(int, cpu_number);
#define glue_set_current(task)	this_cpu_write(current_task, task)
#define glue_cpu_number	cpu_number
#endif

DEFINE_PER_CPU(unsigned long, this_cpu_off);
DEFINE_PER_CPU(unsigned long, cpu_dr7);
DEFINE_PER_CPU(struct cpuinfo_x86, cpu_info);
/* Newer trees: set by SEAMCALL wrappers. */
DEFINE_PER_CPU(bool, cache_state_incoherent);
unsigned long __per_cpu_offset[NR_CPUS];

struct cpuinfo_x86 boot_cpu_data;
struct cpumask __cpu_possible_mask, __cpu_online_mask, __cpu_present_mask;
atomic_t __num_online_cpus;
unsigned int nr_cpu_ids = NR_CPUS;
unsigned int tsc_khz;

static struct task_struct glue_tasks[IMAGE_MAX_CPUS];
static struct signal_struct glue_signal;
static struct mm_struct glue_mm;

int glue_set_cpu(int cpu)
{
	int old = this_cpu_read(glue_cpu_number);

	this_cpu_write(glue_cpu_number, cpu);
	return old;
}

void glue_cpu_init(unsigned int cpu, unsigned long offset)
{
	struct task_struct *task = &glue_tasks[cpu];

	BUILD_BUG_ON(IMAGE_MAX_CPUS > NR_CPUS);

	__per_cpu_offset[cpu] = offset;
	this_cpu_write(this_cpu_off, offset);
	glue_set_cpu(cpu);

	/* struct mm_struct ends in a flexible array; nothing here looks at it. */
	task->mm = &glue_mm;
	task->signal = &glue_signal;
	glue_signal.rlim[RLIMIT_MEMLOCK].rlim_cur = RLIM_INFINITY;
	task->pid = cpu + 1;
	task->tgid = 1;
	glue_cgroup_init(task);
	glue_set_current(task);

	cpumask_set_cpu(cpu, &__cpu_possible_mask);
	cpumask_set_cpu(cpu, &__cpu_online_mask);
	atomic_set(&__num_online_cpus, cpumask_weight(&__cpu_online_mask));
	glue_vendor_cpu_up(cpu);
}
