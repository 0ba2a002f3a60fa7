// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for lib/ubsan.c: what the compiler calls where a tree that is built with its
 * undefined behaviour sanitizer (tools/image.sh --sanitize) does something undefined.  A
 * fake: it is reported, and the kernel goes on.  The structures are the compiler's ABI, and
 * so are the functions' names.  Values come as they are where they have 64 bits at most.
 */
#include <linux/kernel.h>

#include "glue.h"

struct ubsan_type {
	u16 kind, info;
	char name[];			/* in quotes */
};

struct ubsan_data {
	struct {
		const char *file;
		u32 line, column;
	} location;
	/* One or two, by the function; none of unreachable code. */
	const struct ubsan_type *type[2];
};

void __ubsan_handle_out_of_bounds(struct ubsan_data *data, unsigned long index);
void __ubsan_handle_shift_out_of_bounds(struct ubsan_data *data, unsigned long value,
					unsigned long shift);
void __ubsan_handle_divrem_overflow(struct ubsan_data *data, unsigned long a, unsigned long b);
void __ubsan_handle_load_invalid_value(struct ubsan_data *data, unsigned long value);
void __ubsan_handle_builtin_unreachable(struct ubsan_data *data);

static __printf(2, 3) void glue_undefined(const void *caller, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	glue_host->mem_bug(CONTROL_UNDEFINED, text, caller);
}

void __ubsan_handle_out_of_bounds(struct ubsan_data *data, unsigned long index)
{
	glue_undefined(GLUE_CALLER, "took element %ld of %s", index, data->type[0]->name);
}

void __ubsan_handle_shift_out_of_bounds(struct ubsan_data *data, unsigned long value,
					unsigned long shift)
{
	glue_undefined(GLUE_CALLER, "shifted %#lx of type %s by %ld bits", value,
		       data->type[0]->name, shift);
}

void __ubsan_handle_divrem_overflow(struct ubsan_data *data, unsigned long a, unsigned long b)
{
	glue_undefined(GLUE_CALLER, "divided %#lx of type %s by %#lx", a, data->type[0]->name, b);
}

void __ubsan_handle_load_invalid_value(struct ubsan_data *data, unsigned long value)
{
	glue_undefined(GLUE_CALLER, "loaded %#lx, which is no value of type %s", value,
		       data->type[0]->name);
}

void __ubsan_handle_builtin_unreachable(struct ubsan_data *data)
{
	glue_undefined(GLUE_CALLER, "came to where the compiler was told that nothing comes");
}
