// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SNP VM's vCPUs before they run.  Until the launch is finished they are ordinary ones, whose
 * registers the VMM sets; then these are in a VMSA, which nobody but the guest has.
 */
#include <errno.h>

#include "snp.h"

#define NO_GHCB		(~0ull)
/* One that is handled, and one that waits (APM 2, "NMI") */
#define MAX_NMIS	2

long snp_vcpu_create(struct inproc_vcpu *host)
{
	long r = ref_vcpu_new(host);
	struct ref_vcpu *vcpu = host->priv;

	if (r)
		return r;
	vcpu->snp.registered = NO_GHCB;
	vcpu->snp.vmsa = vcpu->snp.on_init = vcpu->snp.loaded = SNP_NO_VMSA;
	return 0;
}

static long set_mp_state(struct ref_vcpu *vcpu, const void *arg)
{
	struct kvm_mp_state state;

	if (copy_from_user(&state, arg, sizeof(state)))
		return -EFAULT;
	switch (state.mp_state) {
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
	case KVM_MP_STATE_HALTED:
	case KVM_MP_STATE_SIPI_RECEIVED:
	case KVM_MP_STATE_AP_RESET_HOLD:
		if (!vcpu->vm->snp.irqchip)
			return -EINVAL;
		break;
	case KVM_MP_STATE_RUNNABLE:
		break;
	default:
		return -EINVAL;
	}
	vcpu->mp_state = state;
	return 0;
}

/* DR7 without a breakpoint */
#define DR7_NONE	0x400

static void set_debugged(struct ref_vcpu *vcpu, unsigned int how, bool on)
{
	vcpu->snp.debugged = on ? vcpu->snp.debugged | how : vcpu->snp.debugged & ~how;
}

static long set_guest_debug(struct ref_vcpu *vcpu, const void *arg)
{
	struct kvm_guest_debug debug;

	if (copy_from_user(&debug, arg, sizeof(debug)))
		return -EFAULT;
	set_debugged(vcpu, SNP_DEBUG_VMM, debug.control & KVM_GUESTDBG_ENABLE);
	return 0;
}

static long set_debugregs(struct ref_vcpu *vcpu, const void *arg)
{
	struct kvm_debugregs regs;

	if (copy_from_user(&regs, arg, sizeof(regs)))
		return -EFAULT;
	if (regs.flags)
		return -EINVAL;
	set_debugged(vcpu, SNP_DEBUG_DR7, regs.dr7 != DR7_NONE);
	return engine->set_debugregs(vcpu->host->engine, &regs);
}

long snp_vcpu_ioctl(struct inproc_vcpu *host, unsigned int cmd, unsigned long arg)
{
	struct ref_vcpu *vcpu = host->priv;

	switch (cmd) {
	case KVM_SET_CPUID2:
		return inproc_set_cpuid2(host, &vcpu->cpuid, arg);
	case KVM_GET_CPUID2:
		return inproc_get_cpuid2(vcpu->cpuid, arg);
	case KVM_GET_MP_STATE:
		return copy_to_user((void *)arg, &vcpu->mp_state, sizeof(vcpu->mp_state));
	case KVM_SET_MP_STATE:
		return set_mp_state(vcpu, (void *)arg);
	case KVM_NMI:
		if (vcpu->snp.nmis < MAX_NMIS)
			vcpu->snp.nmis++;
		return 0;
	case KVM_GET_TSC_KHZ:
		return vcpu->vm->tsc_khz;
	}
	/* "protected state": -EINVAL (api.rst, of each of them) */
	if (vcpu->initialized)
		return -EINVAL;
	switch (cmd) {
	case KVM_SET_GUEST_DEBUG:
		return set_guest_debug(vcpu, (void *)arg);
	case KVM_SET_DEBUGREGS:
		return set_debugregs(vcpu, (void *)arg);
	}
	return inproc_ordinary_vcpu_ioctl(host, cmd, arg);
}
