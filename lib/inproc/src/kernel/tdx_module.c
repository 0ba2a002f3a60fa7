// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX module: SEAMCALL, and the life of TDs and their vCPUs ("TDH" interface
 * functions of the ABI specification).  The border is the instruction: the tree's own
 * wrappers of it (arch/x86/virt/vmx/tdx) are above it.
 */
#include "tdx_module.h"
#include "../virt/vmx/tdx/tdx.h"

#define GLUE_TDR_MAGIC		0x20524454656d6f6bULL
#define GLUE_TDVPR_MAGIC	0x5250564454656d6fULL

/* TDCS and TDVPS metadata fields: "TD-Scope/VCPU-Scope Metadata"; VMCS ones by encoding. */
#define GLUE_FIELD_TSC_OFFSET		TDCS_EXEC(TD_TDCS_EXEC_TSC_OFFSET)
#define GLUE_FIELD_TSC_MULTIPLIER	TDCS_EXEC(TD_TDCS_EXEC_TSC_MULTIPLIER)
#define GLUE_TSC_MULTIPLIER_ONE		(1ULL << 48)

/* Which bits a VMM may choose for a TD's CPUID.  Any module has a list of its own. */
static const struct {
	u32 leaf, subleaf;
	struct tdx_cpuid_value mask;
} glue_cpuid_config[GLUE_NR_CPUID_CONFIG] = {
	{ 0x1, ~0u, { .eax = 0x0fff3fff, .ebx = 0xffff0000, .ecx = ~0u, .edx = ~0u } },
	{ 0x7, 0, { .ebx = ~0u, .ecx = ~0u, .edx = ~0u } },
	{ 0x80000008, ~0u, { .eax = 0x0000ffff, .ebx = 0x00000200 } },
};

/* What of a TD's CPUID is the module's. */
static const struct {
	u32 leaf;
	struct tdx_cpuid_value value;
} glue_cpuid_fixed[] = {
	{ 0x0, { 0x21, 0x756e6547, 0x6c65746e, 0x49656e69 } },		/* GenuineIntel */
	{ 0x21, { 0, 0x65746e49, 0x20202020, 0x5844546c } },		/* "IntelTDX    " */
	{ 0x80000000, { 0x80000008, 0, 0, 0 } },
};

#define GLUE_ATTRIBUTES_FIXED0	(GLUE_ATTRIBUTE_SEPT_VE_DISABLE | BIT_ULL(0))	/* DEBUG */
#define GLUE_XFAM_FIXED1	(XFEATURE_MASK_FPSSE)
#define GLUE_XFAM_FIXED0	(XFEATURE_MASK_FPSSE | XFEATURE_MASK_YMM)

/* TDX_FEATURES0, "Enumeration": NO_RBP_MOD and the virtual topology. */
#define GLUE_TDX_FEATURES0	(BIT_ULL(18) | MD_FIELD_ID_FEATURES0_TOPOLOGY_ENUM)

void glue_tdx_sysinfo(struct tdx_sys_info *info)
{
	struct tdx_sys_info_td_conf *conf = &info->td_conf;
	unsigned int i;

	info->features.tdx_features0 = GLUE_TDX_FEATURES0;
	info->td_ctrl.tdr_base_size = PAGE_SIZE;
	info->td_ctrl.tdcs_base_size = GLUE_TDCS_PAGES * PAGE_SIZE;
	info->td_ctrl.tdvps_base_size = (1 + GLUE_TDCX_PAGES) * PAGE_SIZE;
	conf->attributes_fixed0 = GLUE_ATTRIBUTES_FIXED0;
	conf->xfam_fixed0 = GLUE_XFAM_FIXED0;
	conf->xfam_fixed1 = GLUE_XFAM_FIXED1;
	conf->max_vcpus_per_td = 576;
	conf->num_cpuid_config = GLUE_NR_CPUID_CONFIG;
	for (i = 0; i < GLUE_NR_CPUID_CONFIG; i++) {
		const struct tdx_cpuid_value *mask = &glue_cpuid_config[i].mask;

		conf->cpuid_config_leaves[i] = (u64)glue_cpuid_config[i].subleaf << 32 |
					       glue_cpuid_config[i].leaf;
		conf->cpuid_config_values[i][0] = (u64)mask->ebx << 32 | mask->eax;
		conf->cpuid_config_values[i][1] = (u64)mask->edx << 32 | mask->ecx;
	}
}

