// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GHCB MSR protocol: requests and answers in the GHCB MSR itself, before
 * there is a GHCB.  Page state changes have a test of their own,
 * snp_psc_msr_test.c, so have registration (snp_ghcb_register_test.c) and AP
 * reset hold (snp_ghcb_ap_test.c).
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "control.h"
#include "snp/ghcb_check.h"
#include "vm/cpuid_leaves.h"

/* ---- guests ---- */

/* The script's MSR requests come before any registration. */
static void guest_msr(struct ghcb_script *script)
{
	guest_run_script(script);
	ghcb_register();
	GUEST_SYNC(GHCB_STAGE_ANSWERED);
}

/* The MSR before anything is written to it, where the answer to the first step would be. */
static void guest_starts(struct ghcb_script *script)
{
	script->step[0].answer.msr = ghcb_msr_read();
	ghcb_register();
	GUEST_SYNC(GHCB_STAGE_ANSWERED);
}

/* The first step's value, whatever it means: for ever, should the host let it. */
static void guest_terminates(struct ghcb_script *script)
{
	for (;;)
		ghcb_msr_call(script->step[0].msr);
}

/* ---- requests (AMD 56421, "GHCB MSR Protocol") ---- */

COCO_FIXTURE(msr_protocol);
FIXTURE_VARIANT(msr_protocol)
{
	struct check_row row;
	uint64_t request;		/* 0: there was none yet */
	uint64_t info;			/* of the answer */
	uint64_t mask, data;		/* and its bits 63:12, as far as they are known */
	bool sev_info, es;
};

FIXTURE_VARIANT_ADD(msr_protocol, sev_info)
{
	COCO_ROW(NULL, REQ_GHCB_SEV_INFO),
	.request = GHCB_MSR_SEV_INFO_REQ, .info = GHCB_MSR_SEV_INFO_RESP, .sev_info = true,
};

FIXTURE_VARIANT_ADD(msr_protocol, at_the_start)
{
	COCO_ROW(NULL, REQ_GHCB_SEV_INFO),
	.info = GHCB_MSR_SEV_INFO_RESP, .sev_info = true,
};

/* KVM_SEV_INIT2 with version 0 is one with version 2. */
FIXTURE_VARIANT_ADD(msr_protocol, at_the_start_es)
{
	COCO_ROW(NULL, REQ_GHCB_SEV_INFO),
	.info = GHCB_MSR_SEV_INFO_RESP, .sev_info = true, .es = true,
};

/* No VMM can have said that it prefers one. */
FIXTURE_VARIANT_ADD(msr_protocol, preferred_gpa)
{
	COCO_ROW(NULL, REQ_GHCB_PREF_GPA),
	.request = GHCB_MSR_PREF_GPA_REQ, .info = GHCB_MSR_PREF_GPA_RESP,
	.mask = ~0ull >> 12, .data = ~0ull >> 12,
};

FIXTURE_VARIANT_ADD(msr_protocol, features)
{
	COCO_ROW(NULL, REQ_GHCB_HV_FEATURES),
	.request = GHCB_MSR_HV_FEATURES_REQ, .info = GHCB_MSR_HV_FEATURES_RESP,
	.mask = GHCB_HV_FEATURE_SNP, .data = GHCB_HV_FEATURE_SNP,
};

static void expect_answer(const FIXTURE_VARIANT(msr_protocol) *v, const struct ghcb_vm *vm,
			  uint64_t answer)
{
	enum requirement_nr req = check_main_req();

	EXPECT_REQ_EQ(req, "answer in the GHCB MSR, bits 11:0", v->info, GHCB_MSR_INFO(answer),
		      &names_ghcb_msr);
	EXPECT_REQ_EQ(req, "answer in the GHCB MSR, bits 63:12", v->data,
		      GHCB_MSR_DATA(answer) & v->mask, &names_value);
	if (!v->sev_info)
		return;
	EXPECT_REQ_EQ(req, "highest GHCB version", GHCB_PROTOCOL_VERSION,
		      GHCB_SEV_INFO_MAX(answer), &names_value);
	EXPECT_REQ_EQ(req, "lowest GHCB version", 1, GHCB_SEV_INFO_MIN(answer), &names_value);
	EXPECT_REQ_EQ(req, "the C-bit's position", vm->snp->c_bit, GHCB_SEV_INFO_CBIT(answer),
		      &names_value);
}

