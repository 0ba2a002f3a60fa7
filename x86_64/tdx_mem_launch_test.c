// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel holds for a TD whose launch goes wrong: given up, commands out of
 * order or with bad arguments, and every step on the way failing once.  Whatever
 * happened, closing the VM must give everything back, which is looked at when the case
 * ends, and the next TD must work.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "cases/inject.h"
#include "tdx/raw_td.h"
#include "tdx/seamcall.h"
#include "tdx/td_vm.h"

#define MEM_REQS	REQ_KERNEL_MEM_LEAK, REQ_KERNEL_MEM_FREED, REQ_KERNEL_MEM_BOUNDS, \
			REQ_KERNEL_FIRMWARE_PAGE, REQ_KERNEL_KEYID

/* ---- launches that are given up ---- */

COCO_FIXTURE(given_up);
FIXTURE_VARIANT(given_up)
{
	struct check_row row;
	enum raw_td_stage after;
	bool two_cpus;			/* the kernel knows another one, in another package */
	bool vm_first;			/* its descriptor is closed before the vCPU's */
};

#define GIVEN_UP(name, stage, ...)						\
	FIXTURE_VARIANT_ADD(given_up, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_LAUNCH, MEM_REQS),			\
		.after = stage, __VA_ARGS__					\
	}

GIVEN_UP(created, RAW_TD_CREATED);
GIVEN_UP(initialized, RAW_TD_INITED);
GIVEN_UP(with_memory, RAW_TD_MEMORY);
GIVEN_UP(with_vcpu, RAW_TD_VCPU);
GIVEN_UP(with_vcpu_vm_first, RAW_TD_VCPU, .vm_first = true);
GIVEN_UP(vcpu_initialized, RAW_TD_VCPU_INITED);
GIVEN_UP(vcpu_initialized_vm_first, RAW_TD_VCPU_INITED, .vm_first = true);
GIVEN_UP(with_pages, RAW_TD_REGION);
GIVEN_UP(finalized, RAW_TD_FINALIZED);
GIVEN_UP(finalized_vm_first, RAW_TD_FINALIZED, .vm_first = true);
GIVEN_UP(run, RAW_TD_RUN);
GIVEN_UP(run_two_cpus, RAW_TD_RUN, .two_cpus = true);

/* In a thread: CPUs come up with those that use KVM. */
static void *use_kvm(void *td)
{
	ioctl(((struct raw_td *)td)->raw.kvm, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);
	return NULL;
}

COCO_TEST_F(given_up, closes)
{
	struct raw_td td;
	pthread_t thread;

	raw_td_open(&td);
	if (variant->two_cpus) {
		TEST_ASSERT(!pthread_create(&thread, NULL, use_kvm, &td), "no thread");
		pthread_join(thread, NULL);
	}
	EXPECT_REQ_EQ(REQ_TDX_LAUNCH, "the launch", 0, raw_td_go(&td, variant->after),
		      &names_errno);
	if (variant->vm_first && td.raw.vm >= 0) {
		close(td.raw.vm);
		td.raw.vm = -1;
	}
	raw_td_close(&td);
}

/* ---- commands that are refused ---- */

static int init_again(struct raw_td *td)
{
	return raw_td_init_vm(td, 0);
}

static int init_no_data(struct raw_td *td)
{
	return raw_td_vm_cmd(td, TDX_CMD_INIT_VM, RAW_TD_NOWHERE);
}

static int init_entries(struct raw_td *td)
{
	return raw_td_init_vm(td, 257);
}

static int init_other_leaf(struct raw_td *td)
{
	return raw_td_init_vm(td, 2);
}

static int caps_no_data(struct raw_td *td)
{
	return raw_td_vm_cmd(td, TDX_CMD_CAPABILITIES, RAW_TD_NOWHERE);
}

static int vcpu(struct raw_td *td)
{
	int fd = ioctl(td->raw.vm, KVM_CREATE_VCPU, 1), err = raw_errno(fd);

	if (fd >= 0)
		close(fd);
	return err;
}

static int finalize(struct raw_td *td)
{
	return raw_td_vm_cmd(td, TDX_CMD_FINALIZE_VM, 0);
}

static int init_vcpu(struct raw_td *td)
{
	return raw_td_vcpu_cmd(td, TDX_CMD_INIT_VCPU, 0);
}

