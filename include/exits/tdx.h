/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exits of GetQuote and SetupEventNotifyInterrupt in all their revisions, each
 * described once: the exit's reason and where kvm_run keeps what.
 */
#ifndef EXITS_TDX_H
#define EXITS_TDX_H

#include <stdbool.h>
#include <stdint.h>

#include "exits/exit_union.h"

struct tdx_revision {
	const char *name, *source;
	struct {
		uint32_t reason;	/* 0: there is no such exit */
		struct exit_field ret, gpa, size;
		bool shared_bit;	/* gpa has it */
		bool aligned;		/* others are refused */
	} quote;
	struct {
		uint32_t reason;	/* 0: there is no such exit */
		struct exit_field ret, vector;
	} notify;
	bool has_nr;			/* flags and nr come first, as in struct tdx_exit */
};

enum tdx_revision_nr {
	TDX_REV_TDX,
	TDX_REV_DEDICATED_V1,
	TDX_REV_DEDICATED_V2,
	TDX_REV_PROPOSED_QUOTES,	/* KVM has them made, and there is no exit */
	NR_TDX_REVISIONS
};

extern const struct tdx_revision tdx_revisions[NR_TDX_REVISIONS];

#endif
