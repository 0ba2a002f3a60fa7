// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel: VMX and TDX as the image's hardware has them, by what vmx_hardware_setup()
 * and the initialisation of the TDX module find out.  The rest of the set-up is the
 * tree's own.  Compiled for trees that have a tdx.c.
 */
#include <asm/apic.h>
#include <asm/desc.h>
#include <asm/msr-index.h>

#include "tdx_module.h"
#include "x86.h"
#include "cpuid.h"
#include "vmx/capabilities.h"
#include "vmx/posted_intr.h"
#include "vmx/vmx.h"
#include "vmx/x86_ops.h"

/* Static in the tree's files; weak where versions differ. */
extern struct kvm_x86_ops vt_x86_ops;
extern struct list_head associated_tdvcpus __percpu;
extern bool tdx_module_initialized __weak;
extern int tdx_module_status __weak;
extern unsigned long host_idt_base __weak;
extern u32 tdx_global_keyid, tdx_guest_keyid_start, tdx_nr_guest_keyids;
/* Newer trees / older trees. */
int tdx_hardware_setup(void) __weak;
int tdx_bringup(void) __weak;

#define GLUE_TDX_MODULE_INITIALIZED	1	/* of the older trees' tdx_module_status */

/* The module sees pages: whose they are is found by KVM's own pointers to them. */
struct kvm *glue_tdx_kvm_of(u64 tdr_pa)
{
	struct kvm *kvm, *found = NULL;

	mutex_lock(&kvm_lock);
	list_for_each_entry(kvm, &vm_list, vm_list) {
		struct page *page = container_of(kvm, struct kvm_tdx, kvm)->td.tdr_page;

		if (page && page_to_phys(page) == tdr_pa)
			found = kvm;
	}
	mutex_unlock(&kvm_lock);
	if (!found)
		glue_die("TDH.MNG.CREATE with a page %#llx that no struct kvm_tdx has", tdr_pa);
	return found;
}

struct kvm_vcpu *glue_tdx_vcpu_of(struct kvm *kvm, u64 tdvpr_pa)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		struct page *page = container_of(vcpu, struct vcpu_tdx, vcpu)->vp.tdvpr_page;

		if (page && page_to_phys(page) == tdvpr_pa)
			return vcpu;
	}
	glue_die("TDH.VP.CREATE with a page %#llx that no struct vcpu_tdx has", tdvpr_pa);
}

static void glue_tdx_cpu_up(unsigned int cpu)
{
	INIT_LIST_HEAD(per_cpu_ptr(&associated_tdvcpus, cpu));
	pi_init_cpu(cpu);
	cpu_data(cpu).topo.pkg_id = cpu % GLUE_NR_PACKAGES;
}

#ifdef HAVE_USER_RETURN_MSRS_POINTER
/* Older trees allocate it; bytes, more than KVM_MAX_NR_USER_RETURN_MSRS need. */
extern void __percpu *user_return_msrs;
static DEFINE_PER_CPU_ALIGNED(char[1024], glue_user_return_msrs);
#endif

/* MSRs that KVM restores before it returns to user space: vmx_setup_user_return_msrs(). */
static int glue_add_user_return_msrs(void)
{
	static const u32 msrs[] = {
		MSR_SYSCALL_MASK, MSR_LSTAR, MSR_CSTAR, MSR_EFER, MSR_TSC_AUX, MSR_STAR,
		MSR_IA32_TSX_CTRL,
	};
	unsigned int i;

#ifdef HAVE_USER_RETURN_MSRS_POINTER
	user_return_msrs = &glue_user_return_msrs;
#endif
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		if (kvm_add_user_return_msr(msrs[i]) < 0)
			return -EIO;
	return 0;
}

static int glue_tdx_module_init(void)
{
	glue_set(tdx_module_initialized, true);
	glue_set(tdx_module_status, GLUE_TDX_MODULE_INITIALIZED);
	tdx_global_keyid = GLUE_KEYID_MODULE;
	tdx_guest_keyid_start = GLUE_KEYID_GUESTS;
	tdx_nr_guest_keyids = GLUE_NR_KEYIDS - GLUE_KEYID_GUESTS;
	/* Reading it with TDH.SYS.RD is a part of building the module's tables. */
	glue_tdx_sysinfo((struct tdx_sys_info *)tdx_get_sysinfo());

	enable_tdx = true;
	return &tdx_bringup ? tdx_bringup() : tdx_hardware_setup();
}

