// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for mm/gup.c: the VMM's pages that kernel code gets or pins.  A fake.
 *
 * What is exact: whether the VMM may read or write there, found out by doing so as its own
 * code would (a page that is not there yet comes), and reference counts: a page of the VMM's
 * has one for the VMM, and one more for each get, which is gone by the VM's end.  What is not: an address stands for the
 * same page for ever, so nothing keeps the VMM from unmapping it, and waiting for a page
 * that a userfaultfd holds back cannot be refused (FOLL_NOWAIT).
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <asm/asm.h>

#include "glue.h"
#include "page.h"

extern unsigned long glue_user_ptr_max asm("USER_PTR_MAX");

/* Change nothing, not even for a moment, in what guest or VMM may be writing to. */
static bool glue_touch(unsigned long addr, bool write)
{
	if (write)
		asm goto("1:	lock orb $0, (%0)\n"
			 _ASM_EXTABLE_UA(1b, %l1)
			 : : "r" (addr) : "memory", "cc" : fault);
	else
		asm goto("1:	testb $0, (%0)\n"
			 _ASM_EXTABLE_UA(1b, %l1)
			 : : "r" (addr) : "memory", "cc" : fault);
	return true;
fault:
	return false;
}

bool glue_user_page_ok(unsigned long addr, bool write)
{
	bool ok;

	addr &= PAGE_MASK;
	if (addr >= glue_user_ptr_max)
		return false;
	/* Of a race that is watched, this is no access: see race.c. */
	glue_host->copy_begin((void *)addr, 0, 0);
	ok = glue_touch(addr, write);
	glue_host->copy_end();
	return ok;
}

static struct page *glue_user_page(unsigned long addr)
{
	struct page *page = pfn_to_page(addr >> PAGE_SHIFT);

	/* The first time: the VMM's own reference. */
	if (glue_page_kind(page) == GLUE_PAGE_FOREIGN)
		atomic_cmpxchg(&page->_refcount, 0, 1);
	return page;
}

static bool glue_pin(struct page *page, unsigned int flags, const void *caller)
{
	const enum image_map how = flags & FOLL_LONGTERM ? IMAGE_MAP_PIN_LONG : IMAGE_MAP_PIN;

	if (!glue_host->map(how, page_address(page), page_to_pfn(page), caller))
		return false;
	page_ref_add(page, GUP_PIN_COUNTING_BIAS);
	return true;
}

static void glue_unpin(struct page *page, const void *caller)
{
	glue_host->unmap(IMAGE_MAP_PIN, page_address(page), caller);
	glue_cache_unpinned();
	/* What is pinned has the VMM's reference besides. */
	page_ref_sub(page, GUP_PIN_COUNTING_BIAS);
}

/* How many of the @nr pages from @start on were got. */
static long glue_gup(unsigned long start, long nr, unsigned int flags, bool pin,
		     struct page **pages, const void *caller)
{
	unsigned long addr = start & PAGE_MASK;
	struct page *page;
	long i;

	for (i = 0; i < nr; i++, addr += PAGE_SIZE) {
		if (!glue_user_page_ok(addr, flags & FOLL_WRITE))
			break;
		if (!pages)
			continue;
		page = glue_user_page(addr);
		if (!pin) {
			get_page(page);
			if (glue_page_kind(page) == GLUE_PAGE_FOREIGN)
				glue_host->map(IMAGE_MAP_GET, &page->_refcount, 0, caller);
		} else if (!glue_pin(page, flags, caller))
			break;
		pages[i] = page;
	}
	return i;
}

static long glue_gup_some(unsigned long start, long nr, unsigned int flags, bool pin,
			  struct page **pages, const void *caller)
{
	return glue_gup(start, nr, flags, pin, pages, caller) ?: nr ? -EFAULT : 0;
}

long get_user_pages(unsigned long start, unsigned long nr, unsigned int flags,
		    struct page **pages)
{
	return glue_gup_some(start, nr, flags, false, pages, GLUE_CALLER);
}

long get_user_pages_unlocked(unsigned long start, unsigned long nr, struct page **pages,
			     unsigned int flags)
{
	return glue_gup_some(start, nr, flags, false, pages, GLUE_CALLER);
}

/* Of the only mm there is; the lock is never dropped. */
long get_user_pages_remote(struct mm_struct *mm, unsigned long start, unsigned long nr,
			   unsigned int flags, struct page **pages, int *locked)
{
	return glue_gup_some(start, nr, flags, false, pages, GLUE_CALLER);
}

int get_user_pages_fast(unsigned long start, int nr, unsigned int flags, struct page **pages)
{
	return glue_gup_some(start, nr, flags, false, pages, GLUE_CALLER);
}

int get_user_pages_fast_only(unsigned long start, int nr, unsigned int flags,
			     struct page **pages)
{
	return glue_gup(start, nr, flags, false, pages, GLUE_CALLER);
}

int pin_user_pages_fast(unsigned long start, int nr, unsigned int flags, struct page **pages)
{
	return glue_gup_some(start, nr, flags, true, pages, GLUE_CALLER);
}

long pin_user_pages_unlocked(unsigned long start, unsigned long nr, struct page **pages,
			     unsigned int flags)
{
	return glue_gup_some(start, nr, flags, true, pages, GLUE_CALLER);
}

void unpin_user_page(struct page *page)
{
	glue_unpin(page, GLUE_CALLER);
}

void unpin_user_pages(struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		glue_unpin(pages[i], GLUE_CALLER);
}

int fixup_user_fault(struct mm_struct *mm, unsigned long addr, unsigned int flags, bool *unlocked)
{
	return glue_user_page_ok(addr, flags & FAULT_FLAG_WRITE) ? 0 : -EFAULT;
}

/* Mappings of devices, which have no struct pages: the process can have none (mm.c). */
int follow_pfnmap_start(struct follow_pfnmap_args *args)
{
	return -EINVAL;
}

void follow_pfnmap_end(struct follow_pfnmap_args *args)
{
}
