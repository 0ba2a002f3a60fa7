// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps that are made to fail, for tests of the kernel's error paths: the
 * control says which of a kind, counted from now.
 */
#include "control.h"
#include "src/sched/sched.h"
#include "watch.h"

static struct {
	unsigned int nth, times, count;
} steps[CONTROL_NR_STEPS];

/* This thread asks the kernel for something that no VMM asked for. */
static __thread bool ours;

void src_steps_are_ours(bool are)
{
	ours = are;
}

IMAGE_CALL int src_step_fails(enum control_step step)
{
	static const char *const names[CONTROL_NR_STEPS] = {
		[CONTROL_STEP_ALLOC] = "an allocation",
		[CONTROL_STEP_PSP] = "a command of the PSP's",
		[CONTROL_STEP_RMP] = "a page assigned in the RMP",
		[CONTROL_STEP_VCPU] = "a vCPU's place in KVM's array",
		[CONTROL_STEP_CHARGE] = "a charge",
		[CONTROL_STEP_USER] = "a copy from or to the VMM",
	};
	unsigned int count;

	if (ours)
		return 0;
	/* What has no name comes with what is a point already. */
	if (names[step])
		sched_point(CONTROL_POINT_STEP + step, NULL, names[step], 1, 0);
	count = __atomic_add_fetch(&steps[step].count, 1, __ATOMIC_RELAXED);
	return steps[step].nth && count >= steps[step].nth &&
	       count - steps[step].nth < steps[step].times;
}

void src_fail_steps(enum control_step step, unsigned int nth, unsigned int times)
{
	steps[step].nth = nth;
	steps[step].times = times;
	steps[step].count = 0;
}

void src_fail_step(enum control_step step, unsigned int nth)
{
	src_fail_steps(step, nth, 1);
}

unsigned int src_steps(enum control_step step)
{
	return steps[step].count;
}

static struct {
	unsigned int leaf, nth, times, count;
	unsigned long long status;
} seamcall;

static struct {
	unsigned int leaf;
	void (*fn)(void *data);
	void *data;
} within;

void src_in_seamcall(unsigned int leaf, void (*fn)(void *data), void *data)
{
	within.leaf = leaf;
	within.data = data;
	__atomic_store_n(&within.fn, fn, __ATOMIC_RELEASE);
}

IMAGE_CALL unsigned long long src_seamcall_fails(unsigned int leaf)
{
	unsigned int count;
	void (*fn)(void *data) = __atomic_load_n(&within.fn, __ATOMIC_ACQUIRE);

	sched_point(CONTROL_POINT_SEAMCALL, NULL, "a SEAMCALL", leaf, 0);
	if (fn && leaf == within.leaf &&
	    __atomic_compare_exchange_n(&within.fn, &fn, NULL, false, __ATOMIC_ACQ_REL,
					__ATOMIC_RELAXED))
		fn(within.data);
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

static struct control_td_exit td_exit;
static unsigned int td_exits;

void src_set_td_exit(const struct control_td_exit *exit, unsigned int times)
{
	if (exit)
		td_exit = *exit;
	__atomic_store_n(&td_exits, times, __ATOMIC_RELEASE);
}

IMAGE_CALL enum control_td_exit_kind src_td_exit(struct image_td_exit *exit)
{
	unsigned int left = __atomic_load_n(&td_exits, __ATOMIC_ACQUIRE);

	do {
		if (!left)
			return CONTROL_TD_GUEST;
	} while (!__atomic_compare_exchange_n(&td_exits, &left, left - 1, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	*exit = (struct image_td_exit){
		.status = td_exit.status, .rcx = td_exit.rcx, .rdx = td_exit.rdx,
		.r8 = td_exit.r8, .r9 = td_exit.r9, .qualification = td_exit.qualification,
		.window = td_exit.window,
	};
	return td_exit.kind;
}