/* Older trees do this in vt_hardware_setup(), newer ones in tdx_hardware_setup(). */
static void glue_tdx_set_ops(void)
{
#ifdef HAVE_TDX_SEPT_GLOBAL
	vt_x86_ops.vm_size = max_t(unsigned int, vt_x86_ops.vm_size, sizeof(struct kvm_tdx));
	vt_x86_ops.link_external_spt = tdx_sept_link_private_spt;
	vt_x86_ops.set_external_spte = tdx_sept_set_private_spte;
	vt_x86_ops.free_external_spt = tdx_sept_free_private_spt;
	vt_x86_ops.remove_external_spte = tdx_sept_remove_private_spte;
	vt_x86_ops.protected_apic_has_interrupt = tdx_protected_apic_has_interrupt;
#endif
}

static gate_desc glue_idt[IDT_ENTRIES];

static int glue_tdx_init(const struct image_cpu *cpu)
{
	static const unsigned int features[] = {
		X86_FEATURE_FPU, X86_FEATURE_FXSR, X86_FEATURE_FRED, X86_FEATURE_MOVDIR64B,
		X86_FEATURE_MSR, X86_FEATURE_NX, X86_FEATURE_OSXSAVE, X86_FEATURE_SELFSNOOP,
		X86_FEATURE_TDX_HOST_PLATFORM, X86_FEATURE_XSAVE,
	};
	unsigned int i;
	int ret;

	boot_cpu_data.x86_vendor = X86_VENDOR_INTEL;
	/* KeyIDs are above the addresses, which are user addresses here. */
	boot_cpu_data.x86_phys_bits = 47;
	for (i = 0; i < ARRAY_SIZE(features); i++)
		set_cpu_cap(&boot_cpu_data, features[i]);
	/* KVM takes it for the limit of vCPUs. */
	for (i = 0; i < IMAGE_MAX_CPUS; i++)
		cpumask_set_cpu(i, &__cpu_present_mask);

	/* Where older trees find the handler of an interrupt that ended a guest's run. */
	glue_set(host_idt_base, (unsigned long)glue_idt);

	kvm_caps.tsc_scaling_ratio_frac_bits = 48;
	kvm_caps.max_tsc_scaling_ratio = ~0ULL;
	kvm_caps.default_tsc_scaling_ratio = 1ULL << kvm_caps.tsc_scaling_ratio_frac_bits;
	kvm_caps.has_tsc_control = true;

	enable_ept = true;
	enable_ept_ad_bits = true;
	enable_apicv = true;
	vmx_capability.ept = VMX_EPT_PAGE_WALK_4_BIT;
	/* A GPA width of 52 puts the shared bit at 51. */
	if (cpu->phys_bits >= 52)
		vmx_capability.ept |= VMX_EPT_PAGE_WALK_5_BIT;

	ret = glue_add_user_return_msrs() ?: glue_tdx_module_init();
	if (ret || !enable_tdx)
		glue_die("the tree's TDX set-up fails: %d", ret);
	glue_tdx_set_ops();
	return 0;
}

static void glue_tdx_cpu_caps(void)
{
	kvm_caps.supported_vm_types |= BIT(KVM_X86_TDX_VM);
}

static void glue_tdx_notify(struct kvm_vcpu *vcpu)
{
	glue_host->td_kick(to_glue_vcpu(vcpu)->host_vcpu);
}

/* When the TDX module has it: older trees map it in the mirror first. */
static bool glue_tdx_page_given(struct kvm *kvm, gfn_t gfn, kvm_pfn_t pfn)
{
	return glue_pamt_owned(pfn);
}

const struct glue_vendor glue_tdx = {
	.ops = &vt_x86_ops,
	.vcpu_size = sizeof(struct vcpu_tdx),
	.vcpu_align = __alignof__(struct vcpu_tdx),
	.init = glue_tdx_init,
	.cpu_caps = glue_tdx_cpu_caps,
	.cpu_up = glue_tdx_cpu_up,
	.page_given = glue_tdx_page_given,
	.page_owned = glue_pamt_owned,
	.gmem_gone = tdx_vm_destroy,
	.notify = glue_tdx_notify,
	.pages_take_back = glue_mirror_take_back,
};
