// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's locks over futexes of the process: real ones, a second vCPU's
 * thread waits.  Fakes in that they know neither priorities nor lock order.
 */
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/rwlock.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>

#include "glue.h"

/*
 * A lock is the first int of the kernel's own structure: 0 free, 1 taken, 2
 * taken and waited for.
 */
static void glue_lock(int *word)
{
	int old = cmpxchg(word, 0, 1);

	while (old) {
		if (old == 2 || cmpxchg(word, 1, 2))
			glue_host->futex_wait(word, 2);
		old = cmpxchg(word, 0, 2);
	}
}

static void glue_unlock(int *word)
{
	if (xchg(word, 0) == 2)
		glue_host->futex_wake(word, 1);
}

void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
	memset(lock, 0, sizeof(*lock));
}

void mutex_lock(struct mutex *lock)
{
	glue_lock((int *)&lock->owner);
}

int mutex_lock_killable(struct mutex *lock)
{
	glue_lock((int *)&lock->owner);
	return 0;
}

int mutex_trylock(struct mutex *lock)
{
	return !cmpxchg((int *)&lock->owner, 0, 1);
}

void mutex_unlock(struct mutex *lock)
{
	glue_unlock((int *)&lock->owner);
}

/* Readers exclude each other here as well, which is stricter and no less right. */
void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	memset(sem, 0, sizeof(*sem));
}

void down_read(struct rw_semaphore *sem)
{
	glue_lock((int *)&sem->count);
}

void up_read(struct rw_semaphore *sem)
{
	glue_unlock((int *)&sem->count);
}

void down_write(struct rw_semaphore *sem)
{
	glue_lock((int *)&sem->count);
}

void up_write(struct rw_semaphore *sem)
{
	glue_unlock((int *)&sem->count);
}

static void glue_spin_lock(raw_spinlock_t *lock)
{
	while (cmpxchg((int *)&lock->raw_lock, 0, 1))
		glue_host->yield();
}

static void glue_spin_unlock(raw_spinlock_t *lock)
{
	smp_store_release((int *)&lock->raw_lock, 0);
}

void _raw_spin_lock(raw_spinlock_t *lock)
{
	glue_spin_lock(lock);
}

void _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	glue_spin_lock(lock);
}

unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	glue_spin_lock(lock);
	return 0;
}

void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	glue_spin_unlock(lock);
}

unsigned long _raw_read_lock_irqsave(rwlock_t *lock)
{
	while (cmpxchg((int *)&lock->raw_lock, 0, 1))
		glue_host->yield();
	return 0;
}

void _raw_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	smp_store_release((int *)&lock->raw_lock, 0);
}
