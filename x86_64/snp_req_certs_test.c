// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificate exits: what KVM asks its VMM for when an SNP guest makes an
 * Extended Guest Request (NAE event 0x80000012) of type MSG_REPORT_REQ, and
 * what each answer of the VMM does to the guest.
 *
 * The rows of every table are macros of a revision (see cert_exit.h): a
 * revision is added by a line below each table.
 *
 * Not ABI, so not checked: exit_reason after KVM_RUN failed with EINTR, and
 * what a guest finds in RAX, RCX and RDX.
 */
#include "harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "cert_table.h"
#include "request_check.h"

/* What a row says of its revision; the tag is part of the cases' names. */
#define NAME_coco_v1	"coco-v1"
#define REV_coco_v1	&cert_revisions[CERT_COCO_V1]
#define NAME_certs_v7	"certs-v7"
#define REV_certs_v7	&cert_revisions[CERT_CERTS_V7]

#define ROW(tag, ...)	COCO_ROW(NAME_##tag, __VA_ARGS__), .rev = REV_##tag

/* ---- guest ---- */

static void guest_requests(struct guest_request *req)
{
	ghcb_register();
	guest_request_loop(req);
}

/* ---- host ---- */

/* A case's VM, launched, its guests waiting for a request. */
struct certs {
	const struct cert_revision *rev;
	struct request_vm *v;
	struct request_cpu *cpu;	/* the first */
	struct request_fw fw;
};

/* False: the case is over, @rev can't be had or the guests didn't come up. */
static bool start(struct certs *c, const struct cert_revision *rev, unsigned int nr_vcpus,
		  bool enable)
{
	unsigned int i;

	if (!cert_revision_spoken(rev))
		return false;
	c->rev = rev;
	c->v = request_vm_create_bare();
	c->cpu = &c->v->cpu[0];
	if (enable && !EXPECT_REQ_EQ(REQ_SNP_CERTS_CAP_ENABLE, "enabling the exit", 0,
				     -__cert_exit_enable(c->v->snp->vm, rev, rev->cap_mask, 0),
				     &names_errno))
		return false;
	/* Some revisions refuse to be enabled when there are vCPUs. */
	request_vm_add_vcpus(c->v, nr_vcpus, guest_requests);
	snp_vm_launch(c->v->snp);
	for (i = 0; i < nr_vcpus; i++)
		if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, c->v->cpu[i].vcpu, STAGE_READY))
			return false;
	request_fw_init(&c->fw, 0, 0);
	return true;
}

/* The guest asks for a report with @npages pages; KVM_RUN up to the exit that @req wants. */
static bool ask(struct certs *c, uint64_t npages, enum requirement_nr req)
{
	request_prepare(c->cpu, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, npages);
	return EXPECT_REQ_EXIT(req, c->cpu->vcpu, c->rev->exit_reason);
}

/* The VMM's answer; KVM_RUN until the guest, by requirement @req, has it. */
static bool answer(struct certs *c, uint64_t ret, const uint64_t *npages, enum requirement_nr req)
{
	cert_exit_answer(c->rev, c->cpu->vcpu->run, ret, npages);
	return EXPECT_REQ_SYNC(req, c->cpu->vcpu, STAGE_ANSWERED);
}

/* ---- the capability ---- */

COCO_FIXTURE(certs_cap);
FIXTURE_VARIANT(certs_cap)
{
	struct check_row row;
	const struct cert_revision *rev;
};

FIXTURE_VARIANT_ADD(certs_cap, coco_v1)
{
	ROW(coco_v1, REQ_SNP_CERTS_CAP_MASK),
};

COCO_TEST_F(certs_cap, check_extension)
{
	long cap = cert_revision_cap(variant->rev);
	struct request_vm *v;

	if (!cert_revision_spoken(variant->rev))
		return;
	v = request_vm_create(1, guest_requests);
	EXPECT_REQ_EQ(check_main_req(), "KVM_CHECK_EXTENSION of the VM", variant->rev->cap_mask,
		      __vm_ioctl(v->snp->vm, KVM_CHECK_EXTENSION, (void *)cap), &names_value);
	request_vm_free(v);
}

