// SPDX-License-Identifier: GPL-2.0-only
/*
 * GHCB registration: MSR request 0x012, and which page a VMGEXIT is accepted on.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"

/* ---- the request (AMD 56421, "GHCB GPA Registration") ---- */

COCO_FIXTURE(registration);
FIXTURE_VARIANT(registration)
{
	struct check_row row;
	uint64_t gfn;
};

FIXTURE_VARIANT_ADD(registration, gfn_0)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER),
	.gfn = 0,
};

FIXTURE_VARIANT_ADD(registration, gfn_low)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER),
	.gfn = 0x123,
};

FIXTURE_VARIANT_ADD(registration, gfn_high)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER),
	.gfn = 0xabcdef012,
};

FIXTURE_VARIANT_ADD(registration, gfn_past_memory)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER),
	.gfn = 0x8000000000000,
};

/* All ones is also how the hypervisor says no: both come to the same. */
FIXTURE_VARIANT_ADD(registration, gfn_all_ones)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER),
	.gfn = ~0ull >> 12,
};

COCO_TEST_F(registration, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct ghcb_vm v;

	if (!ghcb_vm_start(&v))
		return;
	step = ghcb_add_msr(&v, 0, GHCB_MSR(GHCB_MSR_REG_GPA_REQ, variant->gfn));
	v.cpu[0].script->register_again = true;
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED)) {
		EXPECT_REQ_EQ(req, "answer in the GHCB MSR, bits 11:0", GHCB_MSR_REG_GPA_RESP,
			      GHCB_MSR_INFO(step->answer.msr), &names_ghcb_msr);
		EXPECT_REQ_EQ(req, "answer in the GHCB MSR, bits 63:12", variant->gfn,
			      GHCB_MSR_DATA(step->answer.msr), &names_gfn);
	}
	snp_vm_free(v.snp);
}

/* ---- a VMGEXIT after registrations ---- */

/* The script runs before anything else is registered. */
static void guest_script_first(struct ghcb_script *script)
{
	guest_run_script(script);
	ghcb_register();
	GUEST_SYNC(GHCB_STAGE_ANSWERED);
}

/* GHCBs: the vCPU's own page, another one */
enum ghcb_page { NONE, OWN, OTHER };

COCO_FIXTURE(use);
FIXTURE_VARIANT(use)
{
	struct check_row row;
	enum ghcb_page registered[2];	/* one after the other */
	enum ghcb_page used;
	bool refused;
};

FIXTURE_VARIANT_ADD(use, never_registered)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER_ERR),
	.used = OWN, .refused = true,
};

FIXTURE_VARIANT_ADD(use, other_page)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER_ERR),
	.registered = { OWN }, .used = OTHER, .refused = true,
};

FIXTURE_VARIANT_ADD(use, page_before_the_last)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER_ERR),
	.registered = { OWN, OTHER }, .used = OWN, .refused = true,
};

FIXTURE_VARIANT_ADD(use, registered)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER_LAST),
	.registered = { OTHER }, .used = OTHER,
};

FIXTURE_VARIANT_ADD(use, registered_twice)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER_LAST),
	.registered = { OWN, OWN }, .used = OWN,
};

FIXTURE_VARIANT_ADD(use, registered_last)
{
	COCO_ROW(NULL, REQ_GHCB_REGISTER_LAST),
	.registered = { OWN, OTHER }, .used = OTHER,
};

COCO_TEST_F(use, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct ghcb_vm v;
	unsigned int i;

	ghcb_vm_create(&v, 1, guest_script_first);
	snp_vm_launch(v.snp);
	for (i = 0; i < ARRAY_SIZE(variant->registered) && variant->registered[i]; i++) {
		uint64_t gpa = variant->registered[i] == OWN ? v.cpu[0].ghcb.gpa : v.other.gpa;

		ghcb_add_msr(&v, 0, GHCB_MSR(GHCB_MSR_REG_GPA_REQ, gpa >> 12));
	}
	step = ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
	if (variant->used == OTHER) {
		step->msr = v.other.gpa;
		step->gva = v.other.gva;
	}
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED)) {
		if (variant->refused)
			EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_MALFORMED,
					   GHCB_REASON_NOT_REGISTERED);
		else
			EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_OK,
				      step->answer.page.sw_exit_info_1, &names_info_1);
		EXPECT_GHCB_KEPT(step, 0, 0);
	}
	snp_vm_free(v.snp);
}

/* ---- a VMGEXIT without a page that could be written ---- */

COCO_FIXTURE(no_page);
FIXTURE_VARIANT(no_page)
{
	struct check_row row;
	uint64_t gpa;
};

FIXTURE_VARIANT_ADD(no_page, gpa_0)
{
	COCO_ROW(NULL, REQ_GHCB_NO_PAGE),
	.gpa = 0,
};

FIXTURE_VARIANT_ADD(no_page, past_memory)
{
	COCO_ROW(NULL, REQ_GHCB_NO_PAGE),
	.gpa = 0x123456000,
};

FIXTURE_VARIANT_ADD(no_page, bit_63)
{
	COCO_ROW(NULL, REQ_GHCB_NO_PAGE),
	.gpa = 1ull << 63,
};

FIXTURE_VARIANT_ADD(no_page, highest)
{
	COCO_ROW(NULL, REQ_GHCB_NO_PAGE),
	.gpa = ~0xfffull,
};

COCO_TEST_F(no_page, goes_on)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct ghcb_vm v;

	if (!ghcb_vm_start(&v))
		return;
	/* Registered, so that this is no reason to refuse it. */
	ghcb_add_msr(&v, 0, GHCB_MSR(GHCB_MSR_REG_GPA_REQ, variant->gpa >> 12));
	/* The page is filled and read back, the VMGEXIT is on another one. */
	step = ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
	step->msr = variant->gpa;
	v.cpu[0].script->register_again = true;
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED)) {
		EXPECT_REQ_EQ(req, "the GHCB MSR", variant->gpa, step->answer.msr, &names_gpa);
		EXPECT_REQ_BYTES(req, "the vCPU's GHCB, where no VMGEXIT was", &step->in,
				 &step->answer.page, sizeof(step->in));
	}
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
