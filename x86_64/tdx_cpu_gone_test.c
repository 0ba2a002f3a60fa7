// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs that go offline under TDs: what they have of a TD's vCPUs goes to the TDX module before,
 * and each package keeps one as long as there is a TD, since only its own CPUs can take its
 * KeyID back.
 */
#include "check/harness.h"

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>

#include "kvm_util.h"

#include "control.h"
#include "tdx/td_vm.h"
#include "tdx/tdx_check.h"

#define MAX_CPUS	64

struct runner {
	struct tdvmcall_vm *v;
	unsigned int cpu;
};

static void *run(void *arg)
{
	struct runner *r = arg;

	r->cpu = control()->this_cpu();
	expect_tdvmcall_answer(REQ_TDX_CPU_GONE, r->v, GHCI_SUCCESS);
	return NULL;
}

/* By a CPU of its own, which it returns. */
static unsigned int run_elsewhere(struct tdvmcall_vm *v)
{
	struct runner r = { .v = v, .cpu = 0 };
	pthread_t thread;

	TEST_ASSERT(!pthread_create(&thread, NULL, run, &r), "no thread");
	pthread_join(thread, NULL);
	return r.cpu;
}

/* CPU 1, the first of the other package, comes before there is a TD; this thread is CPU 0. */
static void *come(void *arg)
{
	*(unsigned int *)arg = control()->this_cpu();
	return NULL;
}

static bool other_package_comes(void)
{
	unsigned int cpu = 0;
	pthread_t thread;

	control()->this_cpu();
	TEST_ASSERT(!pthread_create(&thread, NULL, come, &cpu), "no thread");
	pthread_join(thread, NULL);
	return cpu % 2 != control()->this_cpu() % 2;
}

/* So that the next thread is not the only CPU of its package: this one is the first of that. */
struct holder {
	pthread_t thread;
	pthread_barrier_t there, end;
};

static void *hold(void *arg)
{
	struct holder *h = arg;

	control()->this_cpu();
	pthread_barrier_wait(&h->there);
	pthread_barrier_wait(&h->end);
	return NULL;
}

static void hold_begin(struct holder *h)
{
	pthread_barrier_init(&h->there, NULL, 2);
	pthread_barrier_init(&h->end, NULL, 2);
	TEST_ASSERT(!pthread_create(&h->thread, NULL, hold, h), "no thread");
	pthread_barrier_wait(&h->there);
}

static void hold_end(struct holder *h)
{
	pthread_barrier_wait(&h->end);
	pthread_join(h->thread, NULL);
}

static bool controlled(void)
{
	if (!control())
		check_skip("no control of the kernel here: no CPU goes offline");
	return control();
}

/* All others go that may; how many of @package's (0 or 1) are refused with @err. */
static unsigned int take_others(unsigned int package, int err)
{
	unsigned int refused = 0;

	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
		if (cpu != control()->this_cpu())
			refused += control()->cpu_down(cpu) == err && cpu % 2 == package;
	return refused;
}

/* ---- one of several ---- */

COCO_FIXTURE(gone);
FIXTURE_VARIANT(gone)
{
	struct check_row row;
	bool again;			/* it comes back, and runs the vCPU once more */
};

FIXTURE_VARIANT_ADD(gone, for_good)
{
	COCO_ROW(NULL, REQ_TDX_CPU_GONE, REQ_KERNEL_VMX_LEFT),
};

FIXTURE_VARIANT_ADD(gone, and_back)
{
	COCO_ROW(NULL, REQ_TDX_CPU_GONE, REQ_KERNEL_VMX_LEFT), .again = true,
};

COCO_TEST_F(gone, vcpu_goes_on)
{
	const enum requirement_nr req = REQ_TDX_CPU_GONE;
	struct holder holder;
	struct tdvmcall_vm v;
	unsigned int cpu;

	if (!controlled())
		return;
	control()->this_cpu();
	hold_begin(&holder);
	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	tdvmcall_prepare(&v, GHCI_INSTRUCTION_CPUID, 0, 0, TD_FILL(14), TD_FILL(15));
	cpu = run_elsewhere(&v);
	if (!EXPECT_REQ_EQ(req, "a CPU that has run a TD goes offline", 0,
			   -control()->cpu_down(cpu), &names_errno))
		return;
	tdvmcall_prepare(&v, GHCI_INSTRUCTION_CPUID, 0, 0, TD_FILL(14), TD_FILL(15));
	if (variant->again)
		run_elsewhere(&v);
	else
		expect_tdvmcall_answer(req, &v, GHCI_SUCCESS);
	EXPECT_REQ_QUIET(req, "WARNs", "tdx.c");
	tdvmcall_vm_free(&v);
	hold_end(&holder);
}

/* ---- the last one of a package ---- */

COCO_FIXTURE(last);
FIXTURE_VARIANT(last) { struct check_row row; };
FIXTURE_VARIANT_ADD(last, of_package) { COCO_ROW(NULL, REQ_TDX_PACKAGE, REQ_KERNEL_VMX_LEFT) };

COCO_TEST_F(last, stays)
{
	const enum requirement_nr req = REQ_TDX_PACKAGE;
	struct tdvmcall_vm v;
	unsigned int other;

	(void)variant;
	if (!controlled())
		return;
	TEST_ASSERT(other_package_comes(), "CPUs 0 and 1 are of one package");
	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	other = !(control()->this_cpu() % 2);
	EXPECT_REQ_EQ(req, "CPUs of the other package that stay for a TD", 1,
		      take_others(other, -EBUSY), &names_count);
	tdvmcall_prepare(&v, GHCI_INSTRUCTION_CPUID, 0, 0, TD_FILL(14), TD_FILL(15));
	expect_tdvmcall_answer(req, &v, GHCI_SUCCESS);
	EXPECT_REQ_QUIET(req, "WARNs", "tdx.c");
	tdvmcall_vm_free(&v);
	/* Its KeyID is free again, or the kernel would say so. */
	EXPECT_REQ_EQ(req, "CPUs of the other package that stay without one", 0,
		      take_others(other, -EBUSY), &names_count);
	EXPECT_REQ_QUIET(req, "WARNs after the TD's end", "tdx.c");
}

COCO_MAIN(td_vm_missing)
