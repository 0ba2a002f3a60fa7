// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_MEMORY_ENCRYPT_OP of TDs: which memory of the VMM's a command reads and which it writes,
 * addresses of 0, and capabilities that TDs do not have.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

/* Two pages of the VMM's: a structure, and what it points to. */
struct args {
	struct tdx_cmd *cmd;
	void *data;
};

static void *new_page(void)
{
	const size_t size = 16 * RAW_VM_PAGE;	/* TDX_MAX_CPUID entries have room */
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(page != MAP_FAILED, "mmap: %s", strerror(errno));
	return page;
}

static void protect(void *page)
{
	TEST_ASSERT(!mprotect(page, 16 * RAW_VM_PAGE, PROT_READ), "mprotect: %s", strerror(errno));
}

/* ---- what each command is given ---- */

static uint64_t no_data(struct raw_td *td, void *page)
{
	(void)td;
	(void)page;
	return 0;
}

static uint64_t capabilities(struct raw_td *td, void *page)
{
	struct tdx_capabilities *caps = page;

	(void)td;
	caps->cpuid.nent = TDX_MAX_CPUID;
	return (uint64_t)caps;
}

static uint64_t init_vm(struct raw_td *td, void *page)
{
	struct tdx_init_vm *init = page;

	(void)td;
	init->xfam = 3;
	init->cpuid.nent = 1;
	init->cpuid.entries[0].function = TDX_CPUID_ADDRESS_SIZES;
	init->cpuid.entries[0].eax = TD_GPAW_48 << 16;
	return (uint64_t)init;
}

static uint64_t region(struct raw_td *td, void *page)
{
	struct tdx_mem_region *region = page;

	*region = (struct tdx_mem_region){ (uint64_t)td->raw.mem, RAW_TD_PAGES_GPA, 1 };
	return (uint64_t)region;
}

static uint64_t cpuid(struct raw_td *td, void *page)
{
	struct kvm_cpuid2 *cpuid = page;

	(void)td;
	cpuid->nent = TDX_MAX_CPUID;
	return (uint64_t)cpuid;
}

struct command {
	uint32_t id;
	enum raw_td_stage after;
	bool of_vcpu;
	uint64_t (*data)(struct raw_td *td, void *page);
};

#define CAPABILITIES	{ TDX_CMD_CAPABILITIES, RAW_TD_CREATED, false, capabilities }
#define INIT_VM		{ TDX_CMD_INIT_VM, RAW_TD_CREATED, false, init_vm }
#define GET_CPUID	{ TDX_CMD_GET_CPUID, RAW_TD_VCPU, true, cpuid }
#define INIT_VCPU	{ TDX_CMD_INIT_VCPU, RAW_TD_VCPU, true, no_data }
#define REGION		{ TDX_CMD_INIT_MEM_REGION, RAW_TD_VCPU_INITED, true, region }
#define FINALIZE	{ TDX_CMD_FINALIZE_VM, RAW_TD_REGION, false, no_data }

static void open_at(struct raw_td *td, enum raw_td_stage stage)
{
	raw_td_open(td);
	TEST_ASSERT(!raw_td_go(td, stage), "the launch up to stage %u", stage);
}

static void prepare(struct raw_td *td, const struct command *command, struct args *args)
{
	open_at(td, command->after);
	args->cmd = new_page();
	args->data = new_page();
	*args->cmd = (struct tdx_cmd){ .id = command->id, .data = command->data(td, args->data) };
}

static int give(const struct raw_td *td, const struct command *command, struct tdx_cmd *cmd)
{
	int err;

	do {
		err = raw_errno(ioctl(command->of_vcpu ? td->raw.vcpu : td->raw.vm,
				      KVM_MEMORY_ENCRYPT_OP, cmd));
	} while (err == EINTR);
	return err;
}

/* ---- what may be out of KVM's reach for writing ---- */

COCO_FIXTURE(read_only);
FIXTURE_VARIANT(read_only)
{
	struct check_row row;
	struct command command;
	bool cmd, data, source;
};

