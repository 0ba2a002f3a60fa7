// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<Instruction.HLT>: a vCPU that waits for an interrupt.
 */
#include "check/harness.h"

#include <pthread.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/td_halt.h"
#include "tdx/tdx_check.h"
#include "vm/mp_state.h"

#define VECTOR		TD_HALT_VECTOR

/* R12: does the guest take interrupts? */
#define TAKES		0
#define BLOCKS		1

/* ---- the host ---- */

static void interrupt(const struct tdvmcall_vm *v, unsigned int id)
{
	td_vm_send_interrupt(v->td, id, VECTOR);
}

/* The guest goes on, with its answer, and has got the interrupt. */
static bool expect_woken(enum requirement_nr req, struct tdvmcall_vm *v)
{
	if (!expect_tdvmcall_answer(req, v, GHCI_SUCCESS))
		return false;
	EXPECT_REQ_EQ(req, "the vCPU's state", KVM_MP_STATE_RUNNABLE, mp_state(v->vcpu),
		      &names_mp_state);
	return EXPECT_REQ_EQ(req, "interrupts that the guest has got", 1, v->req->sum,
			     &names_count);
}

/* ---- an interrupt wakes it ---- */

enum when {
	BEFORE_RUN,		/* before the KVM_RUN in which the guest halts */
	TAKEN_OVER,		/* the TDX module has it, but the guest had interrupts off */
	WHILE_HALTED,		/* between two KVM_RUNs */
	WHILE_WAITING,		/* by another thread, most probably in KVM_RUN */
};

COCO_FIXTURE(woken);
FIXTURE_VARIANT(woken)
{
	struct check_row row;
	enum when when;
};

#define WOKEN_ROW(name, when_)							\
	FIXTURE_VARIANT_ADD(woken, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_HLT, REQ_TDX_RAX, REQ_TDX_KEPT), .when = when_,	\
	};

WOKEN_ROW(by_an_earlier_interrupt, BEFORE_RUN)
WOKEN_ROW(by_one_that_the_module_has, TAKEN_OVER)
WOKEN_ROW(by_a_later_interrupt, WHILE_HALTED)
WOKEN_ROW(by_another_thread, WHILE_WAITING)

static void *interrupt_later(void *arg)
{
	/* If that is too early, it is another case. */
	usleep(3000);
	interrupt(arg, 0);
	return NULL;
}

COCO_TEST_F(woken, answer)
{
	struct tdvmcall_vm v;
	pthread_t thread;

	td_halt_create(&v, 1);
	switch (variant->when) {
	case TAKEN_OVER:
		/* Something that the VMM sees, and after it the way back into the guest. */
		tdvmcall_prepare(&v, GHCI_INSTRUCTION_IO, 4, GHCI_IO_READ, 0x4321, 0);
		if (!EXPECT_REQ_EXIT(REQ_TDX_HLT, v.vcpu, KVM_EXIT_IO))
			return;
		interrupt(&v, 0);
		if (!expect_tdvmcall_answer(REQ_TDX_HLT, &v, GHCI_SUCCESS))
			return;
		break;
	case BEFORE_RUN:
	case WHILE_HALTED:
	case WHILE_WAITING:
		break;
	}
	td_halt_prepare(&v, TAKES);
	if (variant->when == BEFORE_RUN)
		interrupt(&v, 0);
	if (variant->when == WHILE_HALTED) {
		if (!EXPECT_REQ_STAYS(REQ_TDX_HLT, v.vcpu, KVM_MP_STATE_HALTED, 0))
			return;
		interrupt(&v, 0);
	}
	if (variant->when == WHILE_WAITING)
		TEST_ASSERT(!pthread_create(&thread, NULL, interrupt_later, &v), "no thread");
	expect_woken(REQ_TDX_HLT, &v);
	if (variant->when == WHILE_WAITING)
		pthread_join(thread, NULL);
	td_vm_free(v.td);
}

/* ---- what does not wake it ---- */

COCO_FIXTURE(halted);
FIXTURE_VARIANT(halted)
{
	struct check_row row;
	uint64_t r12;
	bool before;			/* the interrupt comes before the guest halts */
	bool of_another_vcpu;
	bool none;			/* there is no interrupt, for now */
};

