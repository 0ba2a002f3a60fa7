// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDs that put anything into their registers, and pass any of them.  A TD hands over
 * nothing but registers, so that is all it can try by itself.
 *
 * What is expected is said by a few lines (ghci_says()) that read GHCI as a VMM's author
 * would; each leaf's own test has it in detail.
 */
#include "check/harness.h"

#include <linux/kvm_para.h>

#include "kvm_util.h"
#include "processor.h"

#include "cases/vmm_tdx.h"
#include "tdx/tdx_check.h"
#include "tdx/tdx_probe.h"

#define GPA		0x40000000ull

/* -KVM_ENOSYS (linux/kvm_para.h) */
#define NO_HYPERCALL	((uint64_t)-1000)

/* What the VMM says to exits that take any status. */
#define VMM_STATUS	0x7e57c0de00000001ull

/* ---- what GHCI says ---- */

struct said {
	uint32_t reason;		/* of an exit; 0: answered at once */
	uint64_t status, or_status;	/* R10 */
};

static uint64_t passed(const uint64_t *gpr, unsigned int nr)
{
	return gpr[TD_RCX] & (1ull << nr) ? gpr[nr] : 0;
}

static struct said answered(uint64_t status)
{
	return (struct said){ .status = status, .or_status = status };
}

/* What is wrong with a range in two ways has one of two answers. */
static struct said map_gpa_says(const struct tdvmcall_vm *v, uint64_t gpa, uint64_t size)
{
	const uint64_t last = gpa + size - 1;
	bool bad = !size || last < gpa || last >> v->td->gpaw ||
		   ((gpa ^ last) & v->td->shared_bit);
	bool odd = (gpa | size) % PAGE_SIZE;
	struct said said = { .reason = KVM_EXIT_HYPERCALL };

	if (bad || odd) {
		said = answered(bad ? GHCI_INVALID_OPERAND : GHCI_ALIGN_ERROR);
		said.or_status = odd ? GHCI_ALIGN_ERROR : GHCI_INVALID_OPERAND;
	}
	return said;
}

static struct said ghci_says(const struct tdvmcall_vm *v, const uint64_t *gpr)
{
	const struct said exits = { .reason = TDX_EXIT_REASON, .status = VMM_STATUS,
				    .or_status = VMM_STATUS };
	const uint64_t r12 = passed(gpr, TD_R12);

	if (passed(gpr, TD_R10))
		return answered(NO_HYPERCALL);
	switch (passed(gpr, TD_R11)) {
	case GHCI_GET_TD_VM_CALL_INFO:
		return r12 == 1 ? exits : answered(r12 ? GHCI_INVALID_OPERAND : GHCI_SUCCESS);
	case GHCI_MAP_GPA:
		return map_gpa_says(v, r12, passed(gpr, TD_R13));
	case GHCI_GET_QUOTE:
		return r12 & v->td->shared_bit ? exits : answered(GHCI_INVALID_OPERAND);
	case GHCI_SETUP_EVENT_NOTIFY:
		return r12 >= 32 && r12 <= 255 ? exits : answered(GHCI_INVALID_OPERAND);
	case GHCI_REPORT_FATAL_ERROR:
		return (struct said){ .reason = KVM_EXIT_SYSTEM_EVENT };
	}
	return answered(GHCI_SUBFUNC_UNSUPPORTED);
}

/* ---- registers that are tried with each leaf ---- */

#define BIT_OF(reg)	(1ull << TD_##reg)

#define WITHOUT(reg)	{ .name = "without " #reg, .without = BIT_OF(reg) }

static const struct pattern {
	const char *name;
	uint64_t without;		/* bits of RCX that are left out */
	bool set;			/* R12 to R15 are all @value */
	uint64_t value;
	bool set_r10;			/* and R10 */
} patterns[] = {
	{ .name = "as it should be" },
	WITHOUT(RDX),
	WITHOUT(RBX),
	WITHOUT(RSI),
	WITHOUT(RDI),
	WITHOUT(R8),
	WITHOUT(R9),
	WITHOUT(R10),
	WITHOUT(R11),
	WITHOUT(R12),
	WITHOUT(R13),
	WITHOUT(R14),
	WITHOUT(R15),
	{ .name = "without any", .without = TD_PASS_ALL },
	{ .name = "all 0", .set = true, .value = 0 },
	{ .name = "all 1", .set = true, .value = 1 },
	{ .name = "all ones", .set = true, .value = ~0ull },
	{ .name = "all ones, R10 too", .set = true, .value = ~0ull, .set_r10 = true },
	{ .name = "sign bits", .set = true, .value = 1ull << 63 },
	{ .name = "sign bits, R10 too", .set = true, .value = 1ull << 63, .set_r10 = true },
	{ .name = "most negative page", .set = true, .value = ~(PAGE_SIZE - 1) },
	{ .name = "32-bit sign bits", .set = true, .value = 1ull << 31 },
	{ .name = "all 32 bits", .set = true, .value = 0xffffffff },
	{ .name = "bit 32", .set = true, .value = 1ull << 32 },
	{ .name = "bit 46", .set = true, .value = 1ull << 46 },
	{ .name = "bit 47", .set = true, .value = 1ull << 47 },
	{ .name = "all of 47 bits", .set = true, .value = (1ull << 47) - PAGE_SIZE },
};

