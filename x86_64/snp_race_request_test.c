// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest requests of a guest that rewrites its GHCB and the request page while KVM
 * handles them.
 *
 * Not ABI, so not checked: of what time the request page is that firmware sees, as
 * long as it is of one time; whether a message that becomes a report request late
 * gets certificates (the guest can ask for a report without them anyway).
 */
#include "check/harness.h"

#include "kvm_util.h"

#include "cases/race.h"
#include "control.h"
#include "snp/cert_probe.h"
#include "snp/request_check.h"

/*
 * Pages by letters: requests A and B, responses X and Y, data pages P and Q.  The
 * guest asks with A, X and P; all are shared memory.
 */
enum race_page { NO_PAGE, A, B, X, Y, P, Q, NR_PAGES };

#define PAGE_NAMES	"-ABXYPQ"

#define NPAGES		4

/* The request that all cases start from, by what it does. */
enum event { PLAIN, EXT_OTHER, EXT_REPORT, CERTS_OTHER, CERTS_REPORT, NR_EVENTS };

static const struct {
	uint64_t exit_code;
	uint8_t type;
	bool certs;			/* with the certificate exit enabled */
	const char *was;
} events[NR_EVENTS] = {
	[PLAIN] = {
		GHCB_NAE_GUEST_REQUEST, SNP_MSG_CPUID_REQ, false,
		"firmware got A of type 1, response in X",
	},
	[EXT_OTHER] = {
		GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_CPUID_REQ, false,
		"firmware got A of type 1, response in X",
	},
	[EXT_REPORT] = {
		GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, false,
		"table at P, firmware got A of type 5, response in X",
	},
	[CERTS_OTHER] = {
		GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_CPUID_REQ, true,
		"firmware got A of type 1, response in X",
	},
	[CERTS_REPORT] = {
		GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, true,
		"exit for 4 pages at P, firmware got A of type 5, response in X",
	},
};

struct races {
	const struct cert_revision *rev;	/* of the certificate exit, or NULL */
	struct request_vm *v;
	struct request_cpu *cpu;
	struct request_fw fw;
	uint8_t *hva[NR_PAGES];
	uint64_t gpa[NR_PAGES];
	unsigned int calls;		/* of firmware, before this round */
};

static void guest_requests(struct guest_request *req)
{
	ghcb_register();
	guest_request_loop(req);
}

/* ---- what KVM did, in words ---- */

static char page_name(const struct races *r, uint64_t gpa)
{
	unsigned int i;

	for (i = A; i < NR_PAGES; i++)
		if (r->gpa[i] == gpa)
			return PAGE_NAMES[i];
	return '?';
}

static bool note_exit(struct race_got *got, struct kvm_vcpu *vcpu, void *data)
{
	const struct races *r = data;
	struct cert_exit exit;

	if (!r->rev || (r->rev->exit_reason && vcpu->run->exit_reason != r->rev->exit_reason))
		return false;
	exit = cert_exit_read(r->rev, vcpu->run);
	race_say(got, "exit for %lu pages at %c", exit.npages,
		 page_name(r, exit.addr << r->rev->addr_shift));
	cert_exit_answer(r->rev, vcpu->run, 0, NULL);
	return true;
}

/* Which of the two requests is it, but for its type?  'T': it is torn. */
static char request_name(const struct races *r, const uint8_t *bytes)
{
	uint8_t page[REQUEST_PAGE];
	unsigned int i;

	for (i = 0; i < sizeof(page); i++)
		page[i] = ~r->cpu->sent[i];
	page[SNP_MSG_TYPE_OFFSET] = bytes[SNP_MSG_TYPE_OFFSET];
	if (!memcmp(bytes, page, sizeof(page)))
		return 'B';
	memcpy(page, r->cpu->sent, sizeof(page));
	page[SNP_MSG_TYPE_OFFSET] = bytes[SNP_MSG_TYPE_OFFSET];
	return memcmp(bytes, page, sizeof(page)) ? 'T' : 'A';
}

