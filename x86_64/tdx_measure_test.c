// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TD's owner is promised: MRTD, of the pages that the VMM gave, in their order.  The
 * expected one is computed here, from the VMM's side ("Intel TDX Module ABI", "TD
 * Measurement"); what the TDX module has tell the control and the TD's own report.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <openssl/sha.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "attest/mrtd.h"
#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/tdx_check.h"

/* ---- launches, step by step ---- */

#define MAX_REGIONS	4

/* Pages of the private ones, by numbers. */
struct region {
	unsigned int first, nr;
	bool measured;
	unsigned int nowhere;		/* the source page so far in cannot be read, at first */
};

COCO_FIXTURE(launch);
FIXTURE_VARIANT(launch)
{
	struct check_row row;
	struct region region[MAX_REGIONS];
};

#define LAUNCH(name, ...)								\
	FIXTURE_VARIANT_ADD(launch, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_MRTD, REQ_TDX_MEASURED), .region = { __VA_ARGS__ }	\
	};

LAUNCH(nothing)
LAUNCH(not_measured, { 0, 1, false })
LAUNCH(measured, { 0, 1, true })
LAUNCH(pages, { 0, 4, false })
LAUNCH(measured_pages, { 0, 4, true })
LAUNCH(up, { 1, 1, true }, { 2, 1, true })
LAUNCH(down, { 2, 1, true }, { 1, 1, true })
LAUNCH(some_measured, { 0, 1, true }, { 1, 1, false }, { 2, 1, true }, { 3, 1, false })
LAUNCH(measured_last, { 3, 1, false }, { 0, 2, true })
LAUNCH(goes_on, { 0, 3, true, 2 }, { 3, 1, false })
LAUNCH(goes_on_not_measured, { 1, 3, false, 1 }, { 0, 1, true })

static char *page_of(struct raw_td *td, unsigned int page)
{
	return td->raw.mem + RAW_TD_PRIVATE_GPA - RAW_TD_GPA + page * RAW_VM_PAGE;
}

static int give(struct raw_td *td, const struct tdx_mem_region *region, bool measured)
{
	struct tdx_mem_region left = *region;
	struct tdx_cmd cmd = {
		.id = TDX_CMD_INIT_MEM_REGION, .flags = measured ? TDX_MEASURE_MEMORY_REGION : 0,
		.data = (uint64_t)&left,
	};
	int err;

	do {
		err = raw_errno(ioctl(td->raw.vcpu, KVM_MEMORY_ENCRYPT_OP, &cmd));
	} while (err == EINTR);
	return err;
}

static bool must(const char *what, int err)
{
	return EXPECT_REQ_EQ(check_main_req(), what, 0, err, &names_errno);
}

static bool give_region(struct raw_td *td, const struct region *r, struct mrtd *m)
{
	const uint64_t gpa = RAW_TD_PRIVATE_GPA + r->first * RAW_VM_PAGE;
	struct tdx_mem_region region = { (uint64_t)page_of(td, r->first), gpa, r->nr };
	char *source = page_of(td, r->first);
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		/* No two chunks are the same. */
		for (unsigned int j = 0; j < RAW_VM_PAGE / 8; j++)
			((uint64_t *)source)[i * RAW_VM_PAGE / 8 + j] = gpa + i * RAW_VM_PAGE + j;
		mrtd_add_page(m, gpa + i * RAW_VM_PAGE, source + i * RAW_VM_PAGE, r->measured);
	}
	if (r->nowhere) {
		char *page = source + r->nowhere * RAW_VM_PAGE;

		TEST_ASSERT(!mprotect(page, RAW_VM_PAGE, PROT_NONE), "mprotect");
		EXPECT_REQ_EQ(REQ_TDX_MRTD, "a region whose source ends", EFAULT,
			      give(td, &region, r->measured), &names_errno);
		TEST_ASSERT(!mprotect(page, RAW_VM_PAGE, PROT_READ | PROT_WRITE), "mprotect");
		region.source_addr += r->nowhere * RAW_VM_PAGE;
		region.gpa += r->nowhere * RAW_VM_PAGE;
		region.nr_pages -= r->nowhere;
	}
	if (!must("KVM_TDX_INIT_MEM_REGION", give(td, &region, r->measured)))
		return false;
	/* It has been read, and can be changed. */
	memset(source, 0xee, r->nr * RAW_VM_PAGE);
	return true;
}

