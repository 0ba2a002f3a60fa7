// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nested page tables (AMD APM 2, section 15.25) and the reverse map table (section 15.36).
 * A model: accessed and dirty bits are set as hardware sets them.  EPT is the image's, which
 * walks it for TDs, too (kernel/intel/ept.c).
 */
#include "hw.h"
#include "npt.h"
#include "src/image/loader.h"
#include "vmcb.h"

#define PT_PRESENT	(1ULL << 0)
#define PT_WRITE	(1ULL << 1)
#define PT_USER		(1ULL << 2)
#define PT_ACCESSED	(1ULL << 5)
#define PT_DIRTY	(1ULL << 6)
#define PT_LARGE	(1ULL << 7)
#define PT_NX		(1ULL << 63)
#define PT_ADDRESS	0x000ffffffffff000ULL
/* Above the physical addresses of the CPU under test */
#define PT_RESERVED	(PT_ADDRESS & ~((1ULL << HW_PHYS_BITS) - 1))

#define LEVELS		5	/* the host has CR4.LA57 set, see kernel/linux/memmap.c */
#define LEVEL_BITS	9

static uint64_t ept_walk(const struct npt *npt, uint64_t gpa, struct npt_entry *e)
{
	struct image_ept_entry entry;
	const enum image_ept result = image->ept_walk(npt->root, gpa, &entry);

	*e = (struct npt_entry){ .pa = entry.pa, .readable = entry.read, .writable = entry.write,
				 .executable = entry.exec };
	if (result == IMAGE_EPT_MISCONFIG)
		return NPF_PRESENT | NPF_RSVD;
	return result == IMAGE_EPT_VIOLATION ? NPF_NOT_PRESENT : 0;
}

uint64_t npt_walk(const struct npt *npt, uint64_t gpa, struct npt_entry *e)
{
	const uint64_t guest = gpa & ~npt->view_bit;
	uint64_t table = npt->root & PT_ADDRESS, entry, *at;
	unsigned long long owner_gpa;
	bool private = gpa & npt->view_bit;
	uint64_t allowed = PT_WRITE, mask;
	bool nx = false;
	int level;

	if (npt->ept)
		return ept_walk(npt, gpa, e);
	if (guest >> 52)
		return NPF_NOT_PRESENT;
	for (level = LEVELS - 1;; level--) {
		at = (uint64_t *)table + (guest >> (12 + level * LEVEL_BITS) & 0x1ff);
		entry = __atomic_load_n(at, __ATOMIC_RELAXED);
		if (!(entry & PT_PRESENT))
			return NPF_NOT_PRESENT;
		if (entry & PT_RESERVED)
			return NPF_PRESENT | NPF_RSVD;
		if (!(entry & PT_USER))
			return NPF_PRESENT;
		if (!(entry & PT_ACCESSED))
			entry = __atomic_or_fetch(at, PT_ACCESSED, __ATOMIC_RELAXED);
		allowed &= entry;
		nx |= !!(entry & PT_NX);
		if (!level || (entry & PT_LARGE))
			break;
		table = entry & PT_ADDRESS;
	}
	mask = (1ULL << (12 + level * LEVEL_BITS)) - 1;
	e->pa = (entry & PT_ADDRESS & ~mask) | (guest & mask & PT_ADDRESS);
	e->readable = true;
	e->executable = !nx;
	/* The first write would set it: with the page mapped nobody hears of that one. */
	e->writable = allowed & PT_WRITE;
	if (e->writable && !(entry & PT_DIRTY))
		__atomic_or_fetch(at, PT_DIRTY, __ATOMIC_RELAXED);
	if (!npt->rmp)
		return 0;
	if (private != !!image->rmp_guest_page(e->pa >> 12, &owner_gpa) ||
	    (private && owner_gpa != (guest & PT_ADDRESS)))
		return NPF_PRESENT | NPF_RMP;
	return 0;
}

/* ---- faults of the RMP that are to come though the entry is right ---- */

static struct {
	uint64_t gpa;
	unsigned int left;
} rmp_faults;

void hw_rmp_faults(uint64_t gpa, unsigned int times)
{
	rmp_faults.gpa = gpa;
	__atomic_store_n(&rmp_faults.left, times, __ATOMIC_RELEASE);
}

bool npt_rmp_fault_waits(const struct npt *npt, uint64_t gpa)
{
	return __atomic_load_n(&rmp_faults.left, __ATOMIC_ACQUIRE) && npt->rmp &&
	       gpa == (rmp_faults.gpa | npt->view_bit);
}

bool npt_rmp_fault_comes(const struct npt *npt, uint64_t gpa)
{
	unsigned int left = __atomic_load_n(&rmp_faults.left, __ATOMIC_ACQUIRE);

	/* Another vCPU may have had the last one. */
	while (left && npt_rmp_fault_waits(npt, gpa))
		if (__atomic_compare_exchange_n(&rmp_faults.left, &left, left - 1, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
	return false;
}
