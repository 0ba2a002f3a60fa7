// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for fs/eventfd.c: eventfds of the VMM's, which are the host's.  A fake: whoever
 * waits for one in the kernel is told by a thread that watches them all, so a moment after
 * the VMM's write() has returned; and one that the VMM closes lives on while KVM has it.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/poll.h>
#include <linux/wait.h>

#include "task.h"
#include "timer.h"

struct eventfd_ctx {
	struct list_head list;
	unsigned int id;
	int fd;				/* the process's, for this */
	int refs;
	wait_queue_head_t wqh;
};

static LIST_HEAD(glue_eventfds);
/* Of the list, and of references that go to 0. */
static int glue_eventfds_lock;

/* ---- contexts ---- */

/* With a reference; @add becomes it if there is none. */
static struct eventfd_ctx *glue_find_eventfd(unsigned int id, struct eventfd_ctx *add)
{
	struct eventfd_ctx *ctx, *found = NULL;

	glue_word_lock(&glue_eventfds_lock);
	list_for_each_entry(ctx, &glue_eventfds, list) {
		if (ctx->id != id)
			continue;
		ctx->refs++;
		found = ctx;
		break;
	}
	if (!found && add)
		list_add(&add->list, &glue_eventfds);
	glue_word_unlock(&glue_eventfds_lock);
	return found ?: add;
}

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	struct eventfd_ctx *ctx, *found;
	unsigned int id = 0;
	int own;

	/* What the image's own descriptors are to the host is nobody's business. */
	if (glue_host->file_of_fd(fd))
		return ERR_PTR(-EINVAL);
	own = glue_host->eventfd_open(fd, &id);
	if (own < 0)
		return ERR_PTR(own);
	ctx = glue_alloc(sizeof(*ctx), 8);
	if (ctx) {
		ctx->id = id;
		ctx->fd = own;
		ctx->refs = 1;
		init_waitqueue_head(&ctx->wqh);
	}
	found = glue_find_eventfd(id, ctx);
	if (found != ctx) {
		glue_free(ctx);
		glue_host->eventfd_close(own);
	}
	return found ?: ERR_PTR(-ENOMEM);
}

void eventfd_ctx_put(struct eventfd_ctx *ctx)
{
	bool last;

	glue_word_lock(&glue_eventfds_lock);
	last = !--ctx->refs;
	if (last)
		list_del(&ctx->list);
	glue_word_unlock(&glue_eventfds_lock);
	if (!last)
		return;
	glue_host->eventfd_close(ctx->fd);
	glue_free(ctx);
}

void eventfd_signal_mask(struct eventfd_ctx *ctx, __poll_t mask)
{
	glue_host->eventfd_signal(ctx->fd);
}

/* ---- who waits for it ---- */

void eventfd_ctx_do_read(struct eventfd_ctx *ctx, __u64 *cnt)
{
	lockdep_assert_held(&ctx->wqh.lock);
	*cnt = glue_host->eventfd_read(ctx->fd);
}

int eventfd_ctx_remove_wait_queue(struct eventfd_ctx *ctx, wait_queue_entry_t *wait, __u64 *cnt)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	eventfd_ctx_do_read(ctx, cnt);
	list_del_init(&wait->entry);
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	return *cnt ? 0 : -EAGAIN;
}

/* One of those at a time, at the head: in newer trees it has the eventfd for itself. */
static int glue_add_priority(struct wait_queue_head *wqh, struct wait_queue_entry *wait,
			     bool alone)
{
	struct wait_queue_entry *first;
	unsigned long flags;
	int ret = 0;

	wait->flags |= WQ_FLAG_EXCLUSIVE | WQ_FLAG_PRIORITY;
	spin_lock_irqsave(&wqh->lock, flags);
	first = list_first_entry_or_null(&wqh->head, struct wait_queue_entry, entry);
	if (alone && first && (first->flags & WQ_FLAG_PRIORITY))
		ret = -EBUSY;
	else
		list_add(&wait->entry, &wqh->head);
	spin_unlock_irqrestore(&wqh->lock, flags);
	return ret;
}

