// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/events/ and arch/x86/events/: performance counters.  A stub: an Intel CPU
 * has some, as every one has, but no guest's, since an event cannot be created (misc.c).
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
	if (boot_cpu_data.x86_vendor != X86_VENDOR_INTEL)
		return;
	/* Architectural version 2, with all of its events. */
	cap->version = 2;
	cap->num_counters_gp = 4;
	cap->num_counters_fixed = 3;
	cap->bit_width_gp = 48;
	cap->bit_width_fixed = 48;
	cap->events_mask_len = 7;
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
