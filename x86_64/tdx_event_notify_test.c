// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<SetupEventNotifyInterrupt>: the guest names the vector by which it wants to
 * be told of finished quotes.
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

#define LEAF		GHCI_SETUP_EVENT_NOTIFY

#define FIRST_VECTOR	32
#define LAST_VECTOR	255

/* False: the case is skipped. */
static bool start(struct tdvmcall_vm *v)
{
	if (!tdx_revision()->notify.reason) {
		check_skip("this KVM speaks %s, without SetupEventNotifyInterrupt",
			   tdx_revision()->name);
		return false;
	}
	tdvmcall_vm_create(v, TD_GPAW_48, 0);
	return true;
}

static bool expect_notify_exit(struct tdvmcall_vm *v, uint64_t vector)
{
	const struct tdx_revision *rev = tdx_revision();
	struct kvm_run *run = v->vcpu->run;

	if (rev->has_nr) {
		if (!expect_tdx_exit(REQ_TDX_NOTIFY_EXIT, v, LEAF))
			return false;
	} else if (!EXPECT_REQ_EXIT(REQ_TDX_NOTIFY_EXIT, v->vcpu, rev->notify.reason)) {
		return false;
	}
	EXPECT_REQ_EQ(REQ_TDX_NOTIFY_RET, "ret", GHCI_SUBFUNC_UNSUPPORTED,
		      exit_field_get(run, rev->notify.ret), &names_tdvmcall);
	return EXPECT_REQ_EQ(REQ_TDX_NOTIFY_VECTOR, "vector", vector,
			     exit_field_get(run, rev->notify.vector), &names_vector);
}

/* ---- vectors ---- */

COCO_FIXTURE(vectors);
FIXTURE_VARIANT(vectors)
{
	struct check_row row;
	uint64_t first, last;
};

#define VECTORS_ROW(name, req, first_, last_)						\
	FIXTURE_VARIANT_ADD(vectors, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_TDX_NOTIFY_VECTOR, REQ_TDX_NOTIFY_RET,		\
			 REQ_TDX_NOTIFY_ANSWER, REQ_TDX_EXIT_NR, REQ_TDX_EXIT_FLAGS),	\
		.first = first_, .last = last_,						\
	};

/* Split where verdicts change, so that a failure is not hidden behind the first. */
VECTORS_ROW(exceptions, REQ_TDX_NOTIFY_RANGE, 0, FIRST_VECTOR - 1)
VECTORS_ROW(defined, REQ_TDX_NOTIFY_EXIT, FIRST_VECTOR, LAST_VECTOR)
VECTORS_ROW(beyond, REQ_TDX_NOTIFY_RANGE, LAST_VECTOR + 1, 300)
VECTORS_ROW(bit_8_and_64, REQ_TDX_NOTIFY_RANGE, 0x140, 0x140)
VECTORS_ROW(bit_16_and_64, REQ_TDX_NOTIFY_RANGE, 0x10040, 0x10040)
VECTORS_ROW(bit_32_and_64, REQ_TDX_NOTIFY_RANGE, (1ull << 32) | 64, (1ull << 32) | 64)
VECTORS_ROW(bit_63, REQ_TDX_NOTIFY_RANGE, 1ull << 63, 1ull << 63)
VECTORS_ROW(bit_63_and_64, REQ_TDX_NOTIFY_RANGE, (1ull << 63) | 64, (1ull << 63) | 64)
VECTORS_ROW(all_ones, REQ_TDX_NOTIFY_RANGE, ~0ull, ~0ull)

COCO_TEST_F(vectors, each)
{
	struct tdvmcall_vm v;
	uint64_t vector;
	bool good = true;

	if (!start(&v))
		return;
	for (vector = variant->first; good; vector++) {
		tdvmcall_prepare(&v, LEAF, vector, TD_FILL(13), TD_FILL(14), TD_FILL(15));
		if (vector < FIRST_VECTOR || vector > LAST_VECTOR) {
			good = expect_tdvmcall_answer(REQ_TDX_NOTIFY_RANGE, &v,
						      GHCI_INVALID_OPERAND);
		} else {
			good = expect_notify_exit(&v, vector);
			exit_field_set(v.vcpu->run, tdx_revision()->notify.ret, GHCI_SUCCESS);
			good = good && expect_tdvmcall_answer(REQ_TDX_NOTIFY_ANSWER, &v,
							      GHCI_SUCCESS);
		}
		good = good && !check_failed();
		if (!good)
			check_note("that was vector %lu (0x%lx)", vector, vector);
		if (vector == variant->last)
			break;
	}
	tdvmcall_vm_free(&v);
}

