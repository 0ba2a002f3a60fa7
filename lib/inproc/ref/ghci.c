// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL in KVM: what the guest asks for, as "Intel TDX GHCI 1.5" has it, and
 * the exits to the VMM, as api.rst has them.
 */
#include <errno.h>
#include <string.h>

#include "ref.h"

/* tdx-dedicated */
#define EXIT_TDX_GET_QUOTE_V1		41
#define EXIT_TDX_GET_QUOTE_V2		40
#define EXIT_TDX_SETUP_EVENT_NOTIFY	42

long ref_status(struct ref_vcpu *vcpu, uint64_t status)
{
	vcpu->call[TD_R10] = status;
	return ref_answer(vcpu);
}

static void *exit_data(struct ref_vcpu *vcpu)
{
	return &vcpu->host->run->hw;
}

/* ---- KVM_EXIT_TDX ---- */

/* Every struct of its union begins with ret. */
static struct tdx_exit *tdx_exit(struct ref_vcpu *vcpu)
{
	struct tdx_exit *exit = exit_data(vcpu);

	memset(exit, 0, sizeof(*exit));
	vcpu->host->run->exit_reason = TDX_EXIT_REASON;
	exit->nr = vcpu->call[TD_R11];
	exit->unknown.ret = GHCI_SUBFUNC_UNSUPPORTED;
	return exit;
}

/* R10 is what the VMM says: it knows the status codes. */
static long status_complete(struct ref_vcpu *vcpu)
{
	const struct tdx_exit *exit = exit_data(vcpu);

	return ref_status(vcpu, exit->unknown.ret);
}

static long info_complete(struct ref_vcpu *vcpu)
{
	const struct tdx_exit *exit = exit_data(vcpu);

	vcpu->call[TD_R11] = exit->get_tdvmcall_info.r11;
	vcpu->call[TD_R12] = exit->get_tdvmcall_info.r12;
	vcpu->call[TD_R13] = exit->get_tdvmcall_info.r13;
	vcpu->call[TD_R14] = exit->get_tdvmcall_info.r14;
	return ref_status(vcpu, exit->get_tdvmcall_info.ret);
}

static long get_info(struct ref_vcpu *vcpu)
{
	struct tdx_exit *exit;

	switch (vcpu->call[TD_R12]) {
	case 0:
		vcpu->call[TD_R11] = vcpu->call[TD_R12] = 0;
		vcpu->call[TD_R13] = vcpu->call[TD_R14] = 0;
		return ref_status(vcpu, GHCI_SUCCESS);
	case 1:
		if (ref_revision != REF_TDX)
			break;
		exit = tdx_exit(vcpu);
		exit->get_tdvmcall_info.ret = GHCI_SUCCESS;
		exit->get_tdvmcall_info.leaf = vcpu->call[TD_R12];
		vcpu->complete = info_complete;
		return 0;
	}
	return ref_status(vcpu, GHCI_INVALID_OPERAND);
}

/* ---- the exits of tdx-dedicated, where ret is the first word ---- */

static long dedicated_complete(struct ref_vcpu *vcpu)
{
	return ref_status(vcpu, *(uint64_t *)exit_data(vcpu));
}

static long dedicated_get_quote(struct ref_vcpu *vcpu)
{
	struct tdx_dedicated_get_quote *quote = exit_data(vcpu);
	uint64_t gpa = vcpu->call[TD_R12], size = vcpu->call[TD_R13];

	if (ref_revision == REF_TDX_DEDICATED_V1) {
		if (!PAGE_ALIGNED(gpa) || !PAGE_ALIGNED(size))
			return ref_status(vcpu, GHCI_INVALID_OPERAND);
	} else {
		gpa &= ~vcpu->vm->shared_bit;
	}
	vcpu->host->run->exit_reason = ref_revision == REF_TDX_DEDICATED_V1 ?
				       EXIT_TDX_GET_QUOTE_V1 : EXIT_TDX_GET_QUOTE_V2;
	quote->ret = GHCI_SUBFUNC_UNSUPPORTED;
	quote->gpa = gpa;
	quote->size = size;
	vcpu->complete = dedicated_complete;
	return 0;
}

