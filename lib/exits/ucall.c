// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's half of ucall, see guest/ucall.h.
 */
#include <string.h>

#include "kvm_util.h"

#include "guest/ucall.h"
#include "tdx_uapi.h"

/* libkvm's GUEST_UCALL_FAILED, which its header keeps to itself. */
#define UCALL_FAILED	(-1ull)

/* The pool of ucalls lies in slot 0, which has less than 4 GiB. */
static void *widen(struct kvm_vm *vm, uint32_t low)
{
	uint64_t base = (uint64_t)memslot2region(vm, 0)->host_mem;
	uint64_t uc = (base & ~0xffffffffull) | low;

	if (low == (uint32_t)UCALL_FAILED)
		return (void *)UCALL_FAILED;
	return (void *)(uc < base ? uc + (1ull << 32) : uc);
}

void *ucall_arch_get_ucall(struct kvm_vcpu *vcpu)
{
	const bool td = vcpu->vm->type == TDX_VM_TYPE;
	struct kvm_run *run = vcpu->run;
	uint64_t uc = 0;

	if (run->exit_reason != KVM_EXIT_IO || run->io.port != UCALL_PIO_PORT ||
	    run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.size * run->io.count != (td ? sizeof(uint32_t) : sizeof(uc)))
		return NULL;

	memcpy(&uc, (char *)run + run->io.data_offset, run->io.size * run->io.count);
	return td ? widen(vcpu->vm, (uint32_t)uc) : (void *)uc;
}
