// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that stand for an instruction (GHCB 2.0, "Supported Guest VM Exits"), and the AP jump
 * table.
 */
#include "snp.h"

#define XSAVE_LEAF	0xd
#define X87		(1ull << 0)
#define SSE		(1ull << 1)
#define AVX		(1ull << 2)
/* The legacy area and the header (APM 2, "XSAVE Area") */
#define XSAVE_LEGACY	(512 + 64)

/* A value that XSETBV takes. */
static bool is_xcr0(const struct kvm_cpuid_entry2 *leaf, uint64_t xcr0)
{
	const uint64_t offered = (uint64_t)leaf->edx << 32 | leaf->eax;

	return (xcr0 & X87) && !(xcr0 & ~offered) && (!(xcr0 & AVX) || (xcr0 & SSE));
}

/* EBX: how large the area is with the features that @xcr0 enables. */
static uint32_t xsave_size(const struct kvm_cpuid2 *cpuid, uint64_t xcr0)
{
	uint32_t size = XSAVE_LEGACY;
	unsigned int i;

	for (i = 2; i < 63; i++) {
		const struct kvm_cpuid_entry2 *e = ref_find_cpuid(cpuid, XSAVE_LEAF, i);

		if (e && (xcr0 >> i & 1) && e->ebx + e->eax > size)
			size = e->ebx + e->eax;
	}
	return size;
}

/* RCX and RAX are what they are to the instruction, which ignores bits 63:32. */
long nae_cpuid(struct ref_vcpu *vcpu)
{
	static const struct kvm_cpuid_entry2 none;
	const struct ref_nae *nae = &vcpu->snp.nae;
	const bool xsave = (uint32_t)nae->rax == XSAVE_LEAF && !(uint32_t)nae->rcx;
	const struct kvm_cpuid_entry2 *e = ref_find_cpuid(vcpu->cpuid, (uint32_t)nae->rax,
							  (uint32_t)nae->rcx) ?: &none;

	if (xsave && e->eax && !is_xcr0(e, nae->xcr0))
		return ghcb_malformed(vcpu, GHCB_INVALID_INPUT);
	ghcb_return(vcpu, GHCB_RAX, e->eax);
	ghcb_return(vcpu, GHCB_RBX,
		    xsave && e->eax ? xsave_size(vcpu->cpuid, nae->xcr0) : e->ebx);
	ghcb_return(vcpu, GHCB_RCX, e->ecx);
	ghcb_return(vcpu, GHCB_RDX, e->edx);
	return ghcb_done(vcpu, 0);
}

/* RDX:RAX, each 32 bits */
static void return_pair(struct ref_vcpu *vcpu, uint64_t value)
{
	ghcb_return(vcpu, GHCB_RAX, (uint32_t)value);
	ghcb_return(vcpu, GHCB_RDX, value >> 32);
}

long nae_rdtsc(struct ref_vcpu *vcpu)
{
	return_pair(vcpu, __builtin_ia32_rdtsc());
	return ghcb_done(vcpu, 0);
}

/* ---- MSRs ---- */

static long msr_answered(struct ref_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->host->run;

	if (run->msr.error)
		return ghcb_inject_gp(vcpu);
	if (!vcpu->snp.nae.info_1)
		return_pair(vcpu, run->msr.data);
	return ghcb_done(vcpu, 0);
}

long nae_msr(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	struct ref_msr_access access = {
		.msr = (uint32_t)nae->rcx, .write = nae->info_1,
		.data = nae->rdx << 32 | (uint32_t)nae->rax,
	};
	const uint32_t why = ref_access_msr(vcpu, &access);

	if (why)
		return ref_msr_exit(vcpu, &access, why, msr_answered) ? 0 : ghcb_inject_gp(vcpu);
	if (!access.write)
		return_pair(vcpu, access.data);
	return ghcb_done(vcpu, 0);
}

/* ---- VMMCALL ---- */

/* linux/kvm_para.h */
#define RESULT_EPERM	((uint64_t)-1)

static long hypercall_done(struct ref_vcpu *vcpu, uint64_t result)
{
	ghcb_return(vcpu, GHCB_RAX, result);
	return ghcb_done(vcpu, 0);
}

static long hypercall_answered(struct ref_vcpu *vcpu)
{
	return hypercall_done(vcpu, vcpu->host->run->hypercall.ret);
}

long nae_vmmcall(struct ref_vcpu *vcpu)
{
	const struct ref_nae *nae = &vcpu->snp.nae;
	const uint64_t args[] = { nae->rbx, nae->rcx, nae->rdx, nae->rsi };
	uint64_t result;

	if (nae->cpl)
		return hypercall_done(vcpu, RESULT_EPERM);
	if (ref_kvm_hypercall(vcpu, nae->rax, args, &result, hypercall_answered))
		return 0;
	return hypercall_done(vcpu, result);
}

/* ---- the jump table of APs, which only guests use ---- */

#define JUMP_TABLE_SET	0
#define JUMP_TABLE_GET	1

long nae_jump_table(struct ref_vcpu *vcpu)
{
	uint64_t *table = &vcpu->vm->snp.jump_table;

	switch (vcpu->snp.nae.info_1) {
	case JUMP_TABLE_SET:
		__atomic_store_n(table, vcpu->snp.nae.info_2, __ATOMIC_RELEASE);
		return ghcb_done(vcpu, 0);
	case JUMP_TABLE_GET:
		return ghcb_done(vcpu, __atomic_load_n(table, __ATOMIC_ACQUIRE));
	}
	return ghcb_malformed(vcpu, GHCB_INVALID_INPUT);
}
