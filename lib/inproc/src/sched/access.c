// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data races, see access.h.
 *
 * Each thread has a vector clock: how much of each other thread is before what it does now.
 * Who gives something back (a lock, a wakeup) leaves its clock there, and who takes it adds
 * that to its own.  An atomic write leaves what was before the last barrier, as a release is a
 * barrier and a write; an atomic read takes it, whatever its order: that a barrier between
 * reads is missing is not seen, only one between writes.
 *
 * Of every 8 bytes the last accesses of each kind are kept.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "base/base.h"

#define MAX_OBJECTS	(1u << 15)
#define SETS		(1u << 15)
#define WAYS		4
#define KEPT		8
#define MAX_LOCKSETS	1024
#define LOCKSET		8
#define MAX_HELD	32
#define MAX_RACES	256
#define GRANULE		8

struct clock {
	unsigned int at[SCHED_MAX_THREADS];
};

/* What clocks are left at: a lock, a word; or memory that is written atomically. */
struct object {
	const void *key;
	unsigned int run;
	struct clock puts, readers;
};

struct lockset {
	unsigned int nr;
	struct {
		const char *name;
		int write;
	} held[LOCKSET];
};

struct record {
	unsigned long ip;
	unsigned int clock;
	unsigned short locks;
	unsigned char thread, kind, mask, bytes;
};

struct cell {
	uintptr_t key;
	unsigned int run;
	unsigned int nr;		/* records ever */
	struct record kept[KEPT];
};

struct thread {
	struct clock now, fence;
	unsigned int nr_held;
	struct sched_held held[MAX_HELD];	/* or waited for */
	unsigned int locks;			/* those, in locksets[] */
};

static struct object objects[MAX_OBJECTS];
static struct cell cells[SETS][WAYS];
static struct lockset locksets[MAX_LOCKSETS];
static unsigned int nr_locksets;
static struct thread threads[SCHED_MAX_THREADS];
static struct clock readers;		/* of RCU, at their ends */
static unsigned int run, nr_objects;
static bool full;			/* of this run nothing more can be said */
static access_describe describe;

static struct control_data_race races[MAX_RACES];
static unsigned int nr_races;

static void add(struct clock *to, const struct clock *from)
{
	for (unsigned int i = 0; i < SCHED_MAX_THREADS; i++)
		if (to->at[i] < from->at[i])
			to->at[i] = from->at[i];
}

static unsigned int hash(uintptr_t key)
{
	return key * 0x9e3779b97f4a7c15ull >> 32;
}

static struct object *find(const void *key, bool make)
{
	unsigned int i = hash((uintptr_t)key) % MAX_OBJECTS;

	for (; objects[i].run == run; i = (i + 1) % MAX_OBJECTS)
		if (objects[i].key == key)
			return &objects[i];
	if (!make)
		return NULL;
	if (nr_objects++ >= MAX_OBJECTS / 2) {
		if (!full)
			inproc_diag("data races: more than %u locks and atomic variables",
				    MAX_OBJECTS / 2);
		full = true;
		return NULL;
	}
	objects[i] = (struct object){ .key = key, .run = run };
	return &objects[i];
}

/* What it does from now on is not before what it has given away. */
static void tick(unsigned int thread)
{
	threads[thread].now.at[thread]++;
}

void access_begin(access_describe how)
{
	run++;
	describe = how;
	nr_objects = 0;
	full = false;
	memset(threads, 0, sizeof(threads));
	memset(&readers, 0, sizeof(readers));
	for (unsigned int i = 0; i < SCHED_MAX_THREADS; i++)
		threads[i].now.at[i] = 1;
	nr_locksets = nr_locksets ?: 1;		/* none held */
}

void access_thread(unsigned int thread, unsigned int by)
{
	add(&threads[thread].now, &threads[by].now);
	tick(by);
}

static struct sched_held *find_held(struct thread *t, const void *lock)
{
	for (unsigned int i = t->nr_held; i--;)
		if (t->held[i].lock == lock)
			return &t->held[i];
	return NULL;
}

