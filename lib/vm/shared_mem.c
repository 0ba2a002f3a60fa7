// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a confidential guest shares with its VMM.
 */
#include <string.h>

#include "kvm_util.h"

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
