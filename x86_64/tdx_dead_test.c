// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD that KVM has given up, because the TDX module refused what it may not refuse: whatever
 * its VMM asks of it fails, and it goes as any other.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/seamcall.h"
#include "tdx/td_vm.h"

COCO_FIXTURE(dead);
FIXTURE_VARIANT(dead)
{
	struct check_row row;
	unsigned long request;
	bool of_vcpu;
	bool cmd;			/* the argument is a command's */
	uint32_t id;
};

#define DEAD_ROW(name, request_, ...)						\
	FIXTURE_VARIANT_ADD(dead, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_DEAD), .request = request_, __VA_ARGS__	\
	};
#define CMD_ROW(name, id_, ...)							\
	DEAD_ROW(name, KVM_MEMORY_ENCRYPT_OP, .cmd = true, .id = id_, __VA_ARGS__)

DEAD_ROW(run, KVM_RUN, .of_vcpu = true)
DEAD_ROW(get_mp_state, KVM_GET_MP_STATE, .of_vcpu = true)
DEAD_ROW(get_lapic, KVM_GET_LAPIC, .of_vcpu = true)
DEAD_ROW(nmi, KVM_NMI, .of_vcpu = true)
DEAD_ROW(create_vcpu, KVM_CREATE_VCPU)
DEAD_ROW(set_memory, KVM_SET_USER_MEMORY_REGION2)
DEAD_ROW(set_attributes, KVM_SET_MEMORY_ATTRIBUTES)
DEAD_ROW(create_guest_memfd, KVM_CREATE_GUEST_MEMFD)
DEAD_ROW(signal_msi, KVM_SIGNAL_MSI)
DEAD_ROW(enable_cap, KVM_ENABLE_CAP)
DEAD_ROW(check_extension, KVM_CHECK_EXTENSION)
CMD_ROW(capabilities, TDX_CMD_CAPABILITIES)
CMD_ROW(finalize, TDX_CMD_FINALIZE_VM)
CMD_ROW(init_vcpu, TDX_CMD_INIT_VCPU, .of_vcpu = true)
CMD_ROW(init_mem_region, TDX_CMD_INIT_MEM_REGION, .of_vcpu = true)
CMD_ROW(get_cpuid, TDX_CMD_GET_CPUID, .of_vcpu = true)

COCO_TEST_F(dead, refuses)
{
	static char zeroes[4096];
	struct tdx_cmd cmd = { .id = variant->id };
	struct raw_td td;

	check_expect_splat("vmx/tdx.c");
	raw_td_open(&td);
	TEST_ASSERT(!raw_td_go(&td, RAW_TD_VCPU), "the launch before it");
	control()->fail_seamcalls(TDH_VP_INIT, 1, 1, SEAMCALL_OPERAND_BUSY);
	EXPECT_REQ_TRUE(REQ_TDX_DEAD, "KVM_TDX_INIT_VCPU fails", raw_td_go(&td, RAW_TD_VCPU_INITED));
	EXPECT_REQ_EQ(REQ_TDX_DEAD, "the ioctl", EIO,
		      raw_errno(ioctl(variant->of_vcpu ? td.raw.vcpu : td.raw.vm, variant->request,
				      variant->cmd ? (void *)&cmd : zeroes)), &names_errno);
	raw_td_close(&td);
}

static const char *missing(void)
{
	const char *why = td_vm_missing();

	return why || control() ? why : "no control of the TDX module here: it refuses nothing";
}

COCO_MAIN(missing)
