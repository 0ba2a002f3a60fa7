// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX module: which physical page belongs to whom (PAMT), and which page a TD has at
 * a private GPA (secure EPT).  The engine translates by memory slots and attributes,
 * so the page that KVM gives for a GPA has to be the slot's own.
 */
#include <linux/uaccess.h>

#include "tdx_module.h"

/* States in which a TD has memory. */
#define GLUE_OPS_WITH_MEMORY	(BIT(GLUE_OP_INITIALIZED) | BIT(GLUE_OP_RUNNABLE))

/* A free entry of the secure EPT: "suppress #VE" alone */
#define GLUE_SEPTE_INIT		BIT_ULL(63)

/* Keyed by PFN; pfn: the TDR's address. */
static struct glue_gfnmap glue_pamt;
static DEFINE_MUTEX(glue_sept_lock);

static u64 __glue_pamt_take(u64 pa, enum glue_pt type, struct glue_tdr *tdr)
{
	if (!pa || !PAGE_ALIGNED(pa))
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (glue_gfn_find(&glue_pamt, pa >> PAGE_SHIFT))
		return TDX_PAGE_METADATA_INCORRECT | GLUE_OPERAND_RCX;
	glue_gfn_add(&glue_pamt, pa >> PAGE_SHIFT, (u64)tdr, type);
	if (type != GLUE_PT_TDR)
		tdr->nr_pages++;
	return GLUE_TDX_SUCCESS;
}

u64 glue_pamt_take(u64 pa, enum glue_pt type, struct glue_tdr *tdr)
{
	u64 status;

	mutex_lock(&glue_sept_lock);
	status = __glue_pamt_take(pa, type, tdr);
	mutex_unlock(&glue_sept_lock);
	return status;
}

static void __glue_pamt_release(u64 pa)
{
	struct glue_gfn *e = glue_gfn_find(&glue_pamt, pa >> PAGE_SHIFT);

	if (e && e->state != GLUE_PT_TDR)
		((struct glue_tdr *)e->pfn)->nr_pages--;
	glue_gfn_del(&glue_pamt, e);
}

void glue_pamt_release(u64 pa)
{
	mutex_lock(&glue_sept_lock);
	__glue_pamt_release(pa);
	mutex_unlock(&glue_sept_lock);
}

bool glue_pamt_owned(u64 pfn)
{
	bool owned;

	mutex_lock(&glue_sept_lock);
	owned = glue_gfn_find(&glue_pamt, pfn);
	mutex_unlock(&glue_sept_lock);
	return owned;
}

static enum glue_sept glue_sept_state(const struct glue_gfn *e)
{
	return e->state & (BIT(GLUE_SEPT_STATE_BITS) - 1);
}

static void glue_sept_set(struct glue_gfn *e, enum glue_sept state, u64 epoch)
{
	e->state = state | epoch << GLUE_SEPT_STATE_BITS;
}

/* Has the guest the page at @gpa?  Pages that are not accepted or are blocked it has not. */
static void glue_sept_give(struct glue_tdr *tdr, u64 gpa, bool give)
{
	glue_host->td_page(to_glue_vm(tdr->kvm)->host_vm, gpa, give);
}

/* @pa becomes the page at @gpa; the level is in @gpa's low bits, 0 for 4 KiB. */
static u64 glue_sept_map(struct glue_tdr *tdr, u64 gpa, u64 pa, enum glue_sept state)
{
	unsigned long len;
	void *hva;
	u64 status;

	if (gpa & ~PAGE_MASK)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (gpa >> tdr->shared_bit)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (glue_gfn_find(&tdr->sept, gpa >> PAGE_SHIFT))
		return TDX_EPT_ENTRY_STATE_INCORRECT | GLUE_OPERAND_RCX;
	hva = glue_host->gpa_to_hva(to_glue_vm(tdr->kvm)->host_vm, gpa, true, &len);
	if (__pa(hva) != pa)
		glue_die("KVM gives a TD page %#llx for GPA %#llx, where guest_memfd has %#lx",
			 pa, gpa, __pa(hva));
	status = __glue_pamt_take(pa, GLUE_PT_REG, tdr);
	if (!status) {
		glue_gfn_add(&tdr->sept, gpa >> PAGE_SHIFT, pa >> PAGE_SHIFT, state);
		if (state == GLUE_SEPT_MAPPED)
			glue_sept_give(tdr, gpa, true);
	}
	return status;
}

/* The TD whose TDR is at @pa, which came in register @operand, in one of @ops; a status. */
static u64 glue_td_in(unsigned int ops, u64 pa, unsigned int operand, struct glue_tdr **td)
{
	struct glue_tdr *tdr = *td = glue_tdr_at(pa);

	return tdr ? glue_td_check(tdr, ops) : glue_operand_invalid(operand);
}

