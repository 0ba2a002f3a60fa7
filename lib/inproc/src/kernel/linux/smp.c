// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/smp.c: functions called on other CPUs.  A fake over irq.c.
 */
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <asm/smp.h>

#include "task.h"

void glue_send_reschedule(int cpu);

struct smp_ops smp_ops = {
	.smp_send_reschedule = glue_send_reschedule,
};

/* Two CPUs that call each other like that wait for ever. */
static void glue_check_context(const char *what)
{
	if (glue_irqs_disabled() && !in_hardirq())
		glue_splat("WARNING: %s called with interrupts off", what);
}

static void glue_call_self(smp_call_func_t func, void *info)
{
	bool off = glue_irq_save();

	func(info);
	glue_irq_restore(off);
}

static int glue_call_single(int cpu, smp_call_func_t func, void *info, bool wait)
{
	int self = get_cpu(), ret = 0;

	if (cpu == self) {
		glue_call_self(func, info);
	} else if ((unsigned int)cpu < nr_cpu_ids && cpu_online(cpu)) {
		glue_check_context("smp_call_function_single()");
		glue_call_cpus(cpumask_of(cpu), func, info, wait);
	} else {
		ret = -ENXIO;
	}
	put_cpu();
	return ret;
}

/* The last argument is an int or a bool, and comes the same. */
int glue_smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
	asm("smp_call_function_single");

int glue_smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
{
	return glue_call_single(cpu, func, info, wait & 0xff);
}

/* Of all in @mask but this one. */
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info,
			    bool wait)
{
	glue_check_context("smp_call_function_many()");
	preempt_disable();
	glue_call_cpus(mask, func, info, wait);
	preempt_enable();
}

void smp_call_function(smp_call_func_t func, void *info, int wait)
{
	smp_call_function_many(cpu_online_mask, func, info, wait);
}

void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait,
			   const struct cpumask *mask)
{
	struct cpumask targets;
	unsigned int cpu;
	int self;

	glue_check_context("on_each_cpu()");
	self = get_cpu();
	cpumask_copy(&targets, mask);
	for_each_cpu(cpu, mask)
		if (cond && !cond(cpu, info))
			cpumask_clear_cpu(cpu, &targets);
	glue_call_cpus(&targets, func, info, wait);
	if (cpumask_test_cpu(self, &targets))
		glue_call_self(func, info);
	put_cpu();
}

int smp_call_on_cpu(unsigned int cpu, int (*func)(void *), void *par, bool phys)
{
	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENXIO;
	glue_might_sleep(_RET_IP_);
	return glue_call_task(cpu, func, par);
}
