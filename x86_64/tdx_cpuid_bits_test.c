// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD's CPUID, bit by bit: what KVM_TDX_CAPABILITIES says may be chosen, and all of that; what
 * was chosen by KVM_TDX_INIT_VM is what KVM_TDX_GET_CPUID reads.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "tdx/raw_td.h"
#include "tdx/td_vm.h"

#define XFAM_ALWAYS	3ull		/* x87 and SSE */
#define ADDRESS_BITS	48u		/* of the CPU */
#define WIDTH_SHIFT	16
#define WIDTH_MASK	(0xffu << WIDTH_SHIFT)
#define XSAVE_LEAF	0xdu

#define CPUID_7_EBX_TSX		(1u << 4 | 1u << 11)	/* HLE, RTM */
#define CPUID_7_ECX_WAITPKG	(1u << 5)

enum { EAX, EBX, ECX, EDX, NR_REGS };

static const char *const reg_names[NR_REGS] = { "EAX", "EBX", "ECX", "EDX" };

struct td {
	struct raw_td td;
	struct tdx_capabilities *caps;
	struct {
		struct tdx_init_vm init;
		struct kvm_cpuid_entry2 entry[TDX_MAX_CPUID];
	} req;
};

static uint32_t *reg(const struct kvm_cpuid_entry2 *e, unsigned int nr)
{
	return (uint32_t *)&e->eax + nr;
}

static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid2 *cpuid, uint32_t function,
					   uint32_t index)
{
	unsigned int i;

	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == function && cpuid->entries[i].index == index)
			return &cpuid->entries[i];
	return NULL;
}

/* Is it the same for each subleaf?  A VMM knows that of a function. */
static uint32_t flags_of(uint32_t function)
{
	const struct kvm_cpuid2 *supported = kvm_get_supported_cpuid();
	unsigned int i;

	for (i = 0; i < supported->nent; i++)
		if (supported->entries[i].function == function)
			return supported->entries[i].flags;
	return 0;
}

