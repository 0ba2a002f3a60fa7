// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMRUN of an SEV-ES guest: the border at which the engine stands for the CPU.
 * What hardware writes into the VMCB on #VMEXIT is written here (AMD APM 2,
 * section 15.35 for automatic and non-automatic exits).
 */
#include "glue.h"
#include "svm/svm.h"

/* Version differences in types, by probe (tools/image.sh). */
static inline void glue_set_exit_code(struct vmcb_control_area *control, u64 code)
{
	control->exit_code = code;
#ifdef HAVE_EXIT_CODE_HI
	control->exit_code_hi = code >> 32;
#endif
}

static void glue_vmexit(struct vcpu_svm *svm, u64 code, u64 info1, u64 info2)
{
	struct vmcb_control_area *control = &svm->vmcb->control;

	glue_set_exit_code(control, code);
	control->exit_info_1 = info1;
	control->exit_info_2 = info2;
	control->exit_int_info = 0;
	control->event_inj = 0;
}

void __svm_sev_es_vcpu_run(struct vcpu_svm *svm, bool spec_ctrl_intercepted,
			   struct sev_es_save_area *hostsa)
{
	struct glue_vcpu *glue = to_glue_vcpu(&svm->vcpu);
	struct vmcb_control_area *control = &svm->vmcb->control;
	struct image_vmrun run = { .ghcb_msr = control->ghcb_gpa };
	enum image_exit why = glue_host->vmrun(glue->host_vcpu, &run);

	/* Whatever the exit: the guest may have been on its way to a VMGEXIT. */
	control->ghcb_gpa = run.ghcb_msr;
	switch (why) {
	case IMAGE_EXIT_VMGEXIT:
		glue_vmexit(svm, SVM_EXIT_VMGEXIT, 0, 0);
		return;
	case IMAGE_EXIT_INTR:
		set_tsk_thread_flag(current, TIF_SIGPENDING);
		glue_vmexit(svm, SVM_EXIT_INTR, 0, 0);
		return;
	case IMAGE_EXIT_SHUTDOWN:
		glue_vmexit(svm, SVM_EXIT_SHUTDOWN, 0, 0);
		return;
	case IMAGE_EXIT_NPF:
		glue_vmexit(svm, SVM_EXIT_NPF,
			    PFERR_GUEST_FINAL_MASK | PFERR_USER_MASK |
			    (run.private ? PFERR_GUEST_ENC_MASK : 0) |
			    (run.write ? PFERR_WRITE_MASK : 0), run.gpa);
		return;
	case IMAGE_EXIT_TDCALL:
	case IMAGE_EXIT_FAIL:
		break;
	}
	glue_vmexit(svm, SVM_EXIT_ERR, 0, 0);
}

long glue_bench_vmgexit(void *p, unsigned long long ghcb_msr)
{
	struct kvm_vcpu *vcpu = p;
	struct vcpu_svm *svm = to_svm(vcpu);
	int ret;

	svm->vmcb->control.ghcb_gpa = ghcb_msr;
	glue_vmexit(svm, SVM_EXIT_VMGEXIT, 0, 0);
	ret = sev_handle_vmgexit(vcpu);
	if (!ret && vcpu->arch.complete_userspace_io) {
		int (*complete)(struct kvm_vcpu *vcpu) = vcpu->arch.complete_userspace_io;

		vcpu->arch.complete_userspace_io = NULL;
		ret = complete(vcpu);
	}
	sev_es_unmap_ghcb(svm);
	return ret;
}
