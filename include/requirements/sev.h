/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requirements: VMs of SEV and SEV-ES, encrypted regions, and VMs that take over from others.
 * See ../check/requirement.h.
 */
#ifndef REQUIREMENTS_SEV_H
#define REQUIREMENTS_SEV_H

#define REQUIREMENTS_SEV(REQUIREMENT)								\
	REQUIREMENT(SEV_DBG_BYTES, "SEV-DBG-BYTES", DOC_SEV_RST, "KVM_SEV_DBG_DECRYPT",		\
		"a debug command changes the bytes that it names, wherever source and "		\
		"destination lie in their pages, and no others")				\
	REQUIREMENT(SEV_DBG_REFUSED, "SEV-DBG-REFUSED", DOC_SEV_RST, "KVM_SEV_DBG_DECRYPT",	\
		"a debug command whose memory cannot be is refused, and changes nothing")	\
	REQUIREMENT(SEV_DBG_EINVAL, "SEV-DBG-EINVAL", DOC_SEV_RST, "KVM_SEV_DBG_DECRYPT",	\
		"a debug command with an address of 0, or a range that wraps, is EINVAL")	\
	REQUIREMENT(SEV_REGION, "SEV-REGION", DOC_API, "KVM_MEMORY_ENCRYPT_REG_REGION",		\
		"a region of the VMM's memory is registered, and unregistered as it was, once")	\
	REQUIREMENT(SEV_REGION_READ_ONLY, "SEV-REGION-READ-ONLY", DOC_API,			\
		"KVM_MEMORY_ENCRYPT_REG_REGION",						\
		"a region can be registered of memory that the VMM can only read, as KVM does "	\
		"not write to it")								\
	REQUIREMENT(SEV_REGION_LIMIT, "SEV-REGION-LIMIT", DOC_API,				\
		"KVM_MEMORY_ENCRYPT_REG_REGION",						\
		"a region of more pages than the machine has is EINVAL, and allocates nothing")	\
	REQUIREMENT(SEV_REGION_MEMLOCK, "SEV-REGION-MEMLOCK", DOC_SEV_C, "sev_check_pin_count()",	\
		"all regions of a VM together are at most RLIMIT_MEMLOCK, or ENOMEM, for a VMM "	\
		"without CAP_IPC_LOCK; what is unregistered or refused does not count")		\
	REQUIREMENT(SEV_MOVE, "SEV-MOVE", DOC_API, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM",		\
		"the context of an SEV or SEV-ES VM moves to a VM of its type, and the source "	\
		"is dead then")									\
	REQUIREMENT(SEV_MOVE_STATUS, "SEV-MOVE-STATUS", DOC_SEV_RST, "KVM_SEV_GUEST_STATUS",	\
		"a VM that has another's context can give its guest's commands")		\
	REQUIREMENT(SEV_COPY, "SEV-COPY", DOC_API, "KVM_CAP_VM_COPY_ENC_CONTEXT_FROM",		\
		"an SEV or SEV-ES VM can be mirrored, and goes on")				\
	REQUIREMENT(SEV_MOVE_REFUSED, "SEV-MOVE-REFUSED", DOC_API,				\
		"KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM",						\
		"moving or mirroring is refused for SNP VMs, other types and what is no VM, "	\
		"and leaves both VMs as they were")						\
	REQUIREMENT(SEV_MOVE_CACHES, "SEV-MOVE-CACHES", DOC_SEV_C, "sev_guest_memory_reclaimed",	\
		"each CPU that ran a VM has written back its caches when the VM's memory is "	\
		"given back, also after its context has moved")					\
	REQUIREMENT(SEV_CACHE, "SEV-CACHE", DOC_SEV_C, "sev_gmem_invalidate, sev_clflush_pages",	\
		"what caches have of a guest's page is written back before the page is given "	\
		"back, and what they have of the VMM's, where they are not coherent with "	\
		"encrypted memory, before firmware encrypts it in place")			\
	REQUIREMENT(SEV_FEATURES_ES, "SEV-FEATURES-ES", DOC_SEV_RST, "KVM_SEV_INIT2",		\
		"features that only SNP guests can have are EINVAL for other types")		\
	REQUIREMENT(SEV_TYPES, "SEV-TYPES", DOC_API, "KVM_CAP_VM_TYPES",				\
		"KVM_CAP_VM_TYPES has the types of which KVM_CREATE_VM makes VMs, and those alone")	\
	REQUIREMENT(GMEM_BIND, "GMEM-BIND", DOC_API, "KVM_SET_USER_MEMORY_REGION2",		\
		"a slot takes a range of a guest_memfd that is there, and no other")		\
	REQUIREMENT(GMEM_OVERLAP, "GMEM-OVERLAP", DOC_API, "KVM_SET_USER_MEMORY_REGION2",	\
		"a range of a guest_memfd that another slot has is EEXIST")			\
	REQUIREMENT(GMEM_IMMUTABLE, "GMEM-IMMUTABLE", DOC_API, "KVM_SET_USER_MEMORY_REGION2",	\
		"whether a slot has a guest_memfd, and which, cannot be changed")		\
	REQUIREMENT(SLOT_BACKING, "SLOT-BACKING", DOC_API, "KVM_SET_USER_MEMORY_REGION",	\
		"shared memory is what the VMM has in the slot's place: after mmap() or madvise() "	\
		"there, or when the slot is made again of other memory, the guest has that, and "	\
		"its private memory as before, but for a TD's, which goes with the slot")		\
	REQUIREMENT(GMEM_HOLE, "GMEM-HOLE", DOC_API, "KVM_CREATE_GUEST_MEMFD",			\
		"what is punched out of a guest_memfd the guest has no more, and all else it has")	\
	REQUIREMENT(GMEM_UNTAKEN, "GMEM-UNTAKEN", DOC_API, "KVM_CREATE_GUEST_MEMFD",		\
		"a private page that firmware has refused has nothing of what the VMM gave for it")	\
	REQUIREMENT(GMEM_DYING, "GMEM-DYING", DOC_API, "KVM_CREATE_GUEST_MEMFD",			\
		"a slot can be deleted and made again while its guest_memfd ends")		\
	REQUIREMENT(GMEM_NO_MEMORY, "GMEM-NO-MEMORY", DOC_API, "KVM_SET_USER_MEMORY_REGION2",	\
		"a slot for which there is no memory is refused, and is none; else all of it is "	\
		"bound")									\
	REQUIREMENT(CAP_ARGS, "KVM-CAP-ARGS", DOC_API, "KVM_ENABLE_CAP",				\
		"a capability of a VM is refused with EINVAL with flags, and with arguments that it "	\
		"does not have")									\
	REQUIREMENT(CAP_SMM, "KVM-CAP-SMM", DOC_API, "KVM_CAP_X86_SMM",				\
		"VMs of which KVM cannot see the registers have no system management mode")	\
	REQUIREMENT(GMEM_ARGS, "GMEM-ARGS", DOC_API, "KVM_CREATE_GUEST_MEMFD",			\
		"a guest_memfd has a size of whole pages and known flags; memory goes out of it by "	\
		"whole pages, and its size stays")						\
	REQUIREMENT(ATTRS_ARGS, "GMEM-ATTRS-ARGS", DOC_API, "KVM_SET_MEMORY_ATTRIBUTES",		\
		"attributes that KVM does not offer, flags, and what is no range of whole pages are "	\
		"EINVAL, and no attribute changes")						\
	REQUIREMENT(PREFAULT_ARGS, "PREFAULT-ARGS", DOC_API, "KVM_PRE_FAULT_MEMORY",		\
		"flags and what is no range of whole pages are EINVAL, and what is "	\
		"in no slot ENOENT")								\
	REQUIREMENT(PREFAULT_PART, "PREFAULT-PART", DOC_API, "KVM_PRE_FAULT_MEMORY",		\
		"if one page was mapped the call succeeds, with gpa and size of what is left; "	\
		"else it fails, and changes neither")						\
	REQUIREMENT(PREFAULT_WHOLE, "PREFAULT-WHOLE", DOC_API, "KVM_PRE_FAULT_MEMORY",		\
		"what is not left is mapped, all of it, whatever the size of pages")		\
	REQUIREMENT(ATTRS_LEVEL, "GMEM-ATTRS-LEVEL", DOC_API, "KVM_SET_MEMORY_ATTRIBUTES",	\
		"a huge page is mapped where all of it is in the view of the access, and nowhere else") \
	REQUIREMENT(GMEM_READONLY, "GMEM-READONLY", DOC_API, "KVM_SET_USER_MEMORY_REGION2",	\
		"a slot with guest_memfd is not read-only: that is EINVAL")			\
	REQUIREMENT(GMEM_ALLOC, "GMEM-ALLOC", DOC_API, "KVM_CREATE_GUEST_MEMFD",			\
		"all of a guest_memfd can be allocated, and punched out, from its first to its "	\
		"last page")									\
	REQUIREMENT(GMEM_ATTRS, "GMEM-ATTRS", DOC_API, "KVM_SET_MEMORY_ATTRIBUTES",		\
		"attributes that cannot be set for want of memory are set of no page")

#endif
