// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a TD starts, and TDG.VP.VMCALL<GetTdVmCallInfo>, by which it finds out what its VMM
 * offers.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "guest/td_boot.h"
#include "tdx/tdx_check.h"
#include "tdx/tdx_probe.h"

#define LEAF	GHCI_GET_TD_VM_CALL_INFO

static bool start(struct tdvmcall_vm *v, unsigned int gpaw)
{
	const char *missing = td_vm_gpaw_missing(gpaw);

	if (missing) {
		check_skip("%s", missing);
		return false;
	}
	tdvmcall_vm_create(v, gpaw, 0);
	return true;
}

/* ---- the initial registers (Intel TDX Module Base Architecture Specification) ---- */

static void guest_start(struct td_request *req, uint64_t rsi, uint64_t rdx, uint64_t rcx,
			uint64_t r8, uint64_t rbx)
{
	req->out.gpr[TD_RSI] = rsi;
	req->out.gpr[TD_RDX] = rdx;
	req->out.gpr[TD_RCX] = rcx;
	req->out.gpr[TD_R8] = r8;
	req->out.gpr[TD_RBX] = rbx;
	GUEST_SYNC(TD_STAGE_ANSWERED);
}

COCO_FIXTURE(start);
FIXTURE_VARIANT(start)
{
	struct check_row row;
	unsigned int gpaw;
};

FIXTURE_VARIANT_ADD(start, gpaw_48)
{
	COCO_ROW(NULL, REQ_TDX_START), .gpaw = TD_GPAW_48,
};

FIXTURE_VARIANT_ADD(start, gpaw_52)
{
	COCO_ROW(NULL, REQ_TDX_START), .gpaw = TD_GPAW_52,
};

COCO_TEST_F(start, registers)
{
	const char *missing = td_vm_gpaw_missing(variant->gpaw);
	struct td_request *req[2];
	unsigned int id;
	struct td_vm *td;

	if (missing) {
		check_skip("%s", missing);
		return;
	}
	td = td_vm_create(variant->gpaw, 2, guest_start);
	for (id = 0; id < 2; id++) {
		struct shared_mem mailbox = td_vm_alloc_shared(td, 1);

		req[id] = mailbox.hva;
		td_vm_set_arg(td, id, mailbox.gva);
	}
	td_vm_launch(td);

	for (id = 0; id < 2; id++) {
		const uint64_t *gpr = req[id]->out.gpr;
		const uint64_t rcx = TD_BOOT_GPA + TD_BOOT_VCPUS + id * TD_BOOT_VCPU_SIZE;

		if (!EXPECT_REQ_SYNC(REQ_TDX_START, td->vcpu[id], TD_STAGE_ANSWERED))
			return;
		EXPECT_REQ_EQ(REQ_TDX_START, "RBX", variant->gpaw, gpr[TD_RBX], &names_value);
		EXPECT_REQ_EQ(REQ_TDX_START, "RCX", rcx, gpr[TD_RCX], &names_value);
		EXPECT_REQ_EQ(REQ_TDX_START, "R8", rcx, gpr[TD_R8], &names_value);
		EXPECT_REQ_EQ(REQ_TDX_START, "RSI", id, gpr[TD_RSI], &names_value);
	}
	td_vm_free(td);
}

/* ---- leaf 0: the base leaves are there ---- */

COCO_FIXTURE(info_0);
FIXTURE_VARIANT(info_0)
{
	struct check_row row;
	unsigned int gpaw;
};

FIXTURE_VARIANT_ADD(info_0, gpaw_48)
{
	COCO_ROW(NULL, REQ_TDX_INFO_0, REQ_TDX_RAX, REQ_TDX_KEPT), .gpaw = TD_GPAW_48,
};

FIXTURE_VARIANT_ADD(info_0, gpaw_52)
{
	COCO_ROW(NULL, REQ_TDX_INFO_0, REQ_TDX_RAX, REQ_TDX_KEPT), .gpaw = TD_GPAW_52,
};

COCO_TEST_F(info_0, answer)
{
	struct tdvmcall_vm v;
	unsigned int i;

	if (!start(&v, variant->gpaw))
		return;
	tdvmcall_prepare(&v, LEAF, 0, TD_FILL(13), TD_FILL(14), TD_FILL(15));
	if (expect_tdvmcall_answer(REQ_TDX_INFO_0, &v, GHCI_SUCCESS))
		for (i = TD_R11; i <= TD_R14; i++)
			EXPECT_REQ_EQ(REQ_TDX_INFO_0, "R11 to R14", 0, v.req->out.gpr[i],
				      &names_value);
	tdvmcall_vm_free(&v);
}

/* ---- leaf 1: the VMM says what else there is ---- */

struct info {
	uint64_t ret, r11, r12, r13, r14;
};

COCO_FIXTURE(info_1);
FIXTURE_VARIANT(info_1)
{
	struct check_row row;
	bool ignored;
	struct info answer;
};

