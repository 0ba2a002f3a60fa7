/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: /dev/sev, and how commands get from the kernel to the PSP's firmware and back;
 * and how pages do.
 * See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_SEV_DEV_H
#define REQUIREMENTS_SEV_DEV_H

#define DOC_PSP_SEV	"include/uapi/linux/psp-sev.h"
#define DOC_SEV_DEV	"drivers/crypto/ccp/sev-dev.c"

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
	REQUIREMENT(SEV_DEV_ROOM, "SEV-DEV-ROOM", DOC_PSP_SEV, "sev_user_data_get_id2",		\
		"an answer of firmware's comes whole and as it is, and no other memory is read or " \
		"freed, also where there is room for more than a page")				\
	REQUIREMENT(SEV_DEV_LENGTH, "SEV-DEV-LENGTH", DOC_PSP_SEV, "sev_user_data_get_id2",	\
		"a command with too little room for its answer fails with EIO and firmware's "	\
		"status, says how much it takes, and writes no part of the answer")		\
	REQUIREMENT(SEV_DEV_REFUSED, "SEV-DEV-REFUSED", DOC_PSP_SEV, "SEV_ISSUE_CMD",		\
		"what is no command is EINVAL, what cannot be read or written is EFAULT, and "	\
		"with a descriptor for reading what changes the platform is EPERM")		\
	REQUIREMENT(SEV_DEV_LONG, "SEV-DEV-LONG", DOC_SEV_DEV, "SEV_FW_BLOB_MAX_SIZE",		\
		"a certificate with room for more than 16 KiB is EFAULT, and firmware is not asked") \
	REQUIREMENT(SEV_DEV_FAILS, "SEV-DEV-FAILS", DOC_PSP_SEV, "sev_issue_cmd",		\
		"a command that firmware fails is EIO with firmware's status, and can be given "	\
		"again")									\
	REQUIREMENT(SEV_DEV_COMMIT, "SEV-DEV-COMMIT", DOC_SNP_FW, "SNP_COMMIT",			\
		"SNP_COMMIT tells firmware the length of its buffer, which is 4")		\
	REQUIREMENT(SEV_DEV_RECLAIM, "SEV-DEV-RECLAIM", DOC_SNP_FW, "SNP_PAGE_RECLAIM",		\
		"when firmware does not give back a page of a buffer, that page and those behind " \
		"it are lost for good, and no page of others'")					\
	REQUIREMENT(SEV_DEV_UNINIT, "SEV-DEV-UNINIT", DOC_SEV_DEV, "sev_move_to_init_state()",	\
		"a command that had to initialize the platform shuts it down again, also when the " \
		"command fails")								\
	REQUIREMENT(SEV_DEV_FLUSH, "SEV-DEV-FLUSH", DOC_SEV_DEV, "sev_move_to_init_state()",	\
		"a command whose initialization of the platform fails behind INIT, in DF_FLUSH, "	\
		"leaves it not initialized")							\
	REQUIREMENT(SNP_RMP_OVERLAP, "SNP-RMP-OVERLAP", "AMD APM 3", "RMPUPDATE",			\
		"an RMPUPDATE that another CPU's is in the way of (FAIL_OVERLAP) is repeated until " \
		"it is done")									\
	REQUIREMENT(SEV_BUSY, "SEV-BUSY", "AMD 55766", "Mailbox Register Protocol",			\
		"firmware is given no command before it has answered the one before")		\
	REQUIREMENT(SEV_SILENT, "SEV-SILENT", DOC_SEV_DEV, "__sev_do_cmd_locked()",		\
		"when firmware does not answer a command in time, what needs it fails, and so "	\
		"does all that needs firmware later on, EBUSY by /dev/sev; nothing waits")		\
	REQUIREMENT(SNP_LEAKED, "SNP-LEAKED", DOC_SNP_FW, "Page Management",			\
		"a page that firmware may have yet, since it was not given back, goes to nobody "	\
		"else, also when its VM ends")							\
	REQUIREMENT(SEV_DIRECT_MAP, "SEV-DIRECT-MAP", DOC_APM, "RMP and VMPL Access Checks",	\
		"a page of 4 KiB that is assigned in the RMP is not part of a larger one of the "	\
		"host's mapping of memory, or writes to the pages around it fault")			\
	REQUIREMENT(SEV_DEV_VLEK, "SEV-DEV-VLEK", DOC_PSP_SEV, "sev_user_data_snp_vlek_load",	\
		"SNP_VLEK_LOAD gives firmware the wrapped hashstick as a whole, and reads nothing " \
		"behind it; firmware that does not take it has none")				\
	REQUIREMENT(SEV_DEV_FD, "SEV-DEV-FD", DOC_SEV_RST, "KVM_MEMORY_ENCRYPT_OP",		\
		"commands of VMs take a descriptor of /dev/sev, and no other")

#endif