#define READ_ONLY(name, command_, ...)						\
	FIXTURE_VARIANT_ADD(read_only, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_CMD_READ_ONLY), .command = command_, __VA_ARGS__	\
	};

READ_ONLY(capabilities_cmd, CAPABILITIES, .cmd = true)
READ_ONLY(init_vm_data, INIT_VM, .data = true)
READ_ONLY(region_source, REGION, .source = true)

COCO_TEST_F(read_only, works)
{
	struct raw_td td;
	struct args args;

	prepare(&td, &variant->command, &args);
	if (variant->cmd)
		protect(args.cmd);
	if (variant->data)
		protect(args.data);
	if (variant->source)
		TEST_ASSERT(!mprotect(td.raw.mem, RAW_VM_PAGE, PROT_READ), "mprotect");
	EXPECT_REQ_EQ(REQ_TDX_CMD_READ_ONLY, "the command", 0,
		      give(&td, &variant->command, args.cmd), &names_errno);
	raw_td_close(&td);
}

/* ---- what a command leaves of its argument ---- */

COCO_FIXTURE(kept);
FIXTURE_VARIANT(kept)
{
	struct check_row row;
	struct command command;
};

#define KEPT(name, command_)							\
	FIXTURE_VARIANT_ADD(kept, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_CMD_KEPT, REQ_KERNEL_UNCHARGED), .command = command_,		\
	};

KEPT(capabilities, CAPABILITIES)
KEPT(init_vm, INIT_VM)
KEPT(get_cpuid, GET_CPUID)
KEPT(init_vcpu, INIT_VCPU)
KEPT(init_mem_region, REGION)
KEPT(finalize_vm, FINALIZE)

COCO_TEST_F(kept, cmd)
{
	const enum requirement_nr req = REQ_TDX_CMD_KEPT;
	struct tdx_cmd before;
	struct raw_td td;
	struct args args;

	prepare(&td, &variant->command, &args);
	before = *args.cmd;
	EXPECT_REQ_EQ(req, "the command", 0, give(&td, &variant->command, args.cmd),
		      &names_errno);
	EXPECT_REQ_EQ(req, "id", before.id, args.cmd->id, &names_value);
	EXPECT_REQ_EQ(req, "flags", before.flags, args.cmd->flags, &names_value);
	EXPECT_REQ_EQ(req, "data", before.data, args.cmd->data, &names_value);
	EXPECT_REQ_EQ(req, "hw_error", 0, args.cmd->hw_error, &names_value);
	raw_td_close(&td);
}

/* ---- addresses of 0 ---- */

COCO_FIXTURE(null_data);
FIXTURE_VARIANT(null_data)
{
	struct check_row row;
	struct command command;
};

#define NULL_ROW(name, command_)						\
	FIXTURE_VARIANT_ADD(null_data, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_CMD_NULL), .command = command_,		\
	};

NULL_ROW(capabilities, CAPABILITIES)
NULL_ROW(init_vm, INIT_VM)
NULL_ROW(get_cpuid, GET_CPUID)
NULL_ROW(init_mem_region, REGION)

COCO_TEST_F(null_data, refused)
{
	struct raw_td td;
	struct args args;

	prepare(&td, &variant->command, &args);
	args.cmd->data = 0;
	EXPECT_REQ_EQ(REQ_TDX_CMD_NULL, "the command", EFAULT,
		      give(&td, &variant->command, args.cmd), &names_errno);
	raw_td_close(&td);
}

