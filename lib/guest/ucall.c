// SPDX-License-Identifier: GPL-2.0-only
/*
 * libkvm's ucall for confidential guests; replaces its lib/x86_64/ucall.c at link
 * time (our objects come before libkvm.a).
 *
 * libkvm's own ucall hands the struct's address over in a register, which the
 * VMM cannot read of a confidential guest.  Here the address is data of a port
 * write, and the VMM finds it in kvm_run's I/O buffer: from an SNP guest a string
 * OUT (NAE event IOIO) of two 32-bit elements, from a TD one OUT of 32 bits
 * (TDG.VP.VMCALL<Instruction.IO> takes no more).
 *
 * An SNP vCPU's GHCB must be registered, and its contents are lost: code under
 * test copies an answer out of the GHCB before it makes a ucall.
 */
#include <string.h>

#include "kvm_util.h"

#include "guest/ghcb.h"
#include "guest/td_call.h"
#include "tdx_uapi.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

#define UCALL_PIO_PORT	0x1000

/* libkvm's GUEST_UCALL_FAILED, which its header keeps to itself. */
#define UCALL_FAILED	(-1ull)

static void ghcb_ucall(vm_vaddr_t uc)
{
	struct guest_vcpu *vcpu = guest_this_vcpu();
	struct ghcb *ghcb = vcpu->ghcb;

	ghcb_clear(ghcb);
	*(volatile uint64_t *)ghcb->shared_buffer = uc;
	ghcb_set(ghcb, sw_exit_code, GHCB_NAE_IOIO);
	ghcb_set(ghcb, sw_exit_info_1, GHCB_IOIO_PORT(UCALL_PIO_PORT) | GHCB_IOIO_ADDR_64 |
				       GHCB_IOIO_SIZE_32 | GHCB_IOIO_REP | GHCB_IOIO_STRING);
	ghcb_set(ghcb, sw_exit_info_2, sizeof(uc) / sizeof(uint32_t));
	ghcb_set(ghcb, sw_scratch, vcpu->ghcb_gpa + offsetof(struct ghcb, shared_buffer));
	ghcb_exit(vcpu->ghcb_gpa);

	/* Nobody can be told by ucall that ucall doesn't work. */
	if (ghcb->sw_exit_info_1 != GHCB_INFO1_OK)
		ghcb_terminate(0, 0);
}

void ucall_arch_do_ucall(vm_vaddr_t uc)
{
	if (!guest_is_td)
		ghcb_ucall(uc);
	else if (td_out32(UCALL_PIO_PORT, (uint32_t)uc) != GHCI_SUCCESS)
		td_fatal(0);
}

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
