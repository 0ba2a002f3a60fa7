// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for arch/x86/virt/svm/sev.c, the reverse map table.  A fake: it
 * remembers which pages are assigned to a guest or to firmware and which of them
 * the hypervisor may not take back without firmware's help, and which are VMSAs.
 * Guests' accesses and VMRUN are checked against it, and the kernel's writes to pages
 * of a guest's that are no page cache.  (AMD APM 2, "RMPUPDATE"; SNP firmware ABI, "Page
 * Management".)
 */

#include <linux/cc_platform.h>
#include <linux/mm.h>
#include <asm/sev.h>

#include "glue.h"
#include "psp.h"

/* Open addressing by PFN; entries outlive their VM only by a leak. */
#define GLUE_RMP_SIZE	(1 << 16)
#define GLUE_RMP_GONE	(~0ULL)

static struct glue_rmp {
	u64 pfn;			/* 0: free, GLUE_RMP_GONE: was used */
	u64 gpa;
	u32 asid;			/* 0: firmware's */
	bool immutable;			/* it takes SNP_PAGE_RECLAIM to take it back */
	u32 vmsa;			/* 0: no VMSA; each that is made has another number */
} glue_rmp[GLUE_RMP_SIZE];

static int glue_rmp_lock;

static struct glue_rmp *glue_rmp_find(u64 pfn, bool add)
{
	unsigned int i, at = (pfn * 0x9e3779b97f4a7c15ULL) >> 48;
	struct glue_rmp *free = NULL;

	for (i = 0; i < GLUE_RMP_SIZE; i++) {
		struct glue_rmp *e = &glue_rmp[(at + i) % GLUE_RMP_SIZE];

		if (e->pfn == pfn)
			return e;
		if (!e->pfn || e->pfn == GLUE_RMP_GONE)
			free = free ?: e;
		if (!e->pfn)
			break;
	}
	if (!add)
		return NULL;
	if (!free)
		glue_not_driven("an RMP for more than %d private pages", GLUE_RMP_SIZE);
	*free = (struct glue_rmp){ .pfn = pfn };
	return free;
}

bool glue_rmp_assigned(u64 pfn)
{
	bool assigned;

	glue_word_lock(&glue_rmp_lock);
	assigned = glue_rmp_find(pfn, false);
	glue_word_unlock(&glue_rmp_lock);
	return assigned;
}

void glue_rmp_set_mutable(u64 pfn)
{
	struct glue_rmp *e;

	glue_word_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	if (e)
		e->immutable = false;
	glue_word_unlock(&glue_rmp_lock);
}

bool glue_rmp_lookup(u64 pfn, struct glue_rmp_page *page)
{
	struct glue_rmp *e;

	glue_word_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	if (e)
		*page = (struct glue_rmp_page){ e->gpa, e->asid, e->immutable };
	glue_word_unlock(&glue_rmp_lock);
	return e;
}

int glue_rmp_guest_page(unsigned long long pfn, unsigned long long *gpa)
{
	struct glue_rmp *e;
	int found;

	glue_word_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	found = e && e->asid;
	if (found)
		*gpa = e->gpa;
	glue_word_unlock(&glue_rmp_lock);
	return found;
}

void glue_rmp_set_vmsa(unsigned long long pfn, int vmsa)
{
	static u32 last;
	struct glue_rmp *e;

	glue_word_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	if (e)
		e->vmsa = vmsa ? ++last : 0;
	glue_word_unlock(&glue_rmp_lock);
}

unsigned int glue_rmp_vmsa(unsigned long long pfn, unsigned int asid)
{
	struct glue_rmp *e;
	u32 vmsa;

	glue_word_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	vmsa = e && e->asid == asid ? e->vmsa : 0;
	glue_word_unlock(&glue_rmp_lock);
	return vmsa;
}

/* The page's owner changes: on hardware it cannot while VMRUN uses the page. */
static void glue_rmp_check_vmsa(u64 pfn, const void *caller)
{
	if (glue_host->vmsa_in_use(pfn))
		glue_host->mem_bug(CONTROL_MEM_VMSA,
				   "takes a VMSA from its guest, which a CPU runs with it", caller);
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
	struct glue_rmp *e;
	int ret = 0;

	if (glue_host->step_fails(CONTROL_STEP_RMP))
		return -EFAULT;
	glue_rmp_check_vmsa(pfn, GLUE_CALLER);
	glue_word_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, true);
	if (e->immutable)
		ret = -EFAULT;
	else
		*e = (struct glue_rmp){ pfn, gpa, asid, immutable, 0 };
	glue_word_unlock(&glue_rmp_lock);
	if (!ret && asid)
		glue_host->page_owned(__va(pfn << PAGE_SHIFT), true);
	return ret;
}

int rmp_make_shared(u64 pfn, enum pg_level level)
{
	struct glue_rmp *e;
	int ret = 0;

	glue_rmp_check_vmsa(pfn, GLUE_CALLER);
	glue_word_lock(&glue_rmp_lock);
	e = glue_rmp_find(pfn, false);
	if (e && e->immutable)
		ret = -EFAULT;
	else if (e)
		e->pfn = GLUE_RMP_GONE;
	glue_word_unlock(&glue_rmp_lock);
	if (!ret)
		glue_host->page_owned(__va(pfn << PAGE_SHIFT), false);
	return ret;
}

/* What the kernel does with pages that it cannot take back: of two names, by version. */
void glue_leak_pages(u64 pfn, unsigned int npages) asm("snp_leak_pages");
void glue_leak_pages_dump(u64 pfn, unsigned int npages) asm("__snp_leak_pages");

void glue_leak_pages(u64 pfn, unsigned int npages)
{
	glue_host->mem_bug(CONTROL_MEM_FIRMWARE,
			   "gives up a page that it cannot take back from firmware", GLUE_CALLER);
}

void glue_leak_pages_dump(u64 pfn, unsigned int npages)
{
	glue_host->mem_bug(CONTROL_MEM_FIRMWARE,
			   "gives up a page that it cannot take back from firmware", GLUE_CALLER);
}

int psmash(u64 pfn)
{
	return 0;
}
