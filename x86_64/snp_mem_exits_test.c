// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel holds for an SNP VM that is destroyed at any moment of its
 * guest's life: with an exit pending, half answered, or never run.  Closing it
 * must give everything back, which is looked at when the case ends.
 */
#include "check/harness.h"

#include <linux/kvm_para.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/cert_probe.h"
#include "snp/psc_vm.h"
#include "snp/request_vm.h"

#define MEM_REQS	REQ_KERNEL_MAP_LEFT, REQ_KERNEL_MEM_LEAK, REQ_KERNEL_MEM_FREED, \
			REQ_KERNEL_MEM_BOUNDS, REQ_KERNEL_MAP_GONE, REQ_KERNEL_FIRMWARE_PAGE

#define MAIN_REQ	REQ_KERNEL_MAP_LEFT

/* What goes first, the rest at the end of the case. */
enum closes { CLOSES_ALL, CLOSES_VM, CLOSES_VCPU, CLOSES_MEMORY };

static void end(struct snp_vm *snp, enum closes closes)
{
	switch (closes) {
	case CLOSES_ALL:
		snp_vm_free(snp);
		break;
	case CLOSES_VM:
		close(snp->vm->fd);
		break;
	case CLOSES_VCPU:
		close(snp->cpu[0].vcpu->fd);
		break;
	case CLOSES_MEMORY:
		/* A failing case would tell from it what the guest saw. */
		check_guest_gone(snp);
		munmap(memslot2region(snp->vm, 0)->mmap_start,
		       memslot2region(snp->vm, 0)->mmap_size);
		break;
	}
}

/* Back into KVM_RUN, which completes the exit and comes out at once. */
static void complete(struct kvm_vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	EXPECT_REQ_EQ(MAIN_REQ, "KVM_RUN with immediate_exit", EINTR,
		      __vcpu_run(vcpu) ? errno : 0, &names_errno);
	errno = 0;
}

/* ---- page state changes ---- */

COCO_FIXTURE(psc);
FIXTURE_VARIANT(psc)
{
	struct check_row row;
	bool not_run;
	uint64_t msr;			/* by the MSR protocol; else three entries by NAE event */
	unsigned int answered;		/* exits before the one that is pending */
	bool refused, completed;	/* the pending one */
	enum closes closes;
};

#define PSC(name, ...)							\
	FIXTURE_VARIANT_ADD(psc, name)					\
	{								\
		COCO_ROW(NULL, MEM_REQS), __VA_ARGS__			\
	}

#define BY_MSR	.msr = GHCB_MSR_PSC(PSC_OP_SHARED, PSC_GFN)

PSC(never_run, .not_run = true);
PSC(never_run_vm_first, .not_run = true, .closes = CLOSES_VM);
PSC(msr_pending, BY_MSR);
PSC(msr_completed, BY_MSR, .completed = true);
PSC(msr_refused, BY_MSR, .refused = true, .completed = true);
PSC(first_pending);
PSC(first_pending_vm_first, .closes = CLOSES_VM);
PSC(first_pending_vcpu_first, .closes = CLOSES_VCPU);
PSC(first_pending_memory_first, .closes = CLOSES_MEMORY);
PSC(first_refused, .refused = true, .completed = true);
PSC(middle_pending, .answered = 1);
PSC(middle_refused, .answered = 1, .refused = true, .completed = true);
PSC(last_pending, .answered = 2);
PSC(last_completed, .answered = 2, .completed = true);
PSC(last_completed_memory_first, .answered = 2, .completed = true, .closes = CLOSES_MEMORY);
PSC(answered, .answered = 3);
PSC(answered_vcpu_first, .answered = 3, .closes = CLOSES_VCPU);

/* The @n-th of entries that are not merged: every other page. */
static uint64_t entry(unsigned int n)
{
	return PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, PSC_GFN + 2 * n, 0);
}

COCO_TEST_F(psc, closes)
{
	unsigned int i, nr = variant->msr ? 1 : 3;
	struct psc_vm v;

	psc_vm_create(&v, true);
	if (variant->not_run) {
		end(v.snp, variant->closes);
		return;
	}
	if (!EXPECT_REQ_SYNC(MAIN_REQ, v.vcpu, PSC_STAGE_READY))
		return;
	psc_prepare(&v, 0, sizeof(v.req->buffer));
	v.req->msr = variant->msr;
	v.req->buffer.end_entry = 2;
	for (i = 0; i < 3; i++)
		v.req->buffer.entries[i] = entry(i);

	for (i = 0; i < nr && i <= variant->answered; i++) {
		if (!EXPECT_REQ_EXIT(MAIN_REQ, v.vcpu, KVM_EXIT_HYPERCALL))
			return;
		v.vcpu->run->hypercall.ret = 0;
	}
	if (variant->answered == nr && !EXPECT_REQ_SYNC(MAIN_REQ, v.vcpu, PSC_STAGE_ANSWERED))
		return;
	if (variant->refused)
		v.vcpu->run->hypercall.ret = EINVAL;
	if (variant->completed)
		complete(v.vcpu);
	end(v.snp, variant->closes);
}

/* ---- guest requests ---- */

COCO_FIXTURE(cert);
FIXTURE_VARIANT(cert)
{
	struct check_row row;
	bool completed;
	uint64_t ret;
	enum closes closes;
};

#define CERT(name, ...)							\
	FIXTURE_VARIANT_ADD(cert, name)					\
	{								\
		COCO_ROW(NULL, MEM_REQS), __VA_ARGS__			\
	}

CERT(pending);
CERT(pending_vm_first, .closes = CLOSES_VM);
CERT(pending_vcpu_first, .closes = CLOSES_VCPU);
CERT(pending_memory_first, .closes = CLOSES_MEMORY);
CERT(completed, .completed = true);
CERT(too_small, .completed = true, .ret = ENOSPC);

static void guest_requests(struct guest_request *req)
{
	ghcb_register();
	guest_request_loop(req);
}

/* The first that the KVM under test speaks, or NULL. */
static const struct cert_revision *spoken(void)
{
	unsigned int i;

	for (i = 0; i < NR_CERT_REVISIONS; i++)
		if (cert_revision_cap(&cert_revisions[i]))
			return &cert_revisions[i];
	return NULL;
}

COCO_TEST_F(cert, closes)
{
	const struct cert_revision *rev = spoken();
	struct request_vm *v;
	struct kvm_vcpu *vcpu;

	if (!rev) {
		check_skip("this KVM has no certificate exit");
		return;
	}
	v = request_vm_create_bare();
	if (!EXPECT_REQ_EQ(MAIN_REQ, "enabling the exit", 0,
			   -__cert_exit_enable(v->snp->vm, rev, rev->cap_mask, 0), &names_errno))
		return;
	request_vm_add_vcpus(v, 1, guest_requests);
	snp_vm_launch(v->snp);
	vcpu = v->cpu[0].vcpu;
	if (!EXPECT_REQ_SYNC(MAIN_REQ, vcpu, STAGE_READY))
		return;
	request_prepare(&v->cpu[0], GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, 1);
	if (!EXPECT_REQ_EQ(MAIN_REQ, "KVM_RUN", 0, __vcpu_run(vcpu) ? errno : 0, &names_errno))
		return;
	if (variant->completed) {
		cert_exit_answer(rev, vcpu->run, variant->ret, NULL);
		complete(vcpu);
	}
	end(v->snp, variant->closes);
}

COCO_MAIN(snp_vm_missing)
