/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of several threads of a VMM, in every order in which the kernel can be made to run
 * them: first one after the other, which says what there is to be seen, then with switches in
 * the midst of them.  Results and state that no order of whole calls gives are a failure.
 *
 * What is searched by default is every schedule with one switch before its time.  With
 * COCO_RACES=N it is up to N such switches, COCO_RACES=N,M at most M schedules for each
 * pair; and with COCO_SCHEDULE (as a failure prints it) that one alone.
 */
#ifndef CASES_INTERLEAVE_H
#define CASES_INTERLEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/requirement.h"
#include "control.h"

struct interleave {
	enum requirement_nr req;	/* what a wrong outcome is a failure of */
	unsigned int nr_threads;
	const char *names[CONTROL_MAX_THREADS];	/* of the calls */
	void *data;
	/* A new machine, before each schedule; and its end. */
	void (*setup)(void *data);
	void (*end)(void *data);
	/* A thread's call: 0 or an errno. */
	int (*call)(unsigned int thread, void *data);
	/* What the VMM and firmware can see afterwards, as text of @size bytes. */
	void (*state)(void *data, char *text, size_t size);
	unsigned int switches;		/* before their time, at most; 0: as the default is */
	const char *splat;		/* WARNs with this text are no business of its, or NULL */
	const char *at;			/* switches only where the point has this name, or NULL */
	bool steps;			/* a call is several: any outcome goes that does no damage */
};

/* False: something was found, or this process cannot do schedules.  Only the first is told. */
bool interleave_search(const struct interleave *il);

/* In all searches of this process, and a digest of their points, results and states. */
unsigned long interleave_schedules(void);
uint64_t interleave_digest(void);
/* Is the kernel that the last one leaves one that has gone wrong? */
bool interleave_damaged(void);

/* ---- tables: each call with each other one ---- */

/* Calls at once: what they make (a descriptor) is to be kept by the number of the thread. */
#define INTERLEAVE_CALLS	3

/* The harness's limit for a case of these, see COCO_TEST_F_TIMEOUT(). */
#define INTERLEAVE_SECONDS	7200

/* A call of a VMM's thread at @machine: 0 or an errno. */
struct pair_call {
	const char *name;
	int (*make)(void *machine, unsigned int thread);
	/* After a call that stops vCPUs one that runs them waits for ever: they are no pair. */
	bool stops, waits;
	/* Not 0: it has the mutex of that vCPU (their number is the test's) all the time. */
	unsigned char vcpu;
	/* A vCPU that halts waits for a call that wakes it: with all others it is no pair. */
	bool halts, wakes;
	/* A guest that runs on: what comes in between is in the midst of the call, and may be. */
	bool steps;
};

/* A pair that is about a requirement of its own. */
struct pair_req {
	unsigned int first, second;
	enum requirement_nr req;
};

struct pair_table {
	const char *in;			/* the state of its machine, in words */
	const struct pair_call *calls;
	unsigned int nr;
	unsigned int firsts;		/* only pairs with one of the first so many; 0: all */
	const struct pair_req *reqs;	/* ended by REQ_NONE, or NULL */
	void *machine;
	void (*setup)(void *machine);
	void (*end)(void *machine);
	void (*state)(void *machine, char *text, size_t size);
	const char *splat, *at;		/* as struct interleave has them */
};

/*
 * By requirement @req: each call from number @first to @last with itself, and with each that
 * follows it in the table.  By default only call @first, with those that are bits of @always;
 * with COCO_RACES all, and with COCO_PAIR=TEXT with those in whose names the text is.
 * COCO_TRIPLES makes triples of these pairs: a third call is the second one, or one that follows
 * it in the table.  COCO_PAIRS=1: only notes, one for each pair that can meet.  What goes wrong can
 * end the process, and with it the case: COCO_PAIRS_MADE=N leaves out the first N, and goes on.
 */
void pairs_search(const struct pair_table *t, enum requirement_nr req, unsigned int first,
		  unsigned int last, unsigned int always);

/* NULL, or why there can be none here. */
const char *interleave_missing(void);

/* Add to what @text of @size bytes has. */
void interleave_tell(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
