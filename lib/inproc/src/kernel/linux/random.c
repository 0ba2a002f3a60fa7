// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for drivers/char/random.c.  A fake: its numbers are the same in each run, and the
 * generator never says that it is ready, so that pointers are printed as unknown.
 */
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/string.h>

#include "glue.h"

/* A linear congruential generator, of which the upper half is good enough. */
static u32 glue_random(void)
{
	static u64 state = 1;
	u64 old = __atomic_load_n(&state, __ATOMIC_RELAXED), new;

	do {
		new = old * 6364136223846793005ULL + 1442695040888963407ULL;
	} while (!__atomic_compare_exchange_n(&state, &old, new, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return new >> 32;
}

void get_random_bytes(void *buf, size_t len)
{
	while (len) {
		u32 word = glue_random();
		size_t n = min(len, sizeof(word));

		memcpy(buf, &word, n);
		buf += n;
		len -= n;
	}
}

u32 __get_random_u32_below(u32 ceil)
{
	return ceil ? glue_random() % ceil : glue_random();
}

int execute_with_initialized_rng(struct notifier_block *nb)
{
	return 0;
}
