// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host after an SNP or SEV-ES guest has run: registers that the CPU gives the guest, and that
 * #VMEXIT does not give back by itself, are the host's again when the VMM goes on.
 *
 * A VMM does not see them: it takes the control of an in-process KVM, which compares them
 * whenever KVM_RUN returns.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "control.h"
#include "snp/ap_vm.h"
#include "snp/sev_attr.h"
#include "vm/mp_state.h"

#define ROUNDS	3

COCO_FIXTURE(host_state);
FIXTURE_VARIANT(host_state)
{
	struct check_row row;
	uint64_t features;
	unsigned int vcpus;
	bool es;
};

FIXTURE_VARIANT_ADD(host_state, plain)
{
	COCO_ROW(NULL, REQ_KERNEL_HOST_STATE), .vcpus = 1,
};

FIXTURE_VARIANT_ADD(host_state, two_vcpus)
{
	COCO_ROW(NULL, REQ_KERNEL_HOST_STATE), .vcpus = 2,
};

FIXTURE_VARIANT_ADD(host_state, debug_swap)
{
	COCO_ROW(NULL, REQ_KERNEL_HOST_STATE), .vcpus = 1, .features = SEV_FEATURE_DEBUG_SWAP,
};

FIXTURE_VARIANT_ADD(host_state, es)
{
	COCO_ROW(NULL, REQ_KERNEL_HOST_STATE), .vcpus = 2, .es = true,
};

FIXTURE_VARIANT_ADD(host_state, es_debug_swap)
{
	COCO_ROW(NULL, REQ_KERNEL_HOST_STATE), .vcpus = 1, .features = SEV_FEATURE_DEBUG_SWAP,
	.es = true,
};

static void guest_syncs(void)
{
	ghcb_register();
	for (unsigned int i = 1;; i++)
		GUEST_SYNC(i);
}

COCO_TEST_F(host_state, after_run)
{
	struct snp_vm *snp;

	if (!control()) {
		check_skip("needs an in-process KVM, which sees the host's registers");
		return;
	}
	if (!sev_features_offered(variant->features))
		return;
	snp = variant->es ? es_vm_create_bare(GHCB_PROTOCOL_VERSION, variant->features) :
			    snp_vm_create_bare(variant->features);
	snp_vm_add_vcpus(snp, variant->vcpus, guest_syncs);
	snp_vm_launch(snp);
	for (unsigned int i = 1; i <= ROUNDS; i++)
		for (unsigned int nr = 0; nr < variant->vcpus; nr++)
			if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, snp->cpu[nr].vcpu, i))
				return;
	snp_vm_free(snp);
}

/* ---- a guest that swaps debug registers, of which KVM was not told ---- */

COCO_FIXTURE(lying);
FIXTURE_VARIANT(lying)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(lying, debug_swap)
{
	COCO_ROW(NULL, REQ_KERNEL_HOST_STATE),
};

COCO_TEST_F(lying, after_run)
{
	struct ap_vm v;

	(void)variant;
	if (!control()) {
		check_skip("needs an in-process KVM, which sees the host's registers");
		return;
	}
	if (!sev_features_offered(SEV_FEATURE_DEBUG_SWAP))
		return;
	if (!ap_vm_start(&v))
		return;
	mp_state_set(v.ap, KVM_MP_STATE_RUNNABLE);
	/* The event names other SEV_FEATURES than the VMSA has. */
	ap_make_vmsa(&v, &ap_add(&v, AP_CREATE, 0)->before, 0);
	v.vmsa[0].hva->sev_features |= SEV_FEATURE_DEBUG_SWAP;
	if (EXPECT_AP_DONE(REQ_SNP_AP_ANSWER, &v) && EXPECT_AP_STARTS(REQ_SNP_AP_CREATE, &v, 0))
		snp_vm_free(v.g.snp);
}

/* Of XSS the host has something. */
COCO_MAIN_ON("xsaves", snp_vm_missing)
