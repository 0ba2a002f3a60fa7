// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<MapGPA>: exits to the VMM as hypercall KVM_HC_MAP_GPA_RANGE, one for each
 * 2 MiB at most.
 *
 * The VMM here only answers: no page changes its view, so the GPAs need not be of memory.
 * Where KVM cuts a range is not ABI, only that the pieces follow each other and none is
 * larger than 2 MiB.
 */
#include "check/harness.h"

#include <linux/kvm_para.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"

#define LEAF		GHCI_MAP_GPA
#define MAX_CHUNK	(2ull << 20)

/* A GPA that stands for the shared bit minus what is above bit 63 of it. */
#define BELOW_TOP(bytes)	(~(uint64_t)0 - (bytes) + 1)

static bool start(struct tdvmcall_vm *v, unsigned int gpaw, bool enabled)
{
	const struct tdvmcall_vm_options options = { .gpaw = gpaw, .map_gpa = enabled };
	const char *missing = td_vm_gpaw_missing(gpaw);

	if (missing) {
		check_skip("%s", missing);
		return false;
	}
	tdvmcall_vm_create_with(v, &options);
	return true;
}

/* BELOW_TOP() counts from the shared bit, others from 0. */
static uint64_t real_gpa(const struct tdvmcall_vm *v, uint64_t gpa, bool shared)
{
	if (gpa >> 63)
		gpa += v->td->shared_bit;
	return gpa | (shared ? v->td->shared_bit : 0);
}

/*
 * KVM_RUN up to an exit for GPA @next of a range that ends at @end, both with the shared
 * bit or without; the bytes it is for, or 0 if it is not as wanted.  That there is one is
 * requirement @req.
 */
static uint64_t expect_chunk(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t next,
			     uint64_t end)
{
	const uint64_t shared_bit = v->td->shared_bit, left = (end - next) / PAGE_SIZE;
	struct kvm_run *run = v->vcpu->run;
	uint64_t view = next & shared_bit ? 0 : KVM_MAP_GPA_RANGE_ENCRYPTED, npages;

	if (!EXPECT_REQ_EXIT(req, v->vcpu, KVM_EXIT_HYPERCALL) ||
	    !EXPECT_REQ_EQ(REQ_TDX_MAP_EXIT, "nr", KVM_HC_MAP_GPA_RANGE, run->hypercall.nr,
			   &names_value))
		return 0;
	EXPECT_REQ_EQ(REQ_TDX_MAP_GPA, "args[0], the GPA", next & ~shared_bit,
		      run->hypercall.args[0], &names_gpa);
	EXPECT_REQ_EQ(REQ_TDX_MAP_VIEW, "args[2], view and page size",
		      view | KVM_MAP_GPA_RANGE_PAGE_SZ_4K, run->hypercall.args[2], &names_value);
	EXPECT_REQ_EQ(REQ_TDX_MAP_FLAGS, "flags", KVM_EXIT_HYPERCALL_LONG_MODE,
		      run->hypercall.flags, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_MAP_RET, "ret", 0, run->hypercall.ret, &names_errno);
	npages = run->hypercall.args[1];
	EXPECT_REQ_TRUE(REQ_TDX_MAP_SIZE, "args[1] is 1 to 512 pages of those left",
			npages && npages <= left && npages <= MAX_CHUNK / PAGE_SIZE);
	return check_failed() ? 0 : npages * PAGE_SIZE;
}

/* ---- ranges that the VMM takes ---- */

COCO_FIXTURE(range);
FIXTURE_VARIANT(range)
{
	struct check_row row;
	unsigned int gpaw;
	bool shared;
	uint64_t gpa, size;
};

#define RANGE_ROW(name, gpaw_, shared_, gpa_, size_)					\
	FIXTURE_VARIANT_ADD(range, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_MAP_DONE, REQ_TDX_MAP_EXIT, REQ_TDX_MAP_GPA,	\
			 REQ_TDX_MAP_SIZE, REQ_TDX_MAP_VIEW, REQ_TDX_MAP_FLAGS,		\
			 REQ_TDX_MAP_RET, REQ_TDX_RAX),					\
		.gpaw = gpaw_, .shared = shared_, .gpa = gpa_, .size = size_,		\
	};