static void note_answer(struct race_got *got, const struct races *r)
{
	static const uint8_t empty_table[24];
	unsigned int i;

	for (i = P; i <= Q; i++)
		if (!memcmp(r->hva[i], empty_table, sizeof(empty_table)))
			race_say(got, "table at %c", PAGE_NAMES[i]);
	for (i = r->calls; i < control()->nr_fw_requests(); i++) {
		const struct control_fw_request *fw = control()->fw_request(i);
		const uint8_t *bytes;

		if (!fw) {
			race_say(got, "more requests than are kept");
			break;
		}
		bytes = fw->request;
		race_say(got, "firmware got %c of type %u", request_name(r, bytes),
			 bytes[SNP_MSG_TYPE_OFFSET]);
	}
	for (i = X; i <= Y; i++)
		if (!memcmp(r->hva[i], r->fw.response, REQUEST_PAGE))
			race_say(got, "response in %c", PAGE_NAMES[i]);
	if (r->cpu->req->answer.exit_info_1 == GHCB_INFO1_MALFORMED)
		race_say(got, "malformed");
	else if (r->cpu->req->answer.exit_info_1 || r->cpu->req->answer.exit_info_2)
		race_say(got, "SW_EXITINFO1 0x%lx, SW_EXITINFO2 0x%lx",
			 r->cpu->req->answer.exit_info_1, r->cpu->req->answer.exit_info_2);
}

/* ---- one change, before each access in turn ---- */

static const struct cert_revision *spoken_revision(void)
{
	unsigned int i;

	for (i = 0; i < NR_CERT_REVISIONS; i++)
		if (cert_revision_cap(&cert_revisions[i]))
			return &cert_revisions[i];
	return NULL;
}

static void find_pages(struct races *r)
{
	const struct request_cpu *cpu = r->cpu;
	const struct {
		const struct shared_mem *mem;
		unsigned int idx;
	} at[NR_PAGES] = {
		[A] = { &cpu->request, 0 }, [X] = { &cpu->response, 0 },
		[P] = { &cpu->data, 0 }, [Q] = { &cpu->data, 1 },
		[B] = { &cpu->data, 2 }, [Y] = { &cpu->data, 3 },
	};
	unsigned int i;

	for (i = A; i < NR_PAGES; i++) {
		r->hva[i] = (uint8_t *)at[i].mem->hva + at[i].idx * REQUEST_PAGE;
		r->gpa[i] = at[i].mem->gpa + at[i].idx * REQUEST_PAGE;
	}
}

static bool start(struct races *r, bool certs)
{
	r->rev = certs ? spoken_revision() : NULL;
	if (certs && !r->rev) {
		check_skip("this KVM speaks no revision of the certificate exit");
		return false;
	}
	r->v = request_vm_create_bare();
	r->cpu = &r->v->cpu[0];
	if (certs && !EXPECT_REQ_EQ(REQ_SNP_CERTS_CAP_ENABLE, "enabling the exit", 0,
				    -__cert_exit_enable(r->v->snp->vm, r->rev, r->rev->cap_mask, 0),
				    &names_errno))
		return false;
	request_vm_add_vcpus(r->v, 1, guest_requests);
	snp_vm_launch(r->v->snp);
	find_pages(r);
	return EXPECT_REQ_SYNC(REQ_GUEST_UCALL, r->cpu->vcpu, STAGE_READY);
}

static void prepare(struct races *r, enum event event)
{
	unsigned int i;

	r->calls = control()->nr_fw_requests();
	request_fw_init(&r->fw, 0, 0);
	request_prepare(r->cpu, events[event].exit_code, events[event].type, NPAGES);
	for (i = 0; i < REQUEST_PAGE; i++)
		r->hva[B][i] = ~r->cpu->sent[i];
	r->hva[B][SNP_MSG_TYPE_OFFSET] = events[event].type;
	/* What the guest reads is compared in its pages, where it is. */
	r->cpu->req->copy[0].size = r->cpu->req->copy[1].size = 0;
}

#define MAX_CHANGES	6

struct change {
	const char *field;
	bool in_request;		/* .at is in page A, not in the GHCB page */
	uint64_t at, size;		/* bytes; a whole page becomes B's bytes */
	enum race_page page;		/* the value is this page's GPA ... */
	uint64_t value;			/* ... and this */
	const char *may[3];
};

