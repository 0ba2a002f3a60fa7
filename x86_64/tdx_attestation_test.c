// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attestation of TDs, whole: the guest extends its RTMRs, gets a report of itself, and has its
 * VMM get a quote of it; a thread of the VMM stands for the quoting service.  Who trusts Intel's
 * root verifies the quote against what the TD's owner knows of it.  The keys are the test's own.
 *
 * Not here: what KVM may do with the exit (tdx_get_quote_test), the buffer's life
 * (tdx_quote_buffer_test).
 */
#include "check/harness.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"

#include "attest/mrtd.h"
#include "attest/quote.h"
#include "control.h"
#include "tdx/attest_td.h"
#include "tdx/tdx_check.h"
#include "tdx/tdx_probe.h"

/* ---- a TD, and what its owner knows ---- */

/* How it is launched: @byte fills the guest's own page. */
struct how {
	unsigned int gpaw;		/* 0: 48 */
	bool measure;
	uint8_t byte;
};

struct owner {
	struct attest_td a;
	struct mrtd mrtd;
	struct quote_wanted wanted;
};

/* The platform that this runs on, as Intel knows it. */
static struct pcs pcs;
static struct tdqe tdqe;
static struct quote_wanted trusted = {
	.platform = { .fmspc = { 0x50, 0x80, 0x6f }, .pcesvn = 0x1ff },
	.qe = { .mrsigner = { 0xdc, 0x9e, 0x2a }, .prod_id = QUOTE_TDQE, .svn = 4 },
};

static struct owner *launching;

static void page_added(struct td_vm *td, uint64_t gpa, const void *page)
{
	mrtd_add_page(&launching->mrtd, gpa, page, td->measure);
}

static void owner_start(struct owner *o, const struct how *how)
{
	struct tdx_td_info *info = &o->wanted.info;
	struct td_vm *td;

	if (control())
		control()->fw_measure(true);
	else
		check_note("no control of the CPU here: nobody has it look at a report's MAC");
	*o = (struct owner){ .wanted = trusted };
	attest_td_create(&o->a, how->gpaw ? how->gpaw : TD_GPAW_48);
	td = o->a.td;
	memset(o->a.own, how->byte, PAGE_SIZE);
	td->measure = how->measure;
	td->page_added = page_added;
	launching = o;
	td_vm_launch(td);
	info->attributes = td->attributes;
	info->xfam = td->xfam;
	memcpy(info->ids, td->ids, sizeof(info->ids));
	mrtd_get(&o->mrtd, info->mrtd);
}

/* The guest's next quote is of another nonce. */
static void owner_prepare(struct owner *o)
{
	struct td_attest *box = o->a.box;
	static uint8_t asked;
	unsigned int i;

	asked++;
	for (i = 0; i < TDX_REPORTDATA; i++)
		box->reportdata[i] = asked + i * 11;
	memcpy(o->wanted.data, box->reportdata, TDX_REPORTDATA);
	box->nr_events = box->again = box->given = box->flip = 0;
	memset(box->quote, 0xee, sizeof(box->quote));
}

static void owner_event(struct owner *o, unsigned int rtmr)
{
	struct td_attest *box = o->a.box;
	const unsigned int nr = box->nr_events++;

	box->event[nr].rtmr = rtmr;
	memset(box->event[nr].with, 0x40 + 16 * rtmr + nr, TDX_DIGEST);
	mrtd_extend_rtmr(o->wanted.info.rtmr[rtmr], box->event[nr].with);
}

/* ---- the VMM ---- */

/* What it does, and did. */
struct vmm {
	unsigned int version;		/* of quotes; 0: 4 */
	const struct pcs *pcs;		/* NULL: those above */
	const struct tdqe *tdqe;
	uint8_t flip;			/* bits of the quote's byte at @flip_at */
	size_t flip_at;
	bool cut;			/* to @size bytes */
	bool status_first;		/* before the quote */
	bool go_on;			/* the guest has no use for it any more */
	const uint8_t *instead;		/* of a quote of the report, @size bytes */

	const struct td_attest *box;
	struct ghci_quote_header *buffer;
	size_t room;			/* for data */
	uint8_t quote[TD_ATTEST_QUOTE];
	size_t size;
	pthread_t thread;
};

