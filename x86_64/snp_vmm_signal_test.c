// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals and immediate_exit at every point of an SNP exit's life, and KVM_RUN without an
 * answer; other fields of kvm_run; requests without end: vmm_cases.h.
 */
#include "snp/cert_rows.h"

#include "cases/vmm_cases.h"
#include "cases/vmm_snp.h"

/* Rows that all KVMs have. */
#define NAME_none	NULL
#define REV_none	NULL

#define ROW(fixture, tag, name, kind_, answer_, ...)				\
	FIXTURE_VARIANT_ADD(fixture, tag##_##name)				\
	{									\
		COCO_ROW(NAME_##tag, __VA_ARGS__),				\
		.c = {								\
			.type = &vmm_snp, .arg = REV_##tag,			\
			.kind = { &kind_ }, .answer = answer_,			\
		},								\
	};

/* ---- signals ---- */

COCO_FIXTURE(vmm_signal);
FIXTURE_VARIANT(vmm_signal)
{
	struct check_row row;
	struct vmm_case c;
};

#define SIGNAL_ROW(tag, name, kind, answer)					\
	ROW(vmm_signal, tag, name, kind, answer, REQ_VMM_SIGNAL, REQ_VMM_SIGNAL_ONCE)

SIGNAL_ROW(none, psc_msr, vmm_psc_msr, VMM_OK)
SIGNAL_ROW(none, psc_msr_refused, vmm_psc_msr, VMM_ERROR)
SIGNAL_ROW(none, psc_nae, vmm_psc_nae, VMM_OK)
SIGNAL_ROW(none, psc_nae_refused, vmm_psc_nae, VMM_ERROR)

#define SIGNAL_CERTS(tag)						\
	SIGNAL_ROW(tag, certs, vmm_certs, VMM_OK)			\
	SIGNAL_ROW(tag, certs_len, vmm_certs, VMM_OTHER)		\
	SIGNAL_ROW(tag, certs_error, vmm_certs, VMM_ERROR)
ROWS_OF_ALL(SIGNAL_CERTS)

COCO_TEST_F(vmm_signal, pending)
{
	vmm_case_signal_pending(&variant->c);
}

COCO_TEST_F(vmm_signal, blocked)
{
	vmm_case_signal_blocked(&variant->c);
}

/* ---- a timer, wherever it strikes ---- */

COCO_FIXTURE(vmm_timer);
FIXTURE_VARIANT(vmm_timer)
{
	struct check_row row;
	struct vmm_case c;
};

#define TIMER_ROW(tag, name, kind)						\
	ROW(vmm_timer, tag, name, kind, VMM_OK, REQ_VMM_SIGNAL_ONCE)

TIMER_ROW(none, psc_msr, vmm_psc_msr)
TIMER_ROW(none, psc_nae, vmm_psc_nae)
#define TIMER_CERTS(tag)	TIMER_ROW(tag, certs, vmm_certs)
ROWS_OF_ALL(TIMER_CERTS)

COCO_TEST_F(vmm_timer, strikes)
{
	vmm_case_timer(&variant->c);
}

/* ---- immediate_exit with a page state change ---- */

COCO_FIXTURE(vmm_immediate);
FIXTURE_VARIANT(vmm_immediate)
{
	struct check_row row;
	struct vmm_case c;
};

#define IMMEDIATE_ROW(name, kind_, answer_)					\
	FIXTURE_VARIANT_ADD(vmm_immediate, name)				\
	{									\
		COCO_ROW(NULL, REQ_VMM_IMMEDIATE),				\
		.c = { .type = &vmm_snp, .kind = { &kind_ }, .answer = answer_ },	\
	};

IMMEDIATE_ROW(psc_msr, vmm_psc_msr, VMM_OK)
IMMEDIATE_ROW(psc_msr_refused, vmm_psc_msr, VMM_ERROR)
IMMEDIATE_ROW(psc_nae, vmm_psc_nae, VMM_OK)
IMMEDIATE_ROW(psc_nae_refused, vmm_psc_nae, VMM_ERROR)

COCO_TEST_F(vmm_immediate, before)
{
	vmm_case_immediate_before(&variant->c);
}

COCO_TEST_F(vmm_immediate, completes)
{
	vmm_case_immediate_completes(&variant->c);
}

/* ---- KVM_RUN without an answer ---- */

COCO_FIXTURE(vmm_no_answer);
FIXTURE_VARIANT(vmm_no_answer)
{
	struct check_row row;
	struct vmm_case c;
};

#define NO_ANSWER_ROW(tag, name, kind)						\
	ROW(vmm_no_answer, tag, name, kind, VMM_OK, REQ_VMM_NO_ANSWER)

NO_ANSWER_ROW(none, psc_msr, vmm_psc_msr)
NO_ANSWER_ROW(none, psc_nae, vmm_psc_nae)
#define NO_ANSWER_CERTS(tag)	NO_ANSWER_ROW(tag, certs, vmm_certs)
ROWS_OF_ALL(NO_ANSWER_CERTS)

COCO_TEST_F(vmm_no_answer, is_ok)
{
	vmm_case_no_answer(&variant->c);
}

/* ---- kvm_run is not what it was ---- */

COCO_FIXTURE(vmm_fields);
FIXTURE_VARIANT(vmm_fields)
{
	struct check_row row;
	struct vmm_case c;
};

#define FIELDS_ROW(tag, name, kind, answer)					\
	ROW(vmm_fields, tag, name, kind, answer, REQ_VMM_FIELDS)

FIELDS_ROW(none, psc_msr, vmm_psc_msr, VMM_OK)
FIELDS_ROW(none, psc_nae, vmm_psc_nae, VMM_OK)
#define FIELDS_CERTS(tag)					\
	FIELDS_ROW(tag, certs_len, vmm_certs, VMM_OTHER)
ROWS_OF_ALL(FIELDS_CERTS)

COCO_TEST_F(vmm_fields, overwritten)
{
	vmm_case_other_fields(&variant->c);
}

/* ---- the same request again and again ---- */

COCO_FIXTURE(vmm_repeat);
FIXTURE_VARIANT(vmm_repeat)
{
	struct check_row row;
	struct vmm_case c;
};

#define REPEAT_ROW(tag, name, kind)						\
	ROW(vmm_repeat, tag, name, kind, VMM_OK, REQ_VMM_REPEAT, REQ_KERNEL_MEM_LEAK)

REPEAT_ROW(none, psc_msr, vmm_psc_msr)
REPEAT_ROW(none, psc_nae, vmm_psc_nae)
#define REPEAT_CERTS(tag)	REPEAT_ROW(tag, certs, vmm_certs)
ROWS_OF_ALL(REPEAT_CERTS)

COCO_TEST_F(vmm_repeat, answered)
{
	vmm_case_repeat(&variant->c);
}

CERT_MAIN
