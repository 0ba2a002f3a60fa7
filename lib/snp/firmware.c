// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware's side of guest requests, through the control.
 */
#include "check/expect.h"
#include "check/state.h"
#include "control.h"
#include "snp/firmware.h"

bool firmware_seen(void)
{
	static bool said;

	if (!control() && !said) {
		check_note("no control of the kernel here: what firmware gets is not checked");
		said = true;
	}
	return control();
}

bool firmware_answer(int issue_err, uint32_t fw_err, const uint8_t *response)
{
	if (!firmware_seen())
		return false;
	control()->fw_answer(issue_err, fw_err, response);
	return true;
}

void firmware_delay(unsigned int us)
{
	if (firmware_seen())
		control()->fw_delay(us);
}

void firmware_pattern(uint8_t *page, uint8_t seed)
{
	unsigned int i;

	/* Neither periodic in a page nor in a cache line. */
	for (i = 0; i < CONTROL_PAGE; i++)
		page[i] = seed + i * 13 + (i >> 8) * 31;
}

bool check_fw_calls(const char *file, int line, enum requirement_nr req, unsigned int calls)
{
	if (!firmware_seen())
		return true;
	return check_eq(file, line, req, "SNP_GUEST_REQUESTs that firmware got", calls,
			control()->nr_fw_requests(), &names_count);
}

bool check_fw_saw(const char *file, int line, enum requirement_nr req, unsigned int idx,
		  const uint8_t *bytes)
{
	if (!firmware_seen())
		return true;
	if (idx >= control()->nr_fw_requests())
		return check_eq(file, line, req, "SNP_GUEST_REQUESTs that firmware got", idx + 1,
				control()->nr_fw_requests(), &names_count);
	if (!control()->fw_request(idx)) {
		check_fail(file, line, req, "the request as firmware saw it", "kept", idx,
			   "forgotten", control()->nr_fw_requests());
		return false;
	}
	return check_bytes(file, line, req, "the request as firmware saw it", bytes,
			   control()->fw_request(idx)->request, CONTROL_PAGE);
}
