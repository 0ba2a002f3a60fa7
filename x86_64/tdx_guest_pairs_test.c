// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TD asks for while a thread of its VMM makes a call: each event of the TD's with each call
 * of a table.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "cases/interleave.h"
#include "cases/pair_calls.h"
#include "control.h"
#include "guest/td_calls.h"
#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

#define PAGE		RAW_VM_PAGE
/* A page of the TD's that is added when it is accessed, and one that is shared. */
#define DATA		(RAW_TD_PAGES_GPA - PAGE)
#define SHARED		RAW_TD_GPA
#define AS_SHARED(gpa)	((gpa) - TD_CALLS_MAPPED + TD_CALLS_SHARED)

/* What a TD asks to tell that it is at the event. */
#define READY_PORT	0x80

/* Intel SDM volume 3, "Spurious-Interrupt Vector Register"; x2APIC mode */
#define MSR_X2APIC_SVR	0x80fu
#define SVR_ENABLED	0x1ffu

/* Intel SDM volume 3, "Page-Table Entries" */
#define PTE_TABLE	0x003ull		/* present, writable */
#define PTE_LARGE	0x083ull

struct machine {
	struct raw_td td;		/* its vCPU is the one that asks */
	struct raw_vm ap;		/* vCPU 1: no more than its descriptor and struct kvm_run */
	int more_vcpus[INTERLEAVE_CALLS];	/* what the calls have made, or -1 */
};

/* ---- the TD ---- */

enum { TOUCH_SHARED, ACCEPT, MAP_GPA, GET_QUOTE, HALT };

#define VMCALL(leaf, r12, r13, r14)							\
	.regs.gpr = {									\
		[TD_RAX] = TDG_VP_VMCALL, [TD_RCX] = TD_PASS_STANDARD, [TD_R11] = leaf,	\
		[TD_R12] = r12, [TD_R13] = r13, [TD_R14] = r14,				\
	}

static const struct event {
	const char *name;
	struct td_calls_entry call;
	bool halts;
} events[] = {
	[TOUCH_SHARED] = { "a TD's first access to a shared page", .call.read = AS_SHARED(SHARED) },
	[ACCEPT] = {
		"TDG.MEM.PAGE.ACCEPT",
		.call.regs.gpr = { [TD_RAX] = TDG_MEM_PAGE_ACCEPT, [TD_RCX] = DATA },
	},
	[MAP_GPA] = { "TDG.VP.VMCALL<MapGPA>",
		      .call = { VMCALL(GHCI_MAP_GPA, DATA | RAW_TD_SHARED_BIT, PAGE, 0) } },
	[GET_QUOTE] = { "TDG.VP.VMCALL<GetQuote>",
			.call = { VMCALL(GHCI_GET_QUOTE, SHARED | RAW_TD_SHARED_BIT, PAGE, 0) } },
	[HALT] = { "TDG.VP.VMCALL<Instruction.HLT>",
		   .call = { VMCALL(GHCI_INSTRUCTION_HLT, 0, 0, 0) }, .halts = true },
};

static const struct event *event;

static const struct td_calls_entry
	apic_on = { VMCALL(GHCI_INSTRUCTION_WRMSR, MSR_X2APIC_SVR, SVR_ENABLED, 0) },
	ready = { VMCALL(GHCI_INSTRUCTION_IO, 1, GHCI_IO_WRITE, READY_PORT) };

/* In the VMM's view: one page is all levels, with 2 MiB pages in the last one. */
static void write_table(char *page)
{
	uint64_t *entry = (uint64_t *)page;

	memset(page, 0, PAGE);
	entry[0] = entry[3] = TD_CALLS_TABLE | PTE_TABLE;
	entry[511] = TD_CALLS_MAPPED | PTE_LARGE;
	entry[510] = TD_CALLS_MAPPED | PTE_LARGE | RAW_TD_SHARED_BIT;
}

static void write_code(char *page)
{
	struct td_calls_entry *calls = (struct td_calls_entry *)(page + TD_CALLS_LIST);

	memcpy(page, td_calls_page, TD_CALLS_SIZE);
	calls[0] = apic_on;
	calls[1] = ready;
	calls[2] = event->call;
	calls[3] = events[ACCEPT].call;
}

/* ---- what a thread calls ---- */