/* The set of locks that @t has now, for the records of what it does. */
static void intern(struct thread *t)
{
	struct lockset set = {};
	unsigned int i;

	for (; set.nr < t->nr_held && set.nr < LOCKSET; set.nr++) {
		set.held[set.nr].name = t->held[set.nr].name;
		set.held[set.nr].write = t->held[set.nr].write;
	}
	for (i = 0; i < nr_locksets; i++)
		if (!memcmp(&locksets[i], &set, sizeof(set)))
			break;
	/* Names of old ones are lost to reports, no more. */
	if (i == MAX_LOCKSETS)
		i = nr_locksets = 1;
	if (i == nr_locksets)
		locksets[nr_locksets++] = set;
	t->locks = i;
}

void access_lock(unsigned int thread, const struct sched_held *lock)
{
	struct thread *t = &threads[thread];
	struct object *o = find(lock->lock, false);

	if (o)
		add(&t->now, &o->puts);
	if (o && lock->write)
		add(&t->now, &o->readers);
	if (t->nr_held < MAX_HELD)
		t->held[t->nr_held++] = *lock;
	intern(t);
}

void access_unlock(unsigned int thread, const void *lock, bool really)
{
	struct thread *t = &threads[thread];
	struct sched_held *h = find_held(t, lock), *other;
	struct object *o = find(lock, true);

	if (!h || !o)
		return;
	/* Who says that he takes it waits for it, if not both are readers. */
	for (unsigned int i = 0; really && i < SCHED_MAX_THREADS; i++) {
		other = i == thread ? NULL : find_held(&threads[i], lock);
		if (other && (h->write || other->write))
			add(&threads[i].now, &t->now);
	}
	add(h->write ? &o->puts : &o->readers, &t->now);
	if (!h->write)
		add(&readers, &t->now);
	tick(thread);
	t->nr_held--;
	memmove(h, h + 1, (char *)&t->held[t->nr_held] - (char *)h);
	intern(t);
}

unsigned int access_held(unsigned int thread, const struct sched_held **held)
{
	*held = threads[thread].held;
	return threads[thread].nr_held;
}

void access_order(unsigned int thread, enum control_order what, const void *obj)
{
	struct thread *t = &threads[thread];
	struct object *o;

	switch (what) {
	case CONTROL_ORDER_PUT:
		o = find(obj, true);
		if (o)
			add(&o->puts, &t->now);
		tick(thread);
		break;
	case CONTROL_ORDER_GET:
		o = find(obj, false);
		if (o)
			add(&t->now, &o->puts);
		break;
	case CONTROL_ORDER_FENCE:
		t->fence = t->now;
		tick(thread);
		break;
	case CONTROL_ORDER_GRACE:
		add(&t->now, &readers);
		break;
	case CONTROL_ORDER_SYNC:	/* see sched.c */
		break;
	}
}

/* ---- accesses ---- */

static void tell_locks(unsigned int set, char *buf, unsigned long len)
{
	unsigned long at = 0;

	snprintf(buf, len, "none");
	for (unsigned int i = 0; i < locksets[set].nr && at < len; i++)
		at += snprintf(buf + at, len - at, "%s%s%s", i ? ", " : "",
			       locksets[set].held[i].name ?: "?",
			       locksets[set].held[i].write ? "" : " (as a reader)");
}

static void tell(struct control_data_access *a, const struct record *r, uintptr_t granule)
{
	*a = (struct control_data_access){
		.thread = r->thread, .kind = r->kind, .bytes = r->bytes, .ip = r->ip,
		.at = granule + __builtin_ctz(r->mask),
	};
	tell_locks(r->locks, a->locks, sizeof(a->locks));
}

static void found(const struct record *one, const struct record *two, uintptr_t granule)
{
	struct control_data_race *race;

	for (unsigned int i = 0; i < nr_races; i++)
		if ((races[i].by[0].ip == one->ip && races[i].by[1].ip == two->ip) ||
		    (races[i].by[0].ip == two->ip && races[i].by[1].ip == one->ip))
			return;
	if (nr_races == MAX_RACES)
		return;
	race = &races[nr_races++];
	tell(&race->by[0], one, granule);
	tell(&race->by[1], two, granule);
	describe((const void *)race->by[1].at, race->object, sizeof(race->object));
}

