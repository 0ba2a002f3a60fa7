// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules by which mutants are made, of the syntax tree that libclang gives.
 *
 * What a macro is made of is left alone: only what is written in the file itself, an
 * argument of a macro or all of a macro's use, can be written otherwise.
 */
#define _GNU_SOURCE
#include <clang-c/Index.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

struct range {
	unsigned int start, end;
};

static struct source *src;
static CXFile file;
static struct function *function;
static bool returns_void;

/* Where a location is written in the file, if it is; @exact: and not made by a macro there. */
static bool offset_of(CXSourceLocation location, unsigned int *offset, bool *exact)
{
	CXFile in, spelled_in;
	unsigned int spelled;

	clang_getFileLocation(location, &in, NULL, NULL, offset);
	clang_getSpellingLocation(location, &spelled_in, NULL, NULL, &spelled);
	if (exact)
		*exact = spelled_in && clang_File_isEqual(spelled_in, file) && spelled == *offset;
	return in && clang_File_isEqual(in, file);
}

static bool range_of(CXCursor cursor, struct range *r, bool *exact)
{
	CXSourceRange extent = clang_getCursorExtent(cursor);

	return offset_of(clang_getRangeStart(extent), &r->start, exact) &&
	       offset_of(clang_getRangeEnd(extent), &r->end, NULL) && r->start < r->end &&
	       r->end <= src->size;
}

static char *text_of(struct range r)
{
	return strndup(src->text + r.start, r.end - r.start);
}

static bool text_is(struct range r, const char *text)
{
	return r.end - r.start == strlen(text) && !strncmp(src->text + r.start, text, strlen(text));
}

static bool starts_with(struct range r, const char *text)
{
	return r.end - r.start >= strlen(text) && !strncmp(src->text + r.start, text, strlen(text));
}

static bool is_word(struct range r)
{
	for (unsigned int i = r.start; i < r.end; i++)
		if (!isalnum(src->text[i]) && src->text[i] != '_')
			return false;
	return true;
}

/* ---- sites ---- */

static struct site *site(enum form form, struct range r)
{
	struct site *s;

	/* An argument of a macro may be in the tree several times. */
	for (unsigned int i = 0; i < src->nr_sites; i++) {
		s = src->sites[i];
		if (s->start == r.start && s->end == r.end && s->form == form)
			return s;
		/* Neither apart nor one in the other: a macro takes it apart. */
		if ((s->start < r.start && r.start < s->end && s->end < r.end) ||
		    (r.start < s->start && s->start < r.end && r.end < s->end))
			return NULL;
	}
	if (src->nr_sites == src->max_sites) {
		src->max_sites = src->max_sites * 2 + 64;
		src->sites = realloc(src->sites, src->max_sites * sizeof(*src->sites));
	}
	s = calloc(1, sizeof(*s));
	s->form = form;
	s->start = r.start;
	s->end = r.end;
	s->function = function;
	s->line = 1;
	for (unsigned int i = 0; i < r.start; i++) {
		s->column++;
		if (src->text[i] == '\n') {
			s->line++;
			s->column = 0;
		}
	}
	src->sites[src->nr_sites++] = s;
	return s;
}

/* Is it the whole of a condition, which is negated as such? */
static bool is_condition(struct range r)
{
	for (unsigned int i = 0; i < src->nr_sites; i++)
		if (src->sites[i]->start == r.start && src->sites[i]->end == r.end &&
		    src->sites[i]->form == FORM_COND)
			return true;
	return false;
}

static void alternative(struct site *s, const char *kind, char *text)
{
	if (!s || s->nr_alts == MAX_ALTS)
		return;
	for (unsigned int i = 0; i < s->nr_alts; i++)
		if (text ? s->alts[i].text && !strcmp(s->alts[i].text, text) : !s->alts[i].text)
			return;
	s->alts[s->nr_alts++] = (struct alt){ .kind = kind, .text = text };
}

