// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mirror page table of a TD, as arch/x86/kvm/mmu keeps it.  A fake: a list of the
 * pages that were mapped, without tables between them and the root.  tdx.c does the
 * rest (tdx_sept_*), down to the SEAMCALLs.
 */
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "tdx_module.h"
#include "mmu.h"
#include "mmu/mmu_internal.h"
#include "mmu/spte.h"

static bool glue_mirror_given(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn)
{
	bool given;

	mutex_lock(&to_glue_vm(kvm)->mirror_lock);
	given = glue_gfn_find(&to_glue_vm(kvm)->mirror, gfn);
	mutex_unlock(&to_glue_vm(kvm)->mirror_lock);
	return given;
}

static int glue_mirror_set(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn)
{
#ifdef HAVE_EXTERNAL_SPTE_VALUE
	return kvm_x86_call(set_external_spte)(kvm, gfn, PG_LEVEL_4K,
					       pfn << PAGE_SHIFT | VMX_EPT_RWX_MASK |
					       SPTE_MMU_PRESENT_MASK);
#else
	return kvm_x86_call(set_external_spte)(kvm, gfn, PG_LEVEL_4K, pfn);
#endif
}

static int glue_mirror_map(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn)
{
	struct glue_vm *vm = to_glue_vm(kvm);
	int ret = 0;

	mutex_lock(&vm->mirror_lock);
	if (!glue_gfn_find(&vm->mirror, gfn)) {
		ret = glue_mirror_set(kvm, gfn, pfn);
		if (!ret)
			glue_gfn_add(&vm->mirror, gfn, pfn, 0);
	}
	mutex_unlock(&vm->mirror_lock);
	return ret;
}

static void glue_mirror_remove(struct kvm *kvm, struct glue_gfn *e)
{
	struct glue_vm *vm = to_glue_vm(kvm);

	write_lock(&kvm->mmu_lock);
#ifdef HAVE_EXTERNAL_SPTE_VALUE
	kvm_x86_call(remove_external_spte)(kvm, e->gfn, PG_LEVEL_4K,
					   e->pfn << PAGE_SHIFT | VMX_EPT_RWX_MASK |
					   SPTE_MMU_PRESENT_MASK);
#else
	kvm_x86_call(remove_external_spte)(kvm, e->gfn, PG_LEVEL_4K, e->pfn);
#endif
	write_unlock(&kvm->mmu_lock);
	glue_gfn_del(&vm->mirror, e);
}

void glue_mirror_take_back(struct kvm *kvm, gfn_t start, gfn_t end)
{
	struct glue_vm *vm = to_glue_vm(kvm);
	struct glue_gfn *e, *next;
	unsigned int i;

	mutex_lock(&vm->mirror_lock);
	for (i = 0; i < GLUE_GFNMAP_BUCKETS; i++) {
		for (e = vm->mirror.buckets[i]; e; e = next) {
			next = e->next;
			if (e->gfn >= start && e->gfn < end)
				glue_mirror_remove(kvm, e);
		}
	}
	mutex_unlock(&vm->mirror_lock);
}

/* The page that a private access to @gfn is about, or NULL. */
static void *glue_private_page(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	void *host_vm = to_glue_vm(vcpu->kvm)->host_vm;
	unsigned long len;
	void *hva = glue_host->gpa_to_hva(host_vm, gfn_to_gpa(gfn), true, &len);

	return hva && glue_host->gpa_is_private(host_vm, gfn_to_gpa(gfn)) ? hva : NULL;
}

/* By kvm_mmu_page_fault(): is there a private page, and is it mapped now? */
bool glue_mirror_fault(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	void *hva = glue_private_page(vcpu, gfn);

	return hva && !glue_mirror_map(vcpu->kvm, gfn, __pa(hva) >> PAGE_SHIFT);
}

/* As the MMU does it: whatever stood in the way, it tries again while that can help. */
static int glue_mirror_map_until(struct kvm_vcpu *vcpu, gfn_t gfn, kvm_pfn_t pfn)
{
	do {
		if (signal_pending(current))
			return -EINTR;
		if (vcpu->kvm->vm_dead)
			return -EIO;
	} while (glue_mirror_map(vcpu->kvm, gfn, pfn));
	return 0;
}

/* Newer trees: KVM_TDX_INIT_MEM_REGION knows the page. */
int kvm_tdp_mmu_map_private_pfn(struct kvm_vcpu *vcpu, gfn_t gfn, kvm_pfn_t pfn);
/* Older trees: it has the fault handler look it up. */
int kvm_tdp_map_page(struct kvm_vcpu *vcpu, gpa_t gpa, u64 error_code, u8 *level);
bool kvm_tdp_mmu_gpa_is_mapped(struct kvm_vcpu *vcpu, u64 gpa);

int kvm_tdp_mmu_map_private_pfn(struct kvm_vcpu *vcpu, gfn_t gfn, kvm_pfn_t pfn)
{
	/* A page that is mapped already is none of those that it can fix. */
	return glue_mirror_given(vcpu->kvm, gfn, pfn) ? -EIO :
						       glue_mirror_map_until(vcpu, gfn, pfn);
}

int kvm_tdp_map_page(struct kvm_vcpu *vcpu, gpa_t gpa, u64 error_code, u8 *level)
{
	void *hva;

	*level = PG_LEVEL_4K;
	hva = glue_private_page(vcpu, gpa_to_gfn(gpa));
	return hva ? glue_mirror_map_until(vcpu, gpa_to_gfn(gpa), __pa(hva) >> PAGE_SHIFT) :
		     -EFAULT;
}

bool kvm_tdp_mmu_gpa_is_mapped(struct kvm_vcpu *vcpu, u64 gpa)
{
	return glue_mirror_given(vcpu->kvm, gpa_to_gfn(gpa), 0);
}
/* Older trees: the source pages of KVM_TDX_INIT_MEM_REGION. */
int get_user_pages_fast(unsigned long start, int nr_pages, unsigned int gup_flags,
			struct page **pages)
{
	int i;
	u8 byte;

	for (i = 0; i < nr_pages; i++) {
		void *p = (void *)PAGE_ALIGN_DOWN(start) + i * PAGE_SIZE;

		if (raw_copy_from_user(&byte, (void __user *)p, 1))
			return i ?: -EFAULT;
		pages[i] = virt_to_page(p);
		page_ref_inc(pages[i]);
	}
	return i;
}
