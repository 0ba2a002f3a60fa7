// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs for the image: what a TD's CPU does besides what an ordinary VM's would, as the
 * TDX module's model asks for it.
 */
#include <errno.h>
#include <string.h>

#include "race.h"
#include "src.h"

static __u64 *gpr(struct kvm_regs *regs, unsigned int nr)
{
	switch (nr) {
	case IMAGE_RAX: return &regs->rax;
	case IMAGE_RCX: return &regs->rcx;
	case IMAGE_RDX: return &regs->rdx;
	case IMAGE_RBX: return &regs->rbx;
	case IMAGE_RSP: return &regs->rsp;
	case IMAGE_RBP: return &regs->rbp;
	case IMAGE_RSI: return &regs->rsi;
	case IMAGE_RDI: return &regs->rdi;
	}
	/* r8 to r15 follow each other in the uAPI's structure. */
	return &regs->r8 + (nr - IMAGE_R8);
}

static int load_gprs(struct inproc_vcpu *vcpu, const unsigned long long *from)
{
	struct kvm_regs regs;
	int ret = engine->get_regs(vcpu->engine, &regs);

	for (unsigned int i = 0; !ret && i < IMAGE_NR_GPRS; i++)
		*gpr(&regs, i) = from[i];
	return ret ?: engine->set_regs(vcpu->engine, &regs);
}

static int save_gprs(struct inproc_vcpu *vcpu, unsigned long long *to)
{
	struct kvm_regs regs;
	int ret = engine->get_regs(vcpu->engine, &regs);

	for (unsigned int i = 0; !ret && i < IMAGE_NR_GPRS; i++)
		to[i] = *gpr(&regs, i);
	return ret;
}

IMAGE_CALL int src_td_init(void *vm, unsigned int shared_bit)
{
	return inproc_set_view(vm, 1ULL << shared_bit, false);
}

/*
 * TDX module base specification, "Initial State of Guest GPRs", "... CRs", "... Segment
 * Registers": 32-bit protected mode at the reset vector, flat segments, no paging.
 */
IMAGE_CALL int src_td_vcpu_init(void *host_vcpu, const unsigned long long *gprs)
{
	struct inproc_vcpu *vcpu = host_vcpu;
	const struct kvm_segment data = {
		.limit = 0xffffffff, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1,
	};
	struct kvm_segment code = data;
	struct kvm_regs regs = { .rip = 0xfffffff0, .rflags = 2 };
	struct kvm_sregs sregs;
	int ret = engine->get_sregs(vcpu->engine, &sregs);

	if (ret)
		return ret;
	code.type = 11;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.ldt = (struct kvm_segment){ .type = 2, .unusable = 1 };
	sregs.tr = (struct kvm_segment){ .limit = 0xffff, .type = 11, .present = 1 };
	sregs.gdt = (struct kvm_dtable){ .limit = 0xffff };
	sregs.idt = (struct kvm_dtable){ .limit = 0 };
	sregs.cr0 = 0x21;		/* PE, NE */
	sregs.cr2 = sregs.cr3 = sregs.cr8 = 0;
	sregs.cr4 = 0x40;		/* MCE */
	sregs.efer = 0x901;		/* SCE, LME, NXE */
	for (unsigned int i = 0; i < IMAGE_NR_GPRS; i++)
		*gpr(&regs, i) = gprs[i];
	return engine->set_sregs(vcpu->engine, &sregs) ?: engine->set_regs(vcpu->engine, &regs);
}

IMAGE_CALL void src_td_page(void *host_vm, unsigned long long gpa, int give)
{
	/* Where slots go, their pages are taken from the TD after them. */
	if (!inproc_give_page(host_vm, gpa, give) && give)
		inproc_diag("the TDX module gives a TD GPA 0x%llx, where no guest_memfd is", gpa);
}

IMAGE_CALL int src_td_pages(void *host_vm)
{
	return inproc_update_view(host_vm);
}

