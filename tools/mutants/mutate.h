/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutant schemata of a C file: every place that can be written otherwise is a site, and each
 * other way to write it a mutant, chosen when the program runs.
 */
#ifndef MUTATE_H
#define MUTATE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum form {
	FORM_EXPR,	/* a value: some alternatives, or the original */
	FORM_COND,	/* the same, of which it is kept, too, which way it went */
	FORM_STMT,	/* a statement with its semicolon: there, or left out */
};

#define MAX_ALTS 8

struct alt {
	const char *kind;	/* what rule made it */
	char *text;		/* NULL: nothing */
	unsigned int id;
	bool dropped;
};

struct function {
	char *name;
	unsigned int start, end, line;
};

struct site {
	enum form form;
	unsigned int start, end;	/* bytes of the file */
	unsigned int line, column;
	unsigned int id;		/* FORM_COND: and two more, for true and false */
	const struct function *function;
	bool dropped, tried;
	unsigned int nr_alts;
	struct alt alts[MAX_ALTS];
	/* Where it is in what is written. */
	unsigned int from_line, from_column, to_line, to_column;
};

struct source {
	char *path;
	char *text;
	size_t size;
	regex_t *functions;		/* NULL: all */
	struct site **sites;		/* an outer one before what is in it */
	unsigned int nr_sites, max_sites;
};

/* ---- rules.c: all sites of the file, from its syntax tree; false if there is none ---- */
bool find_sites(struct source *src, int argc, const char *const *argv);

/* ---- emit.c ---- */

/* Numbers for sites and mutants, from these on. */
void number_sites(struct source *src, unsigned int first_site, unsigned int first_mutant);
bool write_source(struct source *src, const char *path);
/*
 * The file, and behind it copies of functions, alone: NAME__m0 of each that one of the @ids is
 * in, as it is, and NAME__mID for each, with that mutant.
 */
bool write_copies(struct source *src, const char *path, const char *ids);
bool write_table(const struct source *src, const char *path);

/* The smallest site that is written around there, or NULL. */
struct site *site_at(struct source *src, unsigned int line, unsigned int column);

#endif
