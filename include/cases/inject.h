/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Launches of which one step fails, each step in turn.  It takes a control to make
 * them fail: without one the case is skipped.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

#include "check/requirement.h"
#include "control.h"

struct failing_ops {
	/* @vm is the test's own. */
	void (*open)(void *vm);
	int (*launch)(void *vm);	/* 0, or an errno */
	void (*close)(void *vm);
	/* After a launch, whose step or SEAMCALL @nth failed, gave @err; may be NULL. */
	void (*failed)(void *vm, unsigned int nth, int err);
};

/*
 * Steps of a kind.  What a failing one has to do to the launch is requirement @req; KVM
 * does without some that it takes if @some_dispensable.
 */
void check_failing_steps(enum requirement_nr req, const struct failing_ops *ops, void *vm,
			 enum control_step step, bool some_dispensable);

enum failing_outcome {
	FAILING_FAILS,			/* the launch does, too */
	FAILING_GOES_ON,		/* it does not */
	FAILING_EITHER,
};

/* SEAMCALLs with @leaf: @times in a row have @status. */
struct failing_seamcall {
	unsigned int leaf, times;
	__u64 status;
	enum failing_outcome outcome;
	unsigned int max;		/* the first ones only; 0: all */
};

void check_failing_seamcalls(enum requirement_nr req, const struct failing_ops *ops, void *vm,
			     const struct failing_seamcall *which);

#endif
