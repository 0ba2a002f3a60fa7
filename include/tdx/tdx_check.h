/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is expected of the answers to TDCALLs, and of exits.
 */
#ifndef TDX_CHECK_H
#define TDX_CHECK_H

#include "check/requirement.h"
#include "tdx/tdvmcall_vm.h"

/* A register of TDG.VP.VMCALL by its name, such as "R10". */
const char *td_gpr_name(enum td_gpr nr);

/*
 * KVM_RUN, and the guest has its answer: R10 is @status, by requirement @req; RAX is 0, and
 * what is not passed is kept.  False if there is no answer.
 */
bool expect_tdvmcall_answer(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t status);

/* KVM_RUN up to KVM_EXIT_TDX for @leaf, by requirement @req.  False if there is none. */
bool expect_tdx_exit(enum requirement_nr req, struct tdvmcall_vm *v, uint64_t leaf);

/* KVM_RUN with immediate_exit or a pending signal fails with EINTR, by requirement @req. */
bool expect_tdx_eintr(enum requirement_nr req, struct tdvmcall_vm *v);

#endif
