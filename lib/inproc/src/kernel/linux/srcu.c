// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/rcu/srcutree.c: a fake with the same guarantees, whose readers are
 * counted per struct and not per CPU.
 *
 * Readers are counted in one of two words, and new ones in the other while a grace period
 * waits for those that are there.  What the kernel's own fields are for stays unused, but
 * for srcu_sup, where these are found.
 */
#include <linux/rcupdate.h>
#include <linux/srcu.h>

#include "task.h"

struct glue_srcu {
	int index;
	int readers[2];
	int lock;			/* for one grace period at a time */
	int callbacks_lock;
	struct rcu_head *callbacks, **end;
	bool in_callbacks;
};

static struct glue_srcu *to_glue_srcu(struct srcu_struct *ssp)
{
	struct glue_srcu *s = (struct glue_srcu *)READ_ONCE(ssp->srcu_sup);
	char place[GLUE_PLACE];

	if (!s)
		glue_die("SRCU of a struct that is not initialized or cleaned up, in %s",
			 glue_place(_RET_IP_, place));
	return s;
}

static int glue_srcu_init(struct srcu_struct *ssp, const char *name, struct lock_class_key *key)
{
	struct glue_srcu *s = glue_alloc(sizeof(*s), 8);

	if (!s)
		return -ENOMEM;
	s->end = &s->callbacks;
	memset(ssp, 0, sizeof(*ssp));
	lockdep_init_map(&ssp->dep_map, name, key, 0);
	ssp->srcu_sup = (struct srcu_usage *)s;
	return 0;
}

/* Older and newer trees. */
int glue_srcu_init_old(struct srcu_struct *ssp, const char *name, struct lock_class_key *key)
	asm("__init_srcu_struct");
int glue_srcu_init_new(struct srcu_struct *ssp, const char *name, struct lock_class_key *key)
	asm("init_srcu_struct_lockdep");

int glue_srcu_init_old(struct srcu_struct *ssp, const char *name, struct lock_class_key *key)
{
	return glue_srcu_init(ssp, name, key);
}

int glue_srcu_init_new(struct srcu_struct *ssp, const char *name, struct lock_class_key *key)
{
	return glue_srcu_init(ssp, name, key);
}

int __srcu_read_lock(struct srcu_struct *ssp)
{
	struct glue_srcu *s = to_glue_srcu(ssp);
	int index = __atomic_load_n(&s->index, __ATOMIC_SEQ_CST);

	__atomic_fetch_add(&s->readers[index], 1, __ATOMIC_SEQ_CST);
	return index;
}

void __srcu_read_unlock(struct srcu_struct *ssp, int index)
{
	struct glue_srcu *s = to_glue_srcu(ssp);
	int left = __atomic_sub_fetch(&s->readers[index & 1], 1, __ATOMIC_SEQ_CST);

	if (left < 0)
		glue_splat("WARNING: more SRCU readers leave than have come");
	if (!left)
		glue_host->futex_wake(&s->readers[index & 1], INT_MAX);
	glue_irq_window();
	glue_point(CONTROL_POINT_GIVEN, &ssp->dep_map, 0, _RET_IP_);
}

static void glue_wait_readers(int *readers)
{
	int nr;

	while ((nr = __atomic_load_n(readers, __ATOMIC_SEQ_CST)) > 0) {
		enum glue_out out = glue_sleep_begin();

		glue_host->futex_wait(readers, nr);
		glue_sleep_end(out);
	}
}

static void glue_srcu_wait(struct glue_srcu *s)
{
	enum glue_out out = glue_sleep_begin();
	int old;

	glue_word_lock(&s->lock);
	glue_sleep_end(out);
	old = s->index;
	/* Those who had looked at the index before it changed the last time. */
	glue_wait_readers(&s->readers[!old]);
	__atomic_store_n(&s->index, !old, __ATOMIC_SEQ_CST);
	glue_wait_readers(&s->readers[old]);
	glue_order(CONTROL_ORDER_GRACE, NULL);
	glue_word_unlock(&s->lock);
}

