// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/mmu_notifier.c: who wants to know when the VMM's memory changes.  A fake;
 * the changes are those that the process makes by calls of libc's (preload_mm.c).
 *
 * What is exact: who is told, before and after, and that none comes or goes in between.
 * What is not: nothing is reclaimed, aged or migrated, so nobody hears of that.
 */
#include <linux/mmu_notifier.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "glue.h"

static HLIST_HEAD(glue_notifiers);
static DEFINE_SPINLOCK(glue_notifiers_lock);
/* Changes that are being made; the list stays as it is meanwhile. */
static unsigned int glue_changes;

static void glue_notifiers_change_lock(void)
{
	spin_lock(&glue_notifiers_lock);
	while (glue_changes) {
		spin_unlock(&glue_notifiers_lock);
		glue_host->yield();
		spin_lock(&glue_notifiers_lock);
	}
}

int mmu_notifier_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	mmgrab(mm);
	mn->mm = mm;
	glue_notifiers_change_lock();
	hlist_add_head(&mn->hlist, &glue_notifiers);
	spin_unlock(&glue_notifiers_lock);
	glue_host->mm_watch(1);
	return 0;
}

void mmu_notifier_unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	glue_host->mm_watch(-1);
	glue_notifiers_change_lock();
	hlist_del_init(&mn->hlist);
	spin_unlock(&glue_notifiers_lock);
	if (mn->ops->release)
		mn->ops->release(mn, mm);
	mmdrop(mm);
}

void glue_mm_invalidate(unsigned long start, unsigned long end, int done)
{
	struct mmu_notifier_range range = {};
	struct mmu_notifier *mn;

	mmu_notifier_range_init(&range, MMU_NOTIFY_UNMAP, MMU_NOTIFIER_RANGE_BLOCKABLE,
				current->mm, start, end);
	if (!done) {
		spin_lock(&glue_notifiers_lock);
		glue_changes++;
		spin_unlock(&glue_notifiers_lock);
	}
	hlist_for_each_entry(mn, &glue_notifiers, hlist) {
		/* A parent's, in a child of fork(). */
		if (mn->mm != current->mm)
			continue;
		if (!done && mn->ops->invalidate_range_start) {
			mn->ops->invalidate_range_start(mn, &range);
			/* In place of a return address, which is past what is named. */
			glue_host->given_back(start, end,
					      (void *)mn->ops->invalidate_range_start + 1);
		} else if (done && mn->ops->invalidate_range_end) {
			mn->ops->invalidate_range_end(mn, &range);
		}
	}
	if (!done)
		glue_mm_huge(start, end, false);
	if (done) {
		spin_lock(&glue_notifiers_lock);
		glue_changes--;
		spin_unlock(&glue_notifiers_lock);
	}
}
