// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP guests' requests to firmware: Guest Request (NAE event 0x80000011) and
 * Extended Guest Request (0x80000012) without certificate exit.
 *
 * Not ABI, so not checked: what the response page holds after firmware failed,
 * and what RAX to RDX hold in an answer, but where a case says so.
 */
#include <pthread.h>

#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/attest_vm.h"
#include "snp/request_check.h"

/* An NAE event that nothing has defined. */
#define NAE_UNDEFINED	0x800000ffull

/* ---- guest requests (AMD 56421, "SNP Guest Request", "SNP Extended Guest Request") ---- */

COCO_FIXTURE(request);
FIXTURE_VARIANT(request)
{
	struct check_row row;
	/* The request; what is 0 here is as request_prepare() has it. */
	uint64_t event;
	uint8_t msg_type;
	uint64_t npages;
	uint32_t unmark;		/* MARK_* */
	uint32_t usage;
	uint64_t rax_add;		/* bytes */
	/* Firmware. */
	uint32_t fw_err;
	/* What is wanted. */
	bool malformed;
	uint64_t reason;		/* SW_EXITINFO2 of a malformed one */
	unsigned int zeroed;		/* bytes at RAX */
	enum requirement_nr data_req;	/* what says so; 0: the main one */
};

#define SERVED	REQ_SNP_REQ_FW_ONCE, REQ_SNP_REQ_BYTES, REQ_SNP_REQ_RESPONSE, REQ_SNP_REQ_KEPT, \
		REQ_GHCB_VALID_BITS

FIXTURE_VARIANT_ADD(request, plain_report)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, SERVED),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .npages = 1,
};

FIXTURE_VARIANT_ADD(request, plain_key)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, SERVED),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_KEY_REQ,
};

/* RAX and RBX are no inputs of the plain request. */
FIXTURE_VARIANT_ADD(request, plain_rax_rbx_unmarked)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, SERVED),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ,
	.unmark = MARK_RAX | MARK_RBX,
};

FIXTURE_VARIANT_ADD(request, extended_report_1_page)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, REQ_SNP_EXT_EMPTY_TABLE, SERVED),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .npages = 1,
	.zeroed = 24, .data_req = REQ_SNP_EXT_EMPTY_TABLE,
};

FIXTURE_VARIANT_ADD(request, extended_report_4_pages)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, REQ_SNP_EXT_EMPTY_TABLE, SERVED),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .npages = 4,
	.zeroed = 24, .data_req = REQ_SNP_EXT_EMPTY_TABLE,
};

FIXTURE_VARIANT_ADD(request, extended_report_no_pages)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, REQ_SNP_EXT_NO_PAGES, SERVED),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .npages = 0,
	.data_req = REQ_SNP_EXT_NO_PAGES,
};

FIXTURE_VARIANT_ADD(request, extended_key)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, REQ_SNP_EXT_OTHER_TYPES, SERVED),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_KEY_REQ, .npages = 1,
	.data_req = REQ_SNP_EXT_OTHER_TYPES,
};

FIXTURE_VARIANT_ADD(request, extended_cpuid)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, REQ_SNP_EXT_OTHER_TYPES, SERVED),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_CPUID_REQ, .npages = 1,
	.data_req = REQ_SNP_EXT_OTHER_TYPES,
};

FIXTURE_VARIANT_ADD(request, extended_key_rax_misaligned)
{
	COCO_ROW(NULL, REQ_SNP_EXT_OTHER_TYPES, SERVED),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_KEY_REQ, .npages = 1,
	.rax_add = 8,
};

FIXTURE_VARIANT_ADD(request, extended_key_rax_rbx_unmarked)
{
	COCO_ROW(NULL, REQ_SNP_EXT_OTHER_TYPES, SERVED),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_KEY_REQ,
	.unmark = MARK_RAX | MARK_RBX,
};