COCO_FIXTURE(change);
FIXTURE_VARIANT(change)
{
	struct check_row row;
	enum event event;
	struct change changes[MAX_CHANGES];
};

#define IN_GHCB(field_)	false, offsetof(struct ghcb, field_), 8
#define REQUEST_GPA	"SW_EXITINFO1", IN_GHCB(sw_exit_info_1)
#define RESPONSE_GPA	"SW_EXITINFO2", IN_GHCB(sw_exit_info_2)
#define EXIT_CODE	"SW_EXITCODE", IN_GHCB(sw_exit_code), NO_PAGE
#define RAX		"RAX", IN_GHCB(rax)
#define RBX		"RBX", IN_GHCB(rbx), NO_PAGE

/* A byte of the valid bitmap, in which the other bits that count stay set. */
#define VALID_BYTE(field)						\
	"valid bit of " #field, false,					\
	offsetof(struct ghcb, valid_bitmap) + GHCB_VALID_BIT(field) / 8, 1, NO_PAGE
#define VALID(field)	(1 << GHCB_VALID_BIT(field) % 8)
#define EXITS_VALID	(VALID(sw_exit_code) | VALID(sw_exit_info_1) | VALID(sw_exit_info_2))

#define WHOLE_REQUEST	"the request page", true, 0, REQUEST_PAGE, NO_PAGE, 0
#define TYPE		"the message type", true, SNP_MSG_TYPE_OFFSET, 1, NO_PAGE

/* ---- request and response GPA ---- */

/* @with: what comes before firmware does. */
#define GPA_CHANGES(with, type)								\
	{										\
		{ REQUEST_GPA, B, .may = {						\
			with "firmware got B of type " type ", response in X" } },	\
		{ REQUEST_GPA, A, 8, .may = { "malformed" } },				\
		{ REQUEST_GPA, X, .may = { "malformed" } },				\
		{ RESPONSE_GPA, Y, .may = {						\
			with "firmware got A of type " type ", response in Y" } },	\
		{ RESPONSE_GPA, X, 1, .may = { "malformed" } },				\
		{ RESPONSE_GPA, A, .may = { "malformed" } },				\
	}

FIXTURE_VARIANT_ADD(change, plain_gpas)
{
	COCO_ROW(NULL, REQ_RACE_REQ_GPA),
	.event = PLAIN, .changes = GPA_CHANGES("", "1"),
};

FIXTURE_VARIANT_ADD(change, extended_gpas)
{
	COCO_ROW(NULL, REQ_RACE_REQ_GPA),
	.event = EXT_REPORT, .changes = GPA_CHANGES("table at P, ", "5"),
};

FIXTURE_VARIANT_ADD(change, certs_gpas)
{
	COCO_ROW(NULL, REQ_RACE_CERTS),
	.event = CERTS_REPORT, .changes = GPA_CHANGES("exit for 4 pages at P, ", "5"),
};

/* ---- the request page ---- */

FIXTURE_VARIANT_ADD(change, plain_page)
{
	COCO_ROW(NULL, REQ_RACE_REQ),
	.event = PLAIN,
	.changes = {
		{ WHOLE_REQUEST, .may = { "firmware got B of type 1, response in X" } },
	},
};

FIXTURE_VARIANT_ADD(change, extended_page)
{
	COCO_ROW(NULL, REQ_RACE_REQ),
	.event = EXT_REPORT,
	.changes = {
		{ WHOLE_REQUEST, .may = {
			"table at P, firmware got B of type 5, response in X" } },
		{ TYPE, SNP_MSG_CPUID_REQ, .may = {
			"firmware got A of type 1, response in X",
			"table at P, firmware got A of type 1, response in X" } },
	},
};

FIXTURE_VARIANT_ADD(change, extended_other_page)
{
	COCO_ROW(NULL, REQ_RACE_REQ),
	.event = EXT_OTHER,
	.changes = {
		{ TYPE, SNP_MSG_REPORT_REQ, .may = {
			"table at P, firmware got A of type 5, response in X",
			"firmware got A of type 5, response in X" } },
	},
};

