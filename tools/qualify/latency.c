// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms of what takes time.
 */
#include <stdio.h>
#include <time.h>

#include "latency.h"

static unsigned int step_of(uint64_t ns)
{
	unsigned int power;

	if (ns < 4)
		return ns;
	power = 63 - __builtin_clzll(ns);
	return (power - 2) * 4 + (ns >> (power - 2));
}

/* The least that falls into step @i. */
static uint64_t least_of(unsigned int i)
{
	return i < 8 ? i : (uint64_t)(4 + i % 4) << (i / 4 - 1);
}

void latency_add(struct latency *l, uint64_t ns)
{
	if (!l->n || ns < l->min)
		l->min = ns;
	if (ns > l->max)
		l->max = ns;
	l->n++;
	l->sum += ns;
	l->steps[step_of(ns)]++;
}

void latency_join(struct latency *l, const struct latency *from)
{
	unsigned int i;

	if (!from->n)
		return;
	if (!l->n || from->min < l->min)
		l->min = from->min;
	if (from->max > l->max)
		l->max = from->max;
	l->n += from->n;
	l->sum += from->sum;
	for (i = 0; i < LATENCY_STEPS; i++)
		l->steps[i] += from->steps[i];
}

void latency_print(const struct latency *l)
{
	const char *comma = "";
	unsigned int i;

	printf("{\"n\":%lu,\"min\":%lu,\"max\":%lu,\"sum\":%lu,\"steps\":{", l->n, l->min, l->max,
	       l->sum);
	for (i = 0; i < LATENCY_STEPS; i++) {
		if (!l->steps[i])
			continue;
		printf("%s\"%lu\":%lu", comma, least_of(i), l->steps[i]);
		comma = ",";
	}
	printf("}}");
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}
