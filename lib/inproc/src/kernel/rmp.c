// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reverse map table, as arch/x86/virt/svm/sev.c offers it.  A fake: it
 * remembers which pages are assigned to a guest, and nothing checks accesses
 * against it.
 */

#include "glue.h"

#include <asm/sev.h>

/* Open addressing by PFN; 0 is free.  Entries outlive their VM only by a leak. */
#define GLUE_RMP_SIZE	(1 << 16)

static u64 glue_rmp[GLUE_RMP_SIZE];
static DEFINE_MUTEX(glue_rmp_lock);

static u64 *glue_rmp_find(u64 pfn, bool add)
{
	unsigned int i, at = (pfn * 0x9e3779b97f4a7c15ULL) >> 48;
	u64 *free = NULL;

	for (i = 0; i < GLUE_RMP_SIZE; i++) {
		u64 *e = &glue_rmp[(at + i) % GLUE_RMP_SIZE];

		if (*e == pfn)
			return e;
		if (*e == ~0ULL) {
			free = free ?: e;
			continue;
		}
		if (!*e) {
			free = free ?: e;
			break;
		}
	}
	if (!add)
		return NULL;
	if (!free)
		glue_die("RMP full: more than %d private pages", GLUE_RMP_SIZE);
	*free = pfn;
	return free;
}

bool glue_rmp_assigned(u64 pfn)
{
	bool assigned;

	mutex_lock(&glue_rmp_lock);
	assigned = glue_rmp_find(pfn, false);
	mutex_unlock(&glue_rmp_lock);
	return assigned;
}

int snp_lookup_rmpentry(u64 pfn, bool *assigned, int *level)
{
	*assigned = glue_rmp_assigned(pfn);
	*level = PG_LEVEL_4K;
	return 0;
}

int rmp_make_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable)
{
	mutex_lock(&glue_rmp_lock);
	glue_rmp_find(pfn, true);
	mutex_unlock(&glue_rmp_lock);
	return 0;
}

int rmp_make_shared(u64 pfn, enum pg_level level)
{
	u64 *e;

	mutex_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	if (e)
		*e = ~0ULL;
	mutex_unlock(&glue_rmp_lock);
	return 0;
}

int psmash(u64 pfn)
{
	return 0;
}
