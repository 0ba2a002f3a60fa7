// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page state changes of a guest that rewrites its GHCB and the buffer in it while
 * KVM handles the NAE event.
 *
 * Not ABI, so not checked: whether KVM looks at a field again after an exit to the
 * VMM, as long as it checks it again, too.
 */
#include "check/harness.h"

#include "kvm_util.h"

#include "cases/race.h"
#include "control.h"
#include "snp/psc_check.h"

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

#define MAX_CHANGES	6

struct change {
	const char *field;
	uint64_t at, size;		/* in the GHCB page, bytes */
	uint64_t value;
	uint64_t in_ghcb;		/* the value is the GHCB's GPA and this, if not 0 */
	const char *may[5];
};

#define END_ENTRY(value)	"end_entry = " #value, IN_BUFFER(end_entry), 2, value
#define CUR_ENTRY(value)	"cur_entry = " #value, IN_BUFFER(cur_entry), 2, value
#define ENTRY_0(name, value)	"entry 0, " name ",", ENTRY(0), 8, value
#define ENTRY_1(name, value)	"entry 1, " name ",", ENTRY(1), 8, value
#define SCRATCH(name)		"SW_SCRATCH, " name ",", IN_GHCB(sw_scratch), 8
#define EXIT_CODE(value)	"SW_EXITCODE = " #value, IN_GHCB(sw_exit_code), 8, value
#define BITMAP(name, value)	"the valid bits, " name ",", VALID_BYTE, 1, value

COCO_FIXTURE(change);
FIXTURE_VARIANT(change)
{
	struct check_row row;
	const struct setup *setup;
	struct change changes[MAX_CHANGES];
};

FIXTURE_VARIANT_ADD(change, end_entry)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &apart,
	.changes = {
		{ END_ENTRY(253), .may = {
			"bad header", "private 0x12345 + 1, bad header",
			"private 0x12345 + 1, shared 0x23456 + 1, bad header" } },
		{ END_ENTRY(65535), .may = {
			"bad header", "private 0x12345 + 1, bad header",
			"private 0x12345 + 1, shared 0x23456 + 1, bad header" } },
		{ END_ENTRY(0), .may = { "private 0x12345 + 1, done" } },
	},
};

/* Only the last entry of the buffer is near enough to its end. */
FIXTURE_VARIANT_ADD(change, end_entry_last_done)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &last_done,
	.changes = { { END_ENTRY(253), .may = { "bad header" } } },
};

FIXTURE_VARIANT_ADD(change, end_entry_last_adjacent)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &last_adjacent,
	.changes = {
		{ END_ENTRY(253), .may = {
			"bad header", "private 0xbacfe + 2, bad header" } },
	},
};

FIXTURE_VARIANT_ADD(change, cur_entry)
{
	COCO_ROW(NULL, REQ_RACE_PSC_HDR),
	.setup = &apart,
	.changes = {
		{ CUR_ENTRY(1), .may = { "shared 0x23456 + 1, done" } },
		{ CUR_ENTRY(65535), .may = {
			"done", "bad header", "private 0x12345 + 1, done",
			"private 0x12345 + 1, bad header" } },
	},
};

FIXTURE_VARIANT_ADD(change, entry)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &apart,
	.changes = {
		{ ENTRY_0("all of it", SHARED_2M(0x40000)), .may = {
			"shared 0x40000 + 512 in 2 MiB, shared 0x23456 + 1, done" } },
		{ ENTRY_0("misaligned", SHARED_2M(0x12345)), .may = { "bad entry" } },
		{ ENTRY_0("cur_page", PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, 0x12345, 0xfff)),
		  .may = { "bad entry" } },
		{ ENTRY_0("done", DONE_4K(0x12345)), .may = { "shared 0x23456 + 1, done" } },
		{ ENTRY_0("operation", PSC_ENTRY(0, PSC_SIZE_4K, 0x12345, 0)), .may = {
			"shared 0x23456 + 1, done" } },
		{ ENTRY_1("misaligned", SHARED_2M(0x40001)), .may = {
			"private 0x12345 + 1, bad entry" } },
	},
};

/* An entry that KVM looks at to see whether it can be merged, and then maybe again. */
FIXTURE_VARIANT_ADD(change, merged_entry)
{
	COCO_ROW(NULL, REQ_RACE_PSC_ENTRY),
	.setup = &adjacent,
	.changes = {
		{ ENTRY_1("elsewhere", PRIVATE_4K(0x34567)), .may = {
			"private 0x12345 + 1, private 0x34567 + 1, done" } },
		{ ENTRY_1("operation", SHARED_4K(0x12346)), .may = {
			"private 0x12345 + 1, shared 0x12346 + 1, done" } },
		{ ENTRY_1("size", SHARED_2M(0x40000)), .may = {
			"private 0x12345 + 1, shared 0x40000 + 512 in 2 MiB, done" } },
		{ ENTRY_0("elsewhere", SHARED_2M(0x40000)), .may = {
			"shared 0x40000 + 512 in 2 MiB, private 0x12346 + 1, done" } },
	},
};

