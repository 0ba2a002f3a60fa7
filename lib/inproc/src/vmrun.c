// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMRUN for the image: run the guest in the engine until it does what an
 * SNP guest's CPU would tell the hypervisor about.
 */
#include <string.h>

#include "race.h"
#include "src.h"

#define MSR_AMD64_SEV_ES_GHCB	0xc0010130

int src_trap_ghcb_msr(struct inproc_vm *vm)
{
	return engine->trap_msr ? engine->trap_msr(vm->engine, MSR_AMD64_SEV_ES_GHCB) : 0;
}

/*
 * RDMSR or WRMSR at a patched site.  The GHCB MSR is not intercepted on
 * hardware: the guest's CPU keeps it, and #VMEXIT shows it in the VMCB.
 */
static bool patched_msr(struct inproc_vcpu *vcpu, bool write)
{
	struct src_vcpu *src = vcpu->priv;
	struct kvm_regs regs;

	if (engine->get_regs(vcpu->engine, &regs))
		return false;
	if ((uint32_t)regs.rcx != MSR_AMD64_SEV_ES_GHCB) {
		inproc_diag("guest accesses MSR %#x at a site marked for the GHCB MSR",
			    (uint32_t)regs.rcx);
		return false;
	}
	if (write) {
		src->ghcb_msr = regs.rdx << 32 | (uint32_t)regs.rax;
		return true;
	}
	regs.rax = (uint32_t)src->ghcb_msr;
	regs.rdx = src->ghcb_msr >> 32;
	return !engine->set_regs(vcpu->engine, &regs);
}

static void trapped_msr(struct inproc_vcpu *vcpu)
{
	struct src_vcpu *src = vcpu->priv;

	if (vcpu->exit.msr.write)
		src->ghcb_msr = vcpu->exit.msr.data;
	else
		vcpu->exit.msr.data = src->ghcb_msr;
	vcpu->exit.msr.error = false;
}

static enum image_exit npf(struct inproc_vcpu *vcpu, struct image_vmrun *run)
{
	run->private = !!(vcpu->exit.mem.gpa & vcpu->vm->view_bit);
	run->gpa = vcpu->exit.mem.gpa & ~vcpu->vm->view_bit;
	run->write = vcpu->exit.mem.write;
	return IMAGE_EXIT_NPF;
}

/* True to run on. */
static bool handle_io(struct inproc_vcpu *vcpu, enum image_exit *why)
{
	if (!vcpu->exit.io.in) {
		switch (vcpu->exit.io.port) {
		case TRAP_PORT_VMGEXIT:
			*why = IMAGE_EXIT_VMGEXIT;
			return false;
		case TRAP_PORT_WRMSR:
		case TRAP_PORT_RDMSR:
			if (patched_msr(vcpu, vcpu->exit.io.port == TRAP_PORT_WRMSR))
				return true;
			*why = IMAGE_EXIT_FAIL;
			return false;
		}
	}
	inproc_diag("an SNP guest used port I/O (%s port %#x), which is #VC on hardware",
		    vcpu->exit.io.in ? "IN" : "OUT", vcpu->exit.io.port);
	*why = IMAGE_EXIT_FAIL;
	return false;
}

static enum image_exit run_guest(struct inproc_vcpu *vcpu, struct image_vmrun *run)
{
	struct src_vcpu *src = vcpu->priv;
	enum image_exit why = IMAGE_EXIT_FAIL;
	int ret;

	src->ghcb_msr = run->ghcb_msr;
	for (;;) {
		src->in_guest = true;
		ret = engine->run(vcpu->engine, &vcpu->exit, &vcpu->sigmask, false);
		src->in_guest = false;
		if (ret) {
			inproc_diag("engine %s failed: %s", engine->name, strerror(-ret));
			return IMAGE_EXIT_FAIL;
		}
		switch (vcpu->exit.reason) {
		case ENGINE_EXIT_IO:
			if (handle_io(vcpu, &why))
				continue;
			break;
		case ENGINE_EXIT_MSR:
			trapped_msr(vcpu);
			continue;
		case ENGINE_EXIT_MEM:
			why = npf(vcpu, run);
			break;
		case ENGINE_EXIT_INTR:
			why = IMAGE_EXIT_INTR;
			break;
		case ENGINE_EXIT_SHUTDOWN:
			why = IMAGE_EXIT_SHUTDOWN;
			break;
		case ENGINE_EXIT_HLT:
			/* Not intercepted from where it would matter: the guest waits for good. */
			inproc_diag("an SNP guest executed HLT, which is #VC on hardware");
			why = IMAGE_EXIT_FAIL;
			break;
		case ENGINE_EXIT_FAIL:
			inproc_diag("engine %s: %s", engine->name, vcpu->exit.text);
			why = IMAGE_EXIT_FAIL;
			break;
		}
		break;
	}
	run->ghcb_msr = src->ghcb_msr;
	return why;
}

IMAGE_CALL enum image_exit src_vmrun(void *host_vcpu, struct image_vmrun *run)
{
	enum image_exit why;

	race_guest_enters();
	why = run_guest(host_vcpu, run);
	race_guest_left(why == IMAGE_EXIT_VMGEXIT);
	return why;
}
