// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the kernel's boot, as far as KVM looks at what it has found out: the CPU's
 * identity and features (arch/x86/kernel/cpu/common.c), physical memory's layout and the
 * variables that say so.  A fake: all of it comes from the CPUID of the CPU under test,
 * which is the process's (src/hw/hw_cpuid.c).
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/radix-tree.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/cpu.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include "glue.h"

struct cpuinfo_x86 boot_cpu_data;
enum system_states system_state = SYSTEM_RUNNING;

void glue_cpuid(struct image_gprs *gprs);

void glue_cpuid(struct image_gprs *gprs)
{
	glue_host->cpuid(gprs);
}

enum glue_cpuid_reg { GLUE_EAX, GLUE_EBX, GLUE_ECX, GLUE_EDX };

static u32 glue_cpuid_word(u32 leaf, u32 subleaf, enum glue_cpuid_reg reg)
{
	static const u8 gpr[] = { IMAGE_RAX, IMAGE_RBX, IMAGE_RCX, IMAGE_RDX };
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = leaf, [IMAGE_RCX] = subleaf } };

	glue_host->cpuid(&gprs);
	return gprs.gpr[gpr[reg]];
}

/* Where the kernel keeps which word of CPUID: enum cpuid_leafs. */
static const struct {
	enum cpuid_leafs word;
	u32 leaf, subleaf;
	enum glue_cpuid_reg reg;
} glue_cpuid_words[] = {
	{ CPUID_1_EDX, 1, 0, GLUE_EDX },
	{ CPUID_1_ECX, 1, 0, GLUE_ECX },
	{ CPUID_6_EAX, 6, 0, GLUE_EAX },
	{ CPUID_7_0_EBX, 7, 0, GLUE_EBX },
	{ CPUID_7_ECX, 7, 0, GLUE_ECX },
	{ CPUID_7_EDX, 7, 0, GLUE_EDX },
	{ CPUID_7_1_EAX, 7, 1, GLUE_EAX },
	{ CPUID_D_1_EAX, 0xd, 1, GLUE_EAX },
	{ CPUID_8000_0001_EDX, 0x80000001, 0, GLUE_EDX },
	{ CPUID_8000_0001_ECX, 0x80000001, 0, GLUE_ECX },
	{ CPUID_8000_0008_EBX, 0x80000008, 0, GLUE_EBX },
	{ CPUID_8000_000A_EDX, 0x8000000a, 0, GLUE_EDX },
	{ CPUID_8000_001F_EAX, 0x8000001f, 0, GLUE_EAX },
	{ CPUID_8000_0021_EAX, 0x80000021, 0, GLUE_EAX },
};

/* Features that the kernel itself makes up, for what this machine is. */
static const u16 glue_synthetic[] = {
	X86_FEATURE_CONSTANT_TSC, X86_FEATURE_NONSTOP_TSC, X86_FEATURE_ALWAYS,
};

static void glue_cpu_identify(struct cpuinfo_x86 *c, enum image_vendor vendor)
{
	u32 signature = glue_cpuid_word(1, 0, GLUE_EAX);
	unsigned int i;

	c->x86_vendor = vendor == IMAGE_AMD ? X86_VENDOR_AMD : X86_VENDOR_INTEL;
	/* By the tree's own reading of the signature. */
	c->x86 = x86_family(signature);
	c->x86_model = x86_model(signature);
	c->x86_stepping = x86_stepping(signature);
	c->cpuid_level = glue_cpuid_word(0, 0, GLUE_EAX);
	c->extended_cpuid_level = glue_cpuid_word(0x80000000, 0, GLUE_EAX);
	c->x86_phys_bits = glue_cpuid_word(0x80000008, 0, GLUE_EAX) & 0xff;
	c->x86_cache_bits = c->x86_phys_bits;
	c->x86_virt_bits = 48;
	c->x86_clflush_size = 64;
	c->x86_cache_alignment = 64;
	for (i = 0; i < ARRAY_SIZE(glue_cpuid_words); i++)
		c->x86_capability[glue_cpuid_words[i].word] =
			glue_cpuid_word(glue_cpuid_words[i].leaf, glue_cpuid_words[i].subleaf,
					glue_cpuid_words[i].reg);
	for (i = 0; i < ARRAY_SIZE(glue_synthetic); i++)
		set_cpu_cap(c, glue_synthetic[i]);
}

/* What depends on the feature is not looked at: the CPU under test never lacks one alone. */
void clear_cpu_cap(struct cpuinfo_x86 *c, unsigned int feature)
{
	clear_bit(feature, (unsigned long *)c->x86_capability);
}

/* arch/x86/virt/hw.c of newer trees: who may turn virtualization on, and off. */
void x86_virt_init(void) __weak;

/* lib/radix-tree.c: the cache that XArrays' nodes are from, too */
void radix_tree_init(void);

unsigned int glue_firmware;

int glue_boot(const struct image_cpu *cpu)
{
	unsigned int i;

	glue_firmware = cpu->firmware;
	tsc_khz = cpu->tsc_khz;
	glue_cpu_identify(&boot_cpu_data, cpu->vendor);
	glue_memmap_init();
	glue_alternatives_apply();
	radix_tree_init();
	for_each_possible_cpu(i) {
		per_cpu(cpu_info, i) = boot_cpu_data;
		per_cpu(x86_cpu_to_apicid, i) = i;
	}
	if (&x86_virt_init)
		x86_virt_init();
	if (cpu->vendor == IMAGE_INTEL)
		glue_intel_boot();
	else
		glue_amd_boot();
	return 0;
}
