// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP page state changes by the MSR protocol: request 0x014, which exits to the
 * VMM as hypercall KVM_HC_MAP_GPA_RANGE.
 *
 * The VMM here only answers: no page changes its view, so the GFNs need not be
 * of memory.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/psc_check.h"

/* ---- MSR protocol (AMD 56421, "GHCB MSR Protocol", "SNP Page State Change Request") ---- */

COCO_FIXTURE(msr);
FIXTURE_VARIANT(msr)
{
	struct check_row row;
	uint8_t op;
	uint64_t gfn;
	uint64_t ret;
	bool disabled, no_exit;
};

#define MSR_EXIT	REQ_PSC_EXIT_NR, REQ_PSC_EXIT_VIEW, REQ_PSC_EXIT_SIZE, \
			REQ_PSC_EXIT_FLAGS

FIXTURE_VARIANT_ADD(msr, private)
{
	COCO_ROW(NULL, REQ_PSC_MSR_EXIT, REQ_PSC_MSR_OK, MSR_EXIT),
	.op = PSC_OP_PRIVATE, .gfn = PSC_GFN,
};

FIXTURE_VARIANT_ADD(msr, shared)
{
	COCO_ROW(NULL, REQ_PSC_MSR_EXIT, REQ_PSC_MSR_OK, MSR_EXIT),
	.op = PSC_OP_SHARED, .gfn = PSC_GFN,
};

FIXTURE_VARIANT_ADD(msr, gfn_0)
{
	COCO_ROW(NULL, REQ_PSC_MSR_EXIT, REQ_PSC_MSR_OK, MSR_EXIT),
	.op = PSC_OP_SHARED, .gfn = 0,
};

FIXTURE_VARIANT_ADD(msr, gfn_max)
{
	COCO_ROW(NULL, REQ_PSC_MSR_EXIT, REQ_PSC_MSR_OK, MSR_EXIT),
	.op = PSC_OP_PRIVATE, .gfn = PSC_GFN_MAX,
};

FIXTURE_VARIANT_ADD(msr, refused_einval)
{
	COCO_ROW(NULL, REQ_PSC_MSR_ERR, REQ_PSC_MSR_EXIT, MSR_EXIT),
	.op = PSC_OP_PRIVATE, .gfn = PSC_GFN, .ret = EINVAL,
};

FIXTURE_VARIANT_ADD(msr, refused_eagain)
{
	COCO_ROW(NULL, REQ_PSC_MSR_ERR, REQ_PSC_MSR_EXIT, MSR_EXIT),
	.op = PSC_OP_PRIVATE, .gfn = PSC_GFN, .ret = EAGAIN,
};

FIXTURE_VARIANT_ADD(msr, refused_shared)
{
	COCO_ROW(NULL, REQ_PSC_MSR_ERR, REQ_PSC_MSR_EXIT, MSR_EXIT),
	.op = PSC_OP_SHARED, .gfn = PSC_GFN, .ret = EINVAL,
};

FIXTURE_VARIANT_ADD(msr, op_0)
{
	COCO_ROW(NULL, REQ_PSC_MSR_BAD_OP),
	.op = 0, .gfn = PSC_GFN, .no_exit = true,
};

FIXTURE_VARIANT_ADD(msr, op_3)
{
	COCO_ROW(NULL, REQ_PSC_MSR_BAD_OP),
	.op = 3, .gfn = PSC_GFN, .no_exit = true,
};

FIXTURE_VARIANT_ADD(msr, op_15)
{
	COCO_ROW(NULL, REQ_PSC_MSR_BAD_OP),
	.op = 15, .gfn = PSC_GFN, .no_exit = true,
};

FIXTURE_VARIANT_ADD(msr, not_enabled_private)
{
	COCO_ROW(NULL, REQ_PSC_MSR_CAP_OFF),
	.op = PSC_OP_PRIVATE, .gfn = PSC_GFN, .disabled = true, .no_exit = true,
};

FIXTURE_VARIANT_ADD(msr, not_enabled_shared)
{
	COCO_ROW(NULL, REQ_PSC_MSR_CAP_OFF),
	.op = PSC_OP_SHARED, .gfn = PSC_GFN, .disabled = true, .no_exit = true,
};

COCO_TEST_F(msr, answer)
{
	enum requirement_nr req = check_main_req();
	struct psc_exit wanted = { variant->gfn, 1, variant->op, PSC_SIZE_4K, 0, variant->ret };
	struct psc_vm v;

	if (!psc_vm_start(&v, !variant->disabled))
		return;
	v.req->msr = GHCB_MSR_PSC(variant->op, variant->gfn);
	if (!variant->no_exit) {
		if (!expect_psc_exit(REQ_PSC_MSR_EXIT, REQ_PSC_EXIT_SIZE, &v, &wanted))
			return;
		req = variant->ret ? REQ_PSC_MSR_ERR : REQ_PSC_MSR_OK;
	}
	if (EXPECT_REQ_SYNC(req, v.vcpu, PSC_STAGE_ANSWERED))
		expect_psc_msr_answer(req, &v, variant->ret || variant->no_exit);
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
