// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TD may ask of TDG.MR.REPORT, TDG.MR.RTMR.EXTEND and TDG.MR.VERIFYREPORT.  The TDX module
 * answers; KVM's part is the memory of their operands, and to leave the rest alone.
 */
#include "check/harness.h"

#include <string.h>

#include "kvm_util.h"

#include "control.h"
#include "tdx/tdx_check.h"
#include "tdx_report.h"

/* Offsets in the guest's private page, and in the page that it shares with the host */
#define REPORT_AT	0
#define DATA_AT		0x800

/* An operand that is an address. */
struct address {
	enum { PRIVATE, SHARED, TOO_WIDE } in;
	unsigned int at;
};

COCO_FIXTURE(leaf);
FIXTURE_VARIANT(leaf)
{
	struct check_row row;
	uint64_t rax;			/* the leaf, and what else is in it */
	struct address rcx, rdx;
	uint64_t rdx_nr;		/* an RTMR, for TDG.MR.RTMR.EXTEND */
	uint64_t r8;
	uint64_t flip;			/* bits of the report's word at @flip_at */
	unsigned int flip_at;
	uint64_t status, status_2;	/* or that */
};

#define LEAF_OF(req, name, rax_, rcx_in, rcx_at, rdx_in, rdx_at, ...)			\
	FIXTURE_VARIANT_ADD(leaf, name)							\
	{										\
		COCO_ROW(NULL, REQ_TDX_ATT_LEAF, req),					\
		.rax = rax_, .rcx = { rcx_in, rcx_at }, .rdx = { rdx_in, rdx_at },	\
		__VA_ARGS__								\
	}
#define LEAF(name, ...)			LEAF_OF(REQ_NONE, name, __VA_ARGS__)
#define INVALID(operand)	.status = TDX_OPERAND_INVALID | TDX_OPERAND_ID_##operand
#define VERSION_1		(1ull << 16)
#define RESERVED		(1ull << 24)
#define RESERVED_LAST		(1ull << 63)

#define REPORT(name, ...)	LEAF(report_##name, TDG_MR_REPORT, __VA_ARGS__)

REPORT(shared, SHARED, REPORT_AT, SHARED, DATA_AT);
REPORT(private, PRIVATE, REPORT_AT, PRIVATE, DATA_AT);
REPORT(data_private, SHARED, REPORT_AT, PRIVATE, DATA_AT);
REPORT(data_shared, PRIVATE, REPORT_AT, SHARED, DATA_AT);
REPORT(at_1024, PRIVATE, 1024, SHARED, DATA_AT);
REPORT(data_at_64, SHARED, REPORT_AT, SHARED, DATA_AT + 64);
REPORT(at_512, SHARED, 512, SHARED, DATA_AT, INVALID(RCX));
REPORT(at_1, PRIVATE, 1, SHARED, DATA_AT, INVALID(RCX));
REPORT(too_wide, TOO_WIDE, 0, SHARED, DATA_AT, INVALID(RCX));
REPORT(data_at_32, SHARED, REPORT_AT, SHARED, DATA_AT + 32, INVALID(RDX));
REPORT(data_too_wide, SHARED, REPORT_AT, TOO_WIDE, 0, INVALID(RDX));
REPORT(subtype_1, SHARED, REPORT_AT, SHARED, DATA_AT, .r8 = 1, INVALID(R8));
REPORT(subtype_bit_8, SHARED, REPORT_AT, SHARED, DATA_AT, .r8 = 1 << 8, INVALID(R8));
REPORT(subtype_bit_63, SHARED, REPORT_AT, SHARED, DATA_AT, .r8 = 1ull << 63, INVALID(R8));
LEAF(report_version_1, TDG_MR_REPORT | VERSION_1, SHARED, REPORT_AT, SHARED, DATA_AT,
     INVALID(RAX));
LEAF(report_reserved, TDG_MR_REPORT | RESERVED, SHARED, REPORT_AT, SHARED, DATA_AT, INVALID(RAX));
LEAF(report_reserved_last, TDG_MR_REPORT | RESERVED_LAST, SHARED, REPORT_AT, SHARED, DATA_AT,
     INVALID(RAX));

