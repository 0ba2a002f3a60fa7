/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CHECK_ASSERT_H
#define CHECK_ASSERT_H

/* What libkvm has asserted and where, when this process ends by it; else NULL. */
const char *check_asserted(void);

#endif
