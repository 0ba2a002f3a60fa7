// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page state changes of a guest that rewrites its GHCB and the buffer in it while
 * KVM handles the NAE event.
 *
 * Not ABI, so not checked: whether KVM looks at a field again after an exit to the
 * VMM, as long as it checks it again, too.
 */
#include "harness.h"

#include "kvm_util.h"

#include "observer.h"
#include "psc_vm.h"
#include "race.h"

/* What the case's buffer holds, and what KVM makes of it. */
struct setup {
	uint16_t cur_entry, end_entry;
	uint64_t entries[2];		/* from cur_entry on */
	const char *was;
};

#define PRIVATE_4K(gfn)		PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, gfn, 0)
#define SHARED_4K(gfn)		PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, gfn, 0)
#define SHARED_2M(gfn)		PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_2M, gfn, 0)
#define DONE_4K(gfn)		PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, gfn, 1)

static const struct setup apart = {
	0, 1, { PRIVATE_4K(0x12345), SHARED_4K(0x23456) },
	"private 0x12345 + 1, shared 0x23456 + 1, done",
}, adjacent = {
	0, 1, { PRIVATE_4K(0x12345), PRIVATE_4K(0x12346) },
	"private 0x12345 + 2, done",
}, skipped = {
	0, 0, { PSC_ENTRY(0, PSC_SIZE_4K, 0x12345, 0) },
	"done",
}, last_done = {
	251, 252, { DONE_4K(0xbacfe), DONE_4K(0xbacff) },
	"done",
}, last_adjacent = {
	251, 252, { PRIVATE_4K(0xbacfe), PRIVATE_4K(0xbacff) },
	"private 0xbacfe + 2, done",
};

/* Where the next entry would be if the buffer went on behind its end, and what is there. */
#define PAST_END_GFN	0xbad00ull
#define PAST_END	(offsetof(struct ghcb, shared_buffer) + sizeof(struct psc_buffer))

#define IN_BUFFER(field)	(offsetof(struct ghcb, shared_buffer) + \
				 offsetof(struct psc_buffer, field))
#define ENTRY(idx)		(IN_BUFFER(entries) + 8 * (idx))
#define IN_GHCB(field)		offsetof(struct ghcb, field)

/* The byte of the valid bitmap that has the exit code's bit to sw_scratch's. */
#define VALID_BYTE	(IN_GHCB(valid_bitmap) + GHCB_VALID_BIT(sw_exit_code) / 8)
#define VALID(field)	(1 << GHCB_VALID_BIT(field) % 8)
#define ALL_VALID	(VALID(sw_exit_code) | VALID(sw_exit_info_1) | \
			 VALID(sw_exit_info_2) | VALID(sw_scratch))

static bool note_exit(struct race_got *got, struct kvm_vcpu *vcpu,
		      void *data __attribute__((unused)))
{
	struct kvm_run *run = vcpu->run;

	if (run->exit_reason != KVM_EXIT_HYPERCALL)
		return false;
	race_say(got, "%s 0x%llx + %llu%s", run->hypercall.args[2] & 0x10 ? "private" : "shared",
		 run->hypercall.args[0] >> 12, run->hypercall.args[1],
		 run->hypercall.args[2] & 0xf ? " in 2 MiB" : "");
	run->hypercall.ret = 0;
	return true;
}

static void note_answer(struct race_got *got, const struct psc_vm *v)
{
	if (v->req->answer.exit_info_1 == GHCB_INFO1_MALFORMED)
		race_say(got, "%s", name_of(&names_malformed, v->req->answer.exit_info_2));
	else if (v->req->answer.exit_info_1)
		race_say(got, "SW_EXITINFO1 0x%lx", v->req->answer.exit_info_1);
	else
		race_say(got, "%s", name_of(&names_psc, v->req->answer.exit_info_2));
}

static void prepare(struct psc_vm *v, const struct setup *setup)
{
	psc_prepare(v, 0, sizeof(v->req->buffer));
	memset(&v->req->buffer, 0, sizeof(v->req->buffer));
	v->req->buffer.cur_entry = setup->cur_entry;
	v->req->buffer.end_entry = setup->end_entry;
	memcpy(v->req->buffer.entries + setup->cur_entry, setup->entries, sizeof(setup->entries));
}

/* ---- one change, before each access in turn ---- */

COCO_FIXTURE(change);
FIXTURE_VARIANT(change)
{
	struct check_row row;
	const struct setup *setup;
	const char *field;
	uint64_t at, size;		/* in the GHCB page, bytes */
	uint64_t value;
	uint64_t in_ghcb;		/* SW_SCRATCH is the GHCB's GPA and this, if not 0 */
	const char *may[6];
};

