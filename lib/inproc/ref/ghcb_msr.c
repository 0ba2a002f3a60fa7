// SPDX-License-Identifier: GPL-2.0-only
/* The GHCB MSR protocol (GHCB 2.0, "GHCB MSR Protocol"): requests and answers in the MSR. */
#include <errno.h>

#include "snp.h"

#define INFO(msr)	((msr) & 0xfff)
#define DATA(msr)	((msr) >> 12)
#define VALUE(info, data)	((uint64_t)(data) << 12 | (info))

#define SEV_INFO_REQ		0x002
#define CPUID_REQ		0x004
#define AP_HOLD_REQ		0x006
#define PREFERRED_GPA_REQ	0x010
#define REGISTER_GPA_REQ	0x012
#define PSC_REQ			0x014
#define FEATURES_REQ		0x080
#define TERMINATE_REQ		0x100

#define GHCB_VERSION_MAX	2ull
#define GHCB_VERSION_MIN	1ull
#define NO_PREFERENCE		0xfffffffffffffull

void ghcb_msr_reset(struct ref_vcpu *vcpu)
{
	const uint64_t c_bit = __builtin_ctzll(vcpu->host->vm->view_bit);

	vcpu->snp.ghcb_msr = GHCB_VERSION_MAX << 48 | GHCB_VERSION_MIN << 32 | c_bit << 24 |
			     (SEV_INFO_REQ - 1);
}

static long sev_info(struct ref_vcpu *vcpu)
{
	ghcb_msr_reset(vcpu);
	return REF_RESUME;
}

/* Function in bits 63:32, register in 31:30; there is no way to name a subleaf other than 0. */
static long cpuid(struct ref_vcpu *vcpu)
{
	const uint64_t msr = vcpu->snp.ghcb_msr;
	const struct kvm_cpuid_entry2 *e = ref_find_cpuid(vcpu->cpuid, (uint32_t)(msr >> 32), 0);
	const uint32_t regs[4] = {
		e ? e->eax : 0, e ? e->ebx : 0, e ? e->ecx : 0, e ? e->edx : 0,
	};

	vcpu->snp.ghcb_msr = (uint64_t)regs[msr >> 30 & 3] << 32 | (msr & 3u << 30) |
			     (CPUID_REQ + 1);
	return REF_RESUME;
}

uint64_t ghcb_msr_hold_answer(bool sipi)
{
	return VALUE(AP_HOLD_REQ + 1, sipi);
}

static long hold(struct ref_vcpu *vcpu)
{
	return snp_hold(vcpu, true);
}

static long preferred_gpa(struct ref_vcpu *vcpu)
{
	vcpu->snp.ghcb_msr = VALUE(PREFERRED_GPA_REQ + 1, NO_PREFERENCE);
	return REF_RESUME;
}

static long register_gpa(struct ref_vcpu *vcpu)
{
	const uint64_t gfn = DATA(vcpu->snp.ghcb_msr);

	vcpu->snp.registered = gfn << 12;
	vcpu->snp.ghcb_msr = VALUE(REGISTER_GPA_REQ + 1, gfn);
	return REF_RESUME;
}

static long features(struct ref_vcpu *vcpu)
{
	vcpu->snp.ghcb_msr = VALUE(FEATURES_REQ + 1, GHCB_FEATURES);
	return REF_RESUME;
}

static long terminate(struct ref_vcpu *vcpu)
{
	return snp_terminated(vcpu, vcpu->snp.ghcb_msr);
}

static const struct {
	unsigned int info;
	long (*serve)(struct ref_vcpu *vcpu);
} requests[] = {
	{ SEV_INFO_REQ, sev_info },
	{ CPUID_REQ, cpuid },
	{ AP_HOLD_REQ, hold },
	{ PREFERRED_GPA_REQ, preferred_gpa },
	{ REGISTER_GPA_REQ, register_gpa },
	{ PSC_REQ, psc_by_msr },
	{ FEATURES_REQ, features },
	{ TERMINATE_REQ, terminate },
};

/* An undefined request has no answer: the MSR stays what it is. */
long snp_msr_protocol(struct ref_vcpu *vcpu)
{
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].info == INFO(vcpu->snp.ghcb_msr))
			return requests[i].serve(vcpu);
	return REF_RESUME;
}
