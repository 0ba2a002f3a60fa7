// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_MEMORY_ENCRYPT_OP of a VMM that rewrites the arguments while KVM reads them.
 *
 * Not ABI, so not checked: how often KVM reads an argument.  What cannot be half the old
 * and half the new one, it may refuse.
 */
#include "check/harness.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"

#include "cases/race.h"
#include "tdx/td_vm.h"

/* Pages of slot 0 that nothing else is in; each round has two of its own. */
#define REGION_A	0x180000ull
#define REGION_B	0x181000ull
#define REGION_STRIDE	0x2000ull

#define NR_ENTRIES	40		/* of CPUID: more than there are to be told */

/* The arguments, a page each, so that one alone is watched. */
struct args {
	union {
		struct tdx_cmd cmd;
		char cmd_page[PAGE_SIZE];
	};
	union {
		struct {
			struct tdx_init_vm init;
			struct kvm_cpuid_entry2 init_entries[NR_ENTRIES];
		};
		struct tdx_capabilities caps;
		struct kvm_cpuid2 cpuid;
		struct tdx_mem_region region;
		char page[PAGE_SIZE];
	};
	char source[PAGE_SIZE];
};

_Static_assert(sizeof(struct args) == 3 * PAGE_SIZE, "the arguments have a page each");

struct races {
	struct args *args;
	struct td_vm *td;		/* of vCPU ioctls */
	struct kvm_vm *vm;		/* of VM ioctls: new in each round */
	uint64_t a, b;			/* this round's GPAs */
};

static void guest_nothing(void)
{
}

/* ---- the commands, as if nothing were to change ---- */

static void prepare_init_vm(struct races *r)
{
	r->vm = td_vm_open();
	r->args->cmd.id = TDX_CMD_INIT_VM;
	r->args->init.xfam = 3;
	r->args->init.cpuid.nent = 1;
	r->args->init_entries[0].function = TDX_CPUID_ADDRESS_SIZES;
	r->args->init_entries[0].eax = TD_GPAW_48 << 16;
}

static void prepare_capabilities(struct races *r)
{
	r->vm = td_vm_open();
	r->args->cmd.id = TDX_CMD_CAPABILITIES;
	r->args->caps.cpuid.nent = NR_ENTRIES;
}

static void prepare_get_cpuid(struct races *r)
{
	r->args->cmd.id = TDX_CMD_GET_CPUID;
	r->args->cpuid.nent = NR_ENTRIES;
}

static void prepare_region(struct races *r)
{
	r->args->cmd.id = TDX_CMD_INIT_MEM_REGION;
	r->args->region.source_addr = (uint64_t)r->args->source;
	r->args->region.gpa = r->a;
	r->args->region.nr_pages = 1;
	vm_mem_set_private(r->td->vm, r->a, 2 * PAGE_SIZE);
}

/* How far KVM came is in the struct that it writes back. */
static void say_region(struct race_got *got, const struct races *r)
{
	const struct tdx_mem_region *region = &r->args->region;

	race_say(got, "page %s", region->gpa - PAGE_SIZE == r->a ? "A" :
				 region->gpa - PAGE_SIZE == r->b ? "B" : "?");
}

static const struct command {
	bool of_vm;
	void (*prepare)(struct races *r);
	void (*say)(struct race_got *got, const struct races *r);	/* after success */
} init_vm = { .of_vm = true, .prepare = prepare_init_vm },
  capabilities = { .of_vm = true, .prepare = prepare_capabilities },
  get_cpuid = { .prepare = prepare_get_cpuid },
  init_mem_region = { .prepare = prepare_region, .say = say_region };

/* ---- fields that change ---- */

#define MAX_MAY		3

COCO_FIXTURE(arg);
FIXTURE_VARIANT(arg)
{
	struct check_row row;
	const struct command *command;
	const char *field;
	size_t offset, size;		/* in struct args */
	uint64_t before;		/* 0: what the command has */
	uint64_t after;
	bool gpa_b;			/* after: GPA B, with after's bits */
	enum requirement_nr bounds;	/* what an access out of bounds breaks */
	const char *was, *may[MAX_MAY];
};

#define ROW(name, command_, field_, after_, bounds_, was_, ...)		\
	FIXTURE_VARIANT_ADD(arg, name)						\
	{									\
		COCO_ROW(NULL, REQ_RACE_TDX_ARG, bounds_),			\
		.command = &command_, .field = #field_,				\
		.offset = offsetof(struct args, field_),			\
		.size = sizeof(((struct args *)0)->field_), .bounds = bounds_,	\
		.after = after_, .was = was_, .may = { __VA_ARGS__ },		\
	};
#define ARG_ROW(name, command, field, after, ...)				\
	ROW(name, command, field, after, REQ_KERNEL_MEM_BOUNDS, __VA_ARGS__)
/* @field is the length of an array. */
#define NENT_ROW(name, command, field, after, ...)				\
	ROW(name, command, field, after, REQ_RACE_TDX_NENT, __VA_ARGS__)

#define DONE		"success"

