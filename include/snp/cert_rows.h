/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of the tests of certificate exits: every table has its rows once for each
 * revision that they hold for, as macros of the revision's tag.
 *
 * A kernel speaks one revision at most, and a reader wants to know which, not how
 * many cases the other four have.  So a program that is run as a whole leaves out
 * the rows of revisions that this KVM does not speak, and snp_req_certs_exit_test
 * has a case for each that says so.  A case that is asked for by name is skipped
 * with the same reason.
 *
 * Like harness.h, for one file of a program.
 */
#ifndef CERT_ROWS_H
#define CERT_ROWS_H

#include "check/harness.h"

#include "snp/cert_check.h"

/* What a row says of its revision; the tag is part of the cases' names. */
#define NAME_coco_v1	"coco-v1"
#define REV_coco_v1	&cert_revisions[CERT_COCO_V1]
#define NAME_coco_v2	"coco-v2"
#define REV_coco_v2	&cert_revisions[CERT_COCO_V2]
#define NAME_certs_v3	"certs-v3"
#define REV_certs_v3	&cert_revisions[CERT_CERTS_V3]
#define NAME_certs_v6	"certs-v6"
#define REV_certs_v6	&cert_revisions[CERT_CERTS_V6]
#define NAME_certs_v7	"certs-v7"
#define REV_certs_v7	&cert_revisions[CERT_CERTS_V7]

/* Values that one case goes through, on one VM; VALUES(1, 2) sets such a field. */
#define MAX_VALUES	12

struct values {
	unsigned int nr;
	uint64_t v[MAX_VALUES];
};

#define VALUES(...)	{ .nr = sizeof((uint64_t[]) { __VA_ARGS__ }) / sizeof(uint64_t),	\
			  .v = { __VA_ARGS__ } }

#define CERT_ROW(tag, ...)	COCO_ROW(NAME_##tag, __VA_ARGS__), .rev = REV_##tag

/* Revisions with something in common. */
#define ROWS_OF_ALL(ROWS)	\
	ROWS(coco_v1)		\
	ROWS(coco_v2)		\
	ROWS(certs_v3)		\
	ROWS(certs_v6)		\
	ROWS(certs_v7)
/* ret is an errno */
#define ROWS_OF_ERRNO(ROWS)	\
	ROWS(coco_v2)		\
	ROWS(certs_v3)		\
	ROWS(certs_v6)		\
	ROWS(certs_v7)
/* any errno will do */
#define ROWS_OF_ANY_ERRNO(ROWS)	\
	ROWS(coco_v2)		\
	ROWS(certs_v3)
/* enabled by a mask */
#define ROWS_OF_MASK(ROWS)	\
	ROWS(coco_v1)		\
	ROWS(coco_v2)
/* enabled by a command; an undefined ret is refused; fields have 64 bits */
#define ROWS_OF_COMMAND(ROWS)	\
	ROWS(certs_v6)		\
	ROWS(certs_v7)

/* The fixture whose rows always stay. */
#define CERT_ROWS_KEPT	"revision"

/* False: nothing is left. */
static inline bool cert_rows_leave_out(void)
{
	struct __fixture_variant_metadata *v, **link;
	struct __fixture_metadata *f;
	bool left = false;

	for (f = __fixture_list; f; f = f->next) {
		bool had_some = f->variant;

		if (!strcmp(f->name, CERT_ROWS_KEPT)) {
			left = true;
			continue;
		}
		for (link = &f->variant; (v = *link); ) {
			const struct check_row *row = v->data;
			const struct cert_revision *rev = cert_revision_named(row->revision);

			if (rev && cert_revision_missing(rev))
				*link = v->next;
			else
				link = &v->next;
		}
		/* The harness would run them without a variant. */
		if (had_some && !f->variant)
			f->tests = NULL;
		left = left || (had_some && f->variant);
	}
	return left;
}

#define CERT_MAIN							\
	int main(int argc, char **argv)					\
	{								\
		const char *why = snp_vm_missing();			\
									\
		if (why)						\
			ksft_exit_skip("%s\n", why);			\
		/* Now: each case has a process of its own. */		\
		cert_revision_cap(cert_revisions);			\
		if (argc == 1 && !cert_rows_leave_out())		\
			ksft_exit_skip("%s\n", "this KVM speaks no revision of the "\
				       "certificate exit");		\
		return coco_run(argc, argv);				\
	}

#endif
