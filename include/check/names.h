/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for the numbers that messages print.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdint.h>

struct value_name {
	uint64_t value;
	const char *name;
};

struct value_names {
	const char *other;		/* what a value without a name is */
	const struct value_name *names;	/* ended by name NULL; may be NULL */
	const char *(*name)(uint64_t value);	/* asked first, may be NULL or answer NULL */
};

const char *name_of(const struct value_names *names, uint64_t value);

extern const struct value_names
	names_errno,		/* 0 is "success" */
	names_exit_reason,	/* KVM_EXIT_* */
	names_system_event,
	names_ucall,
	names_stage,		/* of GUEST_SYNC() */
	names_bool,
	/* numbers that only have a unit */
	names_count, names_gfn, names_gpa, names_pages, names_byte, names_value;

#endif
