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

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "cases/inject.h"
#include "snp/snp_vm.h"
#include "vm/raw_vm.h"

#define PAGE		RAW_VM_PAGE

/* Guest policy: bit 17 is reserved and must be 1, bit 16 allows SMT (SEV-SNP firmware ABI) */
#define POLICY		((1ull << 17) | (1ull << 16))

/* A page that nothing is mapped at. */
#define NOWHERE		0x10000000ull

#define MEM_REQS	REQ_KERNEL_MEM_LEAK, REQ_KERNEL_MEM_FREED, REQ_KERNEL_MEM_BOUNDS, \
			REQ_KERNEL_MAP_LEFT, REQ_KERNEL_KMAP_LEFT, REQ_KERNEL_FIRMWARE_PAGE

struct launch {
	struct raw_vm raw;
	int sev;
};

/* How far a launch has come; each includes those before it. */
enum stage { NOTHING, CREATED, INITED, MEMORY, VCPU, STARTED, UPDATED, FINISHED };

static int sev_cmd_on(struct launch *l, int sev_fd, uint32_t id, void *data)
{
	struct kvm_sev_cmd cmd = { .id = id, .data = (uint64_t)data, .sev_fd = sev_fd };

	return raw_errno(ioctl(l->raw.vm, KVM_MEMORY_ENCRYPT_OP, &cmd));
}

static int sev_cmd(struct launch *l, uint32_t id, void *data)
{
	return sev_cmd_on(l, l->sev, id, data);
}

static int init2(struct launch *l, uint32_t flags, uint16_t ghcb_version)
{
	struct kvm_sev_init init = { .flags = flags, .ghcb_version = ghcb_version };

	return sev_cmd(l, KVM_SEV_INIT2, &init);
}

static int start(struct launch *l, uint64_t policy, uint16_t flags)
{
	struct kvm_sev_snp_launch_start args = { .policy = policy, .flags = flags };

	return sev_cmd(l, KVM_SEV_SNP_LAUNCH_START, &args);
}

static int update_args(struct launch *l, struct kvm_sev_snp_launch_update args)
{
	int ret = sev_cmd(l, KVM_SEV_SNP_LAUNCH_UPDATE, &args);

	/* What is left is the VMM's to ask for again; here there is no reason for any. */
	return ret ?: args.len ? EAGAIN : 0;
}

static int update(struct launch *l, uint64_t gfn, const void *from, uint64_t pages)
{
	return update_args(l, (struct kvm_sev_snp_launch_update){
		.gfn_start = gfn, .uaddr = (uint64_t)from, .len = pages * PAGE,
		.type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
	});
}

static int finish(struct launch *l)
{
	struct kvm_sev_snp_launch_finish args = {};

	return sev_cmd(l, KVM_SEV_SNP_LAUNCH_FINISH, &args);
}

static int advance(struct launch *l, enum stage stage)
{
	switch (stage) {
	case CREATED:
		return raw_vm_create(&l->raw, KVM_X86_SNP_VM);
	case INITED:
		return init2(l, 0, GHCB_PROTOCOL_VERSION);
	case MEMORY:
		return raw_vm_add_memory(&l->raw, 0, 0);
	case VCPU:
		if (ioctl(l->raw.vm, KVM_CREATE_IRQCHIP))
			return errno;
		return raw_vm_add_vcpu(&l->raw);
	case STARTED:
		return start(l, POLICY, 0);
	case UPDATED:
		return update(l, 0, l->raw.mem, 2);
	case FINISHED:
		return finish(l);
	case NOTHING:
		break;
	}
	return 0;
}

/* From stage @from up to @to: 0, or the errno of the first step that failed. */
static int go(struct launch *l, enum stage from, enum stage to)
{
	int ret = 0;

	while (!ret && from < to)
		ret = advance(l, ++from);
	return ret;
}

static void open_launch(struct launch *l)
{
	raw_vm_open(&l->raw);
	l->sev = open("/dev/sev", O_RDWR);
	TEST_ASSERT(l->sev >= 0, "cannot open /dev/sev");
}

static void close_launch(struct launch *l)
{
	raw_vm_close(&l->raw);
	close(l->sev);
}

/* ---- commands that are refused ---- */

static int init_twice(struct launch *l)
{
	return init2(l, 0, GHCB_PROTOCOL_VERSION);
}

static int init_flags(struct launch *l)
{
	return init2(l, 1, GHCB_PROTOCOL_VERSION);
}