struct glue_tdr *glue_tdr_at(u64 pa)
{
	struct glue_tdr *tdr = pa && PAGE_ALIGNED(pa) ? __va(pa) : NULL;

	return tdr && tdr->magic == GLUE_TDR_MAGIC ? tdr : NULL;
}

struct glue_tdvpr *glue_tdvpr_at(u64 pa)
{
	struct glue_tdvpr *vp = pa && PAGE_ALIGNED(pa) ? __va(pa) : NULL;

	return vp && vp->magic == GLUE_TDVPR_MAGIC ? vp : NULL;
}

u64 glue_td_check(const struct glue_tdr *tdr, unsigned int ops)
{
	if (tdr->life != GLUE_TD_KEYS_CONFIGURED)
		return GLUE_TDX_TD_KEYS_NOT_CONFIGURED;
	if (tdr->nr_tdcs < GLUE_TDCS_PAGES)
		return GLUE_TDX_TDCS_NOT_ALLOCATED;
	return BIT(tdr->op) & ops ? GLUE_TDX_SUCCESS : GLUE_TDX_OP_STATE_INCORRECT;
}

/* ---- TDs ---- */

static u64 glue_tdh_mng_create(struct tdx_module_args *args)
{
	struct glue_tdr *tdr;
	u64 status;

	if (!args->rdx || args->rdx >= GLUE_NR_KEYIDS)
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	status = glue_pamt_take(args->rcx, GLUE_PT_TDR, __va(args->rcx));
	if (status)
		return status;
	status = glue_keyid_take(args->rdx);
	if (status) {
		glue_pamt_release(args->rcx);
		return status;
	}
	BUILD_BUG_ON(sizeof(*tdr) > PAGE_SIZE);
	tdr = __va(args->rcx);
	memset(tdr, 0, PAGE_SIZE);
	tdr->magic = GLUE_TDR_MAGIC;
	tdr->hkid = args->rdx;
	tdr->kvm = glue_tdx_kvm_of(args->rcx);
	return GLUE_TDX_SUCCESS;
}

static u64 glue_tdh_mng_addcx(struct tdx_module_args *args)
{
	struct glue_tdr *tdr = glue_tdr_at(args->rdx);
	u64 status;

	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	if (tdr->life != GLUE_TD_KEYS_CONFIGURED)
		return GLUE_TDX_TD_KEYS_NOT_CONFIGURED;
	if (tdr->nr_tdcs == GLUE_TDCS_PAGES)
		return GLUE_TDX_TDCX_NUM_INCORRECT;
	status = glue_pamt_take(args->rcx, GLUE_PT_TDCX, tdr);
	if (!status)
		tdr->nr_tdcs++;
	return status;
}

