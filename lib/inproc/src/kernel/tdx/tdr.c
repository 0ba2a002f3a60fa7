// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for the TDX module: TDs, from their TDR page to the day they may run ("TDH.MNG"
 * and "TDH.MR" leaf functions).  A model, see module.h.
 */
#include <linux/string.h>
#include <asm/vmx.h>

#include "module.h"

#define GLUE_TDR_MAGIC		0x20524454656d6f6bULL

/* TDCS metadata fields: class 17, "TD-Scope Metadata". */
#define GLUE_FIELD_TSC_OFFSET		(17ULL << 56 | 10)
#define GLUE_FIELD_TSC_MULTIPLIER	(17ULL << 56 | 11)
#define GLUE_TSC_MULTIPLIER_ONE		(1ULL << 48)
/* So little that it makes no difference to a guest whose engine does not add it. */
#define GLUE_TSC_OFFSET			0x765ULL
/* CPUID_VALUES: the leaf is in bits 16 and 15:9, the subleaf in 7:1, bit 8 says "none". */
#define GLUE_FIELD_CPUID_VALUES		0x9410000300000000ULL

/* "TD_PARAMS", the VMM's wishes. */
struct glue_td_params {
	u64 attributes, xfam;
	u16 max_vcpus;
	u8 reserved0[6];		/* and what L2 VMs and MSRs may have: none here */
	u64 eptp_controls, config_flags;
	u16 tsc_frequency;		/* in 25 MHz */
	u8 reserved1[38];
	u64 measurements[18];		/* MRCONFIGID, MROWNER, MROWNERCONFIG */
	u64 reserved2[4];
	struct glue_cpuid_value cpuid[GLUE_NR_CPUID_CONFIG];
};

#define GLUE_TD_PARAMS_ALIGN	1024
#define GLUE_CONFIG_MAX_GPAW	BIT_ULL(0)
#define GLUE_CONFIG_NO_RBP_MOD	BIT_ULL(2)

/*
 * Which bits a VMM may choose for a TD's CPUID.  Any module has a list of its own; this one has
 * bits where leaf 7 has those of TSX and WAITPKG, too, and leaves with several subleaves.
 */
const struct glue_cpuid_config glue_cpuid_config[GLUE_NR_CPUID_CONFIG] = {
	{ 0x1, ~0u, { .eax = 0x0fff3fff, .ebx = 0xffff0000, .ecx = ~0u, .edx = ~0u } },
	{ 0x4, 0, { ~0u, ~0u, ~0u, ~0u } },
	{ 0x4, 1, { ~0u, ~0u, ~0u, ~0u } },
	{ 0x7, 0, { .ebx = ~0u, .ecx = ~0u, .edx = ~0u } },
	{ 0x7, 1, { ~0u, ~0u, ~0u, ~0u } },
	{ 0x80000001, ~0u, { .ecx = BIT(5), .edx = BIT(26) } },		/* LZCNT, 1 GiB pages */
	{ 0x80000007, ~0u, { .edx = BIT(8) } },				/* invariant TSC */
	{ 0x80000008, ~0u, { .eax = 0x0000ffff, .ebx = 0x00000200 } },
};

/* What of a TD's CPUID is the module's. */
static const struct {
	u32 leaf;
	struct glue_cpuid_value value;
} glue_cpuid_fixed[] = {
	{ 0x0, { 0x21, 0x756e6547, 0x6c65746e, 0x49656e69 } },		/* GenuineIntel */
	{ 0x21, { 0, 0x65746e49, 0x20202020, 0x5844546c } },		/* "IntelTDX    " */
	{ 0x80000000, { 0x80000008, 0, 0, 0 } },
	{ 0x80000001, { 0, 0, 0x101, 0x28100800 } },			/* LM, RDTSCP, NX, SYSCALL */
};

static struct glue_tdr *glue_tds;
static int glue_tds_lock;

struct glue_tdr *glue_tdr_at(u64 pa)
{
	struct glue_tdr *tdr = pa && PAGE_ALIGNED(pa) ? __va(pa) : NULL;

	return tdr && tdr->magic == GLUE_TDR_MAGIC ? tdr : NULL;
}

u64 glue_td_check(const struct glue_tdr *tdr, unsigned int ops)
{
	if (tdr->life != GLUE_TD_KEYS_CONFIGURED)
		return GLUE_TDX_TD_KEYS_NOT_CONFIGURED;
	if (tdr->nr_tdcs < GLUE_TDCS_PAGES)
		return GLUE_TDX_TDCS_NOT_ALLOCATED;
	return BIT(tdr->op) & ops ? GLUE_TDX_SUCCESS : GLUE_TDX_OP_STATE_INCORRECT;
}

u64 glue_td_in(unsigned int ops, u64 pa, unsigned int operand, struct glue_tdr **td)
{
	struct glue_tdr *tdr = *td = glue_tdr_at(pa);

	return tdr ? glue_td_check(tdr, ops) : glue_operand_invalid(operand);
}

