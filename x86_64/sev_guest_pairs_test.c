// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads of a VMM at an SEV-ES guest one of whose exits has not been answered yet: KVM_RUN,
 * which completes the exit, with each call of a table.  One takes the guest over into another
 * VM, with all that KVM has of it, the GHCB and a copy of its scratch area among that.
 *
 * The guest is a few instructions, which write no memory: the VMM fills in the GHCB.
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
#include "cases/pair_guest.h"
#include "control.h"
#include "guest/ghcb.h"
#include "snp/raw_sev.h"
#include "snp/snp_vm.h"

/* GPAs: behind the pages of the launch, shared */
#define PAGE		RAW_VM_PAGE
#define GHCB		(4 * PAGE)
#define SCRATCH		(5 * PAGE)
#define IN_BUFFER	(GHCB + offsetof(struct ghcb, shared_buffer))

#define MMIO_GPA	0xfed00000ull	/* nothing is there */
#define PORT		0x1234

/* The guest's VM, and one of its kind that has none yet, with a vCPU each. */
enum who { OWNER, NEW, NR_VMS };

struct machine {
	struct raw_snp vm[NR_VMS];
	int more_vcpus[INTERLEAVE_CALLS];	/* what the calls have made, or -1 */
};

/* ---- the guest ---- */

struct event {
	const char *name;
	uint64_t code, info_1, info_2, scratch;
};

/* Version 1 of the GHCB protocol has scratch areas outside of the GHCB, too. */
static const struct event events[] = {
	{ "an MMIO read", GHCB_NAE_MMIO_READ, MMIO_GPA, 8, IN_BUFFER },
	{ "an MMIO read to a scratch area", GHCB_NAE_MMIO_READ, MMIO_GPA, 8, SCRATCH },
	{ "INS", GHCB_NAE_IOIO, GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE_32 |
	  GHCB_IOIO_REP | GHCB_IOIO_STRING | GHCB_IOIO_IN, 4, IN_BUFFER },
	{ "INS to a scratch area", GHCB_NAE_IOIO, GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 |
	  GHCB_IOIO_SIZE_32 | GHCB_IOIO_REP | GHCB_IOIO_STRING | GHCB_IOIO_IN, 4, SCRATCH },
	{ "IN", GHCB_NAE_IOIO, GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE_32 |
	  GHCB_IOIO_IN, 0, IN_BUFFER },
};

static const struct event *event;

/* WRMSR of what is in EDX:EAX to the GHCB MSR, with what marks it as that one, and VMGEXIT */
#define VMGEXIT									\
	0xb9, 0x30, 0x01, 0x01, 0xc0,			/* mov $GHCB, %ecx */	\
	0x0f, 0x30, 0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x76, 0x6d, 0x21,		\
	0xf3, 0x0f, 0x01, 0xd9

static const uint8_t code[] = {
	0x31, 0xd2,					/* xor %edx, %edx */
	0xb8, (uint8_t)GHCB, (uint8_t)(GHCB >> 8), (uint8_t)(GHCB >> 16), 0,	/* mov, %eax */
	VMGEXIT,
	0xb8, GHCB_MSR_TERM_REQ & 0xff, GHCB_MSR_TERM_REQ >> 8, 0, 0,
	VMGEXIT,
	0x0f, 0x0b,					/* ud2: without an IDT the end */
};

static void fill_ghcb(struct ghcb *ghcb)
{
	memset(ghcb, 0, sizeof(*ghcb));
	ghcb->protocol_version = 1;
	ghcb_set(ghcb, sw_exit_code, event->code);
	ghcb_set(ghcb, sw_exit_info_1, event->info_1);
	ghcb_set(ghcb, sw_exit_info_2, event->info_2);
	ghcb_set(ghcb, rax, 0);
	ghcb_set(ghcb, sw_scratch, event->scratch);
}

/* ---- what a thread calls ---- */

static int take(struct machine *m, uint32_t cap)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { m->vm[OWNER].raw.vm } };

	return raw_errno(ioctl(m->vm[NEW].raw.vm, KVM_ENABLE_CAP, &enable));
}

static int move(struct machine *m)
{
	return take(m, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM);
}

static int move_and_close(struct machine *m)
{
	return move(m) ?: pair_close(&m->vm[NEW].raw.vcpu) ?: pair_close(&m->vm[NEW].raw.vm);
}

static const struct kvm_regs regs = { .rflags = 2, .rbx = 0x1234 };

PAIR_CALL(run_owner, pair_run(&m->vm[OWNER].raw))
PAIR_CALL(move_only, move(m))
PAIR_CALL(move_close, move_and_close(m))
PAIR_CALL(copy, take(m, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM))
PAIR_CALL(region, raw_snp_region(&m->vm[OWNER], KVM_MEMORY_ENCRYPT_REG_REGION,
				 m->vm[OWNER].raw.mem, PAGE))
PAIR_CALL(create_vcpu, pair_create_vcpu(&m->vm[OWNER].raw, 1, &m->more_vcpus[thread]))
PAIR_CALL(signal_msi, pair_signal_msi(&m->vm[OWNER].raw))
PAIR_CALL(close_vcpu, pair_close(&m->vm[OWNER].raw.vcpu))
PAIR_CALL(close_vm, pair_close(&m->vm[OWNER].raw.vm))
PAIR_CALL(set_regs, pair_vcpu_ioctl(&m->vm[OWNER].raw, KVM_SET_REGS, &regs))

enum {
	RUN, MOVE, MOVE_CLOSE, COPY, REGION, CREATE, MSI, CLOSE_VCPU, CLOSE_VM, REGS,
};

