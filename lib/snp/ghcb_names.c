// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for the numbers of the GHCB protocol.
 */
#include "check/names.h"
#include "guest/ghcb.h"
#include "guest/psc.h"
#include "snp/ghcb_names.h"

static const struct value_name nae[] = {
	{ GHCB_NAE_DR7_READ, "DR7 read" },
	{ GHCB_NAE_DR7_WRITE, "DR7 write" },
	{ GHCB_NAE_RDTSC, "RDTSC" },
	{ GHCB_NAE_RDPMC, "RDPMC" },
	{ GHCB_NAE_CPUID, "CPUID" },
	{ GHCB_NAE_INVD, "INVD" },
	{ GHCB_NAE_IOIO, "IOIO" },
	{ GHCB_NAE_MSR, "MSR" },
	{ GHCB_NAE_VMMCALL, "VMMCALL" },
	{ GHCB_NAE_RDTSCP, "RDTSCP" },
	{ GHCB_NAE_WBINVD, "WBINVD" },
	{ GHCB_NAE_MONITOR, "MONITOR" },
	{ GHCB_NAE_MWAIT, "MWAIT" },
	{ GHCB_NAE_MMIO_READ, "MMIO read" },
	{ GHCB_NAE_MMIO_WRITE, "MMIO write" },
	{ GHCB_NAE_NMI_COMPLETE, "NMI complete" },
	{ GHCB_NAE_AP_RESET_HOLD, "AP reset hold" },
	{ GHCB_NAE_AP_JUMP_TABLE, "AP jump table" },
	{ GHCB_NAE_PSC, "page state change" },
	{ GHCB_NAE_GUEST_REQUEST, "guest request" },
	{ GHCB_NAE_EXT_GUEST_REQUEST, "extended guest request" },
	{ GHCB_NAE_AP_CREATION, "AP creation" },
	{ GHCB_NAE_HV_FEATURES, "hypervisor features" },
	{ GHCB_NAE_TERMINATION, "termination" },
	{ GHCB_NAE_UNSUPPORTED, "unsupported event" },
	{}
};

const struct value_names names_nae = { .other = "undefined event", .names = nae };

static const struct value_name info_1[] = {
	{ GHCB_INFO1_OK, "no action" },
	{ GHCB_INFO1_EXCEPTION, "exception to inject" },
	{ GHCB_INFO1_MALFORMED, "malformed input" },
	{}
};

const struct value_names names_info_1 = { .other = "undefined", .names = info_1 };

static const struct value_name malformed[] = {
	{ GHCB_REASON_NOT_REGISTERED, "GHCB not registered" },
	{ GHCB_REASON_USAGE, "invalid usage" },
	{ GHCB_REASON_SCRATCH, "bad scratch area" },
	{ GHCB_REASON_MISSING_INPUT, "missing input" },
	{ GHCB_REASON_INVALID_INPUT, "invalid input" },
	{ GHCB_REASON_INVALID_EVENT, "invalid event" },
	{}
};

const struct value_names names_malformed = { .other = "no reason", .names = malformed };

static const struct value_name vmm_status[] = {
	{ 0, "success" },
	{ GHCB_VMM_ERR_INVALID_LEN, "VMM: invalid length" },
	{ GHCB_VMM_ERR_BUSY, "VMM: busy" },
	{ GHCB_VMM_ERR_GENERIC_V1, "VMM: generic error of coco-v1" },
	{ GHCB_VMM_ERR_GENERIC, "VMM: generic error" },
	{}
};

static const char *guest_request_name(uint64_t value)
{
	return value && value <= UINT32_MAX ? "firmware status" : NULL;
}

const struct value_names names_guest_request = {
	.other = "undefined", .names = vmm_status, .name = guest_request_name,
};

static const struct value_name ghcb_msr[] = {
	{ GHCB_MSR_SEV_INFO_RESP, "SEV info answer" },
	{ GHCB_MSR_SEV_INFO_REQ, "SEV info request" },
	{ GHCB_MSR_CPUID_REQ, "CPUID request" },
	{ GHCB_MSR_CPUID_RESP, "CPUID answer" },
	{ GHCB_MSR_PREF_GPA_REQ, "preferred GPA request" },
	{ GHCB_MSR_PREF_GPA_RESP, "preferred GPA answer" },
	{ GHCB_MSR_REG_GPA_REQ, "register GPA request" },
	{ GHCB_MSR_REG_GPA_RESP, "register GPA answer" },
	{ GHCB_MSR_HV_FEATURES_REQ, "features request" },
	{ GHCB_MSR_HV_FEATURES_RESP, "features answer" },
	{ GHCB_MSR_TERM_REQ, "termination request" },
	{}
};

const struct value_names names_ghcb_msr = { .other = "undefined", .names = ghcb_msr };

static const struct value_name psc_answer[] = {
	{ PSC_ANSWER_DONE, "done" },
	{ PSC_ANSWER_BAD_HDR, "bad header" },
	{ PSC_ANSWER_BAD_ENTRY, "bad entry" },
	{ PSC_ANSWER_GENERIC, "generic error" },
	{}
};

const struct value_names names_psc = { .other = "undefined", .names = psc_answer };
