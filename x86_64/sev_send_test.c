// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of SEV from their launch to another VM, as to another machine (KVM_SEV_SEND_START and
 * on): what each command does and tells, and that the guest goes on there.  The PSP is a model
 * here, for which all is plain, so what it was given can be looked at.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <linux/psp-sev.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/sev_guest.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE
/* bytes */
#define MEASURE		48u
#define REPORT		208u
#define SESSION		128u
#define HEADER		52u
/* "Guest State", as GUEST_STATUS has it */
#define LUPDATE		1u
#define LSECRET		2u
#define RUNNING		3u
#define SUPDATE		4u
#define RUPDATE		5u
#define SENT		6u
/* Guest policy: no sharing of keys, not to machines of lesser firmware (AMD 55766) */
#define POLICY		(1u << 1 | 1u << 4)

static bool must(enum requirement_nr req, const char *what, int err)
{
	return EXPECT_REQ_EQ(req, what, 0, err, &names_errno);
}

static bool no_control(void)
{
	if (control())
		return false;
	check_skip("no control of the kernel here: firmware is no model");
	return true;
}

/* The VMM's memory that is given to firmware; no page has two things. */
static uint8_t transport[PAGE] __attribute__((aligned(4096)));
static uint8_t header[PAGE] __attribute__((aligned(4096)));
static uint8_t session[PAGE] __attribute__((aligned(4096)));
static uint8_t certs[PAGE] __attribute__((aligned(4096)));

static void expect_state(struct sev_guest *g, uint32_t state)
{
	struct kvm_sev_guest_status status;

	memset(&status, 0xff, sizeof(status));
	if (must(REQ_SEV_STATUS, "KVM_SEV_GUEST_STATUS",
		 raw_snp_cmd(&g->snp, KVM_SEV_GUEST_STATUS, &status))) {
		EXPECT_REQ_EQ(REQ_SEV_STATUS, "state", state, status.state, &names_value);
		EXPECT_REQ_EQ(REQ_SEV_STATUS, "policy", POLICY, status.policy, &names_value);
	}
}

static bool launch_to(struct sev_guest *g, enum sev_kind kind, uint32_t state)
{
	char measurement[MEASURE];
	struct kvm_sev_launch_measure measure = {
		.uaddr = (uint64_t)measurement, .len = sizeof(measurement),
	};
	struct kvm_sev_launch_update_data update = { .len = SEV_GUEST_PAGES * PAGE };
	struct kvm_sev_launch_start start = { .policy = POLICY };

	if (!must(check_main_req(), "a VM", sev_guest_create(g, kind) ?: sev_guest_init(g, 0) ?:
		  raw_sev_add_memory(&g->snp) ?: sev_guest_add_vcpus(g, 1) ?:
		  raw_snp_cmd(&g->snp, KVM_SEV_LAUNCH_START, &start)))
		return false;
	EXPECT_REQ_TRUE(REQ_SEV_STATUS, "LAUNCH_START gives a handle", start.handle);
	sev_guest_load(g);
	update.uaddr = (uint64_t)g->snp.raw.mem;
	if (!must(check_main_req(), "KVM_SEV_LAUNCH_UPDATE_DATA",
		  raw_snp_cmd(&g->snp, KVM_SEV_LAUNCH_UPDATE_DATA, &update)))
		return false;
	return state == LUPDATE ||
	       (must(check_main_req(), "KVM_SEV_LAUNCH_MEASURE",
		     raw_snp_cmd(&g->snp, KVM_SEV_LAUNCH_MEASURE, &measure)) &&
		(state == LSECRET ||
		 must(check_main_req(), "KVM_SEV_LAUNCH_FINISH",
		      raw_snp_cmd(&g->snp, KVM_SEV_LAUNCH_FINISH, NULL))));
}

/* ---- a launch, and what it tells ---- */

COCO_FIXTURE(launch);
FIXTURE_VARIANT(launch) { struct check_row row; enum sev_kind kind; };
#define LAUNCH(kind_)									\
	FIXTURE_VARIANT_ADD(launch, kind_)						\
	{										\
		COCO_ROW(NULL, REQ_SEV_STATUS, REQ_SEV_LENGTHS), .kind = SEV_KIND_##kind_	\
	}
LAUNCH(SEV);
LAUNCH(OLD_SEV);

