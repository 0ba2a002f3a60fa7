/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: /dev/sev, and how commands get from the kernel to the PSP's firmware and back.
 * See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_SEV_DEV_H
#define REQUIREMENTS_SEV_DEV_H

#define DOC_PSP_SEV	"include/uapi/linux/psp-sev.h"

#define REQUIREMENTS_SEV_DEV(REQUIREMENT)							\
	REQUIREMENT(SEV_DEV_INIT, "SEV-DEV-INIT", DOC_PSP_SEV, "SEV_PLATFORM_STATUS",		\
		"on a machine with SNP its firmware is initialized, so that KVM has VMs of "	\
		"SEV, SEV-ES and SNP")								\
	REQUIREMENT(SEV_DEV_STATUS, "SEV-DEV-STATUS", DOC_PSP_SEV, "sev_user_data_status",	\
		"SEV_PLATFORM_STATUS and SNP_PLATFORM_STATUS say firmware's API version, its "	\
		"state, and how many guests of SEV and SEV-ES it has")				\
	REQUIREMENT(SEV_DEV_ANSWER, "SEV-DEV-ANSWER", DOC_PSP_SEV, "sev_user_data_get_id2",	\
		"an answer of firmware's for which there is room comes whole and as it is, and "	\
		"nothing behind it is written")							\
	REQUIREMENT(SEV_DEV_LENGTH, "SEV-DEV-LENGTH", DOC_PSP_SEV, "sev_user_data_get_id2",	\
		"a command with too little room for its answer fails with EIO and firmware's "	\
		"status, and says how much it takes")						\
	REQUIREMENT(SEV_DEV_REFUSED, "SEV-DEV-REFUSED", DOC_PSP_SEV, "SEV_ISSUE_CMD",		\
		"what is no command is EINVAL, what cannot be read or written is EFAULT, and "	\
		"with a descriptor for reading what changes the platform is EPERM")		\
	REQUIREMENT(SEV_DEV_FD, "SEV-DEV-FD", DOC_SEV_RST, "KVM_MEMORY_ENCRYPT_OP",		\
		"commands of VMs take a descriptor of /dev/sev, and no other")

#endif
