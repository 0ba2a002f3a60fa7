// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TD is closed while exits wait for their answers, or before it has run at all.
 */
#include "check/harness.h"

#include <string.h>

#include "kvm_util.h"

#include "cases/vmm_cases.h"
#include "cases/vmm_tdx.h"
#include "guest/td_boot.h"
#include "tdx/tdx_probe.h"

COCO_FIXTURE(vmm_close);
FIXTURE_VARIANT(vmm_close)
{
	struct check_row row;
	struct vmm_case c;
};

#define CLOSE_ROW(name, end_, ...)						\
	FIXTURE_VARIANT_ADD(vmm_close, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_VMM_CLOSE),					\
		.c = {								\
			.type = &vmm_tdx, .end = end_, .kind = { __VA_ARGS__ },	\
			.next = end_ == VMM_VCPUS_FIRST || end_ == VMM_ANSWERED,	\
		},								\
	};
#define CLOSE_ROWS(name, ...)							\
	CLOSE_ROW(name##_vcpus_first, VMM_VCPUS_FIRST, __VA_ARGS__)		\
	CLOSE_ROW(name##_vm_first, VMM_VM_FIRST, __VA_ARGS__)			\
	CLOSE_ROW(name##_gmem_first, VMM_GMEM_FIRST, __VA_ARGS__)		\
	CLOSE_ROW(name##_answered, VMM_ANSWERED, __VA_ARGS__)			\
	CLOSE_ROW(name##_completed, VMM_COMPLETED, __VA_ARGS__)			\
	CLOSE_ROW(name##_process_ends, VMM_PROCESS, __VA_ARGS__)

CLOSE_ROWS(info_notify, &vmm_info, &vmm_notify)
CLOSE_ROWS(io_map_gpa, &vmm_io_in, &vmm_map_gpa)
CLOSE_ROW(quote_run_unmapped, VMM_RUN_UNMAPPED, &vmm_quote, &vmm_map_gpa)
CLOSE_ROW(quote_interrupted, VMM_INTERRUPTED, &vmm_quote, &vmm_map_gpa)
/* In the middle of a range. */
CLOSE_ROWS(chunks, &vmm_map_gpa_3, &vmm_map_gpa_3)
/* It never has an answer. */
CLOSE_ROW(fatal_vcpus_first, VMM_VCPUS_FIRST, &vmm_fatal, &vmm_quote)
CLOSE_ROW(fatal_vm_first, VMM_VM_FIRST, &vmm_fatal, &vmm_fatal)
CLOSE_ROW(fatal_process_ends, VMM_PROCESS, &vmm_fatal, &vmm_quote)

COCO_TEST_F(vmm_close, lives)
{
	vmm_case_close(&variant->c);
}

/* ---- it has never run ---- */

/* How far its VMM came. */
enum stage {
	OPENED,				/* KVM_CREATE_VM */
	VM_INITIALIZED,			/* KVM_TDX_INIT_VM */
	VCPU_CREATED,			/* KVM_CREATE_VCPU */
	VCPU_INITIALIZED,		/* KVM_TDX_INIT_VCPU of one of two vCPUs */
	MEMORY_ADDED,			/* KVM_TDX_INIT_MEM_REGION, a page */
	FINALIZED,			/* all, but no KVM_RUN */
};

COCO_FIXTURE(not_run);
FIXTURE_VARIANT(not_run)
{
	struct check_row row;
	enum stage stage;
	enum vmm_end end;
};

#define STAGE_ROW(name, stage_, end_)						\
	FIXTURE_VARIANT_ADD(not_run, name)					\
	{									\
		COCO_ROW(NULL, REQ_TDX_VMM_CLOSE), .stage = stage_, .end = end_,	\
	};
#define STAGE_ROWS(name, stage)							\
	STAGE_ROW(name##_vcpus_first, stage, VMM_VCPUS_FIRST)			\
	STAGE_ROW(name##_vm_first, stage, VMM_VM_FIRST)
#define MEMORY_ROWS(name, stage)						\
	STAGE_ROWS(name, stage)							\
	STAGE_ROW(name##_gmem_first, stage, VMM_GMEM_FIRST)

STAGE_ROW(opened, OPENED, VMM_VM_FIRST)
STAGE_ROW(vm_initialized, VM_INITIALIZED, VMM_VM_FIRST)
STAGE_ROWS(vcpu_created, VCPU_CREATED)
STAGE_ROWS(vcpu_initialized, VCPU_INITIALIZED)
MEMORY_ROWS(memory_added, MEMORY_ADDED)
MEMORY_ROWS(finalized, FINALIZED)

static void guest_nothing(void)
{
}

static void add_page(struct td_vm *td)
{
	const uint64_t gpa = TD_BOOT_GPA;
	struct tdx_mem_region region = {
		.source_addr = (uint64_t)addr_gpa2hva(td->vm, gpa), .gpa = gpa, .nr_pages = 1,
	};
	int err;

	vm_mem_set_private(td->vm, gpa, td->vm->page_size);
	err = td_vcpu_cmd(td->vcpu[0], TDX_CMD_INIT_MEM_REGION, 0, (uint64_t)&region);
	TEST_ASSERT(!err, "KVM_TDX_INIT_MEM_REGION failed: %s", strerror(err));
}

/* By hand what td_vm_create() does in one. */
static void begin(struct vmm_vm *v, enum stage stage)
{
	struct {
		struct tdx_init_vm init;
		struct kvm_cpuid_entry2 entry;
	} arg = {
		.init.cpuid.nent = 1,
		.entry = { .function = TDX_CPUID_ADDRESS_SIZES, .eax = TD_GPAW_48 << 16 },
	};
	unsigned int i;
	int err;

	v->vm = td_vm_open();
	if (stage == OPENED)
		return;
	arg.init.xfam = 3;
	err = td_vm_cmd(v->vm, TDX_CMD_INIT_VM, 0, (uint64_t)&arg);
	TEST_ASSERT(!err, "KVM_TDX_INIT_VM failed: %s", strerror(err));
	if (stage == VM_INITIALIZED)
		return;
	v->nr_cpus = VMM_CLOSE_CPUS;
	for (i = 0; i < v->nr_cpus; i++)
		v->cpu[i].vcpu = __vm_vcpu_add(v->vm, i);
}

static void begin_with_memory(struct vmm_vm *v, enum stage stage)
{
	struct td_vm *td = td_vm_create(TD_GPAW_48, 1, guest_nothing);

	v->vm = td->vm;
	v->owner = td;
	v->nr_cpus = 1;
	v->cpu[0].vcpu = td->vcpu[0];
	if (stage == VCPU_INITIALIZED)
		v->cpu[v->nr_cpus++].vcpu = __vm_vcpu_add(td->vm, 1);
	else if (stage == MEMORY_ADDED)
		add_page(td);
	else
		td_vm_launch(td);
}

COCO_TEST_F(not_run, lives)
{
	struct vmm_vm v = { .type = &vmm_tdx };

	if (variant->stage < VCPU_INITIALIZED)
		begin(&v, variant->stage);
	else
		begin_with_memory(&v, variant->stage);
	vmm_close_vm(&v, variant->end);
	vmm_expect_no_splat(REQ_TDX_VMM_CLOSE);
	if (variant->end != VMM_VM_FIRST)
		return;

	if (!vmm_vm_start(&v, &vmm_tdx, NULL, 1))
		return;
	vmm_prepare(&v.cpu[0], &vmm_quote);
	if (vmm_run_to_exit(REQ_TDX_VMM_CLOSE, &v.cpu[0])) {
		vmm_answer(&v.cpu[0], VMM_OTHER);
		vmm_run_to_answer(REQ_TDX_VMM_CLOSE, &v.cpu[0], VMM_OTHER);
	}
	vmm_vm_free(&v);
}

COCO_MAIN(tdx_revision_find)
