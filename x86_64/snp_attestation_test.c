// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attestation of SNP guests, whole: the guest takes its keys from the secrets page, asks
 * firmware for reports and keys in messages that only these two can read, and who trusts AMD's
 * root verifies a report with the certificates that the VMM gave, against what the VM's owner
 * knows of it.
 *
 * Not ABI, so not checked: with which status firmware refuses which message.
 */
#include "snp/cert_rows.h"

#include <openssl/sha.h>

#include "kvm_util.h"

#include "attest/id_auth.h"
#include "attest/kds.h"
#include "attest/launch_digest.h"
#include "attest/relying_party.h"
#include "snp/attest_vm.h"
#include "snp/firmware.h"

#define PAGE		4096

/* Guest policy: SMT, and what has to be 1; debugging; API 1.51 at least */
#define POLICY		(1ull << 17 | 1ull << 16)
#define POLICY_DEBUG	(1ull << 19)
#define POLICY_API	0x0133

/* ---- a VM, and what its owner knows ---- */

/* How it is launched. */
struct how {
	uint64_t policy;		/* besides POLICY */
	bool host_data, id_block, author_key, no_vcek;
};

struct owner {
	struct how how;
	struct request_vm *v;
	struct request_cpu *cpu;
	struct attest_wanted wanted;
	struct snp_id_block id;
	struct snp_id_auth auth;
};

/* The chip that this runs on, as AMD knows it. */
static struct control_fw_chip chip;
static struct kds kds;
static uint8_t kds_pages[MAX_DATA_PAGES][PAGE];

/*
 * An ID block has the digest, of which a VMSA is a part, before KVM has made it: it is that of
 * the VM before, which was launched alike.
 */
static struct {
	bool known;
	uint8_t digest[SNP_DIGEST];
} before;

static void fill(void *bytes, size_t size, uint8_t seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = seed + i * 37;
}

/* Before the launch: what the VMM says of the VM, as firmware wants it. */
static void set_launch(struct owner *o)
{
	struct kvm_sev_snp_launch_finish *finish = &o->v->snp->finish;
	struct snp_report *r = &o->wanted.report;

	r->policy = o->v->snp->start.policy = POLICY | o->how.policy;
	if (o->how.host_data) {
		fill(r->host_data, sizeof(r->host_data), 0x31);
		memcpy(finish->host_data, r->host_data, sizeof(finish->host_data));
	}
	finish->vcek_disabled = o->how.no_vcek;
	if (!o->how.id_block)
		return;
	fill(r->family_id, sizeof(r->family_id), 0x52);
	fill(r->image_id, sizeof(r->image_id), 0x73);
	r->guest_svn = 9;
	o->id.version = SNP_ID_BLOCK_VERSION;
	o->id.guest_svn = r->guest_svn;
	o->id.policy = r->policy;
	memcpy(o->id.digest, before.digest, sizeof(o->id.digest));
	memcpy(o->id.family_id, r->family_id, sizeof(o->id.family_id));
	memcpy(o->id.image_id, r->image_id, sizeof(o->id.image_id));
	TEST_ASSERT(attest_sign_id(&o->id, &o->auth), "libcrypto makes no keys");
	SHA384((void *)&o->auth.id_key, sizeof(o->auth.id_key), r->id_key_digest);
	if (o->how.author_key)
		SHA384((void *)&o->auth.author_key, sizeof(o->auth.author_key),
		       r->author_key_digest);
	finish->id_block_en = 1;
	finish->auth_key_en = o->how.author_key;
	finish->id_block_uaddr = (uint64_t)&o->id;
	finish->id_auth_uaddr = (uint64_t)&o->auth;
}

static void owner_launch(struct owner *o)
{
	if (control())
		control()->fw_measure(true);
	set_launch(o);
	snp_vm_launch(o->v->snp);
	o->wanted.measurement_unknown = !control();
	if (!control())
		return;
	attest_launch_digest(o->v->snp, control()->fw_launch()->vmsa, 1,
			     o->wanted.report.measurement);
	memcpy(before.digest, o->wanted.report.measurement, SNP_DIGEST);
	before.known = true;
}

