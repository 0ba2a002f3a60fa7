// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write the file with its mutants in it, line by line where they were, so that what the
 * compiler and the kernel say of lines stays true; and a table of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

/* As large as the array that the image is given; image.sh knows nothing of it. */
static const char prelude[] =
	"__attribute__((weak)) unsigned int coco_mutant; "
	"__attribute__((weak, aligned(4096))) unsigned char coco_reached[65536]; ";

static FILE *out;
static unsigned int line, column;

static void put(const char *text, size_t len)
{
	fwrite(text, 1, len, out);
	for (size_t i = 0; i < len; i++) {
		column++;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
}

/* On the line that it is on: an alternative has none of its own. */
static void put_flat(const char *text)
{
	for (; *text; text++)
		put(*text == '\n' ? " " : text, 1);
}

#define say(...) do {						\
	char text_[256];					\
	put(text_, snprintf(text_, sizeof(text_), __VA_ARGS__));	\
} while (0)

static void render(struct source *src, unsigned int *next, unsigned int from, unsigned int to);

static void render_value(struct source *src, struct site *s, unsigned int *next)
{
	if (s->form == FORM_COND)
		say("(");
	say("(coco_reached[%u] = 1, ", s->id);
	for (unsigned int i = 0; i < s->nr_alts; i++) {
		if (s->alts[i].dropped)
			continue;
		say("coco_mutant == %u ? (", s->alts[i].id);
		put_flat(s->alts[i].text);
		say(") : ");
	}
	say("(");
	render(src, next, s->start, s->end);
	say("))");
	if (s->form == FORM_COND)
		say(" ? (coco_reached[%u] = 1, 1) : (coco_reached[%u] = 1, 0))", s->id + 1,
		    s->id + 2);
}

static void render_statement(struct source *src, struct site *s, unsigned int *next)
{
	say("{ coco_reached[%u] = 1; ", s->id);
	if (s->nr_alts && !s->alts[0].dropped)
		say("if (coco_mutant != %u) ", s->alts[0].id);
	render(src, next, s->start, s->end);
	say(" }");
}

/* Of the file from @from to @to, with the sites from @next on that are there. */
static void render(struct source *src, unsigned int *next, unsigned int from, unsigned int to)
{
	while (*next < src->nr_sites && src->sites[*next]->start < to &&
	       src->sites[*next]->end <= to) {
		struct site *s = src->sites[(*next)++];

		if (s->dropped)
			continue;
		put(src->text + from, s->start - from);
		s->from_line = line;
		s->from_column = column;
		if (s->form == FORM_STMT)
			render_statement(src, s, next);
		else
			render_value(src, s, next);
		s->to_line = line;
		s->to_column = column;
		from = s->end;
	}
	put(src->text + from, to - from);
}

/* An outer one first; of two of one range a statement, then a condition. */
static int by_place(const void *a, const void *b)
{
	const struct site *s = *(struct site *const *)a, *t = *(struct site *const *)b;

	if (s->start != t->start)
		return s->start < t->start ? -1 : 1;
	if (s->end != t->end)
		return s->end > t->end ? -1 : 1;
	return (s->form == FORM_EXPR) - (t->form == FORM_EXPR);
}

void number_sites(struct source *src, unsigned int first_site, unsigned int first_mutant)
{
	qsort(src->sites, src->nr_sites, sizeof(*src->sites), by_place);
	for (unsigned int i = 0; i < src->nr_sites; i++) {
		struct site *s = src->sites[i];

		s->id = first_site;
		first_site += s->form == FORM_COND ? 3 : 1;
		for (unsigned int j = 0; j < s->nr_alts; j++)
			s->alts[j].id = first_mutant++;
	}
}

bool write_source(struct source *src, const char *path)
{
	unsigned int next = 0;

	out = fopen(path, "w");
	if (!out) {
		perror(path);
		return false;
	}
	line = column = 1;
	put(prelude, sizeof(prelude) - 1);
	render(src, &next, 0, src->size);
	return !fclose(out);
}

