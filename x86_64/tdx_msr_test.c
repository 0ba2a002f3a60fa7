// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<Instruction.RDMSR> and <Instruction.WRMSR>: MSRs that KVM serves, that it
 * refuses, and that the VMM wants to see (KVM_CAP_X86_USER_SPACE_MSR).
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"

/* One that KVM only keeps, whatever is written. */
#define MSR_KEPT	0x000001fcu	/* IA32_POWER_CTL */
/* Of every local APIC: x2APIC mode, enabled, of the first vCPU. */
#define MSR_BASE	0x0000001bu	/* IA32_APIC_BASE */
#define BASE_VALUE	0xfee00d00ull
#define BASE_FIRST	(1ull << 8)
#define BASE_X2APIC	(1ull << 10)
/* The TDX module's, not the VMM's. */
#define MSR_MODULE	0xc0000082u	/* IA32_LSTAR */
#define MSR_X2APIC_ISR	0x00000810u
#define MSR_NONE	0xdeadbeefu

#define DATA		0x0123456789abcdefull
/* What RDMSR and WRMSR ignore in RCX, which a guest hands on as R12. */
#define HIGH_HALF	0xabcd000000000000ull

static void prepare(struct tdvmcall_vm *v, bool write, uint64_t msr, uint64_t data)
{
	tdvmcall_prepare(v, write ? GHCI_INSTRUCTION_WRMSR : GHCI_INSTRUCTION_RDMSR, msr, data,
			 TD_FILL(14), TD_FILL(15));
}

/* The guest's access is answered without an exit: R11 of a read, 0 where it is refused. */
static bool expect_answered(enum requirement_nr req, struct tdvmcall_vm *v, bool write,
			    uint64_t msr, uint64_t data, uint64_t status)
{
	prepare(v, write, msr, write ? data : TD_FILL(13));
	if (!expect_tdvmcall_answer(req, v, status) || check_failed()) {
		check_note("that was a %s MSR 0x%lx", write ? "write to" : "read of", msr);
		return false;
	}
	if (!write && status == GHCI_SUCCESS)
		EXPECT_REQ_EQ(req, "R11, the MSR's value", data, v->req->out.gpr[TD_R11],
			      &names_value);
	return true;
}

/* ---- without an exit ---- */

COCO_FIXTURE(kept);
FIXTURE_VARIANT(kept)
{
	struct check_row row;
	uint64_t msr;
};

FIXTURE_VARIANT_ADD(kept, write_and_read)
{
	COCO_ROW(NULL, REQ_TDX_MSR, REQ_TDX_RAX, REQ_TDX_KEPT), .msr = MSR_KEPT,
};

FIXTURE_VARIANT_ADD(kept, high_half_of_r12)
{
	COCO_ROW(NULL, REQ_TDX_MSR), .msr = HIGH_HALF | MSR_KEPT,
};

COCO_TEST_F(kept, answer)
{
	static const uint64_t values[] = { DATA, 0, ~0ull, 1ull << 63, 1ull << 32, 1 };
	struct tdvmcall_vm v;
	unsigned int i;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (!expect_answered(REQ_TDX_MSR, &v, true, variant->msr, values[i], GHCI_SUCCESS) ||
		    !expect_answered(REQ_TDX_MSR, &v, false, variant->msr, values[i], GHCI_SUCCESS))
			break;
	tdvmcall_vm_free(&v);
}

COCO_FIXTURE(apic_base);
FIXTURE_VARIANT(apic_base)
{
	struct check_row row;
	unsigned int vcpu;
};

FIXTURE_VARIANT_ADD(apic_base, of_the_first_vcpu)
{
	COCO_ROW(NULL, REQ_TDX_MSR, REQ_TDX_MSR_REFUSED), .vcpu = 0,
};

FIXTURE_VARIANT_ADD(apic_base, of_another_vcpu)
{
	COCO_ROW(NULL, REQ_TDX_MSR, REQ_TDX_MSR_REFUSED), .vcpu = 1,
};