static u64 glue_check_td_params(const struct td_params *params)
{
	u64 pwl = params->eptp_controls & VMX_EPTP_PWL_MASK;
	bool gpaw = params->config_flags & TDX_CONFIG_FLAGS_MAX_GPAW;
	unsigned int i;

	if (params->attributes & ~GLUE_ATTRIBUTES_FIXED0)
		return glue_operand_invalid(GLUE_OPERAND_ATTRIBUTES);
	if ((params->xfam & ~GLUE_XFAM_FIXED0) || (~params->xfam & GLUE_XFAM_FIXED1))
		return glue_operand_invalid(GLUE_OPERAND_XFAM);
	if (!params->max_vcpus)
		return glue_operand_invalid(GLUE_OPERAND_MAX_VCPUS);
	if ((params->eptp_controls & VMX_EPTP_MT_MASK) != VMX_EPTP_MT_WB ||
	    (pwl != VMX_EPTP_PWL_4 && pwl != VMX_EPTP_PWL_5) || (gpaw && pwl != VMX_EPTP_PWL_5))
		return glue_operand_invalid(GLUE_OPERAND_EPTP_CONTROLS);
	if (params->config_flags & ~(TDX_CONFIG_FLAGS_MAX_GPAW | TDX_CONFIG_FLAGS_NO_RBP_MOD))
		return glue_operand_invalid(GLUE_OPERAND_EXEC_CONTROLS);
	if (params->tsc_frequency < 4 || params->tsc_frequency > 400)
		return glue_operand_invalid(GLUE_OPERAND_TSC_FREQUENCY);
	for (i = 0; i < GLUE_NR_CPUID_CONFIG; i++) {
		const struct tdx_cpuid_value *v = &params->cpuid_values[i];
		const struct tdx_cpuid_value *mask = &glue_cpuid_config[i].mask;

		if ((v->eax & ~mask->eax) || (v->ebx & ~mask->ebx) || (v->ecx & ~mask->ecx) ||
		    (v->edx & ~mask->edx))
			return glue_operand_invalid(GLUE_OPERAND_CPUID_CONFIG);
	}
	return GLUE_TDX_SUCCESS;
}

static u64 glue_tdh_mng_init(struct tdx_module_args *args)
{
	struct glue_tdr *tdr = glue_tdr_at(args->rcx);
	struct td_params *params = __va(args->rdx);
	u64 status;

	args->rcx = 0;
	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (!IS_ALIGNED(args->rdx, sizeof(*params)))
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	status = glue_td_check(tdr, BIT(GLUE_OP_UNINITIALIZED)) ?: glue_check_td_params(params);
	if (status)
		return status;
	tdr->shared_bit = params->config_flags & TDX_CONFIG_FLAGS_MAX_GPAW ? 51 : 47;
	tdr->max_vcpus = params->max_vcpus;
	tdr->attributes = params->attributes;
	tdr->xfam = params->xfam;
	memcpy(tdr->cpuid, params->cpuid_values, sizeof(tdr->cpuid));
	if (glue_host->td_init(to_glue_vm(tdr->kvm)->host_vm, tdr->shared_bit))
		glue_die("no shared view at GPA bit %u", tdr->shared_bit);
	tdr->op = GLUE_OP_INITIALIZED;
	return GLUE_TDX_SUCCESS;
}

/* A CPUID field's id: TD_MD_FIELD_ID_CPUID_VALUES with the leaf in bits 16 and 15:9. */
static u64 glue_read_cpuid(struct glue_tdr *tdr, u64 field, u64 *data)
{
	u32 leaf = (field >> 9 & 0x7f) | (field & BIT(16) ? BIT(31) : 0);
	u32 subleaf = field >> 1 & 0x7f;
	bool no_subleaf = field & BIT(8);
	const struct tdx_cpuid_value *v = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(glue_cpuid_fixed); i++)
		if (glue_cpuid_fixed[i].leaf == leaf && no_subleaf)
			v = &glue_cpuid_fixed[i].value;
	for (i = 0; i < GLUE_NR_CPUID_CONFIG; i++)
		if (glue_cpuid_config[i].leaf == leaf &&
		    (glue_cpuid_config[i].subleaf == ~0u ? no_subleaf :
		     !no_subleaf && glue_cpuid_config[i].subleaf == subleaf))
			v = &tdr->cpuid[i];
	if (!v)
		return TDX_METADATA_FIELD_NOT_READABLE;
	*data = field & 1 ? (u64)v->edx << 32 | v->ecx : (u64)v->ebx << 32 | v->eax;
	return GLUE_TDX_SUCCESS;
}

