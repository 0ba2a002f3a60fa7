// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<GetQuote> where KVM has the TDX module make the quote: proposed, and in no
 * released kernel.  The answer is there when the call returns, and the VMM has no part in it.
 *
 * The report is one by its length and type alone, which is enough for the reference model; a
 * TDX module wants one that it has made itself (TDG.MR.REPORT).
 */
#include "check/harness.h"

#include <pthread.h>
#include <string.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "tdx/tdx_check.h"
#include "tdx/tdx_probe.h"

#define REVISION	"proposed-quotes"

#define HEADER_SIZE	sizeof(struct ghci_quote_header)
#define BUFFER_PAGES	3
/* Of which this much is the request's. */
#define ASKED		(2 * PAGE_SIZE)

/* TDREPORT_STRUCT (Intel TDX Module Base Architecture Specification) */
#define REPORT_SIZE	1024
#define REPORT_TYPE_TD	0x81
#define REPORTDATA	128
#define REPORTDATA_SIZE	64

/* What the buffer holds else. */
#define FILL		0xee

static bool start(struct tdvmcall_vm *v)
{
	if (strcmp(tdx_revision()->name, REVISION)) {
		check_skip("this KVM does not speak " REVISION ", but %s", tdx_revision()->name);
		return false;
	}
	tdvmcall_vm_create(v, TD_GPAW_48, BUFFER_PAGES);
	return true;
}

/* Have the guest ask with @header and a report behind it. */
static struct ghci_quote_header *prepare(struct tdvmcall_vm *v,
					 const struct ghci_quote_header *header, uint8_t type,
					 uint64_t gpa, uint64_t size)
{
	struct ghci_quote_header *buffer = v->buffer.hva;
	unsigned int i;

	memset(buffer, FILL, v->buffer.size);
	*buffer = *header;
	for (i = 0; i < REPORT_SIZE; i++)
		buffer->data[i] = (uint8_t)(i * 5);
	buffer->data[0] = type;
	tdvmcall_prepare(v, GHCI_GET_QUOTE, gpa | v->td->shared_bit, size, 0, 0);
	return buffer;
}

static const struct ghci_quote_header right_header = {
	.version = GHCI_QUOTE_VERSION, .status = GHCI_QUOTE_IN_FLIGHT, .in_len = REPORT_SIZE,
};

/* ---- quotes ---- */

COCO_FIXTURE(made);
FIXTURE_VARIANT(made)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(made, twice)
{
	COCO_ROW(REVISION, REQ_TDX_QUOTES_MADE, REQ_TDX_QUOTES_KEPT, REQ_TDX_RAX, REQ_TDX_KEPT),
};

COCO_TEST_F(made, quote)
{
	const enum requirement_nr made = REQ_TDX_QUOTES_MADE, kept = REQ_TDX_QUOTES_KEPT;
	const struct ghci_quote_header *quote;
	struct tdvmcall_vm v;
	uint64_t end;
	int i;

	(void)variant;
	if (!start(&v))
		return;
	for (i = 0; i < 2; i++) {
		uint8_t data[REPORTDATA_SIZE];

		quote = prepare(&v, &right_header, REPORT_TYPE_TD, v.buffer.gpa, ASKED);
		memcpy(data, quote->data + REPORTDATA, sizeof(data));
		if (!expect_tdvmcall_answer(made, &v, GHCI_SUCCESS))
			return;
		EXPECT_REQ_EQ(made, "status in the buffer", GHCI_QUOTE_SUCCESS, quote->status,
			      &names_value);
		end = HEADER_SIZE + quote->out_len;
		if (!EXPECT_REQ_TRUE(made, "out_len is that of a quote that fits",
				     quote->out_len > REPORTDATA_SIZE && end <= ASKED))
			return;
		EXPECT_REQ_TRUE(made, "the quote has the report's REPORTDATA",
				memmem(quote->data, quote->out_len, data, sizeof(data)));
		EXPECT_REQ_EQ(kept, "version", GHCI_QUOTE_VERSION, quote->version, &names_value);
		EXPECT_REQ_EQ(kept, "in_len", REPORT_SIZE, quote->in_len, &names_value);
		EXPECT_REQ_FILL(kept, "what follows the quote", FILL, (char *)quote + end,
				v.buffer.size - end);
	}
	tdvmcall_vm_free(&v);
}