COCO_TEST_F(launch, tells)
{
	uint8_t answer[MEASURE + 1], again[MEASURE];
	struct kvm_sev_launch_measure measure = { .uaddr = (uint64_t)answer };
	struct sev_guest g, other;
	const enum requirement_nr req = REQ_SEV_LENGTHS;

	if (no_control() || !launch_to(&g, variant->kind, LUPDATE))
		return;
	expect_state(&g, LUPDATE);
	EXPECT_REQ_EQ(req, "KVM_SEV_LAUNCH_MEASURE without room", EIO,
		      raw_snp_cmd(&g.snp, KVM_SEV_LAUNCH_MEASURE, &measure), &names_errno);
	EXPECT_REQ_EQ(req, "len that it tells", MEASURE, measure.len, &names_count);
	memset(answer, 0xa5, sizeof(answer));
	must(req, "KVM_SEV_LAUNCH_MEASURE", raw_snp_cmd(&g.snp, KVM_SEV_LAUNCH_MEASURE, &measure));
	EXPECT_REQ_EQ(req, "the byte behind the measurement", 0xa5, answer[MEASURE], &names_byte);
	EXPECT_REQ_EQ(req, "len of the measurement", MEASURE, measure.len, &names_count);
	expect_state(&g, LSECRET);
	must(req, "KVM_SEV_LAUNCH_FINISH", raw_snp_cmd(&g.snp, KVM_SEV_LAUNCH_FINISH, NULL));
	expect_state(&g, RUNNING);
	/* The same of the same. */
	if (launch_to(&other, variant->kind, LUPDATE)) {
		measure = (struct kvm_sev_launch_measure){
			.uaddr = (uint64_t)again, .len = MEASURE,
		};
		must(req, "KVM_SEV_LAUNCH_MEASURE of another guest",
		     raw_snp_cmd(&other.snp, KVM_SEV_LAUNCH_MEASURE, &measure));
		EXPECT_REQ_BYTES(req, "the measurement of the same", answer, again, MEASURE);
		EXPECT_REQ_TRUE(req, "the measurement is more than 0",
				memcmp(again, (uint8_t[MEASURE]){}, MEASURE));
	}
	sev_guest_close(&other);
	EXPECT_SEV_ROUND(req, &g, 0, 1, false);
	sev_guest_close(&g);
}

/* ---- pages that are launched ---- */