/* What a request has no use for does not come back. */
COCO_TEST_F(msr_protocol, answer)
{
	enum requirement_nr req = check_main_req();
	void *guest = variant->request ? guest_msr : guest_starts;
	struct ghcb_step *step, *with_data;
	struct ghcb_vm v;

	if (variant->es && es_vm_missing()) {
		check_skip("%s", es_vm_missing());
		return;
	}
	if (variant->es)
		ghcb_vm_create_es(&v, 1, guest, 0);
	else
		ghcb_vm_create(&v, 1, guest);
	snp_vm_launch(v.snp);
	step = ghcb_add_msr(&v, 0, variant->request);
	with_data = ghcb_add_msr(&v, 0, GHCB_MSR(variant->request, ~0ull));
	if (EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED)) {
		expect_answer(variant, &v, step->answer.msr);
		if (variant->request)
			EXPECT_REQ_EQ(req, "answer to a request that has data, too",
				      step->answer.msr, with_data->answer.msr, &names_value);
	}
	snp_vm_free(v.snp);
}

/* ---- CPUID ---- */

COCO_FIXTURE(cpuid);
FIXTURE_VARIANT(cpuid)
{
	struct check_row row;
	uint32_t leaf;
	uint32_t wanted[4];
	bool as_set;			/* what the vCPU's CPUID has, instead */
};

FIXTURE_VARIANT_ADD(cpuid, leaf_0)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_CPUID),
	.leaf = 0, .as_set = true,
};

FIXTURE_VARIANT_ADD(cpuid, leaf_0x8000001f)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_CPUID),
	.leaf = 0x8000001f, .as_set = true,
};

FIXTURE_VARIANT_ADD(cpuid, leaf_of_the_vmm)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_CPUID),
	.leaf = CPUID_LEAF, .wanted = CPUID_LEAF_REGS,
};

FIXTURE_VARIANT_ADD(cpuid, subleaf_0)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_CPUID),
	.leaf = CPUID_LEAF_INDEXED, .wanted = CPUID_SUBLEAF_0_REGS,
};

FIXTURE_VARIANT_ADD(cpuid, past_the_vmms_leaves)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_CPUID_RANGE),
	.leaf = CPUID_LEAF_NONE,
};

FIXTURE_VARIANT_ADD(cpuid, highest_leaf)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_CPUID_RANGE),
	.leaf = 0xffffffff,
};

COCO_TEST_F(cpuid, answer)
{
	static const char *const regs[] = { "EAX", "EBX", "ECX", "EDX" };
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step[4];
	struct kvm_vcpu *vcpu;
	uint32_t wanted[4];
	struct ghcb_vm v;
	unsigned int i;

	ghcb_vm_create(&v, 1, guest_msr);
	vcpu = v.cpu[0].vcpu;
	set_cpuid_leaves(vcpu);
	memcpy(wanted, variant->wanted, sizeof(wanted));
	if (variant->as_set)
		memcpy(wanted, &vcpu_get_cpuid_entry(vcpu, variant->leaf)->eax, sizeof(wanted));
	snp_vm_launch(v.snp);
	for (i = 0; i < ARRAY_SIZE(step); i++)
		step[i] = ghcb_add_msr(&v, 0, GHCB_MSR_CPUID(variant->leaf, i));
	if (!EXPECT_REQ_SYNC(req, vcpu, GHCB_STAGE_ANSWERED))
		return;
	for (i = 0; i < ARRAY_SIZE(step); i++) {
		char what[64];

		snprintf(what, sizeof(what), "answer in the GHCB MSR for %s, bits 11:0", regs[i]);
		EXPECT_REQ_EQ(req, what, GHCB_MSR_CPUID_RESP,
			      GHCB_MSR_INFO(step[i]->answer.msr), &names_ghcb_msr);
		snprintf(what, sizeof(what), "%s of leaf 0x%x", regs[i], variant->leaf);
		EXPECT_REQ_EQ(req, what, wanted[i], GHCB_MSR_CPUID_VALUE(step[i]->answer.msr),
			      &names_value);
	}
	snp_vm_free(v.snp);
}

/* ---- undefined requests ---- */

COCO_FIXTURE(undefined);
FIXTURE_VARIANT(undefined)
{
	struct check_row row;
	uint16_t first, last;		/* of bits 11:0 */
	uint64_t data;
};

FIXTURE_VARIANT_ADD(undefined, around_the_first)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_UNDEFINED),
	.first = 0x001, .last = 0x01f, .data = 0x123456789,
};

FIXTURE_VARIANT_ADD(undefined, around_features)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_UNDEFINED),
	.first = 0x07c, .last = 0x084, .data = 0,
};

FIXTURE_VARIANT_ADD(undefined, around_termination)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_UNDEFINED),
	.first = 0x0fc, .last = 0x104, .data = ~0ull >> 12,
};

FIXTURE_VARIANT_ADD(undefined, highest)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_UNDEFINED),
	.first = 0xffc, .last = 0xfff, .data = 1,
};

/* Later revisions of the specification have defined 0x016 to 0x019. */
static bool msr_request_is_defined(uint64_t info)
{
	switch (info) {
	case GHCB_MSR_SEV_INFO_REQ:
	case GHCB_MSR_CPUID_REQ:
	case GHCB_MSR_AP_HOLD_REQ:
	case GHCB_MSR_PREF_GPA_REQ:
	case GHCB_MSR_REG_GPA_REQ:
	case GHCB_MSR_PSC_REQ:
	case 0x016:
	case 0x018:
	case GHCB_MSR_HV_FEATURES_REQ:
	case GHCB_MSR_TERM_REQ:
		return true;
	}
	return false;
}

