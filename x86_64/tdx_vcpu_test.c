// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events for a TD's vCPUs, while they run and while they have halted: interrupts of each
 * delivery mode, NMIs, timers, and KVM's hypercalls that are about other vCPUs.
 */
#include "check/harness.h"

#include <linux/kvm_para.h>
#include <x86intrin.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/td_halt.h"
#include "tdx/tdx_check.h"
#include "vm/mp_state.h"

/* R12 of Instruction.HLT: does the guest take interrupts? */
#define TAKES		0
#define BLOCKS		1

/* KVM_RUNs that find a vCPU halted, and leave it so. */
#define AGAIN		3

/* Intel SDM volume 3, "Local Vector Table", delivery mode in bits 10:8 */
enum mode { FIXED, LOWEST, SMI, NMI = 4, INIT, SIPI, EXTINT };

#define DATA(mode, vector)	((mode) << 8 | (vector))
#define LEVEL_ASSERT		(1u << 14)

/* A call that KVM answers by itself, and interrupts are on after it. */
static void prepare_call(struct tdvmcall_vm *v, uint64_t patience)
{
	tdvmcall_prepare(v, GHCI_INSTRUCTION_CPUID, 0, 0, TD_FILL(14), TD_FILL(15));
	v->req->wait_max = patience;
}

static bool expect_got(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int nr,
		       unsigned int vector)
{
	bool answered;

	td_halt_rescue(v);
	answered = expect_tdvmcall_answer(req, v, GHCI_SUCCESS);
	td_halt_rescue(NULL);
	if (!answered ||
	    !EXPECT_REQ_EQ(req, "interrupts that the guest has got", nr, v->req->sum, &names_count))
		return false;
	return !nr || EXPECT_REQ_EQ(req, "the vector", vector, v->req->waited, &names_vector);
}

/* ---- sent by the VMM ---- */

static void signal_msi(const struct tdvmcall_vm *v, uint32_t data)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000u, .data = data };

	/* How many have got it. */
	TEST_ASSERT(__vm_ioctl(v->td->vm, KVM_SIGNAL_MSI, &msi) >= 0, "KVM_SIGNAL_MSI: %s",
		    strerror(errno));
}

static void nmi_ioctl(const struct tdvmcall_vm *v, uint32_t data)
{
	(void)data;
	vcpu_ioctl(v->td->vcpu[0], KVM_NMI, NULL);
}

static void smi_ioctl(const struct tdvmcall_vm *v, uint32_t data)
{
	(void)data;
	/* It may be refused. */
	__vcpu_ioctl(v->td->vcpu[0], KVM_SMI, NULL);
	errno = 0;
}

/* By vCPU 1, Instruction.WRMSR of the x2APIC's ICR: to APIC ID 0. */
static void icr(const struct tdvmcall_vm *v, uint32_t data)
{
	struct tdvmcall_vm by = *v;

	tdvmcall_vm_select(&by, 1);
	tdvmcall_prepare(&by, GHCI_INSTRUCTION_WRMSR, 0x830, LEVEL_ASSERT | data, TD_FILL(14),
			 TD_FILL(15));
	by.req->wait_max = 0;
	EXPECT_REQ_SYNC(check_main_req(), by.vcpu, TD_STAGE_ANSWERED);
}

COCO_FIXTURE(event);
FIXTURE_VARIANT(event)
{
	struct check_row row;
	void (*send)(const struct tdvmcall_vm *v, uint32_t data);
	uint32_t data;
	bool arrives, blocked;		/* blocked: by R12 of HLT */
};

#define EVENT_ROW(name, req, send_, data_, ...)					\
	FIXTURE_VARIANT_ADD(event, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_HLT), .send = send_, .data = data_, __VA_ARGS__	\
	};
#define ARRIVES(name, req, send, data)	EVENT_ROW(name, req, send, data, .arrives = true)
#define IGNORED(name, send, data)	EVENT_ROW(name, REQ_TDX_NO_EVENT, send, data)

