// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is put off until no RCU reader is left.  A fake: readers are not known,
 * so it is put off until the VM that it is done for is destroyed, which has none
 * then; a grace period may be as long as that.
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "glue.h"

struct glue_rcu {
	struct glue_rcu *next;
	void *owner;
	rcu_callback_t func;
	struct rcu_head *head;
	void *ptr;			/* without @func: to be freed */
};

static struct glue_rcu *glue_rcus;
static DEFINE_SPINLOCK(glue_rcu_lock);

static void glue_rcu_add(rcu_callback_t func, struct rcu_head *head, void *ptr)
{
	struct glue_rcu *r = glue_alloc(sizeof(*r), 8);

	if (!r)
		glue_die("no memory to put off what RCU has to do");
	r->owner = glue_host->mem_owner();
	r->func = func;
	r->head = head;
	r->ptr = ptr;
	spin_lock(&glue_rcu_lock);
	r->next = glue_rcus;
	glue_rcus = r;
	spin_unlock(&glue_rcu_lock);
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	glue_rcu_add(func, head, NULL);
}

void kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	glue_rcu_add(NULL, head, ptr);
}

/* The first of @owner's, taken off the list. */
static struct glue_rcu *glue_rcu_take(void *owner)
{
	struct glue_rcu **link, *r;

	spin_lock(&glue_rcu_lock);
	for (link = &glue_rcus; (r = *link); link = &r->next)
		if (r->owner == owner)
			break;
	if (r)
		*link = r->next;
	spin_unlock(&glue_rcu_lock);
	return r;
}

void glue_rcu_barrier(void *owner)
{
	struct glue_rcu *r;

	while ((r = glue_rcu_take(owner))) {
		if (r->func)
			r->func(r->head);
		else
			kvfree(r->ptr);
		glue_free(r);
	}
}
