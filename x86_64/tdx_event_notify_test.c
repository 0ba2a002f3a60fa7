// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<SetupEventNotifyInterrupt>: the guest names the vector by which it wants to
 * be told of finished quotes.
 */
#include "harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "tdvmcall_vm.h"
#include "tdx_revisions.h"

#define LEAF		GHCI_SETUP_EVENT_NOTIFY

#define FIRST_VECTOR	32
#define LAST_VECTOR	255

/* False: the case is skipped. */
static bool start(struct tdvmcall_vm *v)
{
	if (!tdx_revision()->notify.reason) {
		check_skip("this KVM speaks %s, without SetupEventNotifyInterrupt",
			   tdx_revision()->name);
		return false;
	}
	tdvmcall_vm_create(v, TD_GPAW_48, 0);
	return true;
}

static bool expect_notify_exit(struct tdvmcall_vm *v, uint64_t vector)
{
	const struct tdx_revision *rev = tdx_revision();
	struct kvm_run *run = v->vcpu->run;

	if (rev->has_nr) {
		if (!expect_tdx_exit(REQ_TDX_NOTIFY_EXIT, v, LEAF))
			return false;
	} else if (!EXPECT_REQ_EXIT(REQ_TDX_NOTIFY_EXIT, v->vcpu, rev->notify.reason)) {
		return false;
	}
	EXPECT_REQ_EQ(REQ_TDX_NOTIFY_RET, "ret", GHCI_SUBFUNC_UNSUPPORTED,
		      tdx_exit_get(run, rev->notify.ret), &names_tdvmcall);
	return EXPECT_REQ_EQ(REQ_TDX_NOTIFY_VECTOR, "vector", vector,
			     tdx_exit_get(run, rev->notify.vector), &names_vector);
}

/* ---- vectors ---- */

COCO_FIXTURE(vectors);
FIXTURE_VARIANT(vectors)
{
	struct check_row row;
	uint64_t first, last;
};

#define VECTORS_ROW(name, req, first_, last_)						\
	FIXTURE_VARIANT_ADD(vectors, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_TDX_NOTIFY_VECTOR, REQ_TDX_NOTIFY_RET,		\
			 REQ_TDX_NOTIFY_ANSWER, REQ_TDX_EXIT_NR, REQ_TDX_EXIT_FLAGS),	\
		.first = first_, .last = last_,						\
	};

/* Split where verdicts change, so that a failure is not hidden behind the first. */
VECTORS_ROW(exceptions, REQ_TDX_NOTIFY_RANGE, 0, FIRST_VECTOR - 1)
VECTORS_ROW(defined, REQ_TDX_NOTIFY_EXIT, FIRST_VECTOR, LAST_VECTOR)
VECTORS_ROW(beyond, REQ_TDX_NOTIFY_RANGE, LAST_VECTOR + 1, 300)
VECTORS_ROW(bit_8_and_64, REQ_TDX_NOTIFY_RANGE, 0x140, 0x140)
VECTORS_ROW(bit_16_and_64, REQ_TDX_NOTIFY_RANGE, 0x10040, 0x10040)
VECTORS_ROW(bit_32_and_64, REQ_TDX_NOTIFY_RANGE, (1ull << 32) | 64, (1ull << 32) | 64)
VECTORS_ROW(bit_63, REQ_TDX_NOTIFY_RANGE, 1ull << 63, 1ull << 63)
VECTORS_ROW(bit_63_and_64, REQ_TDX_NOTIFY_RANGE, (1ull << 63) | 64, (1ull << 63) | 64)
VECTORS_ROW(all_ones, REQ_TDX_NOTIFY_RANGE, ~0ull, ~0ull)

COCO_TEST_F(vectors, each)
{
	struct tdvmcall_vm v;
	uint64_t vector;
	bool good = true;

	if (!start(&v))
		return;
	for (vector = variant->first; good; vector++) {
		tdvmcall_prepare(&v, LEAF, vector, TD_FILL(13), TD_FILL(14), TD_FILL(15));
		if (vector < FIRST_VECTOR || vector > LAST_VECTOR) {
			good = expect_tdvmcall_answer(REQ_TDX_NOTIFY_RANGE, &v,
						      GHCI_INVALID_OPERAND);
		} else {
			good = expect_notify_exit(&v, vector);
			tdx_exit_set(v.vcpu->run, tdx_revision()->notify.ret, GHCI_SUCCESS);
			good = good && expect_tdvmcall_answer(REQ_TDX_NOTIFY_ANSWER, &v,
							      GHCI_SUCCESS);
		}
		good = good && !check_failed();
		if (!good)
			check_note("that was vector %lu (0x%lx)", vector, vector);
		if (vector == variant->last)
			break;
	}
	tdvmcall_vm_free(&v);
}

/* ---- what the VMM may answer ---- */

COCO_FIXTURE(answer);
FIXTURE_VARIANT(answer)
{
	struct check_row row;
	bool ignored;
	uint64_t ret;
};

#define ANSWER_ROW(name, req, ...)							\
	FIXTURE_VARIANT_ADD(answer, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_TDX_NOTIFY_EXIT, REQ_TDX_NOTIFY_RET, REQ_TDX_KEPT),	\
		__VA_ARGS__								\
	};

ANSWER_ROW(ignored, REQ_TDX_IGNORED, .ignored = true, .ret = GHCI_SUBFUNC_UNSUPPORTED)
ANSWER_ROW(success, REQ_TDX_NOTIFY_ANSWER, .ret = GHCI_SUCCESS)
ANSWER_ROW(retry, REQ_TDX_NOTIFY_ANSWER, .ret = GHCI_RETRY)
ANSWER_ROW(invalid_operand, REQ_TDX_NOTIFY_ANSWER, .ret = GHCI_INVALID_OPERAND)
ANSWER_ROW(unsupported, REQ_TDX_NOTIFY_ANSWER, .ret = GHCI_SUBFUNC_UNSUPPORTED)
ANSWER_ROW(bit_32, REQ_TDX_NOTIFY_ANSWER, .ret = 1ull << 32)
ANSWER_ROW(all_ones, REQ_TDX_NOTIFY_ANSWER, .ret = ~0ull)

COCO_TEST_F(answer, guest_sees)
{
	struct tdvmcall_vm v;
	int i;

	if (!start(&v))
		return;
	/* Twice: the second exit's ret is preset anew. */
	for (i = 0; i < 2; i++) {
		tdvmcall_prepare(&v, LEAF, 0x40, 0, 0, 0);
		if (!expect_notify_exit(&v, 0x40))
			return;
		if (!variant->ignored)
			tdx_exit_set(v.vcpu->run, tdx_revision()->notify.ret, variant->ret);
		if (!expect_tdvmcall_answer(check_main_req(), &v, variant->ret))
			return;
	}
	tdvmcall_vm_free(&v);
}

COCO_MAIN(tdx_revision_find)
