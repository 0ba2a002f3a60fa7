// SPDX-License-Identifier: GPL-2.0-only
/*
 * What TDH.VP.ENTER tells KVM besides the guest's calls: statuses with and without a VMX exit
 * reason, and what interrupted the CPU on the host's behalf.
 *
 * A TD that cannot be entered at all is tdx_mem_end_test's.
 */
#include "check/harness.h"

#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "tdx/seamcall.h"
#include "tdx/tdx_check.h"

#define FOR_EVER	(~0u)
#define PORT		0x5a0
#define SHARED_GPA	(1ull << (TD_GPAW_48 - 1) | 0xd0000000)
#define TD_QUALIFICATION_FETCH	(1u << 2)	/* of an EPT violation */
#define NO_CPU		(~0u)

/* Linux' own splats of a TD that cannot be entered have a requirement of their own. */
static void tell_of_splats(void)
{
	check_expect_splat("vmx/main.c");
	check_expect_splat("vmx/tdx.c");
}

static void create(struct tdvmcall_vm *v)
{
	tdvmcall_vm_create(v, TD_GPAW_48, 0);
	/* It has touched its pages by then, and makes no exits but those that it is told to. */
	tdvmcall_enable_apic(v);
	tdvmcall_prepare(v, GHCI_INSTRUCTION_IO, 4, GHCI_IO_WRITE, PORT, 0);
}

static bool expect_port(enum requirement_nr req, struct tdvmcall_vm *v)
{
	return EXPECT_REQ_EXIT(req, v->vcpu, KVM_EXIT_IO) &&
	       EXPECT_REQ_EQ(req, "port", PORT, v->vcpu->run->io.port, &names_value) &&
	       expect_tdvmcall_answer(req, v, GHCI_SUCCESS);
}

static void expect_events(enum requirement_nr req, enum control_host_event event, unsigned int nr)
{
	static const char *const what[] = {
		[CONTROL_HOST_INTERRUPT] = "interrupts that the host's handlers got",
		[CONTROL_HOST_NMI] = "NMIs that the host's handler got",
		[CONTROL_HOST_MACHINE_CHECK] = "machine checks that the host's handler got",
	};
	enum control_host_event i;

	for (i = 0; i < CONTROL_NR_HOST_EVENTS; i++)
		EXPECT_REQ_EQ(req, what[i], i == event ? nr : 0, control()->host_events(i),
			      &names_count);
}

static const char *missing(void)
{
	const char *why = td_vm_missing();

	return why || control() ? why : "no control of the CPU here: a TD's exits cannot be made";
}

/* ---- statuses that end KVM_RUN ---- */

COCO_FIXTURE(status);
FIXTURE_VARIANT(status)
{
	struct check_row row;
	uint64_t status;
	uint64_t r9;
	uint32_t exit;
};

#define STATUS_ROW(name, req, status_, exit_, ...)				\
	FIXTURE_VARIANT_ADD(status, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_KERNEL_TD_ENTER), .status = status_,	\
		.exit = exit_, __VA_ARGS__					\
	};

/* Bits 31:0 are an operand, or nothing: what would they be as an exit reason? */
#define NO_REASON(name, status, low, ...)					\
	STATUS_ROW(name, REQ_TDX_ENTER_STATUS, SEAMCALL_##status | (low),	\
		   KVM_EXIT_INTERNAL_ERROR, __VA_ARGS__)

