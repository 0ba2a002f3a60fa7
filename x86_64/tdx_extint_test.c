// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_INTERRUPT of a TD's vCPU: with a local APIC in the kernel that is what the VMM's PIC sends.
 * It arrives or is refused, and what is left of it is not in the way of the next event.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "tdx/raw_td.h"
#include "tdx/td_halt.h"
#include "tdx/td_vm.h"
#include "tdx/tdx_check.h"

#define EXTINT_VECTOR	70
#define PATIENCE	20000ull

COCO_FIXTURE(extint);
FIXTURE_VARIANT(extint)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(extint, running)
{
	COCO_ROW(NULL, REQ_TDX_EXTINT),
};

COCO_TEST_F(extint, arrives_or_fails)
{
	const struct kvm_interrupt irq = { EXTINT_VECTOR };
	struct tdvmcall_vm v;

	(void)variant;
	td_halt_create(&v, 1);
	tdvmcall_prepare(&v, GHCI_INSTRUCTION_CPUID, 0, 0, TD_FILL(14), TD_FILL(15));
	v.req->wait_max = PATIENCE;
	if (!raw_errno(ioctl(v.vcpu->fd, KVM_INTERRUPT, &irq)) &&
	    expect_tdvmcall_answer(REQ_TDX_EXTINT, &v, GHCI_SUCCESS))
		EXPECT_REQ_EQ(REQ_TDX_EXTINT, "interrupts that the guest has got", 1, v.req->sum,
			      &names_count);
	errno = 0;
	tdvmcall_vm_free(&v);
}

/* What is left of the first one, if anything, is in the way of the next event. */
COCO_FIXTURE(extint_again);
FIXTURE_VARIANT(extint_again)
{
	struct check_row row;
	bool nmi;
	bool events;			/* the first one is KVM_SET_VCPU_EVENTS */
};

FIXTURE_VARIANT_ADD(extint_again, interrupt)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_EXTINT),
};

FIXTURE_VARIANT_ADD(extint_again, nmi)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_EXTINT), .nmi = true,
};

FIXTURE_VARIANT_ADD(extint_again, after_vcpu_events)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_EXTINT), .nmi = true, .events = true,
};

COCO_TEST_F(extint_again, no_warn)
{
	const enum requirement_nr req = REQ_KERNEL_TD_EXTINT;
	const struct kvm_vcpu_events events = { .interrupt = { .injected = 1, .nr = EXTINT_VECTOR } };
	const struct kvm_interrupt irq = { EXTINT_VECTOR };
	struct tdvmcall_vm v;

	/* Says a requirement of its own. */
	check_expect_splat("vmx/tdx.c");
	td_halt_create(&v, 1);
	for (unsigned int i = 0; i < 2; i++) {
		/* It may be refused. */
		if (i && variant->nmi)
			ioctl(v.vcpu->fd, KVM_NMI);
		else if (variant->events)
			ioctl(v.vcpu->fd, KVM_SET_VCPU_EVENTS, &events);
		else
			ioctl(v.vcpu->fd, KVM_INTERRUPT, &irq);
		tdvmcall_prepare(&v, GHCI_INSTRUCTION_CPUID, 0, 0, TD_FILL(14), TD_FILL(15));
		if (!expect_tdvmcall_answer(req, &v, GHCI_SUCCESS))
			return;
	}
	errno = 0;
	EXPECT_REQ_QUIET(req, "WARNs", "vmx/tdx.c");
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
