// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty pages of an SNP guest's shared memory, whose slot is logged: by the vCPU's ring, and by
 * the slot's bitmap.  Each page that the guest has written is told, each time that it writes after
 * the page was collected, and no other is.
 */
#include "check/harness.h"

#include <linux/kvm.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"

#include "guest/libkvm.h"
#include "snp/ghcb_check.h"

#define PAGE		4096ull
#define PAGES		256u		/* of the slot */
#define SLOT		29
#define SLOT_GPA	(2ull << 30)
#define RING_BYTES	(64u << 10)
#define MAX_WRITTEN	6
#define STAGE_WRITTEN	1

/* In memory that host and guest share. */
struct dirty_req {
	uint64_t base;			/* GVA of the slot's memory */
	uint64_t value;
	uint32_t nr, page[MAX_WRITTEN];
};

COCO_FIXTURE(dirty);
FIXTURE_VARIANT(dirty)
{
	struct check_row row;
	bool bitmap;			/* else the ring */
	uint32_t nr, page[MAX_WRITTEN];	/* that the guest writes, in this order */
};

#define DIRTY_ROWS(name, nr_, ...)							\
	FIXTURE_VARIANT_ADD(dirty, ring_##name)						\
	{										\
		COCO_ROW(NULL, REQ_SNP_DIRTY), .nr = nr_, .page = { __VA_ARGS__ },	\
	};										\
	FIXTURE_VARIANT_ADD(dirty, bitmap_##name)					\
	{										\
		COCO_ROW(NULL, REQ_SNP_DIRTY), .bitmap = true, .nr = nr_,		\
		.page = { __VA_ARGS__ },						\
	};

DIRTY_ROWS(one, 1, 7)
DIRTY_ROWS(first_and_last, 2, 0, PAGES - 1)
DIRTY_ROWS(neighbours, 3, 4, 5, 6)
/* The ring's pages are collected as words of 64, from wherever the first is, and back from it. */
DIRTY_ROWS(63_apart, 2, 3, 66)
DIRTY_ROWS(64_apart, 2, 3, 67)
DIRTY_ROWS(65_apart, 2, 3, 68)
DIRTY_ROWS(63_back, 2, 66, 3)
DIRTY_ROWS(64_back, 2, 67, 3)
DIRTY_ROWS(65_back, 2, 68, 3)
DIRTY_ROWS(63_apart_and_back, 3, 3, 66, 2)
DIRTY_ROWS(words, 6, 0, 64, 128, 192, 63, 127)

static void guest_writes(struct dirty_req *req)
{
	uint32_t i;

	ghcb_register();
	for (;;) {
		for (i = 0; i < req->nr; i++)
			*(volatile uint64_t *)(req->base + req->page[i] * PAGE) = req->value;
		GUEST_SYNC(STAGE_WRITTEN);
	}
}

struct dirty_vm {
	struct snp_vm *snp;
	struct kvm_vcpu *vcpu;
	struct kvm_dirty_gfn *ring;
	uint32_t fetch;
	uint32_t told[PAGES], elsewhere;
};

static void collect_ring(struct dirty_vm *v)
{
	const uint32_t nr = RING_BYTES / sizeof(*v->ring);
	struct kvm_dirty_gfn *gfn;
	uint32_t got = 0;
	int reset;

	for (;; v->fetch++, got++) {
		gfn = &v->ring[v->fetch % nr];
		if (!(__atomic_load_n(&gfn->flags, __ATOMIC_ACQUIRE) & KVM_DIRTY_GFN_F_DIRTY))
			break;
		if (gfn->slot == SLOT && gfn->offset < PAGES)
			v->told[gfn->offset]++;
		else
			v->elsewhere++;
		__atomic_store_n(&gfn->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
	}
	reset = __vm_ioctl(v->snp->vm, KVM_RESET_DIRTY_RINGS, NULL);
	EXPECT_REQ_EQ(REQ_SNP_DIRTY, "what KVM_RESET_DIRTY_RINGS gives", got, reset, &names_count);
}

static void collect_bitmap(struct dirty_vm *v)
{
	uint64_t bits[PAGES / 64] = {};
	unsigned int i;

	kvm_vm_get_dirty_log(v->snp->vm, SLOT, bits);
	for (i = 0; i < PAGES; i++)
		v->told[i] += bits[i / 64] >> i % 64 & 1;
}

static void expect_told(const struct dirty_vm *v, const struct dirty_req *req, const char *when)
{
	uint32_t wanted[PAGES] = {};
	unsigned int i;
	char what[64];

	for (i = 0; i < req->nr; i++)
		wanted[req->page[i]] = 1;
	for (i = 0; i < PAGES; i++) {
		if (wanted[i] == v->told[i])
			continue;
		snprintf(what, sizeof(what), "how often page %u is told, %s", i, when);
		EXPECT_REQ_EQ(REQ_SNP_DIRTY, what, wanted[i], v->told[i], &names_count);
	}
	snprintf(what, sizeof(what), "pages of other slots that are told, %s", when);
	EXPECT_REQ_EQ(REQ_SNP_DIRTY, what, 0, v->elsewhere, &names_count);
}

COCO_TEST_F(dirty, told)
{
	static const char *const when[] = { "first", "once more", "a third time" };
	struct shared_mem control_page;
	struct dirty_req *req;
	struct dirty_vm v = {};
	struct kvm_vm *vm;
	unsigned int i;
	void *mem;

	if (!kvm_has_cap(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2)) {
		check_skip("this KVM logs no dirty pages");
		return;
	}
	if (!variant->bitmap && !kvm_has_cap(KVM_CAP_DIRTY_LOG_RING) &&
	    !kvm_has_cap(KVM_CAP_DIRTY_LOG_RING_ACQ_REL)) {
		check_skip("this KVM has no rings of dirty pages");
		return;
	}
	v.snp = snp_vm_create_bare(0);
	vm = v.snp->vm;
	if (!variant->bitmap)
		vm_enable_dirty_ring(vm, RING_BYTES);
	snp_vm_add_vcpus(v.snp, 1, guest_writes);
	v.vcpu = v.snp->cpu[0].vcpu;
	mem = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	TEST_ASSERT(mem != MAP_FAILED, "mmap(): %s", strerror(errno));
	vm_set_user_memory_region2(vm, SLOT, KVM_MEM_LOG_DIRTY_PAGES, SLOT_GPA, PAGES * PAGE, mem,
				   0, 0);
	control_page = snp_vm_alloc_shared(v.snp, 1);
	req = control_page.hva;
	req->base = vm_unused_gva_gap(vm, PAGES * PAGE, KVM_UTIL_MIN_VADDR);
	shared_mem_map(vm, req->base, SLOT_GPA, PAGES);
	req->nr = variant->nr;
	memcpy(req->page, variant->page, sizeof(req->page));
	vcpu_args_set(v.vcpu, 1, control_page.gva);
	snp_vm_launch(v.snp);
	if (!variant->bitmap)
		v.ring = vcpu_map_dirty_ring(v.vcpu);

	for (i = 0; i < ARRAY_SIZE(when) && !check_failed(); i++) {
		req->value = i + 1;
		if (!EXPECT_REQ_SYNC(REQ_SNP_DIRTY, v.vcpu, STAGE_WRITTEN))
			return;
		memset(v.told, 0, sizeof(v.told));
		if (variant->bitmap)
			collect_bitmap(&v);
		else
			collect_ring(&v);
		expect_told(&v, req, when[i]);
	}
	snp_vm_free(v.snp);
	munmap(mem, PAGES * PAGE);
}

COCO_MAIN(snp_vm_missing)
