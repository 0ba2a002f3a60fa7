/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TDX module behind SEAMCALL.  A model, after "Intel TDX Module v1.5 ABI
 * Specification": what is kept of a TD and its vCPUs lies in the very pages that
 * KVM gives to the module, as it does on hardware; a KVM that mixes pages up is told
 * so with the status that hardware has for it.
 *
 * Not modelled: encryption and measurement, TLBs (TDH.MEM.TRACK counts), service and
 * nested TDs, migration, #VE.  Pages are of 4 KiB.
 */
#ifndef INPROC_TDX_MODULE_H
#define INPROC_TDX_MODULE_H

#include "glue.h"

#include <asm/tdx.h>
#include <asm/vmx.h>

#include "vmx/tdx.h"

/* Completion status, "Function Completion Status Codes", that KVM has no name for. */
#define GLUE_TDX_SUCCESS			0ULL
#define GLUE_TDX_TD_ASSOCIATED_PAGES_EXIST	0xc000040000000000ULL
#define GLUE_TDX_TD_FATAL			0xe000060400000000ULL
#define GLUE_TDX_TDCS_NOT_ALLOCATED		0xc000060600000000ULL
#define GLUE_TDX_LIFECYCLE_STATE_INCORRECT	0xc000060700000000ULL
#define GLUE_TDX_OP_STATE_INCORRECT		0xc000060800000000ULL
#define GLUE_TDX_NO_VCPUS			0xc000060900000000ULL
#define GLUE_TDX_TDCX_NUM_INCORRECT		0xc000061000000000ULL
#define GLUE_TDX_VCPU_STATE_INCORRECT		0xc000070000000000ULL
#define GLUE_TDX_VCPU_ASSOCIATED		0x8000070100000000ULL
#define GLUE_TDX_MAX_VCPUS_EXCEEDED		0xc000070500000000ULL
#define GLUE_TDX_TD_KEYS_NOT_CONFIGURED		0x8000081000000000ULL
#define GLUE_TDX_WBCACHE_NOT_COMPLETE		0x8000081700000000ULL
#define GLUE_TDX_HKID_NOT_FREE			0xc000082000000000ULL
#define GLUE_TDX_WBCACHE_RESUME_ERROR		0xc000082300000000ULL
#define GLUE_TDX_EPT_ENTRY_NOT_PRESENT		0xc0000b0300000000ULL
#define GLUE_TDX_GPA_RANGE_NOT_BLOCKED		0xc0000b0600000000ULL
#define GLUE_TDX_GPA_RANGE_ALREADY_BLOCKED	0x00000b0700000000ULL
#define GLUE_TDX_TLB_TRACKING_NOT_DONE		0xc0000b0800000000ULL
#define GLUE_TDX_PAGE_ALREADY_ACCEPTED		0x00000b0a00000000ULL
#define GLUE_TDX_PAGE_SIZE_MISMATCH		0xc0000b0b00000000ULL
#define GLUE_TDX_FIELD_ID_INCORRECT		0xc0000c0000000000ULL

/* Operand ids, in bits 31:0 of some of them. */
enum {
	GLUE_OPERAND_RAX = 0, GLUE_OPERAND_RCX = 1, GLUE_OPERAND_RDX = 2, GLUE_OPERAND_R8 = 8,
	GLUE_OPERAND_ATTRIBUTES = 64, GLUE_OPERAND_XFAM = 65, GLUE_OPERAND_EXEC_CONTROLS = 66,
	GLUE_OPERAND_EPTP_CONTROLS = 67, GLUE_OPERAND_MAX_VCPUS = 68,
	GLUE_OPERAND_CPUID_CONFIG = 69, GLUE_OPERAND_TSC_FREQUENCY = 70,
};

static inline u64 glue_operand_invalid(unsigned int operand)
{
	return TDX_OPERAND_INVALID | operand;
}

/* What a page is to the module: PAMT.PT. */
enum glue_pt {
	GLUE_PT_NDA, GLUE_PT_REG, GLUE_PT_TDR, GLUE_PT_TDCX, GLUE_PT_TDVPR, GLUE_PT_EPT,
};

/* Control pages of the configuration that is modelled. */
#define GLUE_TDCS_PAGES	4
#define GLUE_TDCX_PAGES	5

/* KeyIDs of the machine: 0 is the host's, 1 the module's own, then those of guests. */
#define GLUE_NR_KEYIDS		64
#define GLUE_KEYID_MODULE	1
#define GLUE_KEYID_GUESTS	2

/* CPUs are in packages in turns. */
#define GLUE_NR_PACKAGES	2

#define GLUE_NR_CPUID_CONFIG	3

/* TD attribute: an access to a page that is not accepted ends in KVM, not in a #VE. */
#define GLUE_ATTRIBUTE_SEPT_VE_DISABLE	BIT_ULL(28)

/* Extended exit qualification of an EPT violation (RDX): its type. */
enum glue_eeq_type {
	GLUE_EEQ_NONE = 0,
	GLUE_EEQ_ACCEPT = 1,		/* by TDG.MEM.PAGE.ACCEPT */
	GLUE_EEQ_PENDING = 6,		/* by an access to a page that is not accepted */
};