#define RANGE_ROWS(name, gpa, size)							\
	RANGE_ROW(name##_private, TD_GPAW_48, false, gpa, size)				\
	RANGE_ROW(name##_shared, TD_GPAW_48, true, gpa, size)

RANGE_ROWS(page, 0x40000000, PAGE_SIZE)
RANGE_ROWS(gpa_0, 0, PAGE_SIZE)
RANGE_ROWS(last_page, BELOW_TOP(PAGE_SIZE), PAGE_SIZE)
RANGE_ROWS(last_5_mib, BELOW_TOP(0x500000), 0x500000)
RANGE_ROWS(under_2_mib, 0x40000000, MAX_CHUNK - PAGE_SIZE)
RANGE_ROWS(is_2_mib, 0x40000000, MAX_CHUNK)
RANGE_ROWS(over_2_mib, 0x40000000, MAX_CHUNK + PAGE_SIZE)
RANGE_ROWS(is_5_mib, 0x40000000, 0x500000)
RANGE_ROWS(is_64_mib, 0x40000000, 32 * MAX_CHUNK)
RANGE_ROWS(across_2_mib, 0x401ff000, 2 * PAGE_SIZE)
RANGE_ROWS(from_odd_page, 0x40003000, 0x400000)
RANGE_ROWS(across_4_gib, 0xfff00000, MAX_CHUNK)
RANGE_ROW(gpaw_52_private, TD_GPAW_52, false, 1ull << 47, 0x500000)
RANGE_ROW(gpaw_52_shared, TD_GPAW_52, true, 1ull << 47, 0x500000)
RANGE_ROW(gpaw_52_across_47_private, TD_GPAW_52, false, (1ull << 47) - PAGE_SIZE, 2 * PAGE_SIZE)
RANGE_ROW(gpaw_52_last_private, TD_GPAW_52, false, BELOW_TOP(0x500000), 0x500000)
RANGE_ROW(gpaw_52_last_shared, TD_GPAW_52, true, BELOW_TOP(0x500000), 0x500000)

COCO_TEST_F(range, taken)
{
	uint64_t gpa, end, next, chunk;
	struct tdvmcall_vm v;

	if (!start(&v, variant->gpaw, true))
		return;
	gpa = real_gpa(&v, variant->gpa, variant->shared);
	end = gpa + variant->size;
	tdvmcall_prepare(&v, LEAF, gpa, variant->size, TD_FILL(14), TD_FILL(15));
	for (next = gpa; next != end; next += chunk) {
		chunk = expect_chunk(next == gpa ? REQ_TDX_MAP_EXIT : REQ_TDX_MAP_DONE, &v, next,
				     end);
		if (!chunk)
			return;
		v.vcpu->run->hypercall.ret = 0;
	}
	expect_tdvmcall_answer(REQ_TDX_MAP_DONE, &v, GHCI_SUCCESS);
	tdvmcall_vm_free(&v);
}

/* ---- the VMM refuses one of the pieces ---- */

/*
 * Before 7.2 every error of the VMM's is the same.  Since then EAGAIN is RETRY, and KVM_RUN
 * refuses what is neither that nor EINVAL.  No number tells: so a scratch TD's calls are
 * answered with both.  A KVM that has half of it is a wrong one of the newer.
 */
static bool errors_told_apart;

/* Neither an errno, nor one with other bits set. */
#define UNDEFINED_ANSWER	0x7155

/* KVM_RUN after a call was answered @ret: 0, its errno, or -1 if there was no such exit. */
static int answered(struct tdvmcall_vm *v, uint64_t ret)
{
	int err = -1;

	tdvmcall_prepare(v, LEAF, 0, PAGE_SIZE, 0, 0);
	if (!__vcpu_run(v->vcpu) && v->vcpu->run->exit_reason == KVM_EXIT_HYPERCALL) {
		v->vcpu->run->hypercall.ret = ret;
		err = __vcpu_run(v->vcpu) ? errno : 0;
	}
	errno = 0;
	return err;
}

static const char *find_semantics(void)
{
	const struct tdvmcall_vm_options options = { .map_gpa = true };
	const char *missing = td_vm_missing();
	struct tdvmcall_vm v;

	if (missing)
		return missing;
	tdvmcall_vm_create_with(&v, &options);
	errors_told_apart = !answered(&v, EAGAIN) && v.req->out.gpr[TD_R10] == GHCI_RETRY;
	if (answered(&v, UNDEFINED_ANSWER) == EINVAL)
		errors_told_apart = true;
	tdvmcall_vm_free(&v);
	return NULL;
}

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	uint64_t ret;
	bool shared;
	unsigned int taken;		/* exits that the VMM takes before */
};

#define ROW(name, ret_, shared_, taken_, ...)					\
	FIXTURE_VARIANT_ADD(refused, name)					\
	{									\
		COCO_ROW(NULL, __VA_ARGS__, REQ_TDX_MAP_STOPPED,		\
			 REQ_TDX_MAP_GPA, REQ_TDX_MAP_RET, REQ_TDX_KEPT),	\
		.ret = ret_, .shared = shared_, .taken = taken_,		\
	};
#define REFUSED_ROW(name, req, ret, shared, taken)	ROW(name, ret, shared, taken, req)
#define OTHER_ROW(name, ret, shared, taken)					\
	ROW(other_##name, ret, shared, taken, REQ_TDX_MAP_OTHER, REQ_TDX_MAP_OTHER_NEXT)

REFUSED_ROW(first_private, REQ_TDX_MAP_REFUSED, EINVAL, false, 0)
REFUSED_ROW(second_private, REQ_TDX_MAP_REFUSED, EINVAL, false, 1)
REFUSED_ROW(third_private, REQ_TDX_MAP_REFUSED, EINVAL, false, 2)
REFUSED_ROW(first_shared, REQ_TDX_MAP_REFUSED, EINVAL, true, 0)
REFUSED_ROW(second_shared, REQ_TDX_MAP_REFUSED, EINVAL, true, 1)
REFUSED_ROW(third_shared, REQ_TDX_MAP_REFUSED, EINVAL, true, 2)
REFUSED_ROW(again_first, REQ_TDX_MAP_AGAIN, EAGAIN, false, 0)
REFUSED_ROW(again_second, REQ_TDX_MAP_AGAIN, EAGAIN, true, 1)
OTHER_ROW(1, 1, false, 0)
OTHER_ROW(enosys, ENOSYS, false, 1)
OTHER_ROW(bit_32, 1ull << 32, false, 0)
OTHER_ROW(bit_63, 1ull << 63, true, 1)
OTHER_ROW(minus_einval, (uint64_t)-EINVAL, false, 0)
OTHER_ROW(all_ones, ~0ull, true, 2)

/*
 * KVM_RUN has refused the VMM's answer: the next may ask for another one, or run the
 * guest; which of the two is not ABI.  False: the guest does not wait for another call.
 */
static bool expect_still_refused(struct tdvmcall_vm *v, uint64_t next)
{
	v->vcpu->run->hypercall.ret = EINVAL;
	if (!EXPECT_REQ_SYNC(REQ_TDX_MAP_OTHER_NEXT, v->vcpu, TD_STAGE_ANSWERED))
		return false;
	/* R11 says nothing after a success. */
	if (EXPECT_REQ_EITHER(REQ_TDX_MAP_OTHER_NEXT, "R10, the answer", GHCI_INVALID_OPERAND,
			      GHCI_RETRY, v->req->out.gpr[TD_R10], &names_tdvmcall))
		EXPECT_REQ_EQ(REQ_TDX_MAP_STOPPED, "R11, where the VMM stopped", next,
			      v->req->out.gpr[TD_R11], &names_gpa);
	return true;
}

COCO_TEST_F(refused, answer)
{
	const uint64_t size = 4 * MAX_CHUNK;
	enum requirement_nr req = check_main_req();
	uint64_t gpa, next, chunk, status = GHCI_INVALID_OPERAND;
	struct tdvmcall_vm v;
	unsigned int i;

	if (!start(&v, TD_GPAW_48, true))
		return;
	next = gpa = real_gpa(&v, 0x40000000, variant->shared);
	tdvmcall_prepare(&v, LEAF, gpa, size, TD_FILL(14), TD_FILL(15));
	for (i = 0; i <= variant->taken; i++) {
		chunk = expect_chunk(REQ_TDX_MAP_EXIT, &v, next, gpa + size);
		if (!chunk)
			return;
		v.vcpu->run->hypercall.ret = i < variant->taken ? 0 : variant->ret;
		if (i < variant->taken)
			next += chunk;
	}

	if (req == REQ_TDX_MAP_OTHER && errors_told_apart) {
		if (!EXPECT_REQ_RUN_ERRNO(req, v.vcpu, EINVAL) || !expect_still_refused(&v, next))
			return;
	} else {
		if (req == REQ_TDX_MAP_AGAIN && errors_told_apart)
			status = GHCI_RETRY;
		if (!expect_tdvmcall_answer(req, &v, status))
			return;
		EXPECT_REQ_EQ(REQ_TDX_MAP_STOPPED, "R11, where the VMM stopped", next,
			      v.req->out.gpr[TD_R11], &names_gpa);
	}

	/* The next call is a new one. */
	tdvmcall_prepare(&v, LEAF, gpa, PAGE_SIZE, 0, 0);
	if (expect_chunk(REQ_TDX_MAP_EXIT, &v, gpa, gpa + PAGE_SIZE)) {
		v.vcpu->run->hypercall.ret = 0;
		expect_tdvmcall_answer(REQ_TDX_MAP_DONE, &v, GHCI_SUCCESS);
	}
	tdvmcall_vm_free(&v);
}

/* ---- an interrupt is pending between two pieces ---- */

#define MSI_VECTOR	0x40

COCO_FIXTURE(interrupted);
FIXTURE_VARIANT(interrupted)
{
	struct check_row row;
	bool shared;
	unsigned int taken;		/* exits before the one during which it is sent */
	unsigned int chunks;		/* of 2 MiB */
};

#define INTERRUPTED_ROW(name, req, shared_, taken_, chunks_)			\
	FIXTURE_VARIANT_ADD(interrupted, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_MAP_GPA, REQ_TDX_MAP_DONE),		\
		.shared = shared_, .taken = taken_, .chunks = chunks_,		\
	};

INTERRUPTED_ROW(first_of_3_private, REQ_TDX_MAP_RETRY, false, 0, 3)
INTERRUPTED_ROW(first_of_3_shared, REQ_TDX_MAP_RETRY, true, 0, 3)
INTERRUPTED_ROW(second_of_3, REQ_TDX_MAP_RETRY, false, 1, 3)
/* Nothing is left to be retried. */
INTERRUPTED_ROW(last_of_3, REQ_TDX_MAP_DONE, false, 2, 3)
INTERRUPTED_ROW(only_one, REQ_TDX_MAP_DONE, true, 0, 1)

COCO_TEST_F(interrupted, retry)
{
	uint64_t gpa, end, next, chunk;
	struct tdvmcall_vm v;
	unsigned int i;

	if (!start(&v, TD_GPAW_48, true))
		return;
	tdvmcall_enable_apic(&v);
	next = gpa = real_gpa(&v, 0x40000000, variant->shared);
	end = gpa + variant->chunks * MAX_CHUNK;
	tdvmcall_prepare(&v, LEAF, gpa, end - gpa, 0, 0);
	for (i = 0; i <= variant->taken && next != end; i++) {
		chunk = expect_chunk(REQ_TDX_MAP_EXIT, &v, next, end);
		if (!chunk)
			return;
		next += chunk;
		v.vcpu->run->hypercall.ret = 0;
		if (i == variant->taken) {
			/* To vCPU 0, which has interrupts disabled. */
			td_vm_send_interrupt(v.td, 0, MSI_VECTOR);
		}
	}
	if (next == end) {
		expect_tdvmcall_answer(REQ_TDX_MAP_DONE, &v, GHCI_SUCCESS);
		return;
	}
	if (!expect_tdvmcall_answer(REQ_TDX_MAP_RETRY, &v, GHCI_RETRY) ||
	    !EXPECT_REQ_EQ(REQ_TDX_MAP_RETRY, "R11, the next GPA", next,
			   v.req->out.gpr[TD_R11], &names_gpa))
		return;

	/*
	 * The guest goes on from there.  A page, because it is not ABI whether the interrupt,
	 * which the guest has not taken, makes a longer range stop again.
	 */
	tdvmcall_prepare(&v, LEAF, next, PAGE_SIZE, 0, 0);
	if (expect_chunk(REQ_TDX_MAP_EXIT, &v, next, next + PAGE_SIZE))
		expect_tdvmcall_answer(REQ_TDX_MAP_DONE, &v, GHCI_SUCCESS);
	tdvmcall_vm_free(&v);
}

/* ---- ranges that KVM refuses by itself ---- */

COCO_FIXTURE(bad);
FIXTURE_VARIANT(bad)
{
	struct check_row row;
	unsigned int gpaw;
	bool shared;
	uint64_t gpa, size;
};

#define BAD_ROW(name, req, gpaw_, shared_, gpa_, size_)				\
	FIXTURE_VARIANT_ADD(bad, name)						\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_MAP_BAD_GPA, REQ_TDX_KEPT),		\
		.gpaw = gpaw_, .shared = shared_, .gpa = gpa_, .size = size_,	\
	};

