/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Expectations about the PSP firmware's side of guest requests.  They need the
 * control: where there is none (real hardware) they say so once in a case and
 * hold.
 */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "check/requirement.h"

/* Can the case see firmware, and tell it what to answer? */
bool firmware_seen(void);

/*
 * Firmware's answer to every request from now on: @issue_err (0 or -errno), its
 * status @fw_err, and on success the page @response.  False where firmware is
 * real and answers what it likes.
 */
bool firmware_answer(int issue_err, uint32_t fw_err, const uint8_t *response);

/*
 * From now on firmware waits @us microseconds before it looks at a request; none where it is
 * real.
 */
void firmware_delay(unsigned int us);

/* Fill @page with what firmware will write: a pattern no request has. */
void firmware_pattern(uint8_t *page, uint8_t seed);

/* Since the case began firmware got @calls requests. */
#define EXPECT_FW_CALLS(req, calls)	check_fw_calls(__FILE__, __LINE__, req, calls)
/* Request [@idx] of them had these bytes (a page). */
#define EXPECT_FW_SAW(req, idx, bytes)	check_fw_saw(__FILE__, __LINE__, req, idx, bytes)

bool check_fw_calls(const char *file, int line, enum requirement_nr req, unsigned int calls);
bool check_fw_saw(const char *file, int line, enum requirement_nr req, unsigned int idx,
		  const uint8_t *bytes);

#endif
