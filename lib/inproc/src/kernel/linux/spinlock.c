// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/locking/spinlock.c, qspinlock.c and qrwlock.c: a fake, whose waiters
 * sleep in the host, and which is as fair as the host's futexes.
 *
 * Functions are named to the assembler, since headers make macros of some of the names.
 * The locks' words have the kernel's own meaning as far as inline functions look at them:
 * a spinlock with waiters has more than its lowest byte set, a rwlock that somebody waits
 * for has its wait_lock taken.
 */
#include <linux/bottom_half.h>
#include <linux/interrupt.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>
#include <linux/rwlock.h>
#include <linux/spinlock.h>
#include <asm/processor-flags.h>

#include "rwword.h"
#include "task.h"

#define GLUE_SPIN_TAKEN		1
#define GLUE_SPIN_WAITED	0x101

static const struct glue_rw glue_rwlock = { .writer = 0xff, .waited = 0x100, .reader = 0x200 };

/* How the functions of one name differ. */
enum glue_mode { GLUE_PLAIN, GLUE_IRQ, GLUE_BH };

static bool glue_atomic_begin(enum glue_mode mode)
{
	bool off = false;

	if (mode == GLUE_IRQ)
		off = glue_irq_save();
	if (mode == GLUE_BH)
		__preempt_count_add(SOFTIRQ_DISABLE_OFFSET);
	preempt_disable();
	return off;
}

static void glue_atomic_end(enum glue_mode mode, bool off)
{
	if (mode == GLUE_IRQ)
		glue_irq_restore(off);
	if (mode == GLUE_BH)
		__preempt_count_sub(SOFTIRQ_DISABLE_OFFSET);
	preempt_enable();
	glue_irq_window();
}

static unsigned long glue_flags(bool off)
{
	return off ? 0 : X86_EFLAGS_IF;
}

/* ---- spinlocks ---- */

static int *glue_spin_word(raw_spinlock_t *lock)
{
	return (int *)&lock->raw_lock;
}

