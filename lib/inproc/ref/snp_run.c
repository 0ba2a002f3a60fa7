// SPDX-License-Identifier: GPL-2.0-only
/* KVM_RUN of an SNP guest: trap sites, faults, and what a vCPU waits for. */
#include <errno.h>

#include "engine/sites.h"
#include "snp.h"

#define MSR_GHCB	0xc0010130
#define MSR_SEV_STATUS	0xc0010131
#define SEV_STATUS	7		/* SEV, SEV-ES and SNP are on */

/* linux/kvm.h, newer than the one that this is built with may be */
#define SYSTEM_EVENT_SEV_TERM	6

long snp_terminated(struct ref_vcpu *vcpu, uint64_t data)
{
	struct kvm_run *run = vcpu->host->run;

	run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	memset(&run->system_event, 0, sizeof(run->system_event));
	run->system_event.type = SYSTEM_EVENT_SEV_TERM;
	run->system_event.ndata = 1;
	run->system_event.data[0] = data;
	return 0;
}

/* ---- waiting ---- */

/* REF_RESUME when the vCPU is no more in @state, or has another VMSA; or what ends KVM_RUN. */
static long wait_in(struct ref_vcpu *vcpu, uint32_t state)
{
	struct kvm_run *run = vcpu->host->run;
	int r;

	while (__atomic_load_n(&vcpu->mp_state.mp_state, __ATOMIC_ACQUIRE) == state &&
	       !__atomic_load_n(&vcpu->snp.load, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&run->immediate_exit, __ATOMIC_RELAXED))
			return -EINTR;
		r = inproc_wait(vcpu->host);
		if (r < 0)
			return r;
		if (r == INPROC_WAIT_SIGNAL) {
			run->exit_reason = KVM_EXIT_INTR;
			return -EINTR;
		}
	}
	return REF_RESUME;
}

static long held(struct ref_vcpu *vcpu)
{
	long r = wait_in(vcpu, KVM_MP_STATE_AP_RESET_HOLD);
	bool sipi;

	if (r != REF_RESUME) {
		vcpu->complete = held;
		return r;
	}
	/* There is nobody left to tell. */
	if (__atomic_load_n(&vcpu->snp.load, __ATOMIC_ACQUIRE))
		return REF_RESUME;
	/* A SIPI is told by another value than 0, whatever else ends it by 0. */
	sipi = vcpu->mp_state.mp_state == KVM_MP_STATE_SIPI_RECEIVED;
	vcpu->mp_state.mp_state = KVM_MP_STATE_RUNNABLE;
	if (!vcpu->snp.hold_by_msr)
		return ghcb_done(vcpu, sipi);
	vcpu->snp.ghcb_msr = ghcb_msr_hold_answer(sipi);
	return REF_RESUME;
}

long snp_hold(struct ref_vcpu *vcpu, bool by_msr)
{
	vcpu->snp.hold_by_msr = by_msr;
	vcpu->mp_state.mp_state = KVM_MP_STATE_AP_RESET_HOLD;
	return held(vcpu);
}

/*
 * GHCB 2.0, "NMI Complete": the guest says so when it has handled one, since nobody sees its IRET.
 */
static long inject_nmi(struct ref_vcpu *vcpu)
{
	struct kvm_vcpu_events events;
	int r;

	if (!vcpu->snp.nmis || vcpu->snp.nmi_masked)
		return 0;
	r = engine->get_events(vcpu->host->engine, &events);
	if (r)
		return r;
	events.nmi.injected = 1;
	r = engine->set_events(vcpu->host->engine, &events);
	if (r)
		return r;
	vcpu->snp.nmis--;
	vcpu->snp.nmi_masked = true;
	return 0;
}

long snp_enter(struct ref_vcpu *vcpu)
{
	uint32_t state;
	long r;

	vcpu->vm->snp.ran = true;
	for (;;) {
		r = snp_take_vmsa(vcpu);
		if (r)
			return r;
		state = __atomic_load_n(&vcpu->mp_state.mp_state, __ATOMIC_ACQUIRE);
		if (state == KVM_MP_STATE_RUNNABLE)
			break;
		if (state == KVM_MP_STATE_SIPI_RECEIVED) {
			vcpu->mp_state.mp_state = KVM_MP_STATE_RUNNABLE;
			continue;
		}
		r = wait_in(vcpu, state);
		if (r != REF_RESUME)
			return r;
	}
	/* Without a VMSA there is no guest to enter. */
	if (!vcpu->initialized)
		return -EINVAL;
	r = inject_nmi(vcpu);
	return r ? r : REF_RESUME;
}