/* ---- what the VMM may answer ---- */

COCO_FIXTURE(answer);
FIXTURE_VARIANT(answer)
{
	struct check_row row;
	bool ignored;
	uint64_t ret;
};

#define ANSWER_ROW(name, req, ...)							\
	FIXTURE_VARIANT_ADD(answer, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_TDX_NOTIFY_EXIT, REQ_TDX_NOTIFY_RET, REQ_TDX_KEPT),	\
		__VA_ARGS__								\
	};

ANSWER_ROW(ignored, REQ_TDX_IGNORED, .ignored = true, .ret = GHCI_SUBFUNC_UNSUPPORTED)
ANSWER_ROW(success, REQ_TDX_NOTIFY_ANSWER, .ret = GHCI_SUCCESS)
ANSWER_ROW(retry, REQ_TDX_NOTIFY_ANSWER, .ret = GHCI_RETRY)
ANSWER_ROW(invalid_operand, REQ_TDX_NOTIFY_ANSWER, .ret = GHCI_INVALID_OPERAND)
ANSWER_ROW(unsupported, REQ_TDX_NOTIFY_ANSWER, .ret = GHCI_SUBFUNC_UNSUPPORTED)
ANSWER_ROW(bit_32, REQ_TDX_NOTIFY_ANSWER, .ret = 1ull << 32)
ANSWER_ROW(all_ones, REQ_TDX_NOTIFY_ANSWER, .ret = ~0ull)

COCO_TEST_F(answer, guest_sees)
{
	struct tdvmcall_vm v;
	int i;

	if (!start(&v))
		return;
	/* Twice: the second exit's ret is preset anew. */
	for (i = 0; i < 2; i++) {
		tdvmcall_prepare(&v, LEAF, 0x40, 0, 0, 0);
		if (!expect_notify_exit(&v, 0x40))
			return;
		if (!variant->ignored)
			exit_field_set(v.vcpu->run, tdx_revision()->notify.ret, variant->ret);
		if (!expect_tdvmcall_answer(check_main_req(), &v, variant->ret))
			return;
	}
	tdvmcall_vm_free(&v);
}

/* ---- the whole flow: the interrupt announces a finished quote ---- */

/* Of the guest; the host's copies are not used. */
static volatile uint64_t interrupts;

static void guest_on_interrupt(struct ex_regs *regs __attribute__((unused)))
{
	/*
	 * No EOI: nothing of this or a lower priority comes after it, and the x2APIC's MSRs
	 * are there only where TDs are the hardware's.
	 */
	interrupts++;
}

/* How often a guest looks that is not told. */
#define PATIENCE	2000000ull

/* The APIC enabled, the vector named, the quote asked for. */
#define CALLS		3

/*
 * These calls, then interrupts on until one has come; sum is how many, and waited the
 * quote's status at that time.
 */
static void guest_notified(struct td_request *req)
{
	struct td_regs regs;
	unsigned int i;
	uint64_t left;

	for (i = 0; i < CALLS; i++) {
		regs = *(volatile struct td_regs *)&req->in;
		tdcall(&regs);
		*(volatile struct td_regs *)&req->out = regs;
		if (i < CALLS - 1)
			GUEST_SYNC(TD_STAGE_ANSWERED);
	}
	asm volatile("sti");
	for (left = PATIENCE; left && !interrupts; left--) {
		*(volatile uint64_t *)&req->polls = PATIENCE - left + 1;
		asm volatile("pause");
	}
	asm volatile("cli");
	req->waited = ((volatile struct ghci_quote_header *)req->wait_gva)->status;
	req->sum = interrupts;
	GUEST_SYNC(TD_STAGE_ANSWERED);
}

COCO_FIXTURE(notified);
FIXTURE_VARIANT(notified)
{
	struct check_row row;
	uint8_t vector;
	bool later;			/* while the guest waits, by another thread */
};

