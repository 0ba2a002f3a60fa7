// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: which physical page belongs to whom (PAMT), and "TDH.PHYMEM"
 * leaf functions on pages.  A model, see module.h; what hardware keeps in the PAMTs that
 * the VMM gives is kept in a map, as they are of memory that does not exist here
 * (linux/memblock.c).
 */
#include <asm/processor.h>

#include "linux/page.h"
#include "module.h"

/* Keyed by PFN; pfn: the TDR's address; state: type, level and BEPOCH. */
static struct glue_gfnmap glue_pamt;
static int glue_pamt_lock;

/* Pages that are nobody's again, with lines in the caches that bear a KeyID; pfn: it. */
static struct glue_gfnmap glue_keyed;

#define GLUE_PAMT_TYPE(state)	((state) & 0xff)
#define GLUE_PAMT_LEVEL(state)	((state) >> 8 & 0xff)
#define GLUE_PAMT_BEPOCH_SHIFT	16

/* The entry that covers the page, which may be a part of one of 2 MiB. */
static struct glue_gfn *glue_pamt_find(u64 pfn)
{
	struct glue_gfn *e = glue_gfn_find(&glue_pamt, pfn);

	if (e)
		return e;
	e = glue_gfn_find(&glue_pamt, pfn & ~(PTRS_PER_PTE - 1ULL));
	return e && GLUE_PAMT_LEVEL(e->state) ? e : NULL;
}

static bool glue_pamt_is_free(u64 pfn, unsigned int level)
{
	u64 i, nr = level ? PTRS_PER_PTE : 1;

	if (glue_pamt_find(pfn))
		return false;
	for (i = 0; i < nr; i++)
		if (glue_gfn_find(&glue_pamt, pfn + i))
			return false;
	return true;
}

static unsigned int glue_pamt_pages(const struct glue_gfn *e)
{
	return GLUE_PAMT_LEVEL(e->state) ? PTRS_PER_PTE : 1;
}

