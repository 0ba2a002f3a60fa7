// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU under test: CPUID and MSRs as the kernel in the image finds them.  A model: what
 * the engine's guests can use, by its own account, and on top of that what makes the CPU
 * one vendor's, with SVM and SEV-SNP or with VMX and TDX.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "engine/cpuid2.h"
#include "hw.h"

/* What entry_or_new() may add to the engine's. */
#define OUR_ENTRIES	16
/*
 * Intel's addresses are as wide as a TD's can be (GPAW), and the topmost bits are KeyIDs; for
 * AMD's see HW_PHYS_BITS.
 */
#define PHYS_BITS_INTEL	52

/* With 0, which is nobody's */
#define NR_ASIDS	64

static struct kvm_cpuid2 *cpuid;

uint64_t hw_c_bit;

/* Of leaf, subleaf: bits to clear and to set in a register. */
static const struct change {
	enum image_vendor vendor;
	uint32_t function, index;
	size_t reg;
	uint32_t clear, set;
} changes[] = {
#define EAX offsetof(struct kvm_cpuid_entry2, eax)
#define EBX offsetof(struct kvm_cpuid_entry2, ebx)
#define ECX offsetof(struct kvm_cpuid_entry2, ecx)
#define EDX offsetof(struct kvm_cpuid_entry2, edx)
#define ALL 0xffffffff
	/* "AuthenticAMD", family 19h model 11h, no VMX */
	{ IMAGE_AMD, 0, 0, EBX, ALL, 0x68747541 },
	{ IMAGE_AMD, 0, 0, EDX, ALL, 0x69746e65 },
	{ IMAGE_AMD, 0, 0, ECX, ALL, 0x444d4163 },
	{ IMAGE_AMD, 1, 0, EAX, ALL, 0x00a10f11 },
	{ IMAGE_AMD, 1, 0, ECX, 1u << 5 | 1u << 31, 1u << 21 },
	{ IMAGE_AMD, 0x80000000, 0, EAX, ALL, 0x80000021 },
	{ IMAGE_AMD, 0x80000000, 0, EBX, ALL, 0x68747541 },
	{ IMAGE_AMD, 0x80000000, 0, EDX, ALL, 0x69746e65 },
	{ IMAGE_AMD, 0x80000000, 0, ECX, ALL, 0x444d4163 },
	{ IMAGE_AMD, 0x80000001, 0, ECX, 0, 1u << 2 },			/* SVM */
	{ IMAGE_AMD, 0x80000001, 0, EDX, 0, 1u << 26 },			/* pages of 1 GiB */
	{ IMAGE_AMD, 0x8000000a, 0, EAX, ALL, 1 },			/* revision */
	{ IMAGE_AMD, 0x8000000a, 0, EBX, ALL, 0x8000 },			/* ASIDs */
	/* NPT, LBR, NRIPS, VMCB clean, FlushByAsid, DecodeAssists */
	{ IMAGE_AMD, 0x8000000a, 0, EDX, ALL, 0xeb },
	{ IMAGE_AMD, 0x80000021, 0, EAX, 0, 1 },			/* NoNestedDataBp */
	/* SEV, PageFlushMsr, SEV-ES, SEV-SNP, VirtualTscAux, coherency, DebugSwap, RMPREAD */
	{ IMAGE_AMD, 0x8000001f, 0, EAX, ALL,
	  1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 9 | 1u << 10 | 1u << 14 |
	  1u << 21 },
	{ IMAGE_AMD, 0x8000001f, 0, ECX, ALL, NR_ASIDS - 1 },		/* ASIDs of SEV */
	{ IMAGE_AMD, 0x8000001f, 0, EDX, ALL, 56 },			/* the first without ES */
	/*
	 * "GenuineIntel", family 6 model adh: one without the erratum of partial writes to TDX
	 * private memory, for which a kernel resets each page.
	 */
	{ IMAGE_INTEL, 0, 0, EBX, ALL, 0x756e6547 },
	{ IMAGE_INTEL, 0, 0, EDX, ALL, 0x49656e69 },
	{ IMAGE_INTEL, 0, 0, ECX, ALL, 0x6c65746e },
	{ IMAGE_INTEL, 1, 0, EAX, ALL, 0x000a06d1 },
	/* VMX, X2APIC, XSAVE, OSXSAVE; no hypervisor */
	{ IMAGE_INTEL, 1, 0, ECX, 1u << 31, 1u << 5 | 1u << 21 | 1u << 26 | 1u << 27 },
	{ IMAGE_INTEL, 1, 0, EDX, 0, 1u << 27 },			/* SELFSNOOP */
	{ IMAGE_INTEL, 7, 0, ECX, 0, 1u << 28 },			/* MOVDIR64B */
	{ IMAGE_INTEL, 0x80000001, 0, ECX, 1u << 2, 0 },		/* no SVM */
	{ IMAGE_INTEL, 0x80000001, 0, EDX, 0, 1u << 20 | 1u << 26 },	/* NX, pages of 1 GiB */
};

