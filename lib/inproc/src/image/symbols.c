// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for addresses in the kernel image.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "loader.h"

static const Elf64_Sym *syms;
static unsigned int nr_syms;
static const char *strings;

int symbols_init(const void *elf, unsigned long size)
{
	const Elf64_Ehdr *eh = elf;
	const Elf64_Shdr *sh = elf + eh->e_shoff;

	if (eh->e_shoff + eh->e_shnum * sizeof(*sh) > size)
		return -ENOEXEC;
	for (unsigned int i = 0; i < eh->e_shnum; i++) {
		if (sh[i].sh_type != SHT_SYMTAB)
			continue;
		syms = elf + sh[i].sh_offset;
		nr_syms = sh[i].sh_size / sizeof(*syms);
		strings = elf + sh[sh[i].sh_link].sh_offset;
	}
	return syms ? 0 : -ENOEXEC;
}

static const Elf64_Sym *find_function(uintptr_t addr)
{
	for (unsigned int i = 0; i < nr_syms; i++)
		if (ELF64_ST_TYPE(syms[i].st_info) == STT_FUNC && addr >= syms[i].st_value &&
		    addr < syms[i].st_value + syms[i].st_size)
			return &syms[i];
	return NULL;
}

void image_functions(void (*fn)(uintptr_t addr, const char *name))
{
	for (unsigned int i = 0; i < nr_syms; i++)
		if (ELF64_ST_TYPE(syms[i].st_info) == STT_FUNC && syms[i].st_size)
			fn(syms[i].st_value, strings + syms[i].st_name);
}

void *image_data(const char *name, unsigned long *size)
{
	for (unsigned int i = 0; i < nr_syms; i++) {
		if (ELF64_ST_TYPE(syms[i].st_info) != STT_OBJECT ||
		    strcmp(strings + syms[i].st_name, name))
			continue;
		*size = syms[i].st_size;
		return (void *)syms[i].st_value;
	}
	return NULL;
}

const char *image_function(uintptr_t addr)
{
	const Elf64_Sym *sym = find_function(addr);

	return sym ? strings + sym->st_name : "?";
}

const char *image_undefined_name(uintptr_t addr)
{
	uintptr_t value = addr - (addr - IMAGE_UNDEF_BASE) % IMAGE_UNDEF_STEP;

	for (unsigned int i = 0; i < nr_syms; i++)
		if (syms[i].st_shndx == SHN_ABS && syms[i].st_value == value)
			return strings + syms[i].st_name;
	return "?";
}

/* Run @argv with its output going to @out; -1 if it cannot be. */
static pid_t start(char *const argv[], int out)
{
	char *no_env[] = { NULL };
	pid_t pid = vfork();

	if (pid)
		return pid;
	syscall(SYS_dup2, out, STDOUT_FILENO);
	syscall(SYS_dup2, real_open("/dev/null", O_WRONLY), STDERR_FILENO);
	/* An empty environment: without our own preloaded object. */
	execvpe(argv[0], argv, no_env);
	_exit(127);
}

/*
 * What addr2line prints of @addr in @file, into @buf; "" if nothing.  May run in
 * a signal handler: no stdio, no allocation.
 */
