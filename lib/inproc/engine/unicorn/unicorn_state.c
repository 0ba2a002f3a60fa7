// SPDX-License-Identifier: GPL-2.0-only
/*
 * x87, SSE and debug registers of Unicorn's vCPUs, in KVM's formats.  Its CPU has no
 * AVX; debug registers are kept, but break nothing.
 */
#include <errno.h>
#include <string.h>

#include "unicorn_engine.h"

/* The FXSAVE image of 64-bit code, and the header of an XSAVE area behind it. */
struct fxsave {
	uint16_t fcw, fsw;
	uint8_t ftw, reserved;
	uint16_t fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16];
	uint8_t xmm[16][16];
	uint8_t rest[96];
	uint64_t xstate_bv;
} __attribute__((packed));

#define XSTATE_X87_SSE	3ULL
#define FSW_TOP(fsw)	(((fsw) >> 11) & 7)
#define TAG_EMPTY	3U
#define ST_BYTES	10

int engine_unicorn_get_xsave(struct engine_vcpu *vcpu, struct kvm_xsave *xsave)
{
	struct fxsave *fx = (struct fxsave *)xsave->region;
	uint16_t tags = 0;
	unsigned int i;

	memset(xsave, 0, sizeof(*xsave));
	uc_reg_read(vcpu->uc, UC_X86_REG_FPCW, &fx->fcw);
	uc_reg_read(vcpu->uc, UC_X86_REG_FPSW, &fx->fsw);
	uc_reg_read(vcpu->uc, UC_X86_REG_FPTAG, &tags);
	uc_reg_read(vcpu->uc, UC_X86_REG_MXCSR, &fx->mxcsr);
	fx->mxcsr_mask = 0xffff;
	for (i = 0; i < 8; i++) {
		/* FPn is a physical register, ST(n) one by the top of the stack. */
		const unsigned int nr = (FSW_TOP(fx->fsw) + i) & 7;

		uc_reg_read(vcpu->uc, UC_X86_REG_FP0 + (int)nr, fx->st[i]);
		if (((tags >> (2 * i)) & 3) != TAG_EMPTY)
			fx->ftw |= (uint8_t)(1U << i);
	}
	for (i = 0; i < (vcpu->mode32 ? 8 : 16); i++)
		uc_reg_read(vcpu->uc, UC_X86_REG_XMM0 + (int)i, fx->xmm[i]);
	fx->xstate_bv = XSTATE_X87_SSE;
	return 0;
}

int engine_unicorn_set_xsave(struct engine_vcpu *vcpu, const struct kvm_xsave *xsave)
{
	const struct fxsave *fx = (const struct fxsave *)xsave->region;
	uint16_t tags = 0;
	unsigned int i;

	if (fx->xstate_bv & ~XSTATE_X87_SSE)
		return -EOPNOTSUPP;
	uc_reg_write(vcpu->uc, UC_X86_REG_FPCW, &fx->fcw);
	uc_reg_write(vcpu->uc, UC_X86_REG_FPSW, &fx->fsw);
	uc_reg_write(vcpu->uc, UC_X86_REG_MXCSR, &fx->mxcsr);
	for (i = 0; i < 8; i++) {
		const unsigned int nr = (FSW_TOP(fx->fsw) + i) & 7;

		uc_reg_write(vcpu->uc, UC_X86_REG_FP0 + (int)nr, fx->st[i]);
		if (!(fx->ftw & (1U << i)))
			tags |= (uint16_t)(TAG_EMPTY << (2 * i));
	}
	uc_reg_write(vcpu->uc, UC_X86_REG_FPTAG, &tags);
	for (i = 0; i < (vcpu->mode32 ? 8 : 16); i++)
		uc_reg_write(vcpu->uc, UC_X86_REG_XMM0 + (int)i, fx->xmm[i]);
	return 0;
}

/* Without XSAVE in its CPUID a guest cannot see or change it. */
int engine_unicorn_get_xcrs(struct engine_vcpu *vcpu, struct kvm_xcrs *xcrs)
{
	(void)vcpu;
	memset(xcrs, 0, sizeof(*xcrs));
	xcrs->nr_xcrs = 1;
	xcrs->xcrs[0].value = XSTATE_X87_SSE;
	return 0;
}

int engine_unicorn_set_xcrs(struct engine_vcpu *vcpu, const struct kvm_xcrs *xcrs)
{
	uint32_t i;

	(void)vcpu;
	for (i = 0; i < xcrs->nr_xcrs && i < KVM_MAX_XCRS; i++)
		if (xcrs->xcrs[i].xcr || (xcrs->xcrs[i].value & ~XSTATE_X87_SSE))
			return -EOPNOTSUPP;
	return 0;
}

static const int debug_regs[] = {
	UC_X86_REG_DR0, UC_X86_REG_DR1, UC_X86_REG_DR2, UC_X86_REG_DR3,
};

int engine_unicorn_get_debugregs(struct engine_vcpu *vcpu, struct kvm_debugregs *regs)
{
	size_t i;

	memset(regs, 0, sizeof(*regs));
	for (i = 0; i < sizeof(debug_regs) / sizeof(debug_regs[0]); i++)
		uc_reg_read(vcpu->uc, debug_regs[i], &regs->db[i]);
	uc_reg_read(vcpu->uc, UC_X86_REG_DR6, &regs->dr6);
	uc_reg_read(vcpu->uc, UC_X86_REG_DR7, &regs->dr7);
	return 0;
}

int engine_unicorn_set_debugregs(struct engine_vcpu *vcpu, const struct kvm_debugregs *regs)
{
	size_t i;

	for (i = 0; i < sizeof(debug_regs) / sizeof(debug_regs[0]); i++)
		uc_reg_write(vcpu->uc, debug_regs[i], &regs->db[i]);
	uc_reg_write(vcpu->uc, UC_X86_REG_DR6, &regs->dr6);
	uc_reg_write(vcpu->uc, UC_X86_REG_DR7, &regs->dr7);
	return 0;
}

int engine_unicorn_unwind(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	(void)vcpu;
	(void)exit;
	/* ENGINE_CAN_RESTART */
	return -EINVAL;
}
