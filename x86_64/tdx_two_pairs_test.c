// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads of VMMs at two TDs, which share KeyIDs, the caches that are written back before
 * one is free again, and each CPU's list of vCPUs: each call of a table with each other one.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"

#include "cases/interleave.h"
#include "cases/pair_calls.h"
#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

/* Two TDs, and what the calls of two threads make of TDs that are new. */
enum who { FIRST, SECOND, NEW, NR_TDS = NEW + INTERLEAVE_CALLS };

struct machine {
	struct raw_td td[NR_TDS];
};

/* How far the second one has come. */
static enum raw_td_stage stage;

/* ---- what a thread calls ---- */

/* Nothing of it is mapped, so that the last close() is its end. */
static int close_td(struct raw_td *td)
{
	return (td->raw.vcpu < 0 ? 0 : pair_close(&td->raw.vcpu)) ?:
	       (td->raw.gmem < 0 ? 0 : pair_close(&td->raw.gmem)) ?: pair_close(&td->raw.vm);
}

/* A vCPU is loaded, on the CPU of this thread, by any ioctl of its own. */
static int load(struct raw_td *td)
{
	struct kvm_mp_state mp = {};

	return pair_vcpu_ioctl(&td->raw, KVM_GET_MP_STATE, &mp);
}

static int init_new(struct machine *m, unsigned int thread)
{
	return raw_td_go(&m->td[NEW + thread], RAW_TD_INITED);
}

PAIR_CALL(close_first, close_td(&m->td[FIRST]))
PAIR_CALL(close_second, close_td(&m->td[SECOND]))
PAIR_CALL(load_first, load(&m->td[FIRST]))
PAIR_CALL(load_second, load(&m->td[SECOND]))
PAIR_CALL(run_first, pair_run(&m->td[FIRST].raw))
PAIR_CALL(run_second, pair_run(&m->td[SECOND].raw))
PAIR_CALL(init_vm, init_new(m, thread))
PAIR_CALL(go_on, raw_td_go(&m->td[SECOND], stage + 1))
PAIR_CALL(close_vcpu, pair_close(&m->td[SECOND].raw.vcpu))

enum {
	CLOSE_1, RUN_1, LOAD_1, NEW_TD, CLOSE_2, RUN_2, LOAD_2, GO_ON, CLOSE_VCPU,
};

/* Of each TD there is one vCPU, whose mutex keeps its calls apart. */
static const struct pair_call calls[] = {
	[CLOSE_1] = { "the end of a TD", .make = close_first },
	[RUN_1] = { "KVM_RUN of a TD", .make = run_first, .vcpu = 1 },
	[LOAD_1] = { "KVM_GET_MP_STATE of a TD", .make = load_first, .vcpu = 1 },
	[NEW_TD] = { "KVM_CREATE_VM and KVM_TDX_INIT_VM of a new TD", .make = init_vm },
	[CLOSE_2] = { "the end of another TD", .make = close_second },
	[RUN_2] = { "KVM_RUN of another TD", .make = run_second, .vcpu = 2 },
	[LOAD_2] = { "KVM_GET_MP_STATE of another TD", .make = load_second, .vcpu = 2 },
	[GO_ON] = { "the next step of another TD's launch", .make = go_on },
	[CLOSE_VCPU] = { "close() of another TD's vCPU", .make = close_vcpu },
};

/* ---- the TDs, and what can be seen of them ---- */

static void setup(void *data)
{
	struct machine *m = data;
	enum who who;

	for (who = FIRST; who < NR_TDS; who++)
		raw_td_open(&m->td[who]);
	TEST_ASSERT(!raw_td_go(&m->td[FIRST], RAW_TD_FINALIZED) &&
		    !raw_td_go(&m->td[SECOND], stage), "the launch of two TDs");
}

static void end(void *data)
{
	struct machine *m = data;
	enum who who;

	for (who = FIRST; who < NR_TDS; who++)
		raw_td_close(&m->td[who]);
}

static void tell_td(const char *name, struct raw_td *td, char *text, size_t size)
{
	interleave_tell(text, size, "%s%s: stage %u", *text ? "; " : "", name, td->stage);
	if (td->raw.vcpu >= 0)
		interleave_tell(text, size, ", KVM_GET_MP_STATE %d, KVM_RUN %d", load(td),
				pair_run(&td->raw));
	if (td->raw.vm >= 0)
		interleave_tell(text, size, ", KVM_CHECK_EXTENSION %d",
				ioctl(td->raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS) > 0);
}

static void tell_state(void *data, char *text, size_t size)
{
	struct machine *m = data;
	unsigned int i;

	tell_td("first", &m->td[FIRST], text, size);
	tell_td("second", &m->td[SECOND], text, size);
	for (i = 0; i < INTERLEAVE_CALLS; i++)
		interleave_tell(text, size, "; new: stage %u, on to KVM_TDX_INIT_VM %d",
				m->td[NEW + i].stage, init_new(m, i));
}

/* ---- the pairs ---- */

COCO_FIXTURE(pair);
FIXTURE_VARIANT(pair)
{
	struct check_row row;
	enum raw_td_stage stage;
	unsigned int first, last;	/* with it and all behind it, but by default: */
	unsigned int always;
};

#define PAIRS(name, stage_, first_, last_, always_)					\
	FIXTURE_VARIANT_ADD(pair, name)							\
	{										\
		COCO_ROW(NULL, REQ_ORDER_TDS), .stage = RAW_TD_##stage_,		\
		.first = first_, .last = last_, .always = always_,			\
	}
#define WITH(call)	(1u << (call))

PAIRS(close, FINALIZED, CLOSE_1, CLOSE_1, WITH(NEW_TD));
PAIRS(run, FINALIZED, RUN_1, LOAD_1, 0);
PAIRS(new, FINALIZED, NEW_TD, NEW_TD, 0);
PAIRS(created_close, CREATED, CLOSE_1, CLOSE_1, 0);
PAIRS(created_run, CREATED, RUN_1, NEW_TD, 0);
PAIRS(vcpu_close, VCPU, CLOSE_1, CLOSE_1, 0);
PAIRS(vcpu_run, VCPU, RUN_1, NEW_TD, 0);

static const char *state_of(enum raw_td_stage at)
{
	return at == RAW_TD_FINALIZED ? "two TDs" : at == RAW_TD_CREATED ?
	       "a TD, and one before KVM_TDX_INIT_VM" : "a TD, and one before KVM_TDX_INIT_VCPU";
}

COCO_TEST_F_TIMEOUT(pair, any_order, INTERLEAVE_SECONDS)
{
	struct machine m;
	const struct pair_table table = {
		.in = state_of(variant->stage), .calls = calls, .nr = ARRAY_SIZE(calls),
		.firsts = NEW_TD + 1, .machine = &m, .setup = setup, .end = end, .state = tell_state,
		/* KVM_RUN of a TD that is down, see KERNEL-TD-ENTER-QUIET */
		.splat = "vt_cache_reg()",
	};

	stage = variant->stage;
	pairs_search(&table, check_main_req(), variant->first, variant->last,
		     variant->always);
}

static const char *missing(void)
{
	return td_vm_missing() ?: interleave_missing();
}

COCO_MAIN(missing)
