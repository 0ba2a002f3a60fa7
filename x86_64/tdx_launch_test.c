// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_MEMORY_ENCRYPT_OP of TDs: commands with bad arguments and out of order.  That they
 * do their work shows in every other test.
 */
#include "check/harness.h"

#include <string.h>

#include "kvm_util.h"
#include "processor.h"

#include "tdx/tdvmcall_vm.h"

#define MAX_CPUID	256

/* Whatever is no command. */
#define NO_COMMAND	99

static int cmd_with_hw_error(int fd, uint32_t id)
{
	struct tdx_cmd cmd = { .id = id, .hw_error = 1 };
	int ret = ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &cmd) ? errno : 0;

	errno = 0;
	return ret;
}

/* ---- KVM_TDX_CAPABILITIES and KVM_TDX_INIT_VM: the VM has just been created ---- */

static int capabilities(struct kvm_vm *vm, uint32_t flags, uint32_t nent)
{
	struct tdx_capabilities *caps;
	int ret;

	caps = calloc(1, sizeof(*caps) + MAX_CPUID * sizeof(caps->cpuid.entries[0]));
	TEST_ASSERT(caps, "out of memory");
	caps->cpuid.nent = nent;
	ret = td_vm_cmd(vm, TDX_CMD_CAPABILITIES, flags, (uint64_t)caps);
	free(caps);
	return ret;
}

struct init_vm {
	struct tdx_init_vm init;
	struct kvm_cpuid_entry2 entry;
};

static int init_vm(struct kvm_vm *vm, uint32_t flags, unsigned int gpaw,
		   void (*spoil)(struct tdx_init_vm *init))
{
	struct init_vm arg = {
		.init.cpuid.nent = 1,
		.entry = { .function = TDX_CPUID_ADDRESS_SIZES, .eax = gpaw << 16 },
	};

	arg.init.xfam = 3;
	if (spoil)
		spoil(&arg.init);
	return td_vm_cmd(vm, TDX_CMD_INIT_VM, flags, (uint64_t)&arg);
}

static void reserved(struct tdx_init_vm *init)
{
	init->reserved[11] = 1;
}

static void padding(struct tdx_init_vm *init)
{
	init->cpuid.padding = 1;
}

static void no_cpuid(struct tdx_init_vm *init)
{
	init->cpuid.nent = 0;
}

static void attributes(struct tdx_init_vm *init)
{
	init->attributes = 1ull << 62;
}

static void xfam(struct tdx_init_vm *init)
{
	init->xfam = 1ull << 62;
}

static int caps_flags(struct kvm_vm *vm)
{
	return capabilities(vm, 1, MAX_CPUID);
}

static int caps_no_room(struct kvm_vm *vm)
{
	return capabilities(vm, 0, 0);
}

static int caps_good(struct kvm_vm *vm)
{
	return capabilities(vm, 0, MAX_CPUID);
}

static int vm_hw_error(struct kvm_vm *vm)
{
	return cmd_with_hw_error(vm->fd, TDX_CMD_CAPABILITIES);
}

static int vm_no_command(struct kvm_vm *vm)
{
	return td_vm_cmd(vm, NO_COMMAND, 0, 0);
}

static int init_good(struct kvm_vm *vm)
{
	return init_vm(vm, 0, TD_GPAW_48, NULL);
}

static int init_flags(struct kvm_vm *vm)
{
	return init_vm(vm, 1, TD_GPAW_48, NULL);
}

static int init_twice(struct kvm_vm *vm)
{
	int ret = init_vm(vm, 0, TD_GPAW_48, NULL);

	return ret ? ENOENT : init_vm(vm, 0, TD_GPAW_48, NULL);
}

static int init_width_0(struct kvm_vm *vm)
{
	return init_vm(vm, 0, 0, NULL);
}

static int init_width_47(struct kvm_vm *vm)
{
	return init_vm(vm, 0, 47, NULL);
}

static int init_width_57(struct kvm_vm *vm)
{
	return init_vm(vm, 0, 57, NULL);
}

static int init_reserved(struct kvm_vm *vm)
{
	return init_vm(vm, 0, TD_GPAW_48, reserved);
}

static int init_padding(struct kvm_vm *vm)
{
	return init_vm(vm, 0, TD_GPAW_48, padding);
}

static int init_no_cpuid(struct kvm_vm *vm)
{
	return init_vm(vm, 0, TD_GPAW_48, no_cpuid);
}

static int init_attributes(struct kvm_vm *vm)
{
	return init_vm(vm, 0, TD_GPAW_48, attributes);
}

static int init_xfam(struct kvm_vm *vm)
{
	return init_vm(vm, 0, TD_GPAW_48, xfam);
}

static int vcpu_too_early(struct kvm_vm *vm)
{
	int fd = __vm_ioctl(vm, KVM_CREATE_VCPU, NULL), err = errno;

	if (fd >= 0)
		close(fd);
	errno = 0;
	return fd < 0 ? err : 0;
}

static int finalize_too_early(struct kvm_vm *vm)
{
	return td_vm_cmd(vm, TDX_CMD_FINALIZE_VM, 0, 0);
}

COCO_FIXTURE(new_vm);
FIXTURE_VARIANT(new_vm)
{
	struct check_row row;
	int (*run)(struct kvm_vm *vm);
	int err;
};

