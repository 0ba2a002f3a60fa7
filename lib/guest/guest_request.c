// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carry out what a struct guest_request asks for: guest code.
 */
#include "ucall_common.h"

#include "guest/guest_request.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

/*
 * Which struct ghcb fields a mark stands for; a macro instead of a table,
 * since the marks name fields.
 */
#define SET_IF_MARKED(flag, field, value)					\
do {										\
	ghcb->field = (value);							\
	if (req->mark & (flag))							\
		ghcb_mark_bit(ghcb->valid_bitmap, GHCB_VALID_BIT(field));	\
} while (0)

/* One instruction: there are machines that emulate every instruction of ours. */
static void copy_qwords(uint64_t to, uint64_t from, uint64_t size)
{
	uint64_t count = size / sizeof(uint64_t);

	asm volatile("rep movsq"
		     : "+D" (to), "+S" (from), "+c" (count) : : "memory");
}

void guest_make_request(struct guest_request *req, struct ghcb *ghcb, uint64_t ghcb_gpa)
{
	unsigned int i;

	if (req->ghcb_before)
		copy_qwords((uint64_t)ghcb, req->ghcb_before, GHCB_PAGE_SIZE);
	ghcb_clear(ghcb);
	ghcb->ghcb_usage = req->usage;
	SET_IF_MARKED(MARK_EXIT_CODE, sw_exit_code, req->exit_code);
	SET_IF_MARKED(MARK_INFO_1, sw_exit_info_1, req->exit_info_1);
	SET_IF_MARKED(MARK_INFO_2, sw_exit_info_2, req->exit_info_2);
	SET_IF_MARKED(MARK_RAX, rax, req->rax);
	SET_IF_MARKED(MARK_RBX, rbx, req->rbx);
	if (req->ghcb_before)
		copy_qwords(req->ghcb_before, (uint64_t)ghcb, GHCB_PAGE_SIZE);

	ghcb_exit(ghcb_gpa);
	if (req->ghcb_before)
		copy_qwords(req->ghcb_after, (uint64_t)ghcb, GHCB_PAGE_SIZE);

	/* The next ucall overwrites the GHCB. */
	req->answer.exit_info_1 = ghcb->sw_exit_info_1;
	req->answer.exit_info_2 = ghcb->sw_exit_info_2;
	req->answer.rax = ghcb->rax;
	req->answer.rbx = ghcb->rbx;
	for (i = 0; i < sizeof(ghcb->valid_bitmap); i++)
		req->answer.valid_bitmap[i] = ghcb->valid_bitmap[i];

	for (i = 0; i < 2; i++)
		copy_qwords(req->copy[i].to, req->copy[i].from, req->copy[i].size);

	req->answer.count++;
}

void guest_request_loop(struct guest_request *req)
{
	struct guest_vcpu *vcpu = guest_this_vcpu();

	GUEST_SYNC(STAGE_READY);
	for (;;) {
		guest_make_request(req, vcpu->ghcb, vcpu->ghcb_gpa);
		GUEST_SYNC(STAGE_ANSWERED);
	}
}

void guest_registered_loop(struct guest_request *req)
{
	ghcb_register();
	guest_request_loop(req);
}