/* RDX is a number. */
#define EXTEND(name, in, at, ...)							\
	LEAF(extend_##name, TDG_MR_RTMR_EXTEND, in, at, PRIVATE, 0, __VA_ARGS__)

EXTEND(rtmr_0, PRIVATE, DATA_AT);
EXTEND(rtmr_3, PRIVATE, DATA_AT, .rdx_nr = 3);
EXTEND(rtmr_4, PRIVATE, DATA_AT, .rdx_nr = 4, INVALID(RDX));
EXTEND(rtmr_bit_32, PRIVATE, DATA_AT, .rdx_nr = 1ull << 32, INVALID(RDX));
EXTEND(at_32, PRIVATE, DATA_AT + 32, INVALID(RCX));
EXTEND(shared, SHARED, DATA_AT, INVALID(RCX));
EXTEND(too_wide, TOO_WIDE, 0, INVALID(RCX));
LEAF(extend_version_1, TDG_MR_RTMR_EXTEND | VERSION_1, PRIVATE, DATA_AT, PRIVATE, 0, INVALID(RAX));

/* Of a report at REPORT_AT, in each page. */
#define VERIFY(name, in, at, ...)							\
	LEAF(verify_##name, TDG_MR_VERIFYREPORT, in, at, PRIVATE, 0, __VA_ARGS__)
#define CHANGED(name, field, bit, status_, ...)						\
	LEAF_OF(REQ_TDX_ATT_REPORT, verify_##name, TDG_MR_VERIFYREPORT, PRIVATE, REPORT_AT,	\
	       PRIVATE, 0,								\
	       .flip_at = offsetof(struct tdx_report, field) & ~7u,			\
	       .flip = 1ull << (8 * (offsetof(struct tdx_report, field) & 7) + (bit)),	\
	       .status = TDX_INVALID_##status_, __VA_ARGS__)

VERIFY(right, PRIVATE, REPORT_AT);
VERIFY(at_128, PRIVATE, 128, INVALID(RCX));
VERIFY(shared, SHARED, REPORT_AT, INVALID(RCX));
VERIFY(too_wide, TOO_WIDE, 0, INVALID(RCX));
LEAF(verify_version_1, TDG_MR_VERIFYREPORT | VERSION_1, PRIVATE, REPORT_AT, PRIVATE, 0,
     INVALID(RAX));
CHANGED(type, mac.type, 0, REPORTMACSTRUCT);
CHANGED(subtype, mac.subtype, 0, REPORTMACSTRUCT);
CHANGED(report_version, mac.version, 1, REPORTMACSTRUCT);
CHANGED(reserved, mac.zero0[0], 0, REPORTMACSTRUCT);
CHANGED(reserved_last, mac.zero1[31], 7, REPORTMACSTRUCT);
CHANGED(tcb_hash, mac.tcb_hash[0], 0, REPORTMACSTRUCT);
CHANGED(info_hash, mac.info_hash[47], 7, REPORTMACSTRUCT);
CHANGED(data, mac.data[63], 0, REPORTMACSTRUCT);
CHANGED(mac, mac.mac[0], 0, REPORTMACSTRUCT);
CHANGED(mac_last, mac.mac[31], 7, REPORTMACSTRUCT);
/* Newer than the CPU is; it may look at the MAC first. */
CHANGED(cpusvn, mac.cpusvn[0], 7, CPUSVN, .status_2 = TDX_INVALID_REPORTMACSTRUCT);

#define NO_LEAF			(TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX)

static uint64_t gpa_of(const struct tdvmcall_vm *v, const struct address *a)
{
	return a->in == PRIVATE ? v->view.gpa + a->at :
	       a->in == SHARED ? (v->buffer.gpa | v->td->shared_bit) + a->at : 1ull << 52;
}

static bool tdcall_with(struct tdvmcall_vm *v, uint64_t rax, uint64_t rcx, uint64_t rdx,
			uint64_t r8)
{
	tdvmcall_prepare(v, 0, 0, 0, 0, 0);
	v->req->in.gpr[TD_RAX] = rax;
	v->req->in.gpr[TD_RCX] = rcx;
	v->req->in.gpr[TD_RDX] = rdx;
	v->req->in.gpr[TD_R8] = r8;
	return EXPECT_REQ_SYNC(REQ_TDX_ATT_LEAF, v->vcpu, TD_STAGE_ANSWERED);
}

/* A report of the TD at @at, of no REPORTDATA. */
static bool make_report(struct tdvmcall_vm *v, enum requirement_nr req, struct address at)
{
	const struct address data = { PRIVATE, DATA_AT };

	return tdcall_with(v, TDG_MR_REPORT, gpa_of(v, &at), gpa_of(v, &data), 0) &&
	       EXPECT_REQ_EQ(req, "RAX of TDG.MR.REPORT", TDX_SUCCESS, v->req->out.gpr[TD_RAX],
			     &names_tdcall);
}

static bool change_word(struct tdvmcall_vm *v, unsigned int at, uint64_t flip)
{
	bool done = false;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		tdvmcall_prepare(v, 0, 0, 0, 0, 0);
		v->req->access = i ? TD_ACCESS_WRITE : TD_ACCESS_READ;
		v->req->access_gva = v->view.private_gva + at;
		if (i)
			v->req->access_value ^= flip;
		done = EXPECT_REQ_SYNC(REQ_TDX_ATT_LEAF, v->vcpu, TD_STAGE_ANSWERED);
	}
	return done;
}

static bool is_leaf(uint64_t rax, unsigned int leaf)
{
	return (rax & 0xffff) == leaf;
}

static void expect_status(const FIXTURE_VARIANT(leaf) *row, const struct tdvmcall_vm *v)
{
	EXPECT_REQ_EITHER(row->flip ? REQ_TDX_ATT_REPORT : REQ_TDX_ATT_LEAF, "RAX", row->status,
			  row->status_2 ? row->status_2 : row->status, v->req->out.gpr[TD_RAX],
			  &names_tdcall);
}

/* What was refused changes neither memory nor registers. */
static void expect_refused(const FIXTURE_VARIANT(leaf) *row, struct tdvmcall_vm *v, uint8_t fill)
{
	const struct tdx_report *report = v->buffer.hva + REPORT_AT;

	if (is_leaf(row->rax, TDG_MR_REPORT))
		EXPECT_REQ_FILL(REQ_TDX_ATT_LEAF, "the page that the guest shares", fill,
				v->buffer.hva, v->buffer.size);
	else if (make_report(v, REQ_TDX_ATT_LEAF, (struct address){ SHARED, REPORT_AT }))
		EXPECT_REQ_FILL(REQ_TDX_ATT_LEAF, "RTMR0 to RTMR3", 0, report->info.rtmr,
				sizeof(report->info.rtmr));
}

COCO_TEST_F(leaf, answer)
{
	const struct tdvmcall_vm_options options = {
		.buffer_pages = 1, .view_pages = 1, .view_private = 1,
	};
	const bool verifies = is_leaf(variant->rax, TDG_MR_VERIFYREPORT);
	const uint8_t fill = 0xee;
	struct tdvmcall_vm v;
	bool ok = true;

	if (control())
		control()->fw_measure(true);
	tdvmcall_vm_create_with(&v, &options);
	memset(v.buffer.hva, fill, v.buffer.size);
	if (verifies) {
		ok = make_report(&v, REQ_TDX_ATT_LEAF, (struct address){ SHARED, REPORT_AT }) &&
		     make_report(&v, REQ_TDX_ATT_LEAF, (struct address){ PRIVATE, REPORT_AT }) &&
		     (!variant->flip || change_word(&v, variant->flip_at, variant->flip));
	}
	ok = ok && tdcall_with(&v, variant->rax, gpa_of(&v, &variant->rcx),
			       is_leaf(variant->rax, TDG_MR_RTMR_EXTEND) ? variant->rdx_nr :
			       gpa_of(&v, &variant->rdx), variant->r8);
	if (ok && v.req->out.gpr[TD_RAX] == NO_LEAF && variant->status != NO_LEAF) {
		check_skip("this TDX module has no such leaf");
	} else if (ok) {
		expect_status(variant, &v);
		if (variant->status)
			expect_refused(variant, &v, fill);
	}
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
