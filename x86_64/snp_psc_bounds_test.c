// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page state changes by NAE event 0x80000010 at and past every bound: of the
 * buffer's place, of its length, of cur_entry and end_entry.  A case goes through
 * many values of its kind: there are machines where each of them costs a millisecond.
 *
 * The VMM here only answers: no page changes its view, so the GFNs need not be
 * of memory.
 */
#include "check/harness.h"

#include "kvm_util.h"

#include "snp/psc_check.h"

#define PROGRESS	REQ_PSC_CUR_ENTRY, REQ_PSC_CUR_PAGE, REQ_PSC_KEPT
#define BUFFER_SIZE	sizeof(struct psc_buffer)
#define HDR_SIZE	offsetof(struct psc_buffer, entries)
#define ENTRY_SIZE	sizeof(uint64_t)

/* Entries @first to @last, adjacent to each other, all of the same kind. */
static void fill_entries(struct psc_vm *v, unsigned int first, unsigned int last)
{
	unsigned int i;

	memset(v->req->buffer.entries, 0, sizeof(v->req->buffer.entries));
	for (i = first; i <= last && i < PSC_MAX_ENTRIES; i++)
		v->req->buffer.entries[i] = PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, PSC_GFN + i, 0);
}

/* What of the buffer is not on the GHCB page has not been there to be compared. */
static void forget_entries(struct psc_vm *v, unsigned int from)
{
	unsigned int i;

	for (i = from; i < PSC_MAX_ENTRIES; i++)
		v->req->buffer.entries[i] = v->req->answer.buffer.entries[i] = 0;
}

/* One exit for entries @first to @last, accepted, and an answer that says so. */
static void expect_done(enum requirement_nr req, struct psc_vm *v, unsigned int first,
			unsigned int last, unsigned int room)
{
	const struct psc_exit wanted = {
		PSC_GFN + first, last - first + 1, PSC_OP_SHARED, PSC_SIZE_4K, first, 0
	};

	if (!expect_psc_nae_exit(req, REQ_PSC_EXIT_SIZE, v, &wanted) ||
	    !EXPECT_REQ_SYNC(req, v->vcpu, PSC_STAGE_ANSWERED))
		return;
	forget_entries(v, room);
	expect_psc_answer(REQ_PSC_DONE, v, PSC_ANSWER_DONE, last + 1);
}

static void expect_bad_header(enum requirement_nr req, struct psc_vm *v, unsigned int room)
{
	if (!EXPECT_REQ_SYNC(req, v->vcpu, PSC_STAGE_ANSWERED))
		return;
	forget_entries(v, room);
	expect_psc_answer(req, v, PSC_ANSWER_BAD_HDR, v->req->buffer.cur_entry);
}

/* ---- where the buffer begins, and how many entries fit behind that ---- */

#define ARRAY_SIZE_OF(a)	(sizeof(a) / sizeof((a)[0]))

/* Bytes into the shared buffer; the last one has room for a header only. */
static const unsigned int with_room[] = {
	0, 8, 16, 24, 64, 504, 1000, 1016, 1024, 1032, 1992, 2000, 2008, 2016, 2024,
};

/* Bytes into the GHCB page: before the shared buffer, and where a header ends past it. */
static const unsigned int without_room[] = {
	0, 8, 0x100, 0x390, 0x7f0, 0x7f8, 0x7ff, 0xfe9, 0xff0, 0xff8, 0xffc, 0xfff,
};

enum fit { FITS, FITS_NOT, NO_ROOM };

COCO_FIXTURE(offset);
FIXTURE_VARIANT(offset)
{
	struct check_row row;
	enum fit fit;
};

/* The last entry that fits is in use. */
FIXTURE_VARIANT_ADD(offset, full)
{
	COCO_ROW(NULL, REQ_PSC_AT, PROGRESS, REQ_PSC_DONE, REQ_PSC_MERGE),
	.fit = FITS,
};

FIXTURE_VARIANT_ADD(offset, entry_too_many)
{
	COCO_ROW(NULL, REQ_PSC_BAD_HDR, PROGRESS, REQ_PSC_INFO_1),
	.fit = FITS_NOT,
};

FIXTURE_VARIANT_ADD(offset, without_room)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.fit = NO_ROOM,
};

static void expect_no_room(struct psc_vm *v, unsigned int offset)
{
	psc_prepare(v, 0, BUFFER_SIZE);
	memset(&v->req->buffer, 0, BUFFER_SIZE);
	v->req->scratch = v->ghcb.gpa + offset;
	if (!EXPECT_REQ_SYNC(REQ_PSC_SCRATCH, v->vcpu, PSC_STAGE_ANSWERED))
		return;
	EXPECT_REQ_EQ(REQ_PSC_SCRATCH, "SW_EXITINFO1", GHCB_INFO1_MALFORMED,
		      v->req->answer.exit_info_1, &names_info_1);
	EXPECT_REQ_EQ(REQ_PSC_SCRATCH, "SW_EXITINFO2", GHCB_REASON_SCRATCH,
		      v->req->answer.exit_info_2, &names_malformed);
}