ARRIVES(msi_fixed, REQ_TDX_INTERRUPT, signal_msi, DATA(FIXED, 64))
ARRIVES(msi_fixed_255, REQ_TDX_INTERRUPT, signal_msi, DATA(FIXED, 255))
ARRIVES(msi_fixed_32, REQ_TDX_INTERRUPT, signal_msi, DATA(FIXED, 32))
ARRIVES(msi_lowest, REQ_TDX_INTERRUPT, signal_msi, DATA(LOWEST, 65))
ARRIVES(icr_fixed, REQ_TDX_INTERRUPT, icr, DATA(FIXED, 66))
ARRIVES(icr_lowest, REQ_TDX_INTERRUPT, icr, DATA(LOWEST, 67))
ARRIVES(msi_nmi, REQ_TDX_NMI, signal_msi, DATA(NMI, 0))
ARRIVES(icr_nmi, REQ_TDX_NMI, icr, DATA(NMI, 0))
ARRIVES(nmi, REQ_TDX_NMI, nmi_ioctl, DATA(NMI, 0))
EVENT_ROW(nmi_blocked, REQ_TDX_NMI, nmi_ioctl, DATA(NMI, 0), .arrives = true, .blocked = true)
EVENT_ROW(icr_nmi_blocked, REQ_TDX_NMI, icr, DATA(NMI, 0), .arrives = true, .blocked = true)
IGNORED(msi_smi, signal_msi, DATA(SMI, 0))
IGNORED(smi, smi_ioctl, DATA(SMI, 0))
IGNORED(icr_smi, icr, DATA(SMI, 0))
IGNORED(msi_init, signal_msi, LEVEL_ASSERT | DATA(INIT, 0))
IGNORED(icr_init, icr, DATA(INIT, 0))
IGNORED(icr_sipi, icr, DATA(SIPI, 0x10))
IGNORED(msi_extint, signal_msi, DATA(EXTINT, 68))

static bool is_nmi(const FIXTURE_VARIANT(event) *variant)
{
	return (variant->data >> 8 & 7) == NMI;
}

static uint64_t patience_for(const FIXTURE_VARIANT(event) *variant)
{
	/* An NMI comes whether the guest waits or not. */
	return variant->arrives && !is_nmi(variant) ? TD_HALT_PATIENCE : TD_HALT_NONE;
}

static unsigned int vector_of(const FIXTURE_VARIANT(event) *variant)
{
	return is_nmi(variant) ? NMI_VECTOR : variant->data & 0xff;
}

COCO_TEST_F(event, running)
{
	const enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;

	td_halt_create(&v, 2);
	prepare_call(&v, patience_for(variant));
	variant->send(&v, variant->data);
	expect_got(req, &v, variant->arrives, vector_of(variant));
	/* That was all, also when KVM looks for events once more: INIT is one that no TD gets. */
	signal_msi(&v, LEVEL_ASSERT | DATA(INIT, 0));
	prepare_call(&v, TD_HALT_NONE);
	expect_got(req, &v, variant->arrives, vector_of(variant));
	td_vm_free(v.td);
}

COCO_TEST_F(event, halted)
{
	const enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;

	td_halt_create(&v, 2);
	td_halt_prepare(&v, variant->blocked ? BLOCKS : TAKES);
	v.req->wait_max = patience_for(variant);
	if (!EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, 0))
		return;
	variant->send(&v, variant->data);
	if (variant->arrives) {
		expect_got(req, &v, 1, vector_of(variant));
	} else if (EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, AGAIN)) {
		v.req->wait_max = TD_HALT_PATIENCE;
		td_vm_send_interrupt(v.td, 0, TD_HALT_VECTOR);
		expect_got(req, &v, 1, TD_HALT_VECTOR);
	}
	td_vm_free(v.td);
}

/* ---- the local APIC's timer ---- */

#define MSR_TSC_DEADLINE	0x6e0u
#define MSR_X2APIC(reg)		(0x800u + ((reg) >> 4))
#define LVT_TIMER		0x320u
#define INITIAL_COUNT		0x380u
#define DIVIDE			0x3e0u
#define ONE_SHOT		0u
#define DEADLINE		(2u << 17)
#define DIVIDE_BY_1		0xbu
#define TIMER_VECTOR		0x70u

static bool write_msr(enum requirement_nr req, struct tdvmcall_vm *v, uint32_t msr, uint64_t data)
{
	tdvmcall_prepare(v, GHCI_INSTRUCTION_WRMSR, msr, data, TD_FILL(14), TD_FILL(15));
	v->req->wait_max = 0;
	return expect_tdvmcall_answer(req, v, GHCI_SUCCESS);
}

COCO_FIXTURE(timer);
FIXTURE_VARIANT(timer)
{
	struct check_row row;
	uint32_t mode;
	bool passed;			/* it ends before the guest halts */
	bool runs;			/* the guest does not halt */
};

#define TIMER_ROW(name, ...)							\
	FIXTURE_VARIANT_ADD(timer, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_TIMER, REQ_TDX_HLT), __VA_ARGS__		\
	};

TIMER_ROW(one_shot, .mode = ONE_SHOT)
TIMER_ROW(one_shot_passed, .mode = ONE_SHOT, .passed = true)
TIMER_ROW(deadline, .mode = DEADLINE)
TIMER_ROW(deadline_passed, .mode = DEADLINE, .passed = true)
TIMER_ROW(one_shot_runs, .mode = ONE_SHOT, .runs = true)
TIMER_ROW(deadline_runs, .mode = DEADLINE, .runs = true)