static int region_no_data(struct raw_td *td)
{
	return raw_td_vcpu_cmd(td, TDX_CMD_INIT_MEM_REGION, RAW_TD_NOWHERE);
}

static int region(struct raw_td *td)
{
	return raw_td_region(td, td->raw.mem, RAW_TD_PAGES_GPA);
}

static int region_no_source(struct raw_td *td)
{
	return raw_td_region(td, (void *)RAW_TD_NOWHERE, RAW_TD_PAGES_GPA);
}

static int region_no_slot(struct raw_td *td)
{
	return raw_td_region(td, td->raw.mem, 0);
}

static int region_not_private(struct raw_td *td)
{
	return raw_td_region(td, td->raw.mem, RAW_TD_GPA);
}

static int cpuid_no_data(struct raw_td *td)
{
	return raw_td_vcpu_cmd(td, TDX_CMD_GET_CPUID, RAW_TD_NOWHERE);
}

static int run(struct raw_td *td)
{
	return raw_errno(ioctl(td->raw.vcpu, KVM_RUN, NULL));
}

#define ANY_ERROR	-1

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	enum raw_td_stage after;
	int (*command)(struct raw_td *td);
	int err;
	const char *warns;		/* what a tree that WARNs says */
};

#define REFUSED_FOR(req, name, command_, stage, err_, ...)			\
	FIXTURE_VARIANT_ADD(refused, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_TDX_LAUNCH, MEM_REQS),			\
		.after = stage, .command = command_, .err = err_, __VA_ARGS__	\
	}
#define REFUSED(name, command, stage, err)					\
	REFUSED_FOR(REQ_TDX_CMD_ARGS, name, command, RAW_TD_##stage, err)
#define EARLY(name, command, stage, err)					\
	REFUSED_FOR(REQ_TDX_CMD_ORDER, name, command, RAW_TD_##stage, err)
#define LATE	EARLY

REFUSED(caps_no_data, caps_no_data, CREATED, EFAULT);
REFUSED(init_no_data, init_no_data, CREATED, EFAULT);
REFUSED(init_entries, init_entries, CREATED, E2BIG);
REFUSED(init_other_leaf, init_other_leaf, CREATED, EINVAL);
REFUSED(region_no_data, region_no_data, VCPU_INITED, EFAULT);
REFUSED(region_no_source, region_no_source, VCPU_INITED, EFAULT);
REFUSED(region_no_slot, region_no_slot, VCPU_INITED, ANY_ERROR);
REFUSED(region_not_private, region_not_private, VCPU_INITED, ANY_ERROR);
REFUSED(region_again, region, REGION, ANY_ERROR);
REFUSED(cpuid_no_data, cpuid_no_data, VCPU, EFAULT);
EARLY(vcpu_first, vcpu, CREATED, EIO);
EARLY(finalize_first, finalize, CREATED, EINVAL);
EARLY(region_first, region, VCPU, EINVAL);
EARLY(run_first, run, VCPU, EINVAL);
EARLY(run_before_pages, run, VCPU_INITED, EINVAL);
EARLY(run_before_finalize, run, REGION, EINVAL);
LATE(init_twice, init_again, INITED, EINVAL);
LATE(init_after_vcpu, init_again, VCPU, EINVAL);
LATE(init_vcpu_twice, init_vcpu, VCPU_INITED, EINVAL);
LATE(init_finalized, init_again, FINALIZED, EINVAL);
LATE(init_vcpu_finalized, init_vcpu, FINALIZED, EINVAL);
LATE(vcpu_finalized, vcpu, FINALIZED, EIO);
LATE(region_finalized, region, FINALIZED, EINVAL);
LATE(finalize_twice, finalize, FINALIZED, EINVAL);
LATE(cpuid_finalized, cpuid_no_data, FINALIZED, EINVAL);

/* The TDX module would answer TDX_NO_VCPUS, as any VMM can have it. */
REFUSED_FOR(REQ_TDX_FINALIZE_NO_VCPU, finalize_no_vcpu, finalize, RAW_TD_INITED, ANY_ERROR,
	    .warns = "vmx/tdx.c");
REFUSED_FOR(REQ_TDX_FINALIZE_NO_VCPU, finalize_vcpu_not_initialized, finalize, RAW_TD_VCPU,
	    ANY_ERROR, .warns = "vmx/tdx.c");

COCO_TEST_F(refused, closes)
{
	const enum requirement_nr req = check_main_req();
	const enum requirement_nr goes_on = variant->warns ? req : REQ_TDX_LAUNCH;
	struct raw_td td;
	int err;

	if (variant->warns)
		check_expect_splat(variant->warns);
	raw_td_open(&td);
	if (EXPECT_REQ_EQ(REQ_TDX_LAUNCH, "the launch before it", 0,
			  raw_td_go(&td, variant->after), &names_errno)) {
		err = variant->command(&td);
		errno = 0;
		if (variant->err == ANY_ERROR)
			EXPECT_REQ_TRUE(req, "it fails", err);
		else
			EXPECT_REQ_EQ(req, "it fails", variant->err, err, &names_errno);
		if (variant->warns && control())
			EXPECT_REQ_EQ(req, "WARNs that it makes", 0, control()->nr_splats(),
				      &names_count);
		EXPECT_REQ_EQ(goes_on, "the launch after it", 0, raw_td_go(&td, RAW_TD_RUN),
			      &names_errno);
	}
	raw_td_close(&td);
}

/* ---- launches of which one step fails, each in turn ---- */

static void open_td(void *td)
{
	raw_td_open(td);
}

static int launch_td(void *td)
{
	return raw_td_go(td, RAW_TD_RUN);
}

static void close_td(void *td)
{
	raw_td_close(td);
}

COCO_FIXTURE(failing);
FIXTURE_VARIANT(failing)
{
	struct check_row row;
	enum control_step step;
};

FIXTURE_VARIANT_ADD(failing, allocation)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_FAILS, REQ_KERNEL_TD_APICV, MEM_REQS),
	.step = CONTROL_STEP_ALLOC,
};

