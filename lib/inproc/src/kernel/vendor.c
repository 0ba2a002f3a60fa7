// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVM and SEV-SNP as the image's hardware has them: what svm_hardware_setup()
 * and sev_hardware_setup() find out with CPUID and MSRs is written into the
 * tree's own variables, which objcopy made global, and kvm_x86_ops goes live.
 */
#include <linux/static_call.h>
#include <asm/text-patching.h>

#include "glue.h"
#include "x86.h"
#include "cpuid.h"
#include "kvm_emulate.h"

/* Static in the tree's files; weak where versions differ. */
extern struct kvm_x86_ops svm_x86_ops;
extern u8 sev_enc_bit __weak;
extern unsigned int min_snp_asid __weak, max_snp_asid __weak;
extern unsigned int min_sev_es_asid __weak, max_sev_es_asid __weak;
extern u64 snp_supported_policy_bits __weak;
extern unsigned int min_sev_asid, nr_asids;
extern unsigned long *sev_asid_bitmap, *sev_reclaim_asid_bitmap;
extern unsigned long sev_me_mask;
extern struct kmem_cache *x86_emulator_cache;
/* Newer trees watch that capabilities are set at one time only. */
extern bool kvm_is_configuring_cpu_caps __weak;
extern bool sev_enabled, sev_es_enabled, sev_snp_enabled;

#define GLUE_ASIDS	64
#define GLUE_SEV_ASID	(GLUE_ASIDS - 8)	/* the first for SEV without ES */

/* A static call's trampoline is five bytes; a jump to @func, or "return 0". */
static void glue_static_call(u8 *tramp, void *func)
{
	static const u8 return0[] = { 0x31, 0xc0, 0xc3, 0x90, 0x90 };
	s32 rel = (long)func - ((long)tramp + 5);

	if (!func) {
		memcpy(tramp, return0, sizeof(return0));
		return;
	}
	tramp[0] = 0xe9;
	memcpy(tramp + 1, &rel, sizeof(rel));
}

static void glue_ops_update(void)
{
	/* Declared const for everybody but x86.c. */
	memcpy((void *)&kvm_x86_ops, &svm_x86_ops, sizeof(kvm_x86_ops));

#define KVM_X86_OP(func) \
	glue_static_call((u8 *)STATIC_CALL_TRAMP_ADDR(kvm_x86_##func), kvm_x86_ops.func);
#define KVM_X86_OP_OPTIONAL(func)	KVM_X86_OP(func)
#define KVM_X86_OP_OPTIONAL_RET0(func)	KVM_X86_OP(func)
#include <asm/kvm-x86-ops.h>
}

/* Set @var if this tree has it. */
#define glue_set(var, value)			\
	do {					\
		if (&(var))			\
			(var) = (value);	\
	} while (0)

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

static void glue_cpu_caps(void)
{
	kvm_cpu_cap_set(X86_FEATURE_FXSR);
	kvm_cpu_cap_set(X86_FEATURE_LM);
	kvm_cpu_cap_set(X86_FEATURE_NX);
	kvm_cpu_cap_set(X86_FEATURE_PAE);
	kvm_cpu_cap_set(X86_FEATURE_PGE);
	kvm_cpu_cap_set(X86_FEATURE_PSE);
	kvm_cpu_cap_set(X86_FEATURE_SYSCALL);
	kvm_cpu_cap_set(X86_FEATURE_X2APIC);
}

static bool glue_vendor_ready;

/* What svm_hardware_setup() does for each CPU. */
void glue_vendor_cpu_up(unsigned int cpu)
{
	struct svm_cpu_data *sd = per_cpu_ptr(&svm_data, cpu);
	struct page *page;

	if (!glue_vendor_ready)
		return;
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page || sev_cpu_init(sd))
		glue_die("no memory for CPU %u", cpu);
	sd->save_area = page_address(page);
	sd->save_area_pa = __pa(sd->save_area);
}

int glue_vendor_init(unsigned int c_bit, unsigned int phys_bits)
{
	unsigned int cpu;
	int ret;

	boot_cpu_data.x86_vendor = X86_VENDOR_AMD;
	boot_cpu_data.x86_phys_bits = phys_bits;
	boot_cpu_data.x86_virt_bits = 48;
	boot_cpu_data.cpuid_level = 16;
	/* Else KVM waits for a cpufreq notification with the frequency. */
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_CONSTANT_TSC);

	kvm_caps.supported_vm_types = BIT(KVM_X86_DEFAULT_VM);
	kvm_caps.supported_mce_cap = MCG_CTL_P | MCG_SER_P;
	kvm_caps.supported_xcr0 = XFEATURE_MASK_FPSSE;
	kvm_host.xcr0 = XFEATURE_MASK_FPSSE;
	kvm_caps.max_tsc_scaling_ratio = 1;
	kvm_caps.default_tsc_scaling_ratio = 1;

	/* As svm_hardware_setup() does where the CPU has no AVIC. */
	enable_apicv = false;
	svm_x86_ops.vcpu_blocking = NULL;
	svm_x86_ops.vcpu_unblocking = NULL;
	svm_x86_ops.vcpu_get_apicv_inhibit_reasons = NULL;
	glue_ops_update();
	glue_set(kvm_is_configuring_cpu_caps, true);
	kvm_enable_efer_bits(EFER_NX);
	glue_cpu_caps();

	x86_emulator_cache = kmem_cache_create("x86_emulator",
					       sizeof(struct x86_emulate_ctxt), 16, 0, NULL);
	ret = glue_sev_init(c_bit);
	if (ret)
		return ret;
	sev_set_cpu_caps();
	glue_set(kvm_is_configuring_cpu_caps, false);

	glue_vendor_ready = true;
	for_each_possible_cpu(cpu)
		glue_vendor_cpu_up(cpu);
	return 0;
}