NO_REASON(operand_rax, OPERAND_INVALID, TD_EXIT_EXCEPTION_NMI, .r9 = TD_INTR_NMI)
NO_REASON(operand_rax_mc, OPERAND_INVALID, TD_EXIT_EXCEPTION_NMI, .r9 = TD_INTR_EXCEPTION(18))
NO_REASON(operand_rcx, OPERAND_INVALID, TD_EXIT_EXTERNAL_INTERRUPT, .r9 = TD_INTR_EXTERNAL(0x40))
NO_REASON(operand_rdx, OPERAND_INVALID, TD_EXIT_TRIPLE_FAULT)
NO_REASON(operand_rsi, OPERAND_INVALID, TD_EXIT_OTHER_SMI)
NO_REASON(operand_r10, OPERAND_INVALID, TD_EXIT_CPUID)
NO_REASON(operand_r12, OPERAND_INVALID, TD_EXIT_HLT)
NO_REASON(operand_41, PAGE_METADATA_INCORRECT, TD_EXIT_MACHINE_CHECK)
NO_REASON(fatal_2, TD_FATAL, TD_EXIT_TRIPLE_FAULT)
NO_REASON(bad_page_2, PAGE_METADATA_INCORRECT, TD_EXIT_TRIPLE_FAULT)
NO_REASON(no_entropy_2, RND_NO_ENTROPY, TD_EXIT_TRIPLE_FAULT)
NO_REASON(bit_31, OPERAND_INVALID, TD_EXIT_FAILED_ENTRY | TD_EXIT_BAD_STATE)