COCO_FIXTURE(certs_enable);
FIXTURE_VARIANT(certs_enable)
{
	struct check_row row;
	const struct cert_revision *rev;
	uint64_t arg;
	uint32_t flags;
	int err;
};

#define ENABLE_ROW(tag, name, req, arg_, flags_, err_)		\
	FIXTURE_VARIANT_ADD(certs_enable, tag##_##name)		\
	{							\
		ROW(tag, req),					\
		.arg = arg_, .flags = flags_, .err = err_,	\
	};
#define ENABLE_MASK_ROWS(tag)								\
	ENABLE_ROW(tag, none, REQ_SNP_CERTS_CAP_ENABLE, 0, 0, 0)			\
	ENABLE_ROW(tag, all, REQ_SNP_CERTS_CAP_ENABLE, 1, 0, 0)				\
	ENABLE_ROW(tag, bit_1, REQ_SNP_CERTS_CAP_BAD, 1ull << 1, 0, EINVAL)		\
	ENABLE_ROW(tag, bits_0_and_1, REQ_SNP_CERTS_CAP_BAD, 3, 0, EINVAL)		\
	ENABLE_ROW(tag, bit_31, REQ_SNP_CERTS_CAP_BAD, 1ull << 31, 0, EINVAL)		\
	ENABLE_ROW(tag, bits_0_and_32, REQ_SNP_CERTS_CAP_BAD, (1ull << 32) | 1, 0, EINVAL)\
	ENABLE_ROW(tag, bit_63, REQ_SNP_CERTS_CAP_BAD, 1ull << 63, 0, EINVAL)		\
	ENABLE_ROW(tag, flags_1, REQ_SNP_CERTS_CAP_FLAGS, 1, 1, EINVAL)

ENABLE_MASK_ROWS(coco_v1)

COCO_TEST_F(certs_enable, enable_cap)
{
	struct request_vm *v;

	if (!cert_revision_spoken(variant->rev))
		return;
	v = request_vm_create(1, guest_requests);
	EXPECT_REQ_EQ(check_main_req(), "KVM_ENABLE_CAP", variant->err,
		      -__cert_exit_enable(v->snp->vm, variant->rev, variant->arg, variant->flags),
		      &names_errno);
	request_vm_free(v);
}

/* ---- the exit's fields ---- */

COCO_FIXTURE(certs_exit);
FIXTURE_VARIANT(certs_exit)
{
	struct check_row row;
	const struct cert_revision *rev;
	uint64_t gfn;		/* GFN_DATA: of the guest's data pages */
	uint64_t npages;
};

#define GFN_DATA	~0ull

#define EXIT_ROW(tag, name, gfn_, npages_)						\
	FIXTURE_VARIANT_ADD(certs_exit, tag##_##name)					\
	{										\
		ROW(tag, REQ_SNP_CERTS_EXIT, REQ_SNP_CERTS_EXIT_NR, REQ_SNP_CERTS_EXIT_PAD,\
		    REQ_SNP_CERTS_EXIT_GFN, REQ_SNP_CERTS_EXIT_NPAGES,			\
		    REQ_SNP_CERTS_EXIT_RET, REQ_SNP_CERTS_EXIT_EARLY, REQ_SNP_CERTS_RET_0),\
		.gfn = gfn_, .npages = npages_,						\
	};
#define EXIT_ROWS(tag)								\
	EXIT_ROW(tag, data_npages_0, GFN_DATA, 0)				\
	EXIT_ROW(tag, data_npages_1, GFN_DATA, 1)				\
	EXIT_ROW(tag, data_npages_2, GFN_DATA, 2)				\
	EXIT_ROW(tag, data_npages_2_20, GFN_DATA, 1ull << 20)			\
	EXIT_ROW(tag, data_npages_2_32_minus_1, GFN_DATA, (1ull << 32) - 1)	\
	EXIT_ROW(tag, data_npages_2_32_plus_1, GFN_DATA, (1ull << 32) + 1)	\
	EXIT_ROW(tag, data_npages_all_ones, GFN_DATA, ~0ull)			\
	EXIT_ROW(tag, gfn_0, 0, 1)						\
	EXIT_ROW(tag, gfn_1, 1, 3)						\
	EXIT_ROW(tag, gfn_2_20, 1ull << 20, 1)					\
	EXIT_ROW(tag, gfn_2_32_plus_1, (1ull << 32) + 1, 1)			\
	EXIT_ROW(tag, gfn_all_ones, ~0ull >> 12, 1)

EXIT_ROWS(coco_v1)
EXIT_ROWS(certs_v7)

COCO_TEST_F(certs_exit, fields)
{
	struct certs c;
	uint64_t gfn;

	if (!start(&c, variant->rev, 1, true))
		return;
	gfn = variant->gfn == GFN_DATA ? c.cpu->data.gpa >> 12 : variant->gfn;
	request_prepare(c.cpu, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, variant->npages);
	c.cpu->req->rax = gfn << 12;

	/* What an earlier exit left behind would hide a field that KVM forgets. */
	memset((char *)c.cpu->vcpu->run + KVM_RUN_EXIT_OFFSET, 0xff, 64);

	if (!EXPECT_REQ_EXIT(REQ_SNP_CERTS_EXIT, c.cpu->vcpu, c.rev->exit_reason))
		return;
	expect_cert_exit(c.rev, c.cpu, gfn, variant->npages);
	expect_nothing_done(REQ_SNP_CERTS_EXIT_EARLY, c.cpu);

	if (answer(&c, 0, NULL, REQ_SNP_CERTS_RET_0)) {
		expect_cert_answer(c.rev, c.cpu, CERT_ANSWER_OK, variant->npages, 0, &c.fw, 1);
		expect_data(REQ_SNP_CERTS_TABLE, c.cpu, 0);
	}
	request_vm_free(c.v);
}

/* ---- the certificate table ---- */

COCO_FIXTURE(certs_table);
FIXTURE_VARIANT(certs_table)
{
	struct check_row row;
	const struct cert_revision *rev;
	unsigned int nr_certs;
	uint32_t length;	/* bytes each */
	uint64_t npages;
};

#define TABLE_ROW(tag, name, certs_, length_, npages_)					\
	FIXTURE_VARIANT_ADD(certs_table, tag##_##name)					\
	{										\
		ROW(tag, REQ_SNP_CERTS_TABLE, REQ_SNP_CERTS_RET_0, REQ_SNP_REQ_RESPONSE,\
		    REQ_SNP_REQ_BYTES, REQ_SNP_CERTS_RBX_KEPT),				\
		.nr_certs = certs_, .length = length_, .npages = npages_,		\
	};
#define TABLE_ROWS(tag)						\
	TABLE_ROW(tag, empty, 0, 0, 1)				\
	TABLE_ROW(tag, one_cert, 1, 1400, 1)			\
	TABLE_ROW(tag, three_certs_3_pages, 3, 2731, 3)		\
	TABLE_ROW(tag, full_4_pages, 2, 8156, 4)

TABLE_ROWS(coco_v1)
TABLE_ROWS(certs_v7)

#define MAX_CERTS	3

/* @nr certificates of the row's length, each with bytes of its own. */
static void make_certs(struct cert *certs, unsigned int nr, uint32_t length)
{
	static uint8_t data[MAX_CERTS][MAX_DATA_PAGES * REQUEST_PAGE];
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		for (j = 0; j < length; j++)
			data[i][j] = i * 101 + j * 3 + (j >> 8);
		memset(certs[i].guid, 0xc0 + i, sizeof(certs[i].guid));
		certs[i].data = data[i];
		certs[i].length = length;
	}
}

COCO_TEST_F(certs_table, read_back)
{
	static uint8_t table[MAX_DATA_PAGES * REQUEST_PAGE];
	struct cert certs[MAX_CERTS] = {}, seen[MAX_CERTS];
	struct certs c;
	uint64_t gpa;

	if (!start(&c, variant->rev, 1, true))
		return;
	make_certs(certs, variant->nr_certs, variant->length);
	memset(table, POISON_DATA, sizeof(table));
	TEST_ASSERT(!cert_table_build(table, variant->npages, certs, variant->nr_certs),
		    "the row's certificates don't fit its pages");

	if (!ask(&c, variant->npages, REQ_SNP_CERTS_EXIT))
		return;
	/* As a VMM does: through the address that the exit names. */
	gpa = cert_exit_read(c.rev, c.cpu->vcpu->run).addr << c.rev->addr_shift;
	if (EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_GFN, "address of the pages", c.cpu->data.gpa, gpa,
			  &names_gpa))
		memcpy(addr_gpa2hva(c.v->snp->vm, gpa), table, variant->npages * REQUEST_PAGE);

	if (answer(&c, 0, NULL, REQ_SNP_CERTS_RET_0)) {
		expect_cert_answer(c.rev, c.cpu, CERT_ANSWER_OK, variant->npages, 0, &c.fw, 1);
		EXPECT_REQ_BYTES(REQ_SNP_CERTS_TABLE, "the table as the guest read it", table,
				 request_seen_data(c.cpu), sizeof(table));
		EXPECT_REQ_EQ(REQ_SNP_CERTS_TABLE, "certificates in the guest's table",
			      variant->nr_certs,
			      cert_table_parse(request_seen_data(c.cpu), variant->npages, seen,
					       MAX_CERTS), &names_count);
	}
	request_vm_free(c.v);
}

/* ---- the VMM's errors ---- */

COCO_FIXTURE(certs_error);
FIXTURE_VARIANT(certs_error)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum cert_answer_nr answer;
	uint64_t ret;			/* 0: as cert_exit.h has it */
	uint64_t rbx;			/* the guest's */
	uint64_t npages;		/* the VMM's; 0: as KVM left it */
};

