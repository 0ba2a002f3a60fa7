// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware's side of launches, through the control.
 */
#include <string.h>

#include "check/expect.h"
#include "snp/firmware.h"
#include "snp/launch_check.h"
#include "snp/raw_snp.h"

bool launch_reference(enum requirement_nr req, struct launch_ref *ref)
{
	const struct control_fw_launch *l;
	struct raw_snp snp;
	int ret;

	memset(ref, 0, sizeof(*ref));
	if (firmware_seen())
		control()->fw_measure(true);
	raw_snp_open(&snp);
	ret = raw_snp_go(&snp, RAW_SNP_NOTHING, RAW_SNP_FINISHED);
	raw_snp_close(&snp);
	if (!EXPECT_REQ_EQ(req, "a launch that nothing disturbs", 0, ret, &names_errno))
		return false;
	l = control() ? control()->fw_launch() : NULL;
	if (!l)
		return true;
	ref->known = true;
	ref->nr_pages = l->nr_pages;
	memcpy(ref->digest, l->digest, sizeof(ref->digest));
	return true;
}

unsigned int launch_nr_pages(void)
{
	const struct control_fw_launch *l = control() ? control()->fw_launch() : NULL;

	return l ? l->nr_pages : 0;
}

bool check_launch_as(const char *file, int line, enum requirement_nr req,
		     const struct launch_ref *ref)
{
	const struct control_fw_launch *l = control() ? control()->fw_launch() : NULL;

	if (!ref->known)
		return true;
	if (!l)
		return check_eq(file, line, req, "firmware knows of the launch", 1, 0, &names_bool);
	return check_eq(file, line, req, "firmware has finished the launch", 1, l->finished,
			&names_bool) &
	       check_eq(file, line, req, "pages measured", ref->nr_pages, l->nr_pages, &names_count) &
	       check_bytes(file, line, req, "the launch digest", ref->digest, l->digest,
			   CONTROL_DIGEST);
}
