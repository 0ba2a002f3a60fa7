// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for addresses in the kernel image.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../inproc.h"
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

const char *image_undefined_name(uintptr_t addr)
{
	uintptr_t value = addr - (addr - IMAGE_UNDEF_BASE) % IMAGE_UNDEF_STEP;

	for (unsigned int i = 0; i < nr_syms; i++)
		if (syms[i].st_shndx == SHN_ABS && syms[i].st_value == value)
			return strings + syms[i].st_name;
	return "?";
}

/* File and line from the debug information, which addr2line reads well. */
static void describe_line(uintptr_t addr, char *buf, size_t len)
{
	char cmd[512];
	FILE *f;

	snprintf(cmd, sizeof(cmd), "LD_PRELOAD= exec addr2line -e '%s' %#lx 2>/dev/null",
		 getenv("COCO_IMAGE"), (unsigned long)addr);
	f = popen(cmd, "r");
	if (!f)
		return;
	if (fgets(buf, len, f)) {
		char *tree;

		buf[strcspn(buf, "\n")] = '\0';
		/* Paths lead through the farm of links; the tree's own part is enough. */
		tree = strstr(buf, "/arch/x86/");
		if (!tree)
			tree = strstr(buf, "/lib/");
		if (tree)
			memmove(buf, tree + 1, strlen(tree));
	}
	pclose(f);
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
