// SPDX-License-Identifier: GPL-2.0-only
/*
 * NAE events that KVM answers by itself, and those that end the guest.  Port and
 * memory-mapped I/O is in snp_ghcb_io_test.c, guest requests and page state
 * changes have tests of their own.
 *
 * Not ABI, so not checked: what RAX to RDX hold in an answer whose event does not
 * return them.
 */
#include <linux/kvm_para.h>

#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"
#include "vm/cpuid_leaves.h"

/* A register that an event has 32 bits of: the rest is no input. */
#define HIGH_HALF	0xfeedbeef00000000ull

/* The answer's register @field, marked valid, is @wanted. */
#define EXPECT_RETURNED(req, step, field, wanted)						\
do {												\
	EXPECT_REQ_TRUE(req, #field " is marked valid",						\
			ghcb_is_valid(&(step)->answer.page, field));				\
	EXPECT_REQ_EQ(req, #field, wanted, (step)->answer.page.field, &names_value);		\
} while (0)

/* ---- CPUID ---- */

COCO_FIXTURE(cpuid);
FIXTURE_VARIANT(cpuid)
{
	struct check_row row;
	uint64_t rax, rcx;
	uint32_t wanted[4];
};

FIXTURE_VARIANT_ADD(cpuid, leaf)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_CPUID, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.rax = CPUID_LEAF, .wanted = CPUID_LEAF_REGS,
};

FIXTURE_VARIANT_ADD(cpuid, subleaf_0)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_CPUID, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.rax = CPUID_LEAF_INDEXED, .wanted = CPUID_SUBLEAF_0_REGS,
};

FIXTURE_VARIANT_ADD(cpuid, subleaf_1)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_CPUID, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.rax = HIGH_HALF | CPUID_LEAF_INDEXED, .rcx = HIGH_HALF | 1,
	.wanted = CPUID_SUBLEAF_1_REGS,
};

FIXTURE_VARIANT_ADD(cpuid, subleaf_not_set)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_CPUID, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.rax = CPUID_LEAF_INDEXED, .rcx = 2,
};

FIXTURE_VARIANT_ADD(cpuid, leaf_not_set)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_CPUID, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.rax = CPUID_LEAF_NONE,
};

COCO_TEST_F(cpuid, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct ghcb_vm v;

	ghcb_vm_create(&v, 1, guest_ghcb_loop);
	set_cpuid_leaves(v.cpu[0].vcpu);
	snp_vm_launch(v.snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v.cpu[0].vcpu, GHCB_STAGE_READY))
		return;
	step = ghcb_add_event(&v, 0, GHCB_NAE_CPUID, 0, 0);
	ghcb_set(&step->in, rax, variant->rax);
	ghcb_set(&step->in, rcx, variant->rcx);
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	    EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0)) {
		EXPECT_RETURNED(req, step, rax, variant->wanted[0]);
		EXPECT_RETURNED(req, step, rbx, variant->wanted[1]);
		EXPECT_RETURNED(req, step, rcx, variant->wanted[2]);
		EXPECT_RETURNED(req, step, rdx, variant->wanted[3]);
		EXPECT_GHCB_KEPT(step, 0, 0);
	}
	snp_vm_free(v.snp);
}

/* ---- MSR ---- */

/* One that KVM only keeps, whatever is written. */
#define MSR_KEPT		0x000001fcu	/* IA32_POWER_CTL */
#define MSR_NONE		0xdeadbeefu

/* SW_EXITINFO2 as EVENTINJ of a VMCB has it; bit 11: there is an error code, in 63:32 */
#define EVENTINJ_GP		(13u | 3u << 8 | 1u << 31)
#define EVENTINJ_HAS_CODE	(1u << 11)

COCO_FIXTURE(msr);
FIXTURE_VARIANT(msr)
{
	struct check_row row;
	bool missing;			/* an MSR that does not exist */
};

FIXTURE_VARIANT_ADD(msr, write_and_read)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MSR, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
};

FIXTURE_VARIANT_ADD(msr, no_such_msr)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_MSR_GP, REQ_GHCB_NAE_MSR_GP_CODE, REQ_GHCB_KEPT,
		 REQ_GHCB_VALID_ONLY),
	.missing = true,
};