/* ---- no quotes ---- */

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	uint64_t answer;		/* R10 */
	uint64_t status;		/* in the buffer; 0: as it was */
	/* What is other than right; a size of 0 is right, and one of 1 is 0 */
	uint64_t version, gpa, size;
	uint32_t in_len;
	uint8_t type;
	bool private_gpa;
	bool private_page;		/* the second one */
};

#define REFUSED_ROW(name, req, answer_, status_, ...)					\
	FIXTURE_VARIANT_ADD(refused, name)						\
	{										\
		COCO_ROW(REVISION, req, REQ_TDX_QUOTES_KEPT, REQ_TDX_KEPT),		\
		.answer = answer_, .status = status_, __VA_ARGS__			\
	};

#define RANGE_ROW(name, ...)								\
	REFUSED_ROW(name, REQ_TDX_QUOTES_RANGE, GHCI_INVALID_OPERAND, 0, __VA_ARGS__)
#define ALIGN_ROW(name, ...)								\
	REFUSED_ROW(name, REQ_TDX_QUOTES_ALIGN, GHCI_ALIGN_ERROR, 0, __VA_ARGS__)
#define HEADER_ROW(name, ...)								\
	REFUSED_ROW(name, REQ_TDX_QUOTES_HEADER, GHCI_INVALID_OPERAND, GHCI_QUOTE_ERROR,	\
		    __VA_ARGS__)
#define NONE_ROW(name, ...)								\
	REFUSED_ROW(name, REQ_TDX_QUOTES_NONE, GHCI_INVALID_OPERAND,			\
		    GHCI_QUOTE_UNAVAILABLE, __VA_ARGS__)

#define EMPTY		1
#define PAST_MEMORY	(1ull << 45)

RANGE_ROW(size_0, .size = EMPTY)
RANGE_ROW(wraps, .size = -PAGE_SIZE)
RANGE_ROW(private_gpa, .private_gpa = true)
RANGE_ROW(half_private, .private_page = true)
RANGE_ROW(no_memory, .gpa = PAST_MEMORY)
ALIGN_ROW(gpa_plus_8, .gpa = 8)
ALIGN_ROW(gpa_plus_2048, .gpa = 2048)
ALIGN_ROW(size_4095, .size = PAGE_SIZE - 1)
ALIGN_ROW(size_4104, .size = PAGE_SIZE + 8)
HEADER_ROW(version_0, .version = ~0ull)
HEADER_ROW(version_2, .version = 2)
HEADER_ROW(version_bit_32, .version = 1ull << 32 | GHCI_QUOTE_VERSION)
HEADER_ROW(in_len_past_the_page, .in_len = PAGE_SIZE - HEADER_SIZE + 1)
HEADER_ROW(in_len_max, .in_len = ~0u)
HEADER_ROW(in_len_wraps, .in_len = (uint32_t)-HEADER_SIZE)
HEADER_ROW(no_room, .size = PAGE_SIZE)
NONE_ROW(in_len_1, .in_len = 1)
NONE_ROW(in_len_to_the_page_s_end, .in_len = PAGE_SIZE - HEADER_SIZE)
NONE_ROW(no_td_s_report, .type = 1)

