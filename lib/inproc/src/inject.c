// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps that are made to fail, for tests of the kernel's error paths: the
 * observer says which of a kind, counted from now.
 */
#include "src.h"

static struct {
	unsigned int nth, count;
} steps[IMAGE_NR_STEPS];

IMAGE_CALL int src_step_fails(enum image_step step)
{
	unsigned int count = __atomic_add_fetch(&steps[step].count, 1, __ATOMIC_RELAXED);

	return count == steps[step].nth;
}

void src_fail_step(enum image_step step, unsigned int nth)
{
	steps[step].nth = nth;
	steps[step].count = 0;
}

unsigned int src_steps(enum image_step step)
{
	return steps[step].count;
}
