// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM entry and VM exit: a guest's CPU as the VMCS describes it, with the engine executing its
 * instructions (Intel SDM volume 3, "VM Entries", "VMX Non-Root Operation", "VM Exits").  A
 * model, of VMCSs that have passed the checks of VM entries (kernel/intel/vmentry.c).
 *
 * An engine does not stop at all that a VMCS can ask for: at MOV to CR0 and CR4, CR8, INT3 and
 * other exceptions as its features say, and never at MOV to and from CR3 and debug registers,
 * INVLPG, RDTSC, RDPMC and PAUSE, which it executes.
 */
#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "hw_vmx.h"
#include "src/image/loader.h"
#include "src/watch/race.h"
#include "vmcb.h"

/* Of an interrupt that the host takes at an exit; any will do. */
#define HOST_VECTOR	0xfd

void vmx_exit(struct world *w, enum vmx_reason reason, uint64_t qualification)
{
	vmcs_set(w->vmcs, VMCS_REASON, reason);
	vmcs_set(w->vmcs, VMCS_QUALIFICATION, qualification);
}

void vmx_insn_exit(struct world *w, enum vmx_reason reason, uint64_t qualification,
		   unsigned int len)
{
	vmx_exit(w, reason, qualification);
	vmcs_set(w->vmcs, VMCS_INSN_LEN, len);
}

static void failed(struct world *w)
{
	vmx_exit(w, VMX_TRIPLE_FAULT, 0);
}

/* ---- memory ---- */

/* "Exit Qualification for EPT Violations" */
#define VIOLATION_READ		(1u << 0)
#define VIOLATION_WRITE		(1u << 1)
#define VIOLATION_FETCH		(1u << 2)
#define VIOLATION_READABLE	(1u << 3)
#define VIOLATION_WRITABLE	(1u << 4)
#define VIOLATION_EXECUTABLE	(1u << 5)
#define VIOLATION_LINEAR	(1u << 7)
#define VIOLATION_FINAL		(1u << 8)	/* not of the guest's page tables */

static bool memory(struct world *w)
{
	const struct engine_exit *exit = &w->vcpu->exit;
	struct world_fault fault;
	uint64_t access;

	switch (world_memory(w, &fault)) {
	case WORLD_MEMORY_THERE:
		return true;
	case WORLD_MEMORY_FAILED:
		failed(w);
		return false;
	case WORLD_MEMORY_FAULT:
		break;
	}
	vmcs_set(w->vmcs, VMCS_GPA, exit->mem.gpa);
	if (fault.error & NPF_RSVD) {
		vmx_exit(w, VMX_EPT_MISCONFIG, 0);
		return false;
	}
	access = exit->mem.fetch ? VIOLATION_FETCH : fault.write ? VIOLATION_WRITE : VIOLATION_READ;
	/* A guest's page tables are read, and written to. */
	if (exit->mem.walk)
		access |= VIOLATION_READ;
	vmx_exit(w, VMX_EPT_VIOLATION, access | VIOLATION_LINEAR |
		 (exit->mem.walk ? 0 : VIOLATION_FINAL) |
		 (fault.entry.readable ? VIOLATION_READABLE : 0) |
		 (fault.entry.writable ? VIOLATION_WRITABLE : 0) |
		 (fault.entry.executable ? VIOLATION_EXECUTABLE : 0));
	return false;
}

/* Translations bear the EPTP; linear ones, with the VPID, are the engine's. */
static void flush_if_other(struct world *w)
{
	if (w->vcpu->asid == w->npt.root)
		return;
	w->vcpu->asid = w->npt.root;
	world_flush(w);
}

IMAGE_CALL void hw_invept(unsigned long long eptp)
{
	struct src_vcpu *vcpu = src_now.vcpu;
	struct world w = { .vcpu = vcpu, .npt = { .ept = true } };

	if (!vcpu || vcpu->vm->td || !vcpu->vm->gtlb)
		return;
	w.npt.root = eptp ?: vcpu->asid;
	if (w.npt.root)
		world_flush(&w);
}