FIXTURE_VARIANT_ADD(change, end_entry_253)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &apart, .field = "end_entry", .at = IN_BUFFER(end_entry), .size = 2,
	.value = PSC_MAX_ENTRIES,
	.may = { "bad header", "private 0x12345 + 1, bad header",
		 "private 0x12345 + 1, shared 0x23456 + 1, bad header" },
};

FIXTURE_VARIANT_ADD(change, end_entry_65535)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &apart, .field = "end_entry", .at = IN_BUFFER(end_entry), .size = 2,
	.value = UINT16_MAX,
	.may = { "bad header", "private 0x12345 + 1, bad header",
		 "private 0x12345 + 1, shared 0x23456 + 1, bad header" },
};

/* Only the last entry of the buffer is near enough to its end. */
FIXTURE_VARIANT_ADD(change, end_entry_253_last_done)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &last_done, .field = "end_entry", .at = IN_BUFFER(end_entry), .size = 2,
	.value = PSC_MAX_ENTRIES,
	.may = { "bad header" },
};

FIXTURE_VARIANT_ADD(change, end_entry_253_last_adjacent)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &last_adjacent, .field = "end_entry", .at = IN_BUFFER(end_entry), .size = 2,
	.value = PSC_MAX_ENTRIES,
	.may = { "bad header", "private 0xbacfe + 2, bad header" },
};

FIXTURE_VARIANT_ADD(change, end_entry_0)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &apart, .field = "end_entry", .at = IN_BUFFER(end_entry), .size = 2,
	.value = 0,
	.may = { "private 0x12345 + 1, done" },
};

FIXTURE_VARIANT_ADD(change, cur_entry_1)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &apart, .field = "cur_entry", .at = IN_BUFFER(cur_entry), .size = 2,
	.value = 1,
	.may = { "shared 0x23456 + 1, done" },
};

FIXTURE_VARIANT_ADD(change, cur_entry_65535)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &apart, .field = "cur_entry", .at = IN_BUFFER(cur_entry), .size = 2,
	.value = UINT16_MAX,
	.may = { "done", "bad header", "private 0x12345 + 1, done",
		 "private 0x12345 + 1, bad header" },
};

FIXTURE_VARIANT_ADD(change, entry_all)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &apart, .field = "entry 0", .at = ENTRY(0), .size = 8,
	.value = SHARED_2M(0x40000),
	.may = { "shared 0x40000 + 512 in 2 MiB, shared 0x23456 + 1, done" },
};

FIXTURE_VARIANT_ADD(change, entry_misaligned)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &apart, .field = "entry 0", .at = ENTRY(0), .size = 8,
	.value = SHARED_2M(0x12345),
	.may = { "bad entry" },
};

FIXTURE_VARIANT_ADD(change, entry_cur_page)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &apart, .field = "entry 0", .at = ENTRY(0), .size = 8,
	.value = PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, 0x12345, 0xfff),
	.may = { "bad entry" },
};

FIXTURE_VARIANT_ADD(change, entry_done)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &apart, .field = "entry 0", .at = ENTRY(0), .size = 8,
	.value = PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, 0x12345, 1),
	.may = { "shared 0x23456 + 1, done" },
};

FIXTURE_VARIANT_ADD(change, entry_operation)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &apart, .field = "entry 0", .at = ENTRY(0), .size = 8,
	.value = PSC_ENTRY(0, PSC_SIZE_4K, 0x12345, 0),
	.may = { "shared 0x23456 + 1, done" },
};

FIXTURE_VARIANT_ADD(change, entry_1_misaligned)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &apart, .field = "entry 1", .at = ENTRY(1), .size = 8,
	.value = SHARED_2M(0x40001),
	.may = { "private 0x12345 + 1, bad entry" },
};

/* An entry that KVM looks at to see whether it can be merged, and then maybe again. */
FIXTURE_VARIANT_ADD(change, merged_elsewhere)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &adjacent, .field = "entry 1", .at = ENTRY(1), .size = 8,
	.value = PRIVATE_4K(0x34567),
	.may = { "private 0x12345 + 1, private 0x34567 + 1, done" },
};

FIXTURE_VARIANT_ADD(change, merged_operation)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &adjacent, .field = "entry 1", .at = ENTRY(1), .size = 8,
	.value = SHARED_4K(0x12346),
	.may = { "private 0x12345 + 1, shared 0x12346 + 1, done" },
};

FIXTURE_VARIANT_ADD(change, merged_size)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &adjacent, .field = "entry 1", .at = ENTRY(1), .size = 8,
	.value = SHARED_2M(0x40000),
	.may = { "private 0x12345 + 1, shared 0x40000 + 512 in 2 MiB, done" },
};