static struct pair_call calls[] = {
	/* The rest of its name is the event's.  The guest runs on. */
	[RUN] = { .make = run_owner, .vcpu = 1, .steps = true },
	[MOVE] = { "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", .make = move_only },
	[MOVE_CLOSE] = { "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, and close() of the new VM",
			 .make = move_close },
	[COPY] = { "KVM_CAP_VM_COPY_ENC_CONTEXT_FROM", .make = copy },
	[REGION] = { "KVM_MEMORY_ENCRYPT_REG_REGION", .make = region },
	[CREATE] = { "KVM_CREATE_VCPU", .make = create_vcpu },
	[MSI] = { "KVM_SIGNAL_MSI", .make = signal_msi },
	[CLOSE_VCPU] = { "close() of the vCPU", .make = close_vcpu },
	[CLOSE_VM] = { "close() of the VM", .make = close_vm },
	[REGS] = { "KVM_SET_REGS", .make = set_regs, .vcpu = 1 },
};

static const struct pair_req reqs[] = {
	{ RUN, MOVE, REQ_ORDER_SEV_DEAD_VCPU },
	{ RUN, MOVE_CLOSE, REQ_ORDER_SEV_DEAD_VCPU },
	{}
};

/* ---- the VMs, and what can be seen of them ---- */

/* Ordinary VMs: a context that KVM_X86_SEV_ES_VM has taken over never runs, see SEV-MOVE-RUN-INIT2. */
static int make_vm(struct raw_snp *vm)
{
	return raw_vm_create(&vm->raw, 0);
}

static int make_owner(struct raw_snp *vm)
{
	struct kvm_sev_launch_update_data update = {
		.uaddr = (uint64_t)vm->raw.mem + PAIR_GUEST_CODE, .len = PAGE,
	};

	memcpy(vm->raw.mem + PAIR_GUEST_CODE, code, sizeof(code));
	pair_guest_map(vm->raw.mem + PAIR_GUEST_TABLE);
	fill_ghcb((void *)(vm->raw.mem + GHCB));
	return make_vm(vm) ?: raw_snp_cmd(vm, KVM_SEV_ES_INIT, NULL) ?: raw_sev_add_memory(vm) ?:
	       raw_vm_add_vcpu(&vm->raw) ?: pair_guest_start(vm->raw.vcpu, PAIR_GUEST_CODE) ?:
	       raw_sev_start(vm, RAW_SEV_ES) ?:
	       raw_snp_cmd(vm, KVM_SEV_LAUNCH_UPDATE_DATA, &update) ?: raw_sev_finish(vm, true) ?:
	       raw_vm_map_run(&vm->raw) ?: pair_run(&vm->raw);
}

static int make_new(struct raw_snp *vm, const struct raw_snp *owner)
{
	struct raw_snp with = { .raw = { .mem = owner->raw.mem } };
	int err = make_vm(vm);

	with.raw.vm = vm->raw.vm;
	return err ?: raw_sev_add_memory(&with) ?: raw_vm_add_vcpu(&vm->raw) ?:
	       pair_vcpu_ioctl(&vm->raw, KVM_SET_CPUID2, kvm_get_supported_cpuid());
}

static void setup(void *data)
{
	struct machine *m = data;
	const struct kvm_run *run;
	enum who who;

	memset(m->more_vcpus, -1, sizeof(m->more_vcpus));
	for (who = OWNER; who < NR_VMS; who++)
		raw_snp_open(&m->vm[who]);
	TEST_ASSERT(!make_owner(&m->vm[OWNER]) && !make_new(&m->vm[NEW], &m->vm[OWNER]),
		    "the guest up to there");
	run = m->vm[OWNER].raw.run;
	TEST_ASSERT(run->exit_reason == KVM_EXIT_IO || run->exit_reason == KVM_EXIT_MMIO,
		    "exit %u in place of the guest's", run->exit_reason);
}

static void end(void *data)
{
	struct machine *m = data;
	unsigned int i;

	pair_close_all(m->more_vcpus, INTERLEAVE_CALLS);
	for (i = 0; i < NR_VMS; i++)
		raw_snp_close(&m->vm[i]);
}

static void tell_state(void *data, char *text, size_t size)
{
	struct machine *m = data;

	interleave_tell(text, size, "exit %u", m->vm[OWNER].raw.run->exit_reason);
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
		COCO_ROW(NULL, REQ_ORDER_SEV_VCPU, REQ_ORDER_SEV_DEAD_VCPU), .event = event_,	\
		.always = always_,							\
	}
#define WITH(call)	(1u << (call))

PAIRS(mmio, 0, 0);
PAIRS(mmio_scratch, 1, WITH(MOVE_CLOSE));
PAIRS(ins, 2, WITH(MOVE_CLOSE));
PAIRS(ins_scratch, 3, 0);
PAIRS(in, 4, 0);

COCO_TEST_F_TIMEOUT(pair, any_order, INTERLEAVE_SECONDS)
{
	static char name[64];
	struct machine m;
	const struct pair_table table = {
		.in = "with an exit", .calls = calls, .nr = ARRAY_SIZE(calls), .firsts = 1,
		.reqs = reqs, .machine = &m, .setup = setup, .end = end, .state = tell_state,
		/* The guest's scratch area, see GHCB-V1-SLEEP */
		.splat = "sleeping function called from invalid context",
	};

	event = &events[variant->event];
	snprintf(name, sizeof(name), "KVM_RUN that completes %s", event->name);
	calls[RUN].name = name;
	pairs_search(&table, check_main_req(), RUN, RUN, variant->always);
}

static const char *missing(void)
{
	return snp_vm_missing() ?: raw_sev_missing() ?: interleave_missing();
}

COCO_MAIN(missing)
