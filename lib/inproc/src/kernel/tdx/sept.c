// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: the secure EPT, the page tables of a TD's private memory, and
 * the "TDH.MEM" leaf functions with which the VMM builds and takes them down.  A model,
 * see module.h: the tables are the pages that the VMM gives, entries are in the format in
 * which the module shows them ("Secure EPT Entry Information"), with its state in ignored
 * bits.
 */
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/vmx.h>

#include "module.h"

/* linux/usercopy.S: how many bytes are left */
unsigned long glue_copy(void *to, const void *from, unsigned long n);

#define GLUE_SEPTE_RWX		7ULL
#define GLUE_SEPTE_WB		(6ULL << 3)
#define GLUE_SEPTE_LEAF		BIT_ULL(7)
#define GLUE_SEPTE_PA		GENMASK_ULL(51, 12)
#define GLUE_SEPTE_STATE	GENMASK_ULL(55, 52)
#define GLUE_SEPTE_STATE_SHIFT	52
#define GLUE_SEPTE_SUPPRESS_VE	BIT_ULL(63)

/* A free entry: "suppress #VE" alone. */
#define GLUE_SEPTE_FREE		GLUE_SEPTE_SUPPRESS_VE

#define GLUE_EXTENDMR_CHUNK	256

int glue_sept_lock;

enum glue_sept glue_sept_state(u64 entry)
{
	return (entry & GLUE_SEPTE_STATE) >> GLUE_SEPTE_STATE_SHIFT;
}

bool glue_sept_is_leaf(u64 entry)
{
	return entry & GLUE_SEPTE_LEAF;
}

u64 glue_sept_pa(u64 entry)
{
	return entry & GLUE_SEPTE_PA;
}

void glue_sept_init_table(u64 *table)
{
	memset64(table, GLUE_SEPTE_FREE, PTRS_PER_PTE);
}

static u64 glue_septe(u64 pa, enum glue_sept state, bool leaf)
{
	u64 entry = pa | (u64)state << GLUE_SEPTE_STATE_SHIFT | GLUE_SEPTE_SUPPRESS_VE;

	if (leaf)
		entry |= GLUE_SEPTE_LEAF | GLUE_SEPTE_WB;
	return state == GLUE_SEPT_PRESENT ? entry | GLUE_SEPTE_RWX : entry;
}

static bool glue_sept_is_blocked(u64 entry)
{
	return glue_sept_state(entry) == GLUE_SEPT_BLOCKED ||
	       glue_sept_state(entry) == GLUE_SEPT_PENDING_BLOCKED;
}

static unsigned int glue_level_shift(unsigned int level)
{
	return PAGE_SHIFT + 9 * level;
}

/* A blocked table is passed as one that is not: only leaf functions look at that. */
bool glue_sept_walk(struct glue_tdr *tdr, u64 gpa, unsigned int level,
		    struct glue_sept_walk *walk)
{
	u64 *table = tdr->sept_root;

	for (walk->level = tdr->levels - 1;; walk->level--) {
		walk->entry = &table[gpa >> glue_level_shift(walk->level) & (PTRS_PER_PTE - 1)];
		if (walk->level == level)
			return true;
		if (glue_sept_state(*walk->entry) != GLUE_SEPT_PRESENT ||
		    glue_sept_is_leaf(*walk->entry))
			return false;
		table = __va(glue_sept_pa(*walk->entry));
	}
}

/* RCX and RDX of a leaf function that does not like an entry. */
static void glue_sept_details(union glue_regs *regs, const struct glue_sept_walk *walk)
{
	regs->rcx = *walk->entry & ~GLUE_SEPTE_STATE;
	regs->rdx = walk->level | (u64)glue_sept_state(*walk->entry) << 8;
}

static u64 glue_sept_incorrect(union glue_regs *regs, const struct glue_sept_walk *walk)
{
	glue_sept_details(regs, walk);
	return GLUE_TDX_EPT_ENTRY_STATE_INCORRECT | GLUE_OPERAND_RCX;
}

/*
 * What all of them do first: RDX is the TDR, RCX a GPA with its level in bits 2:0, which is
 * in [@min, @max] and has an entry.  On success glue_sept_lock is held.
 */
