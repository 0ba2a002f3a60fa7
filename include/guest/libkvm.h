/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of libkvm's that differ from tree to tree: the newer ones, for trees that have the
 * older.  tools/libkvm.mk finds by trying which ones a tree has, and defines HAVE_*.
 */
#ifndef GUEST_LIBKVM_H
#define GUEST_LIBKVM_H

#ifndef HAVE_GVA_T
#define gva_t				vm_vaddr_t
#endif
#ifndef HAVE_VM_ALLOC
#define vm_alloc_page			vm_vaddr_alloc_page
#define vm_alloc_shared			vm_vaddr_alloc_shared
#define __vm_alloc			__vm_vaddr_alloc
#endif
#ifndef HAVE_VM_UNUSED_GVA_GAP
#define vm_unused_gva_gap		vm_vaddr_unused_gap
#endif
#ifndef HAVE_VM_GET_PTE
#define vm_get_pte			vm_get_page_table_entry
#endif
#ifndef HAVE_KVM_RNG
#define kvm_rng				guest_rng
#endif

/* The guest's page tables. */
#ifdef HAVE_VM_MMU
#define vm_pgd(vm)			((vm)->mmu.pgd)
#else
#define vm_pgd(vm)			((vm)->pgd)
#endif

/* What libkvm does for a VM that it creates itself. */
#ifdef HAVE_POST_CREATE_VCPUS
#define vm_post_create(vm, nr_vcpus)	kvm_arch_vm_post_create(vm, nr_vcpus)
#else
#define vm_post_create(vm, nr_vcpus)	kvm_arch_vm_post_create(vm)
#endif

#endif