/* One function under another name, as on its own lines; with an alternative, or without. */
static void write_copy(const struct source *src, const struct function *f, const struct site *s,
		       const struct alt *alt)
{
	const char *name = src->text + f->start;
	unsigned int at;

	while ((name = strstr(name, f->name)) && name[strlen(f->name)] != '(')
		name++;
	if (!name || name >= src->text + f->end)
		return;
	at = name - src->text + strlen(f->name);
	fprintf(out, "__attribute__((__noinline__, __noclone__, __used__))\n#line %u\n%.*s__m%u",
		f->line, (int)(at - f->start), src->text + f->start, alt ? alt->id : 0);
	if (alt) {
		fprintf(out, s->form == FORM_STMT ? "%.*s{ %s}" : "%.*s(%s)", (int)(s->start - at),
			src->text + at, alt->text ?: "");
		at = s->end;
	}
	fprintf(out, "%.*s\n", (int)(f->end - at), src->text + at);
}

bool write_copies(struct source *src, const char *path, const char *ids)
{
	const struct function *last = NULL;
	unsigned int id, nr = 0;
	bool *wanted = calloc(1 << 20, sizeof(*wanted));
	FILE *in = fopen(ids, "r");

	out = in ? fopen(path, "w") : NULL;
	if (!out) {
		perror(in ? path : ids);
		return false;
	}
	while (fscanf(in, "%u", &id) == 1)
		wanted[id & ((1 << 20) - 1)] = true;
	fclose(in);
	fwrite(src->text, 1, src->size, out);
	for (unsigned int i = 0; i < src->nr_sites; i++) {
		const struct site *s = src->sites[i];

		for (unsigned int j = 0; j < s->nr_alts; j++) {
			if (!wanted[s->alts[j].id])
				continue;
			if (s->function != last)
				write_copy(src, s->function, NULL, NULL);
			last = s->function;
			write_copy(src, s->function, s, &s->alts[j]);
			nr++;
		}
	}
	printf("copies %u\n", nr);
	return !fclose(out);
}

struct site *site_at(struct source *src, unsigned int at_line, unsigned int at_column)
{
	struct site *found = NULL;

	for (unsigned int i = 0; i < src->nr_sites; i++) {
		struct site *s = src->sites[i];

		if (s->dropped || at_line < s->from_line || at_line > s->to_line ||
		    (at_line == s->from_line && at_column < s->from_column) ||
		    (at_line == s->to_line && at_column >= s->to_column))
			continue;
		found = s;
	}
	return found;
}

/* As one word of a table: blanks are one, and there are no tabs. */
static void put_words(const char *text, size_t len)
{
	bool blank = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n') {
			blank = true;
			continue;
		}
		if (blank)
			fputc(' ', out);
		blank = false;
		fputc(text[i], out);
	}
}

/* Where there is a difference: a condition that is cut counts where it holds. */
static unsigned int mark_of(const struct site *s, const struct alt *alt)
{
	return s->id + (s->form == FORM_COND && !strcmp(alt->kind, "error-path"));
}

/*
 * Lines "site ID FORM LINE FUNCTION", and "mutant ID SITE LINE COLUMN KIND FUNCTION ORIGINAL
 * MUTATED", with tabs between; what does not compile is in none.
 */
bool write_table(const struct source *src, const char *path)
{
	static const char *const forms[] = { "expr", "cond", "stmt" };

	out = fopen(path, "w");
	if (!out) {
		perror(path);
		return false;
	}
	for (unsigned int i = 0; i < src->nr_sites; i++) {
		const struct site *s = src->sites[i];

		if (s->dropped)
			continue;
		fprintf(out, "site\t%u\t%s\t%u\t%s\n", s->id, forms[s->form], s->line,
			s->function->name);
		for (unsigned int j = 0; j < s->nr_alts; j++) {
			if (s->alts[j].dropped)
				continue;
			fprintf(out, "mutant\t%u\t%u\t%u\t%u\t%s\t%s\t", s->alts[j].id,
				mark_of(s, &s->alts[j]),
				s->line, s->column + 1, s->alts[j].kind, s->function->name);
			put_words(src->text + s->start, s->end - s->start);
			fputc('\t', out);
			if (s->alts[j].text)
				put_words(s->alts[j].text, strlen(s->alts[j].text));
			fputc('\n', out);
		}
	}
	return !fclose(out);
}
