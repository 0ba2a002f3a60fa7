// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP page state changes by NAE event 0x80000010, which exit to the VMM as
 * hypercall KVM_HC_MAP_GPA_RANGE.
 *
 * The VMM here only answers: no page changes its view, so the GFNs need not be
 * of memory.
 *
 * Not ABI, so not checked: cur_page of an entry whose operation was skipped.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/psc_check.h"

#define MAX_ENTRIES	6
#define MAX_EXITS	4

/* ---- NAE event (AMD 56421, "SNP Page State Change") ---- */

COCO_FIXTURE(nae);
FIXTURE_VARIANT(nae)
{
	struct check_row row;
	/* The buffer. */
	uint16_t cur_entry, end_entry;
	uint32_t reserved;
	uint64_t entries[MAX_ENTRIES];
	/* What is wanted. */
	struct psc_exit exits[MAX_EXITS];
	uint64_t info_2, info_2_or;		/* the latter if not 0 */
	uint16_t cur_after;
	enum requirement_nr size_req;		/* of args[2] bits 3:0; 0: PSC_EXIT_SIZE */
	bool disabled;
};

#define PRIVATE_4K(gfn)	PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, gfn, 0)
#define SHARED_4K(gfn)	PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, gfn, 0)
#define PRIVATE_2M(gfn)	PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_2M, gfn, 0)
#define SHARED_2M(gfn)	PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_2M, gfn, 0)
/* Of which @cur_page pages are done. */
#define PARTIAL_2M(gfn, cur_page)	PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_2M, gfn, cur_page)
#define DONE_4K(gfn)			PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, gfn, 1)
#define RESERVED			(0x7full << 57)

#define EXIT_FIELDS	REQ_PSC_EXIT_NR, REQ_PSC_EXIT_VIEW, REQ_PSC_EXIT_SIZE
#define PROGRESS	REQ_PSC_CUR_ENTRY, REQ_PSC_CUR_PAGE, REQ_PSC_KEPT