static void run_addr2line(const char *file, uintptr_t addr, const char *option, char *buf,
			  size_t len)
{
	char hex[32], *argv[] = { "addr2line", (char *)option, (char *)file, hex, NULL };
	const struct timespec at_once = {};
	sigset_t pending, child;
	bool was_pending;
	int out[2], status;
	size_t got = 0;
	ssize_t n;
	pid_t pid;

	buf[0] = '\0';
	if (!file || pipe2(out, O_CLOEXEC))
		return;
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGCHLD) == 1;
	snprintf(hex, sizeof(hex), "%#lx", (unsigned long)addr);
	pid = start(argv, out[1]);
	real_close(out[1]);
	if (pid > 0) {
		while (got < len - 1 && (n = real_read(out[0], buf + got, len - 1 - got)) > 0)
			got += n;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	/* Of a child that nobody knows of; in KVM_RUN it would be a reason to return. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigpending(&pending);
	if (!was_pending && sigismember(&pending, SIGCHLD) == 1)
		sigtimedwait(&child, NULL, &at_once);
	real_close(out[0]);
	buf[got] = '\0';
}

/* Of a path with a line in @buf the tree's own part. */
static void shorten(char *buf)
{
	char *tree;

	/* Paths lead through the farm of links; the tree's own part is enough. */
	tree = strstr(buf, "/arch/x86/");
	if (!tree)
		tree = strstr(buf, "/lib/");
	if (tree)
		memmove(buf, tree + 1, strlen(tree));
}

/*
 * File and line from the debug information, which addr2line reads well: of what
 * headers were inlined there (cpu_relax() of a loop, say), the place that called it,
 * since the function that is named with the line is the caller's.
 */
static void describe_line(uintptr_t addr, char *buf, size_t len)
{
	char lines[1024], *line, *rest;

	run_addr2line(getenv("COCO_IMAGE"), addr, "-ie", lines, sizeof(lines));
	buf[0] = '\0';
	for (line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		/* Just "file:line", without what addr2line may add in brackets. */
		line[strcspn(line, " ")] = '\0';
		snprintf(buf, len, "%s", line);
		if (!strstr(line, ".h:"))
			break;
	}
	shorten(buf);
}

const char *program_describe(uintptr_t addr, char *buf, unsigned long len)
{
	char path[512], lines[512] = "", *line;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n < 0 ? 0 : n] = '\0';
	run_addr2line(path, addr, "-fse", lines, sizeof(lines));
	/* A line with the function, and one with file and line, which is ?? in vain. */
	line = strchr(lines, '\n');
	if (line)
		*line++ = '\0';
	if (!line || lines[0] == '?')
		snprintf(buf, len, "%#lx", (unsigned long)addr);
	else
		snprintf(buf, len, "%#lx, %s (%.*s)", (unsigned long)addr, lines,
			 (int)strcspn(line, " \n"), line);
	return buf;
}

const char *image_describe(uintptr_t addr, char *buf, unsigned long len)
{
	const Elf64_Sym *sym = find_function(addr);
	char line[256] = "";

	if (!sym) {
		snprintf(buf, len, "%#lx", (unsigned long)addr);
		return buf;
	}
	describe_line(addr, line, sizeof(line));
	snprintf(buf, len, "%s+%#lx%s%s%s", strings + sym->st_name,
		 (unsigned long)(addr - sym->st_value), line[0] ? " (" : "", line,
		 line[0] ? ")" : "");
	return buf;
}

const char *image_place(uintptr_t addr, char *buf, unsigned long len)
{
	/* What goes wrong once mostly goes wrong again, and to start addr2line takes 10 ms. */
	enum { NR_KNOWN = 4 };
	static __thread struct {
		uintptr_t addr;
		char text[256];
	} known[NR_KNOWN];
	static __thread unsigned int next;
	const Elf64_Sym *sym = find_function(addr);
	const char *function = sym ? strings + sym->st_name : "?", *f;
	char lines[1024], *rest, *line = "";

	for (unsigned int i = 0; i < NR_KNOWN; i++)
		if (known[i].addr == addr) {
			snprintf(buf, len, "%s", known[i].text);
			return buf;
		}
	run_addr2line(getenv("COCO_IMAGE"), addr, "-fie", lines, sizeof(lines));
	/* Pairs of lines, from the innermost inlined function outwards. */
	for (f = strtok_r(lines, "\n", &rest); f; f = strtok_r(NULL, "\n", &rest)) {
		char *at = strtok_r(NULL, "\n", &rest);

		if (!at || at[0] == '?')
			break;
		at[strcspn(at, " ")] = '\0';
		function = f;
		line = at;
		if (!strstr(at, ".h:"))
			break;
	}
	shorten(line);
	snprintf(buf, len, "%.*s()%s%s%s", (int)strcspn(function, "."), function,
		 line[0] ? " (" : "", line, line[0] ? ")" : "");
	snprintf(known[next].text, sizeof(known[0].text), "%s", buf);
	known[next].addr = addr;
	next = (next + 1) % NR_KNOWN;
	return buf;
}

void image_backtrace(uintptr_t ip, uintptr_t bp, uintptr_t sp)
{
	const unsigned long *frame = (const unsigned long *)bp;
	char text[512];

	for (unsigned int depth = 0; depth < 8 && image_contains(ip); depth++) {
		inproc_diag("    %s", image_describe(depth ? ip - 1 : ip, text, sizeof(text)));
		if ((uintptr_t)frame < sp || (uintptr_t)frame > sp + (1 << 20))
			break;
		ip = frame[1];
		frame = (const unsigned long *)frame[0];
	}
}
