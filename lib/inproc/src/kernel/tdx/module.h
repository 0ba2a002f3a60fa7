/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TDX module behind SEAMCALL.  A model, after "Intel TDX Module v1.5 ABI
 * Specification": what is kept of a TD, its vCPUs and its secure EPT lies in the very pages
 * that KVM gives to the module, as it does on hardware; a KVM that mixes pages up is told
 * so with the status that hardware has for it.  Nothing here looks at a structure of KVM's.
 *
 * Not modelled: encryption, service and nested TDs, migration, #VE,
 * dynamic PAMTs, and whether a page lies in a TDMR: all memory is convertible.
 */
#ifndef INPROC_TDX_MODULE_H
#define INPROC_TDX_MODULE_H

#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/smp.h>

#include "glue.h"
#include "gfnmap.h"
#include "intel/intel.h"
#include "linux/task.h"
#include "status.h"

/* The CPU's registers at a SEAMCALL, by number and by name; RAX and RSP are not its own. */
union glue_regs {
	struct image_gprs gprs;
	struct {
		u64 rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
		u64 r8, r9, r10, r11, r12, r13, r14, r15;
	};
};

/* What a page is to the module: PAMT.PT. */
enum glue_pt {
	GLUE_PT_NDA, GLUE_PT_RSVD, GLUE_PT_REG = 3, GLUE_PT_TDR, GLUE_PT_TDCX, GLUE_PT_TDVPR,
	GLUE_PT_EPT = 8,
};

/* Control pages of the configuration that is modelled. */
#define GLUE_TDCS_PAGES	4
#define GLUE_TDCX_PAGES	5
/* Which of the TDCS pages is the secure EPT's root. */
#define GLUE_TDCS_SEPT_ROOT	2

/* KeyIDs (intel.h): 1 is the module's own, then come those of guests. */
#define GLUE_KEYID_MODULE	1
#define GLUE_KEYID_GUESTS	2

/* A CPUID leaf's values, and which of their bits a VMM may choose. */
struct glue_cpuid_value {
	u32 eax, ebx, ecx, edx;
};

#define GLUE_NR_CPUID_CONFIG	8

struct glue_cpuid_config {
	u32 leaf, subleaf;		/* subleaf ~0: has none */
	struct glue_cpuid_value mask;
};

extern const struct glue_cpuid_config glue_cpuid_config[GLUE_NR_CPUID_CONFIG];

/* TD attribute: an access to a page that is not accepted ends in KVM, not in a #VE. */
#define GLUE_ATTRIBUTE_SEPT_VE_DISABLE	BIT_ULL(28)
#define GLUE_ATTRIBUTES_FIXED0	(GLUE_ATTRIBUTE_SEPT_VE_DISABLE | BIT_ULL(0))	/* DEBUG */
/* XFAM: x87 and SSE always, AVX if the VMM likes, and PT, which KVM does not virtualize so. */
#define GLUE_XFAM_FIXED1	3ULL
#define GLUE_XFAM_FIXED0	(7ULL | BIT_ULL(8))
#define GLUE_MAX_VCPUS_PER_TD	576

/* Secondary controls, Intel SDM volume 3, "Secondary Processor-Based VM-Execution Controls". */
#define GLUE_BUS_LOCK_DETECTION	BIT(30)
#define GLUE_NOTIFY_EXITING	BIT(31)

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

/* States in which a TD has memory. */
#define GLUE_OPS_WITH_MEMORY	(BIT(GLUE_OP_INITIALIZED) | BIT(GLUE_OP_RUNNABLE))

/* A TD: its TDR page. */
struct glue_tdr {
	u64 magic;
	struct glue_tdr *next;		/* of glue_tds */
	enum glue_life life;
	enum glue_op op;
	u16 hkid;
	unsigned int keys;		/* packages that have the key, a bit mask */
	unsigned int nr_tdcs, nr_pages;
	unsigned int nr_vps, nr_associated, max_vcpus;
	bool rbp_mod;			/* a TDCALL may change the VMM's RBP */
	unsigned int shared_bit;
	unsigned int levels;		/* of the EPTs: 4 or 5 */
	u64 *sept_root;			/* 512 entries */
	/* TLB tracking: vCPUs that entered in an epoch, by its lowest bit. */
	u64 epoch;
	unsigned int running[2];
	bool shared_mapped;		/* the engine has translations of shared memory */
	u64 attributes, xfam;
	int lock;			/* leaves that have it shared, or -1: one has it alone */
	struct glue_cpuid_value cpuid[GLUE_NR_CPUID_CONFIG];
};