COCO_FIXTURE(registers);
FIXTURE_VARIANT(registers)
{
	struct check_row row;
	uint64_t leaf, r12, r13;
	bool r12_is_shared;
};

#define LEAF_ROW(name, leaf_, ...)						\
	FIXTURE_VARIANT_ADD(registers, name)					\
	{									\
		COCO_ROW("tdx", REQ_TDX_ANY_REGS, REQ_TDX_NOT_PASSED, REQ_TDX_KEPT,	\
			 REQ_TDX_RAX),						\
		.leaf = leaf_, __VA_ARGS__					\
	};

LEAF_ROW(info, GHCI_GET_TD_VM_CALL_INFO, .r12 = 1)
LEAF_ROW(map_gpa, GHCI_MAP_GPA, .r12 = GPA, .r13 = PAGE_SIZE)
LEAF_ROW(quote, GHCI_GET_QUOTE, .r12 = GPA, .r12_is_shared = true, .r13 = PAGE_SIZE)
LEAF_ROW(notify, GHCI_SETUP_EVENT_NOTIFY, .r12 = 0x40)
LEAF_ROW(none, 0x10005)
LEAF_ROW(all_ones, ~0ull)
LEAF_ROW(sign_bit, 1ull << 63)
LEAF_ROW(fatal, GHCI_REPORT_FATAL_ERROR, .r12 = 1)

static void prepare(struct tdvmcall_vm *v, const FIXTURE_VARIANT(registers) *variant,
		    const struct pattern *p)
{
	uint64_t *gpr = v->req->in.gpr;
	unsigned int i;

	tdvmcall_prepare(v, variant->leaf,
			 variant->r12 | (variant->r12_is_shared ? v->td->shared_bit : 0),
			 variant->r13, TD_FILL(TD_R14), TD_FILL(TD_R15));
	gpr[TD_RCX] = TD_PASS_ALL & ~p->without;
	for (i = TD_R12; p->set && i <= TD_R15; i++)
		gpr[i] = p->value;
	if (p->set_r10)
		gpr[TD_R10] = p->value;
}

/* The exit shows the registers as they were passed. */
static void expect_fields(struct tdvmcall_vm *v, const struct said *said)
{
	const uint64_t *gpr = v->req->in.gpr;
	struct kvm_run *run = v->vcpu->run;
	const struct tdx_exit *exit = tdx_exit_of(run);
	unsigned int i;

	switch (said->reason) {
	case KVM_EXIT_HYPERCALL:
		EXPECT_REQ_EQ(REQ_TDX_ANY_REGS, "args[0], the GPA",
			      passed(gpr, TD_R12) & ~v->td->shared_bit, run->hypercall.args[0],
			      &names_gpa);
		return;
	case KVM_EXIT_SYSTEM_EVENT:
		for (i = TD_R8; i <= TD_R15; i++)
			EXPECT_REQ_EQ(REQ_TDX_NOT_PASSED, "R8 to R15", passed(gpr, i),
				      run->system_event.data[i], &names_value);
		return;
	}
	EXPECT_REQ_EQ(REQ_TDX_EXIT_NR, "nr", gpr[TD_R11], exit->nr, &names_leaf);
	if (exit->nr == GHCI_GET_QUOTE)
		EXPECT_REQ_EQ(REQ_TDX_NOT_PASSED, "size", passed(gpr, TD_R13),
			      exit->get_quote.size, &names_value);
}

/* The rest of a MapGPA is refused, whatever there was. */
static void answer(struct tdvmcall_vm *v, struct said *said)
{
	if (said->reason == KVM_EXIT_HYPERCALL) {
		v->vcpu->run->hypercall.ret = EINVAL;
		said->status = said->or_status = GHCI_INVALID_OPERAND;
	} else {
		tdx_exit_of(v->vcpu->run)->unknown.ret = VMM_STATUS;
	}
}

static bool expect_answer(struct tdvmcall_vm *v, const struct said *said)
{
	uint64_t r10;

	/* RAX, and what is not passed. */
	if (!(v->req->in.gpr[TD_RCX] & BIT_OF(R10)))
		return expect_tdvmcall_answer(REQ_TDX_ANY_REGS, v, 0);
	if (!EXPECT_REQ_SYNC(REQ_TDX_ANY_REGS, v->vcpu, TD_STAGE_ANSWERED))
		return false;
	r10 = v->req->out.gpr[TD_R10];
	EXPECT_REQ_EQ(REQ_TDX_RAX, "RAX", TDX_SUCCESS, v->req->out.gpr[TD_RAX], &names_tdcall);
	return EXPECT_REQ_EITHER(REQ_TDX_ANY_REGS, "R10, the answer", said->status,
				 said->or_status, r10, &names_tdvmcall);
}

