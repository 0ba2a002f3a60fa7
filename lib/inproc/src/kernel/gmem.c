// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_memfd as virt/kvm/guest_memfd.c offers it to vendor code, over the
 * process's mapping of it.  A fake: pages never move, and a page is prepared
 * exactly when the vendor's model has it given to the guest.
 */
#include <linux/uaccess.h>

#include "glue.h"

static void *glue_gmem_page(struct kvm *kvm, gfn_t gfn)
{
	unsigned long len;

	return glue_host->gpa_to_hva(to_glue_vm(kvm)->host_vm, gfn_to_gpa(gfn), true, &len);
}

static int glue_gmem_get_pfn(struct kvm *kvm, gfn_t gfn, kvm_pfn_t *pfn, int *max_order)
{
	void *p = glue_gmem_page(kvm, gfn);

	if (!p)
		return -EFAULT;
	*pfn = __pa(p) >> PAGE_SHIFT;
	if (max_order)
		*max_order = 0;
	return 0;
}

#ifdef HAVE_GMEM_PFN_PAGE
int kvm_gmem_get_pfn(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t gfn, kvm_pfn_t *pfn,
		     struct page **page, int *max_order)
{
	int ret = glue_gmem_get_pfn(kvm, gfn, pfn, max_order);

	if (!ret)
		*page = pfn_to_page(*pfn);
	return ret;
}
#else
int kvm_gmem_get_pfn(struct kvm *kvm, struct kvm_memory_slot *slot, gfn_t gfn, kvm_pfn_t *pfn,
		     int *max_order)
{
	return glue_gmem_get_pfn(kvm, gfn, pfn, max_order);
}
#endif

#ifdef HAVE_GMEM_POPULATE_PAGE
/* The kernel pins the source page before it looks at anything else; a bad pointer fails. */
static int glue_pin_source(const void __user *src)
{
	u8 byte;

	return src && raw_copy_from_user(&byte, src, 1) ? -EFAULT : 0;
}
#endif

static int glue_populate_one(struct kvm *kvm, gfn_t gfn, void __user *src,
			     kvm_gmem_populate_cb post_populate, void *opaque)
{
	kvm_pfn_t pfn;
	int ret;

#ifdef HAVE_GMEM_POPULATE_PAGE
	ret = glue_pin_source(src);
	if (ret)
		return ret;
#endif
	ret = glue_gmem_get_pfn(kvm, gfn, &pfn, NULL);
	if (ret)
		return ret;
#ifndef HAVE_GMEM_POPULATE_PAGE
	/* Newer trees leave it to the vendor to find out that a page was given before. */
	if (glue_vendor->page_given(kvm, gfn, pfn))
		return -EEXIST;
#endif
	if (!glue_host->gpa_is_private(to_glue_vm(kvm)->host_vm, gfn_to_gpa(gfn)))
		return -EINVAL;
#ifdef HAVE_GMEM_POPULATE_PAGE
	return post_populate(kvm, gfn, pfn, src ? virt_to_page((__force void *)src) : NULL, opaque);
#else
	return post_populate(kvm, gfn, pfn, src, 0, opaque);
#endif
}

#ifdef HAVE_GMEM_POPULATE_WRITEBACK
long kvm_gmem_populate(struct kvm *kvm, gfn_t start_gfn, void __user *src, long npages,
		       bool may_writeback_src, kvm_gmem_populate_cb post_populate, void *opaque)
#else
long kvm_gmem_populate(struct kvm *kvm, gfn_t start_gfn, void __user *src, long npages,
		       kvm_gmem_populate_cb post_populate, void *opaque)
#endif
{
	struct kvm_memory_slot *slot = glue_find_slot(kvm, start_gfn);
	int ret = 0;
	long i;

	if (npages < 0 || !slot || !(slot->flags & KVM_MEM_GUEST_MEMFD))
		return -EINVAL;

	npages = min_t(unsigned long, slot->npages - (start_gfn - slot->base_gfn), npages);
	for (i = 0; i < npages; i++) {
		ret = glue_populate_one(kvm, start_gfn + i, src ? src + i * PAGE_SIZE : NULL,
					post_populate, opaque);
		if (ret)
			break;
	}
	return ret && !i ? ret : i;
}

/* By the tree's own code, as when the last reference to a page goes. */
void kvm_arch_gmem_invalidate(kvm_pfn_t start, kvm_pfn_t end) __weak;

void glue_gmem_gone(void *hva, unsigned long size)
{
	kvm_pfn_t pfn = __pa(hva) >> PAGE_SHIFT, end = pfn + (size >> PAGE_SHIFT);

	if (kvm_arch_gmem_invalidate)
		kvm_arch_gmem_invalidate(pfn, end);
	for (; pfn < end; pfn++) {
		if (!glue_vendor->page_owned(pfn))
			continue;
		glue_host->mem_bug(IMAGE_MEM_FIRMWARE,
				   "left a page of a guest_memfd that goes to its guest",
				   glue_vendor->gmem_gone + 1);
		break;
	}
}
