// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a confidential guest shares with its VMM.
 */
#include <string.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"

#include "guest/libkvm.h"
#include "vm/shared_mem.h"

struct shared_mem shared_mem_alloc(struct kvm_vm *vm, size_t pages)
{
	struct shared_mem mem = { .size = pages * vm->page_size };

	TEST_ASSERT(!vm->arch.is_pt_protected, "shared memory is allocated before the launch");
	mem.gva = vm_alloc_shared(vm, mem.size, KVM_UTIL_MIN_VADDR, MEM_REGION_TEST_DATA);
	mem.gpa = addr_gva2gpa(vm, mem.gva);
	mem.hva = addr_gva2hva(vm, mem.gva);
	memset(mem.hva, 0, mem.size);
	return mem;
}

void shared_mem_map(struct kvm_vm *vm, uint64_t gva, uint64_t gpa, size_t pages)
{
	/* libkvm maps only what is there, as GPA 0 is. */
	for (size_t i = 0; i < pages; i++, gva += vm->page_size, gpa += vm->page_size) {
		virt_map(vm, gva, 0, 1);
		*vm_get_pte(vm, gva) ^= gpa;
	}
}

#define HUGE_SIZE	(2ull << 20)
#define HUGE_GPA	(2ull << 30)
#define HUGE_SLOT	31

#define HUGE_SLOT_SIZE	(2 * HUGE_SIZE)

static char *huge_memory(void)
{
	char *hva = mmap(NULL, HUGE_SLOT_SIZE + HUGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(hva != MAP_FAILED, "no memory");
	return (char *)(((uintptr_t)hva + HUGE_SIZE - 1) & ~(HUGE_SIZE - 1));
}

struct shared_mem shared_mem_alloc_huge(struct kvm_vm *vm, size_t pages, size_t before,
					bool first_private)
{
	const size_t size = HUGE_SLOT_SIZE, ahead = HUGE_SIZE - before * vm->page_size;
	struct shared_mem mem = {
		.gpa = HUGE_GPA + ahead, .size = pages * vm->page_size,
		.gmem = vm_create_guest_memfd(vm, size, 0),
	};
	char *hva = huge_memory();

	if (first_private)
		vm_set_memory_attributes(vm, mem.gpa, vm->page_size, KVM_MEMORY_ATTRIBUTE_PRIVATE);
	vm_set_user_memory_region2(vm, HUGE_SLOT, KVM_MEM_GUEST_MEMFD, HUGE_GPA, size, hva,
				   mem.gmem, 0);
	/* A kernel without them takes it for advice. */
	madvise(hva, size, MADV_HUGEPAGE);
	mem.hva = hva + ahead;
	mem.gva = vm_unused_gva_gap(vm, mem.size, KVM_UTIL_MIN_VADDR);
	shared_mem_map(vm, mem.gva, mem.gpa, pages);
	return mem;
}

void *shared_mem_replace_huge(struct kvm_vm *vm, struct shared_mem *mem)
{
	char *hva = huge_memory();
	void *was = mem->hva;

	vm_set_user_memory_region2(vm, HUGE_SLOT, KVM_MEM_GUEST_MEMFD, HUGE_GPA, 0, NULL,
				   mem->gmem, 0);
	vm_set_user_memory_region2(vm, HUGE_SLOT, KVM_MEM_GUEST_MEMFD, HUGE_GPA, HUGE_SLOT_SIZE,
				   hva, mem->gmem, 0);
	mem->hva = hva + (mem->gpa - HUGE_GPA);
	return was;
}
