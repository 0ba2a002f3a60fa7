// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of requirements as a table.
 */
#include "check/requirement.h"

#define REQUIREMENT_ROW(symbol, id_, document_, section_, text_)	\
	[REQ_##symbol] = { id_, document_, section_, text_ },

static const struct requirement requirements[NR_REQUIREMENTS] = {
	[REQ_NONE] = { "NONE", "no document", "no section", "a case without requirement" },
	REQUIREMENTS(REQUIREMENT_ROW)
};

const struct requirement *requirement(enum requirement_nr nr)
{
	return &requirements[(unsigned int)nr < NR_REQUIREMENTS ? nr : REQ_NONE];
}