static size_t make_quote(struct vmm *vmm)
{
	struct tdx_report report;

	memcpy(&report, vmm->buffer->data, sizeof(report));
	/* What the quoting enclave has its CPU do first. */
	if (vmm->buffer->in_len != sizeof(report) ||
	    (control() && !control()->td_verify(&report.mac)))
		return 0;
	return tdqe_quote(vmm->tdqe ? vmm->tdqe : &tdqe, vmm->pcs ? vmm->pcs : &pcs, &report,
			  vmm->version ? vmm->version : 4, vmm->quote, vmm->room);
}

static void wait_for_guest(const struct vmm *vmm, bool polls)
{
	while (!__atomic_load_n(&vmm->go_on, __ATOMIC_ACQUIRE) &&
	       !(polls && __atomic_load_n(&vmm->box->polls, __ATOMIC_ACQUIRE)))
		usleep(50);
}

/* When the guest has seen its request in flight. */
static void *serve(void *arg)
{
	struct vmm *vmm = arg;
	const size_t cut = vmm->size;
	uint64_t status;

	if (vmm->instead)
		memcpy(vmm->quote, vmm->instead, vmm->size);
	else
		vmm->size = make_quote(vmm);
	status = vmm->size ? GHCI_QUOTE_SUCCESS : GHCI_QUOTE_ERROR;
	vmm->quote[vmm->flip_at] ^= vmm->flip;
	if (vmm->cut)
		vmm->size = cut;
	wait_for_guest(vmm, true);
	if (vmm->status_first) {
		vmm->buffer->out_len = vmm->size;
		__atomic_store_n(&vmm->buffer->status, status, __ATOMIC_RELEASE);
		wait_for_guest(vmm, false);
	}
	memcpy(vmm->buffer->data, vmm->quote, vmm->size);
	vmm->buffer->out_len = vmm->size;
	__atomic_store_n(&vmm->buffer->status, status, __ATOMIC_RELEASE);
	return NULL;
}

/* The doorbell: where the exit says there is the guest's report. */
static bool expect_request(const struct owner *o, struct vmm *vmm)
{
	const struct tdx_revision *rev = tdx_revision();
	struct kvm_run *run = o->a.vcpu->run;
	const struct td_attest *box = o->a.box;
	uint64_t gpa;

	if (!EXPECT_REQ_EXIT(REQ_TDX_ATT_BUFFER, o->a.vcpu, rev->quote.reason))
		return false;
	gpa = exit_field_get(run, rev->quote.gpa) & ~o->a.td->shared_bit;
	vmm->room = exit_field_get(run, rev->quote.size) - sizeof(*vmm->buffer);
	if (!EXPECT_REQ_EQ(REQ_TDX_ATT_BUFFER, "the buffer's gpa", o->a.buffer.gpa, gpa,
			   &names_gpa) ||
	    !EXPECT_REQ_EQ(REQ_TDX_ATT_BUFFER, "room for a quote", sizeof(vmm->quote), vmm->room,
			   &names_count))
		return false;
	vmm->buffer = addr_gpa2hva(o->a.td->vm, gpa);
	exit_field_set(run, rev->quote.ret, GHCI_SUCCESS);
	return EXPECT_REQ_EQ(REQ_TDX_ATT_BUFFER, "version in the buffer", GHCI_QUOTE_VERSION,
			     vmm->buffer->version, &names_value) &&
	       EXPECT_REQ_EQ(REQ_TDX_ATT_BUFFER, "in_len", sizeof(box->report),
			     vmm->buffer->in_len, &names_count) &&
	       EXPECT_REQ_BYTES(REQ_TDX_ATT_BUFFER, "the report in the buffer", &box->report,
				vmm->buffer->data, sizeof(box->report));
}

