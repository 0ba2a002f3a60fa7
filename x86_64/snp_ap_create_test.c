// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP AP creation (NAE event 0x80000013): what is refused, and vCPUs that run from a VMSA which
 * the guest has made, whatever they did before.  What becomes of vCPUs without a VMSA, or with
 * one that is taken away, is in snp_ap_vmsa_test.c.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "snp/ap_vm.h"
#include "snp/ghcb_check.h"
#include "vm/mp_state.h"

/* What the AP does when the event comes. */
enum before {
	NEVER_RUN,		/* waits for INIT */
	RUNNABLE,		/* so says the VMM, but it has not run */
	EXITED,			/* KVM_RUN has returned with an exit, not completed yet */
	HELD,			/* AP reset hold */
	HALTED,			/* so says the VMM */
};

#define AGAIN	3

static bool bring(struct ap_vm *v, enum before before, enum requirement_nr req)
{
	if (before <= RUNNABLE) {
		mp_state_set(v->ap, before == RUNNABLE ? KVM_MP_STATE_RUNNABLE :
							 KVM_MP_STATE_UNINITIALIZED);
		return true;
	}
	if (before == HELD) {
		v->seen->hold = 1;
		mp_state_set(v->ap, KVM_MP_STATE_SIPI_RECEIVED);
		if (!EXPECT_REQ_STAYS(req, v->ap, KVM_MP_STATE_AP_RESET_HOLD, AGAIN))
			return false;
		v->seen->hold = 0;
		return true;
	}
	if (!ap_vm_start_ap(v, req))
		return false;
	if (before == HALTED)
		mp_state_set(v->ap, KVM_MP_STATE_HALTED);
	return true;
}

/* ---- what is refused ---- */

#define GPA_OF_VMSA	(1ull << 62)	/* added to it; no other bit of it is up there */
#define MAXPHYADDR	(1ull << 61)	/* the first address that the guest cannot have, added */
#define MAX_VALUES	8

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	unsigned int nr;
	uint64_t info_1[MAX_VALUES], id[MAX_VALUES], gpa[MAX_VALUES], rax[MAX_VALUES];
};

#define REFUSED_ROW(name, req, ...)							\
	FIXTURE_VARIANT_ADD(refused, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_SNP_AP_KEPT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		__VA_ARGS__								\
	};

/* A request that has no target of its own. */
#define NO_AP(id)	((uint64_t)(id) + 1)

/* Virtual TOM, VC reflection, restricted and alternate injection, debug swap, secure TSC. */
REFUSED_ROW(sev_features, REQ_SNP_AP_FEATURES,
	    .nr = 8, .info_1 = { 1, 1, 1, 1, 1, 1, 1, 1 },
	    .rax = { 1 ^ 0, 1 ^ 3, 1 ^ 5, 1 ^ 0x9, 1 ^ 0x11, 1 ^ 0x21, 1 ^ 0x201, 1 ^ 1ull << 63 })
REFUSED_ROW(sev_features_on_init, REQ_SNP_AP_FEATURES,
	    .nr = 4, .rax = { 1 ^ 0, 1 ^ 3, 1 ^ 0x21, 1 ^ (1 | 1ull << 32) })
REFUSED_ROW(misaligned, REQ_SNP_AP_GPA,
	    .nr = 4, .info_1 = { 1, 0, 1, 0 },
	    .gpa = { GPA_OF_VMSA | 1, GPA_OF_VMSA | 8, GPA_OF_VMSA | 0x800, GPA_OF_VMSA | 0xfff })
REFUSED_ROW(beyond_memory, REQ_SNP_AP_GPA,
	    .nr = 4, .info_1 = { 1, 0, 1, 1 },
	    .gpa = { MAXPHYADDR | GPA_OF_VMSA, MAXPHYADDR | 0x1000, 1ull << 52 | 0x1000,
		     ~0xfffull })
REFUSED_ROW(at_2m, REQ_SNP_AP_2M,
	    .nr = 4, .info_1 = { 1, 0, 1, 0 }, .gpa = { 0x200000, 0x200000, 0x40000000, 0x600000 })
REFUSED_ROW(no_such_vcpu, REQ_SNP_AP_ID,
	    .nr = 8, .info_1 = { 1, 0, 2, 1, 2, 1, 2, 0 },
	    .id = { NO_AP(2), NO_AP(2), NO_AP(2), NO_AP(257), NO_AP(1u << 31 | 1), NO_AP(~0u),
		    NO_AP(~0u), NO_AP(0x10001) })
REFUSED_ROW(unknown_request, REQ_SNP_AP_REQUEST,
	    .nr = 6, .info_1 = { 3, 4, 0x100, 0xff00, 0x80000001, 0xffffffff })

