// SPDX-License-Identifier: GPL-2.0-only
/*
 * What guest and host do with several pages of a TD that change their view.
 */
#include "kvm_util.h"

#include "check/expect.h"
#include "check/state.h"
#include "tdx/td_view_check.h"
#include "tdx/td_view_use.h"

static void add_probe(struct td_probes *p, unsigned int page)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		if (p->page[i] == page)
			return;
	p->page[p->nr++] = page;
}

struct td_probes td_probe(unsigned int first, unsigned int nr)
{
	struct td_probes p = {};
	unsigned int at;

	add_probe(&p, first);
	for (at = first + TD_CHUNK_PAGES; at < first + nr; at += TD_CHUNK_PAGES) {
		add_probe(&p, at - 1);
		add_probe(&p, at);
	}
	add_probe(&p, first + nr - 1);
	return p;
}

bool td_view_start(struct tdvmcall_vm *v, struct tdvmcall_vm_options options)
{
	const char *missing = td_vm_gpaw_missing(options.gpaw ? options.gpaw : TD_GPAW_48);

	if (missing) {
		check_skip("%s", missing);
		return false;
	}
	options.map_gpa = true;
	tdvmcall_vm_create_with(v, &options);
	return true;
}

void td_host_writes(struct tdvmcall_vm *v, const struct td_probes *p, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		*td_view_host(&v->view, p->page[i]) = value | p->page[i];
}

void td_host_has(enum requirement_nr req, struct tdvmcall_vm *v, const struct td_probes *p,
		 uint64_t value)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		EXPECT_REQ_EQ(req, "the shared page as the host reads it", value | p->page[i],
			      *td_view_host(&v->view, p->page[i]), &names_value);
}

bool td_guest_writes(enum requirement_nr req, struct tdvmcall_vm *v, const struct td_probes *p,
		     bool shared, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		if (!td_view_write(req, v, p->page[i], shared, value | p->page[i]))
			return false;
	return true;
}

bool td_guest_reads(enum requirement_nr req, struct tdvmcall_vm *v, const struct td_probes *p,
		    bool shared, uint64_t wanted)
{
	const enum requirement_nr use = req == REQ_TDX_VIEW_ZERO ? REQ_TDX_VIEW : req;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < p->nr; i++) {
		if (!td_view_read(use, v, p->page[i], shared, &value))
			return false;
		EXPECT_REQ_EQ(req, shared ? "the shared page as the guest reads it" :
					    "the private page as the guest reads it",
			      wanted ? wanted | p->page[i] : 0, value, &names_value);
	}
	return true;
}

static bool guest_accepts(struct tdvmcall_vm *v, const struct td_probes *p)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		if (!td_view_accept(REQ_TDX_ACCEPT, v, p->page[i], TDX_SUCCESS))
			return false;
	return true;
}

bool td_use_private(struct tdvmcall_vm *v, const struct td_probes *p, uint64_t value)
{
	return guest_accepts(v, p) && td_guest_reads(REQ_TDX_VIEW_ZERO, v, p, false, 0) &&
	       td_guest_writes(REQ_TDX_VIEW, v, p, false, value) &&
	       td_guest_reads(REQ_TDX_VIEW, v, p, false, value);
}

bool td_use_shared(struct tdvmcall_vm *v, const struct td_probes *p)
{
	td_host_writes(v, p, TD_HOST_SHARED);
	if (!td_guest_reads(REQ_TDX_VIEW, v, p, true, TD_HOST_SHARED) ||
	    !td_guest_writes(REQ_TDX_VIEW, v, p, true, TD_GUEST_BACK))
		return false;
	td_host_has(REQ_TDX_VIEW, v, p, TD_GUEST_BACK);
	return true;
}

