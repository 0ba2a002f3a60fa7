// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MMU as arch/x86/kvm/mmu offers it.  A fake: the engine translates, so
 * there is one root that is always valid, and a nested page fault is an access
 * that memory attributes or slots do not allow.
 */
#include "glue.h"
#include "mmu.h"

int kvm_mmu_create(struct kvm_vcpu *vcpu)
{
	vcpu->arch.mmu = &vcpu->arch.root_mmu;
	vcpu->arch.walk_mmu = &vcpu->arch.root_mmu;
	/* Any address but INVALID_PAGE: nobody walks it. */
	vcpu->arch.root_mmu.root.hpa = __pa(vcpu);
	return 0;
}

int kvm_mmu_page_fault(struct kvm_vcpu *vcpu, gpa_t cr2_or_gpa, u64 error_code, void *insn,
		       int insn_len)
{
	/*
	 * Without a slot the kernel would have the guest take a #VC for MMIO,
	 * which an engine cannot deliver.
	 */
	if (!glue_find_slot(vcpu->kvm, gpa_to_gfn(cr2_or_gpa)))
		glue_die("the guest accessed GPA %#llx, where there is no memory", cr2_or_gpa);

	kvm_prepare_memory_fault_exit(vcpu, cr2_or_gpa & PAGE_MASK, PAGE_SIZE,
				      error_code & PFERR_WRITE_MASK, false,
				      error_code & PFERR_GUEST_ENC_MASK);
	return -EFAULT;
}
