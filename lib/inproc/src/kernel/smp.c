// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of functions on another CPU.  A fake: the caller's thread runs them, under the
 * other CPU's number.  On hardware the other CPU is interrupted for them where it has
 * interrupts on: glue_irq_lock() stands for "interrupts are off" in the only place
 * where such a function could come in between, loading a vCPU.
 */
#include <linux/smp.h>

#include "glue.h"

/* Recursive: a function that is called may be called with it held. */
static DEFINE_MUTEX(glue_irq_mutex);
static DEFINE_PER_CPU(int, glue_irq_depth);

void glue_irq_lock(void)
{
	if (!this_cpu_read(glue_irq_depth))
		mutex_lock(&glue_irq_mutex);
	this_cpu_inc(glue_irq_depth);
}

void glue_irq_unlock(void)
{
	this_cpu_dec(glue_irq_depth);
	if (!this_cpu_read(glue_irq_depth))
		mutex_unlock(&glue_irq_mutex);
}

int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
{
	int self;

	glue_irq_lock();
	self = glue_set_cpu(cpu);
	func(info);
	glue_set_cpu(self);
	glue_irq_unlock();
	return 0;
}

int smp_call_on_cpu(unsigned int cpu, int (*func)(void *), void *par, bool phys)
{
	int self, ret;

	glue_irq_lock();
	self = glue_set_cpu(cpu);
	ret = func(par);
	glue_set_cpu(self);
	glue_irq_unlock();
	return ret;
}

void on_each_cpu_cond_mask(smp_cond_func_t cond, smp_call_func_t func, void *info, bool wait,
			   const struct cpumask *mask)
{
	int cpu;

	for_each_cpu(cpu, mask)
		if (!cond || cond(cpu, info))
			smp_call_function_single(cpu, func, info, wait);
}
