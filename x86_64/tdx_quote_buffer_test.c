// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a quote (Intel TDX GHCI 1.5, "TDG.VP.VMCALL<GetQuote>"): R10 only says that
 * the request was queued; the answer comes by the shared buffer, whenever the VMM has it.
 *
 * The VMM here is a thread that waits until the guest has seen its request in flight.
 */
#include "check/harness.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"
#include "tdx/tdx_probe.h"

#define DATA_OFFSET	sizeof(struct ghci_quote_header)

/* What a TD report is as long as, and bytes that stand for one. */
#define REPORT_SIZE	1024
#define REPORT_BYTE	0xa5

/* How often a guest looks that gives up. */
#define PATIENCE	1000

struct quote {
	struct shared_mem mem;		/* one page */
	struct ghci_quote_header *header;
};

static void quotes_of(const struct tdvmcall_vm *v, struct quote *quotes, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		quotes[i].mem = (struct shared_mem) {
			.gva = v->buffer.gva + i * PAGE_SIZE, .gpa = v->buffer.gpa + i * PAGE_SIZE,
			.hva = v->buffer.hva + i * PAGE_SIZE, .size = PAGE_SIZE,
		};
		quotes[i].header = quotes[i].mem.hva;
	}
}

/* The guest fills in its report and rings the doorbell. */
static void prepare_quote(struct tdvmcall_vm *v, const struct quote *quote)
{
	tdvmcall_prepare(v, GHCI_GET_QUOTE, quote->mem.gpa | v->td->shared_bit, PAGE_SIZE, 0, 0);
	quote->header->version = GHCI_QUOTE_VERSION;
	quote->header->status = GHCI_QUOTE_SUCCESS;
	quote->header->in_len = REPORT_SIZE;
	quote->header->out_len = 0;
	v->req->fill_gva = quote->mem.gva + DATA_OFFSET;
	v->req->fill_len = REPORT_SIZE;
	v->req->fill_byte = REPORT_BYTE;
}

/* After its next call it polls the buffer, and looks at @sum_len bytes of the answer. */
static void prepare_poll(struct tdvmcall_vm *v, const struct quote *quote, uint64_t patience,
			 uint64_t sum_len)
{
	v->req->wait_gva = quote->mem.gva + offsetof(struct ghci_quote_header, status);
	v->req->wait_while = GHCI_QUOTE_IN_FLIGHT;
	v->req->wait_max = patience;
	v->req->sum_gva = quote->mem.gva + DATA_OFFSET;
	v->req->sum_len = sum_len;
}

/* KVM_RUN up to the doorbell; the VMM finds the report where the exit says. */
static bool accept_quote(struct tdvmcall_vm *v, const struct quote *quote, uint64_t ret)
{
	const struct tdx_revision *rev = tdx_revision();
	struct kvm_run *run = v->vcpu->run;
	uint8_t report[REPORT_SIZE];
	uint64_t gpa;

	if (!EXPECT_REQ_EXIT(REQ_TDX_QUOTE_EXIT, v->vcpu, rev->quote.reason))
		return false;
	gpa = exit_field_get(run, rev->quote.gpa) & ~v->td->shared_bit;
	if (!EXPECT_REQ_EQ(REQ_TDX_QUOTE_GPA, "gpa", quote->mem.gpa, gpa, &names_gpa))
		return false;
	memset(report, REPORT_BYTE, sizeof(report));
	if (!EXPECT_REQ_BYTES(REQ_TDX_QUOTE_BUFFER, "the guest's report", report,
			      addr_gpa2hva(v->td->vm, gpa) + DATA_OFFSET, sizeof(report)))
		return false;
	if (ret == GHCI_SUCCESS)
		__atomic_store_n(&quote->header->status, GHCI_QUOTE_IN_FLIGHT, __ATOMIC_RELEASE);
	exit_field_set(run, rev->quote.ret, ret);
	return true;
}

/* ---- the VMM's other thread ---- */

struct completion {
	const struct quote *quote;
	const struct td_request *req;
	uint64_t status;
	uint32_t out_len;
	pthread_t thread;
};

static uint8_t answer_byte(uint32_t i)
{
	return (uint8_t)(i * 7 + 3);
}

static void complete(const struct completion *c)
{
	struct ghci_quote_header *header = c->quote->header;
	uint32_t i;

	for (i = 0; i < c->out_len; i++)
		header->data[i] = answer_byte(i);
	header->out_len = c->out_len;
	__atomic_store_n(&header->status, c->status, __ATOMIC_RELEASE);
}

static void *complete_when_seen(void *arg)
{
	const struct completion *c = arg;

	while (!__atomic_load_n(&c->req->polls, __ATOMIC_ACQUIRE))
		usleep(50);
	complete(c);
	return NULL;
}

