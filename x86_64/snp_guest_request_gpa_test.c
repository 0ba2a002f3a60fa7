// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the pages of an SNP guest's requests to firmware may lie: alignment, no
 * memory, private memory; Guest Request and Extended Guest Request.
 *
 * Not ABI, so not checked: whether a page that is not there ends KVM_RUN (EIO, as KVM
 * has it) or is answered as malformed input.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/request_check.h"

#define POISON_PRIVATE	0x3c

/* The guest's own: in the program's image, which is private memory. */
static uint8_t private_page[REQUEST_PAGE] __attribute__((aligned(REQUEST_PAGE)));

/* What the guest writes here is nobody's but its own. */
static void guest_private(struct guest_request *req)
{
	unsigned int i;

	for (i = 0; i < sizeof(private_page); i++)
		((volatile uint8_t *)private_page)[i] = POISON_PRIVATE;
	guest_registered_loop(req);
}

enum which { REQUEST, RESPONSE, RAX };

static uint64_t *gpa_of(const struct request_cpu *cpu, enum which which)
{
	switch (which) {
	case REQUEST:
		return &cpu->req->exit_info_1;
	case RESPONSE:
		return &cpu->req->exit_info_2;
	default:
		return &cpu->req->rax;
	}
}

static const char *name_of_page(enum which which)
{
	static const char *const names[] = { "SW_EXITINFO1", "SW_EXITINFO2", "RAX" };

	return names[which];
}

/* ---- alignment (AMD 56421, "SNP Guest Request", "SNP Extended Guest Request") ---- */

COCO_FIXTURE(misaligned);
FIXTURE_VARIANT(misaligned)
{
	struct check_row row;
	uint64_t event;
	enum which which;
	uint64_t reason2;		/* 5, or this one */
};

