// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for kernel/locking/lockdep.c: which locks a task holds, and what is wrong with
 * how it takes and gives them back.  A fake that reports what the kernel's does with
 * PROVE_LOCKING, but for interrupts through a chain of locks, and goes on after that.
 */
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "lockgraph.h"
#include "task.h"

struct lock_class_key __lockdep_no_validate__;
struct lock_class_key __lockdep_no_track__;
/* debug_locks.c's: these checks are on, and never go off. */
int debug_locks = 1;
int debug_locks_silent;
int oops_in_progress;

int debug_locks_off(void)
{
	return 0;
}

void glue_splat(const char *fmt, ...)
{
	char text[768];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	glue_host->splat(false, text);
}

const char *glue_place(unsigned long ip, char *buf)
{
	glue_host->place((void *)ip, buf, GLUE_PLACE);
	return buf;
}

/* ---- classes ---- */

static int glue_classes_lock;

static struct glue_class *glue_class_find(const void *key, unsigned int subclass,
					  const char *name)
{
	unsigned long at = ((unsigned long)key >> 3) * 31 + subclass;
	struct glue_class *class = NULL;
	unsigned int i;

	glue_word_lock(&glue_classes_lock);
	for (i = 0; i < GLUE_MAX_CLASSES; i++) {
		class = &glue_classes[(at + i) % GLUE_MAX_CLASSES];
		if (!class->key || (class->key == key && class->subclass == subclass))
			break;
	}
	if (i == GLUE_MAX_CLASSES)
		glue_die("more than %d classes of locks", GLUE_MAX_CLASSES);
	class->key = key;
	class->subclass = subclass;
	class->name = name ?: "?";
	glue_word_unlock(&glue_classes_lock);
	return class;
}

/* Objects of the image's own, as opposed to memory that was allocated. */
static bool glue_is_static(const void *p)
{
	return (unsigned long)p < 1UL << 31;
}

static struct glue_class *glue_class_of(struct lockdep_map *lock, unsigned int subclass,
					unsigned long ip)
{
	struct glue_class *class;
	const void *key = lock->key;
	char place[GLUE_PLACE];

	if (subclass < NR_LOCKDEP_CACHING_CLASSES) {
		class = (struct glue_class *)READ_ONCE(lock->class_cache[subclass]);
		if (class)
			return class;
	}
	if (!key) {
		if (!glue_is_static(lock))
			glue_splat("WARNING: a lock that is not initialized, in %s",
				   glue_place(ip, place));
		key = lock;
	}
	class = glue_class_find(key, subclass, lock->name);
	if (subclass < NR_LOCKDEP_CACHING_CLASSES)
		WRITE_ONCE(lock->class_cache[subclass], (struct lock_class *)class);
	return class;
}

void lockdep_init_map_type(struct lockdep_map *lock, const char *name,
			   struct lock_class_key *key, int subclass, u8 inner, u8 outer,
			   u8 lock_type)
{
	unsigned int i;

	for (i = 0; i < NR_LOCKDEP_CACHING_CLASSES; i++)
		lock->class_cache[i] = NULL;
	lock->name = name;
	lock->key = key;
	lock->wait_type_inner = inner;
	lock->wait_type_outer = outer;
	lock->lock_type = lock_type;
	/* What is taken as subclass 0 is this one then. */
	if (subclass)
		lock->class_cache[0] = (void *)glue_class_find(key, subclass, name);
}

void lockdep_register_key(struct lock_class_key *key)
{
}

/* What comes at its address later is another class, but orders are few: it starts empty. */
void lockdep_unregister_key(struct lock_class_key *key)
{
}

void lockdep_init_task(struct task_struct *task)
{
}

/* ---- what a task holds ---- */

static struct glue_held *glue_find_held(const struct lockdep_map *lock)
{
	struct glue_task *task = to_glue_task(current);
	unsigned int i;

	for (i = task->nr_held; i--;)
		if (task->held[i].lock == lock)
			return &task->held[i];
	return NULL;
}

static const char *glue_name(unsigned int class)
{
	return glue_classes[class].name;
}

