// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL with R10 other than 0: a KVM hypercall, number in R10, arguments in R11 to
 * R14.  KVM_HC_MAP_GPA_RANGE is the one that exits to the VMM; it is not MapGPA, and has
 * rules of its own.
 */
#include "check/harness.h"

#include <linux/kvm_para.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"

#define PRIVATE		KVM_MAP_GPA_RANGE_ENCRYPTED

/* linux/kvm_para.h: results are negative, and numbers of KVM's own. */
#define NO_HYPERCALL	((uint64_t)-1000)	/* -KVM_ENOSYS */
#define BAD_ARGUMENT	((uint64_t)-22)		/* -KVM_EINVAL */

static void create(struct tdvmcall_vm *v, bool map_gpa)
{
	const struct tdvmcall_vm_options options = { .map_gpa = map_gpa };

	tdvmcall_vm_create_with(v, &options);
}

/* KVM_HC_MAP_GPA_RANGE, passing all registers but those of @without. */
static void prepare(struct tdvmcall_vm *v, uint64_t gpa, uint64_t pages, uint64_t attributes,
		    uint64_t without)
{
	tdvmcall_prepare(v, gpa, pages, attributes, TD_FILL(14), TD_FILL(15));
	v->req->in.gpr[TD_R10] = KVM_HC_MAP_GPA_RANGE;
	v->req->in.gpr[TD_RCX] &= ~without;
}

static bool expect_map_exit(struct tdvmcall_vm *v, uint64_t gpa, uint64_t pages,
			    uint64_t attributes)
{
	const enum requirement_nr req = REQ_TDX_HC_MAP;
	const struct kvm_run *run = v->vcpu->run;

	if (!EXPECT_REQ_EXIT(req, v->vcpu, KVM_EXIT_HYPERCALL) ||
	    !EXPECT_REQ_EQ(req, "nr", KVM_HC_MAP_GPA_RANGE, run->hypercall.nr, &names_value))
		return false;
	EXPECT_REQ_EQ(req, "args[0]", gpa, run->hypercall.args[0], &names_gpa);
	EXPECT_REQ_EQ(req, "args[1]", pages, run->hypercall.args[1], &names_pages);
	EXPECT_REQ_EQ(req, "args[2]", attributes, run->hypercall.args[2], &names_value);
	EXPECT_REQ_EQ(REQ_TDX_MAP_FLAGS, "flags", KVM_EXIT_HYPERCALL_LONG_MODE,
		      run->hypercall.flags, &names_value);
	return EXPECT_REQ_EQ(REQ_TDX_MAP_RET, "ret", 0, run->hypercall.ret, &names_value);
}

/* ---- exits ---- */

COCO_FIXTURE(map);
FIXTURE_VARIANT(map)
{
	struct check_row row;
	uint64_t gpa, pages, attributes;
	bool immediate;			/* KVM_RUN with immediate_exit between exit and answer */
};

#define MAP_ROW(name, req, gpa_, pages_, attributes_, ...)			\
	FIXTURE_VARIANT_ADD(map, name)						\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_HC_ANSWER, REQ_TDX_MAP_FLAGS, REQ_TDX_MAP_RET,	\
			 REQ_TDX_RAX, REQ_TDX_KEPT),				\
		.gpa = gpa_, .pages = pages_, .attributes = attributes_, __VA_ARGS__	\
	};

MAP_ROW(private_page, REQ_TDX_HC_MAP, 0x12345000, 1, PRIVATE)
MAP_ROW(shared_page, REQ_TDX_HC_MAP, 0x12345000, 1, 0)
/* All at once: only MapGPA is split. */
MAP_ROW(more_than_2_mib, REQ_TDX_HC_MAP, 0x40001000, 5000, PRIVATE)
MAP_ROW(pages_of_2_mib, REQ_TDX_HC_MAP, 0x40000000, 1024,
	PRIVATE | KVM_MAP_GPA_RANGE_PAGE_SZ_2M)
MAP_ROW(more_than_32_bits, REQ_TDX_HC_MAP, 0x123456789000, 1ull << 33, 0)
MAP_ROW(immediate_exit, REQ_TDX_VMM_IMMEDIATE, 0x12345000, 1, PRIVATE, .immediate = true)

