/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: what KVM takes of kvm_run for SNP guests.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_SNP_RUN_H
#define REQUIREMENTS_SNP_RUN_H

#define REQUIREMENTS_SNP_RUN(REQUIREMENT)							\
	REQUIREMENT(RACE_SNP_RUN, "SNP-RACE-RUN", DOC_API, "The kvm_run structure",		\
		"an answer in kvm_run that changes while KVM takes it counts as it was or as it "\
		"is, checked")									\
	REQUIREMENT(RACE_SNP_MSR_RUN, "SNP-RACE-RUN-MSR", DOC_API, "KVM_EXIT_X86_RDMSR",	\
		"msr.error that changes while KVM takes it either fails the access or gives the "\
		"guest the VMM's data")								\
	REQUIREMENT(RACE_SNP_SYNC, "SNP-RACE-RUN-SYNC", DOC_API, "KVM_CAP_SYNC_REGS",		\
		"kvm_dirty_regs and kvm_valid_regs that change while KVM_RUN looks at them change "\
		"no register of a guest whose state is protected")

#endif
