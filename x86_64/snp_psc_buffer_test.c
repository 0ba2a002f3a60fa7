// SPDX-License-Identifier: GPL-2.0-only
/*
 * Around page state changes by NAE event 0x80000010: where the buffer lies, and
 * what a request finds of the one before.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/psc_check.h"

#define PROGRESS	REQ_PSC_CUR_ENTRY, REQ_PSC_CUR_PAGE, REQ_PSC_KEPT

/* ---- where the buffer is (AMD 56421, "SNP Page State Change", SW_SCRATCH) ---- */

COCO_FIXTURE(scratch);
FIXTURE_VARIANT(scratch)
{
	struct check_row row;
	uint64_t offset;		/* of the buffer in the shared buffer, bytes */
	uint64_t move;			/* SW_SCRATCH is so many bytes past the buffer */
	uint64_t end_entry;
	bool absolute, unmarked;	/* absolute: move is SW_SCRATCH itself */
	bool malformed;
	uint64_t info_2;		/* SW_EXITINFO2; unless it is 0, there is no exit */
};

#define SHARED_BUFFER	(offsetof(struct ghcb, shared_buffer))
#define BUFFER_SIZE	(sizeof(struct psc_buffer))
#define HDR_SIZE	(offsetof(struct psc_buffer, entries))

FIXTURE_VARIANT_ADD(scratch, offset_8)
{
	COCO_ROW(NULL, REQ_PSC_AT, PROGRESS, REQ_PSC_DONE),
	.offset = 8,
};

FIXTURE_VARIANT_ADD(scratch, offset_1024)
{
	COCO_ROW(NULL, REQ_PSC_AT, PROGRESS, REQ_PSC_DONE),
	.offset = 1024,
};

FIXTURE_VARIANT_ADD(scratch, room_for_1_entry)
{
	COCO_ROW(NULL, REQ_PSC_AT, PROGRESS, REQ_PSC_DONE),
	.offset = BUFFER_SIZE - HDR_SIZE - 8,
};

FIXTURE_VARIANT_ADD(scratch, room_for_1_not_2)
{
	COCO_ROW(NULL, REQ_PSC_BAD_HDR, REQ_PSC_INFO_1),
	.offset = BUFFER_SIZE - HDR_SIZE - 8, .end_entry = 1, .info_2 = PSC_ANSWER_BAD_HDR,
};

FIXTURE_VARIANT_ADD(scratch, room_for_header)
{
	COCO_ROW(NULL, REQ_PSC_BAD_HDR, REQ_PSC_INFO_1),
	.offset = BUFFER_SIZE - HDR_SIZE, .info_2 = PSC_ANSWER_BAD_HDR,
};

FIXTURE_VARIANT_ADD(scratch, no_room_for_header)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.move = BUFFER_SIZE - HDR_SIZE + 1, .malformed = true, .info_2 = GHCB_REASON_SCRATCH,
};

FIXTURE_VARIANT_ADD(scratch, save_area)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.move = -SHARED_BUFFER, .malformed = true, .info_2 = GHCB_REASON_SCRATCH,
};

FIXTURE_VARIANT_ADD(scratch, byte_before)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.move = -1ull, .malformed = true, .info_2 = GHCB_REASON_SCRATCH,
};

FIXTURE_VARIANT_ADD(scratch, end_of_page)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.move = GHCB_PAGE_SIZE - 1 - SHARED_BUFFER, .malformed = true,
	.info_2 = GHCB_REASON_SCRATCH,
};

FIXTURE_VARIANT_ADD(scratch, next_page)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.move = GHCB_PAGE_SIZE, .malformed = true, .info_2 = GHCB_REASON_SCRATCH,
};

FIXTURE_VARIANT_ADD(scratch, gpa_0)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.absolute = true, .move = 0, .malformed = true, .info_2 = GHCB_REASON_SCRATCH,
};

FIXTURE_VARIANT_ADD(scratch, wraps_to_0)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.absolute = true, .move = -8ull, .malformed = true, .info_2 = GHCB_REASON_SCRATCH,
};

FIXTURE_VARIANT_ADD(scratch, wraps)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH),
	.absolute = true, .move = -1ull, .malformed = true, .info_2 = GHCB_REASON_SCRATCH,
};

FIXTURE_VARIANT_ADD(scratch, unmarked)
{
	COCO_ROW(NULL, REQ_PSC_SCRATCH_VALID),
	.unmarked = true, .malformed = true, .info_2 = GHCB_REASON_MISSING_INPUT,
};

COCO_TEST_F(scratch, answer)
{
	struct psc_exit wanted = { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, 0 };
	uint64_t room = BUFFER_SIZE - variant->offset;
	enum requirement_nr req = check_main_req();
	struct psc_vm v;

	if (!psc_vm_start(&v, true))
		return;
	psc_prepare(&v, variant->offset, room);
	v.req->buffer.end_entry = variant->end_entry;
	v.req->buffer.entries[0] = PSC_ENTRY(wanted.op, wanted.size, wanted.gfn, 0);
	v.req->scratch = (variant->absolute ? 0 : v.req->scratch) + variant->move;
	v.req->scratch_marked = !variant->unmarked;

	if (!variant->info_2 && !expect_psc_nae_exit(req, REQ_PSC_EXIT_SIZE, &v, &wanted))
		return;
	if (!EXPECT_REQ_SYNC(req, v.vcpu, PSC_STAGE_ANSWERED))
		return;
	if (variant->malformed) {
		EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_MALFORMED,
			      v.req->answer.exit_info_1, &names_info_1);
		EXPECT_REQ_EQ(req, "SW_EXITINFO2", variant->info_2, v.req->answer.exit_info_2,
			      &names_malformed);
		EXPECT_REQ_BYTES(req, "the buffer", &v.req->buffer, &v.req->answer.buffer, room);
	} else {
		/* Past the end of the page's buffer there is nothing to compare. */
		memset((char *)&v.req->answer.buffer + room, 0, variant->offset);
		if (room < HDR_SIZE + 8)
			v.req->buffer.entries[0] = 0;
		expect_psc_answer(variant->info_2 ? req : REQ_PSC_DONE, &v, variant->info_2,
			      variant->info_2 ? 0 : 1);
	}
	snp_vm_free(v.snp);
}

