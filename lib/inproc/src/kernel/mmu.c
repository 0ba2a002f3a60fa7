// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MMU as arch/x86/kvm/mmu offers it.  A fake: the engine translates, so
 * there is one root that is always valid, and a nested page fault is an access
 * that memory attributes or slots do not allow.
 */
#include "glue.h"
#include "mmu.h"
#include "mmu/mmu_internal.h"

int kvm_mmu_create(struct kvm_vcpu *vcpu)
{
	vcpu->arch.mmu = &vcpu->arch.root_mmu;
	vcpu->arch.walk_mmu = &vcpu->arch.root_mmu;
	/* Any address but INVALID_PAGE: nobody walks it. */
	vcpu->arch.root_mmu.root.hpa = __pa(vcpu);
	return 0;
}

/* GPA bits that pick a view, as KVM keeps them in GPAs: a TD's shared bit. */
static gpa_t glue_direct_bits(struct kvm *kvm)
{
#ifdef HAVE_GFN_DIRECT_BITS
	return gfn_to_gpa(kvm_gfn_direct_bits(kvm));
#else
	return 0;
#endif
}

int kvm_mmu_page_fault(struct kvm_vcpu *vcpu, gpa_t cr2_or_gpa, u64 error_code, void *insn,
		       int insn_len)
{
	/* SNP's CPU and KVM for a TD say it with bits of their own. */
	bool private = error_code & (PFERR_GUEST_ENC_MASK | PFERR_PRIVATE_ACCESS);
	gpa_t gpa = cr2_or_gpa & ~glue_direct_bits(vcpu->kvm);

	/*
	 * Without a slot the kernel would have the guest take a #VC for MMIO,
	 * or a #VE, which an engine cannot deliver.  Of a TD's private memory the VMM hears.
	 */
	if (!(private && &glue_mirror_fault) && !glue_find_slot(vcpu->kvm, gpa_to_gfn(gpa)))
		glue_die("the guest accessed GPA %#llx, where there is no memory", gpa);

	if (private && &glue_mirror_fault && glue_mirror_fault(vcpu, gpa_to_gfn(gpa)))
		return RET_PF_FIXED;

	kvm_prepare_memory_fault_exit(vcpu, gpa & PAGE_MASK, PAGE_SIZE,
				      error_code & PFERR_WRITE_MASK, false, private);
	return -EFAULT;
}
