// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for schedules that show what no order of whole calls does, see interleave.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"

#include "cases/data_race.h"
#include "cases/interleave.h"
#include "check/case.h"
#include "check/expect.h"
#include "check/state.h"

#define MAX_SWITCHES	8
#define MAX_OUTCOMES	32
#define OUTCOME		3072
#define DEFAULT_SWITCHES	1
#define MAX_TRIES	3
#define HASH		0xcbf29ce484222325ull	/* FNV-1a begins with it */

struct outcome {
	unsigned int skipped;		/* calls that were not made, as bits, but gave: */
	int result[CONTROL_MAX_THREADS];
	char state[OUTCOME];
};

static struct {
	const struct interleave *il;
	unsigned int switches;		/* before their time */
	unsigned long budget;		/* schedules */
	struct control_switch list[MAX_SWITCHES];
	unsigned int nr;
	unsigned int skip;
	int skip_as[CONTROL_MAX_THREADS];
	struct outcome now;		/* of the last schedule */
	struct outcome *orders;		/* of whole calls; allocated, as guests get a copy of what is static */
	unsigned int nr_orders;
	bool found, damaged;
	bool all;			/* switches, see is_worth() */
} s;

static unsigned long schedules;
static uint64_t digest = HASH;		/* of all that searches have seen */

const char *interleave_missing(void)
{
	return control() ? NULL : "no control of the kernel here: threads cannot be scheduled";
}

void interleave_tell(char *text, size_t size, const char *fmt, ...)
{
	size_t at = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + at, size - at, fmt, ap);
	va_end(ap);
}

/* ---- one schedule ---- */

static void body(unsigned int thread, void *data)
{
	if (s.skip & 1u << thread)
		s.now.result[thread] = s.skip_as[thread];
	else
		s.now.result[thread] = s.il->call(thread, data);
}

static void tell_outcome(const char *what, const struct outcome *o)
{
	char text[256] = "";
	unsigned int i;

	for (i = 0; i < s.il->nr_threads; i++)
		interleave_tell(text, sizeof(text), "%s%s: %s", i ? "; " : "", s.il->names[i],
				name_of(&names_errno, o->result[i]));
	check_note("%s: %s; %s", what, text, o->state);
}

static const char *schedule_text(void)
{
	static char list[128];
	unsigned int i;

	list[0] = 0;
	for (i = 0; i < s.nr; i++)
		interleave_tell(list, sizeof(list), "%s%u:%u", i ? " " : "", s.list[i].point,
				s.list[i].thread);
	return list;
}

static void tell_schedule(void)
{
	char place[256];
	unsigned int i;

	check_note("COCO_SCHEDULE=\"%s\": %s begins", schedule_text(),
		   s.il->names[s.list[0].thread]);
	for (i = 1; i < s.nr; i++) {
		const struct control_point *p = control()->point(s.list[i].point);

		if (!p)
			continue;
		check_note("before %s%s%s%s, thread %u: %s goes on",
			   p->kind == CONTROL_POINT_GIVEN ? "what follows the release of " : "",
			   p->kind == CONTROL_POINT_END ? "its end" : p->name ?: "", p->ip ? " in " : "",
			   p->ip ? control()->place(p->ip, place, sizeof(place)) : "", p->thread,
			   s.il->names[s.list[i].thread]);
	}
}

static void tell_threads(void)
{
	char text[1024];
	unsigned int i;

	for (i = 0; control()->thread_at(i, text, sizeof(text)); i++)
		check_note("%s %s",
			   i < s.il->nr_threads ? s.il->names[i] : "a kernel thread", text);
}

static void found(const char *what, const char *wanted, const char *got)
{
	char text[256] = "";
	unsigned int i;

	s.found = true;
	for (i = 0; i < s.il->nr_threads; i++)
		interleave_tell(text, sizeof(text), "%s%s", i ? " | " : "", s.il->names[i]);
	interleave_tell(text, sizeof(text), ": %s", what);
	check_fail(__FILE__, __LINE__, s.il->req, text, wanted, 0, got, 1);
	check_note("found by schedule %lu of this case", schedules);
}

/* The process can do no more. */
static void __attribute__((noreturn)) stopped(enum control_interleaved how)
{
	found("how the threads end", "each comes to its end",
	      how == CONTROL_DEADLOCK ? "each waits for another one" :
	      how == CONTROL_LIVELOCK ? "they run on and on" : "one runs on outside of KVM");
	tell_schedule();
	tell_threads();
	data_races_tell(s.il->names, s.il->nr_threads);
	fflush(stdout);
	_exit(KSFT_FAIL);
}

