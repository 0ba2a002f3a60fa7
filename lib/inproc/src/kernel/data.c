// SPDX-License-Identifier: GPL-2.0-only
/*
 * Variables of the kernel around the code under test: a plain machine without
 * nested paging quirks, profiling or apicv.  Types that differ between versions
 * are irrelevant here: all are zero, or read as a bool or an int.
 */
#include <linux/types.h>

/* Not declared to the compiler with the tree's types on purpose. */
bool enable_mmio_caching = true;
bool tdp_enabled = true;
bool tdp_mmu_enabled = true;
int prof_on;
bool x2avic_enabled;
int x86_ibpb_exit_to_user __attribute__((section(".data..percpu")));
int l1tf_vmx_mitigation;
long x86_pred_cmd;
/* struct x86_pmu_capability, struct smp_ops */
char kvm_pmu_cap[256];
char smp_ops[256];
char amd_pmu_ops[256];
char system_long_wq[8];
char system_percpu_wq[8];
char param_ops_bint[64], param_ops_bool[64], param_ops_int[64], param_ops_uint[64],
     param_ops_ushort[64];
/* Static keys */
char hugetlb_optimize_vmemmap_key[64];
