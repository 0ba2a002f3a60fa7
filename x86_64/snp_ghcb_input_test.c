// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is wrong with a GHCB, whatever the event: inputs that are not marked valid,
 * usage, version, events that nobody has defined.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "ucall_common.h"

#include "snp/ghcb_check.h"

/* Run the script: every step is refused with @reason, and its GHCB is as it was. */
static bool expect_refused(struct ghcb_vm *v, enum requirement_nr req, uint64_t reason)
{
	const struct ghcb_script *script = v->cpu[0].script;
	unsigned int i;

	if (!EXPECT_REQ_SYNC(req, v->cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return false;
	for (i = 0; i < script->nr_steps; i++)
		if (!EXPECT_GHCB_ANSWER(req, &script->step[i], GHCB_INFO1_MALFORMED, reason) ||
		    !EXPECT_GHCB_KEPT(&script->step[i], 0, 0))
			return false;
	ghcb_script_reset(v, 0);
	return true;
}

static bool script_is_full(const struct ghcb_vm *v)
{
	return v->cpu[0].script->nr_steps == GHCB_MAX_STEPS;
}

/* ---- inputs that are not marked valid (AMD 56421, "Supported Guest VM Exits") ---- */

enum field { CODE, INFO_1, INFO_2, RAX, RCX, RDX, CPL, XCR0, SCRATCH, NR_FIELDS };

#define FIELD(nr, field)	[nr] = { #field, GHCB_VALID_BIT(field) }

static const struct {
	const char *name;
	unsigned int bit;
} fields[NR_FIELDS] = {
	FIELD(CODE, sw_exit_code), FIELD(INFO_1, sw_exit_info_1), FIELD(INFO_2, sw_exit_info_2),
	FIELD(RAX, rax), FIELD(RCX, rcx), FIELD(RDX, rdx), FIELD(CPL, cpl), FIELD(XCR0, xcr0),
	FIELD(SCRATCH, sw_scratch),
};

#define BIT_OF(field)	(1u << (field))

COCO_FIXTURE(missing);
FIXTURE_VARIANT(missing)
{
	struct check_row row;
	uint64_t event, info_1, info_2, rax;
	unsigned int needs;		/* BIT_OF() each, but for exit code and infos */
};

#define MISSING_ROW	COCO_ROW(NULL, REQ_GHCB_ERR_MISSING_STATE, REQ_GHCB_ERR_MISSING, \
				 REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY)

FIXTURE_VARIANT_ADD(missing, dr7_write)
{
	MISSING_ROW,
	.event = GHCB_NAE_DR7_WRITE, .needs = BIT_OF(RAX),
};

FIXTURE_VARIANT_ADD(missing, rdpmc)
{
	MISSING_ROW,
	.event = GHCB_NAE_RDPMC, .needs = BIT_OF(RCX),
};

FIXTURE_VARIANT_ADD(missing, cpuid)
{
	MISSING_ROW,
	.event = GHCB_NAE_CPUID, .needs = BIT_OF(RAX) | BIT_OF(RCX),
};

/* The size of the XSAVE area depends on what is enabled. */
FIXTURE_VARIANT_ADD(missing, cpuid_xsave)
{
	MISSING_ROW,
	.event = GHCB_NAE_CPUID, .rax = 0xd, .needs = BIT_OF(RAX) | BIT_OF(RCX) | BIT_OF(XCR0),
};

FIXTURE_VARIANT_ADD(missing, io_out)
{
	MISSING_ROW,
	.event = GHCB_NAE_IOIO, .needs = BIT_OF(RAX),
	.info_1 = GHCB_IOIO_PORT(0x80) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE(1),
};

FIXTURE_VARIANT_ADD(missing, io_string_out)
{
	MISSING_ROW,
	.event = GHCB_NAE_IOIO, .needs = BIT_OF(SCRATCH), .info_2 = 1,
	.info_1 = GHCB_IOIO_PORT(0x80) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE(1) |
		  GHCB_IOIO_STRING | GHCB_IOIO_REP,
};

FIXTURE_VARIANT_ADD(missing, io_string_in)
{
	MISSING_ROW,
	.event = GHCB_NAE_IOIO, .needs = BIT_OF(SCRATCH), .info_2 = 1,
	.info_1 = GHCB_IOIO_PORT(0x80) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE(1) |
		  GHCB_IOIO_STRING | GHCB_IOIO_IN,
};

FIXTURE_VARIANT_ADD(missing, msr_read)
{
	MISSING_ROW,
	.event = GHCB_NAE_MSR, .needs = BIT_OF(RCX),
};

FIXTURE_VARIANT_ADD(missing, msr_write)
{
	MISSING_ROW,
	.event = GHCB_NAE_MSR, .info_1 = 1, .needs = BIT_OF(RCX) | BIT_OF(RAX) | BIT_OF(RDX),
};

FIXTURE_VARIANT_ADD(missing, vmmcall)
{
	MISSING_ROW,
	.event = GHCB_NAE_VMMCALL, .needs = BIT_OF(RAX) | BIT_OF(CPL),
};

FIXTURE_VARIANT_ADD(missing, monitor)
{
	MISSING_ROW,
	.event = GHCB_NAE_MONITOR, .needs = BIT_OF(RAX) | BIT_OF(RCX) | BIT_OF(RDX),
};

FIXTURE_VARIANT_ADD(missing, mwait)
{
	MISSING_ROW,
	.event = GHCB_NAE_MWAIT, .needs = BIT_OF(RAX) | BIT_OF(RCX),
};

FIXTURE_VARIANT_ADD(missing, mmio_read)
{
	MISSING_ROW,
	.event = GHCB_NAE_MMIO_READ, .info_1 = 0xfed00000, .info_2 = 4, .needs = BIT_OF(SCRATCH),
};

FIXTURE_VARIANT_ADD(missing, mmio_write)
{
	MISSING_ROW,
	.event = GHCB_NAE_MMIO_WRITE, .info_1 = 0xfed00000, .info_2 = 4, .needs = BIT_OF(SCRATCH),
};

FIXTURE_VARIANT_ADD(missing, page_state_change)
{
	MISSING_ROW,
	.event = GHCB_NAE_PSC, .needs = BIT_OF(SCRATCH),
};

/* Of no AP that there is: create on INIT, or at once. */
FIXTURE_VARIANT_ADD(missing, ap_create_on_init)
{
	MISSING_ROW,
	.event = GHCB_NAE_AP_CREATION, .info_1 = 77ull << 32, .info_2 = 0x1000,
	.needs = BIT_OF(RAX),
};

FIXTURE_VARIANT_ADD(missing, ap_create)
{
	MISSING_ROW,
	.event = GHCB_NAE_AP_CREATION, .info_1 = 77ull << 32 | 1, .info_2 = 0x1000,
	.needs = BIT_OF(RAX),
};

COCO_TEST_F(missing, refused)
{
	unsigned int needs = BIT_OF(CODE) | BIT_OF(INFO_1) | BIT_OF(INFO_2) | variant->needs;
	struct ghcb_vm v;
	enum field f, i;

	if (!ghcb_vm_start(&v))
		return;
	for (f = 0; f < NR_FIELDS; f++) {
		struct ghcb *ghcb;

		if (!(needs & BIT_OF(f)))
			continue;
		ghcb = &ghcb_add_event(&v, 0, variant->event, variant->info_1, variant->info_2)->in;
		memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
		ghcb->rax = variant->rax;
		ghcb->sw_scratch = ghcb_buffer_gpa(&v, 0, 0);
		for (i = 0; i < NR_FIELDS; i++)
			if ((needs & BIT_OF(i)) && i != f)
				ghcb_mark_bit(ghcb->valid_bitmap, fields[i].bit);
		if (!expect_refused(&v, f <= INFO_2 ? REQ_GHCB_ERR_MISSING :
						      REQ_GHCB_ERR_MISSING_STATE,
				    GHCB_REASON_MISSING_INPUT)) {
			check_note("%s was not marked valid", fields[f].name);
			return;
		}
	}
	snp_vm_free(v.snp);
}

/* Events that have nothing but code and infos. */
COCO_FIXTURE(missing_info);
FIXTURE_VARIANT(missing_info)
{
	struct check_row row;
	uint64_t events[16];
};

FIXTURE_VARIANT_ADD(missing_info, svm_events)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_MISSING, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.events = {
		GHCB_NAE_DR7_READ, GHCB_NAE_RDTSC, GHCB_NAE_RDTSCP, GHCB_NAE_INVD,
		GHCB_NAE_WBINVD,
	},
};

