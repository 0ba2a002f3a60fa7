/* SPDX-License-Identifier: GPL-2.0-only */
/* What libkvm asserts, for reports. */
#ifndef CHECK_ASSERTED_H
#define CHECK_ASSERTED_H

/* What libkvm has asserted and where, when this process ends by it; else NULL. */
const char *check_asserted(void);

#endif
