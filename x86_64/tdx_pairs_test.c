// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads of a VMM at one TD: each call of a table with each other one, in each state of a
 * launch.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "cases/interleave.h"
#include "cases/pair_calls.h"
#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

struct machine {
	struct raw_td td;
	int second;			/* vCPU 1, created and with its CPUID, or -1 */
	int more_vcpus[INTERLEAVE_CALLS];	/* what the calls have made, or -1 */
};

static enum raw_td_stage stage;

/* ---- what a thread calls ---- */

/* The page before those that the launch adds, which is the TD's, too. */
#define OTHER_PAGE	(RAW_TD_PAGES_GPA - RAW_VM_PAGE)

static int command(int fd, uint32_t id, const void *data)
{
	struct tdx_cmd cmd = { .id = id, .data = (uint64_t)data };

	return raw_errno(ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &cmd));
}

static int add_page(struct machine *m)
{
	struct tdx_mem_region page = { (uint64_t)m->td.raw.mem, OTHER_PAGE, 1 };

	return command(m->td.raw.vcpu, TDX_CMD_INIT_MEM_REGION, &page);
}

static int cpuid_of(struct machine *m)
{
	struct kvm_cpuid2 *cpuid = allocate_kvm_cpuid2(TDX_MAX_CPUID);
	int err = command(m->td.raw.vcpu, TDX_CMD_GET_CPUID, cpuid);

	free(cpuid);
	return err;
}

PAIR_CALL(finalize, command(m->td.raw.vm, TDX_CMD_FINALIZE_VM, NULL))
PAIR_CALL(init_vcpu, command(m->second, TDX_CMD_INIT_VCPU, NULL))
PAIR_CALL(init_region, add_page(m))
PAIR_CALL(get_cpuid, cpuid_of(m))
PAIR_CALL(create_vcpu, pair_create_vcpu(&m->td.raw, 2, &m->more_vcpus[thread]))
PAIR_CALL(run, pair_run(&m->td.raw))
PAIR_CALL(set_mp_state, pair_halt(&m->td.raw))
PAIR_CALL(nmi, pair_vcpu_ioctl(&m->td.raw, KVM_NMI, NULL))
PAIR_CALL(pre_fault, pair_pre_fault(&m->td.raw, OTHER_PAGE - RAW_VM_PAGE))
PAIR_CALL(delete_slot, pair_delete_slot(&m->td.raw))
PAIR_CALL(make_shared, pair_make_shared(&m->td.raw, OTHER_PAGE))
PAIR_CALL(punch_hole, pair_punch_hole(&m->td.raw, RAW_TD_PAGES_GPA - RAW_TD_GPA))
PAIR_CALL(punch_other, pair_punch_hole(&m->td.raw, OTHER_PAGE - RAW_TD_GPA))
PAIR_CALL(set_lapic, pair_set_lapic(&m->td.raw))
PAIR_CALL(signal_msi, pair_signal_msi(&m->td.raw))
PAIR_CALL(second_slot, pair_second_slot(&m->td.raw, RAW_VM_PAGE))
PAIR_CALL(close_vcpu, pair_close(&m->td.raw.vcpu))
PAIR_CALL(close_gmem, pair_close(&m->td.raw.gmem))
PAIR_CALL(close_vm, pair_close(&m->td.raw.vm))

enum {
	FINALIZE, INIT_VCPU, REGION, GET_CPUID, CREATE, RUN, MP_STATE, NMI, PRE_FAULT, SLOT, ATTRS,
	PUNCH, PUNCH_OTHER, LAPIC, MSI, SLOT_1, CLOSE_VCPU, CLOSE_GMEM, CLOSE_VM,
};

