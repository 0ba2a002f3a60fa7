// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands for instructions of Intel's that only ring 0 has: the trap that they cause in a
 * process finds its model here, by the instruction's bytes; frequent ones are calls of their
 * models instead (insn.h).  A model of their decoding (Intel SDM volume 2) as far as the
 * compiler's and the kernel's own assembly go: 64-bit operands, no FS or GS.
 */
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include <asm/vmx.h>

#include "intel.h"

/* insn.S: calls glue_seamcall() with all registers. */
extern char glue_insn_seamcall[];

enum glue_prefix { GLUE_NO_PREFIX, GLUE_PREFIX_66 = 0x66, GLUE_PREFIX_F3 = 0xf3 };

struct glue_insn {
	struct image_regs *regs;
	const u8 *next;			/* the first byte after what is decoded */
	u8 prefix, rex;
	u8 mod, reg, rm;
	void *mem;			/* of the operand, if mod is not 3 */
};

#define GLUE_REX_B	1
#define GLUE_REX_X	2
#define GLUE_REX_R	4

static unsigned long *glue_reg(struct image_regs *regs, unsigned int nr)
{
	switch (nr) {
	case IMAGE_RAX: return &regs->ax;
	case IMAGE_RCX: return &regs->cx;
	case IMAGE_RDX: return &regs->dx;
	case IMAGE_RBX: return &regs->bx;
	case IMAGE_RSP: return &regs->sp;
	case IMAGE_RBP: return &regs->bp;
	case IMAGE_RSI: return &regs->si;
	case IMAGE_RDI: return &regs->di;
	}
	/* r8 to r15 follow each other in the structure. */
	return &regs->r8 + (nr - IMAGE_R8);
}

static long glue_displacement(struct glue_insn *insn, unsigned int bytes)
{
	s32 disp32;
	s8 disp8;

	if (bytes == 1) {
		memcpy(&disp8, insn->next, 1);
		insn->next += 1;
		return disp8;
	}
	memcpy(&disp32, insn->next, 4);
	insn->next += 4;
	return disp32;
}

/* ModR/M and what it brings; no immediates follow in the instructions here. */
static void glue_decode_modrm(struct glue_insn *insn)
{
	u8 modrm = *insn->next++;
	unsigned long addr = 0;
	unsigned int base;
	bool no_base = false;

	insn->mod = modrm >> 6;
	insn->reg = (modrm >> 3 & 7) | (insn->rex & GLUE_REX_R ? 8 : 0);
	insn->rm = (modrm & 7) | (insn->rex & GLUE_REX_B ? 8 : 0);
	if (insn->mod == 3)
		return;
	base = insn->rm;
	if ((modrm & 7) == 4) {
		u8 sib = *insn->next++;
		unsigned int index = (sib >> 3 & 7) | (insn->rex & GLUE_REX_X ? 8 : 0);

		base = (sib & 7) | (insn->rex & GLUE_REX_B ? 8 : 0);
		if (index != IMAGE_RSP)
			addr = *glue_reg(insn->regs, index) << (sib >> 6);
		no_base = (sib & 7) == 5 && !insn->mod;
		if (no_base)
			addr += glue_displacement(insn, 4);
	} else if ((modrm & 7) == 5 && !insn->mod) {
		no_base = true;
		addr = glue_displacement(insn, 4);
		addr += (unsigned long)insn->next;
	}
	if (!no_base)
		addr += *glue_reg(insn->regs, base);
	if (insn->mod)
		addr += glue_displacement(insn, insn->mod == 1 ? 1 : 4);
	insn->mem = (void *)addr;
}

/* "Conventions": the instruction is done, with these flags. */
static bool glue_vmx_done(struct glue_insn *insn, enum glue_vmx_status status)
{
	insn->regs->flags &= ~(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |
			       X86_EFLAGS_SF | X86_EFLAGS_OF);
	insn->regs->flags |= glue_vmx_flags(status);
	insn->regs->ip = (unsigned long)insn->next;
	return true;
}

static bool glue_done(struct glue_insn *insn)
{
	insn->regs->ip = (unsigned long)insn->next;
	return true;
}

/* As if there were a call of it: a guest does not run in a signal handler. */
static bool glue_insn_call(struct glue_insn *insn, const char *function)
{
	insn->regs->sp -= sizeof(long);
	*(const u8 **)insn->regs->sp = insn->next;
	insn->regs->ip = (unsigned long)function;
	return true;
}

/* 0F 01: by the byte that follows. */
static bool glue_insn_0f01(struct glue_insn *insn)
{
	u8 byte = *insn->next++;

	if (!glue_vmx_on())
		return false;
	if (byte == 0xcf && insn->prefix == GLUE_PREFIX_66)
		return glue_insn_call(insn, glue_insn_seamcall);
	return byte == 0xc4 && glue_vmx_done(insn, glue_vmxoff());
}

