/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: calls of several threads of a VMM at once.  Each is a table of pairs, which
 * are run in every order that lib/cases/interleave.c finds.  See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_ORDER_H
#define REQUIREMENTS_ORDER_H

#define REQUIREMENTS_ORDER(REQUIREMENT)								\
	REQUIREMENT(ORDER_SNP_FINISH, "ORDER-SNP-FINISH", DOC_SEV_RST, "KVM_SEV_SNP_LAUNCH_FINISH",	\
		"what comes while KVM_SEV_SNP_LAUNCH_FINISH encrypts the vCPUs comes before or "	\
		"after it: a vCPU runs with the state that was measured")			\
	REQUIREMENT(ORDER_SNP, "ORDER-SNP", DOC_LOCKING, "1. Acquisition Orders",			\
		"two calls at once about an SNP VM have the results and leave the state that they "	\
		"have one after the other")							\
	REQUIREMENT(ORDER_SNP_GUEST, "ORDER-SNP-GUEST", DOC_LOCKING, "1. Acquisition Orders",	\
		"what an SNP guest asks for while its VMM makes a call is done before or after "	\
		"the call")									\
	REQUIREMENT(ORDER_SEV_MOVE, "ORDER-SEV-MOVE", DOC_LOCKING, "1. Acquisition Orders",	\
		"of two calls at once about VMs of which one takes over or shares the other's "	\
		"context, one comes before the other")						\
	REQUIREMENT(ORDER_SEV_REGION, "ORDER-SEV-REGION", DOC_LOCKING, "1. Acquisition Orders",	\
		"an encrypted region is registered before or after what else is done to its VM")	\
	REQUIREMENT(ORDER_SEV_VCPU, "ORDER-SEV-VCPU", DOC_LOCKING, "1. Acquisition Orders",	\
		"a vCPU of an SEV-ES VM is created, or encrypted, before or after what else is "	\
		"done to its VM")								\
	REQUIREMENT(ORDER_SEV_DEAD, "ORDER-SEV-DEAD", DOC_API,					\
		"KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM",						\
		"no vCPU is created in a VM whose context has been taken over")		\
	REQUIREMENT(ORDER_SEV_DEAD_VCPU, "ORDER-SEV-DEAD-VCPU", DOC_API,				\
		"KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM",						\
		"a vCPU whose VM's context has been taken over does nothing that it is asked, and "	\
		"completes no exit of the guest, whose GHCB and scratch area are another's")	\
	REQUIREMENT(ORDER_TD_FINALIZE, "ORDER-TD-FINALIZE", DOC_TDX_C, "tdx_td_finalize()",	\
		"TDH.MR.FINALIZE, which needs the TD for itself, is not made while pages are "	\
		"taken out of the secure EPT")							\
	REQUIREMENT(ORDER_TD_TRACK, "ORDER-TD-TRACK", DOC_TDX_C, "tdx_sept_remove_leaf_spte()",	\
		"a page goes out of a finalized TD's secure EPT after TDH.MEM.TRACK, whatever "	\
		"thread finalizes the TD meanwhile")						\
	REQUIREMENT(ORDER_TD, "ORDER-TD", DOC_LOCKING, "1. Acquisition Orders",			\
		"two calls at once about a TD have the results and leave the state that they "	\
		"have one after the other")						\
	REQUIREMENT(ORDER_TDS, "ORDER-TDS", DOC_TDX_C, "tdx_mmu_release_hkid()",			\
		"what two TDs share, the KeyIDs and the caches that are written back for them, is "	\
		"one TD's at a time, whatever is called about the other one")			\
	REQUIREMENT(ORDER_TD_GUEST, "ORDER-TD-GUEST", DOC_LOCKING, "1. Acquisition Orders",	\
		"what a TD asks for while its VMM makes a call is done before or after the call")

#endif
