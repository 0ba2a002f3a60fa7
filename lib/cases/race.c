// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rounds of a race, and what is expected of each.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "cases/race.h"
#include "check/expect.h"
#include "check/state.h"
#include "check/transcript.h"
#include "control.h"

bool race_possible(void)
{
	if (control())
		return true;
	check_skip("no control of the kernel here: memory cannot be changed between "
		   "KVM's accesses");
	return false;
}

/* May run in a signal handler, in the middle of kernel code. */
static void write_bytes(const struct race_write *write)
{
	const uint8_t *from = write->bytes;
	uint8_t *to = write->at;
	size_t i;

	for (i = 0; to && i < write->size; i++)
		((volatile uint8_t *)to)[i] = from[i];
}

static void make_change(void *data)
{
	const struct race *race = data;

	write_bytes(&race->bait);
	write_bytes(&race->change);
}

bool race_next(struct race *race)
{
	if (race->round && !race->changed)
		return false;
	if (race->round == RACE_MAX_ROUNDS) {
		check_fail(__FILE__, __LINE__, REQ_RACE_SETUP, race->field, "accesses up to",
			   RACE_MAX_ROUNDS - 1, "more", RACE_MAX_ROUNDS);
		return false;
	}
	race->round++;
	race->changed = false;
	return true;
}

void race_begin(struct race *race)
{
	const struct control_race start = {
		.of = race->of,
		.vcpu_fd = race->vcpu ? race->vcpu->fd : -1,
		.hva = race->change.at,
		.size = race->change.size,
		.nth = race->round,
		.change = make_change,
		.data = race,
	};

	EXPECT_REQ_EQ(REQ_RACE_SETUP, "starting the race", 0, -control()->race_start(&start),
		      &names_errno);
}

void race_end(struct race *race)
{
	race->changed = control()->race_stop() == race->round;
}

/* "a | b | c" */
static void join(char *to, size_t size, const char *first, const char *const *rest)
{
	size_t len = snprintf(to, size, "%s", first);

	for (; *rest && len < size; rest++)
		len += snprintf(to + len, size - len, " | %s", *rest);
}

static bool is_one_of(const char *got, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(got, *list) == 0)
			return true;
	return false;
}

/* Where KVM was when the change came. */
static void say_change(const struct race *race, char *what, size_t size)
{
	char where[256];

	if (!control()->race_access(race->round - 1, where, sizeof(where)))
		strcpy(where, "?");
	snprintf(what, size, "%s changed before access %u, in %s", race->field, race->round,
		 where);
}

/*
 * Without a race KVM should have done @wanted.  That it did not is for the cases to say
 * that are about it; nothing can be told here of a race.
 */
static bool judge_alone(const struct race *race, const char *value, const char *wanted,
			const char *got)
{
	if (strcmp(got, wanted) == 0)
		return true;
	check_skip("%s: with just the %s value KVM does '%s', not '%s': no race can be seen",
		   race->field, value, got, wanted);
	return false;
}

bool expect_race(const char *file, int line, enum requirement_nr req, const struct race *race,
		 const char *was, const char *const *may, const char *got)
{
	char what[512], wanted[512];

	if (!race->changed) {
		if (race->round == 1)
			check_fail(file, line, REQ_RACE_SETUP, race->field, "accesses", 1, "none", 0);
		return judge_alone(race, "old", was, got);
	}
	/* Access 1 sees the new value, so there is no old one to act on. */
	if (race->round == 1)
		return judge_alone(race, "new", may[0], got);
	check_made(req);
	if (strcmp(got, was) == 0 || is_one_of(got, may))
		return true;
	say_change(race, what, sizeof(what));
	join(wanted, sizeof(wanted), was, may);
	check_fail(file, line, req, what, wanted, race->round, got, race->round);
	return false;
}

void race_say(struct race_got *got, const char *fmt, ...)
{
	size_t len = strlen(got->text);
	va_list ap;

	if (len)
		len += snprintf(got->text + len, sizeof(got->text) - len, ", ");
	if (len >= sizeof(got->text))
		return;
	va_start(ap, fmt);
	vsnprintf(got->text + len, sizeof(got->text) - len, fmt, ap);
	va_end(ap);
}

static bool reported(struct kvm_vcpu *vcpu, uint64_t stage)
{
	struct ucall uc;

	return get_ucall(vcpu, &uc) == UCALL_SYNC && uc.args[1] == stage;
}

bool race_run(struct race_got *got, struct kvm_vcpu *vcpu, uint64_t stage,
	      bool (*on_exit)(struct race_got *got, struct kvm_vcpu *vcpu, void *data), void *data)
{
	unsigned int exits = 0;
	int err;

	for (;;) {
		err = check_run(vcpu);
		if (err == EINTR)
			continue;
		if (err) {
			race_say(got, "KVM_RUN: %s", strerror(err));
			break;
		}
		if (vcpu->run->exit_reason == KVM_EXIT_IO && reported(vcpu, stage))
			return true;
		if (++exits > RACE_MAX_EXITS) {
			race_say(got, "more exits");
			break;
		}
		if (!on_exit || !on_exit(got, vcpu, data)) {
			race_say(got, "%s", name_of(&names_exit_reason, vcpu->run->exit_reason));
			break;
		}
	}
	return false;
}
