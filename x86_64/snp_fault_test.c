// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_EXIT_MEMORY_FAULT of SNP guests: accesses in the view that a page does not have.
 */
#include "check/harness.h"

#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"

#include "check/run.h"
#include "control.h"
#include "snp/psc_check.h"

#define GUEST_VALUE	0x4755455354ull
#define HOST_VALUE	0x484f5354ull
/* Of the pages that the guest may use. */
#define PAGE		1
#define NEXT_SLOT	30

COCO_FIXTURE(fault);
FIXTURE_VARIANT(fault)
{
	struct check_row row;
	bool shared;			/* the view that the guest uses */
	bool write;
	bool had;			/* the page had that view, and the guest used it */
	bool other;			/* the guest has used it in its other view, which it has */
	bool nowhere;			/* it is private, but of no slot */
	bool over_slots;		/* what the VMM converts ends in the next slot */
};

#define FAULT_ROW(name, ...)								\
	FIXTURE_VARIANT_ADD(fault, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_FAULT_EXIT, REQ_SNP_FAULT_FLAGS, REQ_SNP_FAULT_GPA,	\
			 REQ_SNP_FAULT_GOES_ON), __VA_ARGS__				\
	};

FAULT_ROW(shared_read, .shared = true)
FAULT_ROW(shared_write, .shared = true, .write = true)
FAULT_ROW(had_shared_read, .shared = true, .had = true)
FAULT_ROW(had_shared_write, .shared = true, .had = true, .write = true)
FAULT_ROW(had_shared_over_slots, .shared = true, .had = true, .over_slots = true)
FAULT_ROW(private_read)
FAULT_ROW(private_write, .write = true)
FAULT_ROW(used_private_read, .other = true)
FAULT_ROW(used_private_write, .other = true, .write = true)
FAULT_ROW(nowhere_read, .nowhere = true)
FAULT_ROW(nowhere_write, .nowhere = true, .write = true)

