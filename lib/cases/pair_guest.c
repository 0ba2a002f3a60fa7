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
#define PTE_LARGE	(1u << 7)

static uint64_t c_bit(void)
{
	const struct kvm_cpuid_entry2 *sev = get_cpuid_entry(kvm_get_supported_cpuid(), SEV_CPUID, 0);

	return 1ull << (sev->ebx & 0x3f);
}

/*
 * One page is all levels: entry 0 points to itself, and entry 1 is a 2 MiB page.  So no address
 * leads to a page of the guest's as to a table; an engine whose KVM walks tables by itself has
 * to ask for each that one leads to.
 */
void pair_guest_map(void *page)
{
	const uint64_t flags = c_bit() | PTE_PRESENT | PTE_WRITABLE;
	uint64_t *entry = page;

	entry[0] = flags | PAIR_GUEST_TABLE;
	entry[1] = flags | PTE_LARGE;
}

int pair_guest_start(int vcpu, uint64_t start)
{
	struct kvm_regs regs = { .rip = PAIR_GUEST_VA(start), .rflags = 2 };
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