#define INFO_1_ROW(name, req, ...)							\
	FIXTURE_VARIANT_ADD(info_1, name)						\
	{										\
		COCO_ROW("tdx", req, REQ_TDX_INFO_1, REQ_TDX_EXIT_FLAGS, REQ_TDX_EXIT_NR),	\
		__VA_ARGS__								\
	};

INFO_1_ROW(ignored, REQ_TDX_IGNORED, .ignored = true)
INFO_1_ROW(zeros, REQ_TDX_INFO_ANSWER, .answer = { 0 })
INFO_1_ROW(one_bit_each, REQ_TDX_INFO_ANSWER, .answer = { 0, 1, 2, 4, 8 })
INFO_1_ROW(high_bits, REQ_TDX_INFO_ANSWER,
	   .answer = { 0, 1ull << 63, 1ull << 62, 1ull << 61, 1ull << 32 })
INFO_1_ROW(all_ones, REQ_TDX_INFO_ANSWER, .answer = { ~0ull, ~0ull, ~0ull, ~0ull, ~0ull })
INFO_1_ROW(ret_invalid, REQ_TDX_INFO_ANSWER, .answer = { GHCI_INVALID_OPERAND, 5, 6, 7, 8 })
INFO_1_ROW(ret_unsupported, REQ_TDX_INFO_ANSWER, .answer = { GHCI_SUBFUNC_UNSUPPORTED, 1, 1, 1, 1 })
INFO_1_ROW(ret_retry, REQ_TDX_INFO_ANSWER, .answer = { GHCI_RETRY, 0, 0, 0, 9 })

COCO_TEST_F(info_1, exit_and_answer)
{
	const struct info *answer = &variant->answer;
	struct tdvmcall_vm v;
	struct tdx_exit *exit;

	if (!tdx_revision()->has_nr) {
		check_skip("this KVM speaks %s, without an exit for GetTdVmCallInfo",
			   tdx_revision()->name);
		return;
	}
	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	exit = tdx_exit_of(v.vcpu->run);
	tdvmcall_prepare(&v, LEAF, 1, TD_FILL(13), TD_FILL(14), TD_FILL(15));
	if (!expect_tdx_exit(REQ_TDX_INFO_1, &v, LEAF))
		return;
	EXPECT_REQ_EQ(REQ_TDX_INFO_1, "ret", GHCI_SUCCESS, exit->get_tdvmcall_info.ret,
		      &names_tdvmcall);
	EXPECT_REQ_EQ(REQ_TDX_INFO_1, "leaf", 1, exit->get_tdvmcall_info.leaf, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_INFO_1, "r11", 0, exit->get_tdvmcall_info.r11, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_INFO_1, "r12", 0, exit->get_tdvmcall_info.r12, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_INFO_1, "r13", 0, exit->get_tdvmcall_info.r13, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_INFO_1, "r14", 0, exit->get_tdvmcall_info.r14, &names_value);

	if (!variant->ignored) {
		exit->get_tdvmcall_info.ret = answer->ret;
		exit->get_tdvmcall_info.r11 = answer->r11;
		exit->get_tdvmcall_info.r12 = answer->r12;
		exit->get_tdvmcall_info.r13 = answer->r13;
		exit->get_tdvmcall_info.r14 = answer->r14;
	}
	if (expect_tdvmcall_answer(check_main_req(), &v, answer->ret)) {
		const uint64_t *gpr = v.req->out.gpr;

		EXPECT_REQ_EQ(check_main_req(), "R11", answer->r11, gpr[TD_R11], &names_value);
		EXPECT_REQ_EQ(check_main_req(), "R12", answer->r12, gpr[TD_R12], &names_value);
		EXPECT_REQ_EQ(check_main_req(), "R13", answer->r13, gpr[TD_R13], &names_value);
		EXPECT_REQ_EQ(check_main_req(), "R14", answer->r14, gpr[TD_R14], &names_value);
	}
	tdvmcall_vm_free(&v);
}

/* ---- other leaves ---- */

COCO_FIXTURE(info_other);
FIXTURE_VARIANT(info_other)
{
	struct check_row row;
	uint64_t r12;
};

#define OTHER_ROW(name, value)							\
	FIXTURE_VARIANT_ADD(info_other, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_INFO_OTHER), .r12 = value,		\
	};

OTHER_ROW(two, 2)
OTHER_ROW(ten_thousand_hex, 0x10000)
OTHER_ROW(bit_32, 1ull << 32)
OTHER_ROW(bit_32_and_1, (1ull << 32) | 1)
OTHER_ROW(bit_63, 1ull << 63)
OTHER_ROW(all_ones, ~0ull)

COCO_TEST_F(info_other, answer)
{
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	tdvmcall_prepare(&v, LEAF, variant->r12, 0, 0, 0);
	expect_tdvmcall_answer(REQ_TDX_INFO_OTHER, &v, GHCI_INVALID_OPERAND);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(tdx_revision_find)