/* A whole round: the guest has what the VMM gave it, be it right or wrong. */
static bool ask(struct owner *o, struct vmm *vmm)
{
	struct td_attest *box = o->a.box;
	bool answered;

	box->polls = 0;
	vmm->box = box;
	if (!expect_request(o, vmm))
		return false;
	__atomic_store_n(&vmm->buffer->status, GHCI_QUOTE_IN_FLIGHT, __ATOMIC_RELEASE);
	TEST_ASSERT(!pthread_create(&vmm->thread, NULL, serve, vmm), "no thread");
	answered = EXPECT_REQ_SYNC(REQ_TDX_ATT_BUFFER, o->a.vcpu, TD_STAGE_ANSWERED);
	__atomic_store_n(&vmm->go_on, true, __ATOMIC_RELEASE);
	pthread_join(vmm->thread, NULL);
	return answered &&
	       EXPECT_REQ_EQ(REQ_TDX_ATT_BUFFER, "R10 of GetQuote", GHCI_SUCCESS, box->answer,
			     &names_tdvmcall) &&
	       EXPECT_REQ_EQ(REQ_TDX_ATT_BUFFER, "out_len that the guest finds", vmm->size,
			     box->quote_size, &names_count) &&
	       EXPECT_REQ_EQ(REQ_TDX_ATT_LEAF, "RAX of TDG.MR.RTMR.EXTEND", TDX_SUCCESS,
			     box->extend_status, &names_tdcall) &&
	       EXPECT_REQ_EQ(REQ_TDX_ATT_LEAF, "RAX of TDG.MR.REPORT", TDX_SUCCESS,
			     box->report_status, &names_tdcall) &&
	       /* Older modules and CPUs do not have it. */
	       (box->verify_status == (TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX) ||
		EXPECT_REQ_EQ(REQ_TDX_ATT_REPORT, "RAX of TDG.MR.VERIFYREPORT", TDX_SUCCESS,
			      box->verify_status, &names_tdcall));
}

static void expect_quote(const struct owner *o, const char *what, enum quote_fault fault)
{
	const struct td_attest *box = o->a.box;

	EXPECT_REQ_EQ(REQ_TDX_ATT_BUFFER, "status in the buffer", GHCI_QUOTE_SUCCESS, box->status,
		      &names_value);
	EXPECT_REQ_EQ(REQ_TDX_ATT_QUOTE, what, fault,
		      quote_verify(&o->wanted, box->quote, box->quote_size), &names_quote);
}

static bool expect_right(struct owner *o, unsigned int version)
{
	struct vmm vmm = { .version = version };

	if (!ask(o, &vmm))
		return false;
	EXPECT_REQ_BYTES(REQ_TDX_ATT_BUFFER, "the quote that the guest finds", vmm.quote,
			 o->a.box->quote, vmm.size);
	expect_quote(o, "the quote to who knows the TD and Intel's root", QUOTE_FINE);
	return !check_failed();
}

static bool vmm_has_part(void)
{
	if (tdx_revision()->quote.reason)
		return true;
	check_skip("this KVM speaks %s: the VMM has no part in quotes", tdx_revision()->name);
	return false;
}

/* ---- all is right ---- */

COCO_FIXTURE(quote);
FIXTURE_VARIANT(quote)
{
	struct check_row row;
	struct how how;
	unsigned int version, nr_events, rtmr[TD_ATTEST_EVENTS], rounds;
};

#define ATT_ROW(fixture, name, ...)							\
	FIXTURE_VARIANT_ADD(fixture, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_ATT_QUOTE, REQ_TDX_ATT_BUFFER, REQ_TDX_ATT_REPORT,	\
			 REQ_TDX_ATT_LEAF), __VA_ARGS__					\
	}

ATT_ROW(quote, version_4);
ATT_ROW(quote, version_5, .version = 5);
ATT_ROW(quote, measured, .how = { .measure = true, .byte = 0x21 });
ATT_ROW(quote, gpaw_52, .how = { .gpaw = TD_GPAW_52 });
ATT_ROW(quote, rtmr, .nr_events = 1, .rtmr = { 2 });
ATT_ROW(quote, rtmrs, .version = 5, .nr_events = 4, .rtmr = { 0, 3, 1, 3 });
ATT_ROW(quote, again, .nr_events = 2, .rtmr = { 1, 2 }, .rounds = 3);

COCO_TEST_F(quote, verified)
{
	const char *missing = variant->how.gpaw ? td_vm_gpaw_missing(variant->how.gpaw) : NULL;
	unsigned int i, round = 0;
	struct owner o;

	if (!vmm_has_part())
		return;
	if (missing) {
		check_skip("%s", missing);
		return;
	}
	owner_start(&o, &variant->how);
	do {
		owner_prepare(&o);
		for (i = 0; i < variant->nr_events; i++)
			owner_event(&o, variant->rtmr[i]);
	} while (expect_right(&o, variant->version) && ++round < variant->rounds);
	attest_td_free(&o.a);
}

/* ---- two TDs ---- */

