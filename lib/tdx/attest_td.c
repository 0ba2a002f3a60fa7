// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs that have themselves attested.
 */
#include "kvm_util.h"

#include "check/names.h"
#include "check/state.h"
#include "check/transcript.h"
#include "guest/libkvm.h"
#include "tdx/attest_td.h"
#include "tdx/tdx_names.h"

#define BUFFER_PAGES	2
#define BOX_PAGES	((sizeof(struct td_attest) + 4095) / 4096)

static void tell(const void *guest)
{
	const struct td_attest *box = guest;

	check_note("guest: RAX of TDG.MR.REPORT %s (0x%lx), TDG.MR.VERIFYREPORT %s (0x%lx); GetQuote: "
		   "R10 %s (0x%lx), status in the buffer 0x%lx, out_len %u",
		   name_of(&names_tdcall, box->report_status), box->report_status,
		   name_of(&names_tdcall, box->verify_status), box->verify_status,
		   name_of(&names_tdvmcall, box->answer), box->answer, box->status,
		   box->quote_size);
}

void attest_td_create(struct attest_td *a, unsigned int gpaw)
{
	struct shared_mem box;
	uint64_t own;

	a->td = td_vm_create(gpaw, 1, guest_td_attest_loop);
	a->vcpu = a->td->vcpu[0];
	box = td_vm_alloc_shared(a->td, BOX_PAGES);
	a->buffer = td_vm_alloc_shared(a->td, BUFFER_PAGES);
	own = vm_alloc_page(a->td->vm);
	a->own = addr_gva2hva(a->td->vm, own);
	a->box = box.hva;
	a->box->own_gva = own;
	a->box->own_gpa = addr_gva2gpa(a->td->vm, own) & ~a->td->shared_bit;
	a->box->buffer_gva = a->buffer.gva;
	a->box->buffer_gpa = a->buffer.gpa | a->td->shared_bit;
	a->box->buffer_size = a->buffer.size;
	check_guest_view(a->td, tell, a->box);
	td_vm_set_arg(a->td, 0, box.gva);
}

void attest_td_free(struct attest_td *a)
{
	td_vm_free(a->td);
}
