/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: vCPUs of SNP VMs, and what their GHCBs carry.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_SNP_VCPU_H
#define REQUIREMENTS_SNP_VCPU_H

#define REQUIREMENTS_SNP_VCPU(REQUIREMENT)							\
	/* AP creation and AP reset hold, and the VMM's part in them */				\
	REQUIREMENT(SNP_AP_VMM_STATE, "SNP-AP-VMM-STATE", DOC_API, "KVM_SET_MP_STATE",		\
		"a state that the VMM sets between an AP creation event and the next KVM_RUN "	\
		"does not undo the event")							\
	REQUIREMENT(SNP_AP_SHARED, "SNP-AP-SHARED", DOC_SVM, "VMRUN Page Checks",		\
		"two vCPUs to which the guest gives one VMSA can run in turn")			\
	REQUIREMENT(GHCB_AP_HOLD_OVER, "GHCB-AP-HOLD-OVER", DOC_GHCB, "AP Reset Hold",		\
		"a SIPI that comes when an AP reset hold has ended is no answer to it: neither "	\
		"the GHCB MSR nor another event's answer changes")				\
	/* what a GHCB carries */								\
	REQUIREMENT(GHCB_MSR_SNP_ONLY, "GHCB-MSR-SNP-ONLY", DOC_SEV_C,				\
		"sev_handle_vmgexit_msr_protocol()",						\
		"a request of SNP guests by MSR, 0x010, 0x012 or 0x014, ends another guest with "\
		"KVM_SYSTEM_EVENT_SEV_TERM")							\
	REQUIREMENT(GHCB_V1_LIMIT, "GHCB-V1-LIMIT", DOC_SEV_C, "setup_vmgexit_scratch()",	\
		"with version 1 a scratch area of more than 16 pages, or one that wraps, answers "\
		"SW_EXITINFO1 = 2, SW_EXITINFO2 = 3, and one without memory fails KVM_RUN")	\
	REQUIREMENT(GHCB_NAE_IO_LONG, "GHCB-NAE-IO-LONG", DOC_GHCB, "IOIO_PROT NAE event",	\
		"a string of more bytes than there can be is not answered as done")		\
	REQUIREMENT(GHCB_RSI, "GHCB-RSI", DOC_HC, "KVM_HC_SEND_IPI",				\
		"event 0x81 has RSI as the hypercall's fourth argument")			\
	REQUIREMENT(GHCB_NOT_VALID, "GHCB-NOT-VALID", DOC_SEV_C, "sev_es_sync_from_ghcb()",	\
		"a register that is not marked valid counts as 0, whatever an earlier GHCB had "	\
		"there")									\
	REQUIREMENT(GHCB_RDPMC, "GHCB-RDPMC", DOC_GHCB, "RDPMC NAE event",			\
		"event 0x6f returns a counter in RDX:RAX, or #GP as an event to inject")	\
	/* any GHCB */										\
	REQUIREMENT(GHCB_ANY, "GHCB-ANY", DOC_GHCB, "SW_EXITINFO1",				\
		"any event with any operands is answered with SW_EXITINFO1 of 0 to 2, for 1 "	\
		"an exception to inject and for 2 an error code, or ends KVM_RUN; the vCPU "	\
		"then serves the next event")							\
	/* what VMRUN is given: see lib/inproc/src/hw/hw_svm_rules.c */			\
	REQUIREMENT(SEV_TLB, "SEV-TLB", DOC_SVM, "TLB Flush",					\
		"a CPU runs a vCPU of an encrypted VM without a TLB flush only if it ran that "	\
		"vCPU, and no other with its ASID, the last time")				\
	REQUIREMENT(SEV_INTERCEPT, "SEV-INTERCEPT", DOC_GHCB, "Supported Guest VM Exits",	\
		"what an SEV-ES or SNP guest has no event for is not intercepted: control "	\
		"registers, XSETBV, debug registers besides DR7, the GHCB MSR")			\
	REQUIREMENT(SEV_EXCEPTION, "SEV-EXCEPTION", DOC_SVM, "Exception Intercepts",		\
		"#AC, and #DB and DR7 without DebugSwap, are intercepted, so that no guest keeps "\
		"a CPU in an exception that raises itself")					\
	REQUIREMENT(SEV_LBR, "SEV-LBR", DOC_SVM, "LBR Virtualization",				\
		"an SEV-ES or SNP guest runs with virtualized last branch records, which such "	\
		"guests have to")								\
	REQUIREMENT(SEV_GUEST_FAULT, "SEV-GUEST-FAULT", DOC_SVM, "Exception Intercepts",	\
		"#UD, #GP, #DE and #PF of an encrypted guest are its own to handle")		\
	/* how many */										\
	REQUIREMENT(SNP_VCPU_IDS, "SNP-VCPU-IDS", DOC_API, "KVM_CREATE_VCPU",			\
		"vCPUs of an SNP VM have any IDs below KVM_CAP_MAX_VCPU_ID, in any order, up to "	\
		"KVM_CAP_MAX_VCPUS, and each is launched and runs")				\
	/* ioctls of VM and vCPU */								\
	REQUIREMENT(SNP_IOCTL_STATE, "SNP-IOCTL-STATE", DOC_API, "KVM_SET_REGS and on",		\
		"an ioctl that reads or writes registers of a vCPU whose state is protected is "	\
		"refused, or does nothing that its guest sees")					\
	REQUIREMENT(SNP_IOCTL_EINVAL, "SNP-IOCTL-EINVAL", DOC_API, "KVM_GET_REGS and on",	\
		"an ioctl that reads or writes registers of a vCPU whose state is protected is "	\
		"EINVAL")									\
	REQUIREMENT(SNP_IOCTL_SERVED, "SNP-IOCTL-SERVED", DOC_API, "KVM_CHECK_EXTENSION",	\
		"what a VM or vCPU is said to have by KVM_CHECK_EXTENSION of its VM works, and "	\
		"what it cannot do is not offered")						\
	REQUIREMENT(SNP_IOCTL_KEPT, "SNP-IOCTL-KEPT", DOC_API, "KVM_SET_VCPU_EVENTS and on",	\
		"after an ioctl, served or refused, the guest goes on where it was")		\
	/* ID block and host data */								\
	REQUIREMENT(SNP_ID_SIGNATURE, "SNP-ID-SIGNATURE", DOC_SNP_FW, "SNP_LAUNCH_FINISH",	\
		"firmware gets ID block and ID authentication as the VMM gave them: one whose "	\
		"signatures (ECDSA P-384) are right ends the launch")				\
	REQUIREMENT(SNP_ID_REFUSED, "SNP-ID-REFUSED", DOC_SNP_FW, "SNP_LAUNCH_FINISH",		\
		"an ID block that firmware refuses fails KVM_SEV_SNP_LAUNCH_FINISH, with "	\
		"firmware's status in error, and its VM does not run")				\
	REQUIREMENT(SNP_ID_HOST_DATA, "SNP-ID-HOST-DATA", DOC_SNP_FW, "SNP_LAUNCH_FINISH",	\
		"firmware gets all 32 bytes of the VMM's host data")

#endif
