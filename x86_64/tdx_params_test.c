// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_TDX_INIT_VM: what of it reaches TDH.MNG.INIT in TD_PARAMS ("Intel TDX Module ABI"), each
 * field at its ends, and what KVM or the TDX module refuses; after that the TD can still be
 * initialized.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm_util.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/seamcall.h"
#include "tdx/td_vm.h"

/* TD_PARAMS: KVM configures neither L2 VMs nor MSRs. */
struct td_params {
	uint64_t attributes, xfam;
	uint16_t max_vcpus;
	uint8_t zero0[6];
	uint64_t eptp_controls, config_flags;
	uint16_t tsc_frequency;		/* 25 MHz */
	uint8_t zero1[38];
	uint64_t mrconfigid[6], mrowner[6], mrownerconfig[6];
	uint8_t zero2[32];
	uint32_t cpuid[48][4];
};
_Static_assert(sizeof(struct td_params) == CONTROL_TD_PARAMS, "TD_PARAMS");

#define XFAM_ALWAYS	3ull		/* x87 and SSE: the TDX module wants them set */
#define EPTP_WB		6ull
#define EPTP_LEVELS(n)	(((n) - 1ull) << 3)
#define MAX_GPAW	(1ull << 0)	/* of config_flags */

#define OPERAND_TSC_FREQUENCY	70
#define OPERAND_CPUID_CONFIG	69

#define CPUID_7_EBX_HLE		(1u << 4)
#define CPUID_7_EBX_RTM		(1u << 11)
#define CPUID_7_ECX_WAITPKG	(1u << 5)

#define CPUID_SIZE	(TDX_MAX_CPUID + 1)

struct request {
	struct tdx_init_vm init;
	struct kvm_cpuid_entry2 entry[CPUID_SIZE];
};

struct td {
	struct raw_td td;
	struct tdx_capabilities *caps;
	struct request req;
	uint64_t khz;
};

static struct kvm_cpuid_entry2 *entry_of(struct kvm_cpuid2 *cpuid, uint32_t function,
					 uint32_t index)
{
	uint32_t i;

	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == function && cpuid->entries[i].index == index)
			return &cpuid->entries[i];
	return NULL;
}

/* The guest's address width; the CPU's, if that may be chosen, is 48. */
static void set_width(struct td *t, unsigned int bits)
{
	struct kvm_cpuid_entry2 *e = entry_of(&t->caps->cpuid, TDX_CPUID_ADDRESS_SIZES, 0);

	TEST_ASSERT(e, "KVM_TDX_CAPABILITIES has no address width");
	t->req.entry[0].eax = bits << 16 | (e->eax & 48);
}

static uint64_t width(const struct td *t)
{
	return t->req.entry[0].eax >> 16 & 0xff;
}

/* A VM of the type, and a request that is taken: nothing but what it needs, 48 bits. */
static void open_td(struct td *t)
{
	memset(t, 0, sizeof(*t));
	raw_td_open(&t->td);
	TEST_ASSERT(!raw_td_go(&t->td, RAW_TD_CREATED), "no VM for a TD");
	t->caps = td_vm_new_capabilities();
	TEST_ASSERT(!raw_td_vm_cmd(&t->td, TDX_CMD_CAPABILITIES, (uint64_t)t->caps),
		    "KVM_TDX_CAPABILITIES");
	t->khz = ioctl(t->td.raw.vm, KVM_GET_TSC_KHZ, 0);
	t->req.init.xfam = XFAM_ALWAYS;
	t->req.init.cpuid.nent = 1;
	t->req.entry[0].function = TDX_CPUID_ADDRESS_SIZES;
	set_width(t, TD_GPAW_48);
	control()->fw_measure(true);
}

static void close_td(struct td *t)
{
	free(t->caps);
	raw_td_close(&t->td);
}

static int init_vm(struct td *t)
{
	return raw_td_vm_cmd(&t->td, TDX_CMD_INIT_VM, (uint64_t)&t->req);
}

/* ---- what is taken ---- */

