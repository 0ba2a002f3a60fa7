// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cases of certificate exits, and their expectations.
 */
#include "kvm_util.h"

#include "check/expect.h"
#include "check/run.h"
#include "check/state.h"
#include "control.h"
#include "snp/cert_check.h"
#include "snp/cert_enable.h"

const char *cert_revision_missing(const struct cert_revision *rev)
{
	static char why[160];

	if (cert_revision_cap(rev))
		return NULL;
	snprintf(why, sizeof(why), "this KVM does not speak %s: %s (%u) brings no such exit",
		 rev->name, rev->cap_name, rev->cap);
	return why;
}

bool cert_revision_spoken(const struct cert_revision *rev)
{
	const char *why = cert_revision_missing(rev);

	if (why)
		check_skip("%s", why);
	return !why;
}

/* What the tree's headers call @name; false: they don't, or there are none. */
static bool header_number(const char *name, uint64_t *value)
{
	__u64 number = 0;
	bool known = control() && control()->header_number &&
		     !control()->header_number(name, &number);

	*value = number;
	return known;
}

static void expect_number(const char *name, uint64_t wanted)
{
	uint64_t value;
	char what[96];

	snprintf(what, sizeof(what), "%s in the tree's headers", name);
	if (header_number(name, &value))
		EXPECT_REQ_EQ(REQ_SNP_CERTS_NUMBERS, what, wanted, value, &names_value);
	else
		check_fail(__FILE__, __LINE__, REQ_SNP_CERTS_NUMBERS, what, "value", wanted,
			   "no such name", 0);
}

void expect_cert_numbers(const struct cert_revision *rev)
{
	if (!control() || !control()->header_number) {
		check_note("no headers of the kernel here: its numbers are not compared");
		return;
	}
	expect_number(rev->exit_name, rev->exit_reason);
	/* The number under which KVM does it, which is one of ours. */
	expect_number(rev->cap_name, cert_revision_cap(rev));
	if (rev->enable == CERT_COMMAND)
		expect_number("KVM_SEV_SNP_ENABLE_REQ_CERTS", KVM_SEV_SNP_ENABLE_REQ_CERTS);
	if (rev->nr.width)
		expect_number("KVM_EXIT_COCO_REQ_CERTS", rev->event);
}

void expect_cert_unannounced(const struct cert_revision *rev)
{
	const char * const names[] = { rev->exit_name, rev->cap_name };
	uint64_t value;
	unsigned int i;
	char what[96];

	for (i = 0; i < NR_CERT_REVISIONS; i++)
		if (cert_revision_cap(&cert_revisions[i]))
			return;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!header_number(names[i], &value))
			continue;
		snprintf(what, sizeof(what), "%s in the headers of a KVM without such an exit",
			 names[i]);
		check_fail(__FILE__, __LINE__, REQ_SNP_CERTS_NUMBERS, what, "no such name", 0,
			   "value", value);
	}
}

bool cert_case_start(struct cert_case *c, const struct cert_revision *rev,
		     unsigned int nr_vcpus, bool enable)
{
	unsigned int i;

	if (!cert_revision_spoken(rev))
		return false;
	c->rev = rev;
	c->calls = 0;
	c->v = request_vm_create_bare();
	c->cpu = &c->v->cpu[0];
	/* Some revisions refuse to be enabled when there are vCPUs. */
	if (enable && !EXPECT_REQ_EQ(REQ_SNP_CERTS_ENABLE, "enabling the exit", 0,
				     -__cert_exit_enable(c->v->snp->vm, rev, 1, 0),
				     &names_errno))
		return false;
	request_vm_add_vcpus(c->v, nr_vcpus, guest_registered_loop);
	snp_vm_launch(c->v->snp);
	for (i = 0; i < nr_vcpus; i++)
		if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, c->v->cpu[i].vcpu, STAGE_READY))
			return false;
	request_fw_init(&c->fw, 0, 0);
	return true;
}

void cert_case_end(struct cert_case *c)
{
	request_vm_free(c->v);
}

void cert_case_prepare(struct cert_case *c, uint64_t npages)
{
	request_prepare(c->cpu, GHCB_NAE_EXT_GUEST_REQUEST, SNP_MSG_REPORT_REQ, npages);
	request_watch_ghcb(c->cpu);
}

bool cert_case_ask(struct cert_case *c, uint64_t npages, enum requirement_nr req)
{
	cert_case_prepare(c, npages);
	return EXPECT_REQ_EXIT(req, c->cpu->vcpu, c->rev->exit_reason);
}

bool cert_case_answer(struct cert_case *c, uint64_t ret, const uint64_t *npages,
		      enum requirement_nr req)
{
	cert_exit_answer(c->rev, c->cpu->vcpu->run, ret, npages);
	return EXPECT_REQ_SYNC(req, c->cpu->vcpu, STAGE_ANSWERED);
}

static uint64_t field_max(struct exit_field field)
{
	return field.width == 8 ? ~0ull : (1ull << (field.width * 8)) - 1;
}

