// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads in kernel code that run one at a time, see sched.h.
 *
 * Who has the turn runs; the others sleep.  At a point (a lock that is about to be taken, a
 * page to be allocated, a command of firmware's) the turn goes to another thread if the list
 * of switches says so; where a thread waits it goes to the next one that does not, and comes
 * back once what it waits for is given.  Nothing else has a say: neither time nor the
 * host's scheduler, so the same list gives the same run.
 *
 * Threads of the kernel's own (workers) take part from when a thread of the run wakes them.
 * What nobody can end any more is a deadlock; who gets nowhere in many points gives the
 * others a turn, and if all get nowhere, it is a livelock.  A thread that is no part of the run may
 * be about to give what is waited for, or have given it in between: so all look once more.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "control.h"
#include "run.h"
#include "sched.h"
#include "src/image/loader.h"

/* So many points of one thread in a row are no progress, if others could run. */
#define PATIENCE	8192
/* So long others have to give what all wait for. */
#define GRACE_US	50000
/* A thread that passes no point for so long is not in kernel code. */
#define STUCK_SECONDS	10

/* The VMM's threads, which are the same CPUs in each run; and all others'. */
static struct sched_thread bodies[CONTROL_MAX_THREADS];
static unsigned int nr_started;
static struct sched_thread others[MAX_THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
__thread struct sched_thread *sched_self;
struct sched_run sched_run_state;

static void futex_wait(int *word, int value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(int *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void set(int *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	futex_wake(word);
}

static void wait_turn(struct sched_thread *t)
{
	while (!__atomic_exchange_n(&t->turn, 0, __ATOMIC_ACQ_REL))
		futex_wait(&t->turn, 0);
}

/* ---- whose turn it is ---- */

static void end(enum control_interleaved how)
{
	run.how = how == CONTROL_INTERLEAVED && run.next_switch < run.what->nr_switches ?
		  CONTROL_NO_SWITCH : how;
	set(&run.over);
}

/* Nobody has the turn, or may be given it. */
static void nobody(void)
{
	/* Those that are left are the kernel's, which wait for work. */
	if (!run.bodies_left) {
		end(CONTROL_INTERLEAVED);
		return;
	}
	run.idle = true;
	set(&run.over);
}

static bool alive(const struct sched_thread *t)
{
	return t->state == RUNNABLE || t->state == YIELDED;
}

/* The next one after the current that is in @state, or -1. */
static int next_in(enum state state)
{
	for (unsigned int i = 1; i <= run.nr; i++) {
		unsigned int at = (run.current + i) % run.nr;

		if (run.threads[at]->state == state)
			return at;
	}
	return -1;
}

/* Time passes where nobody can do anything else. */
static int next_deadline(void)
{
	unsigned long long first = ULLONG_MAX;
	int found = -1;

	for (unsigned int i = 0; i < run.nr; i++) {
		struct sched_thread *t = run.threads[i];

		if (t->state == WAITS_EVENT && t->deadline < first) {
			first = t->deadline;
			found = i;
		}
	}
	if (found >= 0)
		run.threads[found]->timed_out = true;
	return found;
}

static void give_turn(unsigned int to)
{
	struct sched_thread *t = run.threads[to];

	run.current = to;
	t->state = RUNNABLE;
	t->since = 0;
	set(&t->turn);
}

/* The turn goes to @to; this thread has it again when this returns. */
static void switch_to(unsigned int to)
{
	struct sched_thread *me = self;

	if (run.threads[to] == me) {
		me->state = RUNNABLE;
		return;
	}
	give_turn(to);
	wait_turn(me);
}

/* This thread has come to where it waits, or to its end: whose turn is it? */
static int pick(void)
{
	int to = next_in(RUNNABLE);

	if (to < 0)
		to = next_in(YIELDED);
	if (to < 0 && run.bodies_left)
		to = next_deadline();
	return to;
}

static void wait_in(enum state state)
{
	int to;

	self->state = state;
	to = pick();
	if (to < 0) {
		nobody();
		wait_turn(self);
		return;
	}
	switch_to(to);
}

/* ---- points ---- */

static void track_lock(const struct control_point *p)
{
	const struct sched_held lock = { p->obj, p->name, p->ip, p->write };

	if (p->kind == CONTROL_POINT_LOCK)
		access_lock(run.current, &lock);
	else if (p->kind == CONTROL_POINT_UNLOCK)
		access_unlock(run.current, p->obj, true);
}

static unsigned int others_alive(void)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < run.nr; i++)
		if (i != run.current && alive(run.threads[i]))
			mask |= 1u << i;
	return mask;
}

/* The next point is @p: which thread the list of switches wants there, or -1. */
static int pass_point(struct control_point p)
{
	const struct control_switch *to = &run.what->switches[run.next_switch];

	p.thread = run.current;
	p.others = others_alive();
	self->last = p;
	run.points[run.nr_points++] = p;
	if (run.next_switch >= run.what->nr_switches || to->point != run.nr_points - 1)
		return -1;
	if (!(p.others & 1u << to->thread))
		return -1;	/* it waits, or is this one, which may be at its end */
	run.next_switch++;
	return to->thread;
}

IMAGE_CALL void sched_point(enum control_point_kind kind, const void *obj, const char *name,
			    int write, unsigned long ip)
{
	struct control_point p = {
		.kind = kind, .obj = obj, .name = name, .write = write, .ip = ip
	};
	int next;

	if (!in_run())
		return;
	track_lock(&p);
	if (kind == CONTROL_POINT_UNLOCK)	/* held yet */
		return;
	if (run.nr_points == MAX_POINTS) {
		end(CONTROL_LIVELOCK);
		wait_turn(self);
	}
	next = pass_point(p);
	if (next < 0 && ++self->since >= PATIENCE) {
		self->since = 0;
		self->state = YIELDED;
		next = pick();
	}
	if (next >= 0)
		switch_to(next);
}

static void leave(void)
{
	int to = run.nr_points == MAX_POINTS ? -1 :
		 pass_point((struct control_point){ .kind = CONTROL_POINT_END, .name = "" });

	self->state = DONE;
	if (to < 0)
		to = pick();
	if (to < 0)
		nobody();
	else
		give_turn(to);
}

IMAGE_CALL static void sched_access(const void *p, unsigned long bytes, int kind, unsigned long ip)
{
	if (in_run())
		access_made(run.current, p, bytes, kind, ip);
}

IMAGE_CALL static void sched_order(enum control_order what, const void *obj)
{
	if (!in_run())
		return;
	if (what == CONTROL_ORDER_SYNC)
		access_unlock(run.current, obj, false);
	else
		access_order(run.current, what, obj);
}

void sched_freed(const void *p, unsigned long bytes, const void *caller)
{
	sched_access(p, bytes, CONTROL_ACCESS_WRITE | CONTROL_ACCESS_FREE, (unsigned long)caller);
}

/* ---- waits ---- */

bool sched_futex_wait(int *word, int value)
{
	if (!in_run())
		return false;
	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value) {
		self->word = word;
		wait_in(WAITS_WORD);
	}
	access_order(run.current, CONTROL_ORDER_GET, word);
	return true;
}

void sched_futex_wake(int *word, int nr)
{
	pthread_mutex_lock(&lock);
	if (in_run())
		access_order(run.current, CONTROL_ORDER_PUT, word);
	for (unsigned int i = 0; run.active && i < run.nr && nr > 0; i++) {
		struct sched_thread *t = run.threads[i];

		if (t->state != WAITS_WORD || t->word != word)
			continue;
		t->state = RUNNABLE;
		nr--;
	}
	pthread_mutex_unlock(&lock);
}

bool sched_yield_turn(void)
{
	if (!in_run())
		return false;
	if (run.nr_points == MAX_POINTS)
		end(CONTROL_LIVELOCK);
	else
		run.points[run.nr_points++] = self->last = (struct control_point){
			.kind = CONTROL_POINT_YIELD, .name = "", .thread = run.current };
	wait_in(YIELDED);
	return true;
}

int sched_event_wait(int event, unsigned long long blocked, unsigned long long deadline,
		     int (*really)(int event, unsigned long long blocked,
				   unsigned long long deadline))
{
	struct sched_thread *t = self;
	int how;

	while (in_run()) {
		how = really(event, blocked, 0);
		if (how != 2)
			return how;
		t->timed_out = false;
		t->event = event;
		t->deadline = deadline;
		wait_in(WAITS_EVENT);
		if (t->timed_out)
			return 2;
	}
	if (!t)
		return really(event, blocked, deadline);
	/* One of the kernel's own: who signals it in a run makes it a part of that. */
	pthread_mutex_lock(&lock);
	t->event = event;
	t->state = WAITS_EVENT;
	pthread_mutex_unlock(&lock);
	how = really(event, blocked, deadline);
	pthread_mutex_lock(&lock);
	if (!t->member)
		t->state = RUNNABLE;
	pthread_mutex_unlock(&lock);
	if (t->member)
		wait_turn(t);
	return how;
}

static void join(struct sched_thread *t)
{
	if (run.nr == MAX_THREADS) {
		inproc_diag("more than %d threads in one schedule", MAX_THREADS);
		return;
	}
	t->member = true;
	t->state = RUNNABLE;
	access_thread(run.nr, run.current);
	run.threads[run.nr++] = t;
}

void sched_event_signal(int event)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; run.active && i < run.nr; i++)
		if (run.threads[i]->state == WAITS_EVENT && run.threads[i]->event == event)
			run.threads[i]->state = RUNNABLE;
	for (unsigned int i = 0; in_run() && i < MAX_THREADS; i++)
		if (others[i].used && !others[i].member && others[i].state == WAITS_EVENT &&
		    others[i].event == event)
			join(&others[i]);
	pthread_mutex_unlock(&lock);
}

