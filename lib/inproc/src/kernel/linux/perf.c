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

/* Intel SDM 3, "Pre-defined Architectural Performance Events"; fixed counter 2 has one of its own. */
u64 perf_get_hw_event_config(int hw_event)
{
	static const u16 configs[PERF_COUNT_HW_MAX] = {
		[PERF_COUNT_HW_CPU_CYCLES] = 0x003c,
		[PERF_COUNT_HW_INSTRUCTIONS] = 0x00c0,
		[PERF_COUNT_HW_CACHE_REFERENCES] = 0x4f2e,
		[PERF_COUNT_HW_CACHE_MISSES] = 0x412e,
		[PERF_COUNT_HW_BRANCH_INSTRUCTIONS] = 0x00c4,
		[PERF_COUNT_HW_BRANCH_MISSES] = 0x00c5,
		[PERF_COUNT_HW_BUS_CYCLES] = 0x013c,
		[PERF_COUNT_HW_REF_CPU_CYCLES] = 0x0300,
	};

	if (boot_cpu_data.x86_vendor != X86_VENDOR_INTEL || hw_event >= PERF_COUNT_HW_MAX)
		return 0;
	return configs[hw_event];
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
