/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the in-process KVM needs of the process: messages, descriptors, libc's own calls,
 * pages, and the VMM's memory.
 *
 * Functions that return long or int give 0 or more, or -errno.
 */
#ifndef INPROC_BASE_H
#define INPROC_BASE_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_ALIGNED(x)	(!((x) & (PAGE_SIZE - 1)))

#define container_of(ptr, type, member)	((type *)((char *)(ptr) - offsetof(type, member)))

/* ---- diag.c ---- */

/*
 * A message of the in-process KVM, printed as a TAP diagnostic on stderr
 * ("# inproc: ...").  Safe in a signal handler as far as vsnprintf() is.
 */
void inproc_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * What the in-process KVM, or the image, lacks.  A case that ends without a result after
 * that has tested nothing: the runner calls it not driven, for the reason given here
 * (tools/lib/Coco/Verdict.pm), so that it must not vary from case to case.  A glue_die()
 * whose text begins with "not driven: " says the same.
 */
void inproc_not_driven(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Say, once for each @cmd, that an ioctl of a @what is not implemented; returns @err. */
long diag_unsupported(const char *what, unsigned int cmd, long err);
const char *diag_ioctl_name(unsigned int cmd);

/* ---- file.c: descriptors ---- */

/* What can be done with a file of ours; all but release() may be NULL. */
struct file_ops {
	long (*ioctl)(void *obj, unsigned int cmd, unsigned long arg);
	/* As mmap(): the address or -errno.  Without it: of the real descriptor. */
	long (*mmap)(void *obj, void *addr, size_t len, int prot, int flags, off_t offset);
	long (*fallocate)(void *obj, int mode, off_t offset, off_t len);
	/* At *@pos, which moves on. */
	long (*read)(void *obj, void *to, size_t len, long long *pos);
	/* As fstat(), what is special about it; or -errno: nothing is. */
	long (*stat)(void *obj, struct stat *stat);
	/* The last descriptor is closed. */
	void (*release)(void *obj);
};

/* An open file description: dup'd descriptors share one. */
struct file {
	const struct file_ops *ops;
	unsigned int refs;
	void *obj;
	long long pos;
};

/*
 * Make real descriptor @fd stand for @obj; @fd, or -errno with @fd closed and
 * @obj the caller's still.
 */
int file_install(int fd, const struct file_ops *ops, void *obj);
/* The description behind @fd with a reference of the caller's, or NULL: not ours. */
struct file *file_get(int fd);
void file_put(struct file *file);
/* May @fd be ours?  Without a lock: for the way past us of every other descriptor. */
bool file_maybe(int fd);

int file_close(int fd);
/* dup2(), dup3(): @how does it. */
int file_dup_onto(int oldfd, int newfd, int flags, bool dup3);
/* dup(), F_DUPFD, F_DUPFD_CLOEXEC: the lowest free descriptor from @min. */
int file_dup(int oldfd, int min, bool cloexec);
void file_close_range(unsigned int first, unsigned int last);

/* ---- crypto.c ---- */

/* A function of libcrypto's; without it the case ends: @what is not driven. */
void *inproc_crypto(const char *name, const char *what);

/* ---- user.c: the VMM's memory ---- */

/* As the kernel's: 0, or -EFAULT for addresses that aren't there. */
int copy_from_user(void *to, const void *from, size_t len);
int copy_to_user(void *to, const void *from, size_t len);

/*
 * What stands for current->mm: it changes in a child of fork() and stays in one
 * of vfork() or clone(CLONE_VM), as the mm does.
 */
unsigned long current_mm(void);

/*
 * The VMM's memory in [@start, @end) is about to change; has changed, maybe; is another or
 * none; or it is to have pages of 2 MiB, and has not changed.  The hook is NULL while nobody wants
 * to know.
 */
enum mm_change { MM_CHANGE_BEGINS, MM_CHANGED, MM_GONE, MM_HUGE };
typedef void (*mm_hook_t)(uintptr_t start, uintptr_t end, enum mm_change what);
extern mm_hook_t mm_hook;
/* Is @addr in a mapping of a file of the kernel's, without huge pages?  NULL: there is none. */
extern bool (*mm_is_special)(uintptr_t addr);

/* ---- share.c ---- */

/*
 * Have @size bytes of the VMM's at @hva, page aligned, as memory that mremap()
 * makes aliases of, if they are plain private memory; else they stay what they are.
 */
void share_memory(void *hva, size_t size);
/* Is all of it memory that became shared so; what is there is something else from now on. */
bool share_covers(const void *addr, size_t len);
void share_forget(const void *addr, size_t len);
/* Some memory's protection is another now. */
void share_forget_plain(void);

/* ---- real.c: system calls, past the functions that stand before libc's ---- */

int real_open(const char *path, int flags);
int real_ioctl(int fd, unsigned long cmd, unsigned long arg);
int real_close(int fd);
int real_fstat(int fd, struct stat *stat);
int real_fcntl(int fd, int cmd, unsigned long arg);
ssize_t real_read(int fd, void *to, size_t len);
ssize_t real_pread(int fd, void *to, size_t len, off_t offset);
/* Code of ours need not write the prefix, see real_mm.h */
void *real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int real_madvise(void *addr, size_t len, int advice);
int real_mprotect(void *addr, size_t len, int prot);
void *real_mremap(void *old, size_t old_len, size_t new_len, int flags, ...);
int real_munmap(void *addr, size_t len);

/* Move @fd out of the way of the program's own descriptors. */
int fd_move_up(int fd);
/* One more, out of the way; or -1 with errno. */
int fd_dup_up(int fd);

#endif
