// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expectations of guest requests and certificate exits.
 */
#include "kvm_util.h"

#include "request_check.h"

/* No page of a request has this pattern; see request_prepare(). */
#define FW_SEED	0x91

void request_fw_init(struct request_fw *fw, int issue_err, uint32_t status)
{
	firmware_pattern(fw->response, FW_SEED);
	fw->status = status;
	fw->modelled = firmware_answer(issue_err, status, fw->response);
}

static void expect_response_untouched(enum requirement_nr req, const struct request_cpu *cpu)
{
	EXPECT_REQ_FILL(req, "the response page", POISON_RESPONSE, request_seen_response(cpu),
			REQUEST_PAGE);
}

void expect_malformed(enum requirement_nr req, const struct request_cpu *cpu,
		      uint64_t reason, uint64_t reason2)
{
	EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_MALFORMED, cpu->req->answer.exit_info_1,
		      &names_info_1);
	EXPECT_REQ_EITHER(req, "SW_EXITINFO2", reason, reason2 ?: reason,
			  cpu->req->answer.exit_info_2, &names_malformed);
	EXPECT_FW_CALLS(REQ_SNP_REQ_BAD_NO_FW, 0);
	expect_response_untouched(REQ_SNP_REQ_BAD_NO_FW, cpu);
}

void expect_served(enum requirement_nr req, const struct request_cpu *cpu,
		   const struct request_fw *fw, unsigned int calls)
{
	uint64_t info_2 = cpu->req->answer.exit_info_2;

	EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_OK, cpu->req->answer.exit_info_1,
		      &names_info_1);
	if (!fw->modelled) {
		/* Real firmware refuses a message that is no message. */
		EXPECT_REQ_EQ(REQ_SNP_REQ_FW_ERR, "SW_EXITINFO2[63:32]", 0, info_2 >> 32,
			      &names_value);
		return;
	}
	EXPECT_REQ_EQ(req, "SW_EXITINFO2", fw->status, info_2, &names_guest_request);
	if (EXPECT_FW_CALLS(REQ_SNP_REQ_FW_ONCE, calls))
		EXPECT_FW_SAW(REQ_SNP_REQ_BYTES, calls - 1, cpu->sent);
	/* What the page holds after firmware failed is nobody's promise. */
	if (!fw->status)
		EXPECT_REQ_BYTES(REQ_SNP_REQ_RESPONSE, "the response page as the guest read it",
				 fw->response, request_seen_response(cpu), REQUEST_PAGE);
}

void expect_data(enum requirement_nr req, const struct request_cpu *cpu, unsigned int zeroed)
{
	const uint8_t *data = request_seen_data(cpu);

	EXPECT_REQ_FILL(req, "the table at RAX", 0, data, zeroed);
	EXPECT_REQ_FILL(req, "the pages at RAX, but for a table", POISON_DATA, data + zeroed,
			cpu->data.size - zeroed);
}

void expect_nothing_done(enum requirement_nr req, const struct request_cpu *cpu)
{
	EXPECT_FW_CALLS(req, 0);
	EXPECT_REQ_FILL(req, "the response page", POISON_RESPONSE, cpu->response.hva,
			cpu->response.size);
	EXPECT_REQ_FILL(req, "the pages at RAX", POISON_DATA, cpu->data.hva, cpu->data.size);
}

bool cert_revision_spoken(const struct cert_revision *rev)
{
	if (cert_revision_cap(rev))
		return true;
	if (rev->enable == CERT_DEVICE_ATTR)
		check_skip("this KVM does not speak %s: attribute %u of /dev/kvm, group SEV, is not 1",
			   rev->name, rev->cap);
	else
		check_skip("this KVM does not speak %s: KVM_ENABLE_CAP has no such capability %u",
			   rev->name, rev->cap);
	return false;
}

static uint64_t field_max(struct cert_field field)
{
	return field.width == 8 ? ~0ull : (1ull << (field.width * 8)) - 1;
}

void expect_cert_exit(const struct cert_revision *rev, const struct request_cpu *cpu,
		      uint64_t gfn, uint64_t npages)
{
	struct cert_exit exit = cert_exit_read(rev, cpu->vcpu->run);

	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_NR, "nr", rev->event, exit.nr, &names_value);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_PAD, "padding", 0, exit.pad[0], &names_value);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_PAD, "padding", 0, exit.pad[1], &names_value);
	if (rev->addr_shift)
		EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_GFN, "gfn", gfn, exit.addr, &names_gfn);
	else
		EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_GFN, "gpa", gfn << 12, exit.addr, &names_gpa);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_NPAGES, "npages", npages & field_max(rev->npages),
		      exit.npages, &names_pages);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_RET, "ret", 0, exit.ret, &names_value);
}

static const enum requirement_nr answer_req[NR_CERT_ANSWERS] = {
	[CERT_ANSWER_OK]	= REQ_SNP_CERTS_RET_0,
	[CERT_ANSWER_LEN]	= REQ_SNP_CERTS_RET_LEN,
	[CERT_ANSWER_BUSY]	= REQ_SNP_CERTS_RET_OTHER,
	[CERT_ANSWER_ERROR]	= REQ_SNP_CERTS_RET_GENERIC,
	[CERT_ANSWER_OTHER]	= REQ_SNP_CERTS_RET_OTHER,
};

void expect_cert_answer(const struct cert_revision *rev, const struct request_cpu *cpu,
			enum cert_answer_nr nr, uint64_t rbx, uint64_t npages,
			const struct request_fw *fw, unsigned int calls)
{
	const struct cert_answer *answer = &rev->answer[nr];

	if (nr == CERT_ANSWER_OK) {
		expect_served(answer_req[nr], cpu, fw, calls);
	} else {
		EXPECT_FW_CALLS(REQ_SNP_CERTS_ERR_NO_FW, calls);
		expect_response_untouched(REQ_SNP_CERTS_ERR_RESPONSE, cpu);
		EXPECT_REQ_EQ(REQ_SNP_CERTS_ERR_INFO1, "SW_EXITINFO1", GHCB_INFO1_OK,
			      cpu->req->answer.exit_info_1, &names_info_1);
		EXPECT_REQ_EQ(answer_req[nr], "SW_EXITINFO2", answer->exit_info_2,
			      cpu->req->answer.exit_info_2, &names_guest_request);
	}

	if (answer->rbx_is_npages)
		EXPECT_REQ_EQ(REQ_SNP_CERTS_RET_LEN_RBX, "RBX", npages, cpu->req->answer.rbx,
			      &names_pages);
	else
		EXPECT_REQ_EQ(REQ_SNP_CERTS_RBX_KEPT, "RBX", rbx, cpu->req->answer.rbx,
			      &names_pages);
}
