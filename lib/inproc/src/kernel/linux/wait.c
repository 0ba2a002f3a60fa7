// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/sched/wait.c: tasks that wait for an event.  A fake, for few waiters: all
 * that a wakeup is for are woken, exclusive or not.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "glue.h"

void init_wait_entry(struct wait_queue_entry *entry, int flags)
{
	entry->flags = flags;
	entry->private = current;
	entry->func = autoremove_wake_function;
	INIT_LIST_HEAD(&entry->entry);
}

int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, int sync, void *key)
{
	int ret = wake_up_state(entry->private, mode);

	if (ret)
		list_del_init_careful(&entry->entry);
	return ret;
}

/* What it returns is declared in several ways. */
int glue_wake_up(struct wait_queue_head *queue, unsigned int mode, int nr, void *key)
	asm("__wake_up");

int glue_wake_up(struct wait_queue_head *queue, unsigned int mode, int nr, void *key)
{
	struct wait_queue_entry *entry, *next;
	unsigned long flags;
	int woken = 0;

	spin_lock_irqsave(&queue->lock, flags);
	list_for_each_entry_safe(entry, next, &queue->head, entry)
		woken += !!entry->func(entry, mode, 0, key);
	spin_unlock_irqrestore(&queue->lock, flags);
	return woken;
}

long prepare_to_wait_event(struct wait_queue_head *queue, struct wait_queue_entry *entry, int state)
{
	unsigned long flags;
	long ret = 0;

	spin_lock_irqsave(&queue->lock, flags);
	if (signal_pending_state(state, current)) {
		list_del_init(&entry->entry);
		ret = -ERESTARTSYS;
	} else {
		if (list_empty(&entry->entry))
			list_add_tail(&entry->entry, &queue->head);
		set_current_state(state);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	return ret;
}

void finish_wait(struct wait_queue_head *queue, struct wait_queue_entry *entry)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	spin_lock_irqsave(&queue->lock, flags);
	list_del_init(&entry->entry);
	spin_unlock_irqrestore(&queue->lock, flags);
}