FIXTURE_VARIANT_ADD(missing_info, software_events)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_MISSING, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.events = {
		GHCB_NAE_NMI_COMPLETE, GHCB_NAE_AP_RESET_HOLD, GHCB_NAE_AP_JUMP_TABLE,
		GHCB_NAE_GUEST_REQUEST, GHCB_NAE_EXT_GUEST_REQUEST, GHCB_NAE_HV_FEATURES,
		GHCB_NAE_TERMINATION, GHCB_NAE_UNSUPPORTED,
	},
};

COCO_TEST_F(missing_info, refused)
{
	static const enum field first[] = { CODE, INFO_1, INFO_2 };
	const uint64_t *event;
	unsigned int f, i;
	struct ghcb_vm v;

	if (!ghcb_vm_start(&v))
		return;
	for (event = variant->events; *event; event++) {
		for (f = 0; f < ARRAY_SIZE(first); f++) {
			/* Page aligned and different, which guest requests ask for. */
			struct ghcb *ghcb = &ghcb_add_event(&v, 0, *event, 0, 0x1000)->in;

			memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
			for (i = 0; i < ARRAY_SIZE(first); i++)
				if (i != f)
					ghcb_mark_bit(ghcb->valid_bitmap, fields[first[i]].bit);
		}
		if (!expect_refused(&v, REQ_GHCB_ERR_MISSING, GHCB_REASON_MISSING_INPUT))
			return;
	}
	snp_vm_free(v.snp);
}