static bool glue_spin_try(int *word)
{
	int old = 0;

	return __atomic_compare_exchange_n(word, &old, GLUE_SPIN_TAKEN, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* Whoever has waited leaves it as waited for: others may wait still. */
static void glue_spin_wait(int *word)
{
	int old = 0;

	for (;;) {
		old = 0;
		if (__atomic_compare_exchange_n(word, &old, GLUE_SPIN_WAITED, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return;
		if (old == GLUE_SPIN_WAITED ||
		    __atomic_compare_exchange_n(word, &old, GLUE_SPIN_WAITED, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			glue_wait(word, GLUE_SPIN_WAITED);
	}
}

static void glue_check_magic(unsigned int magic, unsigned int should, unsigned long ip)
{
	char place[GLUE_PLACE];

	if (magic != should)
		glue_splat("BUG: a spinlock or rwlock that is not initialized, in %s",
			   glue_place(ip, place));
}

static bool glue_spin_lock(raw_spinlock_t *lock, enum glue_mode mode, int subclass,
			   struct lockdep_map *nest, unsigned long ip)
{
	bool off = glue_atomic_begin(mode);

	glue_check_magic(lock->magic, SPINLOCK_MAGIC, ip);
	/* One that can never be had is had at once, now that it has been said. */
	if (!glue_lock_acquire(&lock->dep_map, subclass, 0, 0, nest, ip) &&
	    !glue_spin_try(glue_spin_word(lock)))
		glue_spin_wait(glue_spin_word(lock));
	return off;
}

static void glue_spin_unlock(raw_spinlock_t *lock, enum glue_mode mode, bool off,
			     unsigned long ip)
{
	glue_lock_release(&lock->dep_map, ip);
	if (__atomic_exchange_n(glue_spin_word(lock), 0, __ATOMIC_RELEASE) == GLUE_SPIN_WAITED)
		glue_host->futex_wake(glue_spin_word(lock), 1);
	glue_atomic_end(mode, off);
	glue_point(CONTROL_POINT_GIVEN, &lock->dep_map, 1, ip);
}

static int glue_spin_trylock(raw_spinlock_t *lock, enum glue_mode mode, unsigned long ip)
{
	bool off = glue_atomic_begin(mode);

	glue_check_magic(lock->magic, SPINLOCK_MAGIC, ip);
	if (glue_spin_try(glue_spin_word(lock))) {
		glue_lock_acquire(&lock->dep_map, 0, 1, 0, NULL, ip);
		return 1;
	}
	glue_atomic_end(mode, off);
	return 0;
}

/* A function by its name to the assembler. */
#define GLUE_FN(ret, name, ...)			\
	ret glue##name(__VA_ARGS__) asm(#name);	\
	ret glue##name(__VA_ARGS__)

GLUE_FN(void, __raw_spin_lock_init, raw_spinlock_t *lock, const char *name,
	struct lock_class_key *key, short inner)
{
	lockdep_init_map_wait(&lock->dep_map, name, key, 0, inner);
	memset(&lock->raw_lock, 0, sizeof(lock->raw_lock));
	lock->magic = SPINLOCK_MAGIC;
	lock->owner = SPINLOCK_OWNER_INIT;
	lock->owner_cpu = -1;
}

GLUE_FN(void, _raw_spin_lock, raw_spinlock_t *lock)
{
	glue_spin_lock(lock, GLUE_PLAIN, 0, NULL, _RET_IP_);
}

GLUE_FN(void, _raw_spin_lock_nested, raw_spinlock_t *lock, int subclass)
{
	glue_spin_lock(lock, GLUE_PLAIN, subclass, NULL, _RET_IP_);
}

GLUE_FN(void, _raw_spin_lock_nest_lock, raw_spinlock_t *lock, struct lockdep_map *nest)
{
	glue_spin_lock(lock, GLUE_PLAIN, 0, nest, _RET_IP_);
}

GLUE_FN(void, _raw_spin_lock_irq, raw_spinlock_t *lock)
{
	glue_spin_lock(lock, GLUE_IRQ, 0, NULL, _RET_IP_);
}

GLUE_FN(void, _raw_spin_lock_bh, raw_spinlock_t *lock)
{
	glue_spin_lock(lock, GLUE_BH, 0, NULL, _RET_IP_);
}

GLUE_FN(unsigned long, _raw_spin_lock_irqsave, raw_spinlock_t *lock)
{
	return glue_flags(glue_spin_lock(lock, GLUE_IRQ, 0, NULL, _RET_IP_));
}

GLUE_FN(unsigned long, _raw_spin_lock_irqsave_nested, raw_spinlock_t *lock, int subclass)
{
	return glue_flags(glue_spin_lock(lock, GLUE_IRQ, subclass, NULL, _RET_IP_));
}

GLUE_FN(int, _raw_spin_trylock, raw_spinlock_t *lock)
{
	return glue_spin_trylock(lock, GLUE_PLAIN, _RET_IP_);
}

GLUE_FN(int, _raw_spin_trylock_bh, raw_spinlock_t *lock)
{
	return glue_spin_trylock(lock, GLUE_BH, _RET_IP_);
}

GLUE_FN(void, _raw_spin_unlock, raw_spinlock_t *lock)
{
	glue_spin_unlock(lock, GLUE_PLAIN, false, _RET_IP_);
}

GLUE_FN(void, _raw_spin_unlock_irq, raw_spinlock_t *lock)
{
	glue_spin_unlock(lock, GLUE_IRQ, false, _RET_IP_);
}

GLUE_FN(void, _raw_spin_unlock_bh, raw_spinlock_t *lock)
{
	glue_spin_unlock(lock, GLUE_BH, false, _RET_IP_);
}

GLUE_FN(void, _raw_spin_unlock_irqrestore, raw_spinlock_t *lock, unsigned long flags)
{
	glue_spin_unlock(lock, GLUE_IRQ, !(flags & X86_EFLAGS_IF), _RET_IP_);
}

/* ---- rwlocks ---- */

/* What rwlock_is_contended() looks at counts who waits. */
static void glue_rwlock_waits(void *arg, int by)
{
	rwlock_t *lock = arg;

	__atomic_fetch_add((int *)&lock->raw_lock.wait_lock, by, __ATOMIC_RELAXED);
}

static bool glue_rwlock_lock(rwlock_t *lock, enum glue_mode mode, bool write, int subclass,
			     unsigned long ip)
{
	int *word = (int *)&lock->raw_lock.cnts;
	bool off = glue_atomic_begin(mode);

	glue_check_magic(lock->magic, RWLOCK_MAGIC, ip);
	/* A reader that an interrupt is may pass a writer that waits. */
	if (!glue_lock_acquire(&lock->dep_map, subclass, 0, write ? 0 : in_interrupt() ? 2 : 1,
			       NULL, ip))
		glue_rw_lock(&glue_rwlock, word, write, in_interrupt(), glue_rwlock_waits, lock,
			     glue_wait);
	return off;
}

static int glue_rwlock_trylock(rwlock_t *lock, bool write, unsigned long ip)
{
	glue_atomic_begin(GLUE_PLAIN);
	glue_check_magic(lock->magic, RWLOCK_MAGIC, ip);
	if (glue_rw_trylock(&glue_rwlock, (int *)&lock->raw_lock.cnts, write, false)) {
		glue_lock_acquire(&lock->dep_map, 0, 1, write ? 0 : 1, NULL, ip);
		return 1;
	}
	glue_atomic_end(GLUE_PLAIN, false);
	return 0;
}

static void glue_rwlock_unlock(rwlock_t *lock, enum glue_mode mode, bool write, bool off,
			       unsigned long ip)
{
	glue_lock_release(&lock->dep_map, ip);
	glue_rw_unlock(&glue_rwlock, (int *)&lock->raw_lock.cnts, write);
	glue_atomic_end(mode, off);
	glue_point(CONTROL_POINT_GIVEN, &lock->dep_map, write, ip);
}

GLUE_FN(void, __rwlock_init, rwlock_t *lock, const char *name, struct lock_class_key *key)
{
	lockdep_init_map_wait(&lock->dep_map, name, key, 0, LD_WAIT_CONFIG);
	memset(&lock->raw_lock, 0, sizeof(lock->raw_lock));
	lock->magic = RWLOCK_MAGIC;
	lock->owner = SPINLOCK_OWNER_INIT;
	lock->owner_cpu = -1;
}

#define GLUE_RWLOCK(which, write)							\
GLUE_FN(void, _raw_##which##_lock, rwlock_t *lock)					\
{											\
	glue_rwlock_lock(lock, GLUE_PLAIN, write, 0, _RET_IP_);				\
}											\
GLUE_FN(void, _raw_##which##_lock_irq, rwlock_t *lock)					\
{											\
	glue_rwlock_lock(lock, GLUE_IRQ, write, 0, _RET_IP_);				\
}											\
GLUE_FN(void, _raw_##which##_lock_bh, rwlock_t *lock)					\
{											\
	glue_rwlock_lock(lock, GLUE_BH, write, 0, _RET_IP_);				\
}											\
GLUE_FN(unsigned long, _raw_##which##_lock_irqsave, rwlock_t *lock)			\
{											\
	return glue_flags(glue_rwlock_lock(lock, GLUE_IRQ, write, 0, _RET_IP_));	\
}											\
GLUE_FN(int, _raw_##which##_trylock, rwlock_t *lock)					\
{											\
	return glue_rwlock_trylock(lock, write, _RET_IP_);				\
}											\
GLUE_FN(void, _raw_##which##_unlock, rwlock_t *lock)					\
{											\
	glue_rwlock_unlock(lock, GLUE_PLAIN, write, false, _RET_IP_);			\
}											\
GLUE_FN(void, _raw_##which##_unlock_irq, rwlock_t *lock)				\
{											\
	glue_rwlock_unlock(lock, GLUE_IRQ, write, false, _RET_IP_);			\
}											\
GLUE_FN(void, _raw_##which##_unlock_bh, rwlock_t *lock)					\
{											\
	glue_rwlock_unlock(lock, GLUE_BH, write, false, _RET_IP_);			\
}											\
GLUE_FN(void, _raw_##which##_unlock_irqrestore, rwlock_t *lock, unsigned long flags)	\
{											\
	glue_rwlock_unlock(lock, GLUE_IRQ, write, !(flags & X86_EFLAGS_IF), _RET_IP_);	\
}

GLUE_RWLOCK(read, false)
GLUE_RWLOCK(write, true)

GLUE_FN(void, _raw_write_lock_nested, rwlock_t *lock, int subclass)
{
	glue_rwlock_lock(lock, GLUE_PLAIN, true, subclass, _RET_IP_);
}

/* ---- giving way, with a lock held ---- */

static int glue_resched_rwlock(rwlock_t *lock, bool write, unsigned long ip)
{
	if (!rwlock_needbreak(lock) && !test_tsk_need_resched(current))
		return 0;
	glue_rwlock_unlock(lock, GLUE_PLAIN, write, false, ip);
	yield();
	glue_rwlock_lock(lock, GLUE_PLAIN, write, 0, ip);
	return 1;
}

int __cond_resched_rwlock_read(rwlock_t *lock)
{
	lockdep_assert_held_read(lock);
	return glue_resched_rwlock(lock, false, _RET_IP_);
}

int __cond_resched_rwlock_write(rwlock_t *lock)
{
	lockdep_assert_held_write(lock);
	return glue_resched_rwlock(lock, true, _RET_IP_);
}

int __cond_resched_lock(spinlock_t *lock)
{
	raw_spinlock_t *raw = &lock->rlock;

	lockdep_assert_held(lock);
	if (!spin_needbreak(lock) && !test_tsk_need_resched(current))
		return 0;
	glue_spin_unlock(raw, GLUE_PLAIN, false, _RET_IP_);
	yield();
	glue_spin_lock(raw, GLUE_PLAIN, 0, NULL, _RET_IP_);
	return 1;
}

/* ---- bottom halves, of which there are none to be held off; but see switch_fpu_return() ---- */

GLUE_FN(void, __local_bh_enable_ip, unsigned long ip, unsigned int cnt)
{
	glue_fpu_put();
	__preempt_count_sub(cnt);
}
