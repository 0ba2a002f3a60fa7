// SPDX-License-Identifier: GPL-2.0-only
/*
 * Variables of the kernel around the code under test: a plain machine without
 * profiling or interrupt virtualization.  Weak, so that a tree's own object
 * takes precedence, and not declared with the tree's types on purpose: those
 * differ, and all of these read as zero, or as a true bool or a full mask.
 */
#include <linux/types.h>

#define GLUE_DATA	__attribute__((weak))

bool GLUE_DATA enable_mmio_caching = true;
bool GLUE_DATA tdp_enabled = true;
bool GLUE_DATA tdp_mmu_enabled = true;
bool GLUE_DATA enable_virt_at_load = true;
bool GLUE_DATA x2avic_enabled;
/* Addresses carry no bits beside them. */
u64 GLUE_DATA physical_mask = (1ULL << 52) - 1;
int GLUE_DATA prof_on;
int GLUE_DATA l1tf_vmx_mitigation;
/* atomic_long_t: 64 GiB of pages */
long GLUE_DATA _totalram_pages = 1L << 24;
long GLUE_DATA x86_pred_cmd;
int GLUE_DATA x86_ibpb_exit_to_user __attribute__((section(".data..percpu")));
/* struct x86_pmu_capability, a struct without name, struct smp_ops, struct kvm_pmu_ops */
char GLUE_DATA kvm_pmu_cap[256];
char GLUE_DATA kvm_pmu_eventsel[64];
char GLUE_DATA smp_ops[256];
char GLUE_DATA amd_pmu_ops[256];
/* struct workqueue_struct pointers */
void *GLUE_DATA system_long_wq;
void *GLUE_DATA system_percpu_wq;
void *GLUE_DATA system_wq;
/* struct kernel_param_ops */
char GLUE_DATA param_ops_bint[64];
char GLUE_DATA param_ops_bool[64];
char GLUE_DATA param_ops_int[64];
char GLUE_DATA param_ops_uint[64];
char GLUE_DATA param_ops_ushort[64];
/* pages */
char GLUE_DATA empty_zero_page[4096] __attribute__((aligned(4096)));
/* struct static_key */
char GLUE_DATA hugetlb_optimize_vmemmap_key[64];
