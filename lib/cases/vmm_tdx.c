// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD that makes any kind of exit, and what is expected of its exits and answers.
 */
#include <errno.h>
#include <linux/kvm_para.h>
#include <string.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "cases/vmm_tdx.h"
#include "check/expect.h"
#include "tdx/tdx_probe.h"

#define SEVERAL_CHUNKS	(6ull << 20)
#define GPA		0x40000000ull
#define GPA_STRIDE	(16ull << 20)
#define VECTOR		0x40
#define PORT		0x5a0
#define FATAL_CODE	0xbadull

struct vmm_tdx_vm {
	struct tdvmcall_vm v;
	struct tdvmcall_vm cpu[VMM_MAX_VCPUS];	/* the same, of one vCPU each */
};

_Static_assert(VMM_MAX_VCPUS <= TD_VM_MAX_VCPUS, "TDs have so many vCPUs");

struct tdvmcall_vm *vmm_tdx_vm(const struct vmm_cpu *cpu)
{
	struct vmm_tdx_vm *t = cpu->v->priv;

	return &t->cpu[cpu->id];
}

uint64_t vmm_tdx_gpa(const struct vmm_cpu *cpu)
{
	return GPA + GPA_STRIDE * cpu->id;
}

/* ---- its life ---- */

static bool start(struct vmm_vm *v)
{
	const struct tdvmcall_vm_options options = { .nr_vcpus = v->nr_cpus, .map_gpa = true };
	struct vmm_tdx_vm *t = calloc(1, sizeof(*t));
	unsigned int i;

	TEST_ASSERT(t, "out of memory");
	v->priv = t;
	tdvmcall_vm_create_with(&t->v, &options);
	v->vm = t->v.td->vm;
	v->owner = t->v.td;
	for (i = 0; i < v->nr_cpus; i++) {
		t->cpu[i] = t->v;
		tdvmcall_vm_select(&t->cpu[i], i);
		v->cpu[i].vcpu = t->cpu[i].vcpu;
	}
	return true;
}

static void free_vm(struct vmm_vm *v)
{
	struct vmm_tdx_vm *t = v->priv;

	tdvmcall_vm_free(&t->v);
	free(t);
}

static uint64_t answers(const struct vmm_cpu *cpu)
{
	return vmm_tdx_vm(cpu)->req->answers;
}

const struct vmm_guest_ops vmm_tdx = {
	.req = {
		[VMM_REQ_SIGNAL] = REQ_TDX_VMM_SIGNAL,
		[VMM_REQ_SIGNAL_ONCE] = REQ_TDX_VMM_SIGNAL_ONCE,
		[VMM_REQ_IMMEDIATE] = REQ_TDX_VMM_IMMEDIATE,
		[VMM_REQ_NO_ANSWER] = REQ_TDX_VMM_NO_ANSWER,
		[VMM_REQ_VCPUS] = REQ_TDX_VMM_VCPUS,
		[VMM_REQ_CLOSE] = REQ_TDX_VMM_CLOSE,
		[VMM_REQ_FIELDS] = REQ_TDX_VMM_FIELDS,
		[VMM_REQ_REPEAT] = REQ_TDX_VMM_REPEAT,
	},
	.stage_answered = TD_STAGE_ANSWERED,
	.start = start,
	.free = free_vm,
	.answers = answers,
};

/* ---- what exits have in common ---- */

/* What the VMM says, in a word of which all bits reach the guest: each vCPU's is its own. */
static uint64_t word(const struct vmm_cpu *cpu, enum vmm_answer answer)
{
	static const uint64_t words[] = {
		[VMM_OK] = GHCI_SUCCESS,
		[VMM_ERROR] = GHCI_INVALID_OPERAND,
		[VMM_OTHER] = 0x7e57c0de00000000ull,
		[VMM_BUSY] = GHCI_RETRY,
	};

	return words[answer] | (answer == VMM_OTHER ? cpu->id + 1 : 0);
}

static bool expect_status(enum requirement_nr req, struct vmm_cpu *cpu, uint64_t status)
{
	const uint64_t *gpr = vmm_tdx_vm(cpu)->req->out.gpr;

	return EXPECT_REQ_EQ(REQ_TDX_RAX, "RAX", TDX_SUCCESS, gpr[TD_RAX], &names_tdcall) &&
	       EXPECT_REQ_EQ(req, "R10, the answer", status, gpr[TD_R10], &names_tdvmcall);
}

