// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: its own initialization, TDH.SYS.*, as a kernel brings it up:
 * the module, each CPU, its metadata, the TDMRs and their PAMTs, its key.  A model after
 * the ABI specification's "Initialization" leaves; the PAMTs' contents are kept elsewhere
 * (pamt.c), and a package that comes online later has the key.
 */
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/topology.h>

#include "module.h"

/* "PL.SYS_STATE" */
static enum {
	GLUE_SYS_RESET,
	GLUE_SYS_INIT,			/* TDH.SYS.INIT */
	GLUE_SYS_CONFIG,		/* TDH.SYS.CONFIG */
	GLUE_SYS_READY,			/* TDH.SYS.KEY.CONFIG on the last package */
} glue_sys_state;

static unsigned int glue_sys_keys;	/* packages that have the module's key, a bit mask */
static int glue_sys_lock;
static bool glue_lp_init[IMAGE_MAX_CPUS];

#define GLUE_MAX_TDMRS			64
#define GLUE_MAX_RESERVED_PER_TDMR	16
#define GLUE_PAMT_ENTRY_SIZE		16
#define GLUE_TDMR_ARRAY_ALIGN		512

enum { GLUE_TDMR_1G, GLUE_TDMR_2M, GLUE_TDMR_4K, GLUE_TDMR_SIZES };

/* "TDMR_INFO", as the VMM hands it in. */
struct glue_tdmr_info {
	u64 base, size;
	struct {
		u64 base, size;
	} pamt[GLUE_TDMR_SIZES];
	struct {
		u64 offset, size;
	} reserved[GLUE_MAX_RESERVED_PER_TDMR];
};

static struct glue_tdmr {
	struct glue_tdmr_info info;
	bool initialized;
} glue_tdmrs[GLUE_MAX_TDMRS];
static unsigned int glue_nr_tdmrs;

/* TDX_FEATURES0, "Enumeration": NO_RBP_MOD (bit 18) and the virtual topology (20). */
#define GLUE_TDX_FEATURES0	(BIT_ULL(18) | BIT_ULL(20))

/* Fields of global metadata by their ids ("Global-Scope (TDX Module) Metadata"). */
static const struct {
	u64 field, value;
} glue_sys_fields[] = {
	{ 0x8800000200000001, 20250101 },		/* BUILD_DATE */
	{ 0x8800000100000002, 1 },			/* BUILD_NUM */
	{ 0x0800000100000003, 5 },			/* MINOR_VERSION */
	{ 0x0800000100000004, 1 },			/* MAJOR_VERSION */
	{ 0x0800000100000005, 8 },			/* UPDATE_VERSION */
	{ 0x8900000100000000, 0 },			/* MODULE_HV */
	{ 0x0a00000300000008, GLUE_TDX_FEATURES0 },
	{ 0x9100000100000008, GLUE_MAX_TDMRS },
	{ 0x9100000100000009, GLUE_MAX_RESERVED_PER_TDMR },
	{ 0x9100000100000010, GLUE_PAMT_ENTRY_SIZE },	/* 4 KiB pages */
	{ 0x9100000100000011, GLUE_PAMT_ENTRY_SIZE },	/* 2 MiB */
	{ 0x9100000100000012, GLUE_PAMT_ENTRY_SIZE },	/* 1 GiB */
	{ 0x9800000100000000, PAGE_SIZE },		/* TDR_BASE_SIZE */
	{ 0x9800000100000100, GLUE_TDCS_PAGES * PAGE_SIZE },
	{ 0x9800000100000200, (1 + GLUE_TDCX_PAGES) * PAGE_SIZE },	/* TDVPS_BASE_SIZE */
	{ 0x1900000300000000, GLUE_ATTRIBUTES_FIXED0 },
	{ 0x1900000300000001, 0 },			/* ATTRIBUTES_FIXED1 */
	{ 0x1900000300000002, GLUE_XFAM_FIXED0 },
	{ 0x1900000300000003, GLUE_XFAM_FIXED1 },
	{ 0x9900000100000004, GLUE_NR_CPUID_CONFIG },
	{ 0x9900000100000008, GLUE_MAX_VCPUS_PER_TD },
};

