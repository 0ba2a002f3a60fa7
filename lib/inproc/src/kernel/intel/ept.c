// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for a CPU's walk of page tables in EPT format.  A model after Intel SDM volume 3, "The
 * Extended Page Table Mechanism (EPT)", of a CPU with pages of 2 MiB and 1 GiB, without
 * execute-only translations and mode-based execute control; accessed and dirty flags are set
 * if the EPTP asks for them.
 */
#include <linux/bits.h>
#include <linux/mm.h>
#include <asm/processor.h>
#include <asm/vmx.h>

#include "intel.h"

#define GLUE_EPTE_PAGE		BIT_ULL(7)
#define GLUE_EPTE_PA		GENMASK_ULL(51, 12)

static unsigned int glue_ept_shift(unsigned int level)
{
	return PAGE_SHIFT + 9 * level;
}

static bool glue_ept_is_leaf(u64 entry, unsigned int level)
{
	return !level || (entry & GLUE_EPTE_PAGE);
}

/* "EPT Misconfigurations" */
static bool glue_ept_misconfigured(u64 entry, unsigned int level)
{
	u64 type = (entry & VMX_EPT_MT_MASK) >> VMX_EPT_MT_EPTE_SHIFT;
	u64 reserved = GENMASK_ULL(51, 12) & ~(BIT_ULL(boot_cpu_data.x86_phys_bits) - 1);

	if (!(entry & VMX_EPT_READABLE_MASK))
		return true;
	if (glue_ept_is_leaf(entry, level)) {
		if (level > 2 || type == 2 || type == 3 || type == 7)
			return true;
		reserved |= (BIT_ULL(glue_ept_shift(level)) - 1) & GENMASK_ULL(51, 12);
	} else {
		reserved |= level > 2 ? GENMASK_ULL(7, 3) : GENMASK_ULL(6, 3);
	}
	return entry & reserved;
}

enum image_ept glue_ept_walk(unsigned long long eptp, unsigned long long gpa,
			    struct image_ept_entry *out)
{
	unsigned int level = (eptp & VMX_EPTP_PWL_MASK) >> 3;
	u64 *table = __va(eptp & GLUE_EPTE_PA);
	u64 allowed = VMX_EPT_RWX_MASK;
	bool leaf;

	*out = (struct image_ept_entry){};
	for (;; level--) {
		u64 *entry = &table[gpa >> glue_ept_shift(level) & (PTRS_PER_PTE - 1)];
		u64 value = READ_ONCE(*entry);

		out->suppress_ve = !!(value & VMX_EPT_SUPPRESS_VE_BIT);
		if (!(value & VMX_EPT_RWX_MASK))
			return IMAGE_EPT_VIOLATION;
		if (glue_ept_misconfigured(value, level))
			return IMAGE_EPT_MISCONFIG;
		allowed &= value;
		leaf = glue_ept_is_leaf(value, level);
		if (eptp & VMX_EPTP_AD_ENABLE_BIT)
			__atomic_fetch_or(entry, VMX_EPT_ACCESS_BIT |
					  (leaf && (allowed & VMX_EPT_WRITABLE_MASK) ?
					   VMX_EPT_DIRTY_BIT : 0), __ATOMIC_RELAXED);
		if (leaf) {
			u64 mask = BIT_ULL(glue_ept_shift(level)) - 1;

			out->pa = (value & GLUE_EPTE_PA & ~mask) | (gpa & mask & PAGE_MASK);
			out->read = !!(allowed & VMX_EPT_READABLE_MASK);
			out->write = !!(allowed & VMX_EPT_WRITABLE_MASK);
			out->exec = !!(allowed & VMX_EPT_EXECUTABLE_MASK);
			return IMAGE_EPT_MAPPED;
		}
		table = __va(value & GLUE_EPTE_PA);
	}
}