static void expect_cpuid(struct td *t, const struct td_params *p)
{
	static const uint32_t none[4];
	uint32_t i;
	char what[80];

	for (i = 0; i < t->caps->cpuid.nent; i++) {
		const struct kvm_cpuid_entry2 *mask = &t->caps->cpuid.entries[i];
		const struct kvm_cpuid_entry2 *e = entry_of(&t->req.init.cpuid, mask->function,
							    mask->index);
		uint32_t want[4];

		memcpy(want, e ? &e->eax : none, sizeof(want));
		/* The address width is KVM's own use of these bits. */
		if (mask->function == TDX_CPUID_ADDRESS_SIZES)
			want[0] &= ~0xff0000u;
		snprintf(what, sizeof(what), "CPUID 0x%x, subleaf %u", mask->function, mask->index);
		EXPECT_REQ_BYTES(REQ_TDX_PARAMS_CPUID, what, want, p->cpuid[i], sizeof(want));
	}
	EXPECT_REQ_FILL(REQ_TDX_PARAMS_ZERO, "behind CPUID", 0, p->cpuid[i],
			sizeof(p->cpuid) - i * sizeof(p->cpuid[0]));
}

/* The request is taken, and the TDX module got it. */
static void expect_taken(struct td *t)
{
	const struct control_td_launch *l;
	const struct tdx_init_vm *init = &t->req.init;
	const struct td_params *p;
	const uint64_t levels = width(t) == TD_GPAW_52 ? 5 : 4;

	if (!EXPECT_REQ_EQ(check_main_req(), "KVM_TDX_INIT_VM", 0, init_vm(t), &names_errno))
		return;
	EXPECT_REQ_EQ(REQ_TDX_HW_ERROR, "hw_error", 0, t->td.hw_error, &names_value);
	l = control()->td_launch();
	if (!EXPECT_REQ_TRUE(check_main_req(), "TDH.MNG.INIT has been called", l))
		return;
	p = (const void *)l->params;
	EXPECT_REQ_EQ(REQ_TDX_PARAMS_FEATURES, "ATTRIBUTES", init->attributes, p->attributes,
		      &names_value);
	EXPECT_REQ_EQ(REQ_TDX_PARAMS_FEATURES, "XFAM", init->xfam | XFAM_ALWAYS, p->xfam,
		      &names_value);
	EXPECT_REQ_EQ(REQ_TDX_PARAMS_VCPUS, "MAX_VCPUS",
		      ioctl(t->td.raw.vm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS), p->max_vcpus,
		      &names_count);
	EXPECT_REQ_EQ(REQ_TDX_PARAMS_WIDTH, "EPTP_CONTROLS", EPTP_WB | EPTP_LEVELS(levels),
		      p->eptp_controls, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_PARAMS_WIDTH, "CONFIG_FLAGS, GPAW", levels == 5,
		      p->config_flags & MAX_GPAW, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_PARAMS_TSC, "TSC_FREQUENCY", t->khz / 25000, p->tsc_frequency,
		      &names_value);
	EXPECT_REQ_BYTES(REQ_TDX_PARAMS_IDS, "MRCONFIGID", init->mrconfigid, p->mrconfigid,
			 sizeof(p->mrconfigid));
	EXPECT_REQ_BYTES(REQ_TDX_PARAMS_IDS, "MROWNER", init->mrowner, p->mrowner,
			 sizeof(p->mrowner));
	EXPECT_REQ_BYTES(REQ_TDX_PARAMS_IDS, "MROWNERCONFIG", init->mrownerconfig,
			 p->mrownerconfig, sizeof(p->mrownerconfig));
	EXPECT_REQ_FILL(REQ_TDX_PARAMS_ZERO, "reserved, after MAX_VCPUS", 0, p->zero0,
			sizeof(p->zero0));
	EXPECT_REQ_FILL(REQ_TDX_PARAMS_ZERO, "reserved, after TSC_FREQUENCY", 0, p->zero1,
			sizeof(p->zero1));
	EXPECT_REQ_FILL(REQ_TDX_PARAMS_ZERO, "reserved, before CPUID", 0, p->zero2,
			sizeof(p->zero2));
	expect_cpuid(t, p);
}