#define NEW_VM_ROW(name, req, err_)						\
	FIXTURE_VARIANT_ADD(new_vm, name)					\
	{									\
		COCO_ROW(NULL, req), .run = name, .err = err_,			\
	};

NEW_VM_ROW(caps_good, REQ_TDX_CMD_ARGS, 0)
NEW_VM_ROW(caps_flags, REQ_TDX_CMD_FLAGS, EINVAL)
NEW_VM_ROW(caps_no_room, REQ_TDX_CMD_ARGS, E2BIG)
NEW_VM_ROW(vm_hw_error, REQ_TDX_CMD_HW_ERROR, EINVAL)
NEW_VM_ROW(vm_no_command, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(init_good, REQ_TDX_CMD_ARGS, 0)
NEW_VM_ROW(init_flags, REQ_TDX_CMD_FLAGS, EINVAL)
NEW_VM_ROW(init_twice, REQ_TDX_CMD_ORDER, EINVAL)
NEW_VM_ROW(init_width_0, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(init_width_47, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(init_width_57, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(init_reserved, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(init_padding, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(init_no_cpuid, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(init_attributes, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(init_xfam, REQ_TDX_CMD_ARGS, EINVAL)
NEW_VM_ROW(vcpu_too_early, REQ_TDX_CMD_ORDER, EIO)
NEW_VM_ROW(finalize_too_early, REQ_TDX_CMD_ORDER, EINVAL)

COCO_TEST_F(new_vm, answer)
{
	struct kvm_vm *vm = td_vm_open();

	EXPECT_REQ_EQ(check_main_req(), "the command", variant->err, variant->run(vm),
		      &names_errno);
	kvm_vm_free(vm);
}

/* ---- commands of a TD that has vCPU and memory, launched or not ---- */

static int vcpu_twice(struct td_vm *td)
{
	return td_vcpu_cmd(td->vcpu[0], TDX_CMD_INIT_VCPU, 0, 0);
}

static int vcpu_hw_error(struct td_vm *td)
{
	return cmd_with_hw_error(td->vcpu[0]->fd, TDX_CMD_GET_CPUID);
}

static int cpuid_no_room(struct td_vm *td)
{
	struct kvm_cpuid2 cpuid = {};
	int ret = td_vcpu_cmd(td->vcpu[0], TDX_CMD_GET_CPUID, 0, (uint64_t)&cpuid);

	/* It says how much room it takes. */
	EXPECT_REQ_TRUE(REQ_TDX_CMD_ARGS, "nent is not 0", cpuid.nent);
	return ret;
}

static int cpuid_flags(struct td_vm *td)
{
	struct kvm_cpuid2 *cpuid = allocate_kvm_cpuid2(MAX_CPUID);
	int ret = td_vcpu_cmd(td->vcpu[0], TDX_CMD_GET_CPUID, 1, (uint64_t)cpuid);

	free(cpuid);
	return ret;
}

static int run_too_early(struct td_vm *td)
{
	int err;

	errno = 0;
	err = __vcpu_run(td->vcpu[0]) ? errno : 0;
	errno = 0;
	return err;
}

static int finalize_flags(struct td_vm *td)
{
	return td_vm_cmd(td->vm, TDX_CMD_FINALIZE_VM, 1, 0);
}

static int finalize_data(struct td_vm *td)
{
	return td_vm_cmd(td->vm, TDX_CMD_FINALIZE_VM, 0, 1);
}

static int finalize_twice(struct td_vm *td)
{
	return td_vm_cmd(td->vm, TDX_CMD_FINALIZE_VM, 0, 0);
}

static int vcpu_too_late(struct td_vm *td)
{
	return td_vcpu_cmd(td->vcpu[0], TDX_CMD_INIT_VCPU, 0, 0);
}

COCO_FIXTURE(td);
FIXTURE_VARIANT(td)
{
	struct check_row row;
	int (*run)(struct td_vm *td);
	bool launched;
	int err;
};

#define TD_ROW(name, req, launched_, err_)					\
	FIXTURE_VARIANT_ADD(td, name)						\
	{									\
		COCO_ROW(NULL, req), .run = name, .launched = launched_, .err = err_,	\
	};

TD_ROW(vcpu_twice, REQ_TDX_CMD_ORDER, false, EINVAL)
TD_ROW(vcpu_hw_error, REQ_TDX_CMD_HW_ERROR, false, EINVAL)
TD_ROW(cpuid_no_room, REQ_TDX_CMD_ARGS, false, E2BIG)
TD_ROW(cpuid_flags, REQ_TDX_CMD_FLAGS_ALL, false, EINVAL)
TD_ROW(run_too_early, REQ_TDX_CMD_ORDER, false, EINVAL)
TD_ROW(finalize_flags, REQ_TDX_CMD_FLAGS_ALL, false, EINVAL)
TD_ROW(finalize_data, REQ_TDX_CMD_FLAGS_ALL, false, EINVAL)
TD_ROW(finalize_twice, REQ_TDX_CMD_ORDER, true, EINVAL)
TD_ROW(vcpu_too_late, REQ_TDX_CMD_ORDER, true, EINVAL)

COCO_TEST_F(td, answer)
{
	struct td_vm *td = td_vm_create(TD_GPAW_48, 1, guest_td_loop);

	if (variant->launched)
		td_vm_launch(td);
	EXPECT_REQ_EQ(check_main_req(), "the command", variant->err, variant->run(td),
		      &names_errno);
	td_vm_free(td);
}

COCO_MAIN(td_vm_missing)