FIXTURE_VARIANT_ADD(change, merged_first)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &adjacent, .field = "entry 0", .at = ENTRY(0), .size = 8,
	.value = SHARED_2M(0x40000),
	.may = { "shared 0x40000 + 512 in 2 MiB, private 0x12346 + 1, done" },
};

FIXTURE_VARIANT_ADD(change, scratch_save_area)
{
	COCO_ROW(NULL, REQ_RACE_SCRATCH),
	.setup = &apart, .field = "SW_SCRATCH", .at = IN_GHCB(sw_scratch), .size = 8,
	.in_ghcb = 0x100,
	.may = { "bad scratch area" },
};

FIXTURE_VARIANT_ADD(change, scratch_next_page)
{
	COCO_ROW(NULL, REQ_RACE_SCRATCH),
	.setup = &apart, .field = "SW_SCRATCH", .at = IN_GHCB(sw_scratch), .size = 8,
	.in_ghcb = GHCB_PAGE_SIZE,
	.may = { "bad scratch area" },
};

/* Room for a header only: the checked length must be that of the checked address. */
FIXTURE_VARIANT_ADD(change, scratch_end)
{
	COCO_ROW(NULL, REQ_RACE_SCRATCH),
	.setup = &apart, .field = "SW_SCRATCH", .at = IN_GHCB(sw_scratch), .size = 8,
	.in_ghcb = PAST_END - 8,
	.may = { "bad header" },
};

FIXTURE_VARIANT_ADD(change, scratch_0)
{
	COCO_ROW(NULL, REQ_RACE_SCRATCH),
	.setup = &apart, .field = "SW_SCRATCH", .at = IN_GHCB(sw_scratch), .size = 8,
	.value = 0,
	.may = { "bad scratch area" },
};

FIXTURE_VARIANT_ADD(change, scratch_wraps)
{
	COCO_ROW(NULL, REQ_RACE_SCRATCH),
	.setup = &apart, .field = "SW_SCRATCH", .at = IN_GHCB(sw_scratch), .size = 8,
	.value = -8ull,
	.may = { "bad scratch area" },
};

FIXTURE_VARIANT_ADD(change, scratch_unmarked)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.setup = &apart, .field = "the valid bitmap", .at = VALID_BYTE, .size = 1,
	.value = ALL_VALID & ~VALID(sw_scratch),
	.may = { "missing input" },
};

FIXTURE_VARIANT_ADD(change, all_unmarked)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.setup = &apart, .field = "the valid bitmap", .at = VALID_BYTE, .size = 1,
	.value = 0,
	.may = { "missing input" },
};

FIXTURE_VARIANT_ADD(change, exit_code_unknown)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.setup = &apart, .field = "SW_EXITCODE", .at = IN_GHCB(sw_exit_code), .size = 8,
	.value = 0x7fff0000,
	.may = { "invalid event" },
};

/* The low half is that of a page state change. */
FIXTURE_VARIANT_ADD(change, exit_code_high)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.setup = &apart, .field = "SW_EXITCODE", .at = IN_GHCB(sw_exit_code), .size = 8,
	.value = 0xffffffff00000000 | GHCB_NAE_PSC,
	.may = { "invalid event" },
};

FIXTURE_VARIANT_ADD(change, usage)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.setup = &apart, .field = "GHCB usage", .at = IN_GHCB(ghcb_usage), .size = 4,
	.value = 1,
	.may = { "invalid usage" },
};

COCO_TEST_F(change, answer)
{
	const uint64_t past_end = PRIVATE_4K(PAST_END_GFN);
	uint64_t value = variant->value;
	struct race race = { .field = variant->field };
	struct psc_vm v;
	char *ghcb;

	if (!race_possible() || !psc_vm_start(&v, true))
		return;
	if (variant->in_ghcb)
		value = v.ghcb.gpa + variant->in_ghcb;
	ghcb = v.ghcb.hva;
	race.change = (struct race_write){ ghcb + variant->at, &value, variant->size };
	race.bait = (struct race_write){ ghcb + PAST_END, &past_end, sizeof(past_end) };

	while (race_next(&race)) {
		struct race_got got = {};
		bool answered;

		prepare(&v, variant->setup);
		race_begin(&race);
		answered = race_run(&got, v.vcpu, PSC_STAGE_ANSWERED, note_exit, NULL);
		race_end(&race);
		if (answered)
			note_answer(&got, &v);
		/* The rounds after one that failed say the same again. */
		if (!EXPECT_RACE(check_main_req(), &race, variant->setup->was, variant->may,
				 got.text))
			break;
	}
	snp_vm_free(v.snp);
}

/* ---- the same change before every access ---- */

/* Accesses to a header's field that an event may cost, with some to spare. */
#define FEW_ACCESSES	(4 * PSC_MAX_ENTRIES)