#define ERROR_ROW(tag, name, answer_, ret_, rbx_, npages_, ...)				\
	FIXTURE_VARIANT_ADD(certs_error, tag##_##name)					\
	{										\
		ROW(tag, __VA_ARGS__, REQ_SNP_CERTS_ERR_INFO1, REQ_SNP_CERTS_ERR_NO_FW,	\
		    REQ_SNP_CERTS_ERR_RESPONSE),					\
		.answer = answer_, .ret = ret_, .rbx = rbx_, .npages = npages_,		\
	};
#define LEN_ROW(tag, name, rbx_, npages_)						\
	ERROR_ROW(tag, name, CERT_ANSWER_LEN, 0, rbx_, npages_, REQ_SNP_CERTS_RET_LEN,	\
		  REQ_SNP_CERTS_RET_LEN_RBX)
#define NAMED_ROW(tag, name, rbx_, npages_)						\
	ERROR_ROW(tag, name, CERT_ANSWER_ERROR, 0, rbx_, npages_, REQ_SNP_CERTS_RET_GENERIC,\
		  REQ_SNP_CERTS_RBX_KEPT)
#define OTHER_ROW(tag, name, ret_)							\
	ERROR_ROW(tag, name, CERT_ANSWER_OTHER, ret_, 1, 7, REQ_SNP_CERTS_RET_OTHER,	\
		  REQ_SNP_CERTS_RBX_KEPT)

#define LEN_ROWS(tag)							\
	LEN_ROW(tag, len_0_wants_1, 0, 1)				\
	LEN_ROW(tag, len_1_wants_2, 1, 2)				\
	LEN_ROW(tag, len_1_wants_16, 1, 16)				\
	LEN_ROW(tag, len_2_wants_1, 2, 1)				\
	LEN_ROW(tag, len_1_wants_2_32_minus_1, 1, (1ull << 32) - 1)	\
	LEN_ROW(tag, len_3_as_it_was, 3, 0)
#define NAMED_ROWS(tag)							\
	NAMED_ROW(tag, error_1, 1, 0)					\
	NAMED_ROW(tag, error_npages_changed, 2, 9)			\
	NAMED_ROW(tag, error_2_32_plus_1, (1ull << 32) + 1, 0)

LEN_ROWS(coco_v1)
LEN_ROWS(certs_v7)
NAMED_ROWS(coco_v1)
NAMED_ROWS(certs_v7)
OTHER_ROW(coco_v1, other_2, 2)
OTHER_ROW(coco_v1, other_11, 11)
OTHER_ROW(coco_v1, other_28, 28)
OTHER_ROW(coco_v1, other_2_31_minus_1, (1u << 31) - 1)
OTHER_ROW(coco_v1, other_2_31_plus_1, (1u << 31) + 1)
OTHER_ROW(coco_v1, other_all_ones, ~0u)

ERROR_ROW(certs_v7, busy_11, CERT_ANSWER_BUSY, 0, 1, 7, REQ_SNP_CERTS_RET_OTHER,
	  REQ_SNP_CERTS_RBX_KEPT)

COCO_TEST_F(certs_error, guest_sees)
{
	uint64_t npages = variant->npages ?: variant->rbx;
	struct certs c;

	if (!start(&c, variant->rev, 1, true) || !ask(&c, variant->rbx, REQ_SNP_CERTS_EXIT))
		return;
	if (answer(&c, variant->ret ?: c.rev->answer[variant->answer].ret,
		   variant->npages ? &npages : NULL, check_main_req())) {
		expect_cert_answer(c.rev, c.cpu, variant->answer, variant->rbx, npages, &c.fw, 0);
		expect_data(REQ_SNP_CERTS_TABLE, c.cpu, 0);
	}
	request_vm_free(c.v);
}

/* ---- answers that KVM_RUN refuses ---- */

COCO_FIXTURE(certs_refused);
FIXTURE_VARIANT(certs_refused)
{
	struct check_row row;
	const struct cert_revision *rev;
	uint64_t ret;
};

#define REFUSED_ROW(tag, name, ret_)								\
	FIXTURE_VARIANT_ADD(certs_refused, tag##_##name)				\
	{										\
		ROW(tag, REQ_SNP_CERTS_REFUSED, REQ_SNP_CERTS_REFUSED_NEXT),		\
		.ret = ret_,								\
	};
#define REFUSED_ROWS(tag)				\
	REFUSED_ROW(tag, ret_1, 1)			\
	REFUSED_ROW(tag, ret_minus_1, ~0ull)		\
	REFUSED_ROW(tag, ret_2_32, 1ull << 32)		\
	REFUSED_ROW(tag, ret_eio_high, (1ull << 32) | EIO)

REFUSED_ROWS(certs_v7)

/*
 * The guest runs on with the next KVM_RUN: it must not take its request for one
 * that firmware served.
 */
COCO_TEST_F(certs_refused, next_run)
{
	struct certs c;

	if (!start(&c, variant->rev, 1, true) || !ask(&c, 1, REQ_SNP_CERTS_EXIT))
		return;
	cert_exit_answer(c.rev, c.cpu->vcpu->run, variant->ret, NULL);
	EXPECT_REQ_RUN_ERRNO(REQ_SNP_CERTS_REFUSED, c.cpu->vcpu, EINVAL);
	expect_nothing_done(REQ_SNP_CERTS_REFUSED, c.cpu);

	if (EXPECT_REQ_SYNC(REQ_SNP_CERTS_REFUSED_NEXT, c.cpu->vcpu, STAGE_ANSWERED) &&
	    EXPECT_FW_CALLS(REQ_SNP_CERTS_REFUSED_NEXT, 0))
		EXPECT_REQ_TRUE(REQ_SNP_CERTS_REFUSED_NEXT,
				"the guest's answer tells of an error (SW_EXITINFO1 or 2)",
				c.cpu->req->answer.exit_info_1 || c.cpu->req->answer.exit_info_2);
	request_vm_free(c.v);
}

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
		ROW(tag, REQ_SNP_CERTS_ONCE, req, REQ_SNP_CERTS_RET_0),	\
		.first = first_,					\
	};
#define AGAIN_ROWS(tag)							\
	AGAIN_ROW(tag, after_ok, CERT_ANSWER_OK, REQ_SNP_REQ_RESPONSE)	\
	AGAIN_ROW(tag, after_len, CERT_ANSWER_LEN, REQ_SNP_CERTS_RET_LEN)\
	AGAIN_ROW(tag, after_error, CERT_ANSWER_ERROR, REQ_SNP_CERTS_RET_GENERIC)

AGAIN_ROWS(coco_v1)
AGAIN_ROWS(certs_v7)

COCO_TEST_F(certs_again, second_request)
{
	unsigned int calls = variant->first == CERT_ANSWER_OK;
	const uint64_t asked = 1, needed = 3;
	struct certs c;

	if (!start(&c, variant->rev, 1, true) || !ask(&c, asked, REQ_SNP_CERTS_EXIT) ||
	    !answer(&c, c.rev->answer[variant->first].ret, &needed, REQ_SNP_CERTS_ONCE))
		return;
	expect_cert_answer(c.rev, c.cpu, variant->first, asked, needed, &c.fw, calls);

	if (!ask(&c, needed, REQ_SNP_CERTS_ONCE))
		return;
	expect_cert_exit(c.rev, c.cpu, c.cpu->data.gpa >> 12, needed);
	if (!answer(&c, 0, NULL, REQ_SNP_CERTS_RET_0))
		return;
	expect_cert_answer(c.rev, c.cpu, CERT_ANSWER_OK, needed, needed, &c.fw, calls + 1);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_ONCE, "answers that the guest has had", 2,
		      c.cpu->req->answer.count, &names_count);
	request_vm_free(c.v);
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
		ROW(tag, REQ_SNP_CERTS_IMMEDIATE, req),			\
		.answer = answer_, .times = times_,			\
	};
