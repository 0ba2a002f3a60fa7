/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the test's program its guests get. */
#ifndef GUEST_ELF_H
#define GUEST_ELF_H

/*
 * An ELF file for kvm_vm_elf_load(): the program, without pages that have nothing but what no
 * guest can use, symbols and the like and the table of requirements: each page that a guest has
 * costs it time in its launch.  The program itself, if there can be no such file.
 */
const char *guest_elf(void);

#endif
