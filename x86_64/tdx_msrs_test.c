// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSRs that a TD can ask its VMM for, each of them: those that KVM keeps for it, those of
 * fixed contents, and those that are the TDX module's or the CPU's own.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"

#include "tdx/tdx_check.h"

struct msr {
	const char *name;
	uint32_t index;
	uint64_t value;			/* that is written, and read again */
	bool read_only;			/* it is read alone */
};

#define X2APIC(reg)		(0x800u + ((reg) >> 4))
#define MASKED			0x10000ull
#define WB_FIXED		0x0606060606060606ull

#define MSR(name_, index_, value_)	{ .name = name_, .index = index_, .value = value_ }
#define READ_ONLY(name_, index_)	{ .name = name_, .index = index_, .read_only = true }

/* Intel SDM volume 4; the local APIC's registers: volume 3, "x2APIC Register Address Space" */
static const struct msr memory_types[] = {
	READ_ONLY("IA32_MTRRCAP", 0xfe),
	MSR("IA32_MTRR_PHYSBASE0", 0x200, 0xabc0006),
	MSR("IA32_MTRR_PHYSMASK0", 0x201, 0xfff00800),
	MSR("IA32_MTRR_PHYSBASE7", 0x20e, 0x12340000),
	MSR("IA32_MTRR_FIX64K_00000", 0x250, WB_FIXED),
	MSR("IA32_MTRR_FIX16K_80000", 0x258, WB_FIXED),
	MSR("IA32_MTRR_FIX16K_A0000", 0x259, 0),
	MSR("IA32_MTRR_FIX4K_C0000", 0x268, WB_FIXED),
	MSR("IA32_MTRR_FIX4K_F8000", 0x26f, WB_FIXED),
	MSR("IA32_PAT", 0x277, 0x0007040600070406),
	MSR("IA32_MTRR_DEF_TYPE", 0x2ff, 0xc06),
	{}
};

static const struct msr machine_check[] = {
	READ_ONLY("IA32_MCG_CAP", 0x179),
	MSR("IA32_MCG_STATUS", 0x17a, 5),
	MSR("IA32_MC0_CTL", 0x400, ~0ull),
	MSR("IA32_MC0_STATUS", 0x401, 0),
	MSR("IA32_MC1_CTL", 0x404, 0),
	{}
};

static const struct msr apic[] = {
	READ_ONLY("ID", X2APIC(0x20)),
	READ_ONLY("version", X2APIC(0x30)),
	READ_ONLY("LDR", X2APIC(0xd0)),
	MSR("SVR", X2APIC(0xf0), 0x1ff),
	MSR("ESR", X2APIC(0x280), 0),
	READ_ONLY("ICR", X2APIC(0x300)),
	MSR("LVT timer", X2APIC(0x320), MASKED | 0x41),
	MSR("LVT thermal sensor", X2APIC(0x330), MASKED | 0x42),
	MSR("LVT performance counters", X2APIC(0x340), MASKED | 0x43),
	MSR("LVT LINT0", X2APIC(0x350), MASKED | 0x44),
	MSR("LVT LINT1", X2APIC(0x360), MASKED | 0x45),
	MSR("LVT error", X2APIC(0x370), MASKED | 0x46),
	MSR("initial count", X2APIC(0x380), 0),
	READ_ONLY("current count", X2APIC(0x390)),
	MSR("divide configuration", X2APIC(0x3e0), 0xb),
	{}
};

static const struct msr others[] = {
	READ_ONLY("IA32_BIOS_SIGN_ID", 0x8b),
	READ_ONLY("MSR_PLATFORM_INFO", 0xce),
	MSR("MISC_FEATURE_ENABLES", 0x140, 0),
	READ_ONLY("IA32_MISC_ENABLE", 0x1a0),
	MSR("MSR_POWER_CTL", 0x1fc, 0x123456789abcdef0),
	MSR("IA32_TSC_DEADLINE", 0x6e0, 0),
	MSR("MSR_KVM_POLL_CONTROL", 0x4b564d05, 1),
	{}
};

static const struct msr fixed[] = {
	READ_ONLY("IA32_APIC_BASE", 0x1b),
	READ_ONLY("IA32_FEATURE_CONTROL", 0x3a),
	READ_ONLY("IA32_EFER", 0xc0000080),
	{}
};