static void ids(struct td *t)
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		t->req.init.mrconfigid[i] = 0xc0c1c2c3c4c5c600 + i;
		t->req.init.mrowner[i] = 0x0011223344556600 + i;
		t->req.init.mrownerconfig[i] = 0xf0e0d0c0b0a09000 + i;
	}
}

static void ids_ones(struct td *t)
{
	memset(t->req.init.mrconfigid, 0xff, sizeof(t->req.init.mrconfigid));
	memset(t->req.init.mrowner, 0xff, sizeof(t->req.init.mrowner));
	memset(t->req.init.mrownerconfig, 0xff, sizeof(t->req.init.mrownerconfig));
}

static void features_all(struct td *t)
{
	t->req.init.attributes = t->caps->supported_attrs;
	t->req.init.xfam = t->caps->supported_xfam;
}

static void features_none(struct td *t)
{
	t->req.init.xfam = 0;
}

static void width_52(struct td *t)
{
	set_width(t, TD_GPAW_52);
}

/* All that may be configured; leaf 1's EAX of 0 is the CPU's. */
static void cpuid_all(struct td *t)
{
	struct kvm_cpuid2 *cpuid = &t->req.init.cpuid;
	uint32_t i;

	/* The first entry, of the address width, stays where it is. */
	for (i = 0; i < t->caps->cpuid.nent; i++) {
		if (t->caps->cpuid.entries[i].function == TDX_CPUID_ADDRESS_SIZES)
			continue;
		t->req.entry[cpuid->nent] = t->caps->cpuid.entries[i];
		if (t->caps->cpuid.entries[i].function == 1)
			t->req.entry[cpuid->nent].eax = 0;
		/* Each entry is one subleaf's, also of the functions that have but one. */
		t->req.entry[cpuid->nent].flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
		cpuid->nent++;
	}
}

static void set_khz(struct td *t, unsigned int khz)
{
	TEST_ASSERT(!ioctl(t->td.raw.vm, KVM_SET_TSC_KHZ, khz), "KVM_SET_TSC_KHZ");
	t->khz = khz;
}

static void tsc_lowest(struct td *t)
{
	set_khz(t, 100000);
}

static void tsc_highest(struct td *t)
{
	set_khz(t, 10000000);
}

static void tsc_between(struct td *t)
{
	set_khz(t, 1024999);
}

COCO_FIXTURE(taken);
FIXTURE_VARIANT(taken)
{
	struct check_row row;
	void (*set)(struct td *t);
};

#define TAKEN(name, req)								\
	FIXTURE_VARIANT_ADD(taken, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_PARAMS_##req, REQ_TDX_PARAMS_VCPUS,		\
			 REQ_TDX_PARAMS_ZERO), .set = name,				\
	};

TAKEN(ids, IDS)
TAKEN(ids_ones, IDS)
TAKEN(features_all, FEATURES)
TAKEN(features_none, FEATURES)
TAKEN(width_52, WIDTH)
TAKEN(cpuid_all, CPUID)
TAKEN(tsc_lowest, TSC)
TAKEN(tsc_highest, TSC)
TAKEN(tsc_between, TSC)

COCO_TEST_F(taken, reaches_the_module)
{
	const char *missing = td_vm_gpaw_missing(variant->set == width_52 ? 52 : 48);
	struct td t;

	if (missing) {
		check_skip("%s", missing);
		return;
	}
	open_td(&t);
	variant->set(&t);
	expect_taken(&t);
	close_td(&t);
}

/* ---- what may be asked for ---- */

COCO_FIXTURE(capabilities);
FIXTURE_VARIANT(capabilities)
{
	struct check_row row;
};

FIXTURE_VARIANT_ADD(capabilities, cpuid)
{
	COCO_ROW(NULL, REQ_TDX_CAPS),
};

