// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the VMM's that kernel code pins.  A fake: they are counted, and have
 * to be there; nothing keeps the VMM from unmapping them.
 */
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "glue.h"

int pin_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags,
			struct page **pages)
{
	int i;

	for (i = 0; i < nr_pages; i++) {
		void *page = (void *)((start & PAGE_MASK) + i * PAGE_SIZE);
		u8 byte;

		if (raw_copy_from_user(&byte, (void __user *)page, 1) ||
		    ((gup_flags & FOLL_WRITE) && raw_copy_to_user((void __user *)page, &byte, 1)) ||
		    !glue_host->map(IMAGE_MAP_PIN, page, (unsigned long)page >> PAGE_SHIFT,
				    GLUE_CALLER))
			break;
		pages[i] = virt_to_page(page);
	}
	return i ?: -EFAULT;
}

void unpin_user_pages(struct page **pages, unsigned long npages)
{
	unsigned long i;

	for (i = 0; i < npages; i++)
		glue_host->unmap(IMAGE_MAP_PIN, page_address(pages[i]), GLUE_CALLER);
}

/* Whoever runs the suite may lock as much as there is. */
bool capable(int cap)
{
	return true;
}
