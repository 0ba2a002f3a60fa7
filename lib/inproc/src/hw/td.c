// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs for the image: what a TD's CPU does besides what an ordinary VM's would, as the
 * TDX module's model asks for it.
 */
#include <errno.h>
#include <string.h>

#include "engine/gpr.h"
#include "engine/sites.h"
#include "engine/td_reset.h"
#include "hw.h"
#include "src/watch/race.h"

static int load_gprs(struct src_vcpu *vcpu, const unsigned long long *from)
{
	struct kvm_regs regs;
	int ret = engine->get_regs(vcpu->engine, &regs);

	for (unsigned int i = 0; !ret && i < IMAGE_NR_GPRS; i++)
		*gpr_of(&regs, i) = from[i];
	return ret ?: engine->set_regs(vcpu->engine, &regs);
}

static int save_gprs(struct src_vcpu *vcpu, unsigned long long *to)
{
	struct kvm_regs regs;
	int ret = engine->get_regs(vcpu->engine, &regs);

	for (unsigned int i = 0; !ret && i < IMAGE_NR_GPRS; i++)
		to[i] = *gpr_of(&regs, i);
	return ret;
}

/* TDs that have their configuration, for what does not come from an ioctl of theirs. */
static struct src_vm *tds;
static pthread_mutex_t tds_lock = PTHREAD_MUTEX_INITIALIZER;

static struct src_vm *vm_of(const void *td)
{
	struct src_vm *vm;

	pthread_mutex_lock(&tds_lock);
	for (vm = tds; vm && vm->td != td; vm = vm->next_td)
		;
	pthread_mutex_unlock(&tds_lock);
	return vm;
}

IMAGE_CALL int src_td_init(const void *td, unsigned int shared_bit)
{
	struct src_vm *vm = src_now.vm;
	int ret;

	vm->view_bit = 1ULL << shared_bit;
	vm->view_bit_is_private = false;
	ret = guest_vm_init(vm);
	if (ret)
		return ret;
	vm->td = td;
	pthread_mutex_lock(&tds_lock);
	vm->next_td = tds;
	tds = vm;
	pthread_mutex_unlock(&tds_lock);
	return 0;
}

static void forget(const struct src_vm *vm, const void *td)
{
	struct src_vm **link;

	pthread_mutex_lock(&tds_lock);
	for (link = &tds; *link; link = &(*link)->next_td) {
		if (vm ? *link != vm : (*link)->td != td)
			continue;
		*link = (*link)->next_td;
		break;
	}
	pthread_mutex_unlock(&tds_lock);
}

IMAGE_CALL void src_td_gone(const void *td)
{
	forget(NULL, td);
}

void src_td_vm_destroyed(const struct src_vm *vm)
{
	forget(vm, NULL);
}

IMAGE_CALL int src_td_vcpu_init(const void *td, const void *vp, const unsigned long long *gprs)
{
	struct src_vcpu *vcpu = src_now.of;
	struct kvm_regs regs = { .rip = TD_RESET_RIP, .rflags = 2 };
	struct kvm_sregs sregs;
	int ret;

	(void)td;
	(void)vp;
	ret = guest_vcpu_init(vcpu) ?: engine->get_sregs(vcpu->engine, &sregs);
	if (ret)
		return ret;
	td_reset_sregs(&sregs);
	for (unsigned int i = 0; i < IMAGE_NR_GPRS; i++)
		*gpr_of(&regs, i) = gprs[i];
	return engine->set_sregs(vcpu->engine, &sregs) ?: engine->set_regs(vcpu->engine, &regs);
}

static void map(struct src_vm *vm, unsigned long long gpa, void *page, bool writable)
{
	if (gtlb_map(vm->gtlb, gpa, gpa, (uintptr_t)page, writable))
		inproc_diag("engine %s cannot map GPA 0x%llx", engine->name, gpa);
}

IMAGE_CALL void src_td_page(const void *td, unsigned long long gpa, void *page)
{
	struct src_vm *vm = vm_of(td);

	if (!vm)
		return;
	if (page)
		map(vm, gpa, page, true);
	else
		gtlb_unmap(vm->gtlb, gpa);
}

IMAGE_CALL void src_td_map_shared(const void *td, unsigned long long gpa, void *page, int writable)
{
	struct src_vm *vm = vm_of(td);

	if (vm)
		map(vm, gpa | vm->view_bit, page, writable);
}

