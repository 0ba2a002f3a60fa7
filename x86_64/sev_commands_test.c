// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of KVM_MEMORY_ENCRYPT_OP for SEV and SEV-ES: each on every kind of VM that it is not
 * for, each with values and addresses that cannot be, and each when a step of it fails.  What
 * they do when all is well is told by sev_send_test and others.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <linux/psp-sev.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kvm_util.h"

#include "control.h"
#include "snp/sev_guest.h"
#include "snp/snp_vm.h"

#define PAGE		RAW_VM_PAGE

static bool must(const char *what, int err)
{
	return EXPECT_REQ_EQ(check_main_req(), what, 0, err, &names_errno);
}

/* What firmware is asked is counted from here on. */
static void begin_asking(void)
{
	if (control())
		control()->fail_step(CONTROL_STEP_PSP, 0);
}

static bool expect_not_asked(enum requirement_nr req, const char *name)
{
	char what[96];

	snprintf(what, sizeof(what), "commands that %s gave to firmware", name);
	return !control() || EXPECT_REQ_EQ(req, what, 0, control()->steps(CONTROL_STEP_PSP),
					   &names_count);
}

/* ---- kinds of VMs ---- */

enum kind {
	ORDINARY, SEV_BARE, ES_BARE, SNP_BARE, SEV, ES, SNP, SNP_STARTED, SNP_LAUNCHED,
	OLD_SEV, OLD_ES, SEV_LAUNCHED, ES_LAUNCHED,
};

static bool is_snp(enum kind kind)
{
	return kind >= SNP && kind <= SNP_LAUNCHED;
}

static bool is_bare(enum kind kind)
{
	return kind <= SNP_BARE;
}

static int make(struct sev_guest *g, enum kind kind)
{
	switch (kind) {
	case ORDINARY:
		return sev_guest_create(g, SEV_KIND_OLD_SEV);
	case SEV_BARE:
		return sev_guest_create(g, SEV_KIND_SEV);
	case ES_BARE:
		return sev_guest_create(g, SEV_KIND_ES);
	case SEV: case ES: case OLD_SEV: case OLD_ES:
		return sev_guest_create(g, kind == SEV ? SEV_KIND_SEV : kind == ES ? SEV_KIND_ES :
					kind == OLD_SEV ? SEV_KIND_OLD_SEV : SEV_KIND_OLD_ES) ?:
		       sev_guest_init(g, 0);
	case SEV_LAUNCHED: case ES_LAUNCHED:
		return sev_guest_make(g, kind == SEV_LAUNCHED ? SEV_KIND_SEV : SEV_KIND_ES, 0);
	case SNP_BARE: case SNP: case SNP_STARTED: case SNP_LAUNCHED:
		*g = (struct sev_guest){};
		raw_snp_open(&g->snp);
		return raw_snp_go(&g->snp, RAW_SNP_NOTHING, kind == SNP_BARE ? RAW_SNP_CREATED :
				  kind == SNP ? RAW_SNP_INITED : kind == SNP_STARTED ?
				  RAW_SNP_STARTED : RAW_SNP_FINISHED);
	}
	return EINVAL;
}

COCO_FIXTURE(types);
FIXTURE_VARIANT(types) { struct check_row row; enum kind kind; };
#define TYPES(kind_)									\
	FIXTURE_VARIANT_ADD(types, kind_) { COCO_ROW(NULL, REQ_SEV_CMD_TYPES), .kind = kind_ }

TYPES(ORDINARY);
TYPES(SEV_BARE);
TYPES(ES_BARE);
TYPES(SNP_BARE);
TYPES(SEV);
TYPES(ES);
TYPES(SNP);
TYPES(SNP_STARTED);
TYPES(SNP_LAUNCHED);
TYPES(OLD_SEV);
TYPES(OLD_ES);
TYPES(SEV_LAUNCHED);
TYPES(ES_LAUNCHED);

