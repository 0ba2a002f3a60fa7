/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One allocation of the kernel's, between the files that keep them (memory.c, memory_share.c).
 */
#ifndef INPROC_WATCH_MEMORY_MEM_H
#define INPROC_WATCH_MEMORY_MEM_H

#include <sys/queue.h>

#include "memory.h"

struct mem {
	enum image_alloc how;
	unsigned long bytes;
	uintptr_t start;		/* where the bytes are, in @nr_pages from @first */
	unsigned long first, nr_pages;
	struct src_vm *owner;
	const void *by, *freed_by;
	TAILQ_ENTRY(mem) link;		/* of the living, or of the quarantine */
	bool freed;
	bool guarded;			/* the page behind it is its guard page */
	bool let_in;			/* freed, and opened again for whoever used it */
	bool shared;			/* its pages are the VMM's, too, or were */
	bool owned;			/* its page is a guest's: to be read at most */
};

/* ---- memory_pages.c; with memory_lock() held ---- */

/* Reserved, not used: addresses come again only after all others have. */
#define ARENA_PAGES		(1UL << 22)

/* Page @page of all that there are. */
char *memory_page(unsigned long page);
/* Which one @addr is in; false: in none. */
bool pages_number(uintptr_t addr, unsigned long *page);
/* New pages, without contents and out of reach: 0 or -errno. */
int pages_map_anew(unsigned long first, unsigned long nr);
/* Into reach, zeroed; @filled: all of them will be written to.  False: there is no memory. */
bool pages_open(unsigned long first, unsigned long nr, bool filled);
/* @nr pages of which every other one is left out. */
bool pages_open_singles(unsigned long first, unsigned long nr);
/* Out of reach: what they had is gone, or stays until pages_forget(). */
void pages_close(unsigned long first, unsigned long nr);
bool pages_forget(unsigned long first, unsigned long nr);
/* False: there are no addresses for them. */
bool pages_init(void);

/* ---- memory.c; with memory_lock() held ---- */

/* The allocation that the page around @addr is of, freed or not; or NULL. */
struct mem *memory_find(uintptr_t addr);

/* ---- memory_share.c ---- */

/* In a child of fork(): its parent's are not its own. */
void memory_unshare(struct mem *m);

#endif