COCO_TEST_F(msr, answer)
{
	const uint32_t low = 0x89abcdef, high = 0x01234567;
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step[2];
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < ARRAY_SIZE(step); i++) {
		step[i] = ghcb_add_event(&v, 0, GHCB_NAE_MSR, !i, 0);
		ghcb_set(&step[i]->in, rcx, HIGH_HALF | (variant->missing ? MSR_NONE : MSR_KEPT));
	}
	ghcb_set(&step[0]->in, rax, HIGH_HALF | low);
	ghcb_set(&step[0]->in, rdx, HIGH_HALF | high);
	if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return;
	for (i = 0; i < ARRAY_SIZE(step); i++) {
		const struct ghcb *page = &step[i]->answer.page;

		if (variant->missing) {
			EXPECT_REQ_EQ(req, i ? "SW_EXITINFO1 of a read" : "SW_EXITINFO1 of a write",
				      GHCB_INFO1_EXCEPTION, page->sw_exit_info_1, &names_info_1);
			EXPECT_REQ_EQ(req, "SW_EXITINFO2[31:0], an event to inject", EVENTINJ_GP,
				      (uint32_t)page->sw_exit_info_2 & ~EVENTINJ_HAS_CODE,
				      &names_value);
			EXPECT_REQ_EQ(REQ_GHCB_NAE_MSR_GP_CODE, "SW_EXITINFO2[63:32]", 0,
				      page->sw_exit_info_2 >> 32, &names_value);
		} else {
			EXPECT_GHCB_ANSWER(req, step[i], GHCB_INFO1_OK, 0);
		}
		EXPECT_GHCB_KEPT(step[i], 0, 0);
	}
	if (!variant->missing) {
		EXPECT_RETURNED(req, step[1], rax, low);
		EXPECT_RETURNED(req, step[1], rdx, high);
	}
	snp_vm_free(v.snp);
}

/* The VMM's own MSRs: those that KVM does not know exit to it. */
COCO_FIXTURE(msr_exit);
FIXTURE_VARIANT(msr_exit)
{
	struct check_row row;
	bool write;
	uint8_t error;			/* the VMM's answer: #GP */
};

#define MSR_EXIT_ROW	COCO_ROW(NULL, REQ_GHCB_NAE_MSR_EXIT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY)

FIXTURE_VARIANT_ADD(msr_exit, read)
{
	MSR_EXIT_ROW,
};

FIXTURE_VARIANT_ADD(msr_exit, read_refused)
{
	MSR_EXIT_ROW,
	.error = 1,
};

FIXTURE_VARIANT_ADD(msr_exit, write)
{
	MSR_EXIT_ROW,
	.write = true,
};

FIXTURE_VARIANT_ADD(msr_exit, write_refused)
{
	MSR_EXIT_ROW,
	.write = true, .error = 1,
};

COCO_TEST_F(msr_exit, answer)
{
	const uint64_t data = 0x0123456789abcdef;
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct kvm_run *run;
	struct ghcb_vm v;

	if (!ghcb_vm_start(&v))
		return;
	vm_enable_cap(v.snp->vm, KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_UNKNOWN);
	run = v.cpu[0].vcpu->run;
	step = ghcb_add_event(&v, 0, GHCB_NAE_MSR, variant->write, 0);
	ghcb_set(&step->in, rcx, MSR_NONE);
	if (variant->write) {
		ghcb_set(&step->in, rax, (uint32_t)data);
		ghcb_set(&step->in, rdx, data >> 32);
	}
	if (!EXPECT_REQ_EXIT(req, v.cpu[0].vcpu,
			     variant->write ? KVM_EXIT_X86_WRMSR : KVM_EXIT_X86_RDMSR))
		return;
	EXPECT_REQ_EQ(req, "msr.index", MSR_NONE, run->msr.index, &names_value);
	EXPECT_REQ_EQ(req, "msr.reason", KVM_MSR_EXIT_REASON_UNKNOWN, run->msr.reason,
		      &names_value);
	EXPECT_REQ_EQ(req, "msr.error", 0, run->msr.error, &names_value);
	if (variant->write)
		EXPECT_REQ_EQ(req, "msr.data", data, run->msr.data, &names_value);
	else
		run->msr.data = data;
	run->msr.error = variant->error;
	if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return;
	if (variant->error) {
		EXPECT_REQ_EQ(req, "SW_EXITINFO1", GHCB_INFO1_EXCEPTION,
			      step->answer.page.sw_exit_info_1, &names_info_1);
		EXPECT_REQ_EQ(req, "SW_EXITINFO2[31:0], an event to inject", EVENTINJ_GP,
			      (uint32_t)step->answer.page.sw_exit_info_2 & ~EVENTINJ_HAS_CODE,
			      &names_value);
	} else if (EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0) && !variant->write) {
		EXPECT_RETURNED(req, step, rax, (uint32_t)data);
		EXPECT_RETURNED(req, step, rdx, data >> 32);
	}
	EXPECT_GHCB_KEPT(step, 0, 0);
	snp_vm_free(v.snp);
}