static void expect_launch(struct mrtd *m)
{
	const struct control_td_launch *l = control()->td_launch();
	uint8_t digest[TDX_DIGEST];

	mrtd_get(m, digest);
	if (!EXPECT_REQ_TRUE(REQ_TDX_MRTD, "the TDX module knows of the launch", l))
		return;
	EXPECT_REQ_EQ(REQ_TDX_MRTD, "pages added", m->nr_added, l->nr_added, &names_count);
	EXPECT_REQ_EQ(REQ_TDX_MEASURED, "chunks measured", m->nr_extended, l->nr_extended,
		      &names_count);
	EXPECT_REQ_BYTES(REQ_TDX_MRTD, "MRTD", digest, l->mrtd, TDX_DIGEST);
}

COCO_TEST_F(launch, gives_mrtd)
{
	const struct region *r;
	struct mrtd m = {};
	struct raw_td td;
	bool ok;

	if (!control()) {
		check_skip("no control of the TDX module here: what it measures is not seen");
		return;
	}
	control()->fw_measure(true);
	raw_td_open(&td);
	ok = must("the launch up to KVM_TDX_INIT_VCPU", raw_td_go(&td, RAW_TD_VCPU_INITED));
	for (r = variant->region; ok && r < variant->region + MAX_REGIONS && r->nr; r++)
		ok = give_region(&td, r, &m);
	if (ok && must("KVM_TDX_FINALIZE_VM", raw_td_vm_cmd(&td, TDX_CMD_FINALIZE_VM, 0)))
		expect_launch(&m);
	raw_td_close(&td);
}

/* ---- what the guest is told ---- */

/* Of the buffer that guest and host share: REPORTDATA, and where the report goes. */
#define DATA_AT		0x40
#define REPORT_AT	0x800

/* The first bytes of private page number n of the view, 64 each, are what extends an RTMR. */
#define EVENTS_PAGE	0u

COCO_FIXTURE(report);
FIXTURE_VARIANT(report)
{
	struct check_row row;
	bool measure;
	unsigned int nr_events, rtmr[6];	/* extended in this order */
};

#define REPORT(name, ...)								\
	FIXTURE_VARIANT_ADD(report, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_REPORT, REQ_TDX_MRTD), __VA_ARGS__	\
	};

REPORT(not_measured)
REPORT(measured, .measure = true)
REPORT(rtmr, .nr_events = 1, .rtmr = { 2 })
REPORT(rtmrs, .nr_events = 6, .rtmr = { 0, 3, 1, 3, 2, 3 })

static struct mrtd mrtd;

static void page_added(struct td_vm *td, uint64_t gpa, const void *page)
{
	mrtd_add_page(&mrtd, gpa, page, td->measure);
}

static const FIXTURE_VARIANT(report) *row;

static void before_launch(struct tdvmcall_vm *v)
{
	uint8_t *events = (uint8_t *)v->view.hva + EVENTS_PAGE * 4096;
	unsigned int i;

	for (i = 0; i < 4096; i++)
		events[i] = i * 3 + i / 256;
	v->td->measure = row->measure;
	v->td->page_added = page_added;
}

static bool answered(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t leaf, uint64_t rcx,
		     uint64_t rdx)
{
	tdvmcall_prepare(v, 0, 0, 0, 0, 0);
	v->req->in.gpr[TD_RAX] = leaf;
	v->req->in.gpr[TD_RCX] = rcx;
	v->req->in.gpr[TD_RDX] = rdx;
	v->req->in.gpr[TD_R8] = 0;
	return EXPECT_REQ_SYNC(req, v->vcpu, TD_STAGE_ANSWERED);
}

static bool tdcall_ok(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t leaf, uint64_t rcx,
		      uint64_t rdx)
{
	return answered(req, v, leaf, rcx, rdx) &&
	       EXPECT_REQ_EQ(req, "RAX", TDX_SUCCESS, v->req->out.gpr[TD_RAX], &names_tdcall);
}

