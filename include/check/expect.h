/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Expectations.  A failed one prints one line,
 *
 *	# FAIL <file>:<line>: <ID> (<document>, <section>): <what>: wanted <name> (<number>),
 *	got <name> (<number>)
 *
 * (on one line), fails the case, and lets it go on; each gives whether it held.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/names.h"
#include "check/requirement.h"

#define EXPECT_REQ_EQ(req, what, wanted, got, names)					\
	check_eq(__FILE__, __LINE__, req, what, wanted, got, names)

/* @got is one of two. */
#define EXPECT_REQ_EITHER(req, what, wanted, wanted2, got, names)			\
	check_either(__FILE__, __LINE__, req, what, wanted, wanted2, got, names)

#define EXPECT_REQ_TRUE(req, what, condition)						\
	check_eq(__FILE__, __LINE__, req, what, 1, !!(condition), &names_bool)

/* @size bytes; the first that differs is reported. */
#define EXPECT_REQ_BYTES(req, what, wanted, got, size)					\
	check_bytes(__FILE__, __LINE__, req, what, wanted, got, size)

/* @size bytes that all have the value @byte. */
#define EXPECT_REQ_FILL(req, what, byte, got, size)					\
	check_fill(__FILE__, __LINE__, req, what, byte, got, size)

bool check_eq(const char *file, int line, enum requirement_nr req, const char *what,
	      uint64_t wanted, uint64_t got, const struct value_names *names);
bool check_either(const char *file, int line, enum requirement_nr req, const char *what,
		  uint64_t wanted, uint64_t wanted2, uint64_t got,
		  const struct value_names *names);
bool check_bytes(const char *file, int line, enum requirement_nr req, const char *what,
		 const void *wanted, const void *got, size_t size);
bool check_fill(const char *file, int line, enum requirement_nr req, const char *what,
		uint8_t byte, const void *got, size_t size);

/* The line of a failure whose two sides are words. */
void check_fail(const char *file, int line, enum requirement_nr req, const char *what,
		const char *wanted, uint64_t wanted_nr, const char *got, uint64_t got_nr);

#endif
