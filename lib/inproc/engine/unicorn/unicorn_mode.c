// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way into long mode for guests that start without it, as TDs do: 32-bit protected
 * mode, flat segments.  A Unicorn instance is of one mode for good, so there is a second
 * one for those instructions, and a far jump into a 64-bit segment changes over.
 *
 * Not modelled there: exceptions, segments with a base, paging other than long mode's.
 */
#include <errno.h>
#include <string.h>

#include "unicorn_engine.h"

#define CR0_PE		(1ULL << 0)
#define CR0_PG		(1ULL << 31)
#define CR4_PAE		(1ULL << 5)
#define EFER_LME	(1ULL << 8)
#define EFER_LMA	(1ULL << 10)

/* Of a segment descriptor's second half */
#define DESC_TYPE(high)	(((high) >> 8) & 0xf)
#define DESC_S		(1u << 12)
#define DESC_P		(1u << 15)
#define DESC_L		(1u << 21)
#define DESC_DB		(1u << 22)
#define DESC_G		(1u << 23)
#define TYPE_CODE	8

/* What a 32-bit instance calls the registers that it has. */
static int narrow(int reg)
{
	switch (reg) {
#define REG(n) case UC_X86_REG_R##n: return UC_X86_REG_E##n
	REG(AX); REG(BX); REG(CX); REG(DX); REG(SI); REG(DI); REG(BP); REG(SP);
	REG(IP);
#undef REG
	case UC_X86_REG_RFLAGS:
		return UC_X86_REG_EFLAGS;
	}
	return UC_X86_REG_INVALID;
}

/* Those that it has not, which outlive it. */
static uint64_t *kept(struct engine_vcpu *vcpu, int reg)
{
	if (reg >= UC_X86_REG_R8 && reg <= UC_X86_REG_R15)
		return &vcpu->high_regs[reg - UC_X86_REG_R8];
	if (reg == UC_X86_REG_FS_BASE)
		return (uint64_t *)&vcpu->sregs.fs.base;
	if (reg == UC_X86_REG_GS_BASE)
		return (uint64_t *)&vcpu->sregs.gs.base;
	return NULL;
}

uint64_t unicorn_reg(struct engine_vcpu *vcpu, int reg)
{
	uint64_t value = 0, *own = vcpu->mode32 ? kept(vcpu, reg) : NULL;

	if (own)
		return *own;
	uc_reg_read(vcpu->uc, vcpu->mode32 ? narrow(reg) : reg, &value);
	return value;
}

void unicorn_set_reg(struct engine_vcpu *vcpu, int reg, uint64_t value)
{
	uint64_t *own = vcpu->mode32 ? kept(vcpu, reg) : NULL;

	if (own)
		*own = value;
	else
		uc_reg_write(vcpu->uc, vcpu->mode32 ? narrow(reg) : reg, &value);
}

uc_err unicorn_open_other(struct engine_vcpu *vcpu, bool mode32)
{
	uc_err err;

	if (vcpu->other)
		return UC_ERR_OK;
	err = uc_open(UC_ARCH_X86, mode32 ? UC_MODE_32 : UC_MODE_64, &vcpu->other);
	if (!err) {
		err = unicorn_add_hooks(vcpu, vcpu->other);
		if (err)
			uc_close(vcpu->other);
	}
	if (err) {
		vcpu->other = NULL;
		inproc_diag("unicorn cannot make a %s-bit CPU: %s", mode32 ? "32" : "64",
			    uc_strerror(err));
	}
	return err;
}

int unicorn_set_mode(struct engine_vcpu *vcpu, bool mode32)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	uc_engine *old;

	if (vcpu->mode32 == mode32)
		return 0;
	if (unicorn_open_other(vcpu, mode32))
		return -ENOMEM;
	engine_unicorn.get_regs(vcpu, &regs);
	engine_unicorn.get_sregs(vcpu, &sregs);
	unicorn_flush(vcpu);
	old = vcpu->uc;
	vcpu->uc = vcpu->other;
	vcpu->other = old;
	vcpu->mode32 = mode32;
	engine_unicorn.set_regs(vcpu, &regs);
	unicorn_load_sregs(vcpu, &sregs);
	return 0;
}

bool unicorn_wants_mode32(const struct kvm_sregs *sregs)
{
	return (sregs->cr0 & CR0_PE) && !sregs->cs.l && sregs->cs.db && !sregs->cs.base;
}

bool unicorn_new_cr0(struct engine_vcpu *vcpu, uint64_t value)
{
	if (!(value & CR0_PE) || (!(value & CR0_PG) && !vcpu->mode32))
		return false;
	if ((value & CR0_PG) && vcpu->mode32) {
		if (!(vcpu->sregs.efer & EFER_LME) || !(vcpu->sregs.cr4 & CR4_PAE))
			return false;
		vcpu->sregs.efer |= EFER_LMA;
	}
	return true;
}

bool unicorn_far_jump(struct engine_vcpu *vcpu, struct engine_exit *exit, uint16_t selector,
		      uint32_t offset)
{
	struct kvm_segment *cs = &vcpu->sregs.cs;
	struct access access;
	struct walk walk;
	uc_x86_mmr gdt;
	uint32_t desc[2], high;

	uc_reg_read(vcpu->uc, UC_X86_REG_GDTR, &gdt);
	if ((uint32_t)(selector | 7) > gdt.limit ||
	    unicorn_virt(vcpu, gdt.base + (selector & ~7), desc, sizeof(desc), false, &access,
			 &walk) != WALK_OK)
		return unicorn_fail(vcpu, exit, "far jump: no descriptor for selector 0x%x",
				    selector);
	high = desc[1];
	if (!(high & DESC_P) || !(high & DESC_S) || !(DESC_TYPE(high) & TYPE_CODE) ||
	    !(high & DESC_L) || (high & DESC_DB) || !(vcpu->sregs.efer & EFER_LMA))
		return unicorn_fail(vcpu, exit, "far jump to selector 0x%x: only 64-bit code is "
				    "supported, in long mode", selector);
	*cs = (struct kvm_segment){
		.selector = selector, .limit = 0xffffffff, .type = DESC_TYPE(high) | 1,
		.present = 1, .s = 1, .l = 1, .g = !!(high & DESC_G),
	};
	vcpu->rip = offset;
	if (unicorn_set_mode(vcpu, false))
		return unicorn_fail(vcpu, exit, "far jump: no CPU for 64-bit code");
	return false;
}