u64 glue_tdh_mng_create(union glue_regs *regs)
{
	struct glue_tdr *tdr = __va(regs->rcx);
	u64 status;

	BUILD_BUG_ON(sizeof(*tdr) > PAGE_SIZE);
	if (!regs->rdx || regs->rdx >= GLUE_NR_KEYIDS)
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	status = glue_pamt_take(regs->rcx, GLUE_PT_TDR, 0, tdr, GLUE_OPERAND_RCX);
	if (status)
		return status;
	memset(tdr, 0, PAGE_SIZE);
	status = glue_keyid_take(regs->rdx);
	if (status) {
		glue_pamt_release(regs->rcx);
		return status;
	}
	tdr->magic = GLUE_TDR_MAGIC;
	tdr->hkid = regs->rdx;
	tdr->epoch = 1;
	glue_word_lock(&glue_tds_lock);
	tdr->next = glue_tds;
	glue_tds = tdr;
	glue_word_unlock(&glue_tds_lock);
	return GLUE_TDX_SUCCESS;
}

void glue_td_gone(struct glue_tdr *tdr)
{
	struct glue_tdr **link;

	glue_word_lock(&glue_tds_lock);
	for (link = &glue_tds; *link && *link != tdr; link = &(*link)->next)
		;
	if (*link)
		*link = tdr->next;
	glue_word_unlock(&glue_tds_lock);
	tdr->magic = 0;
}

static void glue_td_flush_shared(struct glue_tdr *tdr)
{
	if (__atomic_exchange_n(&tdr->shared_mapped, false, __ATOMIC_ACQ_REL))
		glue_host->td_flush_shared(tdr);
}

void glue_tds_flush_shared(struct glue_tdr *tdr)
{
	if (tdr) {
		glue_td_flush_shared(tdr);
		return;
	}
	glue_word_lock(&glue_tds_lock);
	for (tdr = glue_tds; tdr; tdr = tdr->next)
		glue_td_flush_shared(tdr);
	glue_word_unlock(&glue_tds_lock);
}

u64 glue_tdh_mng_addcx(union glue_regs *regs)
{
	struct glue_tdr *tdr = glue_tdr_at(regs->rdx);
	u64 status;

	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	if (tdr->life != GLUE_TD_KEYS_CONFIGURED)
		return GLUE_TDX_TD_KEYS_NOT_CONFIGURED;
	if (tdr->nr_tdcs == GLUE_TDCS_PAGES)
		return GLUE_TDX_TDCX_NUM_INCORRECT;
	status = glue_pamt_take(regs->rcx, GLUE_PT_TDCX, 0, tdr, GLUE_OPERAND_RCX);
	if (status)
		return status;
	if (tdr->nr_tdcs == GLUE_TDCS_SEPT_ROOT) {
		tdr->sept_root = __va(regs->rcx);
		glue_sept_init_table(tdr->sept_root);
	}
	tdr->nr_tdcs++;
	return GLUE_TDX_SUCCESS;
}

static u64 glue_check_td_params(const struct glue_td_params *params)
{
	u64 pwl = params->eptp_controls & VMX_EPTP_PWL_MASK;
	bool gpaw = params->config_flags & GLUE_CONFIG_MAX_GPAW;
	unsigned int i;

	if (params->attributes & ~GLUE_ATTRIBUTES_FIXED0)
		return glue_operand_invalid(GLUE_OPERAND_ATTRIBUTES);
	if ((params->xfam & ~GLUE_XFAM_FIXED0) || (~params->xfam & GLUE_XFAM_FIXED1))
		return glue_operand_invalid(GLUE_OPERAND_XFAM);
	if (!params->max_vcpus || params->max_vcpus > GLUE_MAX_VCPUS_PER_TD)
		return glue_operand_invalid(GLUE_OPERAND_MAX_VCPUS);
	if (memchr_inv(params->reserved0, 0, sizeof(params->reserved0)) ||
	    memchr_inv(params->reserved1, 0, sizeof(params->reserved1)) ||
	    memchr_inv(params->reserved2, 0, sizeof(params->reserved2)))
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	if (params->config_flags & ~(GLUE_CONFIG_MAX_GPAW | GLUE_CONFIG_NO_RBP_MOD))
		return glue_operand_invalid(GLUE_OPERAND_EXEC_CONTROLS);
	if (params->eptp_controls != (VMX_EPTP_MT_WB | pwl) ||
	    (pwl != VMX_EPTP_PWL_4 && pwl != VMX_EPTP_PWL_5) || (gpaw && pwl != VMX_EPTP_PWL_5))
		return glue_operand_invalid(GLUE_OPERAND_EPTP_CONTROLS);
	if (params->tsc_frequency < 4 || params->tsc_frequency > 400)
		return glue_operand_invalid(GLUE_OPERAND_TSC_FREQUENCY);
	for (i = 0; i < GLUE_NR_CPUID_CONFIG; i++) {
		const struct glue_cpuid_value *v = &params->cpuid[i];
		const struct glue_cpuid_value *mask = &glue_cpuid_config[i].mask;

		if ((v->eax & ~mask->eax) || (v->ebx & ~mask->ebx) || (v->ecx & ~mask->ecx) ||
		    (v->edx & ~mask->edx))
			return glue_operand_invalid(GLUE_OPERAND_CPUID_CONFIG);
	}
	return GLUE_TDX_SUCCESS;
}