COCO_FIXTURE(measured);
FIXTURE_VARIANT(measured) { struct check_row row; unsigned int offset, len; };
#define MEASURED(offset_, len_)								\
	FIXTURE_VARIANT_ADD(measured, at_##offset_##_of_##len_)				\
	{										\
		COCO_ROW(NULL, (offset_) / 4096 == ((offset_) % 4096 + (len_) - 1) / 4096 ||	\
			 !((offset_) % 4096) ? REQ_SEV_DATA : REQ_SEV_DATA_CROSSES), .offset = offset_, .len = len_		\
	}
MEASURED(0, 16);
MEASURED(16, 4080);
MEASURED(4080, 32);
MEASURED(2048, 8192);
MEASURED(0, 16384);

/* FNV-1a, which stands for what firmware measures. */
static uint64_t digest_of(const uint8_t *data, unsigned int len)
{
	uint64_t digest = 0xcbf29ce484222325ull;

	while (len--)
		digest = (digest ^ *data++) * 0x100000001b3ull;
	return digest;
}

COCO_TEST_F(measured, as_it_is)
{
	uint8_t answer[MEASURE];
	struct kvm_sev_launch_measure measure = {
		.uaddr = (uint64_t)answer, .len = sizeof(answer),
	};
	struct kvm_sev_launch_update_data update = { .len = variant->len };
	struct kvm_sev_launch_start start = { .policy = POLICY };
	const enum requirement_nr req = check_main_req();
	struct sev_guest g;
	uint64_t digest;
	unsigned int i;
	uint8_t *mem;

	if (no_control() || !must(req, "a VM", sev_guest_create(&g, SEV_KIND_SEV) ?:
				  sev_guest_init(&g, 0) ?:
				  raw_snp_cmd(&g.snp, KVM_SEV_LAUNCH_START, &start)))
		return;
	mem = (uint8_t *)g.snp.raw.mem;
	for (i = 0; i < RAW_VM_PAGES * PAGE; i++)
		mem[i] = i * 7 + i / 256;
	control()->page_dirty(mem + variant->offset);
	update.uaddr = (uint64_t)mem + variant->offset;
	must(req, "KVM_SEV_LAUNCH_UPDATE_DATA",
	     raw_snp_cmd(&g.snp, KVM_SEV_LAUNCH_UPDATE_DATA, &update));
	EXPECT_REQ_TRUE(req, "the page that is encrypted in place is dirty",
			control()->page_dirty(mem + variant->offset));
	must(req, "KVM_SEV_LAUNCH_MEASURE", raw_snp_cmd(&g.snp, KVM_SEV_LAUNCH_MEASURE, &measure));
	memcpy(&digest, answer, sizeof(digest));
	EXPECT_REQ_EQ(req, "what firmware measured", digest_of(mem + variant->offset, variant->len),
		      digest, &names_value);
	sev_guest_close(&g);
}

/* ---- secrets and reports ---- */

COCO_FIXTURE(secret);
FIXTURE_VARIANT(secret) { struct check_row row; unsigned int offset, len; };
#define SECRET(offset_, len_)								\
	FIXTURE_VARIANT_ADD(secret, at_##offset_##_of_##len_)				\
	{										\
		COCO_ROW(NULL, REQ_SEV_SECRET), .offset = offset_, .len = len_		\
	}
SECRET(0, 16);
SECRET(16, 64);
SECRET(2048, 2048);
SECRET(0, 4096);

COCO_TEST_F(secret, written)
{
	struct kvm_sev_launch_secret args = {
		.hdr_uaddr = (uint64_t)header, .hdr_len = HEADER, .guest_len = variant->len,
		.trans_uaddr = (uint64_t)transport, .trans_len = variant->len,
	};
	const enum requirement_nr req = REQ_SEV_SECRET;
	static uint8_t want[2 * PAGE];
	struct sev_guest g;
	unsigned int i;
	uint8_t *page;

	if (no_control() || !launch_to(&g, SEV_KIND_SEV, LSECRET))
		return;
	page = (uint8_t *)g.snp.raw.mem + SEV_GUEST_PAGES * PAGE;
	for (i = 0; i < 2 * PAGE; i++) {
		transport[i % PAGE] = i * 3 | 1;
		page[i] = want[i] = i * 5;
	}
	memcpy(want + variant->offset, transport, variant->len);
	control()->page_dirty(page);
	args.guest_uaddr = (uint64_t)page + variant->offset;
	must(req, "KVM_SEV_LAUNCH_SECRET", raw_snp_cmd(&g.snp, KVM_SEV_LAUNCH_SECRET, &args));
	EXPECT_REQ_BYTES(req, "the guest's memory", want, page, 2 * PAGE);
	EXPECT_REQ_TRUE(req, "the page that was written is dirty", control()->page_dirty(page));
	sev_guest_close(&g);
}

COCO_FIXTURE(report);
FIXTURE_VARIANT(report) { struct check_row row; };
FIXTURE_VARIANT_ADD(report, nonce) { COCO_ROW(NULL, REQ_SEV_REPORT, REQ_SEV_LENGTHS) };

COCO_TEST_F(report, comes)
{
	uint8_t answer[REPORT + 1];
	struct kvm_sev_attestation_report args = { .uaddr = (uint64_t)answer };
	const enum requirement_nr req = REQ_SEV_REPORT;
	struct sev_guest g;
	uint32_t policy;
	unsigned int i;

	(void)variant;
	if (no_control() || !launch_to(&g, SEV_KIND_SEV, RUNNING))
		return;
	for (i = 0; i < sizeof(args.mnonce); i++)
		args.mnonce[i] = 0x30 + i;
	EXPECT_REQ_EQ(REQ_SEV_LENGTHS, "KVM_SEV_GET_ATTESTATION_REPORT without room", EIO,
		      raw_snp_cmd(&g.snp, KVM_SEV_GET_ATTESTATION_REPORT, &args), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_LENGTHS, "len that it tells", REPORT, args.len, &names_count);
	memset(answer, 0xa5, sizeof(answer));
	must(req, "KVM_SEV_GET_ATTESTATION_REPORT",
	     raw_snp_cmd(&g.snp, KVM_SEV_GET_ATTESTATION_REPORT, &args));
	EXPECT_REQ_BYTES(req, "the nonce in the report", args.mnonce, answer, sizeof(args.mnonce));
	memcpy(&policy, answer + 48, sizeof(policy));
	EXPECT_REQ_EQ(req, "the policy in the report", POLICY, policy, &names_value);
	EXPECT_REQ_EQ(req, "the byte behind the report", 0xa5, answer[REPORT], &names_byte);
	EXPECT_REQ_EQ(req, "len of the report", REPORT, args.len, &names_count);
	sev_guest_close(&g);
}

/* ---- to another VM ---- */

COCO_FIXTURE(sent);
FIXTURE_VARIANT(sent)
{
	struct check_row row;
	enum sev_kind kind;
	unsigned int piece;		/* bytes of a page at once */
	bool cancelled, received;
};
#define SEND(name, kind_, piece_, ...)							\
	FIXTURE_VARIANT_ADD(sent, kind_##_##name)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_SEND, REQ_SEV_STATUS, REQ_SEV_LENGTHS,	\
			 REQ_SEV_RECEIVE), .kind = SEV_KIND_##kind_, .piece = piece_, __VA_ARGS__ \
	}
SEND(pages, SEV, 4096);
SEND(pieces, SEV, 1024);
SEND(pages, OLD_SEV, 4096);
SEND(cancelled, SEV, 4096, .cancelled = true);
SEND(received, SEV, 4096, .received = true);
SEND(received_pieces, SEV, 1024, .received = true);
SEND(received, OLD_SEV, 4096, .received = true);

static struct kvm_sev_send_start send_start(void)
{
	return (struct kvm_sev_send_start){
		.pdh_cert_uaddr = (uint64_t)certs, .pdh_cert_len = 16,
		.plat_certs_uaddr = (uint64_t)certs + 16, .plat_certs_len = 32,
		.amd_certs_uaddr = (uint64_t)certs + 48, .amd_certs_len = 48,
		.session_uaddr = (uint64_t)session,
	};
}

static bool begin_sending(struct sev_guest *g)
{
	struct kvm_sev_send_start start = send_start();
	const enum requirement_nr req = REQ_SEV_SEND;

	EXPECT_REQ_EQ(REQ_SEV_LENGTHS, "KVM_SEV_SEND_START without room", EIO,
		      raw_snp_cmd(&g->snp, KVM_SEV_SEND_START, &start), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_LENGTHS, "session_len that it tells", SESSION, start.session_len,
		      &names_count);
	memset(session, 0, sizeof(session));
	if (!must(req, "KVM_SEV_SEND_START", raw_snp_cmd(&g->snp, KVM_SEV_SEND_START, &start)))
		return false;
	EXPECT_REQ_EQ(req, "policy that it tells", POLICY, start.policy, &names_value);
	EXPECT_REQ_FILL(req, "the session", 0x5e, session, SESSION);
	EXPECT_REQ_EQ(req, "the byte behind the session", 0, session[SESSION], &names_byte);
	expect_state(g, SUPDATE);
	return true;
}

/* @piece bytes of both guests' memory at @offset; without @to they are looked at. */
static bool send_piece(struct sev_guest *from, struct sev_guest *to, unsigned int offset,
		       unsigned int piece)
{
	struct kvm_sev_send_update_data send = {
		.guest_uaddr = (uint64_t)from->snp.raw.mem + offset, .guest_len = piece,
		.hdr_uaddr = (uint64_t)header, .trans_uaddr = (uint64_t)transport,
	};
	struct kvm_sev_receive_update_data receive = {
		.guest_len = piece, .hdr_uaddr = (uint64_t)header, .hdr_len = HEADER,
		.trans_uaddr = (uint64_t)transport, .trans_len = piece,
	};

	EXPECT_REQ_EQ(REQ_SEV_LENGTHS, "KVM_SEV_SEND_UPDATE_DATA without room", EIO,
		      raw_snp_cmd(&from->snp, KVM_SEV_SEND_UPDATE_DATA, &send), &names_errno);
	EXPECT_REQ_EQ(REQ_SEV_LENGTHS, "hdr_len that it tells", HEADER, send.hdr_len, &names_count);
	EXPECT_REQ_TRUE(REQ_SEV_LENGTHS, "trans_len that it tells", send.trans_len >= piece);
	send.trans_len = piece;
	memset(header, 0, sizeof(header));
	memset(transport, 0x77, sizeof(transport));
	if (!must(REQ_SEV_SEND, "KVM_SEV_SEND_UPDATE_DATA",
		  raw_snp_cmd(&from->snp, KVM_SEV_SEND_UPDATE_DATA, &send)))
		return false;
	if (!to)
		return EXPECT_REQ_BYTES(REQ_SEV_SEND, "what is in transport",
					from->snp.raw.mem + offset, transport, piece) &&
		       EXPECT_REQ_FILL(REQ_SEV_SEND, "what is behind it", 0x77, transport + piece,
				       PAGE - piece) &&
		       EXPECT_REQ_TRUE(REQ_SEV_SEND, "there is a header", header[0]);
	receive.guest_uaddr = (uint64_t)to->snp.raw.mem + offset;
	return must(REQ_SEV_RECEIVE, "KVM_SEV_RECEIVE_UPDATE_DATA",
		    raw_snp_cmd(&to->snp, KVM_SEV_RECEIVE_UPDATE_DATA, &receive));
}

COCO_TEST_F(sent, goes_on)
{
	struct kvm_sev_receive_start receive = {
		.policy = POLICY, .pdh_uaddr = (uint64_t)certs, .pdh_len = 16,
		.session_uaddr = (uint64_t)session, .session_len = SESSION,
	};
	const enum requirement_nr req = REQ_SEV_SEND;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct sev_guest from, to;
	unsigned int i;

	if (no_control() || !launch_to(&from, variant->kind, RUNNING))
		return;
	for (i = SEV_GUEST_PAGES * PAGE; i < RAW_VM_PAGES * PAGE; i++)
		from.snp.raw.mem[i] = i * 7 + i / 256;
	for (i = 0; i < sizeof(certs); i++)
		certs[i] = i;
	EXPECT_SEV_ROUND(req, &from, 0, 1, false);
	from.run[0]->immediate_exit = 1;
	ioctl(from.vcpu[0], KVM_RUN, 0);
	from.run[0]->immediate_exit = 0;
	if (!must(req, "registers", raw_errno(ioctl(from.vcpu[0], KVM_GET_SREGS, &sregs)) ?:
		  raw_errno(ioctl(from.vcpu[0], KVM_GET_REGS, &regs))) || !begin_sending(&from))
		return;
	if (variant->cancelled) {
		must(req, "KVM_SEV_SEND_CANCEL", raw_snp_cmd(&from.snp, KVM_SEV_SEND_CANCEL, NULL));
		expect_state(&from, RUNNING);
		EXPECT_SEV_ROUND(req, &from, 0, 2, false);
		sev_guest_close(&from);
		return;
	}
	if (!variant->received) {
		for (i = 0; i < RAW_VM_PAGES * PAGE; i += variant->piece)
			if (!send_piece(&from, NULL, i, variant->piece))
				break;
		must(req, "KVM_SEV_SEND_FINISH", raw_snp_cmd(&from.snp, KVM_SEV_SEND_FINISH, NULL));
		expect_state(&from, SENT);
		sev_guest_close(&from);
		return;
	}
	if (!must(req, "a VM that receives", sev_guest_create(&to, variant->kind) ?:
		  sev_guest_init(&to, 0) ?: raw_sev_add_memory(&to.snp) ?: sev_guest_add_vcpus(&to, 1) ?:
		  raw_snp_cmd(&to.snp, KVM_SEV_RECEIVE_START, &receive)))
		return;
	EXPECT_REQ_TRUE(REQ_SEV_STATUS, "RECEIVE_START gives a handle", receive.handle);
	expect_state(&to, RUPDATE);
	for (i = 0; i < RAW_VM_PAGES * PAGE; i += variant->piece)
		if (!send_piece(&from, &to, i, variant->piece))
			goto out;
	EXPECT_REQ_BYTES(req, "memory of who receives", from.snp.raw.mem, to.snp.raw.mem,
			 RAW_VM_PAGES * PAGE);
	must(req, "KVM_SEV_RECEIVE_FINISH", raw_snp_cmd(&to.snp, KVM_SEV_RECEIVE_FINISH, NULL));
	expect_state(&to, RUNNING);
	if (must(req, "registers there", raw_errno(ioctl(to.vcpu[0], KVM_SET_SREGS, &sregs)) ?:
		 raw_errno(ioctl(to.vcpu[0], KVM_SET_REGS, &regs))))
		EXPECT_SEV_ROUND(req, &to, 0, 2, false);
out:
	sev_guest_close(&from);
	sev_guest_close(&to);
}

/* sev_send_no_snp_test.c: the same on another machine. */
#ifndef SEND_MAIN
#define SEND_MAIN	COCO_MAIN(snp_vm_missing)
#endif

SEND_MAIN