static unsigned int nr_splats(void)
{
	return control()->nr_splats() - (s.il->splat ? check_nr_splats(s.il->splat) : 0);
}

static uint64_t hash(uint64_t sum, const void *data, size_t size)
{
	const uint8_t *byte = data;

	while (size--)
		sum = (sum ^ *byte++) * 0x100000001b3ull;
	return sum;
}

static uint64_t hash_point(uint64_t sum, const struct control_point *p)
{
	sum = hash(sum, &p->kind, sizeof(p->kind));
	sum = hash(sum, &p->thread, sizeof(p->thread));
	return hash(sum, &p->others, sizeof(p->others));
}

/* The last schedule: how it was run, and what came of it. */
static void digest_run(void)
{
	const struct control_point *p;
	unsigned int i;

	for (i = 0; (p = control()->point(i)); i++)
		digest = hash_point(digest, p);
	digest = hash(digest, s.now.result, s.il->nr_threads * sizeof(s.now.result[0]));
	digest = hash(digest, s.now.state, strlen(s.now.state));
}

/* By the rules for all kernel code, as they are looked at where it runs. */
static bool is_damaged(unsigned int failures, unsigned int splats)
{
	if (nr_splats() != splats)
		found("WARNs and BUGs of the kernel", "none",
		      control()->splat(control()->nr_splats() - 1));
	s.found |= check_nr_failures() != failures;
	return s.found;
}

/* False: nothing is to be compared. */
static bool run(void)
{
	const struct control_interleave what = {
		.nr_threads = s.il->nr_threads, .body = body, .data = s.il->data,
		.switches = s.list, .nr_switches = s.nr,
	};
	const unsigned int failures = check_nr_failures();
	const unsigned int splats = nr_splats();
	enum control_interleaved how;

	schedules++;
	s.now.skipped = s.skip;
	s.il->setup(s.il->data);
	how = control()->interleave(&what);
	data_races_keep(schedule_text());
	if (how != CONTROL_INTERLEAVED && how != CONTROL_NO_SWITCH)
		stopped(how);
	s.now.state[0] = 0;
	if (!is_damaged(failures, splats))
		s.il->state(s.il->data, s.now.state, sizeof(s.now.state));
	if (s.found || is_damaged(failures, splats)) {
		/* What is left of the machine may crash or hang. */
		tell_schedule();
		data_races_tell(s.il->names, s.il->nr_threads);
		fflush(stdout);
		_exit(KSFT_FAIL);
	}
	digest_run();
	s.il->end(s.il->data);
	errno = 0;
	if (is_damaged(failures, splats)) {
		s.damaged = true;
		tell_schedule();
		return false;
	}
	return how == CONTROL_INTERLEAVED;
}

/* ---- outcomes ---- */

/* Which of several errors a call is told of, which has done nothing, is no matter. */
static bool is_known(void)
{
	unsigned int i, t;

	for (i = 0; i < s.nr_orders; i++) {
		if (s.orders[i].skipped != s.now.skipped ||
		    strcmp(s.orders[i].state, s.now.state))
			continue;
		for (t = 0; t < s.il->nr_threads; t++)
			if (!s.orders[i].result[t] != !s.now.result[t])
				break;
		if (t == s.il->nr_threads)
			return true;
	}
	return false;
}

static void learn(void)
{
	if (!s.orders)
		s.orders = calloc(MAX_OUTCOMES, sizeof(*s.orders));
	if (s.nr_orders < MAX_OUTCOMES)
		s.orders[s.nr_orders++] = s.now;
}

/* As run(), and what comes of it counts as an outcome of whole calls. */
static bool run_order(void)
{
	const bool ok = run();

	if (ok)
		learn();
	return ok;
}

/* Of threads, @from of which have come to their ends in the last run: one order with each next. */
static void serial_next(unsigned int after)
{
	const struct control_point *p;
	unsigned int i, t, others;

	for (i = after; (p = control()->point(i)) && p->kind != CONTROL_POINT_END; i++)
		;
	others = p ? p->others : 0;
	/* The last one has nobody to choose from. */
	if (s.nr + 1 >= s.il->nr_threads || !others)
		return;
	s.nr++;
	for (t = 0; t < s.il->nr_threads && !s.found; t++) {
		if (!(others & 1u << t))
			continue;
		s.list[s.nr - 1] = (struct control_switch){ i, t };
		if (run_order())
			serial_next(i + 1);
	}
	s.nr--;
}

