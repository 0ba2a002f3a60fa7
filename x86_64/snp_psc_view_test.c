// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page state changes that a VMM carries out: it does as the exit says, and the guest
 * uses its pages in the view that it asked for.  Pages that the VMM takes away meanwhile.
 *
 * Not ABI, so not checked: what a page holds in a view that nobody has written to, as
 * long as it is not what was written in the other view.
 */
#include "check/harness.h"

#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "snp/psc_check.h"

/* What the guest and the host write, each in a view. */
#define GUEST_SHARED	0x5348415245444731ull
#define GUEST_PRIVATE	0x505249564154454full
#define HOST_SHARED	0x484f535453484152ull
#define GUEST_BACK	0x4241434b41474149ull

COCO_FIXTURE(view);
FIXTURE_VARIANT(view)
{
	struct check_row row;
	bool msr;			/* else the NAE event, all pages at once */
	uint64_t refused;		/* the VMM's first answer, if not 0 */
};

FIXTURE_VARIANT_ADD(view, msr)
{
	COCO_ROW(NULL, REQ_PSC_VIEW, REQ_PSC_MSR_EXIT, REQ_PSC_MSR_OK, REQ_PSC_EXIT_VIEW),
	.msr = true,
};

FIXTURE_VARIANT_ADD(view, nae)
{
	COCO_ROW(NULL, REQ_PSC_VIEW, REQ_PSC_EXIT, REQ_PSC_DONE, REQ_PSC_EXIT_VIEW),
};

FIXTURE_VARIANT_ADD(view, msr_busy_first)
{
	COCO_ROW(NULL, REQ_PSC_VIEW, REQ_PSC_MSR_ERR, REQ_PSC_MSR_OK),
	.msr = true, .refused = EAGAIN,
};

FIXTURE_VARIANT_ADD(view, nae_busy_first)
{
	COCO_ROW(NULL, REQ_PSC_VIEW, REQ_PSC_REFUSED, REQ_PSC_DONE),
	.refused = EAGAIN,
};

/* What says that an access is done. */
static enum requirement_nr access_req = REQ_PSC_VIEW;

/* The guest does @access at @gva of page @idx; false: it did not come back from it. */
static bool access_page(struct psc_vm *v, enum psc_access access, uint64_t gva, unsigned int idx,
			uint64_t value)
{
	v->req->access = access;
	v->req->access_gva = gva + idx * v->snp->vm->page_size;
	v->req->access_value = value;
	return EXPECT_REQ_SYNC(access_req, v->vcpu, PSC_STAGE_ANSWERED);
}

/* An in-process KVM has no RMP to tell, and its CPU need not know PVALIDATE. */
static bool validate(struct psc_vm *v, unsigned int idx, bool valid)
{
	return guest_on_engine() || access_page(v, PSC_ACCESS_VALIDATE, v->private_gva, idx, valid);
}

static uint64_t *host_page(const struct psc_vm *v, unsigned int idx)
{
	return (uint64_t *)((char *)v->pages.hva + idx * v->snp->vm->page_size);
}

/* What a VMM does: as the exit says. */
static void carry_out(const struct psc_vm *v)
{
	const struct kvm_run *run = v->vcpu->run;
	uint64_t private = run->hypercall.args[2] & (1ull << 4);

	vm_set_memory_attributes(v->snp->vm, run->hypercall.args[0],
				 run->hypercall.args[1] * v->snp->vm->page_size,
				 private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0);
}

/* One exit for @nr pages from page @idx on, answered @ret; then the guest's answer. */
static bool change_state(struct psc_vm *v, bool msr, unsigned int idx, unsigned int nr, uint8_t op,
			 uint64_t ret)
{
	const uint64_t gfn = (v->pages.gpa >> 12) + idx;
	const struct psc_exit wanted = { gfn, nr, op, PSC_SIZE_4K, 0, ret };
	unsigned int i;

	psc_prepare(v, 0, sizeof(v->req->buffer));
	memset(&v->req->buffer, 0, sizeof(v->req->buffer));
	if (msr)
		v->req->msr = GHCB_MSR_PSC(op, gfn);
	v->req->buffer.end_entry = nr - 1;
	for (i = 0; i < nr; i++)
		v->req->buffer.entries[i] = PSC_ENTRY(op, PSC_SIZE_4K, gfn + i, 0);

	if (!expect_psc_exit(msr ? REQ_PSC_MSR_EXIT : REQ_PSC_EXIT, REQ_PSC_EXIT_SIZE, v, &wanted))
		return false;
	if (!ret)
		carry_out(v);
	if (!EXPECT_REQ_SYNC(REQ_PSC_VIEW, v->vcpu, PSC_STAGE_ANSWERED))
		return false;
	if (msr)
		expect_psc_msr_answer(ret ? REQ_PSC_MSR_ERR : REQ_PSC_MSR_OK, v, ret);
	else
		expect_psc_answer(ret ? REQ_PSC_REFUSED : REQ_PSC_DONE, v,
				  ret ? PSC_ANSWER_GENERIC : PSC_ANSWER_DONE, ret ? 0 : nr);
	return true;
}

