// SPDX-License-Identifier: GPL-2.0-only
/*
 * A C file with all of its mutants in it.
 *
 *	mutate --out FILE --table FILE [--first SITE,MUTANT] [--function REGEX]
 *		[--errors FILE]... SOURCE FLAG...
 *	mutate --out FILE --copies IDS [--first SITE,MUTANT] [--function REGEX] SOURCE FLAG...
 *
 * FLAG... are the compiler's that SOURCE depends on.  An --errors file has lines LINE:COLUMN,
 * where the compiler complained of what an earlier call has written, one file a call: what is
 * there is left out.  Prints "sites N, mutants N, left out N, next SITE,MUTANT", of which the
 * last is what --first is for another source of the same program; status 0, or 2.
 *
 * With --copies the file is as it was, with functions behind it that have one of the mutants
 * in the file IDS each (see mutate.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

static bool read_source(struct source *src)
{
	FILE *f = fopen(src->path, "r");
	bool ok;

	if (!f) {
		perror(src->path);
		return false;
	}
	fseek(f, 0, SEEK_END);
	src->size = ftell(f);
	rewind(f);
	src->text = calloc(1, src->size + 1);
	ok = fread(src->text, 1, src->size, f) == src->size;
	fclose(f);
	return ok;
}

/*
 * The value that is written there; or, where a statement is or none, as a call or a macro's use
 * that wants constants, the values on the line behind it; or else the statement.
 */
static void drop_at(struct source *src, unsigned int line, unsigned int column)
{
	struct site *found = site_at(src, line, column);
	bool any = found && found->form != FORM_STMT;

	for (unsigned int i = 0; !any && i < src->nr_sites; i++) {
		struct site *s = src->sites[i];

		if (!s->dropped && s->form != FORM_STMT && s->from_line == line &&
		    s->from_column >= column)
			s->dropped = true;
	}
	if (!found)
		return;
	/* If that was not it, the compiler complains of it once more. */
	found->dropped = any || found->tried;
	found->tried = true;
}

/* What was written before the compiler complained is made again, for its columns. */
static bool leave_out(struct source *src, const char *path, const char *out)
{
	FILE *f = fopen(path, "r");
	unsigned int line, column;

	if (!f) {
		perror(path);
		return false;
	}
	if (!write_source(src, out))
		return false;
	while (fscanf(f, "%u:%u", &line, &column) == 2) {
		drop_at(src, line, column);
	}
	fclose(f);
	return true;
}

static void summary(const struct source *src, unsigned int site, unsigned int mutant)
{
	unsigned int mutants = 0, dropped = 0;

	for (unsigned int i = 0; i < src->nr_sites; i++) {
		const struct site *s = src->sites[i];

		if (s->dropped)
			dropped += s->nr_alts;
		else
			mutants += s->nr_alts;
		site += s->form == FORM_COND ? 3 : 1;
		mutant += s->nr_alts;
	}
	printf("sites %u, mutants %u, left out %u, next %u,%u\n", src->nr_sites, mutants, dropped,
	       site, mutant);
}

int main(int argc, char **argv)
{
	const char *out = NULL, *table = NULL, *copies = NULL, *errors[64];
	unsigned int site = 1, mutant = 1, nr_errors = 0;
	struct source src = {};
	regex_t functions;
	int i;

	for (i = 1; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
		if (!strcmp(argv[i], "--out"))
			out = argv[i + 1];
		else if (!strcmp(argv[i], "--table"))
			table = argv[i + 1];
		else if (!strcmp(argv[i], "--first"))
			sscanf(argv[i + 1], "%u,%u", &site, &mutant);
		else if (!strcmp(argv[i], "--copies"))
			copies = argv[i + 1];
		else if (!strcmp(argv[i], "--function") &&
			 !regcomp(&functions, argv[i + 1], REG_EXTENDED | REG_NOSUB))
			src.functions = &functions;
		else if (!strcmp(argv[i], "--errors") && nr_errors < 64)
			errors[nr_errors++] = argv[i + 1];
	}
	if (i >= argc || !out || !(table || copies)) {
		fprintf(stderr, "usage: mutate --out FILE --table FILE [...] SOURCE FLAG...\n");
		return 2;
	}
	src.path = argv[i];
	if (!read_source(&src) ||
	    !find_sites(&src, argc - i - 1, (const char *const *)argv + i + 1))
		return 2;
	number_sites(&src, site, mutant);
	if (copies)
		return write_copies(&src, out, copies) ? 0 : 2;
	for (unsigned int e = 0; e < nr_errors; e++)
		if (!leave_out(&src, errors[e], out))
			return 2;
	if (!write_source(&src, out) || !write_table(&src, table))
		return 2;
	summary(&src, site, mutant);
	return 0;
}
