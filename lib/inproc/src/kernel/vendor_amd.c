// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD: SVM and SEV-SNP as the image's hardware has them: what svm_hardware_setup()
 * and sev_hardware_setup() find out with CPUID and MSRs is written into the
 * tree's own variables, which objcopy made global, and kvm_x86_ops goes live.
 */
#include "glue.h"
#include "x86.h"
#include "cpuid.h"
#include "svm/svm.h"

/* Static in the tree's files; weak where versions differ. */
extern struct kvm_x86_ops svm_x86_ops;
extern u8 sev_enc_bit __weak;
extern unsigned int min_snp_asid __weak, max_snp_asid __weak;
extern unsigned int min_sev_es_asid __weak, max_sev_es_asid __weak;
extern u64 snp_supported_policy_bits __weak;
extern unsigned int min_sev_asid, nr_asids;
extern unsigned long *sev_asid_bitmap, *sev_reclaim_asid_bitmap;
extern unsigned long sev_me_mask;
extern bool sev_enabled, sev_es_enabled, sev_snp_enabled;

#define GLUE_ASIDS	64
#define GLUE_SEV_ASID	(GLUE_ASIDS - 8)	/* the first for SEV without ES */

static int glue_sev_init(unsigned int c_bit)
{
	glue_set(sev_enc_bit, c_bit);
	/* Addresses carry no C-bit here: the PSP's physical addresses are plain. */
	sev_me_mask = 0;
	/*
	 * A few for VMs of other types, which can be created but not launched: the
	 * firmware model knows SNP guests only.
	 */
	max_sev_asid = GLUE_ASIDS - 1;
	min_sev_asid = GLUE_SEV_ASID;
	nr_asids = GLUE_ASIDS;
	glue_set(min_snp_asid, 1);
	glue_set(max_snp_asid, GLUE_SEV_ASID - 1);
	glue_set(min_sev_es_asid, 1);
	glue_set(max_sev_es_asid, GLUE_SEV_ASID - 1);
	/* What the firmware model's launches may ask for; it looks at none of it. */
	glue_set(snp_supported_policy_bits, GENMASK_ULL(20, 19) | GENMASK_ULL(17, 0));
	sev_asid_bitmap = bitmap_zalloc(nr_asids, GFP_KERNEL);
	sev_reclaim_asid_bitmap = bitmap_zalloc(nr_asids, GFP_KERNEL);
	if (!sev_asid_bitmap || !sev_reclaim_asid_bitmap)
		return -ENOMEM;

	sev_enabled = true;
	sev_es_enabled = true;
	sev_snp_enabled = true;
	return 0;
}

/* What svm_hardware_setup() does for each CPU. */
static void glue_amd_cpu_up(unsigned int cpu)
{
	struct svm_cpu_data *sd = per_cpu_ptr(&svm_data, cpu);
	struct page *page;

	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page || sev_cpu_init(sd))
		glue_die("no memory for CPU %u", cpu);
	sd->save_area = page_address(page);
	sd->save_area_pa = __pa(sd->save_area);
}

static int glue_amd_init(const struct image_cpu *cpu)
{
	boot_cpu_data.x86_vendor = X86_VENDOR_AMD;
	kvm_caps.max_tsc_scaling_ratio = 1;
	kvm_caps.default_tsc_scaling_ratio = 1;

	/* As svm_hardware_setup() does where the CPU has no AVIC. */
	enable_apicv = false;
	svm_x86_ops.vcpu_blocking = NULL;
	svm_x86_ops.vcpu_unblocking = NULL;
	svm_x86_ops.vcpu_get_apicv_inhibit_reasons = NULL;
	return glue_sev_init(cpu->view_bit);
}

static void glue_amd_vcpu_created(struct kvm_vcpu *vcpu)
{
	/* The host's registers are the process's: there is nothing to save. */
	to_svm(vcpu)->guest_state_loaded = true;
}

static bool glue_amd_page_given(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn)
{
	return glue_rmp_assigned(pfn);
}

const struct glue_vendor glue_amd = {
	.ops = &svm_x86_ops,
	.vcpu_size = sizeof(struct vcpu_svm),
	.vcpu_align = __alignof__(struct vcpu_svm),
	.init = glue_amd_init,
	.cpu_caps = sev_set_cpu_caps,
	.cpu_up = glue_amd_cpu_up,
	.vcpu_created = glue_amd_vcpu_created,
	.vcpu_listed = glue_psp_vcpu,
	.page_given = glue_amd_page_given,
	.page_owned = glue_rmp_assigned,
	.gmem_gone = kvm_arch_gmem_invalidate,
};
