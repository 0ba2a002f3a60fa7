// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel holds for an SNP VM whose launch goes wrong: commands out of
 * order or with bad arguments, and every step on the way failing once.  Whatever
 * happened, closing the VM must give everything back, which is looked at when the
 * case ends.
 *
 * Not ABI, so not checked: which error a refused command returns.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "cases/inject.h"
#include "snp/raw_snp.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
#define NOWHERE		RAW_SNP_NOWHERE

#define MEM_REQS	REQ_KERNEL_MEM_LEAK, REQ_KERNEL_MEM_FREED, REQ_KERNEL_MEM_BOUNDS, \
			REQ_KERNEL_MAP_LEFT, REQ_KERNEL_KMAP_LEFT, REQ_KERNEL_FIRMWARE_PAGE

/* ---- commands that are refused ---- */

static int init_twice(struct raw_snp *l)
{
	return raw_snp_init2(l, 0, GHCB_PROTOCOL_VERSION);
}

static int init_flags(struct raw_snp *l)
{
	return raw_snp_init2(l, 1, GHCB_PROTOCOL_VERSION);
}

static int init_version(struct raw_snp *l)
{
	return raw_snp_init2(l, 0, 0xff);
}

static int start_again(struct raw_snp *l)
{
	return raw_snp_start(l, RAW_SNP_POLICY, 0);
}

static int start_flags(struct raw_snp *l)
{
	return raw_snp_start(l, RAW_SNP_POLICY, 1);
}

static int start_policy(struct raw_snp *l)
{
	return raw_snp_start(l, 0, 0);
}

static int start_no_args(struct raw_snp *l)
{
	return raw_snp_cmd(l, KVM_SEV_SNP_LAUNCH_START, (void *)NOWHERE);
}

static int start_no_fd(struct raw_snp *l)
{
	struct kvm_sev_snp_launch_start args = { .policy = RAW_SNP_POLICY };

	return raw_snp_cmd_on(l, -1, KVM_SEV_SNP_LAUNCH_START, &args);
}

static int update_first(struct raw_snp *l)
{
	return raw_snp_update(l, 0, l->raw.mem, 2);
}

static int update_again(struct raw_snp *l)
{
	return raw_snp_update(l, 1, l->raw.mem, 1);
}

static int update_no_source(struct raw_snp *l)
{
	return raw_snp_update(l, 0, (void *)NOWHERE, 1);
}

static int update_no_slot(struct raw_snp *l)
{
	return raw_snp_update(l, RAW_VM_PAGES, l->raw.mem, 1);
}

static int update_shared(struct raw_snp *l)
{
	return raw_snp_update(l, RAW_VM_PRIVATE_PAGES, l->raw.mem, 1);
}

static int update_type(struct raw_snp *l)
{
	return raw_snp_update_args(l, (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)l->raw.mem, .len = PAGE, .type = 0xff });
}

static int update_flags(struct raw_snp *l)
{
	return raw_snp_update_args(l, (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)l->raw.mem, .len = PAGE, .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
		.flags = 1 });
}

static int update_length(struct raw_snp *l)
{
	return raw_snp_update_args(l, (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)l->raw.mem, .len = PAGE - 1, .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL });
}

static int finish_flags(struct raw_snp *l)
{
	struct kvm_sev_snp_launch_finish args = { .flags = 1 };

	return raw_snp_cmd(l, KVM_SEV_SNP_LAUNCH_FINISH, &args);
}

static int finish_no_id_block(struct raw_snp *l)
{
	struct kvm_sev_snp_launch_finish args = { .id_block_en = 1, .id_block_uaddr = NOWHERE };

	return raw_snp_cmd(l, KVM_SEV_SNP_LAUNCH_FINISH, &args);
}

static int finish_no_id_auth(struct raw_snp *l)
{
	struct kvm_sev_snp_launch_finish args = {
		.id_block_en = 1, .id_block_uaddr = (uint64_t)l->raw.mem, .id_auth_uaddr = NOWHERE,
	};

	return raw_snp_cmd(l, KVM_SEV_SNP_LAUNCH_FINISH, &args);
}

static int region_nowhere(struct raw_snp *l)
{
	return raw_snp_region(l, KVM_MEMORY_ENCRYPT_REG_REGION, (void *)NOWHERE, PAGE);
}

static int region_half_there(struct raw_snp *l)
{
	char *end = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	TEST_ASSERT(end != MAP_FAILED, "out of memory");
	munmap(end + PAGE, PAGE);
	return raw_snp_region(l, KVM_MEMORY_ENCRYPT_REG_REGION, end, 2 * PAGE);
}

