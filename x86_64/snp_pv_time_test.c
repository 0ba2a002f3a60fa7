// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that KVM writes for a guest because an MSR names it: kvmclock, the wall clock and
 * stolen time.  It is at the place that the guest has named last, whole, and nowhere else, also
 * after the VMM's memory there was exchanged.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"

#include "snp/ghcb_check.h"
#include "vm/shared_mem.h"

#define PAGE		4096u
#define POISON		0x6b

struct pv_msr {
	const char *name;
	uint32_t index;
	uint32_t feature;		/* bit of EAX of CPUID 0x40000001 */
	uint16_t size;			/* bytes */
	uint16_t version;		/* where a number of 32 bits is even when all is written */
	uint8_t enable;			/* set in the MSR's value; where there is none it is once */
	bool each_run;			/* KVM_RUN writes it, at first where it was named before */
};

static const struct pv_msr system_time = {
	"MSR_KVM_SYSTEM_TIME_NEW", 0x4b564d01, 3, 32, 0, 1, false
};
static const struct pv_msr wall_clock = {
	"MSR_KVM_WALL_CLOCK_NEW", 0x4b564d00, 3, 12, 0, 0, false
};
static const struct pv_msr steal_time = {
	"MSR_KVM_STEAL_TIME", 0x4b564d03, 5, 64, 8, 1, true
};

COCO_FIXTURE(memory);
FIXTURE_VARIANT(memory)
{
	struct check_row row;
	const struct pv_msr *msr;
	bool es;
};

#define PV_ROW(name, msr_, es_)								\
	FIXTURE_VARIANT_ADD(memory, name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_PV_MEMORY), .msr = &msr_, .es = es_,		\
	};

PV_ROW(snp_system_time, system_time, false)
PV_ROW(snp_wall_clock, wall_clock, false)
PV_ROW(snp_steal_time, steal_time, false)
PV_ROW(es_system_time, system_time, true)
PV_ROW(es_steal_time, steal_time, true)

struct pv_vm {
	struct ghcb_vm g;
	struct shared_mem page[2];
	const struct pv_msr *msr;
};

static void poison(struct pv_vm *v)
{
	memset(v->page[0].hva, POISON, PAGE);
	memset(v->page[1].hva, POISON, PAGE);
}

/* What the guest writes to the MSR; false after a failure. */
static bool guest_names(struct pv_vm *v, uint64_t value)
{
	struct ghcb_step *step;

	ghcb_script_reset(&v->g, 0);
	step = ghcb_add_event(&v->g, 0, GHCB_NAE_MSR, 1, 0);
	ghcb_set(&step->in, rcx, v->msr->index);
	ghcb_set(&step->in, rax, (uint32_t)value);
	ghcb_set(&step->in, rdx, value >> 32);
	if (!EXPECT_REQ_SYNC(REQ_SNP_PV_MEMORY, v->g.cpu[0].vcpu, GHCB_STAGE_ANSWERED))
		return false;
	EXPECT_GHCB_ANSWER(REQ_SNP_PV_MEMORY, step, GHCB_INFO1_OK, 0);
	return !check_failed();
}

static bool guest_goes_on(struct pv_vm *v)
{
	ghcb_script_reset(&v->g, 0);
	ghcb_add_event(&v->g, 0, GHCB_NAE_WBINVD, 0, 0);
	return EXPECT_REQ_SYNC(REQ_SNP_PV_MEMORY, v->g.cpu[0].vcpu, GHCB_STAGE_ANSWERED);
}

