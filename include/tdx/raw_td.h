/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TD by the bare uAPI, launched step by step.  Its guest dies of a triple fault at
 * once: KVM_RUN ends with KVM_EXIT_SHUTDOWN.
 * Source: intel-tdx.rst, "KVM TDX creation flow".
 */
#ifndef RAW_TD_H
#define RAW_TD_H

#include "tdx_uapi.h"
#include "vm/raw_vm.h"

/* How far a launch has come; each includes those before it. */
enum raw_td_stage {
	RAW_TD_NOTHING,
	RAW_TD_CREATED,			/* KVM_CREATE_VM, split irqchip */
	RAW_TD_INITED,			/* KVM_TDX_INIT_VM */
	RAW_TD_MEMORY,			/* slot 0, its private pages */
	RAW_TD_VCPU,			/* KVM_CREATE_VCPU, its CPUID */
	RAW_TD_VCPU_INITED,		/* KVM_TDX_INIT_VCPU */
	RAW_TD_REGION,			/* KVM_TDX_INIT_MEM_REGION, measured */
	RAW_TD_FINALIZED,		/* KVM_TDX_FINALIZE_VM */
	RAW_TD_RUN,			/* KVM_RUN, its exit was as expected */
};

/* Of slot 0, which ends where vCPUs start: at 4 GiB.  The last pages are private. */
#define RAW_TD_GPA		(0x100000000ull - RAW_VM_PAGES * RAW_VM_PAGE)
#define RAW_TD_PRIVATE_GPA	(0x100000000ull - RAW_VM_PRIVATE_PAGES * RAW_VM_PAGE)
/* What KVM_TDX_INIT_MEM_REGION adds. */
#define RAW_TD_PAGES		2
#define RAW_TD_PAGES_GPA	(0x100000000ull - RAW_TD_PAGES * RAW_VM_PAGE)

/* An address that nothing is mapped at: no heap comes so low. */
#define RAW_TD_NOWHERE		0xc000ull

/* Of a shared GPA, as the TD has it. */
#define RAW_TD_SHARED_BIT	(1ull << 47)

struct raw_td {
	struct raw_vm raw;
	enum raw_td_stage stage;
	uint64_t hw_error;		/* of the last command */
	uint32_t exit_reason;		/* of KVM_RUN */
	struct tdx_mem_region left;	/* what the last KVM_TDX_INIT_MEM_REGION did not add */
};

void raw_td_open(struct raw_td *td);
void raw_td_close(struct raw_td *td);

/*
 * On from td->stage up to @to: 0, or the errno of the step that failed, which can be
 * tried again.  ENOEXEC: KVM_RUN ended with another exit.
 */
int raw_td_go(struct raw_td *td, enum raw_td_stage to);

/* KVM_MEMORY_ENCRYPT_OP, 0 or an errno. */
int raw_td_vm_cmd(struct raw_td *td, uint32_t id, uint64_t data);
int raw_td_vcpu_cmd(struct raw_td *td, uint32_t id, uint64_t data);
/* KVM_TDX_INIT_VM with an address width of 48, and @more CPUID leaves that it can't have. */
int raw_td_init_vm(struct raw_td *td, uint32_t more);
/* A vCPU's CPUID, as KVM_TDX_INIT_VCPU wants it. */
int raw_td_set_cpuid(struct raw_td *td, int vcpu);
/* KVM_TDX_INIT_MEM_REGION of one page. */
int raw_td_region(struct raw_td *td, const void *source, uint64_t gpa);

#endif