FIXTURE_VARIANT_ADD(failing, copy)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_FAILS, MEM_REQS), .step = CONTROL_STEP_USER,
};

FIXTURE_VARIANT_ADD(failing, charge)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_FAILS, REQ_KERNEL_TD_CHARGE, MEM_REQS),
	.step = CONTROL_STEP_CHARGE,
};

FIXTURE_VARIANT_ADD(failing, vcpu)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_FAILS, REQ_KERNEL_TD_VCPU, MEM_REQS),
	.step = CONTROL_STEP_VCPU,
};

/* Without memory for its map of APIC IDs, KVM gives up APICv, without which there are no TDs. */
#define APICV_SPLAT	"vmx/main.c"
/* The cgroup has given back more than it had. */
#define CHARGE_SPLAT	"misc_cg.c"

COCO_TEST_F(failing, closes)
{
	const struct failing_ops ops = { open_td, launch_td, close_td, NULL };
	struct raw_td td;

	check_expect_splat(APICV_SPLAT);
	check_expect_splat(CHARGE_SPLAT);
	if (variant->step == CONTROL_STEP_VCPU)
		check_attribute_to(REQ_KERNEL_MEM_FREED, REQ_KERNEL_TD_VCPU);
	/* KVM does without some of what it allocates. */
	check_failing_steps(REQ_KERNEL_TD_FAILS, &ops, &td, variant->step,
			    variant->step == CONTROL_STEP_ALLOC);
	EXPECT_REQ_QUIET(REQ_KERNEL_TD_APICV, "WARNs for want of memory", APICV_SPLAT);
	EXPECT_REQ_QUIET(REQ_KERNEL_TD_CHARGE, "WARNs of the cgroup", CHARGE_SPLAT);
}

/* ---- vCPUs of which one is never initialized, so that its APIC ID is one of 8 bits ---- */

COCO_FIXTURE(not_initialized);
FIXTURE_VARIANT(not_initialized)
{
	struct check_row row;
	unsigned long id;
};

FIXTURE_VARIANT_ADD(not_initialized, id_1)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_APICV, MEM_REQS), .id = 1,
};

/* It is that of vCPU 0. */
FIXTURE_VARIANT_ADD(not_initialized, id_256)
{
	COCO_ROW(NULL, REQ_KERNEL_TD_APICV, MEM_REQS), .id = 256,
};

