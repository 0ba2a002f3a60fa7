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
		"a SIPI that comes when an AP reset hold has ended is no answer to it: neither " \
		"the GHCB MSR nor another event's answer changes")				\
	/* what a GHCB carries */								\
	REQUIREMENT(GHCB_MSR_SNP_ONLY, "GHCB-MSR-SNP-ONLY", DOC_SEV_C,				\
		"sev_handle_vmgexit_msr_protocol()",						\
		"a request of SNP guests by MSR, 0x010, 0x012 or 0x014, ends another guest with " \
		"KVM_SYSTEM_EVENT_SEV_TERM")							\
	REQUIREMENT(GHCB_V1_LIMIT, "GHCB-V1-LIMIT", DOC_SEV_C, "setup_vmgexit_scratch()",	\
		"with version 1 a scratch area of more than 16 pages, or one that wraps, answers " \
		"SW_EXITINFO1 = 2, SW_EXITINFO2 = 3, and one without memory fails KVM_RUN")	\
	REQUIREMENT(GHCB_NAE_IO_LONG, "GHCB-NAE-IO-LONG", DOC_GHCB, "IOIO_PROT NAE event",	\
		"a string of more bytes than there can be is not answered as done")		\
	REQUIREMENT(GHCB_RSI, "GHCB-RSI", DOC_HC, "KVM_HC_SEND_IPI",				\
		"event 0x81 has RSI as the hypercall's fourth argument")			\
	REQUIREMENT(GHCB_NOT_VALID, "GHCB-NOT-VALID", DOC_SEV_C, "sev_es_sync_from_ghcb()",	\
		"a register that is not marked valid counts as 0, whatever an earlier GHCB had " \
		"there")									\
	REQUIREMENT(GHCB_RDPMC, "GHCB-RDPMC", DOC_GHCB, "RDPMC NAE event",			\
		"event 0x6f returns a counter in RDX:RAX, or #GP as an event to inject")	\
	REQUIREMENT(GHCB_XCR0, "GHCB-XCR0", DOC_GHCB, "CPUID NAE event",			\
		"leaf 0xd is answered for the XCR0 of the GHCB, and for one that no CPU takes "	\
		"as before, or not at all")							\
	REQUIREMENT(GHCB_XSS, "GHCB-XSS", DOC_GHCB, "CPUID NAE event",				\
		"leaf 0xd, 1 is answered for the XSS of the GHCB, and for one that no CPU takes "	\
		"as before, or not at all")							\
	/* any GHCB */										\
	REQUIREMENT(GHCB_ANY, "GHCB-ANY", DOC_GHCB, "SW_EXITINFO1",				\
		"any event with any operands is answered with SW_EXITINFO1 of 0 to 2, for 1 "	\
		"an exception to inject and for 2 an error code, or ends KVM_RUN; the vCPU "	\
		"then serves the next event")							\
	/* what VMRUN is given: see lib/inproc/src/hw/hw_svm_rules.c */				\
	REQUIREMENT(SEV_TLB, "SEV-TLB", DOC_SVM, "TLB Flush",					\
		"a CPU runs a vCPU of an encrypted VM without a TLB flush only if it ran that "	\
		"vCPU, and no other with its ASID, the last time")				\
	REQUIREMENT(SVM_CLEAN, "SVM-CLEAN", DOC_SVM, "VMCB State Caching",			\
		"of what a VMCB calls clean nothing has changed since the CPU ran it, and on a CPU "	\
		"that did not run it last it calls nothing so")					\
	REQUIREMENT(SVM_DELIVERY, "SVM-DELIVERY", DOC_SVM, "Intercepts During IDT Interrupt Delivery",	\
		"what an exit has interrupted the delivery of is delivered once more, an "	\
		"exception with its error code; but #VC, which the guest's CPU raises again")	\
	REQUIREMENT(SEV_INTERCEPT, "SEV-INTERCEPT", DOC_GHCB, "Supported Guest VM Exits",	\
		"what an SEV-ES or SNP guest has no event for is not intercepted: control "	\
		"registers, XSETBV, IRET, debug registers besides DR7, the GHCB MSR, MSRs that "	\
		"VMRUN exchanges as EFER, STAR and DEBUGCTL, but not such as are the host's, "		\
		"GUEST_TSC_FREQ if it has secure TSC, XSS if XSAVES, TSC_AUX if RDTSCP or RDPID, and " \
		"only then, exceptions besides #AC, #MC and, without DebugSwap, #DB")		\
	REQUIREMENT(SNP_TSC_FREQ, "SNP-TSC-FREQ", DOC_API, "KVM_SET_TSC_KHZ",			\
		"firmware is asked for the VM's TSC frequency at the launch of a guest with "	\
		"secure TSC, and for none at that of others")					\
	REQUIREMENT(SNP_TSC_VMM, "SNP-TSC-VMM", DOC_API, "KVM_SET_TSC_KHZ",			\
		"KVM_SET_TSC_KHZ of a vCPU whose guest has secure TSC is EINVAL")		\
	REQUIREMENT(SNP_TSC_OWN, "SNP-TSC-OWN", DOC_API, "KVM_SET_DEVICE_ATTR",			\
		"KVM_VCPU_TSC_OFFSET changes with what the guest writes to IA32_TSC_ADJUST or "	\
		"IA32_TSC, or the VMM sets; of a guest with secure TSC it stays")		\
	REQUIREMENT(SEV_EXCEPTION, "SEV-EXCEPTION", DOC_SVM, "Exception Intercepts",		\
		"#AC, and #DB and DR7 without DebugSwap, are intercepted, so that no guest keeps " \
		"a CPU in an exception that raises itself")					\
	REQUIREMENT(SEV_LBR, "SEV-LBR", DOC_SVM, "LBR Virtualization",				\
		"an SEV-ES or SNP guest runs with virtualized last branch records, which such "	\
		"guests have to")								\
	/* how many */										\
	REQUIREMENT(SNP_VCPU_IDS, "SNP-VCPU-IDS", DOC_API, "KVM_CREATE_VCPU",			\
		"vCPUs of an SNP VM have any IDs below KVM_CAP_MAX_VCPU_ID, in any order, up to " \
		"KVM_CAP_MAX_VCPUS, and each is launched and runs")				\
	/* ioctls of VM and vCPU */								\
	REQUIREMENT(SNP_IOCTL_EINVAL, "SNP-IOCTL-EINVAL", DOC_API, "API description",		\
		"an ioctl that reads or writes registers of a vCPU whose state is protected is " \
		"EINVAL")									\
	REQUIREMENT(SNP_IOCTL_FPU, "SNP-IOCTL-FPU", DOC_API, "API description",			\
		"KVM_GET_FPU, KVM_SET_FPU, and their kin of XSAVE are EINVAL for an SNP vCPU "	\
		"whose state is protected, as for one of SEV-ES")				\
	REQUIREMENT(SEV_OLD_STATE, "SEV-OLD-STATE", DOC_SEV_RST, "KVM_SEV_INIT2",		\
		"ioctls that read or write registers of a vCPU whose state is protected succeed "	\
		"for a VM of KVM_SEV_ES_INIT, and the guest goes on where it was")		\
	REQUIREMENT(SNP_IOCTL_SMI, "SNP-IOCTL-SMI", DOC_API, "KVM_SMI",				\
		"KVM_SMI of a vCPU whose state is protected harms neither it nor its VM")	\
	REQUIREMENT(SNP_IOCTL_KEPT, "SNP-IOCTL-KEPT", DOC_API, "API description",		\
		"after an ioctl, served or refused, the guest goes on where it was")		\
	/* the launch */									\
	REQUIREMENT(SNP_LAUNCH_DEBUGGED, "SNP-LAUNCH-DEBUGGED", DOC_SEV_C, "sev_es_sync_vmsa()", \
		"a vCPU that is debugged, or has breakpoints of its own, is not launched; when " \
		"it is no more, it is")								\
	REQUIREMENT(SEV_ASIDS, "SEV-ASIDS", DOC_SEV_RST, "KVM_SEV_INIT2",			\
		"an encrypted VM that is closed gives its ASID back")				\
	REQUIREMENT(SNP_POLICY_BITS, "SNP-POLICY-BITS", DOC_SEV_RST, "KVM_SEV_SNP_LAUNCH_START", \
		"a policy bit that attribute KVM_X86_SNP_POLICY_BITS does not offer is EINVAL, " \
		"and those that every guest needs are offered")					\
	REQUIREMENT(SEV_INIT_ONCE, "SEV-INIT-ONCE", DOC_SEV_RST, "KVM_SEV_INIT2",		\
		"KVM_SEV_INIT2 of a VM that is initialized, or has vCPUs, is EINVAL; of an SNP VM "	\
		"that is initialized EPERM")							\
	REQUIREMENT(SEV_INIT_ARGS, "SEV-INIT-ARGS", DOC_SEV_RST, "KVM_SEV_INIT2",		\
		"flags and features that KVM does not have are EINVAL, and for a VM of SEV all "	\
		"features and versions of the GHCB protocol; such a VM can still be initialized")	\
	REQUIREMENT(SNP_LAUNCH_CPUID_ONLY, "SNP-LAUNCH-CPUID-ONLY", DOC_SEV_RST,		\
		"KVM_SEV_SNP_LAUNCH_UPDATE",							\
		"of an update that fails KVM writes nothing to the VMM's page, but for what "	\
		"firmware would take of a CPUID page")						\
	REQUIREMENT(SEV_ES_SHUTDOWN, "SEV-ES-SHUTDOWN", DOC_SVM_C, "shutdown_interception()",	\
		"a vCPU whose state is encrypted gets no INIT when its guest shuts down")	\
	REQUIREMENT(SNP_FAULT_POISON, "SNP-FAULT-POISON", DOC_API, "KVM_EXIT_MEMORY_FAULT",	\
		"an access to private memory that the machine has lost is KVM_EXIT_MEMORY_FAULT "	\
		"with EHWPOISON, each time, until the VMM gives up the page")			\
	REQUIREMENT(SNP_PREFAULT, "SNP-PREFAULT", DOC_API, "KVM_PRE_FAULT_MEMORY",		\
		"private memory of an SNP VM can be mapped beforehand when its launch has ended, " \
		"and not before")								\
	REQUIREMENT(SNP_OP_NULL, "SNP-OP-NULL", DOC_SEV_RST, "KVM_MEMORY_ENCRYPT_OP",		\
		"KVM_MEMORY_ENCRYPT_OP with NULL succeeds where there is SEV")			\
	REQUIREMENT(SNP_OP_BACK, "SNP-OP-BACK", DOC_API, "KVM_MEMORY_ENCRYPT_OP",		\
		"a command whose result cannot be written to the VMM's structures is EFAULT")

#endif