/* A TDX module that has the leaf refuses a bad address, not the leaf. */
static bool has_reports(struct tdvmcall_vm *v)
{
	return answered(REQ_TDX_REPORT, v, TDG_MR_REPORT, 1, 0) &&
	       v->req->out.gpr[TD_RAX] != (TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX);
}

static uint64_t shared_gpa(const struct tdvmcall_vm *v, uint64_t offset)
{
	return (v->buffer.gpa + offset) | v->td->shared_bit;
}

static bool extend_rtmr(struct tdvmcall_vm *v, unsigned int event, uint8_t (*rtmr)[TDX_DIGEST])
{
	const unsigned int nr = row->rtmr[event], offset = EVENTS_PAGE * 4096 + event * 64;
	uint8_t with[TDX_DIGEST];
	unsigned int i;

	for (i = 0; i < TDX_DIGEST; i++)
		with[i] = (offset + i) * 3 + (offset + i) / 256;
	mrtd_extend_rtmr(rtmr[nr], with);
	return tdcall_ok(REQ_TDX_REPORT, v, TDG_MR_RTMR_EXTEND, v->view.gpa + offset, nr);
}

static void expect_report(const struct tdvmcall_vm *v, const struct tdx_report *r,
			  const uint8_t (*rtmr)[TDX_DIGEST])
{
	const enum requirement_nr req = REQ_TDX_REPORT;
	static const uint8_t type[] = { TDX_REPORT_TYPE, 0, TDX_REPORT_VERSION };
	uint8_t hash[TDX_DIGEST];

	EXPECT_REQ_BYTES(req, "REPORTTYPE", type, &r->mac.type, sizeof(type));
	EXPECT_REQ_EQ(req, "ATTRIBUTES", v->td->attributes, r->info.attributes, &names_value);
	EXPECT_REQ_EQ(req, "XFAM", v->td->xfam, r->info.xfam, &names_value);
	EXPECT_REQ_BYTES(req, "MRCONFIGID", v->td->ids[0], r->info.ids[0], TDX_DIGEST);
	EXPECT_REQ_BYTES(req, "MROWNER", v->td->ids[1], r->info.ids[1], TDX_DIGEST);
	EXPECT_REQ_BYTES(req, "MROWNERCONFIG", v->td->ids[2], r->info.ids[2], TDX_DIGEST);
	EXPECT_REQ_BYTES(req, "REPORTDATA", (char *)v->buffer.hva + DATA_AT, r->mac.data,
			 sizeof(r->mac.data));
	SHA384((void *)&r->info, sizeof(r->info), hash);
	EXPECT_REQ_BYTES(req, "TEE_INFO_HASH", hash, r->mac.info_hash, TDX_DIGEST);
	mrtd_get(&mrtd, hash);
	EXPECT_REQ_BYTES(REQ_TDX_MRTD, "MRTD", hash, r->info.mrtd, TDX_DIGEST);
	EXPECT_REQ_BYTES(REQ_TDX_REPORT, "RTMR0 to RTMR3", rtmr, r->info.rtmr,
			 sizeof(r->info.rtmr));
}

COCO_TEST_F(report, shows)
{
	const struct tdvmcall_vm_options options = {
		.buffer_pages = 1, .view_pages = 1, .view_private = 1,
		.before_launch = before_launch,
	};
	uint8_t rtmr[TDX_RTMRS][TDX_DIGEST] = {};
	struct tdvmcall_vm v;
	unsigned int i;
	bool ok = true;

	if (control())
		control()->fw_measure(true);
	row = variant;
	tdvmcall_vm_create_with(&v, &options);
	for (i = 0; i < 64; i++)
		((uint8_t *)v.buffer.hva)[DATA_AT + i] = 0xd0 ^ i;
	if (!has_reports(&v)) {
		if (!check_failed())
			check_skip("this TDX module gives a TD no report");
		ok = false;
	}
	for (i = 0; ok && i < variant->nr_events; i++)
		ok = extend_rtmr(&v, i, rtmr);
	if (ok && tdcall_ok(REQ_TDX_REPORT, &v, TDG_MR_REPORT, shared_gpa(&v, REPORT_AT),
			    shared_gpa(&v, DATA_AT)))
		expect_report(&v, v.buffer.hva + REPORT_AT, rtmr);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(td_vm_missing)