static u64 glue_tdh_mng_rd(struct tdx_module_args *args)
{
	struct glue_tdr *tdr = glue_tdr_at(args->rcx);
	u64 field = args->rdx, status;

	args->r8 = 0;
	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_td_check(tdr, BIT(GLUE_OP_INITIALIZED) | BIT(GLUE_OP_RUNNABLE));
	if (status)
		return status;
	if ((field & ~GENMASK_ULL(16, 0)) == TD_MD_FIELD_ID_CPUID_VALUES)
		return glue_read_cpuid(tdr, field, &args->r8);
	switch (field) {
	case GLUE_FIELD_TSC_OFFSET:
		return GLUE_TDX_SUCCESS;
	case GLUE_FIELD_TSC_MULTIPLIER:
		args->r8 = GLUE_TSC_MULTIPLIER_ONE;
		return GLUE_TDX_SUCCESS;
	}
	return GLUE_TDX_FIELD_ID_INCORRECT | GLUE_OPERAND_RDX;
}

static u64 glue_tdh_mr_finalize(struct tdx_module_args *args)
{
	struct glue_tdr *tdr = glue_tdr_at(args->rcx);
	u64 status;

	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_td_check(tdr, BIT(GLUE_OP_INITIALIZED));
	if (status)
		return status;
	if (!tdr->nr_vps)
		return GLUE_TDX_NO_VCPUS;
	if (glue_host->td_finalized(to_glue_vm(tdr->kvm)->host_vm))
		glue_die("cannot patch the TDCALLs in a TD's memory");
	tdr->op = GLUE_OP_RUNNABLE;
	return GLUE_TDX_SUCCESS;
}

/* ---- vCPUs ---- */

static u64 glue_tdh_vp_create(struct tdx_module_args *args)
{
	struct glue_tdr *tdr = glue_tdr_at(args->rdx);
	struct glue_tdvpr *vp;
	u64 status;

	if (!tdr)
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	status = glue_td_check(tdr, BIT(GLUE_OP_INITIALIZED)) ?:
		 glue_pamt_take(args->rcx, GLUE_PT_TDVPR, tdr);
	if (status)
		return status;
	vp = __va(args->rcx);
	memset(vp, 0, PAGE_SIZE);
	vp->magic = GLUE_TDVPR_MAGIC;
	vp->tdr = tdr;
	vp->vcpu = glue_tdx_vcpu_of(tdr->kvm, args->rcx);
	return GLUE_TDX_SUCCESS;
}

static u64 glue_tdh_vp_addcx(struct tdx_module_args *args)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(args->rdx);
	u64 status;

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RDX);
	status = glue_td_check(vp->tdr, BIT(GLUE_OP_INITIALIZED));
	if (status)
		return status;
	if (vp->initialized)
		return GLUE_TDX_VCPU_STATE_INCORRECT;
	if (vp->nr_tdcx == GLUE_TDCX_PAGES)
		return GLUE_TDX_TDCX_NUM_INCORRECT;
	status = glue_pamt_take(args->rcx, GLUE_PT_TDCX, vp->tdr);
	if (!status)
		vp->nr_tdcx++;
	return status;
}

u64 glue_tdvpr_associate(struct glue_tdvpr *vp)
{
	unsigned int cpu = smp_processor_id();

	if (vp->associated && vp->cpu != cpu)
		return GLUE_TDX_VCPU_ASSOCIATED;
	if (!vp->associated) {
		__atomic_fetch_add(&vp->tdr->nr_associated, 1, __ATOMIC_ACQ_REL);
		vp->associated = true;
		vp->cpu = cpu;
	}
	return GLUE_TDX_SUCCESS;
}

/*
 * "Initial State of Guest GPRs": RBX is the GPA width, RCX and R8 what the VMM gives,
 * RDX the virtual CPU's family, model and stepping, RSI the vCPU's index.
 */