static uint64_t answer_sum(uint32_t len)
{
	uint64_t total = 0;
	uint32_t i;

	for (i = 0; i < len; i++)
		total += answer_byte(i);
	return total;
}

static void expect_quote(const struct tdvmcall_vm *v, uint64_t status, uint32_t len)
{
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "status in the buffer", status, v->req->waited,
		      &names_value);
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "sum of the answer's bytes", answer_sum(len),
		      v->req->sum, &names_value);
}

/* ---- one quote ---- */

COCO_FIXTURE(quote);
FIXTURE_VARIANT(quote)
{
	struct check_row row;
	uint64_t status;
	uint32_t out_len;
};

#define QUOTE_ROW(name, status_, out_len_)						\
	FIXTURE_VARIANT_ADD(quote, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_QUOTE_BUFFER, REQ_TDX_QUOTE_EXIT, REQ_TDX_QUOTE_GPA,	\
			 REQ_TDX_QUOTE_ANSWER),						\
		.status = status_, .out_len = out_len_,					\
	};

QUOTE_ROW(success, GHCI_QUOTE_SUCCESS, 2000)
QUOTE_ROW(success_whole_buffer, GHCI_QUOTE_SUCCESS, PAGE_SIZE - DATA_OFFSET)
QUOTE_ROW(success_empty, GHCI_QUOTE_SUCCESS, 0)
QUOTE_ROW(error, GHCI_QUOTE_ERROR, 0)
QUOTE_ROW(unavailable, GHCI_QUOTE_UNAVAILABLE, 0)
QUOTE_ROW(undefined_status, 0x123456789, 0)

/* The guest polls, and another thread of the VMM is done later. */
COCO_TEST_F(quote, done_later)
{
	struct completion c = { .status = variant->status, .out_len = variant->out_len };
	struct tdvmcall_vm v;
	struct quote quote;

	tdvmcall_vm_create(&v, TD_GPAW_48, 1);
	quotes_of(&v, &quote, 1);
	prepare_quote(&v, &quote);
	prepare_poll(&v, &quote, 0, variant->out_len);
	if (!accept_quote(&v, &quote, GHCI_SUCCESS))
		return;
	c.quote = &quote;
	c.req = v.req;
	TEST_ASSERT(!pthread_create(&c.thread, NULL, complete_when_seen, &c), "no thread");
	if (expect_tdvmcall_answer(REQ_TDX_QUOTE_ANSWER, &v, GHCI_SUCCESS))
		expect_quote(&v, variant->status, variant->out_len);
	else
		/* The thread would wait for good. */
		__atomic_store_n(&v.req->polls, 1, __ATOMIC_RELEASE);
	pthread_join(c.thread, NULL);
	if (!check_failed())
		EXPECT_REQ_TRUE(REQ_TDX_QUOTE_BUFFER, "the guest saw its request in flight",
				v.req->polls);
	tdvmcall_vm_free(&v);
}

/* ---- what else may happen ---- */

COCO_FIXTURE(life);
FIXTURE_VARIANT(life)
{
	struct check_row row;
	void (*run)(struct tdvmcall_vm *v);
};

/* Done before the guest runs again: it never sees it in flight. */
static void done_at_once(struct tdvmcall_vm *v)
{
	struct completion c = { .status = GHCI_QUOTE_SUCCESS, .out_len = 100 };
	struct quote quote;

	quotes_of(v, &quote, 1);
	prepare_quote(v, &quote);
	prepare_poll(v, &quote, 0, c.out_len);
	if (!accept_quote(v, &quote, GHCI_SUCCESS))
		return;
	c.quote = &quote;
	complete(&c);
	if (expect_tdvmcall_answer(REQ_TDX_QUOTE_ANSWER, v, GHCI_SUCCESS)) {
		expect_quote(v, GHCI_QUOTE_SUCCESS, c.out_len);
		EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "times it was seen in flight", 0,
			      v->req->polls, &names_count);
	}
}

/* Nobody but the VMM ends it; the guest has to give up by itself. */
static void never_done(struct tdvmcall_vm *v)
{
	struct quote quote;

	quotes_of(v, &quote, 1);
	prepare_quote(v, &quote);
	prepare_poll(v, &quote, PATIENCE, REPORT_SIZE);
	if (!accept_quote(v, &quote, GHCI_SUCCESS) ||
	    !expect_tdvmcall_answer(REQ_TDX_QUOTE_ANSWER, v, GHCI_SUCCESS))
		return;
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "status in the buffer", GHCI_QUOTE_IN_FLIGHT,
		      v->req->waited, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "times it was seen in flight", PATIENCE,
		      v->req->polls, &names_count);
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "sum of the report's bytes",
		      (uint64_t)REPORT_SIZE * REPORT_BYTE, v->req->sum, &names_value);
}

