// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD that makes TDCALLs for the host.
 */
#include <linux/kvm_para.h>
#include <string.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "check/names.h"
#include "check/run.h"
#include "check/state.h"
#include "check/transcript.h"
#include "tdx/tdvmcall_vm.h"

/* What it asked last, and what it knows of the answer. */
static void tell_answer(const void *guest)
{
	const struct td_request *req = guest;
	const uint64_t *in = req->in.gpr, *out = req->out.gpr;

	if (req->access == TD_ACCESS_WRITE)
		check_note("guest: vCPU %lu: writes 0x%lx to GVA 0x%lx", req->vcpu,
			   req->access_value, req->access_gva);
	else if (req->access)
		check_note("guest: vCPU %lu: reads GVA 0x%lx: 0x%lx", req->vcpu, req->access_gva,
			   req->access_value);
	else if (in[TD_RCX] && out[TD_RAX] == ~TD_FILL(TD_RAX))
		check_note("guest: vCPU %lu: TDCALL 0x%lx, RCX 0x%lx, R11 0x%lx: no answer",
			   req->vcpu, in[TD_RAX], in[TD_RCX], in[TD_R11]);
	else if (in[TD_RCX] && in[TD_RAX] != TDG_VP_VMCALL)
		check_note("guest: vCPU %lu: TDCALL 0x%lx, RCX 0x%lx: RAX %s (0x%lx)", req->vcpu,
			   in[TD_RAX], in[TD_RCX], name_of(&names_tdcall, out[TD_RAX]),
			   out[TD_RAX]);
	else if (in[TD_RCX])
		check_note("guest: vCPU %lu: R11 %s (0x%lx), R12 0x%lx, R13 0x%lx: RAX %s (0x%lx), "
			   "R10 %s (0x%lx), R11 0x%lx", req->vcpu,
			   name_of(&names_leaf, in[TD_R11]), in[TD_R11], in[TD_R12], in[TD_R13],
			   name_of(&names_tdcall, out[TD_RAX]), out[TD_RAX],
			   name_of(&names_tdvmcall, out[TD_R10]), out[TD_R10], out[TD_R11]);
	/* Else it was never asked to. */
}

void tdvmcall_vm_create_with(struct tdvmcall_vm *v, const struct tdvmcall_vm_options *options)
{
	const unsigned int nr_vcpus = options->nr_vcpus ? options->nr_vcpus : 1;
	unsigned int id;

	memset(v, 0, sizeof(*v));
	v->td = td_vm_create_with(options->gpaw ? options->gpaw : TD_GPAW_48, nr_vcpus,
				  guest_td_loop, options->caps);
	for (id = 0; id < nr_vcpus; id++) {
		struct shared_mem mailbox = td_vm_alloc_shared(v->td, 1);

		v->reqs[id] = mailbox.hva;
		v->reqs[id]->vcpu = id;
		check_guest_view(v->td, tell_answer, v->reqs[id]);
		td_vm_set_arg(v->td, id, mailbox.gva);
	}
	if (options->buffer_pages)
		v->buffer = td_vm_alloc_shared(v->td, options->buffer_pages);
	if (options->view_pages)
		td_view_add(v->td, &v->view, options->view_pages, options->view_private);
	if (options->map_gpa)
		vm_enable_cap(v->td->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	if (options->before_launch)
		options->before_launch(v);
	td_vm_launch(v->td);
	tdvmcall_vm_select(v, 0);
}

void tdvmcall_vm_create(struct tdvmcall_vm *v, unsigned int gpaw, size_t buffer_pages)
{
	const struct tdvmcall_vm_options options = { .gpaw = gpaw, .buffer_pages = buffer_pages };

	tdvmcall_vm_create_with(v, &options);
}

void tdvmcall_vm_free(struct tdvmcall_vm *v)
{
	td_vm_free(v->td);
}

void tdvmcall_vm_select(struct tdvmcall_vm *v, unsigned int id)
{
	v->vcpu = v->td->vcpu[id];
	v->req = v->reqs[id];
}

#define STALE	0xa5

void tdvmcall_prepare(struct tdvmcall_vm *v, uint64_t leaf, uint64_t r12, uint64_t r13,
		      uint64_t r14, uint64_t r15)
{
	uint64_t *gpr = v->req->in.gpr;
	unsigned int i;

	for (i = 0; i < TD_NR_GPRS; i++) {
		gpr[i] = TD_FILL(i);
		v->req->out.gpr[i] = ~TD_FILL(i);
	}
	gpr[TD_RAX] = TDG_VP_VMCALL;
	gpr[TD_RCX] = TD_PASS_STANDARD;
	gpr[TD_R10] = 0;
	gpr[TD_R11] = leaf;
	gpr[TD_R12] = r12;
	gpr[TD_R13] = r13;
	gpr[TD_R14] = r14;
	gpr[TD_R15] = r15;
	v->req->fill_len = v->req->wait_gva = v->req->polls = v->req->sum_len = 0;
	v->req->access = TD_ACCESS_NONE;
	/* What an exit has 0 for is 0 whatever the VMM has left there. */
	memset(v->vcpu->run->padding, STALE, sizeof(v->vcpu->run->padding));
}

/* Intel SDM volume 3, "Spurious-Interrupt Vector Register"; x2APIC mode */
#define MSR_X2APIC_SVR		0x80fu
#define SVR_ENABLED		0x1ffu

void tdvmcall_enable_apic(struct tdvmcall_vm *v)
{
	struct ucall uc;
	int err;

	tdvmcall_prepare(v, GHCI_INSTRUCTION_WRMSR, MSR_X2APIC_SVR, SVR_ENABLED, 0, 0);
	err = check_run(v->vcpu);
	TEST_ASSERT(!err && get_ucall(v->vcpu, &uc) == UCALL_SYNC &&
		    uc.args[1] == TD_STAGE_ANSWERED && v->req->out.gpr[TD_R10] == GHCI_SUCCESS,
		    "the TD cannot enable its local APIC: KVM_RUN %s, R10 0x%lx", strerror(err),
		    v->req->out.gpr[TD_R10]);
}