void expect_cert_exit(const struct cert_case *c, uint64_t gfn, uint64_t npages)
{
	const struct cert_revision *rev = c->rev;
	struct cert_exit exit = cert_exit_read(rev, c->cpu->vcpu->run);

	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_NR, "nr", rev->event, exit.nr, &names_value);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_PAD, "padding", 0, exit.pad[0], &names_value);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_PAD, "padding", 0, exit.pad[1], &names_value);
	if (rev->addr_shift)
		EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_GFN, "gfn", gfn, exit.addr, &names_gfn);
	else
		EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_GFN, "gpa", gfn << 12, exit.addr, &names_gpa);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_NPAGES, "npages", npages & field_max(rev->npages),
		      exit.npages, &names_pages);
	EXPECT_REQ_EQ(REQ_SNP_CERTS_EXIT_RET, "ret", 0, exit.ret, &names_value);
}

void expect_cert_early(const struct cert_case *c)
{
	EXPECT_FW_CALLS(REQ_SNP_CERTS_EXIT_EARLY, c->calls);
	expect_pages_untouched(REQ_SNP_CERTS_EXIT_EARLY, c->cpu);
}

/* What an answer may change of the GHCB; all else is the guest's (GHCB 2.0, "GHCB Format"). */
static const struct {
	size_t from, to;
} ghcb_answer[] = {
	{ offsetof(struct ghcb, rax), offsetof(struct ghcb, rax) + 8 },
	/* RCX, RDX and RBX: KVM returns all that it may, and not all of it means something. */
	{ offsetof(struct ghcb, rcx), offsetof(struct ghcb, rbx) + 8 },
	{ offsetof(struct ghcb, sw_exit_info_1), offsetof(struct ghcb, sw_exit_info_2) + 8 },
	{ offsetof(struct ghcb, valid_bitmap), offsetof(struct ghcb, valid_bitmap) + 16 },
	{ GHCB_PAGE_SIZE, GHCB_PAGE_SIZE },
};

void expect_ghcb_kept(const struct cert_case *c)
{
	const uint8_t *before = c->cpu->ghcb_before.hva, *after = c->cpu->ghcb_after.hva;
	size_t from = 0;
	char what[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ghcb_answer); i++) {
		snprintf(what, sizeof(what), "the GHCB from 0x%zx on", from);
		EXPECT_REQ_BYTES(REQ_SNP_CERTS_GHCB_KEPT, what, before + from, after + from,
				 ghcb_answer[i].from - from);
		from = ghcb_answer[i].to;
	}
}

static const enum requirement_nr answer_req[NR_CERT_ANSWERS] = {
	[CERT_ANSWER_OK]	= REQ_SNP_CERTS_RET_0,
	[CERT_ANSWER_LEN]	= REQ_SNP_CERTS_RET_LEN,
	[CERT_ANSWER_BUSY]	= REQ_SNP_CERTS_RET_BUSY,
	[CERT_ANSWER_ERROR]	= REQ_SNP_CERTS_RET_GENERIC,
	[CERT_ANSWER_OTHER]	= REQ_SNP_CERTS_RET_OTHER,
};

void expect_cert_answer(struct cert_case *c, const struct cert_given *given)
{
	const struct cert_answer *answer = &c->rev->answer[given->nr];
	const struct request_cpu *cpu = c->cpu;
	char what[80];

	if (given->nr == CERT_ANSWER_OK) {
		expect_served(REQ_SNP_CERTS_RET_0, cpu, &c->fw, ++c->calls);
	} else {
		EXPECT_FW_CALLS(REQ_SNP_CERTS_ERR_NO_FW, c->calls);
		expect_response_untouched(REQ_SNP_CERTS_ERR_RESPONSE, cpu);
		EXPECT_REQ_EQ(REQ_SNP_CERTS_ERR_INFO1, "SW_EXITINFO1", GHCB_INFO1_OK,
			      cpu->req->answer.exit_info_1, &names_info_1);
		snprintf(what, sizeof(what), "SW_EXITINFO2 after ret = 0x%lx", given->ret);
		EXPECT_REQ_EQ(answer_req[given->nr], what, answer->exit_info_2,
			      cpu->req->answer.exit_info_2, &names_guest_request);
	}

	snprintf(what, sizeof(what), "RBX after ret = 0x%lx", given->ret);
	if (answer->rbx_is_npages)
		EXPECT_REQ_EQ(REQ_SNP_CERTS_RET_LEN_RBX, what,
			      given->npages & field_max(c->rev->npages), cpu->req->answer.rbx,
			      &names_pages);
	else
		EXPECT_REQ_EQ(REQ_SNP_CERTS_RBX_KEPT, what, given->rbx, cpu->req->answer.rbx,
			      &names_pages);
	expect_ghcb_kept(c);
	EXPECT_REQ_BYTES(REQ_SNP_REQ_KEPT, "the request page", cpu->sent, cpu->request.hva,
			 REQUEST_PAGE);
}

void expect_cert_empty(struct cert_case *c, enum requirement_nr req)
{
	if (!EXPECT_REQ_SYNC(req, c->cpu->vcpu, STAGE_ANSWERED))
		return;
	expect_served(req, c->cpu, &c->fw, ++c->calls);
	expect_data(req, c->cpu, 24);
}