/* What a VMM does that agrees to it: the memory that was private goes back to the host. */
static int change_pages(struct machine *m)
{
	const struct kvm_run *run = m->td.raw.run;
	const uint64_t gpa = run->hypercall.args[0], size = run->hypercall.args[1] * PAGE;
	const struct kvm_memory_attributes attrs = { .address = gpa, .size = size };

	return pair_vm_ioctl(&m->td.raw, KVM_SET_MEMORY_ATTRIBUTES, &attrs) ?:
	       pair_punch_hole(&m->td.raw, gpa - RAW_TD_GPA);
}

/* KVM_RUN until the TD wants nothing more. */
static int run_td(struct machine *m)
{
	struct kvm_run *run = m->td.raw.run;
	int err;

	while (!(err = pair_run(&m->td.raw))) {
		if (run->exit_reason == KVM_EXIT_HYPERCALL) {
			err = change_pages(m);
			run->hypercall.ret = 0;
		} else if (run->exit_reason != TDX_EXIT_REASON) {
			break;
		}
		if (err)
			break;
	}
	return err;
}

PAIR_CALL(td, run_td(m))
PAIR_CALL(run_ap, pair_run(&m->ap))
PAIR_CALL(nmi, pair_vcpu_ioctl(&m->ap, KVM_NMI, NULL))
PAIR_CALL(halt_ap, pair_halt(&m->ap))
PAIR_CALL(pre_fault, pair_pre_fault(&m->ap, DATA))
PAIR_CALL(set_lapic, pair_set_lapic(&m->ap))
PAIR_CALL(create_vcpu, pair_create_vcpu(&m->td.raw, 2, &m->more_vcpus[thread]))
PAIR_CALL(delete_slot, pair_delete_slot(&m->td.raw))
PAIR_CALL(make_shared, pair_make_shared(&m->td.raw, DATA))
PAIR_CALL(punch_hole, pair_punch_hole(&m->td.raw, DATA - RAW_TD_GPA))
PAIR_CALL(signal_msi, pair_signal_msi(&m->td.raw))
PAIR_CALL(second_slot, pair_second_slot(&m->td.raw, PAGE))
PAIR_CALL(close_ap, pair_close(&m->ap.vcpu))
PAIR_CALL(close_gmem, pair_close(&m->td.raw.gmem))
PAIR_CALL(close_vm, pair_close(&m->td.raw.vm))

enum {
	TD, RUN_AP, NMI, HALT_AP, PRE_FAULT, LAPIC, CREATE, SLOT, ATTRS, PUNCH, MSI, SLOT_1,
	CLOSE_AP, CLOSE_GMEM, CLOSE_VM,
};

static struct pair_call calls[] = {
	[TD] = { .make = td, .vcpu = 1, .waits = true, .steps = true },	/* the rest is the event's */
	[RUN_AP] = { "KVM_RUN of vCPU 1", .make = run_ap, .vcpu = 2, .waits = true, .steps = true },
	[NMI] = { "KVM_NMI to vCPU 1", .make = nmi, .vcpu = 2 },
	[HALT_AP] = { "KVM_SET_MP_STATE of vCPU 1", .make = halt_ap, .vcpu = 2 },
	[PRE_FAULT] = { "KVM_PRE_FAULT_MEMORY by vCPU 1", .make = pre_fault, .vcpu = 2 },
	[LAPIC] = { "KVM_SET_LAPIC of vCPU 1", .make = set_lapic, .vcpu = 2 },
	[CREATE] = { "KVM_CREATE_VCPU", .make = create_vcpu },
	[SLOT] = { "KVM_SET_USER_MEMORY_REGION2, a deletion", .make = delete_slot },
	[ATTRS] = { "KVM_SET_MEMORY_ATTRIBUTES", .make = make_shared },
	[PUNCH] = { "fallocate(PUNCH_HOLE)", .make = punch_hole },
	[MSI] = { "KVM_SIGNAL_MSI", .make = signal_msi, .wakes = true },
	[SLOT_1] = { "KVM_SET_USER_MEMORY_REGION2, a second slot", .make = second_slot },
	[CLOSE_AP] = { "close() of vCPU 1", .make = close_ap },
	[CLOSE_GMEM] = { "close() of guest_memfd", .make = close_gmem },
	[CLOSE_VM] = { "close() of the VM", .make = close_vm },
};

/* ---- the machine, and what can be seen of it ---- */

