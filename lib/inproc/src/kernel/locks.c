// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's locks over futexes of the process: real ones, a second vCPU's
 * thread waits.  Fakes in that they know neither priorities nor lock order.
 *
 * Without the tree's headers on purpose: versions differ in what is a macro
 * around what.  Of every lock only the first int of the kernel's own structure
 * is used, which is zero in an unlocked one of any version.
 */
#include <linux/types.h>

#include "../image.h"

extern const struct image_host *glue_host;

/* 0 free, 1 taken, 2 taken and waited for */
static void glue_lock(int *word)
{
	int old = 0;

	if (__atomic_compare_exchange_n(word, &old, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE))
		glue_host->futex_wait(word, 2);
}

static void glue_unlock(int *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
		glue_host->futex_wake(word, 1);
}

/* Like the inline halves in some trees, it looks at the lowest byte only. */
static void glue_spin_lock(int *word)
{
	int old = 0;

	while (!__atomic_compare_exchange_n(word, &old, 1, false, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		old = 0;
		glue_host->yield();
	}
}

static void glue_spin_unlock(int *word)
{
	__atomic_store_n((char *)word, 0, __ATOMIC_RELEASE);
}

#define GLUE_LOCK_FN(name, op)		\
	void name(int *word);		\
	void name(int *word)		\
	{				\
		op(word);		\
	}

/* mutex_lock_killable(), raw_spin_lock_irqsave(): also a result, 0 */
#define GLUE_LOCK_FN0(name, op)		\
	long name(int *word);		\
	long name(int *word)		\
	{				\
		op(word);		\
		return 0;		\
	}

static void glue_lock_init(int *word)
{
	*word = 0;
}

GLUE_LOCK_FN(__mutex_init, glue_lock_init)
GLUE_LOCK_FN(mutex_init_generic, glue_lock_init)
GLUE_LOCK_FN(mutex_lock, glue_lock)
GLUE_LOCK_FN0(mutex_lock_killable, glue_lock)
GLUE_LOCK_FN0(mutex_lock_interruptible, glue_lock)
GLUE_LOCK_FN(mutex_unlock, glue_unlock)

/* Readers exclude each other here as well, which is stricter and no less right. */
GLUE_LOCK_FN(__init_rwsem, glue_lock_init)
GLUE_LOCK_FN(down_read, glue_lock)
GLUE_LOCK_FN(up_read, glue_unlock)
GLUE_LOCK_FN(down_write, glue_lock)
GLUE_LOCK_FN(up_write, glue_unlock)

GLUE_LOCK_FN(_raw_spin_lock, glue_spin_lock)
GLUE_LOCK_FN(_raw_spin_lock_irq, glue_spin_lock)
GLUE_LOCK_FN0(_raw_spin_lock_irqsave, glue_spin_lock)
GLUE_LOCK_FN(_raw_spin_unlock, glue_spin_unlock)
GLUE_LOCK_FN(_raw_spin_unlock_irq, glue_spin_unlock)
GLUE_LOCK_FN(_raw_spin_unlock_irqrestore, glue_spin_unlock)
GLUE_LOCK_FN(_raw_read_lock, glue_spin_lock)
GLUE_LOCK_FN(_raw_read_unlock, glue_spin_unlock)
GLUE_LOCK_FN(_raw_write_lock, glue_spin_lock)
GLUE_LOCK_FN(_raw_write_unlock, glue_spin_unlock)
GLUE_LOCK_FN0(_raw_read_lock_irqsave, glue_spin_lock)
GLUE_LOCK_FN(_raw_read_unlock_irqrestore, glue_spin_unlock)

int mutex_trylock(int *word);

int mutex_trylock(int *word)
{
	int old = 0;

	return __atomic_compare_exchange_n(word, &old, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}
