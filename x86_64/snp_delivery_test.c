// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that a guest has not got, because a nested page fault came while the CPU was delivering
 * them: KVM delivers them when the guest goes on, once, and as they were.
 */
#include "check/harness.h"

#include <sys/mman.h>

#include "kvm_util.h"
#include "processor.h"

#include "check/run.h"
#include "control.h"
#include "guest/libkvm.h"
#include "snp/snp_vm.h"

#define STAGE_READY	1
#define STAGE_DONE	2

/* EXITINTINFO: AMD APM 2, "Event Injection" */
#define EVENT_VALID	(1u << 31)
#define EVENT_HAS_ERROR	(1u << 11)
#define EVENT_INTR	(0u << 8)
#define EVENT_NMI	(2u << 8)
#define EVENT_EXCEPTION	(3u << 8)

/* A device's vector, and the CPU's that libkvm does not name. */
#define DEVICE_VECTOR	0x51
#define VC_VECTOR	29

/* Of a page that no other is mapped with. */
#define SLOT		29
#define SLOT_GPA	(2ull << 30)

/* In memory that host and guest share. */
struct delivery_req {
	uint64_t fresh;			/* GVA of a page that the guest has not touched */
	uint64_t times, vector, error;	/* of what the handler got */
};

static volatile struct delivery_req *guest_req;

static void guest_handler(struct ex_regs *regs)
{
	guest_req->times++;
	guest_req->vector = regs->vector;
	guest_req->error = regs->error_code;
}

static void guest_code(struct delivery_req *req)
{
	ghcb_register();
	asm volatile("sti");
	GUEST_SYNC(STAGE_READY);
	(void)*(volatile uint64_t *)req->fresh;
	GUEST_SYNC(STAGE_DONE);
}

COCO_FIXTURE(delivery);
FIXTURE_VARIANT(delivery)
{
	struct check_row row;
	uint32_t event, error;
	bool es;
};

#define DELIVERY_ROWS(name, event_, error_)						\
	FIXTURE_VARIANT_ADD(delivery, snp_##name)					\
	{										\
		COCO_ROW(NULL, REQ_SVM_DELIVERY), .event = event_, .error = error_,	\
	};										\
	FIXTURE_VARIANT_ADD(delivery, es_##name)					\
	{										\
		COCO_ROW(NULL, REQ_SVM_DELIVERY), .event = event_, .error = error_, .es = true,	\
	};

DELIVERY_ROWS(ud, EVENT_EXCEPTION | UD_VECTOR, 0)
DELIVERY_ROWS(gp, EVENT_EXCEPTION | EVENT_HAS_ERROR | GP_VECTOR, 0)
DELIVERY_ROWS(gp_selector, EVENT_EXCEPTION | EVENT_HAS_ERROR | GP_VECTOR, 0x18)
DELIVERY_ROWS(pf, EVENT_EXCEPTION | EVENT_HAS_ERROR | PF_VECTOR, 2)
DELIVERY_ROWS(interrupt, EVENT_INTR | DEVICE_VECTOR, 0)
DELIVERY_ROWS(nmi, EVENT_NMI | NMI_VECTOR, 0)
DELIVERY_ROWS(vc, EVENT_EXCEPTION | EVENT_HAS_ERROR | VC_VECTOR, 0x72)

/* The GVA of a shared page by itself. */
static uint64_t add_page(struct kvm_vm *vm)
{
	const uint64_t gva = vm_unused_gva_gap(vm, vm->page_size, KVM_UTIL_MIN_VADDR);
	void *mem = mmap(NULL, vm->page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);

	TEST_ASSERT(mem != MAP_FAILED, "mmap(): %s", strerror(errno));
	vm_set_user_memory_region2(vm, SLOT, 0, SLOT_GPA, vm->page_size, mem, 0, 0);
	shared_mem_map(vm, gva, SLOT_GPA, 1);
	return gva;
}

COCO_TEST_F(delivery, goes_on)
{
	const enum requirement_nr req = REQ_SVM_DELIVERY;
	const uint8_t vector = variant->event;
	struct shared_mem mem;
	struct delivery_req *seen;
	struct kvm_vcpu *vcpu;
	struct snp_vm *snp;
	const char *missing;

	if (!control()) {
		check_skip("needs an in-process KVM, whose CPUs a fault can interrupt");
		return;
	}
	missing = variant->es ? es_vm_missing() : NULL;
	if (missing) {
		check_skip("%s", missing);
		return;
	}
	snp = variant->es ? es_vm_create(1, guest_code, 2) : snp_vm_create(1, guest_code);
	vcpu = snp->cpu[0].vcpu;
	mem = snp_vm_alloc_shared(snp, 1);
	seen = mem.hva;
	seen->fresh = add_page(snp->vm);
	guest_req = (void *)mem.gva;
	sync_global_to_guest(snp->vm, guest_req);
	vcpu_args_set(vcpu, 1, mem.gva);
	if (vector != VC_VECTOR)
		vm_install_exception_handler(snp->vm, vector, guest_handler);
	snp_vm_launch(snp);
	if (!EXPECT_REQ_SYNC(REQ_GUEST_UCALL, vcpu, STAGE_READY))
		return;
	control()->interrupt_delivery(EVENT_VALID | variant->event, variant->error);
	if (!EXPECT_REQ_SYNC(req, vcpu, STAGE_DONE))
		return;
	if (vector == VC_VECTOR) {
		snp_vm_free(snp);
		return;
	}
	EXPECT_REQ_EQ(req, "times that the guest has got the event", 1, seen->times, &names_count);
	EXPECT_REQ_EQ(req, "vector", vector, seen->vector, &names_value);
	if (variant->event & EVENT_HAS_ERROR)
		EXPECT_REQ_EQ(req, "error code", variant->error, seen->error, &names_value);
	snp_vm_free(snp);
}

COCO_MAIN(snp_vm_missing)