/* Statuses of the SEV-SNP firmware ABI: INVALID_PARAM, and one with all bits of a byte. */
FIXTURE_VARIANT_ADD(request, plain_firmware_error)
{
	COCO_ROW(NULL, REQ_SNP_REQ_FW_ERR, REQ_SNP_REQ_FW_ONCE),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .fw_err = 0x16,
};

FIXTURE_VARIANT_ADD(request, extended_firmware_error)
{
	COCO_ROW(NULL, REQ_SNP_REQ_FW_ERR, REQ_SNP_REQ_FW_ONCE),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .npages = 1,
	.fw_err = 0xff, .zeroed = 24, .data_req = REQ_SNP_EXT_EMPTY_TABLE,
};

FIXTURE_VARIANT_ADD(request, extended_rax_unmarked)
{
	COCO_ROW(NULL, REQ_SNP_EXT_RAX_VALID, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .npages = 1,
	.unmark = MARK_RAX, .malformed = true, .reason = GHCB_REASON_INVALID_INPUT,
};

FIXTURE_VARIANT_ADD(request, extended_rbx_unmarked)
{
	COCO_ROW(NULL, REQ_SNP_EXT_RBX_VALID, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .npages = 1,
	.unmark = MARK_RBX, .malformed = true, .reason = GHCB_REASON_INVALID_INPUT,
};

FIXTURE_VARIANT_ADD(request, exit_code_unmarked)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_MISSING, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ,
	.unmark = MARK_EXIT_CODE, .malformed = true, .reason = GHCB_REASON_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(request, exit_info_1_unmarked)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_MISSING, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ,
	.unmark = MARK_INFO_1, .malformed = true, .reason = GHCB_REASON_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(request, exit_info_2_unmarked)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_MISSING, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ,
	.unmark = MARK_INFO_2, .malformed = true, .reason = GHCB_REASON_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(request, usage_1)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_USAGE, REQ_SNP_REQ_BAD_NO_FW),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ,
	.usage = 1, .malformed = true, .reason = GHCB_REASON_USAGE,
};

FIXTURE_VARIANT_ADD(request, undefined_event)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_EVENT, REQ_SNP_REQ_BAD_NO_FW),
	.event = NAE_UNDEFINED, .msg_type = SNP_MSG_REPORT_REQ,
	.malformed = true, .reason = GHCB_REASON_INVALID_EVENT,
};