static bool change_all(struct psc_vm *v, bool msr, uint8_t op, uint64_t refused)
{
	const unsigned int nr = msr ? 1 : PSC_VM_PAGES;
	unsigned int idx;

	for (idx = 0; idx < PSC_VM_PAGES; idx += nr) {
		/* A VMM that refuses has changed nothing: the guest may ask again. */
		if (refused && !change_state(v, msr, idx, nr, op, refused))
			return false;
		/* What KVM leaves there is the "again" cases' business, not this one's. */
		v->vcpu->run->hypercall.ret = 0;
		if (!change_state(v, msr, idx, nr, op, 0))
			return false;
	}
	return true;
}

/* The guest has the pages in the private view; the host keeps what it had. */
static bool use_private(struct psc_vm *v, unsigned int idx)
{
	if (!validate(v, idx, true) ||
	    !access_page(v, PSC_ACCESS_READ, v->private_gva, idx, 0))
		return false;
	EXPECT_REQ_TRUE(REQ_PSC_VIEW, "the private page does not hold the shared page's bytes",
			v->req->answer.value != GUEST_SHARED + idx);
	if (!access_page(v, PSC_ACCESS_WRITE, v->private_gva, idx, GUEST_PRIVATE + idx) ||
	    !access_page(v, PSC_ACCESS_READ, v->private_gva, idx, 0))
		return false;
	EXPECT_REQ_EQ(REQ_PSC_VIEW, "the private page as the guest reads it", GUEST_PRIVATE + idx,
		      v->req->answer.value, &names_value);
	EXPECT_REQ_TRUE(REQ_PSC_VIEW, "the host does not see the private page's bytes",
			*host_page(v, idx) != GUEST_PRIVATE + idx);
	return validate(v, idx, false);
}

static bool use_shared(struct psc_vm *v, unsigned int idx)
{
	*host_page(v, idx) = HOST_SHARED + idx;
	if (!access_page(v, PSC_ACCESS_READ, v->pages.gva, idx, 0))
		return false;
	EXPECT_REQ_EQ(REQ_PSC_VIEW, "the shared page as the guest reads it", HOST_SHARED + idx,
		      v->req->answer.value, &names_value);
	if (!access_page(v, PSC_ACCESS_WRITE, v->pages.gva, idx, GUEST_BACK + idx))
		return false;
	EXPECT_REQ_EQ(REQ_PSC_VIEW, "the shared page as the host reads it", GUEST_BACK + idx,
		      *host_page(v, idx), &names_value);
	return true;
}

COCO_TEST_F(view, answer)
{
	unsigned int idx;
	struct psc_vm v;

	if (!psc_vm_start(&v, true))
		return;
	for (idx = 0; idx < PSC_VM_PAGES; idx++)
		if (!access_page(&v, PSC_ACCESS_WRITE, v.pages.gva, idx, GUEST_SHARED + idx))
			return;

	if (!change_all(&v, variant->msr, PSC_OP_PRIVATE, variant->refused))
		return;
	for (idx = 0; idx < PSC_VM_PAGES; idx++)
		if (!use_private(&v, idx))
			return;

	if (!change_all(&v, variant->msr, PSC_OP_SHARED, variant->refused))
		return;
	for (idx = 0; idx < PSC_VM_PAGES; idx++)
		if (!use_shared(&v, idx))
			return;
	snp_vm_free(v.snp);
}

/* ---- a few private pages amid shared memory that the host has in pages of 2 MiB ---- */