/* ---- events that need no action ---- */

COCO_FIXTURE(no_action);
FIXTURE_VARIANT(no_action)
{
	struct check_row row;
	uint64_t event[GHCB_MAX_STEPS];
};

FIXTURE_VARIANT_ADD(no_action, caches_and_nmi)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_NO_ACTION, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.event = { GHCB_NAE_INVD, GHCB_NAE_WBINVD, GHCB_NAE_NMI_COMPLETE },
};

FIXTURE_VARIANT_ADD(no_action, monitor_and_dr7)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_NO_ACTION, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.event = { GHCB_NAE_MONITOR, GHCB_NAE_MWAIT, GHCB_NAE_DR7_WRITE, GHCB_NAE_DR7_READ },
};

COCO_TEST_F(no_action, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < GHCB_MAX_STEPS && variant->event[i]; i++) {
		step = ghcb_add_event(&v, 0, variant->event[i], 0, 0);
		/* More than some of them need; DR7's value after reset. */
		ghcb_set(&step->in, rax, 0x400);
		ghcb_set(&step->in, rcx, 0);
		ghcb_set(&step->in, rdx, 0);
	}
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED)) {
		for (i = 0; i < v.cpu[0].script->nr_steps; i++) {
			step = &v.cpu[0].script->step[i];
			EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0);
			EXPECT_GHCB_KEPT(step, 0, 0);
		}
	}
	snp_vm_free(v.snp);
}

/* ---- the time stamp counter ---- */

COCO_FIXTURE(tsc);
FIXTURE_VARIANT(tsc)
{
	struct check_row row;
	uint64_t event;
};

FIXTURE_VARIANT_ADD(tsc, rdtsc)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_RDTSC),
	.event = GHCB_NAE_RDTSC,
};

FIXTURE_VARIANT_ADD(tsc, rdtscp)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_RDTSCP),
	.event = GHCB_NAE_RDTSCP,
};

COCO_TEST_F(tsc, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct ghcb_vm v;

	ghcb_vm_create(&v, 1, guest_ghcb_loop);
	/* Without it #UD would be the right answer. */
	vcpu_set_cpuid_feature(v.cpu[0].vcpu, X86_FEATURE_RDTSCP);
	snp_vm_launch(v.snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v.cpu[0].vcpu, GHCB_STAGE_READY))
		return;
	step = ghcb_add_event(&v, 0, variant->event, 0, 0);
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	    EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0)) {
		const struct ghcb *page = &step->answer.page;

		EXPECT_REQ_TRUE(req, "RAX is marked valid", ghcb_is_valid(page, rax));
		EXPECT_REQ_TRUE(req, "RDX is marked valid", ghcb_is_valid(page, rdx));
		EXPECT_REQ_TRUE(req, "RDX:RAX is not 0", page->rax | page->rdx);
	}
	snp_vm_free(v.snp);
}

/* ---- VMMCALL ---- */

#define NR_UNDEFINED	0x12345678
#define MAP_GPA		0x345678000ull
#define MAP_PAGES	0x321
#define MAP_ATTR	0x10		/* private, 4 KiB pages */

COCO_FIXTURE(vmmcall);
FIXTURE_VARIANT(vmmcall)
{
	struct check_row row;
	uint64_t nr, gpa;
	uint8_t cpl;
	bool enabled, taken_back;	/* KVM_CAP_EXIT_HYPERCALL */
	bool exits;
	uint64_t ret;			/* what the VMM answers */
	int64_t wanted;			/* RAX */
};

FIXTURE_VARIANT_ADD(vmmcall, undefined)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_VMMCALL, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.nr = NR_UNDEFINED, .wanted = -KVM_ENOSYS,
};

FIXTURE_VARIANT_ADD(vmmcall, vapic_poll_irq)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_VMMCALL, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.nr = KVM_HC_VAPIC_POLL_IRQ, .wanted = 0,
};

FIXTURE_VARIANT_ADD(vmmcall, from_user_mode)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_VMMCALL, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.nr = KVM_HC_VAPIC_POLL_IRQ, .cpl = 3, .wanted = -KVM_EPERM,
};

