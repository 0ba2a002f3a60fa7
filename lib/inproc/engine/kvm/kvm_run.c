// SPDX-License-Identifier: GPL-2.0-only
/* Running the kvm engine's vCPUs, and what KVM_RUN comes back with. */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm_engine.h"

/*
 * Ends a KVM_RUN for a kick.  Sent to one thread only, and taken back by it,
 * so a program may use the same number between its own threads.
 */
#define KICK_SIGNAL	(SIGRTMAX - 1)

#define KERNEL_SIGSET_SIZE	8
#define MAX_INSN		15
#define CR3_ADDRESS		0x000ffffffffff000ULL

/* Accesses that fail although the memory is there, before that is an error. */
#define MAX_SPURIOUS	64
/* KVM_RUNs that one instruction can ask for, with an answer of 8 bytes each. */
#define MAX_ANSWERS	64

void kvm_interrupt(struct gate_vcpu *gv)
{
	struct engine_vcpu *vcpu = container_of(gv, struct engine_vcpu, gv);

	/* Such signals queue, and one is taken back. */
	if (vcpu->interrupted)
		return;
	vcpu->interrupted = true;
	/* Pending until KVM_RUN lets it in, so it cannot come too early. */
	syscall(SYS_tgkill, getpid(), gv->tid, KICK_SIGNAL);
}

static long set_mask(struct engine_vcpu *vcpu, const sigset_t *mask)
{
	struct {
		struct kvm_signal_mask head;
		uint8_t set[KERNEL_SIGSET_SIZE];
	} __attribute__((packed)) arg = { .head.len = KERNEL_SIGSET_SIZE };
	sigset_t with_kick;
	long r;

	if (vcpu->has_mask && !memcmp(&vcpu->mask, mask, KERNEL_SIGSET_SIZE))
		return 0;
	with_kick = *mask;
	sigdelset(&with_kick, KICK_SIGNAL);
	memcpy(arg.set, &with_kick, KERNEL_SIGSET_SIZE);
	r = kvm_ioctl(vcpu->fd, KVM_SET_SIGNAL_MASK, &arg);
	if (!r) {
		vcpu->mask = *mask;
		vcpu->has_mask = true;
	}
	return r;
}

/* After gate_leave() nobody sends another; take back one that came too late. */
static void take_back_kick(struct engine_vcpu *vcpu)
{
	static const struct timespec now;
	sigset_t set;

	if (!vcpu->interrupted)
		return;
	vcpu->interrupted = false;
	sigemptyset(&set);
	sigaddset(&set, KICK_SIGNAL);
	sigtimedwait(&set, NULL, &now);
}

/* ---- exits ---- */

static bool fail(struct engine_vcpu *vcpu, struct engine_exit *exit, const char *what, long nr)
{
	struct kvm_regs regs = { 0 };

	engine_kvm_get_regs(vcpu, &regs);
	snprintf(vcpu->text, sizeof(vcpu->text), "%s %ld at RIP 0x%llx", what, nr,
		 (unsigned long long)regs.rip);
	exit->reason = ENGINE_EXIT_FAIL;
	exit->text = vcpu->text;
	return true;
}

static bool mem_exit(struct engine_exit *exit, uint64_t gpa, uint32_t len)
{
	memset(&exit->mem, 0, sizeof(exit->mem));
	exit->reason = ENGINE_EXIT_MEM;
	exit->mem.gpa = gpa;
	exit->mem.len = len;
	return true;
}

/*
 * KVM gives up on an instruction that it cannot fetch.  That is an access to
 * memory that isn't there, if RIP points there; nothing has been executed.
 */
static bool fetch_missing(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct kvm_translation tr = { 0 };
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	uint64_t first, last;

	if (engine_kvm_get_regs(vcpu, &regs) || engine_kvm_get_sregs(vcpu, &sregs))
		return false;
	first = regs.rip + ((sregs.efer & (1 << 10)) ? 0 : sregs.cs.base);
	/* The instruction may go on in the next page. */
	for (last = first + MAX_INSN - 1;; first = last) {
		tr.linear_address = first;
		if (!kvm_ioctl(vcpu->fd, KVM_TRANSLATE, &tr) && tr.valid &&
		    !kvm_gpa_to_hva(vcpu->vm, tr.physical_address, 1, false)) {
			mem_exit(exit, tr.physical_address, 1);
			exit->mem.fetch = true;
			return true;
		}
		if (first == last)
			return false;
	}
}