/* A vCPU: its TDVPR page. */
struct glue_tdvpr {
	u64 magic;
	struct glue_tdr *tdr;
	unsigned int nr_tdcx, index;
	bool initialized, associated, dead;
	unsigned int cpu;		/* where it is associated */
	int running;			/* TDH.VP.ENTER has it */
	bool pending_nmi;
	u32 secondary_controls;		/* of those, what the VMM may choose */
	u32 notify_window;
	bool load;			/* the engine has not got gpr yet */
	u64 shared_eptp;		/* the root's address alone */
	u64 pi_desc_pa;
	u16 pi_nv;			/* the vector that makes the CPU look there */
	u32 pin_controls;
	u64 virr[4];			/* interrupts that were posted and wait for the engine */
	bool irq_offered;		/* the engine has one, which the guest has not taken */
	/* The TDCALL that the guest is in, or none. */
	enum { GLUE_TDCALL_NONE, GLUE_TDCALL_VMCALL, GLUE_TDCALL_ACCEPT, GLUE_TDCALL_MR } tdcall;
	unsigned long long gpr[IMAGE_NR_GPRS];
};

/* seamcall.c: the instruction, in a CPU that is in VMX operation */
void glue_seamcall(union glue_regs *regs);
/* Where this CPU has made its last one: a return address. */
const void *glue_last_seamcall(void);

/* What a leaf has locked. */
struct glue_module_locks {
	struct glue_tdr *td;
	unsigned int package;
	bool alone;			/* the TD */
	bool kot, kot_alone;		/* KeyIDs' owners */
};

/*
 * locks.c: 0, or the status of what is busy; @l has then what has been locked before, which is to
 * be unlocked, too.
 */
u64 glue_module_lock(struct glue_module_locks *l, unsigned int leaf, const union glue_regs *regs);
void glue_module_unlock(const struct glue_module_locks *l);

/* sys.c: the module's own life */
u64 glue_tdh_sys_init(union glue_regs *regs);
u64 glue_tdh_sys_lp_init(union glue_regs *regs);
u64 glue_tdh_sys_rd(union glue_regs *regs);
u64 glue_tdh_sys_config(union glue_regs *regs);
u64 glue_tdh_sys_key_config(union glue_regs *regs);
u64 glue_tdh_sys_tdmr_init(union glue_regs *regs);
/* A status: may this CPU execute @leaf, by how far the module and the CPU have come? */
u64 glue_sys_check(unsigned int leaf);
unsigned int glue_package(void);
/* Packages that have a CPU, a bit mask. */
unsigned int glue_packages(void);
/* Does a PAMT lie there? */
bool glue_sys_owns(u64 pfn);

/* tdr.c: TDs */
struct glue_tdr *glue_tdr_at(u64 pa);
/* The TD whose TDR is at @pa, which came in register @operand, in one of @ops; a status. */
u64 glue_td_in(unsigned int ops, u64 pa, unsigned int operand, struct glue_tdr **td);
/* Are the keys and the TDCS there, and is the TD in one of @ops (a bit mask)?  A status. */
u64 glue_td_check(const struct glue_tdr *tdr, unsigned int ops);
u64 glue_tdh_mng_create(union glue_regs *regs);
u64 glue_tdh_mng_addcx(union glue_regs *regs);
u64 glue_tdh_mng_init(union glue_regs *regs);
u64 glue_tdh_mng_rd(union glue_regs *regs);
u64 glue_tdh_mr_finalize(union glue_regs *regs);
/* Its TDR is reclaimed. */
void glue_td_gone(struct glue_tdr *tdr);

/* tdvpr.c: vCPUs */
struct glue_tdvpr *glue_tdvpr_at(u64 pa);
/* Associate with this CPU; a status. */
u64 glue_tdvpr_associate(struct glue_tdvpr *vp);
u64 glue_tdh_vp_create(union glue_regs *regs);
u64 glue_tdh_vp_addcx(union glue_regs *regs);
u64 glue_tdh_vp_init(union glue_regs *regs);
u64 glue_tdh_vp_flush(union glue_regs *regs);
u64 glue_tdh_vp_rd(union glue_regs *regs);
u64 glue_tdh_vp_wr(union glue_regs *regs);

/* keyid.c */
u64 glue_keyid_take(u16 hkid);
u64 glue_tdh_mng_key_config(union glue_regs *regs);
u64 glue_tdh_mng_vpflushdone(union glue_regs *regs);
u64 glue_tdh_phymem_cache_wb(union glue_regs *regs);
void glue_cache_wb_interrupted(void);
u64 glue_tdh_mng_key_freeid(union glue_regs *regs);

/* pamt.c: which physical page belongs to whom */
/* @level: 0 for 4 KiB, 1 for 2 MiB; @operand: of the page's address, for the status. */
u64 glue_pamt_take(u64 pa, enum glue_pt type, unsigned int level, struct glue_tdr *tdr,
		   unsigned int operand);