static u64 glue_sept_begin(union glue_regs *regs, unsigned int ops, unsigned int min,
			   unsigned int max, struct glue_tdr **td, struct glue_sept_walk *walk)
{
	u64 gpa = regs->rcx & PAGE_MASK, level = regs->rcx & 7;
	bool reserved = regs->rcx & ~PAGE_MASK & ~7ULL;
	u64 status = glue_td_in(ops, regs->rdx, GLUE_OPERAND_RDX, td);

	regs->rcx = regs->rdx = 0;
	if (status)
		return status;
	if (reserved || level < min || level > min(max, (*td)->levels - 1) ||
	    !IS_ALIGNED(gpa, 1ULL << glue_level_shift(level)) || gpa >> (*td)->shared_bit)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	glue_word_lock(&glue_sept_lock);
	if (glue_sept_walk(*td, gpa, level, walk))
		return GLUE_TDX_SUCCESS;
	glue_sept_details(regs, walk);
	glue_word_unlock(&glue_sept_lock);
	return GLUE_TDX_EPT_WALK_FAILED | GLUE_OPERAND_RCX;
}

/* Has the guest the memory that @entry maps, or no more? */
static void glue_sept_give(struct glue_tdr *tdr, u64 gpa, unsigned int level, u64 entry, bool give)
{
	u64 i, nr = 1ULL << 9 * level;

	for (i = 0; i < nr; i++)
		glue_host->td_page(tdr, gpa + i * PAGE_SIZE,
				   give ? __va(glue_sept_pa(entry) + i * PAGE_SIZE) : NULL);
}

/* R8: the table's page. */
u64 glue_tdh_mem_sept_add(union glue_regs *regs)
{
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;
	u64 pa = regs->r8, status;

	status = glue_sept_begin(regs, GLUE_OPS_WITH_MEMORY, 1, 4, &tdr, &walk);
	if (status)
		return status;
	if (glue_sept_state(*walk.entry) != GLUE_SEPT_FREE)
		status = glue_sept_incorrect(regs, &walk);
	else
		status = glue_pamt_take(pa, GLUE_PT_EPT, 0, tdr, GLUE_OPERAND_R8);
	if (!status) {
		glue_sept_init_table(__va(pa));
		WRITE_ONCE(*walk.entry, glue_septe(pa, GLUE_SEPT_PRESENT, false));
	}
	glue_word_unlock(&glue_sept_lock);
	return status;
}

/* What is there, down to the level that is asked for. */
u64 glue_tdh_mem_sept_rd(union glue_regs *regs)
{
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;
	u64 status = glue_sept_begin(regs, GLUE_OPS_WITH_MEMORY, 0, 4, &tdr, &walk);

	if (status)
		return status;
	glue_sept_details(regs, &walk);
	glue_word_unlock(&glue_sept_lock);
	return GLUE_TDX_SUCCESS;
}

/* The new page of @level at RCX becomes a leaf. */
static u64 glue_sept_map(struct glue_tdr *tdr, union glue_regs *regs, u64 pa,
			 struct glue_sept_walk *walk, enum glue_sept state)
{
	u64 status;

	if (glue_sept_state(*walk->entry) != GLUE_SEPT_FREE)
		return glue_sept_incorrect(regs, walk);
	status = glue_pamt_take(pa, GLUE_PT_REG, walk->level, tdr, GLUE_OPERAND_R8);
	if (!status)
		WRITE_ONCE(*walk->entry, glue_septe(pa, state, true));
	return status;
}

/* R8: the page, R9: where its contents come from. */
u64 glue_tdh_mem_page_add(union glue_regs *regs)
{
	u64 gpa = regs->rcx & PAGE_MASK, status;
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;

	status = glue_sept_begin(regs, BIT(GLUE_OP_INITIALIZED), 0, 0, &tdr, &walk);
	if (status)
		return status;
	status = glue_sept_map(tdr, regs, regs->r8, &walk, GLUE_SEPT_PRESENT);
	if (!status) {
		/* The source may be a page of the VMM's, but it is no copy of the kernel's. */
		if (glue_copy(__va(regs->r8), __va(regs->r9), PAGE_SIZE))
			glue_die("TDH.MEM.PAGE.ADD: the source page %#llx cannot be read",
				 regs->r9);
		glue_sept_give(tdr, gpa, 0, *walk.entry, true);
		glue_measure_add(tdr, gpa);
	}
	glue_word_unlock(&glue_sept_lock);
	return status;
}

/* The pages of @table, of @level, from @gpa on: nobody looks at their contents any more. */
static void glue_sept_launch_table(u64 *table, u64 gpa, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++) {
		void *next = __va(glue_sept_pa(table[i]));
		u64 at = gpa + ((u64)i << glue_level_shift(level));

		if (glue_sept_state(table[i]) != GLUE_SEPT_PRESENT)
			continue;
		if (glue_sept_is_leaf(table[i]))
			glue_host->guest_page_launched(next, at);
		else
			glue_sept_launch_table(next, at, level - 1);
	}
}

void glue_sept_launch(struct glue_tdr *tdr)
{
	glue_sept_launch_table(tdr->sept_root, 0, tdr->levels - 1);
}