/* 0F C7: VMXON, VMCLEAR, VMPTRLD, VMPTRST */
static bool glue_insn_0fc7(struct glue_insn *insn)
{
	glue_decode_modrm(insn);
	if (insn->mod == 3)
		return false;
	if (insn->reg == 6 && insn->prefix == GLUE_PREFIX_F3)
		return glue_cr4() & X86_CR4_VMXE ?
		       glue_vmx_done(insn, glue_vmxon(*(u64 *)insn->mem)) : false;
	if (!glue_vmx_on())
		return false;
	if (insn->reg == 6 && insn->prefix == GLUE_PREFIX_66)
		return glue_vmx_done(insn, glue_vmclear(*(u64 *)insn->mem));
	if (insn->reg == 6 && !insn->prefix)
		return glue_vmx_done(insn, glue_vmptrld(*(u64 *)insn->mem));
	if (insn->reg == 7 && !insn->prefix) {
		*(u64 *)insn->mem = glue_vmptrst();
		return glue_vmx_done(insn, GLUE_VMX_SUCCEED);
	}
	return false;
}

static enum glue_vmx_status glue_invept(u64 type, const u64 *descriptor)
{
	if (type != VMX_EPT_EXTENT_CONTEXT && type != VMX_EPT_EXTENT_GLOBAL)
		return glue_vmx_fail(GLUE_VMX_INVALID_INV);
	if (&glue_tds_flush_shared)
		glue_tds_flush_shared(NULL);
	glue_host->invept(type == VMX_EPT_EXTENT_CONTEXT ? descriptor[0] : 0);
	return GLUE_VMX_SUCCEED;
}

/* 66 0F 38: INVEPT, INVVPID, MOVDIR64B */
static bool glue_insn_0f38(struct glue_insn *insn)
{
	u8 opcode = *insn->next++;

	if (insn->prefix != GLUE_PREFIX_66)
		return false;
	switch (opcode) {
	case 0x80:
		if (!glue_vmx_on())
			return false;
		glue_decode_modrm(insn);
		return glue_vmx_done(insn, glue_invept(*glue_reg(insn->regs, insn->reg),
						       insn->mem));
	case 0x81:
		/* Linear addresses are the engine's business, which looks at page tables itself. */
		if (!glue_vmx_on())
			return false;
		glue_decode_modrm(insn);
		return glue_vmx_done(insn, GLUE_VMX_SUCCEED);
	case 0xf8:
		glue_decode_modrm(insn);
		memcpy((void *)*glue_reg(insn->regs, insn->reg), insn->mem, 64);
		return glue_done(insn);
	}
	return false;
}

#define GLUE_CR0	0x80050033UL		/* PG, AM, WP, NE, ET, MP, PE */

unsigned long long *glue_cr2(void)
{
	static unsigned long long cr2[IMAGE_MAX_CPUS];

	return &cr2[smp_processor_id()];
}

/* 0F 20, 0F 22: control registers, of which only CR2 and CR4 are more than a value. */
static bool glue_insn_mov_cr(struct glue_insn *insn, bool write)
{
	unsigned long *reg;

	glue_decode_modrm(insn);
	reg = glue_reg(insn->regs, insn->rm);
	if (write) {
		if (insn->reg == 2)
			*glue_cr2() = *reg;
		return glue_done(insn);
	}
	switch (insn->reg) {
	case 0:
		*reg = GLUE_CR0;
		return glue_done(insn);
	case 2:
		*reg = *glue_cr2();
		return glue_done(insn);
	case 3:
		*reg = 0;
		return glue_done(insn);
	case 4:
		*reg = glue_cr4();
		return glue_done(insn);
	}
	return false;
}

bool glue_intel_insn(struct image_regs *regs)
{
	struct glue_insn insn = { .regs = regs, .next = (const u8 *)regs->ip };

	for (;; insn.next++) {
		u8 byte = *insn.next;

		if (byte == GLUE_PREFIX_66 || byte == GLUE_PREFIX_F3)
			insn.prefix = byte;
		else if (byte >> 4 == 4)
			insn.rex = byte;
		else
			break;
	}
	if (*insn.next++ != 0x0f)
		return false;
	switch (*insn.next++) {
	case 0x01:
		return glue_insn_0f01(&insn);
	case 0x08:			/* INVD */
	case 0x09:			/* WBINVD */
		return glue_done(&insn);
	case 0x20:
		return glue_insn_mov_cr(&insn, false);
	case 0x22:
		return glue_insn_mov_cr(&insn, true);
	case 0x38:
		return glue_insn_0f38(&insn);
	case 0xc7:
		return glue_insn_0fc7(&insn);
	}
	return false;
}