COCO_FIXTURE(huge);
FIXTURE_VARIANT(huge)
{
	struct check_row row;
	bool shared_first;		/* the guest has used the shared memory around before */
	bool private_before;		/* the first page is private before there is a slot */
	unsigned int before;		/* the end of 2 MiB, so many pages on; 0: no end between */
};

#define HUGE_ROW	COCO_ROW(NULL, REQ_PSC_VIEW, REQ_PSC_MSR_EXIT, REQ_PSC_MSR_OK)

FIXTURE_VARIANT_ADD(huge, shared_first) { HUGE_ROW, .shared_first = true };
FIXTURE_VARIANT_ADD(huge, private_first) { HUGE_ROW };
FIXTURE_VARIANT_ADD(huge, private_before_slot) { HUGE_ROW, .private_before = true };
FIXTURE_VARIANT_ADD(huge, over_end_shared_first) { HUGE_ROW, .before = 2, .shared_first = true };
FIXTURE_VARIANT_ADD(huge, over_end) { HUGE_ROW, .before = 2 };

static bool private_is_kept(struct psc_vm *v, unsigned int idx)
{
	return access_page(v, PSC_ACCESS_READ, v->private_gva, idx, 0) &&
	       EXPECT_REQ_EQ(check_main_req(), "the private page amid shared ones",
			     GUEST_PRIVATE + idx, v->req->answer.value, &names_value);
}

static bool fill_private(struct psc_vm *v, unsigned int idx)
{
	return validate(v, idx, true) &&
	       access_page(v, PSC_ACCESS_WRITE, v->private_gva, idx, GUEST_PRIVATE + idx) &&
	       private_is_kept(v, idx);
}

/* Pages 1 and 2, by one call of the VMM's. */
static bool change_middle(struct psc_vm *v, uint8_t op)
{
	v->vcpu->run->hypercall.ret = 0;
	return change_state(v, false, 1, 2, op, 0);
}

COCO_TEST_F(huge, answer)
{
	struct psc_vm v;

	psc_vm_create_huge(&v, variant->before ?: PSC_VM_PAGES, variant->private_before);
	if (!EXPECT_REQ_SYNC(check_main_req(), v.vcpu, PSC_STAGE_READY) ||
	    (variant->shared_first && (!use_shared(&v, 0) || !use_shared(&v, 3))))
		return;
	if (variant->private_before) {
		if (!use_shared(&v, 3) || !fill_private(&v, 0) || !use_shared(&v, 1) ||
		    !private_is_kept(&v, 0) || !validate(&v, 0, false) ||
		    !change_state(&v, true, 0, 1, PSC_OP_SHARED, 0))
			return;
	}
	if (!change_middle(&v, PSC_OP_PRIVATE) || !fill_private(&v, 1) || !fill_private(&v, 2) ||
	    !use_shared(&v, 0) || !use_shared(&v, 3) || !private_is_kept(&v, 1) ||
	    !private_is_kept(&v, 2) || !validate(&v, 1, false) || !validate(&v, 2, false) ||
	    !change_middle(&v, PSC_OP_SHARED) || !use_shared(&v, 2) || !use_shared(&v, 1) ||
	    !use_shared(&v, 0) || !use_shared(&v, 3))
		return;
	snp_vm_free(v.snp);
}

/* ---- faults of the RMP that end by themselves ---- */

COCO_FIXTURE(spurious);
FIXTURE_VARIANT(spurious)
{
	struct check_row row;
	unsigned int times;
};

FIXTURE_VARIANT_ADD(spurious, once)
{
	COCO_ROW(NULL, REQ_SNP_RMP_FAULT, REQ_KERNEL_MEM_LEAK), .times = 1,
};

FIXTURE_VARIANT_ADD(spurious, often)
{
	COCO_ROW(NULL, REQ_SNP_RMP_FAULT, REQ_KERNEL_MEM_LEAK), .times = 5,
};

COCO_TEST_F(spurious, goes_on)
{
	struct psc_vm v;

	if (!control()) {
		check_skip("no control of the kernel here: the RMP has no such faults");
		return;
	}
	if (!psc_vm_start(&v, true) || !change_state(&v, true, 0, 1, PSC_OP_PRIVATE, 0) ||
	    !validate(&v, 0, true))
		return;
	access_req = REQ_SNP_RMP_FAULT;
	control()->rmp_faults(v.pages.gpa, variant->times);
	if (!fill_private(&v, 0) || !validate(&v, 0, false) ||
	    !change_state(&v, true, 0, 1, PSC_OP_SHARED, 0) || !use_shared(&v, 0))
		return;
	snp_vm_free(v.snp);
}