/*
 * CPUs differ: COCO_CPU, a test's wish (COCO_MAIN_ON()), is a list of these to have, or
 * with "-" not to have.  Bits of a register, all those of a name; a whole one, which is @value
 * then; or how many ASIDs there are.
 */
static const struct {
	const char *name;
	uint32_t function, index;
	size_t reg;
	uint32_t bits;			/* 0: "-" sets the register to @value */
	uint32_t value;
} wishes[] = {
	{ "sev", 0x8000001f, 0, EAX, 1u << 1, 0 },
	{ "sev_es", 0x8000001f, 0, EAX, 1u << 3, 0 },
	{ "sev_snp", 0x8000001f, 0, EAX, 1u << 4, 0 },
	{ "secure_tsc", 0x8000001f, 0, EAX, 1u << 8, 0 },
	{ "sme_coherent", 0x8000001f, 0, EAX, 1u << 10, 0 },
	{ "debug_swap", 0x8000001f, 0, EAX, 1u << 14, 0 },
	{ "allowed_sev_features", 0x8000001f, 0, EAX, 1u << 27, 0 },
	/* x2AVIC with it, and HvInUseWrAllowed, without which SNP and AVIC are not for one machine */
	{ "avic", 0x8000000a, 0, EDX, 1u << 13 | 1u << 18, 0 },
	{ "avic", 0x8000001f, 0, EAX, 1u << 30, 0 },
	{ "asids", 0x8000001f, 0, ECX, 0, 0 },
	{ "es_asids", 0x8000001f, 0, EDX, 0, 1 },
	{ "not_es_asids", 0x8000001f, 0, EDX, 0, NR_ASIDS },
	{ "rdtscp", 0x80000001, 0, EDX, 1u << 27, 0 },
	{ "rdpid", 7, 0, ECX, 1u << 22, 0 },
	/* XSAVE, OSXSAVE, with all its kin and one state of XSS: CET_U */
	{ "xsaves", 1, 0, ECX, 1u << 26 | 1u << 27, 0 },
	{ "xsaves", 0xd, 1, EAX, 0xf, 0 },
	{ "xsaves", 0xd, 1, ECX, 1u << 11, 0 },
	/* With "xsaves": AVX, and memory protection keys, whose states lie where AMD's CPUs have them */
	{ "avx", 1, 0, ECX, 1u << 28, 0 },
	{ "avx", 0xd, 0, EAX, 1u << 2, 0 },
	{ "avx", 0xd, 2, EAX, ALL, 256 },
	{ "avx", 0xd, 2, EBX, ALL, 576 },
	/* What of it kernel/linux/fpu.c keeps: no CPU has the subleaf, and engines' AVX is not kept. */
	{ "avx", 0xd, 63, EAX, ALL, 1u << 2 },
	{ "pku", 0xd, 63, EBX, ALL, 1u << 9 },
	{ "pku", 7, 0, ECX, 1u << 3 | 1u << 4, 0 },
	{ "pku", 0xd, 0, EAX, 1u << 9, 0 },
	{ "pku", 0xd, 9, EAX, ALL, 8 },
	{ "pku", 0xd, 9, EBX, ALL, 832 },
	/* VMX's preemption timer, which no CPUID has a bit for: in that subleaf, for kernel/intel/msr.c */
	{ "preemption_timer", 0xd, 63, ECX, ALL, 1 },
	/* Shadow stacks, with "xsaves": CET_U and CET_S, of which no XCR0 has a say */
	{ "cet", 7, 0, ECX, 1u << 7, 0 },
	{ "cet", 0xd, 1, ECX, 3u << 11, 0 },
	{ "cet", 0xd, 11, EAX, ALL, 16 },
	{ "cet", 0xd, 11, ECX, 1, 0 },
	{ "cet", 0xd, 12, EAX, ALL, 24 },
	{ "cet", 0xd, 12, ECX, 1, 0 },
};

bool hw_allows_sev_features;

#define XSAVE_LEAF	0xd

static struct kvm_cpuid_entry2 *entry_or_new(uint32_t function, uint32_t index)
{
	struct kvm_cpuid_entry2 *e = cpuid2_find(cpuid, function, index);

	if (e || cpuid->nent == CPUID2_ENTRIES)
		return e;
	e = &cpuid->entries[cpuid->nent++];
	*e = (struct kvm_cpuid_entry2){ .function = function, .index = index };
	if (function == XSAVE_LEAF)
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	return e;
}

enum image_vendor hw_vendor;

/* XSAVE has x87 and SSE, where the engine's CPU has none. */
#define XSTATE_X87_SSE	3
#define XSAVE_SIZE	(512 + 64)
#define CPUID_1_ECX_XSAVE	(1u << 26)

static void add_xsave(void)
{
	struct kvm_cpuid_entry2 *e = entry_or_new(0, 0);

	if (e->eax < XSAVE_LEAF)
		e->eax = XSAVE_LEAF;
	e = entry_or_new(XSAVE_LEAF, 0);
	if (e->eax & XSTATE_X87_SSE)
		return;
	e->eax |= XSTATE_X87_SSE;
	e->ebx = XSAVE_SIZE;
	e->ecx = XSAVE_SIZE;
	for (unsigned int i = 2; i < 32; i++) {
		const struct kvm_cpuid_entry2 *state = cpuid2_find(cpuid, XSAVE_LEAF, i);

		if (e->eax >> i & 1 && state && state->ebx + state->eax > e->ecx)
			e->ecx = state->ebx + state->eax;
	}
}

