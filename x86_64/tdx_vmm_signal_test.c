// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals and immediate_exit at every point of a TDX exit's life, and KVM_RUN without an
 * answer; other fields of kvm_run; requests without end: vmm_cases.h.
 */
#include "check/harness.h"

#include "cases/vmm_cases.h"
#include "cases/vmm_tdx.h"
#include "tdx/tdx_probe.h"

#define ROW(fixture, name, kind_, answer_, ...)					\
	FIXTURE_VARIANT_ADD(fixture, name)					\
	{									\
		COCO_ROW(NULL, __VA_ARGS__),					\
		.c = { .type = &vmm_tdx, .kind = { &kind_ }, .answer = answer_ },	\
	};

/* ---- signals ---- */

COCO_FIXTURE(vmm_signal);
FIXTURE_VARIANT(vmm_signal)
{
	struct check_row row;
	struct vmm_case c;
};

#define SIGNAL_ROW(name, kind, answer)						\
	ROW(vmm_signal, name, kind, answer, REQ_TDX_VMM_SIGNAL, REQ_TDX_VMM_SIGNAL_ONCE)

SIGNAL_ROW(info, vmm_info, VMM_OK)
SIGNAL_ROW(quote, vmm_quote, VMM_OK)
SIGNAL_ROW(quote_error, vmm_quote, VMM_ERROR)
SIGNAL_ROW(notify, vmm_notify, VMM_OK)
SIGNAL_ROW(map_gpa, vmm_map_gpa, VMM_OK)
SIGNAL_ROW(map_gpa_refused, vmm_map_gpa, VMM_ERROR)
SIGNAL_ROW(io_in, vmm_io_in, VMM_OK)

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

#define TIMER_ROW(name, kind)	ROW(vmm_timer, name, kind, VMM_OK, REQ_TDX_VMM_SIGNAL_ONCE)

TIMER_ROW(info, vmm_info)
TIMER_ROW(quote, vmm_quote)
TIMER_ROW(map_gpa, vmm_map_gpa)
TIMER_ROW(io_in, vmm_io_in)

COCO_TEST_F(vmm_timer, strikes)
{
	vmm_case_timer(&variant->c);
}

/* ---- immediate_exit ---- */

COCO_FIXTURE(vmm_immediate);
FIXTURE_VARIANT(vmm_immediate)
{
	struct check_row row;
	struct vmm_case c;
};

#define IMMEDIATE_ROW(name, kind, answer)					\
	ROW(vmm_immediate, name, kind, answer, REQ_TDX_VMM_IMMEDIATE)

IMMEDIATE_ROW(info, vmm_info, VMM_OK)
IMMEDIATE_ROW(quote, vmm_quote, VMM_OK)
IMMEDIATE_ROW(notify, vmm_notify, VMM_OK)
IMMEDIATE_ROW(map_gpa_refused, vmm_map_gpa, VMM_ERROR)
IMMEDIATE_ROW(io_in, vmm_io_in, VMM_OK)

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

#define NO_ANSWER_ROW(name, kind)	ROW(vmm_no_answer, name, kind, VMM_OK, REQ_TDX_VMM_NO_ANSWER)

NO_ANSWER_ROW(info, vmm_info)
NO_ANSWER_ROW(quote, vmm_quote)
NO_ANSWER_ROW(notify, vmm_notify)
NO_ANSWER_ROW(map_gpa, vmm_map_gpa)

COCO_TEST_F(vmm_no_answer, is_preset)
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

#define FIELDS_ROW(name, kind, answer)	ROW(vmm_fields, name, kind, answer, REQ_TDX_VMM_FIELDS)

FIELDS_ROW(info, vmm_info, VMM_OK)
FIELDS_ROW(quote_other, vmm_quote, VMM_OTHER)
FIELDS_ROW(notify, vmm_notify, VMM_ERROR)
FIELDS_ROW(map_gpa_refused, vmm_map_gpa, VMM_ERROR)
FIELDS_ROW(io_in, vmm_io_in, VMM_OK)

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

#define REPEAT_ROW(name, kind)							\
	ROW(vmm_repeat, name, kind, VMM_OK, REQ_TDX_VMM_REPEAT, REQ_KERNEL_MEM_LEAK)

REPEAT_ROW(info, vmm_info)
REPEAT_ROW(quote, vmm_quote)
REPEAT_ROW(map_gpa, vmm_map_gpa)
REPEAT_ROW(io_in, vmm_io_in)

COCO_TEST_F(vmm_repeat, answered)
{
	vmm_case_repeat(&variant->c);
}

COCO_MAIN(tdx_revision_find)
