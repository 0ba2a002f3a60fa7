// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/events/ and arch/x86/events/: performance counters.  A stub of a CPU
 * that has none; an event cannot be created, either (misc.c).
 */
#include <linux/perf_event.h>
#include <linux/string.h>
#include <asm/perf_event.h>

#include "glue.h"

void perf_register_guest_info_callbacks(struct perf_guest_info_callbacks *cbs)
{
}

void perf_unregister_guest_info_callbacks(struct perf_guest_info_callbacks *cbs)
{
}

void perf_get_x86_pmu_capability(struct x86_pmu_capability *cap)
{
	memset(cap, 0, sizeof(*cap));
}

u64 perf_get_hw_event_config(int hw_event)
{
	return 0;
}

struct perf_guest_switch_msr *perf_guest_get_msrs(int *nr, void *data)
{
	*nr = 0;
	return NULL;
}

void x86_perf_get_lbr(struct x86_pmu_lbr *lbr)
{
	memset(lbr, 0, sizeof(*lbr));
}