COCO_TEST_F(request, answer)
{
	struct request_vm *v = request_vm_create(1, guest_registered_loop);
	enum requirement_nr req = check_main_req();
	struct request_cpu *cpu = &v->cpu[0];
	struct request_fw fw;

	request_fw_init(&fw, 0, variant->fw_err);
	if (!fw.modelled && variant->fw_err) {
		check_skip("firmware here is real, it can't be told to fail");
		return;
	}

	snp_vm_launch(v->snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
		return;

	request_prepare(cpu, variant->event, variant->msg_type, variant->npages);
	cpu->req->mark &= ~variant->unmark;
	cpu->req->usage = variant->usage;
	cpu->req->rax += variant->rax_add;

	if (EXPECT_REQ_SYNC(req, cpu->vcpu, STAGE_ANSWERED)) {
		const uint8_t *bitmap = cpu->req->answer.valid_bitmap;
		enum requirement_nr data_req = variant->data_req ?: req;

		if (variant->malformed)
			expect_malformed(req, cpu, variant->reason, 0);
		else
			expect_served(req, cpu, &fw, 1);

		EXPECT_REQ_TRUE(REQ_GHCB_VALID_BITS, "SW_EXITINFO1 is marked valid",
				ghcb_bit_is_valid(bitmap, GHCB_VALID_BIT(sw_exit_info_1)));
		EXPECT_REQ_TRUE(REQ_GHCB_VALID_BITS, "SW_EXITINFO2 is marked valid",
				ghcb_bit_is_valid(bitmap, GHCB_VALID_BIT(sw_exit_info_2)));
		EXPECT_REQ_BYTES(REQ_SNP_REQ_KEPT, "the request page", cpu->sent,
				 cpu->request.hva, REQUEST_PAGE);
		expect_data(data_req, cpu, variant->zeroed);
	}
	request_vm_free(v);
}

/* ---- firmware's answers ---- */

COCO_FIXTURE(status);
FIXTURE_VARIANT(status)
{
	struct check_row row;
	uint64_t event;
};

FIXTURE_VARIANT_ADD(status, plain_every_bit)
{
	COCO_ROW(NULL, REQ_SNP_REQ_FW_ERR, REQ_SNP_REQ_FW_ONCE),
	.event = GHCB_NAE_GUEST_REQUEST,
};

FIXTURE_VARIANT_ADD(status, extended_every_bit)
{
	COCO_ROW(NULL, REQ_SNP_REQ_FW_ERR, REQ_SNP_REQ_FW_ONCE),
	.event = GHCB_NAE_EXT_GUEST_REQUEST,
};

COCO_TEST_F(status, guest_sees)
{
	enum requirement_nr req = check_main_req();
	struct request_cpu *cpu;
	struct request_vm *v;
	struct request_fw fw;
	unsigned int bit;

	request_fw_init(&fw, 0, 1);
	if (!fw.modelled) {
		check_skip("firmware here is real, it can't be told to fail");
		return;
	}
	v = request_vm_create(1, guest_registered_loop);
	cpu = &v->cpu[0];
	snp_vm_launch(v->snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
		return;
	/* The PSP's register has 16 bits for it.  The last one: all bits. */
	for (bit = 0; bit <= 16 && !check_failed(); bit++) {
		request_fw_init(&fw, 0, bit < 16 ? 1u << bit : 0xffff);
		request_prepare(cpu, variant->event, SNP_MSG_KEY_REQ, 0);
		request_copy_nothing(cpu);
		if (EXPECT_REQ_SYNC(req, cpu->vcpu, STAGE_ANSWERED))
			expect_served(req, cpu, &fw, bit + 1);
	}
	request_vm_free(v);
}

/*
 * Firmware that cannot be called.  What the vCPU does then is told by its next
 * KVM_RUN, if the VMM makes one.
 */
COCO_FIXTURE(not_issued);
FIXTURE_VARIANT(not_issued)
{
	struct check_row row;
	uint64_t event;
	uint8_t msg_type;
	bool again;			/* KVM_RUN after it */
};

FIXTURE_VARIANT_ADD(not_issued, plain)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ISSUE_ERR),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ,
};

FIXTURE_VARIANT_ADD(not_issued, extended)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ISSUE_ERR),
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .msg_type = SNP_MSG_KEY_REQ,
};

FIXTURE_VARIANT_ADD(not_issued, run_again)
{
	COCO_ROW(NULL, REQ_SNP_REQ_FAILED_NEXT),
	.event = GHCB_NAE_GUEST_REQUEST, .msg_type = SNP_MSG_REPORT_REQ, .again = true,
};

COCO_TEST_F(not_issued, run)
{
	static const int err[] = { ENODEV, ETIMEDOUT, EIO, EBUSY, EINVAL, EFAULT, ENOMEM };
	enum requirement_nr req = check_main_req();
	struct request_vm *v;
	unsigned int i;

	if (!firmware_answer(-ENODEV, 0, NULL)) {
		check_skip("firmware here is real, it can't be told to fail");
		return;
	}
	/* A vCPU each: after KVM_RUN has failed, nothing is promised of it. */
	v = request_vm_create(ARRAY_SIZE(err), guest_registered_loop);
	snp_vm_launch(v->snp);
	for (i = 0; i < ARRAY_SIZE(err) && !check_failed(); i++) {
		struct request_cpu *cpu = &v->cpu[i];

		if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
			return;
		firmware_answer(-err[i], 0, NULL);
		request_prepare(cpu, variant->event, variant->msg_type, 1);
		EXPECT_REQ_RUN_ERRNO(variant->again ? REQ_SNP_REQ_ISSUE_ERR : req, cpu->vcpu,
				     err[i]);
		if (!variant->again)
			continue;
		/* KVM_RUN may fail again.  If the guest goes on, it is not told of success. */
		if (check_run(cpu->vcpu) || !cpu->req->answer.count)
			continue;
		EXPECT_REQ_TRUE(req, "the guest's answer says that something failed",
				cpu->req->answer.exit_info_1 || cpu->req->answer.exit_info_2);
	}
	request_vm_free(v);
}