BAD_ROW(size_0_private, REQ_TDX_MAP_SIZE_0, TD_GPAW_48, false, 0x40000000, 0)
BAD_ROW(size_0_shared, REQ_TDX_MAP_SIZE_0, TD_GPAW_48, true, 0x40000000, 0)
BAD_ROW(gpa_0_size_0, REQ_TDX_MAP_SIZE_0, TD_GPAW_48, false, 0, 0)
BAD_ROW(wrap_to_0, REQ_TDX_MAP_WRAP, TD_GPAW_48, false, 0x40000000, -0x40000000ull)
BAD_ROW(wrap_beyond_0, REQ_TDX_MAP_WRAP, TD_GPAW_48, false, 0x40000000, -PAGE_SIZE)
BAD_ROW(wrap_shared, REQ_TDX_MAP_WRAP, TD_GPAW_48, true, 0x40000000, -PAGE_SIZE)
BAD_ROW(bit_52, REQ_TDX_MAP_WIDTH, TD_GPAW_48, false, 1ull << 52, PAGE_SIZE)
BAD_ROW(bit_62, REQ_TDX_MAP_WIDTH, TD_GPAW_48, true, 1ull << 62, PAGE_SIZE)
BAD_ROW(bit_48, REQ_TDX_MAP_GPAW, TD_GPAW_48, false, 1ull << 48, PAGE_SIZE)
BAD_ROW(bit_51_shared, REQ_TDX_MAP_GPAW, TD_GPAW_48, true, 1ull << 51, PAGE_SIZE)
BAD_ROW(past_the_top, REQ_TDX_MAP_WIDTH, TD_GPAW_48, true, BELOW_TOP(PAGE_SIZE), 2 * PAGE_SIZE)
BAD_ROW(size_bit_52, REQ_TDX_MAP_WIDTH, TD_GPAW_48, true, 0, 1ull << 52)
BAD_ROW(gpaw_52_bit_52, REQ_TDX_MAP_WIDTH, TD_GPAW_52, false, 1ull << 52, PAGE_SIZE)
BAD_ROW(gpaw_52_past_the_top, REQ_TDX_MAP_WIDTH, TD_GPAW_52, true, BELOW_TOP(PAGE_SIZE),
	2 * PAGE_SIZE)
