// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP exits of a VMM that rewrites its answer in kvm_run while KVM takes it.  Certificate exits
 * have a table for each revision, all others have one.
 *
 * Not ABI, so not checked: whether data of several registers or bytes are of one time.
 */
#include "snp/cert_rows.h"

#include <linux/kvm_para.h>

#include "kvm_util.h"

#include "cases/race.h"
#include "control.h"
#include "snp/psc_vm.h"
#include "snp/request_check.h"
#include "snp/ghcb_check.h"

#define MAX_MAY		4

/* One change of @size bytes of kvm_run, and what comes of the values. */
struct change {
	const char *field;
	size_t offset, size;
	uint64_t before, after;
	const char *was, *may[MAX_MAY];
};

#define IN_RUN(field)	offsetof(struct kvm_run, field), sizeof(((struct kvm_run *)0)->field)

/* A guest that makes one request again and again. */
struct racer {
	struct kvm_vcpu *vcpu;
	uint64_t stage;			/* its report of the answer */
	bool (*start)(struct racer *r);
	void (*end)(struct racer *r);
	void (*ask)(struct racer *r);
	/* The exit has come: what the VMM answers besides the change. */
	void (*answer)(struct racer *r);
	void (*say)(struct racer *r, struct race_got *got);
	/* Exits after the first one; may be NULL. */
	bool (*on_exit)(struct race_got *got, struct kvm_vcpu *vcpu, void *data);
	void *data;
};

static void race_answer(struct racer *r, enum requirement_nr req, const struct change *change)
{
	struct race race = {
		.field = change->field, .of = CONTROL_RACE_RUN,
		.change = { .bytes = &change->after, .size = change->size },
	};
	bool answered = true;

	while (race_next(&race)) {
		struct race_got got = {};

		/* What becomes of a request after KVM_RUN has refused its answer is no race. */
		if (!answered) {
			r->end(r);
			if (!r->start(r))
				return;
		}
		race.vcpu = r->vcpu;
		race.change.at = (char *)r->vcpu->run + change->offset;
		r->ask(r);
		if (!EXPECT_REQ_EQ(REQ_RACE_SETUP, "KVM_RUN", 0, check_run(r->vcpu), &names_errno))
			return;
		r->answer(r);
		memcpy(race.change.at, &change->before, change->size);
		race_begin(&race);
		answered = race_run(&got, r->vcpu, r->stage, r->on_exit, r->data);
		race_end(&race);
		if (answered)
			r->say(r, &got);
		if (!EXPECT_RACE(req, &race, change->was, change->may, got.text))
			return;
	}
	r->end(r);
}

/* ---- answers of all kernels ---- */

enum request { PSC_MSR, PSC_NAE, MAP_GPA, IN, INS, MMIO_READ, RDMSR };

#define PORT		0x4321
#define MMIO_GPA	0xd0000000ull
#define MSR_NONE	0xdeadbeefu
#define GFN		0x12345
/* Registers that nobody may have given the guest. */
#define STRAY		0x7777777777777777ull

/* The data of port I/O; the ABI has an offset for it, which KVM has never changed. */
#define IO_DATA		4096

COCO_FIXTURE(answer);
FIXTURE_VARIANT(answer)
{
	struct check_row row;
	enum request request;
	bool restricted;	/* of a KVM that takes 0, EAGAIN and EINVAL only */
	struct change change;
};

#define ANSWER(name, req, request_, ...)						\
	FIXTURE_VARIANT_ADD(answer, name)						\
	{										\
		COCO_ROW(NULL, req), .request = request_, __VA_ARGS__			\
	};

#define RET_ROW(name, request_, before_, after_, was_, ...)				\
	ANSWER(name, REQ_RACE_SNP_RUN, request_, .change = {				\
		"hypercall.ret", IN_RUN(hypercall.ret), before_, after_, was_, { __VA_ARGS__ } })
/* Of two exits, the second one may be refused, too. */
#define REFUSED_ROW(name, request_, before_, after_, was_)				\
	ANSWER(name, REQ_RACE_SNP_RUN, request_, .restricted = true, .change = {	\
		"hypercall.ret", IN_RUN(hypercall.ret), before_, after_, was_,		\
		{ "KVM_RUN: Invalid argument", "exit, KVM_RUN: Invalid argument" } })

