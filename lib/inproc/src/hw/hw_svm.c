// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMRUN: a guest's CPU as the VMCB describes it, with the engine executing its
 * instructions (AMD APM 2, sections 15.5 to 15.36).  A model.
 *
 * SEV-ES guests' registers are in their VMSA, which is loaded when the VMCB first names it
 * (hw_svm_vmsa.c); after that the engine has them.  Without SNP they are stored there, too:
 * another vCPU may go on with it.  Other guests' come from the VMCB each
 * time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "engine/sites.h"
#include "hw.h"
#include "hw_svm.h"
#include "src/image/loader.h"
#include "src/watch/race.h"
#include "vmcb.h"
#include "vmsa.h"

#define MSR_AMD64_SEV_ES_GHCB	0xc0010130

void vmexit(struct world *w, uint64_t code, uint64_t info1, uint64_t info2)
{
	set_u64(w->vmcb, VMCB_EXIT_CODE, code);
	set_u64(w->vmcb, VMCB_EXIT_INFO_1, info1);
	set_u64(w->vmcb, VMCB_EXIT_INFO_2, info2);
}

static void flush_if_told(struct world *w)
{
	uint32_t asid = get_u32(w->vmcb, VMCB_ASID);
	uint8_t control = get_u8(w->vmcb, VMCB_TLB_CONTROL);

	if (!control && asid == w->vcpu->asid)
		return;
	w->vcpu->asid = asid;
	world_flush(w);
}

/* True to go on. */
static bool memory(struct world *w)
{
	const struct engine_exit *exit = &w->vcpu->exit;
	struct world_fault fault;

	switch (world_memory(w, &fault)) {
	case WORLD_MEMORY_THERE:
		return true;
	case WORLD_MEMORY_FAILED:
		vmexit(w, EXIT_INVALID, 0, 0);
		return false;
	case WORLD_MEMORY_FAULT:
		break;
	}
	fault.error &= ~NPF_NOT_PRESENT;
	fault.error |= NPF_USER | (fault.write ? NPF_WRITE : 0) |
		       (exit->mem.fetch ? NPF_FETCH : 0) |
		       (fault.gpa & w->npt.view_bit ? NPF_ENC : 0) |
		       (exit->mem.walk ? NPF_TABLE : NPF_FINAL);
	vmexit(w, EXIT_NPF, fault.error, exit->mem.gpa & ~w->npt.view_bit);
	return false;
}

/* ---- the GHCB MSR, and instructions that an SEV-ES guest cannot execute ---- */

/*
 * RDMSR or WRMSR at a patched site.  The GHCB MSR is not intercepted on
 * hardware: the guest's CPU keeps it, and #VMEXIT shows it in the VMCB.
 */
static bool patched_msr(struct src_vcpu *vcpu, bool write)
{
	struct kvm_regs regs;

	if (engine->get_regs(vcpu->engine, &regs))
		return false;
	if ((uint32_t)regs.rcx != MSR_AMD64_SEV_ES_GHCB) {
		inproc_diag("guest accesses MSR %#x at a site marked for the GHCB MSR",
			    (uint32_t)regs.rcx);
		return false;
	}
	if (write) {
		vcpu->ghcb_msr = regs.rdx << 32 | (uint32_t)regs.rax;
		return true;
	}
	regs.rax = (uint32_t)vcpu->ghcb_msr;
	regs.rdx = vcpu->ghcb_msr >> 32;
	return !engine->set_regs(vcpu->engine, &regs);
}

static void trapped_msr(struct world *w)
{
	struct src_vcpu *vcpu = w->vcpu;

	if (svm_sev_status(w))
		return;
	if (vcpu->exit.msr.write)
		vcpu->ghcb_msr = vcpu->exit.msr.data;
	else
		vcpu->exit.msr.data = vcpu->ghcb_msr;
	vcpu->exit.msr.error = false;
}