struct again {
	volatile uint16_t *at;
	uint16_t value;
	volatile uint64_t *entry;	/* entry 0, done already: it is not */
	unsigned int left;		/* times; then the guest gives up */
};

static void change_again(void *data)
{
	struct again *again = data;

	if (!again->left)
		return;
	again->left--;
	*again->at = again->value;
	*again->entry = skipped.entries[0];
}

COCO_FIXTURE(endless);
FIXTURE_VARIANT(endless)
{
	struct check_row row;
	uint64_t at;			/* in the GHCB page, bytes */
	uint16_t value;
};

/* An entry that makes no exit is always the next one. */
FIXTURE_VARIANT_ADD(endless, cur_entry_0)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENDS),
	.at = IN_BUFFER(cur_entry), .value = 0,
};

/* There is always one more entry. */
FIXTURE_VARIANT_ADD(endless, end_entry_252)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENDS),
	.at = IN_BUFFER(end_entry), .value = PSC_MAX_ENTRIES - 1,
};

COCO_TEST_F(endless, answer)
{
	struct again again = { .value = variant->value, .left = FEW_ACCESSES };
	struct observer_race race = { .size = 2, .change = change_again, .data = &again };
	struct race_got got = {};
	struct psc_vm v;

	if (!race_possible() || !psc_vm_start(&v, true))
		return;
	again.at = race.hva = (char *)v.ghcb.hva + variant->at;
	again.entry = (void *)((char *)v.ghcb.hva + ENTRY(0));
	prepare(&v, &skipped);
	EXPECT_REQ_EQ(REQ_RACE_SETUP, "starting the race", 0, -observer()->race_start(&race),
		      &names_errno);
	if (race_run(&got, v.vcpu, PSC_STAGE_ANSWERED, note_exit, NULL))
		note_answer(&got, &v);
	observer()->race_stop();
	EXPECT_REQ_TRUE(REQ_RACE_SETUP, "KVM accessed the field", again.left < FEW_ACCESSES);
	EXPECT_REQ_TRUE(check_main_req(), "KVM went on after a few accesses", again.left);
	snp_vm_free(v.snp);
}

/* ---- the MSR protocol: all that KVM needs is in the MSR ---- */

COCO_FIXTURE(msr);
FIXTURE_VARIANT(msr)
{
	struct check_row row;
	uint64_t request;		/* the GHCB's GFN is added if it is to register it */
	const char *was;
};

FIXTURE_VARIANT_ADD(msr, psc)
{
	COCO_ROW(NULL, REQ_RACE_MSR),
	.request = GHCB_MSR_PSC(PSC_OP_SHARED, 0x12345),
	.was = "shared 0x12345 + 1, answer 0x15",
};

FIXTURE_VARIANT_ADD(msr, psc_bad_operation)
{
	COCO_ROW(NULL, REQ_RACE_MSR),
	.request = GHCB_MSR_PSC(3, 0x12345),
	.was = "answer 0x8000000000000015",
};

FIXTURE_VARIANT_ADD(msr, register)
{
	COCO_ROW(NULL, REQ_RACE_MSR),
	.request = GHCB_MSR_REG_GPA_REQ,
	.was = "answer 0x13 and the GHCB's GFN",
};

COCO_TEST_F(msr, answer)
{
	struct observer_race race = { .size = GHCB_PAGE_SIZE, .nth = 1 };
	bool registers = variant->request == GHCB_MSR_REG_GPA_REQ;
	struct race_got got = {};
	unsigned int accesses;
	struct psc_vm v;
	char where[256];

	if (!race_possible() || !psc_vm_start(&v, true))
		return;
	race.hva = v.ghcb.hva;
	prepare(&v, &apart);
	v.req->msr = variant->request + (registers ? v.ghcb.gpa : 0);
	EXPECT_REQ_EQ(REQ_RACE_SETUP, "starting the race", 0, -observer()->race_start(&race),
		      &names_errno);
	if (race_run(&got, v.vcpu, PSC_STAGE_ANSWERED, note_exit, NULL)) {
		uint64_t answer = v.req->answer.msr - (registers ? v.ghcb.gpa : 0);

		race_say(&got, "answer 0x%lx%s", answer, registers ? " and the GHCB's GFN" : "");
	}
	accesses = observer()->race_stop();
	if (strcmp(got.text, variant->was))
		check_fail(__FILE__, __LINE__, REQ_RACE_MSR, "what KVM did", variant->was, 0,
			   got.text, 1);
	EXPECT_REQ_EQ(REQ_RACE_MSR, "accesses to the GHCB page", 0, accesses, &names_count);
	if (observer()->race_access(0, where, sizeof(where)))
		check_note("the first one is in %s", where);
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
