// SPDX-License-Identifier: GPL-2.0-only
/*
 * GHCB MSR, VMGEXIT, registration: guest code.
 */
#include "guest/ghcb.h"

/* Guest code: no SSE, which an emulating host may not have. */
#pragma GCC target("general-regs-only")

/*
 * On hardware an 8-byte NOP.  An in-process KVM, whose guest is no SEV guest,
 * finds by it the accesses that would otherwise fault.  The alignment keeps
 * instruction and mark on one page.
 */
#define GHCB_MSR_MARK	".byte 0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x76, 0x6d, 0x21\n\t"

void __attribute__((noinline)) ghcb_msr_write(uint64_t value)
{
	asm volatile(".balign 16\n\t"
		     "wrmsr\n\t"
		     GHCB_MSR_MARK
		     : : "c" (MSR_GHCB), "a" ((uint32_t)value), "d" ((uint32_t)(value >> 32))
		     : "memory");
}

uint64_t __attribute__((noinline)) ghcb_msr_read(void)
{
	uint32_t low, high;

	asm volatile(".balign 16\n\t"
		     "rdmsr\n\t"
		     GHCB_MSR_MARK
		     : "=a" (low), "=d" (high) : "c" (MSR_GHCB) : "memory");
	return ((uint64_t)high << 32) | low;
}

void __attribute__((noinline)) vmgexit(void)
{
	/* Four bytes, aligned, so that the instruction never lies on two pages. */
	asm volatile(".balign 4\n\t"
		     "rep; vmmcall\n\t"
		     : : : "memory");
}

uint64_t ghcb_msr_call(uint64_t request)
{
	ghcb_msr_write(request);
	vmgexit();
	return ghcb_msr_read();
}

void ghcb_register(void)
{
	uint64_t gfn = guest_this_vcpu()->ghcb_gpa >> 12;

	if (!guest_this_vcpu()->is_snp)
		return;
	if (ghcb_msr_call(GHCB_MSR(GHCB_MSR_REG_GPA_REQ, gfn)) !=
	    GHCB_MSR(GHCB_MSR_REG_GPA_RESP, gfn))
		for (;;)
			ghcb_msr_call(GHCB_MSR_TERM_NOT_REGISTERED);
}

void ghcb_terminate(unsigned int set, unsigned int reason)
{
	for (;;)
		ghcb_msr_call(GHCB_MSR_TERM(set, reason));
}

void ghcb_clear(struct ghcb *ghcb)
{
	unsigned int i;

	/*
	 * Not the whole page: what is not marked valid counts for nothing, and
	 * there are machines that emulate every instruction of ours.
	 */
	for (i = 0; i < sizeof(ghcb->valid_bitmap); i++)
		ghcb->valid_bitmap[i] = 0;
	ghcb->sw_exit_code = ghcb->sw_exit_info_1 = ghcb->sw_exit_info_2 = 0;
	ghcb->sw_scratch = ghcb->rax = ghcb->rbx = ghcb->rcx = ghcb->rdx = 0;
	ghcb->protocol_version = GHCB_PROTOCOL_VERSION;
	ghcb->ghcb_usage = GHCB_USAGE_STANDARD;
}

void ghcb_exit(uint64_t ghcb_gpa)
{
	ghcb_msr_write(ghcb_gpa);
	vmgexit();
}
