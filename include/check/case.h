/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CASE_H
#define CASE_H

#include "check/requirement.h"

/* The running case has failed by @req, in the harness's eyes too. */
void case_set_failed(enum requirement_nr req);

/* The revision that the running case is about, or NULL. */
const char *case_revision(void);

#endif
