/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: KVM_EXIT_MMIO of ordinary VMs.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_MMIO_H
#define REQUIREMENTS_MMIO_H

#define REQUIREMENTS_MMIO(REQUIREMENT)								\
	REQUIREMENT(MMIO_EXIT, "VM-MMIO-EXIT", DOC_API, "KVM_EXIT_MMIO",			\
		"phys_addr, len and is_write are those of the access, in pieces of at most 8 bytes " \
		"that lie in one page, lowest address first")					\
	REQUIREMENT(MMIO_DATA, "VM-MMIO-DATA", DOC_API, "KVM_EXIT_MMIO",			\
		"data has the bytes that the guest writes, of each piece")			\
	REQUIREMENT(MMIO_READ, "VM-MMIO-READ", DOC_API, "KVM_EXIT_MMIO",			\
		"the guest reads the bytes that the VMM has put into data, of each piece")

#endif
