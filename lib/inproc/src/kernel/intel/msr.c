// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the MSRs of the Intel CPU under test, as far as a kernel reads them.  A model
 * after Intel SDM volume 4 and volume 3, appendix A ("VMX Capability Reporting Facility"): what
 * a CPU with TDX has as far as it is driven, without SGX, CET, MPX, processor trace, IPI
 * virtualization and user interrupts.  What is neither in it nor in linux/hoststate.c is not
 * there, and nothing that is written to those here is kept.
 */
#include <linux/percpu.h>
#include <asm/msr-index.h>
#include <asm/vmx.h>

#include "intel.h"

/* A control MSR: what must be 1 in its low, what may be 1 in its high half. */
#define GLUE_CTLS(must, may)	((u64)(may) << 32 | (must))

/* Region of 4 KiB, write back, TRUE controls, and no erratum. */
#define GLUE_VMX_BASIC							\
	(GLUE_VMCS_REVISION | 0x1000ULL << 32 | 6ULL << 50 | BIT_ULL(55) | BIT_ULL(56) | BIT_ULL(60))

/*
 * Controls of what VM entries and exits do (src/hw/hw_vmx.c), and those that a KVM wants to
 * have though an engine does not stop there, see there.  The preemption timer where COCO_CPU
 * says so, for KVM to leave alone: no VM can run with it.  Not: I/O bitmaps, PAUSE exiting,
 * tertiary controls; performance counters, and saving of PAT and EFER.
 */
#define GLUE_VMX_PIN		(BIT(0) | BIT(3) | BIT(5) | BIT(7))
#define GLUE_VMX_PRIMARY						\
	(BIT(2) | BIT(3) | BIT(7) | GENMASK(12, 9) | BIT(15) | BIT(16) | GENMASK(24, 19) |	\
	 GENMASK(29, 27) | BIT(31))
#define GLUE_VMX_EXIT		(BIT(2) | BIT(9) | BIT(15) | BIT(19) | BIT(21))
#define GLUE_VMX_ENTRY		(BIT(2) | BIT(9) | BIT(14) | BIT(15))

/*
 * Secondary controls: EPT, VPID, unrestricted guest, and the virtual APIC's but memory; and
 * exits of bus locks and of a window without interrupts, which TDs have (tdx/enter.c), and
 * of which no other guest makes one.
 */
#define GLUE_VMX_SECONDARY						\
	(BIT(1) | BIT(4) | BIT(5) | BIT(7) | BIT(8) | BIT(9) | BIT(30) | BIT(31))

/*
 * EPT: 4 levels, UC and WB, 2 MiB and 1 GiB, INVEPT of one and of all, accessed and dirty
 * flags.
 */
#define GLUE_EPT_CAP	(BIT_ULL(6) | BIT_ULL(8) | BIT_ULL(14) | BIT_ULL(16) | BIT_ULL(17) |	\
			 BIT_ULL(20) | BIT_ULL(21) | BIT_ULL(25) | BIT_ULL(26))
#define GLUE_EPT_CAP_5_LEVELS	BIT_ULL(7)
#define GLUE_VPID_CAP		0xf01ULL

/* IA32_MKTME_KEYID_PARTITIONING */
#define GLUE_MSR_KEYIDS		0x87

