// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel does with a TD when the TDX module fails it: at its end, where it has
 * to be had back page by page, and at TDH.VP.ENTER.
 *
 * What the module does not give back the kernel has to leave alone for good, so that it
 * is no leak here.  The next TD has to work in any case.
 */
#include "check/harness.h"

#include <linux/kvm.h>

#include "kvm_util.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/seamcall.h"
#include "tdx/td_vm.h"

/* The first of a leaf are enough: the others are made in the same place. */
#define MAX_CALLS	3

#define ONCE		1
#define FOR_EVER	(~0u)

#define BUSY(operand)	(SEAMCALL_OPERAND_BUSY | SEAMCALL_OPERAND_##operand)

static bool no_control(void)
{
	if (control())
		return false;
	check_skip("no control of the kernel here: nothing can be made to fail");
	return true;
}

static void expect_next_td(enum requirement_nr req)
{
	struct raw_td td;

	raw_td_open(&td);
	EXPECT_REQ_EQ(req, "the next TD", 0, raw_td_go(&td, RAW_TD_RUN), &names_errno);
	raw_td_close(&td);
}

/* ---- the end ---- */

COCO_FIXTURE(end);
FIXTURE_VARIANT(end)
{
	struct check_row row;
	unsigned int leaf, times;
	uint64_t status;
	bool kept;			/* by the TDX module */
};

#define END_REQS	REQ_KERNEL_MEM_LEAK, REQ_KERNEL_MEM_FREED, REQ_KERNEL_FIRMWARE_PAGE, \
			REQ_KERNEL_KEYID

/* KVM tries again, and all is well. */
#define ENDS(name, leaf_, status_, times_)					\
	FIXTURE_VARIANT_ADD(end, name)						\
	{									\
		COCO_ROW(NULL, REQ_KERNEL_TD_ENDS, END_REQS),			\
		.leaf = leaf_, .status = status_, .times = times_,		\
	}
/* KVM gives up what it does not get. */
#define KEEPS(name, leaf_, status_, times_)					\
	FIXTURE_VARIANT_ADD(end, name)						\
	{									\
		COCO_ROW(NULL, REQ_KERNEL_TD_KEPT, REQ_KERNEL_MEM_FREED,	\
			 REQ_KERNEL_FIRMWARE_PAGE),				\
		.leaf = leaf_, .status = status_, .times = times_, .kept = true,	\
	}

ENDS(block_busy, TDH_MEM_RANGE_BLOCK, BUSY(SEPT), ONCE);
ENDS(track_busy, TDH_MEM_TRACK, BUSY(TD_EPOCH), ONCE);
ENDS(remove_busy, TDH_MEM_PAGE_REMOVE, BUSY(SEPT), ONCE);
ENDS(cache_wb_interrupted, TDH_PHYMEM_CACHE_WB, SEAMCALL_INTERRUPTED_RESUMABLE, ONCE);
ENDS(cache_wb_interrupted_often, TDH_PHYMEM_CACHE_WB, SEAMCALL_INTERRUPTED_RESUMABLE, 5);
KEEPS(vp_flush_busy, TDH_VP_FLUSH, BUSY(TDR), ONCE);
KEEPS(vpflushdone_busy, TDH_MNG_VPFLUSHDONE, BUSY(TDR), ONCE);
KEEPS(cache_wb_busy, TDH_PHYMEM_CACHE_WB, SEAMCALL_OPERAND_BUSY, ONCE);
KEEPS(cache_wb_interrupted_ever, TDH_PHYMEM_CACHE_WB, SEAMCALL_INTERRUPTED_RESUMABLE, FOR_EVER);
KEEPS(key_freeid_busy, TDH_MNG_KEY_FREEID, BUSY(TDR), ONCE);
KEEPS(reclaim_busy, TDH_PHYMEM_PAGE_RECLAIM, BUSY(TDR), ONCE);
KEEPS(reclaim_none, TDH_PHYMEM_PAGE_RECLAIM, BUSY(TDR), FOR_EVER);

