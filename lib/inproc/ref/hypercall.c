// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL with R10 other than 0, which GHCI leaves to the VMM: KVM's hypercalls
 * (hypercalls.rst), the number in R10, arguments in R11 to R14, the result in R10.
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

/* The VMM is asked as the guest has asked, and answers for itself. */
static long map_gpa_range(struct ref_vcpu *vcpu)
{
	const uint64_t gpa = vcpu->call[TD_R11], pages = vcpu->call[TD_R12];
	struct kvm_run *run = vcpu->host->run;

	if (!vcpu->vm->exit_map_gpa)
		return ref_status(vcpu, RESULT_ENOSYS);
	if ((gpa & PAGE_MASK) || !pages || (gpa >> PAGE_SHIFT) + pages <= gpa >> PAGE_SHIFT)
		return ref_status(vcpu, RESULT_EINVAL);
	run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	run->hypercall.args[0] = gpa;
	run->hypercall.args[1] = pages;
	run->hypercall.args[2] = vcpu->call[TD_R13];
	run->hypercall.flags = KVM_EXIT_HYPERCALL_LONG_MODE;
	vcpu->complete = map_answered;
	return 0;
}

long ref_hypercall(struct ref_vcpu *vcpu)
{
	switch (vcpu->call[TD_R10]) {
	case KVM_HC_VAPIC_POLL_IRQ:
		return ref_status(vcpu, 0);
	case KVM_HC_MAP_GPA_RANGE:
		return map_gpa_range(vcpu);
	}
	return ref_status(vcpu, RESULT_ENOSYS);
}
