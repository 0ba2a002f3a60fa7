/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long something takes, as a histogram: four steps to each power of two.
 */
#ifndef LATENCY_H
#define LATENCY_H

#include <stdint.h>

#define LATENCY_STEPS	252

/* All in nanoseconds; all zeroes is none yet. */
struct latency {
	uint64_t n, min, max, sum;
	uint64_t steps[LATENCY_STEPS];
};

void latency_add(struct latency *l, uint64_t ns);
/* @from's, too. */
void latency_join(struct latency *l, const struct latency *from);
/* As a JSON object on stdout: n, min, max, sum, and steps by the least that falls into each. */
void latency_print(const struct latency *l);

uint64_t now_ns(void);

#endif
