// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificate exits: which revision there is, what KVM asks its VMM for when an SNP
 * guest makes an Extended Guest Request (NAE event 0x80000012) of type MSG_REPORT_REQ,
 * which requests make no exit, and the table that the VMM fills in.
 */
#include "snp/cert_rows.h"

#include "kvm_util.h"

#include "snp/cert_table.h"

/* ---- the revision that this kernel speaks ---- */

COCO_FIXTURE(revision);
FIXTURE_VARIANT(revision)
{
	struct check_row row;
	const struct cert_revision *rev;
};

#define REVISION_ROW(tag)				\
	FIXTURE_VARIANT_ADD(revision, tag)		\
	{						\
		CERT_ROW(tag, REQ_SNP_CERTS_NUMBERS),	\
	};
ROWS_OF_ALL(REVISION_ROW)

COCO_TEST_F(revision, spoken)
{
	if (cert_revision_spoken(variant->rev))
		expect_cert_numbers(variant->rev);
	else
		expect_cert_unannounced(variant->rev);
}

/* ---- the exit's fields ---- */

COCO_FIXTURE(certs_exit);
FIXTURE_VARIANT(certs_exit)
{
	struct check_row row;
	const struct cert_revision *rev;
	struct values gfn, npages;	/* each with each; no GFN: of the guest's data pages */
};

