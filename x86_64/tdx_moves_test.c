// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD's vCPU that one CPU has run and another one runs next: the TDX module lets it be on one
 * only, so KVM has the first one give it up.  In the process each thread is a CPU; elsewhere
 * threads may be on one, and then there is nothing to see.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <pthread.h>

#include "kvm_util.h"

#include "tdx/td_vm.h"
#include "tdx/tdx_check.h"

enum { ROUNDS = 3 };

COCO_FIXTURE(moves);
FIXTURE_VARIANT(moves)
{
	struct check_row row;
	bool launched_there;		/* the first run is by another CPU than the launch, too */
	bool answered_there;		/* it has an exit, which the other CPU completes */
};

FIXTURE_VARIANT_ADD(moves, between_runs)
{
	COCO_ROW(NULL, REQ_TDX_MOVES),
};

FIXTURE_VARIANT_ADD(moves, after_the_launch)
{
	COCO_ROW(NULL, REQ_TDX_MOVES), .launched_there = true,
};

FIXTURE_VARIANT_ADD(moves, with_an_exit)
{
	COCO_ROW(NULL, REQ_TDX_MOVES), .answered_there = true,
};

static void *run(void *arg)
{
	struct tdvmcall_vm *v = arg;

	expect_tdvmcall_answer(REQ_TDX_MOVES, v, GHCI_SUCCESS);
	return NULL;
}

static void run_elsewhere(struct tdvmcall_vm *v)
{
	pthread_t thread;

	TEST_ASSERT(!pthread_create(&thread, NULL, run, v), "no thread");
	pthread_join(thread, NULL);
}

COCO_TEST_F(moves, goes_on)
{
	const enum requirement_nr req = REQ_TDX_MOVES;
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (variant->answered_there) {
			tdvmcall_prepare(&v, GHCI_INSTRUCTION_IO, 1, GHCI_IO_READ, 0x80, 0);
			if (!EXPECT_REQ_EXIT(req, v.vcpu, KVM_EXIT_IO))
				return;
		} else {
			tdvmcall_prepare(&v, GHCI_INSTRUCTION_CPUID, 0, 0, TD_FILL(14), TD_FILL(15));
		}
		if (variant->launched_there || i & 1 || variant->answered_there)
			run_elsewhere(&v);
		else
			run(&v);
	}
	EXPECT_REQ_QUIET(req, "WARNs", "vmx/tdx.c");
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