static char *join(const char *a, const char *b, const char *c)
{
	char *text;

	return asprintf(&text, "%s%s%s", a, b, c) < 0 ? NULL : text;
}

/* ---- expressions ---- */

#define MAX_CHILDREN 256

struct children {
	CXCursor cursor[MAX_CHILDREN];
	unsigned int nr;
};

static enum CXChildVisitResult collect(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct children *c = data;

	(void)parent;
	if (c->nr < MAX_CHILDREN)
		c->cursor[c->nr++] = cursor;
	return CXChildVisit_Continue;
}

static struct children children_of(CXCursor cursor)
{
	struct children c = {};

	clang_visitChildren(cursor, collect, &c);
	return c;
}

static const struct operator {
	const char *text, *kind, *others[3];
} operators[] = {
	{ "<", "comparison", { "<=", ">", } },
	{ "<=", "comparison", { "<", ">=", } },
	{ ">", "comparison", { ">=", "<", } },
	{ ">=", "comparison", { ">", "<=", } },
	{ "==", "comparison", { "!=", } },
	{ "!=", "comparison", { "==", } },
	{ "+", "arithmetic", { "-", } },
	{ "-", "arithmetic", { "+", } },
	{ "*", "arithmetic", { "/", } },
	{ "/", "arithmetic", { "*", } },
	{ "%", "arithmetic", { "*", } },
	{ "<<", "arithmetic", { ">>", } },
	{ ">>", "arithmetic", { "<<", } },
	{ "&", "arithmetic", { "|", } },
	{ "|", "arithmetic", { "&", } },
	{ "^", "arithmetic", { "|", } },
	{ "&&", "condition", { "||", } },
	{ "||", "condition", { "&&", } },
	{ "+=", "arithmetic", { "-=", } },
	{ "-=", "arithmetic", { "+=", } },
	{ "*=", "arithmetic", { "+=", } },
	{ "|=", "arithmetic", { "&=", "=", } },
	{ "&=", "arithmetic", { "|=", "=", } },
	{ "<<=", "arithmetic", { ">>=", } },
	{ ">>=", "arithmetic", { "<<=", } },
};

static void binary(CXCursor cursor, struct range r)
{
	struct children c = children_of(cursor);
	struct range left, right;
	char op[8] = "", *l, *rest;
	unsigned int len = 0;

	if (c.nr != 2 || !range_of(c.cursor[0], &left, NULL) ||
	    !range_of(c.cursor[1], &right, NULL) ||
	    left.start != r.start || right.end != r.end || left.end >= right.start)
		return;
	for (unsigned int i = left.end; i < right.start; i++)
		if (!isspace(src->text[i]) && len < sizeof(op) - 1)
			op[len++] = src->text[i];
	l = text_of(left);
	rest = text_of(right);
	for (unsigned int i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		const struct operator *o = &operators[i];
		struct site *s;

		if (strcmp(op, o->text))
			continue;
		s = site(FORM_EXPR, r);
		for (unsigned int j = 0; j < 3 && o->others[j]; j++) {
			char *with = join(" ", o->others[j], " ");

			if ((!strcmp(op, "==") || !strcmp(op, "!=")) && is_condition(r))
				continue;
			alternative(s, o->kind, join(l, with, rest));
		}
		if (!strcmp(o->kind, "condition")) {
			alternative(s, o->kind, l);
			alternative(s, o->kind, rest);
		}
	}
}

static void unary(struct range r)
{
	struct range rest = { r.start + 1, r.end };

	/* An argument of a macro whose last part is a macro: it ends elsewhere. */
	if (rest.start >= rest.end)
		return;
	if (src->text[r.start] == '!' && !is_condition(r))
		alternative(site(FORM_EXPR, r), "condition", join("!!(", text_of(rest), ")"));
	else if (src->text[r.start] == '~')
		alternative(site(FORM_EXPR, r), "arithmetic", text_of(rest));
}

