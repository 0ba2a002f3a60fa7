// SPDX-License-Identifier: GPL-2.0-only
/*
 * Glue for "make bench": the kernel's part of one VMGEXIT, without world switch or guest.  It
 * is the only place here that looks into structures of KVM's.
 */
#include <linux/fs.h>
#include <linux/kvm_host.h>

#include "glue.h"
#include "svm/svm.h"

long glue_bench_vmgexit(void *file, unsigned long long ghcb_msr)
{
	struct kvm_vcpu *vcpu = ((struct file *)file)->private_data;
	struct vcpu_svm *svm = to_svm(vcpu);
	struct vmcb_control_area *control = &svm->vmcb->control;
	int ret;

	/* Memory that is dirtied has to be a running vCPU's. */
	vcpu_load(vcpu);
	control->ghcb_gpa = ghcb_msr;
	control->exit_code = SVM_EXIT_VMGEXIT;
	ret = sev_handle_vmgexit(vcpu);
	if (!ret && vcpu->arch.complete_userspace_io) {
		int (*complete)(struct kvm_vcpu *vcpu) = vcpu->arch.complete_userspace_io;

		vcpu->arch.complete_userspace_io = NULL;
		ret = complete(vcpu);
	}
	sev_es_unmap_ghcb(svm);
	vcpu_put(vcpu);
	return ret;
}