/* With @h held; returns whether this one is certain to wait for ever. */
static bool glue_check_recursion(const struct glue_held *h, const struct glue_held *new)
{
	char place[GLUE_PLACE], held_at[GLUE_PLACE];
	bool certain = h->lock == new->lock && (!h->read || !new->read);

	/* A reader among readers; or whoever has the lock around them may take any of these. */
	if ((new->read == 2 && h->read) || (new->nest && glue_find_held(new->nest)))
		return false;
	glue_splat("WARNING: possible recursive locking: %s is taken in %s with %s held, taken in %s",
		   glue_name(new->class), glue_place(new->ip, place),
		   h->lock == new->lock ? "itself" : "another of its class",
		   glue_place(h->ip, held_at));
	return certain;
}

static void glue_check_irqs(const struct glue_held *new)
{
	struct glue_class *class = &glue_classes[new->class];
	char on_at[GLUE_PLACE], irq_at[GLUE_PLACE];
	unsigned long in_irq, on;

	if (new->irq)
		class->in_irq[!!new->read] = new->ip;
	else if (new->irqs_on)
		class->irqs_on[!!new->read] = new->ip;
	else
		return;
	in_irq = class->in_irq[0];
	on = class->irqs_on[0] ?: class->irqs_on[1];
	if (!in_irq || !on) {
		in_irq = class->in_irq[1];
		on = class->irqs_on[0];
	}
	if (!in_irq || !on || class->irq_reported)
		return;
	class->irq_reported = true;
	glue_splat("WARNING: inconsistent lock state: %s is taken in an interrupt in %s, and with interrupts on in %s",
		   class->name, glue_place(in_irq, irq_at), glue_place(on, on_at));
}

static bool glue_check_order(const struct glue_task *task, const struct glue_held *new)
{
	bool never = false, nested = false;
	unsigned int i;

	for (i = 0; i < task->nr_held; i++) {
		const struct glue_held *h = &task->held[i];

		if (h->class != new->class)
			continue;
		nested |= new->nest && glue_find_held(new->nest);
		if (h->check)
			never |= glue_check_recursion(h, new);
	}
	for (i = 0; i < task->nr_held && !nested; i++) {
		const struct glue_held *h = &task->held[i];
		struct glue_order order = {
			.held = h->class, .taken = new->class, .shared = h->read,
			.recursive = new->read == 2, .held_ip = h->ip, .taken_ip = new->ip,
		};

		/* What an interrupt takes has nothing to do with what it interrupts. */
		if (h->check && h->class != new->class && h->irq == new->irq)
			glue_order_add(&order);
	}
	return never;
}

static bool glue_acquire(struct lockdep_map *lock, unsigned int subclass, int trylock, int read,
			 int check, struct lockdep_map *nest, unsigned long ip, bool push)
{
	struct glue_task *task = to_glue_task(current);
	struct glue_held new = {
		.lock = lock, .nest = nest, .ip = ip, .read = read, .trylock = trylock,
		.check = check && lock->key != &__lockdep_no_validate__,
		.irq = hardirq_count(), .irqs_on = !glue_irqs_disabled(),
	};
	bool never = false;

	if (current->lockdep_recursion || lock->key == &__lockdep_no_track__)
		return false;
	new.class = glue_class_of(lock, subclass, ip) - glue_classes;
	if (new.check && !trylock) {
		never = glue_check_order(task, &new);
		glue_check_irqs(&new);
	}
	glue_point(CONTROL_POINT_LOCK, lock, !read, ip);
	if (!push) {
		glue_order(CONTROL_ORDER_SYNC, lock);
		return never;
	}
	if (task->nr_held == GLUE_MAX_HELD) {
		task->held_overflow = true;
		return never;
	}
	task->held[task->nr_held++] = new;
	current->lockdep_depth = task->nr_held;
	return never;
}

bool glue_lock_acquire(struct lockdep_map *lock, unsigned int subclass, int trylock, int read,
		       struct lockdep_map *nest, unsigned long ip)
{
	return glue_acquire(lock, subclass, trylock, read, 1, nest, ip, true);
}

void glue_lock_release(struct lockdep_map *lock, unsigned long ip)
{
	lock_release(lock, ip);
}

void lock_acquire(struct lockdep_map *lock, unsigned int subclass, int trylock, int read,
		  int check, struct lockdep_map *nest_lock, unsigned long ip)
{
	glue_acquire(lock, subclass, trylock, read, check, nest_lock, ip, true);
}

