// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMSAs of an SNP guest's own, and an AP that runs from one: guest code.
 */
#include "ucall_common.h"

#include "guest/ghcb.h"
#include "guest/vmsa.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

static noinline uint64_t rmpadjust(uint64_t gva, uint64_t attrs)
{
	uint64_t ret = gva;

	/* Four bytes, aligned, so that the instruction never lies on two pages. */
	asm volatile(".balign 4\n\t"
		     ".byte 0xf3, 0x0f, 0x01, 0xfe\n\t"	/* rmpadjust */
		     : "+a" (ret) : "c" (0ull), "d" (attrs) : "memory", "cc");
	return (uint32_t)ret;
}

void guest_vmsa_op(struct vmsa_op *op)
{
	void *to = (void *)op->gva, *from = (void *)op->from;
	uint64_t count = sizeof(struct vmsa) / sizeof(uint64_t);

	if (!to)
		return;
	if (from)
		asm volatile("rep movsq"
			     : "+D" (to), "+S" (from), "+c" (count) : : "memory");
	op->result = rmpadjust(op->gva, op->attrs);
}

void guest_ap(struct ap_seen *seen, uint64_t tag)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr;
	uint64_t cr2;

	asm volatile("mov %%cr2, %0" : "=r" (cr2));
	asm volatile("sgdt %0" : "=m" (gdtr));
	seen->cr2 = cr2;
	seen->gdt_limit = gdtr.limit;
	seen->tag = tag;
	seen->starts++;
	ghcb_register();
	if (seen->hold)
		ghcb_msr_call(GHCB_MSR_AP_HOLD_REQ);
	GUEST_SYNC(AP_STAGE_STARTED);
	for (;;) {
		while (!seen->stop)
			seen->turns++;
		GUEST_SYNC(AP_STAGE_STOPPED);
	}
}
