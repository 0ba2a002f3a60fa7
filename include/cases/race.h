/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hostile guests and VMMs: memory that changes while KVM handles an exit, an answer or an
 * ioctl.  The same is done again and again, and each time the change comes one access of
 * KVM's later:
 *
 *	struct race race = { .field = "end_entry", .at = ..., ... };
 *
 *	while (race_next(&race)) {
 *		... prepare the exit, as if nothing were to change ...
 *		race_begin(&race);
 *		... KVM_RUN until the guest has its answer, note what KVM did ...
 *		race_end(&race);
 *		... what KVM did is right for the old or for the new value ...
 *	}
 *
 * It needs the control.
 */
#ifndef RACE_H
#define RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/requirement.h"
#include "control.h"

struct kvm_vcpu;

/* More accesses than that to a field, for one exit, are a failure. */
#define RACE_MAX_ROUNDS	40

/* Bytes that are written somewhere; NULL @at: none. */
struct race_write {
	void *at;			/* the VMM's mapping */
	const void *bytes;
	size_t size;
};

struct race {
	const char *field;		/* for messages */
	struct race_write change;	/* its accesses are counted; lies in one page */
	struct race_write bait;		/* comes with it, uncounted */
	enum control_race_of of;
	struct kvm_vcpu *vcpu;		/* CONTROL_RACE_RUN: whose kvm_run it is */
	unsigned int round;		/* of the last race_next(), from 1 */
	bool changed;			/* in this round the change was made */
};

/* Can memory be changed at will here?  If not, the case is skipped, with the reason. */
bool race_possible(void);

/*
 * Is there another round?  The last one is that in which nothing was changed, since
 * KVM made fewer accesses.
 */
bool race_next(struct race *race);
void race_begin(struct race *race);
void race_end(struct race *race);

/*
 * What KVM did, @got, in words, is what it does for the old value, @was, or, if there
 * was a change, for the new one: @may[0].  Before the first access it can only be the
 * new one.  @may[1] and on (ended by NULL) are what a kernel may also do that looks at
 * the field several times and checks it each time.
 *
 * False: the next rounds would say nothing more.  If KVM does not even do right by one
 * value alone, the case is skipped, with the reason.
 */
bool expect_race(const char *file, int line, enum requirement_nr req, const struct race *race,
		 const char *was, const char *const *may, const char *got);
#define EXPECT_RACE(req, race, was, may, got)	\
	expect_race(__FILE__, __LINE__, req, race, was, may, got)


/* ---- what KVM did, in words ---- */

struct race_got {
	char text[256];
};

/* Append, with ", " between. */
void race_say(struct race_got *got, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define RACE_MAX_EXITS	4

/*
 * KVM_RUN until the guest reports @stage.  Any exit before that is given to @on_exit,
 * which says what it is and answers it, or answers false for one that it does not
 * know.  False, and @got says why, if the guest's report never comes.
 */
bool race_run(struct race_got *got, struct kvm_vcpu *vcpu, uint64_t stage,
	      bool (*on_exit)(struct race_got *got, struct kvm_vcpu *vcpu, void *data), void *data);

#endif