static void expect_fit(enum fit fit, struct psc_vm *v, unsigned int offset)
{
	unsigned int room = (BUFFER_SIZE - offset - HDR_SIZE) / ENTRY_SIZE;

	if (fit == FITS && !room)
		return;
	psc_prepare(v, offset, BUFFER_SIZE - offset);
	v->req->buffer.cur_entry = 0;
	v->req->buffer.end_entry = fit == FITS ? room - 1 : room;
	fill_entries(v, 0, room);
	if (fit == FITS)
		expect_done(REQ_PSC_AT, v, 0, room - 1, room);
	else
		expect_bad_header(REQ_PSC_BAD_HDR, v, room);
}

COCO_TEST_F(offset, answer)
{
	const bool fits = variant->fit != NO_ROOM;
	const unsigned int *at = fits ? with_room : without_room;
	unsigned int i, nr = fits ? ARRAY_SIZE_OF(with_room) : ARRAY_SIZE_OF(without_room);
	struct psc_vm v;

	if (!psc_vm_start(&v, true))
		return;
	for (i = 0; i < nr && !check_failed(); i++) {
		if (fits)
			expect_fit(variant->fit, &v, at[i]);
		else
			expect_no_room(&v, at[i]);
	}
	if (check_failed())
		check_note("with the buffer at offset 0x%x of the %s", at[i - 1],
			   fits ? "shared buffer" : "GHCB page");
	snp_vm_free(v.snp);
}

/* ---- how many entries, and which of them are left ---- */

/* Around the powers of two, and at both ends. */
static const unsigned int numbers[] = {
	1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 251, 252, 253,
};

COCO_FIXTURE(entries);
FIXTURE_VARIANT(entries)
{
	struct check_row row;
	bool from_last;			/* the last entry is the only one that is left */
};

FIXTURE_VARIANT_ADD(entries, all)
{
	COCO_ROW(NULL, REQ_PSC_MERGE, PROGRESS, REQ_PSC_DONE),
};

FIXTURE_VARIANT_ADD(entries, last)
{
	COCO_ROW(NULL, REQ_PSC_SKIP_DONE, PROGRESS, REQ_PSC_DONE),
	.from_last = true,
};

COCO_TEST_F(entries, answer)
{
	unsigned int i, nr = 0;
	struct psc_vm v;

	if (!psc_vm_start(&v, true))
		return;
	for (i = 0; i < ARRAY_SIZE_OF(numbers) && !check_failed(); i++) {
		unsigned int first;

		nr = numbers[i];
		first = variant->from_last ? nr - 1 : 0;
		psc_prepare(&v, 0, BUFFER_SIZE);
		v.req->buffer.cur_entry = first;
		v.req->buffer.end_entry = nr - 1;
		/* Those behind end_entry are adjacent, too, and none of its business. */
		fill_entries(&v, 0, PSC_MAX_ENTRIES - 1);
		expect_done(check_main_req(), &v, first, nr - 1, PSC_MAX_ENTRIES);
	}
	if (check_failed())
		check_note("with %u entries", nr);
	snp_vm_free(v.snp);
}

/* ---- cur_entry against end_entry ---- */

static const uint16_t bounds[] = { 0, 1, 251, 252, 253, 254, 256, 0x7fff, 0x8000, 0xffff };

COCO_FIXTURE(header);
FIXTURE_VARIANT(header)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(header, every_bound)
{
	COCO_ROW(NULL, REQ_PSC_BAD_HDR, REQ_PSC_PAST_END, PROGRESS, REQ_PSC_DONE),
};

/* cur_entry past end_entry: nothing is left, or it is a bad header. */
static void expect_past_end(struct psc_vm *v)
{
	uint64_t info_2;

	if (!EXPECT_REQ_SYNC(REQ_PSC_PAST_END, v->vcpu, PSC_STAGE_ANSWERED))
		return;
	info_2 = v->req->answer.exit_info_2;
	expect_psc_answer(REQ_PSC_PAST_END, v,
			  info_2 == PSC_ANSWER_BAD_HDR ? info_2 : PSC_ANSWER_DONE,
			  v->req->buffer.cur_entry);
}

COCO_TEST_F(header, answer)
{
	const unsigned int nr = ARRAY_SIZE_OF(bounds);
	uint16_t cur_entry = 0, end_entry = 0;
	struct psc_vm v;
	unsigned int i;

	(void)variant;
	if (!psc_vm_start(&v, true))
		return;
	for (i = 0; i < nr * nr && !check_failed(); i++) {
		cur_entry = bounds[i / nr];
		end_entry = bounds[i % nr];
		psc_prepare(&v, 0, BUFFER_SIZE);
		v.req->buffer.cur_entry = cur_entry;
		v.req->buffer.end_entry = end_entry;
		fill_entries(&v, 0, PSC_MAX_ENTRIES - 1);
		if (end_entry >= PSC_MAX_ENTRIES)
			expect_bad_header(REQ_PSC_BAD_HDR, &v, PSC_MAX_ENTRIES);
		else if (cur_entry > end_entry)
			expect_past_end(&v);
		else
			expect_done(REQ_PSC_DONE, &v, cur_entry, end_entry, PSC_MAX_ENTRIES);
	}
	if (check_failed())
		check_note("with cur_entry %u, end_entry %u", cur_entry, end_entry);
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
