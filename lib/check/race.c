// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rounds of a race, and what is expected of each.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "check.h"
#include "observer.h"
#include "race.h"

bool race_possible(void)
{
	if (observer())
		return true;
	check_skip("no observer here: guest memory cannot be changed between KVM's accesses");
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
	const struct observer_race start = {
		.hva = race->change.at,
		.size = race->change.size,
		.nth = race->round,
		.change = make_change,
		.data = race,
	};

	EXPECT_REQ_EQ(REQ_RACE_SETUP, "starting the race", 0, -observer()->race_start(&start),
		      &names_errno);
}

void race_end(struct race *race)
{
	race->changed = observer()->race_stop() == race->round;
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

	if (!observer()->race_access(race->round - 1, where, sizeof(where)))
		strcpy(where, "?");
	snprintf(what, size, "%s changed before access %u, in %s", race->field, race->round,
		 where);
}

bool expect_race(const char *file, int line, enum requirement_nr req, const struct race *race,
		 const char *was, const char *const *may, const char *got)
{
	static const char *const nothing_else[] = { NULL };
	char what[512], wanted[512];

	if (!race->changed) {
		if (race->round == 1)
			check_fail(file, line, REQ_RACE_SETUP, race->field, "accesses", 1, "none", 0);
		if (strcmp(got, was) == 0)
			return true;
		snprintf(what, sizeof(what), "%s unchanged", race->field);
		join(wanted, sizeof(wanted), was, nothing_else);
	} else if (race->round == 1) {
		/* Access 1 sees the new value, so there is no old one to act on. */
		if (strcmp(got, may[0]) == 0)
			return true;
		say_change(race, what, sizeof(what));
		join(wanted, sizeof(wanted), may[0], nothing_else);
	} else {
		if (strcmp(got, was) == 0 || is_one_of(got, may))
			return true;
		say_change(race, what, sizeof(what));
		join(wanted, sizeof(wanted), was, may);
	}
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

	for (;;) {
		errno = 0;
		if (__vcpu_run(vcpu)) {
			if (errno == EINTR)
				continue;
			race_say(got, "KVM_RUN: %s", strerror(errno));
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
	errno = 0;
	return false;
}