/* Callbacks may add callbacks, but those are later ones. */
static void glue_srcu_run(struct glue_srcu *s)
{
	struct rcu_head *head, *next;

	glue_word_lock(&s->callbacks_lock);
	head = s->callbacks;
	s->callbacks = NULL;
	s->end = &s->callbacks;
	glue_word_unlock(&s->callbacks_lock);
	if (!head)
		return;
	glue_srcu_wait(s);
	glue_order(CONTROL_ORDER_GET, s);
	for (; head; head = next) {
		next = (struct rcu_head *)head->next;
		local_bh_disable();
		head->func(head);
		local_bh_enable();
	}
}

void synchronize_srcu(struct srcu_struct *ssp)
{
	char place[GLUE_PLACE];

	glue_might_sleep(_RET_IP_);
	srcu_lock_sync(&ssp->dep_map);
	if (lock_is_held(&ssp->dep_map)) {
		/* Reported by the line above; nothing would ever end the wait. */
		printk(KERN_WARNING "a reader waits for itself in %s\n",
		       glue_place(_RET_IP_, place));
		return;
	}
	glue_srcu_wait(to_glue_srcu(ssp));
}

void synchronize_srcu_expedited(struct srcu_struct *ssp)
{
	synchronize_srcu(ssp);
}

void srcu_barrier(struct srcu_struct *ssp)
{
	glue_might_sleep(_RET_IP_);
	glue_srcu_run(to_glue_srcu(ssp));
}

/* ---- callbacks: run by a later grace period, when somebody returns to the VMM ---- */

#define GLUE_MAX_BUSY	64

static struct glue_srcu *glue_busy[GLUE_MAX_BUSY];
static int glue_busy_lock;

static void glue_set_busy(struct glue_srcu *s)
{
	unsigned int i;

	glue_word_lock(&glue_busy_lock);
	for (i = 0; i < GLUE_MAX_BUSY; i++)
		if (!glue_busy[i] || glue_busy[i] == s)
			break;
	if (i == GLUE_MAX_BUSY)
		glue_die("more than %d structs with SRCU callbacks", GLUE_MAX_BUSY);
	glue_busy[i] = s;
	glue_word_unlock(&glue_busy_lock);
}

static void glue_set_idle(struct glue_srcu *s)
{
	unsigned int i;

	glue_word_lock(&glue_busy_lock);
	for (i = 0; i < GLUE_MAX_BUSY; i++)
		if (glue_busy[i] == s)
			glue_busy[i] = NULL;
	glue_word_unlock(&glue_busy_lock);
}

void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, rcu_callback_t func)
{
	struct glue_srcu *s = to_glue_srcu(ssp);

	head->func = func;
	head->next = NULL;
	glue_order(CONTROL_ORDER_PUT, s);
	glue_word_lock(&s->callbacks_lock);
	*s->end = head;
	s->end = (struct rcu_head **)&head->next;
	glue_word_unlock(&s->callbacks_lock);
	glue_set_busy(s);
}

void glue_srcu_poll(bool wait)
{
	struct glue_srcu *s;
	unsigned int i;

	for (i = 0; i < GLUE_MAX_BUSY; i++) {
		s = READ_ONCE(glue_busy[i]);
		if (!s || (!wait && (READ_ONCE(s->readers[0]) || READ_ONCE(s->readers[1]))))
			continue;
		glue_set_idle(s);
		glue_srcu_run(s);
	}
}

void cleanup_srcu_struct(struct srcu_struct *ssp)
{
	struct glue_srcu *s = to_glue_srcu(ssp);
	char place[GLUE_PLACE];

	if (s->readers[0] + s->readers[1])
		glue_splat("WARNING: SRCU struct %s is cleaned up while it has readers, in %s",
			   ssp->dep_map.name, glue_place(_RET_IP_, place));
	if (s->callbacks)
		glue_splat("WARNING: SRCU struct %s is cleaned up while it has callbacks, in %s",
			   ssp->dep_map.name, glue_place(_RET_IP_, place));
	glue_set_idle(s);
	ssp->srcu_sup = NULL;
	glue_free(s);
}