/* Then come a leaf's number, and its values in pairs. */
#define GLUE_FIELD_CPUID_CONFIG_LEAVES	0x9900000300000400ULL
#define GLUE_FIELD_CPUID_CONFIG_VALUES	0x9900000300000500ULL

unsigned int glue_package(void)
{
	return BIT(topology_physical_package_id(smp_processor_id()));
}

unsigned int glue_packages(void)
{
	unsigned int cpu, packages = 0;

	for_each_online_cpu(cpu)
		packages |= BIT(topology_physical_package_id(cpu));
	return packages;
}

u64 glue_sys_check(unsigned int leaf)
{
	switch (leaf) {
	case GLUE_TDH_SYS_INIT:
	case GLUE_TDH_SYS_LP_INIT:
		return GLUE_TDX_SUCCESS;
	}
	if (!glue_lp_init[smp_processor_id()])
		return GLUE_TDX_SYS_LP_INIT_NOT_DONE;
	switch (leaf) {
	case GLUE_TDH_SYS_RD:
	case GLUE_TDH_SYS_CONFIG:
	case GLUE_TDH_SYS_KEY_CONFIG:
		return GLUE_TDX_SUCCESS;
	}
	return glue_sys_state == GLUE_SYS_READY ? GLUE_TDX_SUCCESS : GLUE_TDX_SYS_NOT_READY;
}

u64 glue_tdh_sys_init(union glue_regs *regs)
{
	u64 status = GLUE_TDX_SYS_INIT_NOT_PENDING;

	if (regs->rcx)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	glue_word_lock(&glue_sys_lock);
	if (glue_sys_state == GLUE_SYS_RESET) {
		glue_sys_state = GLUE_SYS_INIT;
		status = GLUE_TDX_SUCCESS;
	}
	glue_word_unlock(&glue_sys_lock);
	return status;
}

u64 glue_tdh_sys_lp_init(union glue_regs *regs)
{
	unsigned int cpu = smp_processor_id();

	if (glue_sys_state == GLUE_SYS_RESET)
		return GLUE_TDX_SYS_LP_INIT_NOT_PENDING;
	if (glue_lp_init[cpu])
		return GLUE_TDX_SYS_LP_INIT_DONE;
	glue_lp_init[cpu] = true;
	return GLUE_TDX_SUCCESS;
}

static bool glue_sys_cpuid_field(u64 field, u64 *value)
{
	const struct glue_cpuid_config *config;
	u64 i = field - GLUE_FIELD_CPUID_CONFIG_LEAVES;

	if (i < GLUE_NR_CPUID_CONFIG) {
		config = &glue_cpuid_config[i];
		*value = (u64)config->subleaf << 32 | config->leaf;
		return true;
	}
	i = field - GLUE_FIELD_CPUID_CONFIG_VALUES;
	if (i >= 2 * GLUE_NR_CPUID_CONFIG)
		return false;
	config = &glue_cpuid_config[i / 2];
	*value = i % 2 ? (u64)config->mask.edx << 32 | config->mask.ecx :
			 (u64)config->mask.ebx << 32 | config->mask.eax;
	return true;
}

u64 glue_tdh_sys_rd(union glue_regs *regs)
{
	u64 field = regs->rdx;
	unsigned int i;

	regs->r8 = 0;
	if (glue_sys_cpuid_field(field, &regs->r8))
		return GLUE_TDX_SUCCESS;
	for (i = 0; i < ARRAY_SIZE(glue_sys_fields); i++) {
		if (glue_sys_fields[i].field != field)
			continue;
		regs->r8 = glue_sys_fields[i].value;
		return GLUE_TDX_SUCCESS;
	}
	return GLUE_TDX_FIELD_ID_INCORRECT | GLUE_OPERAND_RDX;
}