/* The orders of whole calls that begin with that one. */
static void serial_orders(unsigned int begins)
{
	s.list[0] = (struct control_switch){ 0, begins };
	s.nr = 1;
	run();
	learn();
	serial_next(0);
}

/*
 * A call may say that it comes at a bad time, which others of the VMM's have made, if it has
 * done nothing: then the outcome is that of the others alone.
 */
static unsigned int busy_calls(void)
{
	unsigned int i, mask = 0;

	for (i = 0; i < s.il->nr_threads; i++)
		if (s.now.result[i] == EBUSY || s.now.result[i] == EINTR ||
		    s.now.result[i] == EAGAIN)
			mask |= 1u << i;
	return mask;
}

static bool is_busy_outcome(void)
{
	const struct outcome now = s.now;
	struct control_switch list[MAX_SWITCHES];
	unsigned int nr = s.nr, i, busy = busy_calls();
	bool known;

	if (!busy)
		return false;
	memcpy(list, s.list, sizeof(list));
	s.skip = busy;
	memcpy(s.skip_as, now.result, sizeof(s.skip_as));
	for (i = 0; i < s.il->nr_threads; i++)
		serial_orders(i);
	s.skip = 0;
	memcpy(s.list, list, sizeof(list));
	s.nr = nr;
	s.now = now;
	s.now.skipped = busy;
	known = is_known();
	s.now.skipped = 0;
	return known;
}

static void judge(void)
{
	char what[64];
	unsigned int i;

	if (s.il->steps || is_known() || is_busy_outcome())
		return;
	found("results and state", "those of an order of the calls", "those of no order");
	tell_schedule();
	tell_outcome("got", &s.now);
	for (i = 0; i < s.nr_orders; i++) {
		snprintf(what, sizeof(what), s.orders[i].skipped ? "with calls left out" :
			 "an order of the calls");
		tell_outcome(what, &s.orders[i]);
	}
}

/* ---- the search ---- */

/* Does a thread other than @p's take or give the lock of @p, in the last schedule? */
static bool is_shared(const struct control_point *p)
{
	const struct control_point *q;
	unsigned int i;

	for (i = 0; (q = control()->point(i)); i++)
		if (q->obj == p->obj && q->thread != p->thread)
			return true;
	return false;
}

/*
 * A switch before a step that has to do with nobody else is left out by default, and where
 * there is more than one, but for the first such step in a row: what is not locked may matter
 * there, too.
 */
static bool is_worth(unsigned int idx)
{
	static bool alone;	/* the point before */
	const struct control_point *p = control()->point(idx);
	const bool before = alone;

	switch (p->kind) {
	case CONTROL_POINT_END:
		return __builtin_popcount(p->others & ((1u << s.il->nr_threads) - 1)) > 1;
	case CONTROL_POINT_LOCK:
	case CONTROL_POINT_GIVEN:
		alone = !is_shared(p);
		break;
	case CONTROL_POINT_STEP + CONTROL_STEP_ALLOC:
	case CONTROL_POINT_YIELD:
		alone = true;
		break;
	default:
		alone = false;
		break;
	}
	return s.all || !alone || !before;
}

/* How the last schedule came to its points, and to the one of its last switch. */
static uint64_t *ways_to(unsigned int points)
{
	uint64_t *ways = malloc((points + 1) * sizeof(*ways));
	unsigned int i;

	TEST_ASSERT(ways, "out of memory");
	for (i = 0; i < points; i++)
		ways[i] = hash_point(i ? ways[i - 1] : HASH, control()->point(i));
	return ways;
}

static uint64_t way_to_switch(void)
{
	const struct control_point *p;
	uint64_t way = HASH;
	unsigned int i;

	for (i = 0; i <= s.list[s.nr - 1].point && (p = control()->point(i)); i++)
		way = hash_point(way, p);
	return way;
}

/*
 * A schedule that goes the @way of the one before it up to its last switch.  What others have
 * left in the kernel can make one go another way, as the flush does that comes when all ASIDs
 * have been used: that one is made again.
 */
static bool run_along(uint64_t way)
{
	unsigned int tries = 0;
	bool ok;

	do
		ok = run();
	while (s.nr > 1 && !s.found && way_to_switch() != way && ++tries < MAX_TRIES);
	return ok;
}