BAD_ROW(both_views, REQ_TDX_MAP_BOTH, TD_GPAW_48, false, BELOW_TOP(PAGE_SIZE), 2 * PAGE_SIZE)
BAD_ROW(both_views_5_mib, REQ_TDX_MAP_BOTH, TD_GPAW_48, false, BELOW_TOP(0x200000), 0x500000)
BAD_ROW(both_views_all, REQ_TDX_MAP_BOTH, TD_GPAW_48, false, 0, 1ull << 48)
BAD_ROW(gpaw_52_both_views, REQ_TDX_MAP_BOTH, TD_GPAW_52, false, BELOW_TOP(PAGE_SIZE),
	2 * PAGE_SIZE)
BAD_ROW(gpa_plus_1, REQ_TDX_MAP_ALIGN, TD_GPAW_48, false, 0x40000001, PAGE_SIZE)
BAD_ROW(gpa_plus_2048, REQ_TDX_MAP_ALIGN, TD_GPAW_48, true, 0x40000800, PAGE_SIZE)
BAD_ROW(size_1, REQ_TDX_MAP_ALIGN, TD_GPAW_48, false, 0x40000000, 1)
BAD_ROW(size_plus_1, REQ_TDX_MAP_ALIGN, TD_GPAW_48, true, 0x40000000, PAGE_SIZE + 1)
BAD_ROW(size_plus_2048, REQ_TDX_MAP_ALIGN, TD_GPAW_48, false, 0x40000000, MAX_CHUNK + 2048)
BAD_ROW(both_plus_2048, REQ_TDX_MAP_ALIGN, TD_GPAW_48, false, 0x40000800, 2048)