/* A VM of one vCPU, which waits for what it is to ask; false: the case is over. */
static bool owner_start(struct owner *o, const struct how *how, const struct cert_revision *rev)
{
	if (how->id_block && !before.known) {
		struct owner first = {};

		if (!control()) {
			check_skip("no control of the kernel here: the digest for an ID block is not known");
			return false;
		}
		if (!owner_start(&first, &(struct how){}, NULL))
			return false;
		request_vm_free(first.v);
	}
	o->how = *how;
	o->v = request_vm_create_bare();
	o->cpu = &o->v->cpu[0];
	if (rev && !EXPECT_REQ_EQ(REQ_SNP_CERTS_ENABLE, "enabling the exit", 0,
				  -__cert_exit_enable(o->v->snp->vm, rev, 1, 0), &names_errno))
		return false;
	attest_vm_add_vcpus(o->v, 1);
	owner_launch(o);
	return EXPECT_REQ_SYNC(REQ_GUEST_UCALL, o->cpu->vcpu, STAGE_READY) &&
	       EXPECT_REQ_TRUE(REQ_SNP_ATT_SECRETS, "the secrets page has a version",
			       attest_box(o->cpu)->secrets_version) &&
	       EXPECT_REQ_EQ(REQ_SNP_ATT_SECRETS, "keys in the secrets page", SNP_VMPCKS,
			     attest_box(o->cpu)->keys, &names_count);
}

/* Certificates of this machine's chip; NULL where only AMD has its keys. */
static const void *certificates(struct attest_wanted *w)
{
	if (!control()) {
		check_note("no control of the kernel here: AMD's certificates of this chip are missing");
		return NULL;
	}
	w->root = kds.cert[KDS_ARK].der;
	w->root_size = kds.cert[KDS_ARK].size;
	w->tcb = chip.tcb;
	return kds_pages;
}

/* ---- asking ---- */

static void prepare_report(struct owner *o, uint64_t event, unsigned int npages,
			   unsigned int vmpck, unsigned int vmpl)
{
	struct snp_report_req *req = &attest_box(o->cpu)->report_req;
	static uint8_t asked;

	attest_prepare(o->cpu, event, npages, vmpck, SNP_MSG_REPORT_REQ);
	fill(req->report_data, sizeof(req->report_data), ++asked);
	req->vmpl = o->wanted.report.vmpl = vmpl;
	memcpy(o->wanted.report.report_data, req->report_data, sizeof(req->report_data));
}

static bool run(struct owner *o)
{
	return EXPECT_REQ_SYNC(check_main_req(), o->cpu->vcpu, STAGE_ANSWERED);
}

/* Firmware took the message, and the guest its answer. */
static bool expect_opened(enum requirement_nr req, const struct owner *o)
{
	const struct attest_mailbox *box = attest_box(o->cpu);

	return EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_OK, box->request.answer.exit_info_1,
			     &names_info_1) &&
	       EXPECT_REQ_EQ(req, "SW_EXITINFO2", 0, box->request.answer.exit_info_2,
			     &names_guest_request) &&
	       EXPECT_REQ_TRUE(req, "the guest opens the answer with its key, as the next in turn",
			       box->opened);
}

static bool expect_report(enum requirement_nr req, struct owner *o)
{
	const struct attest_mailbox *box = attest_box(o->cpu);
	const void *table = certificates(&o->wanted);

	return expect_opened(REQ_SNP_ATT_MESSAGE, o) &&
	       EXPECT_REQ_EQ(req, "status in the answer", 0, box->report.status, &names_value) &&
	       (!table ||
		EXPECT_REQ_EQ(req, "the report to who knows the VM and AMD's root", ATTEST_FINE,
			      attest_verify(&o->wanted, &box->report.report, table,
					    MAX_DATA_PAGES), &names_attest));
}

/* ---- reports ---- */

COCO_FIXTURE(report);
FIXTURE_VARIANT(report)
{
	struct check_row row;
	struct how how;
	bool extended, again;
	unsigned int vmpck, vmpl, key_sel, status;
};

#define REPORT(name, ...)								\
	FIXTURE_VARIANT_ADD(report, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_ATT_REPORT, REQ_SNP_ATT_MESSAGE,			\
			 REQ_SNP_ATT_SECRETS), __VA_ARGS__				\
	}