static int init_version(struct launch *l)
{
	return init2(l, 0, 0xff);
}

static int start_again(struct launch *l)
{
	return start(l, POLICY, 0);
}

static int start_flags(struct launch *l)
{
	return start(l, POLICY, 1);
}

static int start_policy(struct launch *l)
{
	return start(l, 0, 0);
}

static int start_no_args(struct launch *l)
{
	return sev_cmd(l, KVM_SEV_SNP_LAUNCH_START, (void *)NOWHERE);
}

static int start_no_fd(struct launch *l)
{
	struct kvm_sev_snp_launch_start args = { .policy = POLICY };

	return sev_cmd_on(l, -1, KVM_SEV_SNP_LAUNCH_START, &args);
}

static int update_first(struct launch *l)
{
	return update(l, 0, l->raw.mem, 2);
}

static int update_again(struct launch *l)
{
	return update(l, 1, l->raw.mem, 1);
}

static int update_no_source(struct launch *l)
{
	return update(l, 0, (void *)NOWHERE, 1);
}

static int update_no_slot(struct launch *l)
{
	return update(l, RAW_VM_PAGES, l->raw.mem, 1);
}

static int update_shared(struct launch *l)
{
	return update(l, RAW_VM_PRIVATE_PAGES, l->raw.mem, 1);
}

static int update_type(struct launch *l)
{
	return update_args(l, (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)l->raw.mem, .len = PAGE, .type = 0xff });
}

static int update_flags(struct launch *l)
{
	return update_args(l, (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)l->raw.mem, .len = PAGE, .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL,
		.flags = 1 });
}

static int update_length(struct launch *l)
{
	return update_args(l, (struct kvm_sev_snp_launch_update){
		.uaddr = (uint64_t)l->raw.mem, .len = PAGE - 1, .type = KVM_SEV_SNP_PAGE_TYPE_NORMAL });
}

static int finish_flags(struct launch *l)
{
	struct kvm_sev_snp_launch_finish args = { .flags = 1 };

	return sev_cmd(l, KVM_SEV_SNP_LAUNCH_FINISH, &args);
}

static int finish_no_id_block(struct launch *l)
{
	struct kvm_sev_snp_launch_finish args = { .id_block_en = 1, .id_block_uaddr = NOWHERE };

	return sev_cmd(l, KVM_SEV_SNP_LAUNCH_FINISH, &args);
}

static int finish_no_id_auth(struct launch *l)
{
	struct kvm_sev_snp_launch_finish args = {
		.id_block_en = 1, .id_block_uaddr = (uint64_t)l->raw.mem, .id_auth_uaddr = NOWHERE,
	};

	return sev_cmd(l, KVM_SEV_SNP_LAUNCH_FINISH, &args);
}

static int region(struct launch *l, unsigned long cmd, void *addr, uint64_t size)
{
	struct kvm_enc_region args = { .addr = (uint64_t)addr, .size = size };

	return raw_errno(ioctl(l->raw.vm, cmd, &args));
}

static int region_nowhere(struct launch *l)
{
	return region(l, KVM_MEMORY_ENCRYPT_REG_REGION, (void *)NOWHERE, PAGE);
}

static int region_half_there(struct launch *l)
{
	char *end = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	TEST_ASSERT(end != MAP_FAILED, "out of memory");
	munmap(end + PAGE, PAGE);
	return region(l, KVM_MEMORY_ENCRYPT_REG_REGION, end, 2 * PAGE);
}

static int region_empty(struct launch *l)
{
	return region(l, KVM_MEMORY_ENCRYPT_REG_REGION, l->raw.mem, 0);
}

static int region_not_registered(struct launch *l)
{
	return region(l, KVM_MEMORY_ENCRYPT_UNREG_REGION, l->raw.mem, PAGE);
}

static int unknown_command(struct launch *l)
{
	return sev_cmd(l, 0xffff, NULL);
}

static int sev_command(struct launch *l)
{
	struct kvm_sev_launch_start args = {};

	return sev_cmd(l, KVM_SEV_LAUNCH_START, &args);
}

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	enum stage after;
	int (*command)(struct launch *l);
	bool is_last;			/* the launch can't go on behind it */
};

#define REFUSED(name, stage, ...)						\
	FIXTURE_VARIANT_ADD(refused, name)					\
	{									\
		COCO_ROW(NULL, REQ_SNP_LAUNCH_FAILS, MEM_REQS),			\
		.after = stage, .command = name, __VA_ARGS__			\
	}

