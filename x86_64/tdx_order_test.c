// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every command of KVM_MEMORY_ENCRYPT_OP, by the VM and by its vCPU, and what else belongs to a
 * launch, in every state of a TD: in one of its own it is taken, elsewhere it is refused, and
 * what is refused leaves the TD as it was: its launch goes on to its end, and MRTD is what it is
 * without.  All that a state refuses is tried on one TD; if that is not as it was, then each on
 * a TD of its own.
 *
 * Not ABI, so not checked: which error a refused command returns.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/seamcall.h"
#include "tdx/td_vm.h"

/* States, as sets: a launch's stages, then those that follow a failure. */
enum {
	INIT_REFUSED = RAW_TD_RUN + 1,	/* KVM_TDX_INIT_VM by the TDX module */
	REGION_FAILED,			/* a source page that cannot be read */
	FINALIZE_BUSY,			/* KVM_TDX_FINALIZE_VM, by the TDX module */
	DEAD,				/* KVM has given the TD up */
	NR_STATES,
};

#define IN(stage)	(1u << RAW_TD_##stage)
#define ALIVE		((1u << DEAD) - 2)
#define WITH_VCPU	(IN(VCPU_INITED) | IN(REGION) | 1u << REGION_FAILED | 1u << FINALIZE_BUSY)
#define BEFORE_FINALIZE	(IN(VCPU) | WITH_VCPU)
/* Without an initialized vCPU: tdx_mem_launch_test. */
#define NO_VCPU		(IN(INITED) | IN(MEMORY) | IN(VCPU))

static const char *const state_name[NR_STATES] = {
	[RAW_TD_CREATED] = "created", [RAW_TD_INITED] = "initialized",
	[RAW_TD_MEMORY] = "with memory", [RAW_TD_VCPU] = "with a vCPU",
	[RAW_TD_VCPU_INITED] = "with an initialized vCPU", [RAW_TD_REGION] = "with its pages",
	[RAW_TD_FINALIZED] = "finalized", [RAW_TD_RUN] = "at its end",
	[INIT_REFUSED] = "not initialized by the TDX module",
	[REGION_FAILED] = "after a region that failed",
	[FINALIZE_BUSY] = "not finalized by the TDX module", [DEAD] = "given up by KVM",
};

/* One that no command may read or write but where it is taken. */
static char nothing[512] __attribute__((aligned(8)));

typedef int (*give_t)(struct raw_td *td, uint32_t id);

static int vm_cmd(struct raw_td *td, uint32_t id)
{
	return raw_td_vm_cmd(td, id, (uint64_t)nothing);
}

static int vcpu_cmd(struct raw_td *td, uint32_t id)
{
	return raw_td_vcpu_cmd(td, id, (uint64_t)nothing);
}

static int capabilities(struct raw_td *td, uint32_t id)
{
	struct tdx_capabilities *caps = td_vm_new_capabilities();
	int err = raw_td_vm_cmd(td, id, (uint64_t)caps);

	free(caps);
	return err;
}

static int init_vm(struct raw_td *td, uint32_t id __attribute__((unused)))
{
	return raw_td_init_vm(td, 0);
}

static int finalize(struct raw_td *td, uint32_t id)
{
	return raw_td_vm_cmd(td, id, 0);
}

static int init_vcpu(struct raw_td *td, uint32_t id)
{
	return raw_td_vcpu_cmd(td, id, 0);
}

static int get_cpuid(struct raw_td *td, uint32_t id)
{
	struct {
		struct kvm_cpuid2 cpuid;
		struct kvm_cpuid_entry2 entry[TDX_MAX_CPUID];
	} arg = { .cpuid.nent = TDX_MAX_CPUID };

	return raw_td_vcpu_cmd(td, id, (uint64_t)&arg);
}

/* A page that the launch does not have. */
static int region(struct raw_td *td, uint32_t id __attribute__((unused)))
{
	return raw_td_region(td, td->raw.mem, RAW_TD_PRIVATE_GPA);
}

/* One that it has, where it has come so far. */
static int region_again(struct raw_td *td, uint32_t id __attribute__((unused)))
{
	return raw_td_region(td, td->raw.mem, RAW_TD_PAGES_GPA);
}

static int create_vcpu(struct raw_td *td, uint32_t id)
{
	int fd = ioctl(td->raw.vm, KVM_CREATE_VCPU, (unsigned long)id), err = raw_errno(fd);

	if (fd >= 0)
		close(fd);
	return err;
}

static int run(struct raw_td *td, uint32_t id __attribute__((unused)))
{
	return raw_errno(ioctl(td->raw.vcpu, KVM_RUN, NULL));
}

static int pre_fault_at(struct raw_td *td, uint64_t gpa)
{
	struct kvm_pre_fault_memory range = { .gpa = gpa, .size = RAW_VM_PAGE };

	return raw_errno(ioctl(td->raw.vcpu, KVM_PRE_FAULT_MEMORY, &range));
}