/* ---- events ---- */

static int inject(struct world *w)
{
	const uint32_t event = vmcs_get(w->vmcs, VMCS_EVENT), type = event & EVENT_TYPE;
	const uint32_t blocking = vmcs_get(w->vmcs, VMCS_BLOCKING);
	const bool soft = type == EVENT_TYPE_SOFT || type == EVENT_TYPE_PRIV_SOFT ||
			  type == EVENT_TYPE_SOFT_EXEPT;

	return world_inject(w, event, vmcs_get(w->vmcs, VMCS_EVENT_ERROR), soft ?
			    vmcs_get(w->vmcs, VMCS_RIP) + vmcs_get(w->vmcs, VMCS_EVENT_LEN) : 0,
			    (engine->features() & ENGINE_CAN_SHADOW) &&
			    (blocking & (BLOCKING_STI | BLOCKING_MOV_SS)));
}

static int set_traps(struct world *w)
{
	const uint32_t cpu = vmcs_get(w->vmcs, VMCS_CPU), can = engine->features();
	uint32_t traps = 0;

	if (cpu & CPU_INTR_WINDOW)
		traps |= ENGINE_TRAP_WINDOW;
	if (can & ENGINE_CAN_CPUID)
		traps |= ENGINE_TRAP_CPUID;
	if (can & ENGINE_CAN_TPR)
		traps |= ENGINE_TRAP_TPR;
	if (can & ENGINE_CAN_CR)
		traps |= ENGINE_TRAP_CR;
	if ((cpu & (CPU_MTF | CPU_NMI_WINDOW)) && (can & ENGINE_CAN_STEP))
		traps |= ENGINE_TRAP_STEP;
	/* Instructions of VMX are #UD to the engine. */
	return world_set_traps(w, traps, vmcs_get(w->vmcs, VMCS_EXCEPTIONS) | 1U << 6);
}

/* What ends the guest before its first instruction; an event is delivered before that. */
static bool ends_at_once(struct world *w)
{
	if (!(vmcs_get(w->vmcs, VMCS_CPU) & CPU_NMI_WINDOW) || w->event ||
	    (vmcs_get(w->vmcs, VMCS_BLOCKING) & (BLOCKING_NMI | BLOCKING_MOV_SS)))
		return false;
	vmx_exit(w, VMX_NMI_WINDOW, 0);
	return true;
}

static void interrupted(struct world *w)
{
	vmx_exit(w, VMX_INTR, 0);
	vmcs_set(w->vmcs, VMCS_INTR_INFO, EVENT_VALID | EVENT_TYPE_INTR | HOST_VECTOR);
}

static bool stepped(struct world *w)
{
	const uint32_t cpu = vmcs_get(w->vmcs, VMCS_CPU);

	if (cpu & CPU_MTF)
		vmx_exit(w, VMX_MTF, 0);
	else if (cpu & CPU_NMI_WINDOW)
		vmx_exit(w, VMX_NMI_WINDOW, 0);
	else
		interrupted(w);
	return false;
}

/* ---- VM entry ---- */

