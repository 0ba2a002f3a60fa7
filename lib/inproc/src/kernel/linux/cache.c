// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for arch/x86/lib/cache-smp.c: caches that are written back.  A model, as far as it
 * goes: what a CPU that ran an encrypted guest has cached is dirty until its caches are written
 * back (AMD APM 2, "Encrypt-in-Place"), whoever has the memory by then.
 *
 * Trees declare these with and without a result: so they are named to the assembler.
 */
#include <linux/cpumask.h>
#include <linux/smp.h>

#include "glue.h"

static unsigned long glue_dirty;

int glue_wb_cpu(int cpu) asm("wbinvd_on_cpu");
int glue_wb_all(void) asm("wbinvd_on_all_cpus");
int glue_wb_mask(const struct cpumask *cpus) asm("wbinvd_on_cpus_mask");
int glue_wbno_all(void) asm("wbnoinvd_on_all_cpus");
int glue_wbno_mask(const struct cpumask *cpus) asm("wbnoinvd_on_cpus_mask");

void glue_cache_dirtied(void)
{
	set_bit(raw_smp_processor_id(), &glue_dirty);
}

unsigned long long glue_caches_dirty(void)
{
	return READ_ONCE(glue_dirty);
}

int glue_wb_cpu(int cpu)
{
	clear_bit(cpu, &glue_dirty);
	return 0;
}

int glue_wb_all(void)
{
	WRITE_ONCE(glue_dirty, 0);
	return 0;
}

int glue_wb_mask(const struct cpumask *cpus)
{
	int cpu;

	for_each_cpu(cpu, cpus)
		glue_wb_cpu(cpu);
	return 0;
}

int glue_wbno_all(void)
{
	return glue_wb_all();
}

int glue_wbno_mask(const struct cpumask *cpus)
{
	return glue_wb_mask(cpus);
}