u64 glue_tdh_mem_page_aug(union glue_regs *regs)
{
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;
	u64 status;

	status = glue_sept_begin(regs, GLUE_OPS_WITH_MEMORY, 0, 1, &tdr, &walk);
	if (status)
		return status;
	status = glue_sept_map(tdr, regs, regs->r8, &walk, GLUE_SEPT_PENDING);
	glue_word_unlock(&glue_sept_lock);
	return status;
}

u64 glue_tdh_mr_extend(union glue_regs *regs)
{
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;
	u64 gpa = regs->rcx;
	u64 status;

	if (gpa % GLUE_EXTENDMR_CHUNK)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	regs->rcx &= PAGE_MASK;
	status = glue_sept_begin(regs, BIT(GLUE_OP_INITIALIZED), 0, 0, &tdr, &walk);
	if (status)
		return status;
	if (glue_sept_state(*walk.entry) != GLUE_SEPT_PRESENT) {
		glue_sept_details(regs, &walk);
		status = GLUE_TDX_EPT_ENTRY_NOT_PRESENT | GLUE_OPERAND_RCX;
	} else {
		glue_measure_extend(tdr, gpa,
				    __va(glue_sept_pa(*walk.entry)) + (gpa & ~PAGE_MASK));
	}
	glue_word_unlock(&glue_sept_lock);
	return status;
}

/* A page, or a table with all below it. */
u64 glue_tdh_mem_range_block(union glue_regs *regs)
{
	u64 gpa = regs->rcx & PAGE_MASK, status;
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;
	bool leaf;

	status = glue_sept_begin(regs, GLUE_OPS_WITH_MEMORY, 0, 4, &tdr, &walk);
	if (status)
		return status;
	leaf = glue_sept_is_leaf(*walk.entry);
	if (glue_sept_is_blocked(*walk.entry)) {
		glue_sept_details(regs, &walk);
		status = GLUE_TDX_GPA_RANGE_ALREADY_BLOCKED | GLUE_OPERAND_RCX;
	} else if (glue_sept_state(*walk.entry) == GLUE_SEPT_FREE) {
		status = glue_sept_incorrect(regs, &walk);
	} else {
		u64 pa = glue_sept_pa(*walk.entry);

		if (!leaf)
			glue_not_driven("TDH.MEM.RANGE.BLOCK of a table of level %u", walk.level);
		if (glue_sept_state(*walk.entry) == GLUE_SEPT_PENDING) {
			WRITE_ONCE(*walk.entry, glue_septe(pa, GLUE_SEPT_PENDING_BLOCKED, leaf));
		} else {
			WRITE_ONCE(*walk.entry, glue_septe(pa, GLUE_SEPT_BLOCKED, leaf));
			glue_sept_give(tdr, gpa, walk.level, *walk.entry, false);
		}
		glue_pamt_set_bepoch(pa, tdr->epoch);
	}
	glue_word_unlock(&glue_sept_lock);
	return status;
}

/*
 * No vCPU can have a translation of a page that was blocked in @bepoch: after that came a
 * TDH.MEM.TRACK, and all vCPUs that ran then have left the guest.
 */
static bool glue_sept_tracked(const struct glue_tdr *tdr, u64 bepoch)
{
	if (bepoch >= tdr->epoch)
		return false;
	return bepoch + 1 < tdr->epoch || !READ_ONCE(tdr->running[bepoch & 1]);
}

u64 glue_tdh_mem_range_unblock(union glue_regs *regs)
{
	u64 gpa = regs->rcx & PAGE_MASK, status;
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;

	status = glue_sept_begin(regs, GLUE_OPS_WITH_MEMORY, 0, 4, &tdr, &walk);
	if (status)
		return status;
	if (!glue_sept_is_blocked(*walk.entry)) {
		glue_sept_details(regs, &walk);
		status = GLUE_TDX_GPA_RANGE_NOT_BLOCKED | GLUE_OPERAND_RCX;
	} else if (!glue_sept_tracked(tdr, glue_pamt_bepoch(glue_sept_pa(*walk.entry)))) {
		status = GLUE_TDX_TLB_TRACKING_NOT_DONE | GLUE_OPERAND_RCX;
	} else if (glue_sept_state(*walk.entry) == GLUE_SEPT_PENDING_BLOCKED) {
		WRITE_ONCE(*walk.entry, glue_septe(glue_sept_pa(*walk.entry), GLUE_SEPT_PENDING,
						   true));
	} else {
		WRITE_ONCE(*walk.entry, glue_septe(glue_sept_pa(*walk.entry), GLUE_SEPT_PRESENT,
						   true));
		glue_sept_give(tdr, gpa, walk.level, *walk.entry, true);
	}
	glue_word_unlock(&glue_sept_lock);
	return status;
}