static long dedicated_event_notify(struct ref_vcpu *vcpu)
{
	struct tdx_dedicated_event_notify *notify = exit_data(vcpu);

	vcpu->host->run->exit_reason = EXIT_TDX_SETUP_EVENT_NOTIFY;
	notify->ret = GHCI_SUBFUNC_UNSUPPORTED;
	notify->vector = (uint8_t)vcpu->call[TD_R12];
	vcpu->complete = dedicated_complete;
	return 0;
}

/* ---- the other leaves ---- */

static long get_quote(struct ref_vcpu *vcpu)
{
	struct tdx_exit *exit;

	/* The buffer is shared with the VMM, or the VMM could not write to it. */
	if (!(vcpu->call[TD_R12] & vcpu->vm->shared_bit))
		return ref_status(vcpu, GHCI_INVALID_OPERAND);
	if (ref_revision != REF_TDX)
		return dedicated_get_quote(vcpu);
	exit = tdx_exit(vcpu);
	exit->get_quote.gpa = vcpu->call[TD_R12] & ~vcpu->vm->shared_bit;
	exit->get_quote.size = vcpu->call[TD_R13];
	vcpu->complete = status_complete;
	return 0;
}

static long setup_event_notify(struct ref_vcpu *vcpu)
{
	struct tdx_exit *exit;

	if (vcpu->call[TD_R12] < 32 || vcpu->call[TD_R12] > 255)
		return ref_status(vcpu, GHCI_INVALID_OPERAND);
	if (ref_revision != REF_TDX)
		return dedicated_event_notify(vcpu);
	exit = tdx_exit(vcpu);
	exit->setup_event_notify.vector = vcpu->call[TD_R12];
	vcpu->complete = status_complete;
	return 0;
}

/* The guest does not go on: a VMM that runs it again is told the same. */
static long report_fatal_error(struct ref_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->host->run;
	unsigned int i;

	run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	run->system_event.type = TDX_SYSTEM_EVENT_FATAL;
	run->system_event.ndata = TDX_FATAL_NDATA;
	for (i = 0; i < TDX_FATAL_NDATA; i++)
		run->system_event.data[i] = vcpu->call[i];
	vcpu->complete = report_fatal_error;
	return 0;
}

long ref_tdvmcall(struct ref_vcpu *vcpu)
{
	if (vcpu->call[TD_R10])
		return ref_hypercall(vcpu);
	switch (vcpu->call[TD_R11]) {
	case GHCI_INSTRUCTION_CPUID:
		return ref_cpuid(vcpu);
	case GHCI_INSTRUCTION_HLT:
		return ref_hlt(vcpu);
	case GHCI_INSTRUCTION_IO:
		return ref_io(vcpu);
	case GHCI_INSTRUCTION_RDMSR:
		return ref_rdmsr(vcpu);
	case GHCI_INSTRUCTION_WRMSR:
		return ref_wrmsr(vcpu);
	case GHCI_VE_REQUEST_MMIO:
		return ref_mmio(vcpu);
	case GHCI_GET_TD_VM_CALL_INFO:
		return get_info(vcpu);
	case GHCI_MAP_GPA:
		return ref_map_gpa(vcpu);
	case GHCI_GET_QUOTE:
		return ref_own_quotes ? ref_make_quote(vcpu) : get_quote(vcpu);
	case GHCI_REPORT_FATAL_ERROR:
		return report_fatal_error(vcpu);
	case GHCI_SETUP_EVENT_NOTIFY:
		/* Of what, where no quote is ever under way? */
		if (ref_own_quotes)
			break;
		return setup_event_notify(vcpu);
	}
	return ref_status(vcpu, GHCI_SUBFUNC_UNSUPPORTED);
}
