// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: its locks ("Concurrency Restrictions"), which leaf functions try and
 * do not wait for.  A model, see module.h: of all locks those that KVM has to keep apart by its
 * own.
 */
#include <linux/string.h>

#include "module.h"

/* How many have it, or -1: one, alone. */
static bool glue_trylock(int *lock, bool alone)
{
	int was = __atomic_load_n(lock, __ATOMIC_RELAXED);

	do {
		if (was < 0 || (alone && was))
			return false;
	} while (!__atomic_compare_exchange_n(lock, &was, alone ? -1 : was + 1, false,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return true;
}

static void glue_unlock(int *lock, bool alone)
{
	__atomic_fetch_add(lock, alone ? 1 : -1, __ATOMIC_RELEASE);
}

/* The TD that a leaf locks, alone or with others; or NULL. */
static struct glue_tdr *glue_locks_td(unsigned int leaf, const union glue_regs *regs, bool *alone)
{
	struct glue_tdvpr *vp;

	*alone = false;
	switch (leaf) {
	case GLUE_TDH_VP_INIT:
		*alone = true;
		vp = glue_tdvpr_at(regs->rcx);
		return vp ? vp->tdr : NULL;
	case GLUE_TDH_MR_FINALIZE:
		*alone = true;
		return glue_tdr_at(regs->rcx);
	case GLUE_TDH_MEM_TRACK:
		return glue_tdr_at(regs->rcx);
	case GLUE_TDH_MEM_PAGE_ADD:
	case GLUE_TDH_MEM_PAGE_AUG:
	case GLUE_TDH_MEM_PAGE_REMOVE:
	case GLUE_TDH_MEM_RANGE_BLOCK:
	case GLUE_TDH_MEM_RANGE_UNBLOCK:
	case GLUE_TDH_MEM_SEPT_ADD:
	case GLUE_TDH_MEM_SEPT_REMOVE:
	case GLUE_TDH_MR_EXTEND:
		return glue_tdr_at(regs->rdx);
	}
	return NULL;
}

/* What is all TDs': the table of KeyIDs' owners, and of each package what it writes back. */
static int glue_kot_lock;
static unsigned int glue_writing_back;	/* packages, a bit mask */

u64 glue_module_lock(struct glue_module_locks *l, unsigned int leaf, const union glue_regs *regs)
{
	memset(l, 0, sizeof(*l));
	l->td = glue_locks_td(leaf, regs, &l->alone);
	if (l->td && !glue_trylock(&l->td->lock, l->alone)) {
		l->td = NULL;
		return GLUE_TDX_OPERAND_BUSY | GLUE_OPERAND_TDR;
	}
	switch (leaf) {
	case GLUE_TDH_PHYMEM_CACHE_WB:
		if (__atomic_fetch_or(&glue_writing_back, glue_package(), __ATOMIC_ACQUIRE) &
		    glue_package())
			return GLUE_TDX_OPERAND_BUSY | GLUE_OPERAND_WBCACHE;
		l->package = glue_package();
		break;
	case GLUE_TDH_MNG_CREATE:
	case GLUE_TDH_MNG_VPFLUSHDONE:
	case GLUE_TDH_MNG_KEY_FREEID:
		l->kot_alone = true;
		break;
	default:
		return 0;
	}
	l->kot = glue_trylock(&glue_kot_lock, l->kot_alone);
	return l->kot ? 0 : GLUE_TDX_OPERAND_BUSY | GLUE_OPERAND_KOT;
}

void glue_module_unlock(const struct glue_module_locks *l)
{
	if (l->kot)
		glue_unlock(&glue_kot_lock, l->kot_alone);
	__atomic_fetch_and(&glue_writing_back, ~l->package, __ATOMIC_RELEASE);
	if (l->td)
		glue_unlock(&l->td->lock, l->alone);
}