/* The second is done first. */
static void two_in_flight(struct tdvmcall_vm *v)
{
	struct completion c[2] = {
		{ .status = GHCI_QUOTE_SUCCESS, .out_len = 300 },
		{ .status = GHCI_QUOTE_UNAVAILABLE, .out_len = 0 },
	};
	struct quote quotes[2];
	unsigned int i;

	quotes_of(v, quotes, 2);
	for (i = 0; i < 2; i++) {
		c[i].quote = &quotes[i];
		prepare_quote(v, &quotes[i]);
		if (!accept_quote(v, &quotes[i], GHCI_SUCCESS) ||
		    !expect_tdvmcall_answer(REQ_TDX_QUOTE_ANSWER, v, GHCI_SUCCESS))
			return;
	}
	for (i = 2; i-- > 0; ) {
		complete(&c[i]);
		tdvmcall_prepare(v, GHCI_GET_TD_VM_CALL_INFO, 0, 0, 0, 0);
		prepare_poll(v, &quotes[i], 0, c[i].out_len);
		if (!expect_tdvmcall_answer(REQ_TDX_QUOTE_BUFFER, v, GHCI_SUCCESS))
			return;
		expect_quote(v, c[i].status, c[i].out_len);
		if (i)
			EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "status of the other one",
				      GHCI_QUOTE_IN_FLIGHT, quotes[0].header->status,
				      &names_value);
	}
}

/* The doorbell of a buffer that is in flight is the VMM's to refuse; the first one lives on. */
static void reused_too_early(struct tdvmcall_vm *v)
{
	struct completion c = { .status = GHCI_QUOTE_SUCCESS, .out_len = 50 };
	struct quote quote;

	quotes_of(v, &quote, 1);
	c.quote = &quote;
	prepare_quote(v, &quote);
	if (!accept_quote(v, &quote, GHCI_SUCCESS) ||
	    !expect_tdvmcall_answer(REQ_TDX_QUOTE_ANSWER, v, GHCI_SUCCESS))
		return;
	tdvmcall_prepare(v, GHCI_GET_QUOTE, quote.mem.gpa | v->td->shared_bit, PAGE_SIZE, 0, 0);
	if (!accept_quote(v, &quote, GHCI_GPA_INUSE) ||
	    !expect_tdvmcall_answer(REQ_TDX_QUOTE_ANSWER, v, GHCI_GPA_INUSE))
		return;
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "status in the buffer", GHCI_QUOTE_IN_FLIGHT,
		      quote.header->status, &names_value);
	complete(&c);
	tdvmcall_prepare(v, GHCI_GET_TD_VM_CALL_INFO, 0, 0, 0, 0);
	prepare_poll(v, &quote, 0, c.out_len);
	if (expect_tdvmcall_answer(REQ_TDX_QUOTE_BUFFER, v, GHCI_SUCCESS))
		expect_quote(v, c.status, c.out_len);
}

/* A refused request leaves the buffer as the guest wrote it. */
static void refused(struct tdvmcall_vm *v)
{
	struct quote quote;

	quotes_of(v, &quote, 1);
	prepare_quote(v, &quote);
	v->req->sum_gva = quote.mem.gva + DATA_OFFSET;
	v->req->sum_len = REPORT_SIZE;
	if (!accept_quote(v, &quote, GHCI_INVALID_OPERAND) ||
	    !expect_tdvmcall_answer(REQ_TDX_QUOTE_ANSWER, v, GHCI_INVALID_OPERAND))
		return;
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "status in the buffer", GHCI_QUOTE_SUCCESS,
		      quote.header->status, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "out_len", 0, quote.header->out_len, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_QUOTE_BUFFER, "sum of the report's bytes",
		      (uint64_t)REPORT_SIZE * REPORT_BYTE, v->req->sum, &names_value);
}

#define LIFE_ROW(name)									\
	FIXTURE_VARIANT_ADD(life, name)							\
	{										\
		COCO_ROW(NULL, REQ_TDX_QUOTE_BUFFER, REQ_TDX_QUOTE_EXIT, REQ_TDX_QUOTE_GPA,	\
			 REQ_TDX_QUOTE_ANSWER),						\
		.run = name,								\
	};

LIFE_ROW(done_at_once)
LIFE_ROW(never_done)
LIFE_ROW(two_in_flight)
LIFE_ROW(reused_too_early)
LIFE_ROW(refused)

COCO_TEST_F(life, buffer)
{
	struct tdvmcall_vm v;

	tdvmcall_vm_create(&v, TD_GPAW_48, 2);
	variant->run(&v);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(tdx_revision_find)
