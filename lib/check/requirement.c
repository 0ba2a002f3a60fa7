// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of requirements as a table.
 */
#include "check/requirement.h"

/* In a section that guests do not get (vm/guest_elf.h), which a string literal is not. */
#define HOSTS	__attribute__((section("coco_host")))

#define REQUIREMENT_STRINGS(symbol, id_, document_, section_, text_)	\
	static const char symbol##_id[] HOSTS = id_;			\
	static const char symbol##_document[] HOSTS = document_;	\
	static const char symbol##_section[] HOSTS = section_;		\
	static const char symbol##_text[] HOSTS = text_;

#define REQUIREMENT_ROW(symbol, id_, document_, section_, text_)	\
	[REQ_##symbol] = { symbol##_id, symbol##_document, symbol##_section, symbol##_text },

REQUIREMENTS(REQUIREMENT_STRINGS)

static const struct requirement requirements[NR_REQUIREMENTS] HOSTS = {
	[REQ_NONE] = { "NONE", "no document", "no section", "a case without requirement" },
	REQUIREMENTS(REQUIREMENT_ROW)
};

const struct requirement *requirement(enum requirement_nr nr)
{
	return &requirements[(unsigned int)nr < NR_REQUIREMENTS ? nr : REQ_NONE];
}