/* One exit of the engine's.  True to go on. */
static bool handle(struct world *w)
{
	const struct engine_exit *exit = &w->vcpu->exit;

	switch (exit->reason) {
	case ENGINE_EXIT_IO:
		return vmx_io(w);
	case ENGINE_EXIT_MSR:
		return vmx_msr(w);
	case ENGINE_EXIT_MEM:
		return memory(w);
	case ENGINE_EXIT_INTR:
		if (vmx_apic_posted(w))
			return true;
		interrupted(w);
		return false;
	case ENGINE_EXIT_SHUTDOWN:
		vmx_exit(w, VMX_TRIPLE_FAULT, 0);
		return false;
	case ENGINE_EXIT_HLT:
		return vmx_hlt(w);
	case ENGINE_EXIT_WINDOW:
		vmx_exit(w, VMX_INTR_WINDOW, 0);
		return false;
	case ENGINE_EXIT_EXCEPTION:
		return vmx_exception(w);
	case ENGINE_EXIT_CPUID:
		w->vcpu->exit.abandon = true;
		vmx_insn_exit(w, VMX_CPUID, 0, 2);
		return false;
	case ENGINE_EXIT_CR:
		return vmx_cr(w);
	case ENGINE_EXIT_TPR:
		return vmx_apic_tpr(w);
	case ENGINE_EXIT_STEP:
		return stepped(w);
	case ENGINE_EXIT_FAIL:
		inproc_diag("engine %s: %s", engine->name, exit->text);
		failed(w);
		return false;
	}
	return false;
}

static void enter(struct world *w)
{
	int ret;

	race_guest_enters();
	world_enter(w);
	do {
		ret = guest_run(w->vcpu);
		if (ret)
			failed(w);
	} while (!ret && handle(w));
	race_guest_left(false);
	world_leave(w);
}

/* "Recording VM-Exit Information": what is not said of an exit is not so. */
static void forget_last_exit(struct image_vmcs *vmcs)
{
	vmcs_set(vmcs, VMCS_INTR_INFO, 0);
	vmcs_set(vmcs, VMCS_VECTORING, 0);
	vmcs_set(vmcs, VMCS_INSN_LEN, 0);
	vmcs_set(vmcs, VMCS_INSN_INFO, 0);
}

static void store(struct world *w)
{
	struct image_vmcs *vmcs = w->vmcs;
	uint32_t error, event = world_not_injected(w, &error);
	uint32_t blocking = vmcs_get(vmcs, VMCS_BLOCKING) & ~(BLOCKING_STI | BLOCKING_MOV_SS);

	if (event) {
		vmcs_set(vmcs, VMCS_VECTORING, event);
		vmcs_set(vmcs, VMCS_VECTORING_ERROR, error);
		if (w->soft_rip)
			vmcs_set(vmcs, VMCS_INSN_LEN, vmcs_get(vmcs, VMCS_EVENT_LEN));
	}
	vmcs_set(vmcs, VMCS_EVENT, vmcs_get(vmcs, VMCS_EVENT) & ~EVENT_VALID);
	vmcs_set(vmcs, VMCS_BLOCKING, blocking | (w->vcpu->shadow ? BLOCKING_STI : 0));
	vmx_apic_leave(w);
	if (vmx_store(w))
		inproc_diag("engine %s does not give the guest's state", engine->name);
}

IMAGE_CALL int hw_vmenter(struct image_vmcs *vmcs, struct image_gprs *gprs,
			  unsigned long long *cr2, void *shared)
{
	struct world w = {
		.vcpu = src_now.vcpu, .gprs = gprs, .vmcs = vmcs, .cr2 = cr2,
		.shared = shared,
		.npt = { .ept = true, .root = vmcs_get(vmcs, VMCS_EPTP) },
	};
	int ret;

	forget_last_exit(vmcs);
	if (vmcs_get(vmcs, VMCS_PIN) & PIN_TIMER) {
		inproc_not_driven("VMX's preemption timer");
		failed(&w);
		return 0;
	}
	ret = guest_vcpu_init(w.vcpu) ?: vmx_load(&w) ?: vmx_trap_msrs(&w);
	if (ret) {
		inproc_diag("engine %s cannot take the guest's state: %s", engine->name,
			    strerror(-ret));
		failed(&w);
		return 0;
	}
	flush_if_other(&w);
	world_map_faulted(&w);
	if (inject(&w) || set_traps(&w)) {
		failed(&w);
		return 0;
	}
	vmx_apic_enter(&w);
	if (!ends_at_once(&w))
		enter(&w);
	store(&w);
	return vmcs_get(vmcs, VMCS_REASON) == VMX_INTR;
}
