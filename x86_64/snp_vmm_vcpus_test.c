// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNP exits that are pending on several vCPUs at once: answered in every order, from one
 * thread and from one for each.
 */
#include "snp/cert_rows.h"

#include "cases/vmm_cases.h"
#include "cases/vmm_snp.h"

/* Rows that all KVMs have. */
#define NAME_none	NULL
#define REV_none	NULL

COCO_FIXTURE(vmm_vcpus);
FIXTURE_VARIANT(vmm_vcpus)
{
	struct check_row row;
	struct vmm_case c;
};

#define VCPUS_ROW(tag, name, ...)						\
	FIXTURE_VARIANT_ADD(vmm_vcpus, tag##_##name)				\
	{									\
		COCO_ROW(NAME_##tag, REQ_VMM_VCPUS),				\
		.c = { .type = &vmm_snp, .arg = REV_##tag, .kind = { __VA_ARGS__ } },	\
	};

VCPUS_ROW(none, psc, &vmm_psc_nae, &vmm_psc_msr, &vmm_psc_nae)

#define VCPUS_ROWS(tag)								\
	VCPUS_ROW(tag, certs, &vmm_certs, &vmm_certs, &vmm_certs)	\
	VCPUS_ROW(tag, mixed, &vmm_certs, &vmm_psc_nae, &vmm_psc_msr)
ROWS_OF_ALL(VCPUS_ROWS)

COCO_TEST_F(vmm_vcpus, every_order)
{
	vmm_case_every_order(&variant->c);
}

COCO_TEST_F(vmm_vcpus, threads)
{
	vmm_case_threads(&variant->c);
}

CERT_MAIN
