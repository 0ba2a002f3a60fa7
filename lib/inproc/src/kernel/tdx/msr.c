// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the MSRs of the Intel CPU under test, as far as a kernel reads them.  A model
 * after Intel SDM volume 4 and volume 3, appendix A ("VMX Capability Reporting Facility"):
 * what a CPU with TDX has, without SGX, CET, MPX, processor trace, IPI virtualization and
 * user interrupts.  What is neither in it nor in linux/hoststate.c is not there, and nothing that is written
 * to those here is kept.
 */
#include <linux/percpu.h>
#include <asm/msr-index.h>
#include <asm/vmx.h>

#include "module.h"
#include "vmx.h"

/* A control MSR: what must be 1 in its low, what may be 1 in its high half. */
#define GLUE_CTLS(must, may)	((u64)(may) << 32 | (must))

/* Region of 4 KiB, write back, INS/OUTS information, TRUE controls, and no erratum. */
#define GLUE_VMX_BASIC							\
	(GLUE_VMCS_REVISION | 0x1000ULL << 32 | 6ULL << 50 | BIT_ULL(54) | BIT_ULL(55) |	\
	 BIT_ULL(56) | BIT_ULL(60))

/*
 * Secondary controls: all but ENCLS exiting (bit 15), those of processor trace (19, 24),
 * sub-page permissions (23), and what came after bit 26 but bus lock and notify exits.
 */
#define GLUE_VMX_SECONDARY						\
	(GENMASK(14, 0) | GENMASK(18, 16) | BIT(20) | BIT(22) | BIT(25) | BIT(26) | BIT(30) | BIT(31))

/*
 * EPT: execute only, 4 levels, UC and WB, 2 MiB and 1 GiB, INVEPT of one and of all, accessed
 * and dirty flags, advanced information.
 */
#define GLUE_EPT_CAP	(BIT_ULL(0) | BIT_ULL(6) | BIT_ULL(8) | BIT_ULL(14) | BIT_ULL(16) |	\
			 BIT_ULL(17) | BIT_ULL(20) | BIT_ULL(21) | BIT_ULL(22) | BIT_ULL(25) |	\
			 BIT_ULL(26))
#define GLUE_EPT_CAP_5_LEVELS	BIT_ULL(7)
#define GLUE_VPID_CAP		0xf01ULL

static const struct glue_msr {
	u32 index;
	u64 value;
} glue_intel_msrs[] = {
	{ MSR_IA32_FEAT_CTL, FEAT_CTL_LOCKED | FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX |
			     FEAT_CTL_LMCE_ENABLED },
	{ MSR_IA32_TSC_ADJUST, 0 },
	{ MSR_IA32_SPEC_CTRL, 0 },
	/* IA32_MKTME_KEYID_PARTITIONING: none for MKTME, all others for TDX */
	{ 0x87, (GLUE_NR_KEYIDS - 1ULL) << 32 },
	{ MSR_IA32_UCODE_REV, 1ULL << 32 },
	{ MSR_PLATFORM_INFO, 0 },
	/* Not vulnerable to Meltdown, L1TF, MDS, MCEPSC, TAA, FB, and RRSBA, BHI, GDS, RFDS. */
	{ MSR_IA32_ARCH_CAPABILITIES, BIT_ULL(0) | BIT_ULL(1) | BIT_ULL(3) | BIT_ULL(5) |
	  BIT_ULL(6) | BIT_ULL(8) | BIT_ULL(13) | BIT_ULL(14) | BIT_ULL(15) | BIT_ULL(17) |
	  BIT_ULL(20) | BIT_ULL(26) | BIT_ULL(27) },
	{ MSR_IA32_MISC_ENABLE, BIT_ULL(0) },
	/* As Linux writes it: WB, WC, UC-, UC, WB, WP, UC-, WT. */
	{ MSR_IA32_CR_PAT, 0x0407050600070106 },
	{ MSR_IA32_VMX_BASIC, GLUE_VMX_BASIC },
	{ MSR_IA32_VMX_PINBASED_CTLS, GLUE_CTLS(0x16, 0xff) },
	{ MSR_IA32_VMX_PROCBASED_CTLS, GLUE_CTLS(0x0401e172, 0xfff9fffe) },
	{ MSR_IA32_VMX_EXIT_CTLS, GLUE_CTLS(0x00036dff, 0x007fffff) },
	{ MSR_IA32_VMX_ENTRY_CTLS, GLUE_CTLS(0x000011ff, 0x0000ffff) },
	/* Timer at TSC / 2^7, LMA saved, activity states, 4 CR3 targets, SMM, VMWRITE of all. */
	{ MSR_IA32_VMX_MISC, 0x700481e7 },
	{ MSR_IA32_VMX_CR0_FIXED0, 0x80000021 },
	{ MSR_IA32_VMX_CR0_FIXED1, 0xffffffff },
	{ MSR_IA32_VMX_CR4_FIXED0, 0x00002000 },
	{ MSR_IA32_VMX_CR4_FIXED1, 0x00772fff },
	{ MSR_IA32_VMX_VMCS_ENUM, 0x2e },
	{ MSR_IA32_VMX_PROCBASED_CTLS2, GLUE_CTLS(0, GLUE_VMX_SECONDARY) },
	{ MSR_IA32_VMX_TRUE_PINBASED_CTLS, GLUE_CTLS(0x16, 0xff) },
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, GLUE_CTLS(0x04006172, 0xfff9fffe) },
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, GLUE_CTLS(0x00036dfb, 0x007fffff) },
	{ MSR_IA32_VMX_TRUE_ENTRY_CTLS, GLUE_CTLS(0x000011fb, 0x0000ffff) },
	{ MSR_IA32_VMX_VMFUNC, 1 },
	{ MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA | EFER_NX },
};

static bool glue_has_5_levels(void)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = 0x80000008 } };

	glue_host->cpuid(&gprs);
	return (gprs.gpr[IMAGE_RAX] & 0xff) >= 52;
}

bool glue_intel_msr(u32 index, u64 *value)
{
	unsigned int i;

	if (index == MSR_IA32_VMX_EPT_VPID_CAP) {
		*value = GLUE_VPID_CAP << 32 | GLUE_EPT_CAP;
		if (glue_has_5_levels())
			*value |= GLUE_EPT_CAP_5_LEVELS;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(glue_intel_msrs); i++) {
		if (glue_intel_msrs[i].index != index)
			continue;
		*value = glue_intel_msrs[i].value;
		return true;
	}
	return false;
}
