// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for the numbers that messages print.
 */
#include <stdio.h>
#include <string.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "check/names.h"
#include "exits/fields.h"

const char *name_of(const struct value_names *names, uint64_t value)
{
	const struct value_name *n;
	const char *name = names->name ? names->name(value) : NULL;

	if (name)
		return name;
	for (n = names->names; n && n->name; n++)
		if (n->value == value)
			return n->name;
	return names->other;
}

static const char *errno_name(uint64_t value)
{
	return value ? strerrorname_np(value) : "success";
}

const struct value_names names_errno = { .other = "errno", .name = errno_name };

/* libkvm knows the tree's names; others are of patches. */
static const char *reason_name(uint64_t value)
{
	static char name[64];
	const char *known = exit_reason_str(value);

	if (strcmp(known, "Unknown") == 0)
		return exit_reason_name(value);
	snprintf(name, sizeof(name), "KVM_EXIT_%s", known);
	return name;
}

const struct value_names names_exit_reason = {
	.other = "an exit without name", .name = reason_name,
};

static const struct value_name system_event[] = {
	{ 1, "KVM_SYSTEM_EVENT_SHUTDOWN" },
	{ 2, "KVM_SYSTEM_EVENT_RESET" },
	{ 3, "KVM_SYSTEM_EVENT_CRASH" },
	{ 6, "KVM_SYSTEM_EVENT_SEV_TERM" },
	{ 7, "KVM_SYSTEM_EVENT_TDX_FATAL" },
	{}
};

const struct value_names names_system_event = { .other = "undefined", .names = system_event };

static const struct value_name ucall_cmd[] = {
	{ UCALL_NONE, "no ucall" },
	{ UCALL_SYNC, "UCALL_SYNC" },
	{ UCALL_ABORT, "UCALL_ABORT" },
	{ UCALL_PRINTF, "UCALL_PRINTF" },
	{ UCALL_DONE, "UCALL_DONE" },
	{ UCALL_UNHANDLED, "UCALL_UNHANDLED" },
	{}
};

const struct value_names names_ucall = { .other = "undefined ucall", .names = ucall_cmd };

static const struct value_name boolean[] = { { 0, "no" }, { 1, "yes" }, {} };

const struct value_names names_bool = { .other = "undefined", .names = boolean };

const struct value_names
	names_stage = { .other = "stage" },
	names_count = { .other = "count" },
	names_gfn = { .other = "GFN" },
	names_gpa = { .other = "GPA" },
	names_pages = { .other = "pages" },
	names_byte = { .other = "byte" },
	names_value = { .other = "value" };
