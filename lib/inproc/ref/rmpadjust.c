// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions by which SNP guests look after their pages (APM 3): RMPADJUST makes a page a
 * VMSA.  What it says of permissions is not kept, and every page counts as validated.
 */
#include "snp.h"

#define ADJUST_VMPL	0xffu		/* RDX */
#define ADJUST_VMSA	(1u << 16)

/* EAX */
#define OK		0
#define FAIL_INPUT	1
#define FAIL_PERMISSION	2
#define FAIL_SIZE	6
/* On hardware a nested page fault, over and over until the page is free. */
#define FAIL_IN_USE	3

#define RFLAGS_CF	(1ull << 0)

/* Entries of page tables (APM 2, section 5.3) */
#define PRESENT		(1ull << 0)
#define LARGE		(1ull << 7)
#define ADDRESS		0x000ffffffffff000ull
#define LEVELS		4

/* The private page at @gva, in long mode; false: there is none. */
static bool find_gpa(struct ref_vcpu *vcpu, uint64_t gva, uint64_t *gpa)
{
	const uint64_t c_bit = vcpu->host->vm->view_bit;
	struct kvm_sregs sregs;
	uint64_t entry;
	int level;

	if (engine->get_sregs(vcpu->host->engine, &sregs))
		return false;
	for (entry = sregs.cr3, level = LEVELS; level; level--) {
		const unsigned int shift = PAGE_SHIFT + 9 * (level - 1);
		const uint64_t table = (entry & ADDRESS & ~c_bit) + (gva >> shift & 511) * 8;
		const void *at = inproc_gpa_to_hva(vcpu->host->vm, table, true, NULL);

		if (!at)
			return false;
		memcpy(&entry, at, sizeof(entry));
		if (!(entry & PRESENT))
			return false;
		if (level > 1 && (entry & LARGE)) {
			*gpa = ((entry & ADDRESS & ~c_bit) | (gva & ((1ull << shift) - 1))) &
			       ~(PAGE_SIZE - 1);
			return entry & c_bit;
		}
	}
	*gpa = entry & ADDRESS & ~c_bit;
	return entry & c_bit;
}

static uint32_t adjust(struct ref_vcpu *vcpu, const struct kvm_regs *regs)
{
	uint64_t gpa;

	if (!PAGE_ALIGNED(regs->rax) || regs->rcx > 1)
		return FAIL_INPUT;
	/* Guests run at VMPL 0, and may change what is above that. */
	if (!(regs->rdx & ADJUST_VMPL))
		return FAIL_PERMISSION;
	if (!find_gpa(vcpu, regs->rax, &gpa))
		return FAIL_INPUT;
	if (regs->rcx)
		return FAIL_SIZE;
	if (snp_vmsa_in_use(vcpu->vm, gpa))
		return FAIL_IN_USE;
	return snp_set_vmsa(vcpu->vm, gpa, regs->rdx & ADJUST_VMSA) ? OK : FAIL_INPUT;
}

long snp_rmpadjust(struct ref_vcpu *vcpu)
{
	struct kvm_regs regs;
	long r = engine->get_regs(vcpu->host->engine, &regs);

	if (r)
		return r;
	regs.rax = adjust(vcpu, &regs);
	r = engine->set_regs(vcpu->host->engine, &regs);
	return r ? r : REF_RESUME;
}

/* Returns 0, and CF says that nothing has changed but the page's being validated. */
long snp_pvalidate(struct ref_vcpu *vcpu)
{
	struct kvm_regs regs;
	long r = engine->get_regs(vcpu->host->engine, &regs);

	if (r)
		return r;
	regs.rax = 0;
	regs.rflags &= ~RFLAGS_CF;
	r = engine->set_regs(vcpu->host->engine, &regs);
	return r ? r : REF_RESUME;
}