int glue_add_priority_exclusive(struct wait_queue_head *wqh, struct wait_queue_entry *wait)
	asm("add_wait_queue_priority_exclusive");
void glue_add_priority_old(struct wait_queue_head *wqh, struct wait_queue_entry *wait)
	asm("add_wait_queue_priority");

int glue_add_priority_exclusive(struct wait_queue_head *wqh, struct wait_queue_entry *wait)
{
	return glue_add_priority(wqh, wait, true);
}

void glue_add_priority_old(struct wait_queue_head *wqh, struct wait_queue_entry *wait)
{
	glue_add_priority(wqh, wait, false);
}

void __init_waitqueue_head(struct wait_queue_head *wqh, const char *name,
			   struct lock_class_key *key)
{
	spin_lock_init(&wqh->lock);
	lockdep_set_class_and_name(&wqh->lock, key, name);
	INIT_LIST_HEAD(&wqh->head);
}

/* A function that returns a true value to an exclusive waiter's is the last to be called. */
static void glue_wake(struct eventfd_ctx *ctx)
{
	struct wait_queue_entry *wait, *next;
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	list_for_each_entry_safe(wait, next, &ctx->wqh.head, entry)
		if (wait->func(wait, TASK_NORMAL, 0, poll_to_key(EPOLLIN)) &&
		    (wait->flags & WQ_FLAG_EXCLUSIVE))
			break;
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
}

static void glue_watch(void *arg)
{
	struct eventfd_ctx *ctx;
	enum glue_out out;
	unsigned int id;

	for (;;) {
		out = glue_sleep_begin();
		id = glue_host->eventfd_next();
		glue_sleep_end(out);
		ctx = glue_find_eventfd(id, NULL);
		if (!ctx)
			continue;
		glue_wake(ctx);
		eventfd_ctx_put(ctx);
	}
}

static struct glue_thread glue_watcher = { .name = "eventfds", .func = glue_watch };

/* ---- as a file: irqfds poll it ---- */

static __poll_t glue_eventfd_poll(struct file *file, poll_table *wait)
{
	struct eventfd_ctx *ctx = file->private_data;
	int ret;

	poll_wait(file, &ctx->wqh, wait);
	ret = glue_host->eventfd_watch(ctx->fd, ctx->id);
	if (ret)
		glue_die("an eventfd cannot be watched: error %d", -ret);
	glue_thread_wake(&glue_watcher);
	return EPOLLOUT | (glue_host->eventfd_readable(ctx->fd) ? EPOLLIN : 0);
}

static int glue_eventfd_release(struct inode *inode, struct file *file)
{
	eventfd_ctx_put(file->private_data);
	return 0;
}

static const struct file_operations glue_eventfd_fops = {
	.poll = glue_eventfd_poll,
	.release = glue_eventfd_release,
};

/* Any other file of the VMM's: it is there, and KVM has no use for it. */
static const struct file_operations glue_other_fops;

struct file *glue_eventfd_file(int fd)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(fd);
	struct file *file;

	if (IS_ERR(ctx)) {
		if (PTR_ERR(ctx) != -EINVAL)
			return NULL;
		file = anon_inode_getfile("[other]", &glue_other_fops, NULL, O_RDWR);
		return IS_ERR(file) ? NULL : file;
	}
	file = anon_inode_getfile("[eventfd]", &glue_eventfd_fops, ctx, O_RDWR);
	if (!IS_ERR(file))
		return file;
	eventfd_ctx_put(ctx);
	return NULL;
}

struct eventfd_ctx *eventfd_ctx_fileget(struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;

	if (file->f_op != &glue_eventfd_fops)
		return ERR_PTR(-EINVAL);
	glue_word_lock(&glue_eventfds_lock);
	ctx->refs++;
	glue_word_unlock(&glue_eventfds_lock);
	return ctx;
}
