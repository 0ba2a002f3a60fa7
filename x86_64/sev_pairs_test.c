// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads of a VMM at VMs that take over an encryption context from each other, or share
 * it: each call of a table with each other one.
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
#include "snp/raw_sev.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE

/* The owner of a guest, VMs of its type that are none's yet, and one that shares it. */
enum who { OWNER, NEW, OTHER, MIRROR, NR_VMS };

struct machine {
	struct raw_snp vm[NR_VMS];
	int vcpu[INTERLEAVE_CALLS];	/* what the calls have made, or -1 */
};

static unsigned long type;
static bool launched, vcpus;

/* ---- what a thread calls ---- */

static int take_from(struct machine *m, enum who to, uint32_t cap, enum who from)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { m->vm[from].raw.vm } };

	return raw_errno(ioctl(m->vm[to].raw.vm, KVM_ENABLE_CAP, &enable));
}

static int take(struct machine *m, enum who to, uint32_t cap)
{
	return take_from(m, to, cap, OWNER);
}

static int status(struct machine *m, enum who who)
{
	struct kvm_sev_guest_status args = {};

	return raw_snp_cmd(&m->vm[who], KVM_SEV_GUEST_STATUS, &args);
}

static int region(struct machine *m, enum who who, unsigned long cmd)
{
	return raw_snp_region(&m->vm[who], cmd, m->vm[who].raw.mem, PAGE);
}

static int init2(struct machine *m, enum who who)
{
	return raw_snp_init2(&m->vm[who], 0, 0);
}

PAIR_CALL(move, take(m, NEW, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM))
PAIR_CALL(move_other, take(m, OTHER, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM))
PAIR_CALL(copy, take(m, NEW, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM))
PAIR_CALL(copy_other, take(m, OTHER, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM))
PAIR_CALL(init_new, init2(m, NEW))
PAIR_CALL(owner_region, region(m, OWNER, KVM_MEMORY_ENCRYPT_REG_REGION))
PAIR_CALL(owner_unregion, region(m, OWNER, KVM_MEMORY_ENCRYPT_UNREG_REGION))
PAIR_CALL(new_region, region(m, NEW, KVM_MEMORY_ENCRYPT_REG_REGION))
PAIR_CALL(owner_vcpu, pair_create_vcpu(&m->vm[OWNER].raw, 1, &m->vcpu[thread]))
PAIR_CALL(new_vcpu, pair_create_vcpu(&m->vm[NEW].raw, 1, &m->vcpu[thread]))
PAIR_CALL(update_vmsa, raw_snp_cmd(&m->vm[OWNER], KVM_SEV_LAUNCH_UPDATE_VMSA, NULL))
PAIR_CALL(owner_status, status(m, OWNER))
PAIR_CALL(owner_slot, raw_sev_add_memory(&m->vm[OWNER]))
PAIR_CALL(owner_regs, pair_vcpu_ioctl(&m->vm[OWNER].raw, KVM_SET_REGS, (&(struct kvm_regs){
	.rflags = 2, .rbx = 0x1234 })))
PAIR_CALL(close_owner, pair_close(&m->vm[OWNER].raw.vm))
PAIR_CALL(close_mirror, pair_close(&m->vm[MIRROR].raw.vm))
PAIR_CALL(close_new, pair_close(&m->vm[NEW].raw.vm))

enum {
	OWNER_REGION, OWNER_UNREGION, NEW_REGION, OWNER_VCPU, NEW_VCPU, UPDATE_VMSA, MOVE,
	MOVE_OTHER, COPY, COPY_OTHER, INIT, STATUS, SLOT, CLOSE_OWNER, CLOSE_MIRROR, CLOSE_NEW,
	OWNER_REGS,
};

