// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expectations of VMGEXITs.
 */
#include <stdio.h>
#include <string.h>

#include "kvm_util.h"

#include "check/expect.h"
#include "check/run.h"
#include "check/state.h"
#include "snp/ghcb_check.h"

bool ghcb_vm_start(struct ghcb_vm *v)
{
	struct kvm_run *run;

	ghcb_vm_create(v, 1, guest_ghcb_loop);
	snp_vm_launch(v->snp);
	if (EXPECT_REQ_SYNC(REQ_GUEST_UCALL, v->cpu[0].vcpu, GHCB_STAGE_READY))
		return true;
	run = v->cpu[0].vcpu->run;
	if (run->exit_reason == KVM_EXIT_SYSTEM_EVENT && run->system_event.ndata)
		EXPECT_REQ_TRUE(REQ_GHCB_REGISTER, "the vCPU's own GHCB is registered",
				run->system_event.data[0] != GHCB_MSR_TERM_NOT_REGISTERED);
	return false;
}

bool check_ghcb_answer(const char *file, int line, enum requirement_nr req,
		       const struct ghcb_step *step, uint64_t info_1, uint64_t info_2)
{
	const struct ghcb *page = &step->answer.page;
	char what[96];
	bool ok;

	snprintf(what, sizeof(what), "SW_EXITINFO1 of %s (0x%lx)",
		 name_of(&names_nae, step->in.sw_exit_code), step->in.sw_exit_code);
	ok = check_eq(file, line, req, what, info_1, page->sw_exit_info_1, &names_info_1);
	/* The other's meaning depends on it. */
	what[strlen("SW_EXITINFO")] = '2';
	return ok && check_eq(file, line, req, what, info_2, page->sw_exit_info_2,
			      info_1 == GHCB_INFO1_MALFORMED ? &names_malformed : &names_value);
}

/* What KVM may write, whatever the event; see EXPECT_GHCB_KEPT(). */
static const size_t written[] = {
	offsetof(struct ghcb, rax),
	offsetof(struct ghcb, rbx),
	offsetof(struct ghcb, rcx),
	offsetof(struct ghcb, rdx),
	offsetof(struct ghcb, sw_exit_info_1),
	offsetof(struct ghcb, sw_exit_info_2),
};

bool check_ghcb_kept(const char *file, int line, const struct ghcb_step *step,
		     size_t offset, size_t len)
{
	struct ghcb wanted = step->in;
	uint8_t allowed[sizeof(wanted.valid_bitmap)] = {};
	unsigned int i;
	bool ok;

	for (i = 0; i < ARRAY_SIZE(written); i++) {
		memcpy((char *)&wanted + written[i], (char *)&step->answer.page + written[i],
		       sizeof(uint64_t));
		ghcb_mark_bit(allowed, written[i] / sizeof(uint64_t));
	}
	memcpy(wanted.shared_buffer + offset, step->answer.page.shared_buffer + offset, len);
	memcpy(wanted.valid_bitmap, step->answer.page.valid_bitmap, sizeof(wanted.valid_bitmap));

	ok = check_bytes(file, line, REQ_GHCB_KEPT, "the GHCB, but for what is returned", &wanted,
			 &step->answer.page, sizeof(wanted));
	check_made(REQ_GHCB_VALID_ONLY);
	for (i = 0; i < sizeof(allowed) * 8; i++) {
		char what[64];

		if (ghcb_bit_is_valid(allowed, i) || !ghcb_bit_is_valid(wanted.valid_bitmap, i))
			continue;
		snprintf(what, sizeof(what), "the field at 0x%zx is marked valid",
			 i * sizeof(uint64_t));
		return check_eq(file, line, REQ_GHCB_VALID_ONLY, what, 0, 1, &names_bool);
	}
	return ok;
}
