/* SPDX-License-Identifier: GPL-2.0-only */
/* Requirements: the GHCB protocol's NAE events, each.  See ../check/requirement.h. */
#ifndef REQUIREMENTS_NAE_H
#define REQUIREMENTS_NAE_H

#define REQUIREMENTS_NAE(REQUIREMENT)								\
	/* NAE events */									\
	REQUIREMENT(GHCB_NAE_CPUID, "GHCB-NAE-CPUID", DOC_GHCB, "CPUID NAE event",		\
		"event 0x72 returns in RAX to RDX, marked valid, what the VMM set with "	\
		"KVM_SET_CPUID2 for RAX and RCX")						\
	REQUIREMENT(GHCB_NAE_IO_OUT, "GHCB-NAE-IO-OUT", DOC_GHCB, "IOIO_PROT NAE event",	\
		"event 0x7b, an OUT, exits with KVM_EXIT_IO: port, size, RAX's bytes")		\
	REQUIREMENT(GHCB_NAE_IO_IN, "GHCB-NAE-IO-IN", DOC_GHCB, "IOIO_PROT NAE event",		\
		"event 0x7b, an IN, exits with KVM_EXIT_IO and returns the VMM's bytes in RAX")	\
	REQUIREMENT(GHCB_NAE_IO_INS, "GHCB-NAE-IO-INS", DOC_GHCB, "IOIO_PROT NAE event",	\
		"event 0x7b, a string IN, puts the VMM's bytes into the scratch area")		\
	REQUIREMENT(GHCB_NAE_IO_SCRATCH, "GHCB-NAE-IO-SCRATCH", DOC_GHCB,			\
		"IOIO_PROT NAE event",								\
		"a string that does not fit into the shared buffer answers "			\
		"SW_EXITINFO1 = 2, SW_EXITINFO2 = 3")						\
	REQUIREMENT(GHCB_NAE_IO_NONE, "GHCB-NAE-IO-NONE", DOC_GHCB, "IOIO_PROT NAE event",	\
		"event 0x7b for 0 bytes makes no exit, and is answered with SW_EXITINFO1 = 0, "	\
		"or as invalid input (2, 5)")							\
	REQUIREMENT(GHCB_NAE_IO_SIZE, "GHCB-NAE-IO-SIZE", DOC_GHCB, "IOIO_PROT NAE event",	\
		"event 0x7b for a size other than 1, 2 and 4 makes no exit, which no VMM could "	\
		"serve")									\
	REQUIREMENT(GHCB_NAE_MSR, "GHCB-NAE-MSR", DOC_GHCB, "MSR_PROT NAE event",		\
		"event 0x7c writes RDX:RAX to the MSR in RCX, or returns it there")		\
	REQUIREMENT(GHCB_NAE_MSR_GP, "GHCB-NAE-MSR-GP", DOC_GHCB, "MSR_PROT NAE event",		\
		"event 0x7c for an MSR that does not exist answers SW_EXITINFO1 = 1, and #GP "	\
		"as an event to inject in SW_EXITINFO2[31:0]")					\
	REQUIREMENT(GHCB_NAE_MSR_GP_CODE, "GHCB-NAE-MSR-GP-CODE", DOC_GHCB,			\
		"MSR_PROT NAE event",								\
		"SW_EXITINFO2[63:32], the error code of that #GP, is 0")			\
	REQUIREMENT(GHCB_NAE_MSR_EXIT, "GHCB-NAE-MSR-EXIT", DOC_API, "KVM_EXIT_X86_RDMSR",	\
		"event 0x7c for an MSR that KVM does not know exits to a VMM that asked for "	\
		"it with KVM_CAP_X86_USER_SPACE_MSR; its data, or its error as #GP, reaches "	\
		"the guest")									\
	REQUIREMENT(GHCB_NAE_NO_ACTION, "GHCB-NAE-NO-ACTION", DOC_GHCB,				\
		"Supported Guest VM Exits",							\
		"INVD, WBINVD, MONITOR, MWAIT, a DR7 access and NMI complete answer "		\
		"SW_EXITINFO1 = 0, and the guest goes on")					\
	REQUIREMENT(GHCB_NMI, "GHCB-NMI", DOC_GHCB, "NMI Complete",				\
		"an NMI of the VMM's reaches the guest, the next one after event 0x80000003")	\
	REQUIREMENT(GHCB_NMI_MASKED, "GHCB-NMI-MASKED", DOC_GHCB, "NMI Complete",		\
		"no NMI comes before the guest has completed the last one")			\
	REQUIREMENT(GHCB_NAE_RDTSC, "GHCB-NAE-RDTSC", DOC_GHCB, "RDTSC NAE event",		\
		"event 0x6e returns the TSC in RDX:RAX, marked valid")				\
	REQUIREMENT(GHCB_NAE_RDTSCP, "GHCB-NAE-RDTSCP", DOC_GHCB, "RDTSCP NAE event",		\
		"event 0x87 returns the TSC in RDX:RAX, marked valid")				\
	REQUIREMENT(GHCB_NAE_VMMCALL, "GHCB-NAE-VMMCALL", DOC_GHCB, "VMMCALL NAE event",	\
		"event 0x81 makes a hypercall and returns its result in RAX, marked valid")	\
	REQUIREMENT(GHCB_NAE_VMMCALL_MAP, "GHCB-NAE-VMMCALL-MAP", DOC_HC,			\
		"KVM_HC_MAP_GPA_RANGE",								\
		"event 0x81 with RAX = 12 exits with KVM_EXIT_HYPERCALL: RBX, RCX, RDX are "	\
		"args[0] to args[2]; hypercall.ret is returned in RAX")				\
	REQUIREMENT(GHCB_NAE_MMIO_READ, "GHCB-NAE-MMIO-READ", DOC_GHCB, "MMIO Access",		\
		"event 0x80000001 exits with KVM_EXIT_MMIO: GPA and length; the VMM's bytes "	\
		"go to the scratch area")							\
	REQUIREMENT(GHCB_NAE_MMIO_WRITE, "GHCB-NAE-MMIO-WRITE", DOC_GHCB, "MMIO Access",	\
		"event 0x80000002 exits with KVM_EXIT_MMIO: GPA, length, the scratch area's "	\
		"bytes")									\
	REQUIREMENT(GHCB_NAE_MMIO_WRITE_KEPT, "GHCB-NAE-MMIO-WRITE-KEPT", DOC_GHCB,		\
		"MMIO Access",									\
		"a write leaves the scratch area as it is, whatever the VMM does with mmio.data") \
	REQUIREMENT(GHCB_NAE_MMIO_LEN, "GHCB-NAE-MMIO-LEN", DOC_SEV_C, "sev_handle_vmgexit()",	\
		"more than 8 bytes answer SW_EXITINFO1 = 2, SW_EXITINFO2 = 5, without exit")	\
	REQUIREMENT(GHCB_NAE_MMIO_NONE, "GHCB-NAE-MMIO-NONE", DOC_GHCB, "MMIO Access",		\
		"an access to 0 bytes makes no exit and no WARN, and is answered with "	\
		"SW_EXITINFO1 = 0, or as invalid input or scratch area (2, 5 or 3)")		\
	REQUIREMENT(GHCB_NAE_MMIO_SCRATCH, "GHCB-NAE-MMIO-SCRATCH", DOC_GHCB, "MMIO Access",	\
		"a scratch area that is not in the shared buffer answers SW_EXITINFO1 = 2, "	\
		"SW_EXITINFO2 = 3, without exit")						\
	REQUIREMENT(GHCB_NAE_JUMP_TABLE, "GHCB-NAE-JUMP-TABLE", DOC_GHCB, "AP Jump Table",	\
		"event 0x80000005 keeps the GPA of SW_EXITINFO2 (SW_EXITINFO1 = 0), and "	\
		"returns it there (1) to every vCPU; any other SW_EXITINFO1 is invalid input")	\
	REQUIREMENT(GHCB_NAE_FEATURES, "GHCB-NAE-FEATURES", DOC_GHCB,				\
		"Hypervisor Feature Support",							\
		"event 0x8000fffd returns the bits that MSR request 0x080 answers")		\
	REQUIREMENT(GHCB_NAE_TERM, "GHCB-NAE-TERM", DOC_API, "KVM_EXIT_SYSTEM_EVENT",		\
		"event 0x8000fffe exits with KVM_SYSTEM_EVENT_SEV_TERM and the GHCB's GPA")	\
	REQUIREMENT(GHCB_NAE_UNSUPPORTED, "GHCB-NAE-UNSUPPORTED", DOC_GHCB,			\
		"Unsupported NAE event",							\
		"after event 0x8000ffff the guest does not go on: KVM_RUN fails with EINVAL")

#endif
