// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: KeyIDs and what they are used for ("KOT", the table of
 * KeyIDs' owners).  A model, see module.h.  One is free again only after no CPU has a vCPU
 * of the TD, and each package has written back the cache lines that may be encrypted with
 * it.
 */
#include "module.h"

enum glue_keyid_state { GLUE_KEYID_FREE, GLUE_KEYID_ASSIGNED, GLUE_KEYID_FLUSHED };

static struct {
	enum glue_keyid_state state;
	unsigned int dirty;		/* packages that have not written back, a bit mask */
} glue_keyids[GLUE_NR_KEYIDS];

static int glue_keyids_lock;

/* Packages whose TDH.PHYMEM.CACHE.WB was interrupted, a bit mask. */
static unsigned int glue_interrupted;

/* Static in the tree's file: the host's pool of them, whose ids these are. */
bool glue_id_in_use(unsigned int id)
{
	return id < GLUE_NR_KEYIDS && READ_ONCE(glue_keyids[id].state) != GLUE_KEYID_FREE;
}

u64 glue_keyid_take(u16 hkid)
{
	u64 status = GLUE_TDX_SUCCESS;

	glue_word_lock(&glue_keyids_lock);
	if (hkid < GLUE_KEYID_GUESTS || glue_keyids[hkid].state != GLUE_KEYID_FREE)
		status = GLUE_TDX_HKID_NOT_FREE;
	else
		glue_keyids[hkid].state = GLUE_KEYID_ASSIGNED;
	glue_word_unlock(&glue_keyids_lock);
	return status;
}

u64 glue_tdh_mng_key_config(union glue_regs *regs)
{
	struct glue_tdr *tdr = glue_tdr_at(regs->rcx);

	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (tdr->life != GLUE_TD_HKID_ASSIGNED)
		return GLUE_TDX_LIFECYCLE_STATE_INCORRECT;
	if (tdr->keys & glue_package())
		return GLUE_TDX_KEY_CONFIGURED;
	tdr->keys |= glue_package();
	if (tdr->keys == glue_packages())
		tdr->life = GLUE_TD_KEYS_CONFIGURED;
	return GLUE_TDX_SUCCESS;
}

u64 glue_tdh_mng_vpflushdone(union glue_regs *regs)
{
	struct glue_tdr *tdr = glue_tdr_at(regs->rcx);

	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (tdr->life != GLUE_TD_HKID_ASSIGNED && tdr->life != GLUE_TD_KEYS_CONFIGURED)
		return GLUE_TDX_LIFECYCLE_STATE_INCORRECT;
	if (READ_ONCE(tdr->nr_associated))
		return GLUE_TDX_FLUSHVP_NOT_DONE;
	glue_word_lock(&glue_keyids_lock);
	glue_keyids[tdr->hkid].dirty = glue_packages();
	glue_keyids[tdr->hkid].state = GLUE_KEYID_FLUSHED;
	glue_word_unlock(&glue_keyids_lock);
	tdr->life = GLUE_TD_BLOCKED;
	glue_host->td_gone(tdr);
	return GLUE_TDX_SUCCESS;
}

void glue_cache_wb_interrupted(void)
{
	glue_interrupted |= glue_package();
}

/* By this CPU's package; RCX 1 resumes what a test has interrupted. */
u64 glue_tdh_phymem_cache_wb(union glue_regs *regs)
{
	u64 status = GLUE_TDX_NO_HKID_READY_TO_WBCACHE;
	unsigned int i;

	if (regs->rcx > 1)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (regs->rcx && !(glue_interrupted & glue_package()))
		return GLUE_TDX_WBCACHE_RESUME_ERROR;
	glue_interrupted &= ~glue_package();
	glue_word_lock(&glue_keyids_lock);
	for (i = 0; i < GLUE_NR_KEYIDS; i++) {
		if (glue_keyids[i].state != GLUE_KEYID_FLUSHED)
			continue;
		glue_keyids[i].dirty &= ~glue_package();
		status = GLUE_TDX_SUCCESS;
	}
	glue_word_unlock(&glue_keyids_lock);
	return status;
}

u64 glue_tdh_mng_key_freeid(union glue_regs *regs)
{
	struct glue_tdr *tdr = glue_tdr_at(regs->rcx);
	u64 status = GLUE_TDX_SUCCESS;

	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (tdr->life != GLUE_TD_BLOCKED)
		return GLUE_TDX_LIFECYCLE_STATE_INCORRECT;
	glue_word_lock(&glue_keyids_lock);
	if (glue_keyids[tdr->hkid].dirty)
		status = GLUE_TDX_WBCACHE_NOT_COMPLETE;
	else
		glue_keyids[tdr->hkid].state = GLUE_KEYID_FREE;
	glue_word_unlock(&glue_keyids_lock);
	if (!status)
		tdr->life = GLUE_TD_TEARDOWN;
	return status;
}