REFUSED(init_flags, CREATED);
REFUSED(init_version, CREATED);
REFUSED(init_twice, INITED);
REFUSED(region_nowhere, VCPU);
REFUSED(region_half_there, VCPU);
REFUSED(region_empty, VCPU);
REFUSED(region_not_registered, VCPU);
REFUSED(unknown_command, VCPU);
REFUSED(sev_command, VCPU);
REFUSED(start_flags, VCPU);
REFUSED(start_policy, VCPU);
REFUSED(start_no_args, VCPU);
REFUSED(start_no_fd, VCPU);
REFUSED(start_again, STARTED);
REFUSED(update_first, VCPU);
REFUSED(update_no_source, STARTED);
REFUSED(update_no_slot, STARTED);
REFUSED(update_shared, STARTED);
REFUSED(update_type, STARTED);
REFUSED(update_flags, STARTED);
REFUSED(update_length, STARTED);
REFUSED(update_again, UPDATED);
REFUSED(finish, VCPU);
REFUSED(finish_flags, UPDATED);
REFUSED(finish_no_id_block, UPDATED, .is_last = true);
REFUSED(finish_no_id_auth, UPDATED, .is_last = true);

COCO_TEST_F(refused, closes)
{
	struct launch l;

	open_launch(&l);
	if (EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FAILS, "the launch before it", 0,
			  go(&l, NOTHING, variant->after), &names_errno)) {
		EXPECT_REQ_TRUE(REQ_SNP_LAUNCH_FAILS, "it fails", variant->command(&l));
		if (!variant->is_last)
			EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FAILS, "the launch after it", 0,
				      go(&l, variant->after, FINISHED), &names_errno);
	}
	close_launch(&l);
}

/* ---- launches that are given up ---- */

COCO_FIXTURE(given_up);
FIXTURE_VARIANT(given_up)
{
	struct check_row row;
	enum stage after;
	bool region;
};

#define GIVEN_UP(name, stage, ...)						\
	FIXTURE_VARIANT_ADD(given_up, name)					\
	{									\
		COCO_ROW(NULL, MEM_REQS), .after = stage, __VA_ARGS__		\
	}

GIVEN_UP(created, CREATED);
GIVEN_UP(initialized, INITED);
GIVEN_UP(with_vcpu, VCPU);
GIVEN_UP(started, STARTED);
GIVEN_UP(updated, UPDATED);
GIVEN_UP(finished, FINISHED);
GIVEN_UP(with_region, VCPU, .region = true);
GIVEN_UP(finished_with_region, FINISHED, .region = true);

COCO_TEST_F(given_up, closes)
{
	struct launch l;

	open_launch(&l);
	EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FAILS, "the launch", 0, go(&l, NOTHING, variant->after),
		      &names_errno);
	if (variant->region)
		EXPECT_REQ_EQ(REQ_SNP_LAUNCH_FAILS, "KVM_MEMORY_ENCRYPT_REG_REGION", 0,
			      region(&l, KVM_MEMORY_ENCRYPT_REG_REGION, l.raw.mem, 2 * PAGE),
			      &names_errno);
	close_launch(&l);
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
	"in sev_guest()", "in sev_vm_destroy()",	/* if the former is inlined there */
};

static void open_vm(void *l)
{
	open_launch(l);
}

static int launch_vm(void *l)
{
	return go(l, NOTHING, FINISHED);
}

static void close_vm(void *l)
{
	close_launch(l);
}

COCO_TEST_F(failing, closes)
{
	const struct failing_ops ops = { open_vm, launch_vm, close_vm, NULL };
	const bool allocation = variant->step == CONTROL_STEP_ALLOC;
	unsigned int i, nr = 0;
	struct launch l;

	for (i = 0; allocation && i < ARRAY_SIZE(lock_splats); i++)
		check_expect_splat(lock_splats[i]);
	/* KVM does without some of what it allocates. */
	check_failing_steps(REQ_SNP_LAUNCH_FAILS, &ops, &l, variant->step, allocation);
	for (i = 0; allocation && i < ARRAY_SIZE(lock_splats); i++)
		nr += check_nr_splats(lock_splats[i]);
	if (allocation)
		EXPECT_REQ_EQ(REQ_KERNEL_SEV_LOCK, "WARNs of sev_guest()'s when the VM's creation fails",
			      0, nr, &names_count);
}

COCO_MAIN(snp_vm_missing)