COCO_TEST_F(capabilities, entries)
{
	struct kvm_cpuid_entry2 *e;
	struct td t;
	uint32_t i;
	char what[80];

	(void)variant;
	open_td(&t);
	for (i = 0; i < t.caps->cpuid.nent; i++) {
		e = &t.caps->cpuid.entries[i];
		/* Of the TDX module's fields a subleaf has 7 bits. */
		snprintf(what, sizeof(what), "leaf 0x%x has a subleaf below 128", e->function);
		EXPECT_REQ_TRUE(REQ_TDX_CAPS, what, e->index < 128);
		snprintf(what, sizeof(what), "leaf 0x%x, subleaf %u comes once", e->function, e->index);
		EXPECT_REQ_TRUE(REQ_TDX_CAPS, what,
				entry_of(&t.caps->cpuid, e->function, e->index) == e);
	}
	e = entry_of(&t.caps->cpuid, 7, 0);
	EXPECT_REQ_EQ(REQ_TDX_CAPS, "leaf 7, HLE and RTM", 0,
		      e ? e->ebx & (CPUID_7_EBX_HLE | CPUID_7_EBX_RTM) : 0, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_CAPS, "leaf 7, WAITPKG", 0, e ? e->ecx & CPUID_7_ECX_WAITPKG : 0,
		      &names_value);
	close_td(&t);
}

/* ---- what is refused ---- */

/* The request as it is now fails; @error: what the TDX module said, or 0: it was not asked. */
static void expect_refused(struct td *t, const char *what, int err, uint64_t error)
{
	char text[80];

	EXPECT_REQ_EQ(check_main_req(), what, err, init_vm(t), &names_errno);
	snprintf(text, sizeof(text), "%s: hw_error", what);
	EXPECT_REQ_EQ(REQ_TDX_HW_ERROR, text, error, t->td.hw_error, &names_value);
}

static void bits(struct td *t, const char *name, __u64 *field, uint64_t taken)
{
	const uint64_t before = *field;
	unsigned int i;
	char what[64];

	for (i = 0; i < 64; i++) {
		if (taken & 1ull << i)
			continue;
		snprintf(what, sizeof(what), "bit %u of %s", i, name);
		*field = before | 1ull << i;
		expect_refused(t, what, EINVAL, 0);
	}
	*field = before;
}

static void attributes(struct td *t)
{
	bits(t, "attributes", &t->req.init.attributes, t->caps->supported_attrs);
}

static void xfam(struct td *t)
{
	bits(t, "xfam", &t->req.init.xfam, t->caps->supported_xfam);
}

static void widths(struct td *t)
{
	unsigned int i;
	char what[64];

	for (i = 0; i < 256; i++) {
		if (i == TD_GPAW_48 || i == TD_GPAW_52)
			continue;
		snprintf(what, sizeof(what), "an address width of %u", i);
		set_width(t, i);
		expect_refused(t, what, EINVAL, 0);
	}
	set_width(t, TD_GPAW_48);
}

static void no_width(struct td *t)
{
	t->req.init.cpuid.nent = 0;
	expect_refused(t, "no entry for the address width", EINVAL, 0);
	t->req.init.cpuid.nent = 1;
}

static void reserved(struct td *t)
{
	unsigned int i;
	char what[64];

	for (i = 0; i < ARRAY_SIZE(t->req.init.reserved); i++) {
		snprintf(what, sizeof(what), "reserved word %u", i);
		t->req.init.reserved[i] = 1ull << 63;
		expect_refused(t, what, EINVAL, 0);
		t->req.init.reserved[i] = 0;
	}
	t->req.init.cpuid.padding = 1;
	expect_refused(t, "cpuid.padding", EINVAL, 0);
	t->req.init.cpuid.padding = 0;
}

static void entries(struct td *t)
{
	static const uint32_t more[] = { TDX_MAX_CPUID + 1, 1u << 31, ~0u };
	unsigned int i;
	char what[64];

	for (i = 0; i < ARRAY_SIZE(more); i++) {
		snprintf(what, sizeof(what), "nent %u", more[i]);
		t->req.init.cpuid.nent = more[i];
		expect_refused(t, what, E2BIG, 0);
	}
	/* Room for all, of which the TDX module has none but the first. */
	t->req.init.cpuid.nent = TDX_MAX_CPUID;
	expect_refused(t, "256 entries", EINVAL, 0);
	t->req.init.cpuid.nent = 1;
}

