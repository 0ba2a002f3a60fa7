// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware set-up: the part of kvm_x86_vendor_init() that this machine without
 * hardware needs.  What it finds out with CPUID and MSRs is written into the tree's
 * own variables, which objcopy made global, and kvm_x86_ops goes live.
 */
#include <linux/static_call.h>
#include <asm/text-patching.h>

#include "glue.h"
#include "x86.h"
#include "cpuid.h"
#include "kvm_emulate.h"

extern struct kmem_cache *x86_emulator_cache;
/* Newer trees watch that capabilities are set at one time only. */
extern bool kvm_is_configuring_cpu_caps __weak;

/* Where the tree has a tdx.c. */
extern const struct glue_vendor glue_tdx __weak;

const struct glue_vendor *glue_vendor;

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
	memcpy((void *)&kvm_x86_ops, glue_vendor->ops, sizeof(kvm_x86_ops));

#define KVM_X86_OP(func) \
	glue_static_call((u8 *)STATIC_CALL_TRAMP_ADDR(kvm_x86_##func), kvm_x86_ops.func);
#define KVM_X86_OP_OPTIONAL(func)	KVM_X86_OP(func)
#define KVM_X86_OP_OPTIONAL_RET0(func)	KVM_X86_OP(func)
#include <asm/kvm-x86-ops.h>
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
	glue_vendor->cpu_caps();
}

static bool glue_vendor_ready;

void glue_vendor_cpu_up(unsigned int cpu)
{
	if (glue_vendor_ready)
		glue_vendor->cpu_up(cpu);
}

int glue_vendor_init(const struct image_cpu *hw)
{
	unsigned int cpu;
	int ret;

	glue_vendor = hw->vendor == IMAGE_INTEL && &glue_tdx ? &glue_tdx : &glue_amd;

	boot_cpu_data.x86_phys_bits = hw->phys_bits;
	boot_cpu_data.x86_virt_bits = 48;
	boot_cpu_data.cpuid_level = 16;
	/* Else KVM waits for a cpufreq notification with the frequency. */
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_CONSTANT_TSC);

	kvm_caps.supported_vm_types = BIT(KVM_X86_DEFAULT_VM);
	kvm_caps.supported_mce_cap = MCG_CTL_P | MCG_SER_P;
	kvm_caps.supported_xcr0 = XFEATURE_MASK_FPSSE;
	kvm_host.xcr0 = XFEATURE_MASK_FPSSE;

	x86_emulator_cache = kmem_cache_create("x86_emulator",
					       sizeof(struct x86_emulate_ctxt), 16, 0, NULL);
	ret = glue_vendor->init(hw);
	if (ret)
		return ret;

	glue_ops_update();
	glue_set(kvm_is_configuring_cpu_caps, true);
	kvm_enable_efer_bits(EFER_NX);
	glue_cpu_caps();
	glue_set(kvm_is_configuring_cpu_caps, false);

	glue_vendor_ready = true;
	for_each_possible_cpu(cpu)
		glue_vendor->cpu_up(cpu);
	return 0;
}
