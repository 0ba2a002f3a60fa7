// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TD is closed while exits wait for their answers.
 */
#include "harness.h"

#include "tdx_revisions.h"
#include "vmm_cases.h"
#include "vmm_tdx.h"

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
		.c = { .type = &vmm_tdx, .end = end_, .kind = { __VA_ARGS__ } },	\
	};
#define CLOSE_ROWS(name, ...)							\
	CLOSE_ROW(name##_vcpus_first, VMM_VCPUS_FIRST, __VA_ARGS__)		\
	CLOSE_ROW(name##_vm_first, VMM_VM_FIRST, __VA_ARGS__)			\
	CLOSE_ROW(name##_gmem_first, VMM_GMEM_FIRST, __VA_ARGS__)		\
	CLOSE_ROW(name##_answered, VMM_ANSWERED, __VA_ARGS__)			\
	CLOSE_ROW(name##_completed, VMM_COMPLETED, __VA_ARGS__)			\
	CLOSE_ROW(name##_process_ends, VMM_PROCESS, __VA_ARGS__)

CLOSE_ROWS(quote, &vmm_quote, &vmm_quote)
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

COCO_MAIN(tdx_revision_find)