/* It has written at @offset of page @nr, or if that is -1 to none of both. */
static bool expect_written(const struct pv_vm *v, int nr, unsigned int offset, const char *when)
{
	const struct pv_msr *msr = v->msr;
	unsigned int i, at, outside = 0, inside = 0;
	uint32_t version;
	char what[120];

	for (i = 0; i < 2; i++) {
		const uint8_t *byte = v->page[i].hva;

		for (at = 0; at < PAGE; at++) {
			if (byte[at] == POISON)
				continue;
			if ((int)i == nr && at >= offset && at < offset + msr->size)
				inside++;
			else
				outside++;
		}
	}
	snprintf(what, sizeof(what), "%s, bytes that are written elsewhere, %s", msr->name, when);
	if (!EXPECT_REQ_EQ(REQ_SNP_PV_MEMORY, what, 0, outside, &names_value))
		return false;
	if (nr < 0)
		return true;
	snprintf(what, sizeof(what), "%s, something is written at offset 0x%x, %s", msr->name,
		 offset, when);
	if (!EXPECT_REQ_TRUE(REQ_SNP_PV_MEMORY, what, inside))
		return false;
	memcpy(&version, (uint8_t *)v->page[nr].hva + offset + msr->version, sizeof(version));
	snprintf(what, sizeof(what), "%s, its version is even, %s", msr->name, when);
	return EXPECT_REQ_EQ(REQ_SNP_PV_MEMORY, what, 0, version & 1, &names_value);
}

static bool named(struct pv_vm *v, int nr, unsigned int offset, const char *when)
{
	poison(v);
	if (!guest_names(v, (v->page[nr].gpa + offset) | v->msr->enable))
		return false;
	if (v->msr->each_run) {
		poison(v);
		if (!guest_goes_on(v))
			return false;
	}
	return expect_written(v, nr, offset, when);
}

/* The VMM exchanges the memory of page @nr.  To a guest that is told so it is another time then. */
static bool exchanged(struct pv_vm *v, int nr, unsigned int offset)
{
	struct kvm_clock_data now = {};

	TEST_ASSERT(!madvise(v->page[nr].hva, PAGE, MADV_DONTNEED), "madvise(): %s", strerror(errno));
	poison(v);
	vm_ioctl(v->g.snp->vm, KVM_GET_CLOCK, &now);
	now.flags = 0;
	vm_ioctl(v->g.snp->vm, KVM_SET_CLOCK, &now);
	return guest_goes_on(v) && expect_written(v, nr, offset, "after its memory was exchanged");
}

COCO_TEST_F(memory, written)
{
	const struct pv_msr *msr = variant->msr;
	const unsigned int last = PAGE - msr->size;
	const struct kvm_cpuid_entry2 *e =
		get_cpuid_entry(kvm_get_supported_cpuid(), 0x40000001, 0);
	struct pv_vm v = { .msr = msr };

	if (!e || !(e->eax & 1u << msr->feature) || !kvm_has_cap(KVM_CAP_ADJUST_CLOCK)) {
		check_skip("this KVM has no %s", msr->name);
		return;
	}
	if (variant->es)
		ghcb_vm_create_es(&v.g, 1, guest_ghcb_loop, 2);
	else
		ghcb_vm_create(&v.g, 1, guest_ghcb_loop);
	v.page[0] = snp_vm_alloc_shared(v.g.snp, 1);
	v.page[1] = snp_vm_alloc_shared(v.g.snp, 1);
	snp_vm_launch(v.g.snp);
	if (!EXPECT_REQ_SYNC(REQ_SNP_PV_MEMORY, v.g.cpu[0].vcpu, GHCB_STAGE_READY))
		return;

	if (!named(&v, 0, 0x100, "where it was named first") ||
	    !named(&v, 0, 0x340, "of the same page") ||
	    !named(&v, 1, 0, "of another page") ||
	    !named(&v, 1, last, "at a page's end") ||
	    !named(&v, 0, last, "of the first page, at the same offset"))
		return;
	if (msr->enable && !exchanged(&v, 0, last))
		return;
	poison(&v);
	if (!guest_names(&v, 0))
		return;
	if (msr->each_run)
		poison(&v);
	if (!guest_goes_on(&v) ||
	    !expect_written(&v, -1, 0, "after it was turned off"))
		return;
	snp_vm_free(v.g.snp);
}

COCO_MAIN(snp_vm_missing)
