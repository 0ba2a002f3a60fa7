// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expectations of TDCALL answers and TDX exits.
 */
#include <stdio.h>

#include "kvm_util.h"

#include "check/expect.h"
#include "check/run.h"
#include "check/state.h"
#include "check/transcript.h"
#include "tdx/tdx_check.h"

const char *td_gpr_name(enum td_gpr nr)
{
	static const char *const names[TD_NR_GPRS] = {
		"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
		"R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
	};

	return names[nr];
}

static void expect_kept(struct tdvmcall_vm *v)
{
	const uint64_t passed = v->req->in.gpr[TD_RCX];
	unsigned int i;
	char what[64];

	check_made(REQ_TDX_KEPT);
	for (i = TD_RCX; i < TD_NR_GPRS; i++) {
		if ((passed & (1ull << i)) || i == TD_RSP || i == TD_RBP)
			continue;
		snprintf(what, sizeof(what), "%s, which was not passed", td_gpr_name(i));
		EXPECT_REQ_EQ(REQ_TDX_KEPT, what, v->req->in.gpr[i], v->req->out.gpr[i],
			      &names_value);
	}
}

bool expect_tdvmcall_answer(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t wanted)
{
	if (!EXPECT_REQ_SYNC(req, v->vcpu, TD_STAGE_ANSWERED))
		return false;
	EXPECT_REQ_EQ(REQ_TDX_RAX, "RAX", TDX_SUCCESS, v->req->out.gpr[TD_RAX], &names_tdcall);
	expect_kept(v);
	if (v->req->in.gpr[TD_RCX] & (1ull << TD_R10))
		EXPECT_REQ_EQ(req, "R10, the answer", wanted, v->req->out.gpr[TD_R10],
			      &names_tdvmcall);
	return true;
}

bool expect_tdx_exit(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t leaf)
{
	const struct tdx_exit *exit = tdx_exit_of(v->vcpu->run);

	if (!EXPECT_REQ_EXIT(req, v->vcpu, TDX_EXIT_REASON))
		return false;
	EXPECT_REQ_EQ(REQ_TDX_EXIT_FLAGS, "flags", 0, exit->flags, &names_value);
	return EXPECT_REQ_EQ(REQ_TDX_EXIT_NR, "nr", leaf, exit->nr, &names_leaf);
}

bool expect_tdx_eintr(enum requirement_nr req, struct tdvmcall_vm *v)
{
	return EXPECT_REQ_EQ(req, "KVM_RUN", EINTR, check_run(v->vcpu), &names_errno);
}