static void leaf(struct td *t, const char *what, uint32_t function, uint32_t index, uint32_t ebx,
		 uint32_t ecx)
{
	t->req.init.cpuid.nent = 2;
	t->req.entry[1] = (struct kvm_cpuid_entry2){
		.function = function, .index = index, .ebx = ebx, .ecx = ecx,
		.flags = function == 7 ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
	};
	expect_refused(t, what, EINVAL, 0);
	t->req.init.cpuid.nent = 1;
}

static void leaves(struct td *t)
{
	leaf(t, "leaf 0x40000000", 0x40000000, 0, 0, 0);
	leaf(t, "leaf 0xffffffff", 0xffffffff, 0, 0, 0);
	leaf(t, "a subleaf that is not configurable", 7, 0x7f, 0, 0);
	leaf(t, "an entry twice", TDX_CPUID_ADDRESS_SIZES, 0, 0, 0);
	leaf(t, "HLE", 7, 0, CPUID_7_EBX_HLE, 0);
	leaf(t, "RTM", 7, 0, CPUID_7_EBX_RTM, 0);
	leaf(t, "WAITPKG", 7, 0, 0, CPUID_7_ECX_WAITPKG);
}

static uint64_t operand(unsigned int id)
{
	return SEAMCALL_OPERAND_INVALID | id;
}

/* They reach the TDX module, which has a list of its own. */
static void cpuid_bits(struct td *t)
{
	struct kvm_cpuid_entry2 *e = entry_of(&t->caps->cpuid, TDX_CPUID_ADDRESS_SIZES, 0);

	t->req.entry[0].edx = ~e->edx;
	expect_refused(t, "bits of EDX", EINVAL, operand(OPERAND_CPUID_CONFIG));
	t->req.entry[0].edx = 0;
	t->req.entry[0].ecx = ~e->ecx;
	expect_refused(t, "bits of ECX", EINVAL, operand(OPERAND_CPUID_CONFIG));
	t->req.entry[0].ecx = 0;
	t->req.entry[0].eax |= 1u << 24;
	expect_refused(t, "a bit of EAX above the address width", EINVAL,
		       operand(OPERAND_CPUID_CONFIG));
	set_width(t, TD_GPAW_48);
}

static void tsc(struct td *t)
{
	const uint64_t before = t->khz;

	set_khz(t, 99999);
	expect_refused(t, "99,999 kHz", EINVAL, operand(OPERAND_TSC_FREQUENCY));
	set_khz(t, 1);
	expect_refused(t, "1 kHz", EINVAL, operand(OPERAND_TSC_FREQUENCY));
	set_khz(t, before);
}

COCO_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	struct check_row row;
	void (*give)(struct td *t);
};

#define REFUSED(name, req)								\
	FIXTURE_VARIANT_ADD(refused, name)						\
	{										\
		COCO_ROW(NULL, REQ_TDX_PARAMS_##req, REQ_TDX_HW_ERROR, REQ_TDX_PARAMS_AGAIN),	\
		.give = name,								\
	};

REFUSED(attributes, REFUSED)
REFUSED(xfam, REFUSED)
REFUSED(widths, WIDTH)
REFUSED(no_width, WIDTH)
REFUSED(reserved, ZERO)
REFUSED(entries, CPUID_BAD)
REFUSED(leaves, CPUID_BAD)
REFUSED(cpuid_bits, CPUID_BAD)
REFUSED(tsc, TSC)

COCO_TEST_F(refused, changes_nothing)
{
	struct td t;

	open_td(&t);
	variant->give(&t);
	ids(&t);
	EXPECT_REQ_EQ(REQ_TDX_PARAMS_AGAIN, "KVM_TDX_INIT_VM after it", 0, init_vm(&t),
		      &names_errno);
	t.td.stage = RAW_TD_INITED;
	EXPECT_REQ_EQ(REQ_TDX_PARAMS_AGAIN, "the launch after it", 0, raw_td_go(&t.td, RAW_TD_RUN),
		      &names_errno);
	close_td(&t);
}

static const char *missing(void)
{
	const char *why = td_vm_missing();

	return why || control() ? why : "no control of the TDX module here: what it gets is not seen";
}

COCO_MAIN(missing)
