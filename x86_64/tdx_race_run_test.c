// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX exits of a VMM that rewrites its answer in kvm_run while KVM takes it.
 */
#include "check/harness.h"

#include <linux/kvm_para.h>

#include "kvm_util.h"

#include "cases/race.h"
#include "tdx/tdvmcall_vm.h"
#include "tdx/tdx_probe.h"

#define GPA		0x40000000ull
#define RANGE		(4ull << 20)	/* two exits */

/* The request that a row is about. */
enum request { QUOTE, NOTIFY, INFO, MAP_GPA, IO_IN };

#define MAX_MAY		3

COCO_FIXTURE(answer);
FIXTURE_VARIANT(answer)
{
	struct check_row row;
	enum request request;
	const char *field;
	size_t offset, size;		/* in kvm_run */
	uint64_t before, after;
	const char *was, *may[MAX_MAY];
};

#define HC_RET		offsetof(struct kvm_run, hypercall.ret)
#define TDX(field)	(offsetof(struct kvm_run, hw) + offsetof(struct tdx_exit, field))
#define IO_DATA		4096

#define ANSWER_ROW(name, request_, field_, offset_, before_, after_, was_, ...)	\
	FIXTURE_VARIANT_ADD(answer, name)					\
	{									\
		COCO_ROW("tdx", REQ_RACE_TDX_RUN),				\
		.request = request_, .field = field_, .offset = offset_,	\
		.size = request_ == IO_IN ? sizeof(uint32_t) : sizeof(uint64_t),	\
		.before = before_, .after = after_, .was = was_, .may = { __VA_ARGS__ },	\
	};

ANSWER_ROW(quote_ret, QUOTE, "ret", TDX(get_quote.ret), GHCI_SUCCESS, GHCI_INVALID_OPERAND,
	   "SUCCESS", "INVALID_OPERAND")
/* A word of which one half is not the other one's. */
ANSWER_ROW(quote_ret_torn, QUOTE, "ret", TDX(get_quote.ret), 0x1111111122222222ull,
	   0x3333333344444444ull, "0x1111111122222222", "0x3333333344444444")
ANSWER_ROW(notify_ret, NOTIFY, "ret", TDX(setup_event_notify.ret), GHCI_SUCCESS,
	   GHCI_INVALID_OPERAND, "SUCCESS", "INVALID_OPERAND")
ANSWER_ROW(info_ret, INFO, "ret", TDX(get_tdvmcall_info.ret), GHCI_SUCCESS,
	   GHCI_INVALID_OPERAND, "SUCCESS, R11 0x0, R14 0x0", "INVALID_OPERAND, R11 0x0, R14 0x0")
ANSWER_ROW(info_r11, INFO, "r11", TDX(get_tdvmcall_info.r11), 1, 2, "SUCCESS, R11 0x1, R14 0x0",
	   "SUCCESS, R11 0x2, R14 0x0")
ANSWER_ROW(info_r14, INFO, "r14", TDX(get_tdvmcall_info.r14), 1, 2, "SUCCESS, R11 0x0, R14 0x1",
	   "SUCCESS, R11 0x0, R14 0x2")
/* Of two exits, either can be the one that is refused. */
ANSWER_ROW(map_gpa_refused, MAP_GPA, "ret", HC_RET, 0, EINVAL, "exit, SUCCESS",
	   "INVALID_OPERAND, R11 +0x0", "exit, INVALID_OPERAND, R11 +0x200000")
ANSWER_ROW(map_gpa_taken, MAP_GPA, "ret", HC_RET, EINVAL, 0, "INVALID_OPERAND, R11 +0x0",
	   "exit, SUCCESS")
ANSWER_ROW(io_data, IO_IN, "data", IO_DATA, 0x11112222, 0x33334444, "SUCCESS, R11 0x11112222",
	   "SUCCESS, R11 0x33334444")

static void ask(struct tdvmcall_vm *v, enum request request)
{
	switch (request) {
	case QUOTE:
		tdvmcall_prepare(v, GHCI_GET_QUOTE, v->td->shared_bit | GPA, 4096, 0, 0);
		break;
	case NOTIFY:
		tdvmcall_prepare(v, GHCI_SETUP_EVENT_NOTIFY, 0x40, 0, 0, 0);
		break;
	case INFO:
		tdvmcall_prepare(v, GHCI_GET_TD_VM_CALL_INFO, 1, 0, 0, 0);
		break;
	case MAP_GPA:
		tdvmcall_prepare(v, GHCI_MAP_GPA, GPA, RANGE, 0, 0);
		break;
	case IO_IN:
		tdvmcall_prepare(v, GHCI_INSTRUCTION_IO, 4, GHCI_IO_READ, 0x5a0, 0);
		break;
	}
}

static bool second_exit(struct race_got *got, struct kvm_vcpu *vcpu,
			void *data __attribute__((unused)))
{
	if (vcpu->run->exit_reason != KVM_EXIT_HYPERCALL)
		return false;
	race_say(got, "exit");
	vcpu->run->hypercall.ret = 0;
	return true;
}

static void say_answer(struct race_got *got, const struct tdvmcall_vm *v, enum request request)
{
	const uint64_t *gpr = v->req->out.gpr;

	if (gpr[TD_R10] == GHCI_SUCCESS || gpr[TD_R10] == GHCI_INVALID_OPERAND)
		race_say(got, "%s", name_of(&names_tdvmcall, gpr[TD_R10]));
	else
		race_say(got, "0x%lx", gpr[TD_R10]);
	if (request == INFO)
		race_say(got, "R11 0x%lx, R14 0x%lx", gpr[TD_R11], gpr[TD_R14]);
	else if (request == IO_IN)
		race_say(got, "R11 0x%lx", gpr[TD_R11]);
	else if (request == MAP_GPA && gpr[TD_R10])
		race_say(got, "R11 +0x%lx", (unsigned long)(gpr[TD_R11] - GPA));
}

COCO_TEST_F(answer, changes)
{
	const struct tdvmcall_vm_options options = { .map_gpa = true };
	struct tdvmcall_vm v;
	struct race race = {
		.field = variant->field, .of = CONTROL_RACE_RUN,
		.change = { .bytes = &variant->after, .size = variant->size },
	};

	if (!race_possible())
		return;
	tdvmcall_vm_create_with(&v, &options);
	race.vcpu = v.vcpu;
	race.change.at = (char *)v.vcpu->run + variant->offset;
	while (race_next(&race)) {
		struct race_got got = {};

		ask(&v, variant->request);
		if (!EXPECT_REQ_EQ(REQ_RACE_SETUP, "KVM_RUN", 0, check_run(v.vcpu), &names_errno))
			return;
		memcpy(race.change.at, &variant->before, variant->size);
		race_begin(&race);
		if (race_run(&got, v.vcpu, TD_STAGE_ANSWERED, second_exit, NULL))
			say_answer(&got, &v, variant->request);
		race_end(&race);
		if (!EXPECT_RACE(REQ_RACE_TDX_RUN, &race, variant->was, variant->may, got.text))
			break;
	}
	tdvmcall_vm_free(&v);
}

static const char *missing(void)
{
	const char *why = tdx_revision_find();

	if (!why && !tdx_revision()->has_nr)
		why = "this KVM does not speak KVM_EXIT_TDX";
	return why || control() ? why :
	       "no control of the kernel here: memory cannot be changed between KVM's accesses";
}

COCO_MAIN(missing)
