// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for what arch/x86/kernel/cpu/ does at boot of an Intel machine with TDX: packages,
 * KeyIDs, and the call of the tree's tdx_init(), if it has one.  A fake.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "intel.h"

extern int alternatives_patched;

void tdx_init(void) __weak;

/* A package is there with its first CPU: KVM wants each that is there to have one online. */
static int glue_package_online(unsigned int cpu)
{
	cpu_data(cpu).topo.pkg_id = cpu % GLUE_NR_PACKAGES;
	return 0;
}

void glue_intel_boot(void)
{
	unsigned int cpu;

	/* detect_tme(): KeyIDs take the topmost of the 52 bits of physical addresses. */
	boot_cpu_data.x86_phys_bits = 52 - GLUE_KEYID_BITS;
	/* init_ia32_feat_ctl(): firmware has locked the MSR, with VMX on (msr.c). */
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_MSR_IA32_FEAT_CTL);
	glue_idt_init();
	/* Features may still be found. */
	alternatives_patched = 0;
	if (&tdx_init)
		tdx_init();
	alternatives_patched = 1;
	for_each_possible_cpu(cpu) {
		struct cpuinfo_x86 *c = &cpu_data(cpu);

		c->x86_phys_bits = boot_cpu_data.x86_phys_bits;
		memcpy(c->x86_capability, boot_cpu_data.x86_capability,
		       sizeof(c->x86_capability));
	}
	if (cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "glue/package", glue_package_online, NULL) < 0)
		glue_die("no packages for CPUs");
}