/* How @c is refused; 0: it is not. */
static int refused_with(enum kind kind, const struct sev_command *c)
{
	const bool es = kind == ES || kind == OLD_ES || kind == ES_LAUNCHED;

	if (is_snp(kind))
		return c->id < KVM_SEV_SNP_LAUNCH_START ? EPERM : c->none ? EINVAL : 0;
	if (c->none)
		return EINVAL;
	switch (c->id) {
	case KVM_SEV_INIT:
	case KVM_SEV_ES_INIT:
		return kind == ORDINARY ? 0 : EINVAL;
	case KVM_SEV_INIT2:
		return is_bare(kind) && kind != ORDINARY ? 0 : EINVAL;
	case KVM_SEV_SNP_LAUNCH_START:
	case KVM_SEV_SNP_LAUNCH_FINISH:
		return ENOTTY;
	case KVM_SEV_SNP_LAUNCH_UPDATE:
		return EINVAL;
	case KVM_SEV_LAUNCH_UPDATE_VMSA:
		return es ? 0 : ENOTTY;
	}
	return is_bare(kind) ? ENOTTY : 0;
}

COCO_TEST_F(types, of_others)
{
	static char nothing[512] __attribute__((aligned(8)));
	const struct sev_command *c;
	struct sev_guest g;
	unsigned int refused = 0;

	if (!must("the VM", make(&g, variant->kind)))
		return;
	for (c = sev_commands; c->name; c++) {
		const int err = refused_with(variant->kind, c);
		int ret;

		if (!err)
			continue;
		refused++;
		begin_asking();
		ret = raw_snp_cmd(&g.snp, c->id, nothing);
		/* One command calls it a bad value. */
		if (c->id == KVM_SEV_RECEIVE_UPDATE_DATA && err == ENOTTY)
			EXPECT_REQ_EITHER(REQ_SEV_CMD_TYPES, c->name, ENOTTY, EINVAL, ret,
					  &names_errno);
		else
			EXPECT_REQ_EQ(REQ_SEV_CMD_TYPES, c->name, err, ret, &names_errno);
		expect_not_asked(REQ_SEV_CMD_TYPES, c->name);
	}
	EXPECT_REQ_TRUE(REQ_SEV_CMD_TYPES, "there are commands that it has to refuse", refused);
	sev_guest_close(&g);
}

/* ---- values and addresses that cannot be ---- */

#define NOWHERE		RAW_SNP_NOWHERE
#define TOO_LONG	0x4001u		/* SEV_FW_BLOB_MAX_SIZE is 16 KiB */

/* Where a guest of SEV is. */
enum stage { INITED, STARTED, MEASURED, RUNNING, SENDING, RECEIVING };

/* Memory of the VMM's; a guest's page, what is in transport, a session, and all others. */
static char memory[4][4 * PAGE] __attribute__((aligned(PAGE)));
static char read_only[PAGE] __attribute__((aligned(PAGE)));
#define GUEST		((uint64_t)memory[0])
#define TRANS		((uint64_t)memory[1])
#define HEADER		((uint64_t)memory[2])
#define OTHER		((uint64_t)memory[3])
#define READ_ONLY	((uint64_t)read_only)

union args {
	struct kvm_sev_launch_start start;
	struct kvm_sev_launch_update_data update;
	struct kvm_sev_launch_measure measure;
	struct kvm_sev_launch_secret secret;
	struct kvm_sev_guest_status status;
	struct kvm_sev_attestation_report report;
	struct kvm_sev_send_start send;
	struct kvm_sev_send_update_data send_data;
	struct kvm_sev_receive_start receive;
	struct kvm_sev_receive_update_data receive_data;
	struct kvm_sev_dbg dbg;
	uint8_t bytes[256];
};