RET_ROW(psc_msr_refused, PSC_MSR, 0, EINVAL, "done", "refused")
RET_ROW(psc_msr_taken, PSC_MSR, EINVAL, 0, "refused", "done")
REFUSED_ROW(psc_msr_undefined, PSC_MSR, 0, 0x7155, "done")
REFUSED_ROW(psc_msr_high_half, PSC_MSR, EINVAL, 1ull << 32, "refused")
/* Of two exits, either can be the one that is refused. */
RET_ROW(psc_nae_refused, PSC_NAE, 0, EINVAL, "exit, done", "generic error", "exit, generic error")
RET_ROW(psc_nae_taken, PSC_NAE, EINVAL, 0, "generic error", "exit, done")
REFUSED_ROW(psc_nae_undefined, PSC_NAE, 0, 0x7155, "exit, done")
REFUSED_ROW(psc_nae_high_half, PSC_NAE, EINVAL, 1ull << 32, "generic error")
RET_ROW(map_gpa, MAP_GPA, 0, -KVM_EINVAL, "RAX 0x0", "RAX 0xffffffffffffffea")
/* A word of which one half is not the other one's. */
RET_ROW(map_gpa_torn, MAP_GPA, 0x1111111122222222ull, 0x3333333344444444ull,
	"RAX 0x1111111122222222", "RAX 0x3333333344444444")

#define DATA_ROW(name, request_, field_, offset_, before_, after_, was_, may_)		\
	ANSWER(name, REQ_RACE_SNP_RUN, request_, .change = {				\
		field_, offset_, 4, before_, after_, was_, { may_ } })

DATA_ROW(in_data, IN, "the data of an IN", IO_DATA, 0x11112222, 0x33334444,
	 "RAX 0x11112222", "RAX 0x33334444")
DATA_ROW(ins_data, INS, "the second element of an INS", IO_DATA + 4, 0x11112222, 0x33334444,
	 "scratch area 0x11112222", "scratch area 0x33334444")
DATA_ROW(mmio_data, MMIO_READ, "mmio.data", offsetof(struct kvm_run, mmio.data), 0x11112222,
	 0x33334444, "scratch area 0x11112222", "scratch area 0x33334444")

ANSWER(rdmsr_data, REQ_RACE_SNP_RUN, RDMSR, .change = {
	"msr.data", IN_RUN(msr.data), 0x1111111122222222, 0x3333333344444444,
	"RDX:RAX 11111111:22222222",
	{ "RDX:RAX 33333333:44444444", "RDX:RAX 11111111:44444444",
	  "RDX:RAX 33333333:22222222" } })
ANSWER(rdmsr_refused, REQ_RACE_SNP_MSR_RUN, RDMSR, .change = {
	"msr.error", IN_RUN(msr.error), 0, 1, "RDX:RAX 55555555:55555555", { "#GP" } })
ANSWER(rdmsr_taken, REQ_RACE_SNP_MSR_RUN, RDMSR, .change = {
	"msr.error", IN_RUN(msr.error), 1, 0, "#GP", { "RDX:RAX 55555555:55555555" } })

ANSWER(dirty_regs, REQ_RACE_SNP_SYNC, IN, .change = {
	"kvm_dirty_regs", IN_RUN(kvm_dirty_regs), 0, KVM_SYNC_X86_REGS, "RAX 0x0",
	{ "KVM_RUN: Invalid argument" } })
ANSWER(valid_regs, REQ_RACE_SNP_SYNC, IN, .change = {
	"kvm_valid_regs", IN_RUN(kvm_valid_regs), 0, KVM_SYNC_X86_REGS, "RAX 0x0",
	{ "KVM_RUN: Invalid argument" } })

struct scripted {
	struct ghcb_vm v;
	enum request request;
	struct ghcb_step *step;
};

/* The answer that the change is about comes before this one. */
static bool exits_again(struct race_got *got, struct kvm_vcpu *vcpu,
			void *data __attribute__((unused)))
{
	if (vcpu->run->exit_reason != KVM_EXIT_HYPERCALL)
		return false;
	race_say(got, "exit");
	vcpu->run->hypercall.ret = 0;
	return true;
}

static void ask_psc(struct scripted *s)
{
	struct psc_buffer *buffer = (void *)s->step->in.shared_buffer;

	ghcb_set(&s->step->in, sw_scratch, ghcb_buffer_gpa(&s->v, 0, 0));
	*buffer = (struct psc_buffer) { .end_entry = 1 };
	buffer->entries[0] = PSC_ENTRY(PSC_OP_PRIVATE, PSC_SIZE_4K, GFN, 0);
	buffer->entries[1] = PSC_ENTRY(PSC_OP_SHARED, PSC_SIZE_4K, GFN, 0);
}

static void ask_map_gpa(struct scripted *s)
{
	ghcb_set(&s->step->in, rax, KVM_HC_MAP_GPA_RANGE);
	ghcb_set(&s->step->in, cpl, 0);
	ghcb_set(&s->step->in, rbx, GFN << 12);
	ghcb_set(&s->step->in, rcx, 1);
	ghcb_set(&s->step->in, rdx, 0x10);
}

