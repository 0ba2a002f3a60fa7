// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/locking/mutex.c and rwsem.c: locks whose waiters sleep in the host.  A
 * fake, as fair as the host's futexes, without regard to priorities.
 *
 * Functions are named to the assembler, since headers make macros of some of the names and
 * trees have different ones.  What inline functions look at is as it is in a kernel: a
 * mutex has its owner, and a semaphore's count is 0 when nobody has it.
 */
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>

#include "rwword.h"
#include "task.h"

/* A function by its name to the assembler. */
#define GLUE_FN(ret, name, ...)			\
	ret glue_##name(__VA_ARGS__) asm(#name); \
	ret glue_##name(__VA_ARGS__)

/* ---- mutexes: the owner's task, and whether somebody waits ---- */

#define GLUE_MUTEX_WAITED	1UL

static bool glue_mutex_try(struct mutex *lock, unsigned long waited)
{
	unsigned long old = 0;

	return __atomic_compare_exchange_n((unsigned long *)&lock->owner, &old,
					   (unsigned long)current | waited, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void glue_sleep_on(int *word, int value)
{
	enum glue_out out = glue_sleep_begin();

	glue_host->futex_wait(word, value);
	glue_sleep_end(out);
}

static void glue_mutex_wait(struct mutex *lock)
{
	unsigned long *owner = (unsigned long *)&lock->owner;

	/* Whoever has waited leaves it as waited for: others may wait still. */
	while (!glue_mutex_try(lock, GLUE_MUTEX_WAITED)) {
		unsigned long old = __atomic_load_n(owner, __ATOMIC_RELAXED);

		if (!old)
			continue;
		if (!(old & GLUE_MUTEX_WAITED) &&
		    !__atomic_compare_exchange_n(owner, &old, old | GLUE_MUTEX_WAITED, false,
						 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		/* The word that is waited for is the lower half, with the mark. */
		glue_sleep_on((int *)owner, (int)(old | GLUE_MUTEX_WAITED));
	}
}

static void glue_mutex_check(struct mutex *lock, unsigned long ip)
{
	char place[GLUE_PLACE];

	if (lock->magic != lock)
		glue_splat("WARNING: a mutex that is not initialized, in %s",
			   glue_place(ip, place));
}

static int glue_mutex_lock(struct mutex *lock, unsigned int subclass, struct lockdep_map *nest,
			   unsigned long ip)
{
	glue_might_sleep(ip);
	glue_mutex_check(lock, ip);
	/* One that can never be had is had at once, now that it has been said. */
	if (!glue_lock_acquire(&lock->dep_map, subclass, 0, 0, nest, ip) &&
	    !glue_mutex_try(lock, 0))
		glue_mutex_wait(lock);
	return 0;
}

static int glue_mutex_take(struct mutex *lock, struct lockdep_map *nest, unsigned long ip)
{
	glue_mutex_check(lock, ip);
	if (!glue_mutex_try(lock, 0))
		return 0;
	glue_lock_acquire(&lock->dep_map, 0, 1, 0, nest, ip);
	return 1;
}

static void glue_mutex_init(struct mutex *lock)
{
	atomic_long_set(&lock->owner, 0);
	lock->magic = lock;
}

/* Versions' headers know it by different names, 6.19's by one of its own. */
#define GLUE_MUTEX_INIT(name)							\
GLUE_FN(void, name, struct mutex *lock, const char *text, struct lock_class_key *key) \
{										\
	lockdep_init_map_wait(&lock->dep_map, text, key, 0, LD_WAIT_SLEEP);	\
	glue_mutex_init(lock);							\
}

GLUE_MUTEX_INIT(__mutex_init)
GLUE_MUTEX_INIT(mutex_init_lockep)
GLUE_MUTEX_INIT(mutex_init_lockdep)

GLUE_FN(void, mutex_destroy, struct mutex *lock)
{
	if (atomic_long_read(&lock->owner))
		glue_splat("WARNING: a mutex is destroyed that is held");
	lock->magic = NULL;
}

GLUE_FN(bool, mutex_is_locked, struct mutex *lock)
{
	return atomic_long_read(&lock->owner);
}

/* Nobody kills: the VMM's threads die with the process. */
#define GLUE_MUTEX_LOCK(name)							\
GLUE_FN(int, name, struct mutex *lock, unsigned int subclass)			\
{										\
	return glue_mutex_lock(lock, subclass, NULL, _RET_IP_);			\
}

GLUE_MUTEX_LOCK(mutex_lock_nested)
GLUE_MUTEX_LOCK(mutex_lock_killable_nested)
GLUE_MUTEX_LOCK(mutex_lock_interruptible_nested)
GLUE_MUTEX_LOCK(mutex_lock_io_nested)

GLUE_FN(void, _mutex_lock_nest_lock, struct mutex *lock, struct lockdep_map *nest)
{
	glue_mutex_lock(lock, 0, nest, _RET_IP_);
}

GLUE_FN(int, _mutex_lock_killable, struct mutex *lock, unsigned int subclass,
	struct lockdep_map *nest)
{
	return glue_mutex_lock(lock, subclass, nest, _RET_IP_);
}

GLUE_FN(int, mutex_trylock, struct mutex *lock)
{
	return glue_mutex_take(lock, NULL, _RET_IP_);
}

GLUE_FN(int, _mutex_trylock_nest_lock, struct mutex *lock, struct lockdep_map *nest)
{
	return glue_mutex_take(lock, nest, _RET_IP_);
}

GLUE_FN(void, mutex_unlock, struct mutex *lock)
{
	unsigned long *owner = (unsigned long *)&lock->owner;

	glue_lock_release(&lock->dep_map, _RET_IP_);
	if (__atomic_exchange_n(owner, 0, __ATOMIC_RELEASE) & GLUE_MUTEX_WAITED)
		glue_host->futex_wake((int *)owner, 1);
	glue_irq_window();
	glue_point(CONTROL_POINT_GIVEN, &lock->dep_map, 1, _RET_IP_);
}

/* ---- semaphores ---- */

static const struct glue_rw glue_rwsem = { .writer = 1, .waited = 2, .reader = 0x100 };

static int *glue_sem_word(struct rw_semaphore *sem)
{
	return (int *)&sem->count;
}

static void glue_sem_waits(void *arg, int by)
{
}

static int glue_down(struct rw_semaphore *sem, bool write, int subclass,
		     struct lockdep_map *nest, unsigned long ip)
{
	glue_might_sleep(ip);
	if (!glue_lock_acquire(&sem->dep_map, subclass, 0, !write, nest, ip))
		glue_rw_lock(&glue_rwsem, glue_sem_word(sem), write, false, glue_sem_waits, NULL,
			     glue_sleep_on);
	return 0;
}

static int glue_down_try(struct rw_semaphore *sem, bool write, unsigned long ip)
{
	if (!glue_rw_trylock(&glue_rwsem, glue_sem_word(sem), write, false))
		return 0;
	glue_lock_acquire(&sem->dep_map, 0, 1, !write, NULL, ip);
	return 1;
}

static void glue_up(struct rw_semaphore *sem, bool write, unsigned long ip)
{
	glue_lock_release(&sem->dep_map, ip);
	glue_rw_unlock(&glue_rwsem, glue_sem_word(sem), write);
	glue_irq_window();
	glue_point(CONTROL_POINT_GIVEN, &sem->dep_map, write, ip);
}

GLUE_FN(void, __init_rwsem, struct rw_semaphore *sem, const char *name,
	struct lock_class_key *key)
{
	lockdep_init_map_wait(&sem->dep_map, name, key, 0, LD_WAIT_SLEEP);
	atomic_long_set(&sem->count, 0);
	atomic_long_set(&sem->owner, 0);
}

#define GLUE_DOWN(name, write)							\
GLUE_FN(int, name, struct rw_semaphore *sem)					\
{										\
	return glue_down(sem, write, 0, NULL, _RET_IP_);			\
}

#define GLUE_DOWN_NESTED(name, write)						\
GLUE_FN(int, name, struct rw_semaphore *sem, int subclass)			\
{										\
	return glue_down(sem, write, subclass, NULL, _RET_IP_);			\
}

GLUE_DOWN(down_read, false)
GLUE_DOWN(down_read_killable, false)
GLUE_DOWN(down_read_interruptible, false)
GLUE_DOWN_NESTED(down_read_nested, false)
GLUE_DOWN_NESTED(down_read_killable_nested, false)
GLUE_DOWN(down_write, true)
GLUE_DOWN(down_write_killable, true)
GLUE_DOWN_NESTED(down_write_nested, true)
GLUE_DOWN_NESTED(down_write_killable_nested, true)

GLUE_FN(void, _down_write_nest_lock, struct rw_semaphore *sem, struct lockdep_map *nest)
{
	glue_down(sem, true, 0, nest, _RET_IP_);
}

GLUE_FN(int, down_read_trylock, struct rw_semaphore *sem)
{
	return glue_down_try(sem, false, _RET_IP_);
}

GLUE_FN(int, down_write_trylock, struct rw_semaphore *sem)
{
	return glue_down_try(sem, true, _RET_IP_);
}

GLUE_FN(void, up_read, struct rw_semaphore *sem)
{
	glue_up(sem, false, _RET_IP_);
}

GLUE_FN(void, up_write, struct rw_semaphore *sem)
{
	glue_up(sem, true, _RET_IP_);
}

GLUE_FN(void, downgrade_write, struct rw_semaphore *sem)
{
	lock_downgrade(&sem->dep_map, _RET_IP_);
	glue_rw_downgrade(&glue_rwsem, glue_sem_word(sem));
}
