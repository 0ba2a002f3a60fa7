// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMRUN: a guest's CPU as the VMCB describes it, with the engine executing its
 * instructions (AMD APM 2, sections 15.5 to 15.36).  A model.
 *
 * SEV-ES guests' registers are in their VMSA, which is loaded when the VMCB first names it
 * (hw_svm_vmsa.c); after that the engine has them.  Other guests' come from the VMCB each
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

/* ---- memory ---- */

void npt_of(const struct world *w, struct npt *npt)
{
	npt->root = get_u64(w->vmcb, VMCB_NESTED_CR3);
	npt->view_bit = w->vcpu->vm->view_bit;
	npt->rmp = w->snp && image->rmp_guest_page;
}

/* Is what the engine has still so? */
static bool still_mapped(void *data, uint64_t gpa, uint64_t pa, bool writable)
{
	struct npt_entry e;

	return !npt_walk(data, gpa, &e) && e.pa == pa && e.writable == writable;
}

static void flush_if_told(struct world *w)
{
	uint32_t asid = get_u32(w->vmcb, VMCB_ASID);
	uint8_t control = get_u8(w->vmcb, VMCB_TLB_CONTROL);
	struct npt npt;

	if (!control && asid == w->vcpu->asid)
		return;
	w->vcpu->asid = asid;
	npt_of(w, &npt);
	gtlb_flush(w->vcpu->vm->gtlb, still_mapped, &npt);
}

/* What the guest waited for is translated before it goes on, as it would be then. */
static void map_faulted(struct world *w)
{
	uint64_t gpa = w->vcpu->npf_gpa;
	struct npt_entry e;
	struct npt npt;

	if (!gpa)
		return;
	w->vcpu->npf_gpa = 0;
	npt_of(w, &npt);
	if (!npt_walk(&npt, gpa, &e))
		gtlb_map(w->vcpu->vm->gtlb, w->vcpu->npf_at, e.pa, e.writable);
}

/*
 * A fault comes before its instruction: KVM may emulate it.  Where the engine has it done but
 * for the write, and cannot undo it, that write is done when KVM has mapped the page; false:
 * it has not, so it wanted the instruction.
 */
static bool before_access(struct world *w, uint64_t gpa)
{
	struct engine_exit *exit = &w->vcpu->exit;

	if (exit->mem.retired && engine->unwind(w->vcpu->engine, exit)) {
		if (w->vcpu->retired_gpa == gpa) {
			inproc_not_driven("engine %s cannot undo the instruction that writes to GPA "
					  "0x%llx", engine->name,
					  (unsigned long long)exit->mem.gpa);
			vmexit(w, EXIT_INVALID, 0, 0);
			return false;
		}
		w->vcpu->retired_gpa = gpa;
		return true;
	}
	w->vcpu->retired_gpa = 0;
	exit->abandon = true;
	return true;
}

/*
 * An access to what the engine does not have, or has read-only: from the page tables, or a
 * nested page fault.  True to go on.
 */
static bool memory(struct world *w)
{
	struct engine_exit *exit = &w->vcpu->exit;
	const uint64_t at = exit->mem.gpa & ~0xfffULL;
	bool write = exit->mem.write;
	uint64_t gpa = at, error;
	struct npt_entry e;
	struct npt npt;
	int ret;

	npt_of(w, &npt);
	/*
	 * A guest's page tables are private, whatever the C-bit says, and written to, since
	 * their accessed bits may have to be set.  An engine that does not look for them there
	 * has that page in place of the shared one, until the next flush.
	 */
	if (exit->mem.walk) {
		gpa |= npt.view_bit;
		write = true;
	}
	error = npt_walk(&npt, gpa, &e);
	if (!error && write && !e.writable)
		error = NPF_PRESENT;
	if (!error) {
		ret = gtlb_map(w->vcpu->vm->gtlb, at, e.pa, e.writable);
		if (!ret)
			return true;
		inproc_diag("engine %s cannot map GPA 0x%llx: %s", engine->name,
			    (unsigned long long)gpa, strerror(-ret));
		vmexit(w, EXIT_INVALID, 0, 0);
		return false;
	}
	if (!w->es && !before_access(w, gpa))
		return false;
	w->vcpu->npf_gpa = gpa;
	w->vcpu->npf_at = at;
	error &= ~NPF_NOT_PRESENT;
	error |= NPF_USER | (write ? NPF_WRITE : 0) |
		 (exit->mem.fetch ? NPF_FETCH : 0) | (gpa & npt.view_bit ? NPF_ENC : 0) |
		 (exit->mem.walk ? NPF_TABLE : NPF_FINAL);
	vmexit(w, EXIT_NPF, error, exit->mem.gpa & ~npt.view_bit);
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
	return svm_vmsa_enter(w);
}

