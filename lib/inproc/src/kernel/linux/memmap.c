// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/sparse.c, mm/mm_init.c and arch/x86/mm: where memory is.  A fake.
 *
 * Physical addresses are the process's own (page_offset_base is 0), and the struct page
 * of any address lies in a sparse mapping that the process reserves (vmemmap_base), so
 * that virt_to_page() and its kin work on all of it.  Each address that a process can have
 * is memory to pfn_valid(); there is one node.
 *
 * pfn_valid() knows 46 bits of address on a machine with four levels of page tables, and
 * the process's stack and libraries lie above: boot_cpu_data has X86_FEATURE_LA57.
 */
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/set_memory.h>

#include "glue.h"
#include "page.h"

_Static_assert(sizeof(struct page) <= IMAGE_STRUCT_PAGE,
	       "the process reserves less than the tree's struct pages need");

unsigned long page_offset_base;
unsigned long vmemmap_base;
unsigned long vmalloc_base;
/* Five levels: bits above the fourth's 512 entries. */
#define GLUE_PGDIR_SHIFT	48

/* Symbols of the image have physical addresses as all else has (__pa_symbol()). */
unsigned long phys_base = __START_KERNEL_map;
unsigned int pgdir_shift = GLUE_PGDIR_SHIFT;
unsigned int ptrs_per_p4d = MAX_PTRS_PER_P4D;
/* Addresses carry no bits beside them. */
u64 physical_mask = (1ULL << 52) - 1;
u64 sme_me_mask;

struct pglist_data contig_page_data;
nodemask_t node_states[NR_NODE_STATES] __read_mostly = {
	[0 ... NR_NODE_STATES - 1] = { { 1UL } },
};

/* In pages: what a big machine has, and what SNP's limits are computed of. */
#define GLUE_RAM_PAGES	(1L << 24)
unsigned long max_pfn = 1UL << (47 - PAGE_SHIFT);
atomic_long_t _totalram_pages = ATOMIC_LONG_INIT(GLUE_RAM_PAGES);

/*
 * Two bits are looked at of a section: it has struct pages, from boot on.  All share one
 * page of sections then.
 */
#define GLUE_MAX_SECTIONS	(1UL << (47 - SECTION_SIZE_BITS))
#define GLUE_ALL_SECTIONS	(1UL << (52 - SECTION_SIZE_BITS))

static struct mem_section glue_sections[SECTIONS_PER_ROOT];
static struct mem_section *glue_section_roots[GLUE_ALL_SECTIONS / SECTIONS_PER_ROOT];
struct mem_section **mem_section = glue_section_roots;

/* Trees declare these with several types: by their names in the assembler. */
char glue_zero_page[PAGE_SIZE] asm("empty_zero_page") __page_aligned_bss;
struct page *glue_zero_page_struct asm("__zero_page");
unsigned long glue_zero_pfn asm("zero_pfn");
unsigned long glue_zero_page_pfn asm("zero_page_pfn");

void glue_memmap_init(void)
{
	unsigned long i;

	set_cpu_cap(&boot_cpu_data, X86_FEATURE_LA57);
	vmemmap_base = (unsigned long)glue_host->page_structs;
	for (i = 0; i < SECTIONS_PER_ROOT; i++)
		glue_sections[i].section_mem_map = SECTION_HAS_MEM_MAP | SECTION_IS_EARLY;
	for (i = 0; i < GLUE_MAX_SECTIONS / SECTIONS_PER_ROOT; i++)
		glue_section_roots[i] = glue_sections;
	glue_zero_page_struct = virt_to_page(glue_zero_page);
	glue_zero_pfn = page_to_pfn(glue_zero_page_struct);
	glue_zero_page_pfn = glue_zero_pfn;
	/* Never given back. */
	set_page_count(glue_zero_page_struct, 1);
	__SetPageReserved(glue_zero_page_struct);
	contig_page_data.node_spanned_pages = GLUE_RAM_PAGES;
	contig_page_data.node_present_pages = GLUE_RAM_PAGES;
}

/* How much memory is used for what. */
void mod_node_page_state(struct pglist_data *node, enum node_stat_item item, long delta)
{
	atomic_long_add(delta, &node->vm_stat[item]);
}

/* Memory encryption of the host's own pages: there is none, all of them are plain. */
int set_memory_encrypted(unsigned long addr, int nr)
{
	return 0;
}

int set_memory_decrypted(unsigned long addr, int nr)
{
	return 0;
}