IMAGE_CALL int src_td_finalized(void *host_vm)
{
	return src_td_pages(host_vm) ?: src_patch_sites(host_vm);
}

static enum image_exit npf(struct inproc_vcpu *vcpu, struct image_td_run *run)
{
	run->private = !(vcpu->exit.mem.gpa & vcpu->vm->view_bit);
	run->gpa = vcpu->exit.mem.gpa & ~vcpu->vm->view_bit;
	run->write = vcpu->exit.mem.write;
	run->fetch = vcpu->exit.mem.fetch;
	return IMAGE_EXIT_NPF;
}

static enum image_exit io(struct inproc_vcpu *vcpu, struct image_td_run *run)
{
	if (vcpu->exit.io.in || vcpu->exit.io.port != TRAP_PORT_TDCALL) {
		inproc_diag("a TD used port I/O (%s port %#x), which is #VE on hardware",
			    vcpu->exit.io.in ? "IN" : "OUT", vcpu->exit.io.port);
		return IMAGE_EXIT_FAIL;
	}
	return save_gprs(vcpu, run->gpr) ? IMAGE_EXIT_FAIL : IMAGE_EXIT_TDCALL;
}

IMAGE_CALL void src_td_kick(void *host_vcpu)
{
	struct inproc_vcpu *vcpu = host_vcpu;
	struct src_vcpu *src = vcpu->priv;

	__atomic_store_n(&src->kicked, 1, __ATOMIC_RELEASE);
	engine->kick(vcpu->engine);
}

static void offer_interrupt(struct inproc_vcpu *vcpu, struct image_td_run *run)
{
	if (run->vector < 0 || engine->interrupt_pending(vcpu->engine) >= 0)
		return;
	engine->set_interrupt(vcpu->engine, run->vector);
	run->vector = -1;
}

static enum image_exit run_guest(struct inproc_vcpu *vcpu, struct image_td_run *run)
{
	struct src_vcpu *src = vcpu->priv;
	int ret = run->load ? load_gprs(vcpu, run->gpr) : 0;

	if (!ret) {
		offer_interrupt(vcpu, run);
		src->in_guest = true;
		ret = engine->run(vcpu->engine, &vcpu->exit, &vcpu->sigmask, false);
		src->in_guest = false;
	}
	run->pending = engine->interrupt_pending(vcpu->engine) >= 0;
	if (ret) {
		inproc_diag("engine %s failed: %s", engine->name, strerror(-ret));
		return IMAGE_EXIT_FAIL;
	}
	switch (vcpu->exit.reason) {
	case ENGINE_EXIT_IO:
		return io(vcpu, run);
	case ENGINE_EXIT_MEM:
		return npf(vcpu, run);
	case ENGINE_EXIT_INTR:
		/* A signal that came together with a kick shows again. */
		return __atomic_exchange_n(&src->kicked, 0, __ATOMIC_ACQ_REL) ? IMAGE_EXIT_KICK :
										 IMAGE_EXIT_INTR;
	case ENGINE_EXIT_SHUTDOWN:
		return IMAGE_EXIT_SHUTDOWN;
	case ENGINE_EXIT_HLT:
		inproc_diag("a TD executed HLT, which is #VE on hardware");
		return IMAGE_EXIT_FAIL;
	case ENGINE_EXIT_MSR:
		inproc_diag("a TD accessed MSR %#x, which nobody trapped", vcpu->exit.msr.index);
		return IMAGE_EXIT_FAIL;
	case ENGINE_EXIT_FAIL:
		inproc_diag("engine %s: %s", engine->name, vcpu->exit.text);
		return IMAGE_EXIT_FAIL;
	}
	return IMAGE_EXIT_FAIL;
}

IMAGE_CALL enum image_exit src_td_enter(void *host_vcpu, struct image_td_run *run)
{
	enum image_exit why;

	race_guest_enters();
	why = run_guest(host_vcpu, run);
	race_guest_left(why == IMAGE_EXIT_TDCALL);
	return why;
}