static bool grant(const char *name, size_t len, bool without)
{
	bool found = false;

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		struct kvm_cpuid_entry2 *e;
		uint32_t *reg;

		if (strlen(wishes[i].name) != len || memcmp(wishes[i].name, name, len))
			continue;
		found = true;
		e = entry_or_new(wishes[i].function, wishes[i].index);
		reg = (uint32_t *)((char *)e + wishes[i].reg);
		if (!wishes[i].bits)
			*reg = without ? wishes[i].value : *reg;
		else if (wishes[i].value)
			*reg = without ? 0 : wishes[i].value;
		else
			*reg = without ? *reg & ~wishes[i].bits : *reg | wishes[i].bits;
	}
	return found;
}

/* 0 or -EINVAL */
static int grant_wishes(void)
{
	const char *wish = getenv("COCO_CPU") ?: "";
	size_t len;

	for (; *wish; wish += len + !!wish[len]) {
		const bool without = *wish == '-';

		wish += without;
		len = strcspn(wish, ",");
		if (!grant(wish, len, without)) {
			inproc_diag("COCO_CPU: there is no '%.*s'", (int)len, wish);
			return -EINVAL;
		}
	}
	if (entry_or_new(1, 0)->ecx & CPUID_1_ECX_XSAVE)
		add_xsave();
	return 0;
}

int hw_cpuid_init(enum image_vendor vendor, unsigned int c_bit)
{
	struct kvm_cpuid_entry2 *e;
	int ret;

	cpuid = cpuid2_new();
	if (!cpuid)
		return -ENOMEM;
	cpuid->nent -= OUR_ENTRIES;
	ret = engine->get_supported_cpuid(cpuid);
	if (ret)
		return ret;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		uint32_t *reg;

		if (c->vendor != vendor)
			continue;
		e = entry_or_new(c->function, c->index);
		if (!e)
			return -E2BIG;
		reg = (uint32_t *)((char *)e + c->reg);
		*reg = (*reg & ~c->clear) | c->set;
	}
	hw_vendor = vendor;
	hw_c_bit = 1ULL << c_bit;
	ret = grant_wishes();
	if (ret)
		return ret;
	if (vendor == IMAGE_INTEL) {
		add_xsave();
	} else {
		e = entry_or_new(0x8000001f, 0);
		e->ebx = c_bit | 1 << 6 | 4 << 12;	/* a bit of addresses less, four VMPLs */
		hw_allows_sev_features = e->eax & 1u << 27;
	}
	/* Four levels of page tables, one way of saving state, and addresses that fit. */
	e = cpuid2_find(cpuid, 7, 0);
	if (e)
		e->ecx &= ~(1u << 16);
	e = entry_or_new(0x80000008, 0);
	e->eax = (e->eax & ~0xffffu) | 48 << 8 |
		 (vendor == IMAGE_AMD ? HW_PHYS_BITS : PHYS_BITS_INTEL);
	return 0;
}

IMAGE_CALL void hw_cpuid(struct image_gprs *gprs)
{
	const struct kvm_cpuid_entry2 *e = cpuid2_find(cpuid, gprs->gpr[IMAGE_RAX], gprs->gpr[IMAGE_RCX]);

	gprs->gpr[IMAGE_RAX] = e ? e->eax : 0;
	gprs->gpr[IMAGE_RBX] = e ? e->ebx : 0;
	gprs->gpr[IMAGE_RCX] = e ? e->ecx : 0;
	gprs->gpr[IMAGE_RDX] = e ? e->edx : 0;
}

/* AMD: all MSRs are there; what reads as other than zero. */
static const struct {
	uint32_t index;
	uint64_t value;
} msrs[] = {
	{ 0xc0000080, 0xd01 },				/* EFER: SCE, LME, LMA, NXE */
	{ 0x277, 0x0007040600070406ULL },		/* PAT */
	{ 0xc0010015, 1ULL << 24 },			/* HWCR: TscFreqSel */
	{ 0xc0010010, 1ULL << 23 | 1ULL << 24 },	/* SYSCFG: MEM_ENCRYPT, SNP_EN */
	{ 0xc0010131, 7 },				/* SEV_STATUS: of the host */
};

/*
 * Those that a guest shares with its host are the image's, and all of Intel's (kernel/intel),
 * which asks for those that are not there.
 */
IMAGE_CALL int hw_rdmsr(unsigned int index, unsigned long long *value)
{
	if (hw_vendor == IMAGE_INTEL)
		return 0;
	*value = 0;
	for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
		if (msrs[i].index == index)
			*value = msrs[i].value;
	return 1;
}

IMAGE_CALL int hw_wrmsr(unsigned int index, unsigned long long value)
{
	(void)index;
	(void)value;
	return 1;
}