/* False: the memory may have come meanwhile, by another vCPU. */
static bool internal_error(struct engine_vcpu *vcpu, struct engine_exit *exit,
			   unsigned int changes)
{
	const bool emulation = vcpu->run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION;

	if (emulation && fetch_missing(vcpu, exit))
		return true;
	if (emulation && changes != __atomic_load_n(&vcpu->vm->changes, __ATOMIC_RELAXED)) {
		exit->reason = ENGINE_EXIT_INTR;
		return false;
	}
	return fail(vcpu, exit, "KVM_EXIT_INTERNAL_ERROR, suberror",
		    vcpu->run->internal.suberror);
}

/*
 * KVM says which page, and not what was done to it.  False: the page has become
 * what the guest needs, or it has changed meanwhile, so that nothing can be said.
 */
static bool memory_fault(struct engine_vcpu *vcpu, struct engine_exit *exit, unsigned int changes)
{
	const uint64_t gpa = vcpu->run->memory_fault.gpa & ~(PAGE_SIZE - 1);

	if (kvm_gpa_to_hva(vcpu->vm, gpa, 1, true))
		return false;
	mem_exit(exit, gpa, PAGE_SIZE);
	if (kvm_gpa_to_hva(vcpu->vm, gpa, 1, false)) {
		exit->mem.write = true;
		return changes == __atomic_load_n(&vcpu->vm->changes, __ATOMIC_RELAXED);
	}
	return true;
}

static bool mmio_exit(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	const struct kvm_run *run = vcpu->run;

	mem_exit(exit, run->mmio.phys_addr, run->mmio.len);
	exit->mem.write = exit->mem.retired = run->mmio.is_write;
	memcpy(exit->mem.data, run->mmio.data, sizeof(exit->mem.data));
	vcpu->open = true;
	return true;
}

/* kvm_run to @exit; false for what needs no caller. */
static bool translate_exit(struct engine_vcpu *vcpu, struct engine_exit *exit,
			   unsigned int changes)
{
	struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		exit->reason = ENGINE_EXIT_IO;
		exit->io.in = run->io.direction == KVM_EXIT_IO_IN;
		exit->io.size = run->io.size;
		exit->io.port = run->io.port;
		exit->io.count = run->io.count;
		exit->io.data = (char *)run + run->io.data_offset;
		vcpu->open = true;
		return true;
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		exit->reason = ENGINE_EXIT_MSR;
		exit->msr.write = run->exit_reason == KVM_EXIT_X86_WRMSR;
		exit->msr.index = run->msr.index;
		exit->msr.data = run->msr.data;
		exit->msr.error = false;
		vcpu->open = true;
		return true;
	case KVM_EXIT_MMIO:
		return mmio_exit(vcpu, exit);
	case KVM_EXIT_HLT:
		exit->reason = ENGINE_EXIT_HLT;
		return true;
	case KVM_EXIT_SHUTDOWN:
		if (engine_kvm_fault_mode != KVM_FAULT_EXIT && kvm_delivery_missing(vcpu, exit))
			return true;
		exit->reason = ENGINE_EXIT_SHUTDOWN;
		return true;
	case KVM_EXIT_DEBUG:
		exit->reason = ENGINE_EXIT_STEP;
		return true;
	case KVM_EXIT_SET_TPR:
		exit->reason = vcpu->traps & ENGINE_TRAP_TPR ? ENGINE_EXIT_TPR :
							       ENGINE_EXIT_INTR;
		return exit->reason == ENGINE_EXIT_TPR;
	case KVM_EXIT_INTERNAL_ERROR:
		return internal_error(vcpu, exit, changes);
	case KVM_EXIT_FAIL_ENTRY:
		return fail(vcpu, exit, "KVM_EXIT_FAIL_ENTRY, hardware reason",
			    (long)run->fail_entry.hardware_entry_failure_reason);
	}
	return fail(vcpu, exit, "unexpected exit reason", run->exit_reason);
}