static int pre_fault(struct raw_td *td, uint32_t id __attribute__((unused)))
{
	return pre_fault_at(td, RAW_TD_PRIVATE_GPA);
}

/* The GPA as the TD has it: a VMM's has no such bit. */
static int pre_fault_shared(struct raw_td *td, uint32_t id __attribute__((unused)))
{
	return pre_fault_at(td, RAW_TD_GPA | RAW_TD_SHARED_BIT);
}

#define COMMAND(name_, give_, id_, taken_, ...)						\
	{ .name = name_, .give = give_, .id = id_, .taken = taken_, __VA_ARGS__ }

static const struct command {
	const char *name;
	give_t give;
	uint32_t id;
	unsigned int taken;		/* in these states */
	unsigned int either;		/* not looked at in these */
} commands[] = {
	COMMAND("KVM_TDX_CAPABILITIES", capabilities, TDX_CMD_CAPABILITIES, ALIVE),
	COMMAND("KVM_TDX_INIT_VM", init_vm, TDX_CMD_INIT_VM, IN(CREATED) | 1u << INIT_REFUSED),
	COMMAND("KVM_TDX_INIT_VCPU of the VM", vm_cmd, TDX_CMD_INIT_VCPU, 0),
	COMMAND("KVM_TDX_INIT_MEM_REGION of the VM", vm_cmd, TDX_CMD_INIT_MEM_REGION, 0),
	COMMAND("KVM_TDX_FINALIZE_VM", finalize, TDX_CMD_FINALIZE_VM,
		WITH_VCPU, .either = NO_VCPU),
	COMMAND("KVM_TDX_GET_CPUID of the VM", vm_cmd, TDX_CMD_GET_CPUID, 0),
	COMMAND("command 6 of the VM", vm_cmd, TDX_CMD_GET_CPUID + 1, 0),
	COMMAND("command 0xffffffff of the VM", vm_cmd, ~0u, 0),
	COMMAND("KVM_TDX_CAPABILITIES of a vCPU", vcpu_cmd, TDX_CMD_CAPABILITIES, 0),
	COMMAND("KVM_TDX_INIT_VM of a vCPU", vcpu_cmd, TDX_CMD_INIT_VM, 0),
	COMMAND("KVM_TDX_INIT_VCPU", init_vcpu, TDX_CMD_INIT_VCPU, IN(VCPU)),
	COMMAND("KVM_TDX_INIT_MEM_REGION", region, TDX_CMD_INIT_MEM_REGION, WITH_VCPU),
	COMMAND("KVM_TDX_INIT_MEM_REGION of a page that is there", region_again, 0,
		IN(VCPU_INITED) | 1u << REGION_FAILED),
	COMMAND("KVM_TDX_FINALIZE_VM of a vCPU", vcpu_cmd, TDX_CMD_FINALIZE_VM, 0),
	COMMAND("KVM_TDX_GET_CPUID", get_cpuid, TDX_CMD_GET_CPUID, BEFORE_FINALIZE),
	COMMAND("command 6 of a vCPU", vcpu_cmd, TDX_CMD_GET_CPUID + 1, 0),
	COMMAND("command 0xffffffff of a vCPU", vcpu_cmd, ~0u, 0),
	COMMAND("KVM_CREATE_VCPU", create_vcpu, 1, IN(INITED) | IN(MEMORY) | BEFORE_FINALIZE),
	COMMAND("KVM_CREATE_VCPU of the same ID", create_vcpu, 0, IN(INITED) | IN(MEMORY)),
	COMMAND("KVM_RUN", run, 0, IN(FINALIZED), .either = IN(RUN)),
	COMMAND("KVM_PRE_FAULT_MEMORY", pre_fault, 0, IN(FINALIZED) | IN(RUN)),
	COMMAND("KVM_PRE_FAULT_MEMORY of a GPA with the shared bit", pre_fault_shared, 0, 0),
};

/* What a KVM does not have. */
static bool lacks(const struct command *c)
{
	return c->give == pre_fault && !kvm_has_cap(KVM_CAP_PRE_FAULT_MEMORY);
}

static bool refused_in(const struct command *c, unsigned int state)
{
	return !((c->taken | c->either) >> state & 1) && !lacks(c);
}

/* 0 or an errno: the TD is in @state, and td->stage is where its launch goes on. */
static int enter(struct raw_td *td, unsigned int state)
{
	static const struct {
		enum raw_td_stage before;
		unsigned int leaf;
		uint64_t status;
	} failing[] = {
		[INIT_REFUSED] = { RAW_TD_CREATED, TDH_MNG_INIT, SEAMCALL_OPERAND_INVALID },
		[FINALIZE_BUSY] = { RAW_TD_REGION, TDH_MR_FINALIZE, SEAMCALL_OPERAND_BUSY },
		[DEAD] = { RAW_TD_VCPU, TDH_VP_INIT, SEAMCALL_OPERAND_BUSY },
	};
	int err;

	if (state <= RAW_TD_RUN)
		return raw_td_go(td, state);
	if (state == REGION_FAILED)
		return raw_td_go(td, RAW_TD_VCPU_INITED) ?:
		       (raw_td_region(td, (void *)RAW_TD_NOWHERE, RAW_TD_PAGES_GPA) == EFAULT ?
			0 : ENOEXEC);
	err = raw_td_go(td, failing[state].before);
	if (err)
		return err;
	control()->fail_seamcalls(failing[state].leaf, 1, 1, failing[state].status);
	err = raw_td_go(td, failing[state].before + 1) ? 0 : ENOEXEC;
	control()->fail_seamcalls(0, 0, 0, 0);
	return err;
}