REPORT(plain, .again = true);
REPORT(extended, .extended = true);
REPORT(vmpl_1, .vmpl = 1);
REPORT(vmpck_1, .vmpck = 1, .vmpl = 1);
REPORT(vmpck_3, .vmpck = 3, .vmpl = 3);
REPORT(policy, .how = { .policy = POLICY_DEBUG | POLICY_API });
REPORT(host_data, .how = { .host_data = true });
REPORT(id_block, .how = { .id_block = true });
REPORT(author_key, .how = { .id_block = true, .author_key = true, .host_data = true });
REPORT(key_vcek, .key_sel = SNP_KEY_VCEK);
/* What firmware answers in a message of its own. */
REPORT(key_undefined, .key_sel = 3, .status = SNP_MSG_INVALID_PARAM);
REPORT(vmpl_4, .vmpl = 4, .status = SNP_MSG_INVALID_PARAM);
REPORT(vmpl_above, .vmpck = 2, .vmpl = 1, .status = SNP_MSG_INVALID_PARAM);
REPORT(no_vcek, .how = { .no_vcek = true }, .key_sel = SNP_KEY_VCEK,
       .status = SNP_MSG_INVALID_KEY);

COCO_TEST_F(report, verified)
{
	uint64_t event = variant->extended ? GHCB_NAE_EXT_GUEST_REQUEST : GHCB_NAE_GUEST_REQUEST;
	struct owner o = {};
	unsigned int i;

	if (!owner_start(&o, &variant->how, NULL))
		return;
	/* Again: the next one has other data, and the next number. */
	for (i = 0; i <= variant->again && !check_failed(); i++) {
		prepare_report(&o, event, 1, variant->vmpck, variant->vmpl);
		attest_box(o.cpu)->report_req.key_sel = variant->key_sel;
		if (!run(&o))
			break;
		if (!variant->status)
			expect_report(REQ_SNP_ATT_REPORT, &o);
		else if (expect_opened(REQ_SNP_ATT_MESSAGE, &o))
			EXPECT_REQ_EQ(REQ_SNP_ATT_REPORT, "status in the answer", variant->status,
				      attest_box(o.cpu)->report.status, &names_value);
	}
	request_vm_free(o.v);
}

/* ---- messages that firmware refuses ---- */

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	uint16_t at;			/* where in the page it is spoilt, see struct spoil */
	uint8_t flip;
	bool sealed, again, other_key;
};

#define REFUSED(name, ...)								\
	FIXTURE_VARIANT_ADD(refused, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_ATT_REFUSED, REQ_SNP_ATT_MESSAGE), __VA_ARGS__	\
	}
#define HEADER(name, field, flip_)							\
	REFUSED(name, .at = offsetof(struct snp_message, field), .flip = flip_)
#define CHANGED(name, field)								\
	REFUSED(changed_##name, .at = offsetof(struct snp_message, field), .flip = 1,	\
		.sealed = true)

/* Sealed as it is, and wrong. */
HEADER(number_of_before, seqno, 2);
HEADER(number_ahead, seqno, 4);
HEADER(number_even, seqno, 1);
HEADER(number_zero, seqno, 3);
HEADER(algo_none, algo, SNP_ALGO_AES_256_GCM);
HEADER(algo_undefined, algo, 2);
HEADER(header_version, header_version, 3);
HEADER(header_size, header_size, 0x20);
HEADER(an_answer, type, 3);
HEADER(type_undefined, type, 0x80);
HEADER(message_version, version, 0x40);
HEADER(size, size, 8);
HEADER(size_of_none, size, 0x60);
HEADER(vmpck_4, vmpck, 4);
HEADER(reserved, zero3[34], 1);
REFUSED(other_key, .other_key = true);
/* Changed on the way. */
CHANGED(tag, tag[15]);
CHANGED(number, seqno);
CHANGED(vmpck, vmpck);
CHANGED(first_byte, payload[0]);
CHANGED(vmpl, payload[offsetof(struct snp_report_req, vmpl)]);
CHANGED(last_byte, payload[sizeof(struct snp_report_req) - 1]);
REFUSED(sent_again, .again = true);