static void store_world(struct world *w)
{
	if (w->es)
		set_u64(w->vmcb, VMCB_GHCB_GPA, w->vcpu->ghcb_msr);
	else
		store_vmcb(w);
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

/*
 * What the instruction left open in the engine ends here, before KVM emulates it: the engine
 * may have to finish it for that, with writes to memory.
 */
static void drop(struct world *w)
{
	struct src_vcpu *vcpu = w->vcpu;

	if (vcpu->exit.abandon && engine->run(vcpu->engine, &vcpu->exit, &vcpu->sigmask, true))
		inproc_diag("engine %s does not drop an instruction", engine->name);
}

/*
 * An event that KVM injects is delivered before an interrupt that waits ends the guest, which
 * KVM counts on when it sends itself one.  Engines look for an interrupt first: the guest goes
 * on as far as the first instruction of its handler, and so one further than on hardware.
 */
static void deliver_first(struct world *w)
{
	struct src_vcpu *vcpu = w->vcpu;

	vcpu->delivers = w->injects && image->irq_pending() &&
			 (engine->features() & ENGINE_CAN_STEP) &&
			 !engine->set_traps(vcpu->engine, vcpu->traps | ENGINE_TRAP_STEP);
}

static void delivered(struct src_vcpu *vcpu)
{
	if (vcpu->delivers)
		engine->set_traps(vcpu->engine, vcpu->traps);
	vcpu->delivers = false;
}

IMAGE_CALL int hw_vmrun(struct image_gprs *gprs, void *loaded)
{
	struct world w = {
		.vcpu = src_now.vcpu,
		.vmcb = (void *)gprs->gpr[IMAGE_RAX],
		.loaded = loaded,
		.gprs = gprs,
	};
	uint64_t code;
	int ret;

	w.es = get_u64(w.vmcb, VMCB_NESTED_CTL) & NESTED_CTL_SEV_ES;
	w.snp = w.es && svm_is_snp(&w);
	w.sev = get_u64(w.vmcb, VMCB_NESTED_CTL) & NESTED_CTL_SEV;
	code = load_world(&w);
	if (code) {
		vmexit(&w, code, 0, 0);
		return 0;
	}
	flush_if_told(&w);
	map_faulted(&w);
	if (svm_inject(&w) || svm_set_traps(&w)) {
		vmexit(&w, EXIT_INVALID, 0, 0);
		svm_vmsa_leave();
		return 0;
	}
	if (!w.es)
		svm_virtual_interrupt(&w);
	race_guest_enters();
	deliver_first(&w);
	do {
		ret = guest_run(w.vcpu);
		if (ret)
			vmexit(&w, EXIT_INVALID, 0, 0);
	} while (!ret && handle(&w));
	delivered(w.vcpu);
	race_guest_left(get_u64(w.vmcb, VMCB_EXIT_CODE) == EXIT_VMGEXIT);
	if (!ret)
		drop(&w);
	svm_not_injected(&w);
	svm_virtual_interrupt_taken(&w);
	svm_interrupt_state(&w);
	store_world(&w);
	if (svm_leave_delay && get_u64(w.vmcb, VMCB_EXIT_CODE) == EXIT_INTR)
		usleep(svm_leave_delay);
	if (w.es)
		svm_vmsa_leave();
	return (get_u64(w.vmcb, VMCB_EXIT_CODE) == EXIT_INTR ? IMAGE_VMRUN_INTERRUPTED : 0) |
	       (w.es && w.vcpu->debug_swap ? IMAGE_VMRUN_DEBUG_SWAP : 0);
}