#define IMMEDIATE_ROWS(tag)							\
	IMMEDIATE_ROW(tag, ok, CERT_ANSWER_OK, 1, REQ_SNP_CERTS_RET_0)		\
	IMMEDIATE_ROW(tag, ok_twice, CERT_ANSWER_OK, 2, REQ_SNP_CERTS_RET_0)	\
	IMMEDIATE_ROW(tag, len, CERT_ANSWER_LEN, 1, REQ_SNP_CERTS_RET_LEN)	\
	IMMEDIATE_ROW(tag, error, CERT_ANSWER_ERROR, 1, REQ_SNP_CERTS_RET_GENERIC)

IMMEDIATE_ROWS(coco_v1)
IMMEDIATE_ROWS(certs_v7)

COCO_TEST_F(certs_immediate, complete)
{
	unsigned int i, calls = variant->answer == CERT_ANSWER_OK;
	const uint64_t npages = 5;
	struct kvm_vcpu *vcpu;
	struct certs c;

	if (!start(&c, variant->rev, 1, true) || !ask(&c, 1, REQ_SNP_CERTS_EXIT))
		return;
	vcpu = c.cpu->vcpu;
	cert_exit_answer(c.rev, vcpu->run, c.rev->answer[variant->answer].ret, &npages);

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
		expect_cert_answer(c.rev, c.cpu, variant->answer, 1, npages, &c.fw, calls);
	request_vm_free(c.v);
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
		ROW(tag, REQ_SNP_CERTS_VCPU, REQ_SNP_CERTS_EXIT_NPAGES),	\
		.answer = { answer0, answer1 }, .first = first_,		\
	};
