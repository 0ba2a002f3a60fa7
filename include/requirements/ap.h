/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: SNP guests' vCPUs and their VMSAs.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_AP_H
#define REQUIREMENTS_AP_H

#define REQUIREMENTS_AP(REQUIREMENT)								\
	/* NAE event 0x80000013: what is refused */						\
	REQUIREMENT(SNP_AP_FEATURES, "SNP-AP-FEATURES", DOC_GHCB, "SNP AP Creation",		\
		"AP creation with other SEV_FEATURES in RAX than the VM has answers "		\
		"SW_EXITINFO1 = 2, SW_EXITINFO2 = 5")						\
	REQUIREMENT(SNP_AP_ALLOWED, "SNP-AP-ALLOWED", DOC_SVM, "Allowed SEV Features",		\
		"on a CPU that can refuse it no vCPU runs from a VMSA with SEV_FEATURES that "	\
		"the VM does not have, whatever the AP creation event said")			\
	REQUIREMENT(SNP_AP_GPA, "SNP-AP-GPA", DOC_GHCB, "SNP AP Creation",			\
		"AP creation with a VMSA that is not page aligned, or beyond the guest's "	\
		"physical addresses, answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 5")		\
	REQUIREMENT(SNP_AP_2M, "SNP-AP-2M", DOC_SEV_C, "sev_snp_ap_creation()",			\
		"AP creation with a VMSA at a multiple of 2 MiB, which meets an erratum of "	\
		"CPUs, answers SW_EXITINFO1 = 2, SW_EXITINFO2 = 5")				\
	REQUIREMENT(SNP_AP_ID, "SNP-AP-ID", DOC_GHCB, "SNP AP Creation",			\
		"AP creation for an APIC ID that no vCPU has answers SW_EXITINFO1 = 2, "	\
		"SW_EXITINFO2 = 5")								\
	REQUIREMENT(SNP_AP_REQUEST, "SNP-AP-REQUEST", DOC_GHCB, "SNP AP Creation",		\
		"an AP creation request other than 0, 1 and 2 answers SW_EXITINFO1 = 2, "	\
		"SW_EXITINFO2 = 5")								\
	REQUIREMENT(SNP_AP_KEPT, "SNP-AP-KEPT", DOC_GHCB, "SNP AP Creation",			\
		"an AP creation event that is refused leaves its target as it was")		\
	/* what is done */									\
	REQUIREMENT(SNP_AP_ANSWER, "SNP-AP-ANSWER", DOC_GHCB, "SNP AP Creation",		\
		"an AP creation event that is done answers SW_EXITINFO1 = 0, SW_EXITINFO2 = 0")	\
	REQUIREMENT(SNP_AP_CREATE, "SNP-AP-CREATE", DOC_GHCB, "SNP AP Creation",		\
		"after CREATE the target runs from the VMSA that the guest made, whatever it "	\
		"did before")									\
	REQUIREMENT(SNP_AP_WAKES, "SNP-AP-WAKES", DOC_GHCB, "SNP AP Creation",			\
		"CREATE starts a vCPU that has never been started")				\
	REQUIREMENT(SNP_AP_STATE, "SNP-AP-STATE", DOC_SVM, "VMCB Clean Bits",			\
		"of the state that a vCPU had with another VMSA a CPU may use nothing: no VMCB "\
		"clean bit says that it may")							\
	REQUIREMENT(SNP_AP_ON_INIT, "SNP-AP-ON-INIT", DOC_GHCB, "SNP AP Creation",		\
		"CREATE_ON_INIT changes nothing before the target's INIT; from then on the "	\
		"target has the VMSA, and runs from it after a SIPI")				\
	REQUIREMENT(SNP_AP_INIT, "SNP-AP-INIT", DOC_GHCB, "SNP AP Creation",			\
		"an INIT without an AP creation event leaves a vCPU its VMSA")			\
	REQUIREMENT(SNP_AP_DESTROY, "SNP-AP-DESTROY", DOC_GHCB, "SNP AP Creation",		\
		"after DESTROY the target does not run any more, and KVM_RUN waits")		\
	REQUIREMENT(SNP_AP_AGAIN, "SNP-AP-AGAIN", DOC_GHCB, "SNP AP Creation",			\
		"a vCPU that was destroyed, or could not be run, runs after another CREATE")	\
	REQUIREMENT(SNP_AP_LEFT, "SNP-AP-LEFT", DOC_GHCB, "SNP AP Creation",			\
		"when CREATE or DESTROY returns, the target has left the guest, and its VMSA "	\
		"is the guest's to change")							\
	REQUIREMENT(SNP_AP_LATE, "SNP-AP-LATE", DOC_SEV_RST, "KVM_SEV_SNP_LAUNCH_FINISH",	\
		"a vCPU that is made after the launch cannot be made, or runs after CREATE and "\
		"not before")									\
	/* VMSAs that cannot be used */								\
	REQUIREMENT(SNP_AP_NO_VMSA, "SNP-AP-NO-VMSA", DOC_SEV_C, "pre_sev_run()",		\
		"VMRUN is not executed with a VMSA address that is none: KVM_RUN of a vCPU "	\
		"without a VMSA, which the VMM made runnable, fails with EINVAL or ends with "	\
		"KVM_EXIT_FAIL_ENTRY")								\
	REQUIREMENT(SNP_AP_NO_PAGE, "SNP-AP-NO-PAGE", DOC_SEV_C,				\
		"sev_snp_init_protected_guest_state()",						\
		"a vCPU whose VMSA is where there is no private memory is runnable, and "	\
		"KVM_RUN fails with EINVAL or ends with KVM_EXIT_FAIL_ENTRY instead of waiting "\
		"for ever")									\
	REQUIREMENT(SNP_AP_NOT_VMSA, "SNP-AP-NOT-VMSA", DOC_SVM, "VMRUN Page Checks",		\
		"a vCPU whose VMSA is a page that no guest made a VMSA does not run: KVM_RUN "	\
		"fails with EINVAL or ends with KVM_EXIT_FAIL_ENTRY")				\
	REQUIREMENT(SNP_AP_ZAPPED, "SNP-AP-ZAPPED", DOC_SEV_C, "sev_gmem_invalidate_range()",	\
		"a page that the VMM takes out of guest_memfd is not taken while a CPU runs "	\
		"with it as its VMSA, nor is VMRUN executed with it after that")

#endif
