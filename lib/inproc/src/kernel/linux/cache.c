// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for arch/x86/lib/cache-smp.c: caches that are written back.  A model, as far as it
 * goes: what a CPU that ran an encrypted guest has cached is dirty until its caches are written
 * back (AMD APM 2, "Encrypt-in-Place"), whoever has the memory by then; and of pages that change
 * hands one at a time (amd/rmp.c) lines are.
 *
 * Trees declare these with and without a result: so they are named to the assembler.
 */
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <asm/cacheflush.h>

#include "glue.h"

static unsigned long glue_dirty;
/* The same at the time when a page was unpinned: from then on it may be somebody else's. */
static unsigned long glue_dirty_unpinned;
static unsigned int glue_written_back;

int glue_wb_cpu(int cpu) asm("wbinvd_on_cpu");
int glue_wb_all(void) asm("wbinvd_on_all_cpus");
int glue_wb_mask(const struct cpumask *cpus) asm("wbinvd_on_cpus_mask");
int glue_wbno_all(void) asm("wbnoinvd_on_all_cpus");
int glue_wbno_mask(const struct cpumask *cpus) asm("wbnoinvd_on_cpus_mask");

void glue_cache_dirtied(void)
{
	set_bit(raw_smp_processor_id(), &glue_dirty);
}

void glue_cache_unpinned(void)
{
	WRITE_ONCE(glue_dirty_unpinned, READ_ONCE(glue_dirty));
}

unsigned long long glue_caches_dirty(void)
{
	return READ_ONCE(glue_dirty) | READ_ONCE(glue_dirty_unpinned);
}

unsigned int glue_caches_written_back(void)
{
	return READ_ONCE(glue_written_back);
}

/* A page of which a part is left out is not.  What is mapped is so with no page beside it. */
void clflush_cache_range(void *addr, unsigned int size)
{
	const u64 pa = __pa(glue_host->mapped(addr));
	u64 pfn = PAGE_ALIGN(pa) >> PAGE_SHIFT;

	for (; pfn < (pa + size) >> PAGE_SHIFT; pfn++)
		glue_rmp_written_back(pfn);
}

int glue_wb_cpu(int cpu)
{
	clear_bit(cpu, &glue_dirty);
	return 0;
}

int glue_wb_all(void)
{
	WRITE_ONCE(glue_dirty, 0);
	__atomic_add_fetch(&glue_written_back, 1, __ATOMIC_RELAXED);
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