COCO_TEST_F(not_initialized, runs)
{
	struct raw_td td;
	int fd;

	check_expect_splat(APICV_SPLAT);
	raw_td_open(&td);
	if (EXPECT_REQ_EQ(REQ_TDX_LAUNCH, "the launch", 0, raw_td_go(&td, RAW_TD_VCPU),
			  &names_errno)) {
		fd = ioctl(td.raw.vm, KVM_CREATE_VCPU, variant->id);
		if (fd < 0 && variant->id > 255) {
			check_skip("there is no vCPU %lu here: %s", variant->id, strerror(errno));
			goto close;
		}
		EXPECT_REQ_EQ(REQ_TDX_LAUNCH, "KVM_CREATE_VCPU", 0, raw_errno(fd), &names_errno);
		EXPECT_REQ_EQ(REQ_KERNEL_TD_APICV, "the rest of the launch, and KVM_RUN of vCPU 0",
			      0, raw_td_go(&td, RAW_TD_RUN), &names_errno);
		EXPECT_REQ_QUIET(REQ_KERNEL_TD_APICV, "WARNs for an APIC ID", APICV_SPLAT);
		if (fd >= 0)
			close(fd);
	}
close:
	raw_td_close(&td);
}

/* ---- launches of which one SEAMCALL fails, each in turn ---- */

#define ONCE		1
#define FOR_EVER	(~0u)

COCO_FIXTURE(seamcall);
FIXTURE_VARIANT(seamcall)
{
	struct check_row row;
	struct failing_seamcall fails;
	int err;			/* of the command, 0: EIO, or ANY_ERROR */
	/* What follows is about the command whose SEAMCALL failed. */
	bool again;			/* it can be given again */
	bool hw_error;			/* it says why */
	bool warns;			/* KVM calls it a bug, and ends the VM */
};

#define SEAMCALL_FOR(req, name, leaf_, status_, times_, ...)			\
	FIXTURE_VARIANT_ADD(seamcall, name)					\
	{									\
		COCO_ROW(NULL, req, REQ_KERNEL_TD_HW_ERROR, REQ_KERNEL_TD_ERRNO, MEM_REQS), \
		.fails = { .leaf = leaf_, .times = times_, .status = status_ },	\
		__VA_ARGS__							\
	}

