// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads of a VMM at one SNP VM: each call of a table with each other one, in each state
 * of a launch.
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
#include "cases/pair_guest.h"
#include "control.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
static const uint8_t ud2[] = { 0x0f, 0x0b };

#define OTHER_RIP	PAIR_GUEST_VA(PAIR_GUEST_CODE + 0x100)

struct machine {
	struct raw_snp snp;
	int more_vcpus[INTERLEAVE_CALLS];	/* descriptors that the calls have made, or -1 */
};

/* ---- what a thread calls ---- */

static int on_vcpu(struct machine *m, unsigned long cmd, const void *arg)
{
	return pair_vcpu_ioctl(&m->snp.raw, cmd, arg);
}

static int set_star(struct machine *m)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { .head.nmsrs = 1, .entry = { .index = MSR_STAR, .data = 0x1234 } };
	const int ret = ioctl(m->snp.raw.vcpu, KVM_SET_MSRS, &msrs);

	return ret < 0 ? errno : ret ? 0 : EPERM;
}

static int set_cr2(struct machine *m)
{
	struct kvm_sregs sregs = {};
	const int err = on_vcpu(m, KVM_GET_SREGS, &sregs);

	sregs.cr2 = 0x5678000;
	return err ?: on_vcpu(m, KVM_SET_SREGS, &sregs);
}

static int mask_nmi(struct machine *m)
{
	struct kvm_vcpu_events events = {};
	const int err = on_vcpu(m, KVM_GET_VCPU_EVENTS, &events);

	events.nmi.masked = 1;
	return err ?: on_vcpu(m, KVM_SET_VCPU_EVENTS, &events);
}

PAIR_CALL(run_vcpu, pair_run(&m->snp.raw))
PAIR_CALL(set_regs, on_vcpu(m, KVM_SET_REGS, (&(struct kvm_regs){
	.rip = OTHER_RIP, .rflags = 2, .rbx = 0x1234 })))
PAIR_CALL(set_sregs, set_cr2(m))
PAIR_CALL(set_msrs, set_star(m))
PAIR_CALL(set_fpu, on_vcpu(m, KVM_SET_FPU, (&(struct kvm_fpu){
	.fcw = 0x37f, .mxcsr = 0x1f80, .xmm = { { 1, 2, 3 } } })))
PAIR_CALL(set_events, mask_nmi(m))
PAIR_CALL(set_mp_state, pair_halt(&m->snp.raw))
PAIR_CALL(create_vcpu, pair_create_vcpu(&m->snp.raw, 1, &m->more_vcpus[thread]))
PAIR_CALL(launch_start, raw_snp_start(&m->snp, RAW_SNP_POLICY, 0))
PAIR_CALL(launch_update, raw_snp_update(&m->snp, RAW_SNP_PAGES, m->snp.raw.mem, 1))
PAIR_CALL(launch_finish, raw_snp_finish(&m->snp))
PAIR_CALL(delete_slot, pair_delete_slot(&m->snp.raw))
PAIR_CALL(make_shared, pair_make_shared(&m->snp.raw, RAW_SNP_PAGES * PAGE))
PAIR_CALL(punch_hole, pair_punch_hole(&m->snp.raw, RAW_SNP_PAGES * PAGE))
PAIR_CALL(register_region, raw_snp_region(&m->snp, KVM_MEMORY_ENCRYPT_REG_REGION, m->snp.raw.mem,
					  PAGE))
PAIR_CALL(set_lapic, pair_set_lapic(&m->snp.raw))
PAIR_CALL(set_cpuid, on_vcpu(m, KVM_SET_CPUID2, kvm_get_supported_cpuid()))
PAIR_CALL(pre_fault, pair_pre_fault(&m->snp.raw, (RAW_SNP_PAGES + 1) * PAGE))
PAIR_CALL(signal_msi, pair_signal_msi(&m->snp.raw))
PAIR_CALL(second_slot, pair_second_slot(&m->snp.raw, 64 * PAGE))
PAIR_CALL(close_vcpu, pair_close(&m->snp.raw.vcpu))
PAIR_CALL(close_gmem, pair_close(&m->snp.raw.gmem))
PAIR_CALL(close_vm, pair_close(&m->snp.raw.vm))

