// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of the kvm engine's vCPUs, and what of it comes out.
 *
 * Registers travel with KVM_RUN where they are wanted (KVM_CAP_SYNC_REGS): an ioctl of a
 * vCPU's costs as much as an exit.  vcpu->fresh says what of run->s.regs is the vCPU's.
 */
#include <string.h>

#include "kvm_engine.h"

#define ALL_REASONS	(KVM_MSR_EXIT_REASON_FILTER | KVM_MSR_EXIT_REASON_INVAL | \
			 KVM_MSR_EXIT_REASON_UNKNOWN)

uint32_t engine_kvm_sync;

static int get(struct engine_vcpu *vcpu, uint32_t which, unsigned long cmd, void *in_run,
	       void *to, size_t size)
{
	int r = 0;

	vcpu->wanted |= which & engine_kvm_sync;
	if (!(vcpu->fresh & which)) {
		r = (int)kvm_ioctl(vcpu->fd, cmd, in_run);
		if (!r)
			vcpu->fresh |= which;
	}
	if (!r)
		memcpy(to, in_run, size);
	return r;
}

int engine_kvm_get_regs(struct engine_vcpu *vcpu, struct kvm_regs *regs)
{
	return get(vcpu, KVM_SYNC_X86_REGS, KVM_GET_REGS, &vcpu->run->s.regs.regs, regs,
		   sizeof(*regs));
}

int engine_kvm_set_regs(struct engine_vcpu *vcpu, const struct kvm_regs *regs)
{
	vcpu->run->s.regs.regs = *regs;
	vcpu->fresh |= KVM_SYNC_X86_REGS;
	if (engine_kvm_sync & KVM_SYNC_X86_REGS) {
		vcpu->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
		return 0;
	}
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_REGS, (void *)regs);
}

/* What set_regs() left for the next KVM_RUN, for an ioctl that looks at registers. */
static int flush_regs(struct engine_vcpu *vcpu)
{
	if (!(vcpu->run->kvm_dirty_regs & KVM_SYNC_X86_REGS))
		return 0;
	vcpu->run->kvm_dirty_regs = 0;
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_REGS, &vcpu->run->s.regs.regs);
}

int engine_kvm_get_sregs(struct engine_vcpu *vcpu, struct kvm_sregs *sregs)
{
	return get(vcpu, KVM_SYNC_X86_SREGS, KVM_GET_SREGS, &vcpu->run->s.regs.sregs, sregs,
		   sizeof(*sregs));
}

int engine_kvm_set_sregs(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	/* Without a local APIC in the kernel CR8 is taken from kvm_run at every entry. */
	vcpu->run->cr8 = sregs->cr8;
	if ((vcpu->fresh & KVM_SYNC_X86_SREGS) &&
	    !memcmp(&vcpu->run->s.regs.sregs, sregs, sizeof(*sregs)))
		return 0;
	vcpu->fresh &= ~KVM_SYNC_X86_SREGS;
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_SREGS, (void *)sregs);
}

int engine_kvm_get_events(struct engine_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	return get(vcpu, KVM_SYNC_X86_EVENTS, KVM_GET_VCPU_EVENTS, &vcpu->run->s.regs.events,
		   events, sizeof(*events));
}

int engine_kvm_set_events(struct engine_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	int r;

	vcpu->given = *events;
	vcpu->events_given = events->exception.injected || events->interrupt.injected ||
			     events->nmi.injected;
	if ((vcpu->fresh & KVM_SYNC_X86_EVENTS) &&
	    !memcmp(&vcpu->run->s.regs.events, events, sizeof(*events)))
		return 0;
	vcpu->fresh &= ~KVM_SYNC_X86_EVENTS;
	r = (int)kvm_ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, (void *)events);
	if (r)
		vcpu->events_given = false;
	return r;
}

int engine_kvm_set_cpuid2(struct engine_vcpu *vcpu, const struct kvm_cpuid2 *cpuid)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_CPUID2, (void *)cpuid);
}

int engine_kvm_get_msrs(struct engine_vcpu *vcpu, struct kvm_msrs *msrs)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_GET_MSRS, msrs);
}

int engine_kvm_set_msrs(struct engine_vcpu *vcpu, const struct kvm_msrs *msrs)
{
	/* EFER, FS, GS and the APIC base are MSRs, too. */
	vcpu->fresh &= ~KVM_SYNC_X86_SREGS;
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_MSRS, (void *)msrs);
}

int engine_kvm_get_xsave(struct engine_vcpu *vcpu, struct kvm_xsave *xsave)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_GET_XSAVE, xsave);
}

int engine_kvm_set_xsave(struct engine_vcpu *vcpu, const struct kvm_xsave *xsave)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_XSAVE, (void *)xsave);
}