static bool expect_reason(enum requirement_nr req, const struct vmm_cpu *cpu, uint32_t reason)
{
	return EXPECT_REQ_EQ(req, "exit reason", reason, cpu->vcpu->run->exit_reason,
			     &names_exit_reason);
}

/* With nr, where the revision has it. */
static bool expect_leaf(enum requirement_nr req, const struct vmm_cpu *cpu, uint32_t reason,
			uint64_t leaf)
{
	return expect_reason(req, cpu, reason) &&
	       (!tdx_revision()->has_nr ||
		EXPECT_REQ_EQ(req, "nr", leaf, tdx_exit_of(cpu->vcpu->run)->nr, &names_leaf));
}

static bool status_preset(enum requirement_nr req, struct vmm_cpu *cpu)
{
	return expect_status(req, cpu, GHCI_SUBFUNC_UNSUPPORTED);
}

static bool status_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu,
				 enum vmm_answer answer)
{
	return expect_status(req, cpu, word(cpu, answer));
}

/* ---- GetQuote: each vCPU has a buffer of its own ---- */

static uint64_t quote_size(const struct vmm_cpu *cpu)
{
	return (cpu->id + 1) * PAGE_SIZE;
}

static void quote_prepare(struct vmm_cpu *cpu)
{
	struct tdvmcall_vm *v = vmm_tdx_vm(cpu);

	tdvmcall_prepare(v, GHCI_GET_QUOTE, vmm_tdx_gpa(cpu) | v->td->shared_bit,
			 quote_size(cpu), TD_FILL(14), TD_FILL(15));
}

static bool quote_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const struct tdx_revision *rev = tdx_revision();

	return expect_leaf(req, cpu, rev->quote.reason, GHCI_GET_QUOTE) &&
	       EXPECT_REQ_EQ(req, "size", quote_size(cpu),
			     exit_field_get(cpu->vcpu->run, rev->quote.size), &names_value);
}

static void quote_answer(struct vmm_cpu *cpu, enum vmm_answer answer)
{
	exit_field_set(cpu->vcpu->run, tdx_revision()->quote.ret, word(cpu, answer));
}

const struct vmm_exit_ops vmm_quote = {
	.name = "GetQuote",
	.prepare = quote_prepare,
	.expect_exit = quote_expect_exit,
	.answer = quote_answer,
	.expect_answer = status_expect_answer,
	.expect_preset = status_preset,
};

/* ---- SetupEventNotifyInterrupt ---- */

static const char *notify_missing(void)
{
	return tdx_revision()->notify.reason ? NULL :
	       "the revision of this KVM is without SetupEventNotifyInterrupt";
}

static void notify_prepare(struct vmm_cpu *cpu)
{
	tdvmcall_prepare(vmm_tdx_vm(cpu), GHCI_SETUP_EVENT_NOTIFY, VECTOR + cpu->id, TD_FILL(13),
			 TD_FILL(14), TD_FILL(15));
}

static bool notify_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const struct tdx_revision *rev = tdx_revision();

	return expect_leaf(req, cpu, rev->notify.reason, GHCI_SETUP_EVENT_NOTIFY) &&
	       EXPECT_REQ_EQ(req, "vector", VECTOR + cpu->id,
			     exit_field_get(cpu->vcpu->run, rev->notify.vector), &names_vector);
}

static void notify_answer(struct vmm_cpu *cpu, enum vmm_answer answer)
{
	exit_field_set(cpu->vcpu->run, tdx_revision()->notify.ret, word(cpu, answer));
}

const struct vmm_exit_ops vmm_notify = {
	.name = "SetupEventNotifyInterrupt",
	.missing = notify_missing,
	.prepare = notify_prepare,
	.expect_exit = notify_expect_exit,
	.answer = notify_answer,
	.expect_answer = status_expect_answer,
	.expect_preset = status_preset,
};

/* ---- GetTdVmCallInfo: the VMM fills in R11 to R14 ---- */