static const struct glue_msr {
	u32 index;
	u64 value;
} glue_intel_msrs[] = {
	{ MSR_IA32_FEAT_CTL, FEAT_CTL_LOCKED | FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX |
			     FEAT_CTL_LMCE_ENABLED },
	{ MSR_IA32_TSC_ADJUST, 0 },
	{ MSR_IA32_SPEC_CTRL, 0 },
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
	{ MSR_IA32_VMX_PINBASED_CTLS, GLUE_CTLS(0x16, 0x16 | GLUE_VMX_PIN) },
	{ MSR_IA32_VMX_PROCBASED_CTLS, GLUE_CTLS(0x0401e172, 0x0401e172 | GLUE_VMX_PRIMARY) },
	{ MSR_IA32_VMX_EXIT_CTLS, GLUE_CTLS(0x00036dff, 0x00036dff | GLUE_VMX_EXIT) },
	{ MSR_IA32_VMX_ENTRY_CTLS, GLUE_CTLS(0x000011ff, 0x000011ff | GLUE_VMX_ENTRY) },
	/* LMA saved, 4 CR3 targets, SMM, VMWRITE of all, and no activity state but active. */
	{ MSR_IA32_VMX_MISC, 0x70048020 },
	{ MSR_IA32_VMX_CR0_FIXED0, 0x80000021 },
	{ MSR_IA32_VMX_CR0_FIXED1, 0xffffffff },
	{ MSR_IA32_VMX_CR4_FIXED0, 0x00002000 },
	{ MSR_IA32_VMX_CR4_FIXED1, 0x00772fff },
	{ MSR_IA32_VMX_VMCS_ENUM, 0x2e },
	{ MSR_IA32_VMX_TRUE_PINBASED_CTLS, GLUE_CTLS(0x16, 0x16 | GLUE_VMX_PIN) },
	{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, GLUE_CTLS(0x04006172, 0x04006172 | GLUE_VMX_PRIMARY) },
	{ MSR_IA32_VMX_TRUE_EXIT_CTLS, GLUE_CTLS(0x00036dfb, 0x00036dfb | GLUE_VMX_EXIT) },
	{ MSR_IA32_VMX_TRUE_ENTRY_CTLS, GLUE_CTLS(0x000011fb, 0x000011fb | GLUE_VMX_ENTRY) },
	{ MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA | EFER_NX },
};

/* None for MKTME, all others for TDX */
static u64 glue_keyid_partitioning(void)
{
	const u64 nr = glue_firmware & IMAGE_FW_NO_KEYIDS ? 0 :
		       glue_firmware & IMAGE_FW_ONE_KEYID ? 1 : GLUE_NR_KEYIDS - 1;

	return nr << 32;
}

static u32 glue_cpuid_reg(u32 leaf, enum image_gpr reg)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = leaf } };

	glue_host->cpuid(&gprs);
	return gprs.gpr[reg];
}

static bool glue_has_5_levels(void)
{
	return (glue_cpuid_reg(0x80000008, IMAGE_RAX) & 0xff) >= 52;
}

/* The timer counts at a 32nd of the TSC's rate. */
static u64 glue_preemption_timer(u32 index)
{
	struct image_gprs gprs = { .gpr = { [IMAGE_RAX] = 0xd, [IMAGE_RCX] = 63 } };

	glue_host->cpuid(&gprs);
	if (!(gprs.gpr[IMAGE_RCX] & 1))
		return 0;
	switch (index) {
	case MSR_IA32_VMX_MISC:
		return 5;
	case MSR_IA32_VMX_PINBASED_CTLS:
	case MSR_IA32_VMX_TRUE_PINBASED_CTLS:
		return GLUE_CTLS(0, BIT(6));
	}
	return 0;
}

/* Instructions that the CPU does not have cannot be enabled. */
static u64 glue_secondary_ctls(void)
{
	u32 may = GLUE_VMX_SECONDARY;

	if (glue_cpuid_reg(0x80000001, IMAGE_RDX) & BIT(27))
		may |= SECONDARY_EXEC_ENABLE_RDTSCP;
	if (glue_cpuid_reg(7, IMAGE_RBX) & BIT(10))
		may |= SECONDARY_EXEC_ENABLE_INVPCID;
	return GLUE_CTLS(0, may);
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
	if (index == MSR_IA32_VMX_PROCBASED_CTLS2) {
		*value = glue_secondary_ctls();
		return true;
	}
	if (index == GLUE_MSR_KEYIDS) {
		*value = glue_keyid_partitioning();
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(glue_intel_msrs); i++) {
		if (glue_intel_msrs[i].index != index)
			continue;
		*value = glue_intel_msrs[i].value | glue_preemption_timer(index);
		return true;
	}
	return false;
}
