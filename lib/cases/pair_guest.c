// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest of an encrypted VM for tables of pairs, see pair_guest.h.
 */
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"

#include "cases/pair_guest.h"

#define SEV_CPUID	0x8000001f
#define PTE_PRESENT	(1u << 0)
#define PTE_WRITABLE	(1u << 1)

static uint64_t c_bit(void)
{
	const struct kvm_cpuid_entry2 *sev = get_cpuid_entry(kvm_get_supported_cpuid(), SEV_CPUID, 0);

	return 1ull << (sev->ebx & 0x3f);
}

/*
 * One page is all four levels: entry 0 points to itself, so that each level's walk of a low
 * address stays in it, and as the last level's entry maps it.
 */
void pair_guest_map(void *page)
{
	uint64_t *entry = page;
	unsigned int i;

	for (i = 0; i < RAW_VM_PAGES; i++)
		entry[i] = c_bit() | PTE_PRESENT | PTE_WRITABLE |
			   (PAIR_GUEST_TABLE + i * RAW_VM_PAGE);
}

int pair_guest_start(int vcpu, uint64_t rip)
{
	struct kvm_regs regs = { .rip = rip, .rflags = 2 };
	struct kvm_sregs sregs = {};
	int err = raw_errno(ioctl(vcpu, KVM_SET_CPUID2, kvm_get_supported_cpuid())) ?:
		  raw_errno(ioctl(vcpu, KVM_GET_SREGS, &sregs));

	sregs.cs = (struct kvm_segment){
		.limit = ~0u, .selector = 8, .type = 11, .present = 1, .l = 1, .s = 1, .g = 1,
	};
	sregs.cr0 |= X86_CR0_PE | X86_CR0_PG;
	sregs.cr3 = PAIR_GUEST_TABLE | c_bit();
	sregs.cr4 |= X86_CR4_PAE;
	sregs.efer |= EFER_LME | EFER_LMA;
	sregs.idt.limit = 0;
	return err ?: raw_errno(ioctl(vcpu, KVM_SET_SREGS, &sregs)) ?:
	       raw_errno(ioctl(vcpu, KVM_SET_REGS, &regs));
}
