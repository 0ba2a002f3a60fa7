/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running case: what it is about, and whether it has failed.
 */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "check/requirement.h"

#define CHECK_MAX_REQS	8

/*
 * What every case's table row starts with: its requirements, the main one
 * first, and the revision it is about (NULL: none).
 */
struct check_row {
	const char *revision;
	enum requirement_nr reqs[CHECK_MAX_REQS];
};

/* The running case's main requirement. */
enum requirement_nr check_main_req(void);
bool check_failed(void);
/* Expectations of its that did not hold. */
unsigned int check_nr_failures(void);

/*
 * A check of @req was made: for those that speak only when it does not hold.  EXPECT_REQ_*()
 * say it themselves.
 */
void check_made(enum requirement_nr req);

/* End of the case's expectations: skipped, for a reason; a failed case stays failed. */
void check_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A diagnostic: "# <text>". */
void check_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- for lib/check itself ---- */

/* A case begins, see check_case_begin() of case.h. */
void state_begin(int *exit_code, char *reason, size_t reason_size, const struct check_row *row);
/* It has failed by @req, in the harness's eyes too. */
void state_set_failed(enum requirement_nr req);
bool state_failed_by(enum requirement_nr req);
/* Say which requirements of the case's row nothing has checked. */
void state_tell_unchecked(void);
/* Is @req a requirement of its row? */
bool state_is_about(enum requirement_nr req);
/* The revision that it is about, or NULL. */
const char *state_revision(void);

#endif