FIXTURE_VARIANT_ADD(change, scratch_in_ghcb)
{
	COCO_ROW(NULL, REQ_RACE_SCRATCH),
	.setup = &apart,
	.changes = {
		{ SCRATCH("the save area"), .in_ghcb = 0x100, .may = { "bad scratch area" } },
		/* Room for a header: the length that counts is that of the checked address. */
		{ SCRATCH("the buffer's end"), .in_ghcb = PAST_END - 8, .may = { "bad header" } },
	},
};

FIXTURE_VARIANT_ADD(change, scratch_outside)
{
	COCO_ROW(NULL, REQ_RACE_SCRATCH),
	.setup = &apart,
	.changes = {
		{ SCRATCH("GPA 0"), 0, .may = { "bad scratch area" } },
		{ SCRATCH("wraps"), -8ull, .may = { "bad scratch area" } },
		{ SCRATCH("the next page"), .in_ghcb = GHCB_PAGE_SIZE,
		  .may = { "bad scratch area" } },
	},
};

FIXTURE_VARIANT_ADD(change, ghcb)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.setup = &apart,
	.changes = {
		{ EXIT_CODE(0x7fff0000), .may = { "invalid event" } },
		/* The low half is that of a page state change. */
		{ EXIT_CODE(0xffffffff80000010), .may = { "invalid event" } },
		{ BITMAP("no SW_SCRATCH", ALL_VALID & ~VALID(sw_scratch)),
		  .may = { "missing input" } },
		{ BITMAP("none", 0), .may = { "missing input" } },
		{ "GHCB usage", IN_GHCB(ghcb_usage), 4, 1, .may = { "invalid usage" } },
	},
};

/* False: the case has failed, or its guest cannot go on. */
static bool race_change(struct psc_vm *v, const struct setup *setup,
			const struct change *change)
{
	const uint64_t past_end = PRIVATE_4K(PAST_END_GFN);
	uint64_t value = change->in_ghcb ? v->ghcb.gpa + change->in_ghcb : change->value;
	char *ghcb = v->ghcb.hva;
	bool answered = true;
	struct race race = {
		.field = change->field,
		.change = { ghcb + change->at, &value, change->size },
		.bait = { ghcb + PAST_END, &past_end, sizeof(past_end) },
	};

	while (race_next(&race)) {
		struct race_got got = {};

		prepare(v, setup);
		race_begin(&race);
		answered = race_run(&got, v->vcpu, PSC_STAGE_ANSWERED, note_exit, NULL);
		race_end(&race);
		if (answered)
			note_answer(&got, v);
		if (!EXPECT_RACE(check_main_req(), &race, setup->was, change->may, got.text))
			break;
	}
	return answered && !check_failed();
}

COCO_TEST_F(change, answer)
{
	struct psc_vm v;
	unsigned int i;

	if (!race_possible() || !psc_vm_start(&v, true))
		return;
	for (i = 0; i < MAX_CHANGES && variant->changes[i].field; i++)
		if (!race_change(&v, variant->setup, &variant->changes[i]))
			break;
	snp_vm_free(v.snp);
}

/* ---- the same change before every access ---- */

/* Accesses to the header that an event with one entry may cost, with many to spare. */
#define FEW_ACCESSES	100

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

COCO_TEST_F(endless, answer)
{
	struct again again = { .value = variant->value, .left = FEW_ACCESSES };
	struct control_race race = { .size = 2, .change = change_again, .data = &again };
	struct race_got got = {};
	struct psc_vm v;

	if (!race_possible() || !psc_vm_start(&v, true))
		return;
	again.at = race.hva = (char *)v.ghcb.hva + variant->at;
	again.entry = (void *)((char *)v.ghcb.hva + ENTRY(0));
	prepare(&v, &skipped);
	EXPECT_REQ_EQ(REQ_RACE_SETUP, "starting the race", 0, -control()->race_start(&race),
		      &names_errno);
	if (race_run(&got, v.vcpu, PSC_STAGE_ANSWERED, note_exit, NULL))
		note_answer(&got, &v);
	control()->race_stop();
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
	struct control_race race = { .size = GHCB_PAGE_SIZE, .nth = 1 };
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
	EXPECT_REQ_EQ(REQ_RACE_SETUP, "starting the race", 0, -control()->race_start(&race),
		      &names_errno);
	if (race_run(&got, v.vcpu, PSC_STAGE_ANSWERED, note_exit, NULL)) {
		uint64_t answer = v.req->answer.msr - (registers ? v.ghcb.gpa : 0);

		race_say(&got, "answer 0x%lx%s", answer, registers ? " and the GHCB's GFN" : "");
	}
	accesses = control()->race_stop();
	/* Other cases are about that. */
	if (strcmp(got.text, variant->was))
		check_skip("KVM does '%s', not '%s'", got.text, variant->was);
	EXPECT_REQ_EQ(REQ_RACE_MSR, "accesses to the GHCB page", 0, accesses, &names_count);
	if (control()->race_access(0, where, sizeof(where)))
		check_note("the first one is in %s", where);
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