/* ---- several errors at once ---- */

#define UNKNOWN		0x80000020ull

COCO_FIXTURE(order);
FIXTURE_VARIANT(order)
{
	struct check_row row;
	uint64_t event, info_1, info_2;
	uint32_t usage;
	enum field missing;		/* CODE: none, it is marked always */
	uint64_t reason;
};

#define ORDER_ROW(name, reason_, event_, ...)						\
	FIXTURE_VARIANT_ADD(order, name)						\
	{										\
		COCO_ROW(NULL, REQ_GHCB_ERR_ORDER, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),	\
		.reason = reason_, .event = event_, __VA_ARGS__				\
	};

ORDER_ROW(usage_and_missing, GHCB_REASON_USAGE, GHCB_NAE_HV_FEATURES,
	  .usage = 1, .missing = INFO_1)
ORDER_ROW(usage_and_event, GHCB_REASON_USAGE, UNKNOWN, .usage = 1)
ORDER_ROW(usage_and_both, GHCB_REASON_USAGE, UNKNOWN, .usage = 1, .missing = INFO_2)
ORDER_ROW(missing_and_event, GHCB_REASON_MISSING_INPUT, UNKNOWN, .missing = INFO_1)
ORDER_ROW(missing_and_ap, GHCB_REASON_MISSING_INPUT, GHCB_NAE_AP_CREATION,
	  .info_1 = 77ull << 32 | 3, .info_2 = 1, .missing = RAX)

COCO_TEST_F(order, told)
{
	struct ghcb_vm v;
	struct ghcb *in;

	if (!ghcb_vm_start(&v))
		return;
	in = &ghcb_add_event(&v, 0, variant->event, variant->info_1, variant->info_2)->in;
	in->ghcb_usage = variant->usage;
	if (variant->missing && variant->missing < RAX)
		in->valid_bitmap[fields[variant->missing].bit / 8] &=
			~(1u << fields[variant->missing].bit % 8);
	if (expect_refused(&v, REQ_GHCB_ERR_ORDER, variant->reason))
		snp_vm_free(v.snp);
}

/* ---- usage and version (AMD 56421, "GHCB Format") ---- */

COCO_FIXTURE(usage);
FIXTURE_VARIANT(usage)
{
	struct check_row row;
	uint32_t usage[8];
};

FIXTURE_VARIANT_ADD(usage, low)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_USAGE, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.usage = { 1, 2, 3, 0xff, 0x100, 0xffff },
};

FIXTURE_VARIANT_ADD(usage, high)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_USAGE, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.usage = { 0x10000, 0x7fffffff, 0x80000000, 0xffffffff },
};

COCO_TEST_F(usage, refused)
{
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; variant->usage[i]; i++) {
		ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0)->in.ghcb_usage =
			variant->usage[i];
		if (!expect_refused(&v, REQ_GHCB_ERR_USAGE, GHCB_REASON_USAGE)) {
			check_note("the usage was 0x%x", variant->usage[i]);
			return;
		}
	}
	snp_vm_free(v.snp);
}

COCO_FIXTURE(version);
FIXTURE_VARIANT(version)
{
	struct check_row row;
	unsigned int nr;
	uint16_t version[6];
	bool other;			/* none that request 0x002 announces */
};

FIXTURE_VARIANT_ADD(version, announced)
{
	COCO_ROW(NULL, REQ_GHCB_VERSION),
	.nr = 2, .version = { 1, 2 },
};

/* The specification has no reason for it: no more can be asked than that it is no accident. */
FIXTURE_VARIANT_ADD(version, other)
{
	COCO_ROW(NULL, REQ_GHCB_VERSION_OTHER),
	.nr = 6, .version = { 0, 3, 4, 0x100, 0x102, 0xffff }, .other = true,
};