#define VCPUS_ROWS(tag)							\
	VCPUS_ROW(tag, ok_error, CERT_ANSWER_OK, CERT_ANSWER_ERROR, 0)	\
	VCPUS_ROW(tag, len_ok, CERT_ANSWER_LEN, CERT_ANSWER_OK, 1)

VCPUS_ROWS(coco_v1)
VCPUS_ROWS(certs_v7)

COCO_TEST_F(certs_vcpus, both_pending)
{
	const uint64_t asked[2] = { 2, 3 }, needed[2] = { 8, 9 };
	unsigned int i, id, calls = 0;
	enum cert_answer_nr nr;
	struct certs c;

	if (!start(&c, variant->rev, 2, true))
		return;
	for (id = 0; id < 2; id++) {
		c.cpu = &c.v->cpu[id];
		if (!ask(&c, asked[id], REQ_SNP_CERTS_EXIT))
			return;
	}
	for (i = 0; i < 2; i++) {
		id = variant->first ^ i;
		nr = variant->answer[id];
		c.cpu = &c.v->cpu[id];
		expect_cert_exit(c.rev, c.cpu, c.cpu->data.gpa >> 12, asked[id]);
		if (!answer(&c, c.rev->answer[nr].ret, &needed[id], REQ_SNP_CERTS_VCPU))
			return;
		calls += nr == CERT_ANSWER_OK;
		EXPECT_REQ_TRUE(REQ_SNP_CERTS_VCPU, "the answer is not the other vCPU's",
				c.cpu->req->answer.exit_info_2 !=
				c.rev->answer[variant->answer[!id]].exit_info_2);
		expect_cert_answer(c.rev, c.cpu, nr, asked[id], needed[id], &c.fw, calls);
	}
	request_vm_free(c.v);
}

