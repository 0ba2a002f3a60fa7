// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: what the guest's accesses and its TDG.MEM.PAGE.ACCEPT find in
 * the secure EPT ("TDG.MEM.PAGE.ACCEPT SEPT Walk Cases" of the base specification).  A
 * model, see module.h.
 */
#include "module.h"

/* Extended exit qualification of ACCEPT: levels and state of what was found. */
#define GLUE_EEQ_REQ_LEVEL_SHIFT	32
#define GLUE_EEQ_ERR_LEVEL_SHIFT	35
#define GLUE_EEQ_ERR_STATE_SHIFT	38
#define GLUE_EEQ_ERR_LEAF		BIT_ULL(46)

enum glue_sept glue_sept_at(struct glue_tdr *tdr, u64 gpa)
{
	struct glue_sept_walk walk;
	enum glue_sept state;

	glue_word_lock(&glue_sept_lock);
	glue_sept_walk(tdr, gpa, 0, &walk);
	state = glue_sept_state(*walk.entry);
	/* A table that ended the walk is not there for the guest. */
	if (state != GLUE_SEPT_FREE && !glue_sept_is_leaf(*walk.entry))
		state = GLUE_SEPT_FREE;
	if (state == GLUE_SEPT_PRESENT)
		glue_sept_give_again(tdr, gpa, &walk);
	glue_word_unlock(&glue_sept_lock);
	return state;
}

bool glue_sept_accept(struct glue_tdr *tdr, u64 gpa, unsigned int level,
		      unsigned long long *status, u64 *info)
{
	struct glue_sept_walk walk;
	enum glue_sept state;
	bool reached, leaf, found = true;

	glue_word_lock(&glue_sept_lock);
	reached = glue_sept_walk(tdr, gpa, level, &walk);
	state = glue_sept_state(*walk.entry);
	leaf = glue_sept_is_leaf(*walk.entry);
	*info = (u64)level << GLUE_EEQ_REQ_LEVEL_SHIFT |
		(u64)walk.level << GLUE_EEQ_ERR_LEVEL_SHIFT |
		(u64)state << GLUE_EEQ_ERR_STATE_SHIFT | (leaf ? GLUE_EEQ_ERR_LEAF : 0);
	if (state == GLUE_SEPT_PRESENT && leaf && reached) {
		*status = GLUE_TDX_PAGE_ALREADY_ACCEPTED | walk.level;
	} else if ((state == GLUE_SEPT_PRESENT || state == GLUE_SEPT_PENDING) && leaf != reached) {
		/* A larger page, or a table where the page would be. */
		*status = GLUE_TDX_PAGE_SIZE_MISMATCH | walk.level;
	} else if (state == GLUE_SEPT_PENDING && reached) {
		glue_sept_accept_entry(tdr, gpa, &walk);
		*status = GLUE_TDX_SUCCESS;
	} else {
		found = false;
	}
	glue_word_unlock(&glue_sept_lock);
	return found;
}
