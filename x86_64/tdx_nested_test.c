// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD has no VMX, whatever CPUID its VMM gives it: its vCPU neither has nor takes the state of a
 * nested hypervisor, and what a VMM tries leaves nothing behind.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "tdx/raw_td.h"
#include "tdx/td_vm.h"
#include "tdx/tdx_check.h"

#define VMXON_GPA	0x1000
#define VMCS12_GPA	0x2000
/* VMCS12_REVISION, which is ABI between a VMM and KVM as what KVM_GET_NESTED_STATE gives. */
#define REVISION	0x11e57ed0

#define SPLATS		"kvm/vmx/"

COCO_FIXTURE(nested);
FIXTURE_VARIANT(nested)
{
	struct check_row row;
	bool vmcs12;			/* there is a current VMCS, too */
	uint16_t flags;
};

FIXTURE_VARIANT_ADD(nested, vmxon)
{
	COCO_ROW(NULL, REQ_TDX_NESTED),
};

FIXTURE_VARIANT_ADD(nested, vmcs12)
{
	COCO_ROW(NULL, REQ_TDX_NESTED), .vmcs12 = true,
};

FIXTURE_VARIANT_ADD(nested, guest_mode)
{
	COCO_ROW(NULL, REQ_TDX_NESTED), .vmcs12 = true, .flags = KVM_STATE_NESTED_GUEST_MODE,
};

static union {
	struct kvm_nested_state state;
	uint8_t bytes[sizeof(struct kvm_nested_state) + sizeof(struct kvm_vmx_nested_state_data)];
} nested;

/* KVM_SET_NESTED_STATE: 0, or its errno; @vmxon -1: no VMX operation. */
static int set_nested(struct tdvmcall_vm *v, uint64_t vmxon, bool vmcs12, uint16_t flags)
{
	memset(&nested, 0, sizeof(nested));
	nested.state.format = KVM_STATE_NESTED_FORMAT_VMX;
	nested.state.flags = flags;
	nested.state.size = vmcs12 ? sizeof(nested) : sizeof(nested.state);
	nested.state.hdr.vmx.vmxon_pa = vmxon;
	nested.state.hdr.vmx.vmcs12_pa = vmcs12 ? VMCS12_GPA : ~0ull;
	*(uint32_t *)nested.state.data.vmx[0].vmcs12 = REVISION;
	return raw_errno(ioctl(v->vcpu->fd, KVM_SET_NESTED_STATE, &nested));
}

COCO_TEST_F(nested, refused)
{
	const enum requirement_nr req = REQ_TDX_NESTED;
	struct tdvmcall_vm v;

	/* Says a requirement of its own. */
	check_expect_splat(SPLATS);
	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	EXPECT_REQ_TRUE(req, "KVM_SET_NESTED_STATE fails",
			set_nested(&v, VMXON_GPA, variant->vmcs12, variant->flags));
	/* Where it is taken, what it has made is not freed with the vCPU. */
	set_nested(&v, ~0ull, false, 0);
	EXPECT_REQ_QUIET(req, "WARNs", SPLATS);
	errno = 0;
	tdvmcall_prepare(&v, GHCI_INSTRUCTION_CPUID, 0, 0, TD_FILL(14), TD_FILL(15));
	if (expect_tdvmcall_answer(req, &v, GHCI_SUCCESS))
		tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