COCO_FIXTURE(others);
FIXTURE_VARIANT(others)
{
	struct check_row row;
	struct how how[2];
	bool event;			/* of the second one's */
	bool given;			/* the second one's report, for the first one's */
	enum quote_fault fault;		/* of the second one's quote for the first one's */
};

ATT_ROW(others, page, .how = { { .measure = true }, { .measure = true, .byte = 1 } },
	.fault = QUOTE_MRTD);
ATT_ROW(others, not_measured, .how = { { .measure = true } }, .fault = QUOTE_MRTD);
ATT_ROW(others, rtmr, .event = true, .fault = QUOTE_RTMR);
ATT_ROW(others, report, .how = { {}, { .measure = true } }, .given = true, .fault = QUOTE_MRTD);
ATT_ROW(others, alike, .fault = QUOTE_FINE);

/* Each is served as if there were no other, and the one's quote is not the other's. */
COCO_TEST_F(others, apart)
{
	struct owner o[2];
	struct vmm vmm = {};
	unsigned int i;

	if (!vmm_has_part())
		return;
	for (i = 0; i < 2; i++)
		owner_start(&o[i], &variant->how[i]);
	for (i = 0; i < 4 && !check_failed(); i++) {
		owner_prepare(&o[i % 2]);
		if (variant->event && i % 2)
			owner_event(&o[i % 2], 3);
		expect_right(&o[i % 2], 4);
	}
	if (variant->given) {
		owner_prepare(&o[0]);
		o[0].a.box->given = true;
		o[0].a.box->report = o[1].a.box->report;
		memcpy(o[0].wanted.data, o[1].wanted.data, TDX_REPORTDATA);
		if (!check_failed() && ask(&o[0], &vmm))
			expect_quote(&o[0], "a quote of another TD's report", variant->fault);
	} else if (!check_failed()) {
		memcpy(o[0].wanted.data, o[1].wanted.data, TDX_REPORTDATA);
		EXPECT_REQ_EQ(REQ_TDX_ATT_QUOTE, "another TD's quote", variant->fault,
			      quote_verify(&o[0].wanted, o[1].a.box->quote,
					   o[1].a.box->quote_size), &names_quote);
	}
	attest_td_free(&o[0].a);
	attest_td_free(&o[1].a);
}

/* ---- what the guest sends is no report of this platform ---- */

COCO_FIXTURE(report);
FIXTURE_VARIANT(report)
{
	struct check_row row;
	uint16_t at;			/* where it is changed */
	bool cpu;			/* nobody but the CPU can tell */
};

#define CHANGED(name, field, ...)							\
	ATT_ROW(report, name, .at = offsetof(struct tdx_report, field), __VA_ARGS__)

CHANGED(type, mac.type);
CHANGED(subtype, mac.subtype);
CHANGED(version, mac.version, .cpu = true);
CHANGED(cpusvn, mac.cpusvn, .cpu = true);
CHANGED(reportdata, mac.data[63], .cpu = true);
CHANGED(mac, mac.mac[31], .cpu = true);
CHANGED(tcb_hash, mac.tcb_hash);
CHANGED(info_hash, mac.info_hash);
CHANGED(tcb_svn, tcb.tee_tcb_svn);
CHANGED(mrtd, info.mrtd);
CHANGED(rtmr, info.rtmr[3][47]);

COCO_TEST_F(report, refused)
{
	struct vmm vmm = {};
	struct owner o;

	if (!vmm_has_part())
		return;
	if (variant->cpu && !control()) {
		check_skip("no control of the CPU here: its quoting enclave is not asked");
		return;
	}
	owner_start(&o, &(struct how){});
	owner_prepare(&o);
	o.a.box->flip_at = variant->at;
	o.a.box->flip = 1;
	if (ask(&o, &vmm)) {
		EXPECT_REQ_EQ(REQ_TDX_ATT_BUFFER, "status in the buffer", GHCI_QUOTE_ERROR,
			      o.a.box->status, &names_value);
		owner_prepare(&o);
		expect_right(&o, 4);
	}
	attest_td_free(&o.a);
}

/* ---- what the VMM gives is no right quote ---- */

COCO_FIXTURE(spoilt);
FIXTURE_VARIANT(spoilt)
{
	struct check_row row;
	struct spoilt {
		const char *what;
		size_t at;
		enum quote_fault fault;
	} by[14];
	bool cut;			/* there, and not changed */
};

