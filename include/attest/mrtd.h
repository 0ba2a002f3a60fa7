/* SPDX-License-Identifier: GPL-2.0-only */
/* What a TD's owner computes: MRTD ("Intel TDX Module ABI", "TD Measurement"). */
#ifndef ATTEST_MRTD_H
#define ATTEST_MRTD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tdx_report.h"

struct mrtd {
	uint8_t *hashed;
	size_t nr, max;
	unsigned int nr_added, nr_extended;	/* pages, and chunks of them */
};

/* The next page, at @gpa; if it is @measured, with its 4096 bytes. */
void mrtd_add_page(struct mrtd *m, uint64_t gpa, const void *page, bool measured);
/* Of all pages so far. */
void mrtd_get(const struct mrtd *m, uint8_t digest[TDX_DIGEST]);

/* RTMR @rtmr after the extension with @with. */
void mrtd_extend_rtmr(uint8_t rtmr[TDX_DIGEST], const uint8_t with[TDX_DIGEST]);

#endif
