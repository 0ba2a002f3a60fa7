/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of guest requests expect over and over: of an answer, of
 * firmware, of the guest's pages.
 */
#ifndef REQUEST_CHECK_H
#define REQUEST_CHECK_H

#include "check/requirement.h"
#include "snp/firmware.h"
#include "snp/request_vm.h"

/* What firmware answers in a case. */
struct request_fw {
	bool modelled;			/* else it is real, and answers what it likes */
	uint32_t status;
	uint8_t response[REQUEST_PAGE];
};

/* Have firmware answer @issue_err (0 or -errno), @status; a response only on success. */
void request_fw_init(struct request_fw *fw, int issue_err, uint32_t status);

/*
 * SW_EXITINFO1 = 2 with one of two reasons (GHCB_REASON_*, @reason2 0: just
 * the first) by requirement @req; neither firmware nor the response page saw
 * anything of it.
 */
void expect_malformed(enum requirement_nr req, const struct request_cpu *cpu,
		      uint64_t reason, uint64_t reason2);

/*
 * Firmware served the request, as its call number @calls of the case: answer by
 * requirement @req, firmware saw the request's bytes, the guest its response.
 */
void expect_served(enum requirement_nr req, const struct request_cpu *cpu,
		   const struct request_fw *fw, unsigned int calls);

/*
 * The pages at RAX, as the guest sees them: @zeroed bytes of zero, and
 * what was there before behind them.
 */
void expect_data(enum requirement_nr req, const struct request_cpu *cpu, unsigned int zeroed);

/* Nobody wrote to the response page, as the guest sees it. */
void expect_response_untouched(enum requirement_nr req, const struct request_cpu *cpu);

/*
 * Neither firmware nor any of the guest's pages has seen anything of the
 * request yet; while the guest does not run.
 */
void expect_nothing_done(enum requirement_nr req, const struct request_cpu *cpu);
/* The pages' part of it. */
void expect_pages_untouched(enum requirement_nr req, const struct request_cpu *cpu);

#endif