COCO_TEST_F(bad, answer)
{
	enum requirement_nr req = check_main_req();
	const char *missing = NULL;
	struct tdvmcall_vm v;
	uint64_t gpa;

	/* On a CPU with 48 address bits there is nothing in between. */
	if (req == REQ_TDX_MAP_GPAW)
		missing = td_vm_gpaw_missing(TD_GPAW_52);
	if (missing) {
		check_skip("%s", missing);
		return;
	}
	if (!start(&v, variant->gpaw, true))
		return;
	gpa = real_gpa(&v, variant->gpa, variant->shared);
	tdvmcall_prepare(&v, LEAF, gpa, variant->size, TD_FILL(14), TD_FILL(15));
	if (expect_tdvmcall_answer(req, &v, req == REQ_TDX_MAP_ALIGN ? GHCI_ALIGN_ERROR :
								       GHCI_INVALID_OPERAND))
		EXPECT_REQ_EQ(REQ_TDX_MAP_BAD_GPA, "R11, the range's GPA", gpa,
			      v.req->out.gpr[TD_R11], &names_gpa);
	tdvmcall_vm_free(&v);
}

/* ---- the capability ---- */

COCO_FIXTURE(off);
FIXTURE_VARIANT(off)
{
	struct check_row row;
	bool shared;
};

FIXTURE_VARIANT_ADD(off, private)
{
	COCO_ROW(NULL, REQ_TDX_MAP_CAP_OFF), .shared = false,
};

FIXTURE_VARIANT_ADD(off, shared)
{
	COCO_ROW(NULL, REQ_TDX_MAP_CAP_OFF), .shared = true,
};

COCO_TEST_F(off, answer)
{
	struct tdvmcall_vm v;

	if (!start(&v, TD_GPAW_48, false))
		return;
	tdvmcall_prepare(&v, LEAF, real_gpa(&v, 0x40000000, variant->shared), PAGE_SIZE, 0, 0);
	if (EXPECT_REQ_SYNC(REQ_TDX_MAP_CAP_OFF, v.vcpu, TD_STAGE_ANSWERED))
		EXPECT_REQ_EITHER(REQ_TDX_MAP_CAP_OFF, "R10, the answer", GHCI_SUBFUNC_UNSUPPORTED,
				  GHCI_INVALID_OPERAND, v.req->out.gpr[TD_R10], &names_tdvmcall);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(find_semantics)