static bool is_private(void *data, uint64_t gpa, uint64_t pa, bool writable)
{
	const struct src_vm *vm = data;

	(void)pa;
	(void)writable;
	return !(gpa & vm->view_bit);
}

IMAGE_CALL void src_td_flush_shared(const void *td)
{
	struct src_vm *vm = vm_of(td);

	if (vm)
		gtlb_flush(vm->gtlb, is_private, vm);
}

static enum image_exit npf(struct src_vcpu *vcpu, struct image_td_run *run)
{
	run->private = !(vcpu->exit.mem.gpa & vcpu->vm->view_bit);
	run->gpa = vcpu->exit.mem.gpa & ~vcpu->vm->view_bit;
	run->write = vcpu->exit.mem.write;
	run->fetch = vcpu->exit.mem.fetch;
	return IMAGE_EXIT_NPF;
}

static enum image_exit io(struct src_vcpu *vcpu, struct image_td_run *run)
{
	if (vcpu->exit.io.in || vcpu->exit.io.port != TRAP_PORT_TDCALL) {
		inproc_diag("a TD used port I/O (%s port %#x), which is #VE on hardware",
			    vcpu->exit.io.in ? "IN" : "OUT", vcpu->exit.io.port);
		return IMAGE_EXIT_FAIL;
	}
	return save_gprs(vcpu, run->gpr) ? IMAGE_EXIT_FAIL : IMAGE_EXIT_TDCALL;
}

static void offer_interrupt(struct src_vcpu *vcpu, struct image_td_run *run)
{
	if (run->vector < 0 || engine->interrupt_pending(vcpu->engine) >= 0)
		return;
	engine->set_interrupt(vcpu->engine, run->vector);
	run->vector = -1;
}

static int inject_nmi(struct src_vcpu *vcpu, struct image_td_run *run)
{
	struct kvm_vcpu_events events;
	int ret = engine->get_events(vcpu->engine, &events);

	events.nmi.injected = 1;
	run->nmi = 0;
	return ret ?: engine->set_events(vcpu->engine, &events);
}

static enum image_exit run_guest(struct src_vcpu *vcpu, struct image_td_run *run)
{
	int ret = run->load ? load_gprs(vcpu, run->gpr) : 0;

	if (!ret && run->nmi)
		ret = inject_nmi(vcpu, run);
	if (!ret) {
		offer_interrupt(vcpu, run);
		ret = guest_run(vcpu);
	}
	run->pending = engine->interrupt_pending(vcpu->engine) >= 0;
	if (ret)
		return IMAGE_EXIT_FAIL;
	switch (vcpu->exit.reason) {
	case ENGINE_EXIT_IO:
		return io(vcpu, run);
	case ENGINE_EXIT_MEM:
		return npf(vcpu, run);
	case ENGINE_EXIT_INTR:
		return IMAGE_EXIT_INTR;
	case ENGINE_EXIT_SHUTDOWN:
		return IMAGE_EXIT_SHUTDOWN;
	case ENGINE_EXIT_HLT:
		inproc_diag("a TD executed HLT, which is #VE on hardware");
		return IMAGE_EXIT_FAIL;
	case ENGINE_EXIT_MSR:
		inproc_diag("a TD accessed MSR %#x, which nobody trapped", vcpu->exit.msr.index);
		return IMAGE_EXIT_FAIL;
	case ENGINE_EXIT_WINDOW:
	case ENGINE_EXIT_STEP:
	case ENGINE_EXIT_TPR:
	case ENGINE_EXIT_CPUID:
	case ENGINE_EXIT_EXCEPTION:
	case ENGINE_EXIT_CR:
		break;
	case ENGINE_EXIT_FAIL:
		inproc_diag("engine %s: %s", engine->name, vcpu->exit.text);
		return IMAGE_EXIT_FAIL;
	}
	return IMAGE_EXIT_FAIL;
}

IMAGE_CALL enum image_exit src_td_enter(const void *vp, struct image_td_run *run)
{
	enum image_exit why;

	(void)vp;
	gtlb_enters(src_now.vcpu->vm->gtlb);
	race_guest_enters();
	why = run_guest(src_now.vcpu, run);
	race_guest_left(why == IMAGE_EXIT_TDCALL);
	return why;
}
