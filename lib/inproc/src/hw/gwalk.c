// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks a guest's page tables (AMD APM 2, chapter 5) to read its memory, as an onlooker: no
 * access rights are asked for, and no accessed bits set.
 */
#include <string.h>

#include "base/base.h"
#include "gwalk.h"

#define CR0_PG		(1ULL << 31)
#define CR4_PSE		(1ULL << 4)
#define CR4_PAE		(1ULL << 5)
#define CR4_LA57	(1ULL << 12)
#define EFER_LMA	(1ULL << 10)

#define PT_PRESENT	(1ULL << 0)
#define PT_LARGE	(1ULL << 7)
#define PT_ADDRESS	0x000ffffffffff000ULL

/* The page tables of a mode. */
struct paging {
	unsigned int levels;
	unsigned int bits;		/* of an address, at each level */
	unsigned int entry;		/* bytes */
	unsigned int large;		/* levels below this one may have large pages */
	uint64_t root;
};

static void paging_of(const struct gwalk_cpu *cpu, struct paging *p)
{
	if (cpu->efer & EFER_LMA)
		*p = (struct paging){ cpu->cr4 & CR4_LA57 ? 5 : 4, 9, 8, 3, cpu->cr3 & PT_ADDRESS };
	else if (cpu->cr4 & CR4_PAE)
		*p = (struct paging){ 3, 9, 8, 2, cpu->cr3 & 0xffffffe0 };
	else
		*p = (struct paging){ 2, 10, 4, cpu->cr4 & CR4_PSE ? 2 : 1, cpu->cr3 & 0xfffff000 };
}

/* What is at @gpa, view bit included, inside a page; false: nothing. */
static bool read_gpa(const struct npt *npt, uint64_t gpa, void *to, size_t len)
{
	struct npt_entry e;

	if (npt_walk(npt, gpa & ~(PAGE_SIZE - 1ULL), &e))
		return false;
	memcpy(to, (const char *)(uintptr_t)e.pa + (gpa & (PAGE_SIZE - 1)), len);
	return true;
}

bool gwalk_gpa(const struct npt *npt, const struct gwalk_cpu *cpu, uint64_t va, uint64_t *gpa)
{
	struct paging p;
	uint64_t table, mask, entry;

	*gpa = va;
	if (!(cpu->cr0 & CR0_PG))
		return true;
	paging_of(cpu, &p);
	table = p.root;
	for (unsigned int level = p.levels - 1;; level--) {
		const unsigned int shift = 12 + level * p.bits;
		const uint64_t index = va >> shift & ((1ULL << p.bits) - 1);

		entry = 0;
		if (!read_gpa(npt, table + index * p.entry, &entry, p.entry) ||
		    !(entry & PT_PRESENT))
			return false;
		mask = (1ULL << shift) - 1;
		if (!level || (level < p.large && (entry & PT_LARGE)))
			break;
		table = entry & PT_ADDRESS;
	}
	*gpa = (entry & PT_ADDRESS & ~mask) | (va & mask);
	return true;
}

size_t gwalk_read(const struct npt *npt, const struct gwalk_cpu *cpu, uint64_t va, void *to,
		  size_t len)
{
	size_t done, part;
	uint64_t gpa;

	for (done = 0; done < len; done += part) {
		part = PAGE_SIZE - ((va + done) & (PAGE_SIZE - 1));
		if (part > len - done)
			part = len - done;
		if (!gwalk_gpa(npt, cpu, va + done, &gpa) ||
		    !read_gpa(npt, gpa, (char *)to + done, part))
			break;
	}
	return done;
}