/* ---- memory that goes while the guest has it ---- */

COCO_FIXTURE(gone);
FIXTURE_VARIANT(gone)
{
	struct check_row row;
	enum { MAPPED_ANEW, PUNCHED, CONVERTED } how;	/* the first shared, then private */
};

FIXTURE_VARIANT_ADD(gone, shared_mapped_anew)
{
	COCO_ROW(NULL, REQ_KERNEL_MEM_REACHED),
};

FIXTURE_VARIANT_ADD(gone, private_punched)
{
	COCO_ROW(NULL, REQ_KERNEL_MEM_REACHED),
	.how = PUNCHED,
};

FIXTURE_VARIANT_ADD(gone, private_made_shared)
{
	COCO_ROW(NULL, REQ_KERNEL_TLB_STALE),
	.how = CONVERTED,
};

/* Other memory for the host's and so the guest's @nr shared pages from @idx on. */
static bool map_anew(const struct psc_vm *v, unsigned int idx, unsigned int nr)
{
	void *at = host_page(v, idx);

	return EXPECT_REQ_TRUE(check_main_req(), "mmap() gives other memory in the slot's place",
			       mmap(at, nr * v->snp->vm->page_size, PROT_READ | PROT_WRITE,
				    MAP_FIXED | MAP_ANONYMOUS | MAP_SHARED, -1, 0) == at);
}

/* What is private and gone the guest does not use: on hardware it would have to validate it. */
COCO_TEST_F(gone, goes_on)
{
	const unsigned int used = variant->how == MAPPED_ANEW ? 0 : 1;
	struct psc_vm v;

	if (!psc_vm_start(&v, true) ||
	    !access_page(&v, PSC_ACCESS_WRITE, v.pages.gva, used, GUEST_SHARED))
		return;
	if (variant->how == MAPPED_ANEW) {
		if (!map_anew(&v, used, 1))
			return;
	} else {
		if (!change_state(&v, true, 0, 1, PSC_OP_PRIVATE, 0) || !validate(&v, 0, true) ||
		    !access_page(&v, PSC_ACCESS_WRITE, v.private_gva, 0, GUEST_PRIVATE))
			return;
		if (variant->how == PUNCHED)
			vm_guest_mem_punch_hole(v.snp->vm, v.pages.gpa, v.snp->vm->page_size);
		else
			vm_mem_set_shared(v.snp->vm, v.pages.gpa, v.snp->vm->page_size);
	}
	*host_page(&v, used) = HOST_SHARED;
	if (!access_page(&v, PSC_ACCESS_READ, v.pages.gva, used, 0))
		return;
	EXPECT_REQ_EQ(check_main_req(), "the shared page as the guest reads it", HOST_SHARED,
		      v.req->answer.value, &names_value);
	snp_vm_free(v.snp);
}

/* ---- other memory in the slot's place ---- */

COCO_FIXTURE(backing);
FIXTURE_VARIANT(backing)
{
	struct check_row row;
	enum { ANEW_SLOT, ANEW_MMAP, ANEW_MADVISE } how;
};

#define BACKING_ROW	COCO_ROW(NULL, REQ_SLOT_BACKING)

FIXTURE_VARIANT_ADD(backing, slot) { BACKING_ROW, .how = ANEW_SLOT };
FIXTURE_VARIANT_ADD(backing, mmap) { BACKING_ROW, .how = ANEW_MMAP };
FIXTURE_VARIANT_ADD(backing, madvise) { BACKING_ROW, .how = ANEW_MADVISE };

static bool guest_has(struct psc_vm *v, unsigned int idx, uint64_t value)
{
	return access_page(v, PSC_ACCESS_READ, v->pages.gva, idx, 0) &&
	       EXPECT_REQ_EQ(REQ_SLOT_BACKING, "the shared page as the guest reads it", value,
			     v->req->answer.value, &names_value);
}

