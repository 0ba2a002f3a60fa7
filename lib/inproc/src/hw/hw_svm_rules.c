// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VMRUN takes of an encrypted guest's VMCB, and a kernel must not give it: an address space
 * whose translations may be stale (AMD APM 2, section 15.16.1, "TLB Flush"; an ASID is the VM's,
 * not the vCPU's), intercepts that become a #VC for which the guest has no event in its GHCB
 * (AMD 56421, "Supported Guest VM Exits"), and exceptions that can keep a CPU for ever.  A model:
 * none of these has an effect here.
 */
#include <stdio.h>

#include "base/base.h"
#include "engine/cpuid2.h"
#include "hw_svm.h"
#include "src/image/loader.h"
#include "src/watch/memory.h"
#include "vmcb.h"

#define MAX_ASIDS		1024
#define VMCB_INTERCEPT_DR	0x004
#define VMCB_VIRT_EXT		0x0b8
#define VIRT_EXT_LBR		(1ULL << 0)

/* Bits of the intercept words. */
#define DR7			(1u << 7 | 1u << 23)
#define INTERCEPT_1_CR0_SEL	(1u << 5)
#define INTERCEPT_1_IRET	(1u << 20)
#define INTERCEPT_2_XSETBV	(1u << 13)
#define EXCEPTION_DB		(1u << 1)
#define EXCEPTION_AC		(1u << 17)
#define EXCEPTION_MC		(1u << 18)

#define MSR_PAT			0x277u
#define MSR_XSS			0xda0u
#define MSR_EFER		0xc0000080u
#define MSR_TSC_AUX		0xc0000103u
#define MSR_GHCB		0xc0010130u
#define MSR_GUEST_TSC_FREQ	0xc0010134u

/* What the permission map (three ranges, two bits for each MSR) has intercepted. */
#define MSRPM_READ		1u
#define MSRPM_WRITE		2u

static unsigned int intercepted(const struct world *w, uint32_t msr)
{
	const uint8_t *map = (const void *)(get_u64(w->vmcb, VMCB_MSRPM_PA) & ~0xfffULL);
	const uint32_t nr = msr & 0x1fff, range = msr >> 16 == 0xc001 ? 2 : msr >> 16 == 0xc000;

	if (!(get_u32(w->vmcb, VMCB_INTERCEPT_1) & INTERCEPT_1_MSR))
		return 0;
	return map[range * 0x800 + nr / 4] >> nr % 4 * 2 & 3;
}

/* ---- MSRs that the CPU exchanges, of guests whose CPUID has them ---- */

enum cpuid_reg { EAX, ECX, EDX };

/* Of what its CPUID says and the CPU has not, kernels think otherwise than one another. */
enum has { HAS_NOT, HAS_OR_NOT, HAS };

static enum has guest_has(const struct world *w, uint32_t function, uint32_t index, enum cpuid_reg reg,
		      unsigned int bit)
{
	static const unsigned int gpr[] = { IMAGE_RAX, IMAGE_RCX, IMAGE_RDX };
	const struct kvm_cpuid_entry2 *e = cpuid2_find(w->vcpu->cpuid, function, index);
	struct image_gprs cpu = { .gpr = { [IMAGE_RAX] = function, [IMAGE_RCX] = index } };

	hw_cpuid(&cpu);
	if (!e || !((reg == EAX ? e->eax : reg == ECX ? e->ecx : e->edx) >> bit & 1))
		return HAS_NOT;
	return cpu.gpr[gpr[reg]] >> bit & 1 ? HAS : HAS_OR_NOT;
}

/* XSAVE, XSAVES */
static enum has guest_has_xss(const struct world *w)
{
	const enum has xsave = guest_has(w, 1, 0, ECX, 26), xsaves = guest_has(w, 0xd, 1, EAX, 3);

	return xsave < xsaves ? xsave : xsaves;
}

/* RDTSCP, RDPID */
static enum has guest_has_tsc_aux(const struct world *w)
{
	const enum has rdtscp = guest_has(w, 0x80000001, 0, EDX, 27);
	const enum has rdpid = guest_has(w, 7, 0, ECX, 22);

	return rdtscp > rdpid ? rdtscp : rdpid;
}

static const struct {
	uint32_t msr;
	enum has (*has)(const struct world *w);
	const char *why, *why_not;
} exchanged[] = {
	{ MSR_XSS, guest_has_xss, "XSS is intercepted, which the CPU exchanges and the guest has",
	  "XSS is not intercepted, which the guest has not" },
	{ MSR_TSC_AUX, guest_has_tsc_aux,
	  "TSC_AUX is intercepted, which the CPU exchanges and the guest has",
	  "TSC_AUX is not intercepted, which the guest has not" },
};

/* What is wrong with them, or NULL. */
static const char *wrong_exchanged(const struct world *w)
{
	for (unsigned int i = 0; i < sizeof(exchanged) / sizeof(exchanged[0]); i++) {
		const enum has has = exchanged[i].has(w);
		const unsigned int got = intercepted(w, exchanged[i].msr);

		if (has != HAS_OR_NOT && got != (has == HAS ? 0 : MSRPM_READ | MSRPM_WRITE))
			return has == HAS ? exchanged[i].why : exchanged[i].why_not;
	}
	return NULL;
}

/* ---- MSRs that every guest has, and such as only the host has ---- */

/* VMRUN exchanges them; the first ones with LBR virtualization, without which SEV-LBR is broken. */
#define NR_LBR	5
static const uint32_t in_vmsa[] = {
	0x1d9, 0x1db, 0x1dc, 0x1dd, 0x1de,	/* DEBUGCTL, LAST_BRANCH and LAST_INT */
	MSR_EFER, MSR_PAT, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,	/* STAR .. SFMASK */
	0xc0000100, 0xc0000101, 0xc0000102,	/* FS_BASE, GS_BASE, KERNEL_GS_BASE */
	0x174,					/* SYSENTER_CS */
};

/* VMRUN leaves them alone: who writes to one writes to the host's. */
static const struct { uint32_t first, last; } of_host[] = {
	{ 0x10, 0x10 }, { 0x1b, 0x1b }, { 0x3b, 0x3b },		/* TSC, APIC_BASE, TSC_ADJUST */
	{ 0x179, 0x17b }, { 0x400, 0x47f },			/* machine checks */
	{ 0x200, 0x26f }, { 0x2ff, 0x2ff },			/* MTRRs */
	{ 0x6e0, 0x6e0 }, { 0xc0000104, 0xc0000104 },		/* TSC_DEADLINE, TSC_RATIO */
	{ 0xc0010010, 0xc001001d },				/* SYSCFG, HWCR, IORRs, TOP_MEM */
	{ 0xc0010061, 0xc0010064 },				/* P-states */
	{ 0xc0010111, 0xc0010119 },				/* SMM, VM_CR, VM_HSAVE_PA */
	{ 0xc0010132, 0xc0010133 }, { 0xc0010136, 0xc0010136 },	/* RMP_BASE, RMP_END, RMP_CFG */
};

static const char *wrong_msr(const struct world *w)
{
	static __thread char why[80];
	unsigned int i;
	uint32_t msr;

	i = get_u64(w->vmcb, VMCB_VIRT_EXT) & VIRT_EXT_LBR ? 0 : NR_LBR;
	for (; i < sizeof(in_vmsa) / sizeof(in_vmsa[0]); i++) {
		if (intercepted(w, in_vmsa[i])) {
			snprintf(why, sizeof(why), "MSR 0x%x is intercepted, which the CPU exchanges",
				 in_vmsa[i]);
			return why;
		}
	}
	for (i = 0; i < sizeof(of_host) / sizeof(of_host[0]); i++) {
		for (msr = of_host[i].first; msr <= of_host[i].last; msr++) {
			if (intercepted(w, msr) & MSRPM_WRITE)
				continue;
			snprintf(why, sizeof(why), "MSR 0x%x is not intercepted, which is the host's",
				 msr);
			return why;
		}
	}
	return NULL;
}

/* ---- what a CPU has from before ---- */

/* Which vCPU ran last with an ASID. */
static struct src_vcpu *last[IMAGE_MAX_CPUS][MAX_ASIDS];

static void break_rule(enum control_mem_bug rule, const struct world *w, const char *why)
{
	static unsigned int told;

	/* A kernel that is wrong is it each time. */
	if (__atomic_fetch_or(&told, 1u << rule, __ATOMIC_RELAXED) & 1u << rule)
		return;
	memory_lock();
	memory_report(rule, "VMRUN of vCPU %u with ASID %u on CPU %u: %s", w->vcpu->id,
		      get_u32(w->vmcb, VMCB_ASID), image_this_cpu(), why);
	memory_unlock();
}

void svm_check_tlb(struct world *w)
{
	const unsigned int cpu = image_this_cpu(), asid = get_u32(w->vmcb, VMCB_ASID);
	struct src_vcpu *vcpu = w->vcpu, *before;

	if (!w->sev || cpu >= IMAGE_MAX_CPUS || asid >= MAX_ASIDS)
		return;
	before = __atomic_exchange_n(&last[cpu][asid], vcpu, __ATOMIC_RELAXED);
	if (!get_u8(w->vmcb, VMCB_TLB_CONTROL)) {
		if (before != vcpu)
			break_rule(CONTROL_SEV_TLB, w, "no TLB flush after another vCPU's run");
		else if (vcpu->sev_cpu != cpu + 1)
			break_rule(CONTROL_SEV_TLB, w, "no TLB flush after a run on another CPU");
	}
	vcpu->sev_cpu = cpu + 1;
}

void svm_check_intercepts(struct world *w)
{
	const uint32_t exceptions = get_u32(w->vmcb, VMCB_INTERCEPT_EXCEPTION);
	const uint32_t dr = get_u32(w->vmcb, VMCB_INTERCEPT_DR);
	const bool debug_swap = w->vcpu->sev_features & SEV_FEATURES_DEBUG_SWAP;
	const uint64_t launched = w->vcpu->vm->sev_features;
	const bool secure_tsc = launched & SEV_FEATURES_SECURE_TSC;
	const char *wrong;

	if (!w->es)
		return;
	if (get_u32(w->vmcb, VMCB_INTERCEPT_CR) ||
	    (get_u32(w->vmcb, VMCB_INTERCEPT_1) & INTERCEPT_1_CR0_SEL))
		break_rule(CONTROL_SEV_INTERCEPT, w, "control registers are intercepted");
	else if (dr & ~DR7)
		break_rule(CONTROL_SEV_INTERCEPT, w, "debug registers besides DR7 are intercepted");
	else if (get_u32(w->vmcb, VMCB_INTERCEPT_1) & INTERCEPT_1_IRET)
		break_rule(CONTROL_SEV_INTERCEPT, w, "IRET is intercepted");
	else if (get_u32(w->vmcb, VMCB_INTERCEPT_2) & INTERCEPT_2_XSETBV)
		break_rule(CONTROL_SEV_INTERCEPT, w, "XSETBV is intercepted");
	else if (intercepted(w, MSR_GHCB))
		break_rule(CONTROL_SEV_INTERCEPT, w, "the GHCB MSR is intercepted");
	else if ((wrong = wrong_msr(w)))
		break_rule(CONTROL_SEV_INTERCEPT, w, wrong);
	else if (!(intercepted(w, MSR_GUEST_TSC_FREQ) & MSRPM_READ) != secure_tsc)
		break_rule(CONTROL_SEV_INTERCEPT, w, secure_tsc ?
			   "reads of GUEST_TSC_FREQ are intercepted, with secure TSC" :
			   "reads of GUEST_TSC_FREQ are not intercepted, without secure TSC");
	else if (exceptions & ~(EXCEPTION_DB | EXCEPTION_AC | EXCEPTION_MC))
		break_rule(CONTROL_SEV_INTERCEPT, w,
			   "exceptions besides #DB, #AC and #MC are intercepted");
	else if ((exceptions & EXCEPTION_DB) && (launched & SEV_FEATURES_DEBUG_SWAP))
		break_rule(CONTROL_SEV_INTERCEPT, w,
			   "#DB is intercepted, with DebugSwap, for which KVM has no DR6");
	else if ((wrong = wrong_exchanged(w)))
		break_rule(CONTROL_SEV_INTERCEPT, w, wrong);
	if (!(exceptions & EXCEPTION_AC))
		break_rule(CONTROL_SEV_EXCEPTION, w, "#AC is not intercepted");
	else if (!(exceptions & EXCEPTION_DB) && !debug_swap)
		break_rule(CONTROL_SEV_EXCEPTION, w, "#DB is not intercepted, without DebugSwap");
	else if ((dr & DR7) != DR7 && !debug_swap)
		break_rule(CONTROL_SEV_EXCEPTION, w, "DR7 is not intercepted, without DebugSwap");
	if (!(get_u64(w->vmcb, VMCB_VIRT_EXT) & VIRT_EXT_LBR))
		break_rule(CONTROL_SEV_LBR, w, "last branch records are not virtualized");
}