COCO_FIXTURE(source);
FIXTURE_VARIANT(source)
{
	struct check_row row;
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(source, not_measured)
{
	COCO_ROW(NULL, REQ_TDX_REGION_NULL),
};

FIXTURE_VARIANT_ADD(source, measured)
{
	COCO_ROW(NULL, REQ_TDX_REGION_NULL), .flags = TDX_MEASURE_MEMORY_REGION,
};

COCO_TEST_F(source, is_0)
{
	static const struct command command = REGION;
	struct tdx_mem_region *region;
	struct raw_td td;
	struct args args;
	int err;

	prepare(&td, &command, &args);
	region = args.data;
	region->source_addr = 0;
	args.cmd->flags = variant->flags;
	err = give(&td, &command, args.cmd);
	EXPECT_REQ_EITHER(REQ_TDX_REGION_NULL, "the command", EINVAL, EFAULT, err, &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_REGION_NULL, "pages left", 1, region->nr_pages, &names_pages);
	/* The page can still be added, and the TD runs with it. */
	EXPECT_REQ_EQ(REQ_TDX_REGION_NULL, "the launch after it", 0, raw_td_go(&td, RAW_TD_RUN),
		      &names_errno);
	raw_td_close(&td);
}

/* ---- KVM_TDX_CAPABILITIES' array ---- */

COCO_FIXTURE(array);
FIXTURE_VARIANT(array)
{
	struct check_row row;
	bool tight;			/* it has room for what there is, and no more */
};

FIXTURE_VARIANT_ADD(array, roomy)
{
	COCO_ROW(NULL, REQ_TDX_CAPS_ENTRIES),
};

FIXTURE_VARIANT_ADD(array, tight)
{
	COCO_ROW(NULL, REQ_TDX_CAPS_ENTRIES), .tight = true,
};

#define UNTOUCHED	0xa5

COCO_TEST_F(array, is_filled)
{
	static const struct command command = CAPABILITIES;
	const enum requirement_nr req = REQ_TDX_CAPS_ENTRIES;
	struct tdx_capabilities *caps;
	struct raw_td td;
	struct args args;
	uint32_t nent;

	prepare(&td, &command, &args);
	caps = args.data;
	if (variant->tight) {
		TEST_ASSERT(!give(&td, &command, args.cmd), "KVM_TDX_CAPABILITIES fails");
		nent = caps->cpuid.nent;
	} else {
		nent = TDX_MAX_CPUID;
	}
	memset(caps, UNTOUCHED,
	       sizeof(*caps) + (TDX_MAX_CPUID + 1) * sizeof(caps->cpuid.entries[0]));
	caps->cpuid.nent = nent;
	if (EXPECT_REQ_EQ(req, "the command", 0, give(&td, &command, args.cmd), &names_errno) &&
	    EXPECT_REQ_TRUE(req, "nent is one of its array's", caps->cpuid.nent <= nent)) {
		EXPECT_REQ_FILL(req, "behind the entries", UNTOUCHED,
				&caps->cpuid.entries[caps->cpuid.nent],
				sizeof(caps->cpuid.entries[0]));
		EXPECT_REQ_FILL(req, "reserved", 0, caps->reserved, sizeof(caps->reserved));
		if (variant->tight)
			EXPECT_REQ_EQ(req, "nent", nent, caps->cpuid.nent, &names_count);
	}
	raw_td_close(&td);
}

/* ---- KVM_CAP_PMU_CAPABILITY ---- */

COCO_FIXTURE(pmu);
FIXTURE_VARIANT(pmu)
{
	struct check_row row;
	uint64_t arg;
	int err;
};

FIXTURE_VARIANT_ADD(pmu, disabled)
{
	COCO_ROW(NULL, REQ_TDX_PMU), .arg = KVM_PMU_CAP_DISABLE,
};

FIXTURE_VARIANT_ADD(pmu, enabled)
{
	COCO_ROW(NULL, REQ_TDX_PMU), .err = EINVAL,
};

COCO_TEST_F(pmu, capability)
{
	const struct kvm_enable_cap cap = {
		.cap = KVM_CAP_PMU_CAPABILITY, .args = { variant->arg },
	};
	struct raw_td td;

	open_at(&td, RAW_TD_CREATED);
	if (!(ioctl(td.raw.kvm, KVM_CHECK_EXTENSION, KVM_CAP_PMU_CAPABILITY) & KVM_PMU_CAP_DISABLE))
		check_skip("this KVM virtualizes no PMU");
	else
		EXPECT_REQ_EQ(REQ_TDX_PMU, "KVM_ENABLE_CAP", variant->err,
			      raw_errno(ioctl(td.raw.vm, KVM_ENABLE_CAP, &cap)), &names_errno);
	raw_td_close(&td);
}

COCO_MAIN(td_vm_missing)
