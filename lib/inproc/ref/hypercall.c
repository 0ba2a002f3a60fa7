// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's hypercalls (hypercalls.rst): of a TD by TDG.VP.VMCALL with R10 other than 0, which GHCI
 * leaves to the VMM: the number in R10, arguments in R11 to R14, the result in R10.  SNP guests
 * make them by an NAE event.
 */
#include <linux/kvm_para.h>
#include <string.h>

#include "ref.h"

#define PAGE_SHIFT	12
#define PAGE_MASK	0xfffULL

/* linux/kvm_para.h, too, where there are no ioctls */
#define RESULT_EINVAL	((uint64_t)-22)
#define RESULT_ENOSYS	((uint64_t)-1000)

static long map_answered(struct ref_vcpu *vcpu)
{
	return ref_status(vcpu, vcpu->host->run->hypercall.ret);
}

long ref_ask_map(struct ref_vcpu *vcpu, uint64_t gpa, uint64_t pages, uint64_t attrs,
		 long (*answered)(struct ref_vcpu *vcpu))
{
	struct kvm_run *run = vcpu->host->run;

	run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	run->hypercall.args[0] = gpa;
	run->hypercall.args[1] = pages;
	run->hypercall.args[2] = attrs;
	run->hypercall.flags = KVM_EXIT_HYPERCALL_LONG_MODE;
	vcpu->complete = answered;
	return 0;
}

/* The VMM is asked as the guest has asked, and answers for itself. */
static bool map_gpa_range(struct ref_vcpu *vcpu, const uint64_t *args, uint64_t *result,
			  long (*answered)(struct ref_vcpu *vcpu))
{
	const uint64_t gpa = args[0], pages = args[1];

	*result = RESULT_ENOSYS;
	if (!vcpu->vm->exit_map_gpa)
		return false;
	*result = RESULT_EINVAL;
	if ((gpa & PAGE_MASK) || !pages || (gpa >> PAGE_SHIFT) + pages <= gpa >> PAGE_SHIFT)
		return false;
	ref_ask_map(vcpu, gpa, pages, args[2], answered);
	return true;
}

/*
 * "KVM_HC_SEND_IPI": two words of a bitmap of APIC IDs, the ID of its bit 0, and the ICR: how many
 * vCPUs have got it.  The ICR names no destination.
 */
#define BITMAP_BITS	128
#define ICR_DEST	(0xffffffffull << 32 | 3 << 18)

static uint64_t send_ipi(struct ref_vcpu *vcpu, const uint64_t *args)
{
	struct inproc_vm *host = vcpu->vm->host;
	uint64_t nr = 0;
	unsigned int i;

	if (args[3] & ICR_DEST)
		return RESULT_EINVAL;
	pthread_mutex_lock(&host->lock);
	/* Local APICs of SNP guests are not enabled. */
	for (i = 0; vcpu->vm->split_irqchip && i < host->nr_vcpus; i++) {
		const uint32_t bit = host->vcpus[i]->id - (uint32_t)args[2];

		if (bit >= BITMAP_BITS || !(args[bit / 64] >> (bit % 64) & 1))
			continue;
		ref_post_interrupt(host->vcpus[i]->priv, args[3] & 0xff);
		nr++;
	}
	pthread_mutex_unlock(&host->lock);
	return nr;
}

bool ref_kvm_hypercall(struct ref_vcpu *vcpu, uint64_t nr, const uint64_t *args, uint64_t *result,
		       long (*answered)(struct ref_vcpu *vcpu))
{
	switch (nr) {
	case KVM_HC_VAPIC_POLL_IRQ:
		*result = 0;
		return false;
	case KVM_HC_SEND_IPI:
		*result = send_ipi(vcpu, args);
		return false;
	case KVM_HC_MAP_GPA_RANGE:
		return map_gpa_range(vcpu, args, result, answered);
	}
	*result = RESULT_ENOSYS;
	return false;
}

long ref_hypercall(struct ref_vcpu *vcpu)
{
	uint64_t result;

	if (ref_kvm_hypercall(vcpu, vcpu->call[TD_R10], &vcpu->call[TD_R11], &result, map_answered))
		return 0;
	return ref_status(vcpu, result);
}
