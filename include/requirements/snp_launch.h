/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: the launch of SNP VMs.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_SNP_LAUNCH_H
#define REQUIREMENTS_SNP_LAUNCH_H

#define REQUIREMENTS_SNP_LAUNCH(REQUIREMENT)							\
	REQUIREMENT(SNP_LAUNCH_ORDER, "SNP-LAUNCH-ORDER", DOC_SEV_RST,				\
		"The KVM_MEMORY_ENCRYPT_OP ioctl",						\
		"a launch command is taken in its state of the VM, and refused in all others")	\
	REQUIREMENT(SNP_LAUNCH_ARGS, "SNP-LAUNCH-ARGS", DOC_SEV_RST,				\
		"The KVM_MEMORY_ENCRYPT_OP ioctl",						\
		"a launch command with a value, an address or a length that cannot be is refused")	\
	REQUIREMENT(SNP_LAUNCH_ERRNO, "SNP-LAUNCH-ERRNO", DOC_SEV_RST,				\
		"The KVM_MEMORY_ENCRYPT_OP ioctl",						\
		"a launch command is EFAULT if its structure cannot be read, EINVAL with a bad "	\
		"value or out of order, and EIO where firmware refuses")			\
	REQUIREMENT(SNP_LAUNCH_TAKEN, "SNP-LAUNCH-TAKEN", DOC_SEV_RST,				\
		"The KVM_MEMORY_ENCRYPT_OP ioctl",						\
		"a launch command takes what it documents: a source that can only be read, a "	\
		"feature that KVM offers")							\
	REQUIREMENT(SNP_LAUNCH_LENGTH, "SNP-LAUNCH-LENGTH", DOC_SEV_RST,			\
		"KVM_SEV_SNP_LAUNCH_UPDATE",							\
		"a length that is 0, or of no pages, is refused, and no length makes a WARN")	\
	REQUIREMENT(SNP_LAUNCH_NULL, "SNP-LAUNCH-NULL", DOC_STYLE, "Do not crash the kernel",	\
		"KVM_SEV_SNP_LAUNCH_UPDATE with uaddr 0 makes no WARN")				\
	REQUIREMENT(SNP_LAUNCH_GHCB_VERSION, "SNP-LAUNCH-GHCB-VERSION", DOC_GHCB, "GHCB Protocol Version", \
		"KVM_SEV_INIT2 takes no version of the GHCB protocol that has no SNP guests")	\
	REQUIREMENT(SNP_LAUNCH_KEPT, "SNP-LAUNCH-KEPT", DOC_SEV_RST, "KVM_SEV_SNP_LAUNCH_UPDATE",	\
		"a command that is refused changes nothing: the launch goes on, and is "	\
		"measured, as without it")							\
	REQUIREMENT(SNP_LAUNCH_FINISH_AGAIN, "SNP-LAUNCH-FINISH-AGAIN", DOC_SEV_RST,		\
		"KVM_SEV_SNP_LAUNCH_FINISH",							\
		"a KVM_SEV_SNP_LAUNCH_FINISH that was refused for its arguments can be given "	\
		"again, with others")								\
	REQUIREMENT(SNP_LAUNCH_PARTIAL, "SNP-LAUNCH-PARTIAL", DOC_SEV_RST,			\
		"KVM_SEV_SNP_LAUNCH_UPDATE",							\
		"gfn_start, uaddr and len of an update advance by the pages that it has measured; "	\
		"uaddr does not for pages of zeros")	\
	REQUIREMENT(SNP_LAUNCH_FIRMWARE, "SNP-LAUNCH-FIRMWARE", DOC_SNP_FW, "SNP_LAUNCH_START",	\
		"firmware gets policy, GOSVW, ID block, host data and the like as the VMM gave them")	\
	REQUIREMENT(SNP_LAUNCH_PAGES, "SNP-LAUNCH-PAGES", DOC_SNP_FW, "SNP_LAUNCH_UPDATE",	\
		"each page is measured once, in order, with its bytes, type and GPA, and no others")	\
	REQUIREMENT(SNP_LAUNCH_VMSA, "SNP-LAUNCH-VMSA", DOC_APM, "VMSA Layout",			\
		"the VMSA that is measured has the registers that the VMM gave the vCPU")	\
	REQUIREMENT(SNP_LAUNCH_VMSA_OWNED, "SNP-LAUNCH-VMSA-OWNED", DOC_SNP_FW,			\
		"SNP_LAUNCH_UPDATE",								\
		"KVM does not write to a VMSA that is launched, and the guest's")			\
	REQUIREMENT(SNP_LAUNCH_DIGEST, "SNP-LAUNCH-DIGEST", DOC_SNP_FW, "PAGE_INFO",		\
		"the launch digest is the one that the guest's owner expects of these pages")	\
	REQUIREMENT(SNP_LAUNCH_CPUID, "SNP-LAUNCH-CPUID", DOC_SEV_RST, "KVM_SEV_SNP_LAUNCH_UPDATE",	\
		"the VMM finds in its CPUID page what firmware would take when it refuses that page")	\
	REQUIREMENT(SNP_LAUNCH_CPUID_WRITE, "SNP-LAUNCH-CPUID-WRITE", DOC_GUP,			\
		"CASE 5: Pinning in order to write to the data within the page",		\
		"KVM writes to the VMM's CPUID page only as to one that it got for writing, and "	\
		"marks it dirty")

#endif