/* ---- the kernel's own threads ---- */

struct sched_thread *sched_thread_new(void)
{
	struct sched_thread *t = NULL;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < MAX_THREADS && !t; i++) {
		if (others[i].used)
			continue;
		t = &others[i];
		memset(t, 0, sizeof(*t));
		t->used = true;
		t->state = RUNNABLE;
		if (in_run())
			join(t);
	}
	pthread_mutex_unlock(&lock);
	return t;
}

void sched_thread_begin(struct sched_thread *t)
{
	self = t;
	if (t && t->member)
		wait_turn(t);
}

void sched_thread_end(void)
{
	if (!self)
		return;
	if (in_run())
		leave();
	else
		self->used = false;
}

/* ---- a run ---- */

static void *body_thread(void *arg)
{
	struct sched_thread *me = arg;

	image_enter();
	self = me;
	set(&me->ready);
	for (;;) {
		wait_turn(me);
		run.what->body(me - bodies, run.what->data);
		run.bodies_left--;
		leave();
	}
	return NULL;
}

static int start_threads(unsigned int nr)
{
	static pid_t owner;
	pthread_t id;
	int ret;

	/* A child has none of its parent's. */
	if (owner != getpid()) {
		owner = getpid();
		nr_started = 0;
		memset(bodies, 0, sizeof(bodies));
	}
	for (; nr_started < nr; nr_started++) {
		ret = pthread_create(&id, NULL, body_thread, &bodies[nr_started]);
		if (ret)
			return -ret;
		/* It becomes a CPU outside of any run. */
		while (!__atomic_load_n(&bodies[nr_started].ready, __ATOMIC_ACQUIRE))
			futex_wait(&bodies[nr_started].ready, 0);
	}
	return 0;
}