static void ask_script(struct racer *r)
{
	struct scripted *s = r->data;
	const uint64_t io = GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE(4) |
			    GHCB_IOIO_IN;

	ghcb_script_reset(&s->v, 0);
	switch (s->request) {
	case PSC_MSR:
		s->step = ghcb_add_msr(&s->v, 0, GHCB_MSR_PSC(PSC_OP_PRIVATE, GFN));
		break;
	case PSC_NAE:
		s->step = ghcb_add_event(&s->v, 0, GHCB_NAE_PSC, 0, 0);
		ask_psc(s);
		break;
	case MAP_GPA:
		s->step = ghcb_add_event(&s->v, 0, GHCB_NAE_VMMCALL, 0, 0);
		ask_map_gpa(s);
		break;
	case IN:
		s->step = ghcb_add_event(&s->v, 0, GHCB_NAE_IOIO, io, 0);
		ghcb_set(&s->step->in, rax, 0);
		break;
	case INS:
		s->step = ghcb_add_event(&s->v, 0, GHCB_NAE_IOIO,
					 io | GHCB_IOIO_STRING | GHCB_IOIO_REP, 2);
		ghcb_set(&s->step->in, sw_scratch, ghcb_buffer_gpa(&s->v, 0, 0));
		break;
	case MMIO_READ:
		s->step = ghcb_add_event(&s->v, 0, GHCB_NAE_MMIO_READ, MMIO_GPA, 4);
		ghcb_set(&s->step->in, sw_scratch, ghcb_buffer_gpa(&s->v, 0, 0));
		break;
	case RDMSR:
		s->step = ghcb_add_event(&s->v, 0, GHCB_NAE_MSR, 0, 0);
		ghcb_set(&s->step->in, rcx, MSR_NONE);
		break;
	}
}

static void answer_script(struct racer *r)
{
	struct kvm_run *run = r->vcpu->run;
	struct scripted *s = r->data;

	if (s->request == RDMSR)
		run->msr.data = 0x5555555555555555ull;
	if (s->request == IN) {
		memset((char *)run + IO_DATA, 0, 4);
		run->s.regs.regs.rbx = STRAY;
	}
}

static void say_script(struct racer *r, struct race_got *got)
{
	struct scripted *s = r->data;
	const struct ghcb *page = &s->step->answer.page;
	uint32_t bytes[2];

	if (s->request == PSC_MSR) {
		race_say(got, s->step->answer.msr == GHCB_MSR_PSC_RESP ? "done" : "refused");
		return;
	}
	if (page->sw_exit_info_1 == GHCB_INFO1_EXCEPTION) {
		race_say(got, "#GP");
		return;
	}
	memcpy(bytes, page->shared_buffer, sizeof(bytes));
	switch (s->request) {
	case PSC_NAE:
		race_say(got, "%s", page->sw_exit_info_2 ?
			 name_of(&names_psc, page->sw_exit_info_2) : "done");
		break;
	case INS:
		race_say(got, "scratch area 0x%x", bytes[1]);
		break;
	case MMIO_READ:
		race_say(got, "scratch area 0x%x", bytes[0]);
		break;
	case RDMSR:
		race_say(got, "RDX:RAX %08lx:%08lx", page->rdx, page->rax);
		break;
	default:
		race_say(got, "RAX 0x%lx", page->rax);
		if (s->request == IN && page->rbx == STRAY)
			race_say(got, "RBX of kvm_run");
		break;
	}
}

