// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VMM asks of a TD's vCPU besides to run it: its CPUID, to map memory beforehand, its TSC.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/seamcall.h"
#include "tdx/td_vm.h"

#define MAX_CPUID	256

/* ---- KVM_TDX_GET_CPUID ---- */

COCO_FIXTURE(cpuid);
FIXTURE_VARIANT(cpuid) { struct check_row row; };
FIXTURE_VARIANT_ADD(cpuid, entries) { COCO_ROW(NULL, REQ_TDX_GET_CPUID) };

static const struct kvm_cpuid_entry2 *first_of(const struct kvm_cpuid2 *cpuid, uint32_t function)
{
	unsigned int i;

	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == function)
			return &cpuid->entries[i];
	return NULL;
}

/* Whether a function has subleaves is the same for every guest: KVM_GET_SUPPORTED_CPUID knows it. */
static void expect_entry(const struct kvm_cpuid2 *cpuid, unsigned int i)
{
	const struct kvm_cpuid_entry2 *e = &cpuid->entries[i];
	const struct kvm_cpuid_entry2 *like = first_of(kvm_get_supported_cpuid(), e->function);
	const uint32_t flag = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	char what[80];
	unsigned int j;

	snprintf(what, sizeof(what), "KVM_CPUID_FLAG_SIGNIFCANT_INDEX of function %#x, index %u",
		 e->function, e->index);
	if (like)
		EXPECT_REQ_EQ(REQ_TDX_GET_CPUID, what, like->flags & flag, e->flags & flag,
			      &names_value);
	for (j = 0; j < i; j++) {
		snprintf(what, sizeof(what), "entry %u is another than entry %u", i, j);
		if (cpuid->entries[j].function == e->function)
			EXPECT_REQ_TRUE(REQ_TDX_GET_CPUID, what,
					e->flags & flag && cpuid->entries[j].index != e->index);
	}
}

COCO_TEST_F(cpuid, marked)
{
	struct kvm_cpuid2 *cpuid = allocate_kvm_cpuid2(MAX_CPUID);
	struct raw_td td;
	unsigned int i;

	(void)variant;
	raw_td_open(&td);
	if (EXPECT_REQ_EQ(REQ_TDX_GET_CPUID, "a TD with a vCPU", 0,
			  raw_td_go(&td, RAW_TD_VCPU_INITED), &names_errno) &&
	    EXPECT_REQ_EQ(REQ_TDX_GET_CPUID, "KVM_TDX_GET_CPUID", 0,
			  raw_td_vcpu_cmd(&td, TDX_CMD_GET_CPUID, (uint64_t)cpuid), &names_errno)) {
		EXPECT_REQ_TRUE(REQ_TDX_GET_CPUID, "there are entries", cpuid->nent);
		for (i = 0; i < cpuid->nent; i++)
			expect_entry(cpuid, i);
	}
	raw_td_close(&td);
	free(cpuid);
}

/* ---- KVM_PRE_FAULT_MEMORY ---- */

COCO_FIXTURE(prefault);
FIXTURE_VARIANT(prefault)
{
	struct check_row row;
	uint64_t gpa;
	bool private;
};

FIXTURE_VARIANT_ADD(prefault, shared)
{
	COCO_ROW(NULL, REQ_TDX_PREFAULT_SHARED), .gpa = RAW_TD_GPA,
};

FIXTURE_VARIANT_ADD(prefault, private)
{
	COCO_ROW(NULL, REQ_TDX_PREFAULT_SHARED), .gpa = RAW_TD_PRIVATE_GPA, .private = true,
};

COCO_TEST_F(prefault, asks_the_module)
{
	struct kvm_pre_fault_memory range = { .gpa = variant->gpa, .size = RAW_VM_PAGE };
	struct raw_td td;

	if (!control() || !kvm_has_cap(KVM_CAP_PRE_FAULT_MEMORY)) {
		check_skip("needs an in-process KVM that has KVM_PRE_FAULT_MEMORY");
		return;
	}
	raw_td_open(&td);
	if (EXPECT_REQ_EQ(REQ_TDX_PREFAULT_SHARED, "a TD", 0, raw_td_go(&td, RAW_TD_FINALIZED),
			  &names_errno)) {
		control()->fail_seamcalls(TDH_MEM_PAGE_AUG, 0, 0, 0);
		EXPECT_REQ_EQ(REQ_TDX_PREFAULT_SHARED, "KVM_PRE_FAULT_MEMORY", 0,
			      raw_errno(ioctl(td.raw.vcpu, KVM_PRE_FAULT_MEMORY, &range)),
			      &names_errno);
		EXPECT_REQ_EQ(REQ_TDX_PREFAULT_SHARED, "TDH.MEM.PAGE.AUG", variant->private,
			      control()->seamcalls(), &names_count);
	}
	raw_td_close(&td);
}

/* ---- KVM_VCPU_TSC_OFFSET ---- */

COCO_FIXTURE(tsc_offset);
FIXTURE_VARIANT(tsc_offset)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(tsc_offset, read)
{
	COCO_ROW(NULL, REQ_TDX_TSC_OFFSET),
};

COCO_TEST_F(tsc_offset, is_the_modules)
{
	__u64 offset = ~0ull;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET, .addr = (uint64_t)&offset,
	};
	const struct control_td_launch *l;
	struct raw_td td;

	(void)variant;
	if (!control() || !control()->td_launch) {
		check_skip("no control of the TDX module here: its offset is not known");
		return;
	}
	control()->fw_measure(true);
	raw_td_open(&td);
	TEST_ASSERT(!raw_td_go(&td, RAW_TD_VCPU), "the launch up to a vCPU");
	l = control()->td_launch();
	TEST_ASSERT(l, "TDH.MNG.INIT has been called");
	EXPECT_REQ_EQ(REQ_TDX_TSC_OFFSET, "KVM_GET_DEVICE_ATTR", 0,
		      raw_errno(ioctl(td.raw.vcpu, KVM_GET_DEVICE_ATTR, &attr)), &names_errno);
	EXPECT_REQ_EQ(REQ_TDX_TSC_OFFSET, "the offset", l->tsc_offset, offset, &names_value);
	raw_td_close(&td);
}

COCO_MAIN(td_vm_missing)