/* A request of all that may be chosen, with none of it chosen but the address width. */
static void open_td(struct td *t, unsigned int width)
{
	struct kvm_cpuid2 *cpuid = &t->req.init.cpuid;
	unsigned int i;

	memset(t, 0, sizeof(*t));
	raw_td_open(&t->td);
	TEST_ASSERT(!raw_td_go(&t->td, RAW_TD_CREATED), "no VM for a TD");
	t->caps = td_vm_new_capabilities();
	TEST_ASSERT(!raw_td_vm_cmd(&t->td, TDX_CMD_CAPABILITIES, (uint64_t)t->caps),
		    "KVM_TDX_CAPABILITIES");
	t->req.init.xfam = XFAM_ALWAYS;
	cpuid->nent = t->caps->cpuid.nent;
	for (i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *mask = &t->caps->cpuid.entries[i];

		cpuid->entries[i] = (struct kvm_cpuid_entry2){
			.function = mask->function, .index = mask->index,
			.flags = flags_of(mask->function),
		};
		if (mask->function == TDX_CPUID_ADDRESS_SIZES)
			cpuid->entries[i].eax = width << WIDTH_SHIFT | (mask->eax & ADDRESS_BITS);
	}
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

/* ---- what may be chosen ---- */

COCO_FIXTURE(offered);
FIXTURE_VARIANT(offered) { struct check_row row; };
FIXTURE_VARIANT_ADD(offered, bits) { COCO_ROW(NULL, REQ_TDX_CAPS_BITS) };

/* KVM's own choice of what a TD may not have. */
static uint32_t kept_from_tds(const struct kvm_cpuid_entry2 *e, unsigned int nr)
{
	if (e->function == 7 && e->index == 0)
		return nr == EBX ? CPUID_7_EBX_TSX : nr == ECX ? CPUID_7_ECX_WAITPKG : 0;
	return e->function == TDX_CPUID_ADDRESS_SIZES && nr == EAX ? WIDTH_MASK : 0;
}

/* What the TDX module lets a VMM choose, where that is known: no less is offered, nor more. */
static void expect_modules(const struct td *t)
{
	const struct {
		uint32_t leaf, subleaf, mask[NR_REGS];
	} *m;
	const struct kvm_cpuid_entry2 *e;
	unsigned long size = 0;
	unsigned int nr;
	char what[80];

	m = control() && control()->data ? control()->data("glue_cpuid_config", &size) : NULL;
	for (; m && size >= sizeof(*m); m++, size -= sizeof(*m)) {
		e = find(&t->caps->cpuid, m->leaf, m->subleaf == ~0u ? 0 : m->subleaf);
		snprintf(what, sizeof(what), "leaf 0x%x, subleaf %u is offered", m->leaf, m->subleaf);
		if (!EXPECT_REQ_TRUE(REQ_TDX_CAPS_BITS, what, e))
			continue;
		for (nr = 0; nr < NR_REGS; nr++) {
			snprintf(what, sizeof(what), "leaf 0x%x, subleaf %u, %s", e->function,
				 e->index, reg_names[nr]);
			EXPECT_REQ_EQ(REQ_TDX_CAPS_BITS, what, m->mask[nr] & ~kept_from_tds(e, nr),
				      *reg(e, nr) & ~kept_from_tds(e, nr), &names_value);
		}
	}
}

COCO_TEST_F(offered, all)
{
	struct kvm_cpuid_entry2 *e;
	unsigned int i, nr, bit;
	char what[80];
	struct td t;

	(void)variant;
	open_td(&t, TD_GPAW_48);
	expect_modules(&t);
	for (i = 0; i < t.req.init.cpuid.nent; i++) {
		e = &t.req.init.cpuid.entries[i];
		for (nr = 0; nr < NR_REGS; nr++) {
			const uint32_t offered = *reg(&t.caps->cpuid.entries[i], nr);
			const uint32_t before = *reg(e, nr);

			for (bit = 0; bit < 32; bit++) {
				if ((offered | kept_from_tds(e, nr)) & 1u << bit)
					continue;
				snprintf(what, sizeof(what), "leaf 0x%x, subleaf %u, %s, bit %u",
					 e->function, e->index, reg_names[nr], bit);
				*reg(e, nr) = before | 1u << bit;
				if (!EXPECT_REQ_EQ(REQ_TDX_CAPS_BITS, what, EINVAL, init_vm(&t),
						   &names_errno))
					goto out;
			}
			*reg(e, nr) = before;
		}
	}
out:
	close_td(&t);
}

COCO_FIXTURE(features);
FIXTURE_VARIANT(features) { struct check_row row; };
FIXTURE_VARIANT_ADD(features, xfam) { COCO_ROW(NULL, REQ_TDX_CAPS_XFAM) };

COCO_TEST_F(features, kvm_has)
{
	const struct kvm_cpuid_entry2 *xcr0 = find(kvm_get_supported_cpuid(), XSAVE_LEAF, 0);
	const struct kvm_cpuid_entry2 *xss = find(kvm_get_supported_cpuid(), XSAVE_LEAF, 1);
	uint64_t supported = XFAM_ALWAYS;
	struct td t;

	(void)variant;
	if (xcr0)
		supported |= (uint64_t)xcr0->edx << 32 | xcr0->eax;
	if (xss)
		supported |= (uint64_t)xss->edx << 32 | xss->ecx;
	open_td(&t, TD_GPAW_48);
	EXPECT_REQ_EQ(REQ_TDX_CAPS_XFAM, "supported_xfam without what is always there",
		      XFAM_ALWAYS, t.caps->supported_xfam & XFAM_ALWAYS, &names_value);
	EXPECT_REQ_EQ(REQ_TDX_CAPS_XFAM, "supported_xfam that KVM does not support", 0,
		      t.caps->supported_xfam & ~supported, &names_value);
	close_td(&t);
}

/* ---- what was chosen ---- */

COCO_FIXTURE(chosen);
FIXTURE_VARIANT(chosen)
{
	struct check_row row;
	unsigned int width;
};

FIXTURE_VARIANT_ADD(chosen, width_48)
{
	COCO_ROW(NULL, REQ_TDX_GET_CPUID_VALUES), .width = TD_GPAW_48,
};

FIXTURE_VARIANT_ADD(chosen, width_52)
{
	COCO_ROW(NULL, REQ_TDX_GET_CPUID_VALUES), .width = TD_GPAW_52,
};

/*
 * No two registers the same; of a TDX module on hardware, which looks at what there could be, what
 * its CPU has.  The address sizes stay, and so does leaf 1's EAX, whose 0 is the CPU's.
 */
static void choose(struct td *t)
{
	const struct kvm_cpuid2 *supported = kvm_get_supported_cpuid();
	struct kvm_cpuid2 *cpuid = &t->req.init.cpuid;
	unsigned int i, nr;

	for (i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];
		const struct kvm_cpuid_entry2 *s = find(supported, e->function, e->index);

		if (e->function == TDX_CPUID_ADDRESS_SIZES)
			continue;
		for (nr = e->function == 1; nr < NR_REGS; nr++)
			*reg(e, nr) = *reg(&t->caps->cpuid.entries[i], nr) &
				      (control() ? (NR_REGS * i + nr + 1) * 0x9e3779b9u :
				       s ? *reg(s, nr) : 0);
	}
}