/* Page 0 is private; what the host has of it and page 1 changes, of page 3 only with the slot. */
COCO_TEST_F(backing, seen)
{
	const bool whole = variant->how == ANEW_SLOT;
	uint64_t *was;
	struct psc_vm v;

	psc_vm_create_huge(&v, PSC_VM_PAGES, true);
	access_req = REQ_SLOT_BACKING;
	if (!EXPECT_REQ_SYNC(REQ_SLOT_BACKING, v.vcpu, PSC_STAGE_READY) || !fill_private(&v, 0))
		return;
	*host_page(&v, 1) = HOST_SHARED + 1;
	*host_page(&v, 3) = HOST_SHARED + 3;
	if (!guest_has(&v, 1, HOST_SHARED + 1) || !guest_has(&v, 3, HOST_SHARED + 3))
		return;
	was = host_page(&v, 1);
	if (whole)
		was = (uint64_t *)((char *)shared_mem_replace_huge(v.snp->vm, &v.pages) +
				   v.snp->vm->page_size);
	else if (variant->how == ANEW_MMAP ? !map_anew(&v, 0, 2) :
		 !EXPECT_REQ_TRUE(REQ_SLOT_BACKING, "madvise(MADV_DONTNEED)",
				  !madvise(host_page(&v, 0), 2 * v.snp->vm->page_size,
					   MADV_DONTNEED)))
		return;
	if (!guest_has(&v, 1, 0) || !guest_has(&v, 3, whole ? 0 : HOST_SHARED + 3))
		return;
	*host_page(&v, 1) = HOST_SHARED;
	if (!guest_has(&v, 1, HOST_SHARED) ||
	    !access_page(&v, PSC_ACCESS_WRITE, v.pages.gva, 1, GUEST_BACK))
		return;
	EXPECT_REQ_EQ(REQ_SLOT_BACKING, "the new page as the host reads it", GUEST_BACK,
		      *host_page(&v, 1), &names_value);
	if (whole)
		EXPECT_REQ_EQ(REQ_SLOT_BACKING, "the page that was the slot's", HOST_SHARED + 1,
			      *was, &names_value);
	if (private_is_kept(&v, 0))
		snp_vm_free(v.snp);
}

/* ---- a private page that the launch has failed to take ---- */

#define VMM_BYTES	0x564d4d2764617461ull

COCO_FIXTURE(untaken);
FIXTURE_VARIANT(untaken)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(untaken, page)
{
	COCO_ROW(NULL, REQ_GMEM_UNTAKEN, REQ_KERNEL_MEM_LEAK, REQ_KERNEL_FIRMWARE_PAGE),
};

static struct psc_vm *untaken;

static void fail_update(struct snp_vm *snp)
{
	static uint64_t source[512] __attribute__((aligned(4096)));
	struct kvm_sev_snp_launch_update update = {
		.gfn_start = untaken->pages.gpa / snp->vm->page_size, .uaddr = (uint64_t)source,
		.len = sizeof(source), .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	};
	struct kvm_sev_cmd cmd = {
		.id = KVM_SEV_SNP_LAUNCH_UPDATE, .data = (uint64_t)&update,
		.sev_fd = snp->vm->arch.sev_fd,
	};

	source[0] = VMM_BYTES;
	control()->fail_step(CONTROL_STEP_PSP, 1);
	EXPECT_REQ_TRUE(REQ_GMEM_UNTAKEN, "KVM_SEV_SNP_LAUNCH_UPDATE fails as firmware does",
			ioctl(snp->vm->fd, KVM_MEMORY_ENCRYPT_OP, &cmd));
	control()->fail_step(CONTROL_STEP_PSP, 0);
	errno = 0;
}

COCO_TEST_F(untaken, is_zero)
{
	struct psc_vm v;

	(void)variant;
	if (!control()) {
		check_skip("no control of the kernel here: firmware cannot be made to fail");
		return;
	}
	untaken = &v;
	access_req = REQ_GMEM_UNTAKEN;
	psc_vm_create_updating(&v, fail_update);
	if (!EXPECT_REQ_SYNC(REQ_GMEM_UNTAKEN, v.vcpu, PSC_STAGE_READY) || !validate(&v, 0, true) ||
	    !access_page(&v, PSC_ACCESS_READ, v.private_gva, 0, 0) ||
	    !EXPECT_REQ_EQ(REQ_GMEM_UNTAKEN, "the page as the guest reads it", 0,
			   v.req->answer.value, &names_value))
		return;
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