/* False: it has passed no point for long. */
static bool wait_for_over(void)
{
	const struct timespec patience = { .tv_sec = STUCK_SECONDS };
	unsigned int seen;

	while (!__atomic_load_n(&run.over, __ATOMIC_ACQUIRE)) {
		seen = __atomic_load_n(&run.nr_points, __ATOMIC_RELAXED);
		if (syscall(SYS_futex, &run.over, FUTEX_WAIT_PRIVATE, 0, &patience, NULL, 0) &&
		    errno == ETIMEDOUT &&
		    seen == __atomic_load_n(&run.nr_points, __ATOMIC_RELAXED)) {
			run.how = CONTROL_STUCK;
			return false;
		}
	}
	return true;
}

/* Whoever waits sees for itself whether it has to. */
static void look_again(void)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < run.nr; i++)
		if (run.threads[i]->state == WAITS_WORD || run.threads[i]->state == WAITS_EVENT)
			run.threads[i]->state = RUNNABLE;
	pthread_mutex_unlock(&lock);
	run.idle = false;
	run.over = 0;
	give_turn(next_in(RUNNABLE));
}

static void wait_for_end(void)
{
	unsigned int looked = UINT_MAX;		/* at so many points */

	while (wait_for_over() && run.idle) {
		if (looked == run.nr_points) {
			run.idle = false;
			end(CONTROL_DEADLOCK);
			return;
		}
		looked = run.nr_points;
		usleep(GRACE_US);
		look_again();
	}
}

/* The kernel's threads go on waiting as they do outside of a run. */
static void dismiss(void)
{
	pthread_mutex_lock(&lock);
	run.active = false;
	for (unsigned int i = run.what->nr_threads; i < run.nr; i++) {
		struct sched_thread *t = run.threads[i];
		bool waits = t->state == WAITS_EVENT || t->state == WAITS_WORD;

		t->member = false;
		if (t->state == DONE)
			t->used = false;
		if (waits)
			set(&t->turn);
	}
	pthread_mutex_unlock(&lock);
}

enum control_interleaved sched_run(const struct control_interleave *what, struct image_host *host,
				   access_describe describe)
{
	unsigned int first = what->nr_switches ? what->switches[0].thread : 0;

	if (!what->nr_threads || what->nr_threads > CONTROL_MAX_THREADS ||
	    first >= what->nr_threads || start_threads(what->nr_threads))
		return CONTROL_NO_SWITCH;
	run.what = what;
	run.how = CONTROL_INTERLEAVED;
	run.over = 0;
	run.nr = run.bodies_left = what->nr_threads;
	run.nr_points = 0;
	/* The first one says who begins. */
	run.next_switch = 1;
	for (unsigned int i = 0; i < run.nr; i++) {
		run.threads[i] = &bodies[i];
		bodies[i].state = RUNNABLE;
		bodies[i].member = true;
		bodies[i].last = (struct control_point){ .kind = CONTROL_POINT_START };
	}
	access_begin(describe);
	run.active = true;
	host->point = sched_point;
	host->access = sched_access;
	host->order = sched_order;
	give_turn(first);
	wait_for_end();
	host->point = NULL;
	host->access = NULL;
	host->order = NULL;
	if (run.how == CONTROL_INTERLEAVED || run.how == CONTROL_NO_SWITCH)
		dismiss();
	return run.how;
}