/* The commands, where they are taken, and arguments with which they are. */
static const struct good {
	uint32_t id;
	enum stage stage;
	bool no_args;
	bool advances;			/* firmware does it once */
	union args args;
} goods[] = {
	{ KVM_SEV_LAUNCH_START, INITED, .advances = true, .args = {} },
	{ KVM_SEV_LAUNCH_UPDATE_DATA, STARTED, .args.update = { .uaddr = GUEST, .len = 32 } },
	{ KVM_SEV_LAUNCH_MEASURE, STARTED, .advances = true,
	  .args.measure = { .uaddr = OTHER, .len = 48 } },
	{ KVM_SEV_LAUNCH_SECRET, MEASURED, .args.secret = {
		.hdr_uaddr = HEADER, .hdr_len = 52, .guest_uaddr = GUEST, .guest_len = 32,
		.trans_uaddr = TRANS, .trans_len = 32 } },
	{ KVM_SEV_LAUNCH_FINISH, MEASURED, .no_args = true, .advances = true },
	{ KVM_SEV_GUEST_STATUS, RUNNING, .args = {} },
	{ KVM_SEV_GET_ATTESTATION_REPORT, RUNNING, .args.report = { .uaddr = OTHER, .len = 208 } },
	{ KVM_SEV_SEND_START, RUNNING, .advances = true, .args.send = {
		.pdh_cert_uaddr = OTHER, .pdh_cert_len = 16, .plat_certs_uaddr = OTHER,
		.plat_certs_len = 16, .amd_certs_uaddr = OTHER, .amd_certs_len = 16,
		.session_uaddr = HEADER, .session_len = 128 } },
	{ KVM_SEV_SEND_UPDATE_DATA, SENDING, .args.send_data = {
		.hdr_uaddr = HEADER, .hdr_len = 52, .guest_uaddr = GUEST, .guest_len = 32,
		.trans_uaddr = TRANS, .trans_len = 32 } },
	{ KVM_SEV_SEND_FINISH, SENDING, .no_args = true, .advances = true },
	{ KVM_SEV_SEND_CANCEL, SENDING, .no_args = true, .advances = true },
	{ KVM_SEV_RECEIVE_START, INITED, .advances = true, .args.receive = {
		.pdh_uaddr = OTHER, .pdh_len = 16, .session_uaddr = OTHER, .session_len = 128 } },
	{ KVM_SEV_RECEIVE_UPDATE_DATA, RECEIVING, .args.receive_data = {
		.hdr_uaddr = HEADER, .hdr_len = 52, .guest_uaddr = GUEST, .guest_len = 32,
		.trans_uaddr = TRANS, .trans_len = 32 } },
	{ KVM_SEV_RECEIVE_FINISH, RECEIVING, .no_args = true, .advances = true },
	{ KVM_SEV_DBG_DECRYPT, RUNNING, .args.dbg = {
		.src_uaddr = GUEST, .dst_uaddr = OTHER, .len = 16 } },
	{ KVM_SEV_DBG_ENCRYPT, RUNNING, .args.dbg = {
		.src_uaddr = OTHER, .dst_uaddr = GUEST, .len = 16 } },
};

static const struct good *good_of(uint32_t id)
{
	const struct good *g;

	for (g = goods; g->id != id; g++)
		TEST_ASSERT(g < goods + ARRAY_SIZE(goods), "no arguments for command %u", id);
	return g;
}

static int give_good(struct sev_guest *g, uint32_t id)
{
	union args args = good_of(id)->args;

	return raw_snp_cmd(&g->snp, id, good_of(id)->no_args ? NULL : &args);
}

/* A header as firmware makes it for 32 bytes; from a guest of its own. */
static int make_header(void)
{
	struct sev_guest from;
	int err = sev_guest_make(&from, SEV_KIND_SEV, 0) ?: give_good(&from, KVM_SEV_SEND_START) ?:
		  give_good(&from, KVM_SEV_SEND_UPDATE_DATA);

	sev_guest_close(&from);
	return err;
}

static int bring_to(struct sev_guest *g, enum stage stage)
{
	int err = sev_guest_create(g, SEV_KIND_SEV) ?: sev_guest_init(g, 0);

	if (!err && stage == RECEIVING)
		return make_header() ?: give_good(g, KVM_SEV_RECEIVE_START);
	if (!err && stage >= STARTED)
		err = give_good(g, KVM_SEV_LAUNCH_START);
	if (!err && stage >= MEASURED)
		err = give_good(g, KVM_SEV_LAUNCH_UPDATE_DATA) ?: give_good(g, KVM_SEV_LAUNCH_MEASURE);
	if (!err && stage >= RUNNING)
		err = give_good(g, KVM_SEV_LAUNCH_FINISH);
	if (!err && stage >= SENDING)
		err = give_good(g, KVM_SEV_SEND_START);
	return err;
}