static int region_empty(struct raw_snp *l)
{
	return raw_snp_region(l, KVM_MEMORY_ENCRYPT_REG_REGION, l->raw.mem, 0);
}

static int region_not_registered(struct raw_snp *l)
{
	return raw_snp_region(l, KVM_MEMORY_ENCRYPT_UNREG_REGION, l->raw.mem, PAGE);
}

static int finish(struct raw_snp *l)
{
	return raw_snp_finish(l);
}

static int unknown_command(struct raw_snp *l)
{
	return raw_snp_cmd(l, 0xffff, NULL);
}

static int sev_command(struct raw_snp *l)
{
	struct kvm_sev_launch_start args = {};

	return raw_snp_cmd(l, KVM_SEV_LAUNCH_START, &args);
}

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	enum raw_snp_stage after;
	int (*command)(struct raw_snp *l);
	bool is_last;			/* the launch can't go on behind it */
};

#define REFUSED(name, stage, ...)						\
	FIXTURE_VARIANT_ADD(refused, name)					\
	{									\
		COCO_ROW(NULL, REQ_SNP_LAUNCH_FAILS, MEM_REQS),			\
		.after = stage, .command = name, __VA_ARGS__			\
	}

REFUSED(init_flags, RAW_SNP_CREATED);
REFUSED(init_version, RAW_SNP_CREATED);
REFUSED(init_twice, RAW_SNP_INITED);
REFUSED(region_nowhere, RAW_SNP_VCPU);
REFUSED(region_half_there, RAW_SNP_VCPU);
REFUSED(region_empty, RAW_SNP_VCPU);
REFUSED(region_not_registered, RAW_SNP_VCPU);
REFUSED(unknown_command, RAW_SNP_VCPU);
REFUSED(sev_command, RAW_SNP_VCPU);
REFUSED(start_flags, RAW_SNP_VCPU);
REFUSED(start_policy, RAW_SNP_VCPU);
REFUSED(start_no_args, RAW_SNP_VCPU);
REFUSED(start_no_fd, RAW_SNP_VCPU);
REFUSED(start_again, RAW_SNP_STARTED);
REFUSED(update_first, RAW_SNP_VCPU);
REFUSED(update_no_source, RAW_SNP_STARTED);
REFUSED(update_no_slot, RAW_SNP_STARTED);
REFUSED(update_shared, RAW_SNP_STARTED);
REFUSED(update_type, RAW_SNP_STARTED);
REFUSED(update_flags, RAW_SNP_STARTED);
REFUSED(update_length, RAW_SNP_STARTED);
REFUSED(update_again, RAW_SNP_UPDATED);
REFUSED(finish, RAW_SNP_VCPU);
REFUSED(finish_flags, RAW_SNP_UPDATED);
REFUSED(finish_no_id_block, RAW_SNP_UPDATED, .is_last = true);
REFUSED(finish_no_id_auth, RAW_SNP_UPDATED, .is_last = true);

COCO_TEST_F(refused, closes)
{
	struct raw_snp l;

	raw_snp_open(&l);
	if (EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FAILS, "the launch before it", 0,
			  raw_snp_go(&l, RAW_SNP_NOTHING, variant->after), &names_errno)) {
		EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_FAILS, "it fails", variant->command(&l));
		if (!variant->is_last)
			EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FAILS, "the launch after it", 0,
				      raw_snp_go(&l, variant->after, RAW_SNP_FINISHED), &names_errno);
	}
	raw_snp_close(&l);
}

/* ---- launches that are given up ---- */

COCO_FIXTURE(given_up);
FIXTURE_VARIANT(given_up)
{
	struct check_row row;
	enum raw_snp_stage after;
	bool region;
};

#define GIVEN_UP(name, stage, ...)						\
	FIXTURE_VARIANT_ADD(given_up, name)					\
	{									\
		COCO_ROW(NULL, MEM_REQS), .after = stage, __VA_ARGS__		\
	}

GIVEN_UP(created, RAW_SNP_CREATED);
GIVEN_UP(initialized, RAW_SNP_INITED);
GIVEN_UP(with_vcpu, RAW_SNP_VCPU);
GIVEN_UP(started, RAW_SNP_STARTED);
GIVEN_UP(updated, RAW_SNP_UPDATED);
GIVEN_UP(finished, RAW_SNP_FINISHED);
GIVEN_UP(with_region, RAW_SNP_VCPU, .region = true);
GIVEN_UP(finished_with_region, RAW_SNP_FINISHED, .region = true);