COCO_TEST_F(version, answer)
{
	enum requirement_nr req = check_main_req();
	struct ghcb_step *step;
	struct ghcb_vm v;
	unsigned int i;

	if (!ghcb_vm_start(&v))
		return;
	for (i = 0; i < variant->nr; i++) {
		ghcb_script_reset(&v, 0);
		step = ghcb_add_event(&v, 0, GHCB_NAE_HV_FEATURES, 0, 0);
		step->in.protocol_version = variant->version[i];
		if (!EXPECT_REQ_SYNC(req, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
			return;
		EXPECT_REQ_EITHER(req, "SW_EXITINFO1", GHCB_INFO1_OK,
				  variant->other ? GHCB_INFO1_MALFORMED : GHCB_INFO1_OK,
				  step->answer.page.sw_exit_info_1, &names_info_1);
		EXPECT_GHCB_KEPT(step, 0, 0);
	}
	snp_vm_free(v.snp);
}

/* ---- events that nobody has defined ---- */

COCO_FIXTURE(undefined);
FIXTURE_VARIANT(undefined)
{
	struct check_row row;
	uint64_t first, last;		/* all of these that are not defined */
	uint64_t event[20];		/* and these, ended by 0 */
	bool not_announced;		/* defined, but only where features say so */
};

/* Intercepts of SVM that are no NAE events, HLT (0x78) among them. */
FIXTURE_VARIANT_ADD(undefined, svm_exit_codes)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_EVENT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.first = 0x60, .last = 0xa8,
	.event = { 0x20, 0x26, 0x28, 0x36, 0x38, 0x3f, 0x41, 0x4e, 0x400, 0x401, 0x403, 0xffff },
};

FIXTURE_VARIANT_ADD(undefined, software_events)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_EVENT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.first = 0x80000000, .last = 0x8000000f,
	.event = {
		0x7fffffff, 0x80000020, 0x800000ff, 0x80001011, 0x80007fff, 0x80008000,
		0x8000fffb, 0x80010000, 0x80010011, 0xffff0011, 0xffffffff,
	},
};

/* What is defined in the low 32 bits only. */
FIXTURE_VARIANT_ADD(undefined, more_than_32_bits)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_EVENT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.event = {
		1ull << 32, 1ull << 63, ~0ull, 1ull << 32 | GHCB_NAE_CPUID,
		1ull << 63 | GHCB_NAE_CPUID, 1ull << 33 | GHCB_NAE_WBINVD,
		1ull << 32 | GHCB_NAE_GUEST_REQUEST, ~0ull << 32 | GHCB_NAE_GUEST_REQUEST,
		1ull << 63 | GHCB_NAE_EXT_GUEST_REQUEST, 1ull << 47 | GHCB_NAE_PSC,
		1ull << 32 | GHCB_NAE_HV_FEATURES, ~0ull << 32 | GHCB_NAE_TERMINATION,
		~0ull << 32 | GHCB_NAE_UNSUPPORTED, 1ull << 40 | GHCB_NAE_INVD,
	},
};

/* #HV doorbell page, #HV IPI, #HV timer, APIC ID list, run VMPL. */
FIXTURE_VARIANT_ADD(undefined, not_announced)
{
	COCO_ROW(NULL, REQ_GHCB_ERR_EVENT, REQ_GHCB_KEPT, REQ_GHCB_VALID_ONLY),
	.first = 0x80000014, .last = 0x8000001f, .not_announced = true,
};

static bool event_is_defined(uint64_t event)
{
	return name_of(&names_nae, event) != names_nae.other;
}

static bool add_undefined(struct ghcb_vm *v, uint64_t event)
{
	/* Infos that would do for a guest request. */
	ghcb_add_event(v, 0, event, 0, 0x1000);
	return !script_is_full(v) ||
	       expect_refused(v, REQ_GHCB_ERR_EVENT, GHCB_REASON_INVALID_EVENT);
}

COCO_TEST_F(undefined, refused)
{
	struct ghcb_step *step;
	const uint64_t *event;
	struct ghcb_vm v;
	uint64_t e;

	if (!ghcb_vm_start(&v))
		return;
	if (variant->not_announced) {
		step = ghcb_add_msr(&v, 0, GHCB_MSR_HV_FEATURES_REQ);
		if (!EXPECT_REQ_SYNC(REQ_GHCB_HV_FEATURES, v.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
			return;
		if (GHCB_MSR_DATA(step->answer.msr) &
		    ~(GHCB_HV_FEATURE_SNP | GHCB_HV_FEATURE_AP_CREATION)) {
			check_skip("this KVM announces features 0x%lx: it may have such events",
				   GHCB_MSR_DATA(step->answer.msr));
			snp_vm_free(v.snp);
			return;
		}
		ghcb_script_reset(&v, 0);
	}
	if (variant->first)
		for (e = variant->first; e <= variant->last; e++)
			if (!event_is_defined(e) && !add_undefined(&v, e))
				return;
	for (event = variant->event; *event; event++)
		if (!add_undefined(&v, *event))
			return;
	if (expect_refused(&v, REQ_GHCB_ERR_EVENT, GHCB_REASON_INVALID_EVENT))
		snp_vm_free(v.snp);
}

COCO_MAIN(snp_vm_missing)
