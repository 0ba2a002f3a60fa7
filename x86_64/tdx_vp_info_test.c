// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.INFO: what the TDX module tells a vCPU of its TD, which it has from KVM.  KVM
 * never hears of the call itself.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "tdx/tdvmcall_vm.h"

COCO_FIXTURE(info);
FIXTURE_VARIANT(info)
{
	struct check_row row;
	unsigned int gpaw, nr_vcpus;
};

#define INFO_ROW(name, gpaw_, nr_vcpus_)					\
	FIXTURE_VARIANT_ADD(info, name)						\
	{									\
		COCO_ROW(NULL, REQ_TDX_VP_INFO), .gpaw = gpaw_, .nr_vcpus = nr_vcpus_,	\
	};

INFO_ROW(one_vcpu, TD_GPAW_48, 1)
INFO_ROW(several_vcpus, TD_GPAW_48, TD_VM_MAX_VCPUS)
INFO_ROW(gpaw_52, TD_GPAW_52, 2)

static bool expect_info(struct tdvmcall_vm *v, unsigned int id, unsigned int nr_vcpus)
{
	const uint64_t *out = v->req->out.gpr;
	uint64_t max = vm_check_cap(v->td->vm, KVM_CAP_MAX_VCPUS);

	tdvmcall_prepare(v, 0, 0, 0, 0, 0);
	v->req->in.gpr[TD_RAX] = TDG_VP_INFO;
	if (!EXPECT_REQ_SYNC(REQ_TDX_VP_INFO, v->vcpu, TD_STAGE_ANSWERED))
		return false;
	return EXPECT_REQ_EQ(REQ_TDX_VP_INFO, "RAX", TDX_SUCCESS, out[TD_RAX], &names_tdcall) &
	       EXPECT_REQ_EQ(REQ_TDX_VP_INFO, "RCX[5:0], the address width", v->td->gpaw,
			     out[TD_RCX] & 0x3f, &names_value) &
	       EXPECT_REQ_EQ(REQ_TDX_VP_INFO, "RDX, the attributes", v->td->attributes, out[TD_RDX],
			     &names_value) &
	       EXPECT_REQ_EQ(REQ_TDX_VP_INFO, "R8[31:0], vCPUs", nr_vcpus,
			     (uint32_t)out[TD_R8], &names_count) &
	       EXPECT_REQ_EQ(REQ_TDX_VP_INFO, "R8[63:32], KVM_CAP_MAX_VCPUS", max,
			     out[TD_R8] >> 32, &names_count) &
	       EXPECT_REQ_EQ(REQ_TDX_VP_INFO, "R9[31:0], the vCPU's index", id,
			     (uint32_t)out[TD_R9], &names_count);
}

/* The index is that of KVM_TDX_INIT_VCPU, whoever runs first. */
COCO_TEST_F(info, each_vcpu)
{
	const struct tdvmcall_vm_options options = {
		.gpaw = variant->gpaw, .nr_vcpus = variant->nr_vcpus,
	};
	const char *missing = td_vm_gpaw_missing(variant->gpaw);
	struct tdvmcall_vm v;
	unsigned int id;

	if (missing) {
		check_skip("%s", missing);
		return;
	}
	tdvmcall_vm_create_with(&v, &options);
	for (id = variant->nr_vcpus; id-- && !check_failed(); ) {
		tdvmcall_vm_select(&v, id);
		expect_info(&v, id, variant->nr_vcpus);
	}
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