/* ---- messages ---- */

COCO_FIXTURE(message);
FIXTURE_VARIANT(message)
{
	struct check_row row;
	uint64_t event;
	uint8_t first, last;		/* types */
	/* What the header has everywhere else, if @oddly. */
	bool oddly;
	uint8_t header;
};

#define MESSAGE_ROW	COCO_ROW(NULL, REQ_SNP_EXT_OTHER_TYPES, REQ_SNP_EXT_EMPTY_TABLE, \
				 REQ_SNP_REQ_ANSWER, SERVED)

FIXTURE_VARIANT_ADD(message, extended_every_type)
{
	MESSAGE_ROW,
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .first = 0, .last = 255,
};

/* The plain request does not look at RAX and RBX for any of them. */
FIXTURE_VARIANT_ADD(message, plain_low_types)
{
	COCO_ROW(NULL, REQ_SNP_REQ_ANSWER, SERVED),
	.event = GHCB_NAE_GUEST_REQUEST, .first = 0, .last = 15,
};

/* Only one byte of the header says that it is a report request. */
FIXTURE_VARIANT_ADD(message, header_of_fives)
{
	MESSAGE_ROW,
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .first = 3, .last = 7, .oddly = true,
	.header = SNP_MSG_REPORT_REQ,
};

FIXTURE_VARIANT_ADD(message, header_of_zeroes)
{
	MESSAGE_ROW,
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .first = 4, .last = 6, .oddly = true,
};

FIXTURE_VARIANT_ADD(message, header_of_ones)
{
	MESSAGE_ROW,
	.event = GHCB_NAE_EXT_GUEST_REQUEST, .first = 4, .last = 6, .oddly = true,
	.header = 0xff,
};

/* Bytes of the message's header (SEV-SNP firmware ABI, "Message Header Format") */
#define SNP_MSG_HEADER	0x60