static const struct pair_call calls[] = {
	[FINALIZE] = { "KVM_TDX_FINALIZE_VM", .make = finalize },
	[INIT_VCPU] = { "KVM_TDX_INIT_VCPU", .make = init_vcpu },
	[REGION] = { "KVM_TDX_INIT_MEM_REGION", .make = init_region },
	[GET_CPUID] = { "KVM_TDX_GET_CPUID", .make = get_cpuid },
	[CREATE] = { "KVM_CREATE_VCPU", .make = create_vcpu },
	[RUN] = { "KVM_RUN", .make = run, .vcpu = 1, .waits = true },
	[MP_STATE] = { "KVM_SET_MP_STATE", .make = set_mp_state, .vcpu = 1, .stops = true },
	[NMI] = { "KVM_NMI", .make = nmi, .vcpu = 1 },
	[PRE_FAULT] = { "KVM_PRE_FAULT_MEMORY", .make = pre_fault, .vcpu = 1 },
	[SLOT] = { "KVM_SET_USER_MEMORY_REGION2, a deletion", .make = delete_slot },
	[ATTRS] = { "KVM_SET_MEMORY_ATTRIBUTES", .make = make_shared },
	[PUNCH] = { "fallocate(PUNCH_HOLE) of a page of the launch", .make = punch_hole },
	[PUNCH_OTHER] = { "fallocate(PUNCH_HOLE) of another page", .make = punch_other },
	[LAPIC] = { "KVM_SET_LAPIC", .make = set_lapic, .vcpu = 1 },
	[MSI] = { "KVM_SIGNAL_MSI", .make = signal_msi },
	[SLOT_1] = { "KVM_SET_USER_MEMORY_REGION2, a second slot", .make = second_slot },
	[CLOSE_VCPU] = { "close() of the vCPU", .make = close_vcpu },
	[CLOSE_GMEM] = { "close() of guest_memfd", .make = close_gmem },
	[CLOSE_VM] = { "close() of the VM", .make = close_vm },
};

static const struct pair_req reqs[] = {
	{ FINALIZE, PUNCH, REQ_ORDER_TD_FINALIZE },
	{ FINALIZE, PUNCH_OTHER, REQ_ORDER_TD_FINALIZE },
	{ FINALIZE, SLOT, REQ_ORDER_TD_FINALIZE },
	{ FINALIZE, ATTRS, REQ_ORDER_TD_FINALIZE },
	{ FINALIZE, CLOSE_GMEM, REQ_ORDER_TD_FINALIZE },
	{}
};

/* ---- the TD, and what can be seen of it ---- */

static void setup(void *data)
{
	struct machine *m = data;

	m->second = -1;
	memset(m->more_vcpus, -1, sizeof(m->more_vcpus));
	raw_td_open(&m->td);
	TEST_ASSERT(!raw_td_go(&m->td, RAW_TD_VCPU_INITED) && !raw_vm_map_run(&m->td.raw),
		    "the launch up to the vCPU");
	/* The last vCPU is made in a launch's way, where there is one. */
	m->second = ioctl(m->td.raw.vm, KVM_CREATE_VCPU, 1);
	TEST_ASSERT(m->second >= 0 && !raw_td_set_cpuid(&m->td, m->second) &&
		    !raw_td_go(&m->td, stage), "the rest of the launch");
}

static void end(void *data)
{
	struct machine *m = data;

	if (m->second >= 0)
		close(m->second);
	pair_close_all(m->more_vcpus, INTERLEAVE_CALLS);
	raw_td_close(&m->td);
}

static void tell_state(void *data, char *text, size_t size)
{
	struct machine *m = data;
	struct kvm_mp_state mp = {};
	const struct kvm_run *kvm_run = m->td.raw.run;

	interleave_tell(text, size, "last exit %u", kvm_run->exit_reason);
	interleave_tell(text, size, "; KVM_TDX_INIT_VCPU %d", init_vcpu(m, 0));
	if (m->td.raw.vcpu >= 0) {
		interleave_tell(text, size, "; KVM_TDX_GET_CPUID %d", cpuid_of(m));
		interleave_tell(text, size, "; KVM_GET_MP_STATE %d, %u",
				pair_vcpu_ioctl(&m->td.raw, KVM_GET_MP_STATE, &mp), mp.mp_state);
		interleave_tell(text, size, "; KVM_TDX_INIT_MEM_REGION %d", add_page(m));
	}
	if (m->td.raw.vm >= 0)
		interleave_tell(text, size, "; KVM_TDX_FINALIZE_VM %d", finalize(m, 0));
	/* A TD that is down stays down. */
	if (m->td.raw.vcpu >= 0 && mp.mp_state == KVM_MP_STATE_RUNNABLE &&
	    kvm_run->exit_reason != KVM_EXIT_SHUTDOWN) {
		interleave_tell(text, size, "; KVM_RUN %d", run(m, 0));
		interleave_tell(text, size, ", exit %u", kvm_run->exit_reason);
	}
	if (m->td.raw.vm >= 0)
		interleave_tell(text, size, "; KVM_CREATE_VCPU %d",
				create_vcpu(m, m->more_vcpus[0] >= 0));
}

