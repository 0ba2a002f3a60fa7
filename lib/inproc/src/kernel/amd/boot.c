// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for what arch/x86/kernel/cpu/amd.c, arch/x86/coco/ and drivers/iommu/amd/ do at boot of
 * a machine with SNP, as far as arch/x86/virt/svm/sev.c has to do with it.  A fake: SNP was
 * enabled by who booted before (SYSCFG says so), as after a kexec.
 */
#include <linux/cc_platform.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <asm/cpufeature.h>
#include <asm/sev.h>

#include "glue.h"

/* An IOMMU that takes part; there is none to be seen. */
bool amd_iommu_snp_en = true;
bool crash_kexec_post_notifiers;

static bool glue_snp_host;

bool cc_platform_has(enum cc_attr attr)
{
	return attr == CC_ATTR_HOST_SEV_SNP && glue_snp_host;
}

void glue_amd_boot(void)
{
	glue_snp_host = boot_cpu_has(X86_FEATURE_SEV_SNP) && snp_probe_rmptable_info();
	if (glue_snp_host && snp_rmptable_init())
		glue_die("the kernel does not take the machine's RMP");
}
