// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expectations of guest requests.
 */
#include "kvm_util.h"

#include "check/expect.h"
#include "snp/request_check.h"

/* No page of a request has this pattern; see request_prepare(). */
#define FW_SEED	0x91

void request_fw_init(struct request_fw *fw, int issue_err, uint32_t status)
{
	firmware_pattern(fw->response, FW_SEED);
	fw->status = status;
	fw->modelled = firmware_answer(issue_err, status, fw->response);
}

void expect_response_untouched(enum requirement_nr req, const struct request_cpu *cpu)
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
	expect_pages_untouched(req, cpu);
}

void expect_pages_untouched(enum requirement_nr req, const struct request_cpu *cpu)
{
	EXPECT_REQ_FILL(req, "the response page", POISON_RESPONSE, cpu->response.hva,
			cpu->response.size);
	EXPECT_REQ_FILL(req, "the pages at RAX", POISON_DATA, cpu->data.hva, cpu->data.size);
}
