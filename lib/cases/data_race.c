// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data races as findings, see data_race.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"

#include "cases/data_race.h"
#include "check/expect.h"
#include "check/state.h"
#include "control.h"

#define MAX_RACES	256
#define FUNCTION	64

static char *schedule_of[MAX_RACES];
static unsigned int nr_kept, nr_told;

void data_races_keep(const char *schedule)
{
	for (; nr_kept < control()->data_races() && nr_kept < MAX_RACES; nr_kept++)
		schedule_of[nr_kept] = strdup(schedule);
}

static const char *what_it_does(int kind)
{
	if (kind & CONTROL_ACCESS_ASSERT)
		return kind & CONTROL_ACCESS_WRITE ? "says that nobody else accesses" :
		       "says that nobody else writes";
	if (kind & CONTROL_ACCESS_FREE)
		return "frees";
	if (kind & CONTROL_ACCESS_MARKED)
		return kind & CONTROL_ACCESS_WRITE ? "writes (marked)" : "reads (marked)";
	return !(kind & CONTROL_ACCESS_WRITE) ? "reads" :
	       kind & CONTROL_ACCESS_READ_TOO ? "changes" : "writes";
}

/* As CONFIG_KCSAN_ASSUME_PLAIN_WRITES_ATOMIC has it. */
static bool is_atomic(const struct control_data_access *a)
{
	return (a->kind & CONTROL_ACCESS_MARKED) ||
	       ((a->kind & CONTROL_ACCESS_WRITE) && !(a->kind & CONTROL_ACCESS_FREE) &&
		a->bytes <= sizeof(long) && !(a->at % a->bytes));
}

static bool is_strict_only(const struct control_data_race *r)
{
	return !((r->by[0].kind | r->by[1].kind) & CONTROL_ACCESS_ASSERT) &&
	       is_atomic(&r->by[0]) && is_atomic(&r->by[1]);
}

/* Of "function() (file.c:12)" what is before the parenthesis. */
static void function_of(const char *place, char *name)
{
	snprintf(name, FUNCTION, "%.*s", (int)strcspn(place, "(+ "), place);
}

static bool is_name(const char *listed, const char *name)
{
	return !strcmp(listed, "*") || !strcmp(listed, name);
}

/* Why the race of these two is known, in @why, or false. */
static bool is_known(const char *const *names, char *why, size_t size)
{
	const char *path = getenv("COCO_KNOWN_RACES");
	char line[1024], one[FUNCTION], two[FUNCTION];
	bool known = false;
	int reason;
	FILE *f;

	if (!path)
		return false;
	f = fopen(path, "r");
	TEST_ASSERT(f, "COCO_KNOWN_RACES: %s: %s", path, strerror(errno));
	while (!known && fgets(line, sizeof(line), f)) {
		reason = 0;
		if (line[0] == '#' ||
		    sscanf(line, "%63s %63s | %n", one, two, &reason) != 2 || !reason)
			continue;
		known = (is_name(one, names[0]) && is_name(two, names[1])) ||
			(is_name(one, names[1]) && is_name(two, names[0]));
		snprintf(why, size, "%.*s", (int)strcspn(line + reason, "\n"), line + reason);
	}
	fclose(f);
	return known;
}

static void tell(const struct control_data_race *r, const char *schedule,
		 const char *const *calls, unsigned int nr)
{
	const struct control_data_access *a;
	char place[2][256], name[2][FUNCTION], got[768] = "", what[256] = "", why[1024];
	const char *const names[2] = { name[0], name[1] };
	size_t at = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		at += snprintf(what + at, at < sizeof(what) ? sizeof(what) - at : 0, "%s%s",
			       i ? " | " : "", calls[i]);
	snprintf(what + at, at < sizeof(what) ? sizeof(what) - at : 0, ": data race");
	at = 0;
	for (i = 0; i < 2; i++) {
		a = &r->by[i];
		control()->place(a->ip - 1, place[i], sizeof(place[i]));
		function_of(place[i], name[i]);
		at += snprintf(got + at, at < sizeof(got) ? sizeof(got) - at : 0,
			       "%s%s %s %u byte%s", i ? ", " : "", place[i],
			       what_it_does(a->kind), a->bytes, a->bytes == 1 ? "" : "s");
	}
	if (is_strict_only(r) || is_known(names, why, sizeof(why)))
		check_note("%s: %s (%s)", what, got,
			   is_strict_only(r) ? "one that KCSAN does not tell of by default" : why);
	else
		check_fail(__FILE__, __LINE__, REQ_KERNEL_DATA_RACE, what,
			   "accesses in an order, or marked", 0, got, 1);
	check_note("it is at %s", r->object);
	for (i = 0; i < 2; i++) {
		a = &r->by[i];
		check_note("%s by %s; locks held: %s", name[i],
			   a->thread < nr ? calls[a->thread] : "a kernel thread",
			   a->locks);
	}
	check_note("COCO_SCHEDULE=\"%s\"", schedule);
}

void data_races_tell(const char *const *names, unsigned int nr)
{
	for (; nr_told < nr_kept; nr_told++)
		tell(control()->data_race(nr_told), schedule_of[nr_told], names, nr);
}