FIXTURE_VARIANT_ADD(vmmcall, map_gpa_range)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_VMMCALL_MAP, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.nr = KVM_HC_MAP_GPA_RANGE, .gpa = MAP_GPA, .enabled = true, .exits = true,
};

FIXTURE_VARIANT_ADD(vmmcall, map_gpa_range_refused)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_VMMCALL_MAP, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.nr = KVM_HC_MAP_GPA_RANGE, .gpa = MAP_GPA, .enabled = true, .exits = true,
	.ret = -KVM_EINVAL, .wanted = -KVM_EINVAL,
};

FIXTURE_VARIANT_ADD(vmmcall, map_gpa_range_misaligned)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_VMMCALL_MAP, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.nr = KVM_HC_MAP_GPA_RANGE, .gpa = MAP_GPA + 8, .enabled = true, .wanted = -KVM_EINVAL,
};

FIXTURE_VARIANT_ADD(vmmcall, map_gpa_range_not_enabled)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_VMMCALL_MAP, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.nr = KVM_HC_MAP_GPA_RANGE, .gpa = MAP_GPA, .wanted = -KVM_ENOSYS,
};

FIXTURE_VARIANT_ADD(vmmcall, map_gpa_range_not_any_more)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_VMMCALL_MAP, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.nr = KVM_HC_MAP_GPA_RANGE, .gpa = MAP_GPA, .enabled = true, .taken_back = true,
	.wanted = -KVM_ENOSYS,
};

COCO_TEST_F(vmmcall, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct kvm_run *run;
	struct ghcb_vm v;

	if (!ghcb_vm_start(&v))
		return;
	if (variant->enabled)
		vm_enable_cap(v.snp->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	if (variant->taken_back)
		vm_enable_cap(v.snp->vm, KVM_CAP_EXIT_HYPERCALL, 0);
	run = v.cpu[0].vcpu->run;
	step = ghcb_add_event(&v, 0, GHCB_NAE_VMMCALL, 0, 0);
	ghcb_set(&step->in, rax, variant->nr);
	ghcb_set(&step->in, cpl, variant->cpl);
	ghcb_set(&step->in, rbx, variant->gpa);
	ghcb_set(&step->in, rcx, MAP_PAGES);
	ghcb_set(&step->in, rdx, MAP_ATTR);
	if (variant->exits) {
		if (!EXPECT_REQ_EXIT(req, v.cpu[0].vcpu, KVM_EXIT_HYPERCALL))
			return;
		EXPECT_REQ_EQ(req, "hypercall.nr", KVM_HC_MAP_GPA_RANGE, run->hypercall.nr,
			      &names_value);
		EXPECT_REQ_EQ(req, "hypercall.args[0]", variant->gpa, run->hypercall.args[0],
			      &names_gpa);
		EXPECT_REQ_EQ(req, "hypercall.args[1]", MAP_PAGES, run->hypercall.args[1],
			      &names_pages);
		EXPECT_REQ_EQ(req, "hypercall.args[2]", MAP_ATTR, run->hypercall.args[2],
			      &names_value);
		run->hypercall.ret = variant->ret;
	}
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) &&
	    EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, 0)) {
		EXPECT_RETURNED(req, step, rax, variant->wanted);
		EXPECT_GHCB_KEPT(step, 0, 0);
	}
	snp_vm_free(v.snp);
}

/* ---- AP jump table ---- */

#define JUMP_TABLE_SET	0
#define JUMP_TABLE_GET	1
#define JUMP_TABLE_GPA	0x7654321000ull

COCO_FIXTURE(jump_table);
FIXTURE_VARIANT(jump_table)
{
	struct check_row row;
	uint64_t bad;			/* SW_EXITINFO1; 0: it is set and read back */
};

FIXTURE_VARIANT_ADD(jump_table, set_and_get)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_JUMP_TABLE, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
};

FIXTURE_VARIANT_ADD(jump_table, request_2)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_JUMP_TABLE, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.bad = 2,
};

FIXTURE_VARIANT_ADD(jump_table, request_of_33_bits)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_JUMP_TABLE, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.bad = 1ull << 32 | JUMP_TABLE_GET,
};

