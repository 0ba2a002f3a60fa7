// SPDX-License-Identifier: GPL-2.0-only
/*
 * The running case: what it is about, and whether it has failed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kselftest.h"

#include "check/state.h"

/* One process runs one case: the harness forks for each. */
static struct {
	int *exit_code;
	char *reason;
	size_t reason_size;
	const struct check_row *row;
	bool failed;
	unsigned int nr_failures;
	bool requirement_failed[NR_REQUIREMENTS];
	bool requirement_checked[NR_REQUIREMENTS];
} this;

void state_begin(int *exit_code, char *reason, size_t reason_size, const struct check_row *row)
{
	memset(&this, 0, sizeof(this));
	this.exit_code = exit_code;
	this.reason = reason;
	this.reason_size = reason_size;
	this.row = row;
}

void state_set_failed(enum requirement_nr req)
{
	this.requirement_failed[req] = true;
	this.failed = true;
	this.nr_failures++;
	if (this.exit_code)
		*this.exit_code = KSFT_FAIL;
}

bool state_failed_by(enum requirement_nr req)
{
	return this.requirement_failed[req];
}

void check_made(enum requirement_nr req)
{
	this.requirement_checked[req] = true;
}

void state_tell_unchecked(void)
{
	unsigned int i;

	if (!this.row || *this.exit_code == KSFT_SKIP)
		return;
	for (i = 0; i < CHECK_MAX_REQS && this.row->reqs[i]; i++)
		if (!this.requirement_checked[this.row->reqs[i]])
			check_note("unchecked: %s", requirement(this.row->reqs[i])->id);
}

bool state_is_about(enum requirement_nr req)
{
	unsigned int i;

	for (i = 0; i < CHECK_MAX_REQS && this.row->reqs[i]; i++)
		if (this.row->reqs[i] == req)
			return true;
	return false;
}

const char *state_revision(void)
{
	return this.row ? this.row->revision : NULL;
}

bool check_failed(void)
{
	return this.failed;
}

unsigned int check_nr_failures(void)
{
	return this.nr_failures;
}

enum requirement_nr check_main_req(void)
{
	return this.row ? this.row->reqs[0] : REQ_NONE;
}

void check_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

void check_skip(const char *fmt, ...)
{
	va_list ap;

	if (this.failed)
		return;
	va_start(ap, fmt);
	vsnprintf(this.reason, this.reason_size, fmt, ap);
	va_end(ap);
	*this.exit_code = KSFT_SKIP;
}
