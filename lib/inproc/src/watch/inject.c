// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps that are made to fail, for tests of the kernel's error paths: the
 * control says which of a kind, counted from now.
 */
#include "watch.h"

static struct {
	unsigned int nth, count;
} steps[CONTROL_NR_STEPS];

/* This thread asks the kernel for something that no VMM asked for. */
static __thread bool ours;

void src_steps_are_ours(bool are)
{
	ours = are;
}

IMAGE_CALL int src_step_fails(enum control_step step)
{
	unsigned int count;

	if (ours)
		return 0;
	count = __atomic_add_fetch(&steps[step].count, 1, __ATOMIC_RELAXED);
	return count == steps[step].nth;
}

void src_fail_step(enum control_step step, unsigned int nth)
{
	steps[step].nth = nth;
	steps[step].count = 0;
}

unsigned int src_steps(enum control_step step)
{
	return steps[step].count;
}

static struct {
	unsigned int leaf, nth, times, count;
	unsigned long long status;
} seamcall;

IMAGE_CALL unsigned long long src_seamcall_fails(unsigned int leaf)
{
	unsigned int count;

	if (leaf != seamcall.leaf)
		return 0;
	count = __atomic_add_fetch(&seamcall.count, 1, __ATOMIC_RELAXED);
	return seamcall.nth && count >= seamcall.nth && count - seamcall.nth < seamcall.times ?
	       seamcall.status : 0;
}

void src_fail_seamcalls(unsigned int leaf, unsigned int nth, unsigned int times,
			unsigned long long status)
{
	seamcall.leaf = leaf;
	seamcall.nth = nth;
	seamcall.times = times;
	seamcall.status = status;
	seamcall.count = 0;
}

unsigned int src_seamcalls(void)
{
	return seamcall.count;
}
