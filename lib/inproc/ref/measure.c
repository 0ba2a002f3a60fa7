// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDX module: of what a TD's measurement is made, and what the TD is told of it ("Intel TDX
 * Module ABI", "TD Measurement", TDG.MR.*).
 */
#include "ref.h"

#define CHUNK		256

void ref_measure_page(struct ref_vm *vm, uint64_t gpa, bool contents)
{
	const char *page = inproc_gpa_to_hva(vm->host, gpa, true, NULL);
	unsigned int i;

	td_measure_page(&vm->measure, gpa);
	for (i = 0; contents && i < PAGE_SIZE; i += CHUNK)
		td_measure_chunk(&vm->measure, gpa + i, page + i);
}

/*
 * The guest's memory at @gpa, or NULL: KVM hears of it, *@r says what becomes of KVM_RUN, and the
 * leaf starts over when the guest goes on.
 */
static void *guest_memory(struct ref_vcpu *vcpu, uint64_t gpa, long *r)
{
	const uint64_t at = gpa & ~vcpu->vm->shared_bit;
	const bool private = at == gpa;
	void *bytes;

	do {
		if (private ? ref_sept_at(vcpu->vm, at) == REF_SEPT_PRESENT :
			      !inproc_gpa_is_private(vcpu->vm->host, at)) {
			bytes = inproc_gpa_to_hva(vcpu->vm->host, at, private, NULL);
			if (bytes)
				return bytes;
		}
		vcpu->host->exit.mem.gpa = gpa;
		*r = ref_fault(vcpu);
	} while (*r == REF_RESUME);
	vcpu->complete = ref_tdg_mr;
	return NULL;
}

static bool bad_gpa(const struct ref_vcpu *vcpu, uint64_t gpa, uint64_t align, bool private)
{
	const uint64_t shared_bit = vcpu->vm->shared_bit;

	return gpa % align || gpa >= (private ? shared_bit : 2 * shared_bit);
}

#define INVALID(operand)	(TDX_OPERAND_INVALID | TDX_OPERAND_ID_##operand)

/* RCX: where the report goes; RDX: REPORTDATA; R8: its subtype. */
static uint64_t report(struct ref_vcpu *vcpu, const struct kvm_regs *regs, long *r)
{
	struct tdx_report *to;
	const void *data;

	if (bad_gpa(vcpu, regs->rcx, TDX_REPORT_ALIGN, false))
		return INVALID(RCX);
	if (bad_gpa(vcpu, regs->rdx, TDX_REPORTDATA_ALIGN, false))
		return INVALID(RDX);
	if (regs->r8)
		return INVALID(R8);
	data = guest_memory(vcpu, regs->rdx, r);
	to = data ? guest_memory(vcpu, regs->rcx, r) : NULL;
	if (to)
		td_measure_report(&vcpu->vm->measure, data, to);
	return TDX_SUCCESS;
}

/* RCX: a private GPA, of what register RDX is extended with. */
static uint64_t rtmr_extend(struct ref_vcpu *vcpu, const struct kvm_regs *regs, long *r)
{
	const void *data;

	if (bad_gpa(vcpu, regs->rcx, TDX_EXTENSION_ALIGN, true))
		return INVALID(RCX);
	if (regs->rdx >= TDX_RTMRS)
		return INVALID(RDX);
	data = guest_memory(vcpu, regs->rcx, r);
	if (data)
		td_measure_rtmr(&vcpu->vm->measure, (unsigned int)regs->rdx, data);
	return TDX_SUCCESS;
}

/* RCX: a private GPA, of a REPORTMACSTRUCT. */
static uint64_t verifyreport(struct ref_vcpu *vcpu, const struct kvm_regs *regs, long *r)
{
	static const uint64_t status[] = {
		[TD_REPORT_GOOD] = TDX_SUCCESS, [TD_REPORT_BAD_CPUSVN] = TDX_INVALID_CPUSVN,
		[TD_REPORT_BAD_MAC] = TDX_INVALID_REPORTMACSTRUCT,
	};
	const struct tdx_report_mac *mac;

	if (bad_gpa(vcpu, regs->rcx, TDX_REPORT_MAC_ALIGN, true))
		return INVALID(RCX);
	mac = guest_memory(vcpu, regs->rcx, r);
	return mac ? status[td_report_verify(mac)] : TDX_SUCCESS;
}

long ref_tdg_mr(struct ref_vcpu *vcpu)
{
	long r = REF_RESUME, err;
	struct kvm_regs regs;
	uint64_t status;

	err = engine->get_regs(vcpu->host->engine, &regs);
	if (err)
		return err;
	pthread_mutex_lock(&vcpu->vm->measure_lock);
	status = regs.rax == TDG_MR_REPORT ? report(vcpu, &regs, &r) :
		 regs.rax == TDG_MR_RTMR_EXTEND ? rtmr_extend(vcpu, &regs, &r) :
		 verifyreport(vcpu, &regs, &r);
	pthread_mutex_unlock(&vcpu->vm->measure_lock);
	if (r != REF_RESUME)
		return r;
	regs.rax = status;
	err = engine->set_regs(vcpu->host->engine, &regs);
	return err ? err : REF_RESUME;
}
