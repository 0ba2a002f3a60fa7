// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/memory.c and what of mm/mmap.c is about files: mappings of KVM's files in the
 * VMM's address space.  A fake: page tables are the process's (src/services/kfile_mmap.c).
 *
 * Pages of a file that has an address space come with the first access to them, and go when
 * they are truncated; what a file has otherwise (kvm_run) is there at once and stays.  A page
 * and the file have a reference of the mapping's.  What is not exact: a mapping goes as a
 * whole, no earlier than its last part.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/uaccess.h>

#include "glue.h"
#include "page.h"

struct glue_mapping {
	struct list_head list;
	struct vm_area_struct vma;
	int prot;
	/* Changed with the page, or the one that is to be in its place, locked, if it is a file's. */
	struct page *pages[];
};

static LIST_HEAD(glue_mappings);
static int glue_mappings_lock;

static unsigned long glue_vm_flags(int prot, int flags)
{
	unsigned long vm_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	vm_flags |= prot & GLUE_PROT_READ ? VM_READ : 0;
	vm_flags |= prot & GLUE_PROT_WRITE ? VM_WRITE : 0;
	vm_flags |= prot & GLUE_PROT_EXEC ? VM_EXEC : 0;
	return flags & GLUE_MAP_SHARED ? vm_flags | VM_SHARED | VM_MAYSHARE : vm_flags;
}

/* 0; 1: there is none, which is a SIGBUS; or -errno. */
static int glue_fault_page(struct glue_mapping *m, unsigned long addr, bool write)
{
	struct vm_area_struct *vma = &m->vma;
	struct page **slot = &m->pages[(addr - vma->vm_start) >> PAGE_SHIFT];
	struct vm_fault vmf = {
		.vma = vma,
		.pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
		.address = addr,
		.flags = FAULT_FLAG_DEFAULT | FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0),
	};
	vm_fault_t fault;
	int ret = 0;

	if (!vma->vm_ops || !vma->vm_ops->fault)
		return 1;
	do {
		fault = vma->vm_ops->fault(&vmf);
	} while (fault & VM_FAULT_RETRY);
	if ((fault & VM_FAULT_ERROR) || !vmf.page)
		return fault & VM_FAULT_OOM ? -ENOMEM : 1;
	if (*slot != vmf.page)
		ret = glue_host->map_to_user(addr, page_address(vmf.page), m->prot);
	if (ret || *slot == vmf.page)
		put_page(vmf.page);
	else
		*slot = vmf.page;
	if (fault & VM_FAULT_LOCKED)
		folio_unlock(page_folio(vmf.page));
	return ret;
}

int glue_fault(void *mapping, unsigned long addr, int write)
{
	/* Kernel code that may not sleep does without the page. */
	if (pagefault_disabled())
		return -EFAULT;
	return glue_fault_page(mapping, addr & PAGE_MASK, write);
}

void glue_munmap(void *mapping)
{
	struct glue_mapping *m = mapping;
	struct vm_area_struct *vma = &m->vma;
	unsigned long i;

	glue_word_lock(&glue_mappings_lock);
	list_del(&m->list);
	glue_word_unlock(&glue_mappings_lock);
	for (i = 0; i < vma_pages(vma); i++)
		if (m->pages[i])
			put_page(m->pages[i]);
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	fput(vma->vm_file);
	glue_free(m);
}

long glue_mmap(void *p, unsigned long addr, unsigned long len, int prot, int flags,
	       long long offset, void **mapping)
{
	struct file *file = p;
	struct vm_area_struct *vma;
	struct glue_mapping *m;
	long ret;

	if (!file->f_op->mmap)
		return -ENODEV;
	m = glue_alloc(struct_size(m, pages, len >> PAGE_SHIFT), 8);
	if (!m)
		return -ENOMEM;
	m->prot = prot;
	vma = &m->vma;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_pgoff = offset >> PAGE_SHIFT;
	vma->vm_file = get_file(file);
	vma->vm_mm = current->mm;
	vm_flags_init(vma, glue_vm_flags(prot, flags));
	ret = file->f_op->mmap(file, vma);
	if (ret) {
		fput(file);
		glue_free(m);
		return ret;
	}
	glue_word_lock(&glue_mappings_lock);
	list_add(&m->list, &glue_mappings);
	glue_word_unlock(&glue_mappings_lock);
	for (; !file->f_mapping && addr < vma->vm_end && ret >= 0; addr += PAGE_SIZE)
		ret = glue_fault_page(m, addr, prot & GLUE_PROT_WRITE);
	if (ret < 0) {
		glue_munmap(m);
		return ret;
	}
	*mapping = m;
	return 0;
}

/* Who has the folio of @mapping, which is locked, has it no more; at @addr. */
static bool glue_take_mapped(const struct address_space *mapping, struct folio *folio,
			     unsigned long *addr)
{
	struct glue_mapping *m;
	bool found = false;

	glue_word_lock(&glue_mappings_lock);
	list_for_each_entry(m, &glue_mappings, list) {
		unsigned long i = folio->index - m->vma.vm_pgoff;

		if (m->vma.vm_file->f_mapping != mapping || i >= vma_pages(&m->vma) ||
		    m->pages[i] != &folio->page)
			continue;
		m->pages[i] = NULL;
		*addr = m->vma.vm_start + (i << PAGE_SHIFT);
		found = true;
		break;
	}
	glue_word_unlock(&glue_mappings_lock);
	return found;
}

void glue_unmap_folio(const struct address_space *mapping, struct folio *folio)
{
	unsigned long addr;

	while (glue_take_mapped(mapping, folio, &addr)) {
		glue_mm_invalidate(addr, addr + PAGE_SIZE, false);
		glue_host->unmap_from_user(addr);
		glue_mm_invalidate(addr, addr + PAGE_SIZE, true);
		folio_put(folio);
	}
}
