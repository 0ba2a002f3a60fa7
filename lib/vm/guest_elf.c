// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the test's program its guests get: see vm/guest_elf.h.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/guest_elf.h"

#define PAGE		4096ull
#define MAX_PHDRS	32

static char path[32];

/* What is read only, and of no use to a guest: symbols, relocations, unwind tables, strings. */
static bool is_hosts(const Elf64_Shdr *s, const char *name)
{
	return !(s->sh_flags & (SHF_WRITE | SHF_EXECINSTR)) && strncmp(name, ".rodata", 7);
}

static bool guest_needs(const char *file, uint64_t page)
{
	const Elf64_Ehdr *h = (const void *)file;
	const Elf64_Shdr *s = (const void *)(file + h->e_shoff);
	const char *names = file + s[h->e_shstrndx].sh_offset;

	for (unsigned int i = 0; i < h->e_shnum; i++)
		if (s[i].sh_flags & SHF_ALLOC && s[i].sh_addr < page + PAGE &&
		    s[i].sh_addr + s[i].sh_size > page && !is_hosts(&s[i], names + s[i].sh_name))
			return true;
	return false;
}

/* The next part of @whole from @from on: at its end false. */
static bool next_part(const char *file, const Elf64_Phdr *whole, uint64_t *from, Elf64_Phdr *part)
{
	const uint64_t end = whole->p_vaddr + whole->p_memsz, filled = whole->p_vaddr + whole->p_filesz;
	uint64_t to;

	if (whole->p_flags != PF_R) {
		*part = *whole;
		to = *from;
		*from = end;
		return to < end;
	}
	while (*from < end && !guest_needs(file, *from & ~(PAGE - 1)))
		*from = (*from & ~(PAGE - 1)) + PAGE;
	if (*from >= end)
		return false;
	for (to = *from; to < end && guest_needs(file, to & ~(PAGE - 1)); )
		to = (to & ~(PAGE - 1)) + PAGE;
	if (to > end)
		to = end;
	*part = *whole;
	part->p_vaddr = part->p_paddr = *from;
	part->p_offset = whole->p_offset + (*from - whole->p_vaddr);
	part->p_memsz = to - *from;
	part->p_filesz = *from >= filled ? 0 : (to < filled ? to : filled) - *from;
	*from = to;
	return true;
}

/* Parts lie where they lay in the program; the headers behind all of them. */
static bool write_parts(int fd, const char *file)
{
	const Elf64_Ehdr *h = (const void *)file;
	const Elf64_Phdr *whole = (const void *)(file + h->e_phoff);
	Elf64_Phdr parts[MAX_PHDRS];
	Elf64_Ehdr header = *h;
	uint64_t end = sizeof(header), from;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < h->e_phnum; i++) {
		if (whole[i].p_type != PT_LOAD)
			continue;
		from = whole[i].p_vaddr;
		while (nr < MAX_PHDRS && next_part(file, &whole[i], &from, &parts[nr])) {
			const Elf64_Phdr *p = &parts[nr++];

			if (pwrite(fd, file + p->p_offset, p->p_filesz, p->p_offset) !=
			    (ssize_t)p->p_filesz)
				return false;
			if (p->p_offset + p->p_filesz > end)
				end = p->p_offset + p->p_filesz;
		}
	}
	header.e_phoff = (end + 7) & ~7ull;
	header.e_phnum = nr;
	header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
	return nr < MAX_PHDRS && pwrite(fd, &header, sizeof(header), 0) == sizeof(header) &&
	       pwrite(fd, parts, nr * sizeof(parts[0]), header.e_phoff) ==
	       (ssize_t)(nr * sizeof(parts[0]));
}

/* Once for all cases, which are children of this process. */
static void __attribute__((constructor)) guest_elf_make(void)
{
	int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("guest-elf", MFD_CLOEXEC);
	char *file = MAP_FAILED;
	struct stat st;

	if (exe >= 0 && fd >= 0 && !fstat(exe, &st))
		file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, exe, 0);
	if (file != MAP_FAILED && ((const Elf64_Ehdr *)file)->e_shnum && write_parts(fd, file))
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	else if (fd >= 0)
		close(fd);
	if (file != MAP_FAILED)
		munmap(file, st.st_size);
	if (exe >= 0)
		close(exe);
}

const char *guest_elf(void)
{
	return path[0] ? path : program_invocation_name;
}
