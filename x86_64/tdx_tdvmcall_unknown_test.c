// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALLs that are not there, others that are not standard, and guests that pass
 * fewer registers than a leaf has.
 */
#include "check/harness.h"

#include <linux/kvm_para.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"
#include "tdx/tdx_probe.h"

/* ---- undefined leaves ---- */

COCO_FIXTURE(leaf);
FIXTURE_VARIANT(leaf)
{
	struct check_row row;
	uint64_t first, last;
};

#define LEAF_ROW(name, first_, last_)						\
	FIXTURE_VARIANT_ADD(leaf, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_UNKNOWN_LEAF, REQ_TDX_RAX, REQ_TDX_KEPT),\
		.first = first_, .last = last_,					\
	};

/* Below 0x10000 are VMX exit reasons: those that GHCI does not define, and no MMIO. */
LEAF_ROW(from_0, 0, 9)
LEAF_ROW(around_hlt, 11, 11)
LEAF_ROW(from_13, 13, 17)
LEAF_ROW(from_19, 19, 29)
LEAF_ROW(from_33, 33, 47)
LEAF_ROW(from_66, 66, 70)
LEAF_ROW(under_0x10000, 0xfff0, 0xffff)
LEAF_ROW(from_0x10006, 0x10006, 0x10020)
LEAF_ROW(from_0x1fffe, 0x1fffe, 0x20002)
LEAF_ROW(bit_32_and_get_quote, (1ull << 32) | GHCI_GET_QUOTE, (1ull << 32) | GHCI_GET_QUOTE)
LEAF_ROW(bit_32_and_map_gpa, (1ull << 32) | GHCI_MAP_GPA, (1ull << 32) | GHCI_MAP_GPA)
LEAF_ROW(bit_63_and_fatal, (1ull << 63) | GHCI_REPORT_FATAL_ERROR,
	 (1ull << 63) | GHCI_REPORT_FATAL_ERROR)
LEAF_ROW(under_2_32, 0xfffffffe, 0x100000001)
LEAF_ROW(all_ones, ~0ull - 2, ~0ull)

COCO_TEST_F(leaf, unsupported)
{
	struct tdvmcall_vm v;
	uint64_t leaf;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	for (leaf = variant->first; ; leaf++) {
		tdvmcall_prepare(&v, leaf, v.td->shared_bit, PAGE_SIZE, 0, 0);
		if (!expect_tdvmcall_answer(REQ_TDX_UNKNOWN_LEAF, &v, GHCI_SUBFUNC_UNSUPPORTED) ||
		    check_failed()) {
			check_note("that was leaf %lu (0x%lx)", leaf, leaf);
			break;
		}
		if (leaf == variant->last)
			break;
	}
	tdvmcall_vm_free(&v);
}

/* ---- R10 other than 0 ---- */

COCO_FIXTURE(hypercall);
FIXTURE_VARIANT(hypercall)
{
	struct check_row row;
	uint64_t r10, r11;
	uint64_t result;
};

/* -KVM_ENOSYS (linux/kvm_para.h) */
#define NO_HYPERCALL	((uint64_t)-1000)

#define HYPERCALL_ROW(name, r10_, r11_, result_)				\
	FIXTURE_VARIANT_ADD(hypercall, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_HYPERCALL, REQ_TDX_KEPT),		\
		.r10 = r10_, .r11 = r11_, .result = result_,			\
	};

HYPERCALL_ROW(poll_irq, KVM_HC_VAPIC_POLL_IRQ, 0, 0)
HYPERCALL_ROW(not_get_quote, 1000, GHCI_GET_QUOTE, NO_HYPERCALL)
HYPERCALL_ROW(not_get_info, 1000, GHCI_GET_TD_VM_CALL_INFO, NO_HYPERCALL)
HYPERCALL_ROW(bit_63, 1ull << 63, GHCI_GET_TD_VM_CALL_INFO, NO_HYPERCALL)
HYPERCALL_ROW(all_ones, ~0ull, GHCI_GET_TD_VM_CALL_INFO, NO_HYPERCALL)