static const char *const glue_pamt_uncharged[] = {
#define GLUE_UNCHARGED(type)	\
	[GLUE_PT_##type] = "gave the TDX module a page (PT_" #type ") that is charged to no cgroup"
	GLUE_UNCHARGED(REG), GLUE_UNCHARGED(TDR), GLUE_UNCHARGED(TDCX), GLUE_UNCHARGED(TDVPR),
	GLUE_UNCHARGED(EPT),
};

static const char *const glue_pamt_cached[] = {
#define GLUE_CACHED(type)	\
	[GLUE_PT_##type] = "gave the TDX module a page (PT_" #type ") without writing back caches"
	GLUE_CACHED(REG), GLUE_CACHED(TDR), GLUE_CACHED(TDCX), GLUE_CACHED(TDVPR), GLUE_CACHED(EPT),
};

static bool glue_pages_written_back(u64 pa, unsigned int level)
{
	const u64 end = pa + (level ? PMD_SIZE : PAGE_SIZE);
	bool all = true;

	for (; pa < end; pa += PAGE_SIZE)
		all &= glue_rmp_was_written_back(pa >> PAGE_SHIFT);
	return all;
}

u64 glue_pamt_take(u64 pa, enum glue_pt type, unsigned int level, struct glue_tdr *tdr,
		   unsigned int operand)
{
	u64 status = GLUE_TDX_SUCCESS;

	if (!pa || !IS_ALIGNED(pa, level ? PMD_SIZE : PAGE_SIZE) ||
	    pa >> boot_cpu_data.x86_phys_bits)
		return glue_operand_invalid(operand);
	glue_word_lock(&glue_pamt_lock);
	if (!glue_pamt_is_free(pa >> PAGE_SHIFT, level)) {
		status = GLUE_TDX_PAGE_METADATA_INCORRECT | operand;
	} else {
		glue_gfn_del(&glue_keyed, glue_gfn_find(&glue_keyed, pa >> PAGE_SHIFT));
		glue_gfn_add(&glue_pamt, pa >> PAGE_SHIFT, (u64)tdr, type | level << 8);
		if (type != GLUE_PT_TDR)
			tdr->nr_pages += level ? PTRS_PER_PTE : 1;
	}
	glue_word_unlock(&glue_pamt_lock);
	if (!status && !glue_pages_written_back(pa, level))
		glue_host->mem_bug(CONTROL_TD_CACHE, glue_pamt_cached[type], glue_last_seamcall());
	if (!status && glue_page_uncharged(pfn_to_page(pa >> PAGE_SHIFT)))
		glue_host->mem_bug(CONTROL_MEM_UNCHARGED, glue_pamt_uncharged[type],
				   glue_last_seamcall());
	return status;
}

static void __glue_pamt_release(struct glue_gfn *e)
{
	if (GLUE_PAMT_TYPE(e->state) != GLUE_PT_TDR)
		((struct glue_tdr *)e->pfn)->nr_pages -= glue_pamt_pages(e);
	glue_gfn_del(&glue_pamt, e);
}

void glue_pamt_release(u64 pa)
{
	struct glue_gfn *e;

	glue_word_lock(&glue_pamt_lock);
	e = glue_gfn_find(&glue_pamt, pa >> PAGE_SHIFT);
	if (e)
		__glue_pamt_release(e);
	glue_word_unlock(&glue_pamt_lock);
}

void glue_pamt_set_bepoch(u64 pa, u64 epoch)
{
	struct glue_gfn *e;

	glue_word_lock(&glue_pamt_lock);
	e = glue_gfn_find(&glue_pamt, pa >> PAGE_SHIFT);
	if (e)
		e->state = (e->state & (BIT(GLUE_PAMT_BEPOCH_SHIFT) - 1)) |
			   epoch << GLUE_PAMT_BEPOCH_SHIFT;
	glue_word_unlock(&glue_pamt_lock);
}

u64 glue_pamt_bepoch(u64 pa)
{
	struct glue_gfn *e;
	u64 epoch;

	glue_word_lock(&glue_pamt_lock);
	e = glue_gfn_find(&glue_pamt, pa >> PAGE_SHIFT);
	epoch = e ? e->state >> GLUE_PAMT_BEPOCH_SHIFT : 0;
	glue_word_unlock(&glue_pamt_lock);
	return epoch;
}

static void glue_pamt_set_keyed(u64 pa, u16 hkid)
{
	if (!glue_gfn_find(&glue_keyed, pa >> PAGE_SHIFT))
		glue_gfn_add(&glue_keyed, pa >> PAGE_SHIFT, hkid, 0);
}

void glue_pamt_release_keyed(u64 pa, u16 hkid)
{
	struct glue_gfn *e;
	unsigned int i, pages;

	glue_word_lock(&glue_pamt_lock);
	e = glue_gfn_find(&glue_pamt, pa >> PAGE_SHIFT);
	pages = e ? glue_pamt_pages(e) : 0;
	for (i = 0; i < pages; i++)
		glue_pamt_set_keyed(pa + i * PAGE_SIZE, hkid);
	if (e)
		__glue_pamt_release(e);
	glue_word_unlock(&glue_pamt_lock);
}

bool glue_pamt_owned(u64 pfn)
{
	bool owned;

	glue_word_lock(&glue_pamt_lock);
	owned = glue_pamt_find(pfn) || glue_gfn_find(&glue_keyed, pfn);
	glue_word_unlock(&glue_pamt_lock);
	return owned || glue_sys_owns(pfn);
}

/* RCX, RDX, R8: the page's type, its owner's TDR, its size. */
u64 glue_tdh_phymem_page_rdmd(union glue_regs *regs)
{
	const struct glue_gfn *e;
	u64 pa = regs->rcx;

	if (!PAGE_ALIGNED(pa))
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	glue_word_lock(&glue_pamt_lock);
	e = glue_pamt_find(pa >> PAGE_SHIFT);
	regs->rcx = e ? GLUE_PAMT_TYPE(e->state) : GLUE_PT_NDA;
	regs->rdx = e ? e->pfn : 0;
	regs->r8 = e ? GLUE_PAMT_LEVEL(e->state) : 0;
	glue_word_unlock(&glue_pamt_lock);
	return GLUE_TDX_SUCCESS;
}

/* The caches' lines of a page that is nobody's any more; KVM puts the KeyID on top of it. */
u64 glue_tdh_phymem_page_wbinvd(union glue_regs *regs)
{
	u64 pa = regs->rcx & (BIT_ULL(boot_cpu_data.x86_phys_bits) - 1);
	u64 keyid = regs->rcx >> boot_cpu_data.x86_phys_bits, status = GLUE_TDX_SUCCESS;
	struct glue_gfn *e;

	if (!PAGE_ALIGNED(pa))
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	glue_word_lock(&glue_pamt_lock);
	e = glue_gfn_find(&glue_keyed, pa >> PAGE_SHIFT);
	if (glue_pamt_find(pa >> PAGE_SHIFT))
		status = GLUE_TDX_PAGE_METADATA_INCORRECT | GLUE_OPERAND_RCX;
	else if (e && e->pfn == keyid)
		glue_gfn_del(&glue_keyed, e);
	glue_word_unlock(&glue_pamt_lock);
	return status;
}

/* Pages of a TD that is torn down; its root comes last. */
u64 glue_tdh_phymem_page_reclaim(union glue_regs *regs)
{
	u64 pa = regs->rcx, status = GLUE_TDX_SUCCESS;
	struct glue_tdr *tdr;
	struct glue_gfn *e;

	regs->rcx = regs->rdx = regs->r8 = 0;
	glue_word_lock(&glue_pamt_lock);
	e = glue_gfn_find(&glue_pamt, pa >> PAGE_SHIFT);
	tdr = e ? (struct glue_tdr *)e->pfn : NULL;
	if (!PAGE_ALIGNED(pa))
		status = glue_operand_invalid(GLUE_OPERAND_RCX);
	else if (!e)
		status = GLUE_TDX_PAGE_METADATA_INCORRECT | GLUE_OPERAND_RCX;
	else if (tdr->life != GLUE_TD_TEARDOWN)
		status = GLUE_TDX_LIFECYCLE_STATE_INCORRECT;
	else if (GLUE_PAMT_TYPE(e->state) == GLUE_PT_TDR && tdr->nr_pages)
		status = GLUE_TDX_TD_ASSOCIATED_PAGES_EXIST;
	if (!status) {
		regs->rcx = GLUE_PAMT_TYPE(e->state);
		regs->rdx = e->pfn;
		regs->r8 = GLUE_PAMT_LEVEL(e->state);
		if (regs->rcx == GLUE_PT_TDVPR)
			((struct glue_tdvpr *)__va(pa))->magic = 0;
		/* Other pages' lines went with TDH.PHYMEM.CACHE.WB; this one is of the module's key. */
		if (regs->rcx == GLUE_PT_TDR)
			glue_pamt_set_keyed(pa, GLUE_KEYID_MODULE);
		__glue_pamt_release(e);
	}
	glue_word_unlock(&glue_pamt_lock);
	if (!status && regs->rcx == GLUE_PT_TDR)
		glue_td_gone(tdr);
	return status;
}
