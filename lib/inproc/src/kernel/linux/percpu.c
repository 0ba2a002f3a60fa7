// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/percpu.c and lib/percpu_counter.c: fakes.
 *
 * What is asked for at run time lies in a pool that each CPU's area has a copy of; nothing
 * bounds it.  A counter is one number that all CPUs share, so it is always exact.
 */
#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "glue.h"

#define GLUE_POOL_BYTES	(64UL << 10)
/* The first one says how long the whole is, as far as it is one. */
#define GLUE_POOL_UNIT	64UL
#define GLUE_POOL_UNITS	(GLUE_POOL_BYTES / GLUE_POOL_UNIT)

struct glue_pool {
	char units[GLUE_POOL_UNITS][GLUE_POOL_UNIT];
};

static DEFINE_PER_CPU_ALIGNED(struct glue_pool, glue_pool);
/* By unit: how many belong to what begins here; the units behind it have -1. */
static short glue_pool_used[GLUE_POOL_UNITS];
static DEFINE_SPINLOCK(glue_pool_lock);

static unsigned int glue_pool_find(unsigned int nr)
{
	unsigned int at, i;

	for (at = 0; at + nr <= GLUE_POOL_UNITS; at += i + 1) {
		for (i = 0; i < nr && !glue_pool_used[at + i]; i++)
			;
		if (i == nr)
			return at;
	}
	return GLUE_POOL_UNITS;
}

/* Units are aligned enough for all that is asked for, a cache line. */
void __percpu *pcpu_alloc_noprof(size_t size, size_t align, bool reserved, gfp_t gfp)
{
	unsigned int i, at, nr = DIV_ROUND_UP(size, GLUE_POOL_UNIT);
	unsigned long cpu;

	if (!size || align > GLUE_POOL_UNIT)
		return NULL;
	spin_lock(&glue_pool_lock);
	at = glue_pool_find(nr);
	if (at < GLUE_POOL_UNITS) {
		glue_pool_used[at] = nr;
		for (i = 1; i < nr; i++)
			glue_pool_used[at + i] = -1;
	}
	spin_unlock(&glue_pool_lock);
	if (at == GLUE_POOL_UNITS)
		return NULL;
	/* The template's, which has no offset, for CPUs to come. */
	memset(glue_pool.units[at], 0, size);
	/* Written to only where it has to be, or each CPU that there can be has a page of its own. */
	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		void *unit = __per_cpu_offset[cpu] ? per_cpu_ptr(&glue_pool, cpu)->units[at] : NULL;

		if (unit && memchr_inv(unit, 0, size))
			memset(unit, 0, size);
	}
	return (void __percpu *)glue_pool.units[at];
}

void free_percpu(void __percpu *p)
{
	unsigned int i, at;

	if (!p)
		return;
	at = ((__force char *)p - (char *)&glue_pool) / GLUE_POOL_UNIT;
	if (at >= GLUE_POOL_UNITS || glue_pool_used[at] <= 0) {
		glue_host->mem_bug(CONTROL_MEM_FREED, "freed per-CPU memory that is not allocated",
				   GLUE_CALLER);
		return;
	}
	spin_lock(&glue_pool_lock);
	for (i = 1; at + i < GLUE_POOL_UNITS && glue_pool_used[at + i] < 0; i++)
		glue_pool_used[at + i] = 0;
	glue_pool_used[at] = 0;
	spin_unlock(&glue_pool_lock);
}

/* ---- counters; before 6.13 KVM has one ---- */

#ifndef percpu_counter_batch
int percpu_counter_batch = 32;
#endif

int __percpu_counter_init_many(struct percpu_counter *fbc, s64 amount, gfp_t gfp, u32 nr,
			       struct lock_class_key *key)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		raw_spin_lock_init(&fbc[i].lock);
		fbc[i].count = amount;
	}
	return 0;
}

void percpu_counter_destroy_many(struct percpu_counter *fbc, u32 nr)
{
}

void percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch)
{
	__atomic_add_fetch(&fbc->count, amount, __ATOMIC_RELAXED);
}

s64 __percpu_counter_sum(struct percpu_counter *fbc)
{
	return READ_ONCE(fbc->count);
}