COCO_TEST_F(hypercall, result)
{
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	tdvmcall_prepare(&v, variant->r11, v.td->shared_bit, PAGE_SIZE, 0, 0);
	v.req->in.gpr[TD_R10] = variant->r10;
	expect_tdvmcall_answer(REQ_TDX_HYPERCALL, &v, variant->result);
	tdvmcall_vm_free(&v);
}

/* ---- RCX: which registers are passed ---- */

COCO_FIXTURE(pass);
FIXTURE_VARIANT(pass)
{
	struct check_row row;
	uint64_t without;		/* bits of registers that are not passed */
	uint64_t r11, r12;
	uint64_t status;		/* where R10 is passed */
};

#define BIT_OF(reg)	(1ull << TD_##reg)

#define PASS_ROW(name, without_, r11_, r12_, status_)				\
	FIXTURE_VARIANT_ADD(pass, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_NOT_PASSED, REQ_TDX_KEPT, REQ_TDX_RAX),	\
		.without = without_, .r11 = r11_, .r12 = r12_, .status = status_,	\
	};

/* Leaf 0 is none; R12 = 0 is GetTdVmCallInfo's base leaf, and a private GPA of GetQuote's. */
PASS_ROW(no_r11, BIT_OF(R11), GHCI_GET_TD_VM_CALL_INFO, 0, GHCI_SUBFUNC_UNSUPPORTED)
PASS_ROW(no_r12_info, BIT_OF(R12), GHCI_GET_TD_VM_CALL_INFO, 7, GHCI_SUCCESS)
PASS_ROW(no_r12_quote, BIT_OF(R12), GHCI_GET_QUOTE, 1ull << 47, GHCI_INVALID_OPERAND)
PASS_ROW(no_r10, BIT_OF(R10), GHCI_GET_TD_VM_CALL_INFO, 0, 0)
PASS_ROW(no_r13_r14_r15, BIT_OF(R13) | BIT_OF(R14) | BIT_OF(R15), GHCI_GET_TD_VM_CALL_INFO, 0,
	 GHCI_SUCCESS)
PASS_ROW(none, TD_PASS_STANDARD, GHCI_GET_TD_VM_CALL_INFO, 0, 0)

COCO_TEST_F(pass, fewer)
{
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	tdvmcall_prepare(&v, variant->r11, variant->r12, PAGE_SIZE, TD_FILL(14), TD_FILL(15));
	v.req->in.gpr[TD_RCX] = TD_PASS_STANDARD & ~variant->without;
	expect_tdvmcall_answer(REQ_TDX_NOT_PASSED, &v, variant->status);
	tdvmcall_vm_free(&v);
}

COCO_FIXTURE(bad_rcx);
FIXTURE_VARIANT(bad_rcx)
{
	struct check_row row;
	uint64_t bits;
};

#define BAD_RCX_ROW(name, bits_)						\
	FIXTURE_VARIANT_ADD(bad_rcx, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_BAD_RCX, REQ_TDX_KEPT), .bits = bits_,	\
	};

BAD_RCX_ROW(rax, BIT_OF(RAX))
BAD_RCX_ROW(rcx, BIT_OF(RCX))
BAD_RCX_ROW(rsp, BIT_OF(RSP))
BAD_RCX_ROW(rbp, BIT_OF(RBP))
BAD_RCX_ROW(bit_32, 1ull << 32)
BAD_RCX_ROW(bit_63, 1ull << 63)

COCO_TEST_F(bad_rcx, refused)
{
	struct tdvmcall_vm v;
	unsigned int i;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	tdvmcall_prepare(&v, GHCI_GET_QUOTE, v.td->shared_bit, PAGE_SIZE, 0, 0);
	v.req->in.gpr[TD_RCX] |= variant->bits;
	if (EXPECT_REQ_SYNC(REQ_TDX_BAD_RCX, v.vcpu, TD_STAGE_ANSWERED)) {
		EXPECT_REQ_EQ(REQ_TDX_BAD_RCX, "RAX", TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX,
			      v.req->out.gpr[TD_RAX], &names_tdcall);
		for (i = TD_R10; i <= TD_R15; i++)
			EXPECT_REQ_EQ(REQ_TDX_KEPT, "R10 to R15", v.req->in.gpr[i],
				      v.req->out.gpr[i], &names_value);
	}
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
