// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SNP VM is closed while exits wait for their answers.
 */
#include "snp/cert_rows.h"

#include "cases/vmm_cases.h"
#include "cases/vmm_snp.h"

/* Rows that all KVMs have. */
#define NAME_none	NULL
#define REV_none	NULL

COCO_FIXTURE(vmm_close);
FIXTURE_VARIANT(vmm_close)
{
	struct check_row row;
	struct vmm_case c;
};

#define CLOSE_ROW(tag, name, end_, ...)						\
	FIXTURE_VARIANT_ADD(vmm_close, tag##_##name)				\
	{									\
		COCO_ROW(NAME_##tag, REQ_VMM_CLOSE),				\
		.c = {								\
			.type = &vmm_snp, .arg = REV_##tag,			\
			.end = end_, .next = end_ == VMM_VCPUS_FIRST,	\
			.kind = { __VA_ARGS__ },				\
		},								\
	};
#define CLOSE_ROWS(tag, name, ...)						\
	CLOSE_ROW(tag, name##_vcpus_first, VMM_VCPUS_FIRST, __VA_ARGS__)	\
	CLOSE_ROW(tag, name##_vm_first, VMM_VM_FIRST, __VA_ARGS__)		\
	CLOSE_ROW(tag, name##_answered, VMM_ANSWERED, __VA_ARGS__)		\
	CLOSE_ROW(tag, name##_completed, VMM_COMPLETED, __VA_ARGS__)		\
	CLOSE_ROW(tag, name##_process_ends, VMM_PROCESS, __VA_ARGS__)

CLOSE_ROWS(none, psc, &vmm_psc_msr, &vmm_psc_nae)
CLOSE_ROW(none, psc_gmem_first, VMM_GMEM_FIRST, &vmm_psc_msr, &vmm_psc_nae)
CLOSE_ROW(none, psc_run_unmapped, VMM_RUN_UNMAPPED, &vmm_psc_msr, &vmm_psc_nae)
CLOSE_ROW(none, psc_interrupted, VMM_INTERRUPTED, &vmm_psc_msr, &vmm_psc_nae)
#define CLOSE_CERTS(tag)	CLOSE_ROWS(tag, certs, &vmm_certs, &vmm_psc_nae)
ROWS_OF_ALL(CLOSE_CERTS)

COCO_TEST_F(vmm_close, lives)
{
	vmm_case_close(&variant->c);
}

CERT_MAIN
