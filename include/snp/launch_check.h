/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Expectations about what firmware makes of a launch.  They need the control: where there is
 * none (real hardware) they say so once in a case and hold.
 */
#ifndef LAUNCH_CHECK_H
#define LAUNCH_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "check/requirement.h"
#include "control.h"

/* A launch that nothing disturbed, for comparison. */
struct launch_ref {
	bool known;
	unsigned int nr_pages;
	uint8_t digest[CONTROL_DIGEST];
};

/*
 * The launch of a VM of raw_snp.h is measured from here on; *@ref is one, which succeeds.
 * False: it did not.
 */
bool launch_reference(enum requirement_nr req, struct launch_ref *ref);

/* Pages that firmware has measured of the last launch. */
unsigned int launch_nr_pages(void);

/* The last launch is finished, and measured as @ref. */
#define EXPECT_LAUNCH_AS(req, ref)	check_launch_as(__FILE__, __LINE__, req, ref)

bool check_launch_as(const char *file, int line, enum requirement_nr req,
		     const struct launch_ref *ref);

#endif