/* 2 ms: of the APIC's bus, 1 GHz; of the TSC */
#define COUNT		2000000u

COCO_TEST_F(timer, wakes)
{
	const enum requirement_nr req = REQ_TDX_TIMER;
	struct tdvmcall_vm v;
	uint64_t start;

	td_halt_create(&v, 1);
	start = __rdtsc();
	if (!write_msr(req, &v, MSR_X2APIC(LVT_TIMER), variant->mode | TIMER_VECTOR))
		return;
	if (variant->mode == DEADLINE) {
		const uint64_t wait = __vcpu_ioctl(v.vcpu, KVM_GET_TSC_KHZ, NULL) * 2ull;

		if (!write_msr(req, &v, MSR_TSC_DEADLINE, variant->passed ? start : start + wait))
			return;
	} else if (!write_msr(req, &v, MSR_X2APIC(DIVIDE), DIVIDE_BY_1) ||
		   !write_msr(req, &v, MSR_X2APIC(INITIAL_COUNT), variant->passed ? 1 : COUNT)) {
		return;
	}
	if (variant->runs)
		prepare_call(&v, TD_HALT_PATIENCE);
	else
		td_halt_prepare(&v, TAKES);
	expect_got(req, &v, 1, TIMER_VECTOR);
	/* Once: nothing is left of it. */
	prepare_call(&v, TD_HALT_NONE);
	expect_got(req, &v, 1, TIMER_VECTOR);
	td_vm_free(v.td);
}

/* ---- hypercalls: R10 the number, R11 to R14 arguments ---- */

#define NO_HYPERCALL		((uint64_t)-KVM_ENOSYS)
#define NOT_SUPPORTED		((uint64_t)-KVM_EOPNOTSUPP)

static void prepare_hypercall(struct tdvmcall_vm *v, uint64_t nr, uint64_t a0, uint64_t a1,
			      uint64_t a2, uint64_t a3)
{
	tdvmcall_prepare(v, a0, a1, a2, a3, TD_FILL(15));
	v->req->in.gpr[TD_R10] = nr;
	v->req->wait_max = 0;
}

COCO_FIXTURE(ipi);
FIXTURE_VARIANT(ipi)
{
	struct check_row row;
	uint64_t low, high, min, icr;
	unsigned int nr;		/* vCPUs that get it: 1 and 2, and no more */
};

#define IPI_ROW(name, nr_, ...)							\
	FIXTURE_VARIANT_ADD(ipi, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_HC_IPI, REQ_TDX_HLT, REQ_TDX_KEPT), .nr = nr_, __VA_ARGS__	\
	};

IPI_ROW(low, 1, .low = 1ull << 1, .icr = 80)
IPI_ROW(low_two, 2, .low = 3ull << 1, .icr = 81)
IPI_ROW(min, 1, .low = 1, .min = 1, .icr = 82)
IPI_ROW(min_two, 2, .low = 3, .min = 1, .icr = 83)
IPI_ROW(nobody, 0, .icr = 84)
IPI_ROW(nobody_there, 0, .low = 1ull << 60, .high = ~0ull, .icr = 85)
IPI_ROW(nmi, 2, .low = 3, .min = 1, .icr = DATA(NMI, 0))

COCO_TEST_F(ipi, reaches)
{
	const enum requirement_nr req = REQ_TDX_HC_IPI;
	const unsigned int vector = variant->icr >> 8 ? NMI_VECTOR : variant->icr;
	struct tdvmcall_vm v;
	unsigned int id, got = 0;

	td_halt_create(&v, 3);
	for (id = 1; id < 3; id++) {
		tdvmcall_vm_select(&v, id);
		td_halt_prepare(&v, TAKES);
		if (vector == NMI_VECTOR)
			v.req->wait_max = TD_HALT_NONE;
		if (!EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, 0))
			return;
	}
	tdvmcall_vm_select(&v, 0);
	prepare_hypercall(&v, KVM_HC_SEND_IPI, variant->low, variant->high, variant->min,
			  variant->icr);
	if (!expect_tdvmcall_answer(req, &v, variant->nr))
		return;
	for (id = 1; id < 3; id++) {
		tdvmcall_vm_select(&v, id);
		if (id <= variant->nr)
			expect_got(req, &v, ++got, vector);
		else
			EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, AGAIN);
	}
	td_vm_free(v.td);
}

COCO_FIXTURE(kick);
FIXTURE_VARIANT(kick)
{
	struct check_row row;
	uint64_t flags, apic_id;
	bool other;			/* vCPU 2, not 1 */
};

#define KICK_ROW(name, ...)							\
	FIXTURE_VARIANT_ADD(kick, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_HC_KICK, REQ_TDX_HLT, REQ_TDX_KEPT), __VA_ARGS__	\
	};