static void expect_refused(const struct owner *o)
{
	const struct attest_mailbox *box = attest_box(o->cpu);
	uint64_t info_2 = box->request.answer.exit_info_2;

	EXPECT_REQ_EQ(REQ_SNP_ATT_REFUSED, "SW_EXITINFO1", GHCB_INFO1_OK,
		      box->request.answer.exit_info_1, &names_info_1);
	EXPECT_REQ_EQ(REQ_SNP_ATT_REFUSED, "SW_EXITINFO2[63:32]", 0, info_2 >> 32, &names_value);
	EXPECT_REQ_TRUE(REQ_SNP_ATT_REFUSED, "SW_EXITINFO2[31:0] has firmware's status",
			(uint32_t)info_2);
}

static void ask_for_key(struct owner *o, uint64_t fields, unsigned int vmpck)
{
	attest_prepare(o->cpu, GHCB_NAE_GUEST_REQUEST, 0, vmpck, SNP_MSG_KEY_REQ);
	attest_box(o->cpu)->key_req.fields = fields;
	attest_box(o->cpu)->key_req.vmpl = vmpck;
}

COCO_TEST_F(refused, then_served)
{
	struct attest_mailbox *box;
	struct owner o = {};

	if (!owner_start(&o, &(struct how){}, NULL))
		return;
	box = attest_box(o.cpu);
	/* Number 1 is taken, so that there is one of before. */
	ask_for_key(&o, 0, 0);
	if (run(&o) && expect_opened(REQ_SNP_ATT_MESSAGE, &o)) {
		if (!variant->again)
			prepare_report(&o, GHCB_NAE_GUEST_REQUEST, 0, 0, 0);
		box->again = variant->again;
		box->spoil.at = variant->at;
		box->spoil.flip = variant->flip;
		box->spoil.sealed = variant->sealed;
		box->key_of = variant->other_key ? 2 : 0;
		if (run(&o))
			expect_refused(&o);
		ask_for_key(&o, 0, 0);
		if (run(&o))
			expect_opened(REQ_SNP_ATT_REFUSED, &o);
	}
	request_vm_free(o.v);
}

/* ---- two VMs ---- */

COCO_FIXTURE(others);
FIXTURE_VARIANT(others)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(others, message)
{
	COCO_ROW(NULL, REQ_SNP_ATT_REFUSED, REQ_SNP_ATT_MESSAGE, REQ_SNP_ATT_REPORT),
};

/* Each is served as if there were no other; and a page of the one's is of no use to the other. */
COCO_TEST_F(others, apart)
{
	struct owner o[2] = {};
	unsigned int i;

	(void)variant;
	for (i = 0; i < 2; i++)
		if (!owner_start(&o[i], &(struct how){ .host_data = i }, NULL))
			return;
	for (i = 0; i < 4 && !check_failed(); i++) {
		prepare_report(&o[i % 2], GHCB_NAE_GUEST_REQUEST, 0, 0, 0);
		if (run(&o[i % 2]))
			expect_report(REQ_SNP_ATT_REPORT, &o[i % 2]);
	}
	if (!check_failed()) {
		ask_for_key(&o[0], 0, 1);
		if (run(&o[0]))
			expect_opened(REQ_SNP_ATT_MESSAGE, &o[0]);
		ask_for_key(&o[1], 0, 1);
		attest_box(o[1].cpu)->again = true;
		memcpy(o[1].cpu->request.hva, o[0].cpu->request.hva, PAGE);
		if (run(&o[1]))
			expect_refused(&o[1]);
	}
	request_vm_free(o[0].v);
	request_vm_free(o[1].v);
}

/* ---- derived keys ---- */

COCO_FIXTURE(key);
FIXTURE_VARIANT(key)
{
	struct check_row row;
	uint64_t fields;
	struct how other;		/* the second VM */
	bool differs;			/* so that its key is another one */
	unsigned int key_sel;
};

#define KEY(name, ...)									\
	FIXTURE_VARIANT_ADD(key, name)							\
	{										\
		COCO_ROW(NULL, REQ_SNP_ATT_KEY, REQ_SNP_ATT_MESSAGE), __VA_ARGS__	\
	}

KEY(of_nothing);
KEY(of_nothing_other_policy, .other = { .policy = POLICY_DEBUG });
KEY(of_policy, .fields = SNP_KEY_POLICY);
KEY(of_policy_other, .fields = SNP_KEY_POLICY, .other = { .policy = POLICY_DEBUG },
    .differs = true);