/* The TDX module serves these without the VMM, or injects #GP. */
static const struct msr not_the_vmms[] = {
	READ_ONLY("IA32_TIME_STAMP_COUNTER", 0x10),
	READ_ONLY("IA32_TSC_ADJUST", 0x3b),
	READ_ONLY("IA32_SPEC_CTRL", 0x48),
	READ_ONLY("IA32_PRED_CMD", 0x49),
	READ_ONLY("IA32_PMC0", 0xc1),
	READ_ONLY("IA32_SMBASE", 0x9e),
	READ_ONLY("IA32_SYSENTER_CS", 0x174),
	READ_ONLY("IA32_SYSENTER_ESP", 0x175),
	READ_ONLY("IA32_SYSENTER_EIP", 0x176),
	READ_ONLY("IA32_PERFEVTSEL0", 0x186),
	READ_ONLY("IA32_DEBUGCTL", 0x1d9),
	READ_ONLY("IA32_FIXED_CTR0", 0x309),
	READ_ONLY("IA32_PERF_GLOBAL_CTRL", 0x38f),
	READ_ONLY("IA32_VMX_BASIC", 0x480),
	READ_ONLY("IA32_XSS", 0xda0),
	READ_ONLY("IA32_STAR", 0xc0000081),
	READ_ONLY("IA32_LSTAR", 0xc0000082),
	READ_ONLY("IA32_FMASK", 0xc0000084),
	READ_ONLY("IA32_FS_BASE", 0xc0000100),
	READ_ONLY("IA32_GS_BASE", 0xc0000101),
	READ_ONLY("IA32_KERNEL_GS_BASE", 0xc0000102),
	READ_ONLY("IA32_TSC_AUX", 0xc0000103),
	READ_ONLY("TPR", X2APIC(0x80)),
	READ_ONLY("PPR", X2APIC(0xa0)),
	READ_ONLY("EOI", X2APIC(0xb0)),
	READ_ONLY("ISR 0", X2APIC(0x100)),
	READ_ONLY("ISR 7", X2APIC(0x170)),
	READ_ONLY("ISR 1", X2APIC(0x110)),
	READ_ONLY("TMR 0", X2APIC(0x180)),
	READ_ONLY("TMR 7", X2APIC(0x1f0)),
	READ_ONLY("IRR 0", X2APIC(0x200)),
	READ_ONLY("IRR 7", X2APIC(0x270)),
	{}
};

/* True: there is an answer, whatever it is. */
static bool ask(enum requirement_nr req, struct tdvmcall_vm *v, bool write, const struct msr *msr,
		uint64_t data, uint64_t status)
{
	const uint64_t *out = v->req->out.gpr;
	char what[80];

	tdvmcall_prepare(v, write ? GHCI_INSTRUCTION_WRMSR : GHCI_INSTRUCTION_RDMSR, msr->index,
			 data, TD_FILL(14), TD_FILL(15));
	snprintf(what, sizeof(what), "%s of %s", write ? "WRMSR" : "RDMSR", msr->name);
	if (!EXPECT_REQ_SYNC(req, v->vcpu, TD_STAGE_ANSWERED))
		return false;
	EXPECT_REQ_EQ(req, what, status, out[TD_R10], &names_tdvmcall);
	return true;
}

static bool has(enum requirement_nr req, struct tdvmcall_vm *v, const struct msr *msr,
		uint64_t value)
{
	if (!ask(req, v, false, msr, 0, GHCI_SUCCESS))
		return false;
	EXPECT_REQ_EQ(req, msr->name, value, v->req->out.gpr[TD_R11], &names_value);
	return true;
}

static bool is_served(struct tdvmcall_vm *v, const struct msr *msr)
{
	const enum requirement_nr req = REQ_TDX_MSR_SERVED;

	if (msr->read_only)
		return ask(req, v, false, msr, 0, GHCI_SUCCESS);
	return ask(req, v, true, msr, msr->value, GHCI_SUCCESS) && has(req, v, msr, msr->value);
}

static bool is_fixed(struct tdvmcall_vm *v, const struct msr *msr)
{
	const enum requirement_nr req = REQ_TDX_MSR_FIXED;
	uint64_t value;

	if (!ask(req, v, false, msr, 0, GHCI_SUCCESS))
		return false;
	value = v->req->out.gpr[TD_R11];
	/* What the MSR has is right; another value may be refused for what it is. */
	return ask(req, v, true, msr, value, GHCI_INVALID_OPERAND) &&
	       ask(req, v, true, msr, value ^ 0x800, GHCI_INVALID_OPERAND) &&
	       has(req, v, msr, value);
}

