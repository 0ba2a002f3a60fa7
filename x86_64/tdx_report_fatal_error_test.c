// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<ReportFatalError>: the guest gives up, with a code and some text in
 * registers.
 *
 * Not ABI: what kvm_run has for RAX, RCX, RSP and RBP, which a guest does not pass.
 */
#include "check/harness.h"

#include <string.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "tdx/tdvmcall_vm.h"

#define LEAF		GHCI_REPORT_FATAL_ERROR

/* R12 bit 63: R13 is the GPA of more (GHCI, "TDG.VP.VMCALL<ReportFatalError>") */
#define GPA_VALID	(1ull << 63)

/* The registers that carry text, in the order of the text. */
static const enum td_gpr text_gprs[] = {
	TD_R14, TD_R15, TD_RBX, TD_RDI, TD_RSI, TD_R8, TD_R9, TD_RDX,
};

#define TEXT_SIZE	(sizeof(text_gprs) / sizeof(text_gprs[0]) * sizeof(uint64_t))

/* Ones that the guest passes, by number. */
static const struct {
	enum td_gpr nr;
	const char *what;
} passed[] = {
	{ TD_RDX, "data[2], RDX" }, { TD_RBX, "data[3], RBX" }, { TD_RSI, "data[6], RSI" },
	{ TD_RDI, "data[7], RDI" }, { TD_R8, "data[8], R8" }, { TD_R9, "data[9], R9" },
	{ TD_R10, "data[10], R10" }, { TD_R11, "data[11], R11" }, { TD_R12, "data[12], R12" },
	{ TD_R13, "data[13], R13" }, { TD_R14, "data[14], R14" }, { TD_R15, "data[15], R15" },
};

static bool expect_fatal_exit(struct tdvmcall_vm *v)
{
	struct kvm_run *run = v->vcpu->run;

	return EXPECT_REQ_EXIT(REQ_TDX_FATAL_EXIT, v->vcpu, KVM_EXIT_SYSTEM_EVENT) &&
	       EXPECT_REQ_EQ(REQ_TDX_FATAL_EXIT, "type", TDX_SYSTEM_EVENT_FATAL,
			     run->system_event.type, &names_system_event) &&
	       EXPECT_REQ_EQ(REQ_TDX_FATAL_EXIT, "ndata", TDX_FATAL_NDATA,
			     run->system_event.ndata, &names_count);
}

static void expect_registers(struct tdvmcall_vm *v)
{
	const uint64_t rcx = v->req->in.gpr[TD_RCX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(passed); i++) {
		enum td_gpr nr = passed[i].nr;

		EXPECT_REQ_EQ(REQ_TDX_FATAL_REGS, passed[i].what,
			      rcx & (1ull << nr) ? v->req->in.gpr[nr] : 0,
			      v->vcpu->run->system_event.data[nr], &names_value);
	}
}

/* ---- codes and registers ---- */

COCO_FIXTURE(fatal);
FIXTURE_VARIANT(fatal)
{
	struct check_row row;
	uint64_t pass;			/* RCX */
	uint64_t code, gpa;
	const char *text;		/* NULL: the registers hold TD_FILL() */
};

#define FATAL_ROW(name, ...)							\
	FIXTURE_VARIANT_ADD(fatal, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_FATAL_EXIT, REQ_TDX_FATAL_REGS),		\
		__VA_ARGS__							\
	};

FATAL_ROW(code_0, .pass = TD_PASS_ALL)
FATAL_ROW(code_1, .pass = TD_PASS_ALL, .code = 1)
FATAL_ROW(code_all_ones, .pass = TD_PASS_ALL, .code = 0xffffffff)
FATAL_ROW(code_bit_32, .pass = TD_PASS_ALL, .code = 1ull << 32)
FATAL_ROW(gpa, .pass = TD_PASS_ALL, .code = GPA_VALID | 2, .gpa = 0x12345000)
FATAL_ROW(gpa_not_valid, .pass = TD_PASS_ALL, .code = 2, .gpa = 0x12345000)
FATAL_ROW(everything, .pass = TD_PASS_ALL, .code = ~0ull, .gpa = ~0ull)
FATAL_ROW(standard_registers, .pass = TD_PASS_STANDARD, .code = 3)
FATAL_ROW(no_r9_to_r13, .pass = TD_PASS_ALL & ~(1ull << TD_R9 | 1ull << TD_R13), .code = 4)
FATAL_ROW(text, .pass = TD_PASS_ALL, .code = 5,
	  .text = "the quick brown fox jumps over the lazy dog; Pack my box with 5")
FATAL_ROW(text_of_8_bit, .pass = TD_PASS_ALL, .code = 6, .text = "\xff\x80\x01 \xc3\xa4")
FATAL_ROW(text_empty, .pass = TD_PASS_ALL, .code = 7, .text = "")

COCO_TEST_F(fatal, exit)
{
	char text[TEXT_SIZE] = { 0 };
	struct tdvmcall_vm v;
	size_t i;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	tdvmcall_prepare(&v, LEAF, variant->code, variant->gpa, TD_FILL(14), TD_FILL(15));
	v.req->in.gpr[TD_RCX] = variant->pass;
	if (variant->text) {
		memcpy(text, variant->text, strlen(variant->text));
		for (i = 0; i < ARRAY_SIZE(text_gprs); i++)
			memcpy(&v.req->in.gpr[text_gprs[i]], text + i * sizeof(uint64_t),
			       sizeof(uint64_t));
	}
	if (!expect_fatal_exit(&v))
		return;
	expect_registers(&v);
	if (variant->text) {
		char got[TEXT_SIZE];

		for (i = 0; i < ARRAY_SIZE(text_gprs); i++)
			memcpy(got + i * sizeof(uint64_t),
			       (void *)&v.vcpu->run->system_event.data[text_gprs[i]],
			       sizeof(uint64_t));
		EXPECT_REQ_BYTES(REQ_TDX_FATAL_REGS, "text", text, got, sizeof(text));
	}
	tdvmcall_vm_free(&v);
}

/* ---- after it ---- */

COCO_FIXTURE(after);
FIXTURE_VARIANT(after)
{
	struct check_row row;
	unsigned int times;		/* the VMM runs it all the same */
};

FIXTURE_VARIANT_ADD(after, once)
{
	COCO_ROW(NULL, REQ_TDX_FATAL_END), .times = 1,
};

FIXTURE_VARIANT_ADD(after, three_times)
{
	COCO_ROW(NULL, REQ_TDX_FATAL_END), .times = 3,
};

COCO_TEST_F(after, does_not_go_on)
{
	const uint64_t untouched = ~TD_FILL(TD_RDX);
	struct tdvmcall_vm v;
	unsigned int i;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	tdvmcall_prepare(&v, LEAF, 1, 0, 0, 0);
	if (!expect_fatal_exit(&v))
		return;
	/* An error or an exit: what KVM makes of such a VMM is not ABI. */
	for (i = 0; i < variant->times; i++)
		__vcpu_run(v.vcpu);
	errno = 0;
	EXPECT_REQ_EQ(REQ_TDX_FATAL_END, "what the guest writes after its call", untouched,
		      v.req->out.gpr[TD_RDX], &names_value);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
