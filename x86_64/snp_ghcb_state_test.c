// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a GHCB carries to KVM besides the event itself, as far as its guest sees it again:
 * registers of a hypercall, XCR0, what is not marked valid.
 */
#include <linux/kvm_para.h>

#include "check/harness.h"

#include "apic.h"
#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"

#define ROW(req)	COCO_ROW(NULL, req, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY)

/* Event 0x81, whose four arguments are in RBX, RCX, RDX and RSI. */
static struct ghcb_step *add_hypercall(struct ghcb_vm *v, uint64_t nr)
{
	struct ghcb_step *step = ghcb_add_event(v, 0, GHCB_NAE_VMMCALL, 0, 0);

	ghcb_set(&step->in, rax, nr);
	ghcb_set(&step->in, cpl, 0);
	return step;
}

/* ---- RSI ---- */

COCO_FIXTURE(rsi);
FIXTURE_VARIANT(rsi)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(rsi, send_ipi)
{
	ROW(REQ_GHCB_RSI),
};

COCO_TEST_F(rsi, is_icr)
{
	/* No bit of the ICR's destination may be set. */
	const uint64_t icr[] = { APIC_DEST_SELF, 0x40, APIC_DEST_ALLBUT | 0x40 };
	struct ghcb_step *step[ARRAY_SIZE(icr)];
	struct ghcb_vm v;
	unsigned int i;

	(void)variant;
	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < ARRAY_SIZE(icr); i++) {
		step[i] = add_hypercall(&v, KVM_HC_SEND_IPI);
		ghcb_set(&step[i]->in, rbx, 0);
		ghcb_set(&step[i]->in, rcx, 0);
		ghcb_set(&step[i]->in, rdx, 0);
		ghcb_set(&step[i]->in, rsi, icr[i]);
	}
	if (!EXPECT_REQ_SYNC(REQ_GHCB_RSI, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return;
	for (i = 0; i < ARRAY_SIZE(icr); i++) {
		if (!EXPECT_GHCB_ANSWER(REQ_GHCB_RSI, step[i], GHCB_INFO1_OK, 0))
			return;
		EXPECT_REQ_EQ(REQ_GHCB_RSI, "RAX of KVM_HC_SEND_IPI",
			      icr[i] == 0x40 ? 0 : (uint64_t)-KVM_EINVAL,
			      step[i]->answer.page.rax, &names_value);
		EXPECT_GHCB_KEPT(step[i], 0, 0);
	}
	snp_vm_free(v.snp);
}

/* ---- what is not marked valid ---- */

COCO_FIXTURE(not_valid);
FIXTURE_VARIANT(not_valid)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(not_valid, after_valid)
{
	ROW(REQ_GHCB_NOT_VALID),
};

#define GPA	0x123000ull

static bool expect_args(const struct ghcb_vm *v, const uint64_t *wanted)
{
	struct kvm_run *run = v->cpu[0].vcpu->run;
	enum requirement_nr req = REQ_GHCB_NOT_VALID;

	if (!EXPECT_REQ_EXIT(req, v->cpu[0].vcpu, KVM_EXIT_HYPERCALL))
		return false;
	run->hypercall.ret = 0;
	return EXPECT_REQ_EQ(req, "args[0], from RBX", wanted[0], run->hypercall.args[0],
			     &names_gpa) &&
	       EXPECT_REQ_EQ(req, "args[1], from RCX", wanted[1], run->hypercall.args[1],
			     &names_pages) &&
	       EXPECT_REQ_EQ(req, "args[2], from RDX", wanted[2], run->hypercall.args[2],
			     &names_value);
}

COCO_TEST_F(not_valid, is_0)
{
	/* KVM asks for a range of a page at least, so RCX is always there. */
	const uint64_t all[] = { GPA, 2, KVM_MAP_GPA_RANGE_ENCRYPTED }, some[] = { 0, 3, 0 };
	struct ghcb_step *step[2];
	struct ghcb_vm v;
	unsigned int i;

	(void)variant;
	if (!ghcb_vm_start(&v))
		return;
	vm_enable_cap(v.snp->vm, KVM_CAP_EXIT_HYPERCALL, 1ull << KVM_HC_MAP_GPA_RANGE);
	for (i = 0; i < 2; i++) {
		step[i] = add_hypercall(&v, KVM_HC_MAP_GPA_RANGE);
		ghcb_set(&step[i]->in, rcx, i ? some[1] : all[1]);
	}
	ghcb_set(&step[0]->in, rbx, all[0]);
	ghcb_set(&step[0]->in, rdx, all[2]);
	/* The second one has them, too, but does not say so. */
	step[1]->in.rbx = all[0];
	step[1]->in.rdx = all[2];
	if (expect_args(&v, all) && expect_args(&v, some) &&
	    EXPECT_REQ_SYNC(REQ_GHCB_NOT_VALID, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		for (i = 0; i < 2; i++)
			EXPECT_GHCB_KEPT(step[i], 0, 0);
	snp_vm_free(v.snp);
}

/* ---- RDPMC ---- */

COCO_FIXTURE(rdpmc);
FIXTURE_VARIANT(rdpmc)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(rdpmc, no_such_counter)
{
	ROW(REQ_GHCB_RDPMC),
};

#define EVENTINJ_GP	(13u | 3u << 8 | 1u << 31)
#define EVENTINJ_CODE	(1u << 11)

COCO_TEST_F(rdpmc, answer)
{
	const struct ghcb *page;
	struct ghcb_step *step;
	struct ghcb_vm v;

	(void)variant;
	if (!ghcb_vm_start(&v))
		return;
	step = ghcb_add_event(&v, 0, GHCB_NAE_RDPMC, 0, 0);
	ghcb_set(&step->in, rcx, 1u << 29);
	if (!EXPECT_REQ_SYNC(REQ_GHCB_RDPMC, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return;
	page = &step->answer.page;
	if (page->sw_exit_info_1 == GHCB_INFO1_EXCEPTION)
		EXPECT_REQ_EQ(REQ_GHCB_RDPMC, "SW_EXITINFO2[31:0], an event to inject", EVENTINJ_GP,
			      (uint32_t)page->sw_exit_info_2 & ~EVENTINJ_CODE, &names_value);
	else
		EXPECT_GHCB_ANSWER(REQ_GHCB_RDPMC, step, GHCB_INFO1_OK, 0);
	EXPECT_GHCB_KEPT(step, 0, 0);
	snp_vm_free(v.snp);
}

/* ---- XCR0 ---- */

COCO_FIXTURE(xcr0);
FIXTURE_VARIANT(xcr0)
{
	struct check_row row;
	uint64_t bad;
};

#define X87		(1ull << 0)
#define SSE		(1ull << 1)
#define AVX		(1ull << 2)

FIXTURE_VARIANT_ADD(xcr0, no_x87)
{
	ROW(REQ_GHCB_XCR0),
	.bad = SSE | AVX,
};

FIXTURE_VARIANT_ADD(xcr0, avx_without_sse)
{
	ROW(REQ_GHCB_XCR0),
	.bad = X87 | AVX,
};

FIXTURE_VARIANT_ADD(xcr0, bit_of_none)
{
	ROW(REQ_GHCB_XCR0),
	.bad = X87 | SSE | AVX | 1ull << 62,
};

FIXTURE_VARIANT_ADD(xcr0, all_bits)
{
	ROW(REQ_GHCB_XCR0),
	.bad = ~0ull,
};

COCO_TEST_F(xcr0, cpuid)
{
	/* Leaf 0xd, EBX: the legacy area and the header, and AVX's state behind them */
	const uint64_t legacy = 512 + 64, with_avx = legacy + 256;
	const uint64_t xcr0[] = { X87 | SSE | AVX, X87 | SSE, variant->bad };
	const uint64_t size[] = { with_avx, legacy, legacy };
	struct ghcb_step *step[ARRAY_SIZE(xcr0)];
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < ARRAY_SIZE(xcr0); i++) {
		step[i] = ghcb_add_event(&v, 0, GHCB_NAE_CPUID, 0, 0);
		ghcb_set(&step[i]->in, rax, 0xd);
		ghcb_set(&step[i]->in, rcx, 0);
		ghcb_set(&step[i]->in, xcr0, xcr0[i]);
	}
	if (!EXPECT_REQ_SYNC(REQ_GHCB_XCR0, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return;
	if (!(step[0]->answer.page.rax & AVX)) {
		check_skip("KVM offers no AVX here: CPUID has one answer for every XCR0");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(xcr0); i++) {
		const struct ghcb *page = &step[i]->answer.page;

		/* A hypervisor may also say that the input is invalid. */
		if (i == 2 && page->sw_exit_info_1 == GHCB_INFO1_MALFORMED)
			continue;
		if (EXPECT_GHCB_ANSWER(REQ_GHCB_XCR0, step[i], GHCB_INFO1_OK, 0))
			EXPECT_REQ_EQ(REQ_GHCB_XCR0, i == 2 ? "EBX of leaf 0xd, XCR0 is illegal" :
				      "EBX of leaf 0xd", size[i], page->rbx, &names_value);
		EXPECT_GHCB_KEPT(step[i], 0, 0);
	}
	snp_vm_free(v.snp);
}

/* ---- XSS ---- */

COCO_FIXTURE(xss);
FIXTURE_VARIANT(xss)
{
	struct check_row row;
	uint64_t bad;
};

#define CET_U		(1ull << 11)
#define CET_S		(1ull << 12)

FIXTURE_VARIANT_ADD(xss, bit_of_none)
{
	ROW(REQ_GHCB_XSS),
	.bad = 1ull << 62,
};

FIXTURE_VARIANT_ADD(xss, bits_of_xcr0)
{
	ROW(REQ_GHCB_XSS),
	.bad = X87 | SSE,
};

FIXTURE_VARIANT_ADD(xss, all_bits)
{
	ROW(REQ_GHCB_XSS),
	.bad = ~0ull,
};

COCO_TEST_F(xss, cpuid)
{
	/* Leaf 0xd, 1, EBX: with the states of XSS behind it, where there is no AVX's */
	static const uint64_t legacy = 512 + 64, cet = 16 + 24;
	const struct {
		uint64_t xss, size;
		bool invalid;		/* not marked valid, so that XSS stays as it is */
		const char *what;
	} asked[] = {
		{ CET_U | CET_S, legacy + cet, false, "EBX of leaf 0xd, 1" },
		{ variant->bad, legacy + cet, false, "EBX of leaf 0xd, 1, XSS is illegal" },
		{ 0, legacy, false, "EBX of leaf 0xd, 1, XSS is 0" },
		{ CET_U | CET_S, legacy, true, "EBX of leaf 0xd, 1, XSS is not valid" },
	};
	struct ghcb_step *step[ARRAY_SIZE(asked)];
	struct ghcb_vm v;
	unsigned int i;

	if (!kvm_msr_is_in_save_restore_list(MSR_IA32_XSS)) {
		check_skip("KVM offers no state of XSS here: CPUID has one answer");
		return;
	}
	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		step[i] = ghcb_add_event(&v, 0, GHCB_NAE_CPUID, 0, 0);
		ghcb_set(&step[i]->in, rax, 0xd);
		ghcb_set(&step[i]->in, rcx, 1);
		ghcb_set(&step[i]->in, xcr0, X87 | SSE);
		if (asked[i].invalid)
			step[i]->in.xss = asked[i].xss;
		else
			ghcb_set(&step[i]->in, xss, asked[i].xss);
	}
	if (!EXPECT_REQ_SYNC(REQ_GHCB_XSS, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return;
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		const struct ghcb *page = &step[i]->answer.page;

		/* A hypervisor may also say that the input is invalid. */
		if (i == 1 && page->sw_exit_info_1 == GHCB_INFO1_MALFORMED)
			continue;
		if (EXPECT_GHCB_ANSWER(REQ_GHCB_XSS, step[i], GHCB_INFO1_OK, 0))
			EXPECT_REQ_EQ(REQ_GHCB_XSS, asked[i].what, asked[i].size, page->rbx,
				      &names_value);
		EXPECT_GHCB_KEPT(step[i], 0, 0);
	}
	snp_vm_free(v.snp);
}

/* With state that AVX and shadow stacks have */
COCO_MAIN_ON("xsaves,avx,cet", snp_vm_missing)