static bool start_script(struct racer *r)
{
	struct scripted *s = r->data;

	if (!ghcb_vm_start(&s->v))
		return false;
	vm_enable_cap(s->v.snp->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	vm_enable_cap(s->v.snp->vm, KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_UNKNOWN);
	r->vcpu = s->v.cpu[0].vcpu;
	return true;
}

static void end_script(struct racer *r)
{
	struct scripted *s = r->data;

	snp_vm_free(s->v.snp);
}

/* NULL, or why there is nothing to race with. */
static const char *row_missing(const FIXTURE_VARIANT(answer) *variant, struct kvm_vm *vm)
{
	if (variant->restricted && !psc_answers_restricted())
		return "this KVM takes any answer to a page state change";
	if (check_main_req() == REQ_RACE_SNP_SYNC &&
	    __vm_ioctl(vm, KVM_CHECK_EXTENSION, (void *)KVM_CAP_SYNC_REGS))
		return "this KVM offers KVM_CAP_SYNC_REGS to SNP guests, too";
	return NULL;
}

COCO_TEST_F(answer, changes)
{
	struct scripted s = { .request = variant->request };
	struct racer r = {
		.stage = GHCB_STAGE_ANSWERED, .start = start_script, .end = end_script,
		.ask = ask_script, .answer = answer_script, .say = say_script,
		.on_exit = exits_again, .data = &s,
	};
	const char *missing;

	if (!race_possible() || !start_script(&r))
		return;
	missing = row_missing(variant, s.v.snp->vm);
	if (missing)
		check_skip("%s", missing);
	else
		race_answer(&r, check_main_req(), &variant->change);
}

/* ---- certificates ---- */

#define ASKED		1
#define NEEDED		20
#define NEEDED_OTHER	0x1234

COCO_FIXTURE(certs);
FIXTURE_VARIANT(certs)
{
	struct check_row row;
	const struct cert_revision *rev;
	enum cert_answer_nr was, may;	/* ret; alike: npages changes */
};

#define CERTS_ROW(tag, name, was_, may_)						\
	FIXTURE_VARIANT_ADD(certs, tag##_##name)					\
	{										\
		CERT_ROW(tag, REQ_RACE_SNP_RUN), .was = was_, .may = may_,		\
	};

#define CERTS_ROWS(tag)									\
	CERTS_ROW(tag, refused, CERT_ANSWER_OK, CERT_ANSWER_ERROR)			\
	CERTS_ROW(tag, taken, CERT_ANSWER_ERROR, CERT_ANSWER_OK)			\
	CERTS_ROW(tag, undefined, CERT_ANSWER_OK, CERT_ANSWER_OTHER)			\
	CERTS_ROW(tag, length, CERT_ANSWER_ERROR, CERT_ANSWER_LEN)			\
	CERTS_ROW(tag, length_taken, CERT_ANSWER_LEN, CERT_ANSWER_OK)			\
	CERTS_ROW(tag, npages, CERT_ANSWER_LEN, CERT_ANSWER_LEN)
ROWS_OF_ALL(CERTS_ROWS)

struct certs {
	const struct cert_revision *rev;
	struct cert_case c;
	uint64_t ret;
	unsigned int calls;
};

static bool start_certs(struct racer *r)
{
	struct certs *certs = r->data;

	if (!cert_case_start(&certs->c, certs->rev, 1, true))
		return false;
	r->vcpu = certs->c.cpu->vcpu;
	return true;
}

static void end_certs(struct racer *r)
{
	struct certs *certs = r->data;

	cert_case_end(&certs->c);
}

static void ask_certs(struct racer *r)
{
	struct certs *certs = r->data;

	cert_case_prepare(&certs->c, ASKED);
	request_copy_nothing(certs->c.cpu);
	certs->calls = control()->nr_fw_requests();
}

static void answer_certs(struct racer *r)
{
	const struct certs *certs = r->data;
	const uint64_t needed = NEEDED;

	cert_exit_answer(certs->c.rev, r->vcpu->run, certs->ret, &needed);
}

static void say_certs(struct racer *r, struct race_got *got)
{
	struct certs *certs = r->data;
	const struct guest_request *req = certs->c.cpu->req;

	race_say(got, "SW_EXITINFO2 0x%lx, RBX %lu, %u requests to firmware",
		 req->answer.exit_info_2, req->answer.rbx,
		 control()->nr_fw_requests() - certs->calls);
}

/* What say_certs() says of that answer. */
static void wanted_certs(struct race_got *text, const struct cert_answer *answer, uint64_t npages)
{
	if (answer->run_errno)
		race_say(text, "KVM_RUN: %s", strerror(answer->run_errno));
	else
		race_say(text, "SW_EXITINFO2 0x%lx, RBX %lu, %u requests to firmware",
			 answer->exit_info_2, answer->rbx_is_npages ? npages : ASKED,
			 !answer->ret);
}

COCO_TEST_F(certs, changes)
{
	const struct cert_answer *was = &variant->rev->answer[variant->was];
	const struct cert_answer *may = &variant->rev->answer[variant->may];
	const bool npages = variant->was == variant->may;
	const struct exit_field field = npages ? variant->rev->npages : variant->rev->ret;
	struct race_got was_text = {}, may_text = {};
	struct certs certs = { .rev = variant->rev, .ret = was->ret };
	struct racer r = {
		.stage = STAGE_ANSWERED, .start = start_certs, .end = end_certs,
		.ask = ask_certs, .answer = answer_certs, .say = say_certs, .data = &certs,
	};
	struct change change = {
		.field = npages ? "npages" : "ret",
		.offset = KVM_RUN_EXIT_OFFSET + field.offset, .size = field.width,
		.before = npages ? NEEDED : was->ret, .after = npages ? NEEDED_OTHER : may->ret,
		.was = was_text.text, .may = { may_text.text },
	};

	if (!race_possible() || !start_certs(&r))
		return;
	wanted_certs(&was_text, was, NEEDED);
	wanted_certs(&may_text, may, npages ? NEEDED_OTHER : NEEDED);
	race_answer(&r, REQ_RACE_SNP_RUN, &change);
}

CERT_MAIN