/* ---- answers ---- */

/*
 * The answer to the last exit into kvm_run.  False: it was an access to memory
 * to be tried again, and that memory still isn't there.
 *
 * KVM has the access half done by now and cannot be told to start over, so we
 * do it in its place: that is the same to the guest.
 */
static bool give_answer(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct kvm_run *run = vcpu->run;
	void *hva;

	if (exit->reason == ENGINE_EXIT_MSR) {
		run->msr.error = exit->msr.error;
		if (!exit->msr.write)
			run->msr.data = exit->msr.data;
	}
	if (exit->reason != ENGINE_EXIT_MEM || !vcpu->open || exit->mem.walk)
		return true;

	if (exit->mem.emulate) {
		if (!exit->mem.write)
			memcpy(run->mmio.data, exit->mem.data, sizeof(run->mmio.data));
		return true;
	}
	hva = kvm_gpa_to_hva(vcpu->vm, exit->mem.gpa, exit->mem.len, exit->mem.write);
	if (!hva)
		return false;
	if (exit->mem.write)
		memcpy(hva, run->mmio.data, exit->mem.len);
	else
		memcpy(run->mmio.data, hva, exit->mem.len);
	return true;
}

static long kvm_run(struct engine_vcpu *vcpu, bool immediate)
{
	long r;

	__atomic_store_n(&vcpu->run->immediate_exit, immediate, __ATOMIC_RELAXED);
	vcpu->run->request_interrupt_window =
		vcpu->irq >= 0 || (vcpu->traps & ENGINE_TRAP_WINDOW);
	vcpu->run->kvm_valid_regs = vcpu->wanted;
	vcpu->open = false;
	r = kvm_ioctl(vcpu->fd, KVM_RUN, NULL);
	vcpu->run->kvm_dirty_regs = 0;
	vcpu->fresh = vcpu->wanted;
	return r;
}

/*
 * Have KVM finish the instruction that is open, with any answer, and put everything back
 * that this changes.  To memory that the instruction writes it makes no difference where it
 * is executed again: what is written now is then overwritten.
 */
static int drop_open(struct engine_vcpu *vcpu)
{
	struct kvm_vcpu_events events;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	unsigned int i;
	long r;

	r = engine_kvm_get_regs(vcpu, &regs);
	if (!r)
		r = engine_kvm_get_sregs(vcpu, &sregs);
	if (!r)
		r = engine_kvm_get_events(vcpu, &events);
	for (i = 0; i < MAX_ANSWERS && !r; i++)
		r = kvm_run(vcpu, true);
	if (r && r != -EINTR)
		return (int)r;
	r = engine_kvm_set_events(vcpu, &events);
	if (!r)
		r = engine_kvm_set_sregs(vcpu, &sregs);
	return r ? (int)r : engine_kvm_set_regs(vcpu, &regs);
}

/* The guest can take it now; KVM has it for the next KVM_RUN. */
static long inject(struct engine_vcpu *vcpu)
{
	struct kvm_interrupt irq = { .irq = (uint32_t)vcpu->irq };

	vcpu->irq = -1;
	memset(&vcpu->given, 0, sizeof(vcpu->given));
	vcpu->given.interrupt.injected = 1;
	vcpu->given.interrupt.nr = irq.irq;
	vcpu->events_given = true;
	vcpu->fresh &= ~KVM_SYNC_X86_EVENTS;
	return kvm_ioctl(vcpu->fd, KVM_INTERRUPT, &irq);
}

/* ---- the loop ---- */

/* The guest's first access finds a window, whatever the caller has told. */
static int cover_start(struct engine_vcpu *vcpu)
{
	struct kvm_sregs sregs;
	int r;

	if (vcpu->vm->covered)
		return 0;
	r = engine_kvm_get_sregs(vcpu, &sregs);
	if (!r)
		r = engine_kvm_cover(vcpu->vm, 0, PAGE_SIZE);
	if (!r)
		r = engine_kvm_cover(vcpu->vm, sregs.cr3 & CR3_ADDRESS, PAGE_SIZE);
	vcpu->vm->covered = !r;
	return r;
}