COCO_TEST_F(map, exit_and_answer)
{
	static const uint64_t answers[] = {
		0, 1, (uint64_t)-1, BAD_ARGUMENT, 1ull << 32, 1ull << 63, 0x123456789abcdef0,
	};
	struct tdvmcall_vm v;
	struct kvm_run *run;
	unsigned int i;

	create(&v, true);
	run = v.vcpu->run;
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		prepare(&v, variant->gpa, variant->pages, variant->attributes, 0);
		if (!expect_map_exit(&v, variant->gpa, variant->pages, variant->attributes))
			return;
		run->hypercall.ret = answers[i];
		if (variant->immediate) {
			run->immediate_exit = 1;
			if (!expect_tdx_eintr(REQ_TDX_VMM_IMMEDIATE, &v))
				return;
			run->immediate_exit = 0;
			/* Too late to change the answer. */
			run->hypercall.ret = ~answers[i];
		}
		if (!expect_tdvmcall_answer(variant->immediate ? REQ_TDX_VMM_IMMEDIATE :
								 REQ_TDX_HC_ANSWER,
					    &v, answers[i]))
			return;
	}
	tdvmcall_vm_free(&v);
}

/* ---- no exits ---- */

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	uint64_t gpa, pages;
	bool off, taken_back;		/* KVM_CAP_EXIT_HYPERCALL is not enabled, or not any more */
	uint64_t result;
};

#define REFUSED_ROW(name, gpa_, pages_)						\
	FIXTURE_VARIANT_ADD(refused, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_HC_MAP_BAD, REQ_TDX_KEPT),		\
		.gpa = gpa_, .pages = pages_, .result = BAD_ARGUMENT,		\
	};

REFUSED_ROW(unaligned_by_1, 0x12345001, 1)
REFUSED_ROW(unaligned_by_half_a_page, 0x12345800, 1)
REFUSED_ROW(no_page, 0x12345000, 0)
REFUSED_ROW(all_ones_pages, 0x12345000, ~0ull)
REFUSED_ROW(wrap_to_the_first_page, 0x12345000, -0x12345ull)

FIXTURE_VARIANT_ADD(refused, not_enabled)
{
	COCO_ROW(NULL, REQ_TDX_HC_MAP_OFF, REQ_TDX_KEPT),
	.gpa = 0x12345000, .pages = 1, .off = true, .result = NO_HYPERCALL,
};

FIXTURE_VARIANT_ADD(refused, not_enabled_any_more)
{
	COCO_ROW(NULL, REQ_TDX_HC_MAP_OFF, REQ_TDX_KEPT),
	.gpa = 0x12345000, .pages = 1, .taken_back = true, .result = NO_HYPERCALL,
};

COCO_TEST_F(refused, result)
{
	struct tdvmcall_vm v;

	create(&v, !variant->off);
	if (variant->taken_back)
		vm_enable_cap(v.td->vm, KVM_CAP_EXIT_HYPERCALL, 0);
	prepare(&v, variant->gpa, variant->pages, PRIVATE, 0);
	expect_tdvmcall_answer(check_main_req(), &v, variant->result);
	tdvmcall_vm_free(&v);
}

/* ---- RCX: arguments that are not passed are 0 ---- */

#define BIT_OF(reg)	(1ull << TD_##reg)

COCO_FIXTURE(pass);
FIXTURE_VARIANT(pass)
{
	struct check_row row;
	uint64_t without;
	uint64_t gpa, attributes;	/* of the exit */
	bool no_exit;			/* instead: the pages are none */
};

#define PASS_ROW(name, without_, gpa_, attributes_, ...)			\
	FIXTURE_VARIANT_ADD(pass, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_NOT_PASSED, REQ_TDX_HC_MAP, REQ_TDX_KEPT,	\
			 REQ_TDX_HC_MAP_BAD),					\
		.without = without_, .gpa = gpa_, .attributes = attributes_, __VA_ARGS__	\
	};

PASS_ROW(no_r11, BIT_OF(R11), 0, PRIVATE)
PASS_ROW(no_r12, BIT_OF(R12), 0x12345000, PRIVATE, .no_exit = true)
PASS_ROW(no_r13, BIT_OF(R13), 0x12345000, 0)
PASS_ROW(no_r14_r15, BIT_OF(R14) | BIT_OF(R15), 0x12345000, PRIVATE)
PASS_ROW(no_r11_r13, BIT_OF(R11) | BIT_OF(R13), 0, 0)

COCO_TEST_F(pass, fewer)
{
	struct tdvmcall_vm v;

	create(&v, true);
	prepare(&v, 0x12345000, 1, PRIVATE, variant->without);
	if (!variant->no_exit) {
		if (!expect_map_exit(&v, variant->gpa, 1, variant->attributes))
			return;
		v.vcpu->run->hypercall.ret = 7;
	}
	expect_tdvmcall_answer(REQ_TDX_NOT_PASSED, &v, variant->no_exit ? BAD_ARGUMENT : 7);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
