// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP page state changes that the VMM answers with what it may not: the hypercall's
 * answer is 0, EINVAL or EAGAIN.
 *
 * Where KVM_RUN refuses it, the VMM may run the vCPU again.  Not ABI, so not checked: does
 * the next KVM_RUN take another answer, or has the guest been given one.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "control.h"
#include "snp/psc_check.h"

/* A WARN there says that KVM takes the refused change for one that is still under way. */
#define PSC_SPLAT	"svm/sev.c"

/* Between good values and in them, but for some of the bits. */
#define OTHER_ROWS(fixture, ...)						\
	OTHER_ROW(fixture, 1, 1, __VA_ARGS__)					\
	OTHER_ROW(fixture, einval_plus_1, EINVAL + 1, __VA_ARGS__)		\
	OTHER_ROW(fixture, enosys, ENOSYS, __VA_ARGS__)				\
	OTHER_ROW(fixture, minus_einval, -(uint64_t)EINVAL, __VA_ARGS__)	\
	OTHER_ROW(fixture, einval_and_bit_8, 1ull << 8 | EINVAL, __VA_ARGS__)	\
	OTHER_ROW(fixture, eagain_and_bit_32, 1ull << 32 | EAGAIN, __VA_ARGS__)	\
	OTHER_ROW(fixture, bit_32, 1ull << 32, __VA_ARGS__)			\
	OTHER_ROW(fixture, bit_63, 1ull << 63, __VA_ARGS__)			\
	OTHER_ROW(fixture, all_ones, ~0ull, __VA_ARGS__)
#define OTHER_ROW(fixture, name, ret_, ...)					\
	FIXTURE_VARIANT_ADD(fixture, name)					\
	{									\
		COCO_ROW(NULL, __VA_ARGS__), .ret = ret_,			\
	};

/* ---- the MSR protocol ---- */

COCO_FIXTURE(msr);
FIXTURE_VARIANT(msr)
{
	struct check_row row;
	uint64_t ret;
};

OTHER_ROWS(msr, REQ_PSC_MSR_OTHER, REQ_PSC_MSR_OTHER_NEXT)

/* The guest asks for page @gfn, and the VMM answers @ret. */
static bool msr_ask(const struct psc_vm *v, uint64_t gfn, uint64_t ret)
{
	const struct psc_exit wanted = { gfn, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, ret };

	v->req->msr = GHCB_MSR_PSC(PSC_OP_PRIVATE, gfn);
	return expect_psc_exit(REQ_PSC_MSR_EXIT, REQ_PSC_EXIT_SIZE, v, &wanted);
}

/* KVM_RUN has refused the answer; the guest has asked for PSC_GFN. */
static void msr_run_again(const struct psc_vm *v)
{
	uint64_t answer;

	v->vcpu->run->hypercall.ret = EINVAL;
	if (!EXPECT_REQ_SYNC(REQ_PSC_MSR_OTHER_NEXT, v->vcpu, PSC_STAGE_ANSWERED))
		return;
	answer = v->req->answer.msr;
	EXPECT_REQ_TRUE(REQ_PSC_MSR_OTHER_NEXT, "the GHCB MSR is no answer without an error",
			GHCB_MSR_INFO(answer) != GHCB_MSR_PSC_RESP || answer >> 32);

	/* The next request is a new one; a ret that stays is another requirement's business. */
	v->vcpu->run->hypercall.ret = 0;
	if (msr_ask(v, PSC_GFN + 1, 0) &&
	    EXPECT_REQ_SYNC(REQ_PSC_MSR_OK, v->vcpu, PSC_STAGE_ANSWERED))
		expect_psc_msr_answer(REQ_PSC_MSR_OK, v, false);
}

COCO_TEST_F(msr, next_run)
{
	bool restricted = psc_answers_restricted();
	struct psc_vm v;

	if (!psc_vm_start(&v, true) || !msr_ask(&v, PSC_GFN, variant->ret))
		return;
	if (restricted) {
		if (EXPECT_REQ_RUN_ERRNO(REQ_PSC_MSR_OTHER, v.vcpu, EINVAL))
			msr_run_again(&v);
	} else if (EXPECT_REQ_SYNC(REQ_PSC_MSR_OTHER, v.vcpu, PSC_STAGE_ANSWERED)) {
		expect_psc_msr_answer(REQ_PSC_MSR_OTHER, &v, true);
	}
	snp_vm_free(v.snp);
}