/* Virtualised by the TDX module, in a mode that is fixed. */
COCO_TEST_F(apic_base, answer)
{
	const struct tdvmcall_vm_options options = { .nr_vcpus = 2 };
	const uint64_t base = variant->vcpu ? BASE_VALUE & ~BASE_FIRST : BASE_VALUE;
	struct tdvmcall_vm v;

	tdvmcall_vm_create_with(&v, &options);
	tdvmcall_vm_select(&v, variant->vcpu);
	if (expect_answered(REQ_TDX_MSR, &v, false, MSR_BASE, base, GHCI_SUCCESS) &&
	    expect_answered(REQ_TDX_MSR_REFUSED, &v, true, MSR_BASE, base & ~BASE_X2APIC,
			    GHCI_INVALID_OPERAND))
		expect_answered(REQ_TDX_MSR, &v, false, MSR_BASE, base, GHCI_SUCCESS);
	tdvmcall_vm_free(&v);
}

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	uint64_t msr;
};

#define REFUSED_ROW(name, msr_)							\
	FIXTURE_VARIANT_ADD(refused, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_MSR_REFUSED, REQ_TDX_RAX, REQ_TDX_KEPT),	\
		.msr = msr_,							\
	};

REFUSED_ROW(none, MSR_NONE)
REFUSED_ROW(of_the_module, MSR_MODULE)
REFUSED_ROW(of_the_x2apic, MSR_X2APIC_ISR)

COCO_TEST_F(refused, answer)
{
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	if (expect_answered(REQ_TDX_MSR_REFUSED, &v, false, variant->msr, 0, GHCI_INVALID_OPERAND))
		expect_answered(REQ_TDX_MSR_REFUSED, &v, true, variant->msr, DATA,
				GHCI_INVALID_OPERAND);
	tdvmcall_vm_free(&v);
}

/* ---- KVM_X86_SET_MSR_FILTER ---- */

#define FILTER_READ	KVM_MSR_FILTER_READ
#define FILTER_WRITE	KVM_MSR_FILTER_WRITE

/* Deny accesses to MSR_KEPT, and no other. */
static void deny(struct tdvmcall_vm *v, uint32_t accesses)
{
	/* Bits 3 to 5 are for MSR_KEPT and the ones beside it. */
	uint8_t bitmap[8] = { 0xff & ~(1 << 4), 0xff };
	struct kvm_msr_filter filter = {
		.flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
		.ranges[0] = {
			.flags = accesses, .base = MSR_KEPT - 4, .nmsrs = 16, .bitmap = bitmap,
		},
	};

	vm_ioctl(v->td->vm, KVM_X86_SET_MSR_FILTER, &filter);
}

COCO_FIXTURE(filter);
FIXTURE_VARIANT(filter)
{
	struct check_row row;
	uint32_t denied;
};

#define FILTER_ROW(name, denied_)						\
	FIXTURE_VARIANT_ADD(filter, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_MSR_FILTER), .denied = denied_,		\
	};

FILTER_ROW(read, FILTER_READ)
FILTER_ROW(write, FILTER_WRITE)
FILTER_ROW(both, FILTER_READ | FILTER_WRITE)

COCO_TEST_F(filter, no_exit)
{
	const enum requirement_nr req = REQ_TDX_MSR_FILTER;
	const uint64_t read = variant->denied & FILTER_READ ? GHCI_INVALID_OPERAND : GHCI_SUCCESS;
	const uint64_t write = variant->denied & FILTER_WRITE ? GHCI_INVALID_OPERAND : GHCI_SUCCESS;
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	deny(&v, variant->denied);
	/* Allowed again, the MSR has kept what was written while that was allowed. */
	if (expect_answered(req, &v, true, MSR_KEPT, DATA, write) &&
	    expect_answered(req, &v, false, MSR_KEPT, write == GHCI_SUCCESS ? DATA : 0, read) &&
	    expect_answered(req, &v, false, MSR_BASE, BASE_VALUE, GHCI_SUCCESS)) {
		struct kvm_msr_filter none = { .flags = KVM_MSR_FILTER_DEFAULT_ALLOW };

		vm_ioctl(v.td->vm, KVM_X86_SET_MSR_FILTER, &none);
		expect_answered(req, &v, false, MSR_KEPT, write == GHCI_SUCCESS ? DATA : 0,
				GHCI_SUCCESS);
	}
	tdvmcall_vm_free(&v);
}

/* ---- exits to the VMM ---- */