static bool is_race(const struct record *one, const struct record *two)
{
	const int all = one->kind & two->kind, any = one->kind | two->kind;

	if (one->thread == two->thread || !(one->mask & two->mask) ||
	    !(any & CONTROL_ACCESS_WRITE) || (all & CONTROL_ACCESS_ASSERT))
		return false;
	if ((all & CONTROL_ACCESS_MARKED) && !(any & CONTROL_ACCESS_ASSERT))
		return false;
	return threads[two->thread].now.at[one->thread] < one->clock;
}

static struct cell *cell_of(uintptr_t granule, bool make)
{
	struct cell *set = cells[hash(granule) % SETS], *old = set;

	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].run == run && set[i].key == granule)
			return &set[i];
		if (set[i].run < old->run || (set[i].run == old->run && set[i].nr < old->nr))
			old = &set[i];
	}
	if (!make)
		return NULL;
	*old = (struct cell){ .key = granule, .run = run };
	return old;
}

static void keep(struct cell *c, const struct record *r)
{
	const unsigned int nr = c->nr < KEPT ? c->nr : KEPT;

	/* A newer one of its thread's stands for an older one. */
	for (unsigned int i = 0; i < nr; i++) {
		struct record *k = &c->kept[i];

		if (k->thread == r->thread && k->kind == r->kind && !(k->mask & ~r->mask)) {
			*k = *r;
			return;
		}
	}
	c->kept[c->nr++ % KEPT] = *r;
}

static void look(struct record *r, uintptr_t granule)
{
	const bool gone = r->kind & CONTROL_ACCESS_FREE;
	struct cell *c = cell_of(granule, !gone);

	for (unsigned int i = 0; c && i < c->nr && i < KEPT; i++)
		if (is_race(&c->kept[i], r))
			found(&c->kept[i], r, granule);
	if (c && gone)
		c->run = 0;
	else if (c)
		keep(c, r);
}

/* As far as atomic operations on the same memory order them. */
static void take_clock(unsigned int thread, uintptr_t granule)
{
	struct object *o = find((const void *)granule, false);

	if (o)
		add(&threads[thread].now, &o->puts);
}

static void leave_clock(unsigned int thread, uintptr_t granule, bool keeps)
{
	struct object *o = find((const void *)granule, true);

	if (!o)
		return;
	if (!keeps)
		memset(&o->puts, 0, sizeof(o->puts));
	add(&o->puts, &threads[thread].fence);
}

void access_made(unsigned int thread, const void *p, unsigned long bytes, int kind,
		 unsigned long ip)
{
	const uintptr_t first = (uintptr_t)p, end = first + bytes;
	const bool orders = (kind & CONTROL_ACCESS_MARKED) && !(kind & CONTROL_ACCESS_ASSERT);
	uintptr_t at = first & -(uintptr_t)GRANULE;
	struct record r = {
		.ip = ip, .kind = kind, .thread = thread, .bytes = bytes < 255 ? bytes : 255,
	};
	if (full || !bytes || (kind & CONTROL_ACCESS_WANTED))
		return;
	r.locks = threads[thread].locks;
	if (orders && (!(kind & CONTROL_ACCESS_WRITE) || (kind & CONTROL_ACCESS_READ_TOO)))
		take_clock(thread, at);
	r.clock = threads[thread].now.at[thread];
	/* It goes with what it leaves: who reads that comes after it. */
	if (orders && (kind & CONTROL_ACCESS_WRITE) && threads[thread].fence.at[thread])
		r.clock = threads[thread].fence.at[thread];
	for (; at < end; at += GRANULE) {
		r.mask = 0xff;
		if (at < first)
			r.mask &= 0xff << (first - at);
		if (end - at < GRANULE)
			r.mask &= 0xff >> (GRANULE - (end - at));
		look(&r, at);
	}
	/* A part of a word may be written by an operation on all of it (set_bit()). */
	if (orders && (kind & CONTROL_ACCESS_WRITE))
		leave_clock(thread, first & -(uintptr_t)GRANULE, kind & CONTROL_ACCESS_READ_TOO);
}

unsigned int access_races(void)
{
	return nr_races;
}

const struct control_data_race *access_race(unsigned int idx)
{
	return idx < nr_races ? &races[idx] : NULL;
}