/* ---- the NAE event ---- */

COCO_FIXTURE(nae);
FIXTURE_VARIANT(nae)
{
	struct check_row row;
	uint64_t ret;
};

OTHER_ROWS(nae, REQ_PSC_OTHER, REQ_PSC_OTHER_NEXT, REQ_PSC_OTHER_AFTER)

#define TAKEN		1	/* entries that the VMM takes before */
#define REFUSED		3	/* those of one exit that it refuses */

static bool nae_ask(const struct psc_vm *v, uint64_t ret)
{
	const struct psc_exit exits[] = {
		{ PSC_GFN, TAKEN, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 },
		{ PSC_GFN_2M, REFUSED, PSC_OP_PRIVATE, PSC_SIZE_4K, TAKEN, ret },
	};
	struct psc_buffer *buffer = &v->req->buffer;
	unsigned int i;

	buffer->end_entry = TAKEN + REFUSED - 1;
	buffer->entries[0] = PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, PSC_GFN, 0);
	for (i = 0; i < REFUSED; i++)
		buffer->entries[TAKEN + i] = PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K,
						       PSC_GFN_2M + i, 0);
	for (i = 0; i < ARRAY_SIZE(exits); i++)
		if (!expect_psc_nae_exit(REQ_PSC_EXIT, REQ_PSC_EXIT_SIZE, v, &exits[i]))
			return false;
	return !check_failed();
}

/*
 * The guest has been run.  That nothing is wrong, but cur_entry is not past end_entry, is
 * how the hypervisor says that it was interrupted: the guest asks for the rest.
 */
static void expect_not_done(const struct psc_vm *v)
{
	const struct psc_buffer *got = &v->req->answer.buffer;
	unsigned int i;
	char what[40];

	if (!v->req->answer.exit_info_1 && !v->req->answer.exit_info_2)
		EXPECT_REQ_EQ(REQ_PSC_OTHER_NEXT, "cur_entry in an answer without an error",
			      TAKEN, got->cur_entry, &names_value);
	for (i = TAKEN; i < TAKEN + REFUSED; i++) {
		snprintf(what, sizeof(what), "entry %u, cur_page", i);
		EXPECT_REQ_EQ(REQ_PSC_OTHER_NEXT, what, 0, PSC_ENTRY_CUR_PAGE(got->entries[i]),
			      &names_value);
	}
}

/* KVM_RUN has refused the answer of nae_ask(). */
static void nae_run_again(const struct psc_vm *v)
{
	const struct psc_exit wanted = { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 };

	v->vcpu->run->hypercall.ret = EINVAL;
	if (!EXPECT_REQ_SYNC(REQ_PSC_OTHER_NEXT, v->vcpu, PSC_STAGE_ANSWERED))
		return;
	expect_not_done(v);

	/* The next event is a new one; a ret that stays is another requirement's business. */
	v->vcpu->run->hypercall.ret = 0;
	memset(&v->req->buffer, 0, sizeof(v->req->buffer));
	v->req->buffer.entries[0] = PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, PSC_GFN, 0);
	if (expect_psc_nae_exit(REQ_PSC_OTHER_AFTER, REQ_PSC_EXIT_SIZE, v, &wanted) &&
	    EXPECT_REQ_SYNC(REQ_PSC_OTHER_AFTER, v->vcpu, PSC_STAGE_ANSWERED))
		expect_psc_answer(REQ_PSC_OTHER_AFTER, v, PSC_ANSWER_DONE, 1);
}

COCO_TEST_F(nae, next_run)
{
	bool restricted = psc_answers_restricted();
	struct psc_vm v;

	if (!psc_vm_start(&v, true))
		return;
	psc_prepare(&v, 0, sizeof(v.req->buffer));
	if (!nae_ask(&v, variant->ret))
		return;
	if (restricted) {
		check_expect_splat(PSC_SPLAT);
		if (EXPECT_REQ_RUN_ERRNO(REQ_PSC_OTHER, v.vcpu, EINVAL))
			nae_run_again(&v);
		EXPECT_REQ_QUIET(REQ_PSC_OTHER_AFTER, "WARNs that it makes", PSC_SPLAT);
	} else if (EXPECT_REQ_SYNC(REQ_PSC_OTHER, v.vcpu, PSC_STAGE_ANSWERED)) {
		expect_psc_answer(REQ_PSC_OTHER, &v, PSC_ANSWER_GENERIC, TAKEN);
	}
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