/* True to go on. */
static bool es_io(struct world *w)
{
	const struct engine_exit *exit = &w->vcpu->exit;

	if (!exit->io.in) {
		switch (exit->io.port) {
		case TRAP_PORT_VMGEXIT:
			vmexit(w, EXIT_VMGEXIT, 0, 0);
			return false;
		case TRAP_PORT_WRMSR:
		case TRAP_PORT_RDMSR:
			if (patched_msr(w->vcpu, exit->io.port == TRAP_PORT_WRMSR))
				return true;
			vmexit(w, EXIT_INVALID, 0, 0);
			return false;
		case TRAP_PORT_RMPADJUST:
			if (svm_rmpadjust(w))
				return true;
			vmexit(w, EXIT_INVALID, 0, 0);
			return false;
		case TRAP_PORT_PVALIDATE:
			inproc_not_driven("PVALIDATE: no page of a guest has to be validated here");
			vmexit(w, EXIT_INVALID, 0, 0);
			return false;
		}
	}
	inproc_not_driven("#VC: a guest under SEV-ES used port I/O (%s port %#x)",
			  exit->io.in ? "IN" : "OUT", exit->io.port);
	vmexit(w, EXIT_INVALID, 0, 0);
	return false;
}

static void es_refused(struct world *w, const char *insn)
{
	inproc_not_driven("#VC: a guest under SEV-ES executed %s", insn);
	vmexit(w, EXIT_INVALID, 0, 0);
}

/* ---- VMRUN ---- */

static int load_vmcb(struct world *w)
{
	struct src_vcpu *vcpu = w->vcpu;
	struct vmcb_state state = {
		.save = svm_save_area(w),
		.loaded = w->loaded,
		.tpr = get_u32(w->vmcb, VMCB_V_INTR) & V_TPR,
		.gprs = w->gprs,
	};

	return vmcb_load(vcpu, &state) ?: svm_load_msrs(w) ?: svm_trap_msrs(w);
}

static void store_vmcb(struct world *w)
{
	struct vmcb_state state = {
		.save = svm_save_area(w),
		.loaded = w->loaded,
		.gprs = w->gprs,
	};

	vmcb_store(w->vcpu, &state);
	if (svm_store_msrs(w))
		inproc_diag("engine %s does not give the guest's MSRs", engine->name);
	if (!w->keep_tpr)
		set_u32(w->vmcb, VMCB_V_INTR,
			(get_u32(w->vmcb, VMCB_V_INTR) & ~V_TPR) | (state.tpr & V_TPR));
}

/* Why the guest cannot be entered, an exit code; 0: it can. */
static uint64_t load_world(struct world *w)
{
	struct src_vcpu *vcpu = w->vcpu;
	uint64_t code;
	int ret;

	if (w->sev) {
		vcpu->vm->view_bit = hw_c_bit;
		vcpu->vm->view_bit_is_private = true;
	}
	ret = guest_vcpu_init(vcpu);
	if (!ret && engine->set_table_bits)
		engine->set_table_bits(vcpu->engine, vcpu->vm->view_bit);
	if (!ret && !w->es)
		ret = load_vmcb(w);
	if (ret) {
		inproc_diag("engine %s cannot take the guest's state: %s", engine->name,
			    strerror(-ret));
		return EXIT_INVALID;
	}
	if (!w->es)
		return 0;
	vcpu->ghcb_msr = get_u64(w->vmcb, VMCB_GHCB_GPA);
	code = svm_vmsa_enter(w);
	if (!code && svm_write_traps_enter(w)) {
		svm_vmsa_leave();
		code = EXIT_INVALID;
	}
	return code;
}

static void store_world(struct world *w)
{
	if (!w->es) {
		store_vmcb(w);
		return;
	}
	set_u64(w->vmcb, VMCB_GHCB_GPA, w->vcpu->ghcb_msr);
	/* The VMSA of an SNP guest is its own, and goes to no other vCPU. */
	if (w->snp)
		return;
	/* For the engine VMGEXIT is an OUT, which is open until it is run again. */
	if (get_u64(w->vmcb, VMCB_EXIT_CODE) == EXIT_VMGEXIT &&
	    engine->run(w->vcpu->engine, &w->vcpu->exit, &w->vcpu->sigmask, true))
		inproc_diag("engine %s does not end an instruction", engine->name);
	vmsa_store(w->vcpu, (void *)w->vcpu->vmsa_pa);
}