/* An entry more is a zeroed one of leaf 0, which nobody can configure. */
NENT_ROW(init_vm_nent_less, init_vm, init.cpuid.nent, 0, DONE, "EINVAL")
NENT_ROW(init_vm_nent_more, init_vm, init.cpuid.nent, 2, DONE, "EINVAL")
NENT_ROW(init_vm_nent_40, init_vm, init.cpuid.nent, NR_ENTRIES, DONE, "EINVAL")
NENT_ROW(init_vm_nent_257, init_vm, init.cpuid.nent, 257, DONE, "E2BIG", "EINVAL")
NENT_ROW(init_vm_nent_max, init_vm, init.cpuid.nent, ~0u, DONE, "E2BIG", "EINVAL")
ARG_ROW(init_vm_padding, init_vm, init.cpuid.padding, 1, DONE, "EINVAL")
ARG_ROW(init_vm_reserved, init_vm, init.reserved[11], 1, DONE, "EINVAL")
ARG_ROW(init_vm_xfam, init_vm, init.xfam, 1ull << 62, DONE, "EINVAL")
ARG_ROW(init_vm_attributes, init_vm, init.attributes, 1ull << 62, DONE, "EINVAL")
ARG_ROW(init_vm_gpaw, init_vm, init_entries[0].eax, 49 << 16, DONE, "EINVAL")
ARG_ROW(init_vm_flags, init_vm, cmd.flags, 1, DONE, "EINVAL")
ARG_ROW(init_vm_hw_error, init_vm, cmd.hw_error, 1, DONE, "EINVAL")
ARG_ROW(init_vm_data, init_vm, cmd.data, PAGE_SIZE, DONE, "EFAULT")
NENT_ROW(capabilities_nent, capabilities, caps.cpuid.nent, 0, DONE, "E2BIG")
NENT_ROW(get_cpuid_nent, get_cpuid, cpuid.nent, 0, DONE, "E2BIG")
ARG_ROW(get_cpuid_hw_error, get_cpuid, cmd.hw_error, 1, DONE, "EINVAL")
ARG_ROW(get_cpuid_id, get_cpuid, cmd.id, TDX_CMD_INIT_VCPU, DONE, "EINVAL")
ARG_ROW(region_gpa_odd, init_mem_region, region.gpa, 1, "page A", "EINVAL")
ARG_ROW(region_gpa_shared, init_mem_region, region.gpa, 1ull << 47, "page A", "EINVAL")
ARG_ROW(region_pages_0, init_mem_region, region.nr_pages, 0, "page A", "EINVAL")
ARG_ROW(region_pages_wrap, init_mem_region, region.nr_pages, 1ull << 52, "page A", "EINVAL")
ARG_ROW(region_source_odd, init_mem_region, region.source_addr, 1, "page A", "EINVAL")
ARG_ROW(region_flags, init_mem_region, cmd.flags, 2, "page A", "EINVAL")

FIXTURE_VARIANT_ADD(arg, region_gpa_other)
{
	COCO_ROW(NULL, REQ_RACE_TDX_ARG, REQ_KERNEL_MEM_BOUNDS),
	.command = &init_mem_region, .field = "region.gpa",
	.offset = offsetof(struct args, region.gpa), .size = sizeof(uint64_t), .gpa_b = true,
	.bounds = REQ_KERNEL_MEM_BOUNDS,
	.was = "page A", .may = { "page B" },
};

/* One KVM_MEMORY_ENCRYPT_OP; td_vm_cmd() has a struct tdx_cmd of its own. */
static void run_command(struct race_got *got, const struct command *command, struct races *r)
{
	int fd = command->of_vm ? r->vm->fd : r->td->vcpu[0]->fd;
	int err = ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &r->args->cmd) ? errno : 0;

	/* libkvm's assertions take a stale EACCES for a reason to skip. */
	errno = 0;
	if (!err && command->say)
		command->say(got, r);
	else
		race_say(got, "%s", name_of(&names_errno, err));
}

static void new_round(struct races *r, unsigned int round, const struct command *command)
{
	memset(r->args, 0, sizeof(*r->args));
	r->a = REGION_A + round * REGION_STRIDE;
	r->b = REGION_B + round * REGION_STRIDE;
	r->args->cmd.data = (uint64_t)r->args->page;
	command->prepare(r);
}

COCO_TEST_F(arg, changes)
{
	struct races r = {};
	struct race race = {
		.field = variant->field, .of = CONTROL_RACE_VMM,
		.change = { .size = variant->size },
	};
	uint64_t after;

	if (!race_possible())
		return;
	check_attribute_to(REQ_KERNEL_MEM_BOUNDS, variant->bounds);
	r.args = mmap(NULL, sizeof(*r.args), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	TEST_ASSERT(r.args != MAP_FAILED, "out of memory");
	race.change.at = (char *)r.args + variant->offset;
	race.change.bytes = &after;
	if (!variant->command->of_vm)
		r.td = td_vm_create(TD_GPAW_48, 1, guest_nothing);

	while (race_next(&race)) {
		struct race_got got = {};

		new_round(&r, race.round, variant->command);
		after = variant->gpa_b ? r.b : variant->after;
		race_begin(&race);
		run_command(&got, variant->command, &r);
		race_end(&race);
		if (variant->command->of_vm)
			kvm_vm_free(r.vm);
		if (!EXPECT_RACE(REQ_RACE_TDX_ARG, &race, variant->was, variant->may, got.text))
			break;
	}
	if (r.td)
		td_vm_free(r.td);
}

static const char *missing(void)
{
	const char *why = td_vm_missing();

	return why || control() ? why :
	       "no control of the kernel here: memory cannot be changed between KVM's accesses";
}

COCO_MAIN(missing)