static const struct value_name reason_name[] = {
	{ KVM_MSR_EXIT_REASON_INVAL, "KVM_MSR_EXIT_REASON_INVAL" },
	{ KVM_MSR_EXIT_REASON_UNKNOWN, "KVM_MSR_EXIT_REASON_UNKNOWN" },
	{ KVM_MSR_EXIT_REASON_FILTER, "KVM_MSR_EXIT_REASON_FILTER" },
	{}
};

static const struct value_names names_msr_reason = {
	.other = "no reason", .names = reason_name,
};

COCO_FIXTURE(msr_exit);
FIXTURE_VARIANT(msr_exit)
{
	struct check_row row;
	uint32_t reason, msr;
	bool write;
	uint8_t error;			/* the VMM's answer */
	bool immediate;			/* KVM_RUN with immediate_exit between exit and answer */
};

#define EXIT_ROW(name, req, reason_, msr_, ...)					\
	FIXTURE_VARIANT_ADD(msr_exit, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_RAX, REQ_TDX_KEPT),			\
		.reason = KVM_MSR_EXIT_REASON_##reason_, .msr = msr_, __VA_ARGS__	\
	};

EXIT_ROW(filter_read, REQ_TDX_MSR_EXIT, FILTER, MSR_KEPT)
EXIT_ROW(filter_read_refused, REQ_TDX_MSR_EXIT, FILTER, MSR_KEPT, .error = 1)
EXIT_ROW(filter_write, REQ_TDX_MSR_EXIT, FILTER, MSR_KEPT, .write = true)
EXIT_ROW(filter_write_refused, REQ_TDX_MSR_EXIT, FILTER, MSR_KEPT, .write = true, .error = 1)
EXIT_ROW(filter_read_immediate_exit, REQ_TDX_VMM_IMMEDIATE, FILTER, MSR_KEPT,
	 .immediate = true)
EXIT_ROW(filter_write_immediate_exit, REQ_TDX_VMM_IMMEDIATE, FILTER, MSR_KEPT, .write = true,
	 .error = 1, .immediate = true)
EXIT_ROW(invalid_read, REQ_TDX_MSR_EXIT, INVAL, MSR_MODULE)
EXIT_ROW(invalid_write, REQ_TDX_MSR_EXIT, INVAL, MSR_BASE, .write = true)
EXIT_ROW(unknown_read, REQ_TDX_MSR_UNKNOWN, UNKNOWN, MSR_NONE)
EXIT_ROW(unknown_write, REQ_TDX_MSR_UNKNOWN, UNKNOWN, MSR_NONE, .write = true)

COCO_TEST_F(msr_exit, answer)
{
	enum requirement_nr req = check_main_req();
	const bool write = variant->write;
	struct tdvmcall_vm v;
	struct kvm_run *run;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	run = v.vcpu->run;
	vm_enable_cap(v.td->vm, KVM_CAP_X86_USER_SPACE_MSR, variant->reason);
	if (variant->reason == KVM_MSR_EXIT_REASON_FILTER)
		deny(&v, FILTER_READ | FILTER_WRITE);
	prepare(&v, write, HIGH_HALF | variant->msr, write ? DATA : TD_FILL(13));
	if (!EXPECT_REQ_EXIT(req, v.vcpu, write ? KVM_EXIT_X86_WRMSR : KVM_EXIT_X86_RDMSR))
		return;
	EXPECT_REQ_EQ(req, "msr.index", variant->msr, run->msr.index, &names_value);
	EXPECT_REQ_EQ(req, "msr.reason", variant->reason, run->msr.reason, &names_msr_reason);
	EXPECT_REQ_EQ(req, "msr.error", 0, run->msr.error, &names_value);
	if (write)
		EXPECT_REQ_EQ(req, "msr.data", DATA, run->msr.data, &names_value);
	/* Of a write nothing comes back. */
	run->msr.data = ~DATA;
	run->msr.error = variant->error;
	if (variant->immediate) {
		run->immediate_exit = 1;
		if (!expect_tdx_eintr(req, &v))
			return;
		run->immediate_exit = 0;
		/* Too late to change the answer. */
		run->msr.data = DATA;
		run->msr.error = !variant->error;
	}
	if (!expect_tdvmcall_answer(req, &v, variant->error ? GHCI_INVALID_OPERAND : GHCI_SUCCESS))
		return;
	if (!write && !variant->error)
		EXPECT_REQ_EQ(req, "R11, the VMM's value", ~DATA, v.req->out.gpr[TD_R11],
			      &names_value);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
