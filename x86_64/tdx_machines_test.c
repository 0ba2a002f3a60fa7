// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM offers of TDX on machines, with TDX modules and with module parameters that have less
 * than others; and how many TDs there can be.
 */
#include "check/harness.h"

#include <linux/kvm.h>

#include "kvm_util.h"

#include "cases/machine.h"
#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

#ifndef KVM_X86_TDX_VM
#define KVM_X86_TDX_VM	5
#endif

#define TD	(1u << KVM_X86_TDX_VM)

COCO_FIXTURE(types);
FIXTURE_VARIANT(types)
{
	struct check_row row;
	struct machine machine;
	uint64_t want;
};

#define TYPES(name, want_, ...)								\
	FIXTURE_VARIANT_ADD(types, name)						\
	{										\
		COCO_ROW(NULL, REQ_MACHINE_TYPES, REQ_MACHINE_ORDINARY,			\
			 REQ_KERNEL_NO_SPLAT),						\
		.machine = { __VA_ARGS__ }, .want = want_,				\
	}

TYPES(usual, TD, .params = "kvm_intel.tdx=1");
TYPES(tdx_off, 0, .params = "kvm_intel.tdx=0");
TYPES(ept_off, 0, .params = "kvm_intel.ept=0");
TYPES(ept_ad_off, 0, .params = "kvm_intel.eptad=0");
TYPES(apicv_off, 0, .params = "kvm_intel.enable_apicv=0");
TYPES(tdp_mmu_off, 0, .params = "kvm.tdp_mmu=0");
TYPES(mmio_caching_off, 0, .params = "kvm.mmio_caching=0");
TYPES(no_module, 0, .firmware = "no_tdx_module");
TYPES(no_keyids, 0, .firmware = "no_keyids");
TYPES(one_keyid, 0, .firmware = "one_keyid");

COCO_TEST_F(types, offered)
{
	struct machine_offers offers;

	if (machine_ask(&variant->machine, &offers))
		machine_check_types(&offers, TD, variant->want);
}

/* ---- how many there can be ---- */

/* More than a machine has KeyIDs in this model; of hardware others may have a part. */
#define TDS	130

COCO_FIXTURE(keyids);
FIXTURE_VARIANT(keyids) { struct check_row row; };
FIXTURE_VARIANT_ADD(keyids, all) { COCO_ROW(NULL, REQ_TDX_KEYIDS) };

COCO_TEST_F(keyids, run_out)
{
	static struct raw_td td[TDS];
	unsigned int i, nr;
	int err = 0;

	(void)variant;
	if (!control()) {
		check_skip("needs an in-process KVM, whose KeyIDs nobody else has");
		return;
	}
	for (nr = 0; nr < TDS; nr++) {
		raw_td_open(&td[nr]);
		err = raw_td_go(&td[nr], RAW_TD_INITED);
		if (err)
			break;
	}
	if (EXPECT_REQ_EQ(REQ_TDX_KEYIDS, "KVM_TDX_INIT_VM without a KeyID", ENOSPC, err,
			  &names_errno) &&
	    EXPECT_REQ_TRUE(REQ_TDX_KEYIDS, "some TDs have got one", nr > 1)) {
		raw_td_close(&td[0]);
		raw_td_open(&td[0]);
		EXPECT_REQ_EQ(REQ_TDX_KEYIDS, "a TD after the end of another", 0,
			      raw_td_go(&td[0], RAW_TD_INITED), &names_errno);
	}
	for (i = 0; i <= nr && i < TDS; i++)
		raw_td_close(&td[i]);
}

COCO_MAIN_ASKED(NULL, td_vm_missing)