FIXTURE_VARIANT_ADD(nae, private_4k)
{
	COCO_ROW(NULL, REQ_PSC_EXIT, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.entries = { PRIVATE_4K(PSC_GFN) },
	.exits = { { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 } },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, shared_4k)
{
	COCO_ROW(NULL, REQ_PSC_EXIT, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.entries = { SHARED_4K(PSC_GFN) },
	.exits = { { PSC_GFN, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 } },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, private_2m)
{
	COCO_ROW(NULL, REQ_PSC_EXIT, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.entries = { PRIVATE_2M(PSC_GFN_2M) },
	.exits = { { PSC_GFN_2M, PSC_PAGES_2M, PSC_OP_PRIVATE, PSC_SIZE_2M, 0, 0 } },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, shared_2m)
{
	COCO_ROW(NULL, REQ_PSC_EXIT, EXIT_FIELDS, REQ_PSC_EXIT_FLAGS, REQ_PSC_DONE),
	.entries = { SHARED_2M(PSC_GFN_2M) },
	.exits = { { PSC_GFN_2M, PSC_PAGES_2M, PSC_OP_SHARED, PSC_SIZE_2M, 0, 0 } },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, gfn_max)
{
	COCO_ROW(NULL, REQ_PSC_EXIT, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.end_entry = 1,
	.entries = { SHARED_4K(PSC_GFN_MAX), PRIVATE_2M(PSC_GFN_MAX_2M) },
	.exits = { { PSC_GFN_MAX, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN_MAX_2M, PSC_PAGES_2M, PSC_OP_PRIVATE, PSC_SIZE_2M, 1, 0 } },
	.cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, adjacent_4k)
{
	COCO_ROW(NULL, REQ_PSC_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.end_entry = 2,
	.entries = { PRIVATE_4K(PSC_GFN), PRIVATE_4K(PSC_GFN + 1), PRIVATE_4K(PSC_GFN + 2) },
	.exits = { { PSC_GFN, 3, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 } },
	.cur_after = 3,
};

FIXTURE_VARIANT_ADD(nae, adjacent_2m)
{
	COCO_ROW(NULL, REQ_PSC_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.end_entry = 1,
	.entries = { SHARED_2M(PSC_GFN_2M), SHARED_2M(PSC_GFN_2M + PSC_PAGES_2M) },
	.exits = { { PSC_GFN_2M, 2 * PSC_PAGES_2M, PSC_OP_SHARED, PSC_SIZE_2M, 0, 0 } },
	.cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, apart_gap)
{
	COCO_ROW(NULL, REQ_PSC_NO_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.end_entry = 1,
	.entries = { PRIVATE_4K(PSC_GFN), PRIVATE_4K(PSC_GFN + 2) },
	.exits = { { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN + 2, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, apart_descending)
{
	COCO_ROW(NULL, REQ_PSC_NO_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.end_entry = 1,
	.entries = { SHARED_4K(PSC_GFN + 1), SHARED_4K(PSC_GFN) },
	.exits = { { PSC_GFN + 1, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN, 1, PSC_OP_SHARED, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, apart_same_page)
{
	COCO_ROW(NULL, REQ_PSC_NO_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.end_entry = 1,
	.entries = { SHARED_4K(PSC_GFN), SHARED_4K(PSC_GFN) },
	.exits = { { PSC_GFN, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN, 1, PSC_OP_SHARED, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, apart_operation)
{
	COCO_ROW(NULL, REQ_PSC_NO_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.end_entry = 1,
	.entries = { PRIVATE_4K(PSC_GFN), SHARED_4K(PSC_GFN + 1) },
	.exits = { { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN + 1, 1, PSC_OP_SHARED, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, apart_size)
{
	COCO_ROW(NULL, REQ_PSC_NO_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.end_entry = 2,
	.entries = { SHARED_4K(PSC_GFN_2M - 1), SHARED_2M(PSC_GFN_2M),
		     SHARED_4K(PSC_GFN_2M + PSC_PAGES_2M) },
	.exits = { { PSC_GFN_2M - 1, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN_2M, PSC_PAGES_2M, PSC_OP_SHARED, PSC_SIZE_2M, 1, 0 },
		   { PSC_GFN_2M + PSC_PAGES_2M, 1, PSC_OP_SHARED, PSC_SIZE_4K, 2, 0 } },
	.cur_after = 3,
};

FIXTURE_VARIANT_ADD(nae, apart_wrap)
{
	COCO_ROW(NULL, REQ_PSC_NO_MERGE_WRAP),
	.end_entry = 1,
	.entries = { SHARED_4K(PSC_GFN_MAX), SHARED_4K(0) },
	.exits = { { PSC_GFN_MAX, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 },
		   { 0, 1, PSC_OP_SHARED, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, apart_runs)
{
	COCO_ROW(NULL, REQ_PSC_NO_MERGE, REQ_PSC_MERGE, EXIT_FIELDS, PROGRESS),
	.end_entry = 4,
	.entries = { PRIVATE_4K(PSC_GFN), PRIVATE_4K(PSC_GFN + 1), SHARED_4K(PSC_GFN + 2),
		     SHARED_4K(PSC_GFN + 3), SHARED_4K(PSC_GFN + 5) },
	.exits = { { PSC_GFN, 2, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN + 2, 2, PSC_OP_SHARED, PSC_SIZE_4K, 2, 0 },
		   { PSC_GFN + 5, 1, PSC_OP_SHARED, PSC_SIZE_4K, 4, 0 } },
	.cur_after = 5,
};

/* What lies before cur_entry and behind end_entry would be adjacent. */
FIXTURE_VARIANT_ADD(nae, cur_entry_middle)
{
	COCO_ROW(NULL, REQ_PSC_SKIP_DONE, REQ_PSC_EXIT, PROGRESS),
	.cur_entry = 1, .end_entry = 2,
	.entries = { PRIVATE_4K(PSC_GFN), PRIVATE_4K(PSC_GFN + 1), PRIVATE_4K(PSC_GFN + 2),
		     PRIVATE_4K(PSC_GFN + 3) },
	.exits = { { PSC_GFN + 1, 2, PSC_OP_PRIVATE, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 3,
};

FIXTURE_VARIANT_ADD(nae, done_first)
{
	COCO_ROW(NULL, REQ_PSC_SKIP_DONE, PROGRESS),
	.end_entry = 1,
	.entries = { DONE_4K(PSC_GFN), PRIVATE_4K(PSC_GFN + 1) },
	.exits = { { PSC_GFN + 1, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, done_middle)
{
	COCO_ROW(NULL, REQ_PSC_SKIP_DONE, PROGRESS),
	.end_entry = 2,
	.entries = { PRIVATE_4K(PSC_GFN), DONE_4K(PSC_GFN + 1), PRIVATE_4K(PSC_GFN + 2) },
	.exits = { { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN + 2, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 2, 0 } },
	.cur_after = 3,
};

FIXTURE_VARIANT_ADD(nae, done_2m)
{
	COCO_ROW(NULL, REQ_PSC_SKIP_DONE, PROGRESS, REQ_PSC_DONE),
	.entries = { PARTIAL_2M(PSC_GFN_2M, PSC_PAGES_2M) },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, partial_first_page)
{
	COCO_ROW(NULL, REQ_PSC_PARTIAL, REQ_PSC_PARTIAL_SIZE, PROGRESS),
	.entries = { PARTIAL_2M(PSC_GFN_2M, 1) },
	.exits = { { PSC_GFN_2M + 1, PSC_PAGES_2M - 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 } },
	.cur_after = 1, .size_req = REQ_PSC_PARTIAL_SIZE,
};

FIXTURE_VARIANT_ADD(nae, partial_last_page)
{
	COCO_ROW(NULL, REQ_PSC_PARTIAL, REQ_PSC_PARTIAL_SIZE, PROGRESS),
	.entries = { PARTIAL_2M(PSC_GFN_2M, PSC_PAGES_2M - 1) },
	.exits = { { PSC_GFN_2M + PSC_PAGES_2M - 1, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 } },
	.cur_after = 1, .size_req = REQ_PSC_PARTIAL_SIZE,
};

/* The second entry lies in what is left of the first, as many pages from its start. */
FIXTURE_VARIANT_ADD(nae, partial_and_inside)
{
	COCO_ROW(NULL, REQ_PSC_PARTIAL_MERGE, REQ_PSC_PARTIAL_SIZE, PROGRESS),
	.end_entry = 1,
	.entries = { PARTIAL_2M(PSC_GFN_2M, 1),
		     PRIVATE_4K(PSC_GFN_2M + PSC_PAGES_2M - 1) },
	.exits = { { PSC_GFN_2M + 1, PSC_PAGES_2M - 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN_2M + PSC_PAGES_2M - 1, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 2, .size_req = REQ_PSC_PARTIAL_SIZE,
};

FIXTURE_VARIANT_ADD(nae, skipped_operations)
{
	COCO_ROW(NULL, REQ_PSC_SKIP_OPS, REQ_PSC_CUR_ENTRY, REQ_PSC_KEPT),
	.end_entry = 3,
	.entries = { PSC_ENTRY(PSC_OP_PSMASH, PSC_SIZE_2M, PSC_GFN_2M, 0),
		     SHARED_4K(PSC_GFN),
		     PSC_ENTRY(PSC_OP_UNSMASH, PSC_SIZE_2M, PSC_GFN_2M, 0),
		     PSC_ENTRY(15, PSC_SIZE_4K, PSC_GFN, 0) },
	.exits = { { PSC_GFN, 1, PSC_OP_SHARED, PSC_SIZE_4K, 1, 0 } },
	.cur_after = 4,
};

FIXTURE_VARIANT_ADD(nae, skipped_only)
{
	COCO_ROW(NULL, REQ_PSC_SKIP_OPS, REQ_PSC_CUR_ENTRY, REQ_PSC_KEPT),
	.entries = { PSC_ENTRY(0, PSC_SIZE_4K, PSC_GFN, 0) },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, reserved_header)
{
	COCO_ROW(NULL, REQ_PSC_RESERVED, EXIT_FIELDS, PROGRESS),
	.reserved = ~0u,
	.entries = { PRIVATE_4K(PSC_GFN) },
	.exits = { { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 } },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, reserved_entry)
{
	COCO_ROW(NULL, REQ_PSC_RESERVED, EXIT_FIELDS, PROGRESS),
	.entries = { RESERVED | PRIVATE_4K(PSC_GFN) },
	.exits = { { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 } },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, reserved_entry_2m)
{
	COCO_ROW(NULL, REQ_PSC_RESERVED, EXIT_FIELDS, PROGRESS),
	.entries = { RESERVED | SHARED_2M(PSC_GFN_2M) },
	.exits = { { PSC_GFN_2M, PSC_PAGES_2M, PSC_OP_SHARED, PSC_SIZE_2M, 0, 0 } },
	.cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, refused_einval)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_INFO_1),
	.entries = { PRIVATE_4K(PSC_GFN) },
	.exits = { { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, EINVAL } },
	.info_2 = PSC_ANSWER_GENERIC, .cur_after = 0,
};

FIXTURE_VARIANT_ADD(nae, refused_eagain)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_INFO_1),
	.entries = { SHARED_4K(PSC_GFN) },
	.exits = { { PSC_GFN, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, EAGAIN } },
	.info_2 = PSC_ANSWER_GENERIC, .cur_after = 0,
};

FIXTURE_VARIANT_ADD(nae, refused_2m)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_INFO_1),
	.entries = { PRIVATE_2M(PSC_GFN_2M) },
	.exits = { { PSC_GFN_2M, PSC_PAGES_2M, PSC_OP_PRIVATE, PSC_SIZE_2M, 0, EINVAL } },
	.info_2 = PSC_ANSWER_GENERIC, .cur_after = 0,
};

/* One exit for several entries: either all of them are done, or none. */
FIXTURE_VARIANT_ADD(nae, refused_merged)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_INFO_1),
	.end_entry = 3,
	.entries = { SHARED_4K(PSC_GFN), PRIVATE_4K(PSC_GFN), PRIVATE_4K(PSC_GFN + 1),
		     PRIVATE_4K(PSC_GFN + 2) },
	.exits = { { PSC_GFN, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 },
		   { PSC_GFN, 3, PSC_OP_PRIVATE, PSC_SIZE_4K, 1, EAGAIN } },
	.info_2 = PSC_ANSWER_GENERIC, .cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, not_enabled)
{
	COCO_ROW(NULL, REQ_PSC_CAP_OFF, PROGRESS, REQ_PSC_INFO_1),
	.disabled = true, .entries = { PRIVATE_4K(PSC_GFN) },
	.info_2 = PSC_ANSWER_GENERIC, .cur_after = 0,
};

FIXTURE_VARIANT_ADD(nae, end_entry_253)
{
	COCO_ROW(NULL, REQ_PSC_BAD_HDR, PROGRESS, REQ_PSC_INFO_1),
	.end_entry = PSC_MAX_ENTRIES, .entries = { PRIVATE_4K(PSC_GFN) },
	.info_2 = PSC_ANSWER_BAD_HDR, .cur_after = 0,
};

FIXTURE_VARIANT_ADD(nae, end_entry_65535)
{
	COCO_ROW(NULL, REQ_PSC_BAD_HDR, PROGRESS, REQ_PSC_INFO_1),
	.end_entry = UINT16_MAX, .entries = { PRIVATE_4K(PSC_GFN) },
	.info_2 = PSC_ANSWER_BAD_HDR, .cur_after = 0,
};

FIXTURE_VARIANT_ADD(nae, cur_and_end_entry_253)
{
	COCO_ROW(NULL, REQ_PSC_BAD_HDR, PROGRESS, REQ_PSC_INFO_1),
	.cur_entry = PSC_MAX_ENTRIES, .end_entry = PSC_MAX_ENTRIES,
	.info_2 = PSC_ANSWER_BAD_HDR, .cur_after = PSC_MAX_ENTRIES,
};

FIXTURE_VARIANT_ADD(nae, cur_entry_past_end)
{
	COCO_ROW(NULL, REQ_PSC_PAST_END, PROGRESS, REQ_PSC_INFO_1),
	.cur_entry = 2, .end_entry = 1,
	.entries = { PRIVATE_4K(PSC_GFN), PRIVATE_4K(PSC_GFN + 2), PRIVATE_4K(PSC_GFN + 4) },
	.info_2 = PSC_ANSWER_DONE, .info_2_or = PSC_ANSWER_BAD_HDR, .cur_after = 2,
};

FIXTURE_VARIANT_ADD(nae, cur_entry_65535)
{
	COCO_ROW(NULL, REQ_PSC_PAST_END, PROGRESS, REQ_PSC_INFO_1),
	.cur_entry = UINT16_MAX, .end_entry = 0, .entries = { PRIVATE_4K(PSC_GFN) },
	.info_2 = PSC_ANSWER_DONE, .info_2_or = PSC_ANSWER_BAD_HDR, .cur_after = UINT16_MAX,
};

FIXTURE_VARIANT_ADD(nae, gfn_misaligned)
{
	COCO_ROW(NULL, REQ_PSC_BAD_GFN, PROGRESS, REQ_PSC_INFO_1),
	.entries = { PRIVATE_2M(PSC_GFN_2M + 1) },
	.info_2 = PSC_ANSWER_BAD_ENTRY, .cur_after = 0,
};

/* What came before it is done, and cur_entry names it. */
FIXTURE_VARIANT_ADD(nae, gfn_misaligned_second)
{
	COCO_ROW(NULL, REQ_PSC_BAD_GFN, PROGRESS, REQ_PSC_INFO_1),
	.end_entry = 2,
	.entries = { PRIVATE_4K(PSC_GFN), SHARED_2M(PSC_GFN_2M + 256), PRIVATE_4K(PSC_GFN) },
	.exits = { { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 } },
	.info_2 = PSC_ANSWER_BAD_ENTRY, .cur_after = 1,
};

FIXTURE_VARIANT_ADD(nae, cur_page_2_of_4k)
{
	COCO_ROW(NULL, REQ_PSC_BAD_CUR_PAGE, PROGRESS, REQ_PSC_INFO_1),
	.entries = { PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, PSC_GFN, 2) },
	.info_2 = PSC_ANSWER_BAD_ENTRY, .cur_after = 0,
};

FIXTURE_VARIANT_ADD(nae, cur_page_513_of_2m)
{
	COCO_ROW(NULL, REQ_PSC_BAD_CUR_PAGE, PROGRESS, REQ_PSC_INFO_1),
	.entries = { PARTIAL_2M(PSC_GFN_2M, PSC_PAGES_2M + 1) },
	.info_2 = PSC_ANSWER_BAD_ENTRY, .cur_after = 0,
};

FIXTURE_VARIANT_ADD(nae, cur_page_4095_second)
{
	COCO_ROW(NULL, REQ_PSC_BAD_CUR_PAGE, PROGRESS, REQ_PSC_INFO_1),
	.end_entry = 1,
	.entries = { SHARED_4K(PSC_GFN),
		     PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, PSC_GFN + 1, 0xfff) },
	.exits = { { PSC_GFN, 1, PSC_OP_SHARED, PSC_SIZE_4K, 0, 0 } },
	.info_2 = PSC_ANSWER_BAD_ENTRY, .cur_after = 1,
};

COCO_TEST_F(nae, answer)
{
	enum requirement_nr req = check_main_req();
	uint64_t info_2 = variant->info_2;
	struct psc_vm v;
	unsigned int before, i;

	if (!psc_vm_start(&v, !variant->disabled))
		return;
	psc_prepare(&v, 0, sizeof(v.req->buffer));
	v.req->buffer.cur_entry = variant->cur_entry;
	v.req->buffer.end_entry = variant->end_entry;
	v.req->buffer.reserved = variant->reserved;
	memcpy(v.req->buffer.entries, variant->entries, sizeof(variant->entries));

	for (i = 0; i < MAX_EXITS && variant->exits[i].npages; i++) {
		before = check_nr_failures();
		if (!expect_psc_nae_exit(req, variant->size_req ?: REQ_PSC_EXIT_SIZE, &v,
					 &variant->exits[i]))
			return;
		/* What comes after a wrong exit says nothing more; but a size that is known wrong. */
		if (check_nr_failures() > before + !!variant->size_req)
			return;
	}
	if (!EXPECT_REQ_SYNC(req, v.vcpu, PSC_STAGE_ANSWERED))
		return;
	if (variant->info_2_or && v.req->answer.exit_info_2 == variant->info_2_or)
		info_2 = variant->info_2_or;
	else if (!variant->info_2_or && info_2 == PSC_ANSWER_DONE)
		req = REQ_PSC_DONE;
	expect_psc_answer(req, &v, info_2, variant->cur_after);
	snp_vm_free(v.snp);
}

/* ---- a full buffer ---- */

COCO_FIXTURE(full);
FIXTURE_VARIANT(full)
{
	struct check_row row;
	uint8_t size;
	bool apart;
	unsigned int refused;		/* this exit, counted from 1; 0: none */
};

FIXTURE_VARIANT_ADD(full, adjacent_4k)
{
	COCO_ROW(NULL, REQ_PSC_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.size = PSC_SIZE_4K,
};

FIXTURE_VARIANT_ADD(full, adjacent_2m)
{
	COCO_ROW(NULL, REQ_PSC_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.size = PSC_SIZE_2M,
};

FIXTURE_VARIANT_ADD(full, apart_4k)
{
	COCO_ROW(NULL, REQ_PSC_NO_MERGE, EXIT_FIELDS, PROGRESS, REQ_PSC_DONE),
	.size = PSC_SIZE_4K, .apart = true,
};

FIXTURE_VARIANT_ADD(full, apart_first_refused)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_INFO_1),
	.size = PSC_SIZE_2M, .apart = true, .refused = 1,
};

FIXTURE_VARIANT_ADD(full, apart_middle_refused)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_INFO_1),
	.size = PSC_SIZE_2M, .apart = true, .refused = PSC_MAX_ENTRIES / 2,
};

FIXTURE_VARIANT_ADD(full, apart_last_refused)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_INFO_1),
	.size = PSC_SIZE_4K, .apart = true, .refused = PSC_MAX_ENTRIES,
};

COCO_TEST_F(full, answer)
{
	uint64_t pages = variant->size == PSC_SIZE_2M ? PSC_PAGES_2M : 1;
	enum requirement_nr req = check_main_req();
	unsigned int i, nr_exits = variant->apart ? PSC_MAX_ENTRIES : 1;
	uint64_t step = variant->apart ? 2 * pages : pages;
	struct psc_vm v;

	if (!psc_vm_start(&v, true))
		return;
	psc_prepare(&v, 0, sizeof(v.req->buffer));
	v.req->buffer.end_entry = PSC_MAX_ENTRIES - 1;
	for (i = 0; i < PSC_MAX_ENTRIES; i++)
		v.req->buffer.entries[i] = PSC_ENTRY(PSC_OP_PRIVATE, variant->size,
						     PSC_GFN_2M + i * step, 0);

	for (i = 0; i < nr_exits; i++) {
		struct psc_exit wanted = {
			.gfn = PSC_GFN_2M + i * step,
			.npages = variant->apart ? pages : PSC_MAX_ENTRIES * pages,
			.op = PSC_OP_PRIVATE,
			.size = variant->size,
			.cur_entry = i,
			.ret = i + 1 == variant->refused ? EINVAL : 0,
		};

		if (!expect_psc_nae_exit(req, REQ_PSC_EXIT_SIZE, &v, &wanted))
			return;
		if (wanted.ret)
			break;
		/* Enough is said of a kernel that has it wrong. */
		if (check_failed())
			return;
	}
	if (EXPECT_REQ_SYNC(req, v.vcpu, PSC_STAGE_ANSWERED)) {
		if (variant->refused)
			expect_psc_answer(REQ_PSC_REFUSED, &v, PSC_ANSWER_GENERIC,
				      variant->refused - 1);
		else
			expect_psc_answer(REQ_PSC_DONE, &v, PSC_ANSWER_DONE, PSC_MAX_ENTRIES);
	}
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