static u64 glue_tdh_vp_init(struct tdx_module_args *args)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(args->rcx);
	unsigned long long gpr[IMAGE_NR_GPRS] = {};
	u64 status;

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_td_check(vp->tdr, BIT(GLUE_OP_INITIALIZED));
	if (status)
		return status;
	if (vp->initialized)
		return GLUE_TDX_VCPU_STATE_INCORRECT;
	if (vp->nr_tdcx != GLUE_TDCX_PAGES)
		return GLUE_TDX_TDCX_NUM_INCORRECT;
	if (args->r8 >> 32)
		return glue_operand_invalid(GLUE_OPERAND_R8);
	vp->index = __atomic_fetch_add(&vp->tdr->nr_vps, 1, __ATOMIC_ACQ_REL);
	if (vp->index >= vp->tdr->max_vcpus) {
		__atomic_fetch_sub(&vp->tdr->nr_vps, 1, __ATOMIC_ACQ_REL);
		return GLUE_TDX_MAX_VCPUS_EXCEEDED;
	}

	gpr[IMAGE_RBX] = vp->tdr->shared_bit + 1;
	gpr[IMAGE_RCX] = args->rdx;
	gpr[IMAGE_R8] = args->rdx;
	gpr[IMAGE_RDX] = vp->tdr->cpuid[0].eax;
	gpr[IMAGE_RSI] = vp->index;
	if (glue_host->td_vcpu_init(to_glue_vcpu(vp->vcpu)->host_vcpu, gpr))
		glue_die("the engine does not take a TD vCPU's initial state");
	vp->initialized = true;
	return glue_tdvpr_associate(vp);
}

static u64 glue_tdh_vp_flush(struct tdx_module_args *args)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(args->rcx);

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	if (vp->nr_tdcx != GLUE_TDCX_PAGES)
		return GLUE_TDX_TDCX_NUM_INCORRECT;
	if (!vp->associated || vp->cpu != smp_processor_id())
		return TDX_VCPU_NOT_ASSOCIATED;
	vp->associated = false;
	__atomic_fetch_sub(&vp->tdr->nr_associated, 1, __ATOMIC_ACQ_REL);
	return GLUE_TDX_SUCCESS;
}

/* For TDH.VP.RD and TDH.VP.WR, which associate the vCPU, too. */
static u64 glue_vp_check(struct glue_tdvpr *vp)
{
	u64 status = glue_td_check(vp->tdr, BIT(GLUE_OP_INITIALIZED) | BIT(GLUE_OP_RUNNABLE));

	if (!status && !vp->initialized)
		status = GLUE_TDX_VCPU_STATE_INCORRECT;
	return status ?: glue_tdvpr_associate(vp);
}

static u64 glue_tdh_vp_rd(struct tdx_module_args *args)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(args->rcx);
	u64 field = args->rdx, status;

	args->r8 = 0;
	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_vp_check(vp);
	if (status)
		return status;
	if (field != TDVPS_STATE_NON_ARCH(TD_VCPU_STATE_DETAILS_NON_ARCH))
		return GLUE_TDX_FIELD_ID_INCORRECT | GLUE_OPERAND_RDX;
	if (vp->irq_offered || memchr_inv(vp->virr, 0, sizeof(vp->virr)))
		args->r8 = TDX_VCPU_STATE_DETAILS_INTR_PENDING;
	return GLUE_TDX_SUCCESS;
}

static u64 glue_tdh_vp_wr(struct tdx_module_args *args)
{
	struct glue_tdvpr *vp = glue_tdvpr_at(args->rcx);
	u64 data = args->r8 & args->r9, status;

	if (!vp)
		return glue_operand_invalid(GLUE_OPERAND_RCX);
	status = glue_vp_check(vp);
	if (status)
		return status;
	switch (args->rdx) {
	case TDVPS_VMCS(POSTED_INTR_DESC_ADDR):
		vp->pi_desc_pa = data;
		return GLUE_TDX_SUCCESS;
	case TDVPS_VMCS(POSTED_INTR_NV):
	case TDVPS_VMCS(PIN_BASED_VM_EXEC_CONTROL):
	case TDVPS_VMCS(SHARED_EPT_POINTER):
		return GLUE_TDX_SUCCESS;
	case TDVPS_MANAGEMENT(TD_VCPU_PEND_NMI):
		vp->pending_nmi = data;
		return GLUE_TDX_SUCCESS;
	}
	return GLUE_TDX_FIELD_ID_INCORRECT | GLUE_OPERAND_RDX;
}