/* ---- requests that never ask the VMM ---- */

COCO_FIXTURE(certs_no_exit);
FIXTURE_VARIANT(certs_no_exit)
{
	struct check_row row;
	const struct cert_revision *rev;
	bool off;			/* the exit is not enabled */
	uint64_t event;
	uint8_t msg_type;
	uint32_t unmark;		/* MARK_* */
	uint64_t rax_add, request_add;	/* bytes */
	bool malformed;
	uint64_t reason, reason2;	/* SW_EXITINFO2 then; reason2: or this */
	unsigned int zeroed;		/* bytes at RAX */
};

/* Served by firmware all the same. */
#define SERVED_ROW(tag, name, event_, type, req, ...)					\
	FIXTURE_VARIANT_ADD(certs_no_exit, tag##_##name)				\
	{										\
		ROW(tag, req, REQ_SNP_REQ_FW_ONCE, REQ_SNP_REQ_BYTES, REQ_SNP_REQ_RESPONSE),\
		.event = event_, .msg_type = type, __VA_ARGS__				\
	};
#define BAD_ROW(tag, name, req, reason_, reason2_, ...)					\
	FIXTURE_VARIANT_ADD(certs_no_exit, tag##_##name)				\
	{										\
		ROW(tag, req, REQ_SNP_CERTS_NO_EXIT_BAD, REQ_SNP_REQ_BAD_NO_FW),	\
		.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ,	\
		.malformed = true, .reason = reason_, .reason2 = reason2_, __VA_ARGS__	\
	};
#define NO_EXIT_ROWS(tag)								\
	SERVED_ROW(tag, plain_report, GHCB_NAE_GUEST_REQUEST, SNP_MSG_REPORT_REQ,	\
		   REQ_SNP_CERTS_NO_EXIT_PLAIN)						\
	SERVED_ROW(tag, plain_key, GHCB_NAE_GUEST_REQUEST, SNP_MSG_KEY_REQ,		\
		   REQ_SNP_CERTS_NO_EXIT_PLAIN)						\
	SERVED_ROW(tag, type_cpuid, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_CPUID_REQ,	\
		   REQ_SNP_CERTS_NO_EXIT_TYPE)						\
	SERVED_ROW(tag, type_key, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_KEY_REQ,		\
		   REQ_SNP_CERTS_NO_EXIT_TYPE)						\
	SERVED_ROW(tag, type_report_response, GHCB_NAE_EXT_GUEST_REQUEST,		\
		   SNP_MSG_REPORT_REQ + 1, REQ_SNP_CERTS_NO_EXIT_TYPE)			\
	SERVED_ROW(tag, type_0, GHCB_NAE_EXT_GUEST_REQUEST, 0,				\
		   REQ_SNP_CERTS_NO_EXIT_TYPE)						\
	SERVED_ROW(tag, type_key_rax_misaligned, GHCB_NAE_EXT_GUEST_REQUEST,		\
		   SNP_MSG_KEY_REQ, REQ_SNP_CERTS_NO_EXIT_TYPE, .rax_add = 8)		\
	SERVED_ROW(tag, type_key_unmarked, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_KEY_REQ,	\
		   REQ_SNP_CERTS_NO_EXIT_TYPE, .unmark = MARK_RAX | MARK_RBX)		\
	SERVED_ROW(tag, not_enabled, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ,	\
		   REQ_SNP_CERTS_CAP_OFF, .off = true, .zeroed = 24)			\
	BAD_ROW(tag, rax_plus_1, REQ_SNP_EXT_RAX_ALIGN, GHCB_REASON_INVALID_INPUT, 0,	\
		.rax_add = 1)								\
	BAD_ROW(tag, rax_plus_2048, REQ_SNP_EXT_RAX_ALIGN, GHCB_REASON_INVALID_INPUT, 0,\
		.rax_add = 2048)							\
	BAD_ROW(tag, rax_unmarked, REQ_SNP_EXT_RAX_VALID, GHCB_REASON_INVALID_INPUT, 0,	\
		.unmark = MARK_RAX)							\
	BAD_ROW(tag, rbx_unmarked, REQ_SNP_EXT_RBX_VALID, GHCB_REASON_INVALID_INPUT, 0,	\
		.unmark = MARK_RBX)							\
	BAD_ROW(tag, request_misaligned, REQ_SNP_REQ_GPA_RULES,				\
		GHCB_REASON_MISSING_INPUT, GHCB_REASON_INVALID_INPUT, .request_add = 16)

NO_EXIT_ROWS(coco_v1)
NO_EXIT_ROWS(certs_v7)

COCO_TEST_F(certs_no_exit, straight_to_answer)
{
	enum requirement_nr req = check_main_req();
	struct certs c;

	if (!start(&c, variant->rev, 1, !variant->off))
		return;
	request_prepare(c.cpu, variant->event, variant->msg_type, 1);
	c.cpu->req->mark &= ~variant->unmark;
	c.cpu->req->rax += variant->rax_add;
	c.cpu->req->exit_info_1 += variant->request_add;

	if (!EXPECT_REQ_SYNC(variant->malformed ? REQ_SNP_CERTS_NO_EXIT_BAD : req, c.cpu->vcpu,
			     STAGE_ANSWERED))
		return;
	if (variant->malformed)
		expect_malformed(req, c.cpu, variant->reason, variant->reason2);
	else
		expect_served(req, c.cpu, &c.fw, 1);
	expect_data(req, c.cpu, variant->zeroed);
	request_vm_free(c.v);
}

COCO_MAIN(snp_vm_missing)