FIXTURE_VARIANT_ADD(change, certs_page)
{
	COCO_ROW(NULL, REQ_RACE_REQ),
	.event = CERTS_REPORT,
	.changes = {
		{ WHOLE_REQUEST, .may = {
			"exit for 4 pages at P, firmware got B of type 5, response in X" } },
		{ TYPE, SNP_MSG_CPUID_REQ, .may = {
			"firmware got A of type 1, response in X",
			"exit for 4 pages at P, firmware got A of type 1, response in X" } },
	},
};

FIXTURE_VARIANT_ADD(change, certs_other_page)
{
	COCO_ROW(NULL, REQ_RACE_REQ),
	.event = CERTS_OTHER,
	.changes = {
		{ TYPE, SNP_MSG_REPORT_REQ, .may = {
			"exit for 4 pages at P, firmware got A of type 5, response in X",
			"firmware got A of type 5, response in X" } },
	},
};

/* ---- other fields of the GHCB ---- */

FIXTURE_VARIANT_ADD(change, plain_ghcb)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.event = PLAIN,
	.changes = {
		{ EXIT_CODE, 0x7fff0000, .may = { "malformed" } },
		{ VALID_BYTE(sw_exit_info_1), EXITS_VALID & ~VALID(sw_exit_info_1),
		  .may = { "malformed" } },
	},
};

FIXTURE_VARIANT_ADD(change, extended_ghcb)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.event = EXT_REPORT,
	.changes = {
		{ EXIT_CODE, GHCB_NAE_GUEST_REQUEST, .may = {
			"firmware got A of type 5, response in X" } },
		{ VALID_BYTE(rax), 0, .may = { "malformed" } },
		{ RAX, Q, .may = { "table at Q, firmware got A of type 5, response in X" } },
		{ RAX, P, 8, .may = { "malformed" } },
		{ RBX, 0, .may = { "firmware got A of type 5, response in X" } },
	},
};

FIXTURE_VARIANT_ADD(change, certs_ghcb)
{
	COCO_ROW(NULL, REQ_RACE_GHCB),
	.event = CERTS_REPORT,
	.changes = {
		{ EXIT_CODE, GHCB_NAE_GUEST_REQUEST, .may = {
			"firmware got A of type 5, response in X" } },
		{ VALID_BYTE(rax), 0, .may = { "malformed" } },
		{ VALID_BYTE(rbx), 0, .may = { "malformed" } },
		{ RAX, Q, .may = {
			"exit for 4 pages at Q, firmware got A of type 5, response in X" } },
		{ RAX, P, 8, .may = { "malformed" } },
		{ RBX, 3, .may = {
			"exit for 3 pages at P, firmware got A of type 5, response in X" } },
	},
};

/* False: the case has failed, or its guest cannot go on. */
static bool race_change(struct races *r, enum event event, const struct change *change)
{
	uint64_t value = change->value + (change->page ? r->gpa[change->page] : 0);
	char *base = change->in_request ? r->cpu->request.hva : r->v->snp->cpu[0].ghcb.hva;
	uint8_t bytes_b[REQUEST_PAGE];
	bool answered = true;
	struct race race = {
		.field = change->field,
		.change = { base + change->at, &value, change->size },
	};

	if (change->size == REQUEST_PAGE)
		race.change.bytes = bytes_b;
	while (race_next(&race)) {
		struct race_got got = {};

		prepare(r, event);
		memcpy(bytes_b, r->hva[B], sizeof(bytes_b));
		race_begin(&race);
		answered = race_run(&got, r->cpu->vcpu, STAGE_ANSWERED, note_exit, r);
		race_end(&race);
		if (answered)
			note_answer(&got, r);
		if (!EXPECT_RACE(check_main_req(), &race, events[event].was, change->may, got.text))
			break;
	}
	return answered && !check_failed();
}

COCO_TEST_F(change, answer)
{
	struct races r = {};
	unsigned int i;

	if (!race_possible() || !start(&r, events[variant->event].certs))
		return;
	for (i = 0; i < MAX_CHANGES && variant->changes[i].field; i++)
		if (!race_change(&r, variant->event, &variant->changes[i]))
			break;
	request_vm_free(r.v);
}

COCO_MAIN(snp_vm_missing)