enum {
	FINISH, UPDATE, START, CREATE, RUN, REGS, SREGS, MSRS, FPU, EVENTS, MP_STATE, SLOT, ATTRS,
	PUNCH, REGION, LAPIC, CPUID, PRE_FAULT, MSI, SLOT_1, CLOSE_VCPU, CLOSE_GMEM, CLOSE_VM,
};

static const struct pair_call calls[] = {
	[FINISH] = { "KVM_SEV_SNP_LAUNCH_FINISH", .make = launch_finish },
	[UPDATE] = { "KVM_SEV_SNP_LAUNCH_UPDATE", .make = launch_update },
	[START] = { "KVM_SEV_SNP_LAUNCH_START", .make = launch_start },
	[CREATE] = { "KVM_CREATE_VCPU", .make = create_vcpu },
	[RUN] = { "KVM_RUN", .make = run_vcpu, .vcpu = 1, .waits = true },
	[REGS] = { "KVM_SET_REGS", .make = set_regs, .vcpu = 1 },
	[SREGS] = { "KVM_SET_SREGS", .make = set_sregs, .vcpu = 1 },
	[MSRS] = { "KVM_SET_MSRS", .make = set_msrs, .vcpu = 1 },
	[FPU] = { "KVM_SET_FPU", .make = set_fpu, .vcpu = 1 },
	[EVENTS] = { "KVM_SET_VCPU_EVENTS", .make = set_events, .vcpu = 1 },
	[MP_STATE] = { "KVM_SET_MP_STATE", .make = set_mp_state, .vcpu = 1, .stops = true },
	[SLOT] = { "KVM_SET_USER_MEMORY_REGION2, a deletion", .make = delete_slot },
	[ATTRS] = { "KVM_SET_MEMORY_ATTRIBUTES", .make = make_shared },
	[PUNCH] = { "fallocate(PUNCH_HOLE)", .make = punch_hole },
	[REGION] = { "KVM_MEMORY_ENCRYPT_REG_REGION", .make = register_region },
	[LAPIC] = { "KVM_SET_LAPIC", .make = set_lapic, .vcpu = 1 },
	[CPUID] = { "KVM_SET_CPUID2", .make = set_cpuid, .vcpu = 1 },
	[PRE_FAULT] = { "KVM_PRE_FAULT_MEMORY", .make = pre_fault, .vcpu = 1 },
	[MSI] = { "KVM_SIGNAL_MSI", .make = signal_msi },
	[SLOT_1] = { "KVM_SET_USER_MEMORY_REGION2, a second slot", .make = second_slot },
	[CLOSE_VCPU] = { "close() of the vCPU", .make = close_vcpu },
	[CLOSE_GMEM] = { "close() of guest_memfd", .make = close_gmem },
	[CLOSE_VM] = { "close() of the VM", .make = close_vm },
};

/* ---- the machine, and what can be seen of it ---- */

static enum raw_snp_stage stage;
static const char *const stages[] = {
	[RAW_SNP_VCPU] = "before the launch", [RAW_SNP_UPDATED] = "in the launch",
	[RAW_SNP_FINISHED] = "after the launch",
};

/* Its first instruction is the guest's end: there is no IDT for a #UD. */
static int give_code(struct machine *m)
{
	unsigned int i;

	pair_guest_map(m->snp.raw.mem + PAIR_GUEST_TABLE);
	for (i = 0; i < PAGE; i += sizeof(ud2))
		memcpy(m->snp.raw.mem + PAIR_GUEST_CODE + i, ud2, sizeof(ud2));
	return pair_guest_start(m->snp.raw.vcpu, PAIR_GUEST_CODE);
}

