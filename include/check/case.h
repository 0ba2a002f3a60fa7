/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What surrounds a case.
 */
#ifndef CASE_H
#define CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "check/requirement.h"
#include "control_enums.h"

struct check_row;

/*
 * Around each case, by COCO_TEST_F() of harness.h.  @exit_code and @reason are
 * the harness's.  If the process exits in between (an assertion of libkvm), the
 * case fails with a line naming its main requirement.
 */
void check_case_begin(int *exit_code, char *reason, size_t reason_size,
		      const struct check_row *row, const char *file, int line);
void check_case_end(void);

/* What the kernel breaks that does @what with memory or the like. */
enum requirement_nr check_mem_req(enum control_mem_bug what);

/* A WARN or BUG whose text contains @text is what this case is about. */
void check_expect_splat(const char *text);
/* How many of these the kernel has made in this case; 0 without a control. */
unsigned int check_nr_splats(const char *text);

/* @what, a WARN or BUG whose text contains @text, has not been made.  True where nobody knows. */
#define EXPECT_REQ_QUIET(req, what, text)	check_quiet(__FILE__, __LINE__, req, what, text)

bool check_quiet(const char *file, int line, enum requirement_nr req, const char *what,
		 const char *text);
/*
 * From now on in this case, what the kernel does against @req (KERNEL-MEM-LEAK and the
 * like) is a failure of @by instead; REQ_NONE: none, the case is about it.
 */
void check_attribute_to(enum requirement_nr req, enum requirement_nr by);

#endif
