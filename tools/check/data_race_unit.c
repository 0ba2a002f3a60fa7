// SPDX-License-Identifier: GPL-2.0-only
/*
 * What orders two accesses for the search for data races, and what does not: each row is a
 * course of events of two threads.  No KVM needed.
 */
#include <stdio.h>
#include <string.h>

#include "kselftest.h"

#include "src/sched/access.h"

static long x, y, flag, one_lock, other_lock;

static const char *describe(const void *p, char *buf, unsigned long len)
{
	snprintf(buf, len, "%p", p);
	return buf;
}

/* base/diag.c's */
void inproc_diag(const char *fmt, ...)
{
	ksft_print_msg("%s\n", fmt);
}

static unsigned long ip;

/* Each access is at a place of its own: races are told of once. */
static void touch(unsigned int thread, void *p, int kind)
{
	access_made(thread, p, sizeof(long), kind, ++ip);
}

static void lock(unsigned int thread, void *what, int write)
{
	const struct sched_held held = { .lock = what, .name = "lock", .write = write };

	access_lock(thread, &held);
}

static void locked(unsigned int thread, void *what, int write, int kind)
{
	lock(thread, what, write);
	touch(thread, &x, kind);
	access_unlock(thread, what, true);
}

#define WRITE	CONTROL_ACCESS_WRITE
#define READ	0
#define MARKED	CONTROL_ACCESS_MARKED

static void nothing(void)
{
	touch(0, &x, WRITE);
	touch(1, &x, READ);
}

static void reads(void)
{
	touch(0, &x, READ);
	touch(1, &x, READ);
}

static void other_memory(void)
{
	touch(0, &x, WRITE);
	touch(1, &y, WRITE);
}

static void parts(void)
{
	access_made(0, &x, 4, WRITE, ++ip);
	access_made(1, (char *)&x + 4, 4, WRITE, ++ip);
}

static void a_part(void)
{
	access_made(0, &x, 4, WRITE, ++ip);
	access_made(1, (char *)&x + 3, 1, READ, ++ip);
}

static void marked(void)
{
	touch(0, &x, WRITE | MARKED);
	touch(1, &x, READ | MARKED);
}

static void half_marked(void)
{
	touch(0, &x, WRITE | MARKED);
	touch(1, &x, READ);
}

static void wanted(void)
{
	touch(0, &x, WRITE);
	touch(1, &x, READ | CONTROL_ACCESS_WANTED);
}

static void exclusive(void)
{
	touch(0, &x, READ | CONTROL_ACCESS_ASSERT);
	touch(1, &x, WRITE | MARKED);
}

static void same_lock(void)
{
	locked(0, &one_lock, 1, WRITE);
	locked(1, &one_lock, 1, WRITE);
}

static void two_locks(void)
{
	locked(0, &one_lock, 1, WRITE);
	locked(1, &other_lock, 1, WRITE);
}

static void lock_after(void)
{
	locked(0, &one_lock, 1, READ);
	touch(0, &x, WRITE);
	locked(1, &one_lock, 1, READ);
}

static void readers_write(void)
{
	locked(0, &one_lock, 0, WRITE);
	locked(1, &one_lock, 0, WRITE);
}

static void reader_then_writer(void)
{
	locked(0, &one_lock, 0, READ);
	locked(1, &one_lock, 1, WRITE);
}

/* The lock is wanted while the other one has it. */
static void waited_for(void)
{
	lock(0, &one_lock, 1);
	lock(1, &one_lock, 1);
	touch(0, &x, WRITE);
	access_unlock(0, &one_lock, true);
	touch(1, &x, WRITE);
}

static void released(void)
{
	touch(0, &x, WRITE);
	access_order(0, CONTROL_ORDER_FENCE, NULL);
	touch(0, &flag, WRITE | MARKED);
	touch(1, &flag, READ | MARKED);
	touch(1, &x, READ);
}

static void no_barrier(void)
{
	touch(0, &x, WRITE);
	touch(0, &flag, WRITE | MARKED);
	touch(1, &flag, READ | MARKED);
	touch(1, &x, READ);
}

static void late_barrier(void)
{
	access_order(0, CONTROL_ORDER_FENCE, NULL);
	touch(0, &x, WRITE);
	touch(0, &flag, WRITE | MARKED);
	touch(1, &flag, READ | MARKED);
	touch(1, &x, READ);
}

static void woken(void)
{
	touch(0, &x, WRITE);
	access_order(0, CONTROL_ORDER_PUT, &flag);
	access_order(1, CONTROL_ORDER_GET, &flag);
	touch(1, &x, WRITE);
}

static void made(void)
{
	touch(0, &x, WRITE);
	access_thread(2, 0);
	touch(2, &x, WRITE);
}

static void freed(void)
{
	touch(0, &x, READ);
	touch(1, &x, WRITE | CONTROL_ACCESS_FREE);
}

static void grace_period(void)
{
	locked(0, &one_lock, 0, READ);
	access_order(1, CONTROL_ORDER_GRACE, NULL);
	touch(1, &x, WRITE | CONTROL_ACCESS_FREE);
}

static void no_reader(void)
{
	touch(0, &x, READ);
	access_order(1, CONTROL_ORDER_GRACE, NULL);
	touch(1, &x, WRITE | CONTROL_ACCESS_FREE);
}

/* synchronize_srcu() while the other one reads is no end of that. */
static void reader_goes_on(void)
{
	lock(0, &one_lock, 0);
	lock(1, &one_lock, 1);
	touch(1, &x, WRITE);
	access_unlock(1, &one_lock, false);
	touch(0, &x, READ);
}

static const struct {
	const char *name;
	void (*events)(void);
	bool race;
} rows[] = {
	{ "nothing", nothing, true },
	{ "reads", reads, false },
	{ "other_memory", other_memory, false },
	{ "parts", parts, false },
	{ "a_part", a_part, true },
	{ "marked", marked, false },
	{ "half_marked", half_marked, true },
	{ "wanted", wanted, false },
	{ "exclusive", exclusive, true },
	{ "same_lock", same_lock, false },
	{ "two_locks", two_locks, true },
	{ "lock_after", lock_after, true },
	{ "readers_write", readers_write, true },
	{ "reader_then_writer", reader_then_writer, false },
	{ "waited_for", waited_for, false },
	{ "released", released, false },
	{ "no_barrier", no_barrier, true },
	{ "late_barrier", late_barrier, true },
	{ "woken", woken, false },
	{ "made", made, false },
	{ "freed", freed, true },
	{ "grace_period", grace_period, false },
	{ "no_reader", no_reader, true },
	{ "reader_goes_on", reader_goes_on, true },
};

int main(void)
{
	unsigned int i, before;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(rows));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		before = access_races();
		access_begin(describe);
		rows[i].events();
		ksft_test_result((access_races() != before) == rows[i].race, "%s\n", rows[i].name);
	}
	ksft_finished();
}