/* Nothing that the TDX module may say of it is expected: the launch fails. */
#define ENDS(name, leaf, status)						\
	SEAMCALL_FOR(REQ_KERNEL_TD_FAILS, name, leaf, SEAMCALL_##status, ONCE, .warns = true)
/* It fails, and a second try does not. */
#define AGAIN(name, leaf, status, times, ...)					\
	SEAMCALL_FOR(REQ_KERNEL_TD_AGAIN, name, leaf, status, times, .again = true, __VA_ARGS__)
/* KVM tries again by itself. */
#define GOES_ON(req, name, leaf, status, times)					\
	SEAMCALL_FOR(req, name, leaf, SEAMCALL_##status, times,			\
		     .fails.outcome = FAILING_GOES_ON)

#define BUSY_TDR	(SEAMCALL_OPERAND_BUSY | SEAMCALL_OPERAND_TDR)
#define BAD_ATTRIBUTES	(SEAMCALL_OPERAND_INVALID | SEAMCALL_OPERAND_ATTRIBUTES)

ENDS(create_busy, TDH_MNG_CREATE, OPERAND_BUSY);
ENDS(create_bad_page, TDH_MNG_CREATE, PAGE_METADATA_INCORRECT);
ENDS(key_config_busy, TDH_MNG_KEY_CONFIG, OPERAND_BUSY);
ENDS(key_config_no_key, TDH_MNG_KEY_CONFIG, KEY_GENERATION_FAILED);
ENDS(addcx_busy, TDH_MNG_ADDCX, OPERAND_BUSY);
ENDS(addcx_bad_page, TDH_MNG_ADDCX, PAGE_METADATA_INCORRECT);
ENDS(init_busy, TDH_MNG_INIT, OPERAND_BUSY);
ENDS(vp_create_busy, TDH_VP_CREATE, OPERAND_BUSY);
ENDS(vp_create_bad_page, TDH_VP_CREATE, PAGE_METADATA_INCORRECT);
ENDS(vp_addcx_busy, TDH_VP_ADDCX, OPERAND_BUSY);
ENDS(vp_addcx_bad_page, TDH_VP_ADDCX, PAGE_METADATA_INCORRECT);
ENDS(vp_init_busy, TDH_VP_INIT, OPERAND_BUSY);
ENDS(vp_wr_busy, TDH_VP_WR, OPERAND_BUSY);
ENDS(page_add_bad_page, TDH_MEM_PAGE_ADD, PAGE_METADATA_INCORRECT);
ENDS(extend_busy, TDH_MR_EXTEND, OPERAND_BUSY);
ENDS(finalize_fatal, TDH_MR_FINALIZE, TD_FATAL);
SEAMCALL_FOR(REQ_KERNEL_TD_FAILS, rd_busy, TDH_MNG_RD, BUSY_TDR, ONCE, .warns = true,
	     .fails.outcome = FAILING_EITHER, .fails.max = 8, .err = ANY_ERROR);

AGAIN(create_entropy, TDH_MNG_CREATE, SEAMCALL_RND_NO_ENTROPY, FOR_EVER, .err = EAGAIN);
AGAIN(addcx_entropy, TDH_MNG_ADDCX, SEAMCALL_RND_NO_ENTROPY, FOR_EVER, .err = EAGAIN);
AGAIN(init_operand, TDH_MNG_INIT, BAD_ATTRIBUTES, ONCE, .hw_error = true, .err = EINVAL);
AGAIN(finalize_busy, TDH_MR_FINALIZE, BUSY_TDR, ONCE, .hw_error = true, .err = EBUSY);
AGAIN(page_add_busy, TDH_MEM_PAGE_ADD, BUSY_TDR, ONCE, .fails.outcome = FAILING_EITHER,
      .err = EBUSY);

GOES_ON(REQ_KERNEL_TD_RETRIES, create_entropy_late, TDH_MNG_CREATE, RND_NO_ENTROPY, 3);
GOES_ON(REQ_KERNEL_TD_RETRIES, key_config_entropy_late, TDH_MNG_KEY_CONFIG, RND_NO_ENTROPY, 3);
GOES_ON(REQ_KERNEL_TD_RETRIES, addcx_entropy_late, TDH_MNG_ADDCX, RND_NO_ENTROPY, 3);
GOES_ON(REQ_KERNEL_TD_RETRIES, sept_add_busy, TDH_MEM_SEPT_ADD, OPERAND_BUSY, ONCE);
GOES_ON(REQ_KERNEL_TD_RETRIES, enter_busy, TDH_VP_ENTER, OPERAND_BUSY, 3);

static const FIXTURE_VARIANT(seamcall) *this_seamcall;

static void seamcall_failed(void *vm, unsigned int nth, int err)
{
	const FIXTURE_VARIANT(seamcall) *variant = this_seamcall;
	const uint64_t status = variant->fails.status;
	struct raw_td *td = vm;
	char what[80];

	if (!err)
		return;
	snprintf(what, sizeof(what), "hw_error after SEAMCALL %u number %u", variant->fails.leaf,
		 nth);
	EXPECT_REQ_EITHER(REQ_KERNEL_TD_HW_ERROR, what, status, variant->hw_error ? status : 0,
			  td->hw_error, &names_value);
	snprintf(what, sizeof(what), "errno after SEAMCALL %u number %u", variant->fails.leaf, nth);
	if (variant->err != ANY_ERROR)
		EXPECT_REQ_EQ(REQ_KERNEL_TD_ERRNO, what, variant->err ?: EIO, err, &names_errno);
	if (variant->again)
		EXPECT_REQ_EQ(check_main_req(), "the command given again, and the rest", 0,
			      raw_td_go(td, RAW_TD_RUN), &names_errno);
}

/* Another CPU, in another package of an in-process KVM's machine: keys are each package's. */
static void *be_a_cpu(void *arg)
{
	pthread_barrier_t *turn = arg;

	close(open_kvm_dev_path_or_exit());
	pthread_barrier_wait(turn);
	pthread_barrier_wait(turn);
	return NULL;
}

COCO_TEST_F(seamcall, closes)
{
	const struct failing_ops ops = { open_td, launch_td, close_td, seamcall_failed };
	pthread_barrier_t turn;
	pthread_t cpu;
	struct raw_td td;

	this_seamcall = variant;
	if (variant->warns)
		check_expect_splat("vmx/tdx.c");
	TEST_ASSERT(!pthread_barrier_init(&turn, NULL, 2), "no barrier");
	TEST_ASSERT(!pthread_create(&cpu, NULL, be_a_cpu, &turn), "no thread");
	pthread_barrier_wait(&turn);
	check_failing_seamcalls(check_main_req(), &ops, &td, &variant->fails);
	pthread_barrier_wait(&turn);
	pthread_join(cpu, NULL);
}

COCO_MAIN(td_vm_missing)
