// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<GetQuote>: the exit and its answer.  The life of a quote in the shared
 * buffer is tdx_quote_buffer_test's.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"
#include "tdx/tdx_probe.h"

#define LEAF		GHCI_GET_QUOTE
static bool start(struct tdvmcall_vm *v, unsigned int gpaw)
{
	const char *missing = td_vm_gpaw_missing(gpaw);

	if (missing) {
		check_skip("%s", missing);
		return false;
	}
	if (!tdx_revision()->quote.reason) {
		check_skip("this KVM speaks %s: the VMM has no part in it", tdx_revision()->name);
		return false;
	}
	tdvmcall_vm_create(v, gpaw, 1);
	return true;
}

/* KVM_RUN up to the exit, as the revision has it. */
static bool expect_quote_exit(struct tdvmcall_vm *v, uint64_t gpa, uint64_t size)
{
	const struct tdx_revision *rev = tdx_revision();
	struct kvm_run *run = v->vcpu->run;

	if (rev->has_nr) {
		if (!expect_tdx_exit(REQ_TDX_QUOTE_EXIT, v, LEAF))
			return false;
	} else if (!EXPECT_REQ_EXIT(REQ_TDX_QUOTE_EXIT, v->vcpu, rev->quote.reason)) {
		return false;
	}
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_RET, "ret", GHCI_SUBFUNC_UNSUPPORTED,
		      exit_field_get(run, rev->quote.ret), &names_tdvmcall);
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_GPA, "gpa",
		      rev->quote.shared_bit ? gpa | v->td->shared_bit : gpa,
		      exit_field_get(run, rev->quote.gpa), &names_gpa);
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_SIZE, "size", size, exit_field_get(run, rev->quote.size),
		      &names_value);
	return true;
}

/* ---- what the guest may ask ---- */

COCO_FIXTURE(exit);
FIXTURE_VARIANT(exit)
{
	struct check_row row;
	unsigned int gpaw;
	uint64_t gpa;			/* without the shared bit; all bits below it: its last page */
	uint64_t size;
};

#define LAST_PAGE	(~0ull)

#define EXIT_ROW(name, gpaw_, gpa_, size_)						\
	FIXTURE_VARIANT_ADD(exit, name)							\
	{										\
		COCO_ROW(NULL, REQ_TDX_QUOTE_EXIT, REQ_TDX_QUOTE_GPA, REQ_TDX_QUOTE_SIZE,	\
			 REQ_TDX_QUOTE_RET, REQ_TDX_QUOTE_ALIGN, REQ_TDX_EXIT_FLAGS,	\
			 REQ_TDX_EXIT_NR, REQ_TDX_KEPT),					\
		.gpaw = gpaw_, .gpa = gpa_, .size = size_,				\
	};

EXIT_ROW(one_page, TD_GPAW_48, 0x200000, PAGE_SIZE)
EXIT_ROW(gpa_0, TD_GPAW_48, 0, PAGE_SIZE)
EXIT_ROW(gpa_max, TD_GPAW_48, LAST_PAGE, PAGE_SIZE)
EXIT_ROW(gpaw_52, TD_GPAW_52, 0x200000, PAGE_SIZE)
EXIT_ROW(gpaw_52_bit_47, TD_GPAW_52, 1ull << 47, PAGE_SIZE)
EXIT_ROW(gpaw_52_max, TD_GPAW_52, LAST_PAGE, PAGE_SIZE)
EXIT_ROW(four_pages, TD_GPAW_48, 0x200000, 4 * PAGE_SIZE)
EXIT_ROW(size_0, TD_GPAW_48, 0x200000, 0)
EXIT_ROW(size_1, TD_GPAW_48, 0x200000, 1)
EXIT_ROW(size_4095, TD_GPAW_48, 0x200000, PAGE_SIZE - 1)
EXIT_ROW(size_4097, TD_GPAW_48, 0x200000, PAGE_SIZE + 1)
EXIT_ROW(size_bit_32, TD_GPAW_48, 0x200000, 1ull << 32)
EXIT_ROW(size_bit_63, TD_GPAW_48, 0x200000, 1ull << 63)
EXIT_ROW(size_max, TD_GPAW_48, 0x200000, ~0ull)
EXIT_ROW(gpa_plus_1, TD_GPAW_48, 0x200001, PAGE_SIZE)
EXIT_ROW(gpa_plus_2048, TD_GPAW_48, 0x200800, PAGE_SIZE)
EXIT_ROW(beyond_the_end, TD_GPAW_48, LAST_PAGE, 2 * PAGE_SIZE)

