// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for the numbers of TDCALLs and TDVMCALLs.
 */
#include "check/names.h"
#include "tdx/tdx_names.h"
#include "tdx_ghci.h"

static const struct value_name status[] = {
	{ GHCI_SUCCESS, "SUCCESS" },
	{ GHCI_RETRY, "RETRY" },
	{ GHCI_INVALID_OPERAND, "INVALID_OPERAND" },
	{ GHCI_GPA_INUSE, "GPA_INUSE" },
	{ GHCI_ALIGN_ERROR, "ALIGN_ERROR" },
	{ GHCI_SUBFUNC_UNSUPPORTED, "SUBFUNC_UNSUPPORTED" },
	{}
};

const struct value_names names_tdvmcall = { .other = "a status without name", .names = status };

static const struct value_name tdcall_status[] = {
	{ TDX_SUCCESS, "TDX_SUCCESS" },
	{ TDX_OPERAND_INVALID | TDX_OPERAND_ID_RAX, "TDX_OPERAND_INVALID, RAX" },
	{ TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX, "TDX_OPERAND_INVALID, RCX" },
	{ TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX, "TDX_OPERAND_INVALID, RDX" },
	{ TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8, "TDX_OPERAND_INVALID, R8" },
	{ TDX_INVALID_CPUSVN, "TDX_INVALID_CPUSVN" },
	{ TDX_INVALID_REPORTMACSTRUCT, "TDX_INVALID_REPORTMACSTRUCT" },
	{ TDX_PAGE_ALREADY_ACCEPTED, "TDX_PAGE_ALREADY_ACCEPTED" },
	{ TDX_PAGE_SIZE_MISMATCH, "TDX_PAGE_SIZE_MISMATCH" },
	{}
};

const struct value_names names_tdcall = {
	.other = "another status of the TDX module", .names = tdcall_status,
};

static const struct value_name leaf_name[] = {
	{ GHCI_GET_TD_VM_CALL_INFO, "GetTdVmCallInfo" },
	{ GHCI_MAP_GPA, "MapGPA" },
	{ GHCI_GET_QUOTE, "GetQuote" },
	{ GHCI_REPORT_FATAL_ERROR, "ReportFatalError" },
	{ GHCI_SETUP_EVENT_NOTIFY, "SetupEventNotifyInterrupt" },
	{}
};

const struct value_names names_leaf = { .other = "no leaf with an exit", .names = leaf_name };
const struct value_names names_vector = { .other = "vector" };