/* TDR.LIFECYCLE_STATE */
enum glue_life {
	GLUE_TD_HKID_ASSIGNED,		/* TDH.MNG.CREATE */
	GLUE_TD_KEYS_CONFIGURED,	/* TDH.MNG.KEY.CONFIG on the last package */
	GLUE_TD_BLOCKED,		/* TDH.MNG.VPFLUSHDONE */
	GLUE_TD_TEARDOWN,		/* TDH.MNG.KEY.FREEID */
};

/* TDCS.OP_STATE */
enum glue_op {
	GLUE_OP_UNINITIALIZED,
	GLUE_OP_INITIALIZED,		/* TDH.MNG.INIT */
	GLUE_OP_RUNNABLE,		/* TDH.MR.FINALIZE */
};

/* A TD: its TDR page. */
struct glue_tdr {
	u64 magic;
	struct kvm *kvm;		/* whose TD it is: to find the engine's VM */
	enum glue_life life;
	enum glue_op op;
	u16 hkid;
	unsigned int keys;		/* packages that have the key, a bit mask */
	unsigned int nr_tdcs, nr_pages;
	unsigned int nr_vps, nr_associated, max_vcpus;
	unsigned int shared_bit;
	u64 epoch;
	u64 attributes, xfam;
	struct tdx_cpuid_value cpuid[GLUE_NR_CPUID_CONFIG];
	/* GPA to page: state is enum glue_sept, with the epoch of a block above it. */
	struct glue_gfnmap sept;
};

enum glue_sept {
	GLUE_SEPT_PENDING,		/* TDH.MEM.PAGE.AUG, not accepted yet */
	GLUE_SEPT_MAPPED,
	GLUE_SEPT_BLOCKED,
	GLUE_SEPT_FREE,			/* of glue_sept_at(): there is no page */
	GLUE_SEPT_STATE_BITS = 2,
};

/* A vCPU: its TDVPR page. */
struct glue_tdvpr {
	u64 magic;
	struct glue_tdr *tdr;
	struct kvm_vcpu *vcpu;		/* to find the engine's vCPU */
	unsigned int nr_tdcx, index;
	bool initialized, associated, dead;
	unsigned int cpu;		/* where it is associated */
	bool pending_nmi;
	u64 pi_desc_pa;
	u64 virr[4];			/* interrupts that were posted and wait for the engine */
	bool irq_offered;		/* the engine has one, which the guest has not taken */
	/* The TDCALL that the guest is in, or none. */
	enum { GLUE_TDCALL_NONE, GLUE_TDCALL_VMCALL, GLUE_TDCALL_ACCEPT } tdcall;
	unsigned long long gpr[IMAGE_NR_GPRS];
};

/* tdx_module.c */
struct glue_tdr *glue_tdr_at(u64 pa);
struct glue_tdvpr *glue_tdvpr_at(u64 pa);
/* Are the keys and the TDCS there, and is the TD in one of @ops (a bit mask)?  A status. */
u64 glue_td_check(const struct glue_tdr *tdr, unsigned int ops);
/* Associate with this CPU; a status. */
u64 glue_tdvpr_associate(struct glue_tdvpr *vp);
void glue_tdx_sysinfo(struct tdx_sys_info *info);

/* tdx_vendor.c */
struct kvm *glue_tdx_kvm_of(u64 tdr_pa);
struct kvm_vcpu *glue_tdx_vcpu_of(struct kvm *kvm, u64 tdvpr_pa);

/* tdx_keyid.c */
u64 glue_keyid_take(u16 hkid);
u64 glue_tdh_mng_key_config(struct tdx_module_args *args);
u64 glue_tdh_mng_vpflushdone(struct tdx_module_args *args);
u64 glue_tdh_phymem_cache_wb(struct tdx_module_args *args);
void glue_cache_wb_interrupted(void);
u64 glue_tdh_mng_key_freeid(struct tdx_module_args *args);

/* tdx_sept.c: PAMT and secure EPT */
u64 glue_pamt_take(u64 pa, enum glue_pt type, struct glue_tdr *tdr);
void glue_pamt_release(u64 pa);
bool glue_pamt_owned(u64 pfn);
u64 glue_tdh_mem_page_add(struct tdx_module_args *args);
u64 glue_tdh_mem_page_aug(struct tdx_module_args *args);
u64 glue_tdh_mem_sept_add(struct tdx_module_args *args);
u64 glue_tdh_mem_range_block(struct tdx_module_args *args);
u64 glue_tdh_mem_page_remove(struct tdx_module_args *args);
u64 glue_tdh_mem_track(struct tdx_module_args *args);
u64 glue_tdh_mr_extend(struct tdx_module_args *args);
u64 glue_tdh_phymem_page_reclaim(struct tdx_module_args *args);
enum glue_sept glue_sept_at(struct glue_tdr *tdr, u64 gpa);
u64 glue_tdh_phymem_page_wbinvd(struct tdx_module_args *args);
/*
 * The guest accepts the page at @gpa, of 4 KiB (@level 0) or 2 MiB (1).  False if there is
 * none: an EPT violation tells KVM.
 */
bool glue_sept_accept(struct glue_tdr *tdr, u64 gpa, unsigned int level, u64 *status);

/* tdx_enter.c */
u64 glue_tdh_vp_enter(struct tdx_module_args *args);

/* tdx_mmu.c */
void glue_mirror_take_back(struct kvm *kvm, gfn_t start, gfn_t end);

#endif