FIXTURE_VARIANT_ADD(misaligned, plain_request)
{
	COCO_ROW(NULL, REQ_SNP_REQ_GPA_RULES, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_GUEST_REQUEST, .which = REQUEST, .reason2 = GHCB_REASON_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(misaligned, plain_response)
{
	COCO_ROW(NULL, REQ_SNP_REQ_GPA_RULES, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_GUEST_REQUEST, .which = RESPONSE, .reason2 = GHCB_REASON_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(misaligned, extended_request)
{
	COCO_ROW(NULL, REQ_SNP_REQ_GPA_RULES, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = REQUEST,
	.reason2 = GHCB_REASON_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(misaligned, extended_response)
{
	COCO_ROW(NULL, REQ_SNP_REQ_GPA_RULES, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = RESPONSE,
	.reason2 = GHCB_REASON_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(misaligned, extended_rax)
{
	COCO_ROW(NULL, REQ_SNP_EXT_RAX_ALIGN, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = RAX,
};

COCO_TEST_F(misaligned, refused)
{
	/* Every bit, and all of them; and where the sum with the page's size wraps. */
	static const uint64_t add[] = {
		1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0xfff,
	};
	static const uint64_t gpa[] = { ~0ull, 1, 1ull << 52 | 8, 1ull << 63 | 0x800 };
	struct request_vm *v = request_vm_create(1, guest_registered_loop);
	enum requirement_nr req = check_main_req();
	struct request_cpu *cpu = &v->cpu[0];
	unsigned int i;

	snp_vm_launch(v->snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
		return;
	for (i = 0; i < ARRAY_SIZE(add) + ARRAY_SIZE(gpa) && !check_failed(); i++) {
		uint64_t *at;

		request_prepare(cpu, variant->event, SNP_MSG_REPORT_REQ, 1);
		at = gpa_of(cpu, variant->which);
		*at = i < ARRAY_SIZE(add) ? *at + add[i] : gpa[i - ARRAY_SIZE(add)];
		request_copy_nothing(cpu);
		if (!EXPECT_REQ_SYNC(req, cpu->vcpu, STAGE_ANSWERED))
			break;
		request_read_shared(cpu);
		expect_malformed(req, cpu, GHCB_REASON_INVALID_INPUT, variant->reason2);
		expect_data(req, cpu, 0);
	}
	if (check_failed())
		check_note("%s was 0x%lx", name_of_page(variant->which),
			   *gpa_of(cpu, variant->which));
	request_vm_free(v);
}

COCO_FIXTURE(same_page);
FIXTURE_VARIANT(same_page)
{
	struct check_row row;
	uint64_t event;
	uint64_t gpa;			/* 0: the request page's */
};

FIXTURE_VARIANT_ADD(same_page, plain)
{
	COCO_ROW(NULL, REQ_SNP_REQ_GPA_RULES, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_GUEST_REQUEST,
};

FIXTURE_VARIANT_ADD(same_page, extended)
{
	COCO_ROW(NULL, REQ_SNP_REQ_GPA_RULES, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_EXT_GUEST_REQUEST,
};

FIXTURE_VARIANT_ADD(same_page, plain_no_memory)
{
	COCO_ROW(NULL, REQ_SNP_REQ_GPA_RULES, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_GUEST_REQUEST, .gpa = 1ull << 40,
};

COCO_TEST_F(same_page, refused)
{
	struct request_vm *v = request_vm_create(1, guest_registered_loop);
	enum requirement_nr req = check_main_req();
	struct request_cpu *cpu = &v->cpu[0];

	snp_vm_launch(v->snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
		return;
	request_prepare(cpu, variant->event, SNP_MSG_REPORT_REQ, 1);
	if (variant->gpa)
		cpu->req->exit_info_1 = variant->gpa;
	cpu->req->exit_info_2 = cpu->req->exit_info_1;
	if (EXPECT_REQ_SYNC(req, cpu->vcpu, STAGE_ANSWERED)) {
		expect_malformed(req, cpu, GHCB_REASON_INVALID_INPUT, GHCB_REASON_MISSING_INPUT);
		EXPECT_REQ_BYTES(REQ_SNP_REQ_KEPT, "the request page", cpu->sent,
				 cpu->request.hva, REQUEST_PAGE);
		expect_data(req, cpu, 0);
	}
	request_vm_free(v);
}

COCO_FIXTURE(reason);
FIXTURE_VARIANT(reason)
{
	struct check_row row;
	struct {
		uint64_t event;
		uint64_t request_add, response_add;	/* bytes; both 0: the pages are one */
	} bad[6];
};

FIXTURE_VARIANT_ADD(reason, of_all_rules)
{
	COCO_ROW(NULL, REQ_SNP_REQ_GPA_REASON, REQ_SNP_REQ_GPA_RULES, REQ_SNP_REQ_BAD_NO_FW),
	.bad = {
		{ GHCB_NAE_GUEST_REQUEST, 8, 0 },
		{ GHCB_NAE_GUEST_REQUEST, 0, 8 },
		{ GHCB_NAE_GUEST_REQUEST, 0, 0 },
		{ GHCB_NAE_EXT_GUEST_REQUEST, 8, 0 },
		{ GHCB_NAE_EXT_GUEST_REQUEST, 0, 8 },
		{ GHCB_NAE_EXT_GUEST_REQUEST, 0, 0 },
	},
};

COCO_TEST_F(reason, same)
{
	struct request_vm *v = request_vm_create(1, guest_registered_loop);
	struct request_cpu *cpu = &v->cpu[0];
	unsigned int i;

	snp_vm_launch(v->snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
		return;
	for (i = 0; i < ARRAY_SIZE(variant->bad) && !check_failed(); i++) {
		request_prepare(cpu, variant->bad[i].event, SNP_MSG_REPORT_REQ, 1);
		if (!variant->bad[i].request_add && !variant->bad[i].response_add)
			cpu->req->exit_info_2 = cpu->req->exit_info_1;
		cpu->req->exit_info_1 += variant->bad[i].request_add;
		cpu->req->exit_info_2 += variant->bad[i].response_add;
		request_copy_nothing(cpu);
		if (!EXPECT_REQ_SYNC(REQ_SNP_REQ_GPA_RULES, cpu->vcpu, STAGE_ANSWERED))
			return;
		request_read_shared(cpu);
		expect_malformed(REQ_SNP_REQ_GPA_RULES, cpu, GHCB_REASON_INVALID_INPUT,
				 GHCB_REASON_MISSING_INPUT);
		if (!EXPECT_REQ_EQ(REQ_SNP_REQ_GPA_REASON, "SW_EXITINFO2",
				   GHCB_REASON_INVALID_INPUT, cpu->req->answer.exit_info_2,
				   &names_malformed))
			check_note("of event 0x%lx with SW_EXITINFO1 + %lu, SW_EXITINFO2 + %lu",
				   variant->bad[i].event, variant->bad[i].request_add,
				   variant->bad[i].response_add);
	}
	request_vm_free(v);
}

/* ---- no memory ---- */

COCO_FIXTURE(no_memory);
FIXTURE_VARIANT(no_memory)
{
	struct check_row row;
	uint64_t event;
	enum which which;
	bool called;			/* firmware may have been */
};

FIXTURE_VARIANT_ADD(no_memory, plain_request)
{
	COCO_ROW(NULL, REQ_SNP_REQ_NO_MEMORY),
	.event = GHCB_NAE_GUEST_REQUEST, .which = REQUEST,
};

/* The response is lost, but that is known only afterwards. */
FIXTURE_VARIANT_ADD(no_memory, plain_response)
{
	COCO_ROW(NULL, REQ_SNP_REQ_NO_MEMORY),
	.event = GHCB_NAE_GUEST_REQUEST, .which = RESPONSE, .called = true,
};

FIXTURE_VARIANT_ADD(no_memory, extended_request)
{
	COCO_ROW(NULL, REQ_SNP_REQ_NO_MEMORY),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = REQUEST,
};

FIXTURE_VARIANT_ADD(no_memory, extended_response)
{
	COCO_ROW(NULL, REQ_SNP_REQ_NO_MEMORY),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = RESPONSE, .called = true,
};

FIXTURE_VARIANT_ADD(no_memory, extended_rax)
{
	COCO_ROW(NULL, REQ_SNP_REQ_NO_MEMORY),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = RAX,
};

COCO_TEST_F(no_memory, refused)
{
	/* Above memory, above what a CPU can address, not canonical, the last page. */
	static const uint64_t gpa[] = {
		0x123456000, 1ull << 46, 1ull << 52, 1ull << 62, 1ull << 63,
		0xffff800000000000, ~0ull << 12,
	};
	struct request_vm *v = request_vm_create(ARRAY_SIZE(gpa), guest_registered_loop);
	enum requirement_nr req = check_main_req();
	unsigned int i;

	snp_vm_launch(v->snp);
	/* A vCPU each: after KVM_RUN has failed, nothing is promised of it. */
	for (i = 0; i < ARRAY_SIZE(gpa); i++) {
		struct request_cpu *cpu = &v->cpu[i];
		int err;

		if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
			return;
		request_prepare(cpu, variant->event, SNP_MSG_REPORT_REQ, 1);
		*gpa_of(cpu, variant->which) = gpa[i];
		request_copy_nothing(cpu);
		err = check_run(cpu->vcpu);
		if (err)
			EXPECT_REQ_EQ(req, "KVM_RUN", EIO, err, &names_errno);
		else
			EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_MALFORMED,
				      cpu->req->answer.exit_info_1, &names_info_1);
		EXPECT_REQ_FILL(req, "the response page", POISON_RESPONSE, cpu->response.hva,
				cpu->response.size);
		if (check_failed()) {
			check_note("%s was 0x%lx", name_of_page(variant->which), gpa[i]);
			break;
		}
	}
	if (!variant->called)
		EXPECT_FW_CALLS(req, 0);
	request_vm_free(v);
}

/* ---- private memory ---- */

COCO_FIXTURE(private);
FIXTURE_VARIANT(private)
{
	struct check_row row;
	uint64_t event;
	enum which which;
};

FIXTURE_VARIANT_ADD(private, plain_request)
{
	COCO_ROW(NULL, REQ_SNP_REQ_PRIVATE),
	.event = GHCB_NAE_GUEST_REQUEST, .which = REQUEST,
};

FIXTURE_VARIANT_ADD(private, plain_response)
{
	COCO_ROW(NULL, REQ_SNP_REQ_PRIVATE),
	.event = GHCB_NAE_GUEST_REQUEST, .which = RESPONSE,
};

FIXTURE_VARIANT_ADD(private, extended_request)
{
	COCO_ROW(NULL, REQ_SNP_REQ_PRIVATE),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = REQUEST,
};

FIXTURE_VARIANT_ADD(private, extended_response)
{
	COCO_ROW(NULL, REQ_SNP_REQ_PRIVATE),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = RESPONSE,
};

FIXTURE_VARIANT_ADD(private, extended_rax)
{
	COCO_ROW(NULL, REQ_SNP_REQ_PRIVATE),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .which = RAX,
};

COCO_TEST_F(private, untouched)
{
	struct request_vm *v = request_vm_create(1, guest_private);
	enum requirement_nr req = check_main_req();
	struct request_cpu *cpu = &v->cpu[0];
	uint64_t gpa = addr_gva2gpa(v->snp->vm, (uint64_t)private_page);
	struct request_fw fw;
	uint8_t *shared_view;

	/* The host's view of that page is other memory. */
	shared_view = addr_gpa2hva(v->snp->vm, gpa);
	request_fw_init(&fw, 0, 0);
	snp_vm_launch(v->snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
		return;
	request_prepare(cpu, variant->event, SNP_MSG_REPORT_REQ, 1);
	*gpa_of(cpu, variant->which) = gpa;
	memcpy(shared_view, cpu->sent, REQUEST_PAGE);
	cpu->req->copy[0].from = (uint64_t)private_page;
	if (EXPECT_REQ_SYNC(req, cpu->vcpu, STAGE_ANSWERED)) {
		EXPECT_REQ_FILL(req, "the private page as its guest reads it", POISON_PRIVATE,
				request_seen_response(cpu), REQUEST_PAGE);
		if (variant->which == REQUEST)
			EXPECT_FW_SAW(req, 0, cpu->sent);
	}
	request_vm_free(v);
}

COCO_MAIN(snp_vm_missing)
