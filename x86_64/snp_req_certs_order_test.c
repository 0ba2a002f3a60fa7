// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificate exits one after the other and several at once: the next request,
 * immediate_exit, two vCPUs.
 *
 * Not ABI, so not checked: exit_reason after KVM_RUN failed with EINTR.
 */
#include "snp/cert_rows.h"

#include "kvm_util.h"

/* ---- one request after the other ---- */

COCO_FIXTURE(certs_again);
FIXTURE_VARIANT(certs_again)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum cert_answer_nr first;
};

#define AGAIN_ROW(tag, name, first_, req)				\
	FIXTURE_VARIANT_ADD(certs_again, tag##_##name)			\
	{								\
		CERT_ROW(tag, REQ_SNP_CERTS_ONCE, req, REQ_SNP_CERTS_RET_0),	\
		.first = first_,					\
	};
#define AGAIN_ROWS(tag)							\
	AGAIN_ROW(tag, after_ok, CERT_ANSWER_OK, REQ_SNP_REQ_RESPONSE)	\
	AGAIN_ROW(tag, after_len, CERT_ANSWER_LEN, REQ_SNP_CERTS_RET_LEN)\
	AGAIN_ROW(tag, after_error, CERT_ANSWER_ERROR, REQ_SNP_CERTS_RET_GENERIC)

ROWS_OF_ALL(AGAIN_ROWS)

COCO_TEST_F(certs_again, second_request)
{
	const uint64_t asked = 1, needed = 3;
	struct cert_given given = { .nr = variant->first, .rbx = asked, .npages = needed };
	struct cert_case c;

	given.ret = variant->rev->answer[variant->first].ret;
	if (!cert_case_start(&c, variant->rev, 1, true) ||
	    !cert_case_ask(&c, asked, REQ_SNP_CERTS_EXIT) ||
	    !cert_case_answer(&c, given.ret, &needed, REQ_SNP_CERTS_ONCE))
		return;
	expect_cert_answer(&c, &given);

	if (!cert_case_ask(&c, needed, REQ_SNP_CERTS_ONCE))
		return;
	expect_cert_exit(&c, c.cpu->data.gpa >> 12, needed);
	if (!cert_case_answer(&c, 0, NULL, REQ_SNP_CERTS_RET_0))
		return;
	expect_cert_answer(&c, &(struct cert_given) { .nr = CERT_ANSWER_OK, .rbx = needed });
	EXPECT_REQ_EQ(REQ_SNP_CERTS_ONCE, "answers that the guest has had", 2,
		      c.cpu->req->answer.count, &names_count);
	cert_case_end(&c);
}

/* ---- immediate_exit, the lock protocol's way of completing a request ---- */

COCO_FIXTURE(certs_immediate);
FIXTURE_VARIANT(certs_immediate)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum cert_answer_nr answer;
	unsigned int times;
};

