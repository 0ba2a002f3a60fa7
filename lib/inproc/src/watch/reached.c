// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which functions of the kernel a case reaches: every function begins with a breakpoint,
 * which is gone once it was hit, so that it costs one signal for each function and case.
 *
 * COCO_REACHED names the file that lines "CASE<tab>FUNCTION" are appended to.  COCO_CASE is
 * the case's name; before a program has one, what it reaches is common to its cases ("-").
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "src/image/loader.h"
#include "watch.h"

#define INT3	0xcc
#define TRAP_BP	3

static struct function {
	uintptr_t addr;
	const char *name;
	unsigned char byte;
} *functions;
static unsigned int nr_functions, max_functions;
static int out = -1;

/* Static calls' trampolines are rewritten while the kernel runs. */
static void add(uintptr_t addr, const char *name)
{
	if (!image_contains(addr) || !strncmp(name, "__SCT__", 7))
		return;
	if (functions && nr_functions < max_functions)
		functions[nr_functions] = (struct function){ addr, name, *(unsigned char *)addr };
	nr_functions++;
}

static int by_addr(const void *a, const void *b)
{
	const struct function *f = a, *g = b;

	return f->addr < g->addr ? -1 : f->addr > g->addr;
}

int reached_init(void)
{
	const char *path = getenv("COCO_REACHED");

	if (!path)
		return 0;
	out = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (out < 0) {
		inproc_diag("COCO_REACHED: cannot write %s: %s", path, strerror(errno));
		return -errno;
	}
	image_functions(add);
	max_functions = nr_functions;
	functions = calloc(max_functions, sizeof(*functions));
	if (!functions)
		return -ENOMEM;
	nr_functions = 0;
	image_functions(add);
	qsort(functions, nr_functions, sizeof(*functions), by_addr);
	/* Of two names for one address both have the byte that was there. */
	for (unsigned int i = 0; i < nr_functions; i++)
		*(unsigned char *)functions[i].addr = INT3;
	return 0;
}

static void tell(const char *name)
{
	const char *of = getenv("COCO_CASE") ?: "-";
	char line[512];
	size_t len = strlen(of), more = strlen(name);

	if (len + more + 2 > sizeof(line))
		return;
	memcpy(line, of, len);
	line[len++] = '\t';
	memcpy(line + len, name, more);
	len += more;
	line[len++] = '\n';
	/* As a whole, whoever else writes to the file. */
	if (write(out, line, len) < 0)
		inproc_diag("COCO_REACHED: cannot write: %s", strerror(errno));
}

bool reached_trap(struct image_regs *regs)
{
	struct function key = { .addr = regs->ip - 1 }, *f;

	if (regs->trapno != TRAP_BP || !functions)
		return false;
	f = bsearch(&key, functions, nr_functions, sizeof(*functions), by_addr);
	if (!f)
		return false;
	/* Another thread may have been here just now. */
	if (*(volatile unsigned char *)f->addr == INT3) {
		*(volatile unsigned char *)f->addr = f->byte;
		tell(f->name);
	}
	regs->ip = f->addr;
	return true;
}