static bool try(struct tdvmcall_vm *v)
{
	struct said said = ghci_says(v, v->req->in.gpr);

	if (said.reason) {
		if (!EXPECT_REQ_EXIT(REQ_TDX_ANY_REGS, v->vcpu, said.reason))
			return false;
		expect_fields(v, &said);
		/* It has no answer. */
		if (said.reason == KVM_EXIT_SYSTEM_EVENT)
			return true;
		answer(v, &said);
	}
	return expect_answer(v, &said);
}

COCO_TEST_F(registers, each)
{
	struct tdvmcall_vm_options options = { .map_gpa = true };
	const bool fatal = variant->leaf == GHCI_REPORT_FATAL_ERROR;
	struct tdvmcall_vm v;
	unsigned int i, cpu = 0;

	if (fatal)
		options.nr_vcpus = TD_VM_MAX_VCPUS;
	tdvmcall_vm_create_with(&v, &options);
	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		const struct pattern *p = &patterns[i];

		/* A vCPU that has reported has no more to say: one each for R8 and on. */
		if (fatal && p->without < BIT_OF(R8))
			continue;
		if (fatal && cpu == TD_VM_MAX_VCPUS)
			break;
		tdvmcall_vm_select(&v, fatal ? cpu++ : 0);
		prepare(&v, variant, p);
		if (!try(&v) || check_failed()) {
			check_note("that was '%s'", p->name);
			break;
		}
	}
	tdvmcall_vm_free(&v);
}

/* ---- without end ---- */

#define REPEATS		64

COCO_FIXTURE(endless);
FIXTURE_VARIANT(endless)
{
	struct check_row row;
	uint64_t first, end;		/* GPAs of a MapGPA */
};

#define ENDLESS_ROW(name, first_, end_)						\
	FIXTURE_VARIANT_ADD(endless, name)					\
	{									\
		COCO_ROW("tdx", REQ_TDX_VMM_REPEAT), .first = first_, .end = end_,	\
	};

ENDLESS_ROW(all_private, 0, 1ull << 47)
ENDLESS_ROW(all_shared, 1ull << 47, 1ull << 48)

/* A range of 128 TiB: the VMM keeps the say, since each KVM_RUN is one piece of it. */
COCO_TEST_F(endless, map_gpa)
{
	const struct tdvmcall_vm_options options = { .map_gpa = true };
	uint64_t next = variant->first;
	struct tdvmcall_vm v;
	unsigned int i;

	tdvmcall_vm_create_with(&v, &options);
	/* The guest takes no no for an answer. */
	for (i = 0; i < 2 * REPEATS && !check_failed(); i++) {
		struct kvm_run *run = v.vcpu->run;

		if (i % REPEATS == 0)
			tdvmcall_prepare(&v, GHCI_MAP_GPA, next, variant->end - next, 0, 0);
		if (!EXPECT_REQ_EXIT(REQ_TDX_VMM_REPEAT, v.vcpu, KVM_EXIT_HYPERCALL) ||
		    !EXPECT_REQ_EQ(REQ_TDX_VMM_REPEAT, "args[0], the next GPA",
				   next & ~v.td->shared_bit, run->hypercall.args[0], &names_gpa))
			break;
		if (i % REPEATS == REPEATS - 1) {
			run->hypercall.ret = EINVAL;
			if (expect_tdvmcall_answer(REQ_TDX_VMM_REPEAT, &v, GHCI_INVALID_OPERAND))
				EXPECT_REQ_EQ(REQ_TDX_VMM_REPEAT, "R11, where it stopped", next,
					      v.req->out.gpr[TD_R11], &names_gpa);
			continue;
		}
		next += run->hypercall.args[1] * PAGE_SIZE;
		run->hypercall.ret = 0;
	}
	tdvmcall_vm_free(&v);
}

COCO_FIXTURE(fatal);
FIXTURE_VARIANT(fatal)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(fatal, storm)
{
	COCO_ROW("tdx", REQ_TDX_VMM_REPEAT),
};

/*
 * A VMM that runs the guest on all the same: each KVM_RUN ends.  That the guest does not go
 * on is TDX-FATAL-END's, so it may come back from the call here.
 */
COCO_TEST_F(fatal, run_on)
{
	struct tdvmcall_vm v;
	unsigned int i;

	(void)variant;
	tdvmcall_vm_create(&v, TD_GPAW_48, 0);
	tdvmcall_prepare(&v, GHCI_REPORT_FATAL_ERROR, 1, 0, 0, 0);
	for (i = 0; i < REPEATS; i++)
		if (!EXPECT_REQ_EQ(REQ_TDX_VMM_REPEAT, "KVM_RUN", 0, check_run(v.vcpu),
				   &names_errno) ||
		    !EXPECT_REQ_EITHER(REQ_TDX_VMM_REPEAT, "exit reason", KVM_EXIT_SYSTEM_EVENT,
				       KVM_EXIT_IO, v.vcpu->run->exit_reason, &names_exit_reason))
			break;
	tdvmcall_vm_free(&v);
}

static const char *missing(void)
{
	const char *why = tdx_revision_find();

	return why || tdx_revision()->has_nr ? why : "this KVM does not speak KVM_EXIT_TDX";
}

COCO_MAIN(missing)
