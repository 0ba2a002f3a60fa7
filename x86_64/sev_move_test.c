// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs that take over the encryption context of others (intra-host migration) or share it
 * (mirrors): which may, what becomes of both, and what of their memory.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "snp/launch_check.h"
#include "snp/raw_sev.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE

/* How far a VM is. */
enum state {
	NO_VM,			/* another descriptor: /dev/kvm */
	CLOSED,			/* -1 */
	SELF,
	ORDINARY,
	SEV_BARE, ES_BARE, SNP_BARE,	/* created; no KVM_SEV_INIT2 */
	SEV, ES, SNP,			/* with that */
	SEV_LAUNCHED, ES_LAUNCHED,	/* and all of a launch, without vCPUs */
	SNP_STARTED, SNP_LAUNCHED,
};

static unsigned long type_of(enum state state)
{
	switch (state) {
	case SEV_BARE: case SEV: case SEV_LAUNCHED:
		return KVM_X86_SEV_VM;
	case ES_BARE: case ES: case ES_LAUNCHED:
		return KVM_X86_SEV_ES_VM;
	case SNP_BARE: case SNP: case SNP_STARTED: case SNP_LAUNCHED:
		return KVM_X86_SNP_VM;
	default:
		return 0;
	}
}

static int make(struct raw_snp *vm, enum state state)
{
	const bool es = type_of(state) == KVM_X86_SEV_ES_VM;

	raw_snp_open(vm);
	switch (state) {
	case NO_VM: case CLOSED: case SELF:
		return 0;
	case ORDINARY: case SEV_BARE: case ES_BARE: case SNP_BARE:
		return raw_vm_create(&vm->raw, type_of(state));
	case SEV: case ES:
		return raw_sev_create(vm, type_of(state));
	case SEV_LAUNCHED: case ES_LAUNCHED:
		return raw_sev_create(vm, type_of(state)) ?: raw_sev_add_memory(vm) ?:
		       raw_sev_start(vm, es ? RAW_SEV_ES : 0) ?: raw_sev_finish(vm, es);
	case SNP:
		return raw_snp_go(vm, RAW_SNP_NOTHING, RAW_SNP_INITED);
	case SNP_STARTED:
		return raw_snp_go(vm, RAW_SNP_NOTHING, RAW_SNP_STARTED);
	case SNP_LAUNCHED:
		return raw_snp_go(vm, RAW_SNP_NOTHING, RAW_SNP_FINISHED);
	}
	return EINVAL;
}

/* KVM_ENABLE_CAP on @to, with the descriptor of @from. */
static int take(struct raw_snp *to, uint32_t cap, enum state state, const struct raw_snp *from)
{
	const int fd = state == CLOSED ? -1 : state == NO_VM ? from->raw.kvm :
		       state == SELF ? to->raw.vm : from->raw.vm;
	struct kvm_enable_cap enable = { .cap = cap, .args = { (uint32_t)fd } };

	return raw_errno(ioctl(to->raw.vm, KVM_ENABLE_CAP, &enable));
}

static int status(struct raw_snp *vm)
{
	struct kvm_sev_guest_status args = {};

	return raw_snp_cmd(vm, KVM_SEV_GUEST_STATUS, &args);
}

/* ---- who may ---- */

COCO_FIXTURE(pair);
FIXTURE_VARIANT(pair)
{
	struct check_row row;
	uint32_t cap;
	enum state from, to;
	bool taken;
};