static u64 glue_check_tdmr(const struct glue_tdmr_info *tdmr, u64 last_end)
{
	static const u64 page_sizes[GLUE_TDMR_SIZES] = { SZ_1G, SZ_2M, SZ_4K };
	u64 end = 0;
	unsigned int i;

	if (!tdmr->size || !IS_ALIGNED(tdmr->base | tdmr->size, SZ_1G))
		return GLUE_TDX_INVALID_TDMR;
	if (tdmr->base < last_end)
		return GLUE_TDX_NON_ORDERED_TDMR;
	for (i = 0; i < GLUE_TDMR_SIZES; i++)
		if (!IS_ALIGNED(tdmr->pamt[i].base | tdmr->pamt[i].size, SZ_4K) ||
		    tdmr->pamt[i].size < tdmr->size / page_sizes[i] * GLUE_PAMT_ENTRY_SIZE)
			return GLUE_TDX_INVALID_PAMT;
	/* Reserved areas ascend; one without a size ends the list. */
	for (i = 0; i < GLUE_MAX_RESERVED_PER_TDMR && tdmr->reserved[i].size; i++) {
		if (!IS_ALIGNED(tdmr->reserved[i].offset | tdmr->reserved[i].size, SZ_4K) ||
		    tdmr->reserved[i].offset + tdmr->reserved[i].size > tdmr->size)
			return GLUE_TDX_INVALID_RESERVED_IN_TDMR;
		if (tdmr->reserved[i].offset < end)
			return GLUE_TDX_NON_ORDERED_RESERVED_IN_TDMR;
		end = tdmr->reserved[i].offset + tdmr->reserved[i].size;
	}
	return GLUE_TDX_SUCCESS;
}

/* RCX: an array of RDX addresses; R8: the module's KeyID. */
u64 glue_tdh_sys_config(union glue_regs *regs)
{
	const u64 *tdmrs = __va(regs->rcx);
	u64 last_end = 0, status = GLUE_TDX_SUCCESS;
	unsigned int i;

	if (glue_sys_state != GLUE_SYS_INIT)
		return GLUE_TDX_SYS_CONFIG_NOT_PENDING;
	if (!regs->rcx || !IS_ALIGNED(regs->rcx, GLUE_TDMR_ARRAY_ALIGN))
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (!regs->rdx || regs->rdx > GLUE_MAX_TDMRS)
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	if (regs->r8 != GLUE_KEYID_MODULE)
		return glue_operand_invalid(GLUE_OPERAND_R8);
	for (i = 0; i < regs->rdx && !status; i++) {
		glue_tdmrs[i].info = *(const struct glue_tdmr_info *)__va(tdmrs[i]);
		status = glue_check_tdmr(&glue_tdmrs[i].info, last_end);
		last_end = glue_tdmrs[i].info.base + glue_tdmrs[i].info.size;
	}
	if (status)
		return status;
	glue_nr_tdmrs = regs->rdx;
	glue_sys_state = GLUE_SYS_CONFIG;
	return GLUE_TDX_SUCCESS;
}

u64 glue_tdh_sys_key_config(union glue_regs *regs)
{
	u64 status = GLUE_TDX_SUCCESS;

	glue_word_lock(&glue_sys_lock);
	if (glue_sys_state != GLUE_SYS_CONFIG)
		status = GLUE_TDX_SYS_KEY_CONFIG_NOT_PENDING;
	else if (glue_sys_keys & glue_package())
		status = GLUE_TDX_KEY_CONFIGURED;
	else
		glue_sys_keys |= glue_package();
	if (!status && glue_sys_keys == glue_packages())
		glue_sys_state = GLUE_SYS_READY;
	glue_word_unlock(&glue_sys_lock);
	return status;
}

/* All of it at once: RDX, the next address to initialize, is the TDMR's end. */
u64 glue_tdh_sys_tdmr_init(union glue_regs *regs)
{
	unsigned int i;

	for (i = 0; i < glue_nr_tdmrs; i++) {
		struct glue_tdmr *tdmr = &glue_tdmrs[i];

		if (tdmr->info.base != regs->rcx)
			continue;
		if (tdmr->initialized)
			return GLUE_TDX_TDMR_ALREADY_INITIALIZED;
		tdmr->initialized = true;
		regs->rdx = tdmr->info.base + tdmr->info.size;
		return GLUE_TDX_SUCCESS;
	}
	return glue_operand_invalid(GLUE_OPERAND_RCX);
}

bool glue_sys_owns(u64 pfn)
{
	u64 pa = pfn << PAGE_SHIFT;
	unsigned int i, j;

	for (i = 0; i < glue_nr_tdmrs; i++)
		for (j = 0; j < GLUE_TDMR_SIZES; j++)
			if (pa - glue_tdmrs[i].info.pamt[j].base < glue_tdmrs[i].info.pamt[j].size)
				return true;
	return false;
}