static void add_refused(struct ap_vm *v, const FIXTURE_VARIANT(refused) *variant, unsigned int i)
{
	const uint64_t width = 1ull << kvm_cpuid_property(v->ap->cpuid,
							   X86_PROPERTY_MAX_PHY_ADDR);
	uint64_t gpa = variant->gpa[i];
	struct ghcb *in = &ap_add(v, variant->info_1[i], 0)->in;

	if (variant->id[i])
		in->sw_exit_info_1 = AP_INFO_1(variant->info_1[i], variant->id[i] - 1);
	in->rax ^= variant->rax[i];
	if (!gpa)
		return;
	if (~gpa & GPA_OF_VMSA)
		in->sw_exit_info_2 = 0;
	if (gpa >> 63) {
		in->sw_exit_info_2 = gpa;
		return;
	}
	in->sw_exit_info_2 += (gpa & ~(GPA_OF_VMSA | MAXPHYADDR)) +
			      (gpa & MAXPHYADDR ? width : 0);
}

/* All of them; the AP is run after each. */
static bool refuse_all(struct ap_vm *v, const FIXTURE_VARIANT(refused) *variant,
		       bool (*kept)(struct ap_vm *v))
{
	enum requirement_nr req = check_main_req();
	unsigned int i;

	for (i = 0; i < variant->nr; i++) {
		struct ghcb *in;

		add_refused(v, variant, i);
		in = &v->g.cpu[0].script->step[0].in;
		if (EXPECT_AP_REFUSED(req, v) && kept(v))
			continue;
		check_note("SW_EXITINFO1 was 0x%lx, SW_EXITINFO2 0x%lx, RAX 0x%lx",
			   in->sw_exit_info_1, in->sw_exit_info_2, in->rax);
		return false;
	}
	return true;
}

static bool goes_on(struct ap_vm *v)
{
	return EXPECT_AP_GOES_ON(REQ_SNP_AP_KEPT, v);
}

COCO_TEST_F(refused, ap_goes_on)
{
	struct ap_vm v;

	if (!ap_vm_start(&v) || !ap_vm_start_ap(&v, check_main_req()) ||
	    !refuse_all(&v, variant, goes_on))
		return;
	/* No request is left that INIT would fulfil. */
	ap_add_init(&v);
	ap_add_sipi(&v);
	if (EXPECT_AP_DONE(REQ_SNP_AP_KEPT, &v) && goes_on(&v))
		snp_vm_free(v.g.snp);
}

static bool nothing(struct ap_vm *v)
{
	return EXPECT_REQ_EQ(REQ_SNP_AP_KEPT, "the AP's state", KVM_MP_STATE_UNINITIALIZED,
			     mp_state(v->ap), &names_mp_state);
}

/* What was created before, for the next INIT, is still to come. */
COCO_TEST_F(refused, pending_kept)
{
	struct ap_vm v;

	if (!ap_vm_start(&v) || !bring(&v, NEVER_RUN, check_main_req()))
		return;
	ap_make_vmsa(&v, &ap_add(&v, AP_CREATE_ON_INIT, 0)->before, 0);
	if (!EXPECT_AP_DONE(check_main_req(), &v) || !refuse_all(&v, variant, nothing))
		return;
	ap_add_init(&v);
	ap_add_sipi(&v);
	if (EXPECT_AP_DONE(REQ_SNP_AP_KEPT, &v) &&
	    EXPECT_REQ_EQ(REQ_SNP_AP_KEPT, "the AP's state after INIT and SIPI",
			  KVM_MP_STATE_RUNNABLE, mp_state(v.ap), &names_mp_state) &&
	    EXPECT_AP_STARTS(REQ_SNP_AP_KEPT, &v, 0))
		snp_vm_free(v.g.snp);
}

/* ---- CREATE ---- */

COCO_FIXTURE(create);
FIXTURE_VARIANT(create)
{
	struct check_row row;
	enum before before;
};

#define CREATE_ROW(name, req, before_)							\
	FIXTURE_VARIANT_ADD(create, name)						\
	{										\
		COCO_ROW(NULL, req, REQ_SNP_AP_ANSWER, REQ_SNP_AP_STATE, REQ_GHCB_KEPT,	\
			 REQ_GHCB_VALID_ONLY),						\
		.before = before_,							\
	};

CREATE_ROW(never_run, REQ_SNP_AP_WAKES, NEVER_RUN)
CREATE_ROW(not_run_yet, REQ_SNP_AP_CREATE, RUNNABLE)
CREATE_ROW(exited, REQ_SNP_AP_CREATE, EXITED)
CREATE_ROW(held, REQ_SNP_AP_CREATE, HELD)
CREATE_ROW(halted, REQ_SNP_AP_CREATE, HALTED)

COCO_TEST_F(create, starts)
{
	enum requirement_nr req = check_main_req();
	struct ap_vm v;

	if (!ap_vm_start(&v) || !bring(&v, variant->before, req))
		return;
	ap_make_vmsa(&v, &ap_add(&v, AP_CREATE, 0)->before, 0);
	if (!EXPECT_AP_DONE(REQ_SNP_AP_ANSWER, &v) || !EXPECT_AP_STARTS(req, &v, 0))
		return;
	/* Another one, while it runs from a VMSA of the guest's already. */
	ap_make_vmsa(&v, &ap_add(&v, AP_CREATE, 1)->before, 1);
	if (EXPECT_AP_DONE(REQ_SNP_AP_ANSWER, &v) && EXPECT_AP_STARTS(req, &v, 1) &&
	    EXPECT_AP_GOES_ON(req, &v))
		snp_vm_free(v.g.snp);
}

COCO_MAIN(snp_vm_missing)