#define PAIR(cap_, from_, to_, taken_)							\
	FIXTURE_VARIANT_ADD(pair, cap_##_##from_##_to_##to_)				\
	{										\
		COCO_ROW(NULL, taken_ ? REQ_SEV_##cap_ : REQ_SEV_MOVE_REFUSED,			\
			 REQ_SEV_MOVE_STATUS),							\
		.cap = KVM_CAP_VM_##cap_##_ENC_CONTEXT_FROM, .from = from_, .to = to_,	\
		.taken = taken_								\
	}

PAIR(MOVE, SEV_LAUNCHED, SEV_BARE, true);
PAIR(MOVE, SEV, SEV_BARE, true);
PAIR(MOVE, ES_LAUNCHED, ES_BARE, true);
PAIR(MOVE, SEV_LAUNCHED, SEV, false);
PAIR(MOVE, SEV_LAUNCHED, ES_BARE, false);
PAIR(MOVE, SEV_LAUNCHED, SNP_BARE, false);
PAIR(MOVE, SEV_LAUNCHED, ORDINARY, false);
PAIR(MOVE, ES_LAUNCHED, SEV_BARE, false);
PAIR(MOVE, ES_LAUNCHED, SNP_BARE, false);
PAIR(MOVE, SNP, SNP_BARE, false);
PAIR(MOVE, SNP_STARTED, SNP_BARE, false);
PAIR(MOVE, SNP_LAUNCHED, SNP_BARE, false);
PAIR(MOVE, SNP_LAUNCHED, SEV_BARE, false);
PAIR(MOVE, SNP_LAUNCHED, ES_BARE, false);
PAIR(MOVE, SNP_LAUNCHED, ORDINARY, false);
PAIR(MOVE, SEV_BARE, SEV_BARE, false);
PAIR(MOVE, ORDINARY, SEV_BARE, false);
PAIR(MOVE, ORDINARY, ORDINARY, false);
PAIR(MOVE, SELF, SEV_BARE, false);
PAIR(MOVE, NO_VM, SEV_BARE, false);
PAIR(MOVE, CLOSED, SEV_BARE, false);
PAIR(COPY, SEV_LAUNCHED, SEV_BARE, true);
PAIR(COPY, ES_LAUNCHED, ES_BARE, true);
PAIR(COPY, SEV_LAUNCHED, SEV, false);
PAIR(COPY, SNP, SNP_BARE, false);
PAIR(COPY, SNP_STARTED, SNP_BARE, false);
PAIR(COPY, SNP_LAUNCHED, SNP_BARE, false);
PAIR(COPY, SNP_LAUNCHED, SEV_BARE, false);
PAIR(COPY, SNP_LAUNCHED, ORDINARY, false);
PAIR(COPY, SEV_BARE, SEV_BARE, false);
PAIR(COPY, ORDINARY, SEV_BARE, false);
PAIR(COPY, SELF, SEV_BARE, false);
PAIR(COPY, NO_VM, SEV_BARE, false);
PAIR(COPY, CLOSED, SEV_BARE, false);

/* A VM that was refused is what it was. */
static void expect_kept(struct raw_snp *vm, enum state state)
{
	const enum requirement_nr req = REQ_SEV_MOVE_REFUSED;
	int ret;

	switch (state) {
	case NO_VM: case CLOSED: case SELF:
		return;
	case ORDINARY:
		EXPECT_REQ_EQ(req, "a vCPU of the ordinary VM", 0, raw_vm_add_vcpu(&vm->raw),
			      &names_errno);
		return;
	case SEV_BARE: case ES_BARE:
		ret = raw_snp_init2(vm, 0, 0);
		EXPECT_REQ_EQ(req, "KVM_SEV_INIT2 of the VM that is new", 0, ret, &names_errno);
		return;
	case SNP_BARE:
		ret = raw_snp_go(vm, RAW_SNP_CREATED, RAW_SNP_FINISHED);
		EXPECT_REQ_EQ(req, "the launch of the new SNP VM", 0, ret, &names_errno);
		return;
	case SEV: case ES:
		ret = raw_sev_start(vm, state == ES ? RAW_SEV_ES : 0);
		EXPECT_REQ_EQ(req, "the VM's KVM_SEV_LAUNCH_START", 0, ret, &names_errno);
		return;
	case SEV_LAUNCHED: case ES_LAUNCHED:
		EXPECT_REQ_EQ(req, "the VM's KVM_SEV_GUEST_STATUS", 0, status(vm), &names_errno);
		return;
	case SNP:
		ret = raw_snp_go(vm, RAW_SNP_INITED, RAW_SNP_FINISHED);
		EXPECT_REQ_EQ(req, "the launch of the SNP VM", 0, ret, &names_errno);
		return;
	case SNP_STARTED:
		ret = raw_snp_go(vm, RAW_SNP_STARTED, RAW_SNP_FINISHED);
		EXPECT_REQ_EQ(req, "the rest of the launch of the SNP VM", 0, ret, &names_errno);
		return;
	case SNP_LAUNCHED:
		if (!EXPECT_REQ_EQ(req, "kvm_run of the SNP VM", 0, raw_vm_map_run(&vm->raw),
				   &names_errno))
			return;
		vm->raw.run->immediate_exit = 1;
		ret = raw_errno(ioctl(vm->raw.vcpu, KVM_RUN, 0));
		EXPECT_REQ_EQ(req, "KVM_RUN of the SNP VM", EINTR, ret, &names_errno);
		return;
	}
}

static void expect_taken(struct raw_snp *from, struct raw_snp *to, const FIXTURE_VARIANT(pair) *v)
{
	const bool move = v->cap == KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM;
	const enum requirement_nr req = check_main_req();
	/* A VM that has only begun has no guest for firmware yet. */
	const bool guest = v->from != SEV && v->from != ES;

	if (guest)
		EXPECT_REQ_EQ(move ? REQ_SEV_MOVE_STATUS : req,
			      "KVM_SEV_GUEST_STATUS of who has it now", 0, status(to),
			      &names_errno);
	if (!move) {
		EXPECT_REQ_EQ(req, "KVM_SEV_GUEST_STATUS of the owner", 0, status(from),
			      &names_errno);
		EXPECT_REQ_EQ(req, "a region of the mirror's", EINVAL,
			      raw_snp_region(to, KVM_MEMORY_ENCRYPT_REG_REGION, to->raw.mem, PAGE),
			      &names_errno);
		EXPECT_REQ_EQ(req, "a launch of the mirror's", EINVAL, raw_sev_start(to, 0),
			      &names_errno);
		return;
	}
	EXPECT_REQ_EQ(req, "a command of the source's", EIO, status(from), &names_errno);
	EXPECT_REQ_EQ(req, "a slot of the source's", EIO, raw_sev_add_memory(from), &names_errno);
	EXPECT_REQ_EQ(req, "a vCPU of the source's", EIO, raw_vm_add_vcpu(&from->raw), &names_errno);
	EXPECT_REQ_EQ(req, "a slot of who has it now", 0, raw_sev_add_memory(to), &names_errno);
}

COCO_TEST_F(pair, taken_or_not)
{
	struct raw_snp from, to;
	int ret;

	/* What comes of two VMs with one guest */
	check_attribute_to(REQ_KERNEL_MEM_LEAK, check_main_req());
	check_attribute_to(REQ_KERNEL_FIRMWARE_PAGE, check_main_req());
	ret = make(&from, variant->from) ?: make(&to, variant->to);
	if (!EXPECT_REQ_EQ(check_main_req(), "the VMs", 0, ret, &names_errno))
		return;
	ret = take(&to, variant->cap, variant->from, &from);
	EXPECT_REQ_EQ(check_main_req(), "taken", variant->taken, !ret, &names_bool);
	if (!ret && variant->taken) {
		expect_taken(&from, &to, variant);
	} else if (ret && !variant->taken) {
		expect_kept(&from, variant->from);
		expect_kept(&to, variant->to);
	}
	raw_snp_close(&from);
	raw_snp_close(&to);
}

/* ---- memory that is given back after its VM's context has moved ---- */

COCO_FIXTURE(caches);
FIXTURE_VARIANT(caches)
{
	struct check_row row;
	bool moved;
};
FIXTURE_VARIANT_ADD(caches, stayed) { COCO_ROW(NULL, REQ_SEV_MOVE_CACHES) };
FIXTURE_VARIANT_ADD(caches, moved) { COCO_ROW(NULL, REQ_SEV_MOVE_CACHES), .moved = true };

/* Flat 32-bit code: HLT at GPA 0. */
static int run_hlt(struct raw_snp *sev)
{
	const struct kvm_segment flat = {
		.limit = 0xffffffff, .selector = 8, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1,
	};
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(sev->raw.vcpu, KVM_GET_SREGS, &sregs))
		return errno;
	sregs.cs = sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat;
	sregs.cs.type = 11;
	sregs.cr0 |= X86_CR0_PE;
	*sev->raw.mem = 0xf4;
	return raw_errno(ioctl(sev->raw.vcpu, KVM_SET_SREGS, &sregs)) ?:
	       raw_errno(ioctl(sev->raw.vcpu, KVM_SET_REGS, &regs)) ?:
	       raw_errno(ioctl(sev->raw.vcpu, KVM_RUN, 0));
}

