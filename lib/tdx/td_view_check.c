// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expectations of a TD that changes the view of its memory, and uses it.
 */
#include <linux/kvm_para.h>

#include "kvm_util.h"
#include "processor.h"

#include "check/expect.h"
#include "check/run.h"
#include "check/state.h"
#include "tdx/td_view_check.h"
#include "tdx/tdx_check.h"

static uint64_t page_gpa(const struct tdvmcall_vm *v, unsigned int page)
{
	return v->view.gpa + page * PAGE_SIZE;
}

/* KVM_RUN up to an exit for GPA @next of a range that ends at @end; its bytes, or 0. */
static uint64_t expect_chunk(struct tdvmcall_vm *v, bool first, uint64_t next, uint64_t end,
			     bool shared)
{
	struct kvm_run *run = v->vcpu->run;

	if (!EXPECT_REQ_EXIT(first ? REQ_TDX_MAP_EXIT : REQ_TDX_MAP_DONE, v->vcpu,
			     KVM_EXIT_HYPERCALL) ||
	    !EXPECT_REQ_EQ(REQ_TDX_MAP_GPA, "args[0], the GPA", next, run->hypercall.args[0],
			   &names_gpa) ||
	    !EXPECT_REQ_EQ(REQ_TDX_MAP_VIEW, "args[2], view and page size",
			   shared ? 0 : KVM_MAP_GPA_RANGE_ENCRYPTED, run->hypercall.args[2],
			   &names_value) ||
	    !EXPECT_REQ_TRUE(REQ_TDX_MAP_SIZE, "args[1] is a number of the pages left",
			     run->hypercall.args[1] &&
			     run->hypercall.args[1] <= (end - next) / PAGE_SIZE))
		return 0;
	return run->hypercall.args[1] * PAGE_SIZE;
}

bool td_view_map(struct tdvmcall_vm *v, const struct td_view_range *range, bool shared,
		 uint64_t status)
{
	const uint64_t bit = shared ? v->td->shared_bit : 0;
	const uint64_t gpa = page_gpa(v, range->first), end = gpa + range->pages * PAGE_SIZE;
	const enum requirement_nr req = status == GHCI_SUCCESS ? REQ_TDX_MAP_DONE :
					status == GHCI_RETRY ? REQ_TDX_MAP_RETRY :
							       REQ_TDX_MAP_REFUSED;
	uint64_t next = gpa, chunk, ret;
	bool stop = false;
	unsigned int i;

	tdvmcall_prepare(v, GHCI_MAP_GPA, gpa | bit, range->pages * PAGE_SIZE, 0, 0);
	for (i = 0; next != end && !stop; i++) {
		chunk = expect_chunk(v, next == gpa, next, end, shared);
		if (!chunk)
			return false;
		stop = range->stop && i == range->stop_at;
		ret = stop ? range->stop_ret : 0;
		if (!ret) {
			td_view_convert(v->td, next, chunk, !shared, range->punch_hole);
			next += chunk;
		}
		if (stop && range->stop_hook)
			range->stop_hook(v);
		v->vcpu->run->hypercall.ret = ret;
	}
	if (range->done)
		*range->done = (next - gpa) / PAGE_SIZE;
	if (!expect_tdvmcall_answer(req, v, status))
		return false;
	return status == GHCI_SUCCESS ||
	       EXPECT_REQ_EQ(status == GHCI_RETRY ? req : REQ_TDX_MAP_STOPPED,
			     "R11, the GPA where it stopped", next | bit, v->req->out.gpr[TD_R11],
			     &names_gpa);
}

void td_view_prepare_access(struct tdvmcall_vm *v, unsigned int page, bool shared, bool write,
			    uint64_t value)
{
	tdvmcall_prepare(v, 0, 0, 0, 0, 0);
	v->req->access = write ? TD_ACCESS_WRITE : TD_ACCESS_READ;
	v->req->access_gva = (shared ? v->view.shared_gva : v->view.private_gva) + page * PAGE_SIZE;
	v->req->access_value = value;
}

void td_view_prepare_accept(struct tdvmcall_vm *v, uint64_t rcx)
{
	tdvmcall_prepare(v, 0, 0, 0, 0, 0);
	v->req->in.gpr[TD_RAX] = TDG_MEM_PAGE_ACCEPT;
	v->req->in.gpr[TD_RCX] = rcx;
}

bool td_view_write(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page, bool shared,
		   uint64_t value)
{
	td_view_prepare_access(v, page, shared, true, value);
	return EXPECT_REQ_SYNC(req, v->vcpu, TD_STAGE_ANSWERED);
}

bool td_view_read(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page, bool shared,
		  uint64_t *value)
{
	/* So that one that does not happen shows. */
	td_view_prepare_access(v, page, shared, false, ~0ull);
	if (!EXPECT_REQ_SYNC(req, v->vcpu, TD_STAGE_ANSWERED))
		return false;
	*value = v->req->access_value;
	return true;
}

bool expect_accept(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t status)
{
	const uint64_t rax = v->req->out.gpr[TD_RAX];
	/* Which operand it was is not of interest where there is no other. */
	const uint64_t got = TDX_STATUS(status) == TDX_OPERAND_INVALID ? rax : TDX_STATUS(rax);

	return EXPECT_REQ_EQ(req, "RAX of TDG.MEM.PAGE.ACCEPT", status, got, &names_tdcall);
}

bool td_view_accept(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page,
		    uint64_t status)
{
	td_view_prepare_accept(v, page_gpa(v, page));
	return EXPECT_REQ_SYNC(req, v->vcpu, TD_STAGE_ANSWERED) && expect_accept(req, v, status);
}

bool expect_memory_fault(enum requirement_nr req, struct tdvmcall_vm *v, unsigned int page,
			 bool shared)
{
	const struct kvm_run *run = v->vcpu->run;

	if (!EXPECT_REQ_RUN_ERRNO(req, v->vcpu, EFAULT) ||
	    !EXPECT_REQ_EQ(req, "exit reason", KVM_EXIT_MEMORY_FAULT,
			   run->exit_reason, &names_exit_reason))
		return false;
	EXPECT_REQ_EQ(REQ_TDX_FAULT_FLAGS, "flags", shared ? 0 : KVM_MEMORY_EXIT_FLAG_PRIVATE,
		      run->memory_fault.flags, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_FAULT_GPA, "gpa", page_gpa(v, page), run->memory_fault.gpa,
		      &names_gpa);
	EXPECT_REQ_EQ(REQ_TDX_FAULT_GPA, "size", PAGE_SIZE, run->memory_fault.size, &names_value);
	return !check_failed();
}
