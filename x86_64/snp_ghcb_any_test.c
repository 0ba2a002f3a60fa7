// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every NAE event with each of its operands at 0, at the ends of what fits, and past them: what
 * the guest is answered has a form that it can understand, or KVM_RUN ends; nothing of the GHCB
 * is written but what can be an answer, and the vCPU serves the next event as ever.
 *
 * What each event does with good operands, and which errors it has, other tests know.  RDPMC and
 * RDTSCP are theirs alone: where KVM injects an exception, no guest of ours goes on.
 */
#include <linux/kvm_para.h>

#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"

/* Not the one of ucall. */
#define PORT		0x4321
#define MMIO_GPA	0xd0000000ull
#define BUFFER_SIZE	sizeof(((struct ghcb *)0)->shared_buffer)
/* Those of the longest page state change. */
#define MAX_EXITS	1000

enum operand { INFO_1, INFO_2, RAX, RBX, RCX, RDX, RSI, SCRATCH, XCR0, CPL, NR_OPERANDS };

static const char *const operand_names[] = {
	"SW_EXITINFO1", "SW_EXITINFO2", "RAX", "RBX", "RCX", "RDX", "RSI", "SW_SCRATCH", "XCR0",
	"CPL",
};

COCO_FIXTURE(any);
FIXTURE_VARIANT(any)
{
	struct check_row row;
	uint64_t event;
	uint64_t good[NR_OPERANDS];	/* SCRATCH: all have the shared buffer's begin */
	uint64_t more[4];		/* values of its own, for each operand */
};