u64 glue_tdh_mem_page_add(struct tdx_module_args *args)
{
	struct glue_tdr *tdr;
	u64 status = glue_td_in(BIT(GLUE_OP_INITIALIZED), args->rdx, GLUE_OPERAND_RDX, &tdr);

	if (status)
		return status;
	mutex_lock(&glue_sept_lock);
	status = glue_sept_map(tdr, args->rcx, args->r8, GLUE_SEPT_MAPPED);
	/* The source is a page of the VMM's. */
	if (!status && raw_copy_from_user(__va(args->r8), (void __user *)args->r9, PAGE_SIZE))
		glue_die("TDH.MEM.PAGE.ADD: the source page %#llx cannot be read", args->r9);
	mutex_unlock(&glue_sept_lock);
	return status;
}

u64 glue_tdh_mem_page_aug(struct tdx_module_args *args)
{
	struct glue_tdr *tdr;
	u64 status = glue_td_in(GLUE_OPS_WITH_MEMORY, args->rdx, GLUE_OPERAND_RDX, &tdr);

	if (status)
		return status;
	mutex_lock(&glue_sept_lock);
	status = glue_sept_map(tdr, args->rcx, args->r8, GLUE_SEPT_PENDING);
	mutex_unlock(&glue_sept_lock);
	return status;
}

/* Tables between the root and the pages are nobody's business here but for the PAMT. */
u64 glue_tdh_mem_sept_add(struct tdx_module_args *args)
{
	struct glue_tdr *tdr;
	u64 status = glue_td_in(GLUE_OPS_WITH_MEMORY, args->rdx, GLUE_OPERAND_RDX, &tdr);

	if (status)
		return status;
	return glue_pamt_take(args->r8, GLUE_PT_EPT, tdr);
}

u64 glue_tdh_mr_extend(struct tdx_module_args *args)
{
	struct glue_tdr *tdr;
	u64 status = glue_td_in(BIT(GLUE_OP_INITIALIZED), args->rdx, GLUE_OPERAND_RDX, &tdr);
	struct glue_gfn *e;

	if (status)
		return status;
	if (args->rcx % TDX_EXTENDMR_CHUNKSIZE)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	mutex_lock(&glue_sept_lock);
	e = glue_gfn_find(&tdr->sept, args->rcx >> PAGE_SHIFT);
	if (!e || glue_sept_state(e) != GLUE_SEPT_MAPPED)
		status = GLUE_TDX_EPT_ENTRY_NOT_PRESENT | GLUE_OPERAND_RCX;
	mutex_unlock(&glue_sept_lock);
	return status;
}

u64 glue_tdh_mem_range_block(struct tdx_module_args *args)
{
	struct glue_tdr *tdr;
	struct glue_gfn *e;
	u64 status = glue_td_in(GLUE_OPS_WITH_MEMORY, args->rdx, GLUE_OPERAND_RDX, &tdr);

	if (status)
		return status;
	mutex_lock(&glue_sept_lock);
	e = glue_gfn_find(&tdr->sept, args->rcx >> PAGE_SHIFT);
	args->rcx = args->rdx = 0;
	if (!e) {
		status = TDX_EPT_ENTRY_STATE_INCORRECT | GLUE_OPERAND_RCX;
		args->rcx = GLUE_SEPTE_INIT;
	} else if (glue_sept_state(e) == GLUE_SEPT_BLOCKED) {
		status = GLUE_TDX_GPA_RANGE_ALREADY_BLOCKED | GLUE_OPERAND_RCX;
	} else {
		glue_sept_set(e, GLUE_SEPT_BLOCKED, tdr->epoch);
		glue_sept_give(tdr, e->gfn << PAGE_SHIFT, false);
	}
	mutex_unlock(&glue_sept_lock);
	return status;
}

u64 glue_tdh_mem_track(struct tdx_module_args *args)
{
	struct glue_tdr *tdr;
	u64 status = glue_td_in(GLUE_OPS_WITH_MEMORY, args->rcx, GLUE_OPERAND_RCX, &tdr);

	if (status)
		return status;
	mutex_lock(&glue_sept_lock);
	tdr->epoch++;
	mutex_unlock(&glue_sept_lock);
	return GLUE_TDX_SUCCESS;
}

