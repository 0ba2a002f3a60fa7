// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<MapGPA>: the guest wants a range private or shared.  The VMM is asked
 * piece by piece, and an answer in R11 says where it stopped.
 */
#include <errno.h>
#include <linux/kvm_para.h>
#include <string.h>

#include "ref.h"

#define PAGE_SHIFT	12
#define PAGE_MASK	0xfffULL
/* So that a guest with pending interrupts is not kept for long. */
#define MAX_CHUNK	(2ULL << 20)

/* Answer: stopped at @gpa. */
static long stopped(struct ref_vcpu *vcpu, uint64_t status, uint64_t gpa)
{
	vcpu->call[TD_R11] = gpa;
	return ref_status(vcpu, status);
}

static long next_chunk(struct ref_vcpu *vcpu);

static long chunk_answered(struct ref_vcpu *vcpu);

static long refused(struct ref_vcpu *vcpu)
{
	const uint64_t err = vcpu->host->run->hypercall.ret;

	if (!ref_map_errno || err == EINVAL)
		return stopped(vcpu, GHCI_INVALID_OPERAND, vcpu->map.next);
	if (err == EAGAIN)
		return stopped(vcpu, GHCI_RETRY, vcpu->map.next);
	/* No answer: the VMM is told, and the exit stays pending. */
	vcpu->complete = chunk_answered;
	return -EINVAL;
}

static long chunk_answered(struct ref_vcpu *vcpu)
{
	if (vcpu->host->run->hypercall.ret)
		return refused(vcpu);
	vcpu->map.next += vcpu->map.chunk;
	if (vcpu->map.next == vcpu->map.end)
		return ref_status(vcpu, GHCI_SUCCESS);
	if (ref_interrupt_posted(vcpu))
		return stopped(vcpu, GHCI_RETRY, vcpu->map.next);
	return next_chunk(vcpu);
}

static long next_chunk(struct ref_vcpu *vcpu)
{
	const uint64_t shared_bit = vcpu->vm->shared_bit;
	struct kvm_run *run = vcpu->host->run;
	uint64_t left = vcpu->map.end - vcpu->map.next;

	vcpu->map.chunk = left < MAX_CHUNK ? left : MAX_CHUNK;
	run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	run->hypercall.args[0] = vcpu->map.next & ~shared_bit;
	run->hypercall.args[1] = vcpu->map.chunk >> PAGE_SHIFT;
	run->hypercall.args[2] = KVM_MAP_GPA_RANGE_PAGE_SZ_4K;
	if (!(vcpu->map.next & shared_bit))
		run->hypercall.args[2] |= KVM_MAP_GPA_RANGE_ENCRYPTED;
	run->hypercall.flags = KVM_EXIT_HYPERCALL_LONG_MODE;
	vcpu->complete = chunk_answered;
	return 0;
}

long ref_map_gpa(struct ref_vcpu *vcpu)
{
	const uint64_t gpa = vcpu->call[TD_R12], size = vcpu->call[TD_R13];
	const uint64_t last = gpa + size - 1, shared_bit = vcpu->vm->shared_bit;

	if (!vcpu->vm->exit_map_gpa)
		return ref_status(vcpu, GHCI_SUBFUNC_UNSUPPORTED);
	if (!size || last < gpa || last >> vcpu->vm->gpaw || ((gpa ^ last) & shared_bit))
		return stopped(vcpu, GHCI_INVALID_OPERAND, gpa);
	if ((gpa | size) & PAGE_MASK)
		return stopped(vcpu, GHCI_ALIGN_ERROR, gpa);
	vcpu->map.next = gpa;
	vcpu->map.end = gpa + size;
	return next_chunk(vcpu);
}
