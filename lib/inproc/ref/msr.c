// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<Instruction.RDMSR> and <Instruction.WRMSR>, and accesses of SNP guests: the MSRs
 * that this VMM has for its guests, and those that user space wants to see or deny (api.rst,
 * "KVM_X86_SET_MSR_FILTER", "KVM_EXIT_X86_RDMSR").  Most MSRs of a TD are the TDX module's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"

#define MSR_APIC_BASE		0x0000001bu
#define MSR_POWER_CTL		0x000001fcu
#define MSR_X2APIC_SVR		0x0000080fu
#define MSR_X2APIC_ICR		0x00000830u
#define MSR_X2APIC_FIRST	0x00000800u
#define MSR_X2APIC_LAST		0x000008ffu

/* Intel SDM volume 3, "IA32_APIC_BASE": xAPIC mode, and x2APIC mode, which a TD cannot leave */
#define APIC_BASE_XAPIC		0xfee00800ull
#define APIC_BASE_X2APIC	0xfee00c00ull
#define APIC_BASE_BSP		(1ull << 8)

#define EXIT_REASONS	(KVM_MSR_EXIT_REASON_INVAL | KVM_MSR_EXIT_REASON_UNKNOWN | \
			 KVM_MSR_EXIT_REASON_FILTER)
#define BITMAP_BYTES	(0x600 * 8)	/* KVM_MSR_FILTER_MAX_BITMAP_SIZE */

struct ref_msr_filter {
	bool deny;			/* what no range covers */
	struct {
		uint32_t flags, base, nr;
		uint8_t *bitmap;
	} ranges[KVM_MSR_FILTER_MAX_RANGES];
};

/* ---- user space's wishes ---- */

long ref_enable_msr_exits(struct ref_vm *vm, uint64_t reasons)
{
	if (reasons & ~(uint64_t)EXIT_REASONS)
		return -EINVAL;
	vm->msr_exits = (uint32_t)reasons;
	return 0;
}

void ref_free_msr_filter(struct ref_msr_filter *filter)
{
	unsigned int i;

	if (!filter)
		return;
	for (i = 0; i < KVM_MSR_FILTER_MAX_RANGES; i++)
		free(filter->ranges[i].bitmap);
	free(filter);
}

static long add_range(struct ref_msr_filter *filter, unsigned int nr,
		      const struct kvm_msr_filter_range *user)
{
	const size_t bytes = (user->nmsrs + 7) / 8;

	if (!user->nmsrs)
		return 0;
	if (user->nmsrs > BITMAP_BYTES * 8 || !user->flags ||
	    (user->flags & ~(KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE)))
		return -EINVAL;
	filter->ranges[nr].bitmap = malloc(bytes);
	if (!filter->ranges[nr].bitmap)
		return -ENOMEM;
	filter->ranges[nr].flags = user->flags;
	filter->ranges[nr].base = user->base;
	filter->ranges[nr].nr = user->nmsrs;
	return copy_from_user(filter->ranges[nr].bitmap, user->bitmap, bytes);
}

long ref_set_msr_filter(struct ref_vm *vm, unsigned long arg)
{
	struct ref_msr_filter *filter;
	struct kvm_msr_filter user;
	unsigned int i;
	long r;

	if (copy_from_user(&user, (void *)arg, sizeof(user)))
		return -EFAULT;
	if (user.flags & ~KVM_MSR_FILTER_DEFAULT_DENY)
		return -EINVAL;
	filter = calloc(1, sizeof(*filter));
	if (!filter)
		return -ENOMEM;
	filter->deny = user.flags & KVM_MSR_FILTER_DEFAULT_DENY;
	for (i = 0, r = 0; !r && i < KVM_MSR_FILTER_MAX_RANGES; i++)
		r = add_range(filter, i, &user.ranges[i]);
	if (r) {
		ref_free_msr_filter(filter);
		return r;
	}
	ref_free_msr_filter(vm->msr_filter);
	vm->msr_filter = filter;
	return 0;
}

static bool denied(const struct ref_msr_filter *filter, uint32_t msr, uint32_t access)
{
	unsigned int i;

	/* "x2APIC MSR accesses cannot be filtered" */
	if (!filter || (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST))
		return false;
	for (i = 0; i < KVM_MSR_FILTER_MAX_RANGES; i++) {
		const uint32_t bit = msr - filter->ranges[i].base;

		if ((filter->ranges[i].flags & access) && msr >= filter->ranges[i].base &&
		    bit < filter->ranges[i].nr)
			return !(filter->ranges[i].bitmap[bit / 8] & (1u << (bit % 8)));
	}
	return filter->deny;
}

/* ---- the x2APIC's ICR: SDM volume 3, "ICR Operation in x2APIC Mode" ---- */

#define ICR_VECTOR(icr)		((icr) & 0xff)
#define ICR_FIXED_PHYSICAL(icr)	(!((icr) & 0xf00))	/* delivery and destination mode */
#define ICR_SHORTHAND(icr)	((icr) >> 18 & 3)
#define ICR_DEST(icr)		((uint32_t)((icr) >> 32))
#define ICR_DEST_ALL		0xffffffffu

enum { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };

static bool is_dest(const struct ref_vcpu *sender, const struct inproc_vcpu *host, uint64_t icr)
{
	switch (ICR_SHORTHAND(icr)) {
	case SHORTHAND_SELF:
		return host == sender->host;
	case SHORTHAND_ALL:
		return true;
	case SHORTHAND_OTHERS:
		return host != sender->host;
	}
	return ICR_DEST(icr) == host->id || ICR_DEST(icr) == ICR_DEST_ALL;
}