COCO_TEST_F(undefined, kept)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_script *script;
	struct ghcb_vm v;
	uint64_t info;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	script = v.cpu[0].script;
	for (info = variant->first; info <= variant->last;) {
		ghcb_script_reset(&v, 0);
		for (; info <= variant->last && script->nr_steps < GHCB_MAX_STEPS; info++)
			if (!msr_request_is_defined(info))
				ghcb_add_msr(&v, 0, GHCB_MSR(info, variant->data));
		if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
			return;
		for (i = 0; i < script->nr_steps; i++) {
			char what[64];

			snprintf(what, sizeof(what), "the GHCB MSR after request 0x%03x",
				 (unsigned int)GHCB_MSR_INFO(script->step[i].msr));
			EXPECT_REQ_EQ(req, what, script->step[i].msr, script->step[i].answer.msr,
				      &names_value);
		}
	}
	snp_vm_free(v.snp);
}

/* ---- termination ---- */

COCO_FIXTURE(termination);
FIXTURE_VARIANT(termination)
{
	struct check_row row;
	/* Each a vCPU's; the VMM gets all of the value. */
	uint64_t msr[SNP_VM_MAX_VCPUS];
};

/* Reason set in bits 15:12, reason in 23:16, nothing above */
FIXTURE_VARIANT_ADD(termination, msr)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_TERM, REQ_GHCB_MSR_TERM_LOG),
	.msr = {
		GHCB_MSR_TERM(0, 0), GHCB_MSR_TERM(0, 1), GHCB_MSR_TERM(1, 0x42),
		GHCB_MSR_TERM(0xf, 0), GHCB_MSR_TERM(0, 0xff), GHCB_MSR_TERM(0xf, 0xff),
		GHCB_MSR_TERM(8, 0x80), GHCB_MSR_TERM(7, 0x7f),
	},
};

FIXTURE_VARIANT_ADD(termination, msr_bits_above)
{
	COCO_ROW(NULL, REQ_GHCB_MSR_TERM, REQ_GHCB_MSR_TERM_LOG),
	.msr = { GHCB_MSR(GHCB_MSR_TERM_REQ, ~0ull), 0xfedcba9876543100 },
};

/* A kernel that has a line for it in its log has the guest's reason there, at the line's end. */
static void expect_logged(uint64_t msr, unsigned int *line)
{
	unsigned long set, reason;
	const char *text, *at;

	for (; control() && *line < control()->nr_log_lines(); ++*line) {
		text = control()->log_line(*line);
		if (!strstr(text, "requested termination"))
			continue;
		at = strrchr(text, ' ');
		if (!EXPECT_REQ_EQ(REQ_GHCB_MSR_TERM_LOG, "numbers in the log's line", 2,
				   at ? sscanf(at, " %lx:%lx", &set, &reason) : 0, &names_count))
			continue;
		EXPECT_REQ_EQ(REQ_GHCB_MSR_TERM_LOG, "reason set in the log's line",
			      GHCB_MSR_DATA(msr) & 0xf, set, &names_value);
		EXPECT_REQ_EQ(REQ_GHCB_MSR_TERM_LOG, "reason in the log's line",
			      GHCB_MSR_DATA(msr) >> 4 & 0xff, reason, &names_value);
	}
}

COCO_TEST_F(termination, exit)
{
	enum requirement_nr req = check_main_req();
	unsigned int i, again, nr = 0, line = 0;
	struct ghcb_vm v;

	while (nr < SNP_VM_MAX_VCPUS && variant->msr[nr])
		nr++;
	ghcb_vm_create(&v, nr, guest_terminates);
	snp_vm_launch(v.snp);
	for (i = 0; i < nr; i++) {
		struct kvm_run *run = v.cpu[i].vcpu->run;

		ghcb_add_msr(&v, i, variant->msr[i]);
		/* A VMM that does not end the guest is asked for it again. */
		for (again = 0; again < 2; again++) {
			if (!EXPECT_REQ_EXIT(req, v.cpu[i].vcpu, KVM_EXIT_SYSTEM_EVENT))
				break;
			EXPECT_REQ_EQ(req, "system_event.type", KVM_SYSTEM_EVENT_SEV_TERM,
				      run->system_event.type, &names_system_event);
			EXPECT_REQ_EQ(req, "system_event.ndata", 1, run->system_event.ndata,
				      &names_count);
			EXPECT_REQ_EQ(req, "system_event.data[0]", variant->msr[i],
				      run->system_event.data[0], &names_value);
			expect_logged(variant->msr[i], &line);
		}
	}
	snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