u64 glue_tdh_mem_track(union glue_regs *regs)
{
	struct glue_tdr *tdr;
	u64 status = glue_td_in(GLUE_OPS_WITH_MEMORY, regs->rcx, GLUE_OPERAND_RCX, &tdr);

	if (status)
		return status;
	glue_word_lock(&glue_sept_lock);
	/* vCPUs that entered before the last TDH.MEM.TRACK must have left. */
	if (tdr->running[(tdr->epoch - 1) & 1])
		status = GLUE_TDX_PREVIOUS_TLB_EPOCH_BUSY | GLUE_OPERAND_RCX;
	else
		tdr->epoch++;
	glue_word_unlock(&glue_sept_lock);
	return status;
}

/* RCX: the page that it was. */
u64 glue_tdh_mem_page_remove(union glue_regs *regs)
{
	u64 gpa = regs->rcx & PAGE_MASK, status, pa;
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;

	status = glue_sept_begin(regs, GLUE_OPS_WITH_MEMORY, 0, 2, &tdr, &walk);
	if (status)
		return status;
	pa = glue_sept_pa(*walk.entry);
	if (glue_sept_state(*walk.entry) == GLUE_SEPT_FREE || !glue_sept_is_leaf(*walk.entry)) {
		status = glue_sept_incorrect(regs, &walk);
	} else if (tdr->op == GLUE_OP_RUNNABLE && !glue_sept_is_blocked(*walk.entry)) {
		/* A TD that does not run yet has no translations. */
		glue_sept_details(regs, &walk);
		status = GLUE_TDX_GPA_RANGE_NOT_BLOCKED | GLUE_OPERAND_RCX;
	} else if (tdr->op == GLUE_OP_RUNNABLE && !glue_sept_tracked(tdr, glue_pamt_bepoch(pa))) {
		status = GLUE_TDX_TLB_TRACKING_NOT_DONE | GLUE_OPERAND_RCX;
	} else {
		if (glue_sept_state(*walk.entry) == GLUE_SEPT_PRESENT)
			glue_sept_give(tdr, gpa, walk.level, *walk.entry, false);
		glue_pamt_release_keyed(pa, tdr->hkid);
		WRITE_ONCE(*walk.entry, GLUE_SEPTE_FREE);
		regs->rcx = pa;
	}
	glue_word_unlock(&glue_sept_lock);
	return status;
}

/* A table that maps nothing. */
u64 glue_tdh_mem_sept_remove(union glue_regs *regs)
{
	struct glue_sept_walk walk;
	struct glue_tdr *tdr;
	u64 status, pa, i;

	status = glue_sept_begin(regs, GLUE_OPS_WITH_MEMORY, 1, 4, &tdr, &walk);
	if (status)
		return status;
	pa = glue_sept_pa(*walk.entry);
	if (glue_sept_is_leaf(*walk.entry) || glue_sept_state(*walk.entry) == GLUE_SEPT_FREE)
		status = glue_sept_incorrect(regs, &walk);
	for (i = 0; !status && i < PTRS_PER_PTE; i++)
		if (((u64 *)__va(pa))[i] != GLUE_SEPTE_FREE)
			status = glue_sept_incorrect(regs, &walk);
	if (!status && tdr->op == GLUE_OP_RUNNABLE)
		glue_not_driven("TDH.MEM.SEPT.REMOVE in a TD that may run");
	if (!status) {
		glue_pamt_release(pa);
		WRITE_ONCE(*walk.entry, GLUE_SEPTE_FREE);
		regs->rcx = pa;
	}
	glue_word_unlock(&glue_sept_lock);
	return status;
}

/*
 * The guest accepts what is pending at @entry: it is zeroed, and the guest's.  With
 * glue_sept_lock held.
 */
void glue_sept_accept_entry(struct glue_tdr *tdr, u64 gpa, const struct glue_sept_walk *walk)
{
	u64 pa = glue_sept_pa(*walk->entry);

	memset(__va(pa), 0, 1ULL << glue_level_shift(walk->level));
	WRITE_ONCE(*walk->entry, glue_septe(pa, GLUE_SEPT_PRESENT, true));
	glue_sept_give(tdr, gpa, walk->level, *walk->entry, true);
}

/* The engine did not know what the secure EPT has. */
void glue_sept_give_again(struct glue_tdr *tdr, u64 gpa, const struct glue_sept_walk *walk)
{
	u64 offset = gpa & ((1ULL << glue_level_shift(walk->level)) - 1) & PAGE_MASK;

	glue_host->td_page(tdr, gpa & PAGE_MASK, __va(glue_sept_pa(*walk->entry) + offset));
}