#define SHUTDOWN(name, status)							\
	STATUS_ROW(name, REQ_TDX_ENTER_SHUTDOWN,				\
		   SEAMCALL_##status | TD_EXIT_TRIPLE_FAULT, KVM_EXIT_SHUTDOWN)
#define FAILED(name, status, reason)						\
	STATUS_ROW(name, REQ_TDX_ENTER_FAILED,					\
		   SEAMCALL_##status | TD_EXIT_FAILED_ENTRY | (reason), KVM_EXIT_FAIL_ENTRY)

SHUTDOWN(triple_fault, NON_RECOVERABLE_VCPU)
SHUTDOWN(triple_fault_of_td, NON_RECOVERABLE_TD)
FAILED(failed_entry, NON_RECOVERABLE_VCPU, TD_EXIT_BAD_STATE)
FAILED(failed_entry_of_td, NON_RECOVERABLE_TD, TD_EXIT_BAD_STATE)
FAILED(failed_entry_not_accessible, NON_RECOVERABLE_TD_NON_ACCESSIBLE, TD_EXIT_BAD_STATE)
FAILED(failed_entry_wrong_apic_mode, NON_RECOVERABLE_TD_WRONG_APIC_MODE, TD_EXIT_BAD_STATE)
FAILED(failed_entry_other_bits, NON_RECOVERABLE_TD, 0x00120000 | TD_EXIT_BAD_STATE)

COCO_TEST_F(status, ends_run)
{
	const struct control_td_exit exit = {
		.kind = CONTROL_TD_STATUS, .status = variant->status, .r9 = variant->r9,
	};
	const enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;

	tell_of_splats();
	create(&v);
	v.vcpu->run->fail_entry.cpu = NO_CPU;
	control()->td_exit(&exit, FOR_EVER);
	if (EXPECT_REQ_EXIT(req, v.vcpu, variant->exit) && variant->exit == KVM_EXIT_FAIL_ENTRY) {
		EXPECT_REQ_EQ(req, "hardware_entry_failure_reason", (uint32_t)variant->status,
			      v.vcpu->run->fail_entry.hardware_entry_failure_reason,
			      &names_value);
		EXPECT_REQ_TRUE(req, "cpu is one", v.vcpu->run->fail_entry.cpu != NO_CPU);
	}
	expect_events(req, CONTROL_NR_HOST_EVENTS, 0);
	control()->td_exit(NULL, 0);
	tdvmcall_vm_free(&v);
}

/* ---- an exception that is not the host's own ---- */

COCO_FIXTURE(exception);
FIXTURE_VARIANT(exception)
{
	struct check_row row;
	uint32_t vector;
};

FIXTURE_VARIANT_ADD(exception, ud)
{
	COCO_ROW(NULL, REQ_TDX_ENTER_EXCEPTION), .vector = 6,
};

FIXTURE_VARIANT_ADD(exception, gp)
{
	COCO_ROW(NULL, REQ_TDX_ENTER_EXCEPTION), .vector = 13,
};

COCO_TEST_F(exception, ends_run)
{
	const struct control_td_exit exit = {
		.kind = CONTROL_TD_STATUS, .status = TD_EXIT_EXCEPTION_NMI,
		.r9 = TD_INTR_EXCEPTION(variant->vector),
	};
	struct tdvmcall_vm v;

	create(&v);
	memset(&v.vcpu->run->ex, 0xff, sizeof(v.vcpu->run->ex));
	control()->td_exit(&exit, 1);
	if (EXPECT_REQ_EXIT(REQ_TDX_ENTER_EXCEPTION, v.vcpu, KVM_EXIT_EXCEPTION)) {
		EXPECT_REQ_EQ(REQ_TDX_ENTER_EXCEPTION, "exception", variant->vector,
			      v.vcpu->run->ex.exception, &names_value);
		EXPECT_REQ_EQ(REQ_TDX_ENTER_EXCEPTION, "error_code", 0,
			      v.vcpu->run->ex.error_code, &names_value);
	}
	expect_events(REQ_TDX_ENTER_EXCEPTION, CONTROL_NR_HOST_EVENTS, 0);
	tdvmcall_vm_free(&v);
}

/* ---- what only KVM can have done wrong ---- */

COCO_FIXTURE(bug);
FIXTURE_VARIANT(bug)
{
	struct check_row row;
	uint64_t status, rcx, r8;
	uint32_t exit;			/* or 0: KVM_RUN fails */
};

#define BUG_ROW(name, status_, ...)						\
	FIXTURE_VARIANT_ADD(bug, name)						\
	{									\
		COCO_ROW(NULL, REQ_KERNEL_TD_EXIT_BUG), .status = status_, __VA_ARGS__	\
	};

BUG_ROW(misconfigured, TD_EXIT_EPT_MISCONFIG, .r8 = SHARED_GPA)
/* Where instructions cannot be fetched from, as from no shared memory. */
BUG_ROW(fetch, TD_EXIT_EPT_VIOLATION, .rcx = TD_QUALIFICATION_FETCH, .r8 = SHARED_GPA)
BUG_ROW(undefined, SEAMCALL_SW_ERROR | 6, .exit = KVM_EXIT_INTERNAL_ERROR)
BUG_ROW(protected, SEAMCALL_SW_ERROR | 13, .exit = KVM_EXIT_INTERNAL_ERROR)
BUG_ROW(no_module, SEAMCALL_SW_ERROR | 0xffff0000, .exit = KVM_EXIT_INTERNAL_ERROR)

COCO_TEST_F(bug, ends_the_td)
{
	const struct control_td_exit exit = {
		.kind = CONTROL_TD_STATUS, .status = variant->status, .rcx = variant->rcx,
		.r8 = variant->r8,
	};
	const enum requirement_nr req = REQ_KERNEL_TD_EXIT_BUG;
	struct kvm_mp_state state;
	struct tdvmcall_vm v;

	tell_of_splats();
	create(&v);
	control()->td_exit(&exit, 1);
	if (variant->exit)
		EXPECT_REQ_EXIT(req, v.vcpu, variant->exit);
	else
		EXPECT_REQ_EQ(req, "KVM_RUN", EIO, _vcpu_run(v.vcpu) ? errno : 0, &names_errno);
	EXPECT_REQ_EQ(req, "an ioctl after it", EIO,
		      ioctl(v.vcpu->fd, KVM_GET_MP_STATE, &state) ? errno : 0, &names_errno);
	/* libkvm cannot take a VM apart that is dead: it ends with the case. */
	errno = 0;
}

/* ---- what does not end it: the guest goes on ---- */

COCO_FIXTURE(goes_on);
FIXTURE_VARIANT(goes_on)
{
	struct check_row row;
	uint64_t status;
	uint64_t r9;
	enum control_host_event event;	/* that the host's handler gets, once */
};

#define GOES_ON(name, req, status_, r9_, event_)				\
	FIXTURE_VARIANT_ADD(goes_on, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_KEPT, REQ_TDX_RAX, REQ_KERNEL_HOST_STATE),	\
		.status = status_, .r9 = r9_, .event = event_,			\
	};

#define NOBODY	CONTROL_NR_HOST_EVENTS
#define HOST(name, reason, r9, event)	GOES_ON(name, REQ_TDX_EXIT_HOST, reason, r9, event)
/* Some of bits 31:0 are those of exit reasons, of which there is none. */
#define BUSY(name, low, r9)							\
	GOES_ON(name, REQ_TDX_ENTER_STATUS, SEAMCALL_OPERAND_BUSY | (low), r9, NOBODY)

HOST(interrupt, TD_EXIT_EXTERNAL_INTERRUPT, TD_INTR_EXTERNAL(0xec), CONTROL_HOST_INTERRUPT)
HOST(nmi, TD_EXIT_EXCEPTION_NMI, TD_INTR_NMI, CONTROL_HOST_NMI)
HOST(machine_check, TD_EXIT_EXCEPTION_NMI, TD_INTR_EXCEPTION(18), CONTROL_HOST_MACHINE_CHECK)
HOST(smi, TD_EXIT_OTHER_SMI, 0, NOBODY)
BUSY(busy_rax, TD_EXIT_EXCEPTION_NMI, TD_INTR_NMI)
BUSY(busy_rax_mc, TD_EXIT_EXCEPTION_NMI, TD_INTR_EXCEPTION(18))
BUSY(busy_rcx, TD_EXIT_EXTERNAL_INTERRUPT, TD_INTR_EXTERNAL(0xec))
BUSY(busy_41, TD_EXIT_MACHINE_CHECK, 0)
BUSY(busy_td_epoch, SEAMCALL_OPERAND_TD_EPOCH, 0)

COCO_TEST_F(goes_on, guest)
{
	const struct control_td_exit exit = {
		.kind = CONTROL_TD_STATUS, .status = variant->status, .r9 = variant->r9,
	};
	const enum requirement_nr req = check_main_req();
	struct tdvmcall_vm v;
	unsigned int before;

	create(&v);
	before = control()->host_events(CONTROL_HOST_INTERRUPT);
	TEST_ASSERT(!before, "%u interrupts of the host's before any", before);
	control()->td_exit(&exit, 1);
	expect_port(req, &v);
	expect_events(req, variant->event, 1);
	tdvmcall_vm_free(&v);
}

/* ---- a machine check while the VM entry was under way ---- */

COCO_FIXTURE(entry);
FIXTURE_VARIANT(entry)
{
	struct check_row row;
	uint64_t status;
};

FIXTURE_VARIANT_ADD(entry, machine_check)
{
	COCO_ROW(NULL, REQ_TDX_EXIT_HOST, REQ_TDX_ENTER_FAILED),
	.status = SEAMCALL_NON_RECOVERABLE_TD | TD_EXIT_FAILED_ENTRY | TD_EXIT_MACHINE_CHECK,
};

FIXTURE_VARIANT_ADD(entry, machine_check_of_vcpu)
{
	COCO_ROW(NULL, REQ_TDX_EXIT_HOST, REQ_TDX_ENTER_FAILED),
	.status = SEAMCALL_NON_RECOVERABLE_VCPU | TD_EXIT_FAILED_ENTRY | TD_EXIT_MACHINE_CHECK,
};

COCO_TEST_F(entry, fails)
{
	const struct control_td_exit exit = {
		.kind = CONTROL_TD_STATUS, .status = variant->status,
	};
	struct tdvmcall_vm v;

	tell_of_splats();
	create(&v);
	control()->td_exit(&exit, 1);
	if (EXPECT_REQ_EXIT(REQ_TDX_ENTER_FAILED, v.vcpu, KVM_EXIT_FAIL_ENTRY))
		EXPECT_REQ_EQ(REQ_TDX_ENTER_FAILED, "hardware_entry_failure_reason",
			      (uint32_t)variant->status,
			      v.vcpu->run->fail_entry.hardware_entry_failure_reason,
			      &names_value);
	expect_events(REQ_TDX_EXIT_HOST, CONTROL_HOST_MACHINE_CHECK, 1);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(missing)