KEY(of_measurement, .fields = SNP_KEY_MEASUREMENT, .other = { .host_data = true });
KEY(of_image, .fields = SNP_KEY_IMAGE_ID, .other = { .id_block = true }, .differs = true);
KEY(of_family, .fields = SNP_KEY_FAMILY_ID, .other = { .id_block = true }, .differs = true);
KEY(of_vm, .key_sel = 1, .differs = true);

COCO_TEST_F(key, derived)
{
	struct snp_key_rsp rsp[3] = {};
	struct owner o[2] = {};
	unsigned int i;

	if (!owner_start(&o[0], &(struct how){}, NULL) ||
	    !owner_start(&o[1], &variant->other, NULL))
		return;
	for (i = 0; i < 3 && !check_failed(); i++) {
		struct owner *who = &o[i / 2];

		ask_for_key(who, variant->fields, 0);
		attest_box(who->cpu)->key_req.key_sel = variant->key_sel;
		if (!run(who) || !expect_opened(REQ_SNP_ATT_MESSAGE, who))
			break;
		rsp[i] = *attest_key(attest_box(who->cpu));
		EXPECT_REQ_EQ(REQ_SNP_ATT_KEY, "status in the answer", 0, rsp[i].status,
			      &names_value);
	}
	if (!check_failed()) {
		EXPECT_REQ_BYTES(REQ_SNP_ATT_KEY, "the key that the same VM gets again",
				 rsp[0].key, rsp[1].key, sizeof(rsp[0].key));
		EXPECT_REQ_EQ(REQ_SNP_ATT_KEY, "the other VM's key is another one",
			      variant->differs,
			      !!memcmp(rsp[0].key, rsp[2].key, sizeof(rsp[0].key)), &names_bool);
	}
	request_vm_free(o[0].v);
	request_vm_free(o[1].v);
}

/* ---- certificates by the exit ---- */

COCO_FIXTURE(certs);
FIXTURE_VARIANT(certs)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum {
		RIGHT, SHORT, OTHER_TCB, OTHER_CHIP, OTHER_KEY, OTHER_ROOT, ASK_TWICE, NO_TABLE
	} given;
	enum attest_fault fault;	/* that is noticed */
	bool too_few;			/* pages, at first */
};