/* One exit of the engine's.  True to go on. */
static bool handle(struct world *w)
{
	struct engine_exit *exit = &w->vcpu->exit;

	switch (exit->reason) {
	case ENGINE_EXIT_IO:
		if (w->es)
			return es_io(w);
		return svm_io(w);
	case ENGINE_EXIT_MSR:
		if (w->es) {
			trapped_msr(w);
			return true;
		}
		return svm_msr(w);
	case ENGINE_EXIT_MEM:
		return memory(w);
	case ENGINE_EXIT_INTR:
		vmexit(w, EXIT_INTR, 0, 0);
		return false;
	case ENGINE_EXIT_SHUTDOWN:
		vmexit(w, EXIT_SHUTDOWN, 0, 0);
		return false;
	case ENGINE_EXIT_HLT:
		if (!w->es)
			return svm_hlt(w);
		es_refused(w, "HLT");
		return false;
	case ENGINE_EXIT_WINDOW:
		vmexit(w, EXIT_VINTR, 0, 0);
		return false;
	case ENGINE_EXIT_EXCEPTION:
		return svm_exception(w);
	case ENGINE_EXIT_CPUID:
		return svm_cpuid(w);
	case ENGINE_EXIT_TPR:
		return svm_tpr(w);
	case ENGINE_EXIT_CR:
	case ENGINE_EXIT_STEP:
		vmexit(w, EXIT_INTR, 0, 0);
		return false;
	case ENGINE_EXIT_FAIL:
		inproc_diag("engine %s: %s", engine->name, exit->text);
		vmexit(w, EXIT_INVALID, 0, 0);
		return false;
	}
	return false;
}

static int vmrun(struct world *w)
{
	uint64_t code;
	int ret;

	/* APM 2, 15.34.3 and 15.35: encryption needs nested paging, and encrypted state memory. */
	code = (w->sev && !(get_u64(w->vmcb, VMCB_NESTED_CTL) & NESTED_CTL_NP)) ||
	       (w->es && !w->sev) ? EXIT_INVALID : load_world(w);
	if (code) {
		vmexit(w, code, 0, 0);
		return 0;
	}
	w->npt = (struct npt){
		.root = get_u64(w->vmcb, VMCB_NESTED_CR3),
		.view_bit = w->vcpu->vm->view_bit,
		.rmp = w->snp && image->rmp_guest_page,
	};
	svm_check_intercepts(w);
	flush_if_told(w);
	world_map_faulted(w);
	if (w->es && svm_write_traps_go_on(w)) {
		svm_interrupt_state(w);
		store_world(w);
		svm_vmsa_leave();
		return 0;
	}
	if (svm_inject(w) || svm_set_traps(w)) {
		vmexit(w, EXIT_INVALID, 0, 0);
		svm_vmsa_leave();
		return 0;
	}
	if (!w->es)
		svm_virtual_interrupt(w);
	race_guest_enters();
	world_enter(w);
	do {
		ret = guest_run(w->vcpu);
		if (ret)
			vmexit(w, EXIT_INVALID, 0, 0);
	} while (!ret && handle(w));
	race_guest_left(get_u64(w->vmcb, VMCB_EXIT_CODE) == EXIT_VMGEXIT);
	world_leave(w);
	svm_not_injected(w);
	svm_virtual_interrupt_taken(w);
	svm_interrupt_state(w);
	if (w->es)
		svm_write_traps_leave(w);
	store_world(w);
	if (svm_leave_delay && get_u64(w->vmcb, VMCB_EXIT_CODE) == EXIT_INTR)
		usleep(svm_leave_delay);
	if (w->es)
		svm_vmsa_leave();
	return (get_u64(w->vmcb, VMCB_EXIT_CODE) == EXIT_INTR ? IMAGE_VMRUN_INTERRUPTED : 0) |
	       (w->es && (w->vcpu->sev_features & SEV_FEATURES_DEBUG_SWAP) ? IMAGE_VMRUN_DEBUG_SWAP : 0);
}

IMAGE_CALL int hw_vmrun(struct image_gprs *gprs, void *loaded)
{
	struct world w = {
		.vcpu = src_now.vcpu,
		.vmcb = (void *)gprs->gpr[IMAGE_RAX],
		.loaded = loaded,
		.gprs = gprs,
	};
	int ret;

	w.es = get_u64(w.vmcb, VMCB_NESTED_CTL) & NESTED_CTL_SEV_ES;
	w.snp = w.es && svm_is_snp(&w);
	w.sev = get_u64(w.vmcb, VMCB_NESTED_CTL) & NESTED_CTL_SEV;
	svm_check_tlb(&w);
	svm_check_clean(&w);
	ret = vmrun(&w);
	svm_keep_clean(&w);
	return ret;
}