#define HALTED_ROW(name, req, ...)						\
	FIXTURE_VARIANT_ADD(halted, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_HLT), __VA_ARGS__			\
	};

HALTED_ROW(signals, REQ_TDX_HLT_SIGNAL, .r12 = TAKES, .none = true)
HALTED_ROW(interrupts_blocked, REQ_TDX_HLT_BLOCKED, .r12 = BLOCKS)
HALTED_ROW(interrupts_blocked_before, REQ_TDX_HLT_BLOCKED, .r12 = BLOCKS, .before = true)
HALTED_ROW(interrupt_of_another_vcpu, REQ_TDX_HLT_BLOCKED, .r12 = TAKES, .of_another_vcpu = true)

/* KVM_RUNs that find the vCPU halted, and leave it so. */
#define AGAIN	5

COCO_TEST_F(halted, stays)
{
	enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;

	td_halt_create(&v, 2);
	td_halt_prepare(&v, variant->r12);
	if (variant->before)
		interrupt(&v, 0);
	if (!EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, 0))
		return;
	if (!variant->before && !variant->none)
		interrupt(&v, variant->of_another_vcpu ? 1 : 0);
	if (!EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, AGAIN))
		return;
	/* Who takes interrupts goes on now; who does not stays, and goes with its TD. */
	if (variant->r12 == TAKES) {
		interrupt(&v, 0);
		expect_woken(REQ_TDX_HLT, &v);
	}
	td_vm_free(v.td);
}

/* ---- another vCPU's IPI wakes it: TDG.VP.VMCALL<Instruction.WRMSR> of the x2APIC's ICR ---- */

#define MSR_X2APIC_ICR	0x830u

/* Intel SDM volume 3, "ICR Operation in x2APIC Mode": fixed interrupts */
#define ICR(dest)	((uint64_t)(dest) << 32 | VECTOR)
#define ICR_SELF	(1ull << 18 | VECTOR)
#define ICR_OTHERS	(3ull << 18 | VECTOR)
#define ALL		0xffffffffu

COCO_FIXTURE(ipi);
FIXTURE_VARIANT(ipi)
{
	struct check_row row;
	uint64_t icr;
	bool to_sender;			/* only: the one that has halted stays so */
};

#define IPI_ROW(name, ...)							\
	FIXTURE_VARIANT_ADD(ipi, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_MSR_ICR, REQ_TDX_RAX, REQ_TDX_KEPT), __VA_ARGS__	\
	};

IPI_ROW(to_the_other, .icr = ICR(0))
IPI_ROW(to_all_others, .icr = ICR_OTHERS)
IPI_ROW(to_all, .icr = ICR(ALL))
IPI_ROW(to_the_sender, .icr = ICR(1), .to_sender = true)
IPI_ROW(to_itself, .icr = ICR_SELF, .to_sender = true)

COCO_TEST_F(ipi, wakes)
{
	enum requirement_nr req = REQ_TDX_MSR_ICR;
	struct tdvmcall_vm v;

	td_halt_create(&v, 2);
	td_halt_prepare(&v, TAKES);
	if (!EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, 0))
		return;
	tdvmcall_vm_select(&v, 1);
	tdvmcall_prepare(&v, GHCI_INSTRUCTION_WRMSR, MSR_X2APIC_ICR, variant->icr, TD_FILL(14),
			 TD_FILL(15));
	v.req->wait_max = variant->to_sender ? TD_HALT_PATIENCE : 0;
	if (!expect_tdvmcall_answer(req, &v, GHCI_SUCCESS))
		return;
	if (variant->to_sender)
		EXPECT_REQ_EQ(req, "interrupts that the sender has got", 1, v.req->sum,
			      &names_count);
	tdvmcall_vm_select(&v, 0);
	if (variant->to_sender)
		EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, AGAIN);
	else if (expect_tdvmcall_answer(req, &v, GHCI_SUCCESS))
		EXPECT_REQ_TRUE(req, "the guest has got an interrupt", v.req->sum);
	td_vm_free(v.td);
}

COCO_MAIN(td_vm_missing)
