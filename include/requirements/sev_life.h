/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: the life of SEV and SEV-ES guests: VMs that are used after their context has
 * moved, mirrors, which command is whose, and what is left after failure.
 * See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_SEV_LIFE_H
#define REQUIREMENTS_SEV_LIFE_H

#define DOC_MOVE_TEST	"tools/testing/selftests/kvm/x86/sev_migrate_tests.c"

#define REQUIREMENTS_SEV_LIFE(REQUIREMENT)							\
	REQUIREMENT(SEV_ASID, "SEV-ASID", DOC_APM, "Secure Encrypted Virtualization, ASIDs",	\
		"an encrypted guest runs with the ASID that firmware has activated for it")	\
	REQUIREMENT(SEV_LEFT, "SEV-LEFT", DOC_SEV_C, "sev_vm_destroy()",			\
		"what firmware has of a guest, its ASID and what a cgroup is charged for it "	\
		"are given back with its VM")							\
	REQUIREMENT(SEV_MOVE_RUN, "SEV-MOVE-RUN", DOC_API, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM",	\
		"a guest goes on where it was in the VM that has taken over its context")	\
	REQUIREMENT(SEV_MOVE_RUN_INIT2, "SEV-MOVE-RUN-INIT2", DOC_API,				\
		"KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM",						\
		"so does a guest of a VM that was initialized by KVM_SEV_INIT2: KVM_RUN of the "	\
		"VM that has taken it over does not fail for want of that command")		\
	REQUIREMENT(SEV_MOVE_REGION, "SEV-MOVE-REGION", DOC_API, "KVM_MEMORY_ENCRYPT_REG_REGION",	\
		"regions move with their VM's context, and count for the VM that has them")	\
	REQUIREMENT(SEV_MOVE_VCPUS, "SEV-MOVE-VCPUS", DOC_MOVE_TEST, "test_sev_migrate_parameters()",	\
		"the context of an SEV-ES VM moves to a VM with as many vCPUs, once all of its "	\
		"own are encrypted, and else to none")						\
	REQUIREMENT(SEV_MOVE_ERRNO, "SEV-MOVE-ERRNO", DOC_MOVE_TEST, "test_sev_migrate_parameters()",	\
		"moving or mirroring from what is no VM is EBADF, and what cannot be is EINVAL")	\
	REQUIREMENT(SEV_MOVE_CHARGE, "SEV-MOVE-CHARGE", DOC_CGROUP, "Misc",			\
		"the charge for an ASID moves to the cgroup of who takes it over, unless that "	\
		"is at its limit: then nothing has moved")					\
	REQUIREMENT(SEV_MOVE_CHARGE_ES, "SEV-MOVE-CHARGE-ES", DOC_CGROUP, "Misc",		\
		"an ASID of SEV-ES is charged, moved and given back as one of sev_es, not of sev")	\
	REQUIREMENT(SEV_MOVE_LBR, "SEV-MOVE-LBR", DOC_SVM, "LBR Virtualization",			\
		"a vCPU that goes on with the state of another SEV-ES VM's has a record of "	\
		"branches of its own")								\
	REQUIREMENT(SEV_MIRROR_CHARGE, "SEV-MIRROR-CHARGE", DOC_CGROUP, "Misc",			\
		"nobody is charged for the ASID of a mirror, also after it has moved")		\
	REQUIREMENT(SEV_MIRROR_MAY, "SEV-MIRROR-MAY", DOC_SEV_C, "is_cmd_allowed_from_mirror()",	\
		"a mirror gives the commands for its vCPUs, status and debugging, and no other: "	\
		"that is EINVAL, and firmware is not asked")					\
	REQUIREMENT(SEV_MIRROR_RUN, "SEV-MIRROR-RUN", DOC_API, "KVM_CAP_VM_COPY_ENC_CONTEXT_FROM",	\
		"vCPUs of a mirror run with the owner's guest, as long as there is a mirror, "	\
		"whether owner or mirror have been closed or moved")				\
	REQUIREMENT(SEV_MIRROR_REFUSED, "SEV-MIRROR-REFUSED", DOC_SEV_C,			\
		"sev_vm_copy_enc_context_from()",						\
		"no mirror is made of a mirror, nor of a VM that has vCPUs")			\
	REQUIREMENT(SEV_CMD_TYPES, "SEV-CMD-TYPES", DOC_SEV_C, "sev_mem_enc_ioctl()",		\
		"a command is refused for VMs that it is not for: ENOTTY, for an SNP VM EPERM, "	\
		"and EINVAL if it is none, and firmware is not asked")				\
	REQUIREMENT(SEV_CMD_ERRNO, "SEV-CMD-ERRNO", DOC_SEV_RST, "KVM_SEV_LAUNCH_START",		\
		"a command of SEV with memory that is not there is EFAULT, or ENOMEM where it is "	\
		"pinned, one with a bad value EINVAL, and one that firmware refuses EIO, with "	\
		"firmware's status")								\
	REQUIREMENT(SEV_CMD_AGAIN, "SEV-CMD-AGAIN", DOC_SEV_RST, "KVM_SEV_LAUNCH_START",		\
		"a command of SEV that has failed can be given again")				\
	REQUIREMENT(SEV_UNTOLD, "SEV-UNTOLD", DOC_SEV_C, "sev_launch_start()",			\
		"a guest whose handle the VMM cannot be told is deactivated and decommissioned, "	\
		"each once, and its VM has no guest")						\
	REQUIREMENT(SEV_CMD_MEMORY, "SEV-CMD-MEMORY", DOC_SEV_RST, "KVM_SEV_LAUNCH_START",	\
		"a command of SEV for which there is no memory is ENOMEM, leaves nothing behind, "	\
		"and can be given again, like all others")					\
	REQUIREMENT(SEV_INIT_FAILS, "SEV-INIT-FAILS", DOC_SEV_RST, "KVM_SEV_INIT2",		\
		"a KVM_SEV_INIT2 that has failed can be given again, and the VM is of its type")	\
	REQUIREMENT(SEV_ES_INIT_VERSION, "SEV-ES-INIT-VERSION", DOC_SEV_RST, "KVM_SEV_INIT2",	\
		"a guest of a VM that KVM_SEV_ES_INIT made is told version 1 of the GHCB protocol, "	\
		"and no higher one")								\
	REQUIREMENT(SEV_STATUS, "SEV-STATUS", DOC_SEV_RST, "KVM_SEV_GUEST_STATUS",		\
		"KVM_SEV_GUEST_STATUS tells handle, policy and state that firmware has of the guest")	\
	REQUIREMENT(SEV_LENGTHS, "SEV-LENGTHS", DOC_SEV_RST, "KVM_SEV_LAUNCH_MEASURE",		\
		"a command that is asked for how much room its answer takes says so")		\
	REQUIREMENT(SEV_DATA, "SEV-DATA", DOC_SEV_RST, "KVM_SEV_LAUNCH_UPDATE_DATA",		\
		"what KVM_SEV_LAUNCH_UPDATE_DATA names is what firmware measures, and no more")	\
	REQUIREMENT(SEV_DATA_CROSSES, "SEV-DATA-CROSSES", DOC_SEV_RST,				\
		"KVM_SEV_LAUNCH_UPDATE_DATA",							\
		"data can begin within a page and end in another one, also on a machine with SNP")	\
	REQUIREMENT(SEV_SECRET, "SEV-SECRET", DOC_SEV_RST, "KVM_SEV_LAUNCH_SECRET",		\
		"a secret is written to the guest's memory where it is to be")			\
	REQUIREMENT(SEV_REPORT, "SEV-REPORT", DOC_SEV_RST, "KVM_SEV_GET_ATTESTATION_REPORT",	\
		"a report comes whole, and with the nonce that was given")			\
	REQUIREMENT(SEV_SEND, "SEV-SEND", DOC_SEV_RST, "KVM_SEV_SEND_START",			\
		"a guest's pages are sent and received as they are, to where they are to be, and "	\
		"the guest goes on there")							\
	REQUIREMENT(SEV_RECEIVE, "SEV-RECEIVE", DOC_SEV_RST, "KVM_SEV_RECEIVE_UPDATE_DATA",	\
		"pages are received, also on a machine with SNP")				\
	REQUIREMENT(SEV_DBG_FIRMWARE, "SEV-DBG-FIRMWARE", DOC_SEV_RST, "KVM_SEV_DBG_DECRYPT",	\
		"KVM_SEV_DBG_DECRYPT has firmware decrypt, KVM_SEV_DBG_ENCRYPT has it encrypt, "	\
		"and what firmware refuses is EIO with its status")				\
	REQUIREMENT(SEV_DBG_PINS, "SEV-DBG-PINS", DOC_API, "KVM_MEMORY_ENCRYPT_REG_REGION",	\
		"pages that commands of SEV pin count for as long as they take, not longer")	\
	REQUIREMENT(SEV_ES_VMSA, "SEV-ES-VMSA", DOC_SEV_C, "sev_launch_update_vmsa()",	\
		"the state that a vCPU of an SEV-ES guest is launched with is what the VMM set")	\
	REQUIREMENT(SEV_ES_WRITTEN, "SEV-ES-WRITTEN", DOC_APM, "Control Register Write Traps",	\
		"KVM knows EFER, CR0, CR4 and CR8 of an SEV-ES guest as the guest wrote them last, " \
		"and KVM_GET_SREGS of a VM that KVM_SEV_ES_INIT made shows them")

#endif
