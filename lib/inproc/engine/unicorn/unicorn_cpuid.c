// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest on Unicorn may be told by CPUID: the machine's identity, so
 * that a guest that asks for the vendor agrees with its VMM, and of its
 * features those that TCG has.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "unicorn_engine.h"

/* CPUID.1:EDX: FPU..CX8 APIC SEP PGE CMOV PAT CLFSH MMX FXSR SSE SSE2 */
#define TCG_1_EDX	0x0781abfbU
/* CPUID.1:ECX: SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES, and HYPERVISOR */
#define TCG_1_ECX	0x02d82203U
#define CPUID_1_ECX_HYPERVISOR	(1U << 31)
/* CPUID.7.0:EBX: FSGSBASE BMI1 BMI2 ADX */
#define TCG_7_0_EBX	0x00080109U
/* CPUID.80000001:EDX: SYSCALL NX LM, and what it shares with leaf 1 */
#define TCG_80000001_EDX	0x2193fbffU
/* CPUID.80000001:ECX: LAHF, ABM, CR8 */
#define TCG_80000001_ECX	0x00000031U

#define KVM_CPUID_BASE	0x40000000U

static struct kvm_cpuid_entry2 *add(struct kvm_cpuid2 *cpuid, uint32_t room, uint32_t function)
{
	struct kvm_cpuid_entry2 *e;

	if (cpuid->nent >= room)
		return NULL;
	e = &cpuid->entries[cpuid->nent++];
	memset(e, 0, sizeof(*e));
	e->function = function;
	__cpuid_count(function, 0, e->eax, e->ebx, e->ecx, e->edx);
	return e;
}

int unicorn_get_supported_cpuid(struct kvm_cpuid2 *cpuid)
{
	static const uint32_t leaves[] = {
		0, 1, 7, KVM_CPUID_BASE, KVM_CPUID_BASE + 1, 0x80000000, 0x80000001, 0x80000002,
		0x80000003, 0x80000004, 0x80000008,
	};
	const uint32_t room = cpuid->nent;
	struct kvm_cpuid_entry2 *e;
	size_t i;

	cpuid->nent = 0;
	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		e = add(cpuid, room, leaves[i]);
		if (!e)
			return -E2BIG;
		switch (leaves[i]) {
		case 0:
			e->eax = 7;
			break;
		case 1:
			e->ebx = 0x00000800;	/* CLFLUSH line of 64 bytes, APIC ID 0 */
			e->ecx = (e->ecx & TCG_1_ECX) | CPUID_1_ECX_HYPERVISOR;
			e->edx &= TCG_1_EDX;
			break;
		case 7:
			e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
			e->eax = e->ecx = e->edx = 0;
			e->ebx &= TCG_7_0_EBX;
			break;
		case KVM_CPUID_BASE:
			e->eax = KVM_CPUID_BASE + 1;
			memcpy(&e->ebx, "KVMK", 4);
			memcpy(&e->ecx, "VMKV", 4);
			memcpy(&e->edx, "M\0\0\0", 4);
			break;
		case KVM_CPUID_BASE + 1:
			e->eax = e->ebx = e->ecx = e->edx = 0;
			break;
		case 0x80000000:
			e->eax = 0x80000008;
			break;
		case 0x80000001:
			e->ecx &= TCG_80000001_ECX;
			e->edx &= TCG_80000001_EDX;
			break;
		case 0x80000008:
			e->eax = 48 << 8 | UNICORN_PHYS_BITS;
			e->ebx = e->ecx = e->edx = 0;
			break;
		}
	}
	return 0;
}

/* TCG's RDTSC is the machine's: measure it, once. */
int unicorn_tsc_khz(void)
{
	static int khz;
	struct timespec start, now;
	uint64_t t0, t1;
	int64_t ns;

	if (khz)
		return khz;
	clock_gettime(CLOCK_MONOTONIC, &start);
	t0 = __rdtsc();
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		ns = (now.tv_sec - start.tv_sec) * 1000000000LL + now.tv_nsec - start.tv_nsec;
	} while (ns < 2000000);
	t1 = __rdtsc();
	khz = (int)((t1 - t0) * 1000000 / ns);
	return khz;
}