COCO_TEST_F(given_up, closes)
{
	struct raw_snp l;

	raw_snp_open(&l);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FAILS, "the launch", 0,
		      raw_snp_go(&l, RAW_SNP_NOTHING, variant->after), &names_errno);
	if (variant->region)
		EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FAILS, "KVM_MEMORY_ENCRYPT_REG_REGION", 0,
			      raw_snp_region(&l, KVM_MEMORY_ENCRYPT_REG_REGION, l.raw.mem, 2 * PAGE),
			      &names_errno);
	raw_snp_close(&l);
}

/* ---- launches of which one step fails, each in turn ---- */

COCO_FIXTURE(failing);
FIXTURE_VARIANT(failing)
{
	struct check_row row;
	enum control_step step;
};

FIXTURE_VARIANT_ADD(failing, allocation)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_FAILS, REQ_KERNEL_SEV_LOCK, MEM_REQS),
	.step = CONTROL_STEP_ALLOC,
};

FIXTURE_VARIANT_ADD(failing, firmware_command)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_FAILS, MEM_REQS), .step = CONTROL_STEP_PSP,
};

FIXTURE_VARIANT_ADD(failing, charge)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_FAILS, MEM_REQS), .step = CONTROL_STEP_CHARGE,
};

FIXTURE_VARIANT_ADD(failing, rmp_update)
{
	COCO_ROW(NULL, REQ_SNP_LAUNCH_FAILS, MEM_REQS), .step = CONTROL_STEP_RMP,
};

/*
 * sev.c asserts that kvm->lock is held, or that nobody refers to the VM any more: neither is so
 * when its creation fails.
 */
static const char *const lock_splats[] = {
	"in sev_guest", "in sev_vm_destroy",	/* if the former is inlined there */
};

static void open_vm(void *l)
{
	raw_snp_open(l);
}

static int launch_vm(void *l)
{
	return raw_snp_go(l, RAW_SNP_NOTHING, RAW_SNP_FINISHED);
}

static void close_vm(void *l)
{
	raw_snp_close(l);
}

COCO_TEST_F(failing, closes)
{
	const struct failing_ops ops = { open_vm, launch_vm, close_vm, NULL };
	const bool allocation = variant->step == CONTROL_STEP_ALLOC;
	unsigned int i;
	struct raw_snp l;

	for (i = 0; allocation && i < ARRAY_SIZE(lock_splats); i++)
		check_expect_splat(lock_splats[i]);
	/* KVM does without some of what it allocates. */
	check_failing_steps(REQ_SNP_LAUNCH_FAILS, &ops, &l, variant->step, allocation);
	for (i = 0; allocation && i < ARRAY_SIZE(lock_splats); i++)
		EXPECT_REQ_QUIET(REQ_KERNEL_SEV_LOCK,
				 "WARNs of sev_guest()'s when the VM's creation fails",
				 lock_splats[i]);
}

/* ---- RMPUPDATEs that another CPU's is in the way of, each in turn ---- */

#define MAX_UPDATES	200

COCO_FIXTURE(overlaps);
FIXTURE_VARIANT(overlaps) { struct check_row row; unsigned int times; };
FIXTURE_VARIANT_ADD(overlaps, once) { COCO_ROW(NULL, REQ_SNP_RMP_OVERLAP), .times = 1 };
FIXTURE_VARIANT_ADD(overlaps, thrice) { COCO_ROW(NULL, REQ_SNP_RMP_OVERLAP), .times = 3 };

COCO_TEST_F(overlaps, repeated)
{
	unsigned int nth, updates;
	struct raw_snp l;
	char what[64];
	int ret;

	if (!control()) {
		check_skip("no control of the kernel here: no CPU is in the way");
		return;
	}
	for (nth = 1; nth < MAX_UPDATES; nth++) {
		raw_snp_open(&l);
		control()->fail_steps(CONTROL_STEP_OVERLAP, nth, variant->times);
		ret = launch_vm(&l);
		updates = control()->steps(CONTROL_STEP_OVERLAP);
		control()->fail_step(CONTROL_STEP_OVERLAP, 0);
		raw_snp_close(&l);
		snprintf(what, sizeof(what), "the launch whose RMPUPDATE %u overlaps", nth);
		if (!EXPECT_REQ_EQ(REQ_SNP_RMP_OVERLAP, what, 0, ret, &names_errno) || updates < nth)
			break;
	}
	EXPECT_REQ_TRUE(REQ_SNP_RMP_OVERLAP, "there was an RMPUPDATE", nth > 1);
}

COCO_MAIN(snp_vm_missing)