/* Names and numbers that the compiler knows the value of. */
static void constant(CXCursor cursor, struct range r)
{
	CXCursor of = clang_getCursorReferenced(cursor);
	CXEvalResult value;
	CXEvalResultKind kind;
	char *text = text_of(r);

	if (text_is(r, "true") || text_is(r, "false")) {
		alternative(site(FORM_EXPR, r), "constant", join("!", text, ""));
		return;
	}
	if (clang_getCursorKind(cursor) == CXCursor_DeclRefExpr &&
	    clang_getCursorKind(of) != CXCursor_EnumConstantDecl)
		return;
	value = clang_Cursor_Evaluate(cursor);
	kind = value ? clang_EvalResult_getKind(value) : CXEval_UnExposed;
	if (value)
		clang_EvalResult_dispose(value);
	if (kind != CXEval_Int)
		return;
	alternative(site(FORM_EXPR, r), "constant", join(text, " + 1", ""));
	alternative(site(FORM_EXPR, r), "constant", join(text, " - 1", ""));
}

static bool same_type(CXCursor a, CXCursor b)
{
	return clang_equalTypes(clang_getCanonicalType(clang_getCursorType(a)),
				clang_getCanonicalType(clang_getCursorType(b)));
}

/* Arguments of one type that stand beside each other, exchanged. */
static void call(CXCursor cursor, struct range r)
{
	int nr = clang_Cursor_getNumArguments(cursor);

	for (int i = 0; i + 1 < nr; i++) {
		CXCursor a = clang_Cursor_getArgument(cursor, i);
		CXCursor b = clang_Cursor_getArgument(cursor, i + 1);
		struct range ra, rb;
		char *text;

		if (!same_type(a, b) || !range_of(a, &ra, NULL) || !range_of(b, &rb, NULL) ||
		    ra.start <= r.start || ra.end >= rb.start || rb.end >= r.end ||
		    text_is(rb, text_of(ra)))
			continue;
		if (asprintf(&text, "%.*s%s%.*s%s%.*s", (int)(ra.start - r.start),
			     src->text + r.start, text_of(rb), (int)(rb.start - ra.end),
			     src->text + ra.end, text_of(ra), (int)(r.end - rb.end),
			     src->text + rb.end) > 0)
			alternative(site(FORM_EXPR, r), "arguments", text);
	}
}

static void read_once(struct range r)
{
	static const char name[] = "READ_ONCE(";
	struct range inner = { r.start + sizeof(name) - 2, r.end };
	int depth = 0;

	if (!starts_with(r, name))
		return;
	for (unsigned int i = inner.start; i < r.end; i++) {
		depth += src->text[i] == '(' ? 1 : src->text[i] == ')' ? -1 : 0;
		if (!depth && i + 1 < r.end)
			return;
	}
	alternative(site(FORM_EXPR, r), "read-once", text_of(inner));
}

/* ---- statements ---- */

static bool skip_space(unsigned int *at)
{
	while (*at < src->size && isspace(src->text[*at]))
		(*at)++;
	return *at < src->size;
}