int engine_kvm_get_xcrs(struct engine_vcpu *vcpu, struct kvm_xcrs *xcrs)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_GET_XCRS, xcrs);
}

int engine_kvm_set_xcrs(struct engine_vcpu *vcpu, const struct kvm_xcrs *xcrs)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_XCRS, (void *)xcrs);
}

int engine_kvm_get_debugregs(struct engine_vcpu *vcpu, struct kvm_debugregs *regs)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_GET_DEBUGREGS, regs);
}

int engine_kvm_set_debugregs(struct engine_vcpu *vcpu, const struct kvm_debugregs *regs)
{
	return (int)kvm_ioctl(vcpu->fd, KVM_SET_DEBUGREGS, (void *)regs);
}

/* ---- what comes out ---- */

int engine_kvm_set_traps(struct engine_vcpu *vcpu, uint32_t traps)
{
	const uint32_t changed = vcpu->traps ^ traps;
	struct kvm_guest_debug debug = { 0 };
	int r;

	if (traps & ~(ENGINE_TRAP_WINDOW | ENGINE_TRAP_STEP | ENGINE_TRAP_TPR) ||
	    (traps & ENGINE_TRAP_TPR && engine_kvm_fault_mode != KVM_FAULT_EXIT))
		return -EOPNOTSUPP;
	if (changed & ENGINE_TRAP_STEP) {
		if (traps & ENGINE_TRAP_STEP)
			debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
		r = flush_regs(vcpu);
		if (!r)
			r = (int)kvm_ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug);
		/* It changes RFLAGS. */
		vcpu->fresh &= ~KVM_SYNC_X86_REGS;
		if (r)
			return r;
	}
	vcpu->traps = traps;
	return 0;
}

static int set_filter(struct engine_vm *vm, struct kvm_msr_filter *filter, uint64_t reasons)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_USER_SPACE_MSR,
		.args = { reasons },
	};
	int r = (int)kvm_ioctl(vm->fd, KVM_ENABLE_CAP, &cap);

	return r ? r : (int)kvm_ioctl(vm->fd, KVM_X86_SET_MSR_FILTER, filter);
}

int engine_kvm_trap_msr(struct engine_vm *vm, uint32_t index)
{
	static uint8_t no[1] = { 0 };
	struct kvm_msr_filter filter = { .flags = KVM_MSR_FILTER_DEFAULT_ALLOW };
	uint32_t i;

	if (vm->nr_msrs == MAX_TRAPPED_MSRS)
		return -ENOSPC;
	vm->msrs[vm->nr_msrs++] = index;
	for (i = 0; i < vm->nr_msrs; i++)
		filter.ranges[i] = (struct kvm_msr_filter_range){
			.flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
			.nmsrs = 1,
			.base = vm->msrs[i],
			.bitmap = no,
		};
	return set_filter(vm, &filter, KVM_MSR_EXIT_REASON_FILTER);
}

int engine_kvm_trap_msrs(struct engine_vm *vm, const struct engine_msr_range *ranges,
			 unsigned int nr, bool others)
{
	/* KVM's bits say what is allowed, and a range has one set for both or one for each. */
	static __thread uint8_t allowed[2 * ENGINE_MAX_MSR_RANGES][ENGINE_MAX_MSRS / 8];
	struct kvm_msr_filter filter = {
		.flags = others ? KVM_MSR_FILTER_DEFAULT_DENY : KVM_MSR_FILTER_DEFAULT_ALLOW,
	};
	struct kvm_msr_filter_range *range = filter.ranges;
	unsigned int i, write;
	uint32_t byte;

	if (nr > ENGINE_MAX_MSR_RANGES)
		return -E2BIG;
	for (i = 0; i < 2 * nr; i++, range++) {
		const struct engine_msr_range *from = &ranges[i / 2];
		const uint8_t *bits;

		write = i & 1;
		bits = write ? from->write : from->read;
		if (!from->nr || from->nr > ENGINE_MAX_MSRS)
			return -EINVAL;
		for (byte = 0; byte < (from->nr + 7) / 8; byte++)
			allowed[i][byte] = bits ? ~bits[byte] : 0xff;
		range->flags = write ? KVM_MSR_FILTER_WRITE : KVM_MSR_FILTER_READ;
		range->base = from->base;
		range->nmsrs = from->nr;
		range->bitmap = allowed[i];
	}
	/* KVM would let all pass that its filter does not know without any range. */
	if (others && !nr)
		return -EINVAL;
	return set_filter(vm, &filter, others ? ALL_REASONS : KVM_MSR_EXIT_REASON_FILTER);
}