static bool is_refused(struct tdvmcall_vm *v, const struct msr *msr)
{
	return ask(REQ_TDX_MSR_OTHERS, v, false, msr, 0, GHCI_INVALID_OPERAND) &&
	       ask(REQ_TDX_MSR_OTHERS, v, true, msr, 0, GHCI_INVALID_OPERAND);
}

COCO_FIXTURE(msrs);
FIXTURE_VARIANT(msrs)
{
	struct check_row row;
	const struct msr *list;
	bool (*check)(struct tdvmcall_vm *v, const struct msr *msr);
};

#define MSRS_ROW(name, req, check_)						\
	FIXTURE_VARIANT_ADD(msrs, name)						\
	{									\
		COCO_ROW(NULL, req), .list = name, .check = check_,		\
	};

MSRS_ROW(memory_types, REQ_TDX_MSR_SERVED, is_served)
MSRS_ROW(machine_check, REQ_TDX_MSR_SERVED, is_served)
MSRS_ROW(apic, REQ_TDX_MSR_SERVED, is_served)
MSRS_ROW(others, REQ_TDX_MSR_SERVED, is_served)
MSRS_ROW(fixed, REQ_TDX_MSR_FIXED, is_fixed)
MSRS_ROW(not_the_vmms, REQ_TDX_MSR_OTHERS, is_refused)

COCO_TEST_F(msrs, answers)
{
	const struct msr *msr;
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	for (msr = variant->list; msr->name && variant->check(&v, msr); msr++)
		;
	tdvmcall_vm_free(&v);
}

/* ---- IA32_MCG_EXT_CTL, which a vCPU has if the VMM gives it local machine checks ---- */

#define LMCE_P		(1ull << 27)	/* IA32_MCG_CAP */
#define LMCE_ENABLED	(1ull << 20)	/* IA32_FEATURE_CONTROL */

static const struct msr ext_ctl = MSR("IA32_MCG_EXT_CTL", 0x4d0, 0);
static const struct msr feature_control = READ_ONLY("IA32_FEATURE_CONTROL", 0x3a);

COCO_FIXTURE(lmce);
FIXTURE_VARIANT(lmce)
{
	struct check_row row;
	bool has;
};

FIXTURE_VARIANT_ADD(lmce, without)
{
	COCO_ROW(NULL, REQ_TDX_MSR_OTHERS, REQ_TDX_MSR_FIXED),
};

FIXTURE_VARIANT_ADD(lmce, with)
{
	COCO_ROW(NULL, REQ_TDX_MSR_SERVED, REQ_TDX_MSR_FIXED), .has = true,
};

static void setup_mce(struct tdvmcall_vm *v)
{
	uint64_t cap = LMCE_P | 10;

	vcpu_ioctl(v->td->vcpu[0], KVM_X86_SETUP_MCE, &cap);
}

COCO_TEST_F(lmce, ext_ctl)
{
	const struct tdvmcall_vm_options options = {
		.before_launch = variant->has ? setup_mce : NULL,
	};
	uint64_t supported = 0;
	struct tdvmcall_vm v;

	kvm_ioctl(open_kvm_dev_path_or_exit(), KVM_X86_GET_MCE_CAP_SUPPORTED, &supported);
	if (variant->has && !(supported & LMCE_P)) {
		check_skip("this KVM has no local machine checks for guests");
		return;
	}
	tdvmcall_vm_create_with(&v, &options);
	if (variant->has) {
		ask(REQ_TDX_MSR_SERVED, &v, true, &ext_ctl, 1, GHCI_SUCCESS);
		has(REQ_TDX_MSR_SERVED, &v, &ext_ctl, 1);
		ask(REQ_TDX_MSR_OTHERS, &v, true, &ext_ctl, 2, GHCI_INVALID_OPERAND);
		has(REQ_TDX_MSR_SERVED, &v, &ext_ctl, 1);
	} else {
		is_refused(&v, &ext_ctl);
	}
	if (ask(REQ_TDX_MSR_FIXED, &v, false, &feature_control, 0, GHCI_SUCCESS))
		EXPECT_REQ_EQ(REQ_TDX_MSR_FIXED, "LMCE in IA32_FEATURE_CONTROL",
			      variant->has ? LMCE_ENABLED : 0,
			      v.req->out.gpr[TD_R11] & LMCE_ENABLED, &names_value);
	tdvmcall_vm_free(&v);
}

static const char *missing(void)
{
	const char *why = td_vm_missing();

	return why || kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER) ? why :
	       "this KVM has but some of the MSRs that TDs ask for";
}

COCO_MAIN(missing)