/* ---- the same again after a refusal: what the VMM wrote is not in the next exit ---- */

COCO_FIXTURE(again);
FIXTURE_VARIANT(again)
{
	struct check_row row;
	bool msr;
};

FIXTURE_VARIANT_ADD(again, msr)
{
	COCO_ROW(NULL, REQ_PSC_EXIT_RET),
	.msr = true,
};

FIXTURE_VARIANT_ADD(again, nae)
{
	COCO_ROW(NULL, REQ_PSC_EXIT_RET),
};

COCO_TEST_F(again, ret)
{
	struct psc_exit wanted = { PSC_GFN, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, 0, EAGAIN };
	enum requirement_nr req = variant->msr ? REQ_PSC_MSR_EXIT : REQ_PSC_EXIT;
	struct psc_vm v;

	if (!psc_vm_start(&v, true))
		return;
	psc_prepare(&v, 0, sizeof(v.req->buffer));
	v.req->buffer.entries[0] = PSC_ENTRY(wanted.op, wanted.size, wanted.gfn, 0);
	if (variant->msr)
		v.req->msr = GHCB_MSR_PSC(wanted.op, wanted.gfn);

	if (!expect_psc_exit(req, REQ_PSC_EXIT_SIZE, &v, &wanted))
		return;
	if (!EXPECT_REQ_SYNC(req, v.vcpu, PSC_STAGE_ANSWERED))
		return;
	wanted.ret = 0;
	if (!expect_psc_exit(req, REQ_PSC_EXIT_SIZE, &v, &wanted))
		return;
	if (EXPECT_REQ_SYNC(req, v.vcpu, PSC_STAGE_ANSWERED)) {
		if (variant->msr)
			expect_psc_msr_answer(REQ_PSC_MSR_OK, &v, false);
		else
			expect_psc_answer(REQ_PSC_DONE, &v, PSC_ANSWER_DONE, 1);
	}
	snp_vm_free(v.snp);
}

/* ---- asked again for what is left after a refusal ---- */

COCO_FIXTURE(resume);
FIXTURE_VARIANT(resume)
{
	struct check_row row;
	uint16_t refused;		/* this exit, counted from 0 */
};

#define RESUME_ENTRIES	3

FIXTURE_VARIANT_ADD(resume, first)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_DONE),
	.refused = 0,
};

FIXTURE_VARIANT_ADD(resume, middle)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_DONE),
	.refused = 1,
};

FIXTURE_VARIANT_ADD(resume, last)
{
	COCO_ROW(NULL, REQ_PSC_REFUSED, PROGRESS, REQ_PSC_DONE),
	.refused = RESUME_ENTRIES - 1,
};

/* Exits for entries @first to @last, accepted but for the last one, which gets @ret. */
static bool expect_exits(struct psc_vm *v, uint16_t first, uint16_t last, uint64_t ret)
{
	uint16_t i;

	for (i = first; i <= last; i++) {
		const struct psc_exit wanted = {
			PSC_GFN + 2 * i, 1, PSC_OP_PRIVATE, PSC_SIZE_4K, i, i == last ? ret : 0
		};

		if (!expect_psc_nae_exit(REQ_PSC_EXIT, REQ_PSC_EXIT_SIZE, v, &wanted))
			return false;
	}
	return EXPECT_REQ_SYNC(REQ_PSC_REFUSED, v->vcpu, PSC_STAGE_ANSWERED);
}

COCO_TEST_F(resume, what_is_left)
{
	struct psc_vm v;
	unsigned int i;

	if (!psc_vm_start(&v, true))
		return;
	psc_prepare(&v, 0, BUFFER_SIZE);
	v.req->buffer.end_entry = RESUME_ENTRIES - 1;
	for (i = 0; i < RESUME_ENTRIES; i++)
		v.req->buffer.entries[i] = PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K,
						     PSC_GFN + 2 * i, 0);
	if (!expect_exits(&v, 0, variant->refused, EAGAIN))
		return;
	expect_psc_answer(REQ_PSC_REFUSED, &v, PSC_ANSWER_GENERIC, variant->refused);

	/* As a guest does: the buffer as it came back. */
	v.req->buffer = v.req->answer.buffer;
	/* What KVM leaves there is the "again" cases' business, not this one's. */
	v.vcpu->run->hypercall.ret = 0;
	if (!expect_exits(&v, variant->refused, RESUME_ENTRIES - 1, 0))
		return;
	expect_psc_answer(REQ_PSC_DONE, &v, PSC_ANSWER_DONE, RESUME_ENTRIES);
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
