/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest of an encrypted VM for tables of pairs (interleave.h): one that is in long mode from
 * its first instruction on, as an engine that emulates needs for private memory.
 */
#ifndef CASES_PAIR_GUEST_H
#define CASES_PAIR_GUEST_H

#include <stdint.h>

#include "vm/raw_vm.h"

/* GPAs: slot 0 from its first page on. */
#define PAIR_GUEST_TABLE	0
#define PAIR_GUEST_CODE		RAW_VM_PAGE
/* The virtual address of a GPA in slot 0. */
#define PAIR_GUEST_VA(gpa)	(0x200000 + (gpa))

/* The table's page, which maps slot 0 as private; in the VMM's view. */
void pair_guest_map(void *page);
/* The vCPU with descriptor @vcpu is to start at the GPA @start, without an IDT: 0 or an errno. */
int pair_guest_start(int vcpu, uint64_t start);

#endif
