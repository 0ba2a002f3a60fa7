// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SNP VM that asks for page state changes.
 */
#include <linux/kvm_para.h>

#include "kvm_util.h"
#include "processor.h"

#include "check/names.h"
#include "check/state.h"
#include "check/transcript.h"
#include "guest/libkvm.h"
#include "snp/psc_vm.h"

static void tell_answer(const void *guest)
{
	const struct psc_request *req = guest;
	uint64_t info_1 = req->answer.exit_info_1, info_2 = req->answer.exit_info_2;

	if (req->msr) {
		check_note("guest: GHCB MSR 0x%lx, asked with 0x%lx", req->answer.msr, req->msr);
		return;
	}
	check_note("guest: SW_EXITINFO1 %s (0x%lx), SW_EXITINFO2 %s (0x%lx), cur_entry %u, end_entry %u",
		   name_of(&names_info_1, info_1), info_1,
		   name_of(info_1 == GHCB_INFO1_MALFORMED ? &names_malformed : &names_psc, info_2),
		   info_2, req->answer.buffer.cur_entry, req->answer.buffer.end_entry);
}

/* Map @mem a second time, in the private view; gives the GVA. */
static uint64_t map_private(struct snp_vm *snp, const struct shared_mem *mem)
{
	uint64_t gva = vm_unused_gva_gap(snp->vm, mem->size, KVM_UTIL_MIN_VADDR);
	uint64_t at;

	shared_mem_map(snp->vm, gva, mem->gpa, mem->size / snp->vm->page_size);
	for (at = gva; at < gva + mem->size; at += snp->vm->page_size)
		*vm_get_pte(snp->vm, at) |= snp->vm->arch.c_bit;
	return gva;
}

/* But for v->pages. */
static void create(struct psc_vm *v)
{
	struct shared_mem mailbox;

	v->snp = snp_vm_create(1, guest_psc_loop);
	v->vcpu = v->snp->cpu[0].vcpu;
	v->ghcb = v->snp->cpu[0].ghcb;
	mailbox = snp_vm_alloc_shared(v->snp,
				      sizeof(struct psc_request) / v->snp->vm->page_size + 1);
	v->req = mailbox.hva;
	vcpu_args_set(v->vcpu, 1, mailbox.gva);
}

static void launch(struct psc_vm *v, bool enabled)
{
	v->private_gva = map_private(v->snp, &v->pages);
	/* libkvm maps only what is there. */
	v->nowhere_gva = map_private(v->snp, &v->pages);
	*vm_get_pte(v->snp->vm, v->nowhere_gva) ^= v->pages.gpa ^ PSC_GFN << 12;
	check_guest_view(v->snp, tell_answer, v->req);
	if (enabled)
		vm_enable_cap(v->snp->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	snp_vm_launch(v->snp);
}

void psc_vm_create(struct psc_vm *v, bool enabled)
{
	create(v);
	v->pages = snp_vm_alloc_shared(v->snp, PSC_VM_PAGES);
	launch(v, enabled);
}

void psc_vm_create_huge(struct psc_vm *v, size_t before, bool first_private)
{
	create(v);
	v->pages = shared_mem_alloc_huge(v->snp->vm, PSC_VM_PAGES, before, first_private);
	launch(v, true);
}

void psc_vm_create_updating(struct psc_vm *v, void (*updating)(struct snp_vm *snp))
{
	create(v);
	v->pages = shared_mem_alloc_huge(v->snp->vm, PSC_VM_PAGES, PSC_VM_PAGES, true);
	v->snp->updating = updating;
	launch(v, true);
}

void psc_prepare(struct psc_vm *v, uint64_t offset, uint64_t size)
{
	v->req->access = PSC_ACCESS_NONE;
	v->req->msr = 0;
	v->req->offset = offset;
	v->req->size = size;
	v->req->scratch = v->ghcb.gpa + offsetof(struct ghcb, shared_buffer) + offset;
	v->req->scratch_marked = true;
}

/* Neither an errno, nor one with other bits set. */
#define UNDEFINED_ANSWER	0x7155

/* The request is @msr, or the NAE event where that is 0. */
static bool undefined_is_refused(uint64_t msr)
{
	struct psc_vm v;
	struct kvm_run *run;
	bool refused = false;

	psc_vm_create(&v, true);
	run = v.vcpu->run;
	psc_prepare(&v, 0, sizeof(v.req->buffer));
	v.req->msr = msr;
	v.req->buffer.entries[0] = PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, PSC_GFN, 0);
	if (!__vcpu_run(v.vcpu) && run->exit_reason == KVM_EXIT_IO &&
	    !__vcpu_run(v.vcpu) && run->exit_reason == KVM_EXIT_HYPERCALL) {
		run->hypercall.ret = UNDEFINED_ANSWER;
		refused = __vcpu_run(v.vcpu) && errno == EINVAL;
	}
	errno = 0;
	snp_vm_free(v.snp);
	return refused;
}

bool psc_answers_restricted(void)
{
	bool by_msr = undefined_is_refused(GHCB_MSR_PSC(PSC_OP_PRIVATE, PSC_GFN));

	return undefined_is_refused(0) || by_msr;
}