/* As if it were taken and given back at once, and nothing could come in between. */
void lock_sync(struct lockdep_map *lock, unsigned int subclass, int read, int check,
	       struct lockdep_map *nest_lock, unsigned long ip)
{
	glue_acquire(lock, subclass, 0, read, check, nest_lock, ip, false);
}

void lock_release(struct lockdep_map *lock, unsigned long ip)
{
	struct glue_task *task = to_glue_task(current);
	struct glue_held *h = glue_find_held(lock);
	char place[GLUE_PLACE];

	if (current->lockdep_recursion || lock->key == &__lockdep_no_track__)
		return;
	glue_point(CONTROL_POINT_UNLOCK, lock, 0, ip);
	if (!h) {
		/* Of more than are kept, it may be one. */
		if (!task->held_overflow)
			glue_splat("WARNING: bad unlock balance: %s is not held by this task, but is given back in %s",
				   lock->name ?: "?", glue_place(ip, place));
		return;
	}
	task->nr_held--;
	current->lockdep_depth = task->nr_held;
	memmove(h, h + 1, (char *)&task->held[task->nr_held] - (char *)h);
}

int lock_is_held_type(const struct lockdep_map *lock, int read)
{
	struct glue_held *h = glue_find_held(lock);

	if (h)
		return read == -1 || !!h->read == !!read;
	return to_glue_task(current)->held_overflow ? LOCK_STATE_UNKNOWN : LOCK_STATE_NOT_HELD;
}

void lock_downgrade(struct lockdep_map *lock, unsigned long ip)
{
	struct glue_held *h = glue_find_held(lock);
	char place[GLUE_PLACE];

	if (h)
		h->read = 1;
	else
		glue_splat("WARNING: %s is downgraded in %s, but is not held", lock->name ?: "?",
			   glue_place(ip, place));
}

void lock_set_class(struct lockdep_map *lock, const char *name, struct lock_class_key *key,
		    unsigned int subclass, unsigned long ip)
{
	struct glue_held *h = glue_find_held(lock);

	lockdep_init_map_type(lock, name, key, 0, lock->wait_type_inner, lock->wait_type_outer,
			      lock->lock_type);
	if (h)
		h->class = glue_class_of(lock, subclass, ip) - glue_classes;
}

struct pin_cookie lock_pin_lock(struct lockdep_map *lock)
{
	return NIL_COOKIE;
}

void lock_repin_lock(struct lockdep_map *lock, struct pin_cookie cookie)
{
}

void lock_unpin_lock(struct lockdep_map *lock, struct pin_cookie cookie)
{
}

/* Locks lie in what is freed: none of them may be held. */
void debug_check_no_locks_freed(const void *from, unsigned long len)
{
	struct glue_task *task = to_glue_task(current);
	unsigned int i;

	for (i = 0; i < task->nr_held; i++) {
		const char *lock = (const char *)task->held[i].lock;

		if (lock >= (const char *)from && lock < (const char *)from + len)
			glue_splat("WARNING: %s is freed while it is held",
				   glue_name(task->held[i].class));
	}
}

void debug_check_no_locks_held(void)
{
}

void glue_lockdep_leave(void)
{
	struct glue_task *task = to_glue_task(current);
	char place[GLUE_PLACE];
	unsigned int i;

	for (i = 0; i < task->nr_held; i++)
		glue_splat("WARNING: lock held when returning to user space: %s, taken in %s",
			   glue_name(task->held[i].class),
			   glue_place(task->held[i].ip, place));
	task->nr_held = 0;
	task->held_overflow = false;
	current->lockdep_depth = 0;
	if (preempt_count()) {
		glue_splat("WARNING: returning to user space with preempt_count %x",
			   preempt_count());
		__preempt_count_sub(preempt_count());
	}
	if (glue_irqs_disabled()) {
		glue_splat("WARNING: returning to user space with interrupts off");
		this_cpu_write(glue_irqs_off, 0);
	}
}

/* ---- the VMM's memory: an access may sleep, and takes its mm's lock ---- */

void __weak __might_fault(const char *file, int line)
{
	if (pagefault_disabled())
		return;
	__might_sleep(file, line);
	if (!current->mm)
		return;
	lock_acquire(&current->mm->mmap_lock.dep_map, 0, 0, 1, 1, NULL, _RET_IP_);
	lock_release(&current->mm->mmap_lock.dep_map, _RET_IP_);
}