/* MRTD of the last launch. */
static const uint8_t *mrtd(void)
{
	const struct control_td_launch *l = control() ? control()->td_launch() : NULL;

	return l && l->finalized ? l->mrtd : NULL;
}

static bool open_in(struct raw_td *td, unsigned int state)
{
	char what[60];

	raw_td_open(td);
	snprintf(what, sizeof(what), "a TD that is %s", state_name[state]);
	return EXPECT_REQ_EQ(REQ_TDX_STATES, what, 0, enter(td, state), &names_errno);
}

static bool takes(struct raw_td *td, const struct command *c, unsigned int state)
{
	char what[100];
	const bool taken = !c->give(td, c->id);

	snprintf(what, sizeof(what), "%s is taken where the TD is %s", c->name, state_name[state]);
	EXPECT_REQ_EQ(REQ_TDX_STATES, what, c->taken >> state & 1, taken, &names_bool);
	return taken;
}

/* Does the launch go on to @wanted, or NULL, which is not known? */
static bool goes_on(struct raw_td *td, const uint8_t *wanted)
{
	return !raw_td_go(td, RAW_TD_RUN) &&
	       (!wanted || (mrtd() && !memcmp(wanted, mrtd(), CONTROL_DIGEST)));
}

static void refuse_alone(const struct command *c, unsigned int state, const uint8_t *wanted)
{
	struct raw_td td;
	char what[100];

	snprintf(what, sizeof(what), "the launch goes on to its MRTD after %s, where the TD is %s",
		 c->name, state_name[state]);
	if (open_in(&td, state) && c->give(&td, c->id))
		EXPECT_REQ_TRUE(REQ_TDX_STATES_KEPT, what, goes_on(&td, wanted));
	raw_td_close(&td);
}

static void refuses(unsigned int state, const uint8_t *wanted)
{
	const struct command *c;
	struct raw_td td;
	bool taken = false, kept = true;

	if (open_in(&td, state)) {
		for (c = commands; c < commands + ARRAY_SIZE(commands); c++)
			if (refused_in(c, state))
				taken |= takes(&td, c, state);
		kept = taken || state == DEAD || goes_on(&td, wanted);
	}
	raw_td_close(&td);
	if (EXPECT_REQ_TRUE(REQ_TDX_STATES_KEPT, "the launch goes on to its MRTD after all of that",
			    kept))
		return;
	for (c = commands; c < commands + ARRAY_SIZE(commands); c++)
		if (refused_in(c, state))
			refuse_alone(c, state, wanted);
}

COCO_FIXTURE(state);
FIXTURE_VARIANT(state)
{
	struct check_row row;
	unsigned int nr;
};

#define STATE(name, nr_)							\
	FIXTURE_VARIANT_ADD(state, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_STATES, REQ_TDX_STATES_KEPT), .nr = nr_,	\
	};

STATE(created, RAW_TD_CREATED)
STATE(inited, RAW_TD_INITED)
STATE(memory, RAW_TD_MEMORY)
STATE(vcpu, RAW_TD_VCPU)
STATE(vcpu_inited, RAW_TD_VCPU_INITED)
STATE(region, RAW_TD_REGION)
STATE(finalized, RAW_TD_FINALIZED)
STATE(run, RAW_TD_RUN)
STATE(init_refused, INIT_REFUSED)
STATE(region_failed, REGION_FAILED)
STATE(finalize_busy, FINALIZE_BUSY)
STATE(dead, DEAD)

COCO_TEST_F(state, takes_its_commands)
{
	const unsigned int state = variant->nr;
	const struct command *c;
	const uint8_t *wanted = NULL;
	uint8_t digest[CONTROL_DIGEST];
	struct raw_td td;

	if (state > RAW_TD_RUN && !control()) {
		check_skip("no control of the TDX module here: nothing fails");
		return;
	}
	if (state == DEAD)
		check_expect_splat("vmx/tdx.c");
	if (control())
		control()->fw_measure(true);
	if (open_in(&td, RAW_TD_RUN) && mrtd())
		wanted = memcpy(digest, mrtd(), sizeof(digest));
	raw_td_close(&td);
	refuses(state, wanted);
	for (c = commands; c < commands + ARRAY_SIZE(commands); c++) {
		if (!(c->taken >> state & 1) || lacks(c))
			continue;
		if (open_in(&td, state))
			takes(&td, c, state);
		raw_td_close(&td);
	}
}

COCO_MAIN(td_vm_missing)