/* A slot that follows slot 0, of which the guest uses nothing; gives its end. */
static uint64_t add_slot(struct kvm_vm *vm)
{
	const struct kvm_userspace_memory_region2 *first = &memslot2region(vm, 0)->region;
	const uint64_t at = first->guest_phys_addr + first->memory_size;
	void *memory = mmap(NULL, vm->page_size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(memory != MAP_FAILED, "no memory");
	vm_set_user_memory_region2(vm, NEXT_SLOT, KVM_MEM_GUEST_MEMFD, at, vm->page_size, memory,
				   vm_create_guest_memfd(vm, vm->page_size, 0), 0);
	return at + vm->page_size;
}

static void prepare(struct psc_vm *v, bool write, uint64_t gva)
{
	v->req->access = write ? PSC_ACCESS_WRITE : PSC_ACCESS_READ;
	v->req->access_gva = gva;
	v->req->access_value = GUEST_VALUE;
}

static bool expect_fault(struct psc_vm *v, uint64_t gpa, bool shared)
{
	const struct kvm_run *run = v->vcpu->run;

	if (!EXPECT_REQ_RUN_ERRNO(REQ_SNP_FAULT_EXIT, v->vcpu, EFAULT) ||
	    !EXPECT_REQ_EQ(REQ_SNP_FAULT_EXIT, "exit reason", KVM_EXIT_MEMORY_FAULT,
			   run->exit_reason, &names_exit_reason))
		return false;
	EXPECT_REQ_EQ(REQ_SNP_FAULT_FLAGS, "flags", shared ? 0 : KVM_MEMORY_EXIT_FLAG_PRIVATE,
		      run->memory_fault.flags, &names_value);
	EXPECT_REQ_EQ(REQ_SNP_FAULT_GPA, "gpa", gpa, run->memory_fault.gpa, &names_gpa);
	EXPECT_REQ_EQ(REQ_SNP_FAULT_GPA, "size", v->snp->vm->page_size, run->memory_fault.size,
		      &names_value);
	return !check_failed();
}

COCO_TEST_F(fault, exit)
{
	uint64_t size, gva, gpa;
	volatile uint64_t *host;
	struct psc_vm v;

	if (!psc_vm_start(&v, true))
		return;
	size = v.snp->vm->page_size;
	gpa = variant->nowhere ? PSC_GFN * size : v.pages.gpa + PAGE * size;
	gva = variant->nowhere ? v.nowhere_gva :
	      (variant->shared ? v.pages.gva : v.private_gva) + PAGE * size;
	host = (uint64_t *)((char *)v.pages.hva + PAGE * size);
	if (variant->had || variant->other) {
		prepare(&v, true, variant->other ? v.pages.gva + PAGE * size : gva);
		if (!EXPECT_REQ_SYNC(REQ_PSC_VIEW, v.vcpu, PSC_STAGE_ANSWERED))
			return;
	}
	if (variant->shared || variant->nowhere)
		vm_set_memory_attributes(v.snp->vm, gpa,
					 variant->over_slots ? add_slot(v.snp->vm) - gpa : size,
					 KVM_MEMORY_ATTRIBUTE_PRIVATE);
	*host = HOST_VALUE;
	prepare(&v, variant->write, gva);
	/* A VMM that does nothing about it hears of it again. */
	if (!expect_fault(&v, gpa, variant->shared) || !expect_fault(&v, gpa, variant->shared))
		return;
	/* What becomes private the guest would have to validate. */
	if (variant->shared) {
		vm_mem_set_shared(v.snp->vm, gpa, size);
		if (!EXPECT_REQ_SYNC(REQ_SNP_FAULT_GOES_ON, v.vcpu, PSC_STAGE_ANSWERED))
			return;
		if (variant->write)
			EXPECT_REQ_EQ(REQ_SNP_FAULT_GOES_ON, "the page as the host reads it",
				      GUEST_VALUE, *host, &names_value);
		else
			EXPECT_REQ_EQ(REQ_SNP_FAULT_GOES_ON, "the page as the guest reads it",
				      HOST_VALUE, v.req->answer.value, &names_value);
	}
	snp_vm_free(v.snp);
}

/* ---- a page that the RMP cannot give the guest ---- */

COCO_FIXTURE(unassigned);
FIXTURE_VARIANT(unassigned)
{
	struct check_row row;
	bool write;
};

FIXTURE_VARIANT_ADD(unassigned, read)
{
	COCO_ROW(NULL, REQ_KERNEL_MEM_LEAK, REQ_KERNEL_FIRMWARE_PAGE),
};
FIXTURE_VARIANT_ADD(unassigned, write)
{
	COCO_ROW(NULL, REQ_KERNEL_MEM_LEAK, REQ_KERNEL_FIRMWARE_PAGE), .write = true,
};

COCO_TEST_F(unassigned, ends)
{
	const enum requirement_nr req = check_main_req();
	uint64_t size;
	struct psc_vm v;
	int ret;

	if (!control()) {
		check_skip("no control of the kernel here: RMPUPDATE cannot be made to fail");
		return;
	}
	if (!psc_vm_start(&v, true))
		return;
	size = v.snp->vm->page_size;
	vm_set_memory_attributes(v.snp->vm, v.pages.gpa + PAGE * size, size,
				 KVM_MEMORY_ATTRIBUTE_PRIVATE);
	prepare(&v, variant->write, v.private_gva + PAGE * size);
	check_expect_splat("sev.c");
	control()->fail_step(CONTROL_STEP_RMP, 1);
	ret = check_run(v.vcpu);
	EXPECT_REQ_EQ(req, "pages that the guest was to be assigned", 1,
		      control()->steps(CONTROL_STEP_RMP), &names_count);
	control()->fail_step(CONTROL_STEP_RMP, 0);
	if (EXPECT_REQ_TRUE(req, "KVM_RUN without the page fails", ret))
		snp_vm_free(v.snp);
}

/* ---- a page that the machine has lost ---- */

COCO_FIXTURE(poisoned);
FIXTURE_VARIANT(poisoned)
{
	struct check_row row;
	bool write;
};

FIXTURE_VARIANT_ADD(poisoned, read)
{
	COCO_ROW(NULL, REQ_SNP_FAULT_POISON),
};
FIXTURE_VARIANT_ADD(poisoned, write)
{
	COCO_ROW(NULL, REQ_SNP_FAULT_POISON), .write = true,
};

static bool expect_poison(struct psc_vm *v, uint64_t gpa)
{
	const enum requirement_nr req = REQ_SNP_FAULT_POISON;
	const struct kvm_run *run = v->vcpu->run;

	return EXPECT_REQ_RUN_ERRNO(req, v->vcpu, EHWPOISON) &&
	       EXPECT_REQ_EQ(req, "exit reason", KVM_EXIT_MEMORY_FAULT, run->exit_reason,
			     &names_exit_reason) &&
	       EXPECT_REQ_EQ(req, "flags", KVM_MEMORY_EXIT_FLAG_PRIVATE, run->memory_fault.flags,
			     &names_value) &&
	       EXPECT_REQ_EQ(req, "gpa", gpa, run->memory_fault.gpa, &names_gpa);
}

COCO_TEST_F(poisoned, told)
{
	const enum requirement_nr req = REQ_SNP_FAULT_POISON;
	const struct userspace_mem_region *slot;
	uint64_t size, gpa, gva, at;
	struct psc_vm v;

	if (!control()) {
		check_skip("needs an in-process KVM, which can lose a page");
		return;
	}
	if (!psc_vm_start(&v, true))
		return;
	size = v.snp->vm->page_size;
	gpa = v.pages.gpa + PAGE * size;
	gva = v.private_gva + PAGE * size;
	slot = memslot2region(v.snp->vm, 0);
	at = gpa - slot->region.guest_phys_addr + slot->region.guest_memfd_offset;
	vm_set_memory_attributes(v.snp->vm, gpa, size, KVM_MEMORY_ATTRIBUTE_PRIVATE);
	prepare(&v, true, gva);
	if (!EXPECT_REQ_SYNC(req, v.vcpu, PSC_STAGE_ANSWERED) ||
	    !EXPECT_REQ_EQ(req, "the page's loss", 0,
			   -control()->memory_failure(slot->region.guest_memfd, at), &names_errno))
		return;
	prepare(&v, variant->write, gva);
	if (!expect_poison(&v, gpa) || !expect_poison(&v, gpa))
		return;
	/* Another page in its place is as good as any. */
	vm_guest_mem_punch_hole(v.snp->vm, gpa, size);
	if (EXPECT_REQ_SYNC(req, v.vcpu, PSC_STAGE_ANSWERED))
		snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
