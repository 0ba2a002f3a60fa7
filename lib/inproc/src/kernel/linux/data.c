// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for variables of the kernel around the code under test.  Stubs of a plain machine
 * without profiling or interrupt virtualization.  Weak, so that a tree's own object
 * takes precedence, and not declared with the tree's types on purpose: those
 * differ, and all of these read as zero, or as a true bool or a full mask.
 */
#include <linux/types.h>

#define GLUE_DATA	__attribute__((weak))

bool GLUE_DATA itlb_multihit_kvm_mitigation;
int GLUE_DATA prof_on;
int GLUE_DATA l1tf_vmx_mitigation;
long GLUE_DATA x86_pred_cmd;
int GLUE_DATA x86_ibpb_exit_to_user __attribute__((section(".data..percpu")));
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
/* struct static_key */
char GLUE_DATA hugetlb_optimize_vmemmap_key[64];