#define IMMEDIATE_ROW(tag, name, answer_, times_, req)			\
	FIXTURE_VARIANT_ADD(certs_immediate, tag##_##name)		\
	{								\
		CERT_ROW(tag, REQ_SNP_CERTS_IMMEDIATE, req),			\
		.answer = answer_, .times = times_,			\
	};
#define IMMEDIATE_ROWS(tag)							\
	IMMEDIATE_ROW(tag, ok, CERT_ANSWER_OK, 1, REQ_SNP_CERTS_RET_0)		\
	IMMEDIATE_ROW(tag, ok_twice, CERT_ANSWER_OK, 2, REQ_SNP_CERTS_RET_0)	\
	IMMEDIATE_ROW(tag, len, CERT_ANSWER_LEN, 1, REQ_SNP_CERTS_RET_LEN)	\
	IMMEDIATE_ROW(tag, error, CERT_ANSWER_ERROR, 1, REQ_SNP_CERTS_RET_GENERIC)

ROWS_OF_ALL(IMMEDIATE_ROWS)

COCO_TEST_F(certs_immediate, complete)
{
	unsigned int i, calls = variant->answer == CERT_ANSWER_OK;
	struct cert_given given = { .nr = variant->answer, .rbx = 1, .npages = 5 };
	struct kvm_vcpu *vcpu;
	struct cert_case c;

	given.ret = variant->rev->answer[variant->answer].ret;
	if (!cert_case_start(&c, variant->rev, 1, true) ||
	    !cert_case_ask(&c, given.rbx, REQ_SNP_CERTS_EXIT))
		return;
	vcpu = c.cpu->vcpu;
	cert_exit_answer(c.rev, vcpu->run, given.ret, &given.npages);

	vcpu->run->immediate_exit = 1;
	for (i = 0; i < variant->times; i++) {
		int err;

		/* EXPECT_REQ_RUN_ERRNO() would take EINTR for a signal. */
		errno = 0;
		err = __vcpu_run(vcpu) ? errno : 0;
		errno = 0;
		EXPECT_REQ_EQ(REQ_SNP_CERTS_IMMEDIATE, "KVM_RUN with immediate_exit", EINTR, err,
			      &names_errno);
		EXPECT_FW_CALLS(REQ_SNP_CERTS_IMMEDIATE, calls);
		EXPECT_REQ_EQ(REQ_SNP_CERTS_IMMEDIATE, "answers that the guest has had", 0,
			      c.cpu->req->answer.count, &names_count);
	}
	vcpu->run->immediate_exit = 0;

	if (EXPECT_REQ_SYNC(REQ_SNP_CERTS_IMMEDIATE, vcpu, STAGE_ANSWERED))
		expect_cert_answer(&c, &given);
	cert_case_end(&c);
}

/* ---- two vCPUs ---- */

COCO_FIXTURE(certs_vcpus);
FIXTURE_VARIANT(certs_vcpus)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum cert_answer_nr answer[2];
	unsigned int first;	/* the vCPU that is answered first */
};

#define VCPUS_ROW(tag, name, answer0, answer1, first_)				\
	FIXTURE_VARIANT_ADD(certs_vcpus, tag##_##name)				\
	{									\
		CERT_ROW(tag, REQ_SNP_CERTS_VCPU, REQ_SNP_CERTS_EXIT_NPAGES),	\
		.answer = { answer0, answer1 }, .first = first_,		\
	};
#define VCPUS_ROWS(tag)							\
	VCPUS_ROW(tag, ok_error, CERT_ANSWER_OK, CERT_ANSWER_ERROR, 0)	\
	VCPUS_ROW(tag, len_ok, CERT_ANSWER_LEN, CERT_ANSWER_OK, 1)

ROWS_OF_ALL(VCPUS_ROWS)

COCO_TEST_F(certs_vcpus, both_pending)
{
	const uint64_t asked[2] = { 2, 3 }, needed[2] = { 8, 9 };
	struct cert_given given;
	unsigned int i, id;
	struct cert_case c;

	if (!cert_case_start(&c, variant->rev, 2, true))
		return;
	for (id = 0; id < 2; id++) {
		c.cpu = &c.v->cpu[id];
		if (!cert_case_ask(&c, asked[id], REQ_SNP_CERTS_EXIT))
			return;
	}
	for (i = 0; i < 2; i++) {
		id = variant->first ^ i;
		c.cpu = &c.v->cpu[id];
		expect_cert_exit(&c, c.cpu->data.gpa >> 12, asked[id]);
		given = (struct cert_given) {
			.nr = variant->answer[id], .ret = c.rev->answer[variant->answer[id]].ret,
			.rbx = asked[id], .npages = needed[id],
		};
		if (!cert_case_answer(&c, given.ret, &needed[id], REQ_SNP_CERTS_VCPU))
			return;
		EXPECT_REQ_TRUE(REQ_SNP_CERTS_VCPU, "the answer is not the other vCPU's",
				c.cpu->req->answer.exit_info_2 !=
				c.rev->answer[variant->answer[!id]].exit_info_2);
		expect_cert_answer(&c, &given);
	}
	cert_case_end(&c);
}

CERT_MAIN