static const struct pair_call calls[] = {
	[OWNER_REGION] = { "KVM_MEMORY_ENCRYPT_REG_REGION of the owner's", .make = owner_region },
	[OWNER_UNREGION] = { "KVM_MEMORY_ENCRYPT_UNREG_REGION of the owner's",
			     .make = owner_unregion },
	[NEW_REGION] = { "KVM_MEMORY_ENCRYPT_REG_REGION of the new VM's", .make = new_region },
	[OWNER_VCPU] = { "KVM_CREATE_VCPU of the owner's", .make = owner_vcpu },
	[NEW_VCPU] = { "KVM_CREATE_VCPU of the new VM's", .make = new_vcpu },
	[UPDATE_VMSA] = { "KVM_SEV_LAUNCH_UPDATE_VMSA", .make = update_vmsa },
	[MOVE] = { "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", .make = move },
	[MOVE_OTHER] = { "another KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", .make = move_other },
	[COPY] = { "KVM_CAP_VM_COPY_ENC_CONTEXT_FROM", .make = copy },
	[COPY_OTHER] = { "another KVM_CAP_VM_COPY_ENC_CONTEXT_FROM", .make = copy_other },
	[INIT] = { "KVM_SEV_INIT2", .make = init_new },
	[STATUS] = { "KVM_SEV_GUEST_STATUS", .make = owner_status },
	[SLOT] = { "KVM_SET_USER_MEMORY_REGION of the owner's", .make = owner_slot },
	[CLOSE_OWNER] = { "close() of the owner", .make = close_owner },
	[CLOSE_MIRROR] = { "close() of the mirror", .make = close_mirror },
	[OWNER_REGS] = { "KVM_SET_REGS of the owner's", .make = owner_regs, .vcpu = 1 },
	[CLOSE_NEW] = { "close() of the new VM", .make = close_new },
};

static const struct pair_req reqs[] = {
	{ OWNER_VCPU, MOVE, REQ_ORDER_SEV_DEAD },
	{ OWNER_VCPU, MOVE_OTHER, REQ_ORDER_SEV_DEAD },
	{ MOVE, OWNER_REGS, REQ_ORDER_SEV_DEAD_VCPU },
	{ MOVE_OTHER, OWNER_REGS, REQ_ORDER_SEV_DEAD_VCPU },
	{}
};

/* ---- the VMs, and what can be seen of them ---- */

static int make_owner(struct raw_snp *vm)
{
	const bool es = type == KVM_X86_SEV_ES_VM;
	int err = raw_sev_create(vm, type) ?: raw_sev_add_memory(vm) ?:
		  (vcpus ? raw_vm_add_vcpu(&vm->raw) : 0) ?: raw_sev_start(vm, es ? RAW_SEV_ES : 0);

	return err || !launched ? err : raw_sev_finish(vm, es);
}

static void setup(void *data)
{
	struct machine *m = data;
	enum who who;
	int err = 0;

	memset(m->vcpu, -1, sizeof(m->vcpu));
	for (who = OWNER; who < NR_VMS; who++)
		raw_snp_open(&m->vm[who]);
	control()->fw_measure(1);
	err = make_owner(&m->vm[OWNER]);
	for (who = NEW; !err && who < NR_VMS; who++)
		err = raw_vm_create(&m->vm[who].raw, type) ?:
		      (vcpus && who != MIRROR ? raw_vm_add_vcpu(&m->vm[who].raw) : 0);
	TEST_ASSERT(!err && !take(m, MIRROR, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM), "the VMs: %s",
		    strerror(err));
}

static void end(void *data)
{
	struct machine *m = data;
	unsigned int i;

	pair_close_all(m->vcpu, INTERLEAVE_CALLS);
	for (i = 0; i < NR_VMS; i++)
		raw_snp_close(&m->vm[i]);
	control()->fw_measure(0);
}

static void tell_state(void *data, char *text, size_t size)
{
	static const char *const names[NR_VMS] = { "owner", "new VM", "other VM", "mirror" };
	struct machine *m = data;
	enum who who;
	int vcpu;

	interleave_tell(text, size, "firmware");
	pair_tell_vmsas(text, size);
	for (who = OWNER; who < NR_VMS; who++) {
		if (m->vm[who].raw.vm < 0)
			continue;
		interleave_tell(text, size, "%s%s: KVM_SEV_GUEST_STATUS %d", *text ? "; " : "",
				names[who], status(m, who));
		interleave_tell(text, size, ", UNREG_REGION %d",
				region(m, who, KVM_MEMORY_ENCRYPT_UNREG_REGION));
		interleave_tell(text, size, ", REG_REGION %d",
				region(m, who, KVM_MEMORY_ENCRYPT_REG_REGION));
		interleave_tell(text, size, ", KVM_CREATE_VCPU %d",
				pair_create_vcpu(&m->vm[who].raw, 1, &vcpu));
		if (vcpu >= 0)
			close(vcpu);
		/* What is a mirror gets no other context, but a VM that seems to move is busy. */
		if (who != MIRROR && m->vm[MIRROR].raw.vm >= 0)
			interleave_tell(text, size, ", the mirror from it %d",
					take_from(m, MIRROR, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, who));
		interleave_tell(text, size, ", KVM_SEV_INIT2 %d", init2(m, who));
	}
}