COCO_TEST_F(jump_table, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *set, *get, *other;
	struct ghcb_vm v;

	ghcb_vm_create(&v, 2, guest_ghcb_loop);
	snp_vm_launch(v.snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v.cpu[0].vcpu, GHCB_STAGE_READY) ||
	    !EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v.cpu[1].vcpu, GHCB_STAGE_READY))
		return;
	set = ghcb_add_event(&v, 0, GHCB_NAE_AP_JUMP_TABLE, variant->bad ?: JUMP_TABLE_SET,
			     JUMP_TABLE_GPA);
	get = ghcb_add_event(&v, 0, GHCB_NAE_AP_JUMP_TABLE, JUMP_TABLE_GET, 0);
	other = ghcb_add_event(&v, 1, GHCB_NAE_AP_JUMP_TABLE, JUMP_TABLE_GET, 0);
	if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED) ||
	    !EXPECT_REQ_SYNC(req, v.cpu[1].vcpu, GHCB_STAGE_ANSWERED))
		return;
	if (variant->bad)
		EXPECT_GHCB_ANSWER(req, set, GHCB_INFO1_MALFORMED, GHCB_REASON_INVALID_INPUT);
	else
		EXPECT_GHCB_ANSWER(req, set, GHCB_INFO1_OK, 0);
	EXPECT_GHCB_ANSWER(req, get, GHCB_INFO1_OK, variant->bad ? 0 : JUMP_TABLE_GPA);
	EXPECT_GHCB_ANSWER(req, other, GHCB_INFO1_OK, variant->bad ? 0 : JUMP_TABLE_GPA);
	EXPECT_GHCB_KEPT(set, 0, 0);
	EXPECT_GHCB_KEPT(get, 0, 0);
	snp_vm_free(v.snp);
}

/* ---- features, and what ends the guest ---- */

COCO_FIXTURE(features);
FIXTURE_VARIANT(features)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(features, as_by_msr)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_FEATURES, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
};

COCO_TEST_F(features, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *msr, *step;
	struct ghcb_vm v;

	(void)variant;
	if (!ghcb_vm_start(&v))
		return;
	msr = ghcb_add_msr(&v, 0, GHCB_MSR_HV_FEATURES_REQ);
	step = ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED)) {
		EXPECT_GHCB_ANSWER(req, step, GHCB_INFO1_OK, GHCB_MSR_DATA(msr->answer.msr));
		EXPECT_REQ_TRUE(req, "SNP (bit 0) is announced",
				step->answer.page.sw_exit_info_2 & GHCB_HV_FEATURE_SNP);
		EXPECT_GHCB_KEPT(step, 0, 0);
	}
	snp_vm_free(v.snp);
}

COCO_FIXTURE(end);
FIXTURE_VARIANT(end)
{
	struct check_row row;
	uint64_t event, info_1, info_2;
	int err;			/* of KVM_RUN; 0: a system event */
};

FIXTURE_VARIANT_ADD(end, termination)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_TERM),
	.event = GHCB_NAE_TERMINATION, .info_1 = 1, .info_2 = 0x42,
};

FIXTURE_VARIANT_ADD(end, termination_all_ones)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_TERM),
	.event = GHCB_NAE_TERMINATION, .info_1 = ~0ull, .info_2 = ~0ull,
};

FIXTURE_VARIANT_ADD(end, unsupported_event)
{
	COCO_ROW(NULL, REQ_GHCB_NAE_UNSUPPORTED),
	.event = GHCB_NAE_UNSUPPORTED, .info_1 = GHCB_NAE_IOIO, .err = EINVAL,
};

COCO_TEST_F(end, run)
{
	enum requirement_nr req = check_main_req();
	struct kvm_run *run;
	struct ghcb_vm v;

	if (!ghcb_vm_start(&v))
		return;
	run = v.cpu[0].vcpu->run;
	ghcb_add_event(&v, 0, variant->event, variant->info_1, variant->info_2);
	if (variant->err) {
		EXPECT_REQ_RUN_ERRNO(req, v.cpu[0].vcpu, variant->err);
	} else if (EXPECT_REQ_EXIT(req, v.cpu[0].vcpu, KVM_EXIT_SYSTEM_EVENT)) {
		EXPECT_REQ_EQ(req, "system_event.type", KVM_SYSTEM_EVENT_SEV_TERM,
			      run->system_event.type, &names_system_event);
		EXPECT_REQ_EQ(req, "system_event.ndata", 1, run->system_event.ndata,
			      &names_count);
		EXPECT_REQ_EQ(req, "system_event.data[0]", v.cpu[0].ghcb.gpa,
			      run->system_event.data[0], &names_gpa);
	}
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