#define ANY_ROW(name, event_, ...)							\
	FIXTURE_VARIANT_ADD(any, name)							\
	{										\
		COCO_ROW(NULL, REQ_GHCB_ANY, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		.event = GHCB_NAE_##event_, __VA_ARGS__					\
	};

#define IO_INFO	(GHCB_IOIO_PORT(PORT) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE_32)
#define STRING	(GHCB_IOIO_STRING | GHCB_IOIO_REP)

ANY_ROW(dr7_read, DR7_READ)
ANY_ROW(dr7_write, DR7_WRITE, .good[RAX] = 0x400)
ANY_ROW(rdtsc, RDTSC)
ANY_ROW(cpuid, CPUID, .more = { 0xd, 0x80000000, 0x8000001f, 0x40000000 })
ANY_ROW(invd, INVD)
ANY_ROW(in, IOIO, .good[INFO_1] = IO_INFO | GHCB_IOIO_IN)
ANY_ROW(out, IOIO, .good[INFO_1] = IO_INFO)
ANY_ROW(ins, IOIO, .good = { [INFO_1] = IO_INFO | STRING | GHCB_IOIO_IN, [INFO_2] = 2 },
	.more = { BUFFER_SIZE / 4, BUFFER_SIZE / 4 + 1, 0x7fffffff, 1ull << 30 })
ANY_ROW(outs, IOIO, .good = { [INFO_1] = IO_INFO | STRING, [INFO_2] = 2 },
	.more = { BUFFER_SIZE / 4, BUFFER_SIZE / 4 + 1, 0x7fffffff, 1ull << 30 })
ANY_ROW(rdmsr, MSR, .good[RCX] = 0x1fc, .more = { 0x10, 0x1b, 0xc0010130, 0xc0011029 })
ANY_ROW(wrmsr, MSR, .good = { [INFO_1] = 1, [RCX] = 0x1fc },
	.more = { 0x277, 0x8b, 0xc0010130, 0xc0000103 })
ANY_ROW(vmmcall, VMMCALL, .good = { [RAX] = KVM_HC_MAP_GPA_RANGE, [RBX] = 0x1000, [RCX] = 1 },
	.more = { KVM_HC_KICK_CPU, KVM_HC_CLOCK_PAIRING, KVM_HC_SEND_IPI, KVM_HC_SCHED_YIELD })
ANY_ROW(wbinvd, WBINVD)
ANY_ROW(monitor, MONITOR)
ANY_ROW(mwait, MWAIT)
ANY_ROW(mmio_read, MMIO_READ, .good = { [INFO_1] = MMIO_GPA, [INFO_2] = 4 },
	.more = { 0xfee00000, 0xfec00000, 8, 9 })
ANY_ROW(mmio_write, MMIO_WRITE, .good = { [INFO_1] = MMIO_GPA, [INFO_2] = 4 },
	.more = { 0xfee00300, 0xfec00000, 8, 9 })
ANY_ROW(nmi_complete, NMI_COMPLETE)
ANY_ROW(jump_table, AP_JUMP_TABLE)
ANY_ROW(psc, PSC)
ANY_ROW(guest_request, GUEST_REQUEST, .good = { [INFO_1] = 0x1000, [INFO_2] = 0x2000 })
ANY_ROW(ext_guest_request, EXT_GUEST_REQUEST,
	.good = { [INFO_1] = 0x1000, [INFO_2] = 0x2000, [RAX] = 0x3000, [RBX] = 1 })
/* For the vCPU itself only what is refused: it would be gone. */
ANY_ROW(ap_creation, AP_CREATION, .good = { [INFO_1] = 7ull << 32, [RAX] = 1 })
ANY_ROW(features, HV_FEATURES)

/* Older KVMs take scratch areas elsewhere, and so: sev_es_ghcb_test, GHCB-V1-SLEEP. */
#define SLEEP_SPLAT	"sleeping function called from invalid context"

/* Of any operand. */
static const uint64_t values[] = {
	0, 1, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, (1ull << 52) - 1,
	1ull << 52, (1ull << 63) - 1, 1ull << 63, -0x1000ull, ~0ull,
};

static void set_operand(struct ghcb *in, enum operand operand, uint64_t value)
{
	switch (operand) {
	case INFO_1:	ghcb_set(in, sw_exit_info_1, value); break;
	case INFO_2:	ghcb_set(in, sw_exit_info_2, value); break;
	case RAX:	ghcb_set(in, rax, value); break;
	case RBX:	ghcb_set(in, rbx, value); break;
	case RCX:	ghcb_set(in, rcx, value); break;
	case RDX:	ghcb_set(in, rdx, value); break;
	case RSI:	ghcb_set(in, rsi, value); break;
	case SCRATCH:	ghcb_set(in, sw_scratch, value); break;
	case XCR0:	ghcb_set(in, xcr0, value); break;
	case CPL:	ghcb_set(in, cpl, value); break;
	default:	break;
	}
}

/* 1: answered, 0: not, as KVM_RUN failed or the VM is dead, -1: something was wrong. */
static int run_to_answer(struct kvm_vcpu *vcpu)
{
	unsigned int exits;

	for (exits = 0; exits < MAX_EXITS; exits++) {
		struct ucall uc;
		int err = check_run(vcpu);

		if (err == EINTR || err == EAGAIN)
			continue;
		if (err)
			return err == EINVAL || err == EIO || err == EFAULT ? 0 : -1;
		switch (vcpu->run->exit_reason) {
		case KVM_EXIT_IO:
			if (vcpu->run->io.port != PORT && get_ucall(vcpu, &uc) == UCALL_SYNC)
				return 1;
			break;
		case KVM_EXIT_HYPERCALL:
			vcpu->run->hypercall.ret = 0;
			break;
		}
	}
	return -1;
}

static void expect_form(const struct ghcb_step *step, const char *what)
{
	const uint64_t info_1 = step->answer.page.sw_exit_info_1;
	const uint64_t info_2 = step->answer.page.sw_exit_info_2;
	bool good;

	switch (info_1) {
	case GHCB_INFO1_OK:
		good = true;
		break;
	case GHCB_INFO1_EXCEPTION:
		/* Valid, of type exception. */
		good = (info_2 & (1u << 31)) && (info_2 >> 8 & 7) == 3;
		break;
	default:
		good = info_1 == GHCB_INFO1_MALFORMED && info_2 >= GHCB_REASON_NOT_REGISTERED &&
		       info_2 <= GHCB_REASON_INVALID_EVENT;
	}
	if (!EXPECT_REQ_TRUE(REQ_GHCB_ANY, what, good))
		check_note("SW_EXITINFO1 0x%lx, SW_EXITINFO2 0x%lx", info_1, info_2);
}

/* False: the case is over. */
static bool try(struct ghcb_vm *v, const FIXTURE_VARIANT(any) *variant, enum operand operand,
		uint64_t value)
{
	struct ghcb_step *step, *next;
	enum operand i;
	char what[96];

	ghcb_script_reset(v, 0);
	step = ghcb_add_event(v, 0, variant->event, 0, 0);
	for (i = 0; i < NR_OPERANDS; i++)
		set_operand(&step->in, i, i == operand ? value :
			    i == SCRATCH ? ghcb_buffer_gpa(v, 0, 0) : variant->good[i]);
	memset(step->in.shared_buffer, 0, sizeof(step->in.shared_buffer));
	next = ghcb_add_msr(v, 0, GHCB_MSR_HV_FEATURES_REQ);
	memset(&step->answer, 0, sizeof(step->answer));

	snprintf(what, sizeof(what), "a well-formed answer for %s 0x%lx", operand_names[operand],
		 value);
	switch (run_to_answer(v->cpu[0].vcpu)) {
	case 1:
		expect_form(step, what);
		break;
	case 0:
		/* The VMM may call again: the guest gets an answer, or the VM stays dead. */
		if (run_to_answer(v->cpu[0].vcpu) == 1)
			break;
		/* fallthrough */
	default:
		EXPECT_REQ_EQ(REQ_GHCB_ANY, what, 0, v->cpu[0].vcpu->run->exit_reason,
			      &names_exit_reason);
		return false;
	}
	EXPECT_GHCB_KEPT(step, 0, BUFFER_SIZE);
	EXPECT_REQ_EQ(REQ_GHCB_ANY, "the next answer in the GHCB MSR, bits 11:0",
		      GHCB_MSR_HV_FEATURES_RESP, GHCB_MSR_INFO(next->answer.msr), &names_ghcb_msr);
	if (check_failed())
		check_note("%s was 0x%lx", operand_names[operand], value);
	return !check_failed();
}

COCO_TEST_F(any, operands)
{
	enum operand operand;
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	check_expect_splat(SLEEP_SPLAT);
	vm_enable_cap(v.snp->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	for (operand = 0; operand < NR_OPERANDS; operand++) {
		/* AP creation for itself. */
		if (variant->event == GHCB_NAE_AP_CREATION && operand == INFO_1)
			continue;
		for (i = 0; i < ARRAY_SIZE(values); i++)
			if (!try(&v, variant, operand, values[i]))
				return;
		for (i = 0; i < ARRAY_SIZE(variant->more); i++)
			if (variant->more[i] && !try(&v, variant, operand, variant->more[i]))
				return;
	}
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