static const char *info_missing(void)
{
	return tdx_revision()->has_nr ? NULL : "this KVM does not speak KVM_EXIT_TDX";
}

static uint64_t info_output(const struct vmm_cpu *cpu, enum vmm_answer answer, unsigned int gpr)
{
	return 0x1f00000000000000ull | (uint64_t)answer << 16 | cpu->id << 8 | gpr;
}

static void info_prepare(struct vmm_cpu *cpu)
{
	tdvmcall_prepare(vmm_tdx_vm(cpu), GHCI_GET_TD_VM_CALL_INFO, 1, TD_FILL(13), TD_FILL(14),
			 TD_FILL(15));
}

static bool info_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	return expect_leaf(req, cpu, TDX_EXIT_REASON, GHCI_GET_TD_VM_CALL_INFO) &&
	       EXPECT_REQ_EQ(req, "leaf", 1,
			     tdx_exit_of(cpu->vcpu->run)->get_tdvmcall_info.leaf, &names_value);
}

static void info_answer(struct vmm_cpu *cpu, enum vmm_answer answer)
{
	struct tdx_exit *exit = tdx_exit_of(cpu->vcpu->run);

	exit->get_tdvmcall_info.ret = word(cpu, answer);
	exit->get_tdvmcall_info.r11 = info_output(cpu, answer, TD_R11);
	exit->get_tdvmcall_info.r12 = info_output(cpu, answer, TD_R12);
	exit->get_tdvmcall_info.r13 = info_output(cpu, answer, TD_R13);
	exit->get_tdvmcall_info.r14 = info_output(cpu, answer, TD_R14);
}

static bool info_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu,
			       enum vmm_answer answer)
{
	const uint64_t *gpr = vmm_tdx_vm(cpu)->req->out.gpr;
	bool good = expect_status(req, cpu, word(cpu, answer));
	unsigned int i;

	for (i = TD_R11; good && i <= TD_R14; i++)
		good = EXPECT_REQ_EQ(req, "R11 to R14", info_output(cpu, answer, i), gpr[i],
				     &names_value);
	return good;
}

static bool info_preset(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const uint64_t *gpr = vmm_tdx_vm(cpu)->req->out.gpr;
	bool good = expect_status(req, cpu, GHCI_SUCCESS);
	unsigned int i;

	for (i = TD_R11; good && i <= TD_R14; i++)
		good = EXPECT_REQ_EQ(req, "R11 to R14", 0, gpr[i], &names_value);
	return good;
}

const struct vmm_exit_ops vmm_info = {
	.name = "GetTdVmCallInfo",
	.missing = info_missing,
	.prepare = info_prepare,
	.expect_exit = info_expect_exit,
	.answer = info_answer,
	.expect_answer = info_expect_answer,
	.expect_preset = info_preset,
};

/* ---- MapGPA: each vCPU asks for a range of its own ---- */

static void map_gpa_prepare(struct vmm_cpu *cpu)
{
	tdvmcall_prepare(vmm_tdx_vm(cpu), GHCI_MAP_GPA, vmm_tdx_gpa(cpu), PAGE_SIZE, TD_FILL(14),
			 TD_FILL(15));
}

static void map_gpa_3_prepare(struct vmm_cpu *cpu)
{
	tdvmcall_prepare(vmm_tdx_vm(cpu), GHCI_MAP_GPA, vmm_tdx_gpa(cpu), SEVERAL_CHUNKS,
			 TD_FILL(14), TD_FILL(15));
}

static bool map_gpa_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const struct kvm_run *run = cpu->vcpu->run;

	return expect_reason(req, cpu, KVM_EXIT_HYPERCALL) &&
	       EXPECT_REQ_EQ(req, "nr", KVM_HC_MAP_GPA_RANGE, run->hypercall.nr, &names_value) &&
	       EXPECT_REQ_EQ(req, "args[0], the GPA", vmm_tdx_gpa(cpu), run->hypercall.args[0],
			     &names_gpa);
}

static void map_gpa_answer(struct vmm_cpu *cpu, enum vmm_answer answer)
{
	cpu->vcpu->run->hypercall.ret = answer == VMM_OK ? 0 : EINVAL;
}

static bool map_gpa_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu,
				  enum vmm_answer answer)
{
	const uint64_t *gpr = vmm_tdx_vm(cpu)->req->out.gpr;

