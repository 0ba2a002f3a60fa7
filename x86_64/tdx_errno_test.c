// SPDX-License-Identifier: GPL-2.0-only
/*
 * How commands of TDs fail that lack something: memory, a place to read from or write to, room
 * for an answer.  What a failed SEAMCALL makes of them is told by tdx_mem_launch_test.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

#define PAGE		RAW_VM_PAGE

/* ---- steps that fail ---- */

COCO_FIXTURE(step);
FIXTURE_VARIANT(step)
{
	struct check_row row;
	enum raw_td_stage stage;	/* whose commands they are */
	enum control_step step;
	int err;
};

#define STEP(stage_, step_, err_)							\
	FIXTURE_VARIANT_ADD(step, stage_##_##step_)					\
	{										\
		COCO_ROW(NULL, REQ_KERNEL_TD_ERRNO_STEP), .stage = RAW_TD_##stage_,	\
		.step = CONTROL_STEP_##step_, .err = err_				\
	}

STEP(INITED, ALLOC, ENOMEM);
STEP(INITED, USER, EFAULT);
STEP(INITED, CHARGE, EBUSY);
STEP(VCPU_INITED, ALLOC, ENOMEM);
STEP(VCPU_INITED, USER, EFAULT);
STEP(REGION, ALLOC, ENOMEM);
STEP(REGION, USER, EFAULT);
STEP(FINALIZED, USER, EFAULT);

COCO_TEST_F(step, fails)
{
	const enum requirement_nr req = REQ_KERNEL_TD_ERRNO_STEP;
	unsigned int nth, steps = 0;
	struct raw_td td;
	char what[64];
	int err;

	if (!control()) {
		check_skip("no control of the kernel here: nothing can be made to fail");
		return;
	}
	/* KERNEL-TD-CHARGE and KERNEL-TD-APICV are for tdx_mem_launch_test. */
	check_expect_splat("misc_cg.c");
	check_expect_splat("vmx/main.c");
	for (nth = 1; nth < 200 && !check_failed(); nth++) {
		raw_td_open(&td);
		if (EXPECT_REQ_EQ(req, "the launch before it", 0,
				  raw_td_go(&td, variant->stage - 1), &names_errno)) {
			control()->fail_step(variant->step, nth);
			err = raw_td_go(&td, variant->stage);
			steps = control()->steps(variant->step);
			control()->fail_step(variant->step, 0);
			snprintf(what, sizeof(what), "errno when step %u fails", nth);
			/* KVM does without some of what it allocates. */
			if (steps >= nth && (err || variant->step != CONTROL_STEP_ALLOC))
				EXPECT_REQ_EQ(req, what, variant->err, err, &names_errno);
		}
		raw_td_close(&td);
		if (steps < nth)
			break;
	}
	EXPECT_REQ_TRUE(req, "there was something to fail", nth > 1);
}

/* ---- room for CPUID entries ---- */

enum room { ENOUGH, ONE_LESS, NONE, HEADER_NOWHERE, ENTRIES_NOWHERE, READ_ONLY };

COCO_FIXTURE(room);
FIXTURE_VARIANT(room) { struct check_row row; bool get_cpuid; enum room room; int err; };
#define ROOM(room_, err_)								\
	FIXTURE_VARIANT_ADD(room, capabilities_##room_)					\
	{										\
		COCO_ROW(NULL, REQ_TDX_ERRNO_ROOM), .room = room_, .err = err_		\
	};										\
	FIXTURE_VARIANT_ADD(room, get_cpuid_##room_)					\
	{										\
		COCO_ROW(NULL, REQ_TDX_ERRNO_ROOM), .room = room_, .err = err_,		\
		.get_cpuid = true							\
	}

ROOM(ENOUGH, 0);
ROOM(ONE_LESS, E2BIG);
ROOM(NONE, E2BIG);
ROOM(HEADER_NOWHERE, EFAULT);
ROOM(ENTRIES_NOWHERE, EFAULT);
ROOM(READ_ONLY, EFAULT);

/* The command with its array at @cpuid, which the structure of capabilities ends in. */
static int fill(struct raw_td *td, bool get_cpuid, struct kvm_cpuid2 *cpuid)
{
	return get_cpuid ? raw_td_vcpu_cmd(td, TDX_CMD_GET_CPUID, (uint64_t)cpuid) :
	       raw_td_vm_cmd(td, TDX_CMD_CAPABILITIES, (uint64_t)cpuid -
			     offsetof(struct tdx_capabilities, cpuid));
}

COCO_TEST_F(room, cpuid)
{
	const enum requirement_nr req = REQ_TDX_ERRNO_ROOM;
	const size_t entries = TDX_MAX_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *cpuid;
	struct raw_td td;
	uint32_t nr;
	char *mem;

	/* The array's entries begin at a page. */
	mem = mmap(NULL, 2 * PAGE + entries, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	TEST_ASSERT(mem != MAP_FAILED, "out of memory");
	cpuid = (void *)(mem + PAGE - sizeof(*cpuid));
	raw_td_open(&td);
	if (!EXPECT_REQ_EQ(req, "the launch before it", 0,
			   raw_td_go(&td, variant->get_cpuid ? RAW_TD_VCPU : RAW_TD_CREATED),
			   &names_errno))
		goto out;
	cpuid->nent = TDX_MAX_CPUID;
	if (!EXPECT_REQ_EQ(req, "the command with much room", 0, fill(&td, variant->get_cpuid, cpuid),
			   &names_errno))
		goto out;
	nr = cpuid->nent;
	EXPECT_REQ_TRUE(req, "there are entries", nr && nr <= TDX_MAX_CPUID);
	cpuid->nent = variant->room == ONE_LESS ? nr - 1 : variant->room == NONE ? 0 : nr;
	if (variant->room == ENTRIES_NOWHERE)
		munmap(mem + PAGE, PAGE + entries);
	else if (variant->room == HEADER_NOWHERE)
		munmap(mem, PAGE);
	else if (variant->room == READ_ONLY)
		mprotect(mem, PAGE, PROT_READ);
	EXPECT_REQ_EQ(req, "the command", variant->err, fill(&td, variant->get_cpuid, cpuid),
		      &names_errno);
	if (variant->room == ENOUGH || (variant->err == E2BIG && variant->get_cpuid))
		EXPECT_REQ_EQ(req, "nent that it tells", nr, cpuid->nent, &names_count);
out:
	raw_td_close(&td);
	munmap(mem, 2 * PAGE + entries);
}

COCO_MAIN(td_vm_missing)