#define FIELD(field, fault_)	{ #field, offsetof(struct quote_4, field), QUOTE_##fault_ }

ATT_ROW(spoilt, header, .by = {
	FIELD(header.version, FORMAT), FIELD(header.key_type, FORMAT),
	FIELD(header.tee_type, FORMAT), FIELD(header.vendor, SIGNATURE),
	FIELD(header.user_data[19], SIGNATURE),
});
ATT_ROW(spoilt, body, .by = {
	FIELD(body.tee_tcb_svn, SIGNATURE), FIELD(body.mrseam, SIGNATURE),
	FIELD(body.mrsignerseam, SIGNATURE), FIELD(body.seam_attributes, SIGNATURE),
	FIELD(body.attributes, SIGNATURE), FIELD(body.xfam, SIGNATURE),
	FIELD(body.mrtd, SIGNATURE), FIELD(body.ids[2][47], SIGNATURE),
	FIELD(body.rtmr, SIGNATURE), FIELD(body.rtmr[3][47], SIGNATURE),
	FIELD(body.data, SIGNATURE), FIELD(body.data[63], SIGNATURE),
});
ATT_ROW(spoilt, signature, .by = {
	FIELD(signature.size, FORMAT), FIELD(signature.signature, SIGNATURE),
	FIELD(signature.signature[63], SIGNATURE), FIELD(signature.key, KEY),
	FIELD(signature.key[63], KEY),
});
ATT_ROW(spoilt, enclave, .by = {
	FIELD(qe_type.type, FORMAT), FIELD(qe_type.size, FORMAT),
	FIELD(qe.report.cpusvn, QE_SIGNATURE), FIELD(qe.report.mrsigner, QE_SIGNATURE),
	FIELD(qe.report.svn, QE_SIGNATURE), FIELD(qe.report.data, QE_SIGNATURE),
	FIELD(qe.signature, QE_SIGNATURE), FIELD(qe.auth_size, FORMAT), FIELD(qe.auth, KEY),
});
ATT_ROW(spoilt, chain, .by = {
	FIELD(pck_type.type, FORMAT), FIELD(pck_type.size, FORMAT), FIELD(pem[0], CERTIFICATE),
	FIELD(pem[28], CERTIFICATE),
});
ATT_ROW(spoilt, short, .cut = true, .by = {
	FIELD(header, FORMAT), FIELD(header.user_data, FORMAT), FIELD(body, FORMAT),
	FIELD(body.data, FORMAT), FIELD(signature, FORMAT), FIELD(signature.key, FORMAT),
	FIELD(qe_type, FORMAT), FIELD(qe, FORMAT), FIELD(qe.signature, FORMAT),
	FIELD(qe.auth, FORMAT), FIELD(pck_type, FORMAT), FIELD(pem, FORMAT),
	FIELD(pem[1000], FORMAT),
});

COCO_TEST_F(spoilt, noticed)
{
	const struct spoilt *by;
	struct owner o;
	char what[80];

	if (!vmm_has_part())
		return;
	owner_start(&o, &(struct how){});
	for (by = variant->by; by->what && !check_failed(); by++) {
		struct vmm vmm = {
			.flip = !variant->cut, .flip_at = by->at,
			.cut = variant->cut, .size = by->at,
		};

		snprintf(what, sizeof(what), "the quote %s %s",
			 variant->cut ? "that ends at" : "with another", by->what);
		owner_prepare(&o);
		if (ask(&o, &vmm))
			expect_quote(&o, what, by->fault);
	}
	attest_td_free(&o.a);
}

COCO_FIXTURE(given);
FIXTURE_VARIANT(given)
{
	struct check_row row;
	enum {
		OTHER_ROOT, OTHER_PLATFORM, OLD_PLATFORM, OLD_PCE, CA_TWICE, NO_ROOT, OTHER_QE,
		DEBUG_QE, OLD_QE, ALONE_QE, OTHER_KEY, OLD_QUOTE, OLD_REPORT, OLD_MODULE,
		STATUS_FIRST,
	} what;
	enum quote_fault fault;
};