static void explore(unsigned int left, uint64_t way)
{
	struct control_switch *next;
	uint64_t *ways;
	unsigned int i, t, nr = 0, points, from;
	bool ok = run_along(way);

	if (!left) {
		if (ok && !s.found)
			judge();
		return;
	}
	if (s.found)
		return;
	points = control()->points();
	from = s.nr > 1 ? s.list[s.nr - 1].point + 1 : 0;
	next = malloc((points + 1) * s.il->nr_threads * sizeof(*next));
	TEST_ASSERT(next, "out of memory");
	ways = ways_to(points);
	for (i = from; i < points; i++) {
		const char *name = control()->point(i)->name ?: "";
		const bool worth = is_worth(i) && (!s.il->at || !strcmp(name, s.il->at));

		for (t = 0; t < s.il->nr_threads; t++)
			if (worth && control()->point(i)->others & 1u << t)
				next[nr++] = (struct control_switch){ i, t };
	}
	s.nr++;
	for (i = 0; i < nr && !s.found && schedules < s.budget; i++) {
		s.list[s.nr - 1] = next[i];
		explore(left - 1, ways[next[i].point]);
	}
	s.nr--;
	free(ways);
	free(next);
}

/* "POINT:THREAD POINT:THREAD ...", as tell_schedule() prints it; false: it is none. */
static bool parse_schedule(const char *list)
{
	unsigned int point, thread;
	int len;

	for (s.nr = 0; *list; s.nr++, list += len) {
		len = 0;
		if (s.nr == MAX_SWITCHES || sscanf(list, "%u:%u%n", &point, &thread, &len) != 2 ||
		    thread >= s.il->nr_threads || (list[len] && list[len] != ' '))
			return false;
		s.list[s.nr] = (struct control_switch){ point, thread };
		len += list[len] == ' ';
	}
	return s.nr && !s.list[0].point;
}

static bool replay(const char *list)
{
	bool fits;

	TEST_ASSERT(parse_schedule(list), "COCO_SCHEDULE: '%s' is no schedule of %u threads", list,
		    s.il->nr_threads);
	fits = run();
	if (fits)
		judge();
	tell_schedule();
	if (!fits)
		check_note("one of these switches cannot be made on this kernel");
	tell_outcome("this schedule", &s.now);
	return !s.found;
}

/* COCO_RACES is "SWITCHES" or "SWITCHES,SCHEDULES"; NULL: as the default is. */
static void set_limits(const char *races, unsigned int switches)
{
	unsigned long budget = 0;
	int len = 0;
	bool ok = true;

	s.switches = switches;
	s.budget = ~0ul;
	if (!races)
		return;
	ok = sscanf(races, "%u%n", &s.switches, &len) == 1;
	if (ok && races[len] == ',') {
		races += len + 1;
		ok = sscanf(races, "%lu%n", &budget, &len) == 1 && budget;
		s.budget = schedules + budget;
	}
	TEST_ASSERT(ok && !races[len] && s.switches && s.switches <= MAX_SWITCHES - 2,
		    "COCO_RACES: wanted SWITCHES (1 to %u), or SWITCHES,SCHEDULES, got '%s'",
		    MAX_SWITCHES - 2, getenv("COCO_RACES"));
}

static bool search(const struct interleave *il)
{
	const char *only = getenv("COCO_SCHEDULE"), *depth = getenv("COCO_RACES");
	unsigned int i, left;

	free(s.orders);
	memset(&s, 0, sizeof(s));
	s.il = il;
	set_limits(depth, il->switches ?: DEFAULT_SWITCHES);
	for (i = 0; i < il->nr_threads && !s.found; i++)
		serial_orders(i);
	if (only && !s.found)
		return replay(only);
	for (left = 1; left <= s.switches && !s.found; left++) {
		s.all = depth && left == 1;
		for (i = 0; i < il->nr_threads && !s.found; i++) {
			s.list[0] = (struct control_switch){ 0, i };
			s.nr = 1;
			explore(left, 0);
		}
	}
	if (!s.found && schedules >= s.budget)
		check_note("the search has used up its schedules: there may be more");
	return !s.found;
}

bool interleave_search(const struct interleave *il)
{
	const bool clean = search(il);

	data_races_tell(il->names, il->nr_threads);
	return clean;
}

unsigned long interleave_schedules(void)
{
	return schedules;
}

uint64_t interleave_digest(void)
{
	return digest;
}

bool interleave_damaged(void)
{
	return s.damaged;
}
