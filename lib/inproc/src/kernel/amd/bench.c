// SPDX-License-Identifier: GPL-2.0-only
/*
 * Glue for "make bench": the kernel's part of one VMGEXIT, without world switch or guest.  It
 * is the only place here that looks into structures of KVM's.
 */
#include <linux/fs.h>
#include <linux/kvm_host.h>

#include "glue.h"
#include "svm/svm.h"

static int handle_vmgexit(struct kvm_vcpu *vcpu, u64 ghcb_msr)
{
	struct vcpu_svm *svm = to_svm(vcpu);
	struct vmcb_control_area *control = &svm->vmcb->control;
	int (*complete)(struct kvm_vcpu *vcpu);
	int ret;

	control->ghcb_gpa = ghcb_msr;
	control->exit_code = SVM_EXIT_VMGEXIT;
	ret = sev_handle_vmgexit(vcpu);
	/* One may come to several exits. */
	while (!ret && vcpu->arch.complete_userspace_io) {
		complete = vcpu->arch.complete_userspace_io;
		vcpu->arch.complete_userspace_io = NULL;
		ret = complete(vcpu);
	}
	sev_es_unmap_ghcb(svm);
	return ret;
}

long glue_bench_vmgexits(void *file, unsigned long long ghcb_msr, void (*prepare)(void *data),
			 void *data, unsigned long nr)
{
	struct kvm_vcpu *vcpu = ((struct file *)file)->private_data;
	int ret = 0;

	/* As in KVM_RUN, which loads a vCPU once. */
	vcpu_load(vcpu);
	while (nr-- && ret >= 0) {
		prepare(data);
		ret = handle_vmgexit(vcpu, ghcb_msr);
	}
	vcpu_put(vcpu);
	return ret;
}
