/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's virtual memory, by its own page tables and by nested ones.
 */
#ifndef INPROC_SRC_GWALK_H
#define INPROC_SRC_GWALK_H

#include <stddef.h>

#include "npt.h"

struct gwalk_cpu {
	uint64_t cr0, cr3, cr4, efer;
};

/* Where linear address @va is, view bit included; false: nowhere. */
bool gwalk_gpa(const struct npt *npt, const struct gwalk_cpu *cpu, uint64_t va, uint64_t *gpa);
/* Copy @len bytes at linear address @va; how many of them are there. */
size_t gwalk_read(const struct npt *npt, const struct gwalk_cpu *cpu, uint64_t va, void *to,
		  size_t len);

#endif
