// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compare, and print the one line of a failure.
 */
#include <stdio.h>
#include <string.h>

#include "check/expect.h"
#include "check/state.h"

/*
 * The file with its folder, and lib/ before a folder of the library; trees may be built
 * with absolute paths.
 */
static const char *short_path(const char *file)
{
	const char *path = strrchr(file, '/');

	while (path && path > file && path[-1] != '/')
		path--;
	if (!path)
		return file;
	if (path - file >= 4 && !strncmp(path - 4, "lib/", 4) &&
	    (path - file == 4 || path[-5] == '/'))
		return path - 4;
	return path;
}

void check_fail(const char *file, int line, enum requirement_nr req, const char *what,
		const char *wanted, uint64_t wanted_nr, const char *got, uint64_t got_nr)
{
	const struct requirement *r = requirement(req);
	char text[1024], *c;

	/* One line, whatever @what holds (a guest's words, for one). */
	snprintf(text, sizeof(text), "%s", what);
	for (c = text; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';

	printf("# FAIL %s:%d: %s (%s, %s): %s: wanted %s (0x%lx), got %s (0x%lx)\n",
	       short_path(file), line, r->id, r->document, r->section, text,
	       wanted, wanted_nr, got, got_nr);
	/* A case ends by _exit(). */
	fflush(stdout);
	check_made(req);
	state_set_failed(req);
}

bool check_eq(const char *file, int line, enum requirement_nr req, const char *what,
	      uint64_t wanted, uint64_t got, const struct value_names *names)
{
	char wanted_name[64];

	check_made(req);
	if (wanted == got)
		return true;
	/* name_of() may use one buffer for all. */
	snprintf(wanted_name, sizeof(wanted_name), "%s", name_of(names, wanted));
	check_fail(file, line, req, what, wanted_name, wanted, name_of(names, got), got);
	return false;
}

bool check_either(const char *file, int line, enum requirement_nr req, const char *what,
		  uint64_t wanted, uint64_t wanted2, uint64_t got,
		  const struct value_names *names)
{
	char both[128];
	int len;

	check_made(req);
	if (got == wanted || got == wanted2)
		return true;
	len = snprintf(both, sizeof(both), "%s (0x%lx) or ", name_of(names, wanted), wanted);
	snprintf(both + len, sizeof(both) - len, "%s", name_of(names, wanted2));
	check_fail(file, line, req, what, both, wanted2, name_of(names, got), got);
	return false;
}

static bool byte_differs(const char *file, int line, enum requirement_nr req, const char *what,
			 size_t at, uint8_t wanted, uint8_t got)
{
	char where[256];

	snprintf(where, sizeof(where), "%s, byte 0x%zx", what, at);
	check_fail(file, line, req, where, name_of(&names_byte, wanted), wanted,
		   name_of(&names_byte, got), got);
	return false;
}

bool check_bytes(const char *file, int line, enum requirement_nr req, const char *what,
		 const void *wanted, const void *got, size_t size)
{
	const uint8_t *w = wanted, *g = got;
	size_t i;

	check_made(req);
	for (i = 0; i < size; i++)
		if (w[i] != g[i])
			return byte_differs(file, line, req, what, i, w[i], g[i]);
	return true;
}

bool check_fill(const char *file, int line, enum requirement_nr req, const char *what,
		uint8_t byte, const void *got, size_t size)
{
	const uint8_t *g = got;
	size_t i;

	check_made(req);
	for (i = 0; i < size; i++)
		if (g[i] != byte)
			return byte_differs(file, line, req, what, i, byte, g[i]);
	return true;
}
