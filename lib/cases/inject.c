// SPDX-License-Identifier: GPL-2.0-only
/*
 * Launches that fail, see include/cases/inject.h.
 */
#include <stdio.h>

#include "cases/inject.h"
#include "check/expect.h"
#include "check/state.h"

/* More than a launch has of any kind. */
#define MAX_STEPS	200

static bool no_control(void)
{
	if (control())
		return false;
	check_skip("no control of the kernel here: nothing can be made to fail");
	return true;
}

/* After the launch of which nothing failed any more. */
static void expect_end(enum requirement_nr req, int ret, unsigned int nth)
{
	EXPECT_REQ_EQ(req, "the launch of which nothing fails", 0, ret, &names_errno);
	EXPECT_REQ_TRUE(req, "there was something to fail", nth > 1);
}

void check_failing_steps(enum requirement_nr req, const struct failing_ops *ops, void *vm,
			 enum control_step step, bool some_dispensable)
{
	unsigned int nth, steps;
	char what[64];
	int ret = 0;

	if (no_control())
		return;
	for (nth = 1; nth < MAX_STEPS; nth++) {
		ops->open(vm);
		control()->fail_step(step, nth);
		ret = ops->launch(vm);
		steps = control()->steps(step);
		/* Not the steps of the end: what fails there can't be told to anyone. */
		control()->fail_step(step, 0);
		if (steps >= nth && ops->failed)
			ops->failed(vm, nth, ret);
		ops->close(vm);
		if (steps < nth)
			break;
		snprintf(what, sizeof(what), "step %u fails, and so does the launch", nth);
		if (!some_dispensable)
			EXPECT_REQ_TRUE(req, what, ret);
	}
	expect_end(req, ret, nth);
}

void check_failing_seamcalls(enum requirement_nr req, const struct failing_ops *ops, void *vm,
			     const struct failing_seamcall *which)
{
	unsigned int nth, calls;
	char what[80];
	int ret = 0;

	if (no_control())
		return;
	for (nth = 1; nth < MAX_STEPS; nth++) {
		const bool last = which->max && nth > which->max;

		ops->open(vm);
		control()->fail_seamcalls(which->leaf, last ? 0 : nth, which->times, which->status);
		ret = ops->launch(vm);
		calls = control()->seamcalls();
		control()->fail_seamcalls(which->leaf, 0, 0, 0);
		if (calls >= nth && !last && ops->failed)
			ops->failed(vm, nth, ret);
		ops->close(vm);
		if (last || calls < nth)
			break;
		snprintf(what, sizeof(what), "SEAMCALL %u number %u fails, and the launch %s",
			 which->leaf, nth, which->outcome == FAILING_GOES_ON ? "does not" : "too");
		if (which->outcome != FAILING_EITHER)
			EXPECT_REQ_EQ(req, what, which->outcome == FAILING_GOES_ON, !ret,
				      &names_bool);
	}
	expect_end(req, ret, nth);
}