#define CERTS(tag, name, ...)								\
	FIXTURE_VARIANT_ADD(certs, tag##_##name)					\
	{										\
		CERT_ROW(tag, REQ_SNP_ATT_CERTS, REQ_SNP_ATT_MESSAGE), __VA_ARGS__	\
	};
#define CERTS_ROWS(tag)									\
	CERTS(tag, right)								\
	CERTS(tag, after_too_few_pages, .too_few = true)				\
	CERTS(tag, short, .given = SHORT, .fault = ATTEST_CERTIFICATE)			\
	CERTS(tag, other_tcb, .given = OTHER_TCB, .fault = ATTEST_TCB)			\
	CERTS(tag, other_chip, .given = OTHER_CHIP, .fault = ATTEST_CHIP)		\
	CERTS(tag, other_key, .given = OTHER_KEY, .fault = ATTEST_SIGNATURE)		\
	CERTS(tag, other_root, .given = OTHER_ROOT, .fault = ATTEST_ROOT)		\
	CERTS(tag, ask_twice, .given = ASK_TWICE, .fault = ATTEST_CHAIN)		\
	CERTS(tag, no_table, .given = NO_TABLE, .fault = ATTEST_TABLE)
ROWS_OF_ALL(CERTS_ROWS)

/* What the VMM gives its guest. */
static void fill_table(const FIXTURE_VARIANT(certs) *v, struct attest_wanted *w, void *table)
{
	struct control_fw_chip of = chip;
	struct kds mine = kds, other;

	certificates(w);
	if (v->given == OTHER_TCB)
		of.tcb ^= SNP_TCB(0, 0, 1, 0);
	if (v->given == OTHER_CHIP)
		of.id[63] ^= 1;
	/* A point on the curve, too: the other one with this X. */
	if (v->given == OTHER_KEY)
		kds_negate(of.vcek);
	if (v->given >= OTHER_TCB && v->given <= OTHER_ROOT) {
		TEST_ASSERT(kds_make(&other, &of), "libcrypto makes no certificates");
		mine = other;
		if (v->given != OTHER_ROOT) {
			w->root = memcpy(kds.cert[KDS_ARK].der, other.cert[KDS_ARK].der,
					 KDS_CERT_SIZE);
			w->root_size = other.cert[KDS_ARK].size;
		}
	}
	if (v->given == SHORT)
		mine.cert[KDS_VCEK].size--;
	if (v->given == ASK_TWICE)
		mine.cert[KDS_VCEK] = mine.cert[KDS_ASK];
	memset(table, 0, MAX_DATA_PAGES * PAGE);
	if (v->given != NO_TABLE)
		TEST_ASSERT(kds_table(&mine, table, MAX_DATA_PAGES), "no room for certificates");
}

static bool answer_exit(struct owner *o, const struct cert_revision *rev,
			enum cert_answer_nr answer, const uint64_t *npages)
{
	cert_exit_answer(rev, o->cpu->vcpu->run, rev->answer[answer].ret, npages);
	return run(o);
}

COCO_TEST_F(certs, verified)
{
	const struct cert_revision *rev = variant->rev;
	const uint64_t npages = MAX_DATA_PAGES;
	const struct attest_mailbox *box;
	struct cert_exit exit;
	struct owner o = {};

	if (!cert_revision_spoken(rev))
		return;
	if (!control()) {
		check_skip("no control of the kernel here: AMD's certificates of this chip are missing");
		return;
	}
	if (!owner_start(&o, &(struct how){ .host_data = true }, rev))
		return;
	box = attest_box(o.cpu);
	prepare_report(&o, GHCB_NAE_EXT_GUEST_REQUEST, variant->too_few ? 1 : npages, 0, 0);
	if (!EXPECT_REQ_EXIT(REQ_SNP_ATT_CERTS, o.cpu->vcpu, rev->exit_reason))
		return;
	if (variant->too_few) {
		if (!answer_exit(&o, rev, CERT_ANSWER_LEN, &npages) ||
		    !EXPECT_REQ_EQ(REQ_SNP_ATT_CERTS, "pages that the guest is to have", npages,
				   box->request.answer.rbx, &names_pages))
			return;
		/* Firmware has seen nothing of it, so that the message still is the next one. */
		prepare_report(&o, GHCB_NAE_EXT_GUEST_REQUEST, box->request.answer.rbx, 0, 0);
		if (!EXPECT_REQ_EXIT(REQ_SNP_ATT_CERTS, o.cpu->vcpu, rev->exit_reason))
			return;
	}
	/* As a VMM does it: where and how much the exit says. */
	exit = cert_exit_read(rev, o.cpu->vcpu->run);
	if (EXPECT_REQ_EQ(REQ_SNP_ATT_CERTS, "the certificates' address", o.cpu->data.gpa,
			  exit.addr << rev->addr_shift, &names_gpa) &&
	    EXPECT_REQ_EQ(REQ_SNP_ATT_CERTS, "npages", npages, exit.npages, &names_pages)) {
		fill_table(variant, &o.wanted, o.cpu->data.hva);
		if (answer_exit(&o, rev, CERT_ANSWER_OK, NULL) &&
		    expect_opened(REQ_SNP_ATT_MESSAGE, &o))
			EXPECT_REQ_EQ(REQ_SNP_ATT_CERTS,
				      "report and certificates to who knows the VM and AMD's root",
				      variant->fault,
				      attest_verify(&o.wanted, &box->report.report,
						    o.cpu->data.hva, MAX_DATA_PAGES),
				      &names_attest);
	}
	request_vm_free(o.v);
}

int main(int argc, char **argv)
{
	const char *why = snp_vm_missing();

	if (why)
		ksft_exit_skip("%s\n", why);
	/* Now: each case has a process of its own. */
	cert_revision_cap(cert_revisions);
	if (control()) {
		chip = *control()->fw_chip();
		TEST_ASSERT(kds_make(&kds, &chip), "libcrypto makes no certificates");
		TEST_ASSERT(kds_table(&kds, kds_pages, MAX_DATA_PAGES), "no room for certificates");
	}
	if (argc == 1)
		cert_rows_leave_out();
	return coco_run(argc, argv);
}