/* ---- SEAMCALL ---- */

static u64 (*const glue_seamcalls[])(struct tdx_module_args *args) = {
	[TDH_MEM_PAGE_ADD]		= glue_tdh_mem_page_add,
	[TDH_MEM_PAGE_AUG]		= glue_tdh_mem_page_aug,
	[TDH_MEM_PAGE_REMOVE]		= glue_tdh_mem_page_remove,
	[TDH_MEM_RANGE_BLOCK]		= glue_tdh_mem_range_block,
	[TDH_MEM_SEPT_ADD]		= glue_tdh_mem_sept_add,
	[TDH_MEM_TRACK]			= glue_tdh_mem_track,
	[TDH_MNG_ADDCX]			= glue_tdh_mng_addcx,
	[TDH_MNG_CREATE]		= glue_tdh_mng_create,
	[TDH_MNG_INIT]			= glue_tdh_mng_init,
	[TDH_MNG_KEY_CONFIG]		= glue_tdh_mng_key_config,
	[TDH_MNG_KEY_FREEID]		= glue_tdh_mng_key_freeid,
	[TDH_MNG_RD]			= glue_tdh_mng_rd,
	[TDH_MNG_VPFLUSHDONE]		= glue_tdh_mng_vpflushdone,
	[TDH_MR_EXTEND]			= glue_tdh_mr_extend,
	[TDH_MR_FINALIZE]		= glue_tdh_mr_finalize,
	[TDH_PHYMEM_CACHE_WB]		= glue_tdh_phymem_cache_wb,
	[TDH_PHYMEM_PAGE_RECLAIM]	= glue_tdh_phymem_page_reclaim,
	[TDH_PHYMEM_PAGE_WBINVD]	= glue_tdh_phymem_page_wbinvd,
	[TDH_VP_ADDCX]			= glue_tdh_vp_addcx,
	[TDH_VP_CREATE]			= glue_tdh_vp_create,
	[TDH_VP_ENTER]			= glue_tdh_vp_enter,
	[TDH_VP_FLUSH]			= glue_tdh_vp_flush,
	[TDH_VP_INIT]			= glue_tdh_vp_init,
	[TDH_VP_RD]			= glue_tdh_vp_rd,
	[TDH_VP_WR]			= glue_tdh_vp_wr,
};

/* @args for input and output; bits above 15 of @fn are the leaf's version. */
static u64 glue_seamcall(u64 fn, struct tdx_module_args *args)
{
	u64 leaf = fn & 0xffff;
	u64 status;

	if (leaf >= ARRAY_SIZE(glue_seamcalls) || !glue_seamcalls[leaf])
		glue_die("not driven: SEAMCALL %llu: the TDX module's model does not have it", leaf);
	status = glue_host->seamcall_fails(leaf);
	if (status) {
		if (leaf == TDH_PHYMEM_CACHE_WB && status == TDX_INTERRUPTED_RESUMABLE)
			glue_cache_wb_interrupted();
		/* Extended error information, there is none; and no data. */
		args->rcx = args->rdx = 0;
		if (leaf != TDH_VP_ENTER)
			args->r8 = 0;
		return status;
	}
	return glue_seamcalls[leaf](args);
}

/* Declared by some trees; the first does not return registers. */
u64 __seamcall(u64 fn, struct tdx_module_args *args);
u64 __seamcall_ret(u64 fn, struct tdx_module_args *args);
u64 __seamcall_saved_ret(u64 fn, struct tdx_module_args *args);

u64 __seamcall(u64 fn, struct tdx_module_args *args)
{
	struct tdx_module_args in = *args;

	return glue_seamcall(fn, &in);
}

u64 __seamcall_ret(u64 fn, struct tdx_module_args *args)
{
	return glue_seamcall(fn, args);
}

u64 __seamcall_saved_ret(u64 fn, struct tdx_module_args *args)
{
	return glue_seamcall(fn, args);
}