/* Before the guest is let in; true: @exit is filled, and it is not. */
static bool prepare(struct engine_vcpu *vcpu, struct engine_exit *exit, bool immediate, int *err)
{
	const bool drop = exit->abandon || vcpu->undone;
	struct kvm_regs regs;

	exit->abandon = vcpu->undone = false;
	if (vcpu->has_unanswered && !drop)
		*exit = vcpu->unanswered;
	vcpu->has_unanswered = false;
	if (drop) {
		*err = vcpu->open ? drop_open(vcpu) : 0;
		exit->reason = ENGINE_EXIT_INTR;
		if (*err)
			return true;
	} else if (!give_answer(vcpu, exit)) {
		if (immediate) {
			vcpu->unanswered = *exit;
			vcpu->has_unanswered = true;
			exit->reason = ENGINE_EXIT_INTR;
		}
		return true;
	}
	if (vcpu->vm->by_slots || immediate)
		return false;
	if (engine_kvm_fault_mode == KVM_FAULT_EXIT) {
		*err = cover_start(vcpu);
		return *err;
	}
	if (kvm_walk_missing(vcpu, exit))
		return true;
	if (vcpu->events_given && !engine_kvm_get_regs(vcpu, &regs))
		vcpu->entry_rip = regs.rip;
	vcpu->entry_open = vcpu->open ? MAX_INSN : 0;
	return false;
}

/* What KVM_RUN came back with, after the gate; true: @exit is filled. */
static bool came_out(struct engine_vcpu *vcpu, struct engine_exit *exit, long r,
		     unsigned int changes, unsigned int *spurious, int *err)
{
	if (r == -EFAULT && vcpu->run->exit_reason == KVM_EXIT_MEMORY_FAULT) {
		if (memory_fault(vcpu, exit, changes))
			return true;
		exit->reason = ENGINE_EXIT_INTR;
		if (++*spurious < MAX_SPURIOUS)
			return false;
	}
	/* A KVM that shadows page tables has no pages for them in a VM without memory. */
	if (r == -ENOSPC && fetch_missing(vcpu, exit))
		return true;
	if (r)
		return fail(vcpu, exit, "KVM_RUN fails with errno", -r);
	if (vcpu->run->exit_reason == KVM_EXIT_IRQ_WINDOW_OPEN) {
		exit->reason = ENGINE_EXIT_WINDOW;
		if (vcpu->irq < 0)
			return vcpu->traps & ENGINE_TRAP_WINDOW;
		exit->reason = ENGINE_EXIT_INTR;
		*err = (int)inject(vcpu);
		return *err;
	}
	vcpu->redeliver = vcpu->events_given;
	vcpu->events_given = false;
	return translate_exit(vcpu, exit, changes);
}

int engine_kvm_run(struct engine_vcpu *vcpu, struct engine_exit *exit, const void *sigmask,
		   bool immediate)
{
	unsigned int changes, spurious = 0;
	int err = 0;
	long r;

	r = set_mask(vcpu, sigmask);
	if (r)
		return (int)r;

	for (;;) {
		if (!gate_enter(&vcpu->gv)) {
			/* Kicked: what is open is to be finished all the same. */
			immediate = true;
			continue;
		}
		if (prepare(vcpu, exit, immediate, &err)) {
			gate_leave(&vcpu->gv);
			take_back_kick(vcpu);
			return err;
		}
		changes = __atomic_load_n(&vcpu->vm->changes, __ATOMIC_RELAXED);
		r = kvm_run(vcpu, immediate);
		gate_leave(&vcpu->gv);

		if (r == -EINTR || r == -EAGAIN) {
			/* Whatever was open is done. */
			exit->reason = ENGINE_EXIT_INTR;
			if (r == -EAGAIN)
				continue;
			if (immediate || !vcpu->interrupted)
				break;
			/* For a pause we go in again; a kick shows there. */
			take_back_kick(vcpu);
		} else if (came_out(vcpu, exit, r, changes, &spurious, &err)) {
			break;
		}
	}
	take_back_kick(vcpu);
	return err;
}
