// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors: which of the process's are ours.  Each of ours is a real
 * descriptor too (an eventfd or memfd), so that the kernel never gives its
 * number to anyone else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

#define MAX_FDS	65536

static struct file *table[MAX_FDS];
static int table_end;			/* no file has this number or a higher one */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_table(void)
{
	pthread_mutex_lock(&table_lock);
}

static void unlock_table(void)
{
	pthread_mutex_unlock(&table_lock);
}

__attribute__((constructor)) static void file_init(void)
{
	/* A child must not inherit the table from the middle of a change. */
	pthread_atfork(lock_table, unlock_table, unlock_table);
}

bool file_maybe(int fd)
{
	return fd >= 0 && fd < MAX_FDS && __atomic_load_n(&table[fd], __ATOMIC_ACQUIRE);
}

static void set_entry(int fd, struct file *file)
{
	if (file && fd >= table_end)
		table_end = fd + 1;
	__atomic_store_n(&table[fd], file, __ATOMIC_RELEASE);
}

int file_install(int fd, const struct file_ops *ops, void *obj)
{
	struct file *file;

	if (fd >= MAX_FDS) {
		real_close(fd);
		return -EMFILE;
	}
	file = calloc(1, sizeof(*file));
	if (!file) {
		real_close(fd);
		return -ENOMEM;
	}
	file->ops = ops;
	file->refs = 1;
	file->obj = obj;

	lock_table();
	set_entry(fd, file);
	unlock_table();
	return fd;
}

struct file *file_get(int fd)
{
	struct file *file;

	if (!file_maybe(fd))
		return NULL;
	lock_table();
	file = table[fd];
	if (file)
		__atomic_fetch_add(&file->refs, 1, __ATOMIC_RELAXED);
	unlock_table();
	return file;
}

void file_put(struct file *file)
{
	if (!file || __atomic_sub_fetch(&file->refs, 1, __ATOMIC_ACQ_REL))
		return;

	if (file->ops->release)
		file->ops->release(file->obj);
	free(file);
}

int file_close(int fd)
{
	struct file *file;
	int r;

	lock_table();
	file = table[fd];
	set_entry(fd, NULL);
	r = real_close(fd);
	unlock_table();
	/* Out of the lock: this may end a VM. */
	file_put(file);
	return r;
}

int file_dup_onto(int oldfd, int newfd, int flags, bool dup3)
{
	struct file *gone = NULL;
	int r;

	lock_table();
	r = dup3 ? syscall(SYS_dup3, oldfd, newfd, flags) : syscall(SYS_dup2, oldfd, newfd);
	if (r >= 0 && oldfd != newfd && r < MAX_FDS) {
		gone = table[r];
		set_entry(r, oldfd < MAX_FDS ? table[oldfd] : NULL);
		if (table[r])
			__atomic_fetch_add(&table[r]->refs, 1, __ATOMIC_RELAXED);
	}
	unlock_table();
	file_put(gone);
	return r;
}

int file_dup(int oldfd, int min, bool cloexec)
{
	int r;

	lock_table();
	r = syscall(SYS_fcntl, oldfd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, min);
	if (r >= MAX_FDS && table[oldfd]) {
		real_close(r);
		errno = EMFILE;
		r = -1;
	} else if (r >= 0 && r < MAX_FDS) {
		set_entry(r, table[oldfd]);
		if (table[r])
			__atomic_fetch_add(&table[r]->refs, 1, __ATOMIC_RELAXED);
	}
	unlock_table();
	return r;
}

void file_close_range(unsigned int first, unsigned int last)
{
	unsigned int fd, end;

	lock_table();
	end = table_end;
	unlock_table();
	for (fd = first; fd <= last && fd < end; fd++)
		if (file_maybe(fd))
			file_close(fd);
}
