// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificate exits: what each answer of the VMM does to the guest, and what it
 * must not touch.
 *
 * Not ABI, so not checked: what a guest finds in RAX, RCX and RDX.
 */
#include "snp/cert_rows.h"

#include "kvm_util.h"

/* ---- answers that reach the guest ---- */

COCO_FIXTURE(certs_answer);
FIXTURE_VARIANT(certs_answer)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum cert_answer_nr answer;
	struct values ret;		/* none: the one that the revision names */
	struct values npages;		/* the VMM's, each with each ret; none: as KVM left it */
	uint64_t rbx;			/* the guest's */
};

#define ANSWER_ROW(tag, name, answer_, req, req_rbx, ...)				\
	FIXTURE_VARIANT_ADD(certs_answer, tag##_##name)					\
	{										\
		CERT_ROW(tag, req, req_rbx, REQ_SNP_CERTS_ERR_INFO1,			\
			 REQ_SNP_CERTS_ERR_NO_FW, REQ_SNP_CERTS_ERR_RESPONSE,		\
			 REQ_SNP_CERTS_GHCB_KEPT, REQ_SNP_CERTS_TABLE),			\
		.answer = answer_, __VA_ARGS__						\
	};

/* 0, the only success: npages and RBX mean nothing then. */
#define OK_ROWS(tag)									\
	ANSWER_ROW(tag, ok, CERT_ANSWER_OK, REQ_SNP_CERTS_RET_0, REQ_SNP_CERTS_RBX_KEPT,\
		   .rbx = 1)								\
	ANSWER_ROW(tag, ok_npages_changed, CERT_ANSWER_OK, REQ_SNP_CERTS_RET_0,		\
		   REQ_SNP_CERTS_RBX_KEPT, .npages = VALUES(0, 9, ~0u), .rbx = 2)	\
	ANSWER_ROW(tag, ok_rbx_all_ones, CERT_ANSWER_OK, REQ_SNP_CERTS_RET_0,		\
		   REQ_SNP_CERTS_RBX_KEPT, .rbx = ~0ull)
ROWS_OF_ALL(OK_ROWS)

#define LEN_ROW(tag, name, ...)								\
	ANSWER_ROW(tag, name, CERT_ANSWER_LEN, REQ_SNP_CERTS_RET_LEN,			\
		   REQ_SNP_CERTS_RET_LEN_RBX, __VA_ARGS__)
#define LEN_ROWS(tag)									\
	LEN_ROW(tag, len_as_it_was, .rbx = 3)						\
	LEN_ROW(tag, len_0, .npages = VALUES(0), .rbx = 1)				\
	LEN_ROW(tag, len_guest_0, .npages = VALUES(1, 2, 16), .rbx = 0)			\
	LEN_ROW(tag, len_guest_1, .npages = VALUES(1, 2, 16), .rbx = 1)			\
	LEN_ROW(tag, len_less, .npages = VALUES(1), .rbx = 2)				\
	LEN_ROW(tag, len_32_bits, .npages = VALUES(1ull << 16, 1ull << 20, (1ull << 31) - 1,\
						   1ull << 31, (1ull << 32) - 1), .rbx = 1)
#define LEN_64_ROWS(tag)								\
	LEN_ROW(tag, len_64_bits, .npages = VALUES(1ull << 32, (1ull << 32) + 1, 1ull << 52,\
						   1ull << 63, ~0ull), .rbx = 1)
ROWS_OF_ALL(LEN_ROWS)
ROWS_OF_COMMAND(LEN_64_ROWS)

#define BUSY_ROWS(tag)									\
	ANSWER_ROW(tag, busy, CERT_ANSWER_BUSY, REQ_SNP_CERTS_RET_BUSY,			\
		   REQ_SNP_CERTS_RBX_KEPT, .npages = VALUES(0, 9, ~0u), .rbx = 1)
ROWS_OF_ERRNO(BUSY_ROWS)

#define ERROR_ROW(tag, name, ...)							\
	ANSWER_ROW(tag, name, CERT_ANSWER_ERROR, REQ_SNP_CERTS_RET_GENERIC,		\
		   REQ_SNP_CERTS_RBX_KEPT, __VA_ARGS__)
#define ERROR_ROWS(tag)									\
	ERROR_ROW(tag, error, .rbx = 1)							\
	ERROR_ROW(tag, error_npages_changed, .npages = VALUES(0, 9, ~0u), .rbx = 2)	\
	ERROR_ROW(tag, error_rbx_2_32_plus_1, .rbx = (1ull << 32) + 1)
ROWS_OF_ALL(ERROR_ROWS)

/* Values that a revision doesn't define but takes, all for the same. */
#define OTHER_ROW(tag, name, ...)							\
	ANSWER_ROW(tag, name, CERT_ANSWER_OTHER, REQ_SNP_CERTS_RET_OTHER,		\
		   REQ_SNP_CERTS_RBX_KEPT, .ret = VALUES(__VA_ARGS__), .npages = VALUES(7), \
		   .rbx = 1)
#define MINUS(value)	((uint32_t)-(value))

OTHER_ROW(coco_v1, other_near, 2, (1u << 31) - 1, (1u << 31) + 1)
OTHER_ROW(coco_v1, other_bits, 1u << 1, 1u << 8, 1u << 16, 1u << 30, 257, 0x10001, 3u << 30)
OTHER_ROW(coco_v1, other_errno, EIO, EAGAIN, EINVAL, ENOSPC)
OTHER_ROW(coco_v1, other_negative, MINUS(1), MINUS(2), MINUS(EAGAIN), MINUS(ENOSPC))

#define OTHER_ERRNO_ROWS(tag)								\
	OTHER_ROW(tag, other_near, EIO - 1, EIO + 1, EAGAIN - 1, EAGAIN + 1, ENOSPC - 1,\
		  ENOSPC + 1)								\
	OTHER_ROW(tag, other_bits, 1u << 8, 0x100 | ENOSPC, 0x10000 | ENOSPC, 0x10000 | EAGAIN, \
		  (1u << 31) - 1, 1u << 31, (1u << 31) | ENOSPC)			\
	OTHER_ROW(tag, other_errno, EPERM, ENOMEM, EINVAL, EOPNOTSUPP, 4095)		\
	OTHER_ROW(tag, other_negative, MINUS(1), MINUS(EIO), MINUS(EAGAIN), MINUS(ENOSPC))
ROWS_OF_ANY_ERRNO(OTHER_ERRNO_ROWS)

static void answer_once(struct cert_case *c, const struct cert_given *given, bool with_npages,
			enum requirement_nr req)
{
	if (!cert_case_ask(c, given->rbx, REQ_SNP_CERTS_EXIT) ||
	    !cert_case_answer(c, given->ret, with_npages ? &given->npages : NULL, req))
		return;
	expect_cert_answer(c, given);
	expect_data(REQ_SNP_CERTS_TABLE, c->cpu, 0);
}

COCO_TEST_F(certs_answer, guest_sees)
{
	struct cert_given given = { .nr = variant->answer, .rbx = variant->rbx };
	struct cert_case c;
	unsigned int i, j;

	if (!cert_case_start(&c, variant->rev, 1, true))
		return;
	/* One round with what there is to say, if it is nothing. */
	for (i = 0; i < (variant->ret.nr ?: 1) && !check_failed(); i++)
		for (j = 0; j < (variant->npages.nr ?: 1) && !check_failed(); j++) {
			given.ret = variant->ret.nr ? variant->ret.v[i] :
						      c.rev->answer[variant->answer].ret;
			given.npages = variant->npages.nr ? variant->npages.v[j] : variant->rbx;
			answer_once(&c, &given, variant->npages.nr, check_main_req());
		}
	cert_case_end(&c);
}

/* ---- firmware, after the VMM has let it have the request ---- */

COCO_FIXTURE(certs_firmware);
FIXTURE_VARIANT(certs_firmware)
{
	struct check_row row;
	const struct cert_revision *rev;
	int issue_err;
	uint32_t status;
};

#define FIRMWARE_ROW(tag, name, req, issue_err_, status_)			\
	FIXTURE_VARIANT_ADD(certs_firmware, tag##_##name)			\
	{									\
		CERT_ROW(tag, req, REQ_SNP_CERTS_RET_0),			\
		.issue_err = issue_err_, .status = status_,			\
	};
#define FIRMWARE_ROWS(tag)							\
	FIRMWARE_ROW(tag, status_1, REQ_SNP_REQ_FW_ERR, 0, 1)			\
	FIRMWARE_ROW(tag, status_22, REQ_SNP_REQ_FW_ERR, 0, 22)			\
	FIRMWARE_ROW(tag, not_issued, REQ_SNP_REQ_ISSUE_ERR, -ETIMEDOUT, 0)
ROWS_OF_ALL(FIRMWARE_ROWS)

COCO_TEST_F(certs_firmware, after_ok)
{
	struct cert_case c;

	if (!cert_case_start(&c, variant->rev, 1, true))
		return;
	request_fw_init(&c.fw, variant->issue_err, variant->status);
	if (!c.fw.modelled) {
		check_skip("firmware here is real, it can't be told to fail");
		return;
	}
	if (!cert_case_ask(&c, 1, REQ_SNP_CERTS_EXIT))
		return;
	if (variant->issue_err) {
		cert_exit_answer(c.rev, c.cpu->vcpu->run, 0, NULL);
		EXPECT_REQ_RUN_ERRNO(check_main_req(), c.cpu->vcpu, -variant->issue_err);
	} else if (cert_case_answer(&c, 0, NULL, check_main_req())) {
		expect_served(check_main_req(), c.cpu, &c.fw, 1);
		expect_ghcb_kept(&c);
	}
	cert_case_end(&c);
}

/* ---- answers that KVM_RUN refuses ---- */

COCO_FIXTURE(certs_refused);
FIXTURE_VARIANT(certs_refused)
{
	struct check_row row;
	const struct cert_revision *rev;
	struct values ret;
};

#define REFUSED_ROW(tag, name, ...)							\
	FIXTURE_VARIANT_ADD(certs_refused, tag##_##name)				\
	{										\
		CERT_ROW(tag, REQ_SNP_CERTS_REFUSED, REQ_SNP_CERTS_REFUSED_NEXT,	\
			 REQ_SNP_CERTS_RET_GENERIC),					\
		.ret = VALUES(__VA_ARGS__),						\
	};
#define REFUSED_ROWS(tag)								\
	REFUSED_ROW(tag, near, EIO - 1, EIO + 1, EAGAIN - 1, EAGAIN + 1, ENOSPC - 1, ENOSPC + 1)\
	REFUSED_ROW(tag, errno, EPERM, ENOMEM, EINVAL, EOPNOTSUPP, 4095)		\
	REFUSED_ROW(tag, negative, -1ull, -(uint64_t)EIO, -(uint64_t)EAGAIN, -(uint64_t)ENOSPC)	\
	REFUSED_ROW(tag, negative_32_bits, MINUS(1), MINUS(EIO), MINUS(EAGAIN), MINUS(ENOSPC))	\
	REFUSED_ROW(tag, bits, 1ull << 8, 0x10000 | ENOSPC, 1ull << 31, 1ull << 32, 1ull << 63)	\
	REFUSED_ROW(tag, high_bits, (1ull << 32) | EIO, (1ull << 32) | EAGAIN,		\
		    (1ull << 32) | ENOSPC, (1ull << 63) | EIO, (1ull << 63) | ENOSPC)
ROWS_OF_COMMAND(REFUSED_ROWS)

/*
 * After the refusal the next KVM_RUN may ask for a valid answer again, or run the
 * guest: which of the two is not ABI.  But the guest must not take its request for
 * one that firmware served.  False: the guest is not waiting for another request.
 */
static bool refused_once(struct cert_case *c, uint64_t ret)
{
	struct kvm_vcpu *vcpu = c->cpu->vcpu;
	int err;

	if (!cert_case_ask(c, 1, REQ_SNP_CERTS_EXIT))
		return false;
	cert_exit_answer(c->rev, vcpu->run, ret, NULL);
	if (!EXPECT_REQ_RUN_ERRNO(REQ_SNP_CERTS_REFUSED, vcpu, EINVAL))
		return false;
	expect_nothing_done(REQ_SNP_CERTS_REFUSED, c->cpu);

	errno = 0;
	err = __vcpu_run(vcpu) ? errno : 0;
	errno = 0;
	if (err == EINVAL) {
		if (!cert_case_answer(c, EIO, NULL, REQ_SNP_CERTS_RET_GENERIC))
			return false;
		expect_cert_answer(c, &(struct cert_given) {
					.nr = CERT_ANSWER_ERROR, .ret = EIO, .rbx = 1 });
		return true;
	}
	if (!EXPECT_REQ_EQ(REQ_SNP_CERTS_REFUSED_NEXT, "the next KVM_RUN", 0, err, &names_errno) ||
	    !EXPECT_REQ_EQ(REQ_SNP_CERTS_REFUSED_NEXT, "exit reason of the next KVM_RUN",
			   KVM_EXIT_IO, vcpu->run->exit_reason, &names_exit_reason))
		return false;
	if (EXPECT_FW_CALLS(REQ_SNP_CERTS_REFUSED_NEXT, 0))
		EXPECT_REQ_TRUE(REQ_SNP_CERTS_REFUSED_NEXT,
				"the guest's answer tells of an error (SW_EXITINFO1 or 2)",
				c->cpu->req->answer.exit_info_1 || c->cpu->req->answer.exit_info_2);
	expect_nothing_done(REQ_SNP_CERTS_REFUSED_NEXT, c->cpu);
	expect_ghcb_kept(c);
	return true;
}

COCO_TEST_F(certs_refused, next_run)
{
	struct cert_case c;
	unsigned int i;

	if (!cert_case_start(&c, variant->rev, 1, true))
		return;
	for (i = 0; i < variant->ret.nr; i++)
		if (!refused_once(&c, variant->ret.v[i]))
			break;
	cert_case_end(&c);
}

CERT_MAIN