/* ---- the pairs ---- */

COCO_FIXTURE(pair);
FIXTURE_VARIANT(pair)
{
	struct check_row row;
	enum raw_td_stage stage;
	unsigned int first, last;	/* with it and all behind it, but by default: */
	unsigned int always;
	const char *at;			/* see struct interleave; about one requirement then */
};

#define PAIRS(name, req, stage_, first_, last_, always_, ...)					\
	FIXTURE_VARIANT_ADD(pair, name)							\
	{										\
		COCO_ROW(NULL, req, ##__VA_ARGS__), .stage = RAW_TD_##stage_,		\
		.first = first_, .last = last_, .always = always_,					\
	}
#define TD		REQ_ORDER_TD
#define WITH(call)	(1u << (call))

PAIRS(finalize, TD, REGION, FINALIZE, FINALIZE,
      WITH(INIT_VCPU) | WITH(REGION) | WITH(CREATE) | WITH(RUN) | WITH(PUNCH),
      REQ_ORDER_TD_FINALIZE);
PAIRS(init_vcpu, TD, REGION, INIT_VCPU, INIT_VCPU, WITH(PUNCH));
PAIRS(region, TD, REGION, REGION, REGION, WITH(RUN) | WITH(PUNCH_OTHER) | WITH(SLOT));
PAIRS(get_cpuid, TD, REGION, GET_CPUID, GET_CPUID, 0);
PAIRS(create_vcpu, TD, REGION, CREATE, CREATE, 0);
PAIRS(run, TD, REGION, RUN, NMI, 0);
PAIRS(pre_fault, TD, REGION, PRE_FAULT, PRE_FAULT, 0);
PAIRS(slot, TD, REGION, SLOT, SLOT, 0);
PAIRS(attrs, TD, REGION, ATTRS, ATTRS, 0);
PAIRS(punch, TD, REGION, PUNCH, PUNCH_OTHER, 0);
PAIRS(lapic, TD, REGION, LAPIC, CLOSE_VM, 0);
PAIRS(finalized_finalize, TD, FINALIZED, FINALIZE, FINALIZE, 0);
PAIRS(finalized_init_vcpu, TD, FINALIZED, INIT_VCPU, GET_CPUID, 0);
PAIRS(finalized_create_vcpu, TD, FINALIZED, CREATE, CREATE, 0);
PAIRS(finalized_run, TD, FINALIZED, RUN, MP_STATE, WITH(SLOT));
PAIRS(finalized_nmi, TD, FINALIZED, NMI, NMI, 0);
PAIRS(finalized_pre_fault, TD, FINALIZED, PRE_FAULT, PRE_FAULT, WITH(SLOT));
PAIRS(finalized_slot, TD, FINALIZED, SLOT, SLOT, 0);
PAIRS(finalized_attrs, TD, FINALIZED, ATTRS, ATTRS, 0);
PAIRS(finalized_punch, TD, FINALIZED, PUNCH, PUNCH_OTHER, 0);
PAIRS(finalized_lapic, TD, FINALIZED, LAPIC, CLOSE_VM, 0);

/* A search of all switches ends at TDH.MR.FINALIZE itself, before that of this requirement. */
FIXTURE_VARIANT_ADD(pair, finalize_track)
{
	COCO_ROW(NULL, REQ_ORDER_TD_TRACK), .stage = RAW_TD_REGION, .first = FINALIZE, .last = FINALIZE,
	.always = WITH(PUNCH), .at = CONTROL_TD_LOCK,
};

COCO_TEST_F_TIMEOUT(pair, any_order, INTERLEAVE_SECONDS)
{
	struct machine m;
	const struct pair_table table = {
		.in = variant->stage == RAW_TD_FINALIZED ? "finalized" : "before it is finalized",
		.calls = calls, .nr = ARRAY_SIZE(calls), .reqs = variant->at ? NULL : reqs,
		.machine = &m, .at = variant->at,
		.setup = setup, .end = end, .state = tell_state,
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