u64 glue_tdh_mng_init(union glue_regs *regs)
{
	struct glue_tdr *tdr = glue_tdr_at(regs->rcx);
	const struct glue_td_params *params = __va(regs->rdx);
	u64 status;

	BUILD_BUG_ON(offsetof(struct glue_td_params, cpuid) != 256);
	regs->rcx = 0;
	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (!IS_ALIGNED(regs->rdx, GLUE_TD_PARAMS_ALIGN))
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	status = glue_td_check(tdr, BIT(GLUE_OP_UNINITIALIZED));
	if (status)
		return status;
	status = glue_check_td_params(params);
	glue_measure_init(tdr, params, GLUE_TSC_OFFSET, status);
	if (status)
		return status;
	tdr->rbp_mod = !(params->config_flags & GLUE_CONFIG_NO_RBP_MOD);
	tdr->shared_bit = params->config_flags & GLUE_CONFIG_MAX_GPAW ? 51 : 47;
	tdr->levels = (params->eptp_controls & VMX_EPTP_PWL_MASK) == VMX_EPTP_PWL_5 ? 5 : 4;
	tdr->max_vcpus = params->max_vcpus;
	tdr->attributes = params->attributes;
	tdr->xfam = params->xfam;
	memcpy(tdr->cpuid, params->cpuid, sizeof(tdr->cpuid));
	if (glue_host->td_init(tdr, tdr->shared_bit))
		glue_die("no shared view at GPA bit %u", tdr->shared_bit);
	tdr->op = GLUE_OP_INITIALIZED;
	return GLUE_TDX_SUCCESS;
}

static void glue_cpuid_add(struct glue_cpuid_value *to, const struct glue_cpuid_value *v)
{
	to->eax |= v->eax;
	to->ebx |= v->ebx;
	to->ecx |= v->ecx;
	to->edx |= v->edx;
}

static u64 glue_read_cpuid(struct glue_tdr *tdr, u64 field, u64 *data)
{
	u32 leaf = (field >> 9 & 0x7f) | (field & BIT(16) ? BIT(31) : 0);
	u32 subleaf = field >> 1 & 0x7f;
	bool no_subleaf = field & BIT(8);
	struct glue_cpuid_value value = {};
	bool found = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_cpuid_fixed); i++)
		if (glue_cpuid_fixed[i].leaf == leaf && no_subleaf) {
			found = true;
			glue_cpuid_add(&value, &glue_cpuid_fixed[i].value);
		}
	for (i = 0; i < GLUE_NR_CPUID_CONFIG; i++)
		if (glue_cpuid_config[i].leaf == leaf &&
		    (glue_cpuid_config[i].subleaf == ~0u ? no_subleaf :
		     !no_subleaf && glue_cpuid_config[i].subleaf == subleaf)) {
			found = true;
			glue_cpuid_add(&value, &tdr->cpuid[i]);
		}
	if (!found)
		return GLUE_TDX_FIELD_NOT_READABLE;
	*data = field & 1 ? (u64)value.edx << 32 | value.ecx : (u64)value.ebx << 32 | value.eax;
	return GLUE_TDX_SUCCESS;
}

u64 glue_tdh_mng_rd(union glue_regs *regs)
{
	struct glue_tdr *tdr;
	u64 status = glue_td_in(GLUE_OPS_WITH_MEMORY, regs->rcx, GLUE_OPERAND_RCX, &tdr);

	regs->r8 = 0;
	if (status)
		return status;
	if ((regs->rdx & ~GENMASK_ULL(16, 0)) == GLUE_FIELD_CPUID_VALUES)
		return glue_read_cpuid(tdr, regs->rdx, &regs->r8);
	switch (regs->rdx) {
	case GLUE_FIELD_TSC_OFFSET:
		regs->r8 = GLUE_TSC_OFFSET;
		return GLUE_TDX_SUCCESS;
	case GLUE_FIELD_TSC_MULTIPLIER:
		regs->r8 = GLUE_TSC_MULTIPLIER_ONE;
		return GLUE_TDX_SUCCESS;
	}
	return GLUE_TDX_FIELD_ID_INCORRECT | GLUE_OPERAND_RDX;
}

u64 glue_tdh_mr_finalize(union glue_regs *regs)
{
	struct glue_tdr *tdr;
	u64 status = glue_td_in(BIT(GLUE_OP_INITIALIZED), regs->rcx, GLUE_OPERAND_RCX, &tdr);

	if (status)
		return status;
	if (!tdr->nr_vps)
		return GLUE_TDX_NO_VCPUS;
	tdr->op = GLUE_OP_RUNNABLE;
	glue_measure_finalize(tdr);
	glue_sept_launch(tdr);
	return GLUE_TDX_SUCCESS;
}
