/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: what has nothing to do with the registers of an SNP VM's vCPUs is served or
 * refused, and never half.  See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_SNP_SERVED_H
#define REQUIREMENTS_SNP_SERVED_H

#define REQUIREMENTS_SNP_SERVED(REQUIREMENT)							\
	REQUIREMENT(SNP_SERVED, "SNP-SERVED", DOC_API, "API description",			\
		"what a VMM sets of an SNP VM's devices, clocks and interrupts it reads back") \
	REQUIREMENT(SNP_REFUSED, "SNP-REFUSED", DOC_API, "API description",			\
		"what an SNP VM cannot have is refused with the errno that is documented, and "	\
		"changes nothing")								\
	REQUIREMENT(SNP_TSC_KHZ, "SNP-TSC-KHZ", DOC_API, "KVM_SET_TSC_KHZ",			\
		"a frequency that is refused for an SNP VM's vCPU is not what it has then")	\
	REQUIREMENT(SNP_MSI, "SNP-MSI", DOC_API, "KVM_SIGNAL_MSI",				\
		"the local APIC of a vCPU takes interrupts as soon as the vCPU is there")	\
	REQUIREMENT(SNP_DIRTY, "SNP-DIRTY", DOC_API, "KVM_RESET_DIRTY_RINGS",			\
		"of a slot that is logged each page that the guest has written since it was "	\
		"collected is told, and no other")						\
	REQUIREMENT(SNP_PV_MEMORY, "SNP-PV-MEMORY", DOC_MSR, "MSR_KVM_SYSTEM_TIME_NEW",		\
		"what KVM writes for a guest that named a place in an MSR is there, whole, and "	\
		"nowhere else, wherever it was before")

#endif
