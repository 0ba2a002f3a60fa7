// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/kcov.c: what the compiler calls at each basic block, in a tree that is built
 * to be fuzzed (tools/image.sh --coverage).  A fake: a count for each place, of which some share
 * one, for all threads; tools/fuzz finds it by its name.
 */
#include <linux/kernel.h>

#ifdef GLUE_COVERAGE

#define GLUE_COUNTERS	(1UL << 15)

u8 coco_coverage[GLUE_COUNTERS] __aligned(4096);

void __sanitizer_cov_trace_pc(void);

/* Calls are five bytes long and stand apart: two places seldom share a count. */
void __sanitizer_cov_trace_pc(void)
{
	unsigned long ip = _RET_IP_;
	u8 *count = &coco_coverage[((ip >> 2) ^ (ip >> 17)) & (GLUE_COUNTERS - 1)];

	/* 0 is for those that nobody came by. */
	*count += *count < 0xff;
}

#endif
