// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/time/: what time it is.  A fake over the process's clocks: time since
 * boot is CLOCK_MONOTONIC in all of its kinds, and the TSC runs at the speed that the
 * process has found.
 */
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/notifier.h>
#include <linux/pvclock_gtod.h>
#include <linux/timekeeper_internal.h>
#include <linux/timekeeping.h>
#include <asm/tsc.h>

#include "task.h"

/* Both are of one address in a kernel. */
unsigned long volatile jiffies = INITIAL_JIFFIES;
u64 jiffies_64 = INITIAL_JIFFIES;

unsigned long long glue_now(void)
{
	unsigned long long now = glue_host->time_ns();

	/* There is no tick: whoever looks at the time sets the clock. */
	jiffies = INITIAL_JIFFIES + now / TICK_NSEC;
	jiffies_64 = jiffies;
	return now;
}

ktime_t ktime_get(void)
{
	return glue_now();
}

ktime_t ktime_get_raw(void)
{
	return glue_now();
}

ktime_t ktime_get_with_offset(enum tk_offsets offs)
{
	return offs == TK_OFFS_BOOT ? glue_now() : glue_host->real_time_ns();
}

ktime_t ktime_get_coarse_with_offset(enum tk_offsets offs)
{
	return ktime_get_with_offset(offs);
}

time64_t ktime_get_real_seconds(void)
{
	return glue_host->real_time_ns() / NSEC_PER_SEC;
}

/* ---- units: HZ divides a second into whole milliseconds ---- */

unsigned long __msecs_to_jiffies(const unsigned int m)
{
	BUILD_BUG_ON(MSEC_PER_SEC % HZ);
	return (int)m < 0 ? MAX_JIFFY_OFFSET : DIV_ROUND_UP(m, MSEC_PER_SEC / HZ);
}

/* ---- busy waiting ---- */

void __ndelay(unsigned long ns)
{
	unsigned long long end = glue_host->time_ns() + ns;

	while (glue_host->time_ns() < end)
		cpu_relax();
}

void __udelay(unsigned long us)
{
	__ndelay(us * NSEC_PER_USEC);
}

/* Cycles of the TSC. */
void __delay(unsigned long cycles)
{
	__ndelay(tsc_khz ? mul_u64_u32_div(cycles, USEC_PER_SEC, tsc_khz) : 0);
}

void __const_udelay(unsigned long xloops)
{
	/* Of 2^32 / 10^6 a microsecond, see asm-generic/delay.h. */
	__ndelay((xloops * NSEC_PER_SEC) >> 32);
}

/* ---- the TSC as clock source ---- */

static struct clocksource glue_tsc = {
	.name = "tsc",
	.mask = CLOCKSOURCE_MASK(64),
	.vdso_clock_mode = VDSO_CLOCKMODE_TSC,
};

/* Nanoseconds are cycles * mult >> shift. */
#define GLUE_TSC_SHIFT	22

static void glue_timekeeper(struct timekeeper *tk)
{
	struct tk_read_base *base = &tk->tkr_mono;

	memset(tk, 0, sizeof(*tk));
	base->clock = &glue_tsc;
	base->mask = glue_tsc.mask;
	base->mult = tsc_khz ? div_u64((u64)USEC_PER_SEC << GLUE_TSC_SHIFT, tsc_khz) : 1;
	base->shift = GLUE_TSC_SHIFT;
	base->cycle_last = rdtsc_ordered();
	base->base = glue_now();
	tk->tkr_raw = *base;
	tk->xtime_sec = ktime_get_real_seconds();
}

/* It is set once: the host's own corrections of its clock are not followed. */
int pvclock_gtod_register_notifier(struct notifier_block *nb)
{
	struct timekeeper tk;

	glue_timekeeper(&tk);
	nb->notifier_call(nb, true, &tk);
	return 0;
}

int pvclock_gtod_unregister_notifier(struct notifier_block *nb)
{
	return 0;
}

/* The TSC is invariant and the same on all CPUs. */
int check_tsc_unstable(void)
{
	return 0;
}

void mark_tsc_unstable(char *reason)
{
	printk(KERN_WARNING "TSC marked as unstable: %s\n", reason);
}
