// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/mmap.c and kernel/fork.c as far as address spaces go: the process's own is
 * the only one.  A fake: what is mapped where the process says (src/services/mm.c).
 *
 * Page tables have pages of 2 MiB and 1 GiB alone, where the VMM asks for them (MADV_HUGEPAGE):
 * there they are as if memory were huge from then on, until some of it changes.  Whoever walks
 * them elsewhere finds nothing, and takes that for pages of 4 KiB.
 */
#include <linux/hugetlb.h>
#include <linux/maple_tree.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>

#include "glue.h"

/* Valid until the same CPU asks again; the kernel's are until the mmap_lock is released. */
static DEFINE_PER_CPU(struct vm_area_struct, glue_vma);

void glue_mm_init(struct mm_struct *mm)
{
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	spin_lock_init(&mm->page_table_lock);
	init_rwsem(&mm->mmap_lock);
	mm->task_size = TASK_SIZE_MAX;
	mm->pgd = glue_alloc(PAGE_SIZE, PAGE_SIZE);
	if (!mm->pgd)
		glue_die("no memory for an address space");
}

static u64 *glue_table_of(u64 *entry, unsigned long addr, unsigned int shift)
{
	u64 *table;

	/* One of 1 GiB is no more as soon as a part of it is another one. */
	if (!*entry || *entry & _PAGE_PSE) {
		table = glue_alloc(PAGE_SIZE, PAGE_SIZE);
		if (!table)
			glue_die("no memory for a page table");
		WRITE_ONCE(*entry, (u64)table | _PAGE_TABLE);
	}
	table = (u64 *)(*entry & PAGE_MASK);
	return &table[addr >> shift & (PTRS_PER_PMD - 1)];
}

/*
 * Whole pages of 1 GiB, and of 2 MiB, in [@start, @end) become huge, or all that are touched are no
 * more.
 */
void glue_mm_huge(unsigned long start, unsigned long end, int huge)
{
	unsigned long addr = huge ? ALIGN(start, PMD_SIZE) : start & PMD_MASK;
	static bool any;
	unsigned long size;
	u64 *entry;

	any |= huge;
	for (; any && (huge ? addr + PMD_SIZE <= end : addr < end); addr += size) {
		size = huge && !(addr & ~PUD_MASK) && addr + PUD_SIZE <= end ? PUD_SIZE : PMD_SIZE;
		entry = (u64 *)current->mm->pgd + (addr >> pgdir_shift);
		entry = glue_table_of(entry, addr, P4D_SHIFT);
		entry = glue_table_of(entry, addr, PUD_SHIFT);
		if (size == PMD_SIZE)
			entry = glue_table_of(entry, addr, PMD_SHIFT);
		WRITE_ONCE(*entry, huge ? addr | _PAGE_TABLE | _PAGE_PSE : 0);
	}
}

/* The mapping around @addr, or (@next) else the one behind it. */
static struct vm_area_struct *glue_find_vma(struct mm_struct *mm, unsigned long addr, bool next)
{
	struct vm_area_struct *vma = this_cpu_ptr(&glue_vma);
	struct image_vma found;
	unsigned long flags;

	if (!glue_host->find_vma(addr, &found) || (!next && addr < found.start))
		return NULL;
	flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	flags |= found.prot & GLUE_PROT_READ ? VM_READ : 0;
	flags |= found.prot & GLUE_PROT_WRITE ? VM_WRITE : 0;
	flags |= found.prot & GLUE_PROT_EXEC ? VM_EXEC : 0;
	flags |= found.shared ? VM_SHARED | VM_MAYSHARE : 0;
	memset(vma, 0, sizeof(*vma));
	vma->vm_mm = mm;
	vma->vm_start = found.start;
	vma->vm_end = found.end;
	vm_flags_init(vma, flags);
	return vma;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	return glue_find_vma(mm, addr, true);
}

/* vma_lookup() looks into the mm's tree, the only one that is a maple tree. */
void *mtree_load(struct maple_tree *mt, unsigned long addr)
{
	return glue_find_vma(container_of(mt, struct mm_struct, mm_mt), addr, false);
}

unsigned long glue_vma_pagesize(struct vm_area_struct *vma) asm("vma_kernel_pagesize");

unsigned long glue_vma_pagesize(struct vm_area_struct *vma)
{
	return PAGE_SIZE;
}

/* Of no file: KVM's own memory slots. */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len,
		      unsigned long prot, unsigned long flags, unsigned long offset)
{
	if (file || !PAGE_ALIGN(len) || offset_in_page(offset))
		return -EINVAL;
	return glue_host->mm_map(addr, PAGE_ALIGN(len), prot, flags);
}

int vm_munmap(unsigned long start, size_t len)
{
	int ret;

	if (offset_in_page(start) || !len)
		return -EINVAL;
	len = PAGE_ALIGN(len);
	glue_mm_invalidate(start, start + len, false);
	ret = glue_host->mm_unmap(start, len);
	glue_mm_invalidate(start, start + len, true);
	return ret;
}

/* The process has its address space until it ends, or is another process (glue_forked()). */
void __mmdrop(struct mm_struct *mm)
{
	glue_die("an address space is dropped more often than it was taken");
}

void mmput(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_users))
		glue_die("the process's address space is put more often than it was taken");
}