/* ---- what the engine stops at ---- */

/* RDMSR or WRMSR at a site that is marked for the GHCB MSR, which is not intercepted. */
static long marked_msr(struct ref_vcpu *vcpu, bool write)
{
	struct kvm_regs regs;
	long r = engine->get_regs(vcpu->host->engine, &regs);

	if (r)
		return r;
	if ((uint32_t)regs.rcx != MSR_GHCB) {
		inproc_diag("a guest accesses MSR %#x at a site marked for the GHCB MSR",
			    (uint32_t)regs.rcx);
		return ref_internal_error(vcpu);
	}
	if (write) {
		vcpu->snp.ghcb_msr = regs.rdx << 32 | (uint32_t)regs.rax;
		return REF_RESUME;
	}
	regs.rax = (uint32_t)vcpu->snp.ghcb_msr;
	regs.rdx = vcpu->snp.ghcb_msr >> 32;
	r = engine->set_regs(vcpu->host->engine, &regs);
	return r ? r : REF_RESUME;
}

long snp_msr(struct ref_vcpu *vcpu)
{
	struct engine_exit *exit = &vcpu->host->exit;

	exit->msr.error = false;
	if (exit->msr.index == MSR_SEV_STATUS && !exit->msr.write)
		exit->msr.data = SEV_STATUS;
	else if (exit->msr.index == MSR_GHCB && exit->msr.write)
		vcpu->snp.ghcb_msr = exit->msr.data;
	else if (exit->msr.index == MSR_GHCB)
		exit->msr.data = vcpu->snp.ghcb_msr;
	else
		exit->msr.error = true;
	return REF_RESUME;
}

long snp_io(struct ref_vcpu *vcpu)
{
	const struct engine_exit *exit = &vcpu->host->exit;

	switch (exit->io.in ? 0 : exit->io.port) {
	case TRAP_PORT_VMGEXIT:
		return vcpu->snp.ghcb_msr % PAGE_SIZE ? snp_msr_protocol(vcpu) : snp_vmgexit(vcpu);
	case TRAP_PORT_WRMSR:
	case TRAP_PORT_RDMSR:
		return marked_msr(vcpu, exit->io.port == TRAP_PORT_WRMSR);
	case TRAP_PORT_RMPADJUST:
		return snp_rmpadjust(vcpu);
	case TRAP_PORT_PVALIDATE:
		return snp_pvalidate(vcpu);
	}
	inproc_diag("an SNP guest used port I/O (%s port %#x), which is #VC on hardware",
		    exit->io.in ? "IN" : "OUT", exit->io.port);
	return ref_internal_error(vcpu);
}

/* ---- faults ---- */

/* Has the page at @gpa that view, and memory for it? */
static bool has_view(struct ref_vcpu *vcpu, uint64_t gpa, bool private)
{
	struct inproc_vm *vm = vcpu->host->vm;

	return inproc_gpa_is_private(vm, gpa) == private &&
	       inproc_gpa_to_hva(vm, gpa, private, NULL);
}

/* The CPU reads a guest's page tables in the private view, whatever they say themselves. */
long snp_fault(struct ref_vcpu *vcpu)
{
	const struct engine_exit *exit = &vcpu->host->exit;
	struct inproc_vm *vm = vcpu->host->vm;
	const bool private = exit->mem.walk || (exit->mem.gpa & vm->view_bit);
	const uint64_t gpa = exit->mem.gpa & ~vm->view_bit;

	/* The VMM was faster. */
	if (has_view(vcpu, gpa, private) && !(exit->mem.write && inproc_is_readonly(vm, gpa)))
		return REF_RESUME;
	if (private || inproc_gpa_is_private(vm, gpa))
		return ref_memory_fault(vcpu, gpa, private);
	/* Devices are #VC, and the guest asks for the access by an event. */
	inproc_diag("an SNP guest accesses shared GPA 0x%llx, where it may not",
		    (unsigned long long)gpa);
	return ref_internal_error(vcpu);
}