#define EXIT_ROW(tag, name, gfn_, npages_)						\
	FIXTURE_VARIANT_ADD(certs_exit, tag##_##name)					\
	{										\
		CERT_ROW(tag, REQ_SNP_CERTS_EXIT, REQ_SNP_CERTS_EXIT_NR, REQ_SNP_CERTS_EXIT_PAD,\
			 REQ_SNP_CERTS_EXIT_GFN, REQ_SNP_CERTS_EXIT_NPAGES,		\
			 REQ_SNP_CERTS_EXIT_RET, REQ_SNP_CERTS_EXIT_EARLY,		\
			 REQ_SNP_CERTS_RET_0),						\
		.gfn = gfn_, .npages = npages_,						\
	};
#define DATA_PAGES	{}
#define EXIT_ROWS(tag)									\
	EXIT_ROW(tag, npages_0, DATA_PAGES, VALUES(0))					\
	EXIT_ROW(tag, npages_small, DATA_PAGES, VALUES(1, 2, 3, 4, 255, 256, 257))	\
	EXIT_ROW(tag, npages_32_bits, DATA_PAGES,					\
		 VALUES(1 << 16, 1 << 20, (1ull << 31) - 1, 1ull << 31, (1ull << 32) - 1)) \
	EXIT_ROW(tag, npages_64_bits, DATA_PAGES,					\
		 VALUES(1ull << 32, (1ull << 32) + 1, 1ull << 52, 1ull << 63, ~0ull))	\
	EXIT_ROW(tag, gfn_0, VALUES(0), VALUES(0, 1))					\
	EXIT_ROW(tag, gfn_any, VALUES(1, 2, 1 << 20, (1ull << 32) - 1, 1ull << 32,	\
				      (1ull << 32) + 1, ~0ull >> 13), VALUES(1))	\
	EXIT_ROW(tag, gfn_all_ones, VALUES(~0ull >> 12), VALUES(1, ~0ull))
ROWS_OF_ALL(EXIT_ROWS)

static void exit_once(struct cert_case *c, uint64_t gfn, uint64_t npages)
{
	cert_case_prepare(c, npages);
	c->cpu->req->rax = gfn << 12;

	/* What an earlier exit left behind would hide a field that KVM forgets. */
	memset((char *)c->cpu->vcpu->run + KVM_RUN_EXIT_OFFSET, 0xff, 64);

	if (!EXPECT_REQ_EXIT(REQ_SNP_CERTS_EXIT, c->cpu->vcpu, c->rev->exit_reason))
		return;
	expect_cert_exit(c, gfn, npages);
	expect_cert_early(c);

	if (cert_case_answer(c, 0, NULL, REQ_SNP_CERTS_RET_0)) {
		expect_cert_answer(c, &(struct cert_given) {
					.nr = CERT_ANSWER_OK, .rbx = npages });
		expect_data(REQ_SNP_CERTS_TABLE, c->cpu, 0);
	}
}

COCO_TEST_F(certs_exit, fields)
{
	struct cert_case c;
	unsigned int i, j;

	if (!cert_case_start(&c, variant->rev, 1, true))
		return;
	for (i = 0; i < (variant->gfn.nr ?: 1); i++)
		for (j = 0; j < variant->npages.nr && !check_failed(); j++)
			exit_once(&c, variant->gfn.nr ? variant->gfn.v[i] :
							c.cpu->data.gpa >> 12,
				  variant->npages.v[j]);
	cert_case_end(&c);
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
		CERT_ROW(tag, REQ_SNP_CERTS_TABLE, REQ_SNP_CERTS_RET_0, REQ_SNP_REQ_RESPONSE,\
			 REQ_SNP_REQ_BYTES, REQ_SNP_CERTS_RBX_KEPT),			\
		.nr_certs = certs_, .length = length_, .npages = npages_,		\
	};
#define TABLE_ROWS(tag)						\
	TABLE_ROW(tag, empty, 0, 0, 1)				\
	TABLE_ROW(tag, one_cert, 1, 1400, 1)			\
	TABLE_ROW(tag, three_certs_3_pages, 3, 2731, 3)		\
	TABLE_ROW(tag, full_4_pages, 2, 8156, 4)

ROWS_OF_ALL(TABLE_ROWS)

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
	struct cert_case c;
	uint64_t gpa;

	if (!cert_case_start(&c, variant->rev, 1, true))
		return;
	make_certs(certs, variant->nr_certs, variant->length);
	memset(table, POISON_DATA, sizeof(table));
	TEST_ASSERT(!cert_table_build(table, variant->npages, certs, variant->nr_certs),
		    "the row's certificates don't fit its pages");

	if (!cert_case_ask(&c, variant->npages, REQ_SNP_CERTS_EXIT))
		return;
	/* As a VMM does: through the address that the exit names. */
	gpa = cert_exit_read(c.rev, c.cpu->vcpu->run).addr << c.rev->addr_shift;
	if (EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_GFN, "address of the pages", c.cpu->data.gpa, gpa,
			  &names_gpa))
		memcpy(addr_gpa2hva(c.v->snp->vm, gpa), table, variant->npages * REQUEST_PAGE);

	if (cert_case_answer(&c, 0, NULL, REQ_SNP_CERTS_RET_0)) {
		expect_cert_answer(&c, &(struct cert_given) {
					.nr = CERT_ANSWER_OK, .rbx = variant->npages });
		EXPECT_REQ_BYTES(REQ_SNP_CERTS_TABLE, "the table as the guest read it", table,
				 request_seen_data(c.cpu), sizeof(table));
		EXPECT_REQ_EQ(REQ_SNP_CERTS_TABLE, "certificates in the guest's table",
			      variant->nr_certs,
			      cert_table_parse(request_seen_data(c.cpu), variant->npages, seen,
					       MAX_CERTS), &names_count);
	}
	cert_case_end(&c);
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
		CERT_ROW(tag, req, REQ_SNP_REQ_FW_ONCE, REQ_SNP_REQ_BYTES, REQ_SNP_REQ_RESPONSE),\
		.event = event_, .msg_type = type, __VA_ARGS__				\
	};
#define BAD_ROW(tag, name, req, reason_, reason2_, ...)					\
	FIXTURE_VARIANT_ADD(certs_no_exit, tag##_##name)				\
	{										\
		CERT_ROW(tag, req, REQ_SNP_CERTS_NO_EXIT_BAD, REQ_SNP_REQ_BAD_NO_FW),	\
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

ROWS_OF_ALL(NO_EXIT_ROWS)

COCO_TEST_F(certs_no_exit, straight_to_answer)
{
	enum requirement_nr req = check_main_req();
	struct cert_case c;

	if (!cert_case_start(&c, variant->rev, 1, !variant->off))
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
	cert_case_end(&c);
}

CERT_MAIN
