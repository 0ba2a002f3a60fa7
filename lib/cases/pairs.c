// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of calls, each with each other one, see interleave.h.
 */
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"

#include "cases/interleave.h"
#include "check/case.h"
#include "check/expect.h"
#include "check/state.h"

static const struct pair_call *called[INTERLEAVE_CALLS];
/* Searches of this case that another process has made: see pairs_search(). */
static unsigned long nr_made;

static int make_call(unsigned int thread, void *data)
{
	return called[thread]->make(data, thread);
}

static enum requirement_nr req_of(const struct pair_table *t, unsigned int first,
				  unsigned int second, enum requirement_nr req)
{
	const struct pair_req *r;

	for (r = t->reqs; r && r->req; r++)
		if (r->first == first && r->second == second)
			return r->req;
	return req;
}

/*
 * After a call that stops vCPUs one that runs them waits for ever; and a vCPU's mutex keeps its
 * calls apart.
 */
static bool can_meet(const struct pair_call *one, const struct pair_call *two)
{
	if ((one->halts && !two->wakes) || (two->halts && !one->wakes))
		return false;
	if (one->vcpu && one->vcpu == two->vcpu)
		return false;
	return !(one->stops && two->waits) && !(one->waits && two->stops);
}

/* Those of the first @nr of called[]; false: nothing more is to be learnt. */
static bool search_calls(const struct pair_table *t, unsigned int nr, enum requirement_nr req)
{
	struct interleave il = {
		.req = req, .nr_threads = nr, .data = t->machine, .setup = t->setup, .end = t->end,
		.call = make_call, .state = t->state, .splat = t->splat, .at = t->at,
	};
	const unsigned long before = interleave_schedules();
	char names[256] = "";
	unsigned int i;

	if (nr_made) {
		nr_made--;
		return true;
	}
	for (i = 0; i < nr; i++) {
		il.names[i] = called[i]->name;
		il.steps |= called[i]->steps;
		interleave_tell(names, sizeof(names), "%s%s", i ? " | " : "", il.names[i]);
	}
	check_attribute_to(REQ_KERNEL_MEM_FREED, il.req);
	check_attribute_to(REQ_KERNEL_MEM_BOUNDS, il.req);
	check_attribute_to(REQ_KERNEL_MEM_LEAK, il.req);
	check_attribute_to(REQ_KERNEL_MAP_LEFT, il.req);
	check_attribute_to(REQ_KERNEL_MAP_GONE, il.req);
	check_attribute_to(REQ_KERNEL_FIRMWARE_PAGE, il.req);
	/* Of a kernel that has gone wrong nothing more is to be learnt. */
	if (!interleave_search(&il) && interleave_damaged())
		return false;
	if (getenv("COCO_RACES") || getenv("COCO_PAIR"))
		check_note("%s: %lu schedules, digest %08x", names,
			   interleave_schedules() - before, (uint32_t)interleave_digest());
	return true;
}

/* The pair in called[], with a third call, which comes no earlier in the table than @from. */
static bool search_triples(const struct pair_table *t, unsigned int from, enum requirement_nr req)
{
	unsigned int i;

	for (i = from; i < t->nr; i++) {
		called[2] = &t->calls[i];
		if (can_meet(called[0], called[2]) && can_meet(called[1], called[2]) &&
		    !search_calls(t, 3, req))
			return false;
	}
	return true;
}

/* For tools/races.sh --coverage: what this case searches, of what there is in its table. */
static void tell_pairs(const struct pair_table *t, unsigned int first, unsigned int last)
{
	unsigned int i, j;

	for (i = 0; i < (t->firsts ?: t->nr); i++)
		for (j = i; j < t->nr; j++)
			if (can_meet(&t->calls[i], &t->calls[j]))
				check_note("%s pair: %s: %s | %s",
					   i >= first && i <= last ? "searched" : "possible",
					   t->in, t->calls[i].name, t->calls[j].name);
}

/* One call with those from it on. */
static bool search_from(const struct pair_table *t, enum requirement_nr req, unsigned int first,
			unsigned int always)
{
	const char *only = getenv("COCO_PAIR");
	unsigned int i;
	bool go_on = true;

	called[0] = &t->calls[first];
	for (i = first; i < t->nr && go_on; i++) {
		called[1] = &t->calls[i];
		if (!can_meet(called[0], called[1]) || !(always & 1u << i) ||
		    (only && !strstr(called[1]->name, only)))
			continue;
		if (getenv("COCO_TRIPLES"))
			go_on = search_triples(t, i, req_of(t, first, i, req));
		else
			go_on = search_calls(t, 2, req_of(t, first, i, req));
	}
	return go_on;
}

void pairs_search(const struct pair_table *t, enum requirement_nr req, unsigned int first,
		  unsigned int last, unsigned int always)
{
	const bool all = getenv("COCO_RACES") || getenv("COCO_PAIR");
	const char *made = getenv("COCO_PAIRS_MADE");
	unsigned int i;
	bool go_on = true;

	if (getenv("COCO_PAIRS")) {
		tell_pairs(t, first, last);
		return;
	}
	if (!all && !always) {
		check_skip("none of these pairs is searched by default: make races");
		return;
	}
	nr_made = made ? strtoul(made, NULL, 10) : 0;
	/* They are told of with the schedule that makes them. */
	check_expect_splat("");
	for (i = first; i <= last && go_on && (all || i == first); i++)
		go_on = search_from(t, req, i, all ? ~0u : always);
	if (go_on && getenv("COCO_RACES"))
		check_note("all pairs of this case have been searched");
}