static void expect_chosen(const struct td *t, const struct kvm_cpuid2 *got)
{
	const struct kvm_cpuid2 *cpuid = &t->req.init.cpuid;
	unsigned int i, nr;
	char what[80];

	for (i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &cpuid->entries[i];
		const struct kvm_cpuid_entry2 *g = find(got, e->function, e->index);

		snprintf(what, sizeof(what), "leaf 0x%x, subleaf %u is there", e->function, e->index);
		if (!EXPECT_REQ_TRUE(REQ_TDX_GET_CPUID_VALUES, what, g))
			continue;
		for (nr = e->function == 1; nr < NR_REGS; nr++) {
			snprintf(what, sizeof(what), "leaf 0x%x, subleaf %u, %s", e->function,
				 e->index, reg_names[nr]);
			EXPECT_REQ_EQ(REQ_TDX_GET_CPUID_VALUES, what, *reg(e, nr),
				      *reg(g, nr) & *reg(&t->caps->cpuid.entries[i], nr),
				      &names_value);
		}
	}
}

/* Leaf 0 and leaf 0x80000000 tell which ones come last. */
static void expect_highest(const struct kvm_cpuid2 *got, uint32_t first)
{
	const struct kvm_cpuid_entry2 *e = find(got, first, 0);
	char what[80];
	uint32_t leaf;

	snprintf(what, sizeof(what), "leaf 0x%x is there", first);
	if (!EXPECT_REQ_TRUE(REQ_TDX_GET_CPUID_VALUES, what, e))
		return;
	leaf = e->eax;
	snprintf(what, sizeof(what), "the last leaf, 0x%x, is there", leaf);
	EXPECT_REQ_TRUE(REQ_TDX_GET_CPUID_VALUES, what, find(got, leaf, 0));
}

COCO_TEST_F(chosen, is_read)
{
	const char *missing = td_vm_gpaw_missing(variant->width);
	struct kvm_cpuid2 *got;
	struct td t;

	if (missing) {
		check_skip("%s", missing);
		return;
	}
	got = allocate_kvm_cpuid2(TDX_MAX_CPUID);
	open_td(&t, variant->width);
	choose(&t);
	if (EXPECT_REQ_EQ(REQ_TDX_GET_CPUID_VALUES, "KVM_TDX_INIT_VM", 0, init_vm(&t),
			  &names_errno) &&
	    EXPECT_REQ_EQ(REQ_TDX_GET_CPUID_VALUES, "a vCPU", 0, raw_vm_add_vcpu(&t.td.raw),
			  &names_errno) &&
	    EXPECT_REQ_EQ(REQ_TDX_GET_CPUID_VALUES, "KVM_TDX_GET_CPUID", 0,
			  raw_td_vcpu_cmd(&t.td, TDX_CMD_GET_CPUID, (uint64_t)got),
			  &names_errno)) {
		expect_chosen(&t, got);
		expect_highest(got, 0);
		expect_highest(got, 0x80000000);
	}
	close_td(&t);
	free(got);
}

COCO_MAIN(td_vm_missing)
