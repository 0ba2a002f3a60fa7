// SPDX-License-Identifier: GPL-2.0-only
/*
 * libkvm's assertions, as a report tells of them: the linker (--wrap) has each call come by here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "check/asserted.h"

void __real_test_assert(bool exp, const char *exp_str, const char *file, unsigned int line,
			const char *fmt, ...);
void __wrap_test_assert(bool exp, const char *exp_str, const char *file, unsigned int line,
			const char *fmt, ...);

static char asserted[400];

const char *check_asserted(void)
{
	return asserted[0] ? asserted : NULL;
}

void __wrap_test_assert(bool exp, const char *exp_str, const char *file, unsigned int line,
			const char *fmt, ...)
{
	const int err = errno;
	char *why = NULL;
	va_list ap;

	if (exp)
		return;
	if (fmt) {
		va_start(ap, fmt);
		if (vasprintf(&why, fmt, ap) < 0)
			why = NULL;
		va_end(ap);
	}
	snprintf(asserted, sizeof(asserted), "%s:%u: %s%s%s", file, line, exp_str, why ? ": " : "",
		 why ?: "");
	for (char *c = asserted; *c; c++)
		if (*c == '\n')
			*c = ' ';
	errno = err;
	__real_test_assert(exp, exp_str, file, line, why ? "%s" : NULL, why);
}