KICK_ROW(vcpu_1, .apic_id = 1)
KICK_ROW(vcpu_2, .apic_id = 2, .other = true)
KICK_ROW(flags, .flags = ~0ull, .apic_id = 1)

COCO_TEST_F(kick, wakes)
{
	const enum requirement_nr req = REQ_TDX_HC_KICK;
	struct tdvmcall_vm v;
	unsigned int id;

	td_halt_create(&v, 3);
	for (id = 1; id < 3; id++) {
		tdvmcall_vm_select(&v, id);
		td_halt_prepare(&v, TAKES);
		v.req->wait_max = TD_HALT_NONE;
		if (!EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, 0))
			return;
	}
	tdvmcall_vm_select(&v, 0);
	prepare_hypercall(&v, KVM_HC_KICK_CPU, variant->flags, variant->apic_id, TD_FILL(13),
			  TD_FILL(14));
	if (!expect_tdvmcall_answer(req, &v, 0))
		return;
	tdvmcall_vm_select(&v, variant->other ? 1 : 2);
	EXPECT_REQ_STAYS(req, v.vcpu, KVM_MP_STATE_HALTED, AGAIN);
	tdvmcall_vm_select(&v, variant->other ? 2 : 1);
	expect_got(req, &v, 0, 0);
	td_vm_free(v.td);
}

COCO_FIXTURE(hypercall);
FIXTURE_VARIANT(hypercall)
{
	struct check_row row;
	uint64_t nr, a1;
	uint64_t result, or;		/* either */
};

#define HC_ROW(name, req, nr_, result_, or_, ...)				\
	FIXTURE_VARIANT_ADD(hypercall, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_KEPT), .nr = nr_, .result = result_,	\
		.or = or_, __VA_ARGS__						\
	};

HC_ROW(clock, REQ_TDX_HC_CLOCK, KVM_HC_CLOCK_PAIRING, 0, NOT_SUPPORTED)
HC_ROW(clock_other_type, REQ_TDX_HC_CLOCK, KVM_HC_CLOCK_PAIRING, NOT_SUPPORTED, NOT_SUPPORTED,
       .a1 = 1)
HC_ROW(clock_other_type_64, REQ_TDX_HC_CLOCK, KVM_HC_CLOCK_PAIRING, NOT_SUPPORTED,
       NOT_SUPPORTED, .a1 = 1ull << 32)
HC_ROW(of_another_arch, REQ_TDX_HC_NONE, KVM_HC_PPC_MAP_MAGIC_PAGE, NO_HYPERCALL, NO_HYPERCALL)
HC_ROW(mmu_op, REQ_TDX_HC_NONE, KVM_HC_MMU_OP, NO_HYPERCALL, NO_HYPERCALL)
HC_ROW(past_the_last, REQ_TDX_HC_NONE, 0x7fff, NO_HYPERCALL, NO_HYPERCALL)
HC_ROW(bits_63_32, REQ_TDX_HC_NONE, 1ull << 32 | KVM_HC_SEND_IPI, NO_HYPERCALL, NO_HYPERCALL)
HC_ROW(all_ones, REQ_TDX_HC_NONE, ~0ull, NO_HYPERCALL, NO_HYPERCALL)

COCO_TEST_F(hypercall, result)
{
	const enum requirement_nr req = check_main_req();
	const struct kvm_clock_pairing *pairing;
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 1);
	/* As Linux gives it: without the shared bit. */
	prepare_hypercall(&v, variant->nr, v.buffer.gpa, variant->a1, TD_FILL(13), TD_FILL(14));
	if (EXPECT_REQ_SYNC(req, v.vcpu, TD_STAGE_ANSWERED) &&
	    EXPECT_REQ_EITHER(req, "R10", variant->result, variant->or, v.req->out.gpr[TD_R10],
			      &names_value) &&
	    variant->nr == KVM_HC_CLOCK_PAIRING && !v.req->out.gpr[TD_R10]) {
		pairing = v.buffer.hva;
		EXPECT_REQ_TRUE(req, "there is a time", pairing->sec > 0);
		EXPECT_REQ_TRUE(req, "there is a TSC value", pairing->tsc);
		EXPECT_REQ_EQ(req, "flags", 0, pairing->flags, &names_value);
	}
	tdvmcall_vm_free(&v);
}

static const char *missing(void)
{
	const char *why = td_vm_missing();

	return why || (kvm_has_cap(KVM_CAP_USER_NMI) && kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER)) ?
	       why : "this KVM's local APICs take interrupts alone, and have no timer";
}

/* TDX's CPUs have VMX's preemption timer, and a TD has none. */
COCO_MAIN_ON("preemption_timer", missing)