u64 glue_tdh_mem_page_remove(struct tdx_module_args *args)
{
	struct glue_tdr *tdr;
	struct glue_gfn *e;
	u64 status = glue_td_in(GLUE_OPS_WITH_MEMORY, args->rdx, GLUE_OPERAND_RDX, &tdr);

	if (status)
		return status;
	mutex_lock(&glue_sept_lock);
	e = glue_gfn_find(&tdr->sept, args->rcx >> PAGE_SHIFT);
	if (!e)
		status = TDX_EPT_ENTRY_STATE_INCORRECT | GLUE_OPERAND_RCX;
	/* A TD that does not run yet has no TLB entries of it. */
	else if (tdr->op == GLUE_OP_RUNNABLE && glue_sept_state(e) != GLUE_SEPT_BLOCKED)
		status = GLUE_TDX_GPA_RANGE_NOT_BLOCKED | GLUE_OPERAND_RCX;
	else if (tdr->op == GLUE_OP_RUNNABLE && e->state >> GLUE_SEPT_STATE_BITS >= tdr->epoch)
		status = GLUE_TDX_TLB_TRACKING_NOT_DONE | GLUE_OPERAND_RCX;
	if (!status) {
		glue_sept_give(tdr, e->gfn << PAGE_SHIFT, false);
		__glue_pamt_release(e->pfn << PAGE_SHIFT);
		glue_gfn_del(&tdr->sept, e);
	}
	mutex_unlock(&glue_sept_lock);
	return status;
}

/* The caches' lines of a page that is nobody's any more; KVM puts the KeyID on top of it. */
u64 glue_tdh_phymem_page_wbinvd(struct tdx_module_args *args)
{
	u64 pa = args->rcx & (BIT_ULL(boot_cpu_data.x86_phys_bits) - 1);

	return glue_pamt_owned(pa >> PAGE_SHIFT) ? TDX_PAGE_METADATA_INCORRECT | GLUE_OPERAND_RCX :
						   GLUE_TDX_SUCCESS;
}

/* Pages of a TD that is torn down; its root comes last. */
u64 glue_tdh_phymem_page_reclaim(struct tdx_module_args *args)
{
	struct glue_gfn *e;
	struct glue_tdr *tdr;
	u64 pa = args->rcx, status = GLUE_TDX_SUCCESS;

	mutex_lock(&glue_sept_lock);
	e = glue_gfn_find(&glue_pamt, pa >> PAGE_SHIFT);
	tdr = e ? (struct glue_tdr *)e->pfn : NULL;
	if (!e)
		status = TDX_PAGE_METADATA_INCORRECT | GLUE_OPERAND_RCX;
	else if (tdr->life != GLUE_TD_TEARDOWN)
		status = GLUE_TDX_LIFECYCLE_STATE_INCORRECT;
	else if (e->state == GLUE_PT_TDR && tdr->nr_pages)
		status = GLUE_TDX_TD_ASSOCIATED_PAGES_EXIST;
	if (!status) {
		args->rcx = e->state;
		args->rdx = e->pfn;
		args->r8 = 0;
		if (e->state == GLUE_PT_TDR) {
			struct glue_gfn *left;

			while ((left = glue_gfn_first(&tdr->sept)))
				glue_gfn_del(&tdr->sept, left);
			tdr->magic = 0;
		}
		__glue_pamt_release(pa);
	}
	mutex_unlock(&glue_sept_lock);
	return status;
}

enum glue_sept glue_sept_at(struct glue_tdr *tdr, u64 gpa)
{
	const struct glue_gfn *e;
	enum glue_sept state;

	mutex_lock(&glue_sept_lock);
	e = glue_gfn_find(&tdr->sept, gpa >> PAGE_SHIFT);
	state = e ? glue_sept_state(e) : GLUE_SEPT_FREE;
	mutex_unlock(&glue_sept_lock);
	return state;
}

/* A table of 4 KiB pages stands where a page of 2 MiB would be mapped. */
static bool glue_sept_has_table(struct glue_tdr *tdr, u64 gpa)
{
	u64 gfn = gpa >> PAGE_SHIFT;
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (glue_gfn_find(&tdr->sept, gfn + i))
			return true;
	return false;
}

bool glue_sept_accept(struct glue_tdr *tdr, u64 gpa, unsigned int level, u64 *status)
{
	struct glue_gfn *e;
	bool there;

	mutex_lock(&glue_sept_lock);
	e = glue_gfn_find(&tdr->sept, gpa >> PAGE_SHIFT);
	if (e && glue_sept_state(e) == GLUE_SEPT_BLOCKED)
		e = NULL;
	there = level ? glue_sept_has_table(tdr, gpa) : e;
	if (there) {
		if (level)
			*status = GLUE_TDX_PAGE_SIZE_MISMATCH | GLUE_OPERAND_RCX;
		else if (glue_sept_state(e) == GLUE_SEPT_MAPPED)
			*status = GLUE_TDX_PAGE_ALREADY_ACCEPTED;
		else
			*status = GLUE_TDX_SUCCESS;
		if (!*status) {
			memset(__va(e->pfn << PAGE_SHIFT), 0, PAGE_SIZE);
			glue_sept_set(e, GLUE_SEPT_MAPPED, 0);
			glue_sept_give(tdr, gpa, true);
		}
	}
	mutex_unlock(&glue_sept_lock);
	if (there && !*status && glue_host->td_pages(to_glue_vm(tdr->kvm)->host_vm))
		glue_die("the engine cannot map what a TD has accepted at GPA %#llx", gpa);
	return there;
}