	if (answer == VMM_OK)
		return expect_status(req, cpu, GHCI_SUCCESS);
	return expect_status(req, cpu, GHCI_INVALID_OPERAND) &&
	       EXPECT_REQ_EQ(req, "R11, where it stopped", vmm_tdx_gpa(cpu), gpr[TD_R11],
			     &names_gpa);
}

const struct vmm_exit_ops vmm_map_gpa = {
	.name = "MapGPA",
	.prepare = map_gpa_prepare,
	.expect_exit = map_gpa_expect_exit,
	.answer = map_gpa_answer,
	.expect_answer = map_gpa_expect_answer,
};

const struct vmm_exit_ops vmm_map_gpa_3 = {
	.name = "MapGPA of several chunks",
	.prepare = map_gpa_3_prepare,
	.expect_exit = map_gpa_expect_exit,
	.answer = map_gpa_answer,
	.expect_answer = map_gpa_expect_answer,
	.exits_again = true,
};

/* ---- Instruction.IO, a read: its answer is the data ---- */

static uint64_t io_data(const struct vmm_cpu *cpu, enum vmm_answer answer)
{
	return 0x10da0000 | (unsigned int)answer << 8 | cpu->id;
}

static void io_in_prepare(struct vmm_cpu *cpu)
{
	tdvmcall_prepare(vmm_tdx_vm(cpu), GHCI_INSTRUCTION_IO, sizeof(uint32_t), GHCI_IO_READ,
			 PORT + cpu->id, 0);
}

static bool io_in_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const struct kvm_run *run = cpu->vcpu->run;

	return expect_reason(req, cpu, KVM_EXIT_IO) &&
	       EXPECT_REQ_EQ(req, "port", PORT + cpu->id, run->io.port, &names_value) &&
	       EXPECT_REQ_EQ(req, "direction", KVM_EXIT_IO_IN, run->io.direction, &names_value);
}

/* Where data_offset was on exit: the VMM may have overwritten that since. */
static void io_in_answer(struct vmm_cpu *cpu, enum vmm_answer answer)
{
	const uint32_t data = io_data(cpu, answer);

	memcpy((char *)cpu->vcpu->run + getpagesize(), &data, sizeof(data));
}

static bool io_in_expect_answer(enum requirement_nr req, struct vmm_cpu *cpu,
				enum vmm_answer answer)
{
	return expect_status(req, cpu, GHCI_SUCCESS) &&
	       EXPECT_REQ_EQ(req, "R11, the data", io_data(cpu, answer),
			     vmm_tdx_vm(cpu)->req->out.gpr[TD_R11], &names_value);
}

const struct vmm_exit_ops vmm_io_in = {
	.name = "Instruction.IO",
	.prepare = io_in_prepare,
	.expect_exit = io_in_expect_exit,
	.answer = io_in_answer,
	.expect_answer = io_in_expect_answer,
};

/* ---- ReportFatalError ---- */

static void fatal_prepare(struct vmm_cpu *cpu)
{
	tdvmcall_prepare(vmm_tdx_vm(cpu), GHCI_REPORT_FATAL_ERROR, FATAL_CODE + cpu->id, 0, 0, 0);
}

static bool fatal_expect_exit(enum requirement_nr req, struct vmm_cpu *cpu)
{
	const struct kvm_run *run = cpu->vcpu->run;

	return expect_reason(req, cpu, KVM_EXIT_SYSTEM_EVENT) &&
	       EXPECT_REQ_EQ(req, "type", TDX_SYSTEM_EVENT_FATAL, run->system_event.type,
			     &names_system_event) &&
	       EXPECT_REQ_EQ(req, "R12, the code", FATAL_CODE + cpu->id,
			     run->system_event.data[TD_R12], &names_value);
}

static void fatal_answer(struct vmm_cpu *cpu __attribute__((unused)),
			 enum vmm_answer answer __attribute__((unused)))
{
}

const struct vmm_exit_ops vmm_fatal = {
	.name = "ReportFatalError",
	.prepare = fatal_prepare,
	.expect_exit = fatal_expect_exit,
	.answer = fatal_answer,
	.exits_again = true,
};