#define NOTIFIED_ROW(name, vector_, later_)						\
	FIXTURE_VARIANT_ADD(notified, name)						\
	{										\
		COCO_ROW("tdx", REQ_TDX_NOTIFY_INTERRUPT), .vector = vector_,		\
		.later = later_,							\
	};

NOTIFIED_ROW(vector_64_at_once, 64, false)
NOTIFIED_ROW(vector_64_later, 64, true)
NOTIFIED_ROW(vector_32_at_once, FIRST_VECTOR, false)
NOTIFIED_ROW(vector_255_later, LAST_VECTOR, true)

struct announcement {
	struct td_vm *td;
	struct td_request *req;
	struct ghci_quote_header *header;
	uint8_t vector;
	pthread_t thread;
};

static void announce(const struct announcement *a)
{
	__atomic_store_n(&a->header->status, GHCI_QUOTE_SUCCESS, __ATOMIC_RELEASE);
	td_vm_send_interrupt(a->td, 0, a->vector);
}

static void *announce_when_waited_for(void *arg)
{
	const struct announcement *a = arg;

	while (!__atomic_load_n(&a->req->polls, __ATOMIC_ACQUIRE))
		usleep(50);
	announce(a);
	return NULL;
}

/* The guest's calls are made one by one; the VMM grants both. */
static bool grant(struct tdvmcall_vm *v, uint64_t leaf)
{
	if (!expect_tdx_exit(REQ_TDX_NOTIFY_INTERRUPT, v, leaf))
		return false;
	tdx_exit_of(v->vcpu->run)->unknown.ret = GHCI_SUCCESS;
	return true;
}

COCO_TEST_F(notified, of_a_quote)
{
	struct announcement a = { .vector = variant->vector };
	struct tdvmcall_vm v = {};
	struct shared_mem mailbox, quote;

	if (!tdx_revision()->has_nr) {
		check_skip("this KVM speaks %s, not KVM_EXIT_TDX", tdx_revision()->name);
		return;
	}
	v.td = td_vm_create(TD_GPAW_48, 1, guest_notified);
	mailbox = td_vm_alloc_shared(v.td, 1);
	quote = td_vm_alloc_shared(v.td, 1);
	td_vm_set_arg(v.td, 0, mailbox.gva);
	vm_install_exception_handler(v.td->vm, variant->vector, guest_on_interrupt);
	td_vm_launch(v.td);
	v.reqs[0] = mailbox.hva;
	tdvmcall_vm_select(&v, 0);
	a.td = v.td;
	a.req = v.req;
	a.header = quote.hva;

	tdvmcall_enable_apic(&v);
	tdvmcall_prepare(&v, LEAF, variant->vector, 0, 0, 0);
	if (!grant(&v, LEAF) || !expect_tdvmcall_answer(REQ_TDX_NOTIFY_ANSWER, &v, GHCI_SUCCESS))
		return;
	tdvmcall_prepare(&v, GHCI_GET_QUOTE, quote.gpa | v.td->shared_bit, quote.size, 0, 0);
	v.req->wait_gva = quote.gva;
	a.header->status = GHCI_QUOTE_IN_FLIGHT;
	if (!grant(&v, GHCI_GET_QUOTE))
		return;
	if (!variant->later)
		announce(&a);
	else
		TEST_ASSERT(!pthread_create(&a.thread, NULL, announce_when_waited_for, &a),
			    "no thread");

	if (expect_tdvmcall_answer(REQ_TDX_NOTIFY_INTERRUPT, &v, GHCI_SUCCESS)) {
		EXPECT_REQ_EQ(REQ_TDX_NOTIFY_INTERRUPT, "interrupts that the guest has got", 1,
			      v.req->sum, &names_count);
		EXPECT_REQ_EQ(REQ_TDX_NOTIFY_INTERRUPT, "status in the quote's buffer then",
			      GHCI_QUOTE_SUCCESS, v.req->waited, &names_value);
	}
	/* If it never waited, the thread would. */
	__atomic_store_n(&v.req->polls, 1, __ATOMIC_RELEASE);
	if (variant->later)
		pthread_join(a.thread, NULL);
	td_vm_free(v.td);
}

COCO_MAIN(tdx_revision_find)