static void setup(void *data)
{
	struct machine *m = data;

	memset(m->more_vcpus, -1, sizeof(m->more_vcpus));
	raw_snp_open(&m->snp);
	control()->fw_measure(1);
	TEST_ASSERT(!raw_snp_go(&m->snp, RAW_SNP_NOTHING, RAW_SNP_VCPU) && !give_code(m) &&
		    !raw_snp_go(&m->snp, RAW_SNP_VCPU, stage) && !raw_vm_map_run(&m->snp.raw),
		    "the launch up to there");
}

static void end(void *data)
{
	struct machine *m = data;

	pair_close_all(m->more_vcpus, INTERLEAVE_CALLS);
	raw_snp_close(&m->snp);
	control()->fw_measure(0);
}

static void tell_firmware(char *text, size_t size)
{
	const struct control_fw_launch *fw = control()->fw_launch();

	if (!fw) {
		interleave_tell(text, size, "firmware has no launch");
		return;
	}
	interleave_tell(text, size, "firmware has %u pages, %u VMSAs, %s, digest %02x%02x%02x%02x",
			fw->nr_pages, fw->nr_vmsas, fw->finished ? "finished" : "not finished",
			fw->digest[0], fw->digest[1], fw->digest[2], fw->digest[3]);
	pair_tell_vmsas(text, size);
}

static void tell_state(void *data, char *text, size_t size)
{
	struct machine *m = data;
	struct kvm_regs regs = {};
	struct kvm_sregs sregs = {};
	struct kvm_mp_state mp = {};
	struct kvm_vcpu_events events = {};
	const struct kvm_run *run = m->snp.raw.run;
	int err;

	tell_firmware(text, size);
	interleave_tell(text, size, "; last exit %u", run->exit_reason);
	if (m->snp.raw.vcpu < 0)
		return;
	err = on_vcpu(m, KVM_GET_REGS, &regs);
	interleave_tell(text, size, "; KVM_GET_REGS %d, RIP %#llx RBX %#llx", err, regs.rip,
			regs.rbx);
	err = on_vcpu(m, KVM_GET_SREGS, &sregs);
	interleave_tell(text, size, "; KVM_GET_SREGS %d, CR2 %#llx CR4 %#llx EFER %#llx", err,
			sregs.cr2, sregs.cr4, sregs.efer);
	err = on_vcpu(m, KVM_GET_MP_STATE, &mp);
	interleave_tell(text, size, "; KVM_GET_MP_STATE %d, %u", err, mp.mp_state);
	err = on_vcpu(m, KVM_GET_VCPU_EVENTS, &events);
	interleave_tell(text, size, "; KVM_GET_VCPU_EVENTS %d, NMI masked %u", err,
			events.nmi.masked);
	m->snp.raw.run->immediate_exit = 1;
	err = run_vcpu(m, 0);
	interleave_tell(text, size, "; KVM_RUN at once %d", err);
	m->snp.raw.run->immediate_exit = 0;
	err = mp.mp_state == KVM_MP_STATE_RUNNABLE ? run_vcpu(m, 0) : 0;
	interleave_tell(text, size, "; KVM_RUN %d, exit %u", err, run->exit_reason);
	if (m->snp.raw.vm < 0)
		return;
	err = create_vcpu(m, m->more_vcpus[0] < 0 ? 0 : 1);
	interleave_tell(text, size, "; KVM_CREATE_VCPU %d", err);
	/* A second one is SNP-LAUNCH-VMSA-OWNED's. */
	if (control()->fw_launch() && control()->fw_launch()->finished)
		return;
	err = launch_finish(m, 0);
	interleave_tell(text, size, "; KVM_SEV_SNP_LAUNCH_FINISH %d, ", err);
	tell_firmware(text, size);
}

/* ---- the pairs ---- */

COCO_FIXTURE(pair);
FIXTURE_VARIANT(pair)
{
	struct check_row row;
	enum raw_snp_stage stage;
	unsigned int first, last;	/* with it and all behind it, but by default: */
	unsigned int always;
};

