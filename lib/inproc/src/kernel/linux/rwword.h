/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks for readers and writers in one word, with the values that the kernel gives its
 * parts: spinlock.c's rwlocks and lock.c's semaphores.
 *
 * Who waits marks the word, and readers that come then wait, too: so writers have their
 * turn.  The mark goes when the lock is free, and all that wait try again.
 */
#ifndef INPROC_GLUE_RWWORD_H
#define INPROC_GLUE_RWWORD_H

#include "glue.h"

struct glue_rw {
	int writer;		/* all its bits are set by a writer */
	int waited;
	int reader;		/* one of them; they are counted from here upwards */
};

static inline bool glue_rw_trylock(const struct glue_rw *rw, int *word, bool write, bool pass)
{
	int old = __atomic_load_n(word, __ATOMIC_RELAXED);

	/* Others wait for a lock that is not free: it stays marked. */
	while (write ? !old : !(old & (pass ? rw->writer : rw->writer | rw->waited)))
		if (__atomic_compare_exchange_n(word, &old, write ? rw->writer : old + rw->reader,
						false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* @waits(@arg, 1 or -1): around all of the waiting; @wait: until the word is woken. */
static inline void glue_rw_lock(const struct glue_rw *rw, int *word, bool write, bool pass,
				void (*waits)(void *arg, int by), void *arg,
				void (*wait)(int *word, int value))
{
	int old;

	if (glue_rw_trylock(rw, word, write, pass))
		return;
	waits(arg, 1);
	while (!glue_rw_trylock(rw, word, write, pass)) {
		old = __atomic_load_n(word, __ATOMIC_RELAXED);
		if (!old)
			continue;
		if (!(old & rw->waited) &&
		    !__atomic_compare_exchange_n(word, &old, old | rw->waited, false,
						 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		wait(word, old | rw->waited);
	}
	waits(arg, -1);
}

static inline void glue_rw_unlock(const struct glue_rw *rw, int *word, bool write)
{
	int old = __atomic_load_n(word, __ATOMIC_RELAXED), new;

	do {
		new = write ? 0 : old - rw->reader;
		if (new == rw->waited)
			new = 0;
	} while (!__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	if (!new && (old & rw->waited))
		glue_host->futex_wake(word, INT_MAX);
}

/* A writer becomes a reader, and with it those that wait to be. */
static inline void glue_rw_downgrade(const struct glue_rw *rw, int *word)
{
	if (__atomic_exchange_n(word, rw->reader, __ATOMIC_RELEASE) & rw->waited)
		glue_host->futex_wake(word, INT_MAX);
}

#endif