static int add_ap(struct machine *m)
{
	struct tdx_cmd init = { .id = TDX_CMD_INIT_VCPU };
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_EXIT_HYPERCALL, .args = { 1u << KVM_HC_MAP_GPA_RANGE },
	};

	m->ap = (struct raw_vm){ .kvm = m->td.raw.kvm };
	m->ap.vcpu = ioctl(m->td.raw.vm, KVM_CREATE_VCPU, 1);
	return raw_errno(m->ap.vcpu) ?: raw_td_set_cpuid(&m->td, m->ap.vcpu) ?:
	       pair_vcpu_ioctl(&m->ap, KVM_MEMORY_ENCRYPT_OP, &init) ?: raw_vm_map_run(&m->ap) ?:
	       pair_vm_ioctl(&m->td.raw, KVM_ENABLE_CAP, &cap);
}

static void setup(void *data)
{
	struct machine *m = data;

	memset(m->more_vcpus, -1, sizeof(m->more_vcpus));
	raw_td_open(&m->td);
	write_table(m->td.raw.mem + TD_CALLS_TABLE - RAW_TD_GPA);
	write_code(m->td.raw.mem + TD_CALLS_GPA - RAW_TD_GPA);
	TEST_ASSERT(!raw_td_go(&m->td, RAW_TD_VCPU_INITED) && !add_ap(m) &&
		    !raw_td_go(&m->td, RAW_TD_FINALIZED) && !raw_vm_map_run(&m->td.raw),
		    "the launch: stage %d", m->td.stage);
	TEST_ASSERT(!pair_run(&m->td.raw) && m->td.raw.run->exit_reason == KVM_EXIT_IO,
		    "the TD up to the event: exit %u", m->td.raw.run->exit_reason);
}

static void end(void *data)
{
	struct machine *m = data;

	pair_close_all(m->more_vcpus, INTERLEAVE_CALLS);
	munmap(m->ap.run, m->ap.run_size);
	if (m->ap.vcpu >= 0)
		close(m->ap.vcpu);
	raw_td_close(&m->td);
}

static void tell_state(void *data, char *text, size_t size)
{
	struct machine *m = data;
	struct kvm_mp_state mp = {};

	interleave_tell(text, size, "exits %u, %u", m->td.raw.run->exit_reason,
			m->ap.run->exit_reason);
	interleave_tell(text, size, "; KVM_GET_MP_STATE %d, %u",
			pair_vcpu_ioctl(&m->td.raw, KVM_GET_MP_STATE, &mp), mp.mp_state);
	if (m->td.raw.vm >= 0)
		interleave_tell(text, size, "; KVM_CREATE_VCPU %d",
				create_vcpu(m, m->more_vcpus[0] >= 0));
}

/* ---- the pairs ---- */

COCO_FIXTURE(pair);
FIXTURE_VARIANT(pair)
{
	struct check_row row;
	unsigned int event;
	unsigned int always;		/* calls that it meets by default, as bits */
};

#define PAIRS(name, event_, always_)							\
	FIXTURE_VARIANT_ADD(pair, name)							\
	{										\
		COCO_ROW(NULL, REQ_ORDER_TD_GUEST), .event = event_, .always = always_,	\
	}
#define WITH(call)	(1u << (call))

PAIRS(touch_shared, TOUCH_SHARED, 0);
PAIRS(accept, ACCEPT, WITH(PUNCH) | WITH(SLOT));
PAIRS(map_gpa, MAP_GPA, 0);
PAIRS(get_quote, GET_QUOTE, 0);
PAIRS(halt, HALT, WITH(MSI));

COCO_TEST_F_TIMEOUT(pair, any_order, INTERLEAVE_SECONDS)
{
	struct machine m;
	const struct pair_table table = {
		.in = "in the TD", .calls = calls, .nr = ARRAY_SIZE(calls), .firsts = 1,
		.machine = &m, .setup = setup, .end = end, .state = tell_state,
	};

	event = &events[variant->event];
	calls[TD].name = event->name;
	calls[TD].halts = event->halts;
	/* Where there is no slot a shared access is a #VE, which an engine cannot deliver. */
	calls[SLOT].stops = variant->event == TOUCH_SHARED;
	pairs_search(&table, check_main_req(), TD, TD, variant->always);
}

static const char *missing(void)
{
	return td_vm_missing() ?: interleave_missing();
}

COCO_MAIN(missing)
