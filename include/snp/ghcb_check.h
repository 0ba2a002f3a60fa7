/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is expected of the answers to VMGEXITs.
 */
#ifndef GHCB_CHECK_H
#define GHCB_CHECK_H

#include "check/requirement.h"
#include "snp/ghcb_vm.h"

/* One vCPU with guest_ghcb_loop(), launched, waiting for its script.  False: failed. */
bool ghcb_vm_start(struct ghcb_vm *v);

/* SW_EXITINFO1 and SW_EXITINFO2 of the answer to @step. */
#define EXPECT_GHCB_ANSWER(req, step, info_1, info_2)	\
	check_ghcb_answer(__FILE__, __LINE__, req, step, info_1, info_2)

/*
 * Nothing of the GHCB has changed but SW_EXITINFO1 and 2, RAX, RBX, RCX, RDX and @len
 * bytes at @offset of the shared buffer, and of nothing else a valid bit is set.
 */
#define EXPECT_GHCB_KEPT(step, offset, len)	\
	check_ghcb_kept(__FILE__, __LINE__, step, offset, len)

bool check_ghcb_answer(const char *file, int line, enum requirement_nr req,
		       const struct ghcb_step *step, uint64_t info_1, uint64_t info_2);
bool check_ghcb_kept(const char *file, int line, const struct ghcb_step *step,
		     size_t offset, size_t len);

#endif