COCO_TEST_F(exit, as_asked)
{
	struct tdvmcall_vm v;
	uint64_t gpa;

	if (!start(&v, variant->gpaw))
		return;
	gpa = variant->gpa == LAST_PAGE ? v.td->shared_bit - PAGE_SIZE : variant->gpa;
	tdvmcall_prepare(&v, LEAF, gpa | v.td->shared_bit, variant->size, TD_FILL(14),
			 TD_FILL(15));
	if (tdx_revision()->quote.aligned && ((gpa | variant->size) % PAGE_SIZE)) {
		expect_tdvmcall_answer(REQ_TDX_QUOTE_ALIGN, &v, GHCI_INVALID_OPERAND);
	} else if (expect_quote_exit(&v, gpa, variant->size)) {
		exit_field_set(v.vcpu->run, tdx_revision()->quote.ret, GHCI_SUCCESS);
		expect_tdvmcall_answer(REQ_TDX_QUOTE_ANSWER, &v, GHCI_SUCCESS);
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
		COCO_ROW(NULL, req, REQ_TDX_QUOTE_EXIT, REQ_TDX_QUOTE_RET, REQ_TDX_RAX,	\
			 REQ_TDX_KEPT),							\
		__VA_ARGS__								\
	};

ANSWER_ROW(ignored, REQ_TDX_IGNORED, .ignored = true, .ret = GHCI_SUBFUNC_UNSUPPORTED)
ANSWER_ROW(success, REQ_TDX_QUOTE_ANSWER, .ret = GHCI_SUCCESS)
ANSWER_ROW(retry, REQ_TDX_QUOTE_ANSWER, .ret = GHCI_RETRY)
ANSWER_ROW(invalid_operand, REQ_TDX_QUOTE_ANSWER, .ret = GHCI_INVALID_OPERAND)
ANSWER_ROW(gpa_inuse, REQ_TDX_QUOTE_ANSWER, .ret = GHCI_GPA_INUSE)
ANSWER_ROW(align_error, REQ_TDX_QUOTE_ANSWER, .ret = GHCI_ALIGN_ERROR)
ANSWER_ROW(unsupported, REQ_TDX_QUOTE_ANSWER, .ret = GHCI_SUBFUNC_UNSUPPORTED)
ANSWER_ROW(undefined_2, REQ_TDX_QUOTE_ANSWER, .ret = 2)
ANSWER_ROW(bit_31, REQ_TDX_QUOTE_ANSWER, .ret = 1ull << 31)
ANSWER_ROW(bit_32, REQ_TDX_QUOTE_ANSWER, .ret = 1ull << 32)
ANSWER_ROW(bit_62, REQ_TDX_QUOTE_ANSWER, .ret = 1ull << 62)
ANSWER_ROW(all_ones, REQ_TDX_QUOTE_ANSWER, .ret = ~0ull)
ANSWER_ROW(pattern, REQ_TDX_QUOTE_ANSWER, .ret = 0x0123456789abcdefull)

COCO_TEST_F(answer, guest_sees)
{
	struct tdvmcall_vm v;
	int i;

	if (!start(&v, TD_GPAW_48))
		return;
	/* Twice: the second exit's ret is preset anew. */
	for (i = 0; i < 2; i++) {
		tdvmcall_prepare(&v, LEAF, v.buffer.gpa | v.td->shared_bit, PAGE_SIZE, 0, 0);
		if (!expect_quote_exit(&v, v.buffer.gpa, PAGE_SIZE))
			return;
		if (!variant->ignored)
			exit_field_set(v.vcpu->run, tdx_revision()->quote.ret, variant->ret);
		if (!expect_tdvmcall_answer(check_main_req(), &v, variant->ret))
			return;
	}
	tdvmcall_vm_free(&v);
}

/* ---- private buffers: the VMM could not write to them ---- */

COCO_FIXTURE(private);
FIXTURE_VARIANT(private)
{
	struct check_row row;
	unsigned int gpaw;
	uint64_t gpa;
	uint64_t size;
};

#define PRIVATE_ROW(name, gpaw_, gpa_, size_)						\
	FIXTURE_VARIANT_ADD(private, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_QUOTE_PRIVATE, REQ_TDX_KEPT),			\
		.gpaw = gpaw_, .gpa = gpa_, .size = size_,				\
	};

PRIVATE_ROW(one_page, TD_GPAW_48, 0x200000, PAGE_SIZE)
PRIVATE_ROW(gpa_0, TD_GPAW_48, 0, PAGE_SIZE)
PRIVATE_ROW(gpa_max, TD_GPAW_48, (1ull << 47) - PAGE_SIZE, PAGE_SIZE)
PRIVATE_ROW(size_0, TD_GPAW_48, 0x200000, 0)
PRIVATE_ROW(bit_46, TD_GPAW_48, 1ull << 46, PAGE_SIZE)
/* With 52 address bits the shared bit of 48 is an ordinary one. */
PRIVATE_ROW(gpaw_52_bit_47, TD_GPAW_52, 1ull << 47, PAGE_SIZE)

COCO_TEST_F(private, refused)
{
	struct tdvmcall_vm v;

	if (!start(&v, variant->gpaw))
		return;
	tdvmcall_prepare(&v, LEAF, variant->gpa, variant->size, 0, 0);
	expect_tdvmcall_answer(REQ_TDX_QUOTE_PRIVATE, &v, GHCI_INVALID_OPERAND);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(tdx_revision_find)
