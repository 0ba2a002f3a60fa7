// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exits of TDs in all their revisions.
 */
#include "exits/tdx.h"
#include "tdx_uapi.h"

const struct tdx_revision tdx_revisions[NR_TDX_REVISIONS] = {
	[TDX_REV_TDX] = {
		.name = "tdx", .source = "mainline 6.16",
		.has_nr = true,
		.quote = {
			.reason = TDX_EXIT_REASON,
			.ret = { 16, 8 }, .gpa = { 24, 8 }, .size = { 32, 8 },
		},
		.notify = {
			.reason = TDX_EXIT_REASON,
			.ret = { 16, 8 }, .vector = { 24, 8 },
		},
	},
	[TDX_REV_DEDICATED_V1] = {
		.name = "tdx-dedicated-v1", .source = "RFC of 2025-04",
		.quote = {
			.reason = 41, .shared_bit = true, .aligned = true,
			.ret = { 0, 8 }, .gpa = { 8, 8 }, .size = { 16, 8 },
		},
		.notify = {
			.reason = 42,
			.ret = { 0, 8 }, .vector = { 8, 1 },
		},
	},
	[TDX_REV_DEDICATED_V2] = {
		.name = "tdx-dedicated-v2", .source = "v2 of that",
		.quote = {
			.reason = 40,
			.ret = { 0, 8 }, .gpa = { 8, 8 }, .size = { 16, 8 },
		},
	},
	[TDX_REV_PROPOSED_QUOTES] = {
		.name = "proposed-quotes", .source = "v2 of 2026-06-18, not merged",
	},
};