/* ---- the pairs ---- */

COCO_FIXTURE(pair);
FIXTURE_VARIANT(pair)
{
	struct check_row row;
	unsigned long type;
	bool launched, vcpus;
	const char *in;
	unsigned int first, last;	/* with it and all behind it, but by default: */
	unsigned int always;
};

#define ONE(tag, name, type_, launched_, vcpus_, req, first_, last_, always_, ...)	\
	FIXTURE_VARIANT_ADD(pair, tag##_##name)						\
	{										\
		COCO_ROW(NULL, req, ##__VA_ARGS__), .type = type_,			\
		.in = #tag, .launched = launched_, .vcpus = vcpus_,			\
		.first = first_, .last = last_, .always = always_,			\
	};
#define PAIRS(name, req, first, last, always, ...)					\
	ONE(sev, name, KVM_X86_SEV_VM, true, false, req, first, last, 0, ##__VA_ARGS__)	\
	ONE(es, name, KVM_X86_SEV_ES_VM, false, false, req, first, last, always, ##__VA_ARGS__) \
	ONE(es_vcpus, name, KVM_X86_SEV_ES_VM, false, true, req, first, last, 0, ##__VA_ARGS__) \
	ONE(es_launched, name, KVM_X86_SEV_ES_VM, true, true, req, first, last, 0, ##__VA_ARGS__)
#define WITH(call)	(1u << (call))

PAIRS(region, REQ_ORDER_SEV_REGION, OWNER_REGION, OWNER_UNREGION,
      WITH(OWNER_UNREGION) | WITH(MOVE))
PAIRS(new_region, REQ_ORDER_SEV_REGION, NEW_REGION, NEW_REGION, WITH(COPY) | WITH(INIT))
PAIRS(vcpu, REQ_ORDER_SEV_VCPU, OWNER_VCPU, OWNER_VCPU, WITH(UPDATE_VMSA) | WITH(MOVE),
      REQ_ORDER_SEV_DEAD)
PAIRS(new_vcpu, REQ_ORDER_SEV_VCPU, NEW_VCPU, NEW_VCPU, WITH(MOVE) | WITH(COPY))
ONE(sev, update_vmsa, KVM_X86_SEV_VM, true, false, REQ_ORDER_SEV_VCPU, UPDATE_VMSA, UPDATE_VMSA, 0)
ONE(es, update_vmsa, KVM_X86_SEV_ES_VM, false, false, REQ_ORDER_SEV_VCPU, UPDATE_VMSA,
    UPDATE_VMSA, 0)
ONE(es_vcpus, update_vmsa, KVM_X86_SEV_ES_VM, false, true, REQ_ORDER_SEV_VCPU, UPDATE_VMSA,
    UPDATE_VMSA, WITH(OWNER_REGS))
ONE(es_launched, update_vmsa, KVM_X86_SEV_ES_VM, true, true, REQ_ORDER_SEV_VCPU, UPDATE_VMSA,
    UPDATE_VMSA, 0)
PAIRS(move, REQ_ORDER_SEV_MOVE, MOVE, MOVE_OTHER, WITH(MOVE_OTHER) | WITH(CLOSE_MIRROR),
      REQ_ORDER_SEV_DEAD_VCPU)
PAIRS(copy, REQ_ORDER_SEV_MOVE, COPY, COPY_OTHER, WITH(CLOSE_MIRROR))
PAIRS(init, REQ_ORDER_SEV_MOVE, INIT, SLOT, 0)
PAIRS(close, REQ_ORDER_SEV_MOVE, CLOSE_OWNER, OWNER_REGS, 0)

COCO_TEST_F_TIMEOUT(pair, any_order, INTERLEAVE_SECONDS)
{
	struct machine m;
	const struct pair_table table = {
		.in = variant->in, .calls = calls, .nr = ARRAY_SIZE(calls), .reqs = reqs, .machine = &m,
		.setup = setup, .end = end, .state = tell_state,
	};

	type = variant->type;
	launched = variant->launched;
	vcpus = variant->vcpus;
	pairs_search(&table, check_main_req(), variant->first, variant->last,
		     variant->always);
}

static const char *missing(void)
{
	return snp_vm_missing() ?: raw_sev_missing() ?: interleave_missing();
}

COCO_MAIN(missing)