COCO_FIXTURE(bad);
FIXTURE_VARIANT(bad)
{
	struct check_row row;
	uint32_t id;
	size_t offset, size;		/* of the field that is bad; 0: the structure is not there */
	uint64_t value;
	int err;
	uint32_t status;		/* firmware's, for EIO */
	bool asked;			/* firmware is, before it fails */
};

#define BAD_REQS	REQ_SEV_CMD_ERRNO, REQ_SEV_CMD_AGAIN, REQ_SEV_LEFT
#define BAD(name, id_, part, field, value_, err_, ...)					\
	FIXTURE_VARIANT_ADD(bad, id_##_##name)						\
	{										\
		COCO_ROW(NULL, BAD_REQS), .id = KVM_SEV_##id_,				\
		.offset = offsetof(union args, part.field),				\
		.size = sizeof(((union args *)NULL)->part.field), .value = value_,		\
		.err = err_, __VA_ARGS__						\
	}
#define BAD_FW(name, id, part, field, value, status_)					\
	BAD(name, id, part, field, value, EIO, .status = SEV_RET_##status_, .asked = true)
#define NO_STRUCT(id_, asked_)								\
	FIXTURE_VARIANT_ADD(bad, id_##_nowhere)						\
	{										\
		COCO_ROW(NULL, BAD_REQS), .id = KVM_SEV_##id_, .err = EFAULT, .asked = asked_	\
	}

NO_STRUCT(LAUNCH_START, false);
BAD_FW(policy, LAUNCH_START, start, policy, 0x40, POLICY_FAILURE);
BAD_FW(handle, LAUNCH_START, start, handle, 63, INVALID_GUEST);
BAD(dh_empty, LAUNCH_START, start, dh_uaddr, OTHER, EINVAL);
BAD(session_empty, LAUNCH_START, start, session_uaddr, OTHER, EINVAL);

NO_STRUCT(LAUNCH_UPDATE_DATA, false);
BAD(empty, LAUNCH_UPDATE_DATA, update, len, 0, EINVAL);
BAD(wraps, LAUNCH_UPDATE_DATA, update, uaddr, -16, EINVAL);
BAD(memory, LAUNCH_UPDATE_DATA, update, uaddr, NOWHERE, ENOMEM);
BAD(read_only, LAUNCH_UPDATE_DATA, update, uaddr, READ_ONLY, ENOMEM);
BAD_FW(length, LAUNCH_UPDATE_DATA, update, len, 24, INVALID_LEN);
BAD_FW(unaligned, LAUNCH_UPDATE_DATA, update, uaddr, GUEST + 8, INVALID_ADDRESS);

NO_STRUCT(LAUNCH_MEASURE, false);
BAD(long, LAUNCH_MEASURE, measure, len, TOO_LONG, EINVAL);
BAD_FW(short, LAUNCH_MEASURE, measure, len, 47, INVALID_LEN);
BAD_FW(query, LAUNCH_MEASURE, measure, len, 0, INVALID_LEN);
BAD(memory, LAUNCH_MEASURE, measure, uaddr, NOWHERE, EFAULT, .asked = true);

NO_STRUCT(LAUNCH_SECRET, false);
BAD(empty, LAUNCH_SECRET, secret, guest_len, 0, EINVAL);
BAD(wraps, LAUNCH_SECRET, secret, guest_uaddr, -16, EINVAL);
BAD(memory, LAUNCH_SECRET, secret, guest_uaddr, NOWHERE, ENOMEM);
BAD(read_only, LAUNCH_SECRET, secret, guest_uaddr, READ_ONLY, ENOMEM);
BAD(trans_0, LAUNCH_SECRET, secret, trans_uaddr, 0, EINVAL);
BAD(trans_empty, LAUNCH_SECRET, secret, trans_len, 0, EINVAL);
BAD(trans_long, LAUNCH_SECRET, secret, trans_len, TOO_LONG, EINVAL);
BAD(trans_memory, LAUNCH_SECRET, secret, trans_uaddr, NOWHERE, EFAULT);
BAD(header_0, LAUNCH_SECRET, secret, hdr_uaddr, 0, EINVAL);
BAD(header_empty, LAUNCH_SECRET, secret, hdr_len, 0, EINVAL);
BAD(header_memory, LAUNCH_SECRET, secret, hdr_uaddr, NOWHERE, EFAULT);
BAD_FW(header_short, LAUNCH_SECRET, secret, hdr_len, 51, INVALID_LEN);
BAD_FW(trans_short, LAUNCH_SECRET, secret, trans_len, 31, INVALID_LEN);

NO_STRUCT(GUEST_STATUS, true);

NO_STRUCT(GET_ATTESTATION_REPORT, false);
BAD(long, GET_ATTESTATION_REPORT, report, len, TOO_LONG, EINVAL);
BAD(memory, GET_ATTESTATION_REPORT, report, uaddr, NOWHERE, EFAULT, .asked = true);
BAD_FW(short, GET_ATTESTATION_REPORT, report, len, 207, INVALID_LEN);
BAD_FW(query, GET_ATTESTATION_REPORT, report, len, 0, INVALID_LEN);

NO_STRUCT(SEND_START, false);
BAD(pdh_0, SEND_START, send, pdh_cert_uaddr, 0, EINVAL);
BAD(pdh_empty, SEND_START, send, pdh_cert_len, 0, EINVAL);
BAD(pdh_memory, SEND_START, send, pdh_cert_uaddr, NOWHERE, EFAULT);
BAD(plat_0, SEND_START, send, plat_certs_uaddr, 0, EINVAL);
BAD(plat_memory, SEND_START, send, plat_certs_uaddr, NOWHERE, EFAULT);
BAD(amd_empty, SEND_START, send, amd_certs_len, 0, EINVAL);
BAD(amd_memory, SEND_START, send, amd_certs_uaddr, NOWHERE, EFAULT);
BAD(session_0, SEND_START, send, session_uaddr, 0, EINVAL);
BAD(session_long, SEND_START, send, session_len, TOO_LONG, EINVAL);
BAD_FW(session_short, SEND_START, send, session_len, 127, INVALID_LEN);
BAD_FW(query, SEND_START, send, session_len, 0, INVALID_LEN);

NO_STRUCT(SEND_UPDATE_DATA, false);
BAD(trans_0, SEND_UPDATE_DATA, send_data, trans_uaddr, 0, EINVAL);
BAD(header_0, SEND_UPDATE_DATA, send_data, hdr_uaddr, 0, EINVAL);
BAD(guest_0, SEND_UPDATE_DATA, send_data, guest_uaddr, 0, EINVAL);
BAD(guest_empty, SEND_UPDATE_DATA, send_data, guest_len, 0, EINVAL);
BAD(two_pages, SEND_UPDATE_DATA, send_data, guest_uaddr, GUEST + PAGE - 31, EINVAL);
BAD(page_and_more, SEND_UPDATE_DATA, send_data, guest_len, PAGE + 1, EINVAL);
BAD(memory, SEND_UPDATE_DATA, send_data, guest_uaddr, NOWHERE, ENOMEM);
BAD(read_only, SEND_UPDATE_DATA, send_data, guest_uaddr, READ_ONLY, 0, .asked = true);
BAD(trans_memory, SEND_UPDATE_DATA, send_data, trans_uaddr, NOWHERE, EFAULT, .asked = true);
BAD(header_memory, SEND_UPDATE_DATA, send_data, hdr_uaddr, NOWHERE, EFAULT, .asked = true);
BAD_FW(query_header, SEND_UPDATE_DATA, send_data, hdr_len, 0, INVALID_LEN);
BAD_FW(query_trans, SEND_UPDATE_DATA, send_data, trans_len, 0, INVALID_LEN);
BAD_FW(trans_short, SEND_UPDATE_DATA, send_data, trans_len, 31, INVALID_LEN);

NO_STRUCT(RECEIVE_START, false);
BAD(pdh_0, RECEIVE_START, receive, pdh_uaddr, 0, EINVAL);
BAD(pdh_empty, RECEIVE_START, receive, pdh_len, 0, EINVAL);
BAD(pdh_memory, RECEIVE_START, receive, pdh_uaddr, NOWHERE, EFAULT);
BAD(session_0, RECEIVE_START, receive, session_uaddr, 0, EINVAL);
BAD(session_empty, RECEIVE_START, receive, session_len, 0, EINVAL);
BAD(session_memory, RECEIVE_START, receive, session_uaddr, NOWHERE, EFAULT);
BAD_FW(session_short, RECEIVE_START, receive, session_len, 127, INVALID_LEN);

NO_STRUCT(RECEIVE_UPDATE_DATA, false);
BAD(trans_0, RECEIVE_UPDATE_DATA, receive_data, trans_uaddr, 0, EINVAL);
BAD(trans_empty, RECEIVE_UPDATE_DATA, receive_data, trans_len, 0, EINVAL);
BAD(trans_memory, RECEIVE_UPDATE_DATA, receive_data, trans_uaddr, NOWHERE, EFAULT);
BAD(header_0, RECEIVE_UPDATE_DATA, receive_data, hdr_uaddr, 0, EINVAL);
BAD(header_empty, RECEIVE_UPDATE_DATA, receive_data, hdr_len, 0, EINVAL);
BAD(header_memory, RECEIVE_UPDATE_DATA, receive_data, hdr_uaddr, NOWHERE, EFAULT);
BAD(guest_0, RECEIVE_UPDATE_DATA, receive_data, guest_uaddr, 0, EINVAL);
BAD(guest_empty, RECEIVE_UPDATE_DATA, receive_data, guest_len, 0, EINVAL);
BAD(two_pages, RECEIVE_UPDATE_DATA, receive_data, guest_uaddr, GUEST + PAGE - 31, EINVAL);
BAD(page_and_more, RECEIVE_UPDATE_DATA, receive_data, guest_len, PAGE + 1, EINVAL);
BAD(memory, RECEIVE_UPDATE_DATA, receive_data, guest_uaddr, NOWHERE, ENOMEM);
BAD(read_only, RECEIVE_UPDATE_DATA, receive_data, guest_uaddr, READ_ONLY, ENOMEM);

NO_STRUCT(DBG_DECRYPT, false);
BAD(read_only, DBG_DECRYPT, dbg, src_uaddr, READ_ONLY, 0, .asked = true);
NO_STRUCT(DBG_ENCRYPT, false);

COCO_TEST_F(bad, refused)
{
	const struct good *good = good_of(variant->id);
	union args args = good->args;
	void *at = variant->size ? (void *)&args : (void *)NOWHERE;
	struct sev_guest g;
	bool made;
	int ret;

	if (!must("the guest before it", bring_to(&g, good->stage)))
		goto out;
	mprotect(read_only, PAGE, PROT_READ);
	memcpy(args.bytes + variant->offset, &variant->value, variant->size);
	begin_asking();
	ret = raw_snp_cmd(&g.snp, variant->id, at);
	EXPECT_REQ_EQ(REQ_SEV_CMD_ERRNO, "errno", variant->err, ret, &names_errno);
	if (variant->err == EIO)
		EXPECT_REQ_EQ(REQ_SEV_CMD_ERRNO, "firmware's status", variant->status,
			      g.snp.fw_error, &names_value);
	if (!variant->asked)
		expect_not_asked(REQ_SEV_CMD_ERRNO, "what is refused");
	/* Firmware has done what could not be told, and does some things once. */
	made = variant->asked && variant->err != EIO && good->advances;
	/* That this one works is SEV-RECEIVE. */
	if (!made && variant->id != KVM_SEV_RECEIVE_UPDATE_DATA)
		EXPECT_REQ_EQ(REQ_SEV_CMD_AGAIN, "the command as it should be", 0,
			      give_good(&g, variant->id), &names_errno);
out:
	sev_guest_close(&g);
}

/* ---- steps that fail ---- */

COCO_FIXTURE(fails);
FIXTURE_VARIANT(fails) { struct check_row row; uint32_t id; bool memory; };
#define FAILS(id_)									\
	FIXTURE_VARIANT_ADD(fails, id_) { COCO_ROW(NULL, BAD_REQS), .id = KVM_SEV_##id_ };	\
	FIXTURE_VARIANT_ADD(fails, id_##_memory)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_CMD_MEMORY), .id = KVM_SEV_##id_, .memory = true	\
	}

FAILS(LAUNCH_START);
FAILS(LAUNCH_UPDATE_DATA);
FAILS(LAUNCH_MEASURE);
FAILS(LAUNCH_SECRET);
FAILS(LAUNCH_FINISH);
FAILS(GUEST_STATUS);
FAILS(GET_ATTESTATION_REPORT);
FAILS(SEND_START);
FAILS(SEND_UPDATE_DATA);
FAILS(SEND_FINISH);
FAILS(SEND_CANCEL);
FAILS(RECEIVE_START);
FAILS(RECEIVE_FINISH);
FAILS(DBG_DECRYPT);
FAILS(DBG_ENCRYPT);

/* Step @nth of the command fails: how it does; then it does not.  False: it has no such step. */
static bool fail_one(uint32_t id, enum control_step step, unsigned int nth, int err)
{
	const bool memory = step == CONTROL_STEP_ALLOC;
	struct sev_guest g;
	unsigned int steps, asked;
	char what[80];
	int ret;

	if (!must("the guest before it", bring_to(&g, good_of(id)->stage))) {
		sev_guest_close(&g);
		return false;
	}
	begin_asking();
	control()->fail_step(step, nth);
	ret = give_good(&g, id);
	steps = control()->steps(step);
	asked = control()->steps(CONTROL_STEP_PSP);
	control()->fail_step(step, 0);
	snprintf(what, sizeof(what), "errno when step %u of kind %u fails", nth, step);
	if (steps >= nth) {
		EXPECT_REQ_EQ(memory ? REQ_SEV_CMD_MEMORY : REQ_SEV_CMD_ERRNO, what, err, ret,
			      &names_errno);
		if (err == EIO)
			EXPECT_REQ_EQ(REQ_SEV_CMD_ERRNO, "firmware's status", SEV_RET_RESOURCE_LIMIT,
				      g.snp.fw_error, &names_value);
		if (step != CONTROL_STEP_USER || !asked || !good_of(id)->advances)
			EXPECT_REQ_EQ(memory ? REQ_SEV_CMD_MEMORY : REQ_SEV_CMD_AGAIN,
				      "the command once nothing fails", 0, give_good(&g, id),
				      &names_errno);
	}
	sev_guest_close(&g);
	return steps >= nth && !check_failed();
}

COCO_TEST_F(fails, then_does_not)
{
	unsigned int nth = 1;

	if (!control()) {
		check_skip("no control of the kernel here: nothing can be made to fail");
		return;
	}
	if (variant->memory) {
		check_attribute_to(REQ_KERNEL_MEM_LEAK, REQ_SEV_CMD_MEMORY);
		check_attribute_to(REQ_SEV_LEFT, REQ_SEV_CMD_MEMORY);
		while (fail_one(variant->id, CONTROL_STEP_ALLOC, nth, ENOMEM))
			nth++;
		return;
	}
	while (fail_one(variant->id, CONTROL_STEP_PSP, nth, EIO))
		nth++;
	for (nth = 1; fail_one(variant->id, CONTROL_STEP_USER, nth, EFAULT); nth++)
		;
}

/* ---- KVM_SEV_INIT2 that fails ---- */

COCO_FIXTURE(init);
FIXTURE_VARIANT(init) { struct check_row row; enum kind kind; enum control_step step; int err; };
#define INIT(kind_, step_, err_)							\
	FIXTURE_VARIANT_ADD(init, kind_##_##step_)					\
	{										\
		COCO_ROW(NULL, REQ_SEV_INIT_FAILS, REQ_SEV_LEFT),	\
		.kind = kind_, .step = CONTROL_STEP_##step_, .err = err_			\
	}
#define INITS(kind)	INIT(kind, CHARGE, EBUSY); INIT(kind, USER, EFAULT)

INITS(SEV_BARE);
INITS(ES_BARE);
INITS(SNP_BARE);
INIT(SNP_BARE, ALLOC, ENOMEM);
INIT(ORDINARY, CHARGE, EBUSY);

static int init(struct sev_guest *g, enum kind kind)
{
	return kind == SNP_BARE ? raw_snp_init2(&g->snp, 0, 2) : sev_guest_init(g, 0);
}

/* Of which type is it?  Only one of SEV-ES has VMSAs, and an SNP VM has no such commands. */
static void expect_type(struct sev_guest *g, enum kind kind, bool inited)
{
	const int vmsa = !inited || kind == SEV_BARE || kind == ORDINARY ? ENOTTY :
			 kind == SNP_BARE ? EPERM : 0;

	EXPECT_REQ_EQ(REQ_SEV_INIT_FAILS, inited ? "KVM_SEV_LAUNCH_UPDATE_VMSA" :
		      "KVM_SEV_LAUNCH_UPDATE_VMSA before KVM_SEV_INIT2", vmsa,
		      raw_snp_cmd(&g->snp, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL), &names_errno);
	if (!inited)
		return;
	EXPECT_REQ_EQ(REQ_SEV_INIT_FAILS, "charged as SEV", kind == SEV_BARE || kind == ORDINARY,
		      control()->charged(0, CONTROL_CHARGE_SEV), &names_count);
	EXPECT_REQ_EQ(REQ_SEV_INIT_FAILS, "charged as SEV-ES", kind == ES_BARE || kind == SNP_BARE,
		      control()->charged(0, CONTROL_CHARGE_SEV_ES), &names_count);
}

COCO_TEST_F(init, then_does_not)
{
	const enum requirement_nr req = REQ_SEV_INIT_FAILS;
	unsigned int nth, steps;
	struct sev_guest g;
	int ret;

	if (!control()) {
		check_skip("no control of the kernel here: nothing can be made to fail");
		return;
	}
	for (nth = 1; nth < 20; nth++) {
		if (!must("a VM", make(&g, variant->kind)))
			break;
		control()->fail_step(variant->step, nth);
		ret = init(&g, variant->kind);
		steps = control()->steps(variant->step);
		control()->fail_step(variant->step, 0);
		if (steps < nth) {
			must("KVM_SEV_INIT2 of which nothing fails", ret);
			sev_guest_close(&g);
			break;
		}
		/* The pages of SNP's requests are the firmware's driver's, which says EIO. */
		EXPECT_REQ_EITHER(req, "errno of what failed", variant->err, variant->kind == SNP_BARE ?
				  EIO : variant->err, ret, &names_errno);
		/* What could not be told has been done. */
		if (variant->step != CONTROL_STEP_USER || nth < steps) {
			expect_type(&g, variant->kind, false);
			EXPECT_REQ_EQ(req, "charged after that", 0,
				      control()->charged(0, CONTROL_CHARGE_SEV) +
				      control()->charged(0, CONTROL_CHARGE_SEV_ES), &names_count);
			if (must("KVM_SEV_INIT2 once nothing fails", init(&g, variant->kind)))
				expect_type(&g, variant->kind, true);
		}
		sev_guest_close(&g);
		if (check_failed())
			break;
	}
	EXPECT_REQ_TRUE(req, "there was a step that failed", nth > 1);
}

COCO_MAIN(snp_vm_missing)
