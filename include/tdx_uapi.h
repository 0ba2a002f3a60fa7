/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's uAPI for TDs.  Tests compile without the tree's headers, and the default
 * tree's know no TDs, so the layouts stand here.
 * Source: Documentation/virt/kvm/x86/intel-tdx.rst; Documentation/virt/kvm/api.rst,
 * "KVM_EXIT_TDX" and "KVM_EXIT_SYSTEM_EVENT".
 */
#ifndef TDX_UAPI_H
#define TDX_UAPI_H

#include <linux/kvm.h>
#include <linux/types.h>

/* Of KVM_CREATE_VM and KVM_CAP_VM_TYPES */
#define TDX_VM_TYPE		5

/* ---- KVM_MEMORY_ENCRYPT_OP of a TD and of its vCPUs ---- */

enum tdx_cmd_id {
	TDX_CMD_CAPABILITIES,		/* VM */
	TDX_CMD_INIT_VM,		/* VM */
	TDX_CMD_INIT_VCPU,		/* vCPU; data: initial RCX */
	TDX_CMD_INIT_MEM_REGION,	/* vCPU */
	TDX_CMD_FINALIZE_VM,		/* VM */
	TDX_CMD_GET_CPUID,		/* vCPU; data: struct kvm_cpuid2 */
};

struct tdx_cmd {
	__u32 id;			/* enum tdx_cmd_id */
	__u32 flags;
	__u64 data;			/* a value, or the address of a struct */
	__u64 hw_error;			/* 0 on entry; a SEAMCALL status on return */
};

struct tdx_capabilities {
	__u64 supported_attrs;
	__u64 supported_xfam;
	__u64 kernel_tdvmcallinfo_1_r11;
	__u64 user_tdvmcallinfo_1_r11;
	__u64 kernel_tdvmcallinfo_1_r12;
	__u64 user_tdvmcallinfo_1_r12;
	__u64 reserved[250];
	struct kvm_cpuid2 cpuid;	/* nent: room on entry, number on return */
};

/*
 * Of attributes: an access to a private page that the guest has not accepted ends KVM_RUN
 * with an error.  Without it the guest gets #VE.
 */
#define TDX_ATTR_SEPT_VE_DISABLE	(1ull << 28)

struct tdx_init_vm {
	__u64 attributes;		/* a subset of supported_attrs */
	__u64 xfam;
	__u64 mrconfigid[6];		/* these three are a report's, in this order */
	__u64 mrowner[6];
	__u64 mrownerconfig[6];
	__u64 reserved[12];
	struct kvm_cpuid2 cpuid;
};

/* flags of TDX_CMD_INIT_MEM_REGION */
#define TDX_MEASURE_MEMORY_REGION	(1u << 0)

struct tdx_mem_region {
	__u64 source_addr;		/* page aligned, in the VMM */
	__u64 gpa;
	__u64 nr_pages;			/* of 4 KiB */
};

/* Leaf whose EAX[23:16] is the TD's guest physical address width, 48 or 52. */
#define TDX_CPUID_ADDRESS_SIZES	0x80000008u

/* ---- exits: what lies at kvm_run's exit union ---- */

#define TDX_EXIT_REASON			40	/* KVM_EXIT_TDX */
#define TDX_EXIT_REASON_MEMORY_FAULT	39	/* KVM_EXIT_MEMORY_FAULT */

struct tdx_exit {
	__u64 flags;			/* 0 */
	__u64 nr;			/* the leaf, GHCI_* */
	union {
		struct {
			__u64 ret;
			__u64 data[5];
		} unknown;
		struct {
			__u64 ret;
			__u64 gpa;	/* without the shared bit */
			__u64 size;	/* bytes */
		} get_quote;
		struct {
			__u64 ret;
			__u64 leaf;
			__u64 r11, r12, r13, r14;
		} get_tdvmcall_info;
		struct {
			__u64 ret;
			__u64 vector;
		} setup_event_notify;
	};
};

_Static_assert(sizeof(struct tdx_exit) == 64, "kvm_run.tdx is flags, nr and six words");

static inline struct tdx_exit *tdx_exit_of(struct kvm_run *run)
{
	return (struct tdx_exit *)((char *)run + __builtin_offsetof(struct kvm_run, hw));
}

/* ---- exits of the revision tdx-dedicated (patches of 2025-04, RFC) ---- */

/* v1; in v2 only GET_QUOTE is a different number, see exits/tdx.h */
struct tdx_dedicated_get_quote {
	__u64 ret;
	__u64 gpa;			/* v1: with the shared bit; v2: without */
	__u64 size;			/* bytes */
};

struct tdx_dedicated_event_notify {
	__u64 ret;
	__u8 vector;
};

/* ---- KVM_EXIT_SYSTEM_EVENT of a TD ---- */

#define TDX_SYSTEM_EVENT_FATAL	7	/* KVM_SYSTEM_EVENT_TDX_FATAL */
#define TDX_FATAL_NDATA		16

/*
 * system_event.data of it: the general purpose registers in the order of their
 * numbers (RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15); those that the guest did
 * not pass are 0, as R10 and R11 go with the call they are there too.
 */

#endif