COCO_TEST_F(message, served)
{
	struct request_vm *v = request_vm_create(1, guest_registered_loop);
	struct request_cpu *cpu = &v->cpu[0];
	unsigned int type, calls = 0;
	struct request_fw fw;

	request_fw_init(&fw, 0, 0);
	snp_vm_launch(v->snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
		return;
	for (type = variant->first; type <= variant->last; type++) {
		bool table = variant->event == GHCB_NAE_EXT_GUEST_REQUEST &&
			     type == SNP_MSG_REPORT_REQ;

		request_prepare(cpu, variant->event, type, 1);
		if (variant->oddly) {
			memset(cpu->sent, variant->header, SNP_MSG_HEADER);
			cpu->sent[SNP_MSG_TYPE_OFFSET] = type;
			memcpy(cpu->request.hva, cpu->sent, SNP_MSG_HEADER);
		}
		request_copy_nothing(cpu);
		if (!EXPECT_REQ_SYNC(REQ_SNP_REQ_ANSWER, cpu->vcpu, STAGE_ANSWERED))
			return;
		request_read_shared(cpu);
		expect_served(REQ_SNP_REQ_ANSWER, cpu, &fw, ++calls);
		expect_data(table ? REQ_SNP_EXT_EMPTY_TABLE : REQ_SNP_EXT_OTHER_TYPES, cpu,
			    table ? 24 : 0);
		if (check_failed()) {
			check_note("the message's type was %u", type);
			break;
		}
	}
	request_vm_free(v);
}

/* ---- several vCPUs at once, each on a thread of its own ---- */

#define THREADS_REQUESTS	5

COCO_FIXTURE(threads);
FIXTURE_VARIANT(threads)
{
	struct check_row row;
	unsigned int nr_vcpus;
	uint64_t event;
	unsigned int delay;		/* of firmware, us */
};

FIXTURE_VARIANT_ADD(threads, plain_2_vcpus)
{
	COCO_ROW(NULL, REQ_SNP_REQ_VCPUS, REQ_SNP_REQ_ANSWER, REQ_SNP_REQ_FW_ONCE),
	.nr_vcpus = 2, .event = GHCB_NAE_GUEST_REQUEST, .delay = 500,
};

FIXTURE_VARIANT_ADD(threads, extended_4_vcpus)
{
	COCO_ROW(NULL, REQ_SNP_REQ_VCPUS, REQ_SNP_REQ_ANSWER, REQ_SNP_REQ_FW_ONCE),
	.nr_vcpus = 4, .event = GHCB_NAE_EXT_GUEST_REQUEST, .delay = 500,
};

struct threads_vcpu {
	const FIXTURE_VARIANT(threads) *variant;
	struct request_cpu *cpu;
	unsigned int id;
	pthread_t thread;
};

/* The vCPU's requests, real messages: another VMPCK for each vCPU, another number for each. */
static void *threads_requests(void *arg)
{
	struct threads_vcpu *t = arg;
	struct request_cpu *cpu = t->cpu;
	unsigned int n;

	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, cpu->vcpu, STAGE_READY))
		return NULL;
	for (n = 0; n < THREADS_REQUESTS; n++) {
		attest_prepare(cpu, t->variant->event, 1, t->id, SNP_MSG_KEY_REQ);
		attest_box(cpu)->key_req.vmpl = t->id;
		if (!EXPECT_REQ_SYNC(REQ_SNP_REQ_VCPUS, cpu->vcpu, STAGE_ANSWERED))
			break;
		EXPECT_REQ_EQ(REQ_SNP_REQ_ANSWER, "SW_EXITINFO2[63:32]", 0,
			      cpu->req->answer.exit_info_2 >> 32, &names_value);
		if (!EXPECT_REQ_EQ(REQ_SNP_REQ_VCPUS, "firmware's status of this vCPU's request",
				   0, (uint32_t)cpu->req->answer.exit_info_2, &names_value) ||
		    !EXPECT_REQ_TRUE(REQ_SNP_REQ_VCPUS,
				     "the response opens with the key of this vCPU's request",
				     attest_box(cpu)->opened))
			break;
	}
	return NULL;
}

COCO_TEST_F(threads, own_response)
{
	struct threads_vcpu t[SNP_VM_MAX_VCPUS] = {};
	struct request_vm *v;
	unsigned int i;

	firmware_delay(variant->delay);
	v = attest_vm_create(variant->nr_vcpus);
	snp_vm_launch(v->snp);
	for (i = 0; i < variant->nr_vcpus; i++) {
		t[i] = (struct threads_vcpu){ variant, &v->cpu[i], i, 0 };
		TEST_ASSERT(!pthread_create(&t[i].thread, NULL, threads_requests, &t[i]),
			    "no thread for vCPU %u", i);
	}
	for (i = 0; i < variant->nr_vcpus; i++)
		pthread_join(t[i].thread, NULL);
	/* A thread that failed has stopped asking. */
	if (!check_failed())
		EXPECT_FW_CALLS(REQ_SNP_REQ_FW_ONCE, variant->nr_vcpus * THREADS_REQUESTS);
	request_vm_free(v);
}

COCO_MAIN(snp_vm_missing)