static void provoked(bool on)
{
	check_attribute_to(REQ_KERNEL_MEM_LEAK, on ? REQ_NONE : REQ_KERNEL_MEM_LEAK);
	check_attribute_to(REQ_KERNEL_KEYID, on ? REQ_NONE : REQ_KERNEL_KEYID);
}

/* True: there was one to fail. */
static bool end_with(const FIXTURE_VARIANT(end) *variant, unsigned int nth)
{
	unsigned int calls;
	struct raw_td td;

	raw_td_open(&td);
	EXPECT_REQ_EQ(check_main_req(), "the launch", 0, raw_td_go(&td, RAW_TD_RUN), &names_errno);
	control()->fail_seamcalls(variant->leaf, nth, variant->times, variant->status);
	provoked(variant->kept);
	raw_td_close(&td);
	provoked(false);
	calls = control()->seamcalls();
	control()->fail_seamcalls(variant->leaf, 0, 0, 0);
	return calls >= nth;
}

COCO_TEST_F(end, closes)
{
	const unsigned int max = variant->times == FOR_EVER ? 1 : MAX_CALLS;
	unsigned int nr = 0;

	if (no_control())
		return;
	if (variant->kept) {
		check_expect_splat("vmx/tdx.c");
		/* Page tables of a TD whose KeyID is not given back. */
		check_expect_splat("mmu/tdp_mmu.c");
	}
	while (nr < max && end_with(variant, nr + 1))
		nr++;
	EXPECT_REQ_TRUE(check_main_req(), "there was something to fail", nr);
	expect_next_td(check_main_req());
}

/* ---- TDH.VP.ENTER ---- */

COCO_FIXTURE(enter);
FIXTURE_VARIANT(enter)
{
	struct check_row row;
	uint64_t status;
};

#define ENTER(name, status_)							\
	FIXTURE_VARIANT_ADD(enter, name)					\
	{									\
		COCO_ROW(NULL, REQ_KERNEL_TD_ENTER, REQ_KERNEL_TD_ENTER_QUIET, END_REQS),	\
		.status = SEAMCALL_##status_,					\
	}

ENTER(dead_vcpu, NON_RECOVERABLE_VCPU);
ENTER(dead_td, NON_RECOVERABLE_TD);
ENTER(dead_td_not_accessible, NON_RECOVERABLE_TD_NON_ACCESSIBLE);
ENTER(wrong_apic_mode, NON_RECOVERABLE_TD_WRONG_APIC_MODE);
ENTER(fatal, TD_FATAL);
ENTER(operand_invalid, OPERAND_INVALID);
ENTER(bad_page, PAGE_METADATA_INCORRECT);

COCO_TEST_F(enter, ends_run)
{
	const enum requirement_nr req = REQ_KERNEL_TD_ENTER;
	struct raw_td td;

	if (no_control())
		return;
	/* Says a requirement of its own. */
	check_expect_splat("vmx/main.c");
	raw_td_open(&td);
	EXPECT_REQ_EQ(req, "the launch", 0, raw_td_go(&td, RAW_TD_FINALIZED), &names_errno);
	control()->fail_seamcalls(TDH_VP_ENTER, 1, FOR_EVER, variant->status);
	EXPECT_REQ_EQ(req, "KVM_RUN ends with another exit", ENOEXEC,
		      raw_td_go(&td, RAW_TD_RUN), &names_errno);
	EXPECT_REQ_EITHER(req, "exit_reason", KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_FAIL_ENTRY,
			  td.exit_reason, &names_exit_reason);
	EXPECT_REQ_EQ(REQ_KERNEL_TD_ENTER_QUIET, "WARNs that it makes", 0,
		      control()->nr_splats(), &names_count);
	/* A VMM that tries again gets no further. */
	EXPECT_REQ_EQ(req, "KVM_RUN again", ENOEXEC, raw_td_go(&td, RAW_TD_RUN), &names_errno);
	control()->fail_seamcalls(TDH_VP_ENTER, 0, 0, 0);
	raw_td_close(&td);
	expect_next_td(req);
}

COCO_MAIN(td_vm_missing)