#define GIVEN(name, what_, fault_)							\
	ATT_ROW(given, name, .what = what_, .fault = QUOTE_##fault_)

GIVEN(other_root, OTHER_ROOT, ROOT);
GIVEN(other_platform, OTHER_PLATFORM, PLATFORM);
GIVEN(old_platform, OLD_PLATFORM, OLD_PLATFORM);
GIVEN(old_pce, OLD_PCE, OLD_PLATFORM);
GIVEN(ca_twice, CA_TWICE, CHAIN);
GIVEN(no_root, NO_ROOT, CERTIFICATE);
GIVEN(other_qe, OTHER_QE, QE);
GIVEN(debug_qe, DEBUG_QE, QE);
GIVEN(old_qe, OLD_QE, OLD_QE);
GIVEN(alone_qe, ALONE_QE, QE_SIGNATURE);
GIVEN(other_key, OTHER_KEY, KEY);
GIVEN(old_module, OLD_MODULE, OLD_MODULE);
GIVEN(old_quote, OLD_QUOTE, REPORTDATA);
GIVEN(old_report, OLD_REPORT, REPORTDATA);
GIVEN(status_first, STATUS_FIRST, FORMAT);

/* Certificates and enclave of another service. */
static void other_service(const FIXTURE_VARIANT(given) *v, struct quote_wanted *w,
			  struct pcs *certs, struct tdqe *qe)
{
	struct pcs_platform platform = w->platform;
	struct tdqe_identity identity = w->qe;
	struct tdqe another;

	platform.fmspc[0] ^= v->what == OTHER_PLATFORM;
	platform.pcesvn -= v->what == OLD_PCE;
	if (v->what == OLD_PLATFORM) {
		w->platform.svn[15]++;
		platform.svn[0]++;
	}
	identity.mrsigner[0] ^= v->what == OTHER_QE;
	identity.debug = v->what == DEBUG_QE;
	identity.svn -= v->what == OLD_QE;
	TEST_ASSERT(pcs_make(certs, &platform), "libcrypto makes no certificates");
	TEST_ASSERT(tdqe_make(qe, &identity, v->what == ALONE_QE ? pcs.pck : certs->pck) &&
		    tdqe_make(&another, &identity, certs->pck), "libcrypto makes no keys");
	if (v->what == OTHER_KEY)
		qe->key = another.key;
	if (v->what == CA_TWICE)
		certs->pem[PCS_PCK] = certs->pem[PCS_CA];
	if (v->what == NO_ROOT)
		certs->pem[PCS_ROOT].size = 0;
	if (v->what == OTHER_ROOT)
		return;
	w->root = certs->root;
	w->root_size = certs->root_size;
}

COCO_TEST_F(given, noticed)
{
	struct vmm vmm = { .status_first = variant->what == STATUS_FIRST }, first = {};
	struct pcs certs = {};
	struct tdqe qe = {};
	struct owner o;

	if (!vmm_has_part())
		return;
	owner_start(&o, &(struct how){});
	owner_prepare(&o);
	if (!expect_right(&o, 4))
		return;
	if (variant->what < OLD_QUOTE) {
		other_service(variant, &o.wanted, &certs, &qe);
		vmm.pcs = &certs;
		vmm.tdqe = &qe;
	}
	if (variant->what == OLD_QUOTE) {
		memcpy(first.quote, o.a.box->quote, sizeof(first.quote));
		vmm.instead = first.quote;
		vmm.size = o.a.box->quote_size;
	}
	if (variant->what == OLD_MODULE)
		o.wanted.tee_tcb_svn[1] = o.a.box->report.tcb.tee_tcb_svn[1] + 1;
	owner_prepare(&o);
	o.a.box->again = variant->what == OLD_REPORT;
	if (ask(&o, &vmm))
		expect_quote(&o, "the quote to who knows the TD and Intel's root", variant->fault);
	attest_td_free(&o.a);
}

int main(int argc, char **argv)
{
	const char *why = tdx_revision_find();

	if (why)
		ksft_exit_skip("%s\n", why);
	/* Now: each case has a process of its own. */
	if (control()) {
		memcpy(trusted.platform.svn, control()->td_cpu()->cpusvn, TDX_SVNS);
		memcpy(trusted.tee_tcb_svn, control()->td_cpu()->tee_tcb_svn, TDX_SVNS);
	}
	TEST_ASSERT(pcs_make(&pcs, &trusted.platform), "libcrypto makes no certificates");
	TEST_ASSERT(tdqe_make(&tdqe, &trusted.qe, pcs.pck), "libcrypto makes no keys");
	trusted.root = pcs.root;
	trusted.root_size = pcs.root_size;
	return coco_run(argc, argv);
}