#define PAIRS(name, req, stage_, first_, last_, always_)				\
	FIXTURE_VARIANT_ADD(pair, name)							\
	{										\
		COCO_ROW(NULL, req), .stage = RAW_SNP_##stage_, .first = first_,	\
		.last = last_, .always = always_,					\
	}
#define SNP		REQ_ORDER_SNP
#define WITH(call)	(1u << (call))

/*
 * KVM_RUN is not among those that LAUNCH_FINISH meets by default: a kernel that lets it in may
 * show a consequence before the case can name the cause.  6.12's svm_vcpu_run() is one: it puts
 * the host's DEBUGCTL back only if LBR virtualization is off, which LAUNCH_FINISH turns on.
 */
PAIRS(finish, REQ_ORDER_SNP_FINISH, UPDATED, FINISH, FINISH,
      WITH(CREATE) | WITH(REGS) | WITH(MSRS));
PAIRS(update, SNP, UPDATED, UPDATE, UPDATE, WITH(UPDATE) | WITH(PUNCH));
PAIRS(start, SNP, UPDATED, START, START, 0);
PAIRS(create_vcpu, SNP, UPDATED, CREATE, CREATE, WITH(CREATE));
PAIRS(run, SNP, UPDATED, RUN, RUN, 0);
PAIRS(regs, SNP, UPDATED, REGS, MP_STATE, 0);
PAIRS(slot, SNP, UPDATED, SLOT, SLOT, WITH(PUNCH));
PAIRS(attrs, SNP, UPDATED, ATTRS, ATTRS, 0);
PAIRS(punch, SNP, UPDATED, PUNCH, CPUID, 0);
PAIRS(pre_fault, SNP, UPDATED, PRE_FAULT, SLOT_1, 0);
PAIRS(close_vcpu, SNP, UPDATED, CLOSE_VCPU, CLOSE_VM, 0);

PAIRS(first_finish, SNP, VCPU, FINISH, UPDATE, 0);
PAIRS(start_first, SNP, VCPU, START, START, WITH(START));
PAIRS(first_create_vcpu, SNP, VCPU, CREATE, RUN, 0);
PAIRS(first_regs, SNP, VCPU, REGS, MP_STATE, 0);
PAIRS(first_slot, SNP, VCPU, SLOT, CPUID, 0);
PAIRS(first_pre_fault, SNP, VCPU, PRE_FAULT, CLOSE_VM, 0);

PAIRS(finished_finish, REQ_ORDER_SNP_FINISH, FINISHED, FINISH, FINISH, 0);
PAIRS(finished_update, SNP, FINISHED, UPDATE, START, 0);
PAIRS(finished_create_vcpu, SNP, FINISHED, CREATE, CREATE, 0);
PAIRS(finished_run, SNP, FINISHED, RUN, MP_STATE, WITH(SLOT));
PAIRS(finished_slot, SNP, FINISHED, SLOT, SLOT, 0);
PAIRS(finished_attrs, SNP, FINISHED, ATTRS, ATTRS, 0);
PAIRS(finished_punch, SNP, FINISHED, PUNCH, CPUID, 0);
PAIRS(finished_pre_fault, SNP, FINISHED, PRE_FAULT, CLOSE_VM, 0);

COCO_TEST_F_TIMEOUT(pair, any_order, INTERLEAVE_SECONDS)
{
	struct machine m;
	const struct pair_table table = {
		.in = stages[variant->stage], .calls = calls, .nr = ARRAY_SIZE(calls), .machine = &m,
		.setup = setup, .end = end, .state = tell_state,
	};

	stage = variant->stage;
	pairs_search(&table, check_main_req(), variant->first, variant->last,
		     variant->always);
}

static const char *missing(void)
{
	return snp_vm_missing() ?: interleave_missing();
}

COCO_MAIN(missing)
