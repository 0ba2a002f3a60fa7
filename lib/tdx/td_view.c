// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a TD that changes its view.
 */
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "guest/libkvm.h"
#include "tdx/td_view.h"

/* Pages of its file before it: an offset in the file is none in the slot. */
#define VIEW_FILE_GAP	3

/* The pages once more, in one view whatever libkvm takes them for; gives the GVA. */
static uint64_t map_view(struct td_vm *td, const struct td_view *view, bool shared)
{
	const uint64_t size = view->pages * td->vm->page_size;
	const uint64_t gva = vm_unused_gva_gap(td->vm, size, KVM_UTIL_MIN_VADDR);
	uint64_t at;

	virt_map(td->vm, gva, view->gpa, view->pages);
	for (at = gva; at < gva + size; at += td->vm->page_size) {
		uint64_t *entry = vm_get_pte(td->vm, at);

		*entry = shared ? *entry | td->shared_bit : *entry & ~td->shared_bit;
	}
	return gva;
}

void td_view_add_memory(struct td_vm *td, struct td_view *view, unsigned int pages, void *hva)
{
	view->gpa = TD_VIEW_GPA;
	view->pages = pages;
	view->hva = hva;
	view->private_gva = map_view(td, view, false);
	view->shared_gva = map_view(td, view, true);
}

void td_view_add(struct td_vm *td, struct td_view *view, unsigned int pages,
		 unsigned int private_pages)
{
	const uint64_t private_size = private_pages * td->vm->page_size;
	int file;

	TEST_ASSERT(!td->launched && private_pages <= pages,
		    "%u pages, %u of them private, cannot be added any more", pages,
		    private_pages);
	file = vm_create_guest_memfd(td->vm, (VIEW_FILE_GAP + pages) * td->vm->page_size, 0);
	vm_mem_add(td->vm, VM_MEM_SRC_ANONYMOUS, TD_VIEW_GPA, TD_VIEW_SLOT, pages,
		   KVM_MEM_GUEST_MEMFD, file,
		   VIEW_FILE_GAP * td->vm->page_size);
	close(file);
	if (private_pages)
		__vm_phy_pages_alloc(td->vm, private_pages, TD_VIEW_GPA, TD_VIEW_SLOT, true);
	if (private_pages < pages)
		__vm_phy_pages_alloc(td->vm, pages - private_pages, TD_VIEW_GPA + private_size,
				     TD_VIEW_SLOT, false);
	td_view_add_memory(td, view, pages, addr_gpa2hva(td->vm, TD_VIEW_GPA));
}

void td_view_close_file(struct td_vm *td)
{
	TEST_ASSERT(!close(memslot2region(td->vm, TD_VIEW_SLOT)->region.guest_memfd), "close()");
}

volatile uint64_t *td_view_host(const struct td_view *view, unsigned int page)
{
	return (uint64_t *)((char *)view->hva + page * 4096ull);
}

void td_view_convert(struct td_vm *td, uint64_t gpa, uint64_t size, bool private,
		     bool punch_hole)
{
	vm_set_memory_attributes(td->vm, gpa, size, private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0);
	if (!private && punch_hole)
		vm_guest_mem_punch_hole(td->vm, gpa, size);
}