/* What says something and does nothing: no requirement is about that. */
static bool only_says(struct range r)
{
	static const char *const names[] = {
		"pr_", "printk", "vcpu_unimpl", "dev_", "trace_", "lockdep_assert", "might_",
		"WARN", "BUG", "BUILD_BUG", "kvm_pr_", "KVM_MMU_WARN", "static_assert",
		"fallthrough", "asm",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (starts_with(r, names[i]))
			return true;
	return false;
}

/* The arguments of these: of the other ones some are conditions, too. */
static bool only_logs(struct range r)
{
	static const char *const names[] = {
		"pr_", "printk", "vcpu_unimpl", "dev_", "trace_", "kvm_pr_",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (starts_with(r, names[i]))
			return true;
	return false;
}

static void simple_statement(CXCursor cursor)
{
	enum CXCursorKind kind = clang_getCursorKind(cursor);
	struct range r;
	struct site *s;
	bool exact;

	if (!range_of(cursor, &r, &exact))
		return;
	if (!exact && src->text[r.end - 1] != ')')
		return;
	if (only_says(r) || !skip_space(&r.end) || src->text[r.end] != ';')
		return;
	r.end++;
	s = site(FORM_STMT, r);
	if (kind == CXCursor_ReturnStmt && !returns_void)
		return;
	alternative(s, kind == CXCursor_GotoStmt ? "error-path" :
		    strcasestr(text_of(r), "lock(") ? "lock" : "statement", NULL);
}

static void visit(CXCursor cursor, CXCursor parent);

static void statement(CXCursor cursor)
{
	struct children c = children_of(cursor);
	struct range r;
	bool exact;

	switch (clang_getCursorKind(cursor)) {
	case CXCursor_CompoundStmt:
	case CXCursor_DeclStmt:
	case CXCursor_NullStmt:
		return;
	case CXCursor_CaseStmt:
	case CXCursor_DefaultStmt:
	case CXCursor_LabelStmt:
		if (c.nr)
			statement(c.cursor[c.nr - 1]);
		return;
	case CXCursor_IfStmt:
	case CXCursor_ForStmt:
	case CXCursor_WhileStmt:
	case CXCursor_DoStmt:
	case CXCursor_SwitchStmt:
		/* A macro's, that is one statement to who uses it. */
		if (range_of(cursor, &r, &exact) && exact)
			return;
		break;
	default:
		break;
	}
	simple_statement(cursor);
}

static bool leaves(CXCursor cursor)
{
	struct children c;

	switch (clang_getCursorKind(cursor)) {
	case CXCursor_ReturnStmt:
	case CXCursor_GotoStmt:
		return true;
	case CXCursor_CompoundStmt:
		c = children_of(cursor);
		return c.nr && leaves(c.cursor[c.nr - 1]);
	default:
		return false;
	}
}

/* @behind is what follows a condition: in a macro's use there is none, though the tree has one. */
static void condition(CXCursor cursor, char behind, bool cut)
{
	struct range r;
	struct site *s;
	unsigned int end;

	if (!range_of(cursor, &r, NULL))
		return;
	end = r.end;
	if (!skip_space(&end) || src->text[end] != behind)
		return;
	s = site(FORM_COND, r);
	alternative(s, "negated", join("!(", text_of(r), ")"));
	if (cut)
		alternative(s, "error-path", strdup("0"));
}

static void returned(CXCursor cursor)
{
	struct range r;

	if (range_of(cursor, &r, NULL) && !text_is(r, "0") && !text_is(r, "NULL") &&
	    !text_is(r, "false"))
		alternative(site(FORM_EXPR, r), "return", strdup("0"));
}

/* ---- the tree ---- */

static bool is_static(CXCursor cursor)
{
	return clang_getCursorKind(cursor) == CXCursor_VarDecl &&
	       clang_Cursor_getStorageClass(cursor) == CX_SC_Static;
}

static void visit(CXCursor cursor, CXCursor parent)
{
	enum CXCursorKind kind = clang_getCursorKind(cursor);
	struct children c = children_of(cursor);
	unsigned int first = 0;
	struct range r;
	bool exact, in_file = range_of(cursor, &r, &exact);

	(void)parent;
	if (in_file && only_logs(r))
		return;
	switch (kind) {
	case CXCursor_UnaryExpr:	/* sizeof and its kin */
	case CXCursor_AsmStmt:
	case CXCursor_TypeRef:
		return;
	case CXCursor_CompoundStmt:
		for (unsigned int i = 0; i < c.nr; i++)
			statement(c.cursor[i]);
		break;
	case CXCursor_IfStmt:
		if (c.nr < 2 || !in_file || !exact)
			break;
		condition(c.cursor[0], ')', c.nr == 2 && leaves(c.cursor[1]));
		for (unsigned int i = 1; i < c.nr; i++)
			statement(c.cursor[i]);
		break;
	case CXCursor_WhileStmt:
	case CXCursor_ForStmt:
	case CXCursor_DoStmt:
		if (!c.nr || !in_file || !exact)
			break;
		if (kind == CXCursor_WhileStmt)
			condition(c.cursor[0], ')', false);
		statement(c.cursor[kind == CXCursor_DoStmt ? 0 : c.nr - 1]);
		break;
	case CXCursor_CaseStmt:
		first = 1;
		break;
	case CXCursor_ConditionalOperator:
		if (c.nr == 3 && in_file && exact)
			condition(c.cursor[0], '?', false);
		break;
	case CXCursor_ReturnStmt:
		if (c.nr == 1 && in_file && exact)
			returned(c.cursor[0]);
		break;
	case CXCursor_BinaryOperator:
	case CXCursor_CompoundAssignOperator:
		if (in_file)
			binary(cursor, r);
		break;
	case CXCursor_UnaryOperator:
		if (in_file && exact)
			unary(r);
		break;
	case CXCursor_CallExpr:
		if (in_file && exact)
			call(cursor, r);
		break;
	default:
		if (is_static(cursor))
			return;
	}
	if (in_file && clang_isExpression(kind) && is_word(r))
		constant(cursor, r);
	if (in_file && (clang_isExpression(kind) || kind == CXCursor_StmtExpr))
		read_once(r);
	for (unsigned int i = first; i < c.nr; i++)
		visit(c.cursor[i], cursor);
}

static bool is_wanted(const char *name)
{
	return !src->functions || !regexec(src->functions, name, 0, NULL, 0);
}

static enum CXChildVisitResult top(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct range r;
	CXString name;
	bool exact;

	(void)parent;
	(void)data;
	if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl ||
	    !clang_isCursorDefinition(cursor) || !range_of(cursor, &r, &exact) || !exact)
		return CXChildVisit_Continue;
	name = clang_getCursorSpelling(cursor);
	function = malloc(sizeof(*function));
	*function = (struct function){ strdup(clang_getCString(name)), r.start, r.end, 1 };
	clang_disposeString(name);
	if (!is_wanted(function->name))
		return CXChildVisit_Continue;
	for (unsigned int i = 0; i < r.start; i++)
		function->line += src->text[i] == '\n';
	returns_void = clang_getCursorResultType(cursor).kind == CXType_Void;

	struct children c = children_of(cursor);

	for (unsigned int i = 0; i < c.nr; i++)
		if (clang_getCursorKind(c.cursor[i]) == CXCursor_CompoundStmt)
			visit(c.cursor[i], cursor);
	return CXChildVisit_Continue;
}

bool find_sites(struct source *source, int argc, const char *const *argv)
{
	CXIndex index = clang_createIndex(0, 0);
	CXTranslationUnit unit;
	unsigned int nr, errors = 0;

	src = source;
	if (clang_parseTranslationUnit2(index, src->path, argv, argc, NULL, 0,
					CXTranslationUnit_DetailedPreprocessingRecord, &unit)) {
		fprintf(stderr, "libclang cannot parse %s\n", src->path);
		return false;
	}
	nr = clang_getNumDiagnostics(unit);
	for (unsigned int i = 0; i < nr; i++) {
		CXDiagnostic d = clang_getDiagnostic(unit, i);

		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error && errors++ < 5)
			fprintf(stderr, "%s\n", clang_getCString(clang_formatDiagnostic(d,
				CXDiagnostic_DisplaySourceLocation)));
	}
	file = clang_getFile(unit, src->path);
	clang_visitChildren(clang_getTranslationUnitCursor(unit), top, NULL);
	return src->nr_sites > 0 || src->functions;
}