/* The memory of @from is @to's, too, as it has the guest now. */
static int share_memory(struct raw_snp *to, const struct raw_snp *from)
{
	char *own = to->raw.mem;
	int ret;

	to->raw.mem = from->raw.mem;
	ret = raw_sev_add_memory(to);
	to->raw.mem = own;
	return ret;
}

COCO_TEST_F(caches, written_back)
{
	const enum requirement_nr req = REQ_SEV_MOVE_CACHES;
	struct raw_snp from, to;
	int ret;

	if (!control()) {
		check_skip("no control of the kernel here: caches are not seen");
		return;
	}
	ret = make(&from, SEV_LAUNCHED) ?: make(&to, SEV_BARE) ?: raw_vm_add_vcpu(&from.raw) ?:
	      raw_vm_map_run(&from.raw);
	if (!EXPECT_REQ_EQ(req, "the VMs", 0, ret, &names_errno))
		return;
	EXPECT_REQ_EQ(req, "KVM_RUN of a guest that halts", 0, run_hlt(&from), &names_errno);
	EXPECT_REQ_TRUE(req, "a CPU has run it", control()->caches_dirty());
	if (variant->moved &&
	    !EXPECT_REQ_EQ(req, "KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", 0,
			   take(&to, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, SEV_LAUNCHED, &from) ?:
			   share_memory(&to, &from), &names_errno))
		goto out;
	madvise(from.raw.mem, RAW_VM_PAGES * PAGE, MADV_DONTNEED);
	EXPECT_REQ_EQ(req, "CPUs whose caches have what the guest wrote", 0,
		      control()->caches_dirty(), &names_value);
out:
	raw_snp_close(&from);
	raw_snp_close(&to);
}

COCO_MAIN(snp_vm_missing)