COCO_TEST_F(refused, answer)
{
	struct ghci_quote_header header = right_header, *buffer, *was;
	uint64_t gpa, size = variant->size;
	struct tdvmcall_vm v;

	if (!start(&v))
		return;
	gpa = variant->gpa == PAST_MEMORY ? PAST_MEMORY : v.buffer.gpa + variant->gpa;
	size = !size ? ASKED : size == EMPTY ? 0 : size;
	if (variant->version)
		header.version = variant->version == ~0ull ? 0 : variant->version;
	if (variant->in_len)
		header.in_len = variant->in_len;
	buffer = prepare(&v, &header, variant->type ? variant->type : REPORT_TYPE_TD, gpa, size);
	if (variant->private_gpa)
		v.req->in.gpr[TD_R12] &= ~v.td->shared_bit;
	was = malloc(v.buffer.size);
	TEST_ASSERT(was, "out of memory");
	memcpy(was, buffer, v.buffer.size);
	if (variant->private_page)
		vm_set_memory_attributes(v.td->vm, v.buffer.gpa + PAGE_SIZE, PAGE_SIZE,
					 KVM_MEMORY_ATTRIBUTE_PRIVATE);
	if (expect_tdvmcall_answer(check_main_req(), &v, variant->answer)) {
		if (variant->status)
			was->status = variant->status;
		EXPECT_REQ_EQ(check_main_req(), "status in the buffer", was->status,
			      buffer->status, &names_value);
		buffer->status = was->status;
		EXPECT_REQ_BYTES(REQ_TDX_QUOTES_KEPT, "the buffer but for its status", was, buffer,
				 v.buffer.size);
	}
	free(was);
	tdvmcall_vm_free(&v);
}

/* ---- a header that changes meanwhile ---- */

#define CALLS		20

struct changer {
	struct ghci_quote_header *header;
	bool done;
};

/* Right and wrong in turn. */
static void *change_in_len(void *arg)
{
	struct changer *c = arg;
	uint32_t in_len = REPORT_SIZE;

	while (!__atomic_load_n(&c->done, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(&c->header->in_len, in_len, __ATOMIC_RELAXED);
		in_len ^= REPORT_SIZE ^ PAGE_SIZE;
	}
	return NULL;
}

COCO_FIXTURE(changes);
FIXTURE_VARIANT(changes)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(changes, in_len)
{
	COCO_ROW(REVISION, REQ_TDX_QUOTES_ONCE, REQ_TDX_KEPT),
};

COCO_TEST_F(changes, meanwhile)
{
	const enum requirement_nr req = REQ_TDX_QUOTES_ONCE;
	struct changer c = { };
	struct tdvmcall_vm v;
	pthread_t thread;
	uint64_t answer;
	int i;

	(void)variant;
	if (!start(&v))
		return;
	for (i = 0; i < CALLS && !check_failed(); i++) {
		c.header = prepare(&v, &right_header, REPORT_TYPE_TD, v.buffer.gpa, ASKED);
		c.done = false;
		TEST_ASSERT(!pthread_create(&thread, NULL, change_in_len, &c), "no thread");
		if (EXPECT_REQ_SYNC(req, v.vcpu, TD_STAGE_ANSWERED)) {
			answer = v.req->out.gpr[TD_R10];
			EXPECT_REQ_EQ(req, "R10, the answer", c.header->status ==
				      GHCI_QUOTE_SUCCESS ? GHCI_SUCCESS : GHCI_INVALID_OPERAND,
				      answer, &names_tdvmcall);
			if (answer != GHCI_SUCCESS)
				EXPECT_REQ_EQ(req, "status in the buffer", GHCI_QUOTE_ERROR,
					      c.header->status, &names_value);
		}
		__atomic_store_n(&c.done, true, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
	}
	tdvmcall_vm_free(&v);
}

/* ---- nobody is told later ---- */

COCO_FIXTURE(notify);
FIXTURE_VARIANT(notify)
{
	struct check_row row;
	uint64_t vector;
};

#define NOTIFY_ROW(name, vector_)							\
	FIXTURE_VARIANT_ADD(notify, name)						\
	{										\
		COCO_ROW(REVISION, REQ_TDX_QUOTES_NOTIFY, REQ_TDX_KEPT),		\
		.vector = vector_,							\
	};

NOTIFY_ROW(vector_64, 64)
NOTIFY_ROW(vector_0, 0)
NOTIFY_ROW(vector_256, 256)

COCO_TEST_F(notify, unsupported)
{
	struct tdvmcall_vm v;

	if (!start(&v))
		return;
	tdvmcall_prepare(&v, GHCI_SETUP_EVENT_NOTIFY, variant->vector, 0, 0, 0);
	expect_tdvmcall_answer(REQ_TDX_QUOTES_NOTIFY, &v, GHCI_SUBFUNC_UNSUPPORTED);
	tdvmcall_vm_free(&v);
}

COCO_MAIN(tdx_revision_find)