void glue_pamt_release(u64 pa);
/* The same of a page with lines in the caches, until TDH.PHYMEM.PAGE.WBINVD with @hkid. */
void glue_pamt_release_keyed(u64 pa, u16 hkid);
/* The epoch in which the page was blocked: PAMT.BEPOCH. */
void glue_pamt_set_bepoch(u64 pa, u64 epoch);
u64 glue_pamt_bepoch(u64 pa);
bool glue_pamt_owned(u64 pfn);
u64 glue_tdh_phymem_page_rdmd(union glue_regs *regs);
u64 glue_tdh_phymem_page_reclaim(union glue_regs *regs);
u64 glue_tdh_phymem_page_wbinvd(union glue_regs *regs);

/* sept.c: the secure EPT; the external names of its entries' states */
enum glue_sept {
	GLUE_SEPT_FREE, GLUE_SEPT_BLOCKED, GLUE_SEPT_PENDING, GLUE_SEPT_PENDING_BLOCKED,
	GLUE_SEPT_PRESENT,
};

struct glue_sept_walk {
	u64 *entry;
	unsigned int level;		/* of @entry: 0 maps 4 KiB */
};

/* Go down to @level, or as far as there are tables; true if @level was reached. */
bool glue_sept_walk(struct glue_tdr *tdr, u64 gpa, unsigned int level,
		    struct glue_sept_walk *walk);
enum glue_sept glue_sept_state(u64 entry);
bool glue_sept_is_leaf(u64 entry);
u64 glue_sept_pa(u64 entry);
void glue_sept_init_table(u64 *table);
/* Around all that looks at or changes a secure EPT, the PAMT or an epoch. */
extern int glue_sept_lock;
u64 glue_tdh_mem_sept_add(union glue_regs *regs);
u64 glue_tdh_mem_sept_rd(union glue_regs *regs);
u64 glue_tdh_mem_sept_remove(union glue_regs *regs);
u64 glue_tdh_mem_page_add(union glue_regs *regs);
u64 glue_tdh_mem_page_aug(union glue_regs *regs);
u64 glue_tdh_mem_range_block(union glue_regs *regs);
u64 glue_tdh_mem_range_unblock(union glue_regs *regs);
u64 glue_tdh_mem_page_remove(union glue_regs *regs);
u64 glue_tdh_mem_track(union glue_regs *regs);
u64 glue_tdh_mr_extend(union glue_regs *regs);
/* The TD's first memory is complete and measured: the engine may prepare it. */
void glue_sept_launch(struct glue_tdr *tdr);
/*
 * The guest accepts what is pending at @walk, which is zeroed; the engine hears once more of
 * the page at @gpa.  With glue_sept_lock held.
 */
void glue_sept_accept_entry(struct glue_tdr *tdr, u64 gpa, const struct glue_sept_walk *walk);
void glue_sept_give_again(struct glue_tdr *tdr, u64 gpa, const struct glue_sept_walk *walk);

/* accept.c: what the guest's accesses make of the secure EPT */
/* State of the entry that maps @gpa; of a page that is there the engine hears again. */
enum glue_sept glue_sept_at(struct glue_tdr *tdr, u64 gpa);
/*
 * The guest accepts the page at @gpa, of 4 KiB (@level 0) or 2 MiB (1).  False if there is
 * none: an EPT violation tells KVM, with *@info in its extended exit qualification.
 */
bool glue_sept_accept(struct glue_tdr *tdr, u64 gpa, unsigned int level,
		      unsigned long long *status, u64 *info);

/* measure.c: steps of a TD's launch that go into its measurement */
void glue_measure_init(struct glue_tdr *tdr, const void *params, u64 tsc_offset, u64 status);
void glue_measure_add(struct glue_tdr *tdr, u64 gpa);
void glue_measure_extend(struct glue_tdr *tdr, u64 gpa, const void *chunk);
void glue_measure_vcpu(struct glue_tdr *tdr, u32 x2apic_id);
void glue_measure_finalize(struct glue_tdr *tdr);
/*
 * The guest's TDG.MR.REPORT, TDG.MR.VERIFYREPORT or TDG.MR.RTMR.EXTEND, with vp->gpr.  False:
 * it needs memory that is not there, *@fault.
 */
bool glue_tdg_mr(struct glue_tdvpr *vp, struct image_td_run *fault);

/* host.c: a TD with @xfam has been entered and left, on this CPU. */
void glue_host_left(u64 xfam);

/* TDCALL leaf functions. */
enum {
	GLUE_TDG_VP_VMCALL = 0, GLUE_TDG_VP_INFO = 1, GLUE_TDG_MR_RTMR_EXTEND = 2,
	GLUE_TDG_MR_REPORT = 4, GLUE_TDG_MEM_PAGE_ACCEPT = 6, GLUE_TDG_MR_VERIFYREPORT = 22,
};

/* enter.c */
u64 glue_shared_eptp(const struct glue_tdvpr *vp);
u64 glue_tdh_vp_enter(union glue_regs *regs);

#endif