static void send_ipi(struct ref_vcpu *vcpu, uint64_t icr)
{
	struct inproc_vm *vm = vcpu->vm->host;
	unsigned int i;

	if (!ICR_FIXED_PHYSICAL(icr)) {
		inproc_diag("an IPI that is not fixed and physical is not modelled: ICR 0x%llx",
			    (unsigned long long)icr);
		return;
	}
	pthread_mutex_lock(&vm->lock);
	for (i = 0; i < vm->nr_vcpus; i++)
		if (is_dest(vcpu, vm->vcpus[i], icr))
			ref_post_interrupt(vm->vcpus[i]->priv, ICR_VECTOR(icr));
	pthread_mutex_unlock(&vm->lock);
}

/* ---- accesses: 0, or the reason why not, KVM_MSR_EXIT_REASON_* ---- */

/*
 * MSRs that a guest has from its CPU or its TDX module alone ("Intel TDX Module ABI", MSR
 * virtualization).
 */
static bool is_the_modules(uint32_t msr)
{
	/* IA32_STAR, LSTAR, CSTAR, FMASK, FS.base, GS.base, KERNEL_GS_BASE, TSC_AUX */
	return (msr >= 0xc0000081 && msr <= 0xc0000084) ||
	       (msr >= 0xc0000100 && msr <= 0xc0000103) ||
	       (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST);
}

static bool is_td(const struct ref_vcpu *vcpu)
{
	return vcpu->vm->host->type == TDX_VM_TYPE;
}

static uint32_t read_msr(const struct ref_vcpu *vcpu, uint32_t msr, uint64_t *data)
{
	switch (msr) {
	case MSR_APIC_BASE:
		*data = (is_td(vcpu) ? APIC_BASE_X2APIC : APIC_BASE_XAPIC) |
			(vcpu->host->id ? 0 : APIC_BASE_BSP);
		return 0;
	case MSR_POWER_CTL:
		*data = vcpu->power_ctl;
		return 0;
	}
	return is_the_modules(msr) ? KVM_MSR_EXIT_REASON_INVAL : KVM_MSR_EXIT_REASON_UNKNOWN;
}

static uint32_t write_msr(struct ref_vcpu *vcpu, uint32_t msr, uint64_t data)
{
	switch (msr) {
	case MSR_APIC_BASE:
		return KVM_MSR_EXIT_REASON_INVAL;
	case MSR_POWER_CTL:
		vcpu->power_ctl = data;
		return 0;
	case MSR_X2APIC_SVR:
		/* A TD's interrupts come whether it is enabled or not. */
		return is_td(vcpu) ? 0 : KVM_MSR_EXIT_REASON_INVAL;
	case MSR_X2APIC_ICR:
		if (!is_td(vcpu))
			return KVM_MSR_EXIT_REASON_INVAL;
		send_ipi(vcpu, data);
		return 0;
	}
	return is_the_modules(msr) ? KVM_MSR_EXIT_REASON_INVAL : KVM_MSR_EXIT_REASON_UNKNOWN;
}

/* ---- the calls ---- */

static long exit_complete(struct ref_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->host->run;

	if (run->msr.error)
		return ref_status(vcpu, GHCI_INVALID_OPERAND);
	if (vcpu->call[TD_R11] == GHCI_INSTRUCTION_RDMSR)
		vcpu->call[TD_R11] = run->msr.data;
	return ref_status(vcpu, GHCI_SUCCESS);
}

bool ref_msr_exit(struct ref_vcpu *vcpu, const struct ref_msr_access *access, uint32_t reason,
		  long (*answered)(struct ref_vcpu *vcpu))
{
	struct kvm_run *run = vcpu->host->run;

	if (!(vcpu->vm->msr_exits & reason))
		return false;
	run->exit_reason = access->write ? KVM_EXIT_X86_WRMSR : KVM_EXIT_X86_RDMSR;
	memset(&run->msr, 0, sizeof(run->msr));
	run->msr.reason = reason;
	run->msr.index = access->msr;
	run->msr.data = access->write ? access->data : 0;
	vcpu->complete = answered;
	return true;
}

static bool is_denied(struct ref_vcpu *vcpu, uint32_t msr, uint32_t access)
{
	struct inproc_vm *host = vcpu->vm->host;
	bool is;

	pthread_mutex_lock(&host->lock);
	is = denied(vcpu->vm->msr_filter, msr, access);
	pthread_mutex_unlock(&host->lock);
	return is;
}

uint32_t ref_access_msr(struct ref_vcpu *vcpu, struct ref_msr_access *access)
{
	if (is_denied(vcpu, access->msr,
		      access->write ? KVM_MSR_FILTER_WRITE : KVM_MSR_FILTER_READ))
		return KVM_MSR_EXIT_REASON_FILTER;
	return access->write ? write_msr(vcpu, access->msr, access->data) :
			       read_msr(vcpu, access->msr, &access->data);
}

/* R12 is what RCX is to the instruction, which ignores bits 63:32 of it. */
static long tdvmcall(struct ref_vcpu *vcpu, bool write)
{
	struct ref_msr_access access = {
		.msr = (uint32_t)vcpu->call[TD_R12], .data = vcpu->call[TD_R13], .write = write,
	};
	const uint32_t why = ref_access_msr(vcpu, &access);

	if (why)
		return ref_msr_exit(vcpu, &access, why, exit_complete) ? 0 :
		       ref_status(vcpu, GHCI_INVALID_OPERAND);
	if (!write)
		vcpu->call[TD_R11] = access.data;
	return ref_status(vcpu, GHCI_SUCCESS);
}

long ref_rdmsr(struct ref_vcpu *vcpu)
{
	return tdvmcall(vcpu, false);
}

long ref_wrmsr(struct ref_vcpu *vcpu)
{
	return tdvmcall(vcpu, true);
}
