// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reverse map table, as arch/x86/virt/svm/sev.c offers it.  A fake: it
 * remembers which pages are assigned to a guest or to firmware and which of them
 * the hypervisor may not take back without firmware's help; nothing checks
 * accesses against it.  (AMD APM 2, "RMPUPDATE"; SNP firmware ABI, "Page
 * Management".)
 */

#include "glue.h"

#include <linux/cc_platform.h>
#include <asm/sev.h>

/* Open addressing by PFN; 0 is free.  Entries outlive their VM only by a leak. */
#define GLUE_RMP_SIZE	(1 << 16)
#define GLUE_RMP_GONE	(~0ULL)

/* In an entry above the PFN: it takes SNP_PAGE_RECLAIM to take it back. */
#define GLUE_RMP_IMMUTABLE	BIT_ULL(63)
#define GLUE_RMP_PFN		GENMASK_ULL(51, 0)

static u64 glue_rmp[GLUE_RMP_SIZE];
static DEFINE_MUTEX(glue_rmp_lock);

static u64 *glue_rmp_find(u64 pfn, bool add)
{
	unsigned int i, at = (pfn * 0x9e3779b97f4a7c15ULL) >> 48;
	u64 *free = NULL;

	for (i = 0; i < GLUE_RMP_SIZE; i++) {
		u64 *e = &glue_rmp[(at + i) % GLUE_RMP_SIZE];

		if (*e == GLUE_RMP_GONE) {
			free = free ?: e;
			continue;
		}
		if ((*e & GLUE_RMP_PFN) == pfn)
			return e;
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

void glue_rmp_set_mutable(u64 pfn)
{
	u64 *e;

	mutex_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	if (e)
		*e &= ~GLUE_RMP_IMMUTABLE;
	mutex_unlock(&glue_rmp_lock);
}

/* An SNP host: KVM asks before it looks at the RMP, and where it puts a VMSA. */
bool cc_platform_has(enum cc_attr attr)
{
	return attr == CC_ATTR_HOST_SEV_SNP;
}

int snp_lookup_rmpentry(u64 pfn, bool *assigned, int *level)
{
	*assigned = glue_rmp_assigned(pfn);
	*level = PG_LEVEL_4K;
	return 0;
}

int rmp_make_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid, bool immutable)
{
	int ret = 0;
	u64 *e;

	if (glue_host->step_fails(IMAGE_STEP_RMP))
		return -EFAULT;
	mutex_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, true);
	if (*e & GLUE_RMP_IMMUTABLE)
		ret = -EFAULT;
	else
		*e = pfn | (immutable ? GLUE_RMP_IMMUTABLE : 0);
	mutex_unlock(&glue_rmp_lock);
	return ret;
}

int rmp_make_shared(u64 pfn, enum pg_level level)
{
	int ret = 0;
	u64 *e;

	mutex_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	if (e && (*e & GLUE_RMP_IMMUTABLE))
		ret = -EFAULT;
	else if (e)
		*e = GLUE_RMP_GONE;
	mutex_unlock(&glue_rmp_lock);
	return ret;
}

/* What the kernel does with pages that it cannot take back: of two names, by version. */
void glue_leak_pages(u64 pfn, unsigned int npages) asm("snp_leak_pages");
void glue_leak_pages_dump(u64 pfn, unsigned int npages) asm("__snp_leak_pages");

void glue_leak_pages(u64 pfn, unsigned int npages)
{
	glue_host->mem_bug(IMAGE_MEM_FIRMWARE,
			   "gives up a page that it cannot take back from firmware", GLUE_CALLER);
}

void glue_leak_pages_dump(u64 pfn, unsigned int npages)
{
	glue_host->mem_bug(IMAGE_MEM_FIRMWARE,
			   "gives up a page that it cannot take back from firmware", GLUE_CALLER);
}

int psmash(u64 pfn)
{
	return 0;
}
